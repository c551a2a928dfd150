/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE 1
#include "ccurl.h"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define FUNCTIONS(X)                                                                                   \
  X(global_init) X(free) X(easy_init) X(easy_cleanup) X(easy_reset) X(easy_pause) X(easy_strerror)     \
  X(easy_setopt) X(easy_getinfo) X(slist_append) X(slist_free_all) X(multi_init) X(multi_cleanup)      \
  X(multi_setopt) X(multi_add_handle) X(multi_remove_handle) X(multi_socket_action) X(multi_info_read) \
  X(multi_perform) X(multi_poll)                                                                       \
  X(url) X(url_cleanup) X(url_set) X(url_get) X(url_strerror)

#define DECLARE(name) __typeof__(curl_##name) *name;
static struct {
  FUNCTIONS(DECLARE)
} curl;

static char problem[256];

static void load(void) {
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(problem, sizeof problem, "%s. Install it: apt-get install libcurl4", dlerror());
    return;
  }
#define FIND(name)                                                                     \
  curl.name = (__typeof__(curl.name))dlsym(library, "curl_" #name);                    \
  if (!curl.name) snprintf(problem, sizeof problem, "libcurl.so.4 has no curl_" #name);
  FUNCTIONS(FIND)
  if (!problem[0] && curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    snprintf(problem, sizeof problem, "libcurl cannot be initialised");
}

const char *ccurl_load(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return problem[0] ? problem : NULL;
}

CURL *ccurl_easy_init(void) { return curl.easy_init(); }
void ccurl_easy_cleanup(CURL *easy) { curl.easy_cleanup(easy); }
void ccurl_easy_reset(CURL *easy) { curl.easy_reset(easy); }
CURLcode ccurl_easy_pause(CURL *easy, int what) { return curl.easy_pause(easy, what); }
const char *ccurl_easy_strerror(CURLcode code) { return curl.easy_strerror(code); }
CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
  return curl.easy_setopt(easy, option, value);
}
CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
  return curl.easy_setopt(easy, option, value);
}
CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl.easy_setopt(easy, option, value);
}
CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, const void *value) {
  return curl.easy_setopt(easy, option, value);
}
CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
  return curl.easy_setopt(easy, option, value);
}
CURLcode ccurl_set_write(CURL *easy, CURLoption option, ccurl_write function) {
  return curl.easy_setopt(easy, option, function);
}
void ccurl_set_sockets(CURL *easy, curl_opensocket_callback open, curl_closesocket_callback close, void *user) {
  curl.easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open);
  curl.easy_setopt(easy, CURLOPT_OPENSOCKETDATA, user);
  curl.easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close);
  curl.easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, user);
}
curl_socket_t ccurl_open(const struct curl_sockaddr *address) {
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}
int ccurl_close(curl_socket_t fd) { return close(fd); }
void *ccurl_get_private(CURL *easy) {
  void *value = NULL;
  curl.easy_getinfo(easy, CURLINFO_PRIVATE, &value);
  return value;
}
long ccurl_get_long(CURL *easy, CURLINFO info) {
  long value = 0;
  curl.easy_getinfo(easy, info, &value);
  return value;
}
curl_off_t ccurl_get_size(CURL *easy, CURLINFO info) {
  curl_off_t value = 0;
  curl.easy_getinfo(easy, info, &value);
  return value;
}

struct curl_slist *ccurl_slist_append(struct curl_slist *list, const char *text) {
  return curl.slist_append(list, text);
}
void ccurl_slist_free_all(struct curl_slist *list) { curl.slist_free_all(list); }

CURLM *ccurl_multi_init(void) { return curl.multi_init(); }

/* libcurl reads the certificates when a server's first bytes come, and keeps them for the multi handle. So
 * somebody answers on this machine, who refuses at once: a TLS record with the alert handshake_failure. */
static int listen_here(char *url, size_t size) {
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof place;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) return -1;
  if (bind(listener, (struct sockaddr *)&place, length) != 0 || listen(listener, 4) != 0 ||
      getsockname(listener, (struct sockaddr *)&place, &length) != 0) {
    close(listener);
    return -1;
  }
  snprintf(url, size, "https://127.0.0.1:%d/", ntohs(place.sin_port));
  return listener;
}

static void refuse(int listener) {
  static const unsigned char refusal[] = {0x15, 3, 3, 0, 2, 2, 40};
  int caller = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (caller < 0) return;
  if (send(caller, refusal, sizeof refusal, MSG_NOSIGNAL) > 0) shutdown(caller, SHUT_WR);
  close(caller);
}

CURLM *ccurl_multi_init_secure(const char *authorities) {
  char url[40];
  int running = 1, listener = listen_here(url, sizeof url);
  CURLM *multi = curl.multi_init();
  CURL *easy = listener < 0 ? NULL : curl.easy_init();
  if (multi && easy) {
    curl.easy_setopt(easy, CURLOPT_URL, url);
    curl.easy_setopt(easy, CURLOPT_PROXY, "");
    curl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl.easy_setopt(easy, CURLOPT_TIMEOUT_MS, 1000L);
    ccurl_set_authorities(easy, authorities);
    curl.multi_add_handle(multi, easy);
    while (curl.multi_perform(multi, &running) == CURLM_OK && running) {
      refuse(listener);
      curl.multi_poll(multi, NULL, 0, 10, NULL);
    }
    curl.multi_remove_handle(multi, easy);
  }
  if (easy) curl.easy_cleanup(easy);
  if (listener >= 0) close(listener);
  return multi;
}
void ccurl_set_authorities(CURL *easy, const char *file) {
  /* A directory of authorities, which Debian sets beside the file of all of them, keeps libcurl from
   * keeping what it has read: 25 ms for each connection. And it would go beside a file of our own. */
  curl.easy_setopt(easy, CURLOPT_CAPATH, NULL);
  if (file) curl.easy_setopt(easy, CURLOPT_CAINFO, file);
  curl.easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, -1L);
}

void ccurl_multi_cleanup(CURLM *multi) { curl.multi_cleanup(multi); }
void ccurl_multi_callbacks(CURLM *multi, ccurl_socket socket, ccurl_timer timer, void *user) {
  curl.multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket);
  curl.multi_setopt(multi, CURLMOPT_SOCKETDATA, user);
  curl.multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
  curl.multi_setopt(multi, CURLMOPT_TIMERDATA, user);
}
CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl.multi_setopt(multi, option, value);
}
CURLMcode ccurl_multi_add(CURLM *multi, CURL *easy) { return curl.multi_add_handle(multi, easy); }
CURLMcode ccurl_multi_remove(CURLM *multi, CURL *easy) { return curl.multi_remove_handle(multi, easy); }
CURLMcode ccurl_multi_act(CURLM *multi, curl_socket_t fd, int mask) {
  int running;
  return curl.multi_socket_action(multi, fd, mask, &running);
}
CURL *ccurl_multi_ended(CURLM *multi, CURLcode *result) {
  CURLMsg *message;
  int left;
  while ((message = curl.multi_info_read(multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    *result = message->data.result;
    return message->easy_handle;
  }
  return NULL;
}

CURLU *ccurl_url(void) { return curl.url(); }
void ccurl_url_cleanup(CURLU *url) { curl.url_cleanup(url); }
CURLUcode ccurl_url_set(CURLU *url, CURLUPart part, const char *text, unsigned flags) {
  return curl.url_set(url, part, text, flags);
}
char *ccurl_url_get(CURLU *url, CURLUPart part, unsigned flags) {
  char *text = NULL;
  return curl.url_get(url, part, &text, flags) == CURLUE_OK ? text : NULL;
}
const char *ccurl_url_strerror(CURLUcode code) { return curl.url_strerror(code); }
void ccurl_free(void *memory) { curl.free(memory); }
