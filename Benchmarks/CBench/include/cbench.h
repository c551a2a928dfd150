/* SPDX-License-Identifier: Apache-2.0
 * Baselines: what a plain C program does on one epoll, and the threads that feed both sides. */
#pragma once
#include <stdint.h>

/* A pipe that feeds itself, `count` times: epoll_wait, call of the handler, read, write.
 * Nanoseconds per event. */
double cb_relay(int count);

/* `descriptors` always-ready eventfds, until `count` handlers were called: dispatch alone.
 * Nanoseconds per event. */
double cb_dispatch(int descriptors, int count);

/* From now on another thread writes the time, 8 bytes of CLOCK_MONOTONIC nanoseconds, to `fd` every
 * `gap_us`, `count` times. */
void cb_feed(int fd, int count, unsigned gap_us);

/* Receives what cb_feed writes in an epoll loop: nanoseconds from each write to the handler. */
void cb_receive(int fd, int count, uint64_t *latencies);

/* Reads CLOCK_MONOTONIC: nanoseconds per reading. */
double cb_clock(int count);

/* The same three through libuv's uv_poll_t. */
double cb_uv_relay(int count);
double cb_uv_dispatch(int descriptors, int count);
void cb_uv_receive(int fd, int count, uint64_t *latencies);

/* Appends rows to a journal-like table the plainest durable way, one commit each: nanoseconds from the
 * first bind to the end of the commit. SQLite's code, 0 when all went well. */
int cb_store_append(const char *path, int count, uint64_t *latencies);

/* How much later than asked epoll_pwait2 returns: nanoseconds, `count` waits of `wait_ns`. */
void cb_overshoot(int count, int64_t wait_ns, uint64_t *late);

/* What the program has from malloc and not given back, in bytes. */
uint64_t cb_heap_bytes(void);
