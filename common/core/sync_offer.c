/* SPDX-License-Identifier: MPL-2.0 */
#include "core/sync_offer.h"

#include "base/check.h"
#include "base/map.h"
#include "base/xalloc.h"
#include "core/log_queue.h"

enum {
    CLASSES = 3,
    CLASS_UNKNOWN = 1,
    DOUBT_MS = 10000,     /* sent, nothing heard of it: ask whether it is held */
    DOUBT_MS_MAX = 600000 /* … asked ever more rarely */
};

/* A log that was listed to the peer or asked for by it. */
typedef struct ts_offer_log {
    ts_hash_t id;
    ts_tip_t tip; /* newest tip of ours that the peer may have */
    bool has_tip;
    bool held;    /* the peer holds `tip` */
    bool stopped; /* the peer refused a segment for good */
    bool queued;  /* waits in a queue for its turn */
    bool at_tip;  /* everything was sent; the stream stands open */
    bool fresh;   /* a new tip came while a load was under way */
    uint8_t priority;
    uint16_t stream;   /* 0 = none open */
    ts_tip_t base;     /* position after which the peer asked */
    uint64_t cursor;   /* arrival number of the last segment sent whole */
    uint64_t prefix;   /* segment under way; 0 = none */
    uint32_t offset;   /* in it */
    uint32_t total;    /* of it; 0 = not known */
    uint64_t sent_seq; /* last number of the last segment sent whole */
    ts_hash_t sent_hash;
    uint64_t unacked; /* bytes sent that are not in custody there */
} ts_offer_log_t;

typedef enum ts_listing {
    LISTING_NONE,
    LISTING_DUE, /* LIST must be asked for */
    LISTING_ASKED
} ts_listing_t;

struct ts_offer {
    ts_mono_t now;
    ts_map_t *logs; /* log id → ts_offer_log_t */
    ts_log_queue_t queues[CLASSES];
    ts_listing_t listing;
    uint64_t list_since;
    bool list_again;       /* a new listing was asked for while a page was under way */
    uint64_t list_arrival; /* that the listing has reached */
    bool list_done;
    uint64_t offered;
    size_t unheld; /* logs with a tip that the peer is not known to hold */
    size_t streams;
    size_t waiting; /* logs in a queue */
    bool loading;
    ts_hash_t loading_log;
    uint64_t granted; /* credit, cumulative */
    uint64_t sent;    /* credit used, cumulative */
    uint64_t sent_bytes;
    uint64_t unacked; /* bytes */
    uint32_t chunk_bytes;
    bool custody_seen;
    ts_mono_t moved;                             /* last chunk out, CREDIT or CUSTODY in */
    ts_mono_t asked;                             /* last question whether it is held */
    int64_t doubt_ms;                            /* pause before the next */
    ts_sync_tip_t tips[TS_TIPS_PER_MESSAGE_MAX]; /* lent to HAVE in this step */
};

ts_offer_t *
ts_offer_new(void)
{
    ts_offer_t *self = ts_xcalloc(1, sizeof *self);
    self->logs = ts_map_new(sizeof(ts_hash_t), sizeof(ts_offer_log_t));
    self->chunk_bytes = TS_CHUNK_BYTES_MIN;
    self->doubt_ms = DOUBT_MS;
    return self;
}

void
ts_offer_destroy(ts_offer_t **self_p)
{
    ts_offer_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_map_destroy(&self->logs);
    for (size_t i = 0; i < CLASSES; i++) {
        ts_log_queue_free(&self->queues[i]);
    }
    ts_xfree(self);
    *self_p = NULL;
}

void
ts_offer_begin(ts_offer_t *self, ts_mono_t now)
{
    self->now = now;
}

/* NULL when there are too many. */
static ts_offer_log_t *
log_of(ts_offer_t *self, const ts_hash_t *id)
{
    ts_offer_log_t *log = ts_map_get(self->logs, id);
    if (log == NULL && ts_map_count(self->logs) < TS_OFFER_LOGS_MAX) {
        log = ts_map_put(self->logs, id);
        log->id = *id;
        log->priority = CLASS_UNKNOWN;
        log->held = true;
    }
    return log;
}

static void
set_held(ts_offer_t *self, ts_offer_log_t *log, bool held)
{
    if (log->held != held) {
        log->held = held;
        self->unheld += held ? (size_t)-1 : 1;
    }
}

static void
queue(ts_offer_t *self, ts_offer_log_t *log, bool front)
{
    if (log->queued || log->stream == 0) {
        return;
    }
    log->queued = true;
    log->at_tip = false;
    self->waiting++;
    ts_log_queue_t *line = &self->queues[log->priority];
    if (front) {
        ts_log_queue_push_front(line, &log->id);
    } else {
        ts_log_queue_push(line, &log->id);
    }
}

static void
close_stream(ts_offer_t *self, ts_offer_log_t *log)
{
    if (log->stream != 0) {
        log->stream = 0;
        self->streams--;
    }
    self->unacked -= log->unacked;
    log->unacked = 0;
    log->at_tip = false;
}

/* ---- listing -------------------------------------------------------------------------------- */

void
ts_offer_list(ts_offer_t *self, uint64_t since)
{
    self->list_again = self->listing == LISTING_ASKED;
    if (!self->list_again) {
        self->listing = LISTING_DUE;
    }
    self->list_since = since;
    self->list_done = false;
}

void
ts_offer_in_step(ts_offer_t *self)
{
    size_t position = 0;
    void *value;
    while (ts_map_next(self->logs, &position, &value) != NULL) {
        set_held(self, value, true);
    }
    self->list_done = true;
    if (self->listing == LISTING_DUE) {
        self->listing = LISTING_NONE;
    }
}

static void
send_have(ts_offer_t *self, size_t start, size_t count, uint64_t arrival, ts_effects_t *out)
{
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_SEND);
    effect->u.send.kind = TS_SYNC_HAVE;
    effect->u.send.u.have.tips = self->tips + start;
    effect->u.send.u.have.count = count;
    effect->u.send.u.have.arrival = arrival;
}

/* Takes a new tip in; false when the peer need not be told of it. */
static bool
take_tip(ts_offer_t *self, const ts_sync_tip_t *told)
{
    ts_offer_log_t *log = log_of(self, &told->tip.log);
    if (log == NULL || log->stopped) {
        return false;
    }
    bool same = log->has_tip && ts_hash_equal(&log->tip.hash, &told->tip.hash);
    log->priority = told->priority < CLASSES ? (uint8_t)told->priority : CLASSES - 1;
    if (same && log->held) {
        return false;
    }
    log->tip = told->tip;
    log->has_tip = true;
    set_held(self, log, false);
    if (log->stream == 0) {
        return true;
    }
    log->fresh = true;
    if (log->at_tip) {
        queue(self, log, false);
    }
    return false;
}

void
ts_offer_listed(ts_offer_t *self, const ts_session_event_t *listed, ts_effects_t *out)
{
    size_t count = 0;
    TS_CHECK(listed->u.listed.count <= TS_TIPS_PER_MESSAGE_MAX);
    if (self->listing != LISTING_ASKED) {
        return;
    }
    self->listing = LISTING_NONE;
    if (self->list_again) {
        self->list_again = false;
        self->listing = LISTING_DUE;
        return;
    }
    for (size_t i = 0; i < listed->u.listed.count; i++) {
        if (take_tip(self, &listed->u.listed.tips[i])) {
            self->tips[count++] = listed->u.listed.tips[i];
        }
    }
    self->list_arrival = listed->u.listed.arrival;
    self->list_since = listed->u.listed.arrival;
    if (listed->u.listed.more) {
        self->listing = LISTING_DUE;
    }
    self->list_done = !listed->u.listed.more;
    send_have(self, 0, count, listed->u.listed.arrival, out);
    out->items[out->count - 1].u.send.u.have.more = listed->u.listed.more;
}

void
ts_offer_tips(ts_offer_t *self, const ts_session_event_t *tips, ts_effects_t *out)
{
    size_t count = 0;
    TS_CHECK(tips->u.tips.count <= TS_TIPS_PER_MESSAGE_MAX);
    for (size_t i = 0; i < tips->u.tips.count; i++) {
        if (take_tip(self, &tips->u.tips.tips[i])) {
            self->tips[count++] = tips->u.tips.tips[i];
        }
    }
    for (size_t start = 0; start < count; start += TS_SESSION_LIST_PAGE) {
        size_t page = count - start < TS_SESSION_LIST_PAGE ? count - start : TS_SESSION_LIST_PAGE;
        send_have(self, start, page, 0, out);
    }
}

/* A message may be lost without a sign (R26): names what was sent and not acknowledged once more.
 * A peer that holds it says CUSTODY, one that does not asks for it anew. */
static void
ask_again(ts_offer_t *self, ts_effects_t *out)
{
    size_t count = 0;
    size_t position = 0;
    void *value;
    while (count < TS_SESSION_LIST_PAGE && ts_map_next(self->logs, &position, &value) != NULL) {
        const ts_offer_log_t *log = value;
        if (log->unacked > 0 && !log->stopped) {
            ts_tip_t tip = {log->id, log->sent_seq, log->sent_hash};
            self->tips[count] = (ts_sync_tip_t){.tip = tip, .priority = log->priority};
            if (ts_hash_is_zero(&log->sent_hash)) {
                self->tips[count].tip = log->tip;
            }
            count++;
        }
    }
    self->asked = self->now;
    self->doubt_ms = self->doubt_ms * 2 < DOUBT_MS_MAX ? self->doubt_ms * 2 : DOUBT_MS_MAX;
    if (count > 0) {
        send_have(self, 0, count, 0, out);
    }
}

static int64_t
doubt_at(const ts_offer_t *self)
{
    int64_t since = self->asked.ms > self->moved.ms ? self->asked.ms : self->moved.ms;
    return since + self->doubt_ms;
}

ts_mono_t
ts_offer_timer(const ts_offer_t *self)
{
    return (ts_mono_t){self->unacked > 0 ? doubt_at(self) : INT64_MAX};
}

/* ---- what the peer says --------------------------------------------------------------------- */

static void
note_held(ts_offer_t *self, ts_offer_log_t *log, const ts_tip_t *tip)
{
    if (log->unacked > 0 && tip->seq >= log->sent_seq) {
        self->unacked -= log->unacked;
        log->unacked = 0;
    }
    if (log->has_tip && ts_hash_equal(&log->tip.hash, &tip->hash)) {
        set_held(self, log, true);
    }
}

void
ts_offer_peer_holds(ts_offer_t *self, const ts_tip_t *tip)
{
    ts_offer_log_t *log = log_of(self, &tip->log);
    if (log == NULL) {
        return;
    }
    if (!log->has_tip) {
        log->has_tip = true;
        log->tip = *tip;
    }
    note_held(self, log, tip);
}

static void
send_reject(const ts_sync_msg_t *want, ts_err_t code, ts_effects_t *out)
{
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_SEND);
    effect->u.send.kind = TS_SYNC_REJECT;
    effect->u.send.u.reject.log = want->u.want.log;
    effect->u.send.u.reject.segment = want->u.want.after_hash;
    effect->u.send.u.reject.code = code;
    effect->u.send.u.reject.detail = ts_err_str(code);
    effect->u.send.u.reject.permanent = code != TS_ERR_NOTFOUND;
}

ts_err_t
ts_offer_want(ts_offer_t *self, const ts_sync_msg_t *want, ts_effects_t *out)
{
    if (want->u.want.stream == 0 || want->u.want.offset >= TS_SEGMENT_BYTES_MAX) {
        return TS_ERR_PROTOCOL;
    }
    ts_offer_log_t *log = log_of(self, &want->u.want.log);
    if (log == NULL) {
        send_reject(want, TS_ERR_LIMIT, out);
        return TS_ERR_OK;
    }
    if (want->u.want.cancel) {
        if (log->stream == want->u.want.stream) {
            close_stream(self, log);
        }
        return TS_ERR_OK;
    }
    close_stream(self, log);
    if (self->streams >= TS_OFFER_STREAMS_MAX) {
        send_reject(want, TS_ERR_LIMIT, out);
        return TS_ERR_OK;
    }
    self->streams++;
    log->stream = want->u.want.stream;
    log->stopped = false;
    log->base = (ts_tip_t){log->id, want->u.want.after_seq, want->u.want.after_hash};
    log->cursor = 0;
    log->prefix = ts_hash_prefix(&want->u.want.segment);
    log->offset = want->u.want.offset;
    log->total = 0;
    log->fresh = false;
    queue(self, log, false);
    return TS_ERR_OK;
}

void
ts_offer_credit(ts_offer_t *self, const ts_sync_msg_t *credit, uint32_t chunk_bytes_max)
{
    uint32_t chunk = credit->u.credit.chunk_bytes;
    if (credit->u.credit.bytes_total > self->granted) {
        self->granted = credit->u.credit.bytes_total;
        self->moved = self->now;
    }
    if (chunk > chunk_bytes_max) {
        chunk = chunk_bytes_max;
    }
    self->chunk_bytes = chunk < TS_CHUNK_BYTES_MIN   ? TS_CHUNK_BYTES_MIN
                        : chunk > TS_CHUNK_BYTES_MAX ? TS_CHUNK_BYTES_MAX
                                                     : chunk;
}

void
ts_offer_custody(ts_offer_t *self, const ts_sync_msg_t *custody, ts_effects_t *out)
{
    for (size_t i = 0; i < custody->u.custody.count; i++) {
        const ts_tip_t *tip = &custody->u.custody.tips[i].tip;
        ts_offer_log_t *log = ts_map_get(self->logs, &tip->log);
        if (log != NULL) {
            note_held(self, log, tip);
        }
    }
    self->moved = self->now;
    self->doubt_ms = DOUBT_MS;
    self->custody_seen = true;
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_PEER_HOLDS);
    effect->u.holds.store = custody->u.custody.store;
    effect->u.holds.tips = custody->u.custody.tips;
    effect->u.holds.count = custody->u.custody.count;
    effect->u.holds.arrival = custody->u.custody.arrival;
}

void
ts_offer_reject(ts_offer_t *self, const ts_sync_msg_t *reject, ts_effects_t *out)
{
    ts_offer_log_t *log = ts_map_get(self->logs, &reject->u.reject.log);
    if (log != NULL) {
        close_stream(self, log);
        log->stopped = reject->u.reject.permanent;
    }
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_NOTE);
    effect->u.note.fact = TS_NOTE_REJECTED;
    effect->u.note.tip.log = reject->u.reject.log;
    effect->u.note.tip.hash = reject->u.reject.segment;
    effect->u.note.code = reject->u.reject.code;
}

/* ---- chunks --------------------------------------------------------------------------------- */

/* The load of a stream that cannot go on. */
static void
give_up(ts_offer_t *self, ts_offer_log_t *log, ts_err_t err, ts_effects_t *out)
{
    ts_sync_msg_t want = {.kind = TS_SYNC_WANT};
    want.u.want.log = log->id;
    want.u.want.after_hash = log->base.hash;
    close_stream(self, log);
    send_reject(&want, err, out);
}

static void
send_chunk(ts_offer_t *self,
           ts_offer_log_t *log,
           const ts_session_event_t *loaded,
           ts_effects_t *out)
{
    size_t bytes = loaded->u.loaded.data.length;
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_SEND);
    ts_sync_chunk_t *chunk = &effect->u.send.u.chunk;
    effect->u.send.kind = TS_SYNC_CHUNK;
    chunk->stream = log->stream;
    chunk->segment_prefix = ts_hash_prefix(&loaded->u.loaded.tip.hash);
    chunk->total = loaded->u.loaded.total;
    chunk->offset = loaded->u.loaded.offset;
    chunk->data = loaded->u.loaded.data;
    self->sent += bytes < TS_CHUNK_CHARGE_MIN ? TS_CHUNK_CHARGE_MIN : bytes;
    self->sent_bytes += bytes;
    self->unacked += bytes;
    log->unacked += bytes;
    self->moved = self->now;
    log->prefix = chunk->segment_prefix;
    log->offset = chunk->offset + (uint32_t)bytes;
    log->total = chunk->total;
}

void
ts_offer_loaded(ts_offer_t *self, const ts_session_event_t *loaded, ts_effects_t *out)
{
    if (!self->loading) {
        return;
    }
    self->loading = false;
    ts_offer_log_t *log = ts_map_get(self->logs, &self->loading_log);
    TS_CHECK(log != NULL);
    if (log->stream == 0 || log->stream != loaded->u.loaded.stream || log->queued) {
        return; /* given up or asked for anew in the meantime */
    }
    if (loaded->u.loaded.err != TS_ERR_OK) {
        give_up(self, log, loaded->u.loaded.err, out);
        return;
    }
    if (loaded->u.loaded.total == 0) {
        log->prefix = 0;
        log->offset = 0;
        log->at_tip = true;
        if (log->fresh) {
            queue(self, log, false);
        }
        return;
    }
    size_t bytes = loaded->u.loaded.data.length;
    TS_CHECK(bytes > 0 && bytes <= loaded->u.loaded.total - loaded->u.loaded.offset);
    send_chunk(self, log, loaded, out);
    bool whole = log->offset == log->total;
    if (whole) {
        log->cursor = loaded->u.loaded.arrival;
        log->sent_seq = loaded->u.loaded.tip.seq;
        log->sent_hash = loaded->u.loaded.tip.hash;
        log->prefix = 0;
        log->offset = 0;
        log->total = 0;
    }
    queue(self, log, !whole);
}

/* What the next chunk of this log may hold; 0 = not now. */
static uint32_t
chunk_room(const ts_offer_t *self, const ts_offer_log_t *log, uint64_t send_budget)
{
    uint64_t credit = self->granted - self->sent;
    uint32_t room = self->chunk_bytes;
    bool left_known = log->total > 0;
    if (left_known && log->total - log->offset < room) {
        room = log->total - log->offset;
    }
    if (credit < TS_CHUNK_CHARGE_MIN || (log->priority > 0 && send_budget < room)) {
        return 0;
    }
    /* Inside a segment wait for a full chunk; a new one may be small. */
    if (credit < room) {
        return left_known ? 0 : (uint32_t)credit;
    }
    return room;
}

static bool
load_next(ts_offer_t *self, uint64_t send_budget, ts_effects_t *out)
{
    for (size_t i = 0; i < CLASSES; i++) {
        ts_hash_t id;
        while (ts_log_queue_pop(&self->queues[i], &id)) {
            ts_offer_log_t *log = ts_map_get(self->logs, &id);
            TS_CHECK(log != NULL && log->queued);
            if (log->stream == 0) {
                log->queued = false;
                self->waiting--;
                continue;
            }
            uint32_t room = chunk_room(self, log, send_budget);
            if (room == 0) {
                /* A lower class must not take the credit that this one waits for. */
                ts_log_queue_push_front(&self->queues[i], &id);
                return false;
            }
            log->queued = false;
            self->waiting--;
            log->fresh = false;
            self->loading = true;
            self->loading_log = id;
            ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_LOAD);
            effect->u.load.stream = log->stream;
            effect->u.load.base = log->base;
            effect->u.load.cursor = log->cursor;
            effect->u.load.segment_prefix = log->prefix;
            effect->u.load.offset = log->offset;
            effect->u.load.bytes_max = room;
            return true;
        }
    }
    return false;
}

void
ts_offer_pump(ts_offer_t *self, uint64_t send_budget, ts_effects_t *out)
{
    if (ts_effects_room(out) > 0 && self->listing == LISTING_DUE) {
        ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_LIST);
        effect->u.list.since = self->list_since;
        effect->u.list.count_max = TS_SESSION_LIST_PAGE;
        self->listing = LISTING_ASKED;
    }
    if (ts_effects_room(out) > 0 && self->unacked > 0 && self->now.ms >= doubt_at(self)) {
        ask_again(self, out);
    }
    if (ts_effects_room(out) == 0) {
        out->again = true;
    } else if (!self->loading) {
        load_next(self, send_budget, out);
    }
    if (self->list_done && self->unheld == 0 && self->list_arrival > self->offered) {
        self->offered = self->list_arrival;
    }
}

/* ---- facts ---------------------------------------------------------------------------------- */

bool
ts_offer_waits(const ts_offer_t *self, ts_mono_t *ret_since)
{
    *ret_since = self->moved;
    return self->unacked > 0;
}

bool
ts_offer_idle(const ts_offer_t *self)
{
    return self->list_done && self->waiting == 0 && !self->loading && self->unacked == 0;
}

bool
ts_offer_done_listing(const ts_offer_t *self)
{
    return self->list_done;
}

uint64_t
ts_offer_offered(const ts_offer_t *self)
{
    return self->offered;
}

uint64_t
ts_offer_sent_bytes(const ts_offer_t *self)
{
    return self->sent_bytes;
}

uint64_t
ts_offer_unacked_bytes(const ts_offer_t *self)
{
    return self->unacked;
}

bool
ts_offer_custody_seen(const ts_offer_t *self)
{
    return self->custody_seen;
}
