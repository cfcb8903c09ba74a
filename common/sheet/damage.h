/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Recognises text that is valid Unicode but was damaged or typed in an old font encoding before it
 * came here. Counts patterns that Vietnamese never has; a single odd character never decides,
 * except U+FFFD and control characters. Used by encoding.c alone.
 */
#ifndef TS_SHEET_DAMAGE_H
#define TS_SHEET_DAMAGE_H

#include "base/buf.h"

#include <stddef.h>

typedef enum ts_damage {
    TS_DAMAGE_NONE,
    TS_DAMAGE_CONTROL,  /* control characters other than tab and line ends */
    TS_DAMAGE_REPLACED, /* U+FFFD */
    TS_DAMAGE_LOST,     /* '?' where letters were: "X? Ba V?" */
    TS_DAMAGE_TWICE,    /* UTF-8 read as Latin-1 or Windows-1252 and encoded again */
    TS_DAMAGE_TCVN3,    /* code points of a TCVN3 font: "Tr­êng" */
    TS_DAMAGE_VNI,      /* letter and mark of a VNI font: "Tröôøng" */
} ts_damage_t;

/* What is wrong with valid UTF-8, and the offset where it shows first. */
ts_damage_t ts_damage_find(ts_bytes_t text, size_t *ret_at);

#endif
