/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reads the part of ZPL (ZeroMQ RFC 4) that our configuration files use, and knows the line of
 * everything:
 *
 *     # comment
 *     name = value            # comment
 *     name = "quoted # text"  or 'quoted'; no escapes
 *     section
 *         name = value        4 spaces for each level
 *
 * Names are a-z A-Z 0-9 and _. A section has no value of its own. UTF-8 with or without byte order
 * mark, lines end with LF or CR LF.
 * A "#" begins a comment at the start of a line, after a space, or behind a quoted value.
 * Only for common/conf.
 */
#ifndef TS_CONF_ZPL_H
#define TS_CONF_ZPL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/msg.h"

#define TS_ZPL_DEPTH_MAX 4u
#define TS_ZPL_PATH_BYTES_MAX 127u
#define TS_ZPL_VALUE_BYTES_MAX 1023u

typedef struct ts_zpl_entry {
    const char *path;  /* "section/name"; borrowed during the call */
    const char *value; /* NULL: this opens a section */
    unsigned line;     /* 1 for the first */
} ts_zpl_entry_t;

/* Takes one entry; an error ends the reading and is returned with its message. */
typedef ts_err_t (*ts_zpl_fn)(void *ctx, const ts_zpl_entry_t *entry, ts_msg_t *ret_why);

/* Walks a text from top to bottom. CONFIG: a line is not of this form; ret_why names file, line and
 * reason. */
TS_MUST_USE ts_err_t
ts_zpl_read(const char *file, ts_bytes_t text, ts_zpl_fn take, void *ctx, ts_msg_t *ret_why);

#endif
