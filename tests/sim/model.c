/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/xalloc.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "node/identity.h"
#include "sim/model_p.h"

#include <string.h>

model_t *
model_new(const ts_id16_t *deployment)
{
    model_t *self = ts_xcalloc(1, sizeof *self);
    self->deployment = *deployment;
    self->event_of = ts_map_new(sizeof(ts_hash_t), sizeof(size_t));
    self->segment_of = ts_map_new(sizeof(ts_hash_t), sizeof(size_t));
    self->prefix_of = ts_map_new(sizeof(uint64_t), sizeof(size_t));
    self->log_of = ts_map_new(sizeof(ts_hash_t), sizeof(size_t));
    self->claims = ts_map_new(sizeof(ts_id16_t) + sizeof(ts_hash_t), 0);
    self->heads = ts_map_new(sizeof(ts_id16_t) + sizeof(ts_hash_t), sizeof(uint64_t));
    self->floors = ts_map_new(sizeof(ts_id16_t) + sizeof(ts_hash_t), sizeof(uint64_t));
    self->owners = ts_map_new(sizeof(ts_id16_t), sizeof(size_t));
    self->codec = ts_codec_new();
    self->decoder = ts_event_decoder_new();
    return self;
}

static void
free_machine(model_machine_t *machine)
{
    ts_xfree(machine->held);
    ts_map_destroy(&machine->holds);
    ts_xfree(machine->tail);
}

void
model_free(model_t **self_p)
{
    model_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->event_count; i++) {
        model_naming_free(&self->events[i].naming);
        ts_xfree(self->events[i].revises);
        ts_xfree(self->events[i].segments);
    }
    for (size_t i = 0; i < self->segment_count; i++) {
        ts_xfree(self->segments[i].events);
    }
    for (size_t i = 0; i < self->log_count; i++) {
        ts_xfree(self->logs[i].segments);
    }
    for (size_t i = 0; i < self->machine_count; i++) {
        free_machine(&self->machines[i]);
    }
    ts_xfree(self->events);
    ts_xfree(self->segments);
    ts_xfree(self->logs);
    ts_xfree(self->machines);
    ts_map_t **maps[] = {&self->event_of, &self->segment_of, &self->prefix_of, &self->log_of,
                         &self->claims,   &self->heads,      &self->floors,    &self->owners};
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        ts_map_destroy(maps[i]);
    }
    ts_codec_destroy(&self->codec);
    ts_event_decoder_destroy(&self->decoder);
    ts_xfree(self);
    *self_p = NULL;
}

model_machine_t *
model_machine(model_t *self, size_t index)
{
    while (self->machine_count <= index) {
        self->machines =
            ts_xrealloc(self->machines, (self->machine_count + 1) * sizeof *self->machines);
        self->machines[self->machine_count++] =
            (model_machine_t){.holds = ts_map_new(sizeof(size_t), 0)};
    }
    return &self->machines[index];
}

void
model_sum(ts_hash_t *sum, const ts_hash_t *more)
{
    unsigned carry = 0;
    for (size_t i = 0; i < TS_HASH_BYTES; i++) {
        carry += (unsigned)sum->b[i] + more->b[i];
        sum->b[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

static size_t
look_up(const ts_map_t *map, const void *key)
{
    const size_t *found = ts_map_get(map, key);
    return found == NULL ? MODEL_NONE : *found;
}

size_t
model_find(const model_t *self, const ts_hash_t *segment)
{
    return look_up(self->segment_of, segment);
}

size_t
model_find_prefix(const model_t *self, uint64_t prefix)
{
    return look_up(self->prefix_of, &prefix);
}

size_t
model_find_event(const model_t *self, const ts_hash_t *id)
{
    return look_up(self->event_of, id);
}

size_t
model_find_log(const model_t *self, const ts_hash_t *log)
{
    return look_up(self->log_of, log);
}

/* ---- events */

static void
read_event(model_t *self, model_event_t *event, ts_bytes_t bytes)
{
    ts_event_header_t header = {0};
    const ts_kind_schema_t *kind = NULL;
    const void *record = NULL;
    if (ts_event_decode(self->decoder, bytes, &header, &kind, &record) != TS_ERR_OK) {
        return;
    }
    event->readable = true;
    event->is_void = header.voided;
    event->kind = header.kind;
    event->record = header.record;
    event->revise_count = header.revises_count;
    event->revises = header.revises_count == 0
                         ? NULL
                         : ts_xmemdup(header.revises, header.revises_count * sizeof(uint64_t));
    model_read_body(event, record);
}

size_t
model_event_learn(model_t *self, ts_bytes_t bytes, size_t log)
{
    ts_hash_t id = ts_hash_of(bytes.data, bytes.length);
    size_t index = model_find_event(self, &id);
    if (index != MODEL_NONE) {
        return index;
    }
    self->events =
        ts_xgrow(self->events, self->event_count + 1, &self->event_capacity, sizeof *self->events);
    index = self->event_count++;
    self->events[index] = (model_event_t){.id = id, .log = log};
    read_event(self, &self->events[index], bytes);
    *(size_t *)ts_map_put(self->event_of, &id) = index;
    return index;
}

/* ---- segments */

static const char *
learn_genesis(model_t *self, const ts_segment_view_t *view, const ts_hash_t *hash)
{
    ts_genesis_t genesis;
    if (ts_genesis_parse(view->payload, &genesis) != TS_ERR_OK ||
        ts_genesis_verify(&self->deployment, &genesis) != TS_ERR_OK) {
        return "a genesis whose certificates are not right";
    }
    self->logs = ts_xgrow(self->logs, self->log_count + 1, &self->log_capacity, sizeof *self->logs);
    self->logs[self->log_count] =
        (model_log_t){.info = {.log = *hash,
                               .office = genesis.office,
                               .purpose = genesis.purpose,
                               .audience = genesis.audience,
                               .audience_unit = genesis.audience_unit,
                               .node_key = genesis.node_key,
                               .predecessor = {genesis.predecessor_log, genesis.predecessor_seq,
                                               genesis.predecessor_hash}}};
    *(size_t *)ts_map_put(self->log_of, hash) = self->log_count++;
    return NULL;
}

/* Does it continue what it says that it continues? Fills log and prev. */
static const char *
learn_place(model_t *self, const ts_segment_view_t *view, model_segment_t *segment)
{
    bool genesis = (view->header.flags & TS_SEGMENT_GENESIS) != 0;
    segment->prev = MODEL_NONE;
    if (genesis && model_find_log(self, &segment->hash) == MODEL_NONE) {
        const char *wrong = learn_genesis(self, view, &segment->hash);
        if (wrong != NULL) {
            return wrong;
        }
    }
    segment->log = model_find_log(self, genesis ? &segment->hash : &view->header.log);
    if (segment->log == MODEL_NONE) {
        return "a segment whose genesis was never seen";
    }
    if (!genesis) {
        segment->prev = model_find(self, &view->header.prev);
        if (segment->prev == MODEL_NONE) {
            return "a segment whose predecessor was never seen";
        }
        const model_segment_t *prev = &self->segments[segment->prev];
        if (prev->log != segment->log || view->header.first_seq != prev->last_seq + 1) {
            return "a segment that does not continue its predecessor";
        }
    }
    const ts_hash_t *key = &self->logs[segment->log].info.node_key;
    return ts_sign_verify(key, TS_SEGMENT_DOMAIN, &view->signed_bytes, 1, view->signature) ==
                   TS_ERR_OK
               ? NULL
               : "a segment that is not signed by its log's key";
}

static void
learn_events(model_t *self, const ts_segment_view_t *view, model_segment_t *segment, size_t index)
{
    ts_payload_t payload;
    ts_bytes_t bytes;
    if (segment->prev == MODEL_NONE ||
        ts_payload_open(self->codec, &view->header, view->payload, &payload) != TS_ERR_OK) {
        return;
    }
    segment->events = ts_xcalloc(view->header.count, sizeof *segment->events);
    while (ts_payload_next(&payload, &bytes)) {
        size_t at = model_event_learn(self, bytes, segment->log);
        model_event_t *event = &self->events[at];
        event->segments = ts_xgrow(event->segments, event->segment_count + 1,
                                   &event->segment_capacity, sizeof *event->segments);
        event->segments[event->segment_count++] = index;
        segment->events[segment->event_count++] = at;
        model_sum(&segment->sum, &event->id);
    }
}

const char *
model_learn(model_t *self, ts_bytes_t bytes, size_t *ret_segment)
{
    ts_segment_view_t view;
    if (ts_segment_parse(bytes, &view) != TS_ERR_OK) {
        return "bytes that are no segment";
    }
    model_segment_t new = {.author = MODEL_NONE, .bytes = (uint32_t)bytes.length};
    new.hash = ts_hash_of(bytes.data, TS_SEGMENT_FIXED_BYTES);
    new.whole = ts_hash_of(bytes.data, bytes.length);
    size_t known = model_find(self, &new.hash);
    if (known != MODEL_NONE) {
        *ret_segment = known;
        return ts_hash_equal(&new.whole, &self->segments[known].whole)
                   ? NULL
                   : "other bytes than its author made";
    }
    ts_hash_t payload = ts_hash_of(view.payload.data, view.payload.length);
    if (!ts_hash_equal(&payload, &view.header.payload_hash)) {
        return "a payload that is not the one that was signed";
    }
    const char *wrong = learn_place(self, &view, &new);
    if (wrong != NULL) {
        return wrong;
    }
    new.first_seq = view.header.first_seq;
    new.last_seq = ts_segment_last_seq(&view.header);
    size_t index = self->segment_count++;
    learn_events(self, &view, &new, index);
    self->segments =
        ts_xgrow(self->segments, index + 1, &self->segment_capacity, sizeof *self->segments);
    self->segments[index] = new;
    uint64_t prefix = ts_hash_prefix(&new.hash);
    *(size_t *)ts_map_put(self->segment_of, &new.hash) = index;
    *(size_t *)ts_map_put(self->prefix_of, &prefix) = index;
    if (new.prev != MODEL_NONE) {
        self->segments[new.prev].successors++;
    }
    model_log_t *log = &self->logs[new.log];
    log->segments = ts_xgrow(log->segments, log->count + 1, &log->capacity, sizeof *log->segments);
    log->segments[log->count++] = index;
    *ret_segment = index;
    return NULL;
}

/* ---- who holds what */

void
model_place(model_t *self, size_t index, size_t segment)
{
    model_machine_t *machine = model_machine(self, index);
    machine->held = ts_xgrow(machine->held, machine->held_count + 1, &machine->held_capacity,
                             sizeof *machine->held);
    machine->held[machine->held_count++] = segment;
}

void
model_regain(model_t *self, size_t index, size_t segment)
{
    const model_machine_t *machine = model_machine(self, index);
    if (ts_map_get(machine->holds, &segment) == NULL) {
        (void)ts_map_put(machine->holds, &segment);
        self->segments[segment].holders++;
    }
}

void
model_hold(model_t *self, size_t index, size_t segment)
{
    model_place(self, index, segment);
    model_regain(self, index, segment);
}

void
model_drop(model_t *self, size_t index, size_t segment)
{
    ts_map_remove(model_machine(self, index)->holds, &segment);
    self->segments[segment].holders--;
}

bool
model_holds(const model_t *self, size_t machine, size_t segment)
{
    return machine < self->machine_count &&
           ts_map_get(self->machines[machine].holds, &segment) != NULL;
}

bool
model_has_event(const model_t *self, size_t machine, size_t index)
{
    const model_event_t *event = &self->events[index];
    for (size_t i = 0; i < event->segment_count; i++) {
        if (model_holds(self, machine, event->segments[i])) {
            return true;
        }
    }
    const model_machine_t *at = &self->machines[machine];
    for (size_t i = 0; i < at->tail_count; i++) {
        if (at->tail[i] == index) {
            return true;
        }
    }
    return false;
}

void
model_forget(model_t *self, size_t index)
{
    model_machine_t *machine = model_machine(self, index);
    size_t position = 0;
    const size_t *segment;
    while ((segment = ts_map_next(machine->holds, &position, NULL)) != NULL) {
        self->segments[*segment].holders--;
    }
    ts_map_clear(machine->holds);
    machine->held_count = 0;
    machine->tail_count = 0;
}

/* ---- who said what */

typedef struct key48 {
    ts_id16_t store;
    ts_hash_t hash;
} key48_t;

bool
model_claim(model_t *self, const ts_id16_t *store, const ts_hash_t *segment)
{
    if (model_claimed(self, store, segment)) {
        return false;
    }
    key48_t key = {*store, *segment};
    (void)ts_map_put(self->claims, &key);
    return true;
}

bool
model_claimed(const model_t *self, const ts_id16_t *store, const ts_hash_t *segment)
{
    key48_t key = {*store, *segment};
    return ts_map_get(self->claims, &key) != NULL;
}

static uint64_t
grow(ts_map_t *map, const key48_t *key, uint64_t seq)
{
    uint64_t *head = ts_map_put(map, key);
    *head = *head > seq ? *head : seq;
    return *head;
}

uint64_t
model_floor(model_t *self, const ts_id16_t *store, const ts_hash_t *log, uint64_t seq)
{
    key48_t key = {*store, *log};
    (void)grow(self->heads, &key, seq);
    return grow(self->floors, &key, seq);
}

uint64_t
model_head(const model_t *self, const ts_id16_t *store, const ts_hash_t *log)
{
    key48_t key = {*store, *log};
    const uint64_t *head = ts_map_get(self->heads, &key);
    return head == NULL ? 0 : *head;
}

static void
forget_store(ts_map_t *map, const ts_id16_t *store)
{
    size_t position = 0;
    const key48_t *key;
    while ((key = ts_map_next(map, &position, NULL)) != NULL) {
        if (ts_id16_equal(&key->store, store)) {
            key48_t gone = *key;
            ts_map_remove(map, &gone);
        }
    }
}

void
model_claims_forget(model_t *self, const ts_id16_t *store)
{
    forget_store(self->claims, store);
    forget_store(self->floors, store);
}
