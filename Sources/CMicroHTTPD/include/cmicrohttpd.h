/* SPDX-License-Identifier: Apache-2.0
 * A small HTTP server on libmicrohttpd, which is loaded when it is first needed, as libcurl is
 * (docs/decisions/0012-http-server.md). Requests are taken whole, within a limit, and answered at once by
 * one function. One thread; whoever has it watches cmhd_descriptor and keeps cmhd_timeout. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct cmhd;

struct cmhd_limits {
  unsigned connections;             /* more wait in the kernel */
  unsigned connections_per_address; /* more are closed */
  unsigned timeout_seconds;         /* of a connection on which nothing happens */
  size_t memory_bytes;              /* of a connection: its head has to fit */
  size_t body_bytes;                /* of a request: more is answered with 413, far more is cut off */
};

/* Valid during the call. */
struct cmhd_request {
  const char *method, *path;
  const char *authorization; /* NULL: there is none */
  const void *body;
  size_t body_bytes;
};

struct cmhd_reply {
  unsigned status;
  char body[512];
  size_t body_bytes;
};

typedef void (*cmhd_answer)(void *user, const struct cmhd_request *, struct cmhd_reply *);

/* Loads the library, once; any thread. Returns NULL, or what is wrong. */
const char *cmhd_load(void);

/* Takes over a socket that listens. NULL when there is no library, memory or descriptor; the socket is closed
 * then. */
struct cmhd *cmhd_start(int listening, const struct cmhd_limits *, cmhd_answer, void *user);
/* Ends all connections. */
void cmhd_stop(struct cmhd *);
/* Readable when cmhd_run has something to do: an epoll set. */
int cmhd_descriptor(const struct cmhd *);
void cmhd_run(struct cmhd *);
/* Milliseconds until cmhd_run is wanted whatever the descriptor says; -1: never. */
int64_t cmhd_timeout(const struct cmhd *);
