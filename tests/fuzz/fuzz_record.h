/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Records of any kind made of a fuzz input, whose references and keys come from small pools, so
 * that they meet one another. Only for tests/fuzz.
 */
#ifndef TS_TESTS_FUZZ_FUZZ_RECORD_H
#define TS_TESTS_FUZZ_FUZZ_RECORD_H

#include "base/buf.h"
#include "base/id.h"
#include "core/event.h"
#include "wire/record.h"

/* Offices 1..6, four records of a kind each. */
ts_record_id_t fuzz_record_id(ts_cursor_t *input, uint32_t kind);
/* A key of 32 bytes out of eight. */
ts_hash_t fuzz_record_key(ts_cursor_t *input);
/* Some fields and rows of a new record are set; the caller destroys it. */
ts_record_t *fuzz_record_make(ts_cursor_t *input, const ts_kind_schema_t *kind);
/* A header for it; nothing is borrowed from the input. `revises`: where up to two prefixes may be
 * written, which must live as long as the header. */
ts_event_header_t fuzz_record_header(ts_cursor_t *input, uint32_t kind, uint64_t revises[2]);
/* The day that a byte stands for: 2018-09 … 2021-06. */
int32_t fuzz_record_day(uint8_t byte);

#endif
