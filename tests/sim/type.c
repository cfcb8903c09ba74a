/* SPDX-License-Identifier: MPL-2.0 */
/* What people type: needs, children, handovers, corrections at the communes; the same and
 * corrections of what came from below at the districts; gifts and allocations at the province. */
#include "core/kind.h"
#include "sim/sim_p.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- what the driver remembers */

static void
remember(sim_t *sim, size_t machine, uint32_t kind, uint32_t quantity)
{
    const ts_reply_t *reply = &sim->world->reply;
    const ts_table_t *saved = ts_reply_table(reply, "saved");
    sim_own_t *own = &sim->inside->own[machine];
    if (saved == NULL || ts_table_rows(saved) == 0) {
        return;
    }
    size_t at =
        own->record_count < SIM_RECORDS_MAX ? own->record_count++ : sim_below(sim, SIM_RECORDS_MAX);
    own->records[at] =
        (sim_record_t){(ts_record_id_t)ts_table_cell(saved, 0, 0)->number, kind, machine, quantity};
}

/* One of those that it made; NULL: none of this kind (0: of any). */
static const sim_record_t *
recall(sim_t *sim, size_t machine, uint32_t kind)
{
    const sim_own_t *own = &sim->inside->own[machine];
    if (own->record_count == 0) {
        return NULL;
    }
    uint32_t first = sim_below(sim, (uint32_t)own->record_count);
    for (size_t i = 0; i < own->record_count; i++) {
        const sim_record_t *record = &own->records[(first + i) % own->record_count];
        if (kind == 0 || record->kind == kind) {
            return record;
        }
    }
    return NULL;
}

static ts_command_t
copy_of(const ts_command_t *command)
{
    ts_command_t copy;
    ts_command_init(&copy, command->name);
    for (size_t i = 0; i < command->field_count; i++) {
        ts_command_add(&copy, command->fields[i].name, command->fields[i].value);
    }
    return copy;
}

static ts_err_t
tell(sim_t *sim, size_t machine, const char *name, ...)
{
    ts_command_t command;
    const char *field;
    va_list fields;
    ts_command_init(&command, name);
    va_start(fields, name);
    while ((field = va_arg(fields, const char *)) != NULL) {
        ts_command_add(&command, field, va_arg(fields, const char *));
    }
    va_end(fields);
    bool twice = strcmp(name, "add") == 0 && sim_fault(sim, SIM_FAULT_RETYPE);
    ts_command_t again = copy_of(&command);
    ts_err_t err = sim_command(sim, machine, &command);
    if (twice && err != TS_ERR_IO && sim_machine_alive(sim, machine)) {
        sim_tell(sim, machine, sim_fault_name(SIM_FAULT_RETYPE), "The same paper is typed again.");
        err = sim_command(sim, machine, &again);
    } else {
        ts_command_free(&again);
    }
    const char *kind = err == TS_ERR_OK ? "saved" : err == TS_ERR_IO ? "no answer" : "refused";
    sim_tell(sim, machine, NULL, "A clerk types “%s”: %s.", name, kind);
    return err;
}

/* A day of the last two weeks, as ISO text. */
static const char *
some_day(sim_t *sim, char out[16])
{
    ts_utc_t at = {sim_wall_ms(sim) - SIM_DAY * (int64_t)sim_below(sim, 14)};
    ts_date_format_iso(ts_utc_to_vietnam_date(at), out, 16);
    return out;
}

/* ---- at every office */

static void
type_need(sim_t *sim, size_t machine)
{
    char day[16];
    char month[16];
    char quantity[16];
    uint32_t count = sim_between(sim, 1, 5);
    uint32_t age = sim_below(sim, 120);
    (void)snprintf(quantity, sizeof quantity, "%u", (unsigned)count);
    (void)snprintf(month, sizeof month, "%02u/%u", (unsigned)(1 + age % 12),
                   (unsigned)(2006 + age / 12));
    if (tell(sim, machine, "add", "kind", "need", "plan", WORLD_PLAN, "line",
             sim_draw(sim, 700) ? "warm" : "exam", "quantity", quantity, "unit_of_measure", "bộ",
             "birth_month", month, "sex", sim_draw(sim, 500) ? "Nam" : "Nữ", "occurred_on",
             some_day(sim, day), "unit", sim->machines[machine].unit, NULL) == TS_ERR_OK) {
        remember(sim, machine, TS_KIND_NEED, count);
    }
}

static void
type_group_need(sim_t *sim, size_t machine)
{
    char day[16];
    char quantity[16];
    char heads[80];
    uint32_t count = sim_between(sim, 5, 60);
    (void)snprintf(quantity, sizeof quantity, "%u", (unsigned)count);
    (void)snprintf(heads, sizeof heads, "band=from6;sex=female;count=%u", (unsigned)count);
    if (tell(sim, machine, "add", "kind", "need", "plan", WORLD_PLAN, "line", "warm", "quantity",
             quantity, "unit_of_measure", "bộ", "heads", heads, "occurred_on", some_day(sim, day),
             "unit", sim->machines[machine].unit, NULL) == TS_ERR_OK) {
        remember(sim, machine, TS_KIND_NEED, count);
    }
}

static void
type_child(sim_t *sim, size_t machine)
{
    char year[16];
    (void)snprintf(year, sizeof year, "%u", (unsigned)sim_between(sim, 2006, 2016));
    if (tell(sim, machine, "add", "kind", "beneficiary", "unit", sim->machines[machine].unit,
             "birth_year", year, "birth_month", "4", "sex", "male", NULL) == TS_ERR_OK) {
        remember(sim, machine, TS_KIND_BENEFICIARY, 1);
    }
}

static void
type_handover(sim_t *sim, size_t machine)
{
    struct sim_inside *inside = sim->inside;
    char day[16];
    char paper[24];
    char code[TS_CODE_BYTES_MAX];
    const sim_record_t *child = recall(sim, machine, TS_KIND_BENEFICIARY);
    if (inside->allocation_count == 0) {
        type_need(sim, machine);
        return;
    }
    uint32_t at = sim_below(sim, (uint32_t)inside->allocation_count);
    ts_record_code_format(inside->allocations[at], code, sizeof code);
    /* Paper numbers come again now and then. */
    (void)snprintf(paper, sizeof paper, "BB-%u", (unsigned)sim_below(sim, 40));
    char whom[TS_CODE_BYTES_MAX] = "";
    if (child != NULL) {
        ts_record_code_format(child->id, whom, sizeof whom);
    }
    if (tell(sim, machine, "add", "kind", "handover", "plan", WORLD_PLAN, "line", "warm",
             "allocation", code, "unit", sim->machines[machine].unit,
             child == NULL ? "site" : "beneficiary_ids", child == NULL ? "Trường A" : whom, "items",
             "item=Áo khoác;quantity=1;unit_of_measure=bộ;value=350000", "paper_number", paper,
             "occurred_on", some_day(sim, day), "reason", "đã trao", NULL) == TS_ERR_OK) {
        remember(sim, machine, TS_KIND_HANDOVER, 1);
    }
}

static void
type_correction(sim_t *sim, size_t machine, const sim_record_t *record, bool again)
{
    char code[TS_CODE_BYTES_MAX];
    char quantity[16];
    if (record == NULL) {
        type_need(sim, machine);
        return;
    }
    ts_record_code_format(record->id, code, sizeof code);
    (void)snprintf(quantity, sizeof quantity, "%u", (unsigned)sim_between(sim, 1, 9));
    if (sim_draw(sim, 150)) {
        (void)tell(sim, machine, "void", "record", code, "reason", "nhập nhầm", NULL);
        return;
    }
    for (unsigned i = 0; i < (again ? 2 : 1); i++) {
        (void)tell(sim, machine, "revise", "record", code, "quantity", quantity, "reason",
                   i == 0 ? "đếm lại" : "đếm lại lần nữa", NULL);
        quantity[0] = (char)('1' + sim_below(sim, 9));
        if (!sim_machine_alive(sim, machine)) {
            return;
        }
    }
}

/* One of those of a neighbour in the tree: the parent corrects its child's, or the other way. */
static const sim_record_t *
anothers(sim_t *sim, size_t machine)
{
    uint32_t first = sim_below(sim, (uint32_t)sim->machine_count);
    for (size_t i = 0; i < sim->machine_count; i++) {
        size_t other = (first + i) % sim->machine_count;
        if (other != machine &&
            (sim->machines[other].parent == machine || sim->machines[other].twin_of == machine)) {
            const sim_record_t *record = recall(sim, other, TS_KIND_NEED);
            if (record != NULL) {
                return record;
            }
        }
    }
    return NULL;
}

/* ---- at the province */

static void
type_gift(sim_t *sim)
{
    struct sim_inside *inside = sim->inside;
    char day[16];
    (void)some_day(sim, day);
    switch (inside->gifts) {
    case 0:
        inside->gifts += tell(sim, 0, "add", "kind", "fund", "code", "quy-1", "name", "Quỹ thử",
                              "holder_body", "so-thu", NULL) == TS_ERR_OK;
        return;
    case 1:
        inside->gifts += tell(sim, 0, "add", "kind", "donor", "name", "Công ty Giả Định A", "class",
                              "enterprise", NULL) == TS_ERR_OK;
        return;
    case 2:
        inside->gifts += tell(sim, 0, "account_add", "number", "2", "role", "approver", "function",
                              "Trưởng phòng", NULL) == TS_ERR_OK;
        return;
    default:
        break;
    }
    if (sim_draw(sim, 300)) {
        (void)tell(sim, 0, "add", "kind", "pledge", "donor", "Công ty Giả Định A", "fund", "quy-1",
                   "occurred_on", day, "items", "item=VND;quantity=5000000;value=5000000", NULL);
        return;
    }
    (void)tell(sim, 0, "add", "kind", "receipt", "donor", "Công ty Giả Định A", "fund", "quy-1",
               "occurred_on", day, "items",
               "item=Áo khoác;quantity=50;unit_of_measure=bộ;value=17500000;valued_by=bên tặng",
               NULL);
}

static void
approve(sim_t *sim, ts_record_id_t record)
{
    char code[TS_CODE_BYTES_MAX];
    ts_command_t command;
    ts_record_code_format(record, code, sizeof code);
    ts_command_init(&command, "approve");
    ts_command_add(&command, "record", code);
    ts_command_add(&command, "decision", "approved");
    command.account = 2;
    (void)sim_command(sim, WORLD_PROVINCE, &command);
}

static void
type_allocation(sim_t *sim)
{
    struct sim_inside *inside = sim->inside;
    char day[16];
    char code[TS_CODE_BYTES_MAX];
    size_t machine = 1 + sim_below(sim, (uint32_t)sim->machine_count - 1);
    const sim_record_t *need = recall(sim, machine, TS_KIND_NEED);
    if (need == NULL || inside->gifts < 3) {
        type_gift(sim);
        return;
    }
    ts_record_code_format(need->id, code, sizeof code);
    if (tell(sim, 0, "add", "kind", "allocation", "fund", "quy-1", "need", code, "occurred_on",
             some_day(sim, day), "items",
             "item=Áo khoác;quantity=1;unit_of_measure=bộ;value=350000", NULL) != TS_ERR_OK) {
        return;
    }
    const ts_table_t *saved = ts_reply_table(&sim->world->reply, "saved");
    size_t at = inside->allocation_count < SIM_RECORDS_MAX ? inside->allocation_count++
                                                           : sim_below(sim, SIM_RECORDS_MAX);
    inside->allocations[at] = (ts_record_id_t)ts_table_cell(saved, 0, 0)->number;
    if (sim_draw(sim, 500) && sim_machine_alive(sim, WORLD_PROVINCE)) {
        approve(sim, inside->allocations[at]);
    }
}

static void
type_report(sim_t *sim, size_t machine)
{
    (void)tell(sim, machine, "report_seal", "period", "2019-year", NULL);
}

/* ---- */

void
sim_type(sim_t *sim, size_t machine)
{
    uint32_t drawn = sim_below(sim, 100);
    if (machine == WORLD_PROVINCE && drawn < 85) {
        if (drawn < 30 || sim->inside->gifts < 3) {
            type_gift(sim);
        } else {
            type_allocation(sim);
        }
    } else if (machine == WORLD_PROVINCE) {
        type_correction(sim, machine, anothers(sim, machine), false);
    } else if (drawn < 40) {
        type_need(sim, machine);
    } else if (drawn < 50) {
        type_group_need(sim, machine);
    } else if (drawn < 62) {
        type_child(sim, machine);
    } else if (drawn < 78) {
        type_handover(sim, machine);
    } else if (drawn < 96) {
        bool again = sim_fault(sim, SIM_FAULT_AGAIN);
        bool both = sim->machines[machine].role == SIM_DISTRICT && sim_fault(sim, SIM_FAULT_BOTH);
        const sim_record_t *record =
            both ? anothers(sim, machine) : recall(sim, machine, TS_KIND_NEED);
        type_correction(sim, machine, record, again);
    } else {
        type_report(sim, machine);
    }
}
