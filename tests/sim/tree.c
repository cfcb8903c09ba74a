/* SPDX-License-Identifier: MPL-2.0 */
/* The tree of a seed: how many offices, in two tiers or three, with a made-up plan for them;
 * founded and joined over good links. */
#include "base/xalloc.h"
#include "sim/sim_p.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOUND_MS_MAX (12 * SIM_HOUR)

/* Small trees mostly: bad luck needs few players, and many seeds. */
static void
draw_size(sim_t *sim)
{
    static const struct {
        uint32_t share; /* of a hundred seeds, up to here */
        uint32_t districts;
        uint32_t communes; /* of one district */
        uint32_t days_least;
        uint32_t days_most;
    } sizes[] = {
        {60, 2, 3, 60, 365}, {90, 4, 4, 60, 365}, {99, 8, 6, 30, 180}, {100, 20, 20, 20, 60}};
    struct sim_inside *inside = sim->inside;
    uint32_t drawn = sim_below(sim, 100);
    size_t i = 0;
    while (drawn >= sizes[i].share) {
        i++;
    }
    sim->two_tiers = sim_draw(sim, 300);
    uint32_t districts = sim_between(sim, 1, sizes[i].districts);
    uint32_t communes = sim_between(sim, districts, districts * sizes[i].communes);
    uint32_t days = sim_between(sim, sizes[i].days_least, sizes[i].days_most);
    if (sim->options.nodes_max > 0 && 1 + districts + communes > sim->options.nodes_max) {
        uint32_t rest = sim->options.nodes_max < 3 ? 2 : sim->options.nodes_max - 1;
        districts = districts < rest / 2 ? districts : rest / 2;
        communes = rest - districts;
    }
    inside->district_count = sim->two_tiers ? 0 : districts;
    inside->commune_count = communes;
    sim->options.days = sim->options.days == 0 ? days : sim->options.days;
}

/* ---- the plan */

static void put(ts_buf_t *out, const char *format, ...)
#if defined(__GNUC__) || defined(__clang__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

static void
put(ts_buf_t *out, const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    ts_buf_put_text(out, line);
}

static void
commune_code(const sim_t *sim, uint32_t index, char out[16])
{
    if (sim->two_tiers) {
        (void)snprintf(out, 16, "9%04u", (unsigned)index + 1);
    } else {
        uint32_t districts = sim->inside->district_count;
        (void)snprintf(out, 16, "9%02u%02u", (unsigned)(index % districts) + 1,
                       (unsigned)(index / districts) + 1);
    }
}

static void
put_commune(const sim_t *sim, uint32_t index, size_t merged, ts_buf_t *units, ts_buf_t *bodies)
{
    char code[16];
    char parent[16] = "90";
    char above[24] = "so-thu";
    char ended[48] = ",";
    commune_code(sim, index, code);
    if (!sim->two_tiers) {
        (void)snprintf(parent, sizeof parent, "%.3s", code);
        (void)snprintf(above, sizeof above, "huyen-%s", parent);
    }
    if (merged < sim->machine_count && strcmp(sim->machines[merged].unit, code) == 0) {
        char successor[16];
        commune_code(sim, index == 0 ? 1 : 0, successor);
        ts_date_t today = ts_utc_to_vietnam_date((ts_utc_t){sim_wall_ms(sim)});
        char text[16];
        ts_date_format_iso(today, text, sizeof text);
        (void)snprintf(ended, sizeof ended, "%s,%s", text, successor);
    }
    char row[200];
    (void)snprintf(row, sizeof row, "%s,%s,%s,commune,Xã %s,xã,,%s,,\n", code, code, parent, code,
                   ended);
    ts_buf_put_text(units, row);
    (void)snprintf(row, sizeof row, "xa-%s,UBND xã %s,,commune,%s,committee,%s,,,,,\n", code, code,
                   code, above);
    ts_buf_put_text(bodies, row);
}

void
sim_tree_plan(sim_t *sim, ts_command_t *command, size_t merged)
{
    static const char *const names[] = {"units.csv", "bodies.csv", "scope.csv", "duties.csv"};
    ts_buf_t tables[4] = {{0}, {0}, {0}, {0}};
    ts_buf_put_text(&tables[0],
                    "key,code,parent,level,name,kind,valid_from,valid_to,successor,aliases,note\n"
                    "90,90,,province,Tỉnh Thử,tỉnh,,,,,\n");
    ts_buf_put_text(&tables[1], "key,name,name_en,level,unit,kind,parent,valid_from,valid_to,"
                                "successor,aliases,note\n"
                                "so-thu,Sở Thử,,province,90,department,,,,,,\n");
    ts_buf_put_text(&tables[2], "key,plan,unit,area_grade,source,note\n");
    ts_buf_put_text(&tables[3], "key,from_body,to_body,relation,period_kind,due_rule,due_month,"
                                "due_day,article,note\n");
    for (uint32_t i = 0; i < sim->inside->district_count; i++) {
        char code[16];
        (void)snprintf(code, sizeof code, "9%02u", (unsigned)i + 1);
        put(&tables[0], "%s,%s,90,district,Huyện %s,huyện,,,,,\n", code, code, code);
        put(&tables[1], "huyen-%s,UBND huyện %s,,district,%s,committee,so-thu,,,,,\n", code, code,
            code);
        put(&tables[3], "%s,huyen-%s,so-thu,bao_cao,year,trước ngày 30/11 hàng năm,11,30,,\n", code,
            code);
    }
    for (uint32_t i = 0; i < sim->inside->commune_count; i++) {
        char code[16];
        commune_code(sim, i, code);
        put_commune(sim, i, merged, &tables[0], &tables[1]);
        put(&tables[2], "%s,%s,%s,,made up,\n", code, WORLD_PLAN, code);
        if (sim->two_tiers) {
            put(&tables[3], "%s,xa-%s,so-thu,bao_cao,year,trước ngày 30/11 hàng năm,11,30,,\n",
                code, code);
        }
    }
    static const char *const kept[] = {"plan.csv",       "lines.csv",    "bands.csv",
                                       "periods.csv",    "budget.csv",   "targets.csv",
                                       "activities.csv", "needscale.csv"};
    for (size_t i = 0; i < TS_COUNT(kept); i++) {
        world_plan_table(command, kept[i]);
    }
    for (size_t i = 0; i < TS_COUNT(names); i++) {
        ts_command_add_file(command, names[i], ts_buf_bytes(&tables[i]));
        ts_buf_free(&tables[i]);
    }
}

/* ---- founding */

size_t
sim_tree_add(sim_t *sim, size_t node, sim_role_t role, size_t parent)
{
    assert_true(node == sim->machine_count && node < SIM_MACHINES_MAX);
    sim->machine_count++;
    sim->machines[node] = (sim_machine_t){.role = role, .parent = parent, .twin_of = SIZE_MAX};
    sim->machines[node].office = sim->world->nodes[node].office;
    return node;
}

static void
start_first(sim_t *sim, size_t machine)
{
    sim_machine_start(sim, machine, SIM_START_FIRST);
    sim_machine_link(sim, machine, true);
}

static void
enrol(sim_t *sim, sim_role_t role, const char *unit, size_t parent)
{
    char body[24];
    (void)snprintf(body, sizeof body, "%s-%s", role == SIM_DISTRICT ? "huyen" : "xa", unit);
    size_t node =
        world_enrol(sim->world, role == SIM_DISTRICT ? "district" : "commune", unit, body, parent);
    sim_tree_add(sim, node, role, parent);
    (void)snprintf(sim->machines[node].unit, sizeof sim->machines[node].unit, "%s", unit);
    (void)snprintf(sim->machines[node].body, sizeof sim->machines[node].body, "%s", body);
}

static void
load_plan(sim_t *sim)
{
    ts_command_t command;
    ts_command_init(&command, "plan_load");
    sim_tree_plan(sim, &command, SIZE_MAX);
    if (sim_command(sim, WORLD_PROVINCE, &command) != TS_ERR_OK) {
        char *said = world_said(sim->world);
        sim_violation(sim, "founding", WORLD_PROVINCE, "plan: %s", said);
        ts_xfree(said);
    }
}

void
sim_tree_found(sim_t *sim)
{
    struct sim_inside *inside = sim->inside;
    inside->building = true;
    draw_size(sim);
    sim->world->rest_ms = sim_draw(sim, 200) ? 0 : 3600 * 1000;
    world_found_bare(sim->world);
    sim_tree_add(sim, WORLD_PROVINCE, SIM_PROVINCE, WORLD_PROVINCE);
    (void)snprintf(sim->machines[0].unit, sizeof sim->machines[0].unit, "90");
    (void)snprintf(sim->machines[0].body, sizeof sim->machines[0].body, "so-thu");
    sim->machines[0].power = SIM_ON;
    sim->machines[0].starts = 1;
    sim_hook_start(sim, WORLD_PROVINCE, SIM_START_FIRST, NULL);
    load_plan(sim);
    for (uint32_t i = 0; i < inside->district_count && !sim->violated; i++) {
        char code[16];
        (void)snprintf(code, sizeof code, "9%02u", (unsigned)i + 1);
        enrol(sim, SIM_DISTRICT, code, WORLD_PROVINCE);
        start_first(sim, sim->machine_count - 1);
    }
    for (uint32_t i = 0; i < inside->commune_count && !sim->violated; i++) {
        char code[16];
        commune_code(sim, i, code);
        enrol(sim, SIM_COMMUNE, code,
              sim->two_tiers ? WORLD_PROVINCE : 1 + i % inside->district_count);
        start_first(sim, sim->machine_count - 1);
    }
    sim_drive_home(sim);
    inside->building = false;
}
