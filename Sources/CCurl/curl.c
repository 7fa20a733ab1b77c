#include "CCurl.h"

#include <dlfcn.h>

// Curl checks the kinds of arguments by macros of these names.
#undef curl_easy_setopt
#undef curl_easy_getinfo

static struct {
    __typeof__(curl_global_init) *global_init;
    __typeof__(curl_easy_init) *begin;
    __typeof__(curl_easy_cleanup) *end;
    __typeof__(curl_easy_perform) *perform;
    __typeof__(curl_easy_setopt) *set;
    __typeof__(curl_easy_getinfo) *get;
    __typeof__(curl_slist_append) *append;
    __typeof__(curl_slist_free_all) *free_all;
    __typeof__(curl_easy_strerror) *message;
} curl;

bool tacho_curl_load(void) {
#ifdef __APPLE__
    void *library = dlopen("libcurl.4.dylib", RTLD_LAZY);
#else
    void *library = dlopen("libcurl.so.4", RTLD_LAZY);
#endif
    if (!library) return false;
    curl.global_init = dlsym(library, "curl_global_init");
    curl.begin = dlsym(library, "curl_easy_init");
    curl.end = dlsym(library, "curl_easy_cleanup");
    curl.perform = dlsym(library, "curl_easy_perform");
    curl.set = dlsym(library, "curl_easy_setopt");
    curl.get = dlsym(library, "curl_easy_getinfo");
    curl.append = dlsym(library, "curl_slist_append");
    curl.free_all = dlsym(library, "curl_slist_free_all");
    curl.message = dlsym(library, "curl_easy_strerror");
    return curl.global_init && curl.begin && curl.end && curl.perform && curl.set && curl.get
        && curl.append && curl.free_all && curl.message
        && curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

CURL *tacho_curl_begin(void) { return curl.begin(); }
void tacho_curl_end(CURL *handle) { curl.end(handle); }
CURLcode tacho_curl_perform(CURL *handle) { return curl.perform(handle); }

CURLcode tacho_curl_set_number(CURL *handle, CURLoption option, long value) {
    return curl.set(handle, option, value);
}

CURLcode tacho_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
    return curl.set(handle, option, value);
}

CURLcode tacho_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl.set(handle, option, value);
}

CURLcode tacho_curl_set_file(CURL *handle, CURLoption option, FILE *value) {
    return curl.set(handle, option, value);
}

CURLcode tacho_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl.set(handle, option, value);
}

CURLcode tacho_curl_response_code(CURL *handle, long *code) {
    return curl.get(handle, CURLINFO_RESPONSE_CODE, code);
}

struct curl_slist *tacho_curl_append(struct curl_slist *list, const char *text) {
    return curl.append(list, text);
}

void tacho_curl_free(struct curl_slist *list) { curl.free_all(list); }
const char *tacho_curl_message(CURLcode code) { return curl.message(code); }
