/* SPDX-License-Identifier: MPL-2.0 */
/*
 * control.proto ↔ core/control.h. One frame is one Command or one Reply, at most
 * TS_CONTROL_BYTES_MAX.
 */
#ifndef TS_WIRE_CONTROL_WIRE_H
#define TS_WIRE_CONTROL_WIRE_H

#include "base/buf.h"
#include "base/err.h"
#include "core/control.h"

/* Appends the frame. TOOBIG: beyond TS_CONTROL_BYTES_MAX; `out` is then untouched. */
TS_MUST_USE ts_err_t ts_command_encode(const ts_command_t *command, ts_buf_t *out);
TS_MUST_USE ts_err_t ts_reply_encode(const ts_reply_t *reply, ts_buf_t *out);
/* *ret_… is owned by the caller (ts_command_free, ts_reply_free). TOOBIG, INVALID (not such a
 * message, bad UTF-8, too many items), UNKNOWN (other version). */
TS_MUST_USE ts_err_t ts_command_decode(ts_bytes_t frame, ts_command_t *ret_command);
TS_MUST_USE ts_err_t ts_reply_decode(ts_bytes_t frame, ts_reply_t *ret_reply);

#endif
