/* SPDX-License-Identifier: Apache-2.0
 * Instruments of tests and benchmarks: what the running thread allocates, and which jobs the Swift
 * runtime sends to its global pool. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Allocations (malloc, calloc, realloc, aligned) of the calling thread so far. */
uint64_t ci_thread_allocations(void);
/* False where the allocator cannot be counted: under a sanitizer. */
bool ci_allocations_are_counted(void);

/* From now on counts the jobs that the calling thread sends to the global pool or to the main
 * executor. One thread is watched: the last that called. */
void ci_watch_pool_jobs(void);
uint64_t ci_pool_jobs(void);

/* Threads of this process. */
int ci_thread_count(void);

/* Removes a directory with everything below it. */
void ci_remove_tree(const char *path);

/* A terminal that writes nowhere: our end, and the program's in *theirs, both non-blocking; -1 without. */
int ci_open_terminal(int *theirs);
