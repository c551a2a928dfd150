/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE 1
#include "clinux.h"

int cl_epoll_wait(int ep, struct epoll_event *events, int count, int64_t timeout_ns) {
  if (timeout_ns < 0) return epoll_wait(ep, events, count, -1);
  if (timeout_ns == 0) return epoll_wait(ep, events, count, 0);
  struct timespec t = {timeout_ns / 1000000000, timeout_ns % 1000000000};
  return epoll_pwait2(ep, events, count, &t, NULL);
}

int cl_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }
int cl_pipe(int fds[2], int flags) { return pipe2(fds, flags); }
void cl_set_thread_name(const char *name) { pthread_setname_np(pthread_self(), name); }
