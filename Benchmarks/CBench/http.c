/* SPDX-License-Identifier: Apache-2.0
 * A worker that costs next to nothing, and the plainest client of libcurl's multi interface. */
#define _GNU_SOURCE 1
#include "cbench.h"
#include "clock.h"
#include "message.h"
#include "ccurl.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 4096, REQUEST_MAX = 4096 };

/* The server */

struct held {
  int fd;
  uint64_t since;
};

struct server {
  int listener, ep;
  int64_t delay_ns;
  size_t used[CONNECTIONS];
  char requests[CONNECTIONS][REQUEST_MAX];
  /* Requests being held, the oldest first: a ring, since all are held equally long. */
  struct held held[CONNECTIONS];
  unsigned first, last;
};

static void answer(int fd, const char *body) {
  char text[512];
  int length = snprintf(text, sizeof text,
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                        strlen(body), body);
  if (send(fd, text, (size_t)length, MSG_NOSIGNAL) < 0) return;
}

static void complete(struct held held) {
  char body[160];
  snprintf(body, sizeof body, "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"%llu\"}}]}",
           (unsigned long long)(now() - held.since));
  answer(held.fd, body);
}

/* A request is whole: GET is for the list of models. */
static void serve_request(struct server *server, int fd) {
  if (server->requests[fd][0] == 'G') return answer(fd, "{\"object\":\"list\",\"data\":[{\"id\":\"m\"}]}");
  struct held held = {fd, now()};
  if (server->delay_ns == 0) return complete(held);
  server->held[server->last++ % CONNECTIONS] = held;
}

static void receive(struct server *server, int fd) {
  char *request = server->requests[fd];
  size_t *used = &server->used[fd];
  ssize_t count = read(fd, request + *used, REQUEST_MAX - 1 - *used);
  if (count <= 0) {
    *used = 0;
    close(fd);
    return;
  }
  *used += (size_t)count;
  request[*used] = 0;
  size_t whole = message_bytes(request);
  if (whole == 0 || whole > *used) return;
  *used = 0;
  serve_request(server, fd);
}

static void accept_one(struct server *server) {
  int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC), on = 1;
  if (fd < 0) return;
  if (fd >= CONNECTIONS) {
    close(fd);
    return;
  }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(server->ep, EPOLL_CTL_ADD, fd, &e);
}

static void *serve(void *argument) {
  struct server *server = argument;
  struct epoll_event events[64];
  for (;;) {
    struct timespec wait, *limit = NULL;
    if (server->first != server->last) {
      int64_t left = (int64_t)(server->held[server->first % CONNECTIONS].since - now()) + server->delay_ns;
      if (left < 0) left = 0;
      wait = (struct timespec){left / 1000000000, left % 1000000000};
      limit = &wait;
    }
    /* valgrind knows the latter only. */
    int n = limit ? epoll_pwait2(server->ep, events, 64, limit, NULL)
                  : epoll_wait(server->ep, events, 64, -1);
    for (int i = 0; i < n; i++)
      if (events[i].data.fd == server->listener)
        accept_one(server);
      else
        receive(server, events[i].data.fd);
    while (server->first != server->last
           && now() - server->held[server->first % CONNECTIONS].since >= (uint64_t)server->delay_ns)
      complete(server->held[server->first++ % CONNECTIONS]);
  }
  return NULL;
}

static int listen_here(int *port) {
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof place;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(fd, (struct sockaddr *)&place, size) != 0 || listen(fd, 1024) != 0
      || getsockname(fd, (struct sockaddr *)&place, &size) != 0)
    return -1;
  *port = ntohs(place.sin_port);
  return fd;
}

static void detach(void *(*body)(void *), void *argument) {
  pthread_t thread;
  pthread_create(&thread, NULL, body, argument);
  pthread_detach(thread);
}

int cb_http_serve(int64_t delay_ns) {
  struct server *server = calloc(1, sizeof *server);
  int port = 0;
  server->delay_ns = delay_ns;
  server->listener = listen_here(&port);
  server->ep = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event e = {.events = EPOLLIN, .data.fd = server->listener};
  epoll_ctl(server->ep, EPOLL_CTL_ADD, server->listener, &e);
  detach(serve, server);
  return port;
}

/* The chat that is written word by word */

struct chat {
  int listener;
  int64_t gap_ns;
  const char *text;
};

static _Atomic uint64_t first_word, first_sentence;

static void say(int fd, const char *data) {
  char chunk[400];
  int length = snprintf(chunk, sizeof chunk, "%zx\r\n%s\r\n", strlen(data), data);
  if (send(fd, chunk, (size_t)length, MSG_NOSIGNAL) < 0) return;
}

static void write_words(struct chat *chat, int fd) {
  const char *head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n";
  int sentences = 0;
  if (send(fd, head, strlen(head), MSG_NOSIGNAL) < 0) return;
  struct timespec gap = {chat->gap_ns / 1000000000, chat->gap_ns % 1000000000};
  for (const char *word = chat->text; *word;) {
    size_t length = strcspn(word, " ");
    char data[300];
    snprintf(data, sizeof data, "data: {\"choices\":[{\"delta\":{\"content\":\"%.*s \"}}]}\n\n", (int)length,
             word);
    if (word == chat->text) atomic_store(&first_word, now());
    if (word[length - 1] == '.' && sentences++ == 0) atomic_store(&first_sentence, now());
    say(fd, data);
    nanosleep(&gap, NULL);
    word += length + (word[length] == ' ');
  }
  say(fd, "data: [DONE]\n\n");
  say(fd, "");
}

static void *write_chats(void *argument) {
  struct chat *chat = argument;
  char request[REQUEST_MAX];
  for (;;) {
    int fd = accept4(chat->listener, NULL, NULL, SOCK_CLOEXEC), on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ssize_t count = read(fd, request, sizeof request - 1);
    if (count > 0 && request[0] == 'G')
      answer(fd, "{\"object\":\"list\",\"data\":[]}");
    else if (count > 0)
      write_words(chat, fd);
    shutdown(fd, SHUT_WR);
    while (read(fd, request, sizeof request) > 0) {
    }
    close(fd);
  }
  return NULL;
}

int cb_chat_serve(const char *text, int64_t gap_ns) {
  struct chat *chat = calloc(1, sizeof *chat);
  int port = 0;
  *chat = (struct chat){listen_here(&port), gap_ns, strdup(text)};
  detach(write_chats, chat);
  return port;
}

void cb_chat_times(uint64_t *word, uint64_t *sentence) {
  *word = atomic_load(&first_word);
  *sentence = atomic_load(&first_sentence);
}

/* The client */

struct client {
  CURLM *multi;
  struct curl_slist *headers;
  int ep;
  long timeout_ms;
  char url[64];
  size_t received;
};

static size_t take(char *bytes, size_t size, size_t count, void *user) {
  (void)bytes;
  ((struct client *)user)->received += size * count;
  return size * count;
}

static int watch(CURL *easy, curl_socket_t fd, int what, void *user, void *known) {
  struct client *client = user;
  (void)easy;
  (void)known;
  struct epoll_event e = {.data.fd = fd};
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(client->ep, EPOLL_CTL_DEL, fd, NULL);
    return 0;
  }
  if (what & CURL_POLL_IN) e.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) e.events |= EPOLLOUT;
  if (epoll_ctl(client->ep, EPOLL_CTL_MOD, fd, &e) != 0) epoll_ctl(client->ep, EPOLL_CTL_ADD, fd, &e);
  return 0;
}

static int set_timer(CURLM *multi, long ms, void *user) {
  (void)multi;
  ((struct client *)user)->timeout_ms = ms;
  return 0;
}

static void begin(struct client *client, CURL *easy) {
  static const char question[] =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"turn on the light in the kitchen\"}],\"stream\":true}";
  ccurl_set_string(easy, CURLOPT_URL, client->url);
  ccurl_set_string(easy, CURLOPT_PROXY, "");
  ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1);
  ccurl_set_long(easy, CURLOPT_TCP_NODELAY, 1);
  ccurl_set_list(easy, CURLOPT_HTTPHEADER, client->headers);
  ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, sizeof question - 1);
  ccurl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, question);
  ccurl_set_write(easy, CURLOPT_WRITEFUNCTION, take);
  ccurl_set_pointer(easy, CURLOPT_WRITEDATA, client);
  ccurl_multi_add(client->multi, easy);
}

/* One turn of the loop; the transfer that has ended, or NULL. */
static CURL *turn(struct client *client, int wait_ms) {
  struct epoll_event events[16];
  CURLcode code;
  int limit = client->timeout_ms >= 0 && client->timeout_ms < wait_ms ? (int)client->timeout_ms : wait_ms;
  int n = epoll_wait(client->ep, events, 16, limit);
  for (int i = 0; i < n; i++) {
    int mask = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0)
               | (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0)
               | (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
    ccurl_multi_act(client->multi, events[i].data.fd, mask);
  }
  if (n == 0 && client->timeout_ms >= 0) {
    client->timeout_ms = -1;
    ccurl_multi_act(client->multi, CURL_SOCKET_TIMEOUT, 0);
  }
  return ccurl_multi_ended(client->multi, &code);
}

static struct client *open_client(int port) {
  struct client *client = calloc(1, sizeof *client);
  ccurl_load();
  client->multi = ccurl_multi_init();
  client->ep = epoll_create1(EPOLL_CLOEXEC);
  client->timeout_ms = -1;
  client->headers = ccurl_slist_append(NULL, "Expect:");
  client->headers = ccurl_slist_append(client->headers, "Content-Type: application/json");
  client->headers = ccurl_slist_append(client->headers, "Accept: text/event-stream");
  snprintf(client->url, sizeof client->url, "http://127.0.0.1:%d/v1/chat/completions", port);
  ccurl_multi_callbacks(client->multi, watch, set_timer, client);
  return client;
}

static void close_client(struct client *client) {
  ccurl_multi_cleanup(client->multi);
  ccurl_slist_free_all(client->headers);
  close(client->ep);
  free(client);
}

int cb_http_sequential(int port, int count, uint64_t *latencies) {
  struct client *client = open_client(port);
  CURL *easy = ccurl_easy_init();
  for (int i = 0; i < count; i++) {
    uint64_t start = now();
    begin(client, easy);
    while (!turn(client, 5000)) {
    }
    latencies[i] = now() - start;
    ccurl_multi_remove(client->multi, easy);
    ccurl_easy_reset(easy);
  }
  int is_right = client->received > (size_t)count * 50;
  ccurl_easy_cleanup(easy);
  close_client(client);
  return is_right ? 0 : -1;
}

double cb_http_held_bytes(int port, int count) {
  struct client *client = open_client(port);
  CURL **all = calloc((size_t)count, sizeof *all);
  uint64_t before = cb_heap_bytes(), until;
  for (int i = 0; i < count; i++) begin(client, all[i] = ccurl_easy_init());
  /* Until all are sent. */
  for (until = now() + 1000000000; now() < until;) turn(client, 50);
  double result = (double)(cb_heap_bytes() - before) / count;
  for (int i = 0; i < count; i++) {
    ccurl_multi_remove(client->multi, all[i]);
    ccurl_easy_cleanup(all[i]);
  }
  free(all);
  close_client(client);
  return result;
}
