/* SPDX-License-Identifier: MPL-2.0 */
/* Writing JSON text into a buffer, piece by piece. Private to wire. */
#ifndef TS_WIRE_JSON_PUT_H
#define TS_WIRE_JSON_PUT_H

#include "base/buf.h"

#include <stdint.h>

/* A string with its quotes; `text` is UTF-8. */
void ts_json_put_string(ts_buf_t *out, const char *text);
/* A number below 2^53 in size, else a string: JavaScript's numbers end there. */
void ts_json_put_number(ts_buf_t *out, int64_t number);
/* Hex as a string; null for no bytes. */
void ts_json_put_hex(ts_buf_t *out, const uint8_t *data, size_t length);
/* Days as "YYYY-MM-DD"; null for 0. */
void ts_json_put_date(ts_buf_t *out, int64_t days);
/* Seconds as "YYYY-MM-DDThh:mm:ss+07:00"; null for 0. */
void ts_json_put_time(ts_buf_t *out, int64_t seconds);
/* A record's short code; null for 0. */
void ts_json_put_code(ts_buf_t *out, uint64_t record);
/* `"key":`, with a comma before it unless an object has just been opened. */
void ts_json_put_key(ts_buf_t *out, const char *key);
/* A comma, unless an array or object has just been opened. */
void ts_json_put_comma(ts_buf_t *out);

#endif
