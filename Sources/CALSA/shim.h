/* SPDX-License-Identifier: Apache-2.0
 * libasound, plus what Swift cannot import: a variadic error handler, the iteration macros over the
 * global configuration tree. */
#pragma once
#include <alsa/asoundlib.h>

static void calsa_quiet_handler(const char *file, int line, const char *function, int error,
                                const char *format, ...) {
  (void)file, (void)line, (void)function, (void)error, (void)format;
}

/* libasound prints each error to stderr by itself; ours are returned and told once. */
static inline void calsa_silence(void) { snd_lib_error_set_handler(calsa_quiet_handler); }

/* Copies the name of the PCM definition at `index` (asound.conf and its includes) into `name`,
 * cut to `size`; 0 when there are no more. */
static inline int calsa_pcm_name(int index, char *name, size_t size) {
  snd_config_t *top = NULL, *pcms;
  snd_config_iterator_t each, next;
  const char *id;
  int found = 0;
  if (snd_config_update_ref(&top) < 0 || !top) return 0;
  if (snd_config_search(top, "pcm", &pcms) >= 0) {
    snd_config_for_each(each, next, pcms) {
      if (index-- > 0) continue;
      found = snd_config_get_id(snd_config_iterator_entry(each), &id) >= 0;
      if (found) snprintf(name, size, "%s", id);
      break;
    }
  }
  snd_config_unref(top);
  return found;
}
