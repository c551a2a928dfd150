/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cpocketsphinx.h"

#include <malloc.h>
#include <pocketsphinx.h>
#include <pthread.h>
#include <sphinxbase/ckd_alloc.h>
#include <sphinxbase/err.h>
#include <sphinxbase/fsg_model.h>
#include <sphinxbase/jsgf.h>
#include <stdarg.h>
#include <stdlib.h>
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

struct cps_decoder {
  ps_decoder_t *ps;
  // ps_get_search would tell too, but each of its calls leaks an iterator.
  bool is_selected;
  bool has_free_phones;
};

cps_decoder *cps_new(const char *const *arguments, int count) {
  pthread_once(&messages_once, redirect_messages);
  cmd_ln_t *config = cmd_ln_parse_r(NULL, ps_args(), count, (char **)arguments, TRUE);
  if (!config) return NULL;
  cps_decoder *decoder = calloc(1, sizeof *decoder);
  if (decoder) decoder->ps = ps_init(config);
  cmd_ln_free_r(config);
  if (decoder && !decoder->ps) {
    free(decoder);
    return NULL;
  }
  return decoder;
}

// A decoder is loaded beside the one it replaces, so that the heap has room for two and would keep
// it: 8 MB after the first reload.
void cps_free(cps_decoder *decoder) {
  // ps_free forgets what an open utterance of a grammar holds (fsg_search.c), and the phones of the last
  // utterance of a search for them (allphone_search.c): one without any takes its place.
  int32_t score;
  ps_end_utt(decoder->ps);
  if (decoder->has_free_phones && ps_start_utt(decoder->ps) == 0) {
    ps_get_hyp(decoder->ps, &score);
    ps_end_utt(decoder->ps);
  }
  cps_take_error();
  ps_free(decoder->ps);
  free(decoder);
  malloc_trim(0);
}

int cps_add_keyphrases(cps_decoder *decoder, const char *name, const char *path) {
  return ps_set_kws(decoder->ps, name, path);
}

int cps_add_grammar(cps_decoder *decoder, const char *name, const char *jsgf) {
  // As ps_set_jsgf_string does, which never frees what it has parsed.
  jsgf_t *grammar = jsgf_parse_string(jsgf, NULL);
  if (!grammar) return -1;
  int code = -1;
  jsgf_rule_t *rule = jsgf_get_public_rule(grammar);
  fsg_model_t *graph = NULL;
  if (rule) {
    float32 weight = (float32)cmd_ln_float_r(ps_get_config(decoder->ps), "-lw");
    graph = jsgf_build_fsg(grammar, rule, ps_get_logmath(decoder->ps), weight);
  }
  if (graph) {
    code = ps_set_fsg(decoder->ps, name, graph);
    fsg_model_free(graph);
  }
  jsgf_grammar_free(grammar);
  return code;
}

int cps_add_free_phones(cps_decoder *decoder, const char *name, const char *path) {
  int code = ps_set_allphone_file(decoder->ps, name, path);
  if (code == 0) decoder->has_free_phones = true;
  return code;
}

int cps_add_language_model(cps_decoder *decoder, const char *name, const char *path) {
  return ps_set_lm_file(decoder->ps, name, path);
}

int cps_select(cps_decoder *decoder, const char *name) {
  int code = ps_set_search(decoder->ps, name);
  if (code == 0) decoder->is_selected = true;
  return code;
}

bool cps_knows_word(cps_decoder *decoder, const char *word) {
  char *phones = ps_lookup_word(decoder->ps, word);
  ckd_free(phones);
  return phones != NULL;
}

int cps_start_stream(cps_decoder *decoder) { return ps_start_stream(decoder->ps); }
int cps_start(cps_decoder *decoder) { return ps_start_utt(decoder->ps); }

int cps_process(cps_decoder *decoder, const int16_t *samples, size_t count) {
  return ps_process_raw(decoder->ps, samples, count, FALSE, FALSE);
}

int cps_process_whole(cps_decoder *decoder, const int16_t *samples, size_t count) {
  return ps_process_raw(decoder->ps, samples, count, FALSE, TRUE);
}

int cps_end(cps_decoder *decoder) { return ps_end_utt(decoder->ps); }

const char *cps_hypothesis(cps_decoder *decoder, int32_t *score) {
  *score = 0;
  return decoder->is_selected ? ps_get_hyp(decoder->ps, score) : NULL;
}

int cps_frame_count(cps_decoder *decoder) { return ps_get_n_frames(decoder->ps); }

bool cps_word_span(cps_decoder *decoder, int *first, int *last) {
  if (!decoder->is_selected) return false;
  bool found = false;
  for (ps_seg_t *segment = ps_seg_iter(decoder->ps); segment; segment = ps_seg_next(segment)) {
    const char *word = ps_seg_word(segment);
    if (!word || strchr("<[(+", word[0])) continue;
    int start;
    ps_seg_frames(segment, &start, last);
    if (!found) *first = start;
    found = true;
  }
  return found;
}
