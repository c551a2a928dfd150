/* SPDX-License-Identifier: Apache-2.0
 * libmicrohttpd as it comes, on a thread of its own, and the plainest client of a webhook. */
#define _GNU_SOURCE 1
#include "cbench.h"
#include "clock.h"
#include "message.h"
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct call {
  char body[512];
  size_t used;
};

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, const char *text) {
  struct MHD_Response *response =
      MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
  MHD_add_response_header(response, "Content-Type", "application/json");
  enum MHD_Result result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return result;
}

static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data, size_t *size,
                              void **state) {
  (void)method, (void)version;
  if (!*state) return (*state = calloc(1, sizeof(struct call))) ? MHD_YES : MHD_NO;
  struct call *call = *state;
  if (*size) {
    if (*size > sizeof call->body - call->used) return MHD_NO;
    memcpy(call->body + call->used, data, *size);
    call->used += *size;
    *size = 0;
    return MHD_YES;
  }
  const char *given = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
  if (!given || strcmp(given, user) || strcmp(url, "/webhooks/parcel"))
    return reply(connection, 401, "{\"error\":\"no\"}");
  return reply(connection, 202, "{\"ok\":true}");
}

static void completed(void *user, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode code) {
  (void)user, (void)connection, (void)code;
  free(*state);
  *state = NULL;
}

int cb_webhook_serve(const char *authorization) {
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct MHD_Daemon *daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, handle, strdup(authorization), MHD_OPTION_SOCK_ADDR,
      &place, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
  return daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port : -1;
}

/* Sends one call and reads its answer; 0 when that is 202. */
static int call_once(int fd, const char *request, size_t length) {
  char answer[2048];
  size_t used = 0, whole = 0;
  if (send(fd, request, length, MSG_NOSIGNAL) != (ssize_t)length) return -1;
  while (whole == 0 || used < whole) {
    ssize_t count = recv(fd, answer + used, sizeof answer - 1 - used, 0);
    if (count <= 0) return -1;
    used += (size_t)count;
    answer[used] = 0;
    whole = message_bytes(answer);
  }
  return strncmp(answer, "HTTP/1.1 202 ", 13);
}

int cb_webhook_call(int port, const char *authorization, int count, uint64_t *latencies) {
  struct sockaddr_in place = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  char request[512];
  int length = snprintf(request, sizeof request,
                        "POST /webhooks/parcel HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: %s\r\n"
                        "Content-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"from\":\"shop\"}",
                        authorization);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, failed = 0;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd, (struct sockaddr *)&place, sizeof place) != 0) failed = 1;
  for (int i = 0; i < count && !failed; i++) {
    uint64_t start = now();
    failed = call_once(fd, request, (size_t)length) != 0;
    latencies[i] = now() - start;
  }
  close(fd);
  return failed ? -1 : 0;
}
