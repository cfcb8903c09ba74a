/* SPDX-License-Identifier: MPL-2.0 */
/* The engine is not needed: its few functions that the checks call stand here. */
#include "sim/check_bench.h"

#include "base/xalloc.h"
#include "core/kind.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ts_node_t *
sim_node(const sim_t *sim, size_t machine)
{
    return sim->world->nodes[machine].node;
}

const char *
sim_name(const sim_t *sim, size_t machine)
{
    (void)sim;
    (void)machine;
    return "machine";
}

void
sim_violation(sim_t *sim, const char *name, size_t node, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!sim->violated) {
        sim->violated = true;
        (void)snprintf(sim->violation, sizeof sim->violation, "%s %zu: %s", name, node, text);
    }
}

static void
sent(void *context,
     world_t *world,
     uint64_t connection,
     bool upward,
     ts_buf_t *frame,
     world_way_t *way)
{
    bench_t *bench = context;
    ts_sync_msg_t msg;
    size_t child = 0;
    size_t parent = 0;
    (void)way;
    if (!world_ends(world, connection, &child, &parent) ||
        ts_sync_decode(bench->decoder, ts_buf_bytes(frame), &msg) != TS_ERR_OK) {
        return;
    }
    sim_frame_t seen = {SIM_SENT,
                        upward ? child : parent,
                        upward ? parent : child,
                        child,
                        upward,
                        true,
                        connection,
                        ts_buf_bytes(frame),
                        &msg};
    bench->hooks.on_frame(bench->hooks.context, &bench->sim, &seen);
}

/* One step in which all were touched. */
void
bench_step(bench_t *bench, sim_step_kind_t kind)
{
    bench->sim.touched_count = MACHINES;
    for (size_t i = 0; i < MACHINES; i++) {
        bench->touched_list[i] = i;
    }
    bench->sim.step++;
    bench->hooks.after_step(bench->hooks.context, &bench->sim, kind);
}

void
bench_enter(bench_t *bench, sim_phase_t phase)
{
    bench->sim.phase = phase;
    bench_step(bench, SIM_STEP_PHASE);
}

void
bench_settle(bench_t *bench)
{
    world_run(bench->world, 2 * TS_NODE_HOLDING_MS);
    world_settle(bench->world);
    bench_step(bench, SIM_STEP_TIME);
}

void
bench_assert_well(bench_t *bench)
{
    if (bench->sim.violated) {
        print_error("%s\n", bench->sim.violation);
    }
    assert_false(bench->sim.violated);
}

void
bench_assert_broken(bench_t *bench, const char *name)
{
    size_t length = strlen(name);
    if (!bench->sim.violated || strncmp(bench->sim.violation, name, length) != 0 ||
        bench->sim.violation[length] != ' ') {
        print_error("expected %s, found: %s\n", name, bench->sim.violation);
        fail();
    }
}

void
bench_ask(bench_t *bench, const char *name, size_t machine)
{
    size_t count = 0;
    const check_row_t *rows = check_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            bench->check->figure = i;
            rows[i].judge(bench->check, machine);
            return;
        }
    }
    fail();
}

int
bench_setup(void **state)
{
    bench_t *bench = ts_xcalloc(1, sizeof *bench);
    *state = bench;
    world_t *world = world_new(7);
    bench->world = world;
    bench->decoder = ts_sync_decoder_new();
    bench->sim.world = world;
    bench->sim.machines = bench->machines;
    bench->sim.touched = bench->touched;
    bench->sim.touched_list = bench->touched_list;
    bench->hooks = sim_check_hooks(&bench->sim);
    bench->check = bench->hooks.context;
    world_found(world);
    assert_int_equal(world_enrol(world, "district", "901", "huyen-mot", WORLD_PROVINCE), DISTRICT);
    assert_int_equal(world_enrol(world, "commune", "90101", "xa-an", DISTRICT), COMMUNE);
    assert_true(world_start(world, DISTRICT));
    assert_true(world_start(world, COMMUNE));
    bench->sim.machine_count = MACHINES;
    for (size_t i = 0; i < MACHINES; i++) {
        sim_machine_t *row = &bench->machines[i];
        *row = (sim_machine_t){.role = (sim_role_t)i,
                               .power = SIM_ON,
                               .office = world->nodes[i].office,
                               .parent = world->nodes[i].parent,
                               .twin_of = SIZE_MAX};
        static const char *const units[] = {"90", "901", "90101"};
        (void)snprintf(row->unit, sizeof row->unit, "%s", units[i]);
        bench->hooks.on_start(bench->hooks.context, &bench->sim, i, SIM_START_FIRST, NULL);
    }
    world->watch = (world_watch_t){.context = bench, .sent = sent};
    bench->sim.phase = SIM_SAFETY;
    bench_settle(bench);
    world_needs(world, COMMUNE, 5);
    bench_settle(bench);
    bench_assert_well(bench);
    return 0;
}

int
bench_teardown(void **state)
{
    bench_t *bench = *state;
    bench->world->watch = (world_watch_t){.context = NULL};
    bench->hooks.on_end(bench->hooks.context, &bench->sim);
    ts_sync_decoder_destroy(&bench->decoder);
    world_free(&bench->world);
    ts_xfree(bench);
    return 0;
}

/* Newest segment of the commune's records. */
size_t
bench_newest(const bench_t *bench)
{
    const model_t *model = bench->check->model;
    const model_machine_t *store = &model->machines[COMMUNE];
    for (size_t i = store->held_count; i > 0; i--) {
        const model_segment_t *segment = &model->segments[store->held[i - 1]];
        const ts_log_info_t *log = &model->logs[segment->log].info;
        if (segment->author == COMMUNE && log->purpose == TS_PURPOSE_RECORDS) {
            return store->held[i - 1];
        }
    }
    fail();
    return 0;
}

ts_sync_tip_t
bench_tip_of(const bench_t *bench, size_t index)
{
    const model_segment_t *segment = &bench->check->model->segments[index];
    return (ts_sync_tip_t){.tip = {bench->check->model->logs[segment->log].info.log,
                                   segment->last_seq, segment->hash}};
}

void
bench_feed(bench_t *bench, size_t from, size_t to, const ts_sync_msg_t *msg)
{
    bool upward = from > to;
    sim_frame_t frame = {SIM_SENT, from, to, upward ? from : to, upward, true, 999, {NULL, 0}, msg};
    bench->hooks.on_frame(bench->hooks.context, &bench->sim, &frame);
}

/* The commune writes while its line is down. */
void
bench_write_offline(bench_t *bench)
{
    world_link(bench->world, COMMUNE, false);
    world_run(bench->world, 100);
    world_needs(bench->world, COMMUNE, 2);
    world_do(bench->world, COMMUNE, "seal", NULL);
    world_run(bench->world, 100);
}
