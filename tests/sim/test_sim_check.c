/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: every invariant of the simulator can fail: whoever breaks it is named, and nobody is named
 * where all is well. Method: a small tree of real nodes that works without fault satisfies all;
 * then, one case each, the model, a frame or a node is changed so that one thing is wrong.
 */
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/hash.h"
#include "sim/check_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
test_sim_check_good_life_breaks_nothing(void **state)
{
    bench_t *bench = *state;
    bench_write_offline(bench);
    bench_step(bench, SIM_STEP_TIME);
    world_link(bench->world, COMMUNE, true);
    bench_settle(bench);
    for (unsigned i = 0; i < 40; i++) { /* what is asked now and then, too */
        bench_step(bench, SIM_STEP_TIME);
    }
    bench_enter(bench, SIM_LIVENESS);
    bench_enter(bench, SIM_OVER);
    bench_assert_well(bench);
    size_t count = 0;
    const check_row_t *rows = check_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (bench->check->figures.judged[i] == 0) {
            print_error("%s was never asked\n", rows[i].name);
            fail();
        }
    }
    assert_int_equal(count, 21);
    assert_true(bench->check->figures.claims > 20);
}

static void
test_sim_check_s1_acknowledged_and_not_there(void **state)
{
    bench_t *bench = *state;
    ts_sync_tip_t tip = bench_tip_of(bench, bench_newest(bench));
    tip.tip.hash.b[0] ^= 1;
    ts_sync_msg_t msg = {.kind = TS_SYNC_CUSTODY};
    msg.u.custody.store = bench->check->model->machines[DISTRICT].store;
    msg.u.custody.tips = &tip;
    msg.u.custody.count = 1;
    bench_feed(bench, DISTRICT, COMMUNE, &msg);
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_broken(bench, "S1");
}

static void
test_sim_check_s1_copy_of_the_files_lacks_it(void **state)
{
    bench_t *bench = *state;
    ts_sync_tip_t tip = bench_tip_of(bench, bench_newest(bench));
    ts_sync_msg_t msg = {.kind = TS_SYNC_CUSTODY};
    msg.u.custody.store = bench->check->model->machines[DISTRICT].store;
    msg.u.custody.tips = &tip;
    msg.u.custody.count = 1;
    uint64_t before = bench->check->figures.images;
    for (unsigned i = 0; i < 300; i++) {
        bench_feed(bench, DISTRICT, COMMUNE, &msg);
    }
    bench_step(bench, SIM_STEP_TIME);
    assert_true(bench->check->figures.images > before);
    bench_assert_well(bench);
    tip.tip.hash.b[0] ^= 1;
    for (unsigned i = 0; i < 300; i++) {
        bench_feed(bench, DISTRICT, COMMUNE, &msg);
    }
    assert_true(bench->check->machines[DISTRICT].image_bad);
    bench->check->claim_count = 0;
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_broken(bench, "S1");
}

static void
test_sim_check_s2_anchored_on_one_machine(void **state)
{
    bench_t *bench = *state;
    size_t index = bench_newest(bench);
    model_segment_t *segment = &bench->check->model->segments[index];
    assert_true(segment->anchored && segment->holders == MACHINES);
    segment->anchored = false;
    segment->holders = 1;
    bench->check->claims[bench->check->claim_count++] =
        (check_claim_t){bench->check->model->machines[0].store, segment->hash};
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_broken(bench, "S2");
}

static void
test_sim_check_s2_last_copy_lost(void **state)
{
    bench_t *bench = *state;
    model_segment_t *segment = &bench->check->model->segments[bench_newest(bench)];
    segment->holders = 1; /* the commune alone */
    bench->machines[COMMUNE].power = SIM_GONE;
    bench_step(bench, SIM_STEP_POWER);
    bench_assert_broken(bench, "S2");
}

static void
test_sim_check_s3_fork_that_nobody_is_told_of(void **state)
{
    bench_t *bench = *state;
    model_t *model = bench->check->model;
    size_t one = bench_newest(bench);
    size_t genesis = model_find(model, &model->logs[model->segments[one].log].info.log);
    assert_true(model->segments[one].prev != MODEL_NONE);
    for (size_t i = 0; i < model->segment_count; i++) { /* another one of the log beside it */
        if (i != one && i != genesis && model->segments[i].log == model->segments[one].log) {
            model->segments[i].prev = model->segments[one].prev;
            model->segments[model->segments[one].prev].successors = 2;
        }
    }
    bench->check->machines[DISTRICT].looked = 0;
    bench_ask(bench, "S3", DISTRICT);
    bench_assert_broken(bench, "S3");
}

static void
test_sim_check_s4_without_its_predecessor(void **state)
{
    bench_t *bench = *state;
    size_t index = bench_newest(bench);
    bench_write_offline(bench);
    ts_map_remove(bench->check->model->machines[COMMUNE].holds, &index);
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_broken(bench, "S4");
}

static void
test_sim_check_s5_other_bytes_than_its_author_made(void **state)
{
    bench_t *bench = *state;
    bench_write_offline(bench);
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_well(bench);
    bench->check->model->segments[bench_newest(bench)].whole.b[3] ^= 1;
    world_link(bench->world, COMMUNE, true);
    bench_settle(bench);
    bench_assert_broken(bench, "S5");
}

/* Other bytes in a store are excused only while the node names them itself. */
static void
test_sim_check_s5_damage_that_the_node_names(void **state)
{
    bench_t *bench = *state;
    bench_write_offline(bench);
    bench_step(bench, SIM_STEP_TIME);
    size_t index = bench_newest(bench);
    model_segment_t *segment = &bench->check->model->segments[index];
    world_link(bench->world, COMMUNE, true);
    world_run(bench->world, 2 * TS_NODE_HOLDING_MS);
    world_settle(bench->world);
    ts_node_t *node = sim_node(&bench->sim, DISTRICT);
    ts_held_segment_t held;
    assert_int_equal(ts_custody_find(node->custody, &segment->hash, &held, NULL), TS_ERR_OK);
    ts_rotten_t rotten = {.arrival = held.arrival, .hash = segment->hash, .log = held.log};
    node->scrub.items = ts_xmemdup(&rotten, sizeof rotten);
    node->scrub.count = node->scrub.capacity = 1;
    segment->whole.b[3] ^= 1;
    bench->check->claim_count = 0;
    bench->sim.touched_count = 1;
    bench->touched_list[0] = DISTRICT;
    bench->hooks.after_step(bench->hooks.context, &bench->sim, SIM_STEP_TIME);
    bench_assert_well(bench);
    assert_false(model_holds(bench->check->model, DISTRICT, index));
    assert_int_equal(bench->check->model->machines[DISTRICT].held_count,
                     ts_custody_arrival(node->custody)); /* what came after it is seen */
    segment->whole.b[3] ^= 1;
    node->scrub.count = 0; /* mended */
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_well(bench);
    assert_true(model_holds(bench->check->model, DISTRICT, index));
}

static void
test_sim_check_s5_damage_that_was_mended_with_other_bytes(void **state)
{
    bench_t *bench = *state;
    check_machine_t *mine = &bench->check->machines[DISTRICT];
    size_t index = bench_newest(bench);
    mine->rotten = ts_xcalloc(1, sizeof *mine->rotten);
    mine->rotten[mine->rotten_count++] = (check_rotten_t){1, index}; /* that is another one */
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_broken(bench, "S5");
}

static void
test_sim_check_s6_same_events_other_ledger(void **state)
{
    bench_t *bench = *state;
    bench_ask(bench, "S6", COMMUNE);
    bench_assert_well(bench);
    bench_write_offline(bench);
    bench_step(bench, SIM_STEP_TIME);
    bench_ask(bench, "S6", COMMUNE); /* they hold different events: nothing to compare */
    bench_assert_well(bench);
    model_t *model = bench->check->model;
    for (size_t i = 0; i < model->machines[COMMUNE].held_count; i++) {
        size_t segment = model->machines[COMMUNE].held[i];
        if (!model_holds(model, DISTRICT, segment)) {
            model_hold(model, DISTRICT, segment);
        }
    }
    bench_ask(bench, "S6", COMMUNE);
    bench_assert_broken(bench, "S6");
}

static void
test_sim_check_s7_counted_twice(void **state)
{
    bench_t *bench = *state;
    model_t *model = bench->check->model;
    bench_ask(bench, "S7", WORLD_PROVINCE);
    bench_assert_well(bench);
    for (size_t i = 0; i < model->event_count; i++) {
        if (model->events[i].kind == TS_KIND_NEED) {
            model->events[i].quantity++;
            break;
        }
    }
    bench_ask(bench, "S7", WORLD_PROVINCE);
    bench_assert_broken(bench, "S7");
}

static void
test_sim_check_s8_says_less_than_before(void **state)
{
    bench_t *bench = *state;
    ts_sync_tip_t tip = bench_tip_of(bench, bench_newest(bench));
    ts_sync_msg_t msg = {.kind = TS_SYNC_WELCOME};
    msg.u.greeting.store = bench->check->model->machines[DISTRICT].store;
    msg.u.greeting.your_heads = &tip;
    msg.u.greeting.your_head_count = 1;
    bench_feed(bench, DISTRICT, COMMUNE, &msg);
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_well(bench);
    tip.tip.seq--;
    bench_feed(bench, DISTRICT, COMMUNE, &msg);
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_broken(bench, "S8");
}

static void
test_sim_check_s9_a_segment_went_away(void **state)
{
    bench_t *bench = *state;
    model_hold(bench->check->model, DISTRICT, bench_newest(bench));
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_broken(bench, "S9");
}

static void
test_sim_check_s9_other_store_after_a_start(void **state)
{
    bench_t *bench = *state;
    model_machine_t *store = &bench->check->model->machines[COMMUNE];
    store->held[store->held_count - 1] = store->held[0];
    bench->hooks.on_start(bench->hooks.context, &bench->sim, COMMUNE, SIM_START_CRASH, NULL);
    bench_step(bench, SIM_STEP_POWER);
    bench_assert_broken(bench, "S9");
}

static void
test_sim_check_s9_called_saved_and_not_there(void **state)
{
    bench_t *bench = *state;
    sim_event_t event = {.id = {{1, 2, 3}}};
    ts_reply_t reply = {.done = true};
    sim_said_t said = {COMMUNE, NULL, &reply, &event, 1};
    bench->hooks.on_reply(bench->hooks.context, &bench->sim, &said);
    bench_step(bench, SIM_STEP_COMMAND);
    bench_assert_broken(bench, "S9");
}

static void
test_sim_check_s9_tail_went_away(void **state)
{
    bench_t *bench = *state;
    world_link(bench->world, COMMUNE, false);
    world_run(bench->world, 100);
    world_needs(bench->world, COMMUNE, 1);
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_well(bench);
    model_machine_t *store = &bench->check->model->machines[COMMUNE];
    assert_true(store->tail_count > 0);
    ts_hash_t id = {{9}};
    store->tail[0] = model_event_learn(bench->check->model, (ts_bytes_t){id.b, 8}, MODEL_NONE);
    world_do(bench->world, COMMUNE, "seal", NULL);
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_broken(bench, "S9");
}

/* The key to which the registry bound the commune. */
static model_naming_t *
office_of_commune(const bench_t *bench)
{
    model_t *model = bench->check->model;
    model_naming_t *last = NULL;
    for (size_t i = 0; i < model->event_count; i++) {
        model_naming_t *naming = model->events[i].naming;
        if (naming != NULL && naming->number == bench->machines[COMMUNE].office &&
            !ts_hash_is_zero(&naming->node_key)) {
            last = naming;
        }
    }
    assert_non_null(last);
    return last;
}

static void
test_sim_check_s10_key_that_was_never_bound(void **state)
{
    bench_t *bench = *state;
    bench_ask(bench, "S10", DISTRICT);
    bench_assert_well(bench);
    model_naming_t *naming = office_of_commune(bench);
    if (naming != NULL) {
        naming->node_key.b[5] ^= 1;
    }
    bench_ask(bench, "S10", DISTRICT);
    bench_assert_broken(bench, "S10");
}

static void
test_sim_check_s10_after_the_cut_off(void **state)
{
    bench_t *bench = *state;
    model_t *model = bench->check->model;
    world_do(bench->world, WORLD_PROVINCE, "revoke", "office", "3", "note", "thử", NULL);
    bench_settle(bench);
    bench_ask(bench, "S10", WORLD_PROVINCE);
    bench_assert_well(bench);
    for (size_t i = 0; i < model->event_count; i++) {
        if (model->events[i].kind == TS_KIND_CUTOFF) { /* as if it had been cut off earlier */
            model->events[i].naming->tip_count = 0;
        }
    }
    bench_ask(bench, "S10", WORLD_PROVINCE);
    bench_assert_broken(bench, "S10");
}

static void
test_sim_check_s11_credit_without_bound(void **state)
{
    bench_t *bench = *state;
    ts_node_t *node = bench->world->nodes[DISTRICT].node;
    uint64_t before = node->credit_open;
    node->credit_open = TS_CREDIT_BYTES_TOTAL + 1;
    bench_ask(bench, "S11", DISTRICT);
    node->credit_open = before;
    bench_assert_broken(bench, "S11");
}

static void
test_sim_check_s12_ledger_stands_still(void **state)
{
    bench_t *bench = *state;
    bench_ask(bench, "S12", DISTRICT);
    bench_assert_well(bench);
    ts_fold_rebuild(bench->world->nodes[DISTRICT].node->fold);
    bench_ask(bench, "S12", DISTRICT);
    bench_assert_broken(bench, "S12");
}

static void
send_and_deliver(bench_t *bench, sim_frame_t frame)
{
    frame.fate = SIM_SENT;
    bench->hooks.on_frame(bench->hooks.context, &bench->sim, &frame);
    frame.fate = SIM_DELIVERED;
    frame.genuine = false; /* who delivers does not know */
    bench->hooks.on_frame(bench->hooks.context, &bench->sim, &frame);
}

static void
test_sim_check_s13_refused_and_not_shown(void **state)
{
    bench_t *bench = *state;
    ts_sync_msg_t msg = {.kind = TS_SYNC_REJECT};
    msg.u.reject.permanent = true;
    sim_frame_t frame = {SIM_SENT, DISTRICT, COMMUNE, COMMUNE, false, true, 999, {NULL, 0}, &msg};
    frame.connection = bench->sim.world->nodes[COMMUNE].uplink;
    sim_frame_t copy = frame;
    copy.fate = SIM_DELIVERED;
    send_and_deliver(bench, frame);
    bench->hooks.on_note(bench->hooks.context, &bench->sim, COMMUNE, TS_NOTE_WARN, "session",
                         "fact=REJECTED office=2");
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_well(bench);
    bench->hooks.on_frame(bench->hooks.context, &bench->sim, &copy); /* somebody's copy of it */
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_well(bench);
    send_and_deliver(bench, frame);
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_broken(bench, "S13");
}

static void
test_sim_check_s13_parked_and_not_shown(void **state)
{
    bench_t *bench = *state;
    bench->sim.phase = SIM_OVER;
    bench_ask(bench, "S13", COMMUNE);
    bench_assert_well(bench);
    world_link(bench->world, COMMUNE, false);
    char at[32];
    char hex[17];
    ts_sync_tip_t tip = bench_tip_of(bench, bench_newest(bench));
    ts_hex_format(tip.tip.log.b, 8, hex);
    (void)snprintf(at, sizeof at, "%s:1", hex);
    world_do(bench->world, WORLD_PROVINCE, "revoke", "office", "3", "at", at, "note", "thử", NULL);
    world_run(bench->world, 60000);
    bench_ask(bench, "S13", COMMUNE);
    bench_assert_broken(bench, "S13");
}

static void
test_sim_check_s14_other_numbers_than_there_are(void **state)
{
    bench_t *bench = *state;
    bench_ask(bench, "S14", COMMUNE);
    bench_assert_well(bench);
    bench->check->model->segments[bench_newest(bench)].last_seq++;
    bench_ask(bench, "S14", COMMUNE);
    bench_assert_broken(bench, "S14");
}

static void
test_sim_check_s14_held_that_nobody_confirmed(void **state)
{
    bench_t *bench = *state;
    ts_map_clear(bench->check->model->heads);
    bench_ask(bench, "S14", COMMUNE);
    bench_assert_broken(bench, "S14");
}

static void
test_sim_check_s14_shown_as_anchored_and_not_there(void **state)
{
    bench_t *bench = *state;
    size_t index = bench_newest(bench);
    ts_map_remove(bench->check->model->machines[0].holds, &index);
    bench_ask(bench, "S14", COMMUNE);
    bench_assert_broken(bench, "S14");
}

static void
test_sim_check_s15_kept_segment_that_changed(void **state)
{
    bench_t *bench = *state;
    bench_ask(bench, "S15", SIZE_MAX);
    bench_assert_well(bench);
    char path[1024];
    char line[16384];
    (void)snprintf(path, sizeof path, "%s/log.txt", bench->world->folder);
    FILE *from = fopen(TS_TEST_SOURCE_DIR "/tests/golden/v1/log.txt", "r");
    FILE *to = fopen(path, "w");
    assert_true(from != NULL && to != NULL);
    while (fgets(line, sizeof line, from) != NULL) {
        if (strncmp(line, "segment ", 8) == 0) {
            char *digit = &line[strlen(line) - 4];
            *digit = *digit == '0' ? '1' : '0';
        }
        assert_true(fputs(line, to) >= 0);
    }
    assert_int_equal(fclose(from) + fclose(to), 0);
    check_kept_log(bench->check, path);
    bench_assert_broken(bench, "S15");
}

static void
test_sim_check_s16_left_before_the_witness_knew(void **state)
{
    bench_t *bench = *state;
    size_t index = bench_newest(bench);
    ts_sync_tip_t tip = bench_tip_of(bench, index);
    ts_sync_msg_t msg = {.kind = TS_SYNC_HAVE};
    msg.u.have.tips = &tip;
    msg.u.have.count = 1;
    ts_map_clear(bench->check->machines[COMMUNE].witnessed);
    bench_feed(bench, COMMUNE, DISTRICT, &msg);
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_well(bench);
    bench->check->model->segments[index].last_seq += 10;
    bench_feed(bench, COMMUNE, DISTRICT, &msg);
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_broken(bench, "S16");
}

static void
test_sim_check_l1_not_anchored(void **state)
{
    bench_t *bench = *state;
    bench_write_offline(bench);
    bench_step(bench, SIM_STEP_TIME);
    bench_assert_well(bench);
    bench_ask(bench, "L1", COMMUNE);
    bench_assert_broken(bench, "L1");
}

static void
test_sim_check_l1_author_does_not_know(void **state)
{
    bench_t *bench = *state;
    bench_write_offline(bench);
    bench_step(bench, SIM_STEP_TIME);
    size_t index = bench_newest(bench);
    while (index != MODEL_NONE && !model_holds(bench->check->model, 0, index)) {
        model_hold(bench->check->model, 0, index);
        index = bench->check->model->segments[index].prev;
    }
    bench_ask(bench, "L1", COMMUNE);
    bench_assert_broken(bench, "L1");
}

static void
test_sim_check_l2_writes_into_two_logs(void **state)
{
    bench_t *bench = *state;
    ts_node_t *node = bench->world->nodes[COMMUNE].node;
    ts_log_info_t log;
    ts_custody_tip_t tip;
    size_t count = 0;
    bench_ask(bench, "L2", COMMUNE);
    bench_assert_well(bench);
    assert_int_equal(ts_custody_own_active(node->custody, TS_PURPOSE_RECORDS, 0, &log), TS_ERR_OK);
    assert_int_equal(ts_custody_log_tips(node->custody, &log.log, &tip, 1, &count), TS_ERR_OK);
    assert_int_equal(ts_logs_continue(node, &log, &tip.tip), TS_ERR_OK);
    assert_int_equal(ts_custody_begin(node->custody, "test"), TS_ERR_OK);
    assert_int_equal(ts_custody_own_set(node->custody, &log.log, TS_OWN_ACTIVE), TS_ERR_OK);
    assert_int_equal(ts_custody_commit(node->custody), TS_ERR_OK);
    bench_ask(bench, "L2", COMMUNE);
    bench_assert_broken(bench, "L2");
}

static void
test_sim_check_l3_sessions_that_move_nothing(void **state)
{
    bench_t *bench = *state;
    bench->sim.phase = SIM_LIVENESS;
    ts_sync_msg_t msg = {.kind = TS_SYNC_PING};
    for (uint64_t i = 0; i < 11; i++) {
        sim_frame_t frame = {SIM_SENT, COMMUNE,   DISTRICT,  COMMUNE, true,
                             true,     50000 + i, {NULL, 0}, &msg};
        bench->hooks.on_frame(bench->hooks.context, &bench->sim, &frame);
        bench_assert_well(bench);
        bench_step(bench, SIM_STEP_TIME);
    }
    bench_assert_broken(bench, "L3");
}

static void
test_sim_check_l4_registry_did_not_come_down(void **state)
{
    bench_t *bench = *state;
    bench_ask(bench, "L4", COMMUNE);
    bench_assert_well(bench);
    world_link(bench->world, COMMUNE, false);
    world_do(bench->world, WORLD_PROVINCE, "revoke", "office", "2", "note", "thử", NULL);
    world_run(bench->world, 60000);
    bench_step(bench, SIM_STEP_TIME);
    bench_ask(bench, "L4", COMMUNE);
    bench_assert_broken(bench, "L4");
}

static void
test_sim_check_l5_sent_again_and_again(void **state)
{
    bench_t *bench = *state;
    bench_ask(bench, "L5", WORLD_PROVINCE);
    bench_assert_well(bench);
    bench->check->chunk_bytes = 1000000;
    bench_ask(bench, "L5", WORLD_PROVINCE);
    bench_assert_broken(bench, "L5");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_sim_check_good_life_breaks_nothing),
        CASE(test_sim_check_s1_acknowledged_and_not_there),
        CASE(test_sim_check_s1_copy_of_the_files_lacks_it),
        CASE(test_sim_check_s2_anchored_on_one_machine),
        CASE(test_sim_check_s2_last_copy_lost),
        CASE(test_sim_check_s3_fork_that_nobody_is_told_of),
        CASE(test_sim_check_s4_without_its_predecessor),
        CASE(test_sim_check_s5_other_bytes_than_its_author_made),
        CASE(test_sim_check_s6_same_events_other_ledger),
        CASE(test_sim_check_s7_counted_twice),
        CASE(test_sim_check_s8_says_less_than_before),
        CASE(test_sim_check_s9_a_segment_went_away),
        CASE(test_sim_check_s9_other_store_after_a_start),
        CASE(test_sim_check_s9_called_saved_and_not_there),
        CASE(test_sim_check_s9_tail_went_away),
        CASE(test_sim_check_s10_key_that_was_never_bound),
        CASE(test_sim_check_s5_damage_that_the_node_names),
        CASE(test_sim_check_s5_damage_that_was_mended_with_other_bytes),
        CASE(test_sim_check_s10_after_the_cut_off),
        CASE(test_sim_check_s11_credit_without_bound),
        CASE(test_sim_check_s12_ledger_stands_still),
        CASE(test_sim_check_s13_refused_and_not_shown),
        CASE(test_sim_check_s13_parked_and_not_shown),
        CASE(test_sim_check_s14_other_numbers_than_there_are),
        CASE(test_sim_check_s14_held_that_nobody_confirmed),
        CASE(test_sim_check_s14_shown_as_anchored_and_not_there),
        CASE(test_sim_check_s15_kept_segment_that_changed),
        CASE(test_sim_check_s16_left_before_the_witness_knew),
        CASE(test_sim_check_l1_not_anchored),
        CASE(test_sim_check_l1_author_does_not_know),
        CASE(test_sim_check_l2_writes_into_two_logs),
        CASE(test_sim_check_l3_sessions_that_move_nothing),
        CASE(test_sim_check_l4_registry_did_not_come_down),
        CASE(test_sim_check_l5_sent_again_and_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
