/* SPDX-License-Identifier: Apache-2.0
 * The executable's malloc comes before libc's in symbol resolution, so these count every
 * allocation of the process, libraries included, and pass it on unless it shall fail. Not under a
 * sanitizer, which needs to be the allocator itself. */
#include "cinstruments.h"
#include <errno.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

static _Thread_local uint64_t allocations;

uint64_t ci_thread_allocations(void) { return allocations; }

#ifdef SANITIZED
bool ci_allocations_are_counted(void) { return false; }
#else
bool ci_allocations_are_counted(void) { return true; }

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static void *no_memory(void) {
  errno = ENOMEM;
  return NULL;
}

void *malloc(size_t size) {
  allocations++;
  return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
  allocations++;
  return ci_is_failing(CI_CALLOC) ? no_memory() : __libc_calloc(count, size);
}
void *realloc(void *old, size_t size) {
  allocations++;
  return ci_is_failing(CI_REALLOC) ? no_memory() : __libc_realloc(old, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
  allocations++;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void **result, size_t alignment, size_t size) {
  allocations++;
  *result = __libc_memalign(alignment, size);
  return *result ? 0 : ENOMEM;
}
#endif
