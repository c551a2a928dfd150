/* SPDX-License-Identifier: Apache-2.0
 * libcurl, loaded when it is first needed: it brings thirty libraries along, two megabytes of memory for
 * a node that speaks no HTTP (docs/decisions/0010-libcurl-on-demand.md). Its variadic functions come as
 * one function per type of argument, since Swift cannot import them.
 *
 * Nothing but ccurl_load may be called before that has returned NULL. */
#pragma once
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>

/* Loads the library, once; any thread. Returns NULL, or what is wrong. */
const char *ccurl_load(void);

CURL *ccurl_easy_init(void);
void ccurl_easy_cleanup(CURL *easy);
void ccurl_easy_reset(CURL *easy);
CURLcode ccurl_easy_pause(CURL *easy, int what);
const char *ccurl_easy_strerror(CURLcode code);
CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value);
CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value);
CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value);
CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, const void *value);
CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value);
/* CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION. */
typedef size_t (*ccurl_write)(char *bytes, size_t size, size_t count, void *user);
CURLcode ccurl_set_write(CURL *easy, CURLoption option, ccurl_write function);
/* Open and close the sockets of connections that the transfer begins, as long as these live. */
void ccurl_set_sockets(CURL *easy, curl_opensocket_callback open, curl_closesocket_callback close, void *user);
curl_socket_t ccurl_open(const struct curl_sockaddr *address);
int ccurl_close(curl_socket_t fd);
/* What was set as CURLOPT_PRIVATE. */
void *ccurl_get_private(CURL *easy);
/* Zero when it is not known. */
long ccurl_get_long(CURL *easy, CURLINFO info);
curl_off_t ccurl_get_size(CURL *easy, CURLINFO info);

struct curl_slist *ccurl_slist_append(struct curl_slist *list, const char *text);
void ccurl_slist_free_all(struct curl_slist *list);

typedef int (*ccurl_socket)(CURL *easy, curl_socket_t fd, int what, void *user, void *socket);
typedef int (*ccurl_timer)(CURLM *multi, long milliseconds, void *user);
CURLM *ccurl_multi_init(void);
/* The same with the certificates of a file of authorities (NULL: the machine's) already in its memory, for
 * as long as it lives. Blocks while it reads them, 25 ms for the machine's. */
CURLM *ccurl_multi_init_secure(const char *authorities);
/* Whom a transfer believes, as it has to be said to find them there. */
void ccurl_set_authorities(CURL *easy, const char *file);
void ccurl_multi_cleanup(CURLM *multi);
void ccurl_multi_callbacks(CURLM *multi, ccurl_socket socket, ccurl_timer timer, void *user);
CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value);
CURLMcode ccurl_multi_add(CURLM *multi, CURL *easy);
CURLMcode ccurl_multi_remove(CURLM *multi, CURL *easy);
CURLMcode ccurl_multi_act(CURLM *multi, curl_socket_t fd, int mask);
/* The next transfer that has come to its end and its result; NULL: none. */
CURL *ccurl_multi_ended(CURLM *multi, CURLcode *result);

CURLU *ccurl_url(void);
void ccurl_url_cleanup(CURLU *url);
CURLUcode ccurl_url_set(CURLU *url, CURLUPart part, const char *text, unsigned flags);
/* The result is to be freed with ccurl_free; NULL: there is no such part. */
char *ccurl_url_get(CURLU *url, CURLUPart part, unsigned flags);
const char *ccurl_url_strerror(CURLUcode code);
void ccurl_free(void *memory);
