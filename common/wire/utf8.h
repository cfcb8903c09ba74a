/* SPDX-License-Identifier: MPL-2.0 */
/* Is this text of the wire proper UTF-8? Private to wire. */
#ifndef TS_WIRE_UTF8_H
#define TS_WIRE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True for well-formed UTF-8 (RFC 3629: shortest form, no surrogates, ≤ U+10FFFF) without NUL. */
bool ts_utf8_valid(const uint8_t *text, size_t bytes);
/* Longest prefix of at most bytes_max bytes that cuts no character of a valid text. */
size_t ts_utf8_clip(const char *text, size_t bytes_max);

#endif
