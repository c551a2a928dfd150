// SPDX-License-Identifier: Apache-2.0
#include "cbench_edge.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "cgpiod.h"
#include "clock.h"

volatile uint64_t *cb_edge_share(const char *path) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, CB_SHARED_BYTES)) return NULL;
  void *page = mmap(NULL, CB_SHARED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  return page == MAP_FAILED ? NULL : page;
}

void cb_edge_die_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGKILL); }

uint64_t cb_edge_now(void) { return now(); }

int cb_edge_respond(const char *chip, uint32_t in, uint32_t out, volatile uint64_t *answered) {
  struct cg_line_config input = {.direction = CG_INPUT, .edges = true};
  struct cg_line_config output = {.direction = CG_OUTPUT};
  cg_request *from = cg_request_open(chip, in, &input, "baseline", 64);
  cg_request *to = from ? cg_request_open(chip, out, &output, "baseline", 0) : NULL;
  if (!to) return -errno;
  *answered = 1;
  struct pollfd ready = {.fd = cg_request_fd(from), .events = POLLIN};
  struct cg_event edges[16];
  while (poll(&ready, 1, -1) > 0) {
    int count = cg_request_read(from, edges, 16);
    for (int i = 0; i < count; i++) {
      cg_request_set(to, edges[i].active);
      *answered = cb_edge_now();
    }
  }
  return 0;
}

int64_t cb_edge_toggle(int pull_file, int high, volatile uint64_t *answered) {
  struct timespec pause = {.tv_nsec = 3000000};
  *answered = 0;
  uint64_t start = cb_edge_now();
  if (pwrite(pull_file, high ? "pull-up" : "pull-down", high ? 7 : 9, 0) < 0) return -1;
  // The host may hold the guest for a while: that is a late answer, not a missing one.
  for (int i = 0; i < 100 && (i == 0 || !*answered); i++) nanosleep(&pause, NULL);
  return *answered ? (int64_t)(*answered - start) : -1;
}
