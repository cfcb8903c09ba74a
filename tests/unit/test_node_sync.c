/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what is recorded at a commune stands once at every node above, whatever the depth of the
 * tree, and the states saved, held, anchored come back; joining, a second key on one invite and
 * revocation do what the design says (§5–§7).
 * Method: whole nodes in one process, virtual time, links in memory (support/node_world).
 */
#include "base/xalloc.h"
#include "core/kind.h"
#include "node/states.h"
#include "support/node_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DISTRICT = 1, COMMUNE = 2, NEIGHBOUR = 3 };

/* Province, district 901, commune 90101, all in step. */
static int
setup(void **state)
{
    world_t *world = world_three(1);
    *state = world;
    return 0;
}

/* The same without a district: as since 1/7/2025. */
static int
setup_flat(void **state)
{
    world_t *world = world_new(2);
    *state = world;
    world_found(world);
    assert_int_equal(world_enrol(world, "commune", "90101", "xa-an", WORLD_PROVINCE), 1);
    assert_true(world_start(world, 1));
    world_settle(world);
    return 0;
}

/* What a session may still send is nobody's when it has ended: the sum is that of those that stand.
 */
static void
assert_credit_is_somebodys(const ts_node_t *node)
{
    uint64_t open = 0;
    for (size_t i = 0; i < node->peer_count; i++) {
        open += node->peers[i]->credit_open;
    }
    assert_true(node->credit_open == open);
}

/* How many of the node's own needs are in a state. */
static unsigned
in_state(world_t *world, size_t index, ts_event_state_t wanted)
{
    ts_node_t *node = world->nodes[index].node;
    unsigned count = 0;
    ts_list_query_t query = {.kind = TS_KIND_NEED, .limit = 1000};
    ts_table_t table;
    assert_int_equal(ts_fold_settle(node->fold), TS_ERR_OK);
    ts_table_init(&table, "needs");
    assert_int_equal(ts_ledger_list(node->ledger, &query, &table), TS_ERR_OK);
    size_t column = ts_table_column(&table, "record");
    for (size_t row = 0; row < ts_table_rows(&table); row++) {
        ts_standing_t standing;
        ts_event_state_t state;
        ts_record_id_t record = (ts_record_id_t)ts_table_cell(&table, row, column)->number;
        assert_int_equal(ts_ledger_record(node->ledger, TS_KIND_NEED, record, &standing),
                         TS_ERR_OK);
        assert_int_equal(ts_state_of(node, &standing.place, &state), TS_ERR_OK);
        count += state == wanted;
    }
    ts_table_free(&table);
    return count;
}

static void
test_node_sync_three_tiers_reaches_the_province(void **state)
{
    world_t *world = *state;
    world_needs(world, COMMUNE, 20);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 20);
    assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), 20);
    world_assert_in_step(world, COMMUNE, "90101");
}

static void
test_node_sync_two_tiers_reaches_the_province(void **state)
{
    world_t *world = *state;
    world_needs(world, 1, 20);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 20);
    world_assert_in_step(world, 1, "90101");
    assert_int_equal(in_state(world, 1, TS_STATE_ANCHORED), 20);
}

/* isync's second run: nothing moves. */
static void
test_node_sync_again_moves_nothing(void **state)
{
    world_t *world = *state;
    world_needs(world, COMMUNE, 5);
    world_settle(world);
    uint64_t up = world_chunk_bytes(world, COMMUNE);
    uint64_t further = world_chunk_bytes(world, DISTRICT);
    for (size_t child = 1; child < world->node_count; child++) {
        world_link(world, child, false);
    }
    world_run(world, 10000);
    for (size_t child = 1; child < world->node_count; child++) {
        world_link(world, child, true);
    }
    world_settle(world);
    assert_int_equal(world_chunk_bytes(world, COMMUNE), up);
    assert_int_equal(world_chunk_bytes(world, DISTRICT), further);
    world_assert_in_step(world, COMMUNE, "90101");
}

static void
test_node_sync_offline_entries_are_saved_then_anchored(void **state)
{
    world_t *world = *state;
    world_link(world, COMMUNE, false);
    world_needs(world, COMMUNE, 8);
    world_run(world, 600000);
    assert_int_equal(in_state(world, COMMUNE, TS_STATE_SAVED), 8);
    assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), 0);
    world_link(world, DISTRICT, false);
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_int_equal(in_state(world, COMMUNE, TS_STATE_HELD), 8);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 0);
    world_link(world, DISTRICT, true);
    world_settle(world);
    assert_int_equal(in_state(world, COMMUNE, TS_STATE_ANCHORED), 8);
    world_assert_in_step(world, COMMUNE, "90101");
}

/* A revision and a void made at the commune change the province's ledger too. */
static void
test_node_sync_revision_and_void_arrive(void **state)
{
    world_t *world = *state;
    world_needs(world, COMMUNE, 2);
    const ts_table_t *saved = ts_reply_table(&world->reply, "saved");
    assert_non_null(saved);
    char code[TS_CODE_BYTES_MAX];
    ts_record_code_format((ts_record_id_t)ts_table_cell(saved, 0, 0)->number, code, sizeof code);
    world_settle(world);
    world_do(world, COMMUNE, "revise", "record", code, "quantity", "7", "reason", "đếm lại", NULL);
    world_settle(world);
    world_assert_in_step(world, COMMUNE, "90101");
    world_do(world, COMMUNE, "void", "record", code, "reason", "nhập nhầm", NULL);
    world_settle(world);
    world_assert_in_step(world, COMMUNE, "90101");
    ts_list_query_t query = {.kind = TS_KIND_NEED, .limit = 1};
    uint64_t count = 0;
    assert_int_equal(
        ts_ledger_list_count(world->nodes[WORLD_PROVINCE].node->ledger, &query, &count), TS_ERR_OK);
    assert_int_equal(count, 1);
}

/* The second installation on one invite: its genesis is kept, it is not let in, people are told. */
static void
test_node_sync_second_key_on_an_invite_is_kept_and_shown(void **state)
{
    world_t *world = *state;
    ts_custody_counts_t before;
    ts_custody_counts_t after;
    assert_int_equal(ts_custody_counts(world->nodes[DISTRICT].node->custody, &before), TS_ERR_OK);
    size_t twin = world_join_again(world, COMMUNE);
    assert_true(world_start(world, twin));
    world_settle(world);
    assert_int_equal(ts_custody_counts(world->nodes[DISTRICT].node->custody, &after), TS_ERR_OK);
    assert_int_equal(after.logs, before.logs + 2);
    assert_true(world_noted(world, WORLD_PROVINCE, "second_key_for_invite", "office=3"));
    assert_true(world->nodes[DISTRICT].refused > 0);
    for (size_t i = 0; i < world->nodes[DISTRICT].table_count; i++) {
        assert_false(ts_hash_equal(&world->nodes[DISTRICT].table[i].curve_key,
                                   &world->nodes[twin].node->identity.keys.curve_public));
    }
    /* The first one is not disturbed. */
    world_needs(world, COMMUNE, 1);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 1);
    world_assert_same(world, COMMUNE, DISTRICT, "90101", 0);
}

static void
test_node_sync_revoked_office_is_shut_out_and_parked(void **state)
{
    world_t *world = *state;
    world_needs(world, COMMUNE, 3);
    world_settle(world);
    /* What it typed before it heard of it lies after the tip that the cut-off names. */
    world_link(world, COMMUNE, false);
    world_needs(world, COMMUNE, 2);
    world_do(world, WORLD_PROVINCE, "revoke", "office", "3", "note", "máy bị mất", NULL);
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_true(world->nodes[DISTRICT].refused > 0);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 3);
    assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), 3);
    for (size_t i = 0; i < world->nodes[DISTRICT].table_count; i++) {
        assert_int_not_equal(world->nodes[DISTRICT].table[i].office, 3);
    }
}

/* What was under way when the office was revoked is kept, forwarded and parked. */
static void
test_node_sync_entries_after_the_cut_off_are_parked(void **state)
{
    world_t *world = *state;
    world_needs(world, COMMUNE, 3);
    world_settle(world);
    world_link(world, DISTRICT, false); /* the district hears of the revocation later */
    world_do(world, WORLD_PROVINCE, "revoke", "office", "3", "note", "máy bị mất", NULL);
    world_needs(world, COMMUNE, 2);
    world_settle(world);
    assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), 5);
    world_link(world, DISTRICT, true);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 3);
    assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), 3);
    /* Each need brings its child with it. */
    assert_int_equal(world_parked(world, WORLD_PROVINCE, TS_PARK_CUT_OFF), 4);
    assert_int_equal(world_parked(world, DISTRICT, TS_PARK_CUT_OFF), 4);
    world_assert_same(world, DISTRICT, WORLD_PROVINCE, "90101", 3);
    for (size_t i = 0; i < world->node_count; i++) {
        assert_credit_is_somebodys(world->nodes[i].node);
    }
}

/* State of the version that stands, as `show` tells it at the province. */
static const char *
state_at_province(world_t *world, const char *code)
{
    world_do(world, WORLD_PROVINCE, "show", "record", code, NULL);
    const ts_table_t *rows = ts_reply_table(&world->reply, "history");
    const ts_cell_t *cell = ts_table_cell(rows, 0, ts_table_column(rows, "state"));
    assert_int_equal(cell->kind, TS_CELL_SAY);
    return cell->say->id;
}

static void
saved_code(const world_t *world, char out[TS_CODE_BYTES_MAX])
{
    ts_record_code_format((ts_record_id_t)world_number(world, "saved", "record"), out,
                          TS_CODE_BYTES_MAX);
}

/* Nobody stands above the province: what it wrote is anchored once an office below holds it, and
 * what goes to nobody (its private books) stays on its machine and is called so. */
static void
test_node_sync_entries_of_the_province_are_anchored_by_those_below(void **state)
{
    world_t *world = *state;
    char fund[TS_CODE_BYTES_MAX];
    char donor[TS_CODE_BYTES_MAX];
    world_settle(world);
    world_do(world, WORLD_PROVINCE, "status", NULL);
    int64_t before = world_number(world, "status", "anchored");
    assert_true(before > 0);
    assert_int_equal(world_number(world, "status", "held"), before);
    world_link(world, DISTRICT, false);
    world_run(world, 1000);
    world_do(world, WORLD_PROVINCE, "add", "kind", "fund", "code", "quy", "name", "Quỹ thử",
             "holder_body", "so-thu", NULL);
    saved_code(world, fund);
    world_do(world, WORLD_PROVINCE, "add", "kind", "donor", "name", "Nhà tài trợ giả định", "class",
             "individual", NULL);
    saved_code(world, donor);
    assert_string_equal(state_at_province(world, fund), "saved");
    world_link(world, DISTRICT, true);
    world_settle(world);
    assert_string_equal(state_at_province(world, fund), "anchored");
    assert_string_equal(state_at_province(world, donor), "saved");
    world_do(world, WORLD_PROVINCE, "status", NULL);
    assert_int_equal(world_number(world, "status", "anchored"), before + 1);
    assert_int_equal(world_number(world, "status", "held"), before + 1);
    assert_true(world_number(world, "status", "saved") > before + 1);
    char *said = world_said(world);
    assert_non_null(strstr(said, "on one disk only"));
    ts_xfree(said);
}

/* Codes of the commune's needs at the province; record ids grow as they are made. */
static void
needs_in_order(world_t *world, char codes[][TS_CODE_BYTES_MAX], size_t count)
{
    world_do(world, WORLD_PROVINCE, "list", "kind", "need", NULL);
    const ts_table_t *rows = ts_reply_table(&world->reply, "need");
    assert_int_equal(ts_table_rows(rows), count);
    for (size_t row = 0; row < count; row++) {
        const ts_cell_t *code = ts_table_cell(rows, row, ts_table_column(rows, "record"));
        ts_record_code_format((ts_record_id_t)code->number, codes[row], TS_CODE_BYTES_MAX);
    }
}

/* The key was in other hands since the second need: the third and fourth are parked though they
 * were held; a person looks at one (its child and itself) and lets it in again, here and at the
 * district.
 */
static void
test_node_sync_revocation_at_an_earlier_entry_parks_what_lies_behind(void **state)
{
    world_t *world = *state;
    char codes[4][TS_CODE_BYTES_MAX];
    world_needs(world, COMMUNE, 4);
    world_settle(world);
    needs_in_order(world, codes, 4);
    assert_int_equal(world_tell(world, WORLD_PROVINCE, "revoke", "office", "3", "at", "zz:1", NULL),
                     TS_ERR_INVALID);
    assert_int_equal(
        world_tell(world, WORLD_PROVINCE, "revoke", "office", "3", "at", "00000000:1", NULL),
        TS_ERR_NOTFOUND);
    /* A record of another office does not say where this one ends. */
    assert_int_equal(
        world_tell(world, WORLD_PROVINCE, "revoke", "office", "2", "at", codes[1], NULL),
        TS_ERR_NOTFOUND);
    world_do(world, WORLD_PROVINCE, "revoke", "office", "3", "at", codes[1], "note", "mất máy",
             NULL);
    world_settle(world);
    const size_t both[] = {WORLD_PROVINCE, DISTRICT};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(world_records(world, both[i], TS_KIND_NEED), 2);
        assert_int_equal(world_records(world, both[i], TS_KIND_BENEFICIARY), 2);
        assert_int_equal(world_parked(world, both[i], TS_PARK_CUT_OFF), 4);
    }
    world_do(world, WORLD_PROVINCE, "parked", NULL);
    const ts_table_t *rows = ts_reply_table(&world->reply, "parked");
    char events[2][32] = {"", ""};
    for (size_t row = 0; row < ts_table_rows(rows); row++) {
        const ts_cell_t *record = ts_table_cell(rows, row, ts_table_column(rows, "record"));
        char code[TS_CODE_BYTES_MAX];
        ts_record_code_format((ts_record_id_t)record->number, code, sizeof code);
        if (strcmp(code, codes[2]) == 0) {
            (void)snprintf(events[0], 32, "%s",
                           ts_table_cell(rows, row, ts_table_column(rows, "version"))->text);
            /* Its child stands before it. */
            (void)snprintf(events[1], 32, "%s",
                           ts_table_cell(rows, row - 1, ts_table_column(rows, "version"))->text);
        }
    }
    world_do(world, WORLD_PROVINCE, "release", "event", events[0], "event", events[1], "note",
             "đã đối chiếu với xã", NULL);
    world_settle(world);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(world_records(world, both[i], TS_KIND_NEED), 3);
        assert_int_equal(world_records(world, both[i], TS_KIND_BENEFICIARY), 3);
        assert_int_equal(world_parked(world, both[i], TS_PARK_CUT_OFF), 2);
    }
    /* Later it turns out that nothing of it can be trusted. */
    assert_int_equal(world_tell(world, WORLD_PROVINCE, "revoke", "office", "3", NULL),
                     TS_ERR_EXISTS);
    world_do(world, WORLD_PROVINCE, "trace", "record", codes[0], NULL);
    const ts_table_t *chain = ts_reply_table(&world->reply, "chain");
    char log[80] = "";
    for (size_t row = 0; row < ts_table_rows(chain); row++) {
        const ts_cell_t *what = ts_table_cell(chain, row, ts_table_column(chain, "step"));
        if (what->kind == TS_CELL_SAY && strcmp(what->say->id, "Log (hash of its genesis)") == 0) {
            (void)snprintf(log, sizeof log, "%.16s:0",
                           ts_table_cell(chain, row, ts_table_column(chain, "value"))->text);
        }
    }
    world_do(world, WORLD_PROVINCE, "revoke", "office", "3", "at", log, NULL);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 1);
    world_assert_same(world, DISTRICT, WORLD_PROVINCE, "90101", 3);
}

/* Two communes in two branches: each sees its own, the province both, a district only its own. */
static void
test_node_sync_neighbours_do_not_see_one_another(void **state)
{
    world_t *world = *state;
    assert_int_equal(world_enrol(world, "commune", "90102", "xa-binh", DISTRICT), NEIGHBOUR);
    assert_true(world_start(world, NEIGHBOUR));
    world_settle(world);
    world_needs(world, COMMUNE, 4);
    world_needs(world, NEIGHBOUR, 6);
    world_settle(world);
    assert_int_equal(world_records(world, COMMUNE, TS_KIND_NEED), 4);
    assert_int_equal(world_records(world, NEIGHBOUR, TS_KIND_NEED), 6);
    assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), 10);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 10);
    world_assert_in_step(world, COMMUNE, "90101");
    world_assert_in_step(world, NEIGHBOUR, "90102");
}

/* Another district takes a commune over: nothing held is sent again, both go on. */
static void
test_node_sync_change_of_parent_loses_and_resends_nothing(void **state)
{
    world_t *world = *state;
    size_t other = world_enrol(world, "district", "902", "huyen-hai", WORLD_PROVINCE);
    assert_true(world_start(world, other));
    world_needs(world, COMMUNE, 40);
    world_settle(world);
    uint64_t before = world_chunk_bytes(world, COMMUNE);
    char parent[16];
    (void)snprintf(parent, sizeof parent, "%u", (unsigned)world->nodes[other].office);
    world_do(world, WORLD_PROVINCE, "move", "office", "3", "parent", parent, NULL);
    world->nodes[COMMUNE].parent = other;
    world_settle(world);
    assert_true(world_noted(world, COMMUNE, "parent_changed", "from=2 to=4"));
    world_assert_in_step(world, COMMUNE, "90101");
    assert_int_equal(world_chunk_bytes(world, COMMUNE), before);
    world_needs(world, COMMUNE, 2);
    world_settle(world);
    assert_int_equal(world_records(world, other, TS_KIND_NEED), 42);
    assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), 40);
    assert_int_equal(in_state(world, COMMUNE, TS_STATE_ANCHORED), 42);
    world_assert_in_step(world, COMMUNE, "90101");
    /* The district is gone: the province itself takes it. */
    world_stop(world, other);
    world_needs(world, COMMUNE, 2);
    world_do(world, WORLD_PROVINCE, "move", "office", "3", "parent", "1", NULL);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 42);
    assert_true(world_start(world, other));
    world->nodes[COMMUNE].parent = WORLD_PROVINCE;
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 44);
    assert_int_equal(in_state(world, COMMUNE, TS_STATE_ANCHORED), 44);
    world_assert_in_step(world, COMMUNE, "90101");
}

/* A link that dies without a word: found by our own deadline, then all arrives. */
static void
test_node_sync_silent_link_is_found_out(void **state)
{
    world_t *world = *state;
    world->nodes[COMMUNE].silent = true;
    world_needs(world, COMMUNE, 3);
    world_run(world, 180000);
    assert_true(world_noted(world, COMMUNE, "session_closed", ""));
    assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), 0);
    world->nodes[COMMUNE].silent = false;
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 3);
    world_assert_in_step(world, COMMUNE, "90101");
}

/* Every connection breaks before a whole segment is through: it goes on inside the segment, and the
 * pauses between the attempts do not double as if nothing had come of them. */
static void
test_node_sync_short_sessions_get_through_without_long_pauses(void **state)
{
    world_t *world = *state;
    world_link(world, COMMUNE, false);
    world_run(world, 120000); /* the good times are over */
    world_needs(world, COMMUNE, 900);
    world_do(world, COMMUNE, "seal", NULL);
    world->cut_after_bytes = 1000;
    world_link(world, COMMUNE, true);
    uint64_t cuts = world->cuts;
    int64_t begin = world->now_ms;
    while (world_records(world, DISTRICT, TS_KIND_NEED) < 900) {
        assert_true(world->now_ms - begin < 120 * 1000);
        world_run(world, 1000);
    }
    print_message("           %llu cuts, %lld s\n", (unsigned long long)(world->cuts - cuts),
                  (long long)((world->now_ms - begin) / 1000));
    assert_true(world->cuts - cuts > 3);
    world->cut_after_bytes = 0;
    world_settle(world);
    world_assert_in_step(world, COMMUNE, "90101");
}

/* A session that was silent for a while is not dead when the next entry wakes it: the answer is
 * waited for from then on, not from the last turn before. */
static void
test_node_sync_entry_after_a_quiet_while_keeps_the_session(void **state)
{
    world_t *world = *state;
    for (int64_t quiet_ms = 4500; quiet_ms <= 12000; quiet_ms += 1500) {
        world_run(world, quiet_ms);
        world_needs(world, COMMUNE, 1);
        world_run(world, 1000);
    }
    for (size_t i = 0; i < world->node_count; i++) {
        assert_false(world_noted(world, i, "session_closed", "code=AGAIN"));
    }
    world_settle(world);
    world_assert_in_step(world, COMMUNE, "90101");
}

/* Wrong clocks: everything syncs. */
static void
test_node_sync_wrong_clocks_do_not_matter(void **state)
{
    world_t *world = *state;
    world_stop(world, COMMUNE);
    world->nodes[COMMUNE].wall_off_ms = -world->wall_ms; /* 1970 */
    assert_true(world_start(world, COMMUNE));
    world_needs(world, COMMUNE, 3);
    world_settle(world);
    world_stop(world, COMMUNE);
    world->nodes[COMMUNE].wall_off_ms = INT64_C(4070908800000) - world->wall_ms; /* 2099 */
    world_stop(world, DISTRICT);
    world->nodes[DISTRICT].wall_off_ms = -world->wall_ms;
    assert_true(world_start(world, DISTRICT));
    assert_true(world_start(world, COMMUNE));
    world_needs(world, COMMUNE, 3);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 6);
    world_assert_in_step(world, COMMUNE, "90101");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_node_sync_three_tiers_reaches_the_province),
        cmocka_unit_test_setup_teardown(test_node_sync_two_tiers_reaches_the_province, setup_flat,
                                        world_teardown),
        CASE(test_node_sync_again_moves_nothing),
        CASE(test_node_sync_offline_entries_are_saved_then_anchored),
        CASE(test_node_sync_revision_and_void_arrive),
        CASE(test_node_sync_second_key_on_an_invite_is_kept_and_shown),
        CASE(test_node_sync_revoked_office_is_shut_out_and_parked),
        CASE(test_node_sync_entries_after_the_cut_off_are_parked),
        CASE(test_node_sync_revocation_at_an_earlier_entry_parks_what_lies_behind),
        CASE(test_node_sync_entries_of_the_province_are_anchored_by_those_below),
        CASE(test_node_sync_neighbours_do_not_see_one_another),
        CASE(test_node_sync_change_of_parent_loses_and_resends_nothing),
        CASE(test_node_sync_silent_link_is_found_out),
        CASE(test_node_sync_entry_after_a_quiet_while_keeps_the_session),
        CASE(test_node_sync_short_sessions_get_through_without_long_pauses),
        CASE(test_node_sync_wrong_clocks_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
