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

/* A table like the journal, kept the plainest durable way: write-ahead log, synchronous=FULL, SQLite's own
 * checkpoint within the commit that brings the log to 1000 pages (as ours after the commit). Whatever `open`
 * returns, `close` frees. Codes are SQLite's, 0 when all went well. */
typedef struct cb_store cb_store;
int cb_store_open(const char *path, cb_store **store);
/* Rows of the bytes that `store.append_now` writes, one commit each: nanoseconds from the first bind to the
 * end of the commit. */
int cb_store_append(cb_store *store, int count, uint64_t *latencies);
void cb_store_close(cb_store *store);

/* How much later than asked epoll_pwait2 returns: nanoseconds, `count` waits of `wait_ns`. */
void cb_overshoot(int count, int64_t wait_ns, uint64_t *late);

/* What the program has from malloc and not given back, in bytes. */
uint64_t cb_heap_bytes(void);

/* A chat worker on a thread of its own, for as long as the process lives: speaks HTTP, answers a POST after
 * `delay_ns` with how many nanoseconds it has held the request, a GET at once. Returns its port. */
int cb_http_serve(int64_t delay_ns);

/* One that streams `text` (one paragraph) word by word, `gap_ns` between two; and when, of the last answer,
 * the first word and the last one of the first sentence were sent (CLOCK_MONOTONIC, nanoseconds). */
int cb_chat_serve(const char *text, int64_t gap_ns);
void cb_chat_times(uint64_t *word, uint64_t *sentence);

/* Requests to cb_http_serve one after the other through libcurl's multi interface on an epoll loop:
 * nanoseconds of each. Returns -1 when there was no answer. */
int cb_http_sequential(int port, int count, uint64_t *latencies);

/* Bytes of heap for each of so many requests under way at the same time. */
double cb_http_held_bytes(int port, int count);

/* libmicrohttpd on a thread of its own, for as long as the process lives: answers 202 to a call of the webhook
 * `parcel` that brings `authorization`. Returns its port, -1 without. */
int cb_webhook_serve(const char *authorization);

/* Calls that webhook one time after the other over one connection: nanoseconds of each. Returns -1 when one
 * was not answered with 202. */
int cb_webhook_call(int port, const char *authorization, int count, uint64_t *latencies);
