/* SPDX-License-Identifier: MPL-2.0 */
/* The maker of the first corpus: seeds.c has the messages and files, seeds_bytes.c what is a script
 * of bytes. Only for tests/fuzz. */
#ifndef TS_TESTS_FUZZ_SEEDS_H
#define TS_TESTS_FUZZ_SEEDS_H

#include "base/buf.h"

/* Writes <folder>/<target>/seed-<name>. */
void seed_save(const char *target, const char *name, ts_bytes_t bytes);
/* Scripts: bytes by a seeded generator, and some that are known to reach far. */
void seed_scripts(void);

#endif
