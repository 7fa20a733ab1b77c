// curl's options are set by a function of variable arguments, which Swift cannot call: one function
// for each kind of value.
#include <curl/curl.h>
#include <stdio.h>

static inline CURLcode tacho_curl_set_number(CURL *curl, CURLoption option, long value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode tacho_curl_set_size(CURL *curl, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode tacho_curl_set_text(CURL *curl, CURLoption option, const char *value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode tacho_curl_set_file(CURL *curl, CURLoption option, FILE *value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode tacho_curl_set_list(
    CURL *curl, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode tacho_curl_response_code(CURL *curl, long *code) {
    return curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, code);
}
