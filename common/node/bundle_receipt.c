/* SPDX-License-Identifier: MPL-2.0 */
/* What the maker of a bundle says that it holds: as WELCOME and CUSTODY on the wire, judged alike.
 * Nobody but those above makes "held" and "anchored" (ts_holdings_may_be). */
#include "base/check.h"
#include "core/kind.h"
#include "node/bundle.h"

/* Tips noted in one slice and transaction. */
#define TIPS_PER_SLICE 128u

ts_bundle_word_t
ts_bundle_word(const ts_node_t *node, const ts_bundle_header_t *header, const ts_hash_t *signer)
{
    const ts_catalog_t *catalog = ts_node_catalog(node);
    const ts_office_t *office = ts_catalog_office(catalog, header->from);
    uint32_t own = node->identity.keys.office;
    bool above = header->from == ts_node_parent(node);
    if (office == NULL) {
        return TS_BUNDLE_WORD_UNKNOWN;
    }
    if (office->cut_off) {
        return TS_BUNDLE_WORD_CUT_OFF;
    }
    if (!ts_hash_is_zero(&office->node_key) && !ts_hash_equal(&office->node_key, signer)) {
        return TS_BUNDLE_WORD_KEY;
    }
    if (header->from == own || (!above && !ts_office_below(catalog, own, header->from) &&
                                !ts_office_below(catalog, header->from, own))) {
        return TS_BUNDLE_WORD_STRANGER;
    }
    return ts_peers_store_is_its_own(node, header->from, above, &header->store)
               ? TS_BUNDLE_WORD_COUNTS
               : TS_BUNDLE_WORD_STORE;
}

/* Is it later than the one of the same maker that was taken in last? After a restore the maker's
 * count may begin again: then its clock decides. */
static bool
is_newer(const ts_bundle_header_t *header, const ts_bundle_memo_t *memo)
{
    if (memo->in_number == 0) {
        return true;
    }
    if (!ts_id16_equal(&header->store, &memo->store)) {
        return header->made_ms > memo->in_made_ms;
    }
    return header->number >= memo->in_number || header->made_ms > memo->in_made_ms;
}

/* Times that those above show; only forward, an old bundle may come late. */
static void
note_times(ts_node_t *node, const ts_bundle_header_t *header)
{
    bool above = ts_office_below(ts_node_catalog(node), node->identity.keys.office, header->from);
    uint64_t made_s = header->made_ms > 0 ? (uint64_t)(header->made_ms / 1000) : 0;
    if (!above) {
        return;
    }
    if (header->from == ts_node_parent(node) && ts_holdings_is_time(made_s) &&
        made_s > node->parent_time_s) {
        node->parent_time_s = made_s;
    }
    if (header->root_time_s > node->root_time_s) {
        ts_holdings_time(node, header->root_time_s);
    }
}

/* The office above holds more of our own log than we do: our store went back in time. */
static ts_err_t
notice_lost(ts_node_t *node, ts_bundle_receipts_t *self, const ts_tip_t *tip)
{
    ts_log_info_t info;
    ts_held_segment_t segment;
    ts_own_t own = TS_OWN_NOT;
    if (!ts_office_below(ts_node_catalog(node), node->identity.keys.office, self->header->from) ||
        ts_custody_log(node->custody, &tip->log, &info) != TS_ERR_OK ||
        info.office != node->identity.keys.office) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_custody_find(node->custody, &tip->hash, &segment, NULL);
    if (err != TS_ERR_NOTFOUND) {
        return err;
    }
    self->unknown++;
    err = ts_custody_log_own(node->custody, &tip->log, &own);
    if (err == TS_ERR_OK && own == TS_OWN_ACTIVE) {
        ts_node_note(node, TS_NOTE_WARN, "amnesia", "purpose=%u seq=%llu", (unsigned)info.purpose,
                     (unsigned long long)tip->seq);
        err = ts_logs_continue(node, &info, tip);
    }
    return err;
}

/* Of an office below the newest word replaces what was remembered: a store that went back in time
 * gets again what it lost. Of one above words only add: an older one must not make less of what is
 * safe; a store of those above that lost something has a new id. */
static ts_err_t
put_slice(ts_node_t *node, const ts_bundle_receipts_t *self, size_t *ret_next)
{
    const ts_id16_t *store = &self->header->store;
    size_t at = self->at;
    bool below =
        ts_office_below(ts_node_catalog(node), self->header->from, node->identity.keys.office);
    ts_err_t err = ts_custody_begin(node->custody, "receipts");
    if (err != TS_ERR_OK) {
        return err;
    }
    if (at == 0 && below && self->is_newest) {
        err = ts_custody_held_clear(node->custody, store);
    }
    for (size_t i = 0; err == TS_ERR_OK && at < self->count && i < TIPS_PER_SLICE; i++) {
        err = ts_custody_held_add(node->custody, store, &self->tips[at++], NULL);
    }
    if (err != TS_ERR_OK) {
        ts_custody_rollback(node->custody);
        return err;
    }
    *ret_next = at;
    return ts_custody_commit(node->custody);
}

static ts_err_t
keep_parent_store(ts_node_t *node, const ts_id16_t *store)
{
    ts_err_t err = ts_custody_begin(node->custody, "parent");
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_custody_state_put(node->custody, "parent_store",
                               (ts_bytes_t){store->b, sizeof store->b});
    if (err != TS_ERR_OK) {
        ts_custody_rollback(node->custody);
        return err;
    }
    err = ts_custody_commit(node->custody);
    if (err == TS_ERR_OK) {
        node->parent_store = *store;
    }
    return err;
}

/* The memo comes last: a stop in between is made good by taking the bundle in again. */
static ts_err_t
finish(ts_node_t *node, const ts_bundle_receipts_t *self)
{
    ts_bundle_memo_t memo;
    const ts_bundle_header_t *header = self->header;
    note_times(node, header);
    ts_err_t err = ts_bundle_memo_get(node, header->from, &memo);
    if (err != TS_ERR_OK || !self->is_newest) {
        return err;
    }
    memo.store = header->store;
    memo.in_number = header->number;
    memo.in_made_ms = header->made_ms;
    memo.in_ms = node->wall.ms;
    memo.in_arrival = ts_custody_arrival(node->custody);
    if (header->from == ts_node_parent(node)) {
        err = keep_parent_store(node, &header->store);
    }
    return err == TS_ERR_OK ? ts_bundle_memo_put(node, header->from, &memo) : err;
}

ts_err_t
ts_bundle_receipts_step(ts_node_t *node, ts_bundle_receipts_t *self, bool *ret_done)
{
    ts_err_t err = TS_ERR_OK;
    if (!self->checked) {
        ts_bundle_memo_t memo;
        err = ts_bundle_memo_get(node, self->header->from, &memo);
        if (err != TS_ERR_OK) {
            return err;
        }
        self->is_newest = is_newer(self->header, &memo);
        self->checked = true;
    }
    size_t next = self->at;
    err = put_slice(node, self, &next);
    for (size_t i = self->at; err == TS_ERR_OK && self->is_newest && i < next; i++) {
        err = notice_lost(node, self, &self->tips[i]);
    }
    self->at = err == TS_ERR_OK ? next : self->at;
    *ret_done = err == TS_ERR_OK && self->at == self->count;
    return *ret_done ? finish(node, self) : err;
}
