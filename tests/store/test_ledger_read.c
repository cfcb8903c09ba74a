/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what people, commands and scripts read from a ledger: rows with filters, child rows,
 * imports, balances, open needs, findings, the feed, and the views of the sqlite3 shell. Method: a
 * small folded world with known content; a remade and a rebuilt ledger.
 */
#include "core/envelope.h"
#include "core/kind.h"
#include "support/fold_cast.h"
#include "support/test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

typedef struct stage {
    fold_world_t *world;
    fold_cast_t cast;
    fold_run_t run;
    ts_record_id_t child;
    ts_record_id_t needs[3];
    ts_record_id_t handovers[2];
    ts_record_id_t receipt;
    ts_record_id_t allocation;
} stage_t;

static char *
text(const char *literal)
{
    char *result;
    memcpy(&result, &literal, sizeof result);
    return result;
}

static Tiepsuc__V1__Item
coats(int64_t quantity)
{
    Tiepsuc__V1__Item item = TIEPSUC__V1__ITEM__INIT;
    item.item = text("áo ấm");
    item.quantity = quantity;
    item.unit_of_measure = text("bộ");
    item.value_vnd = quantity * 100000;
    return item;
}

/* 5 sets come in, 20 are set aside for the first need (which asks for 4), 6 handed over with one
 * paper number twice. */
static void
add_money(stage_t *stage)
{
    fold_cast_t *cast = &stage->cast;
    ts_record_id_t donor = fold_world_mint(stage->world, 1);
    Tiepsuc__V1__Donor from = TIEPSUC__V1__DONOR__INIT;
    from.name = text("donor");
    from.class_ = TIEPSUC__V1__DONOR_CLASS__DONOR_CLASS_ENTERPRISE;
    ts_event_header_t header = {.record = donor, .author_role = 1};
    (void)fold_world_add(stage->world, cast->secret, header, TIEPSUC__V1__KIND__KIND_DONOR, &from);
    Tiepsuc__V1__Item in = coats(5);
    Tiepsuc__V1__Item *items[] = {&in};
    Tiepsuc__V1__Receipt receipt = TIEPSUC__V1__RECEIPT__INIT;
    receipt.donor_id = donor;
    receipt.fund_id = cast->fund;
    receipt.items = items;
    receipt.n_items = 1;
    stage->receipt = fold_world_mint(stage->world, 1);
    (void)fold_world_add(stage->world, cast->secret,
                         fold_cast_header(cast, stage->receipt, CAST_DAY),
                         TIEPSUC__V1__KIND__KIND_RECEIPT, &receipt);
    in = coats(20);
    Tiepsuc__V1__Allocation allocation = TIEPSUC__V1__ALLOCATION__INIT;
    allocation.fund_id = cast->fund;
    allocation.need_far_id = stage->needs[0];
    allocation.items = items;
    allocation.n_items = 1;
    stage->allocation = fold_world_mint(stage->world, 1);
    (void)fold_world_add(stage->world, cast->down,
                         fold_cast_header(cast, stage->allocation, CAST_DAY),
                         TIEPSUC__V1__KIND__KIND_ALLOCATION, &allocation);
    in = coats(3);
    Tiepsuc__V1__Handover handover = TIEPSUC__V1__HANDOVER__INIT;
    handover.unit_id = cast->commune[0];
    handover.line_id = cast->line[0];
    handover.allocation_far_id = stage->allocation;
    handover.need_id = stage->needs[0];
    handover.items = items;
    handover.n_items = 1;
    handover.beneficiary_ids = &stage->child;
    handover.n_beneficiary_ids = 1;
    handover.paper_number = text("12/BB");
    for (size_t i = 0; i < 2; i++) {
        stage->handovers[i] = fold_world_mint(stage->world, 3);
        ts_event_header_t at = fold_cast_header(cast, stage->handovers[i], CAST_DAY);
        at.row_key = i == 0 ? "sheet/7" : NULL;
        (void)fold_world_add(stage->world, cast->records[3], at, TIEPSUC__V1__KIND__KIND_HANDOVER,
                             &handover);
    }
}

static int
setup(void **state)
{
    static stage_t stage;
    memset(&stage, 0, sizeof stage);
    stage.world = fold_world_new();
    stage.cast = fold_cast_make(stage.world);
    stage.child = fold_cast_child(&stage.cast, 3, 0, 2014, 3, NULL);
    stage.needs[0] = fold_cast_need(&stage.cast, 0, 0, stage.child, 4, NULL);
    stage.needs[1] = fold_cast_need(&stage.cast, 0, 1, 0, 7, NULL);
    stage.needs[2] = fold_cast_need(&stage.cast, 1, 0, 0, 9, NULL);
    add_money(&stage);
    const fold_way_t way = {.per_segment = 20, .feed = true};
    fold_run_begin(&stage.run, stage.world, &way);
    assert_int_equal(ts_fold_settle(stage.run.fold), TS_ERR_OK);
    *state = &stage;
    return 0;
}

static int
teardown(void **state)
{
    stage_t *stage = *state;
    fold_run_end(&stage->run);
    fold_world_free(&stage->world);
    return 0;
}

static int64_t
number_at(const ts_table_t *table, size_t row, const char *column)
{
    size_t at = ts_table_column(table, column);
    assert_true(at != SIZE_MAX);
    const ts_cell_t *cell = ts_table_cell(table, row, at);
    assert_int_equal(cell->kind, TS_CELL_NUMBER);
    return cell->number;
}

static size_t
list_rows(stage_t *stage, const ts_list_query_t *query)
{
    ts_table_t table;
    ts_table_init(&table, "rows");
    assert_int_equal(ts_ledger_list(stage->run.ledger, query, &table), TS_ERR_OK);
    size_t rows = ts_table_rows(&table);
    uint64_t counted = 0;
    assert_int_equal(ts_ledger_list_count(stage->run.ledger, query, &counted), TS_ERR_OK);
    if (query->after == 0 && query->limit >= counted) {
        assert_int_equal(rows, counted);
    }
    ts_table_free(&table);
    return rows;
}

static void
test_ledger_list_filters_by_unit_column_and_place(void **state)
{
    stage_t *stage = *state;
    const uint32_t need = TIEPSUC__V1__KIND__KIND_NEED;
    ts_list_query_t query = {.kind = need, .limit = 100};
    assert_int_equal(list_rows(stage, &query), 3);
    query.units = &stage->cast.commune[0];
    query.unit_count = 1;
    assert_int_equal(list_rows(stage, &query), 2);
    query.unit_count = 2;
    assert_int_equal(list_rows(stage, &query), 3);
    ts_list_filter_t filters[] = {{"quantity", "7"}, {"state", "reported"}};
    query.filters = filters;
    query.filter_count = 2;
    assert_int_equal(list_rows(stage, &query), 1);
    filters[0].value = "8";
    assert_int_equal(list_rows(stage, &query), 0);
    filters[0] = (ts_list_filter_t){"beneficiary_id", NULL};
    assert_int_equal(list_rows(stage, &query), 2);
    filters[0] = (ts_list_filter_t){"occurred_on", CAST_DAY};
    assert_int_equal(list_rows(stage, &query), 3);
    filters[0] = (ts_list_filter_t){"quantity\" OR 1=1 --", "7"};
    ts_table_t table;
    ts_table_init(&table, "rows");
    assert_int_equal(ts_ledger_list(stage->run.ledger, &query, &table), TS_ERR_INVALID);
    ts_table_free(&table);
    ts_list_query_t page = {.kind = need, .limit = 2};
    assert_int_equal(list_rows(stage, &page), 2);
    page.after = stage->needs[1] > stage->needs[0] ? stage->needs[1] : stage->needs[0];
    assert_int_equal(list_rows(stage, &page), 1);
    page.plan = stage->cast.plan + 1;
    assert_int_equal(list_rows(stage, &page), 0);
}

static void
test_ledger_row_shows_fields_as_people_read_them(void **state)
{
    stage_t *stage = *state;
    ts_list_filter_t filter = {"quantity", "4"};
    const ts_list_query_t query = {
        .kind = TIEPSUC__V1__KIND__KIND_NEED, .limit = 1, .filters = &filter, .filter_count = 1};
    ts_table_t table;
    ts_table_init(&table, "rows");
    assert_int_equal(ts_ledger_list(stage->run.ledger, &query, &table), TS_ERR_OK);
    assert_int_equal(number_at(&table, 0, "record"), stage->needs[0]);
    assert_int_equal(number_at(&table, 0, "beneficiary_id"), stage->child);
    assert_int_equal(number_at(&table, 0, "occurred_on"), fold_world_day(CAST_DAY));
    assert_int_equal(number_at(&table, 0, "office"), 3);
    const ts_cell_t *measure = ts_table_cell(&table, 0, ts_table_column(&table, "unit_of_measure"));
    assert_string_equal(measure->text, "bộ");
    assert_int_equal(ts_table_cell(&table, 0, ts_table_column(&table, "site"))->kind,
                     TS_CELL_NOTHING);
    ts_table_free(&table);
    ts_table_init(&table, "items");
    assert_int_equal(ts_ledger_children(stage->run.ledger, TIEPSUC__V1__KIND__KIND_HANDOVER,
                                        "items", stage->handovers[0], &table),
                     TS_ERR_OK);
    assert_int_equal(ts_table_rows(&table), 1);
    assert_int_equal(number_at(&table, 0, "quantity"), 3);
    assert_int_equal(number_at(&table, 0, "value_vnd"), 300000);
    ts_table_free(&table);
    ts_table_init(&table, "nothing");
    assert_int_equal(
        ts_ledger_children(stage->run.ledger, TIEPSUC__V1__KIND__KIND_HANDOVER, "x", 1, &table),
        TS_ERR_INVALID);
    ts_table_free(&table);
}

static void
test_ledger_finds_what_an_import_row_became(void **state)
{
    stage_t *stage = *state;
    ts_record_id_t record = 0;
    const uint32_t kind = TIEPSUC__V1__KIND__KIND_HANDOVER;
    assert_int_equal(ts_ledger_row_key(stage->run.ledger, kind, 3, "sheet/7", &record), TS_ERR_OK);
    assert_int_equal(record, stage->handovers[0]);
    assert_int_equal(ts_ledger_row_key(stage->run.ledger, kind, 4, "sheet/7", &record),
                     TS_ERR_NOTFOUND);
    assert_int_equal(ts_ledger_row_key(stage->run.ledger, kind, 3, "sheet/8", &record),
                     TS_ERR_NOTFOUND);
}

static void
test_ledger_balances_follow_the_goods(void **state)
{
    stage_t *stage = *state;
    static const struct {
        ts_account_kind_t account;
        int owner; /* 0 fund, 1 allocation, 2 commune */
        int64_t quantity;
    } cases[] = {
        {TS_ACCOUNT_FUND, 0, 5 - 20}, {TS_ACCOUNT_ALLOCATED, 1, 20 - 6}, {TS_ACCOUNT_HANDED, 2, 6}};
    const ts_record_id_t owners[] = {stage->cast.fund, stage->allocation, stage->cast.commune[0]};
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_amount_t amount;
        assert_int_equal(ts_ledger_balance(stage->run.ledger, cases[i].account,
                                           owners[cases[i].owner], "áo ấm", "bộ", &amount),
                         TS_ERR_OK);
        assert_int_equal(amount.quantity, cases[i].quantity);
        assert_int_equal(amount.value_vnd, cases[i].quantity * 100000);
    }
    ts_need_open_t open;
    assert_int_equal(ts_ledger_need_open(stage->run.ledger, stage->needs[0], &open), TS_ERR_OK);
    assert_int_equal(open.needed, 4);
    assert_int_equal(open.allocated, 20);
    assert_int_equal(open.handed, 6);
    assert_int_equal(ts_ledger_need_open(stage->run.ledger, 77, &open), TS_ERR_NOTFOUND);
}

/* What goods and money of a record are worth together stands beside its fields. */
static void
test_ledger_list_says_what_the_items_are_worth(void **state)
{
    stage_t *stage = *state;
    const ts_list_query_t query = {.kind = TS_KIND_ALLOCATION, .limit = 10};
    ts_table_t table;
    ts_table_init(&table, "allocation");
    assert_int_equal(ts_ledger_list(stage->run.ledger, &query, &table), TS_ERR_OK);
    size_t worth = ts_table_column(&table, "items_value_vnd");
    assert_int_equal(ts_table_rows(&table), 1);
    assert_int_not_equal(worth, SIZE_MAX);
    assert_string_equal(table.columns[worth].format, "vnd");
    assert_int_equal(ts_table_cell(&table, 0, worth)->number, 20 * 100000);
    ts_table_free(&table);
}

typedef struct found {
    int count[8];
    ts_finding_t last[8];
} found_t;

static void
take_finding(void *ctx, const ts_finding_t *finding)
{
    found_t *found = ctx;
    found->count[finding->kind]++;
    found->last[finding->kind] = *finding;
}

static void
test_ledger_findings_name_what_people_should_look_at(void **state)
{
    stage_t *stage = *state;
    found_t found;
    memset(&found, 0, sizeof found);
    assert_int_equal(ts_ledger_findings(stage->run.ledger, 0, 10, take_finding, &found), TS_ERR_OK);
    assert_int_equal(found.count[TS_FINDING_CONFLICT], 0);
    assert_int_equal(found.count[TS_FINDING_DUPLICATE], 1);
    assert_int_equal(found.last[TS_FINDING_DUPLICATE].amount, 2);
    assert_int_equal(found.count[TS_FINDING_NEGATIVE], 1);
    assert_int_equal(found.last[TS_FINDING_NEGATIVE].record, stage->cast.fund);
    assert_int_equal(found.last[TS_FINDING_NEGATIVE].amount, -15);
    assert_int_equal(found.count[TS_FINDING_REPEAT], 1);
    assert_int_equal(found.last[TS_FINDING_REPEAT].record, stage->child);
    assert_int_equal(found.count[TS_FINDING_BEYOND_NEED], 1);
    assert_int_equal(found.last[TS_FINDING_BEYOND_NEED].record, stage->needs[0]);
    assert_int_equal(found.last[TS_FINDING_BEYOND_NEED].amount, 2);
    assert_int_equal(found.count[TS_FINDING_OFFICES], 0);
    ts_ledger_counts_t counts;
    assert_int_equal(ts_ledger_counts(stage->run.ledger, &counts), TS_ERR_OK);
    assert_int_equal(counts.negative, 1);
    assert_int_equal(counts.duplicates, 1);
    assert_int_equal(counts.repeats, 1);
}

/* ---- feed */

typedef struct told {
    size_t count;
    uint64_t number;
    size_t handovers;
    ts_feed_row_t receipt;
    char receipt_change[16];
} told_t;

static void
take_told(void *ctx, const ts_feed_row_t *row)
{
    told_t *told = ctx;
    assert_int_equal(row->number, told->number + 1);
    told->number = row->number;
    told->count++;
    /* One child is too few to be told. */
    assert_int_equal(row->children, 0);
    assert_string_equal(row->text, "");
    told->handovers += strcmp(row->kind, "handover") == 0 ? 1 : 0;
    if (strcmp(row->kind, "receipt") == 0) {
        told->receipt = *row;
        (void)strncpy(told->receipt_change, row->change, sizeof told->receipt_change - 1);
    }
}

static told_t
read_feed(stage_t *stage)
{
    told_t told;
    memset(&told, 0, sizeof told);
    assert_int_equal(ts_ledger_feed_read(stage->run.ledger, 0, 1000, take_told, &told), TS_ERR_OK);
    uint64_t newest = 0;
    assert_int_equal(ts_ledger_feed_newest(stage->run.ledger, &newest), TS_ERR_OK);
    assert_int_equal(newest, told.number);
    return told;
}

static void
test_ledger_feed_has_no_gaps_and_tells_nothing_twice(void **state)
{
    stage_t *stage = *state;
    told_t told = read_feed(stage);
    /* 3 needs, a receipt, an allocation, 2 handovers. */
    assert_int_equal(told.count, 7);
    assert_int_equal(told.handovers, 2);
    assert_string_equal(told.receipt_change, "added");
    assert_int_equal(told.receipt.donor_class, 3);
    assert_int_equal(told.receipt.quantity, 5);
    ts_id16_t feed = ts_ledger_feed_id(stage->run.ledger);
    /* A new ledger beside the old one. */
    ts_fold_rebuild(stage->run.fold);
    fold_run_finish(&stage->run, 20);
    ts_fold_state_t at;
    ts_fold_state(stage->run.fold, &at);
    assert_false(at.rebuilding);
    assert_int_equal(read_feed(stage).count, 7);
    /* One made by other rules: made anew at the next start, the feed goes over. */
    assert_int_equal(ts_ledger_begin(stage->run.ledger), TS_ERR_OK);
    assert_int_equal(ts_ledger_number_put(stage->run.ledger, "rules", 4711), TS_ERR_OK);
    assert_int_equal(ts_ledger_commit(stage->run.ledger), TS_ERR_OK);
    fold_run_close(&stage->run);
    stage->run.ledger_options.new_feed_id.b[0] = 'x';
    assert_int_equal(fold_run_open(&stage->run), TS_ERR_OK);
    assert_true(ts_ledger_was_made(stage->run.ledger));
    fold_run_finish(&stage->run, 0);
    assert_int_equal(read_feed(stage).count, 7);
    ts_id16_t kept = ts_ledger_feed_id(stage->run.ledger);
    assert_true(ts_id16_equal(&feed, &kept));
    /* Of another store: everything is new, the feed too. */
    fold_run_close(&stage->run);
    stage->run.ledger_options.store_id.b[0] = 'y';
    assert_int_equal(fold_run_open(&stage->run), TS_ERR_OK);
    fold_run_finish(&stage->run, 0);
    assert_int_equal(read_feed(stage).count, 7);
    kept = ts_ledger_feed_id(stage->run.ledger);
    assert_false(ts_id16_equal(&feed, &kept));
}

static void
test_ledger_damaged_file_is_made_anew(void **state)
{
    stage_t *stage = *state;
    fold_run_close(&stage->run);
    FILE *file = fopen(stage->run.ledger_options.path, "r+b");
    assert_non_null(file);
    for (int i = 0; i < 4096; i++) {
        assert_int_equal(fputc('x', file), 'x');
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(fold_run_open(&stage->run), TS_ERR_OK);
    assert_true(ts_ledger_was_made(stage->run.ledger));
    fold_run_finish(&stage->run, 0);
    assert_int_equal(fold_run_sum(&stage->run, TS_MEASURE_NEED_QUANTITY, 0, 0, 0), 20);
}

static void
put_file(const char *path, ts_bytes_t content)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content.data, 1, content.length, file), content.length);
    assert_int_equal(fclose(file), 0);
}

static ts_buf_t
get_file(const char *path)
{
    ts_buf_t content = {0};
    uint8_t bytes[4096];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (size_t got; (got = fread(bytes, 1, sizeof bytes, file)) > 0;) {
        ts_buf_put(&content, bytes, got);
    }
    assert_int_equal(fclose(file), 0);
    return content;
}

/* One page after the other is destroyed: whenever that is noticed, the next opening makes the
 * ledger anew, with the same content. */
static void
test_ledger_any_damaged_page_ends_in_a_new_one(void **state)
{
    enum { PAGE = 4096 };
    stage_t *stage = *state;
    const char *path = stage->run.ledger_options.path;
    ts_fingerprint_t right = fold_run_print(&stage->run);
    fold_run_close(&stage->run);
    ts_buf_t sound = get_file(path);
    unsigned noticed = 0;
    for (size_t page = 1; page < sound.length / PAGE; page++) {
        ts_buf_t broken = {0};
        ts_buf_put(&broken, sound.data, sound.length);
        memset(broken.data + page * PAGE, 'x', PAGE);
        put_file(path, ts_buf_bytes(&broken));
        ts_buf_free(&broken);
        ts_fingerprint_t print;
        ts_err_t err = fold_run_open(&stage->run);
        if (err == TS_ERR_OK && !ts_ledger_was_made(stage->run.ledger)) {
            err = ts_ledger_fingerprint(stage->run.ledger, &print);
            if (err != TS_ERR_OK) {
                fold_run_close(&stage->run);
            }
        }
        if (err != TS_ERR_OK) {
            noticed++;
            assert_int_equal(fold_run_open(&stage->run), TS_ERR_OK);
            assert_true(ts_ledger_was_made(stage->run.ledger));
        }
        if (ts_ledger_was_made(stage->run.ledger)) {
            fold_run_finish(&stage->run, 0);
            print = fold_run_print(&stage->run);
            assert_memory_equal(&print, &right, sizeof print);
        }
        fold_run_close(&stage->run);
    }
    assert_true(noticed > 0);
    put_file(path, ts_buf_bytes(&sound));
    ts_buf_free(&sound);
    assert_int_equal(fold_run_open(&stage->run), TS_ERR_OK);
}

/* ---- the shell */

static void
test_ledger_views_can_be_read_by_any_sqlite_tool(void **state)
{
    stage_t *stage = *state;
    fold_run_close(&stage->run);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(stage->run.ledger_options.path, &db), SQLITE_OK);
    sqlite3_stmt *views = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type = 'view'",
                                        -1, &views, NULL),
                     SQLITE_OK);
    int count = 0;
    while (sqlite3_step(views) == SQLITE_ROW) {
        char sql[128];
        (void)snprintf(sql, sizeof sql, "SELECT * FROM %s",
                       (const char *)sqlite3_column_text(views, 0));
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        count++;
    }
    (void)sqlite3_finalize(views);
    assert_true(count >= 12);
    static const struct {
        const char *sql;
        int64_t value;
    } cases[] = {
        {"SELECT quantity FROM v_fund_balance WHERE fund = 'fund' AND commodity = 'áo ấm'", -15},
        {"SELECT sum(value_vnd) FROM v_posting", 0},
        {"SELECT handed FROM v_need_open WHERE needed = 4", 6},
        {"SELECT count(*) FROM need WHERE state = 'reported' AND occurred_on = '2019-05-10'", 3},
        {"SELECT value FROM v_cell WHERE measure = 'child_times' AND day = '2019-05-10'", 2},
        {"SELECT sum(value) FROM v_cell WHERE measure = 'need_quantity'", 20},
        {"SELECT count(*) FROM v_duplicate", 1},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        sqlite3_stmt *stmt = NULL;
        assert_int_equal(sqlite3_prepare_v2(db, cases[i].sql, -1, &stmt, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        assert_int_equal(sqlite3_column_int64(stmt, 0), cases[i].value);
        (void)sqlite3_finalize(stmt);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(fold_run_open(&stage->run), TS_ERR_OK);
}

static void
test_ledger_compare_finds_a_changed_figure(void **state)
{
    stage_t *stage = *state;
    char path[512];
    (void)snprintf(path, sizeof path, "%s/compare.sqlite", stage->run.folder);
    for (int changed = 0; changed < 2; changed++) {
        ts_fold_compare_t *compare = NULL;
        assert_int_equal(ts_fold_compare_begin(stage->run.fold, path, &compare), TS_ERR_OK);
        bool done = false;
        bool same = false;
        while (!done) {
            assert_int_equal(ts_fold_compare_slice(compare, 10, &done, &same), TS_ERR_OK);
        }
        ts_fold_compare_end(&compare);
        assert_int_equal(same, changed == 0);
        assert_int_equal(ts_ledger_begin(stage->run.ledger), TS_ERR_OK);
        ts_cell_key_t key;
        memset(&key, 0, sizeof key);
        key.plan = stage->cast.plan;
        key.measure = TS_MEASURE_SITES;
        ts_ledger_cell_add(stage->run.ledger, &key, 1);
        assert_int_equal(ts_ledger_commit(stage->run.ledger), TS_ERR_OK);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ledger_list_filters_by_unit_column_and_place, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_ledger_row_shows_fields_as_people_read_them, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_ledger_finds_what_an_import_row_became, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_ledger_balances_follow_the_goods, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ledger_list_says_what_the_items_are_worth, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_ledger_findings_name_what_people_should_look_at, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_ledger_feed_has_no_gaps_and_tells_nothing_twice, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_ledger_damaged_file_is_made_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ledger_any_damaged_page_ends_in_a_new_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_ledger_views_can_be_read_by_any_sqlite_tool, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_ledger_compare_finds_a_changed_figure, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
