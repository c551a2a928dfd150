// SPDX-License-Identifier: Apache-2.0
// What is the same in both majors.
#include "common.h"

cg_chip *cg_chip_open(const char *path) {
  cg_chip *chip = calloc(1, sizeof *chip);
  if (!chip) return NULL;
  chip->chip = gpiod_chip_open(path);
  if (chip->chip) return chip;
  free(chip);
  return NULL;
}

void cg_chip_close(cg_chip *chip) {
  gpiod_chip_close(chip->chip);
  free(chip);
}
