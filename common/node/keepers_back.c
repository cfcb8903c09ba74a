/* SPDX-License-Identifier: MPL-2.0 */
#include "base/i18n.h"
#include "core/copies.h"
#include "crypto/crypto.h"
#include "node/keepers.h"

#include <string.h>

void
ts_keepers_back_free(ts_keepers_back_t *self)
{
    ts_box_secret_wipe(&self->secret);
    if (self->stream.data != NULL) {
        ts_wipe(self->stream.data, self->stream.capacity);
    }
    ts_buf_free(&self->stream);
}

/* ---- a whole stream into custody */

/* One segment in the open transaction. *ret_fresh: it was not held. */
static ts_err_t
take_segment(ts_node_t *node,
             ts_keepers_back_t *self,
             ts_bytes_t bytes,
             ts_log_info_t *ret_info,
             ts_tip_t *ret_tip,
             bool *ret_fresh)
{
    ts_segment_view_t view;
    ts_hash_t hash;
    ts_put_result_t result = {0};
    ts_put_source_t source = {ts_custody_store_id(node->custody), node->wall.ms};
    *ret_fresh = false;
    ts_err_t err = ts_segment_parse(bytes, &view);
    if (err == TS_ERR_OK) {
        err = ts_segment_verify(node, &view, &hash, ret_info);
    }
    if (err != TS_ERR_OK || !ts_keepers_wanted(node, ret_info)) {
        self->refused++;
        return TS_ERR_OK;
    }
    err = ts_custody_put(node->custody, &view, &hash, &source, &result);
    if (err != TS_ERR_OK) {
        return err;
    }
    bool genesis = (view.header.flags & TS_SEGMENT_GENESIS) != 0;
    *ret_tip =
        (ts_tip_t){genesis ? hash : view.header.log, ts_segment_last_seq(&view.header), hash};
    *ret_fresh = result.outcome == TS_PUT_STORED || result.outcome == TS_PUT_FORK;
    self->taken += *ret_fresh ? 1 : 0;
    self->known += result.outcome == TS_PUT_DUPLICATE ? 1 : 0;
    self->refused += result.outcome == TS_PUT_REFUSED || result.outcome == TS_PUT_WAITING ? 1 : 0;
    return TS_ERR_OK;
}

/* An own log that we still extend got segments that we did not remember: never extended again. */
static ts_err_t
leave_log(ts_node_t *node, const ts_log_info_t *info, const ts_tip_t *tip)
{
    ts_own_t own = TS_OWN_NOT;
    ts_err_t err = ts_custody_log_own(node->custody, &info->log, &own);
    return err == TS_ERR_OK && own == TS_OWN_ACTIVE ? ts_logs_continue(node, info, tip) : err;
}

static ts_err_t
read_back(void *context, uint64_t arrival, ts_bytes_t bytes)
{
    ts_node_t *node = context;
    ts_segment_view_t view;
    ts_hash_t hash;
    ts_log_info_t info;
    (void)arrival;
    return ts_segment_parse(bytes, &view) == TS_ERR_OK &&
                   ts_segment_verify(node, &view, &hash, &info) == TS_ERR_OK
               ? TS_ERR_OK
               : TS_ERR_CORRUPT;
}

static ts_err_t
take_stream(ts_node_t *node, ts_keepers_back_t *self)
{
    size_t offset = 0;
    ts_bytes_t bytes;
    ts_log_info_t info;
    ts_log_info_t last_info = {.office = 0};
    ts_tip_t tip;
    ts_tip_t last_tip = {.seq = 0};
    bool any = false;
    uint64_t before = ts_custody_arrival(node->custody);
    ts_err_t err = ts_custody_begin(node->custody, "take a copy back");
    if (err != TS_ERR_OK) {
        return err;
    }
    while ((err = ts_copies_next(ts_buf_bytes(&self->stream), &offset, &bytes)) == TS_ERR_OK) {
        bool fresh = false;
        err = take_segment(node, self, bytes, &info, &tip, &fresh);
        if (err != TS_ERR_OK) {
            break;
        }
        last_info = fresh ? info : last_info;
        last_tip = fresh ? tip : last_tip;
        any = any || fresh;
    }
    self->unopened += err == TS_ERR_TRUNCATED ? 1 : 0;
    if (err != TS_ERR_NOTFOUND && err != TS_ERR_TRUNCATED) {
        ts_custody_rollback(node->custody);
        return err;
    }
    err = ts_custody_commit(node->custody);
    if (err == TS_ERR_OK && any) {
        err = ts_custody_read_back(node->custody, before + 1, ts_custody_arrival(node->custody),
                                   read_back, node);
    }
    node->kept_due = node->kept_due || any; /* what came back goes to the keepers of now */
    return err == TS_ERR_OK && any ? leave_log(node, &last_info, &last_tip) : err;
}

/* ---- reading the logs of copies */

static void
forget_stream(ts_keepers_back_t *self)
{
    if (self->stream.data != NULL) {
        ts_wipe(self->stream.data, self->stream.length);
    }
    ts_buf_clear(&self->stream);
    self->pieces = 0;
}

/* Adds a piece; the stream is taken in when it is whole. One that lacks a piece is left. */
static ts_err_t
take_piece(ts_node_t *node, ts_keepers_back_t *self, ts_bytes_t content)
{
    ts_copies_piece_t piece;
    if (ts_copies_parse(content, &piece) != TS_ERR_OK) {
        self->unopened++;
        forget_stream(self);
        return TS_ERR_OK;
    }
    self->copies++;
    if (piece.index == 0) {
        forget_stream(self);
    } else if (piece.index != self->pieces) {
        self->unopened++;
        forget_stream(self);
        return TS_ERR_OK;
    }
    ts_buf_put(&self->stream, piece.piece.data, piece.piece.length);
    self->pieces++;
    if (self->pieces < piece.count) {
        return TS_ERR_OK;
    }
    ts_err_t err = take_stream(node, self);
    forget_stream(self);
    return err;
}

static ts_err_t
open_copy(ts_node_t *node, ts_keepers_back_t *self, ts_bytes_t bytes)
{
    ts_segment_view_t view;
    ts_buf_t content = {0};
    if (ts_segment_parse(bytes, &view) != TS_ERR_OK) {
        return TS_ERR_CORRUPT;
    }
    if ((view.header.flags & TS_SEGMENT_GENESIS) != 0) {
        return TS_ERR_OK;
    }
    (void)ts_buf_extend(&content, view.payload.length);
    ts_buf_clear(&content);
    ts_err_t err = TS_ERR_OK;
    if (view.header.codec != TS_CODEC_COPIES ||
        ts_box_open(&self->secret, view.payload, &content) != TS_ERR_OK) {
        self->unopened++;
        forget_stream(self);
    } else {
        err = take_piece(node, self, ts_buf_bytes(&content));
    }
    ts_wipe(content.data, content.capacity);
    ts_buf_free(&content);
    return err;
}

/* The next log of copies that we once wrote. */
static bool
next_log(ts_node_t *node, ts_keepers_back_t *self)
{
    while (ts_custody_log_next(node->custody, &self->log) == TS_ERR_OK) {
        if (self->log.purpose == TS_PURPOSE_KEPT &&
            self->log.office == node->identity.keys.office) {
            self->cursor = 0;
            forget_stream(self);
            return true;
        }
    }
    return false;
}

ts_err_t
ts_keepers_back_slice(ts_node_t *node, ts_keepers_back_t *self)
{
    if (!self->in_log && !next_log(node, self)) {
        self->done = true;
        return TS_ERR_OK;
    }
    self->in_log = true;
    ts_tip_t base = {.log = self->log.log};
    ts_held_segment_t segment;
    ts_buf_t bytes = {0};
    bool held = false;
    ts_err_t err = ts_custody_next(node->custody, &base, self->cursor, &held, &segment, &bytes);
    if (err == TS_ERR_NOTFOUND) {
        self->in_log = false;
        err = TS_ERR_OK;
    } else if (err == TS_ERR_OK) {
        self->cursor = segment.arrival;
        err = open_copy(node, self, ts_buf_bytes(&bytes));
    }
    ts_buf_free(&bytes);
    return err;
}
