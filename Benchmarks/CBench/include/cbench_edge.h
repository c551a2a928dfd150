// SPDX-License-Identifier: Apache-2.0
// The two ends of `gpio.edge_to_output`: what toggles an input, and the plainest C program that
// answers on an output. They share a page: the answer's instant.
#ifndef CBENCH_EDGE_H
#define CBENCH_EDGE_H

#include <stdint.h>

#define CB_SHARED_BYTES 65536

// Memory that two processes share, by its file's path. NULL and errno on failure.
volatile uint64_t *cb_edge_share(const char *path);
// No responder outlives the benchmark.
void cb_edge_die_with_parent(void);
uint64_t cb_edge_now(void);

// Waits for edges of line `in` and sets line `out` to the same level: poll, read, set.
// Returns -errno when a line is not to be had.
int cb_edge_respond(const char *chip, uint32_t in, uint32_t out, volatile uint64_t *answered);

// Toggles `pull_file` once and waits for the answer, at least 3 ms. Returns ns from before the write to the answer; -1: none came.
int64_t cb_edge_toggle(int pull_file, int high, volatile uint64_t *answered);

#endif
