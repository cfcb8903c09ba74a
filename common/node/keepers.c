/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Keepers: what the root wrote for itself alone (donors, pledges, receipts, its reports) would die
 * with its disk. Each segment of such a log also goes, closed to the recovery key, into a log of
 * copies for each keeper (purpose KEPT), which travels, is held and acknowledged like any other.
 * What a keeper acknowledges counts as held by it, so that states and figures know no keepers.
 *
 * Which segments stand in which copy is remembered beside the log: "kept:<log>" is a list of pairs
 * (number in the log of copies, arrival up to which the root's own segments are in it). A keeper's
 * log that is continued (after a restore) begins anew: everything is copied once more.
 */
#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "core/copies.h"
#include "core/kind.h"
#include "crypto/box.h"
#include "crypto/recovery.h"
#include "node/node_p.h"

#include <stdio.h>
#include <string.h>

/* So much is copied at a time, and so much waits at most for an acknowledgement. */
#define COPY_BYTES 32768u
/* Pairs that are remembered; of more the middle ones are left out, which only makes the word
 * "held" come later. */
#define STEPS_MAX 200u
#define STEP_BYTES 16u
/* Tips of one own log at one moment. */
#define TIPS_MAX 16u

typedef struct step {
    uint64_t seq;
    uint64_t arrival;
} step_t;

typedef struct steps {
    step_t rows[STEPS_MAX + 1];
    size_t count;
} steps_t;

bool
ts_keepers_wanted(const ts_node_t *self, const ts_log_info_t *info)
{
    return self->identity.parent_office == 0 && info->office == self->identity.keys.office &&
           (info->purpose == TS_PURPOSE_PRIVATE || info->purpose == TS_PURPOSE_ACTS ||
            info->purpose == TS_PURPOSE_RECORDS);
}

ts_err_t
ts_keepers_log(ts_node_t *self, const ts_office_t *keeper, ts_log_info_t *ret_info)
{
    return ts_custody_own_active(self->custody, TS_PURPOSE_KEPT, keeper->id, ret_info);
}

/* ---- steps */

static void
step_name(const ts_hash_t *log, char out[32])
{
    char hex[17];
    ts_hex_format(log->b, 8, hex);
    (void)snprintf(out, 32, "kept:%s", hex);
}

static ts_err_t
load_steps(ts_node_t *self, const ts_hash_t *log, steps_t *ret_steps)
{
    char name[32];
    ts_buf_t value = {0};
    step_name(log, name);
    ret_steps->count = 0;
    ts_err_t err = ts_custody_state_get(self->custody, name, &value);
    if (err == TS_ERR_OK) {
        ts_cursor_t cursor = ts_cursor(value.data, value.length);
        while (ts_cursor_left(&cursor) >= STEP_BYTES && ret_steps->count < STEPS_MAX) {
            step_t *step = &ret_steps->rows[ret_steps->count++];
            step->seq = ts_cursor_u64(&cursor);
            step->arrival = ts_cursor_u64(&cursor);
        }
    }
    ts_buf_free(&value);
    return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
}

/* In the open transaction. */
static ts_err_t
save_steps(ts_node_t *self, const ts_hash_t *log, const steps_t *steps)
{
    char name[32];
    ts_buf_t value = {0};
    step_name(log, name);
    for (size_t i = 0; i < steps->count; i++) {
        ts_buf_put_u64(&value, steps->rows[i].seq);
        ts_buf_put_u64(&value, steps->rows[i].arrival);
    }
    ts_err_t err = ts_custody_state_put(self->custody, name, ts_buf_bytes(&value));
    ts_buf_free(&value);
    return err;
}

static void
remember_step(steps_t *steps, step_t step)
{
    if (steps->count == STEPS_MAX) {
        size_t middle = STEPS_MAX / 2;
        memmove(&steps->rows[middle], &steps->rows[middle + 1],
                (steps->count - middle - 1) * sizeof steps->rows[0]);
        steps->count--;
    }
    steps->rows[steps->count++] = step;
}

static uint64_t
copied_to(const steps_t *steps)
{
    return steps->count == 0 ? 0 : steps->rows[steps->count - 1].arrival;
}

/* ---- what is to be copied */

/* The first segment after the arrival `after` of a log that is wanted. NOTFOUND. */
static ts_err_t
next_wanted(ts_node_t *self, uint64_t after, ts_held_segment_t *ret_segment)
{
    ts_log_info_t info = {.office = 0};
    bool found = false;
    while (ts_custody_log_next(self->custody, &info) == TS_ERR_OK) {
        ts_log_size_t size = {0};
        ts_tip_t base = {.log = info.log};
        ts_held_segment_t segment = {.arrival = 0};
        bool held = false;
        if (!ts_keepers_wanted(self, &info)) {
            continue;
        }
        ts_err_t err = ts_custody_log_size(self->custody, &info.log, &size);
        if (err != TS_ERR_OK) {
            return err;
        }
        if (size.last_arrival <= after) {
            continue;
        }
        err = ts_custody_next(self->custody, &base, after, &held, &segment, NULL);
        if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND) {
            return err;
        }
        if (err == TS_ERR_OK && (!found || segment.arrival < ret_segment->arrival)) {
            *ret_segment = segment;
            found = true;
        }
    }
    return found ? TS_ERR_OK : TS_ERR_NOTFOUND;
}

/* A stream of about COPY_BYTES from `after` on; *ret_last is the arrival of its last segment. */
static ts_err_t
gather(ts_node_t *self, uint64_t after, ts_buf_t *stream, uint64_t *ret_last)
{
    ts_buf_t bytes = {0};
    ts_err_t err = TS_ERR_OK;
    *ret_last = after;
    while (err == TS_ERR_OK && stream->length < COPY_BYTES) {
        ts_held_segment_t segment = {.arrival = 0};
        err = next_wanted(self, *ret_last, &segment);
        if (err == TS_ERR_OK) {
            err = ts_custody_get(self->custody, segment.arrival, NULL, &bytes);
        }
        if (err == TS_ERR_OK && !ts_scrub_is_right(self, &segment, ts_buf_bytes(&bytes))) {
            err = TS_ERR_NOTFOUND; /* it goes on from here when it was mended */
        }
        if (err == TS_ERR_OK) {
            ts_copies_add(stream, ts_buf_bytes(&bytes));
            *ret_last = segment.arrival;
        }
    }
    ts_buf_free(&bytes);
    return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
}

/* ---- one copy */

static ts_err_t
put_piece(
    ts_node_t *self, const ts_log_info_t *log, ts_bytes_t stream, uint16_t index, ts_tip_t *ret_tip)
{
    ts_buf_t content = {0};
    ts_buf_t box = {0};
    ts_copies_put(stream, index, &content);
    ts_err_t err = ts_box_seal(&self->identity.recovery_public, self->options.random,
                               ts_buf_bytes(&content), &box);
    if (err == TS_ERR_OK) {
        ts_segment_header_t header = {.count = 1,
                                      .codec = TS_CODEC_COPIES,
                                      .encryption = TS_ENCRYPTION_SEALED,
                                      .recipient_key_id =
                                          ts_recovery_key_id(&self->identity.recovery_public),
                                      .raw_bytes = (uint32_t)content.length};
        err = ts_logs_put(self, log, &header, ts_buf_bytes(&box), ret_tip);
    }
    ts_buf_free(&content);
    ts_buf_free(&box);
    return err;
}

/* All pieces of one stream, and how far it goes, in one commit. */
static ts_err_t
put_stream(
    ts_node_t *self, const ts_log_info_t *log, steps_t *steps, ts_bytes_t stream, uint64_t last)
{
    ts_tip_t tip = {.seq = 0};
    ts_err_t err = ts_custody_begin(self->custody, "copy for a keeper");
    if (err != TS_ERR_OK) {
        return err;
    }
    for (uint16_t i = 0; err == TS_ERR_OK && i < ts_copies_pieces(stream.length); i++) {
        err = put_piece(self, log, stream, i, &tip);
    }
    if (err == TS_ERR_OK) {
        remember_step(steps, (step_t){tip.seq, last});
        err = save_steps(self, &log->log, steps);
    }
    if (err != TS_ERR_OK) {
        ts_custody_rollback(self->custody);
        return err;
    }
    err = ts_custody_commit(self->custody);
    return err == TS_ERR_OK ? ts_logs_publish(self, &tip) : err;
}

/* Everything that was copied is held: then the next goes at once, as with every log. */
static ts_err_t
is_acknowledged(ts_node_t *self, const ts_hash_t *log, const steps_t *steps, bool *ret_is)
{
    uint64_t held = 0;
    ts_err_t err = ts_custody_held_seq(self->custody, NULL, log, &held);
    *ret_is = steps->count == 0 || held >= steps->rows[steps->count - 1].seq;
    return err;
}

/* *ret_copied: there was something, and there may be more. */
static ts_err_t
copy_some(ts_node_t *self, const ts_office_t *keeper, bool all, bool *ret_copied)
{
    ts_log_info_t log;
    steps_t *steps = ts_xcalloc(1, sizeof *steps);
    ts_buf_t stream = {0};
    uint64_t last = 0;
    bool acknowledged = false;
    ts_err_t err = ts_logs_active(self, TS_PURPOSE_KEPT, keeper->id, &log);
    *ret_copied = false;
    if (err == TS_ERR_OK) {
        err = load_steps(self, &log.log, steps);
    }
    if (err == TS_ERR_OK) {
        err = is_acknowledged(self, &log.log, steps, &acknowledged);
    }
    if (err == TS_ERR_OK) {
        err = gather(self, copied_to(steps), &stream, &last);
    }
    if (err == TS_ERR_OK && stream.length > 0 &&
        (all || acknowledged || stream.length >= COPY_BYTES)) {
        err = put_stream(self, &log, steps, ts_buf_bytes(&stream), last);
        *ret_copied = err == TS_ERR_OK;
    }
    ts_buf_free(&stream);
    ts_xfree(steps);
    return err;
}

/* The next keeper whose log is to be filled: an office directly below, as the registry says. */
static const ts_office_t *
next_keeper(const ts_node_t *self, size_t *position)
{
    const ts_office_t *row;
    while ((row = ts_catalog_next(ts_node_catalog(self), TS_KIND_OFFICE, position)) != NULL) {
        if (row->keeper && !row->cut_off && row->parent_number == self->identity.keys.office &&
            ts_catalog_office(ts_node_catalog(self), row->number) == row) {
            return row;
        }
    }
    return NULL;
}

static ts_err_t
copy_round(ts_node_t *self, bool all, bool *ret_more)
{
    ts_err_t err = TS_ERR_OK;
    size_t position = 0;
    const ts_office_t *keeper;
    *ret_more = false;
    while (err == TS_ERR_OK && (keeper = next_keeper(self, &position)) != NULL) {
        bool copied = false;
        err = copy_some(self, keeper, all, &copied);
        *ret_more = *ret_more || copied;
    }
    return err;
}

static bool
has_nothing_to_copy_to(const ts_node_t *self)
{
    return self->identity.parent_office != 0 || !self->identity.is_registrar ||
           ts_hash_is_zero(&self->identity.recovery_public);
}

ts_err_t
ts_keepers_turn(ts_node_t *self, bool *ret_more)
{
    if (!self->kept_due || has_nothing_to_copy_to(self)) {
        return TS_ERR_OK;
    }
    self->kept_due = false;
    ts_err_t err = copy_round(self, false, ret_more);
    self->kept_due = *ret_more || err != TS_ERR_OK;
    return err;
}

ts_err_t
ts_keepers_copy_all(ts_node_t *self)
{
    bool more = true;
    ts_err_t err = TS_ERR_OK;
    while (err == TS_ERR_OK && more && !has_nothing_to_copy_to(self)) {
        err = copy_round(self, true, &more);
    }
    return err;
}

ts_err_t
ts_keepers_kept(ts_node_t *self, ts_kept_t *ret_kept)
{
    ts_kept_t kept = {0};
    ts_err_t err = TS_ERR_OK;
    size_t position = 0;
    ts_log_info_t info = {.office = 0};
    if (self->identity.parent_office == 0) {
        while (next_keeper(self, &position) != NULL) {
            kept.keepers++;
        }
    } else {
        while (err == TS_ERR_OK && ts_custody_log_next(self->custody, &info) == TS_ERR_OK) {
            ts_log_size_t size = {0};
            if (info.purpose == TS_PURPOSE_KEPT) {
                err = ts_custody_log_size(self->custody, &info.log, &size);
            }
            kept.bytes += size.bytes;
        }
    }
    *ret_kept = kept;
    return err;
}

/* ---- what keepers hold */

void
ts_keepers_in_step(ts_node_t *self, const ts_peer_link_t *peer)
{
    const ts_office_t *office = ts_catalog_office(ts_node_catalog(self), peer->office);
    ts_session_status_t status;
    ts_log_info_t log;
    ts_custody_tip_t tips[TIPS_MAX];
    size_t count = 0;
    ts_session_status(peer->machine, &status);
    if (office == NULL || !office->keeper || ts_id16_is_zero(&status.peer_store) ||
        ts_keepers_log(self, office, &log) != TS_ERR_OK ||
        ts_custody_log_tips(self->custody, &log.log, tips, TIPS_MAX, &count) != TS_ERR_OK) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        ts_holdings_note(self, &status.peer_store, &tips[i].tip);
    }
}

/* The store holds, of each log that is copied, what had arrived by then. */
static ts_err_t
hold_until(ts_node_t *self, const ts_id16_t *store, uint64_t arrival)
{
    ts_err_t err = TS_ERR_OK;
    ts_log_info_t info = {.office = 0};
    while (err == TS_ERR_OK && ts_custody_log_next(self->custody, &info) == TS_ERR_OK) {
        ts_custody_tip_t tips[TIPS_MAX];
        size_t count = 0;
        bool known;
        if (!ts_keepers_wanted(self, &info)) {
            continue;
        }
        err = ts_custody_tips_at(self->custody, &info.log, arrival, tips, TIPS_MAX, &count);
        err = err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
        for (size_t i = 0; err == TS_ERR_OK && i < count; i++) {
            err = ts_custody_held_add(self->custody, store, &tips[i].tip, &known);
        }
    }
    return err;
}

ts_err_t
ts_keepers_held(ts_node_t *self, const ts_id16_t *store, const ts_tip_t *tip)
{
    ts_log_info_t info;
    ts_err_t err = ts_custody_log(self->custody, &tip->log, &info);
    if (err != TS_ERR_OK || info.purpose != TS_PURPOSE_KEPT ||
        info.office != self->identity.keys.office) {
        return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
    }
    steps_t *steps = ts_xcalloc(1, sizeof *steps);
    uint64_t arrival = 0;
    size_t passed = 0;
    err = load_steps(self, &tip->log, steps);
    while (err == TS_ERR_OK && passed < steps->count && steps->rows[passed].seq <= tip->seq) {
        arrival = steps->rows[passed++].arrival;
    }
    if (err == TS_ERR_OK && arrival > 0) {
        err = hold_until(self, store, arrival);
    }
    if (err == TS_ERR_OK && passed > 1) {
        /* Of what is held only the end is of interest. */
        memmove(steps->rows, &steps->rows[passed - 1],
                (steps->count - passed + 1) * sizeof steps->rows[0]);
        steps->count -= passed - 1;
        err = save_steps(self, &tip->log, steps);
    }
    self->kept_due = true;
    ts_xfree(steps);
    return err;
}
