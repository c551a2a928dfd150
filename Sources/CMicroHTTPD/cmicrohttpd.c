/* SPDX-License-Identifier: Apache-2.0 */
#include "cmicrohttpd.h"
#include <dlfcn.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY "libmicrohttpd.so.12"
#define FUNCTIONS(X)                                                                              \
  X(start_daemon) X(stop_daemon) X(get_daemon_info) X(get_timeout) X(run)                         \
  X(lookup_connection_value) X(create_response_from_buffer) X(add_response_header) X(queue_response) \
  X(destroy_response)

#define DECLARE(name) __typeof__(MHD_##name) *name;
static struct {
  FUNCTIONS(DECLARE)
} mhd;

static char problem[256];

static void load(void) {
  void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(problem, sizeof problem, "%s. Install it: apt-get install libmicrohttpd12", dlerror());
    return;
  }
#define FIND(name)                                                                \
  mhd.name = (__typeof__(mhd.name))dlsym(library, "MHD_" #name);                  \
  if (!mhd.name) snprintf(problem, sizeof problem, LIBRARY " has no MHD_" #name);
  FUNCTIONS(FIND)
}

const char *cmhd_load(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return problem[0] ? problem : NULL;
}

struct cmhd {
  struct MHD_Daemon *daemon;
  cmhd_answer answer;
  void *user;
  size_t body_bytes_max;
};

/* What has come of a request's body; of one that is too big only how much it was. */
struct body {
  char *bytes;
  size_t length;
};

/* So many times the limit is read before a body that is too big is cut off: most clients look for an
 * answer only when they have sent all. */
#define PATIENCE 16

static enum MHD_Result reply(struct MHD_Connection *connection, const struct cmhd_reply *reply) {
  struct MHD_Response *response = mhd.create_response_from_buffer(
      reply->body_bytes, (void *)reply->body, MHD_RESPMEM_MUST_COPY);
  if (!response) return MHD_NO;
  mhd.add_response_header(response, "Content-Type", "application/json");
  mhd.add_response_header(response, "Cache-Control", "no-store");
  if (reply->status == 401) mhd.add_response_header(response, "WWW-Authenticate", "Bearer");
  if (reply->status == 405) mhd.add_response_header(response, "Allow", "POST");
  enum MHD_Result result = mhd.queue_response(connection, reply->status, response);
  mhd.destroy_response(response);
  return result;
}

static enum MHD_Result refuse(const struct cmhd *server, struct MHD_Connection *connection) {
  struct cmhd_reply refusal = {.status = 413};
  refusal.body_bytes = (size_t)snprintf(
      refusal.body, sizeof refusal.body, "{\"error\":\"at most %zu bytes are taken\"}",
      server->body_bytes_max);
  return reply(connection, &refusal);
}

/* The head has come. A body that says that it is far too big is not waited for. */
static enum MHD_Result begin(struct cmhd *server, struct MHD_Connection *connection, void **state) {
  const char *length = mhd.lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
  if (length && strtoull(length, NULL, 10) / PATIENCE > server->body_bytes_max)
    return refuse(server, connection);
  *state = calloc(1, sizeof(struct body));
  return *state ? MHD_YES : MHD_NO;
}

/* MHD_NO closes the connection. */
static enum MHD_Result append(const struct cmhd *server, struct body *body, const char *data, size_t count) {
  if (count > server->body_bytes_max * PATIENCE - body->length) return MHD_NO;
  if (body->length + count > server->body_bytes_max) {
    free(body->bytes);
    body->bytes = NULL;
    body->length += count;
    return MHD_YES;
  }
  char *bytes = realloc(body->bytes, body->length + count);
  if (!bytes) return MHD_NO;
  memcpy(bytes + body->length, data, count);
  body->bytes = bytes;
  body->length += count;
  return MHD_YES;
}

static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data, size_t *size,
                              void **state) {
  (void)version;
  struct cmhd *server = user;
  if (!*state) return begin(server, connection, state);
  struct body *body = *state;
  if (*size) {
    enum MHD_Result result = append(server, body, data, *size);
    *size = 0;
    return result;
  }
  if (body->length > server->body_bytes_max) return refuse(server, connection);
  struct cmhd_request request = {
      .method = method,
      .path = url,
      .authorization = mhd.lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization"),
      .body = body->bytes,
      .body_bytes = body->length,
  };
  struct cmhd_reply answer = {.status = 500};
  server->answer(server->user, &request, &answer);
  return reply(connection, &answer);
}

static void completed(void *user, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode code) {
  (void)user, (void)connection, (void)code;
  struct body *body = *state;
  if (!body) return;
  free(body->bytes);
  free(body);
  *state = NULL;
}

struct cmhd *cmhd_start(int listening, const struct cmhd_limits *limits, cmhd_answer answer, void *user) {
  struct cmhd *server = cmhd_load() ? NULL : calloc(1, sizeof *server);
  if (server) {
    server->answer = answer;
    server->user = user;
    server->body_bytes_max = limits->body_bytes;
    server->daemon = mhd.start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, handle, server, MHD_OPTION_LISTEN_SOCKET, listening,
        MHD_OPTION_CONNECTION_LIMIT, limits->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        limits->connections_per_address, MHD_OPTION_CONNECTION_TIMEOUT, limits->timeout_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits->memory_bytes, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
    if (server->daemon) return server;
  }
  free(server);
  close(listening);
  return NULL;
}

void cmhd_stop(struct cmhd *server) {
  mhd.stop_daemon(server->daemon);
  free(server);
}

int cmhd_descriptor(const struct cmhd *server) {
  const union MHD_DaemonInfo *info = mhd.get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
  return info ? info->epoll_fd : -1;
}

void cmhd_run(struct cmhd *server) { mhd.run(server->daemon); }

int64_t cmhd_timeout(const struct cmhd *server) {
  MHD_UNSIGNED_LONG_LONG timeout;
  return mhd.get_timeout(server->daemon, &timeout) == MHD_YES ? (int64_t)timeout : -1;
}
