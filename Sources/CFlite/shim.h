/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <flite/flite.h>
#include <flite/flite_version.h>

/* What a voice's library exports, found by dlsym: no header declares it. */
typedef cst_voice *(*flite_register_voice)(const char *folder);
