/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A secret key on paper: four numbered lines that a person reads from the page and types in again.
 * What it is for: the root key and the recovery key outlive every disk (design §6). Used by key
 * files (crypto/recovery.h) and the command line; not for keys that a machine uses every day.
 *
 *     1: 08K3D-9XW2M-4TRV8
 *
 * Form: 35 bytes as 56 digits of Crockford's base 32 (no I, L, O, U), most significant bit first,
 * 14 to a line, and a check character as the 15th; groups of five.
 *     byte 0      version and kind: 16 × version (1) + kind
 *     bytes 1..32 the secret: Ed25519 seed or X25519 secret
 *     bytes 33,34 first two bytes of BLAKE2b-256 of "tiepsuc paper v1" and bytes 0..32
 * The check character is a sum over GF(32) in which the number of the line and each digit have
 * their own weight: any one wrong character, any two that changed places and any line in the place
 * of another are found, in their line. Reading: small letters, O for 0, I and L for 1, blanks and
 * hyphens anywhere; the number and its colon may be left out.
 */
#ifndef TS_CRYPTO_PAPER_H
#define TS_CRYPTO_PAPER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/msg.h"

#include <stdint.h>

#define TS_PAPER_LINES 4u
#define TS_PAPER_DIGITS 15u     /* of a line, with its check character */
#define TS_PAPER_LINE_BYTES 21u /* "1: 08K3D-9XW2M-4TRV8" with its NUL */
#define TS_PAPER_SECRET_BYTES 32u
/* A text beyond this is no page of ours: 16 KiB. */
#define TS_PAPER_TEXT_BYTES_MAX 16384u

typedef enum ts_paper_kind {
    TS_PAPER_ROOT = 1,    /* seed of the root's signing pair */
    TS_PAPER_RECOVERY = 2 /* secret of the recovery pair */
} ts_paper_kind_t;

/* The four lines of a secret. They are the secret: wipe them after printing. */
void ts_paper_lines(ts_paper_kind_t kind,
                    const uint8_t secret[TS_PAPER_SECRET_BYTES],
                    char out[TS_PAPER_LINES][TS_PAPER_LINE_BYTES]);

/* Judges one typed line, `number` 1..TS_PAPER_LINES, so that a mistake is told before the next line
 * is typed. INVALID with *ret_why: a character that is none, too few or too many, or the check
 * does not fit. */
TS_MUST_USE ts_err_t ts_paper_check_line(unsigned number, const char *text, ts_msg_t *ret_why);

/* Reads a whole page: the lines that begin with their number and a colon, or, when there is none,
 * every line that is not empty. INVALID with *ret_why that names the line; UNKNOWN: made by a later
 * version. ret_secret is written only on success. */
TS_MUST_USE ts_err_t ts_paper_read(ts_bytes_t text,
                                   ts_paper_kind_t *ret_kind,
                                   uint8_t ret_secret[TS_PAPER_SECRET_BYTES],
                                   ts_msg_t *ret_why);

#endif
