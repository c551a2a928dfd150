/* SPDX-License-Identifier: Apache-2.0
 * A virtual file system of SQLite in memory that loses power and fails on demand. Files are named as
 * they would be on disk; they live until fv_reset. One thread at a time. */
#pragma once
#include <stdint.h>

#define FV_NAME "mtor-fault"

enum fv_fault {
  FV_NONE,
  FV_NO_SPACE,  /* writes and growth: SQLITE_FULL */
  FV_IO_ERROR,  /* reads, writes, syncs, truncations, opens: SQLITE_IOERR_… */
  FV_NO_MEMORY, /* allocations of SQLite on the calling thread: SQLITE_NOMEM */
  FV_POWER_CUT, /* from this call on every call fails; nothing more reaches the medium */
};

/* Registers it once; also takes over SQLite's allocations, so it has to come before any other use of
 * SQLite in the process: a constructor does it. */
int fv_register(void);

/* Forgets all files and faults. */
void fv_reset(void);

/* The k-th call (from 1) that this fault can strike fails; with `lasting` all after it too. */
void fv_arm(enum fv_fault fault, uint64_t k, int lasting);
void fv_disarm(void);
/* Calls counted since fv_arm, and whether the fault has struck. */
uint64_t fv_calls(void);
int fv_struck(void);

/* Power comes back: of what was written since each file's last sync, pieces of 512 bytes are there or
 * not, in any combination that `seed` chooses, and a piece may be torn. Synced content is whole. */
void fv_power_cut(uint64_t seed);

/* Writes over a byte of a file: the medium has aged. Returns 0 when there is no such byte. */
int fv_damage(const char *name, int64_t offset, uint8_t bits);
int64_t fv_size(const char *name);

/* Inserts `count` rows the plainest way, with one prepared statement of `sql` whose three parameters
 * are number, text, blob: allocations of the calling thread, by the counter given. */
uint64_t fv_plain_inserts(const char *path, const char *sql, int count, uint64_t (*allocations)(void));
