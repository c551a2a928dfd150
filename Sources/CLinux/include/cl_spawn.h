/* SPDX-License-Identifier: Apache-2.0
 * Child processes: between vfork and exec only C may run. */
#pragma once
#include <stdint.h>
#include <sys/types.h>

struct cl_program {
  const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
  const char *const *envp; /* NULL-terminated */
  const char *directory;   /* NULL: the parent's */
  int streams[3];          /* descriptors that become 0, 1, 2 */
  int niceness;            /* added to the parent's */
  int is_batch;            /* SCHED_BATCH, if the system lets it */
  uint64_t address_space_max; /* bytes; 0: no limit */
  uint64_t processor_seconds_max; /* 0: no limit */
};

enum cl_spawn_step { CL_SPAWN_FORK, CL_SPAWN_SETUP, CL_SPAWN_DIRECTORY, CL_SPAWN_EXEC, CL_SPAWN_PIDFD };

/* Starts a program as leader of its own process group, with every other descriptor closed, signal
 * handlers and mask reset, and SIGTERM sent to it when the calling thread ends. Returns 0, or the
 * errno of the step that failed. Blocks until the child has executed the program. */
int cl_spawn(const struct cl_program *program, pid_t *pid, int *pidfd, enum cl_spawn_step *failed);

/* Whether the child has ended: 0 not yet, 1 yes, -1 with errno. */
int cl_has_exited(int pidfd);

/* Takes the exit of an ended child from the kernel: its code, or the signal that ended it.
 * Returns as cl_has_exited. */
int cl_reap(int pidfd, int *code, int *signal);
