/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: custody keeps every segment whose predecessor it holds, both branches of a fork too, and
 * asks for what is missing. Method: a log of three segments with a second branch, each verdict from
 * a row; then every order of arrival of a forked log.
 */
#include "core/chain.h"
#include "support/sync_store.h"
#include "support/test.h"

#include <string.h>

typedef struct held {
    ts_tip_t segments[8]; /* seq = last */
    size_t count;
} held_t;

static ts_hash_t
name(uint8_t letter)
{
    ts_hash_t hash = {{0}};
    hash.b[0] = letter;
    return hash;
}

static bool
lookup(void *store, const ts_hash_t *log, const ts_hash_t *hash, uint64_t *ret_last_seq)
{
    const held_t *held = store;
    for (size_t i = 0; i < held->count; i++) {
        if (ts_hash_equal(&held->segments[i].hash, hash) &&
            ts_hash_equal(&held->segments[i].log, log)) {
            *ret_last_seq = held->segments[i].seq;
            return true;
        }
    }
    return false;
}

static void
test_chain_verdicts(void **state)
{
    /* G (genesis) ← A 1..5 ← B 6..9; and a log X of which only the genesis is held. */
    held_t held = {{{name('G'), 0, name('G')},
                    {name('G'), 5, name('A')},
                    {name('G'), 9, name('B')},
                    {name('X'), 0, name('X')}},
                   4};
    ts_tip_t tip = held.segments[2];
    static const struct {
        const char *situation;
        bool genesis;
        bool known;
        uint8_t hash;
        uint8_t prev;
        uint64_t first_seq;
        ts_chain_t verdict;
        ts_err_t err;
    } ROWS[] = {
        {"follows the tip", false, true, 'C', 'B', 10, TS_CHAIN_EXTENDS, TS_ERR_OK},
        {"follows A beside B", false, true, 'D', 'A', 6, TS_CHAIN_FORK, TS_ERR_OK},
        {"follows the genesis beside A", false, true, 'E', 'G', 1, TS_CHAIN_FORK, TS_ERR_OK},
        {"B again", false, true, 'B', 'A', 6, TS_CHAIN_DUPLICATE, TS_ERR_OK},
        {"predecessor unknown", false, true, 'F', 'Q', 20, TS_CHAIN_GAP, TS_ERR_NOTFOUND},
        {"predecessor of another log", false, true, 'F', 'X', 1, TS_CHAIN_GAP, TS_ERR_NOTFOUND},
        {"number left out", false, true, 'C', 'B', 11, TS_CHAIN_BROKEN, TS_ERR_CHAIN},
        {"number used again", false, true, 'C', 'B', 9, TS_CHAIN_BROKEN, TS_ERR_CHAIN},
        {"first is not one", false, true, 'E', 'G', 2, TS_CHAIN_BROKEN, TS_ERR_CHAIN},
        {"log unknown", false, false, 'F', 'Q', 1, TS_CHAIN_NEEDS_GENESIS, TS_ERR_NOTFOUND},
        {"genesis, new", true, false, 'N', 0, 0, TS_CHAIN_STARTS, TS_ERR_OK},
        {"genesis, held", true, true, 'G', 0, 0, TS_CHAIN_DUPLICATE, TS_ERR_OK},
    };
    for (size_t i = 0; i < TS_COUNT(ROWS); i++) {
        ts_segment_header_t header = {.log = name('G'),
                                      .prev = name(ROWS[i].prev),
                                      .first_seq = ROWS[i].first_seq,
                                      .count = ROWS[i].genesis ? 0 : 4,
                                      .flags = ROWS[i].genesis ? TS_SEGMENT_GENESIS : 0};
        ts_hash_t hash = name(ROWS[i].hash);
        ts_chain_view_t view = {.known = ROWS[i].known,
                                .tips = &tip,
                                .tip_count = ROWS[i].known ? 1 : 0,
                                .lookup = lookup,
                                .store = &held};
        ts_chain_t verdict = ts_chain_judge(&view, &header, &hash);
        if (verdict != ROWS[i].verdict) {
            print_error("%s: %s\n", ROWS[i].situation, ts_chain_name(verdict));
        }
        assert_int_equal(verdict, ROWS[i].verdict);
        assert_int_equal(ts_chain_err(verdict), ROWS[i].err);
    }
    assert_string_equal(ts_chain_name(TS_CHAIN_NEEDS_GENESIS), "NEEDS_GENESIS");
    assert_string_equal(ts_chain_name((ts_chain_t)99), "?");
}

/* Tries what waits until nothing more goes in; returns how many went in. */
static size_t
settle(sync_store_t *to, const sync_store_t *from, const size_t *order, bool *in, size_t upto)
{
    size_t stored = 0;
    bool moved = true;
    while (moved) {
        moved = false;
        for (size_t i = 0; i <= upto; i++) {
            const sync_segment_t *segment = &from->segments[order[i]];
            ts_tip_t tip;
            ts_hash_t prev;
            ts_bytes_t bytes = {segment->bytes, segment->length};
            if (!in[order[i]] && sync_store_put(to, bytes, &tip, &prev) == TS_ERR_OK) {
                in[order[i]] = true;
                moved = true;
                stored++;
            }
        }
    }
    return stored;
}

static void
test_chain_any_order_of_arrival_ends_alike(void **state)
{
    sync_store_t source;
    sync_store_init(&source, 1);
    ts_hash_t log = sync_store_new_log(&source, 0, false, false);
    ts_tip_t first = sync_store_write(&source, &log, NULL, 100, 1);
    sync_store_write(&source, &log, NULL, 100, 2);
    sync_store_write(&source, &log, &first, 120, 3);
    sync_store_write(&source, &log, NULL, 90, 4);
    assert_int_equal(source.count, 5);
    size_t permutation[5] = {0, 1, 2, 3, 4};
    size_t counters[5] = {0};
    size_t runs = 0;
    for (size_t i = 0; i < 5;) {
        sync_store_t target;
        bool in[5] = {false};
        sync_store_init(&target, 2);
        for (size_t k = 0; k < 5; k++) {
            settle(&target, &source, permutation, in, k);
        }
        assert_int_equal(target.count, 5);
        ts_tip_t tips[4];
        assert_int_equal(sync_store_tips(&target, &log, tips, 4), 2);
        sync_store_free(&target);
        runs++;
        /* Heap's way through all permutations. */
        while (i < 5 && counters[i] >= i) {
            counters[i++] = 0;
        }
        if (i < 5) {
            size_t with = i % 2 == 0 ? 0 : counters[i];
            size_t kept = permutation[with];
            permutation[with] = permutation[i];
            permutation[i] = kept;
            counters[i]++;
            i = 0;
        }
    }
    assert_true(runs >= 120);
    sync_store_free(&source);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain_verdicts),
        cmocka_unit_test(test_chain_any_order_of_arrival_ends_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
