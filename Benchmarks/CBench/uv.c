/* SPDX-License-Identifier: Apache-2.0
 * The same work as in cbench.c through libuv, the loop that many programs use. */
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "cbench.h"
#include "clock.h"

struct watch {
  uv_poll_t handle; /* first: a pointer to it is one to the watch */
  int fd, out;
  int *remaining;
  uint64_t *latencies;
};

static void start(uv_loop_t *loop, struct watch *watch, uv_poll_cb handler) {
  uv_poll_init(loop, &watch->handle, watch->fd);
  uv_poll_start(&watch->handle, UV_READABLE, handler);
}

static void finish(uv_loop_t *loop, struct watch *watches, int count) {
  for (int i = 0; i < count; i++) uv_close((uv_handle_t *)&watches[i].handle, NULL);
  uv_run(loop, UV_RUN_DEFAULT);
  uv_loop_close(loop);
}

static void relay(uv_poll_t *handle, int status, int events) {
  struct watch *watch = (struct watch *)handle;
  uint64_t value;
  (void)status, (void)events;
  if (read(watch->fd, &value, 8) != 8) return;
  --*watch->remaining;
  if (*watch->remaining <= 0 || write(watch->out, &value, 8) != 8) uv_stop(handle->loop);
}

double cb_uv_relay(int count) {
  uv_loop_t loop;
  int ends[2], remaining = count;
  if (uv_loop_init(&loop) != 0 || pipe(ends) != 0) return 0;
  struct watch watch = {.fd = ends[0], .out = ends[1], .remaining = &remaining};
  start(&loop, &watch, relay);
  uint64_t value = 0, begin = now();
  if (write(ends[1], &value, 8) == 8) uv_run(&loop, UV_RUN_DEFAULT);
  double result = (double)(now() - begin) / count;
  finish(&loop, &watch, 1);
  close(ends[0]), close(ends[1]);
  return result;
}

static void count_down(uv_poll_t *handle, int status, int events) {
  struct watch *watch = (struct watch *)handle;
  (void)status, (void)events;
  if (--*watch->remaining <= 0) uv_stop(handle->loop);
}

double cb_uv_dispatch(int descriptors, int count) {
  uv_loop_t loop;
  int remaining = count;
  if (uv_loop_init(&loop) != 0) return 0;
  struct watch *watches = calloc((size_t)descriptors, sizeof *watches);
  for (int i = 0; i < descriptors; i++) {
    watches[i] = (struct watch){.fd = eventfd(1, EFD_CLOEXEC), .remaining = &remaining};
    start(&loop, &watches[i], count_down);
  }
  uint64_t begin = now();
  uv_run(&loop, UV_RUN_DEFAULT);
  double result = (double)(now() - begin) / (count - remaining);
  finish(&loop, watches, descriptors);
  for (int i = 0; i < descriptors; i++) close(watches[i].fd);
  free(watches);
  return result;
}

static void receive(uv_poll_t *handle, int status, int events) {
  uint64_t arrived = now(), sent;
  struct watch *watch = (struct watch *)handle;
  (void)status, (void)events;
  if (read(watch->fd, &sent, 8) == 8) watch->latencies[--*watch->remaining] = arrived - sent;
  if (*watch->remaining <= 0) uv_stop(handle->loop);
}

void cb_uv_receive(int fd, int count, uint64_t *latencies) {
  uv_loop_t loop;
  int remaining = count;
  if (uv_loop_init(&loop) != 0) return;
  struct watch watch = {.fd = fd, .remaining = &remaining, .latencies = latencies};
  start(&loop, &watch, receive);
  uv_run(&loop, UV_RUN_DEFAULT);
  finish(&loop, &watch, 1);
}
