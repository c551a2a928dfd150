// SPDX-License-Identifier: Apache-2.0
// What both halves share.
#ifndef CGPIOD_COMMON_H
#define CGPIOD_COMMON_H

#include <errno.h>
#include <fcntl.h>
#include <gpiod.h>
#include <stdlib.h>
#include <string.h>

#include "cgpiod.h"

enum { CG_READ_MAX = 16 };

struct cg_chip {
  struct gpiod_chip *chip;
};

static inline void copy_name(char destination[CG_NAME_SIZE], const char *source) {
  strncpy(destination, source ? source : "", CG_NAME_SIZE - 1);
  destination[CG_NAME_SIZE - 1] = 0;
}

// libgpiod sometimes fails without an errno: that must not read as success.
static inline int failure(void) { return errno ? -errno : -EIO; }

static inline int make_nonblocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

#endif
