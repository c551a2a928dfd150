/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE 1
#include "cinstruments.h"
#include <ftw.h>
#include <stdio.h>

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where) {
  (void)status, (void)type, (void)where;
  return remove(path);
}

/* Depth first, without following links. */
void ci_remove_tree(const char *path) { nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS); }
