/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE 1
#include "cl_spawn.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A program under a sanitizer reserves terabytes of addresses: no limit for it. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static int set_streams(const int from[3]) {
  int copies[3];
  /* Above 2 first, so that no stream is overwritten before it is used. */
  for (int i = 0; i < 3; i++)
    if ((copies[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 3)) < 0) return -1;
  for (int i = 0; i < 3; i++)
    if (dup2(copies[i], i) < 0) return -1;
  return 0;
}

static void reset_signals(void) {
  struct sigaction standard = {.sa_handler = SIG_DFL};
  for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &standard, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static int set_limits(const struct cl_program *program) {
  struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  if (program->niceness != 0) {
    errno = 0;
    if (nice(program->niceness) == -1 && errno != 0) return -1;
  }
  struct sched_param normal = {0};
  if (program->is_batch) sched_setscheduler(0, SCHED_BATCH, &normal);
  if (program->processor_seconds_max != 0) {
    /* SIGXCPU, and SIGKILL a second later. */
    struct rlimit limit = {program->processor_seconds_max, program->processor_seconds_max + 1};
    if (setrlimit(RLIMIT_CPU, &limit) != 0) return -1;
  }
  if (program->address_space_max == 0 || SANITIZED) return 0;
  struct rlimit limit = {program->address_space_max, program->address_space_max};
  return setrlimit(RLIMIT_AS, &limit);
}

/* Runs in the child, in the parent's memory: system calls and returns only. */
static enum cl_spawn_step become(const struct cl_program *program, pid_t parent) {
  reset_signals();
  if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) return CL_SPAWN_SETUP;
  if (getppid() != parent) raise(SIGTERM); /* ended before the line above */
  if (set_streams(program->streams) != 0) return CL_SPAWN_SETUP;
  syscall(SYS_close_range, 3u, UINT_MAX, 1u << 2 /* CLOSE_RANGE_CLOEXEC */);
  if (program->directory && chdir(program->directory) != 0) return CL_SPAWN_DIRECTORY;
  if (set_limits(program) != 0) return CL_SPAWN_SETUP;
  execvpe(program->argv[0], (char *const *)program->argv, (char *const *)program->envp);
  return CL_SPAWN_EXEC;
}

struct failure {
  int error;
  enum cl_spawn_step step;
};

/* The child tells through a pipe, which closes when it executes the program: memory is not shared
 * where vfork is a fork (sanitizers). */
static pid_t start(const struct cl_program *program, int report) {
  pid_t parent = getpid();
  pid_t child = vfork();
  if (child != 0) return child;
  int pipe = fcntl(report, F_DUPFD_CLOEXEC, 3);
  enum cl_spawn_step step = become(program, parent);
  struct failure failure = {errno, step};
  if (write(pipe, &failure, sizeof failure) < 0) _exit(126);
  _exit(127);
}

static struct failure start_and_ask(const struct cl_program *program, pid_t *child) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return (struct failure){errno, CL_SPAWN_FORK};
  /* A signal handler must not run in the child while it borrows the parent's memory. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  *child = start(program, ends[1]);
  struct failure failure = {*child < 0 ? errno : 0, CL_SPAWN_FORK};
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(ends[1]);
  while (*child > 0 && read(ends[0], &failure, sizeof failure) < 0 && errno == EINTR) {
  }
  close(ends[0]);
  return failure;
}

int cl_spawn(const struct cl_program *program, pid_t *pid, int *pidfd, enum cl_spawn_step *failed) {
  pid_t child = -1;
  struct failure failure = start_and_ask(program, &child);
  if (child > 0 && failure.error == 0) {
    *pidfd = syscall(SYS_pidfd_open, child, 0);
    *pid = child;
    if (*pidfd >= 0) return 0;
    failure = (struct failure){errno, CL_SPAWN_PIDFD};
    kill(-child, SIGKILL);
  }
  while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {
  }
  *failed = failure.step;
  return failure.error;
}

static int wait_for(int pidfd, siginfo_t *info, int options) {
  info->si_pid = 0;
  while (waitid((idtype_t)P_PIDFD, pidfd, info, WEXITED | WNOHANG | options) != 0)
    if (errno != EINTR) return -1;
  return info->si_pid != 0;
}

int cl_has_exited(int pidfd) {
  siginfo_t info;
  return wait_for(pidfd, &info, WNOWAIT);
}

int cl_reap(int pidfd, int *code, int *signal) {
  siginfo_t info;
  int result = wait_for(pidfd, &info, 0);
  if (result != 1) return result;
  *code = info.si_code == CLD_EXITED ? info.si_status : 0;
  *signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
  return 1;
}
