/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cpocketsphinx.h"

#include <malloc.h>
#include <pocketsphinx.h>
#include <pthread.h>
#include <sphinxbase/ckd_alloc.h>
#include <sphinxbase/err.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static _Thread_local char last_error[512];
static pthread_once_t messages_once = PTHREAD_ONCE_INIT;

static void on_message(void *user, err_lvl_t level, const char *format, ...) {
  (void)user;
  if (level < ERR_ERROR) return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(last_error, sizeof last_error, format, arguments);
  va_end(arguments);
  last_error[strcspn(last_error, "\n")] = 0;
  if (level >= ERR_FATAL) dprintf(STDERR_FILENO, "pocketsphinx: %s\n", last_error);
}

// Without a log file the library does not print its configuration either. Process-wide.
static void redirect_messages(void) {
  err_set_logfp(NULL);
  err_set_callback(on_message, NULL);
}

const char *cps_take_error(void) {
  static _Thread_local char taken[sizeof last_error];
  if (!last_error[0]) return NULL;
  memcpy(taken, last_error, sizeof taken);
  last_error[0] = 0;
  return taken;
}

int cps_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

cps_decoder *cps_new(const char *const *arguments, int count) {
  pthread_once(&messages_once, redirect_messages);
  cmd_ln_t *config = cmd_ln_parse_r(NULL, ps_args(), count, (char **)arguments, TRUE);
  if (!config) return NULL;
  ps_decoder_t *decoder = ps_init(config);
  cmd_ln_free_r(config);
  return decoder;
}

// A decoder is loaded beside the one it replaces, so that the heap has room for two and would keep
// it: 8 MB after the first reload.
void cps_free(cps_decoder *decoder) {
  ps_free(decoder);
  malloc_trim(0);
}

int cps_add_keyphrases(cps_decoder *decoder, const char *name, const char *path) {
  return ps_set_kws(decoder, name, path);
}

int cps_add_grammar(cps_decoder *decoder, const char *name, const char *jsgf) {
  return ps_set_jsgf_string(decoder, name, jsgf);
}

int cps_add_free_phones(cps_decoder *decoder, const char *name, const char *path) {
  return ps_set_allphone_file(decoder, name, path);
}

int cps_add_language_model(cps_decoder *decoder, const char *name, const char *path) {
  return ps_set_lm_file(decoder, name, path);
}

int cps_select(cps_decoder *decoder, const char *name) { return ps_set_search(decoder, name); }

bool cps_knows_word(cps_decoder *decoder, const char *word) {
  char *phones = ps_lookup_word(decoder, word);
  ckd_free(phones);
  return phones != NULL;
}

int cps_start_stream(cps_decoder *decoder) { return ps_start_stream(decoder); }
int cps_start(cps_decoder *decoder) { return ps_start_utt(decoder); }

int cps_process(cps_decoder *decoder, const int16_t *samples, size_t count) {
  return ps_process_raw(decoder, samples, count, FALSE, FALSE);
}

int cps_process_whole(cps_decoder *decoder, const int16_t *samples, size_t count) {
  return ps_process_raw(decoder, samples, count, FALSE, TRUE);
}

int cps_end(cps_decoder *decoder) { return ps_end_utt(decoder); }

const char *cps_hypothesis(cps_decoder *decoder, int32_t *score) {
  *score = 0;
  return ps_get_search(decoder) ? ps_get_hyp(decoder, score) : NULL;
}

int cps_frame_count(cps_decoder *decoder) { return ps_get_n_frames(decoder); }

bool cps_word_span(cps_decoder *decoder, int *first, int *last) {
  if (!ps_get_search(decoder)) return false;
  bool found = false;
  for (ps_seg_t *segment = ps_seg_iter(decoder); segment; segment = ps_seg_next(segment)) {
    const char *word = ps_seg_word(segment);
    if (!word || strchr("<[(+", word[0])) continue;
    int start;
    ps_seg_frames(segment, &start, last);
    if (!found) *first = start;
    found = true;
  }
  return found;
}
