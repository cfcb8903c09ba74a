/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Identifiers: 32-byte hashes and keys, 16-byte deployment and store ids, and the 63-bit record id
 * with the short code that people read over a phone.
 *
 * A record id is minted where the record is made: bits 62..45 office number (18 bits,
 * 1..262143), bits 44..21 random salt drawn at each start of the process (24 bits), bits 20..0 a
 * counter that goes on across starts (21 bits). Two copies of one restored disk draw different
 * salts, so they mint different ids. 0 is "no record".
 *
 * Short code: OFFICE-COUNTER-SALT and a check character, in Crockford base 32 without leading
 * zeros, for example "C-3F-EK2Q5". The check is a weighted sum over GF(32) with a different weight
 * for each place, so every single wrong character and every two that changed places are caught.
 * When reading, I and L are 1, O is 0; lower case and spaces are allowed, also spaces instead of
 * both hyphens.
 */
#ifndef TS_BASE_ID_H
#define TS_BASE_ID_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_HASH_BYTES 32
#define TS_ID16_BYTES 16
#define TS_RECORD_OFFICE_MAX 262143u
#define TS_RECORD_COUNTER_MAX 2097151u
#define TS_CODE_BYTES_MAX 24 /* a short code with its NUL */

/* BLAKE2b-256 of something, or a 32-byte public key. */
typedef struct ts_hash {
    uint8_t b[TS_HASH_BYTES];
} ts_hash_t;

/* Deployment id (first 16 bytes of BLAKE2b-256 of the root public key) or store id (random). */
typedef struct ts_id16 {
    uint8_t b[TS_ID16_BYTES];
} ts_id16_t;

/* A record id as above; always < 2^63 so that SQLite holds it as an integer key. */
typedef uint64_t ts_record_id_t;

bool ts_hash_equal(const ts_hash_t *a, const ts_hash_t *b);
bool ts_hash_is_zero(const ts_hash_t *hash);
int ts_hash_compare(const ts_hash_t *a, const ts_hash_t *b);
/* First 8 bytes, little-endian: the prefix used in `revises` and in the ledger. */
uint64_t ts_hash_prefix(const ts_hash_t *hash);
bool ts_id16_equal(const ts_id16_t *a, const ts_id16_t *b);
bool ts_id16_is_zero(const ts_id16_t *id);

/* Lower-case hex with NUL: out must hold 2 × bytes + 1. */
void ts_hex_format(const uint8_t *data, size_t bytes, char *out);
/* Exactly 2 × bytes hex digits, either case; INVALID otherwise, and then `out` is untouched. */
TS_MUST_USE ts_err_t ts_hex_parse(const char *text, uint8_t *out, size_t bytes);

/* office 1..TS_RECORD_OFFICE_MAX, salt < 2^24, counter ≤ TS_RECORD_COUNTER_MAX. */
ts_record_id_t ts_record_id(uint32_t office, uint32_t salt, uint32_t counter);
uint32_t ts_record_office(ts_record_id_t id);
uint32_t ts_record_counter(ts_record_id_t id);
/* Crockford's 32 digits: no I, L, O, U. */
extern const char ts_digits32[33];
/* 0..31, or -1 when it is no digit; small letters, O for 0, I and L for 1. */
int ts_digit32(char c);
/* Writes the short code, "-" for no record; `bytes` ≥ TS_CODE_BYTES_MAX. */
void ts_record_code_format(ts_record_id_t id, char *out, size_t bytes);
/* Reads a short code; INVALID when it is malformed or its check character is wrong. */
TS_MUST_USE ts_err_t ts_record_code_parse(const char *text, ts_record_id_t *ret_id);

#endif
