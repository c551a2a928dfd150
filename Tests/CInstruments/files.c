/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE 1
#include "cinstruments.h"
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where) {
  (void)status, (void)type, (void)where;
  return remove(path);
}

/* Depth first, without following links. */
void ci_remove_tree(const char *path) { nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS); }

int ci_open_terminal(int *theirs) {
  int ours = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (ours < 0 || grantpt(ours) != 0 || unlockpt(ours) != 0) return -1;
  *theirs = open(ptsname(ours), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  return *theirs < 0 ? -1 : ours;
}
