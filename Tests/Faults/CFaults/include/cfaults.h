/* SPDX-License-Identifier: Apache-2.0
 * What the fault campaign needs of the system: a wall clock that jumps, and figures of this process. */
#pragma once
#include <stdint.h>

/* From now on the wall clock of this process, libraries included, is off by so many seconds. */
void cf_set_wall_clock_offset(int64_t seconds);

/* A descriptor to read a thread's time on the run queue from: of the calling one, or of a process's first
 * one. -1 without. */
int cf_open_run_delay(int process);
#define CF_THIS_THREAD 0
/* Nanoseconds that the thread of the descriptor has ever waited for a processor. */
uint64_t cf_run_delay(int descriptor);

/* Bytes of the heap that are in use, in all arenas. */
uint64_t cf_heap_bytes(void);

/* Whoever outlives its parent among our children's children becomes a child of ours. */
void cf_adopt_orphans(void);
/* Our children, and reaps orphans that have ended. Ended children that nobody has reaped count; -1 where the kernel does not tell. */
int cf_children(void);
