/* SPDX-License-Identifier: Apache-2.0
 * What `import Glibc` does not offer to Swift: headers outside its module map, GNU extensions
 * (never define _GNU_SOURCE here: glibc structs would differ between modules), packed unions. */
#pragma once
#include "cl_spawn.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* The time of a simulation in nanoseconds, for the whole process; 0: the kernel's clocks hold. */
extern uint64_t cl_simulated_ns;
static inline void cl_simulate_ns(uint64_t ns) { __atomic_store_n(&cl_simulated_ns, ns, __ATOMIC_RELAXED); }

static inline uint64_t cl_monotonic_ns(void) {
  uint64_t simulated = __atomic_load_n(&cl_simulated_ns, __ATOMIC_RELAXED);
  if (__builtin_expect(simulated != 0, 0)) return simulated;
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/* The wall clock; in a simulation it began on 1 January 2026, 0:00 UTC. */
struct timespec cl_wall_time(void);

/* The processor's counter, three times cheaper to read than the clock: for measuring short times
 * on one thread. Its rate is found out by comparison with the clock. */
static inline uint64_t cl_ticks(void) {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t ticks;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#else
  return cl_monotonic_ns();
#endif
}

/* For a thread that spins: waits for a moment. */
static inline void cl_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  /* "yield" is nothing on most cores. */
  __asm__ volatile("isb");
#endif
}

/* epoll_event is packed and holds a union: filled here. */
static inline int cl_epoll_add(int ep, int fd, uint32_t events, uint64_t token) {
  struct epoll_event e = {.events = events, .data.u64 = token};
  return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}
static inline int cl_epoll_modify(int ep, int fd, uint32_t events, uint64_t token) {
  struct epoll_event e = {.events = events, .data.u64 = token};
  return epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e);
}
static inline int cl_epoll_delete(int ep, int fd) { return epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL); }

/* Waits at most timeout_ns (negative: without limit), nanosecond resolution (epoll_pwait2). */
int cl_epoll_wait(int ep, struct epoll_event *events, int count, int64_t timeout_ns);

/* Late timers cost latency: 1 ns of slack instead of 50 us, for the calling thread. */
static inline int cl_set_timer_slack(unsigned long ns) { return prctl(PR_SET_TIMERSLACK, ns); }

/* GNU extensions. */
/* A descriptor that becomes readable when somebody sets the wall clock; -1 with errno. Armed again after
   each time by cl_arm_clock_watch, which takes what there is to read. */
int cl_clock_watch(void);
int cl_arm_clock_watch(int fd);
int cl_accept(int fd);                 /* accept4, non-blocking, close-on-exec */
int cl_pipe(int fds[2], int flags);    /* pipe2 */
void cl_set_thread_name(const char *name);
int cl_usable_processors(void);        /* those that this thread may run on, at least 1 */
int cl_processor(void);                /* where this thread runs now; -1: unknown */
/* Moves this thread to another processor, if it may run on all there are. The scheduler may bring it back. */
void cl_leave_processor(int processor);

/* Takes the pages of the program's own code out of its memory and free heap back to the kernel. What runs
 * again is mapped again from the page cache. */
void cl_release_memory(void);

/* V4L2: VIDIOC_QUERYCAP is a cast macro. All strings end with NUL; captures: it can take pictures. */
struct cl_camera {
  char driver[16], card[32], bus[32];
  int captures;
};
int cl_query_camera(int fd, struct cl_camera *camera); /* 0, or -1 with errno */
