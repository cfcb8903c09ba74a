/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/xalloc.h"
#include "node/fold_p.h"

#include <string.h>

/* Which registrar wrote it stands in its genesis alone, certified by the root. While that is rotten
 * it counts as one before the first: what the province cut off is cut off, until it was mended. */
static ts_err_t
find_registrar(ts_folding_t *self, ts_log_info_t *info)
{
    ts_buf_t bytes = {0};
    ts_segment_view_t view;
    ts_genesis_t genesis;
    if (info->purpose != TS_PURPOSE_REGISTRY) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_custody_find(self->options->custody, &info->log, NULL, &bytes);
    if (err == TS_ERR_OK) {
        bool right = ts_segment_parse(ts_buf_bytes(&bytes), &view) == TS_ERR_OK &&
                     ts_genesis_parse(view.payload, &genesis) == TS_ERR_OK;
        info->registrar_serial = right ? genesis.registrar_serial : 0;
    }
    ts_buf_free(&bytes);
    return err == TS_ERR_NOTFOUND ? TS_ERR_CORRUPT : err;
}

static ts_fold_log_t *
keep_log(ts_folding_t *self, const ts_log_info_t *info, uint32_t number)
{
    ts_fold_log_t *log = ts_xcalloc(1, sizeof *log);
    log->info = *info;
    log->number = number;
    *(ts_fold_log_t **)ts_map_put(self->logs, &info->log) = log;
    size_t before = self->by_number_count;
    if (number >= before) {
        self->by_number = ts_xgrow(self->by_number, (size_t)number + 1, &self->by_number_capacity,
                                   sizeof(ts_fold_log_t *));
        memset(self->by_number + before, 0, (number + 1 - before) * sizeof(ts_fold_log_t *));
        self->by_number_count = (size_t)number + 1;
    }
    self->by_number[number] = log;
    return log;
}

ts_err_t
ts_folding_log(ts_folding_t *self, const ts_hash_t *id, const ts_fold_log_t **ret_log)
{
    ts_fold_log_t **known = ts_map_get(self->logs, id);
    if (known != NULL) {
        *ret_log = *known;
        return TS_ERR_OK;
    }
    ts_log_info_t info;
    ts_err_t err = ts_custody_log(self->options->custody, id, &info);
    if (err != TS_ERR_OK) {
        return err == TS_ERR_NOTFOUND ? TS_ERR_CORRUPT : err;
    }
    uint32_t number = 0;
    err = find_registrar(self, &info);
    if (err == TS_ERR_OK) {
        err = ts_ledger_log_number(self->ledger, &info, &number);
    }
    if (err == TS_ERR_OK) {
        *ret_log = keep_log(self, &info, number);
    }
    return err;
}

ts_err_t
ts_folding_log_numbered(ts_folding_t *self, uint32_t number, const ts_fold_log_t **ret_log)
{
    if (number < self->by_number_count && self->by_number[number] != NULL) {
        *ret_log = self->by_number[number];
        return TS_ERR_OK;
    }
    ts_log_info_t info;
    ts_err_t err = ts_ledger_log(self->ledger, number, &info);
    if (err != TS_ERR_OK) {
        return err == TS_ERR_NOTFOUND ? TS_ERR_CORRUPT : err;
    }
    return ts_folding_log(self, &info.log, ret_log);
}

void
ts_fold_source_free(ts_fold_source_t *source)
{
    ts_codec_destroy(&source->codec);
    ts_buf_free(&source->bytes);
    ts_xfree(source->events);
    *source = (ts_fold_source_t){0};
}

static void
list_events(ts_fold_source_t *source, ts_payload_t *payload)
{
    source->events =
        ts_xgrow(source->events, payload->count, &source->capacity, sizeof(ts_bytes_t));
    ts_bytes_t event;
    while (source->count < payload->count && ts_payload_next(payload, &event)) {
        source->events[source->count++] = event;
    }
}

ts_err_t
ts_fold_source_open(ts_folding_t *self, ts_fold_source_t *source, uint64_t arrival)
{
    if (source->arrival == arrival) {
        return TS_ERR_OK;
    }
    source->arrival = 0;
    source->count = 0;
    source->failed = TS_ERR_OK;
    ts_err_t err = ts_custody_get(self->options->custody, arrival, &source->stored, &source->bytes);
    if (err != TS_ERR_OK) {
        return err == TS_ERR_NOTFOUND ? TS_ERR_CORRUPT : err;
    }
    ts_segment_view_t view;
    source->arrival = arrival;
    /* Custody took it, so it parses; a stored byte that changed since is damage. Nothing of it is
     * read until it was mended (scrub.c), and then the ledger is made anew. */
    source->failed = ts_segment_parse(ts_buf_bytes(&source->bytes), &view);
    if (source->failed == TS_ERR_OK) {
        ts_hash_t hash = self->options->hash(view.payload.data, view.payload.length);
        source->failed = ts_hash_equal(&hash, &view.header.payload_hash) ? TS_ERR_OK : TS_ERR_HASH;
    }
    if (source->failed != TS_ERR_OK) {
        return TS_ERR_OK;
    }
    if ((view.header.flags & TS_SEGMENT_GENESIS) != 0) {
        return TS_ERR_OK;
    }
    ts_payload_t payload;
    source->failed = ts_payload_open(source->codec, &view.header, view.payload, &payload);
    if (source->failed == TS_ERR_OK) {
        list_events(source, &payload);
    }
    return TS_ERR_OK;
}

void
ts_fold_source_event(ts_folding_t *self,
                     const ts_fold_source_t *source,
                     const ts_fold_log_t *log,
                     size_t index,
                     ts_occurrence_t *ret_at)
{
    TS_CHECK(index < source->count);
    ts_bytes_t bytes = source->events[index];
    ts_hash_t id = self->options->hash(bytes.data, bytes.length);
    *ret_at = (ts_occurrence_t){
        .bytes = bytes,
        .event = ts_hash_prefix(&id),
        .log = log,
        .place = {log->number, source->arrival, source->stored.first_seq + index},
        .segment = source->stored.hash,
    };
}

/* A tail event that was sealed after it was folded: it stands in a segment of its log that is still
 * to come, or in the log that continues it. */
static ts_err_t
find_sealed(ts_folding_t *self, uint64_t event, ts_occurrence_t *ret_at)
{
    uint64_t last = ts_custody_arrival(self->options->custody);
    uint64_t first = self->phase == TS_PHASE_ALL ? self->arrival + 1 : 1;
    for (uint64_t arrival = first; arrival <= last; arrival++) {
        ts_err_t err = ts_fold_source_open(self, &self->behind, arrival);
        const ts_fold_log_t *log = NULL;
        if (err == TS_ERR_OK) {
            err = ts_folding_log(self, &self->behind.stored.log, &log);
        }
        if (err != TS_ERR_OK) {
            return err;
        }
        for (size_t i = 0; i < self->behind.count; i++) {
            ts_fold_source_event(self, &self->behind, log, i, ret_at);
            if (ret_at->event == event) {
                return TS_ERR_OK;
            }
        }
    }
    return TS_ERR_NOTFOUND;
}

static ts_err_t
find_in_tail(ts_folding_t *self,
             const ts_place_t *place,
             const ts_fold_log_t *log,
             ts_occurrence_t *ret_at)
{
    ts_tail_event_t row;
    ts_err_t err = ts_custody_tail_next(self->options->custody, NULL, place->position - 1, &row,
                                        &self->tail_again);
    if (err == TS_ERR_OK && row.counter != place->position) {
        err = TS_ERR_NOTFOUND;
    }
    if (err == TS_ERR_OK) {
        *ret_at = (ts_occurrence_t){
            .bytes = ts_buf_bytes(&self->tail_again),
            .event = ts_hash_prefix(&row.event_id),
            .log = log,
            .place = *place,
        };
    }
    return err;
}

ts_err_t
ts_folding_find(ts_folding_t *self,
                const ts_place_t *place,
                uint64_t event,
                ts_occurrence_t *ret_at)
{
    const ts_fold_log_t *log = NULL;
    ts_err_t err = ts_folding_log_numbered(self, place->log, &log);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (place->arrival == 0) {
        err = find_in_tail(self, place, log, ret_at);
        return err == TS_ERR_NOTFOUND && event != 0 ? find_sealed(self, event, ret_at) : err;
    }
    err = ts_fold_source_open(self, &self->behind, place->arrival);
    if (err != TS_ERR_OK) {
        return err;
    }
    uint64_t first = self->behind.stored.first_seq;
    if (place->position < first || place->position - first >= self->behind.count) {
        return TS_ERR_NOTFOUND;
    }
    ts_fold_source_event(self, &self->behind, log, place->position - first, ret_at);
    return TS_ERR_OK;
}

ts_err_t
ts_folding_reread(ts_folding_t *self,
                  const ts_place_t *place,
                  uint64_t event,
                  ts_reread_t *ret_event)
{
    ts_err_t err = ts_folding_find(self, place, event, &ret_event->at);
    if (err == TS_ERR_OK && ret_event->at.event != event) {
        err = TS_ERR_NOTFOUND;
    }
    if (err == TS_ERR_OK) {
        err = ts_event_decode(self->again, ret_event->at.bytes, &ret_event->header,
                              &ret_event->kind, &ret_event->record);
        TS_CHECK(err == TS_ERR_OK);
    }
    return err == TS_ERR_NOTFOUND ? TS_ERR_CORRUPT : err;
}

ts_err_t
ts_fold_read(ts_fold_t *self, const ts_place_t *place, uint64_t event, ts_bytes_t *ret_event)
{
    ts_occurrence_t at;
    ts_err_t err = ts_folding_find(self->live, place, event, &at);
    if (err == TS_ERR_OK) {
        *ret_event = at.bytes;
    }
    return err;
}

void
ts_fold_trim(ts_fold_t *self)
{
    ts_folding_t *live = self->live;
    if (ts_ledger_in_batch(live->ledger) || self->beside != NULL) {
        return;
    }
    ts_folding_forget_children(live);
    live->ahead.arrival = 0;
    live->ahead.count = 0;
    live->behind.arrival = 0;
    live->behind.count = 0;
    ts_codec_trim(live->ahead.codec);
    ts_codec_trim(live->behind.codec);
    ts_buf_free(&live->ahead.bytes);
    ts_buf_free(&live->behind.bytes);
    ts_ledger_trim(live->ledger);
}
