/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdlib.h>
#include <string.h>

/* Bytes of the HTTP message that `text` begins with, its body included; 0 before its head is whole.
 * Wants _GNU_SOURCE. */
static inline size_t message_bytes(const char *text) {
  const char *end = strstr(text, "\r\n\r\n"), *length = strcasestr(text, "\r\ncontent-length:");
  if (!end) return 0;
  return (size_t)(end + 4 - text) + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
}
