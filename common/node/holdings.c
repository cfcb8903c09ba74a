/* SPDX-License-Identifier: MPL-2.0 */
/* The one record of custody: which tips of others this store holds, told to those below (design
 * §7). Written at once for acts, else at the end of a session or after a pause; logs of holdings
 * are not themselves covered, so it ends. */
#include "base/check.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "node/node_p.h"
#include "node/own_event.h"
#include "wire/record.h"
#include "wire/schema.h"

#include <stdio.h>
#include <string.h>

#define TIPS_PER_HOLDING 100u
#define TIPS_PER_LOG 8u /* branches of one log that a holding names */
/* States of custody: up to which arrival the holdings of which store cover everything. */
#define COVERED "holding_arrival"
#define COVERED_BY "holding_store"
/* The last second of the year 9999: what claims to be later is no time. */
#define TIME_S_MAX UINT64_C(253402300799)

void
ts_holdings_moved(ts_node_t *self, const ts_log_info_t *info)
{
    const ts_catalog_t *catalog = ts_node_catalog(self);
    if (info->purpose == TS_PURPOSE_HOLDINGS || info->office == self->identity.keys.office) {
        return;
    }
    if (ts_catalog_office(catalog, info->office) == NULL) {
        (void)ts_map_put(self->unplaced, &info->log);
        return;
    }
    if (!ts_office_below(catalog, info->office, self->identity.keys.office)) {
        return;
    }
    (void)ts_map_put(self->moved, &info->log);
    if (info->purpose == TS_PURPOSE_ACTS) {
        self->moved_acts = true;
    }
    if (self->holding_at.ms == INT64_MAX) {
        uint32_t pause =
            self->options.holding_ms == 0 ? TS_NODE_HOLDING_MS : self->options.holding_ms;
        uint32_t quiet = pause < TS_NODE_HOLDING_QUIET_MS ? pause : TS_NODE_HOLDING_QUIET_MS;
        int64_t soonest = self->now.ms + quiet;
        int64_t regular = self->holding_last.ms + pause;
        self->holding_at.ms = soonest > regular ? soonest : regular;
    }
}

void
ts_holdings_place(ts_node_t *self)
{
    size_t position = 0;
    const ts_hash_t *log;
    while ((log = ts_map_next(self->unplaced, &position, NULL)) != NULL) {
        ts_log_info_t info;
        if (ts_custody_log(self->custody, log, &info) == TS_ERR_OK &&
            ts_catalog_office(ts_node_catalog(self), info.office) != NULL) {
            ts_map_remove(self->unplaced, &info.log);
            ts_holdings_moved(self, &info);
        }
    }
}

ts_err_t
ts_holdings_recall(ts_node_t *self)
{
    ts_custody_tip_t tips[TS_TIPS_PER_MESSAGE_MAX];
    ts_log_info_t infos[TS_TIPS_PER_MESSAGE_MAX];
    ts_id16_t store = ts_custody_store_id(self->custody);
    ts_buf_t covered_by = {0};
    ts_err_t err = ts_custody_state_get(self->custody, COVERED_BY, &covered_by);
    if (err == TS_ERR_OK && covered_by.length == sizeof store.b &&
        memcmp(covered_by.data, store.b, sizeof store.b) == 0) {
        err = ts_custody_number_get(self->custody, COVERED, &self->holding_arrival);
    }
    ts_buf_free(&covered_by);
    err = err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
    ts_tip_page_t page = {.more = true, .arrival = self->holding_arrival};
    while (err == TS_ERR_OK && page.more) {
        ts_tip_query_t query = {.since = page.arrival, .count_max = TS_TIPS_PER_MESSAGE_MAX};
        err = ts_custody_tips(self->custody, &query, tips, infos, TS_TIPS_PER_MESSAGE_MAX, &page);
        for (size_t i = 0; err == TS_ERR_OK && i < page.count; i++) {
            ts_holdings_moved(self, &infos[i]);
        }
    }
    return err;
}

ts_err_t
ts_holdings_put_covered(ts_node_t *self)
{
    ts_id16_t store = ts_custody_store_id(self->custody);
    ts_err_t err = ts_custody_number_put(self->custody, COVERED, self->holding_arrival);
    return err == TS_ERR_OK ? ts_custody_state_put(self->custody, COVERED_BY,
                                                   (ts_bytes_t){store.b, sizeof store.b})
                            : err;
}

void
ts_holdings_hurry(ts_node_t *self)
{
    if (ts_map_count(self->moved) > 0) {
        self->holding_at = self->now;
    }
}

/* Audience of a holding about an office's log: the unit of our direct child above it; 0 = all below
 * (unions, departments, an office that was given a parent outside its territory). */
static ts_record_id_t
audience_towards(const ts_node_t *self, uint32_t office)
{
    const ts_catalog_t *catalog = ts_node_catalog(self);
    const ts_office_t *row = ts_catalog_office(catalog, office);
    ts_record_id_t unit = row == NULL ? 0 : row->unit;
    for (int depth = 0; row != NULL && depth < 16; depth++) {
        if (row->parent_number == self->identity.keys.office) {
            bool territory = row->role == TS_OFFICE_DISTRICT || row->role == TS_OFFICE_COMMUNE;
            return territory && ts_catalog_below(catalog, unit, row->unit) ? row->unit : 0;
        }
        row = ts_catalog_office(catalog, row->parent_number);
    }
    return 0;
}

static void
must(ts_err_t err)
{
    TS_CHECK(err == TS_ERR_OK);
}

static uint64_t
root_time(const ts_node_t *self)
{
    return self->identity.parent_office == 0 ? (uint64_t)(self->wall.ms / 1000) : self->root_time_s;
}

static ts_err_t
write_holding(ts_node_t *self, ts_record_id_t audience, const ts_tip_t *tips, size_t count)
{
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), TS_KIND_HOLDING);
    ts_record_t *record = ts_record_new(kind);
    ts_id16_t store = ts_custody_store_id(self->custody);
    must(ts_record_set_bytes(record, "store", (ts_bytes_t){store.b, sizeof store.b}));
    must(ts_record_set_number(record, "root_time_s", (int64_t)root_time(self)));
    must(ts_record_set_number(record, "time_s", self->wall.ms / 1000));
    for (size_t i = 0; i < count; i++) {
        ts_own_event_put_tip(record, i, &tips[i]);
    }
    ts_event_header_t header = {.record = ts_node_mint_record(self)};
    ts_err_t err = ts_own_event_write(self, TS_PURPOSE_HOLDINGS, audience, &header, kind, record);
    ts_record_destroy(&record);
    return err;
}

/* All branches of a log; only as many logs as fit whole. */
static size_t
add_tips(ts_node_t *self, const ts_hash_t *log, ts_tip_t *out, size_t room)
{
    ts_custody_tip_t tips[TIPS_PER_LOG];
    size_t count = 0;
    if (ts_custody_log_tips(self->custody, log, tips, TIPS_PER_LOG, &count) != TS_ERR_OK ||
        count > room) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        out[i] = tips[i].tip;
    }
    return count;
}

/* Tips of the next holding: of logs that have one audience. */
static size_t
gather(ts_node_t *self, ts_tip_t tips[TIPS_PER_HOLDING], ts_record_id_t *ret_audience)
{
    size_t count = 0;
    size_t position = 0;
    bool chosen = false;
    const ts_hash_t *log;
    while (count + TIPS_PER_LOG <= TIPS_PER_HOLDING &&
           (log = ts_map_next(self->moved, &position, NULL)) != NULL) {
        ts_log_info_t info;
        if (ts_custody_log(self->custody, log, &info) != TS_ERR_OK) {
            continue;
        }
        ts_record_id_t towards = audience_towards(self, info.office);
        if (!chosen) {
            *ret_audience = towards;
            chosen = true;
        }
        if (towards == *ret_audience) {
            count += add_tips(self, log, &tips[count], TIPS_PER_HOLDING - count);
        }
    }
    return count;
}

/* One holding per audience and at most TIPS_PER_HOLDING tips; what is written is forgotten. The
 * last one says that everything is covered, in its own commit. */
static ts_err_t
write_one_audience(ts_node_t *self)
{
    ts_tip_t tips[TIPS_PER_HOLDING];
    ts_record_id_t audience = 0;
    size_t count = gather(self, tips, &audience);
    for (size_t i = 0; i < count; i++) {
        ts_map_remove(self->moved, &tips[i].log);
    }
    if (count == 0) {
        ts_map_clear(self->moved);
        return TS_ERR_OK;
    }
    uint64_t covered = self->holding_arrival;
    if (ts_map_count(self->moved) == 0 && ts_map_count(self->unplaced) == 0) {
        self->holding_arrival = ts_custody_arrival(self->custody);
    }
    ts_err_t err = write_holding(self, audience, tips, count);
    for (size_t i = 0; err != TS_ERR_OK && i < count; i++) {
        (void)ts_map_put(self->moved, &tips[i].log);
    }
    self->holding_arrival = err == TS_ERR_OK ? self->holding_arrival : covered;
    return err;
}

ts_err_t
ts_holdings_turn(ts_node_t *self)
{
    if (ts_map_count(self->moved) == 0 ||
        (!self->moved_acts && self->now.ms < self->holding_at.ms)) {
        return TS_ERR_OK;
    }
    ts_err_t err = TS_ERR_OK;
    while (err == TS_ERR_OK && ts_map_count(self->moved) > 0) {
        err = write_one_audience(self);
    }
    self->moved_acts = false;
    self->holding_last = self->now;
    self->holding_at.ms = err == TS_ERR_OK ? INT64_MAX : self->now.ms + TS_NODE_HOLDING_QUIET_MS;
    return err;
}

/* ---- holdings of those above */

bool
ts_holdings_may_be(const ts_node_t *self, uint32_t office, const ts_id16_t *store)
{
    ts_id16_t own = ts_custody_store_id(self->custody);
    if (ts_id16_equal(store, &own)) {
        return false;
    }
    const ts_office_t *row = ts_catalog_office(ts_node_catalog(self), office);
    return ts_id16_is_zero(&self->root_store) || !ts_id16_equal(store, &self->root_store) ||
           row == NULL || row->role == TS_OFFICE_PROVINCE;
}

void
ts_holdings_note(ts_node_t *self, const ts_id16_t *store, const ts_tip_t *tip)
{
    self->held =
        ts_xgrow(self->held, self->held_count + 1, &self->held_capacity, sizeof *self->held);
    self->held[self->held_count++] = (ts_held_note_t){*store, *tip};
    if (self->held_at.ms == INT64_MAX) {
        self->held_at.ms = self->now.ms + 200;
    }
}

static bool
copy_bytes(
    const ts_kind_schema_t *kind, const char *name, const void *record, void *out, size_t bytes)
{
    size_t length;
    const uint8_t *data = ts_field_get_bytes(ts_schema_field(kind, name), record, &length);
    if (length != bytes) {
        return false;
    }
    memcpy(out, data, bytes);
    return true;
}

/* Fields of one tip row, in the order of event.proto: log_key, seq, hash_key. */
static bool
read_tip(const ts_child_list_t *list, const void *row, ts_tip_t *ret_tip)
{
    size_t log_length;
    size_t hash_length;
    const uint8_t *log = ts_field_get_bytes(&list->fields[0], row, &log_length);
    const uint8_t *hash = ts_field_get_bytes(&list->fields[2], row, &hash_length);
    if (log_length != TS_HASH_BYTES || hash_length != TS_HASH_BYTES) {
        return false;
    }
    memcpy(ret_tip->log.b, log, TS_HASH_BYTES);
    memcpy(ret_tip->hash.b, hash, TS_HASH_BYTES);
    ret_tip->seq = (uint64_t)ts_field_get_number(&list->fields[1], row);
    return true;
}

static void
note_tips(ts_node_t *self, const ts_kind_schema_t *kind, const void *record, const ts_id16_t *store)
{
    const ts_child_list_t *list = &kind->lists[0];
    size_t count = ts_child_count(list, record);
    for (size_t i = 0; i < count; i++) {
        ts_tip_t tip;
        if (read_tip(list, ts_child_row(list, record, i), &tip)) {
            ts_holdings_note(self, store, &tip);
        }
    }
}

/* The root is first heard of, or has another store. Whoever used that id before was not it, unless
 * the root is our own parent. */
static void
learn_root(ts_node_t *self, uint32_t office, const ts_id16_t *store)
{
    if (ts_id16_equal(store, &self->root_store)) {
        return;
    }
    bool first = ts_id16_is_zero(&self->root_store);
    self->root_store = *store;
    self->heard_again = self->heard_again || !first;
    if (office == ts_node_parent(self)) {
        return;
    }
    self->forget_root = true;
    size_t kept = 0;
    for (size_t i = 0; i < self->held_count; i++) {
        if (!ts_id16_equal(&self->held[i].store, store)) {
            self->held[kept++] = self->held[i];
        }
    }
    self->held_count = kept;
    if (ts_id16_equal(&self->parent_store, store)) {
        self->parent_store = (ts_id16_t){{0}};
    }
}

bool
ts_holdings_is_time(uint64_t time_s)
{
    return time_s > 0 && time_s <= TIME_S_MAX;
}

void
ts_holdings_time(ts_node_t *self, uint64_t root_time_s)
{
    if (ts_holdings_is_time(root_time_s)) {
        self->root_time_s = root_time_s;
    }
}

/* Its author goes on in another log that is here: what it says comes late. */
static bool
is_continued(const ts_node_t *self, const ts_log_info_t *log)
{
    ts_log_info_t info = {.office = 0};
    while (ts_custody_log_next(self->custody, &info) == TS_ERR_OK) {
        if (info.office == log->office && ts_hash_equal(&info.predecessor.log, &log->log)) {
            return true;
        }
    }
    return false;
}

void
ts_holdings_seen(ts_node_t *self,
                 const ts_log_info_t *log,
                 const ts_event_header_t *header,
                 const void *record)
{
    (void)header;
    const ts_office_t *office = ts_catalog_office(ts_node_catalog(self), log->office);
    bool root = office != NULL && office->role == TS_OFFICE_PROVINCE;
    bool parent = log->office == ts_node_parent(self);
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), TS_KIND_HOLDING);
    ts_id16_t store;
    if ((!root && !parent) || log->office == self->identity.keys.office ||
        !copy_bytes(kind, "store", record, store.b, sizeof store.b) ||
        (!root && !ts_holdings_may_be(self, log->office, &store))) {
        return;
    }
    /* The store that a restored office had before is heard of no more, whatever comes late. */
    const ts_id16_t *known = root ? &self->root_store : &self->parent_store;
    if (!ts_id16_equal(&store, known) && is_continued(self, log)) {
        return;
    }
    uint64_t time_s = (uint64_t)ts_field_get_number(ts_schema_field(kind, "root_time_s"), record);
    /* Of the root the last word counts, also an earlier time: its clock may have been put right. */
    if (root || time_s > self->root_time_s) {
        ts_holdings_time(self, time_s);
    }
    if (root) {
        learn_root(self, log->office, &store);
    }
    if (parent) {
        self->parent_store = store;
    }
    note_tips(self, kind, record, &store);
}

void
ts_holdings_hear(ts_node_t *self, const ts_log_info_t *log, const void *record)
{
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), TS_KIND_HOLDING);
    const ts_office_t *office = ts_catalog_office(ts_node_catalog(self), log->office);
    bool root = office != NULL && office->role == TS_OFFICE_PROVINCE;
    ts_id16_t store;
    if (!copy_bytes(kind, "store", record, store.b, sizeof store.b)) {
        return;
    }
    if ((root && ts_id16_equal(&store, &self->root_store)) ||
        (log->office == ts_node_parent(self) && ts_id16_equal(&store, &self->parent_store))) {
        note_tips(self, kind, record, &store);
    }
}
