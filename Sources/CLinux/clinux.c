/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE 1
#include "clinux.h"
#include <limits.h>
#include <linux/videodev2.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

uint64_t cl_simulated_ns;

struct timespec cl_wall_time(void) {
  struct timespec t;
  uint64_t simulated = __atomic_load_n(&cl_simulated_ns, __ATOMIC_RELAXED);
  if (!simulated) {
    clock_gettime(CLOCK_REALTIME, &t);
  } else {
    t.tv_sec = 1767225600 + (time_t)(simulated / 1000000000);
    t.tv_nsec = (long)(simulated % 1000000000);
  }
  return t;
}

int cl_epoll_wait(int ep, struct epoll_event *events, int count, int64_t timeout_ns) {
  if (timeout_ns < 0) return epoll_wait(ep, events, count, -1);
  if (timeout_ns == 0) return epoll_wait(ep, events, count, 0);
  static _Atomic bool coarse; /* the kernel, or what emulates it, lacks epoll_pwait2 (Linux 5.11) */
  if (!coarse) {
    struct timespec t = {timeout_ns / 1000000000, timeout_ns % 1000000000};
    int ready = epoll_pwait2(ep, events, count, &t, NULL);
    if (ready >= 0 || (errno != ENOSYS && errno != EPERM)) return ready;
    coarse = true;
  }
  /* Rounded up: a timer is never early. */
  int64_t ms = (timeout_ns + 999999) / 1000000;
  return epoll_wait(ep, events, count, ms > INT_MAX ? INT_MAX : (int)ms);
}

int cl_arm_clock_watch(int fd) {
  uint64_t expirations;
  (void)!read(fd, &expirations, sizeof expirations);
  struct itimerspec never = {.it_value = {.tv_sec = INT64_C(1) << 40}};
  return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

int cl_clock_watch(void) {
  int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd >= 0 && cl_arm_clock_watch(fd) < 0) {
    int code = errno;
    close(fd);
    errno = code;
    return -1;
  }
  return fd;
}

int cl_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }
int cl_pipe(int fds[2], int flags) { return pipe2(fds, flags); }
void cl_set_thread_name(const char *name) { pthread_setname_np(pthread_self(), name); }

int cl_usable_processors(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
}

int cl_processor(void) { return sched_getcpu(); }

void cl_leave_processor(int processor) {
  cpu_set_t all, others;
  /* What getaffinity tells leaves out processors that are off now: it must not become a limit of ours. */
  if (processor < 0 || processor >= CPU_SETSIZE || cl_usable_processors() < sysconf(_SC_NPROCESSORS_ONLN)) return;
  memset(&all, 0xff, sizeof all);
  others = all;
  CPU_CLR(processor, &others);
  if (sched_setaffinity(0, sizeof others, &others) == 0) sched_setaffinity(0, sizeof all, &all);
}

void cl_release_memory(void) {
  extern const char __executable_start[], etext[]; /* the linker's */
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  uintptr_t start = (uintptr_t)__executable_start, end = (uintptr_t)etext & ~(page - 1);
  if (start % page == 0 && end > start) madvise((void *)start, end - start, MADV_DONTNEED);
  malloc_trim(0);
}

int cl_query_camera(int fd, struct cl_camera *camera) {
  struct v4l2_capability c;
  memset(&c, 0, sizeof c);
  if (ioctl(fd, VIDIOC_QUERYCAP, &c) < 0) return -1;
  __u32 can = c.capabilities & V4L2_CAP_DEVICE_CAPS ? c.device_caps : c.capabilities;
  memset(camera, 0, sizeof *camera);
  memcpy(camera->driver, c.driver, sizeof camera->driver - 1);
  memcpy(camera->card, c.card, sizeof camera->card - 1);
  memcpy(camera->bus, c.bus_info, sizeof camera->bus - 1);
  camera->captures = (can & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE)) != 0;
  return 0;
}
