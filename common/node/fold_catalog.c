/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "core/kind.h"
#include "node/fold_p.h"

#include <string.h>

/* What of a catalog row verdicts (or figures) are made of. */
typedef struct mark {
    bool exists;
    uint64_t verdict;
    uint64_t figures;
    ts_record_id_t plan;
} mark_t;

/* Offices under their numbers, as the verdicts of their logs see them. No padding. */
typedef struct office_mark {
    uint64_t own;    /* of the office's own events */
    uint64_t family; /* of events of others that ask for it: unit, number, predecessor */
    uint64_t work;   /* of events of others that ask whether its body has an office */
    ts_record_id_t body;
} office_mark_t;

static uint64_t
add_word(uint64_t mark, uint64_t word)
{
    const uint64_t words[] = {mark, word};
    return ts_digest_of(words, 2).low;
}

static uint64_t
add_text(uint64_t mark, const char *text)
{
    for (; *text != '\0'; text++) {
        mark = (mark ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    }
    return add_word(mark, UINT64_C(0xff));
}

static uint64_t
add_hash(uint64_t mark, const ts_hash_t *hash)
{
    for (size_t i = 0; i < TS_HASH_BYTES; i += sizeof(uint64_t)) {
        mark = add_word(mark, ts_load_u64(hash->b + i));
    }
    return mark;
}

typedef void (*mark_fn)(const void *row, mark_t *mark);

static void
mark_unit(const void *row, mark_t *mark)
{
    const ts_unit_t *unit = row;
    mark->verdict = add_word(add_word(unit->parent, unit->successor),
                             (uint64_t)(uint32_t)unit->from << 32 | (uint32_t)unit->to);
}

static void
mark_body(const void *row, mark_t *mark)
{
    const ts_body_t *body = row;
    mark->verdict = add_word(body->parent, body->unit);
}

static void
mark_duty(const void *row, mark_t *mark)
{
    const ts_duty_t *duty = row;
    mark->verdict = add_word(add_word(duty->plan, duty->from_body), duty->to_body);
}

static void
mark_line(const void *row, mark_t *mark)
{
    const ts_line_t *line = row;
    mark->figures = add_text(add_text(line->plan, line->unit_of_measure), line->unit_name);
    mark->plan = line->plan;
}

static void
mark_band(const void *row, mark_t *mark)
{
    const ts_band_t *band = row;
    mark->figures = strcmp(band->purpose, "report") != 0
                        ? 0
                        : add_word(band->plan, (uint64_t)band->from_month << 32 | band->to_month);
    mark->plan = band->plan;
}

static void
mark_period(const void *row, mark_t *mark)
{
    const ts_period_t *period = row;
    mark->figures = period->used_from == 0
                        ? 0
                        : add_word(period->plan, (uint64_t)(uint32_t)period->used_from << 32 |
                                                     (uint32_t)period->used_to);
    mark->plan = period->plan;
}

static const struct {
    const char *kind;
    mark_fn mark;
    bool begins; /* figures change also when the first one comes */
} markers[] = {
    {"unit", mark_unit, false}, {"body", mark_body, false}, {"duty", mark_duty, false},
    {"line", mark_line, false}, {"band", mark_band, true},  {"period", mark_period, true},
};

static const void *
find_row(const ts_catalog_t *catalog, uint32_t kind, ts_record_id_t id)
{
    size_t position = 0;
    const void *row;
    while ((row = ts_catalog_next(catalog, kind, &position)) != NULL) {
        ts_record_id_t row_id;
        memcpy(&row_id, row, sizeof row_id);
        if (row_id == id) {
            return row;
        }
    }
    return NULL;
}

static mark_t
mark_of(const ts_folding_t *self, const char *name, uint32_t kind, ts_record_id_t id)
{
    mark_t mark = {0};
    if (strcmp(name, "fund") == 0) {
        mark.verdict = ts_catalog_fund_holder(self->catalog, id);
        mark.exists = mark.verdict != 0;
        return mark;
    }
    for (size_t i = 0; i < sizeof markers / sizeof markers[0]; i++) {
        if (strcmp(markers[i].kind, name) == 0) {
            const void *row = find_row(self->catalog, kind, id);
            mark.exists = row != NULL;
            if (row != NULL) {
                markers[i].mark(row, &mark);
            }
        }
    }
    return mark;
}

static bool
begins(const char *name)
{
    for (size_t i = 0; i < sizeof markers / sizeof markers[0]; i++) {
        if (strcmp(markers[i].kind, name) == 0) {
            return markers[i].begins;
        }
    }
    return false;
}

/* What parents wrote is asked again; of `body`, when it is not 0, also what those wrote whom it
 * belongs to. */
static ts_err_t
redo_above(ts_folding_t *self, ts_record_id_t body)
{
    const ts_body_t *of = ts_catalog_body(self->catalog, body);
    ts_record_id_t parent = of == NULL ? 0 : of->parent;
    ts_err_t err = TS_ERR_OK;
    size_t position = 0;
    const ts_office_t *office;
    while (err == TS_ERR_OK &&
           (office = ts_catalog_next(self->catalog, self->kinds.office, &position)) != NULL) {
        bool above = office->role == TS_OFFICE_PROVINCE || office->role == TS_OFFICE_DISTRICT;
        if (above || (parent != 0 && office->body == parent)) {
            err = ts_ledger_redo_office(self->ledger, office->number);
        }
    }
    return err;
}

/* Rows of fixed kinds: how what changed touches what is folded. */
static ts_err_t
touch(ts_folding_t *self, const char *name, const mark_t *before, const mark_t *after)
{
    ts_err_t err = TS_ERR_OK;
    /* A row that is new changes no verdict: what names it waits for it. Only a duty says something
     * of what does not name it: who receives a report. */
    if (before->exists && (!after->exists || before->verdict != after->verdict)) {
        err = ts_ledger_redo_all(self->ledger);
    } else if (after->exists && !before->exists && strcmp(name, "duty") == 0) {
        err = redo_above(self, 0);
    }
    bool figures = before->figures != after->figures || before->plan != after->plan;
    if (err == TS_ERR_OK && figures && (before->exists || begins(name))) {
        const ts_record_id_t plans[] = {before->plan, after->plan};
        for (size_t i = 0; err == TS_ERR_OK && i < 2; i++) {
            bool has = false;
            err = plans[i] == 0 ? TS_ERR_OK
                                : ts_ledger_plan_has_figures(self->ledger, plans[i], &has);
            self->rebuild_wanted = self->rebuild_wanted || has;
        }
    }
    return err;
}

/* ---- offices and cut-offs */

static uint64_t
mark_office(const ts_office_t *office)
{
    uint64_t mark = add_word(office->id, (uint64_t)office->role << 32 | office->number);
    mark = add_word(add_word(mark, office->unit), office->body);
    mark = add_hash(add_hash(mark, &office->invite_key), &office->node_key);
    mark = add_word(mark, office->cut_off ? 1 : 0);
    for (size_t i = 0; i < office->cut_tip_count; i++) {
        const ts_tip_t *tip = &office->cut_tips[i];
        mark = add_word(add_hash(add_hash(mark, &tip->log), &tip->hash), tip->seq);
    }
    return mark;
}

static uint64_t
mark_work(const ts_office_t *office)
{
    uint64_t mark = add_word(office->body, (uint64_t)office->role << 1 | (office->cut_off ? 1 : 0));
    return add_word(mark, (uint64_t)(uint32_t)office->from << 32 | (uint32_t)office->to);
}

/* number → marks of the office that counts under it. */
static ts_map_t *
mark_offices(const ts_catalog_t *catalog, uint32_t office_kind)
{
    ts_map_t *marks = ts_map_new(sizeof(uint32_t), sizeof(office_mark_t));
    size_t position = 0;
    const ts_office_t *row;
    while ((row = ts_catalog_next(catalog, office_kind, &position)) != NULL) {
        const ts_office_t *office = ts_catalog_office(catalog, row->number);
        office_mark_t *mark = ts_map_put(marks, &row->number);
        mark->own = mark_office(office);
        mark->family = add_word(add_word(office->unit, office->predecessor_number), office->number);
        mark->work = mark_work(office);
        mark->body = office->body;
    }
    return marks;
}

/* Does a verdict ask whether this body has an office? It holds a fund, or it sends or receives
 * reports. */
static bool
is_asked_for(const ts_catalog_t *catalog, ts_record_id_t body)
{
    size_t position = 0;
    const void *row;
    while ((row = ts_catalog_next(catalog, TS_KIND_FUND, &position)) != NULL) {
        ts_record_id_t fund;
        memcpy(&fund, row, sizeof fund);
        if (ts_catalog_fund_holder(catalog, fund) == body) {
            return true;
        }
    }
    position = 0;
    while ((row = ts_catalog_next(catalog, TS_KIND_DUTY, &position)) != NULL) {
        const ts_duty_t *duty = row;
        if (duty->from_body == body || duty->to_body == body) {
            return true;
        }
    }
    return false;
}

/* A body has an office now, or none any more: what others wrote in its place is asked again. */
static ts_err_t
touch_body(ts_folding_t *self, const office_mark_t *before, const office_mark_t *after)
{
    ts_err_t err = TS_ERR_OK;
    const office_mark_t *const marks[] = {before, after};
    for (size_t i = 0; err == TS_ERR_OK && i < 2; i++) {
        /* A new office ends only what stands. One that goes may let in what is parked, of which
         * the catalog knows nothing. */
        if (marks[i] != NULL && (before != NULL || is_asked_for(self->catalog, marks[i]->body))) {
            err = redo_above(self, marks[i]->body);
        }
    }
    return err;
}

static ts_err_t
touch_office(ts_folding_t *self,
             uint32_t number,
             const office_mark_t *before,
             const office_mark_t *after)
{
    if (before != NULL && (after == NULL || before->family != after->family)) {
        return ts_ledger_redo_all(self->ledger);
    }
    ts_err_t err = TS_ERR_OK;
    if (before == NULL) {
        err = ts_ledger_wake(self->ledger, self->kinds.office, number);
    } else if (before->own != after->own) {
        err = ts_ledger_redo_office(self->ledger, number);
    }
    if (err == TS_ERR_OK && (before == NULL || before->work != after->work)) {
        err = touch_body(self, before, after);
    }
    return err;
}

static ts_err_t
touch_offices(ts_folding_t *self, const ts_map_t *before, const ts_map_t *after)
{
    ts_err_t err = TS_ERR_OK;
    size_t position = 0;
    const uint32_t *number;
    void *value;
    while (err == TS_ERR_OK && (number = ts_map_next(after, &position, &value)) != NULL) {
        err = touch_office(self, *number, ts_map_get(before, number), value);
    }
    position = 0;
    while (err == TS_ERR_OK && (number = ts_map_next(before, &position, &value)) != NULL) {
        if (ts_map_get(after, number) == NULL) {
            err = touch_office(self, *number, value, NULL);
        }
    }
    return err;
}

/* ---- releases */

static ts_err_t
touch_release(ts_folding_t *self, const ts_kind_schema_t *kind, const void *record, bool existed)
{
    if (existed) {
        return ts_ledger_redo_all(self->ledger);
    }
    const ts_child_list_t *list = ts_schema_list(kind, "events");
    TS_CHECK(list != NULL);
    ts_err_t err = TS_ERR_OK;
    size_t rows = ts_child_count(list, record);
    for (size_t i = 0; err == TS_ERR_OK && i < rows; i++) {
        const void *row = ts_child_row(list, record, i);
        uint64_t event = (uint64_t)ts_field_get_number(&list->fields[0], row);
        err = ts_ledger_wake_event(self->ledger, event);
    }
    return err;
}

/* ---- a record of a catalog kind */

static void
put(ts_folding_t *self, const ts_catalog_row_t *row)
{
    if (row->record != NULL) {
        ts_catalog_put(self->catalog, row->kind, row->id, row->plan, row->record);
    } else {
        ts_catalog_remove(self->catalog, row->kind, row->id);
    }
}

static ts_err_t
put_office(ts_folding_t *self, const ts_catalog_row_t *row)
{
    ts_map_t *before = mark_offices(self->catalog, self->kinds.office);
    put(self, row);
    ts_map_t *after = mark_offices(self->catalog, self->kinds.office);
    ts_err_t err = touch_offices(self, before, after);
    ts_map_destroy(&before);
    ts_map_destroy(&after);
    return err;
}

ts_err_t
ts_folding_catalog(ts_folding_t *self, const ts_catalog_row_t *row)
{
    const ts_kind_schema_t *schema = ts_schema_kind(self->options->schema, row->kind);
    if (strcmp(schema->name, "office") == 0 || strcmp(schema->name, "cutoff") == 0) {
        uint32_t before = ts_catalog_registrar(self->catalog);
        ts_err_t err = put_office(self, row);
        /* Another registrar took over: what the earlier ones wrote is asked again. */
        bool taken_over = before != ts_catalog_registrar(self->catalog) ||
                          (row->record != NULL && strcmp(schema->name, "cutoff") == 0 &&
                           ((const Tiepsuc__V1__Cutoff *)row->record)->registrar_serial != 0);
        return err == TS_ERR_OK && taken_over ? ts_ledger_redo_all(self->ledger) : err;
    }
    if (strcmp(schema->name, "release") == 0) {
        bool existed = find_row(self->catalog, row->kind, row->id) != NULL;
        put(self, row);
        return row->record != NULL || existed ? touch_release(self, schema, row->record, existed)
                                              : TS_ERR_OK;
    }
    mark_t before = mark_of(self, schema->name, row->kind, row->id);
    put(self, row);
    mark_t after = mark_of(self, schema->name, row->kind, row->id);
    /* One that was withdrawn and stands again is a change like any other. */
    before.exists = before.exists || row->known;
    return touch(self, schema->name, &before, &after);
}

static ts_err_t
load_kind(ts_folding_t *self, uint32_t kind)
{
    ts_standing_t standing = {0};
    for (;;) {
        ts_err_t err = ts_ledger_row_next(self->ledger, kind, &standing);
        if (err != TS_ERR_OK) {
            return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
        }
        if (standing.is_void) {
            continue;
        }
        ts_reread_t event;
        err = ts_folding_reread(self, &standing.place, standing.event, &event);
        if (err != TS_ERR_OK) {
            return err;
        }
        ts_catalog_put(self->catalog, kind, standing.record, event.header.plan, event.record);
    }
}

ts_err_t
ts_folding_load_catalog(ts_folding_t *self)
{
    ts_catalog_destroy(&self->catalog);
    self->catalog = ts_catalog_new();
    ts_err_t err = TS_ERR_OK;
    const ts_schema_t *schema = self->options->schema;
    for (size_t i = 0; err == TS_ERR_OK && i < schema->count; i++) {
        if (ts_catalog_holds(schema->kinds[i].kind)) {
            err = load_kind(self, schema->kinds[i].kind);
        }
    }
    return err;
}
