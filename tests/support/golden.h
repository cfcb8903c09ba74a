/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Golden layouts: a text file in tests/golden/v1 names fields with their values and the bytes that
 * they make ("bytes <hex>" last). A test decodes the bytes, writes each field down in the order of
 * the file and encodes again; both must be what the file says. The files stay for ever. Only for
 * tests/.
 */
#ifndef TS_TESTS_SUPPORT_GOLDEN_H
#define TS_TESTS_SUPPORT_GOLDEN_H

#include "base/buf.h"

typedef struct golden {
    ts_buf_t text;  /* the lines of the file after its comment, without the last */
    ts_buf_t told;  /* the lines that the test has written */
    ts_buf_t bytes; /* of the last line */
} golden_t;

void golden_open(golden_t *golden, const char *name);
void golden_number(golden_t *golden, const char *field, uint64_t value);
void golden_signed(golden_t *golden, const char *field, int64_t value);
void golden_bytes(golden_t *golden, const char *field, const uint8_t *data, size_t bytes);
/* Fails unless all fields and the encoding agree with the file; closes. */
void golden_check(golden_t *golden, const ts_buf_t *encoded);

#endif
