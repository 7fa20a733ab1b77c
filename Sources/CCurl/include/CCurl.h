// The part of libcurl that archives in buckets need, loaded when it is first asked for: it brings
// thirty libraries with it, which every command would otherwise wait for. And curl's options are set
// by a function of variable arguments, which Swift cannot call: one function for each kind of value.
#ifndef TACHO_CCURL_H
#define TACHO_CCURL_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>

/// Loads the library and prepares it; false if it is not installed. From one thread at a time.
bool tacho_curl_load(void);

// None of these may be called before the library is loaded.
CURL *tacho_curl_begin(void);
void tacho_curl_end(CURL *curl);
CURLcode tacho_curl_perform(CURL *curl);
CURLcode tacho_curl_set_number(CURL *curl, CURLoption option, long value);
CURLcode tacho_curl_set_size(CURL *curl, CURLoption option, curl_off_t value);
CURLcode tacho_curl_set_text(CURL *curl, CURLoption option, const char *value);
CURLcode tacho_curl_set_file(CURL *curl, CURLoption option, FILE *value);
CURLcode tacho_curl_set_list(CURL *curl, CURLoption option, struct curl_slist *value);
CURLcode tacho_curl_response_code(CURL *curl, long *code);
struct curl_slist *tacho_curl_append(struct curl_slist *list, const char *text);
void tacho_curl_free(struct curl_slist *list);
const char *tacho_curl_message(CURLcode code);

#endif
