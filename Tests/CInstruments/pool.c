/* SPDX-License-Identifier: Apache-2.0
 * The Swift runtime calls these hooks, where set, instead of handing a job to the pool. They are
 * part of its ABI (stdlib/public/Concurrency: swift_task_enqueueGlobal_hook). */
#include "cinstruments.h"
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>

#define SWIFT_CC __attribute__((swiftcall))
typedef SWIFT_CC void (*enqueue)(void *job);
extern SWIFT_CC void (*swift_task_enqueueGlobal_hook)(void *job, enqueue original);
extern SWIFT_CC void (*swift_task_enqueueMainExecutor_hook)(void *job, enqueue original);

static _Atomic uint64_t jobs;
static _Atomic uintptr_t watched;

static SWIFT_CC void count(void *job, enqueue original) {
  if (atomic_load(&watched) == (uintptr_t)pthread_self()) atomic_fetch_add(&jobs, 1);
  original(job);
}

void ci_watch_pool_jobs(void) {
  atomic_store(&watched, (uintptr_t)pthread_self());
  swift_task_enqueueGlobal_hook = count;
  swift_task_enqueueMainExecutor_hook = count;
}

uint64_t ci_pool_jobs(void) { return atomic_load(&jobs); }

int ci_thread_count(void) {
  DIR *tasks = opendir("/proc/self/task");
  if (!tasks) return -1;
  int count = 0;
  for (struct dirent *entry; (entry = readdir(tasks));) count += entry->d_name[0] != '.';
  closedir(tasks);
  return count;
}
