/* SPDX-License-Identifier: MPL-2.0 */
/* S6, S7, S10, S13, S14: what the ledgers and the status say, against what the events are. */
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/hash.h"
#include "node/states.h"
#include "sim/check_p.h"

#include <inttypes.h>
#include <string.h>

enum { HISTORY_MAX = 64, SHOWN_MAX = 24 };

/* ---- S6 */

/* Additive hash of the events that can matter for the records of a unit: all of its office's upward
 * logs, what others wrote about it, registry and plans. */
static ts_hash_t
set_about(const check_t *self, size_t machine, uint32_t office, ts_record_id_t unit)
{
    const model_t *model = self->model;
    const model_machine_t *store = &model->machines[machine];
    ts_hash_t sum = {{0}};
    for (size_t i = 0; i < store->held_count; i++) {
        const model_segment_t *segment = &model->segments[store->held[i]];
        const ts_log_info_t *log = &model->logs[segment->log].info;
        bool plans = log->purpose == TS_PURPOSE_DOWN && log->audience == TS_AUDIENCE_DOWN_ALL;
        bool own = log->audience == TS_AUDIENCE_UP && log->office == office;
        if (own || plans || log->purpose == TS_PURPOSE_REGISTRY) {
            model_sum(&sum, &segment->sum);
            continue;
        }
        for (size_t j = 0; log->audience == TS_AUDIENCE_UP && j < segment->event_count; j++) {
            const model_event_t *event = &model->events[segment->events[j]];
            if (event->unit == unit) {
                model_sum(&sum, &event->id);
            }
        }
    }
    return sum;
}

void
check_s6(check_t *self, size_t machine)
{
    size_t above = self->sim->machines[machine].parent;
    if (machine == 0 || self->sim->machines[machine].role != SIM_COMMUNE ||
        !check_at_rest(self, machine) || !check_at_rest(self, above) ||
        self->model->machines[machine].tail_count > 0) {
        return;
    }
    const sim_machine_t *row = &self->sim->machines[machine];
    const ts_unit_t *unit =
        ts_catalog_unit_coded(ts_node_catalog(sim_node(self->sim, machine)), row->unit, 0);
    if (unit == NULL) {
        return;
    }
    ts_hash_t mine = set_about(self, machine, row->office, unit->id);
    ts_hash_t theirs = set_about(self, above, row->office, unit->id);
    ts_digest_t one = {0};
    ts_digest_t other = {0};
    if (!ts_hash_equal(&mine, &theirs) ||
        ts_ledger_digest(sim_node(self->sim, machine)->ledger, unit->id, TS_AUDIENCE_UP, &one) !=
            TS_ERR_OK ||
        ts_ledger_digest(sim_node(self->sim, above)->ledger, unit->id, TS_AUDIENCE_UP, &other) !=
            TS_ERR_OK) {
        return;
    }
    if (one.low != other.low || one.high != other.high || one.events != other.events) {
        check_broken(self, machine,
                     "the same events of unit %s make %" PRIu64 " standing ones here and %" PRIu64
                     " at its parent",
                     row->unit, one.events, other.events);
    }
}

/* ---- S7 */

/* Prefixes of the events that a ledger parked; what waits for another record too. */
static ts_map_t *
parked_at(ts_node_t *node, bool waiting)
{
    ts_map_t *parked = ts_map_new(sizeof(uint64_t), 0);
    ts_parked_t row = {.id = 0};
    while (ts_ledger_parked_next(node->ledger, row.id, &row, NULL) == TS_ERR_OK) {
        if (waiting || row.reason != TS_PARK_WAITING) {
            (void)ts_map_put(parked, &row.event);
        }
    }
    return parked;
}

static void
add_cell(void *context, const ts_cell_key_t *key, int64_t value)
{
    (void)key;
    *(int64_t *)context += value;
}

void
check_s7(check_t *self, size_t machine)
{
    if (!check_at_rest(self, machine)) {
        return;
    }
    ts_node_t *node = sim_node(self->sim, machine);
    ts_map_t *parked = parked_at(node, true);
    model_figures_t right = model_needs(self->model, machine, parked);
    ts_map_destroy(&parked);
    ts_cell_query_t cells = {.measure = TS_MEASURE_NEED_QUANTITY};
    ts_list_query_t list = {.kind = TS_KIND_NEED, .limit = 1};
    int64_t quantity = 0;
    uint64_t records = 0;
    uint64_t all = 0;
    bool read = ts_ledger_cells(node->ledger, &cells, add_cell, &quantity) == TS_ERR_OK &&
                ts_ledger_list_count(node->ledger, &list, &records) == TS_ERR_OK;
    list.with_void = true;
    read = read && ts_ledger_list_count(node->ledger, &list, &all) == TS_ERR_OK;
    if (read && (quantity != right.quantity || records != right.records || all != right.all)) {
        check_broken(self, machine,
                     "needs: %" PRIu64 " of %" PRIu64 " with quantity %" PRId64
                     " by the ledger, %" PRIu64 " of %" PRIu64 " with %" PRId64 " by the events",
                     records, all, quantity, right.records, right.all, right.quantity);
    }
}

/* ---- S10 */

static bool
is_accepted(ts_node_t *node, const model_event_t *event)
{
    ts_history_t history[HISTORY_MAX];
    size_t count = 0;
    uint64_t prefix = ts_hash_prefix(&event->id);
    if (ts_ledger_history(node->ledger, event->kind, event->record, history, HISTORY_MAX, &count) !=
        TS_ERR_OK) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (history[i].event == prefix) {
            return true;
        }
    }
    return false;
}

/* What the registry that this machine holds says of one office. */
typedef struct judged {
    ts_record_id_t record;
    ts_hash_t bound; /* zero: no key yet */
    const model_naming_t *cut;
    size_t cuts; /* more than one: not judged here */
    ts_map_t *released;
} judged_t;

typedef void (*event_fn)(void *context, const model_event_t *event);

static void
each_registry_event(const check_t *self, size_t machine, event_fn seen, void *context)
{
    const model_machine_t *store = &self->model->machines[machine];
    for (size_t i = 0; i < store->held_count; i++) {
        const model_segment_t *segment = &self->model->segments[store->held[i]];
        bool registry = self->model->logs[segment->log].info.purpose == TS_PURPOSE_REGISTRY;
        for (size_t j = 0; registry && j < segment->event_count; j++) {
            const model_event_t *event = &self->model->events[segment->events[j]];
            if (event->naming != NULL) {
                seen(context, event);
            }
        }
    }
}

typedef struct offices {
    ts_map_t *by_number; /* number → judged_t */
    ts_map_t *released;  /* prefix → nothing */
} offices_t;

static void
note_office(void *context, const model_event_t *event)
{
    offices_t *offices = context;
    if (event->kind == TS_KIND_OFFICE) {
        judged_t *row = ts_map_put(offices->by_number, &event->naming->number);
        row->record = event->record;
        row->bound =
            ts_hash_is_zero(&event->naming->node_key) ? row->bound : event->naming->node_key;
    } else if (event->kind == TS_KIND_RELEASE) {
        for (size_t i = 0; i < event->naming->event_count; i++) {
            (void)ts_map_put(offices->released, &event->naming->events[i]);
        }
    }
}

static void
note_cut(void *context, const model_event_t *event)
{
    offices_t *offices = context;
    size_t position = 0;
    void *row;
    while (event->kind == TS_KIND_CUTOFF &&
           ts_map_next(offices->by_number, &position, &row) != NULL) {
        judged_t *office = row;
        if (office->record == event->naming->office) {
            office->cut = event->naming;
            office->cuts++;
        }
    }
}

/* May events of this segment count? */
static bool
may_count(const check_t *self, const judged_t *office, const model_segment_t *segment)
{
    const ts_log_info_t *log = &self->model->logs[segment->log].info;
    if (!ts_hash_is_zero(&office->bound) && log->purpose != TS_PURPOSE_REGISTRY &&
        !ts_hash_equal(&office->bound, &log->node_key)) {
        return false;
    }
    if (office->cuts != 1) {
        return true;
    }
    for (size_t i = 0; i < office->cut->tip_count; i++) {
        const ts_tip_t *tip = &office->cut->tips[i];
        if (ts_hash_equal(&tip->log, &log->log)) {
            return segment->first_seq <= tip->seq; /* part of it at least */
        }
    }
    return false;
}

void
check_s10(check_t *self, size_t machine)
{
    ts_node_t *node = check_node(self, machine);
    if (!check_at_rest(self, machine)) {
        return;
    }
    offices_t offices = {ts_map_new(sizeof(uint32_t), sizeof(judged_t)),
                         ts_map_new(sizeof(uint64_t), 0)};
    each_registry_event(self, machine, note_office, &offices);
    each_registry_event(self, machine, note_cut, &offices);
    const model_machine_t *store = &self->model->machines[machine];
    for (size_t i = 0; i < store->held_count; i++) {
        const model_segment_t *segment = &self->model->segments[store->held[i]];
        uint32_t number = self->model->logs[segment->log].info.office;
        const judged_t *office = ts_map_get(offices.by_number, &number);
        if (office == NULL || may_count(self, office, segment)) {
            continue;
        }
        for (size_t j = 0; j < segment->event_count; j++) {
            const model_event_t *event = &self->model->events[segment->events[j]];
            uint64_t prefix = ts_hash_prefix(&event->id);
            if (event->readable && event->segment_count == 1 &&
                ts_map_get(offices.released, &prefix) == NULL && is_accepted(node, event)) {
                check_broken(self, machine,
                             "event %016" PRIx64 " of office %u counts, although the office was "
                             "cut off before it or never had that key",
                             prefix, (unsigned)number);
            }
        }
    }
    ts_map_destroy(&offices.by_number);
    ts_map_destroy(&offices.released);
}

bool
check_is_bound(const check_t *self, size_t machine)
{
    offices_t offices = {ts_map_new(sizeof(uint32_t), sizeof(judged_t)),
                         ts_map_new(sizeof(uint64_t), 0)};
    each_registry_event(self, 0, note_office, &offices);
    const judged_t *office = ts_map_get(offices.by_number, &self->sim->machines[machine].office);
    const ts_node_t *node = check_node(self, machine);
    bool bound = office != NULL && node != NULL &&
                 ts_hash_equal(&office->bound, &node->identity.keys.sign_public);
    ts_map_destroy(&offices.by_number);
    ts_map_destroy(&offices.released);
    return bound;
}

/* ---- S13 */

/* What the province parked of an office, the office has parked too. */
static void
compare_parked(check_t *self, size_t machine)
{
    uint32_t office = self->sim->machines[machine].office;
    ts_node_t *root = check_node(self, 0);
    ts_map_t *mine = parked_at(check_node(self, machine), false);
    ts_parked_t row = {.id = 0};
    while (ts_ledger_parked_next(root->ledger, row.id, &row, NULL) == TS_ERR_OK) {
        if (row.office == office && row.reason != TS_PARK_WAITING &&
            ts_map_get(mine, &row.event) == NULL) {
            check_broken(self, machine,
                         "the province parked its event %016" PRIx64 " (%s); here it is not shown",
                         row.event, ts_park_str(row.reason));
        }
    }
    ts_map_destroy(&mine);
}

static void
compare_forks(check_t *self, size_t machine)
{
    const model_t *model = self->model;
    for (size_t i = 0; i < model->log_count; i++) {
        ts_log_info_t there = {.office = 0};
        ts_log_info_t here = {.office = 0};
        const ts_log_info_t *log = &model->logs[i].info;
        if (log->office != self->sim->machines[machine].office ||
            ts_custody_log(check_node(self, 0)->custody, &log->log, &there) != TS_ERR_OK ||
            !there.forked ||
            ts_custody_log(check_node(self, machine)->custody, &log->log, &here) != TS_ERR_OK) {
            continue;
        }
        if (!here.forked) {
            check_broken(self, machine,
                         "the province knows that a log of it is forked, it does not");
        }
    }
}

void
check_s13(check_t *self, size_t machine)
{
    const check_machine_t *mine = check_machine(self, machine);
    if (mine->rejects > mine->told) {
        check_broken(self, machine, "%" PRIu64 " refusals reached it, it noted %" PRIu64,
                     mine->rejects, mine->told);
    }
    if (self->sim->phase == SIM_OVER && machine != 0 && check_counts(self, machine) &&
        check_at_rest(self, machine) && check_at_rest(self, 0)) {
        compare_parked(self, machine);
        compare_forks(self, machine);
    }
}

/* ---- S14 */

typedef struct counted {
    uint64_t tail;
    uint64_t sealed;
} counted_t;

/* Entries in own logs by the bytes that were read; whose a log is only the store knows. */
static counted_t
count_own(const check_t *self, size_t machine, ts_custody_t *custody)
{
    const model_t *model = self->model;
    const model_machine_t *store = &model->machines[machine];
    counted_t counted = {0, 0};
    for (size_t i = 0; i < store->held_count; i++) {
        const model_segment_t *segment = &model->segments[store->held[i]];
        const ts_log_info_t *log = &model->logs[segment->log].info;
        ts_own_t own = TS_OWN_NOT;
        if (log->office == self->sim->machines[machine].office &&
            log->purpose != TS_PURPOSE_HOLDINGS &&
            ts_custody_log_own(custody, &log->log, &own) == TS_ERR_OK && own != TS_OWN_NOT) {
            counted.sealed +=
                segment->last_seq - segment->first_seq + (segment->prev != MODEL_NONE);
        }
    }
    for (size_t i = 0; i < store->tail_count; i++) {
        size_t log = model->events[store->tail[i]].log;
        counted.tail += log == MODEL_NONE || model->logs[log].info.purpose != TS_PURPOSE_HOLDINGS;
    }
    return counted;
}

static void
judge_held(check_t *self, size_t machine, const ts_id16_t *above, const char *word)
{
    /* Gone since: reading was what the fault of its disk waited for. */
    const ts_node_t *node = check_node(self, machine);
    ts_custody_t *custody = node == NULL ? NULL : node->custody;
    const model_t *model = self->model;
    for (size_t i = 0; custody != NULL && i < model->log_count && !ts_id16_is_zero(above); i++) {
        const ts_log_info_t *log = &model->logs[i].info;
        uint64_t seq = 0;
        if (log->office == self->sim->machines[machine].office &&
            ts_custody_held_seq(custody, above, &log->log, &seq) == TS_ERR_OK && seq > 0 &&
            seq > model_head(model, above, &log->log)) {
            check_broken(self, machine,
                         "it shows %" PRIu64 " entries of a log as %s; only %" PRIu64
                         " were ever confirmed",
                         seq, word, model_head(model, above, &log->log));
        }
    }
}

/* What people are shown beside an entry, against where its bytes are. */
static void
judge_shown(check_t *self, size_t machine)
{
    const model_machine_t *store = &self->model->machines[machine];
    const sim_machine_t *root = &self->sim->machines[0];
    size_t least = store->held_count > SHOWN_MAX ? store->held_count - SHOWN_MAX : 0;
    for (size_t i = store->held_count; i > least && machine != 0; i--) {
        const model_segment_t *segment = &self->model->segments[store->held[i - 1]];
        ts_place_t place = {.arrival = i};
        ts_event_state_t state = TS_STATE_SAVED;
        ts_node_t *node = check_node(self, machine);
        if (node == NULL || segment->author != machine || segment->event_count == 0 ||
            ts_state_of(node, &place, &state) != TS_ERR_OK) {
            continue;
        }
        bool there = model_holds(self->model, 0, store->held[i - 1]) || root->rolled_back ||
                     root->disk_lied || check_node(self, 0) == NULL;
        if (state == TS_STATE_ANCHORED && !there) {
            check_broken(self, machine,
                         "entries are shown as anchored and the province lacks them");
        }
        if (state == TS_STATE_HELD && segment->holders < 2 && segment->losses == 0) {
            check_broken(self, machine, "entries are shown as held and nobody else has them");
        }
    }
}

void
check_s14(check_t *self, size_t machine)
{
    const ts_node_t *node = check_node(self, machine);
    ts_custody_status_t status;
    if (ts_custody_status(node->custody, &node->parent_store, &status) != TS_ERR_OK) {
        return;
    }
    counted_t right = count_own(self, machine, node->custody);
    if (status.tail_events != right.tail || status.sealed_events != right.sealed) {
        check_broken(self, machine,
                     "status says %" PRIu64 " unsealed and %" PRIu64 " sealed, there are %" PRIu64
                     " and %" PRIu64,
                     status.tail_events, status.sealed_events, right.tail, right.sealed);
    }
    judge_held(self, machine, &node->parent_store, "held");
    judge_held(self, machine, &node->root_store, "anchored");
    judge_shown(self, machine);
}
