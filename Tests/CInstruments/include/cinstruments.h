/* SPDX-License-Identifier: Apache-2.0
 * Instruments of tests and benchmarks: what the running thread allocates, which jobs the Swift
 * runtime sends to its global pool, and calls that fail. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Allocations (malloc, calloc, realloc, aligned) of the calling thread so far. */
uint64_t ci_thread_allocations(void);
/* False where the allocator cannot be counted: under a sanitizer. */
bool ci_allocations_are_counted(void);

/* What fails from now on, in the calling thread alone. */
enum ci_call {
  CI_NOTHING,
  /* Libraries allocate with it, Swift does not. Not under a sanitizer. */
  CI_CALLOC,
  /* As CI_CALLOC. */
  CI_REALLOC,
  /* espeak_Synth, with EE_INTERNAL_ERROR. */
  CI_SYNTHESIS,
};
void ci_set_failing(enum ci_call call);
bool ci_is_failing(enum ci_call call);

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
