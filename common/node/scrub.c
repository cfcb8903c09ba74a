/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Bytes that rot. A store that opens with damaged segments is opened all the same when others hold
 * them: every session then asks for the logs from before the damage, and what comes is put in the
 * place of the rotten bytes when it has the same hash (R10). Where the bytes are right and only
 * their row is not, the row is made anew from them at once. Until then the log is offered up to
 * the damage only, and the rotten bytes are sent to nobody. A large store is not read whole at its
 * start: it is read in slices while nothing else is done, after an unclean end and every month; how
 * far that came outlives a restart. Nothing is ever deleted.
 */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "crypto/hash.h"
#include "node/node_p.h"

#include <string.h>

#define SCRUB_SEGMENTS 8u  /* of one slice, about 1 ms */
#define SCRUB_PAUSE_MS 200 /* between slices */
#define SCRUB_KEEP 256u    /* segments after which the place is noted */
#define SCRUB_DAYS 30
#define DAY_S (24 * 3600)

/* Places in the state of custody. */
#define SCRUB_NEXT "scrub_next" /* 0: no pass is under way */
#define SCRUB_DONE "scrubbed_s" /* wall clock at the end of the last pass */

/* Can the segment come back? Of an own log only what somebody else holds. */
static bool
others_hold(ts_node_t *self, const ts_rotten_t *rotten)
{
    ts_log_info_t info;
    bool held = false;
    if (ts_custody_log(self->custody, &rotten->log, &info) != TS_ERR_OK) {
        return false;
    }
    if (info.office != self->identity.keys.office) {
        return true;
    }
    return ts_custody_held_segment(self->custody, NULL, &rotten->hash, &held) == TS_ERR_OK && held;
}

static bool
hashes_agree(const ts_hash_t *hash, ts_bytes_t bytes)
{
    ts_segment_view_t view;
    if (bytes.length < TS_SEGMENT_FIXED_BYTES) {
        return false;
    }
    ts_hash_t found = ts_hash_of(bytes.data, TS_SEGMENT_FIXED_BYTES);
    if (!ts_hash_equal(&found, hash) || ts_segment_parse(bytes, &view) != TS_ERR_OK) {
        return false;
    }
    found = ts_hash_of(view.payload.data, view.payload.length);
    return ts_hash_equal(&found, &view.header.payload_hash);
}

static bool
is_noted(const ts_node_t *self, uint64_t arrival)
{
    for (size_t i = 0; i < self->scrub.count; i++) {
        if (self->scrub.items[i].arrival == arrival) {
            return true;
        }
    }
    return false;
}

static void
on_damage(void *context, const ts_damage_t *damage)
{
    ts_node_t *self = context;
    ts_held_segment_t stored;
    ts_buf_t bytes = {0};
    ts_rotten_t rotten = {.arrival = damage->arrival};
    if (ts_custody_get(self->custody, damage->arrival, &stored, &bytes) == TS_ERR_OK) {
        /* The hash of the row may be what rotted. */
        if (ts_custody_indexed_hash(self->custody, damage->arrival, &rotten.hash) != TS_ERR_OK) {
            rotten.hash = stored.hash;
        }
        rotten.log = stored.log;
        rotten.here = hashes_agree(&rotten.hash, ts_buf_bytes(&bytes));
        rotten.regainable = rotten.here || others_hold(self, &rotten);
    }
    ts_buf_free(&bytes);
    ts_node_note(self, TS_NOTE_ERROR, "segment_damaged", "arrival=%llu code=%s regainable=%d",
                 (unsigned long long)damage->arrival, ts_err_name(damage->code),
                 (int)rotten.regainable);
    if (is_noted(self, rotten.arrival)) {
        return;
    }
    self->scrub.items = ts_xgrow(self->scrub.items, self->scrub.count + 1, &self->scrub.capacity,
                                 sizeof *self->scrub.items);
    self->scrub.items[self->scrub.count++] = rotten;
}

/* ---- what needs nobody else */

/* As for what is stored first: only what reads back right counts. */
static bool
reads_right(ts_node_t *self, uint64_t arrival)
{
    bool done = false;
    ts_custody_verify_t verify = {.next_arrival = arrival};
    return ts_custody_verify(self->custody, &verify, 1, &done) == TS_ERR_OK && verify.damaged == 0;
}

/* Takes those off the list that were mended and read back right. */
static bool
strike_mended(ts_node_t *self, bool committed)
{
    bool any = false;
    for (size_t i = self->scrub.count; i > 0; i--) {
        ts_rotten_t *rotten = &self->scrub.items[i - 1];
        if (!rotten->mended) {
            continue;
        }
        rotten->mended = false;
        if (committed && reads_right(self, rotten->arrival)) {
            ts_node_note(self, TS_NOTE_WARN, "segment_mended", "arrival=%llu left=%zu",
                         (unsigned long long)rotten->arrival, self->scrub.count - 1);
            *rotten = self->scrub.items[--self->scrub.count];
            any = true;
        }
    }
    self->scrub.news = self->scrub.news || any;
    return any;
}

static ts_err_t
mend_row(ts_node_t *self, const ts_rotten_t *rotten)
{
    ts_buf_t bytes = {0};
    ts_segment_view_t view;
    ts_err_t err = ts_custody_get(self->custody, rotten->arrival, NULL, &bytes);
    if (err == TS_ERR_OK) {
        err = ts_segment_parse(ts_buf_bytes(&bytes), &view);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_repair(self->custody, &view, &rotten->hash);
    }
    ts_buf_free(&bytes);
    return err;
}

/* Rows whose bytes are right are made anew from them, a predecessor before its successors. What
 * fails is left for the next time. */
static void
mend_rows(ts_node_t *self)
{
    bool any = false;
    for (size_t i = 0; i < self->scrub.count; i++) {
        any = any || self->scrub.items[i].here;
    }
    if (!any || ts_custody_begin(self->custody, "rows") != TS_ERR_OK) {
        return;
    }
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; i < self->scrub.count && err == TS_ERR_OK; i++) {
        ts_rotten_t *rotten = &self->scrub.items[i];
        rotten->mended = rotten->here;
        rotten->here = false;
        err = rotten->mended ? mend_row(self, rotten) : TS_ERR_OK;
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_commit(self->custody);
    } else {
        ts_custody_rollback(self->custody);
    }
    (void)strike_mended(self, err == TS_ERR_OK);
}

/* ---- at the start */

ts_err_t
ts_scrub_open(ts_node_t *self, const ts_custody_options_t *options)
{
    ts_custody_options_t looking = *options;
    ts_custody_verify_t verify = {.next_arrival = 1, .report = on_damage, .context = self};
    ts_msg_t unused = {0};
    bool done = false;
    bool all = true;
    /* Only looked at until it is sure that it is opened: a start that is refused changes nothing.
     */
    looking.inspect = true;
    looking.create = false;
    ts_err_t err = ts_custody_open(&self->custody, &looking, &unused);
    if (err == TS_ERR_OK) {
        err = ts_custody_verify(self->custody, &verify, SIZE_MAX, &done);
        ts_custody_destroy(&self->custody);
    }
    for (size_t i = 0; i < self->scrub.count; i++) {
        all = all && self->scrub.items[i].regainable;
    }
    if (err == TS_ERR_OK && all && self->scrub.count > 0) {
        looking.inspect = false;
        looking.repair = true;
        err = ts_custody_open(&self->custody, &looking, &unused);
        if (err == TS_ERR_OK) {
            mend_rows(self);
        }
    } else {
        err = TS_ERR_CORRUPT;
    }
    ts_msg_free(&unused);
    return err;
}

ts_err_t
ts_scrub_recall(ts_node_t *self)
{
    uint64_t done_s = 0;
    uint64_t next = 0;
    int64_t month_ms = (int64_t)SCRUB_DAYS * DAY_S * 1000;
    self->scrub.pass = (ts_custody_verify_t){.report = on_damage, .context = self};
    ts_err_t err = ts_custody_number_get(self->custody, SCRUB_DONE, &done_s);
    if (err == TS_ERR_OK) {
        err = ts_custody_number_get(self->custody, SCRUB_NEXT, &next);
    }
    self->scrub.pass.next_arrival = next == 0 ? 1 : next;
    self->scrub.at.ms = self->now.ms;
    if (ts_custody_tips_mended(self->custody) > 0) {
        ts_node_note(self, TS_NOTE_WARN, "tips_mended", "logs=%llu",
                     (unsigned long long)ts_custody_tips_mended(self->custody));
    }
    if (ts_custody_was_checked(self->custody)) { /* by its opening */
        self->scrub.pass.next_arrival = 1;
        self->scrub.at.ms += month_ms;
    } else if (next == 0 && ts_custody_was_clean(self->custody) &&
               self->wall.ms < (int64_t)done_s * 1000 + month_ms) {
        self->scrub.at.ms += (int64_t)done_s * 1000 + month_ms - self->wall.ms;
    }
    return err;
}

/* ---- while nothing else is done */

static ts_err_t
keep_place(ts_node_t *self, bool done)
{
    ts_err_t err = ts_custody_begin(self->custody, "scrub");
    if (err == TS_ERR_OK) {
        err = ts_custody_number_put(self->custody, SCRUB_NEXT,
                                    done ? 0 : self->scrub.pass.next_arrival);
    }
    if (err == TS_ERR_OK && done) {
        err = ts_custody_number_put(self->custody, SCRUB_DONE, (uint64_t)(self->wall.ms / 1000));
    }
    if (err == TS_ERR_OK) {
        return ts_custody_commit(self->custody);
    }
    ts_custody_rollback(self->custody);
    return err;
}

ts_err_t
ts_scrub_turn(ts_node_t *self, bool works)
{
    bool done = false;
    if (self->scrub.at.ms > self->now.ms) {
        return TS_ERR_OK;
    }
    self->scrub.at.ms = self->now.ms + SCRUB_PAUSE_MS;
    if (works) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_custody_verify(self->custody, &self->scrub.pass, SCRUB_SEGMENTS, &done);
    mend_rows(self);
    if (err == TS_ERR_OK && (done || self->scrub.pass.checked % SCRUB_KEEP == 0)) {
        err = keep_place(self, done);
        err = err == TS_ERR_FULL ? TS_ERR_OK : err;
    }
    if (done) {
        ts_node_note(self, TS_NOTE_INFO, "scrubbed", "segments=%llu damaged=%llu",
                     (unsigned long long)self->scrub.pass.checked,
                     (unsigned long long)self->scrub.pass.damaged);
        self->scrub.pass =
            (ts_custody_verify_t){.next_arrival = 1, .report = on_damage, .context = self};
        self->scrub.at.ms = self->now.ms + (int64_t)SCRUB_DAYS * DAY_S * 1000;
    }
    return err;
}

/* ---- getting it back */

bool
ts_scrub_asks(const ts_node_t *self)
{
    return self->scrub.count > 0;
}

bool
ts_scrub_before(ts_node_t *self, const ts_hash_t *log, ts_tip_t *ret_after, bool *ret_known)
{
    const ts_rotten_t *first = NULL;
    for (size_t i = 0; i < self->scrub.count; i++) {
        const ts_rotten_t *rotten = &self->scrub.items[i];
        if (ts_hash_equal(&rotten->log, log) &&
            (first == NULL || rotten->arrival < first->arrival)) {
            first = rotten; /* a predecessor always came before its successors */
        }
    }
    if (first == NULL) {
        return false;
    }
    ts_held_segment_t older;
    *ret_known = !ts_hash_equal(&first->hash, log) &&
                 ts_custody_back(self->custody, &first->hash, 1, &older) == TS_ERR_OK;
    if (*ret_known) {
        *ret_after = (ts_tip_t){*log, older.last_seq, older.hash};
    }
    return true;
}

bool
ts_scrub_is_right(ts_node_t *self, const ts_held_segment_t *stored, ts_bytes_t bytes)
{
    if (is_noted(self, stored->arrival)) {
        return false;
    }
    if (hashes_agree(&stored->hash, bytes)) {
        return true;
    }
    ts_damage_t damage = {.arrival = stored->arrival, .log = stored->log, .code = TS_ERR_HASH};
    on_damage(self, &damage);
    self->scrub.at = self->now; /* what else is there? */
    return false;
}

void
ts_scrub_tell(ts_node_t *self)
{
    if (self->scrub.news) {
        self->scrub.news = false;
        self->kept_due = true;
        ts_peers_own_again(self);
    }
}

ts_err_t
ts_scrub_mend(ts_node_t *self, const ts_segment_view_t *view, const ts_hash_t *hash)
{
    for (size_t i = 0; i < self->scrub.count; i++) {
        if (ts_hash_equal(&self->scrub.items[i].hash, hash)) {
            ts_err_t err = ts_custody_repair(self->custody, view, hash);
            self->scrub.items[i].mended = err == TS_ERR_OK;
            return err;
        }
    }
    return TS_ERR_OK;
}

void
ts_scrub_mended(ts_node_t *self, bool committed)
{
    /* What the fold made of the rotten bytes, if it met them, is made anew. */
    if (strike_mended(self, committed) && self->scrub.count == 0) {
        ts_fold_rebuild(self->fold);
    }
}
