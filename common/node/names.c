/* SPDX-License-Identifier: MPL-2.0 */
#include "node/names.h"

#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "node/command.h"
#include "node/records.h"
#include "sheet/match.h"
#include "sheet/text.h"

#include <string.h>

#define ALIASES_MAX 32u
/* Funds of one office's ledger that are known by name. */
#define FUNDS_MAX 1000u

/* Candidates of one kind and the matcher over them. */
typedef struct name_list {
    uint32_t kind;
    ts_match_t *match;
    bool newest;  /* units: one version of each code, whatever the day */
    int32_t from; /* else: days for which the list holds, from … to - 1 */
    int32_t to;
} name_list_t;

#define LISTS_MAX 12u

struct ts_names {
    ts_node_t *node;
    ts_record_id_t plan;
    int32_t day;
    const char *district;
    name_list_t lists[LISTS_MAX];
    size_t count;
};

/* Items being gathered; texts are borrowed from the catalog, aliases are cut from copies. */
typedef struct gather {
    ts_match_item_t *items;
    size_t count;
    size_t capacity;
    char **owned; /* copies of alias texts */
    size_t owned_count;
    size_t owned_capacity;
    const char ***lists; /* alias lists */
    size_t list_count;
    size_t list_capacity;
} gather_t;

static const char *const *
cut_aliases(gather_t *gather, const char *aliases)
{
    if (aliases == NULL || aliases[0] == '\0') {
        return NULL;
    }
    char *copy = ts_xstrdup(aliases);
    gather->owned = ts_xgrow(gather->owned, gather->owned_count + 1, &gather->owned_capacity,
                             sizeof *gather->owned);
    gather->owned[gather->owned_count++] = copy;
    const char **list = ts_xcalloc(ALIASES_MAX + 1, sizeof *list);
    gather->lists = ts_xgrow(gather->lists, gather->list_count + 1, &gather->list_capacity,
                             sizeof *gather->lists);
    gather->lists[gather->list_count++] = list;
    size_t count = 0;
    for (char *at = copy; at != NULL && count < ALIASES_MAX;) {
        char *end = strchr(at, ';');
        if (end != NULL) {
            *end++ = '\0';
        }
        at += strspn(at, " ");
        if (*at != '\0') {
            list[count++] = at;
        }
        at = end;
    }
    return list;
}

static void
gather_item(gather_t *gather,
            ts_record_id_t id,
            const char *code,
            const char *name,
            const char *aliases,
            const char *parent)
{
    gather->items =
        ts_xgrow(gather->items, gather->count + 1, &gather->capacity, sizeof *gather->items);
    const char *shown = name != NULL && name[0] != '\0' ? name : code;
    gather->items[gather->count++] = (ts_match_item_t){.id = id,
                                                       .code = code,
                                                       .name = shown,
                                                       .aliases = cut_aliases(gather, aliases),
                                                       .parent = parent};
}

static void
gather_free(gather_t *gather)
{
    for (size_t i = 0; i < gather->owned_count; i++) {
        ts_xfree(gather->owned[i]);
    }
    for (size_t i = 0; i < gather->list_count; i++) {
        ts_xfree(gather->lists[i]);
    }
    ts_xfree(gather->owned);
    ts_xfree(gather->lists);
    ts_xfree(gather->items);
    *gather = (gather_t){0};
}

/* ---- lists of the kinds */

typedef void (*gather_fn)(ts_names_t *self, gather_t *gather, name_list_t *list);

static void
gather_unit(ts_names_t *self, gather_t *gather, const ts_unit_t *unit)
{
    const ts_unit_t *parent = ts_catalog_unit(ts_node_catalog(self->node), unit->parent);
    gather_item(gather, unit->id, unit->code, unit->name, unit->aliases,
                parent == NULL ? NULL : parent->name);
}

static bool
in_force(const ts_unit_t *unit, int32_t day)
{
    return (unit->from == 0 || unit->from <= day) && (unit->to == 0 || day < unit->to);
}

/* The units in force on the day, and how long before and after that list holds. */
static void
gather_units_on(ts_names_t *self, gather_t *gather, name_list_t *list)
{
    const ts_catalog_t *catalog = ts_node_catalog(self->node);
    int32_t day = self->day;
    size_t position = 0;
    const ts_unit_t *unit;
    list->from = INT32_MIN;
    list->to = INT32_MAX;
    while ((unit = ts_catalog_next(catalog, TS_KIND_UNIT, &position)) != NULL) {
        int32_t ends[2] = {unit->from, unit->to};
        for (size_t i = 0; i < 2; i++) {
            if (ends[i] != 0 && ends[i] <= day && ends[i] > list->from) {
                list->from = ends[i];
            } else if (ends[i] != 0 && ends[i] > day && ends[i] < list->to) {
                list->to = ends[i];
            }
        }
        if (in_force(unit, day)) {
            gather_unit(self, gather, unit);
        }
    }
}

/* Is `unit` the version of its code that is meant when no day is given: the one in force today,
 * else the newest? */
static bool
is_meant(const ts_catalog_t *catalog, const ts_unit_t *unit, int32_t today)
{
    size_t position = 0;
    const ts_unit_t *other;
    bool now = in_force(unit, today);
    while ((other = ts_catalog_next(catalog, TS_KIND_UNIT, &position)) != NULL) {
        if (other->id == unit->id || strcmp(other->code, unit->code) != 0) {
            continue;
        }
        bool other_now = in_force(other, today);
        bool newer =
            other->from > unit->from || (other->from == unit->from && other->id > unit->id);
        if ((other_now && !now) || (other_now == now && newer)) {
            return false;
        }
    }
    return true;
}

static void
gather_units_newest(ts_names_t *self, gather_t *gather, name_list_t *list)
{
    const ts_catalog_t *catalog = ts_node_catalog(self->node);
    int32_t today = ts_node_today(self->node);
    size_t position = 0;
    const ts_unit_t *unit;
    list->newest = true;
    while ((unit = ts_catalog_next(catalog, TS_KIND_UNIT, &position)) != NULL) {
        if (is_meant(catalog, unit, today)) {
            gather_unit(self, gather, unit);
        }
    }
}

static void
gather_units(ts_names_t *self, gather_t *gather, name_list_t *list)
{
    if (self->day == 0) {
        gather_units_newest(self, gather, list);
    } else {
        gather_units_on(self, gather, list);
    }
    if (gather->count == 0 && self->node->identity.unit != 0) {
        const char *code = ts_founding_unit_code(self->node);
        if (code[0] != '\0') {
            gather_item(gather, self->node->identity.unit, code, self->node->identity.name, NULL,
                        NULL);
        }
    }
}

static void
gather_bodies(ts_names_t *self, gather_t *gather, name_list_t *list)
{
    (void)list;
    size_t position = 0;
    const ts_body_t *body;
    while ((body = ts_catalog_next(ts_node_catalog(self->node), TS_KIND_BODY, &position)) != NULL) {
        gather_item(gather, body->id, body->code, body->name, body->aliases, NULL);
    }
}

static void
gather_plans(ts_names_t *self, gather_t *gather, name_list_t *list)
{
    (void)list;
    size_t position = 0;
    const ts_plan_t *plan;
    while ((plan = ts_catalog_next(ts_node_catalog(self->node), TS_KIND_PLAN, &position)) != NULL) {
        gather_item(gather, plan->id, plan->code, plan->title, NULL, NULL);
    }
}

static void
gather_lines(ts_names_t *self, gather_t *gather, name_list_t *list)
{
    (void)list;
    size_t position = 0;
    const ts_line_t *line;
    while ((line = ts_catalog_next(ts_node_catalog(self->node), TS_KIND_LINE, &position)) != NULL) {
        if (line->plan == self->plan) {
            gather_item(gather, line->id, line->code, line->name, NULL, NULL);
        }
    }
}

static void
gather_bands(ts_names_t *self, gather_t *gather, name_list_t *list)
{
    (void)list;
    size_t position = 0;
    const ts_band_t *band;
    while ((band = ts_catalog_next(ts_node_catalog(self->node), TS_KIND_BAND, &position)) != NULL) {
        if (band->plan == self->plan) {
            gather_item(gather, band->id, band->code, band->name, NULL, NULL);
        }
    }
}

static void
gather_periods(ts_names_t *self, gather_t *gather, name_list_t *list)
{
    (void)list;
    size_t position = 0;
    const ts_period_t *period;
    while ((period = ts_catalog_next(ts_node_catalog(self->node), TS_KIND_PERIOD, &position)) !=
           NULL) {
        if (period->plan == self->plan) {
            gather_item(gather, period->id, period->code, period->code, NULL, NULL);
        }
    }
}

static void
gather_duties(ts_names_t *self, gather_t *gather, name_list_t *list)
{
    (void)list;
    size_t position = 0;
    const ts_duty_t *duty;
    while ((duty = ts_catalog_next(ts_node_catalog(self->node), TS_KIND_DUTY, &position)) != NULL) {
        if (duty->plan == self->plan) {
            gather_item(gather, duty->id, duty->code, duty->code, NULL, NULL);
        }
    }
}

static const char *
cell_text(const ts_table_t *table, size_t row, const char *column)
{
    size_t at = ts_table_column(table, column);
    if (at == SIZE_MAX) {
        return NULL;
    }
    return ts_table_cell(table, row, at)->text;
}

static ts_record_id_t
cell_record(const ts_table_t *table, size_t row, const char *column)
{
    size_t at = ts_table_column(table, column);
    const ts_cell_t *cell = at == SIZE_MAX ? NULL : ts_table_cell(table, row, at);
    ts_record_id_t id = 0;
    if (cell == NULL) {
        return 0;
    }
    if (cell->kind == TS_CELL_NUMBER) {
        return (ts_record_id_t)cell->number;
    }
    return cell->text != NULL && ts_record_code_parse(cell->text, &id) == TS_ERR_OK ? id : 0;
}

/* Funds and donors have names only in the ledger's tables. */
static void
gather_named_records(ts_names_t *self, gather_t *gather, uint32_t kind, const char *code_column)
{
    ts_table_t table;
    ts_table_init(&table, "named");
    ts_list_query_t query = {.kind = kind, .limit = FUNDS_MAX};
    if (ts_ledger_list(self->node->ledger, &query, &table) == TS_ERR_OK) {
        for (size_t row = 0; row < ts_table_rows(&table); row++) {
            const char *code = code_column == NULL ? NULL : cell_text(&table, row, code_column);
            const char *name = cell_text(&table, row, "name");
            ts_record_id_t id = cell_record(&table, row, "record");
            if (id != 0 && (name != NULL || code != NULL)) {
                char *kept = ts_xstrdup(name == NULL ? code : name);
                char *kept_code = code == NULL ? NULL : ts_xstrdup(code);
                gather->owned = ts_xgrow(gather->owned, gather->owned_count + 2,
                                         &gather->owned_capacity, sizeof *gather->owned);
                gather->owned[gather->owned_count++] = kept;
                gather->owned[gather->owned_count++] = kept_code;
                gather_item(gather, id, kept_code, kept, NULL, NULL);
            }
        }
    }
    ts_table_free(&table);
}

static void
gather_funds(ts_names_t *self, gather_t *gather, name_list_t *list)
{
    (void)list;
    gather_named_records(self, gather, TS_KIND_FUND, "code");
}

static void
gather_donors(ts_names_t *self, gather_t *gather, name_list_t *list)
{
    (void)list;
    gather_named_records(self, gather, TS_KIND_DONOR, NULL);
}

static const struct {
    uint32_t kind;
    gather_fn gather;
    bool of_plan;
    const char *none; /* said when there is no candidate at all */
} gatherers[] = {
    {TS_KIND_UNIT, gather_units, false,
     N_("The list of units has not come yet: connect to the parent office once")},
    {TS_KIND_BODY, gather_bodies, false,
     N_("The list of bodies has not come yet: connect to the parent office once")},
    {TS_KIND_PLAN, gather_plans, false,
     N_("The plan has not come yet: connect to the parent office once")},
    {TS_KIND_LINE, gather_lines, true,
     N_("The plan's support lines are not known: name the plan, or connect once")},
    {TS_KIND_BAND, gather_bands, true,
     N_("The plan's age bands are not known: name the plan, or connect once")},
    {TS_KIND_PERIOD, gather_periods, true,
     N_("The plan's periods are not known: name the plan, or connect once")},
    {TS_KIND_DUTY, gather_duties, true,
     N_("The plan's duties are not known: name the plan, or connect once")},
    {TS_KIND_FUND, gather_funds, false, N_("No fund is known here: add one first (kind=fund)")},
    {TS_KIND_DONOR, gather_donors, false, N_("No donor is known here: add one first (kind=donor)")},
};
#define GATHERERS (sizeof gatherers / sizeof gatherers[0])

/* ---- the object */

ts_names_t *
ts_names_new(ts_node_t *node, ts_record_id_t plan)
{
    ts_names_t *self = ts_xcalloc(1, sizeof *self);
    self->node = node;
    self->plan = plan;
    return self;
}

void
ts_names_destroy(ts_names_t **self_p)
{
    ts_names_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->count; i++) {
        ts_match_destroy(&self->lists[i].match);
    }
    ts_xfree(self);
    *self_p = NULL;
}

static void
forget(ts_names_t *self, size_t index)
{
    ts_match_destroy(&self->lists[index].match);
    self->lists[index] = self->lists[--self->count];
}

void
ts_names_set_plan(ts_names_t *self, ts_record_id_t plan)
{
    if (plan != self->plan) {
        self->plan = plan;
        while (self->count > 0) {
            forget(self, self->count - 1);
        }
    }
}

void
ts_names_set_day(ts_names_t *self, int32_t day)
{
    self->day = day;
}

void
ts_names_set_district(ts_names_t *self, const char *district)
{
    self->district = district;
}

static bool
list_holds(const name_list_t *list, int32_t day)
{
    return list->newest ? day == 0 : day != 0 && day >= list->from && day < list->to;
}

/* The list of a kind; NULL when it is empty. */
static name_list_t *
list_of(ts_names_t *self, size_t gatherer)
{
    uint32_t kind = gatherers[gatherer].kind;
    for (size_t i = 0; i < self->count; i++) {
        name_list_t *list = &self->lists[i];
        if (list->kind != kind) {
            continue;
        }
        if (kind == TS_KIND_UNIT && !list_holds(list, self->day)) {
            forget(self, i);
            break;
        }
        return list;
    }
    gather_t gather = {0};
    name_list_t list = {.kind = kind, .to = INT32_MAX, .from = INT32_MIN};
    gatherers[gatherer].gather(self, &gather, &list);
    TS_CHECK(self->count < LISTS_MAX);
    name_list_t *kept = NULL;
    if (gather.count > 0) {
        list.match = ts_match_new(gather.items, gather.count);
        kept = &self->lists[self->count++];
        *kept = list;
    }
    gather_free(&gather);
    return kept;
}

/* A unit that is known, but not in force on the day: the reason is the date. */
static void
say_not_in_force(ts_names_t *self, const char *text, ts_msg_t *ret_why)
{
    int32_t day = self->day;
    ts_record_id_t id = 0;
    ts_msg_t why = {0};
    if (day == 0) {
        return;
    }
    self->day = 0;
    ts_err_t err = ts_names_find(self, TS_KIND_UNIT, text, &id, &why);
    self->day = day;
    const ts_unit_t *unit =
        err == TS_ERR_OK ? ts_catalog_unit(ts_node_catalog(self->node), id) : NULL;
    ts_msg_free(&why);
    if (unit != NULL) {
        char shown[TS_DATE_BYTES];
        ts_date_format_vi((ts_date_t){day}, shown, sizeof shown);
        ts_msg_make(ret_why, N_("“{1}” ({2}) was not in force on {3}"), unit->name, unit->code,
                    shown, NULL);
    }
}

/* A short code; NOTFOUND when the text is none, INVALID when the record is of another kind. */
static ts_err_t
find_by_code(
    ts_names_t *self, uint32_t kind, const char *text, ts_record_id_t *ret_id, ts_msg_t *ret_why)
{
    ts_record_id_t id = 0;
    ts_standing_t standing;
    if (ts_record_code_parse(text, &id) != TS_ERR_OK) {
        return TS_ERR_NOTFOUND;
    }
    ts_err_t err = ts_ledger_record(self->node->ledger, 0, id, &standing);
    if (err == TS_ERR_OK && kind != 0 && standing.kind != kind) {
        ts_msg_make(ret_why, N_("“{1}” is another kind of record: {2}, not {3}"), text, NULL);
        ts_records_arg_kind(ret_why, standing.kind);
        ts_records_arg_kind(ret_why, kind);
        return TS_ERR_INVALID;
    }
    if (err == TS_ERR_OK || err == TS_ERR_NOTFOUND) {
        *ret_id = id; /* one that is not known here may have been written elsewhere */
        return TS_ERR_OK;
    }
    return err;
}

ts_err_t
ts_names_find(
    ts_names_t *self, uint32_t kind, const char *text, ts_record_id_t *ret_id, ts_msg_t *ret_why)
{
    for (size_t i = 0; i < GATHERERS; i++) {
        if (gatherers[i].kind != kind) {
            continue;
        }
        name_list_t *list = list_of(self, i);
        ts_match_found_t found;
        ts_err_t err = TS_ERR_NOTFOUND;
        if (list == NULL) {
            ts_msg_make(ret_why, gatherers[i].none, NULL);
        } else {
            err = ts_match_find(list->match, text, kind == TS_KIND_UNIT ? self->district : NULL,
                                &found, ret_why);
        }
        if (err == TS_ERR_OK) {
            *ret_id = found.id;
        } else if (err == TS_ERR_NOTFOUND) {
            err = find_by_code(self, kind, text, ret_id, ret_why);
            if (err == TS_ERR_OK) {
                ts_msg_free(ret_why);
            } else if (err == TS_ERR_NOTFOUND && kind == TS_KIND_UNIT && list != NULL) {
                say_not_in_force(self, text, ret_why);
            }
        }
        return err;
    }
    ts_err_t err = find_by_code(self, kind, text, ret_id, ret_why);
    if (err == TS_ERR_NOTFOUND && ret_why->id == NULL) {
        ts_msg_make(ret_why,
                    N_("“{1}” is no short code, or a character of it was misread: the last one "
                       "checks the others"),
                    text, NULL);
    }
    return err;
}

ts_node_t *
ts_names_node(ts_names_t *self)
{
    return self->node;
}

const char *
ts_names_label(const ts_node_t *node, uint32_t kind, ts_record_id_t id)
{
    const ts_catalog_t *catalog = ts_node_catalog(node);
    switch (kind) {
    case TS_KIND_UNIT: {
        const ts_unit_t *unit = ts_catalog_unit(catalog, id);
        return unit == NULL ? NULL : unit->name;
    }
    case TS_KIND_BODY: {
        const ts_body_t *body = ts_catalog_body(catalog, id);
        return body == NULL ? NULL : body->name;
    }
    case TS_KIND_PLAN: {
        const ts_plan_t *plan = ts_catalog_plan(catalog, id);
        return plan == NULL ? NULL : plan->code;
    }
    case TS_KIND_LINE: {
        const ts_line_t *line = ts_catalog_line(catalog, id);
        return line == NULL ? NULL : line->name;
    }
    case TS_KIND_BAND: {
        const ts_band_t *band = ts_catalog_band(catalog, id);
        return band == NULL ? NULL : band->name;
    }
    case TS_KIND_DUTY: {
        const ts_duty_t *duty = ts_catalog_duty(catalog, id);
        return duty == NULL ? NULL : duty->code;
    }
    case TS_KIND_PERIOD: {
        const ts_period_t *period = ts_catalog_period(catalog, id);
        return period == NULL ? NULL : period->code;
    }
    default:
        return NULL;
    }
}
