/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/hash.h"
#include "node/node_p.h"
#include "wire/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FOLD_EVENTS_PER_TURN 300u /* about 3 ms */
/* So long after the last work the memory that it took is given back. */
#define REST_MS 3000
#define SALT_BITS 24
#define ROOM_AGAIN_MS 5000 /* a full disk is tried again */

/* ---- small things that all files use */

ts_err_t
ts_node_fail(ts_node_t *self, ts_err_t err, const ts_msg_t *why)
{
    if (self->failed == TS_ERR_OK) {
        self->failed = err;
        ts_msg_free(&self->failed_why);
        ts_msg_make(&self->failed_why, why != NULL && why->id != NULL ? why->id : ts_err_str(err),
                    NULL);
        for (size_t i = 0; why != NULL && i < TS_MSG_ARGS_MAX && why->args[i] != NULL; i++) {
            ts_msg_arg(&self->failed_why, why->args[i]);
        }
        ts_node_note(self, TS_NOTE_ERROR, "node_failed", "code=%s", ts_err_name(err));
    }
    return err;
}

void
ts_node_note(ts_node_t *self, ts_note_level_t level, const char *event, const char *format, ...)
{
    char details[512];
    va_list args;
    va_start(args, format);
    vsnprintf(details, sizeof details, format, args);
    va_end(args);
    self->options.out.note(self->options.out.ctx, level, event, details);
}

const ts_catalog_t *
ts_node_catalog(const ts_node_t *self)
{
    return ts_fold_catalog(self->fold);
}

uint32_t
ts_node_office(const ts_node_t *self)
{
    return self->identity.keys.office;
}

int
ts_node_role(const ts_node_t *self)
{
    return self->identity.role;
}

ts_record_id_t
ts_node_mint_record(ts_node_t *self)
{
    self->record_counter++;
    if (self->record_counter > TS_RECORD_COUNTER_MAX) {
        self->record_counter = 1;
        self->record_salt = (uint32_t)(ts_random_u64(self->options.random) >> (64 - SALT_BITS));
    }
    return ts_record_id(self->identity.keys.office, self->record_salt,
                        (uint32_t)self->record_counter);
}

/* ---- opening */

static void
on_seen(void *ctx, const ts_log_info_t *log, const ts_event_header_t *header, const void *record)
{
    ts_node_t *self = ctx;
    if (header->kind == TS_KIND_HOLDING) {
        ts_holdings_seen(self, log, header, record);
    } else if (header->kind == TS_KIND_OFFICE || header->kind == TS_KIND_CUTOFF ||
               header->kind == TS_KIND_UNIT) {
        self->registry_changed = true;
    }
}

/* What a holding said is folded once; so it is noted before the ledger says that it was folded. */
static ts_err_t
before_commit(void *ctx)
{
    ts_node_t *self = ctx;
    return self->held_count > 0 || self->forget_root ? ts_peers_flush_held(self) : TS_ERR_OK;
}

static char *
path_in(const char *folder, const char *name)
{
    size_t bytes = strlen(folder) + strlen(name) + 2;
    char *path = ts_xmalloc(bytes);
    snprintf(path, bytes, "%s/%s", folder, name);
    return path;
}

static ts_err_t
open_custody(ts_node_t *self, ts_msg_t *ret_why)
{
    ts_custody_options_t options = {.folder = self->data_dir,
                                    .vfs = self->options.vfs,
                                    .deployment = self->identity.keys.deployment,
                                    .hash = ts_hash_of,
                                    .create = self->options.create};
    ts_random_bytes(self->options.random, options.new_store_id.b, sizeof options.new_store_id.b);
    /* A first start that was cut off left anything from nothing to a store without a log; it goes
     * on. What the witness remembers is never made anew. */
    ts_witness_options_t witness = {self->witness_path, self->options.vfs, ts_hash_of};
    ts_err_t err = ts_witness_open(&self->witness, &witness, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    options.create = options.create && ts_witness_is_blank(self->witness);
    err = ts_custody_open(&self->custody, &options, ret_why);
    if (err == TS_ERR_CORRUPT) {
        err = ts_scrub_open(self, &options);
    }
    if (err == TS_ERR_NOTFOUND) {
        ts_msg_make(ret_why,
                    N_("{1}/custody.sqlite, where everything is kept, is missing although this "
                       "office has worked before ({2}). If the file was moved, put it back"),
                    self->data_dir, self->witness_path, NULL);
    }
    if (err == TS_ERR_OK) {
        err = ts_scratch_open(&self->scratch, self->data_dir, self->options.vfs, ret_why);
    }
    return err;
}

static ts_err_t
open_ledger_once(ts_node_t *self, ts_msg_t *ret_why)
{
    char *path = path_in(self->data_dir, "ledger.sqlite");
    ts_ledger_options_t options = {.path = path,
                                   .vfs = self->options.vfs,
                                   .schema = ts_wire_schema(),
                                   .store_id = ts_custody_store_id(self->custody),
                                   .feed = self->identity.parent_office == 0};
    ts_random_bytes(self->options.random, options.new_feed_id.b, sizeof options.new_feed_id.b);
    ts_err_t err = ts_ledger_open(&self->ledger, &options, ret_why);
    ts_xfree(path);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_fold_options_t fold = {.ledger = self->ledger,
                              .custody = self->custody,
                              .schema = ts_wire_schema(),
                              .hash = ts_hash_of,
                              .seen = on_seen,
                              .before_commit = before_commit,
                              .ctx = self};
    return ts_fold_open(&self->fold, &fold, ret_why);
}

/* A ledger that cannot be read is made anew out of custody. */
static ts_err_t
open_ledger(ts_node_t *self, ts_msg_t *ret_why)
{
    ts_err_t err = open_ledger_once(self, ret_why);
    if (err == TS_ERR_CORRUPT && self->ledger != NULL && !ts_ledger_was_made(self->ledger)) {
        ts_ledger_spoiled(self->ledger);
        ts_fold_destroy(&self->fold);
        ts_ledger_destroy(&self->ledger);
        ts_msg_free(ret_why);
        err = open_ledger_once(self, ret_why);
    }
    if (err == TS_ERR_OK && ts_ledger_was_made(self->ledger)) {
        ts_node_note(self, TS_NOTE_INFO, "ledger_made", "%s", "");
    }
    return err;
}

static void
recall_id16(ts_node_t *self, const char *name, ts_id16_t *out)
{
    ts_buf_t value = {0};
    if (ts_custody_state_get(self->custody, name, &value) == TS_ERR_OK &&
        value.length == sizeof out->b) {
        memcpy(out->b, value.data, sizeof out->b);
    }
    ts_buf_free(&value);
}

static ts_err_t
recall_state(ts_node_t *self)
{
    recall_id16(self, "parent_store", &self->parent_store);
    recall_id16(self, "root_store", &self->root_store);
    ts_err_t err = ts_custody_number_get(self->custody, "root_time_s", &self->root_time_s);
    if (err == TS_ERR_OK) {
        err = ts_custody_number_get(self->custody, "record_counter", &self->record_counter);
    }
    self->record_salt = (uint32_t)(ts_random_u64(self->options.random) >> (64 - SALT_BITS));
    return err;
}

/* When nobody said it better. */
static ts_err_t
tell_unusable(const ts_node_t *self, ts_err_t err, ts_msg_t *ret_why)
{
    if (ret_why->id == NULL) {
        ts_msg_make(ret_why, N_("The data in {1} cannot be used: {2}"), self->data_dir,
                    ts_err_str(err), NULL);
    }
    return err;
}

static ts_err_t
open_all(ts_node_t *self, ts_msg_t *ret_why)
{
    ts_err_t err = ts_identity_load(self->data_dir, &self->identity, ret_why);
    if (err == TS_ERR_OK) {
        err = ts_datadir_open(&self->datadir, self->data_dir, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = open_custody(self, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = ts_datadir_ballast_make(self->datadir);
        err = err == TS_ERR_AGAIN ? TS_ERR_OK : err;
    }
    /* It may draw a new store id, which the ledger and its feed follow. */
    if (err == TS_ERR_OK) {
        err = ts_logs_check_witness(self);
    }
    if (err == TS_ERR_OK) {
        err = open_ledger(self, ret_why);
    }
    if (err != TS_ERR_OK) {
        return tell_unusable(self, err, ret_why);
    }
    self->codec = ts_codec_new();
    self->decoder = ts_event_decoder_new();
    self->uplink.retry = ts_retry(ts_random_u64(self->options.random), self->now);
    self->bind_due = self->identity.is_registrar;
    self->kept_due = true;
    err = recall_state(self);
    if (err == TS_ERR_OK) {
        err = ts_scrub_recall(self);
    }
    if (err == TS_ERR_OK) {
        err = ts_logs_found(self);
    }
    if (err == TS_ERR_OK) {
        err = ts_holdings_recall(self);
    }
    if (err == TS_ERR_OK) {
        err = ts_holdings_again_recall(self);
    }
    if (err == TS_ERR_OK) {
        err = ts_regain_recall(self);
    }
    ts_snapshot_open(self);
    if (err == TS_ERR_OK) {
        err = ts_commands_open(self);
    }
    return err == TS_ERR_OK ? err : tell_unusable(self, err, ret_why);
}

ts_err_t
ts_node_open(ts_node_t **ret_self, const ts_node_options_t *options, ts_msg_t *ret_why)
{
    ts_node_t *self = ts_xcalloc(1, sizeof *self);
    self->options = *options;
    self->data_dir = ts_xstrdup(options->data_dir);
    self->parent_endpoints =
        options->parent_endpoints == NULL ? NULL : ts_xstrdup(options->parent_endpoints);
    self->witness_path = ts_xstrdup(options->witness_path);
    self->now = options->now;
    self->wall = options->wall;
    self->held_at.ms = INT64_MAX;
    self->entitled_at.ms = INT64_MIN / 2;
    self->holding_at.ms = INT64_MAX;
    self->holding_last.ms = options->now.ms - TS_NODE_HOLDING_MS;
    self->seal_at.ms = options->now.ms + TS_NODE_SEAL_AGE_MS;
    self->moved = ts_map_new(sizeof(ts_hash_t), 0);
    self->unplaced = ts_map_new(sizeof(ts_hash_t), 0);
    ts_err_t err = open_all(self, ret_why);
    if (err != TS_ERR_OK) {
        ts_node_close(&self);
        return err;
    }
    *ret_self = self;
    return TS_ERR_OK;
}

static void
say_goodbye(ts_node_t *self)
{
    for (size_t i = 0; self->failed == TS_ERR_OK && i < self->peer_count; i++) {
        ts_session_event_t event = {.kind = TS_SESSION_QUIT};
        ts_peers_step(self, self->peers[i], &event);
    }
}

void
ts_node_close(ts_node_t **self_p)
{
    ts_node_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    if (self->fold != NULL) {
        say_goodbye(self);
        if (self->failed == TS_ERR_OK && ts_peers_flush_held(self) != TS_ERR_OK) {
            ts_node_note(self, TS_NOTE_WARN, "held_not_kept", "%s", "");
        }
    }
    ts_peers_free(self);
    ts_commands_close(self);
    ts_snapshot_close(self);
    ts_intake_free(&self->intake);
    ts_fold_destroy(&self->fold);
    /* Custody is sound, so what is wrong can only be what was made of it. */
    if (self->failed == TS_ERR_CORRUPT && ts_custody_detail(self->custody)->id == NULL) {
        ts_ledger_spoiled(self->ledger);
    }
    ts_ledger_destroy(&self->ledger);
    ts_witness_destroy(&self->witness);
    ts_scratch_destroy(&self->scratch);
    ts_custody_destroy(&self->custody);
    ts_datadir_destroy(&self->datadir);
    ts_event_decoder_destroy(&self->decoder);
    ts_codec_destroy(&self->codec);
    ts_map_destroy(&self->moved);
    ts_map_destroy(&self->unplaced);
    ts_identity_free(&self->identity);
    ts_msg_free(&self->failed_why);
    ts_xfree(self->scrub.items);
    ts_xfree(self->data_dir);
    ts_xfree(self->witness_path);
    ts_xfree(self->parent_endpoints);
    ts_xfree(self);
    *self_p = NULL;
}

/* ---- what the gate and the uplink say */

void
ts_node_time(ts_node_t *self, ts_mono_t now)
{
    self->now = now;
}

void
ts_node_gate_ready(ts_node_t *self)
{
    for (size_t i = self->peer_count; i > 0; i--) {
        if (!self->peers[i - 1]->is_uplink) {
            ts_node_peer_closed(self, self->peers[i - 1]->session);
        }
    }
    self->gate_there = true;
    self->admit_stale = true;
}

void
ts_node_gate_figures(ts_node_t *self, const ts_gate_figures_t *figures)
{
    self->gate_figures = *figures;
}

void
ts_node_peer_opened(ts_node_t *self, uint64_t session, const ts_hash_t *curve_key)
{
    ts_peer_link_t *peer = ts_peers_add(self, session, false);
    peer->curve_key = *curve_key;
    peer->class = ts_admit_class(self, curve_key, &peer->office);
}

void
ts_node_peer_closed(ts_node_t *self, uint64_t session)
{
    ts_peer_link_t *peer = ts_peers_find(self, session);
    if (peer == NULL) {
        if (session == TS_NODE_UPLINK && self->uplink.state != TS_UPLINK_IDLE) {
            ts_uplink_ended(self, TS_ERR_AGAIN, 0);
        }
        return;
    }
    ts_session_event_t event = {.kind = TS_SESSION_LINK_DOWN};
    ts_peers_step(self, peer, &event);
    ts_holdings_hurry(self);
    if (peer->is_uplink) {
        if (self->uplink.state != TS_UPLINK_IDLE) {
            ts_uplink_ended(self, TS_ERR_AGAIN, 0);
        }
        peer->closing = true;
    } else {
        ts_peers_remove(self, peer);
    }
}

void
ts_node_frame(ts_node_t *self, uint64_t session, ts_bytes_t frame)
{
    ts_peer_link_t *peer = ts_peers_find(self, session);
    if (peer == NULL || self->failed != TS_ERR_OK) {
        return;
    }
    if (!peer->is_uplink && peer->class == TS_KEY_NONE) {
        self->options.out.drop(self->options.out.ctx, session, TS_ERR_KEY);
        return;
    }
    if (peer->class == TS_KEY_SUBSCRIBER) {
        ts_feed_request(self, session, frame);
    } else {
        ts_peers_message(self, peer, frame);
    }
    if (session != TS_NODE_UPLINK) {
        self->options.out.confirm(self->options.out.ctx, session, frame.length);
    }
}

/* ---- turns */

static ts_err_t
housekeeping(ts_node_t *self)
{
    ts_err_t err = TS_ERR_OK;
    if (self->held_at.ms <= self->now.ms) {
        err = ts_peers_flush_held(self);
    }
    if (err == TS_ERR_OK) {
        err = ts_logs_catch_up_witness(self);
    }
    if (err == TS_ERR_OK) {
        err = ts_logs_seal_due(self);
    }
    if (err == TS_ERR_OK) {
        err = ts_registrar_turn(self);
    }
    if (err == TS_ERR_OK) {
        err = ts_regain_turn(self);
    }
    if (err == TS_ERR_OK) {
        err = ts_holdings_turn(self);
    }
    self->kept_more = false;
    if (err == TS_ERR_OK) {
        err = ts_keepers_turn(self, &self->kept_more);
    }
    if (err == TS_ERR_OK) {
        err = ts_holdings_again_turn(self);
    }
    /* A full disk stops what is new, not the node: what is held stays, and it goes on when there is
     * room. */
    if (err == TS_ERR_FULL) {
        self->seal_more = false;
        self->kept_more = false;
        err = TS_ERR_OK;
    }
    return err;
}

static size_t
bytes_coming_in(const ts_node_t *self)
{
    size_t bytes = 0;
    for (size_t i = 0; i < self->intake.count; i++) {
        bytes += self->intake.items[i].bytes.length;
    }
    return bytes;
}

static void
notice_rush(ts_node_t *self, size_t bytes)
{
    if (bytes < TS_NODE_RUSH_BYTES) {
        return;
    }
    if (self->now.ms >= self->rush_until.ms) {
        self->rush_since = self->now;
    }
    self->rush_until.ms = self->now.ms + TS_NODE_RUSH_MS;
}

static bool
is_rush(const ts_node_t *self)
{
    return self->now.ms < self->rush_until.ms &&
           self->now.ms - self->rush_since.ms < TS_NODE_RUSH_MS_MAX;
}

static ts_err_t
fold_some(ts_node_t *self, bool *ret_more)
{
    if (is_rush(self)) {
        *ret_more = false;
        return TS_ERR_OK;
    }
    ts_fold_time(self->fold, (uint64_t)(self->wall.ms / 1000));
    ts_err_t err = ts_fold_slice(self->fold, FOLD_EVENTS_PER_TURN, ret_more);
    if (err == TS_ERR_FULL) {
        *ret_more = false;
        self->room_at.ms = self->now.ms + ROOM_AGAIN_MS;
        err = TS_ERR_OK;
    }
    if (err != TS_ERR_OK) {
        return ts_node_fail(self, err, ts_fold_detail(self->fold));
    }
    if (self->registry_changed) {
        self->registry_changed = false;
        self->bind_due = self->identity.is_registrar;
        self->kept_due = true;
        ts_peers_entitlement_changed(self);
        ts_holdings_place(self);
    }
    return TS_ERR_OK;
}

static void
forget_closed_peers(ts_node_t *self)
{
    for (size_t i = self->peer_count; i > 0; i--) {
        ts_peer_link_t *peer = self->peers[i - 1];
        if (!peer->is_uplink && peer->class == TS_KEY_NONE) {
            self->options.out.drop(self->options.out.ctx, peer->session, TS_ERR_KEY);
            ts_peers_remove(self, peer);
        }
    }
}

/* Caches of the work that is over are of no use to an office that waits for days; the next entry
 * reads its pages again. */
static void
rest(ts_node_t *self, bool works)
{
    if (works) {
        uint32_t pause = self->options.rest_ms == 0 ? REST_MS : self->options.rest_ms;
        self->rest_at = (ts_mono_t){self->now.ms + pause};
        return;
    }
    if (self->rest_at.ms > self->now.ms) {
        return;
    }
    self->rest_at = (ts_mono_t){INT64_MAX};
    ts_fold_trim(self->fold);
    ts_custody_trim(self->custody);
    ts_xtrim();
}

static ts_mono_t
earliest(ts_mono_t a, ts_mono_t b)
{
    return a.ms < b.ms ? a : b;
}

static ts_err_t
turn(ts_node_t *self, ts_turn_t *ret_turn)
{
    bool more_commands = false;
    bool more_fold = false;
    bool works = self->intake.count > 0 || self->asked;
    self->asked = false;
    notice_rush(self, bytes_coming_in(self));
    ts_err_t err = ts_intake_turn(self);
    ts_scrub_tell(self);
    if (err == TS_ERR_OK) {
        err = ts_commands_turn(self, &more_commands);
    }
    if (err == TS_ERR_OK) {
        err = fold_some(self, &more_fold);
    }
    if (err == TS_ERR_OK) {
        ts_peers_timers(self);
        ts_uplink_turn(self);
        forget_closed_peers(self);
        err = housekeeping(self);
    }
    if (err == TS_ERR_OK && self->admit_stale) {
        ts_admit_send(self);
    }
    if (err == TS_ERR_OK) {
        err = ts_feed_turn(self);
    }
    bool more_copy = ts_snapshot_turn(self);
    ret_turn->more = more_copy || more_commands || more_fold || self->intake.count > 0 ||
                     self->feed_more || self->seal_more || self->kept_more || self->again.on;
    ret_turn->due = earliest(earliest(ts_peers_due(self), ts_uplink_due(self)),
                             earliest(self->held_at, self->seal_at));
    if (err == TS_ERR_OK) {
        err = ts_scrub_turn(self, works || ret_turn->more);
    }
    ret_turn->due = earliest(ret_turn->due, self->scrub.at);
    rest(self, works || ret_turn->more);
    ret_turn->due = earliest(ret_turn->due, earliest(self->holding_at, self->rest_at));
    ret_turn->due = earliest(ret_turn->due, self->again.at);
    if (self->rush_until.ms > self->now.ms) {
        ret_turn->due = earliest(ret_turn->due, self->rush_until);
    }
    if (self->room_at.ms > self->now.ms) {
        ret_turn->due = earliest(ret_turn->due, self->room_at);
    }
    if (self->seal_not_before.ms > self->now.ms) {
        ret_turn->due = earliest(ret_turn->due, self->seal_not_before);
    }
    return err;
}

ts_err_t
ts_node_turn(ts_node_t *self, ts_mono_t now, ts_utc_t wall, ts_turn_t *ret_turn, ts_msg_t *ret_why)
{
    self->now = now;
    self->wall = wall;
    ts_err_t err = self->failed;
    if (err == TS_ERR_OK) {
        err = turn(self, ret_turn);
    }
    if (err == TS_ERR_OK) {
        err = self->failed;
    }
    if (err != TS_ERR_OK) {
        const ts_msg_t *why = ts_custody_detail(self->custody);
        (void)ts_node_fail(self, err, why->id == NULL ? ts_fold_detail(self->fold) : why);
        ts_msg_move(ret_why, &self->failed_why);
    }
    return err;
}
