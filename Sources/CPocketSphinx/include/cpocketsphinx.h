/* SPDX-License-Identifier: Apache-2.0 */
/* What Swift needs of libpocketsphinx 0.8 (Debian's 5prealpha). Its own headers stay out of this
   module: their include paths differ between systems. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cps_decoder cps_decoder;

/* `arguments`: pairs of option and value, such as "-hmm", FOLDER; copied. NULL when refused. */
cps_decoder *cps_new(const char *const *arguments, int count);
void cps_free(cps_decoder *decoder);

/* Adds a search under `name`, or replaces it; -1 when refused. Not during an utterance. */
int cps_add_keyphrases(cps_decoder *decoder, const char *name, const char *path);
int cps_add_grammar(cps_decoder *decoder, const char *name, const char *jsgf);
int cps_add_free_phones(cps_decoder *decoder, const char *name, const char *path);
int cps_add_language_model(cps_decoder *decoder, const char *name, const char *path);
/* Makes the search the active one; -1 when unknown or during an utterance. */
int cps_select(cps_decoder *decoder, const char *name);

bool cps_knows_word(cps_decoder *decoder, const char *word);

/* Forgets the estimates of noise and level: a new audio stream begins. */
int cps_start_stream(cps_decoder *decoder);
int cps_start(cps_decoder *decoder);
/* 16 kHz mono. Frames searched, or negative. */
int cps_process(cps_decoder *decoder, const int16_t *samples, size_t count);
/* The same with an utterance as a whole: its mean level is then known from the beginning. */
int cps_process_whole(cps_decoder *decoder, const int16_t *samples, size_t count);
int cps_end(cps_decoder *decoder);

/* The best words so far, valid until the next call; NULL when there are none. Guarded: without an
   active search ps_get_hyp would crash. */
const char *cps_hypothesis(cps_decoder *decoder, int32_t *score);
/* Frames searched in this utterance. */
int cps_frame_count(cps_decoder *decoder);
/* First and last frame of the hypothesis' real words (not fillers); false when there are none. Frames
   left out as silence are counted in a way that only differences between close frames mean anything. */
bool cps_word_span(cps_decoder *decoder, int *first, int *last);

/* The last error the library has told on this thread since the previous call; NULL: none. Its
   messages go nowhere else, except that a fatal one, after which it exits, goes to stderr. */
const char *cps_take_error(void);

/* A file in memory with a path (/proc/self/fd/N) for a library that only reads files; -1 and errno. */
int cps_memory_file(const char *name);
