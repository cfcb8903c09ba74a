/* SPDX-License-Identifier: MPL-2.0 */
/* Holdings are read once more after one of them named what was not here. An office that was put
 * back to an earlier time may hear that the province holds an entry before it has that entry again
 * itself: a holding is folded once, so the word would be lost and the entry would wait for its
 * anchor for ever. So too when the root goes on in another store: of two provinces that were
 * restored from one image the later word may be of the earlier one. */
#include "core/kind.h"
#include "node/node_p.h"

#include <string.h>

#define MISSED "held_missed"
#define SOON_MS 2000       /* after what was missing may have come */
#define PAUSE_MS 60000     /* between two readings */
#define SEGMENTS_A_TURN 20 /* about 3 ms */

static void
schedule(ts_node_t *self)
{
    int64_t soon = self->now.ms + SOON_MS;
    if (self->again.at.ms == INT64_MAX) {
        self->again.at.ms = soon > self->again.not_before.ms ? soon : self->again.not_before.ms;
    }
}

/* Of a log that is not here at all nothing is missed: mostly it is a neighbour's and never comes.
 * When its genesis comes, ts_holdings_came sees to it. */
ts_err_t
ts_holdings_put_missed(ts_node_t *self, const ts_tip_t *tip)
{
    ts_log_info_t info;
    if (ts_custody_log(self->custody, &tip->log, &info) != TS_ERR_OK) {
        return TS_ERR_OK;
    }
    self->again.missed = true;
    if (self->held_missed) {
        return TS_ERR_OK;
    }
    self->held_missed = true;
    return ts_custody_number_put(self->custody, MISSED, 1);
}

ts_err_t
ts_holdings_put_again(ts_node_t *self)
{
    self->again.missed = true;
    self->held_missed = true;
    schedule(self);
    return ts_custody_number_put(self->custody, MISSED, 1);
}

static ts_err_t
write_missed(ts_node_t *self, bool missed)
{
    ts_err_t err = ts_custody_begin(self->custody, "holdings missed");
    if (err == TS_ERR_OK) {
        err = ts_custody_number_put(self->custody, MISSED, missed);
        if (err == TS_ERR_OK) {
            err = ts_custody_commit(self->custody);
        } else {
            ts_custody_rollback(self->custody);
        }
    }
    self->held_missed = err == TS_ERR_OK ? missed : self->held_missed;
    return err;
}

void
ts_holdings_came(ts_node_t *self, const ts_log_info_t *log, bool genesis)
{
    bool own = log->office == self->identity.keys.office;
    if (self->identity.parent_office == 0 || log->audience != TS_AUDIENCE_UP) {
        return;
    }
    if (!self->held_missed && (own || genesis)) {
        ts_err_t err = write_missed(self, true);
        if (err != TS_ERR_OK && err != TS_ERR_FULL) {
            (void)ts_node_fail(self, err, ts_custody_detail(self->custody));
        }
        self->held_missed = true;
    }
    if (self->held_missed) {
        schedule(self);
    }
}

ts_err_t
ts_holdings_again_recall(ts_node_t *self)
{
    uint64_t missed = 0;
    self->again.at.ms = INT64_MAX;
    ts_err_t err = ts_custody_number_get(self->custody, MISSED, &missed);
    self->held_missed = missed != 0;
    if (self->held_missed) {
        schedule(self);
    }
    return err;
}

/* Everything was read; when nothing is missing any more that is remembered. */
static ts_err_t
finish(ts_node_t *self)
{
    ts_err_t err = ts_peers_flush_held(self);
    self->again.on = false;
    self->again.not_before.ms = self->now.ms + PAUSE_MS;
    if (err != TS_ERR_OK || self->again.missed) {
        return err;
    }
    return write_missed(self, false);
}

static void
read_events(ts_node_t *self, ts_bytes_t bytes)
{
    ts_segment_view_t view;
    ts_payload_t payload;
    ts_bytes_t event;
    if (ts_segment_parse(bytes, &view) != TS_ERR_OK ||
        (view.header.flags & TS_SEGMENT_GENESIS) != 0 ||
        ts_payload_open(self->codec, &view.header, view.payload, &payload) != TS_ERR_OK) {
        return;
    }
    while (ts_payload_next(&payload, &event)) {
        ts_event_header_t header;
        const ts_kind_schema_t *kind = NULL;
        const void *record = NULL;
        if (ts_event_decode(self->decoder, event, &header, &kind, &record) == TS_ERR_OK &&
            header.kind == TS_KIND_HOLDING) {
            ts_holdings_hear(self, &self->again.log, record);
        }
    }
}

/* The next log of holdings; NOTFOUND at the end. */
static ts_err_t
next_log(ts_node_t *self)
{
    ts_err_t err = TS_ERR_OK;
    self->again.cursor = 0;
    do {
        err = ts_custody_log_next(self->custody, &self->again.log);
    } while (err == TS_ERR_OK && self->again.log.purpose != TS_PURPOSE_HOLDINGS);
    return err;
}

ts_err_t
ts_holdings_again_turn(ts_node_t *self)
{
    if (!self->again.on && self->now.ms < self->again.at.ms) {
        return TS_ERR_OK;
    }
    ts_err_t err = TS_ERR_OK;
    if (!self->again.on) {
        self->again.on = true;
        self->again.missed = false;
        self->again.at.ms = INT64_MAX;
        self->again.log = (ts_log_info_t){.office = 0};
        err = next_log(self);
    }
    ts_buf_t bytes = {0};
    for (unsigned i = 0; err == TS_ERR_OK && i < SEGMENTS_A_TURN; i++) {
        ts_tip_t base = {.log = self->again.log.log};
        ts_held_segment_t segment;
        bool held = false;
        err = ts_custody_next(self->custody, &base, self->again.cursor, &held, &segment, &bytes);
        if (err == TS_ERR_OK) {
            self->again.cursor = segment.arrival;
            read_events(self, ts_buf_bytes(&bytes));
        } else if (err == TS_ERR_NOTFOUND) {
            err = next_log(self);
        }
    }
    ts_buf_free(&bytes);
    return err == TS_ERR_NOTFOUND ? finish(self) : err;
}
