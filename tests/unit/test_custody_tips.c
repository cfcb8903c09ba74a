/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what a peer is offered: pages of tips, the next segment after any position, also in forked
 * logs, digests, watermarks, and walks along chains. Method: small hand-made trees, compared with
 * what the tree says.
 */
#include "crypto/hash.h"
#include "support/custody_world.h"

#include <string.h>

/* A log forked twice, by arrival: 1 is the genesis, 2 follows 1, 3 and 4 follow 2, 5 and 6 follow
 * 3, 7 follows 4. */
typedef struct ts_tree {
    ts_hash_t log;
    ts_hash_t hash[8]; /* by arrival */
} ts_tree_t;

static ts_tree_t
make_tree(ts_custody_world_t *world)
{
    ts_tree_t tree;
    ts_made_log_t main_line = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    tree.log = main_line.tip.log;
    tree.hash[1] = main_line.tip.hash;
    tree.hash[2] = ts_custody_world_extend(world, &main_line, 2);
    ts_made_log_t side = main_line;
    side.prng = ts_prng(50);
    tree.hash[3] = ts_custody_world_extend(world, &main_line, 2);
    ts_made_log_t third = main_line;
    third.prng = ts_prng(60);
    tree.hash[4] = ts_custody_world_extend(world, &side, 1);
    tree.hash[5] = ts_custody_world_extend(world, &main_line, 3);
    tree.hash[6] = ts_custody_world_extend(world, &third, 1);
    tree.hash[7] = ts_custody_world_extend(world, &side, 9);
    return tree;
}

/* Arrivals that ts_custody_next gives after a base, as digits. */
static void
offered(ts_custody_world_t *world, const ts_hash_t *log, const ts_hash_t *base, char *out)
{
    ts_tip_t tip = {.log = *log};
    if (base != NULL) {
        tip.hash = *base;
    }
    uint64_t cursor = 0;
    for (;;) {
        ts_held_segment_t segment;
        bool held = false;
        ts_err_t err = ts_custody_next(world->custody, &tip, cursor, &held, &segment, NULL);
        assert_true(held);
        if (err == TS_ERR_NOTFOUND) {
            break;
        }
        assert_int_equal(err, TS_ERR_OK);
        assert_true(segment.arrival > cursor);
        cursor = segment.arrival;
        *out++ = (char)('0' + segment.arrival);
    }
    *out = '\0';
}

static void
test_custody_next_gives_all_but_the_chain_of_the_base(void **state)
{
    ts_custody_world_t *world = *state;
    ts_tree_t tree = make_tree(world);
    static const struct {
        size_t base; /* arrival; 0: nothing is held there */
        const char *expected;
    } rows[] = {
        {0, "1234567"}, {1, "234567"}, {2, "34567"}, {3, "4567"},
        {4, "3567"},    {5, "467"},    {6, "457"},   {7, "356"},
    };
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        char found[16];
        offered(world, &tree.log, rows[i].base != 0 ? &tree.hash[rows[i].base] : NULL, found);
        assert_string_equal(found, rows[i].expected);
    }
}

static void
test_custody_next_on_unknown_base_says_so(void **state)
{
    ts_custody_world_t *world = *state;
    ts_tree_t tree = make_tree(world);
    ts_held_segment_t segment;
    bool held = true;
    ts_tip_t base = {.log = tree.log};
    memset(base.hash.b, 7, sizeof base.hash.b);
    assert_int_equal(ts_custody_next(world->custody, &base, 0, &held, &segment, NULL),
                     TS_ERR_NOTFOUND);
    assert_false(held);
    memset(base.log.b, 7, sizeof base.log.b);
    held = true;
    assert_int_equal(ts_custody_next(world->custody, &base, 0, &held, &segment, NULL),
                     TS_ERR_NOTFOUND);
    assert_false(held);
}

static void
test_custody_next_goes_on_after_the_cursor(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    ts_made_log_t other = ts_custody_world_log(world, TS_PURPOSE_ACTS, 1, 2);
    ts_tip_t base = log.tip;
    (void)ts_custody_world_extend(world, &log, 1);
    (void)ts_custody_world_extend(world, &other, 1);
    ts_hash_t last = ts_custody_world_extend(world, &log, 1);
    ts_held_segment_t segment;
    ts_buf_t bytes = {0};
    bool held = false;
    assert_int_equal(ts_custody_next(world->custody, &base, 3, &held, &segment, &bytes), TS_ERR_OK);
    assert_true(ts_hash_equal(&segment.hash, &last));
    ts_hash_t hash = ts_hash_of(bytes.data, TS_SEGMENT_FIXED_BYTES);
    assert_true(ts_hash_equal(&hash, &last));
    ts_buf_free(&bytes);
}

static void
test_custody_on_chain_knows_ancestors_from_cousins(void **state)
{
    ts_custody_world_t *world = *state;
    ts_tree_t tree = make_tree(world);
    static const struct {
        size_t hash;
        size_t tip;
        bool on;
    } rows[] = {
        {1, 7, true},  {2, 7, true},  {3, 7, false}, {4, 7, true},  {3, 5, true},  {3, 6, true},
        {5, 6, false}, {6, 5, false}, {7, 7, true},  {7, 4, false}, {4, 5, false}, {2, 6, true},
    };
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        bool on = !rows[i].on;
        assert_int_equal(ts_custody_on_chain(world->custody, &tree.hash[rows[i].hash],
                                             &tree.hash[rows[i].tip], &on),
                         TS_ERR_OK);
        assert_int_equal(on, rows[i].on);
    }
}

static void
test_custody_back_steps_along_the_chain(void **state)
{
    ts_custody_world_t *world = *state;
    ts_tree_t tree = make_tree(world);
    static const struct {
        uint32_t back;
        uint64_t arrival;
    } rows[] = {{0, 7}, {1, 4}, {2, 2}, {3, 1}, {4, 1}, {400, 1}};
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        ts_held_segment_t segment;
        assert_int_equal(ts_custody_back(world->custody, &tree.hash[7], rows[i].back, &segment),
                         TS_ERR_OK);
        assert_int_equal(segment.arrival, rows[i].arrival);
    }
}

static void
test_custody_at_finds_the_segment_of_a_number(void **state)
{
    ts_custody_world_t *world = *state;
    ts_tree_t tree = make_tree(world);
    static const struct {
        size_t tip;
        uint64_t seq;
        uint64_t arrival; /* 0: none */
    } rows[] = {
        {5, 0, 1}, {5, 1, 2}, {5, 2, 2}, {5, 3, 3},  {5, 5, 5},  {5, 7, 5},
        {5, 8, 0}, {7, 3, 4}, {7, 4, 7}, {7, 12, 7}, {7, 13, 0},
    };
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        ts_held_segment_t segment = {0};
        ts_err_t err =
            ts_custody_at(world->custody, &tree.hash[rows[i].tip], rows[i].seq, &segment, NULL);
        assert_int_equal(err, rows[i].arrival != 0 ? TS_ERR_OK : TS_ERR_NOTFOUND);
        assert_int_equal(segment.arrival, rows[i].arrival);
    }
}

/* ---- tips ---- */

static void
test_custody_tips_at_gives_the_leaves_of_then(void **state)
{
    ts_custody_world_t *world = *state;
    ts_tree_t tree = make_tree(world);
    ts_made_log_t plain = ts_custody_world_log(world, TS_PURPOSE_ACTS, 1, 9); /* arrival 8 */
    ts_hash_t second = ts_custody_world_extend(world, &plain, 1);             /* 9 */
    (void)ts_custody_world_extend(world, &plain, 1);                          /* 10 */
    static const struct {
        uint64_t at;
        uint64_t tips[3]; /* arrivals, newest first */
    } rows[] = {
        {1, {1}},    {2, {2}},       {3, {3}},       {4, {4, 3}},
        {5, {5, 4}}, {6, {6, 5, 4}}, {7, {7, 6, 5}}, {8, {7, 6, 5}},
    };
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        ts_custody_tip_t tips[4];
        size_t count = 0;
        assert_int_equal(ts_custody_tips_at(world->custody, &tree.log, rows[i].at, tips, 4, &count),
                         TS_ERR_OK);
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(k < count ? tips[k].arrival : 0, rows[i].tips[k]);
        }
    }
    ts_custody_tip_t tip;
    size_t count = 9;
    assert_int_equal(ts_custody_tips_at(world->custody, &plain.tip.log, 9, &tip, 1, &count),
                     TS_ERR_OK);
    assert_int_equal(count, 1);
    assert_true(ts_hash_equal(&tip.tip.hash, &second));
    assert_int_equal(ts_custody_tips_at(world->custody, &plain.tip.log, 7, &tip, 1, &count),
                     TS_ERR_OK);
    assert_int_equal(count, 0);
}

static bool
only_acts(void *context, const ts_log_info_t *info)
{
    (*(size_t *)context)++;
    return info->purpose == TS_PURPOSE_ACTS;
}

static void
test_custody_tips_pages_every_changed_log_once(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t logs[9];
    for (uint64_t i = 0; i < 9; i++) {
        logs[i] = ts_custody_world_log(world, i % 3 == 0 ? TS_PURPOSE_ACTS : TS_PURPOSE_RECORDS, 1,
                                       100 + i);
    }
    for (size_t i = 0; i < 9; i += 2) {
        (void)ts_custody_world_extend(world, &logs[i], 1);
    }
    /* All, in pages of 4. */
    bool seen[9] = {false};
    size_t total = 0;
    ts_tip_query_t query = {.count_max = 4};
    ts_tip_page_t page = {.more = true};
    while (page.more) {
        ts_custody_tip_t tips[4];
        ts_log_info_t infos[4];
        assert_int_equal(ts_custody_tips(world->custody, &query, tips, infos, 4, &page), TS_ERR_OK);
        for (size_t i = 0; i < page.count; i++) {
            assert_true(ts_hash_equal(&infos[i].log, &tips[i].tip.log));
            for (size_t k = 0; k < 9; k++) {
                if (ts_hash_equal(&tips[i].tip.log, &logs[k].tip.log)) {
                    assert_false(seen[k]);
                    seen[k] = true;
                    assert_true(ts_hash_equal(&tips[i].tip.hash, &logs[k].tip.hash));
                    assert_int_equal(tips[i].tip.seq, logs[k].tip.seq);
                }
            }
        }
        total += page.count;
        query.since = page.arrival;
    }
    assert_int_equal(total, 9);
    assert_int_equal(page.arrival, ts_custody_arrival(world->custody));
    /* Changed since the last genesis: the extended ones. */
    ts_custody_tip_t tips[16];
    query = (ts_tip_query_t){.since = 9, .count_max = 16};
    assert_int_equal(ts_custody_tips(world->custody, &query, tips, NULL, 16, &page), TS_ERR_OK);
    assert_int_equal(page.count, 5);
    assert_false(page.more);
    /* Filtered: acts are 0, 3, 6. */
    size_t asked = 0;
    query = (ts_tip_query_t){.count_max = 16, .filter = only_acts, .context = &asked};
    assert_int_equal(ts_custody_tips(world->custody, &query, tips, NULL, 16, &page), TS_ERR_OK);
    assert_int_equal(page.count, 3);
    assert_int_equal(asked, 9);
    query = (ts_tip_query_t){.since = ts_custody_arrival(world->custody), .count_max = 1};
    assert_int_equal(ts_custody_tips(world->custody, &query, tips, NULL, 1, &page), TS_ERR_OK);
    assert_int_equal(page.count, 0);
    assert_false(page.more);
}

static void
test_custody_tips_keeps_a_forked_log_in_one_page(void **state)
{
    ts_custody_world_t *world = *state;
    (void)ts_custody_world_log(world, TS_PURPOSE_ACTS, 1, 70);
    ts_custody_tip_t tips[4];
    ts_tip_page_t page;
    ts_made_log_t line = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    ts_made_log_t side = line;
    ts_made_log_t third = line;
    side.prng = ts_prng(2);
    third.prng = ts_prng(3);
    (void)ts_custody_world_extend(world, &line, 1);
    (void)ts_custody_world_extend(world, &side, 2);
    (void)ts_custody_world_extend(world, &third, 3);
    ts_tip_query_t query = {.count_max = 2};
    assert_int_equal(ts_custody_tips(world->custody, &query, tips, NULL, 4, &page), TS_ERR_OK);
    assert_int_equal(page.count, 1);
    assert_true(page.more);
    query.since = page.arrival;
    assert_int_equal(ts_custody_tips(world->custody, &query, tips, NULL, 4, &page), TS_ERR_OK);
    assert_int_equal(page.count, 3);
    assert_int_equal(tips[0].tip.seq, 3);
    assert_false(page.more);
}

static void
test_custody_chain_bytes_count_one_branch(void **state)
{
    ts_custody_world_t *world = *state;
    ts_tree_t tree = make_tree(world);
    uint64_t expected = 0;
    static const uint64_t chain[] = {1, 2, 4, 7};
    ts_held_segment_t segment;
    for (size_t i = 0; i < TS_COUNT(chain); i++) {
        assert_int_equal(ts_custody_get(world->custody, chain[i], &segment, NULL), TS_ERR_OK);
        expected += segment.bytes;
    }
    assert_int_equal(segment.chain_bytes, expected);
    ts_log_size_t size;
    assert_int_equal(ts_custody_log_size(world->custody, &tree.log, &size), TS_ERR_OK);
    assert_int_equal(size.segments, 7);
    assert_int_equal(size.events, 2 + 2 + 1 + 3 + 1 + 9);
    assert_int_equal(size.last_seq, 12);
    assert_int_equal(size.last_arrival, 7);
}

static void
test_custody_digest_is_the_sum_over_tips_in_any_order(void **state)
{
    ts_custody_world_t *world = *state;
    ts_tree_t tree = make_tree(world);
    ts_made_log_t acts = ts_custody_world_log(world, TS_PURPOSE_ACTS, 1, 70);
    const ts_tip_t tips[] = {
        {tree.log, 12, tree.hash[7]},
        acts.tip,
        {tree.log, 5, tree.hash[6]},
        {tree.log, 7, tree.hash[5]},
    };
    ts_hash_t forwards = {{0}};
    ts_hash_t backwards = {{0}};
    for (size_t i = 0; i < TS_COUNT(tips); i++) {
        ts_custody_digest_add(ts_hash_of, &forwards, &tips[i]);
        ts_custody_digest_add(ts_hash_of, &backwards, &tips[TS_COUNT(tips) - 1 - i]);
    }
    assert_memory_equal(forwards.b, backwards.b, sizeof forwards.b);
    ts_hash_t digest;
    assert_int_equal(ts_custody_digest(world->custody, NULL, NULL, &digest), TS_ERR_OK);
    assert_memory_equal(digest.b, forwards.b, sizeof digest.b);
    size_t asked = 0;
    ts_hash_t of_acts = {{0}};
    ts_custody_digest_add(ts_hash_of, &of_acts, &acts.tip);
    assert_int_equal(ts_custody_digest(world->custody, only_acts, &asked, &digest), TS_ERR_OK);
    assert_memory_equal(digest.b, of_acts.b, sizeof digest.b);
    (void)ts_custody_world_extend(world, &acts, 1);
    assert_int_equal(ts_custody_digest(world->custody, only_acts, &asked, &digest), TS_ERR_OK);
    assert_memory_not_equal(digest.b, of_acts.b, sizeof digest.b);
}

static void
test_custody_log_next_walks_all_logs(void **state)
{
    ts_custody_world_t *world = *state;
    ts_log_info_t info = {.office = 0};
    assert_int_equal(ts_custody_log_next(world->custody, &info), TS_ERR_NOTFOUND);
    ts_made_log_t a = ts_custody_world_log(world, TS_PURPOSE_ACTS, 1, 1);
    ts_made_log_t b = ts_custody_world_log(world, TS_PURPOSE_DOWN, 2, 2);
    assert_int_equal(ts_custody_log_next(world->custody, &info), TS_ERR_OK);
    assert_true(ts_hash_equal(&info.log, &a.tip.log));
    assert_int_equal(ts_custody_log_next(world->custody, &info), TS_ERR_OK);
    assert_true(ts_hash_equal(&info.log, &b.tip.log));
    assert_int_equal(info.audience, TS_AUDIENCE_DOWN_ALL);
    assert_int_equal(ts_custody_log_next(world->custody, &info), TS_ERR_NOTFOUND);
}

/* ---- what is remembered of the log table */

static size_t
logs_walked(ts_custody_world_t *world)
{
    ts_log_info_t info = {.office = 0};
    size_t count = 0;
    while (ts_custody_log_next(world->custody, &info) == TS_ERR_OK) {
        count++;
    }
    return count;
}

static void
assert_tip(ts_custody_world_t *world, const ts_made_log_t *log)
{
    ts_custody_tip_t tips[2];
    size_t count = 0;
    ts_hash_t digest;
    ts_hash_t sum = {{0}};
    assert_int_equal(ts_custody_log_tips(world->custody, &log->tip.log, tips, 2, &count),
                     TS_ERR_OK);
    assert_int_equal(count, 1);
    assert_true(ts_hash_equal(&tips[0].tip.hash, &log->tip.hash));
    ts_custody_digest_add(ts_hash_of, &sum, &log->tip);
    assert_int_equal(ts_custody_digest(world->custody, NULL, NULL, &digest), TS_ERR_OK);
    assert_true(ts_hash_equal(&digest, &sum));
}

static void
test_custody_tips_of_a_rolled_back_segment_are_forgotten(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_ACTS, 1, 1);
    ts_made_log_t before = log;
    ts_made_log_t other;
    ts_made_t made;
    ts_made_t genesis;
    ts_put_result_t result;
    assert_tip(world, &before);
    ts_made_next(&log, 3, 50, &made);
    ts_made_genesis(&other, TS_PURPOSE_RECORDS, 2, 2, &genesis);
    assert_int_equal(ts_custody_begin(world->custody, "test"), TS_ERR_OK);
    assert_int_equal(
        ts_custody_put(world->custody, &made.view, &made.hash, &world->source, &result), TS_ERR_OK);
    assert_tip(world, &log);
    assert_int_equal(
        ts_custody_put(world->custody, &genesis.view, &genesis.hash, &world->source, &result),
        TS_ERR_OK);
    assert_int_equal(logs_walked(world), 2);
    ts_custody_rollback(world->custody);
    assert_tip(world, &before);
    assert_int_equal(logs_walked(world), 1);
    (void)ts_custody_world_expect(world, &made, TS_PUT_STORED);
    assert_tip(world, &log);
    ts_made_free(&made);
    ts_made_free(&genesis);
}

static void
test_custody_tail_that_was_empty_is_asked_again(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_own(world, TS_PURPOSE_ACTS, 1);
    ts_tail_event_t event;
    uint64_t counter = 0;
    ts_hash_t id = ts_hash_of("x", 1);
    ts_bytes_t bytes = {(const uint8_t *)"x", 1};
    assert_int_equal(ts_custody_tail_next(world->custody, NULL, 0, &event, NULL), TS_ERR_NOTFOUND);
    assert_int_equal(ts_custody_begin(world->custody, "test"), TS_ERR_OK);
    assert_int_equal(ts_custody_append(world->custody, &log.tip.log, &id, bytes, &counter),
                     TS_ERR_OK);
    assert_int_equal(ts_custody_tail_next(world->custody, NULL, 0, &event, NULL), TS_ERR_OK);
    ts_custody_rollback(world->custody);
    assert_int_equal(ts_custody_tail_next(world->custody, NULL, 0, &event, NULL), TS_ERR_NOTFOUND);
    counter = ts_custody_world_append(world, &log.tip.log, "one");
    assert_int_equal(ts_custody_tail_next(world->custody, NULL, 0, &event, NULL), TS_ERR_OK);
    assert_int_equal(event.counter, counter);
}

static void
test_custody_more_logs_than_are_remembered_are_asked_one_by_one(void **state)
{
    enum { LOGS = 4098 };
    ts_custody_world_t *world = *state;
    ts_hash_t sum = {{0}};
    ts_hash_t digest;
    ts_made_log_t log = {.tip.seq = 0};
    assert_int_equal(ts_custody_begin(world->custody, "test"), TS_ERR_OK);
    for (uint64_t i = 0; i < LOGS; i++) {
        ts_made_t genesis;
        ts_put_result_t result;
        ts_made_genesis(&log, TS_PURPOSE_RECORDS, 1, i + 1, &genesis);
        assert_int_equal(
            ts_custody_put(world->custody, &genesis.view, &genesis.hash, &world->source, &result),
            TS_ERR_OK);
        ts_custody_digest_add(ts_hash_of, &sum, &log.tip);
        ts_made_free(&genesis);
    }
    assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
    assert_int_equal(logs_walked(world), LOGS);
    assert_int_equal(ts_custody_digest(world->custody, NULL, NULL, &digest), TS_ERR_OK);
    assert_true(ts_hash_equal(&digest, &sum));
    ts_custody_tip_t tips[4];
    ts_tip_page_t page;
    ts_tip_query_t query = {.since = LOGS - 3, .count_max = 4};
    assert_int_equal(ts_custody_tips(world->custody, &query, tips, NULL, 4, &page), TS_ERR_OK);
    assert_int_equal(page.count, 3);
    assert_true(ts_hash_equal(&tips[2].tip.hash, &log.tip.hash));
    (void)ts_custody_world_extend(world, &log, 1);
    size_t count = 0;
    assert_int_equal(ts_custody_log_tips(world->custody, &log.tip.log, tips, 4, &count), TS_ERR_OK);
    assert_int_equal(count, 1);
    assert_true(ts_hash_equal(&tips[0].tip.hash, &log.tip.hash));
}

int
main(void)
{
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, ts_custody_world_setup, ts_custody_world_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_custody_next_gives_all_but_the_chain_of_the_base),
        CASE(test_custody_next_on_unknown_base_says_so),
        CASE(test_custody_next_goes_on_after_the_cursor),
        CASE(test_custody_on_chain_knows_ancestors_from_cousins),
        CASE(test_custody_back_steps_along_the_chain),
        CASE(test_custody_at_finds_the_segment_of_a_number),
        CASE(test_custody_tips_at_gives_the_leaves_of_then),
        CASE(test_custody_tips_pages_every_changed_log_once),
        CASE(test_custody_tips_keeps_a_forked_log_in_one_page),
        CASE(test_custody_chain_bytes_count_one_branch),
        CASE(test_custody_digest_is_the_sum_over_tips_in_any_order),
        CASE(test_custody_log_next_walks_all_logs),
        CASE(test_custody_tips_of_a_rolled_back_segment_are_forgotten),
        CASE(test_custody_tail_that_was_empty_is_asked_again),
        CASE(test_custody_more_logs_than_are_remembered_are_asked_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
