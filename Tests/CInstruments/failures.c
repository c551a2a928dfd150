/* SPDX-License-Identifier: Apache-2.0
 * Calls that fail when a test wants it: the executable's come before those of the libraries. */
#define _GNU_SOURCE 1
#include "cinstruments.h"
#include <dlfcn.h>
#include <stddef.h>

static _Thread_local enum ci_call failing;

void ci_set_failing(enum ci_call call) { failing = call; }
bool ci_is_failing(enum ci_call call) { return failing == call; }

/* Source: speak_lib.h of eSpeak NG, whose enumerations are ints. */
typedef int synth(const void *, size_t, unsigned, int, unsigned, unsigned, unsigned *, void *);
synth espeak_Synth;

int espeak_Synth(
    const void *text, size_t size, unsigned position, int position_type, unsigned end, unsigned flags,
    unsigned *identifier, void *user) {
  synth *real = (synth *)dlsym(RTLD_NEXT, "espeak_Synth");
  if (!real || ci_is_failing(CI_SYNTHESIS)) return -1;
  return real(text, size, position, position_type, end, flags, identifier, user);
}
