/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer's entry (compiler-rt, FuzzerInterface.h): calls `one` with inputs until it has found
 * something or its time is over. Takes the options of libFuzzer's command line. */
#pragma once
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*one)(const uint8_t *bytes, size_t count));
