/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What every fuzz target is made of. A target is one file fuzz_<name>.c with
 * LLVMFuzzerTestOneInput; built with TS_SANITIZE=fuzz it is a libFuzzer program, in every other
 * build replay.c gives it the files of its corpus. What must hold is said with TS_CHECK. Only for
 * tests/fuzz.
 */
#ifndef TS_TESTS_FUZZ_FUZZ_H
#define TS_TESTS_FUZZ_FUZZ_H

#include "base/buf.h"
#include "base/check.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* A target that knows the shape of its input may change it by itself. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
/* libFuzzer's own changes, for a part of the input; replay.c changes nothing. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* For a result that may be any. */
void fuzz_any(ts_err_t err);

/* A folder of this process, in memory where there is such a place; goes away at the exit. The path
 * has no separator at its end. */
const char *fuzz_folder(void);
/* "<folder>/<name>" in a buffer of the caller. */
const char *fuzz_path(const char *name, char out[256]);
/* Writes the whole file, readable by its owner only. */
void fuzz_write(const char *path, ts_bytes_t bytes);
/* Reads a whole file; false when there is none. *out is replaced. */
bool fuzz_read(const char *path, ts_buf_t *out);
/* Makes an empty folder; one that stands is left as it is. */
void fuzz_make_folder(const char *path);
/* Removes a folder with all that is in it; an absent one is gone already. */
void fuzz_remove(const char *path);

#endif
