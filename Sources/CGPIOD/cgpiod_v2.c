// SPDX-License-Identifier: Apache-2.0
// libgpiod 2.x: kernel debounce, numbered events on the monotonic clock, an event buffer of our size.
#include <gpiod.h>

#ifndef GPIOD_LINE_BULK_MAX_LINES  // only version 1 defines it; neither header has a version macro
#include "common.h"

struct cg_request {
  struct gpiod_line_request *lines;
  struct gpiod_edge_event_buffer *events;
  uint32_t offset;
};

const char *cg_version(void) { return gpiod_api_version(); }
bool cg_has_debounce(void) { return true; }

int cg_chip_info(cg_chip *chip, struct cg_chip_info *info) {
  errno = 0;
  struct gpiod_chip_info *source = gpiod_chip_get_info(chip->chip);
  if (!source) return failure();
  copy_name(info->name, gpiod_chip_info_get_name(source));
  copy_name(info->label, gpiod_chip_info_get_label(source));
  info->lines = gpiod_chip_info_get_num_lines(source);
  gpiod_chip_info_free(source);
  return 0;
}

static enum cg_bias bias_of(struct gpiod_line_info *info) {
  switch (gpiod_line_info_get_bias(info)) {
    case GPIOD_LINE_BIAS_DISABLED: return CG_BIAS_DISABLED;
    case GPIOD_LINE_BIAS_PULL_UP: return CG_BIAS_PULL_UP;
    case GPIOD_LINE_BIAS_PULL_DOWN: return CG_BIAS_PULL_DOWN;
    default: return CG_BIAS_AS_IS;
  }
}

int cg_line_info(cg_chip *chip, uint32_t offset, struct cg_line_info *info) {
  errno = 0;
  struct gpiod_line_info *source = gpiod_chip_get_line_info(chip->chip, offset);
  if (!source) return failure();
  copy_name(info->name, gpiod_line_info_get_name(source));
  copy_name(info->consumer, gpiod_line_info_get_consumer(source));
  info->used = gpiod_line_info_is_used(source);
  info->output = gpiod_line_info_get_direction(source) == GPIOD_LINE_DIRECTION_OUTPUT;
  info->active_low = gpiod_line_info_is_active_low(source);
  info->bias = bias_of(source);
  gpiod_line_info_free(source);
  return 0;
}

static int set_bias(struct gpiod_line_settings *settings, enum cg_bias bias) {
  static const enum gpiod_line_bias values[] = {
      [CG_BIAS_AS_IS] = GPIOD_LINE_BIAS_AS_IS,
      [CG_BIAS_DISABLED] = GPIOD_LINE_BIAS_DISABLED,
      [CG_BIAS_PULL_UP] = GPIOD_LINE_BIAS_PULL_UP,
      [CG_BIAS_PULL_DOWN] = GPIOD_LINE_BIAS_PULL_DOWN,
  };
  return gpiod_line_settings_set_bias(settings, values[bias]);
}

static int fill_settings(struct gpiod_line_settings *settings, const struct cg_line_config *config) {
  gpiod_line_settings_set_active_low(settings, config->active_low);
  if (set_bias(settings, config->bias)) return -1;
  if (config->direction == CG_OUTPUT) {
    return gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT) ||
           gpiod_line_settings_set_output_value(
               settings, config->value ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE);
  }
  gpiod_line_settings_set_debounce_period_us(settings, config->debounce_us);
  return gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT) ||
         gpiod_line_settings_set_event_clock(settings, GPIOD_LINE_CLOCK_MONOTONIC) ||
         gpiod_line_settings_set_edge_detection(
             settings, config->edges ? GPIOD_LINE_EDGE_BOTH : GPIOD_LINE_EDGE_NONE);
}

static struct gpiod_line_request *request_line(
    struct gpiod_chip *chip, uint32_t offset, const struct cg_line_config *config,
    const char *consumer, size_t event_capacity) {
  struct gpiod_line_request *request = NULL;
  struct gpiod_line_settings *settings = gpiod_line_settings_new();
  struct gpiod_line_config *lines = gpiod_line_config_new();
  struct gpiod_request_config *options = gpiod_request_config_new();
  if (settings && lines && options && fill_settings(settings, config) == 0 &&
      gpiod_line_config_add_line_settings(lines, &offset, 1, settings) == 0) {
    gpiod_request_config_set_consumer(options, consumer);
    gpiod_request_config_set_event_buffer_size(options, event_capacity);
    request = gpiod_chip_request_lines(chip, options, lines);
  }
  int error = errno;
  gpiod_request_config_free(options);
  gpiod_line_config_free(lines);
  gpiod_line_settings_free(settings);
  errno = error;
  return request;
}

static int open_line(
    cg_request *request, const char *path, uint32_t offset, const struct cg_line_config *config,
    const char *consumer, size_t event_capacity) {
  request->offset = offset;
  if (!(request->events = gpiod_edge_event_buffer_new(CG_READ_MAX))) return -1;
  struct gpiod_chip *chip = gpiod_chip_open(path);
  if (!chip) return -1;
  request->lines = request_line(chip, offset, config, consumer, event_capacity);
  int error = errno;
  gpiod_chip_close(chip);
  errno = error;
  return request->lines ? make_nonblocking(gpiod_line_request_get_fd(request->lines)) : -1;
}

cg_request *cg_request_open(
    const char *path, uint32_t offset, const struct cg_line_config *config, const char *consumer,
    size_t event_capacity) {
  cg_request *request = calloc(1, sizeof *request);
  if (!request) return NULL;
  errno = 0;
  if (open_line(request, path, offset, config, consumer, event_capacity) == 0) return request;
  int error = -failure();
  cg_request_close(request);
  errno = error;
  return NULL;
}

void cg_request_close(cg_request *request) {
  if (request->lines) gpiod_line_request_release(request->lines);
  if (request->events) gpiod_edge_event_buffer_free(request->events);
  free(request);
}

int cg_request_fd(const cg_request *request) { return gpiod_line_request_get_fd(request->lines); }

int cg_request_read(cg_request *request, struct cg_event *events, size_t capacity) {
  if (capacity > CG_READ_MAX) capacity = CG_READ_MAX;
  errno = 0;
  int count = gpiod_line_request_read_edge_events(request->lines, request->events, capacity);
  if (count < 0) return errno == EAGAIN ? 0 : failure();
  for (int i = 0; i < count; i++) {
    struct gpiod_edge_event *event = gpiod_edge_event_buffer_get_event(request->events, i);
    events[i].timestamp_ns = gpiod_edge_event_get_timestamp_ns(event);
    events[i].sequence = gpiod_edge_event_get_line_seqno(event);
    events[i].active = gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE;
  }
  return count;
}

int cg_request_get(cg_request *request) {
  errno = 0;
  int value = gpiod_line_request_get_value(request->lines, request->offset);
  return value < 0 ? failure() : value;
}

int cg_request_set(cg_request *request, bool active) {
  errno = 0;
  enum gpiod_line_value value = active ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
  return gpiod_line_request_set_value(request->lines, request->offset, value) ? failure() : 0;
}

#endif
