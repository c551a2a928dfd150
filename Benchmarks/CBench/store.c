/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE 1
#include "cbench.h"
#include <sqlite3.h>
#include <string.h>
#include <time.h>

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int cb_store_append(const char *path, int count, uint64_t *latencies) {
  static const char set_up[] =
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
      "CREATE TABLE IF NOT EXISTS journal(seq INTEGER PRIMARY KEY, wall INTEGER NOT NULL,"
      " mono INTEGER NOT NULL, boot BLOB NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,"
      " previous BLOB NOT NULL, hash BLOB NOT NULL) STRICT";
  static const char body[] = "{\"n\":123456,\"text\":\"a row as the benchmark writes it\"}";
  sqlite3 *db;
  sqlite3_stmt *insert = NULL;
  unsigned char digest[32];
  int code = sqlite3_open(path, &db);
  memset(digest, 0x5a, sizeof digest);
  if (code == SQLITE_OK) code = sqlite3_exec(db, set_up, NULL, NULL, NULL);
  if (code == SQLITE_OK)
    code = sqlite3_prepare_v3(db, "INSERT INTO journal VALUES(NULL, ?, ?, ?, ?, ?, ?, ?)", -1,
                              SQLITE_PREPARE_PERSISTENT, &insert, NULL);
  for (int i = 0; i < count && code == SQLITE_OK; i++) {
    uint64_t start = now();
    sqlite3_bind_int64(insert, 1, (sqlite3_int64)start);
    sqlite3_bind_int64(insert, 2, (sqlite3_int64)start);
    sqlite3_bind_blob(insert, 3, digest, 16, SQLITE_STATIC);
    sqlite3_bind_text(insert, 4, "bench.row", 9, SQLITE_STATIC);
    sqlite3_bind_text(insert, 5, body, sizeof body - 1, SQLITE_STATIC);
    sqlite3_bind_blob(insert, 6, digest, 32, SQLITE_STATIC);
    sqlite3_bind_blob(insert, 7, digest, 32, SQLITE_STATIC);
    if (sqlite3_step(insert) != SQLITE_DONE) code = sqlite3_errcode(db);
    sqlite3_reset(insert);
    latencies[i] = now() - start;
  }
  sqlite3_finalize(insert);
  sqlite3_close(db);
  return code;
}
