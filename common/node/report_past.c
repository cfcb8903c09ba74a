/* SPDX-License-Identifier: MPL-2.0 */
#include "node/report_past.h"

#include "base/check.h"
#include "base/xalloc.h"

#include <string.h>

#define SEGMENTS_PER_STEP 256u
#define EVENTS_PER_STEP 300u

struct ts_past {
    ts_node_t *node;
    ts_tip_t *tips;
    size_t tip_count;
    uint32_t office;
    ts_utc_t at;
    char *path;
    uint8_t *segments; /* bit for each arrival, see ts_fold_past_query_t */
    uint64_t last;
    size_t walked;   /* tips whose chains are marked */
    uint64_t next;   /* arrival to be marked next on the chain of the present tip; 0: begin */
    uint64_t marked; /* segments */
    ts_fold_t *fold;
    ts_node_t then;
    bool ready;
};

ts_err_t
ts_past_missing(ts_node_t *node, const ts_tip_t *tips, size_t count, size_t *ret_missing)
{
    size_t missing = 0;
    for (size_t i = 0; i < count; i++) {
        ts_held_segment_t segment;
        ts_err_t err = ts_custody_find(node->custody, &tips[i].hash, &segment, NULL);
        if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND) {
            return err;
        }
        missing += err == TS_ERR_NOTFOUND ? 1 : 0;
    }
    *ret_missing = missing;
    return TS_ERR_OK;
}

static char *
path_in(const char *folder, const char *name)
{
    size_t bytes = strlen(folder) + strlen(name) + 1;
    char *path = ts_xmalloc(bytes);
    memcpy(path, folder, strlen(folder));
    memcpy(path + strlen(folder), name, strlen(name) + 1);
    return path;
}

ts_past_t *
ts_past_new(ts_node_t *node, const ts_past_query_t *query)
{
    ts_past_t *self = ts_xcalloc(1, sizeof *self);
    self->node = node;
    self->office = query->office;
    self->at = query->at;
    self->tip_count = query->tip_count;
    self->tips = ts_xcalloc(query->tip_count, sizeof *self->tips);
    if (query->tip_count > 0) {
        memcpy(self->tips, query->tips, query->tip_count * sizeof *self->tips);
    }
    self->last = ts_custody_arrival(node->custody);
    self->segments = ts_xcalloc((size_t)(self->last >> 3) + 1, 1);
    self->path = path_in(node->data_dir, "/past.sqlite");
    return self;
}

void
ts_past_destroy(ts_past_t **self_p)
{
    ts_past_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_fold_past_end(&self->fold);
    ts_xfree(self->path);
    ts_xfree(self->segments);
    ts_xfree(self->tips);
    ts_xfree(self);
    *self_p = NULL;
}

static bool
is_marked(const ts_past_t *self, uint64_t arrival)
{
    return (self->segments[arrival >> 3] >> (arrival & 7) & 1) != 0;
}

static void
mark(ts_past_t *self, uint64_t arrival)
{
    TS_CHECK(arrival > 0 && arrival <= self->last);
    self->segments[arrival >> 3] |= (uint8_t)(1u << (arrival & 7));
    self->marked++;
}

/* The next segment on the way from a tip to its genesis; a chain ends where another one marked it
 * before. */
static ts_err_t
mark_next(ts_past_t *self)
{
    ts_held_segment_t segment;
    ts_err_t err =
        self->next == 0
            ? ts_custody_find(self->node->custody, &self->tips[self->walked].hash, &segment, NULL)
            : ts_custody_get(self->node->custody, self->next, &segment, NULL);
    if (err != TS_ERR_OK) {
        return err;
    }
    bool known = is_marked(self, segment.arrival);
    if (!known) {
        mark(self, segment.arrival);
    }
    self->next = known ? 0 : segment.prev_arrival;
    self->walked += self->next == 0 ? 1 : 0;
    return TS_ERR_OK;
}

static ts_err_t
begin_fold(ts_past_t *self)
{
    while (self->last > 0 && !is_marked(self, self->last)) {
        self->last--;
    }
    const ts_fold_past_query_t query = {
        .path = self->path, .segments = self->segments, .last = self->last};
    return ts_fold_past_begin(self->node->fold, &query, &self->fold);
}

/* Only what reading needs; nothing of it is owned. */
static ts_err_t
be_ready(ts_past_t *self)
{
    const ts_node_t *node = self->node;
    ts_node_t *then = &self->then;
    const ts_office_t *office = ts_catalog_office(ts_fold_catalog(self->fold), self->office);
    then->options = node->options;
    then->data_dir = node->data_dir;
    then->identity = node->identity;
    then->custody = node->custody;
    then->ledger = ts_fold_past_ledger(self->fold);
    then->fold = self->fold;
    then->decoder = node->decoder;
    then->now = node->now;
    then->wall = self->at;
    if (office == NULL) {
        return TS_ERR_NOTFOUND;
    }
    then->identity.keys.office = office->number;
    then->identity.role = office->role;
    then->identity.unit = office->unit;
    then->identity.body = office->body;
    self->ready = true;
    return TS_ERR_OK;
}

ts_err_t
ts_past_step(ts_past_t *self, bool *ret_done)
{
    *ret_done = false;
    ts_err_t err = TS_ERR_OK;
    for (unsigned i = 0;
         err == TS_ERR_OK && self->walked < self->tip_count && i < SEGMENTS_PER_STEP; i++) {
        err = mark_next(self);
    }
    if (err != TS_ERR_OK || self->walked < self->tip_count) {
        return err;
    }
    if (self->fold == NULL) {
        return begin_fold(self);
    }
    bool done = false;
    err = ts_fold_past_slice(self->fold, EVENTS_PER_STEP, &done);
    if (err == TS_ERR_OK && done) {
        err = be_ready(self);
        *ret_done = err == TS_ERR_OK;
    }
    return err;
}

uint64_t
ts_past_done(const ts_past_t *self)
{
    ts_fold_state_t state = {0};
    if (self->fold != NULL) {
        ts_fold_state(self->fold, &state);
    }
    return state.arrival;
}

uint64_t
ts_past_total(const ts_past_t *self)
{
    return self->last;
}

ts_node_t *
ts_past_node(ts_past_t *self)
{
    TS_CHECK(self->ready);
    return &self->then;
}
