// SPDX-License-Identifier: Apache-2.0
// One small interface over both majors of libgpiod, whose own are incompatible: 1.6 (Debian 12) and
// 2.x (Debian 13). One request holds one line: a chattering contact then fills only its own event
// buffer, a busy line keeps no other from being had, and both majors behave alike.
//
// Functions that return int: negative is -errno. Requests are self-contained: no chip need stay open.
#ifndef CGPIOD_H
#define CGPIOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CG_NAME_SIZE = 32 };
enum cg_direction { CG_INPUT, CG_OUTPUT };
enum cg_bias { CG_BIAS_AS_IS, CG_BIAS_DISABLED, CG_BIAS_PULL_UP, CG_BIAS_PULL_DOWN };

struct cg_chip_info {
  char name[CG_NAME_SIZE];
  char label[CG_NAME_SIZE];
  uint32_t lines;
};

struct cg_line_info {
  char name[CG_NAME_SIZE];
  char consumer[CG_NAME_SIZE];
  bool used;
  bool output;
  bool active_low;
  enum cg_bias bias;
};

struct cg_line_config {
  enum cg_direction direction;
  enum cg_bias bias;
  bool active_low;
  bool edges;            // inputs: report both edges
  bool value;            // outputs: the first logical level
  uint32_t debounce_us;  // ignored unless cg_has_debounce()
};

struct cg_event {
  uint64_t timestamp_ns;  // monotonic clock
  uint32_t sequence;      // counts this line's edges from 1; 0 where the library cannot tell
  bool active;            // the logical level after the edge
};

typedef struct cg_chip cg_chip;
typedef struct cg_request cg_request;

// The library's version, e.g. "1.6.3".
const char *cg_version(void);
// The kernel debounces lines and numbers their edges: libgpiod 2.
bool cg_has_debounce(void);

// NULL and errno on failure.
cg_chip *cg_chip_open(const char *path);
void cg_chip_close(cg_chip *chip);
int cg_chip_info(cg_chip *chip, struct cg_chip_info *info);
int cg_line_info(cg_chip *chip, uint32_t offset, struct cg_line_info *info);

// NULL and errno on failure. `event_capacity`: edges the kernel keeps for us (libgpiod 1: always 16).
cg_request *cg_request_open(
    const char *path, uint32_t offset, const struct cg_line_config *config, const char *consumer,
    size_t event_capacity);
void cg_request_close(cg_request *request);
// Readable when edges wait; non-blocking. -1 for a line without edges on libgpiod 1.
int cg_request_fd(const cg_request *request);
// Takes up to `capacity` waiting edges; 0 when none wait.
int cg_request_read(cg_request *request, struct cg_event *events, size_t capacity);
// The logical level, 0 or 1.
int cg_request_get(cg_request *request);
int cg_request_set(cg_request *request, bool active);

#endif
