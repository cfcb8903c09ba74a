/* SPDX-License-Identifier: MPL-2.0 */
#include "base/xalloc.h"
#include "core/catalog_p.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <string.h>

static void
fill_unit(void *to, ts_record_id_t plan, const void *from)
{
    (void)plan;
    ts_unit_t *row = to;
    const Tiepsuc__V1__Unit *unit = from;
    row->code = ts_xstrdup(unit->code);
    row->name = ts_xstrdup(unit->name);
    row->type_name = ts_xstrdup(unit->type_name);
    row->aliases = ts_xstrdup(unit->aliases);
    row->level = (int)unit->level;
    row->parent = unit->parent_id;
    row->successor = unit->successor_id;
    row->from = unit->valid_from_on;
    row->to = unit->valid_to_on;
}

static void
fill_body(void *to, ts_record_id_t plan, const void *from)
{
    (void)plan;
    ts_body_t *row = to;
    const Tiepsuc__V1__Body *body = from;
    row->code = ts_xstrdup(body->code);
    row->name = ts_xstrdup(body->name);
    row->aliases = ts_xstrdup(body->aliases);
    row->level = (int)body->level;
    row->type = (int)body->type;
    row->unit = body->unit_id;
    row->parent = body->parent_id;
    row->successor = body->successor_id;
    row->from = body->valid_from_on;
    row->to = body->valid_to_on;
}

static void
copy_key(ts_hash_t *to, const ProtobufCBinaryData *from)
{
    if (from->len == TS_HASH_BYTES) {
        memcpy(to->b, from->data, TS_HASH_BYTES);
    }
}

static void
fill_office(void *to, ts_record_id_t plan, const void *from)
{
    (void)plan;
    ts_office_t *row = to;
    const Tiepsuc__V1__Office *office = from;
    row->number = office->number;
    row->name = ts_xstrdup(office->name);
    row->role = (int)office->role;
    row->unit = office->unit_id;
    row->body = office->body_id;
    row->parent_number = office->parent_number;
    row->predecessor_number = office->predecessor_number;
    copy_key(&row->invite_key, &office->invite_key);
    copy_key(&row->invite_curve_key, &office->invite_curve_key);
    copy_key(&row->gate_curve_key, &office->gate_curve_key);
    copy_key(&row->node_key, &office->node_key);
    copy_key(&row->node_curve_key, &office->node_curve_key);
    row->endpoints = ts_xstrdup(office->endpoints);
    row->topics = ts_xstrdup(office->topics);
    row->keeper = office->keeper != 0;
    row->from = office->valid_from_on;
    row->to = office->valid_to_on;
}

static void
fill_cutoff(void *to, ts_record_id_t plan, const void *from)
{
    (void)plan;
    ts_cutoff_row_t *row = to;
    const Tiepsuc__V1__Cutoff *cutoff = from;
    row->office = cutoff->office_id;
    row->serial = cutoff->registrar_serial;
    row->tips = ts_xcalloc(cutoff->n_tips, sizeof *row->tips);
    row->tip_count = cutoff->n_tips;
    for (size_t i = 0; i < cutoff->n_tips; i++) {
        copy_key(&row->tips[i].log, &cutoff->tips[i]->log_key);
        copy_key(&row->tips[i].hash, &cutoff->tips[i]->hash_key);
        row->tips[i].seq = cutoff->tips[i]->seq;
    }
}

static void
fill_release(void *to, ts_record_id_t plan, const void *from)
{
    (void)plan;
    ts_release_row_t *row = to;
    const Tiepsuc__V1__Release *release = from;
    row->events = ts_xmemdup(release->events, release->n_events * sizeof *row->events);
    row->event_count = release->n_events;
}

static void
fill_plan(void *to, ts_record_id_t unused, const void *from)
{
    (void)unused;
    ts_plan_t *row = to;
    const Tiepsuc__V1__Plan *plan = from;
    row->code = ts_xstrdup(plan->code);
    row->title = ts_xstrdup(plan->title);
    row->unit = plan->unit_id;
    row->lead_body = plan->lead_body_id;
    row->from_year = plan->valid_from_year;
    row->to_year = plan->valid_to_year;
}

static void
fill_scope(void *to, ts_record_id_t plan, const void *from)
{
    ts_scope_row_t *row = to;
    row->plan = plan;
    row->unit = ((const Tiepsuc__V1__Scope *)from)->unit_id;
}

static void
fill_line(void *to, ts_record_id_t plan, const void *from)
{
    ts_line_t *row = to;
    const Tiepsuc__V1__Line *line = from;
    row->plan = plan;
    row->code = ts_xstrdup(line->code);
    row->name = ts_xstrdup(line->name);
    row->unit_of_measure = ts_xstrdup(line->unit_of_measure);
    row->unit_name = ts_xstrdup(line->unit_name);
    row->common = (int)line->common;
    row->target_kind = (int)line->target_kind;
    row->order_no = line->order_no;
}

static void
fill_band(void *to, ts_record_id_t plan, const void *from)
{
    ts_band_t *row = to;
    const Tiepsuc__V1__Band *band = from;
    row->plan = plan;
    row->code = ts_xstrdup(band->code);
    row->name = ts_xstrdup(band->name);
    row->purpose = ts_xstrdup(band->purpose);
    row->from_month = band->from_month;
    row->to_month = band->to_month;
}

static void
fill_duty(void *to, ts_record_id_t plan, const void *from)
{
    ts_duty_t *row = to;
    const Tiepsuc__V1__Duty *duty = from;
    row->plan = plan;
    row->code = ts_xstrdup(duty->code);
    row->from_body = duty->from_body_id;
    row->to_body = duty->to_body_id;
    row->relation = (int)duty->relation;
    row->period_kind = (int)duty->period_kind;
    row->due_month = duty->due_month;
    row->due_day = duty->due_day;
}

static void
fill_period(void *to, ts_record_id_t plan, const void *from)
{
    ts_period_t *row = to;
    const Tiepsuc__V1__Period *period = from;
    row->plan = plan;
    row->code = ts_xstrdup(period->code);
    row->kind = (int)period->period_kind;
    row->year = period->year;
    row->data_from = period->data_from_on;
    row->cutoff = period->cutoff_on;
    row->due = period->due_on;
    row->grace = period->grace_on;
    row->lock = period->lock_on;
    bool stated = row->data_from != 0 && row->cutoff != 0;
    row->used_from = stated ? row->data_from : period->proposed_from_on;
    row->used_to = stated ? row->cutoff : period->proposed_to_on;
    row->proposed = !stated && row->used_from != 0;
}

static void
fill_target(void *to, ts_record_id_t plan, const void *from)
{
    ts_target_t *row = to;
    const Tiepsuc__V1__Target *target = from;
    row->plan = plan;
    row->code = ts_xstrdup(target->code);
    row->text = ts_xstrdup(target->text);
    row->measure = ts_xstrdup(target->measure);
    row->lines = ts_xstrdup(target->lines);
    row->bands = ts_xstrdup(target->bands);
    row->percent = target->percent;
}

static void
fill_fund(void *to, ts_record_id_t plan, const void *from)
{
    (void)plan;
    ((ts_fund_row_t *)to)->holder = ((const Tiepsuc__V1__Fund *)from)->holder_body_id;
}

const ts_row_kind_t ts_catalog_kinds[TS_CATALOG_KINDS] = {
    {TIEPSUC__V1__KIND__KIND_UNIT,
     sizeof(ts_unit_t),
     fill_unit,
     {offsetof(ts_unit_t, code), offsetof(ts_unit_t, name), offsetof(ts_unit_t, type_name),
      offsetof(ts_unit_t, aliases)},
     0},
    {TIEPSUC__V1__KIND__KIND_BODY,
     sizeof(ts_body_t),
     fill_body,
     {offsetof(ts_body_t, code), offsetof(ts_body_t, name), offsetof(ts_body_t, aliases)},
     0},
    {TIEPSUC__V1__KIND__KIND_OFFICE,
     sizeof(ts_office_t),
     fill_office,
     {offsetof(ts_office_t, name), offsetof(ts_office_t, endpoints), offsetof(ts_office_t, topics)},
     offsetof(ts_office_t, cut_tips)},
    {TIEPSUC__V1__KIND__KIND_CUTOFF,
     sizeof(ts_cutoff_row_t),
     fill_cutoff,
     {0},
     offsetof(ts_cutoff_row_t, tips)},
    {TIEPSUC__V1__KIND__KIND_RELEASE,
     sizeof(ts_release_row_t),
     fill_release,
     {0},
     offsetof(ts_release_row_t, events)},
    {TIEPSUC__V1__KIND__KIND_PLAN,
     sizeof(ts_plan_t),
     fill_plan,
     {offsetof(ts_plan_t, code), offsetof(ts_plan_t, title)},
     0},
    {TIEPSUC__V1__KIND__KIND_SCOPE, sizeof(ts_scope_row_t), fill_scope, {0}, 0},
    {TIEPSUC__V1__KIND__KIND_LINE,
     sizeof(ts_line_t),
     fill_line,
     {offsetof(ts_line_t, code), offsetof(ts_line_t, name), offsetof(ts_line_t, unit_of_measure),
      offsetof(ts_line_t, unit_name)},
     0},
    {TIEPSUC__V1__KIND__KIND_BAND,
     sizeof(ts_band_t),
     fill_band,
     {offsetof(ts_band_t, code), offsetof(ts_band_t, name), offsetof(ts_band_t, purpose)},
     0},
    {TIEPSUC__V1__KIND__KIND_DUTY, sizeof(ts_duty_t), fill_duty, {offsetof(ts_duty_t, code)}, 0},
    {TIEPSUC__V1__KIND__KIND_PERIOD,
     sizeof(ts_period_t),
     fill_period,
     {offsetof(ts_period_t, code)},
     0},
    {TIEPSUC__V1__KIND__KIND_TARGET,
     sizeof(ts_target_t),
     fill_target,
     {offsetof(ts_target_t, code), offsetof(ts_target_t, text), offsetof(ts_target_t, measure),
      offsetof(ts_target_t, lines), offsetof(ts_target_t, bands)},
     0},
    {TIEPSUC__V1__KIND__KIND_FUND, sizeof(ts_fund_row_t), fill_fund, {0}, 0},
};

_Static_assert(sizeof ts_catalog_kinds / sizeof ts_catalog_kinds[0] == TS_CATALOG_KINDS,
               "one row per kind");
