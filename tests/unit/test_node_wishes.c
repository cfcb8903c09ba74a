/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what users of other systems complained about does not happen here: a receiver's edits
 * overwrite those that wait to be sent, the last of two edits wins in silence, what was received is
 * not acknowledged until everything is computed. tests/README.md names all such wishes.
 * Method: whole nodes in one process, virtual time, links in memory (support/node_world).
 */
#include "core/kind.h"
#include "node/records.h"
#include "support/node_world.h"
#include "wire/sync_wire.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DISTRICT = 1, COMMUNE = 2, MANY = 1500 };

static int
setup(void **state)
{
    world_t *world = world_three(11);
    *state = world;
    return 0;
}

static ts_record_id_t
saved_record(world_t *world, char code[TS_CODE_BYTES_MAX])
{
    const ts_table_t *saved = ts_reply_table(&world->reply, "saved");
    assert_non_null(saved);
    ts_record_id_t record = (ts_record_id_t)ts_table_cell(saved, 0, 0)->number;
    ts_record_code_format(record, code, TS_CODE_BYTES_MAX);
    return record;
}

static uint64_t
conflicts_at(world_t *world, size_t node)
{
    ts_ledger_counts_t counts;
    assert_int_equal(ts_ledger_counts(world->nodes[node].node->ledger, &counts), TS_ERR_OK);
    return counts.conflicts;
}

static uint64_t
versions_at(world_t *world, size_t node, ts_record_id_t record)
{
    ts_history_t history[8];
    size_t count = 0;
    uint64_t standing = 0;
    assert_int_equal(ts_ledger_history(world->nodes[node].node->ledger, TS_KIND_NEED, record,
                                       history, 8, &count),
                     TS_ERR_OK);
    for (size_t i = 0; i < count; i++) {
        standing += history[i].stands;
    }
    return standing;
}

/* Row of the report's list of findings. */
static int64_t
reported_conflicts(world_t *world)
{
    world_do(world, WORLD_PROVINCE, "report_figures", "period", "2019-year", NULL);
    for (size_t t = 0; t < world->reply.table_count; t++) {
        const ts_table_t *table = &world->reply.tables[t];
        for (size_t row = 0; row < ts_table_rows(table); row++) {
            const ts_cell_t *key = ts_table_cell(table, row, 0);
            for (size_t c = 1; key->kind == TS_CELL_TEXT && strcmp(key->text, "conflicts") == 0 &&
                               c < table->column_count;
                 c++) {
                const ts_cell_t *cell = ts_table_cell(table, row, c);
                if (cell->kind == TS_CELL_NUMBER) {
                    return cell->number;
                }
            }
        }
    }
    return -1;
}

/* As when the registry has come in part: others are known, the office itself is not. */
static void
forget_registration(world_t *world, size_t node)
{
    world_node_t *one = &world->nodes[node];
    char path[1024];
    char text[128];
    sqlite3 *db = NULL;
    (void)snprintf(path, sizeof path, "%s/ledger.sqlite", one->folder);
    (void)snprintf(text, sizeof text, "DELETE FROM office WHERE number = %u",
                   (unsigned)one->node->identity.keys.office);
    world_stop(world, node);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, one->vfs_name), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(db), 1);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_true(world_start(world, node));
}

/* What is typed before the own registration came is taken, waits for it and counts then. */
static void
test_wishes_entry_before_the_own_registration_waits_for_it(void **state)
{
    world_t *world = *state;
    world_needs(world, COMMUNE, 1);
    world_settle(world);
    world_link(world, COMMUNE, false);
    forget_registration(world, COMMUNE);
    world_needs(world, COMMUNE, 2);
    ts_fold_rebuild(world->nodes[COMMUNE].node->fold); /* with it the registration is there */
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_int_equal(world_records(world, COMMUNE, TS_KIND_NEED), 3);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 3);
    world_assert_in_step(world, COMMUNE, "90101");
}

/* The commune's edit waits for a line while its district changes the same record: neither is lost,
 * everybody above sees both, the report says that it is not decided. */
static void
test_wishes_edits_on_both_sides_of_a_dead_line_lose_none(void **state)
{
    world_t *world = *state;
    char code[TS_CODE_BYTES_MAX];
    world_needs(world, COMMUNE, 1);
    ts_record_id_t record = saved_record(world, code);
    world_settle(world);
    assert_int_equal(reported_conflicts(world), 0);
    world_link(world, COMMUNE, false);
    world_do(world, COMMUNE, "revise", "record", code, "quantity", "7", "reason", "xã", NULL);
    world_do(world, DISTRICT, "revise", "record", code, "quantity", "9", "reason", "huyện", NULL);
    world_link(world, COMMUNE, true);
    world_settle(world);
    for (size_t node = 0; node <= COMMUNE; node++) {
        assert_int_equal(conflicts_at(world, node), node == COMMUNE ? 0 : 1);
        assert_int_equal(versions_at(world, node, record), node == COMMUNE ? 1 : 2);
    }
    assert_int_equal(reported_conflicts(world), 1);
    world_do(world, DISTRICT, "resolve", "record", code, "quantity", "7", "reason", "đúng", NULL);
    world_settle(world);
    assert_int_equal(reported_conflicts(world), 0);
}

typedef struct watch {
    uint64_t custodies; /* told by the district to the commune */
    uint64_t ahead;     /* of them while its ledger had not got so far */
} watch_t;

static bool
tap(void *context, world_t *world, size_t link, bool upward, ts_buf_t *frame)
{
    watch_t *watch = context;
    uint8_t type = 0;
    uint8_t session[8];
    if (link == COMMUNE && !upward && ts_sync_peek(ts_buf_bytes(frame), &type, session) &&
        type == TS_SYNC_CUSTODY) {
        ts_fold_state_t fold;
        ts_fold_state(world->nodes[DISTRICT].node->fold, &fold);
        watch->custodies++;
        watch->ahead += fold.arrival < fold.arrival_last;
    }
    return true;
}

/* What came in is acknowledged when it is durable, not when it is computed: the district says so
 * while its ledger is still behind. */
static void
test_wishes_custody_is_told_before_the_ledger_is_done(void **state)
{
    world_t *world = *state;
    watch_t watch = {0};
    world_link(world, COMMUNE, false);
    world_needs(world, COMMUNE, MANY);
    world->tap = tap;
    world->tap_context = &watch;
    world_link(world, COMMUNE, true);
    world_settle(world);
    world->tap = NULL;
    assert_true(watch.custodies > 0);
    assert_true(watch.ahead > 0);
    world_assert_in_step(world, COMMUNE, "90101");
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), MANY);
}

/* Between the seal of what was typed and the fold's next slice the ledger still says "tail": what
 * is read in that moment is found in its segment, and can be revised. */
static void
test_wishes_entry_is_found_while_it_is_being_sealed(void **state)
{
    world_t *world = *state;
    ts_node_t *node = world->nodes[COMMUNE].node;
    char code[TS_CODE_BYTES_MAX];
    ts_standing_t standing;
    ts_event_header_t header;
    const ts_kind_schema_t *kind;
    const void *body;
    ts_buf_t bytes = {0};
    ts_msg_t why = {0};
    world_needs(world, COMMUNE, 1);
    ts_record_id_t record = saved_record(world, code);
    world_settle(world);
    world_link(world, COMMUNE, false);
    world_run(world, 1000); /* it knows: what is typed now waits in the tail */
    assert_int_equal(ts_ledger_record(node->ledger, TS_KIND_NEED, record, &standing), TS_ERR_OK);
    assert_int_equal(ts_records_read(node, &standing.place, standing.event, &header, &kind, &body),
                     TS_ERR_OK);
    header.revises = &standing.event;
    header.revises_count = 1;
    header.reason = "x";
    header.row_key = NULL;
    assert_int_equal(ts_event_encode(&header, kind, body, &bytes, &why), TS_ERR_OK);
    ts_new_event_t event = {.purpose = TS_PURPOSE_RECORDS, .bytes = ts_buf_bytes(&bytes)};
    assert_int_equal(ts_logs_write(node, &event, 1), TS_ERR_OK);
    ts_buf_free(&bytes);
    bool more = true;
    while (more) {
        assert_int_equal(ts_fold_slice(node->fold, 300, &more), TS_ERR_OK);
    }
    assert_int_equal(ts_fold_settle(node->fold), TS_ERR_OK);
    assert_int_equal(ts_ledger_record(node->ledger, TS_KIND_NEED, record, &standing), TS_ERR_OK);
    assert_int_equal(standing.place.arrival, 0);
    assert_int_equal(ts_logs_seal_all(node), TS_ERR_OK);
    assert_int_equal(ts_records_read(node, &standing.place, standing.event, &header, &kind, &body),
                     TS_ERR_OK);
    assert_int_equal(header.record, record);
    assert_string_equal(header.reason, "x");
    world_do(world, COMMUNE, "revise", "record", code, "quantity", "7", "reason", "x", NULL);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_wishes_edits_on_both_sides_of_a_dead_line_lose_none),
        CASE(test_wishes_custody_is_told_before_the_ledger_is_done),
        CASE(test_wishes_entry_is_found_while_it_is_being_sealed),
        CASE(test_wishes_entry_before_the_own_registration_waits_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
