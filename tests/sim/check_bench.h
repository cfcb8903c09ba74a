/* SPDX-License-Identifier: MPL-2.0 */
/* A district and a commune below a province, with the checks on them and without the simulator's
 * engine: what test_sim_check.c breaks. */
#ifndef TS_TESTS_SIM_CHECK_BENCH_H
#define TS_TESTS_SIM_CHECK_BENCH_H

#include "sim/check_p.h"
#include "wire/sync_wire.h"

enum { DISTRICT = 1, COMMUNE = 2, MACHINES = 3 };

typedef struct bench {
    world_t *world;
    sim_t sim;
    sim_machine_t machines[MACHINES];
    bool touched[MACHINES];
    size_t touched_list[MACHINES];
    sim_hooks_t hooks;
    check_t *check;
    ts_sync_decoder_t *decoder;
} bench_t;

/* One step in which all were touched. */
void bench_step(bench_t *bench, sim_step_kind_t kind);
void bench_enter(bench_t *bench, sim_phase_t phase);
void bench_settle(bench_t *bench);
void bench_assert_well(bench_t *bench);
void bench_assert_broken(bench_t *bench, const char *name);
void bench_ask(bench_t *bench, const char *name, size_t machine);
int bench_setup(void **state);
int bench_teardown(void **state);
/* Newest segment of the commune's records. */
size_t bench_newest(const bench_t *bench);
ts_sync_tip_t bench_tip_of(const bench_t *bench, size_t index);
void bench_feed(bench_t *bench, size_t from, size_t to, const ts_sync_msg_t *msg);
/* The commune writes while its line is down. */
void bench_write_offline(bench_t *bench);

#endif
