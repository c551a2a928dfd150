/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE 1
#include "cbench.h"
#include "clock.h"
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct source {
  int fd, out;
  int *remaining;
  uint64_t *latencies;
  void (*handler)(struct source *source, uint32_t events);
};

static void add(int ep, struct source *source) {
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = source};
  epoll_ctl(ep, EPOLL_CTL_ADD, source->fd, &e);
}

/* The bare loop all baselines share. */
static void run(int ep, const int *remaining) {
  struct epoll_event events[64];
  while (*remaining > 0) {
    int n = epoll_wait(ep, events, 64, -1);
    for (int i = 0; i < n; i++) {
      struct source *source = events[i].data.ptr;
      source->handler(source, events[i].events);
    }
  }
}

static void relay(struct source *source, uint32_t events) {
  (void)events;
  uint64_t value;
  if (read(source->fd, &value, 8) != 8) return;
  --*source->remaining;
  if (write(source->out, &value, 8) != 8) *source->remaining = 0;
}

double cb_relay(int count) {
  int ends[2], remaining = count, ep = epoll_create1(EPOLL_CLOEXEC);
  if (pipe2(ends, O_CLOEXEC) != 0) return 0;
  struct source source = {ends[0], ends[1], &remaining, NULL, relay};
  add(ep, &source);
  uint64_t value = 0, start = now();
  if (write(ends[1], &value, 8) == 8) run(ep, &remaining);
  double result = (double)(now() - start) / count;
  close(ends[0]), close(ends[1]), close(ep);
  return result;
}

double cb_clock(int count) {
  uint64_t start = now(), last = start;
  for (int i = 0; i < count; i++) last = now();
  return (double)(last - start) / count;
}

static void count_down(struct source *source, uint32_t events) {
  (void)events;
  --*source->remaining;
}

double cb_dispatch(int descriptors, int count) {
  int remaining = count, ep = epoll_create1(EPOLL_CLOEXEC);
  struct source *sources = calloc((size_t)descriptors, sizeof *sources);
  for (int i = 0; i < descriptors; i++) {
    sources[i] = (struct source){eventfd(1, EFD_CLOEXEC), -1, &remaining, NULL, count_down};
    add(ep, &sources[i]);
  }
  uint64_t start = now();
  run(ep, &remaining);
  double result = (double)(now() - start) / (count - remaining);
  for (int i = 0; i < descriptors; i++) close(sources[i].fd);
  close(ep);
  free(sources);
  return result;
}

static void receive(struct source *source, uint32_t events) {
  uint64_t arrived = now(), sent;
  (void)events;
  if (read(source->fd, &sent, 8) == 8) source->latencies[--*source->remaining] = arrived - sent;
}

void cb_receive(int fd, int count, uint64_t *latencies) {
  int remaining = count, ep = epoll_create1(EPOLL_CLOEXEC);
  struct source source = {fd, -1, &remaining, latencies, receive};
  add(ep, &source);
  run(ep, &remaining);
  close(ep);
}

struct feed {
  int fd, count;
  unsigned gap_us;
};

static void *feed(void *argument) {
  struct feed feed = *(struct feed *)argument;
  free(argument);
  struct timespec gap = {0, feed.gap_us * 1000};
  for (int i = 0; i < feed.count; i++) {
    nanosleep(&gap, NULL);
    uint64_t sent = now();
    if (write(feed.fd, &sent, 8) != 8) break;
  }
  return NULL;
}

void cb_feed(int fd, int count, unsigned gap_us) {
  struct feed *argument = malloc(sizeof *argument);
  *argument = (struct feed){fd, count, gap_us};
  pthread_t thread;
  pthread_create(&thread, NULL, feed, argument);
  pthread_detach(thread);
}

void cb_overshoot(int count, int64_t wait_ns, uint64_t *late) {
  int ep = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event events[1];
  struct timespec wait = {wait_ns / 1000000000, wait_ns % 1000000000};
  for (int i = 0; i < count; i++) {
    uint64_t due = now() + (uint64_t)wait_ns;
    epoll_pwait2(ep, events, 1, &wait, NULL);
    late[i] = now() - due;
  }
  close(ep);
}

uint64_t cb_heap_bytes(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}
