// SPDX-License-Identifier: Apache-2.0
// libgpiod 1.6: no kernel debounce, no event numbers, 16 edges kept per line.
#include <gpiod.h>

#ifdef GPIOD_LINE_BULK_MAX_LINES  // only version 1 defines it; neither header has a version macro
#include "common.h"

struct cg_request {
  struct gpiod_chip *chip;  // owns `line`
  struct gpiod_line *line;
  bool edges;
};

const char *cg_version(void) { return gpiod_version_string(); }
bool cg_has_debounce(void) { return false; }

int cg_chip_info(cg_chip *chip, struct cg_chip_info *info) {
  copy_name(info->name, gpiod_chip_name(chip->chip));
  copy_name(info->label, gpiod_chip_label(chip->chip));
  info->lines = gpiod_chip_num_lines(chip->chip);
  return 0;
}

static enum cg_bias bias_of(struct gpiod_line *line) {
  switch (gpiod_line_bias(line)) {
    case GPIOD_LINE_BIAS_DISABLE: return CG_BIAS_DISABLED;
    case GPIOD_LINE_BIAS_PULL_UP: return CG_BIAS_PULL_UP;
    case GPIOD_LINE_BIAS_PULL_DOWN: return CG_BIAS_PULL_DOWN;
    default: return CG_BIAS_AS_IS;
  }
}

int cg_line_info(cg_chip *chip, uint32_t offset, struct cg_line_info *info) {
  errno = 0;
  struct gpiod_line *line = gpiod_chip_get_line(chip->chip, offset);
  if (!line || gpiod_line_update(line)) return failure();
  copy_name(info->name, gpiod_line_name(line));
  copy_name(info->consumer, gpiod_line_consumer(line));
  info->used = gpiod_line_is_used(line);
  info->output = gpiod_line_direction(line) == GPIOD_LINE_DIRECTION_OUTPUT;
  info->active_low = gpiod_line_active_state(line) == GPIOD_LINE_ACTIVE_STATE_LOW;
  info->bias = bias_of(line);
  return 0;
}

static int flags_of(const struct cg_line_config *config) {
  static const int bias[] = {
      [CG_BIAS_AS_IS] = 0,
      [CG_BIAS_DISABLED] = GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE,
      [CG_BIAS_PULL_UP] = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP,
      [CG_BIAS_PULL_DOWN] = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN,
  };
  return bias[config->bias] | (config->active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0);
}

static int type_of(const struct cg_line_config *config) {
  if (config->direction == CG_OUTPUT) return GPIOD_LINE_REQUEST_DIRECTION_OUTPUT;
  return config->edges ? GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES : GPIOD_LINE_REQUEST_DIRECTION_INPUT;
}

static int open_line(
    cg_request *request, const char *path, uint32_t offset, const struct cg_line_config *config,
    const char *consumer) {
  struct gpiod_line_request_config line_config = {
      .consumer = consumer, .request_type = type_of(config), .flags = flags_of(config)};
  if (!(request->chip = gpiod_chip_open(path))) return -1;
  if (!(request->line = gpiod_chip_get_line(request->chip, offset))) return -1;
  if (gpiod_line_request(request->line, &line_config, config->value)) return -1;
  request->edges = config->direction == CG_INPUT && config->edges;
  return request->edges ? make_nonblocking(gpiod_line_event_get_fd(request->line)) : 0;
}

cg_request *cg_request_open(
    const char *path, uint32_t offset, const struct cg_line_config *config, const char *consumer,
    size_t event_capacity) {
  (void)event_capacity;
  cg_request *request = calloc(1, sizeof *request);
  if (!request) return NULL;
  errno = 0;
  if (open_line(request, path, offset, config, consumer) == 0) return request;
  int error = -failure();
  cg_request_close(request);
  errno = error;
  return NULL;
}

void cg_request_close(cg_request *request) {
  if (request->chip) gpiod_chip_close(request->chip);  // releases the line
  free(request);
}

int cg_request_fd(const cg_request *request) {
  return request->edges ? gpiod_line_event_get_fd(request->line) : -1;
}

int cg_request_read(cg_request *request, struct cg_event *events, size_t capacity) {
  struct gpiod_line_event read[CG_READ_MAX];
  if (capacity > CG_READ_MAX) capacity = CG_READ_MAX;
  errno = 0;
  int count = gpiod_line_event_read_multiple(request->line, read, capacity);
  if (count < 0) return errno == EAGAIN ? 0 : failure();
  for (int i = 0; i < count; i++) {
    events[i].timestamp_ns = read[i].ts.tv_sec * UINT64_C(1000000000) + read[i].ts.tv_nsec;
    events[i].sequence = 0;
    events[i].active = read[i].event_type == GPIOD_LINE_EVENT_RISING_EDGE;
  }
  return count;
}

int cg_request_get(cg_request *request) {
  errno = 0;
  int value = gpiod_line_get_value(request->line);
  return value < 0 ? failure() : value;
}

int cg_request_set(cg_request *request, bool active) {
  errno = 0;
  return gpiod_line_set_value(request->line, active) ? failure() : 0;
}

#endif
