/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE 1
#include "cbench.h"
#include "clock.h"
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct cb_store {
  sqlite3 *db;
  sqlite3_stmt *insert;
};

int cb_store_open(const char *path, cb_store **store) {
  static const char set_up[] =
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=4194304;"
      "CREATE TABLE IF NOT EXISTS journal(seq INTEGER PRIMARY KEY, wall INTEGER NOT NULL,"
      " mono INTEGER NOT NULL, boot BLOB NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,"
      " previous BLOB NOT NULL, hash BLOB NOT NULL) STRICT";
  cb_store *new = calloc(1, sizeof *new);
  if (!new) return SQLITE_NOMEM;
  *store = new;
  int code = sqlite3_open_v2(path, &new->db,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
  if (code == SQLITE_OK) code = sqlite3_exec(new->db, set_up, NULL, NULL, NULL);
  if (code == SQLITE_OK) code = sqlite3_wal_autocheckpoint(new->db, 1000);
  if (code == SQLITE_OK)
    code = sqlite3_prepare_v3(new->db, "INSERT INTO journal VALUES(NULL, ?, ?, ?, ?, ?, ?, ?)", -1,
                              SQLITE_PREPARE_PERSISTENT, &new->insert, NULL);
  return code;
}

int cb_store_append(cb_store *store, int count, uint64_t *latencies) {
  static const char body[] = "{\"n\":123456,\"text\":\"a row as the benchmark writes it\"}";
  sqlite3_stmt *insert = store->insert;
  unsigned char digest[32];
  int code = SQLITE_OK;
  memset(digest, 0x5a, sizeof digest);
  for (int i = 0; i < count && code == SQLITE_OK; i++) {
    uint64_t start = now();
    sqlite3_bind_int64(insert, 1, (sqlite3_int64)start);
    sqlite3_bind_int64(insert, 2, (sqlite3_int64)start);
    sqlite3_bind_blob(insert, 3, digest, 16, SQLITE_STATIC);
    sqlite3_bind_text(insert, 4, "bench.row", 9, SQLITE_STATIC);
    sqlite3_bind_text(insert, 5, body, sizeof body - 1, SQLITE_STATIC);
    sqlite3_bind_blob(insert, 6, digest, 32, SQLITE_STATIC);
    sqlite3_bind_blob(insert, 7, digest, 32, SQLITE_STATIC);
    if (sqlite3_step(insert) != SQLITE_DONE) code = sqlite3_errcode(store->db);
    sqlite3_reset(insert);
    latencies[i] = now() - start;
  }
  return code;
}

void cb_store_close(cb_store *store) {
  if (!store) return;
  sqlite3_finalize(store->insert);
  sqlite3_close(store->db);
  free(store);
}
