/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The wrong rows of a sheet as a sheet of their own: heading and rows as they were, two columns
 * more at the end: where the row stood and what is wrong with it. So it can be corrected and
 * imported as it is.
 */
#ifndef TS_CLI_ERRORSHEET_H
#define TS_CLI_ERRORSHEET_H

#include "base/buf.h"
#include "core/control.h"

#include <stddef.h>

/* Appends CSV (UTF-8 with mark, separator of the sheet) and returns how many wrong rows are in it;
 * 0 when no error has a line, or the sheet cannot be cut into rows. */
size_t ts_error_sheet(const ts_reply_t *reply, ts_bytes_t sheet, ts_buf_t *out);

#endif
