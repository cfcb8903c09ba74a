/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: offices that never have a link live from sticks alone as if they had one: everything is
 * anchored, ledgers are equal, in any order, twice, with a wire in between, and after an image was
 * put back. A file that is cut, altered, for somebody else or of elsewhere changes nothing that is
 * wrong and is told clearly. No child's word makes held or anchored.
 * Method: whole nodes in virtual time whose links are cut; bundles as bytes.
 */
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/sealed.h"
#include "node/bundle.h"
#include "support/node_carry.h"
#include "support/steps.h"

#include <stdio.h>
#include <string.h>

enum { DISTRICT = 1, COMMUNE = 2, OTHER = 3 };

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

/* Province, district, two communes that have never seen a link. */
static int
setup(void **state)
{
    world_t *world = world_new(6);
    *state = world;
    world_found(world);
    assert_int_equal(world_enrol(world, "district", "901", "huyen-mot", WORLD_PROVINCE), DISTRICT);
    assert_int_equal(world_enrol(world, "commune", "90101", "xa-an", DISTRICT), COMMUNE);
    assert_int_equal(world_enrol(world, "commune", "90102", "xa-binh", DISTRICT), OTHER);
    for (size_t i = DISTRICT; i <= OTHER; i++) {
        world_link(world, i, false);
        assert_true(world_start(world, i));
    }
    world_run(world, 1000);
    return 0;
}

/* Nothing happens in it; clocks go on. */
static void
pass_a_month(world_t *world)
{
    world->wall_ms += 30 * day_ms;
    world_run(world, 3600 * 1000);
}

/* Registry and plans down, what was entered up, receipts down. */
static void
round_trip(world_t *world, size_t commune)
{
    world_carry(world, commune, DISTRICT);
    world_carry(world, DISTRICT, WORLD_PROVINCE);
    world_carry(world, WORLD_PROVINCE, DISTRICT);
    world_carry(world, DISTRICT, commune);
}

static void
first_bundles(world_t *world)
{
    world_carry(world, WORLD_PROVINCE, DISTRICT);
    world_carry(world, DISTRICT, COMMUNE);
    world_carry(world, DISTRICT, OTHER);
}

static void
expect_status(world_t *world, size_t node, int64_t saved, int64_t held, int64_t anchored)
{
    world_do(world, node, "status", NULL);
    int64_t found[] = {world_number(world, "status", "saved"),
                       world_number(world, "status", "held"),
                       world_number(world, "status", "anchored")};
    int64_t expected[] = {saved, held, anchored};
    for (size_t i = 0; i < 3; i++) {
        if (found[i] != expected[i]) {
            print_error("node %zu: saved %lld held %lld anchored %lld\n", node, (long long)found[0],
                        (long long)found[1], (long long)found[2]);
        }
        assert_int_equal(found[i], expected[i]);
    }
}

static bool
has_fork(world_t *world, size_t index)
{
    ts_custody_counts_t counts;
    assert_int_equal(ts_custody_counts(world->nodes[index].node->custody, &counts), TS_ERR_OK);
    return counts.forked_logs > 0;
}

/* Segments here that others wrote. */
static uint64_t
segments(world_t *world, size_t index)
{
    uint64_t count = 0;
    ts_log_info_t info = {.office = 0};
    ts_custody_t *custody = world->nodes[index].node->custody;
    while (ts_custody_log_next(custody, &info) == TS_ERR_OK) {
        ts_log_size_t size = {0};
        assert_int_equal(ts_custody_log_size(custody, &info.log, &size), TS_ERR_OK);
        count += info.office == world->nodes[index].office ? 0 : size.segments;
    }
    return count;
}

/* ---- living from sticks */

static void
test_node_bundle_three_tiers_live_from_sticks_alone(void **state)
{
    world_t *world = *state;
    first_bundles(world);
    for (unsigned month = 0; month < 6; month++) {
        world_needs(world, COMMUNE, 4);
        world_needs(world, OTHER, 2);
        pass_a_month(world);
        round_trip(world, COMMUNE);
        round_trip(world, OTHER);
    }
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 6 * 6);
    world_assert_in_step(world, COMMUNE, "90101");
    world_assert_in_step(world, OTHER, "90102");
    world_assert_anchored(world, COMMUNE);
    world_assert_anchored(world, OTHER);
}

static void
test_node_bundle_two_tiers_live_from_sticks_alone(void **state)
{
    world_t *world = *state;
    size_t commune = world_enrol(world, "commune", "90201", "xa-cat", WORLD_PROVINCE);
    world_link(world, commune, false);
    assert_true(world_start(world, commune));
    world_carry(world, WORLD_PROVINCE, commune);
    for (unsigned month = 0; month < 3; month++) {
        world_needs(world, commune, 3);
        pass_a_month(world);
        world_carry(world, commune, WORLD_PROVINCE);
        world_carry(world, WORLD_PROVINCE, commune);
    }
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 9);
    world_assert_in_step(world, commune, "90201");
    world_assert_anchored(world, commune);
}

/* A receipt bundle makes held; the root's holdings in it make anchored. */
static void
test_node_bundle_way_back_makes_held_then_anchored(void **state)
{
    world_t *world = *state;
    first_bundles(world);
    world_needs(world, COMMUNE, 3);
    world_do(world, COMMUNE, "status", NULL);
    int64_t saved = world_number(world, "status", "saved");
    assert_int_equal(world_number(world, "status", "held"), 0);
    world_carry(world, COMMUNE, DISTRICT);
    expect_status(world, COMMUNE, saved, 0, 0);
    world_carry(world, DISTRICT, COMMUNE);
    expect_status(world, COMMUNE, saved, saved, 0);
    world_carry(world, DISTRICT, WORLD_PROVINCE);
    world_carry(world, WORLD_PROVINCE, DISTRICT);
    world_carry(world, DISTRICT, COMMUNE);
    expect_status(world, COMMUNE, saved, saved, saved);
}

/* What a stick brought is not sent again over the wire, and the other way round. */
static void
test_node_bundle_mixes_with_the_wire(void **state)
{
    world_t *world = *state;
    first_bundles(world);
    world_needs(world, COMMUNE, 4);
    world_carry(world, COMMUNE, DISTRICT);
    world_carry(world, DISTRICT, COMMUNE);
    world_link(world, DISTRICT, true);
    world_link(world, COMMUNE, true);
    world_settle(world);
    world_needs(world, COMMUNE, 2);
    world_settle(world);
    world_link(world, COMMUNE, false);
    world_needs(world, COMMUNE, 3);
    world_carry(world, COMMUNE, DISTRICT);
    assert_true(world_number(world, "bundle", "segments") <= 3);
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 9);
    world_assert_in_step(world, COMMUNE, "90101");
    world_assert_anchored(world, COMMUNE);
    world_assert_down(world, COMMUNE);
}

static void
test_node_bundle_order_and_repetition_do_not_matter(void **state)
{
    world_t *world = *state;
    ts_buf_t files[4] = {{0}};
    first_bundles(world);
    for (size_t i = 0; i < 4; i++) {
        world_needs(world, COMMUNE, 2);
        world_bundle(world, COMMUNE, DISTRICT, &files[i], NULL);
        /* As if each had been taken in: so that the next one brings only what is new. */
        ts_log_info_t walk = {.office = 0};
        ts_node_t *node = world->nodes[COMMUNE].node;
        assert_int_equal(ts_custody_begin(node->custody, "test"), TS_ERR_OK);
        while (ts_custody_log_next(node->custody, &walk) == TS_ERR_OK) {
            ts_custody_tip_t tip;
            size_t count = 0;
            assert_int_equal(ts_custody_log_tips(node->custody, &walk.log, &tip, 1, &count),
                             TS_ERR_OK);
            assert_int_equal(
                ts_custody_held_add(node->custody, &node->parent_store, &tip.tip, NULL), TS_ERR_OK);
        }
        assert_int_equal(ts_custody_commit(node->custody), TS_ERR_OK);
    }
    static const size_t order[] = {3, 1, 3, 2, 0, 0, 2, 1};
    for (size_t i = 0; i < TS_COUNT(order); i++) {
        assert_int_equal(world_take_in(world, DISTRICT, ts_buf_bytes(&files[order[i]]), 1000),
                         TS_ERR_OK);
        if (i == 0) { /* the first segments are missing: it waits and is named */
            assert_true(world_number(world, "bundle", "waiting") > 0);
            assert_int_equal(world_number(world, "waiting", "office"), 0);
        }
        if (i > 4) {
            assert_int_equal(world_number(world, "bundle", "fresh"), 0);
        }
    }
    world_run(world, 1000);
    world_carry(world, DISTRICT, WORLD_PROVINCE);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 8);
    world_assert_in_step(world, COMMUNE, "90101");
    for (size_t i = 0; i < 4; i++) {
        ts_buf_free(&files[i]);
    }
}

/* An older bundle that comes late does not make less of what is safe. */
static void
test_node_bundle_old_one_from_above_takes_nothing_back(void **state)
{
    world_t *world = *state;
    ts_buf_t old = {0};
    first_bundles(world);
    world_needs(world, COMMUNE, 2);
    world_carry(world, COMMUNE, DISTRICT);
    world_bundle(world, DISTRICT, COMMUNE, &old, NULL);
    pass_a_month(world);
    world_needs(world, COMMUNE, 2);
    world_carry(world, COMMUNE, DISTRICT);
    world_carry(world, DISTRICT, COMMUNE);
    world_do(world, COMMUNE, "status", NULL);
    int64_t held = world_number(world, "status", "held");
    assert_int_equal(held, world_number(world, "status", "saved"));
    assert_int_equal(world_take_in(world, COMMUNE, ts_buf_bytes(&old), 1u << 20), TS_ERR_OK);
    expect_status(world, COMMUNE, held, held, 0);
    ts_buf_free(&old);
}

/* Straight to the province, past the district. */
static void
test_node_bundle_may_pass_the_district_by(void **state)
{
    world_t *world = *state;
    first_bundles(world);
    world_needs(world, COMMUNE, 3);
    world_carry(world, COMMUNE, WORLD_PROVINCE);
    world_carry(world, WORLD_PROVINCE, COMMUNE);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 3);
    world_do(world, COMMUNE, "status", NULL);
    assert_int_equal(world_number(world, "status", "anchored"),
                     world_number(world, "status", "saved"));
}

static void
test_node_bundle_small_ones_bring_everything_in_turn(void **state)
{
    world_t *world = *state;
    ts_buf_t whole = {0};
    first_bundles(world);
    for (unsigned i = 0; i < 40; i++) {
        world_needs(world, COMMUNE, 1);
        world_do(world, COMMUNE, "seal", NULL);
    }
    world_bundle(world, COMMUNE, DISTRICT, &whole, NULL);
    /* Limits below one MiB only here: by the maker itself. */
    ts_node_t *node = world->nodes[COMMUNE].node;
    unsigned bundles = 0;
    bool more = true;
    while (more) {
        ts_buf_t file = {0};
        ts_msg_t why = {0};
        bool ready = false;
        ts_bundle_out_t *out = NULL;
        const ts_bundle_order_t order = {.to = world->nodes[DISTRICT].office,
                                         .bytes_max = (512u << 10) + 4096};
        assert_int_equal(ts_bundle_out_new(&out, node, &order, &why), TS_ERR_OK);
        while (!ready) {
            assert_int_equal(ts_bundle_out_gather(out, &ready), TS_ERR_OK);
        }
        more = (ts_bundle_out_header(out)->flags & TS_BUNDLE_MORE) != 0;
        for (bool done = false; !done;) {
            assert_int_equal(ts_bundle_out_write(out, &file, &done), TS_ERR_OK);
        }
        ts_bundle_out_destroy(&out);
        assert_true(file.length < whole.length);
        assert_int_equal(world_take_in(world, DISTRICT, ts_buf_bytes(&file), 1u << 20), TS_ERR_OK);
        world_run(world, 100);
        world_carry(world, DISTRICT, COMMUNE);
        ts_buf_free(&file);
        assert_true(++bundles < 40);
    }
    assert_true(bundles > 2);
    assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), 40);
    ts_buf_free(&whole);
}

/* ---- what is wrong with a file */

/* A segment of its own of about 1,400 bytes. */
static void
need_that_packs_badly(world_t *world, size_t node)
{
    char note[1601];
    for (size_t i = 0; i < sizeof note - 1; i++) {
        note[i] = (char)('!' + ts_prng_below(&world->prng, 90));
    }
    note[sizeof note - 1] = '\0';
    world_do(world, node, "add", "kind", "need", "plan", WORLD_PLAN, "line", "warm", "quantity",
             "1", "unit_of_measure", "bộ", "birth_month", "03/2010", "sex", "Nam", "occurred_on",
             "2019-10-14", "note", note, NULL);
    world_do(world, node, "seal", NULL);
}

static void
test_node_bundle_damaged_keeps_what_is_right(void **state)
{
    world_t *world = *state;
    ts_buf_t file = {0};
    first_bundles(world);
    for (unsigned i = 0; i < 80; i++) {
        need_that_packs_badly(world, COMMUNE);
    }
    world_bundle(world, COMMUNE, DISTRICT, &file, NULL);
    assert_true(file.length > 70000 + 3000);
    uint64_t before = segments(world, DISTRICT);
    /* Cut behind the first chunk: what it held is kept. */
    ts_bytes_t cut = {file.data, 70000};
    assert_int_equal(world_take_in(world, DISTRICT, cut, 1u << 20), TS_ERR_TRUNCATED);
    uint64_t kept = segments(world, DISTRICT);
    assert_true(kept > before);
    assert_int_equal(world_number(world, "bundle", "fresh"), kept - before);
    assert_int_equal(world_number(world, "bundle", "whole"), 0);
    assert_int_equal(world_number(world, "bundle", "receipts"), 0);
    /* Altered in its second chunk: the first one is known by now. */
    file.data[69000] ^= 1;
    assert_int_equal(world_take_in(world, DISTRICT, ts_buf_bytes(&file), 5000), TS_ERR_HASH);
    assert_int_equal(segments(world, DISTRICT), kept);
    file.data[69000] ^= 1;
    assert_int_equal(world_take_in(world, DISTRICT, ts_buf_bytes(&file), 5000), TS_ERR_OK);
    assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), 80);
    /* A byte behind its end is passed over. */
    ts_buf_put_u8(&file, 0);
    assert_int_equal(world_take_in(world, DISTRICT, ts_buf_bytes(&file), 5000), TS_ERR_OK);
    ts_buf_free(&file);
}

static void
test_node_bundle_every_flipped_byte_and_every_cut_is_told(void **state)
{
    world_t *world = *state;
    ts_buf_t file = {0};
    first_bundles(world);
    world_needs(world, COMMUNE, 1);
    world_bundle(world, COMMUNE, DISTRICT, &file, NULL);
    uint64_t before = segments(world, DISTRICT);
    for (size_t i = 0; i < file.length; i += i < 300 ? 7 : 211) {
        file.data[i] ^= 0x20;
        ts_err_t err = world_take_in(world, DISTRICT, ts_buf_bytes(&file), 1u << 20);
        file.data[i] ^= 0x20;
        assert_int_not_equal(err, TS_ERR_OK);
        err = world_take_in(world, DISTRICT, (ts_bytes_t){file.data, i}, 1u << 20);
        assert_int_equal(err, TS_ERR_TRUNCATED);
    }
    assert_int_equal(segments(world, DISTRICT), before);
    ts_buf_free(&file);
}

static void
assert_says(world_t *world, const char *part)
{
    char *said = world_said(world);
    if (strstr(said, part) == NULL) {
        print_error("says: %s\n", said);
    }
    assert_non_null(strstr(said, part));
    ts_xfree(said);
}

static void
test_node_bundle_for_another_office_names_it(void **state)
{
    world_t *world = *state;
    ts_buf_t file = {0};
    first_bundles(world);
    world_needs(world, COMMUNE, 1);
    world_bundle(world, COMMUNE, DISTRICT, &file, NULL);
    uint64_t before = segments(world, OTHER);
    assert_int_equal(world_take_in(world, OTHER, ts_buf_bytes(&file), 1u << 20), TS_ERR_KEY);
    char office[32];
    (void)snprintf(office, sizeof office, "office %u", (unsigned)world->nodes[DISTRICT].office);
    assert_says(world, office);
    assert_int_equal(segments(world, OTHER), before);
    ts_buf_free(&file);
}

static void
test_node_bundle_of_another_deployment_or_no_bundle_is_refused(void **state)
{
    world_t *world = *state;
    world_t *elsewhere = world_new(77);
    ts_buf_t file = {0};
    world_found(elsewhere);
    size_t commune = world_enrol(elsewhere, "commune", "90101", "xa-an", WORLD_PROVINCE);
    assert_true(world_start(elsewhere, commune));
    world_bundle(elsewhere, WORLD_PROVINCE, commune, &file, NULL);
    uint64_t before = segments(world, COMMUNE);
    assert_int_equal(world_take_in(world, COMMUNE, ts_buf_bytes(&file), 1u << 20), TS_ERR_FOREIGN);
    assert_says(world, "another deployment");
    static const uint8_t picture[64] = {0xff, 0xd8, 0xff};
    assert_int_equal(world_take_in(world, COMMUNE, (ts_bytes_t){picture, 64}, 64), TS_ERR_INVALID);
    assert_says(world, "no bundle");
    assert_int_equal(world_take_in(world, COMMUNE, (ts_bytes_t){picture, 0}, 64), TS_ERR_TRUNCATED);
    assert_int_equal(segments(world, COMMUNE), before);
    world_free(&elsewhere);
    ts_buf_free(&file);
}

static void
test_node_bundle_wrong_receiver_is_refused_when_it_is_made(void **state)
{
    world_t *world = *state;
    char number[16];
    first_bundles(world);
    (void)snprintf(number, sizeof number, "%u", (unsigned)world->nodes[OTHER].office);
    assert_int_equal(world_tell(world, COMMUNE, "bundle_export", "to", number, NULL),
                     TS_ERR_DENIED);
    assert_int_equal(world_tell(world, COMMUNE, "bundle_export", "to", "9999", NULL),
                     TS_ERR_NOTFOUND);
    assert_int_equal(world_tell(world, COMMUNE, "bundle_export", "to", "xã không có", NULL),
                     TS_ERR_NOTFOUND);
    assert_int_equal(world_tell(world, WORLD_PROVINCE, "bundle_export", NULL), TS_ERR_INVALID);
    assert_int_equal(world_tell(world, COMMUNE, "bundle_part", "token", "00", NULL),
                     TS_ERR_NOTFOUND);
}

/* Before the first bundle from above nobody's key is known here. */
static void
test_node_bundle_up_before_anything_came_down_says_what_to_do(void **state)
{
    world_t *world = *state;
    assert_int_equal(world_tell(world, COMMUNE, "bundle_export", NULL), TS_ERR_NOTFOUND);
    assert_says(world, "take in a bundle of it first");
}

/* ---- trust */

/* The commune claims to be the province's store and to hold everything: no effect. */
static void
test_node_bundle_child_cannot_claim_to_be_the_root(void **state)
{
    world_t *world = *state;
    first_bundles(world);
    world_needs(world, COMMUNE, 1);
    round_trip(world, COMMUNE);
    world_do(world, DISTRICT, "add", "kind", "need", "plan", WORLD_PLAN, "unit", "90102", "line",
             "warm", "quantity", "1", "unit_of_measure", "bộ", "occurred_on", "2019-10-14",
             "birth_month", "03/2010", "sex", "Nam", "on_behalf_of", "90102", NULL);
    ts_node_t *district = world->nodes[DISTRICT].node;
    world_do(world, DISTRICT, "status", NULL);
    int64_t anchored = world_number(world, "status", "anchored");
    int64_t saved = world_number(world, "status", "saved");
    assert_true(saved > anchored);
    ts_bundle_header_t header = {.from = world->nodes[COMMUNE].office,
                                 .to = world->nodes[DISTRICT].office,
                                 .number = 9,
                                 .store = district->root_store};
    ts_log_info_t info = {.office = 0};
    while (ts_custody_log_next(district->custody, &info) == TS_ERR_OK &&
           info.office != world->nodes[COMMUNE].office) {
    }
    assert_int_equal(ts_bundle_word(district, &header, &info.node_key), TS_BUNDLE_WORD_STORE);
    header.store = district->parent_store;
    assert_int_equal(ts_bundle_word(district, &header, &info.node_key), TS_BUNDLE_WORD_STORE);
    header.store = ts_custody_store_id(district->custody);
    assert_int_equal(ts_bundle_word(district, &header, &info.node_key), TS_BUNDLE_WORD_STORE);
    header.store = (ts_id16_t){{5}};
    assert_int_equal(ts_bundle_word(district, &header, &info.node_key), TS_BUNDLE_WORD_COUNTS);
    ts_hash_t other_key = {{1}};
    assert_int_equal(ts_bundle_word(district, &header, &other_key), TS_BUNDLE_WORD_KEY);
    header.from = world->nodes[OTHER].office + 100;
    assert_int_equal(ts_bundle_word(district, &header, &info.node_key), TS_BUNDLE_WORD_UNKNOWN);
}

static void
test_node_bundle_of_an_office_that_was_cut_off_is_kept_and_not_believed(void **state)
{
    world_t *world = *state;
    char number[16];
    first_bundles(world);
    round_trip(world, COMMUNE);
    (void)snprintf(number, sizeof number, "%u", (unsigned)world->nodes[COMMUNE].office);
    world_do(world, WORLD_PROVINCE, "revoke", "office", number, "note", "thử", NULL);
    world_needs(world, COMMUNE, 2);
    world_carry(world, WORLD_PROVINCE, DISTRICT);
    world_carry(world, COMMUNE, DISTRICT);
    assert_true(world_number(world, "bundle", "fresh") > 0);
    assert_int_equal(world_number(world, "bundle", "receipts"), 0);
    assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), 0);
    assert_int_equal(world_tell(world, DISTRICT, "bundle_export", "to", number, NULL),
                     TS_ERR_DENIED);
}

/* ---- images put back */

/* Scenario 2: the whole machine's image is put back, then a stick leaves before any link. Both
 * branches are folded, the commune learns of it from the bundle back and goes on in a new log. */
static void
test_node_bundle_restored_image_then_a_stick(void **state)
{
    world_t *world = *state;
    first_bundles(world);
    world_needs(world, COMMUNE, 2);
    world_carry(world, COMMUNE, DISTRICT);
    world_carry(world, DISTRICT, COMMUNE);
    world_stop(world, COMMUNE);
    world_files_t *image = world_files_take(world, COMMUNE, true);
    assert_true(world_start(world, COMMUNE));
    world_needs(world, COMMUNE, 3);
    world_carry(world, COMMUNE, DISTRICT);
    world_stop(world, COMMUNE);
    world_files_put(world, COMMUNE, image);
    world_files_free(&image);
    assert_true(world_start(world, COMMUNE));
    pass_a_month(world);
    world_needs(world, COMMUNE, 4);
    world_carry(world, COMMUNE, DISTRICT);
    assert_true(has_fork(world, DISTRICT));
    assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), 2 + 3 + 4);
    world_carry(world, DISTRICT, COMMUNE);
    assert_true(world_noted(world, COMMUNE, "log_continued", "purpose=2"));
    assert_int_equal(world_records(world, COMMUNE, TS_KIND_NEED), 2 + 3 + 4);
    world_needs(world, COMMUNE, 1);
    round_trip(world, COMMUNE);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 2 + 3 + 4 + 1);
    world_assert_in_step(world, COMMUNE, "90101");
    world_assert_anchored(world, COMMUNE);
}

/* The receipts alone tell it, without the segments: enough to leave the log at once. */
static void
test_node_bundle_receipts_alone_make_a_store_that_went_back_leave_its_log(void **state)
{
    world_t *world = *state;
    ts_buf_t back = {0};
    first_bundles(world);
    world_needs(world, COMMUNE, 2);
    world_carry(world, COMMUNE, DISTRICT);
    world_carry(world, DISTRICT, COMMUNE);
    world_stop(world, COMMUNE);
    world_files_t *image = world_files_take(world, COMMUNE, true);
    assert_true(world_start(world, COMMUNE));
    world_needs(world, COMMUNE, 3);
    world_carry(world, COMMUNE, DISTRICT);
    world_bundle(world, DISTRICT, COMMUNE, &back, NULL);
    world_stop(world, COMMUNE);
    world_files_put(world, COMMUNE, image);
    world_files_free(&image);
    assert_true(world_start(world, COMMUNE));
    assert_int_equal(world_take_in(world, COMMUNE, ts_buf_bytes(&back), 1u << 20), TS_ERR_OK);
    assert_true(world_noted(world, COMMUNE, "amnesia", "purpose=2"));
    world_needs(world, COMMUNE, 4);
    world_carry(world, COMMUNE, DISTRICT);
    assert_false(has_fork(world, DISTRICT));
    world_carry(world, DISTRICT, COMMUNE);
    assert_int_equal(world_records(world, COMMUNE, TS_KIND_NEED), 2 + 3 + 4);
    ts_buf_free(&back);
}

/* A district, then the province, from an older copy as other files: everything comes back by stick
 * from whoever holds it, also what they wrote themselves. */
static void
test_node_bundle_all_fills_a_store_that_was_restored(void **state)
{
    world_t *world = *state;
    static const size_t restored[] = {DISTRICT, WORLD_PROVINCE};
    first_bundles(world);
    world_needs(world, COMMUNE, 2);
    round_trip(world, COMMUNE);
    for (size_t i = 0; i < 2; i++) {
        size_t node = restored[i];
        size_t helper = node == DISTRICT ? WORLD_PROVINCE : DISTRICT;
        ts_buf_t stick = {0};
        world_stop(world, node);
        world_files_t *older = world_files_take(world, node, true);
        assert_true(world_start(world, node));
        world_needs(world, COMMUNE, 3);
        round_trip(world, COMMUNE);
        uint64_t needs = world_records(world, node, TS_KIND_NEED);
        world_stop(world, node);
        world_files_put(world, node, older);
        world_files_clone(world, node, older);
        world_files_free(&older);
        assert_true(world_start(world, node));
        world_run(world, 1000);
        assert_true(world_records(world, node, TS_KIND_NEED) < needs);
        world_bundle(world, helper, node, &stick, "all", "yes", NULL);
        assert_int_equal(world_take_in(world, node, ts_buf_bytes(&stick), 1u << 20), TS_ERR_OK);
        world_run(world, 1000);
        assert_int_equal(world_records(world, node, TS_KIND_NEED), needs);
        ts_buf_free(&stick);
        pass_a_month(world);
        world_needs(world, COMMUNE, 1);
        round_trip(world, COMMUNE);
    }
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 2 + 4 + 4);
    world_assert_in_step(world, COMMUNE, "90101");
    world_assert_anchored(world, COMMUNE);
}

/* ---- kills */

/* Killed at every change of its disk while a bundle is made, or taken in: after the start the same
 * again works, and nothing is twice. */
static void
test_node_bundle_killed_anywhere_goes_on(void **state)
{
    world_t *world = *state;
    first_bundles(world);
    world_needs(world, COMMUNE, 2);
    bool fired = true;
    uint64_t needs = 2;
    for (uint64_t k = 1; fired; k = ts_step_after(k)) {
        ts_buf_t file = {0};
        ts_command_t command;
        world_needs(world, COMMUNE, 1);
        needs++;
        ts_command_init(&command, "bundle_export");
        world_arm(world, COMMUNE, k, NULL);
        ts_err_t err = world_bundle_try(world, COMMUNE, &command, &file);
        fired = world_revive(world, TS_CUT_ALL);
        world_arm(world, COMMUNE, UINT64_MAX, NULL);
        if (err != TS_ERR_OK) {
            assert_true(fired);
            ts_buf_clear(&file);
            world_bundle(world, COMMUNE, DISTRICT, &file, NULL);
        }
        world_arm(world, DISTRICT, k, NULL);
        err = world_take_in(world, DISTRICT, ts_buf_bytes(&file), 3000);
        bool hit = world_revive(world, TS_CUT_ALL);
        fired = fired || hit;
        world_arm(world, DISTRICT, UINT64_MAX, NULL);
        if (err != TS_ERR_OK) {
            assert_true(hit);
            assert_int_equal(world_take_in(world, DISTRICT, ts_buf_bytes(&file), 3000), TS_ERR_OK);
        }
        world_run(world, 1000);
        assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), needs);
        ts_buf_free(&file);
        assert_true(k < 400);
    }
    assert_false(has_fork(world, DISTRICT));
    world_carry(world, DISTRICT, COMMUNE);
    world_do(world, COMMUNE, "status", NULL);
    assert_int_equal(world_number(world, "status", "held"), world_number(world, "status", "saved"));
}

/* ---- what an invite's office gets first */

static void
test_node_bundle_first_one_is_closed_to_the_invite(void **state)
{
    world_t *world = *state;
    ts_buf_t file = {0};
    world_carry(world, WORLD_PROVINCE, DISTRICT);
    /* Made before the office was ever heard of; the machine is set up only now. */
    size_t late = world_enrol(world, "commune", "90201", "xa-cat", WORLD_PROVINCE);
    char number[16];
    world_do(world, WORLD_PROVINCE, "list", "kind", "office", NULL);
    (void)snprintf(number, sizeof number, "%u", (unsigned)world->nodes[DISTRICT].office + 3);
    ts_command_t command;
    ts_command_init(&command, "bundle_export");
    ts_command_add(&command, "to", number);
    assert_int_equal(world_bundle_try(world, WORLD_PROVINCE, &command, &file), TS_ERR_OK);
    world_link(world, late, false);
    assert_true(world_start(world, late));
    assert_int_equal(world_take_in(world, late, ts_buf_bytes(&file), 1u << 20), TS_ERR_OK);
    world_needs(world, late, 1);
    world_carry(world, late, WORLD_PROVINCE);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 1);
    ts_buf_free(&file);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)

static ts_err_t
gather_bytes(void *context, ts_bytes_t bytes)
{
    ts_buf_put(context, bytes.data, bytes.length);
    return TS_ERR_OK;
}

/* The file's content, closed anew to the same recipient: anybody who knows its key can do that. */
static void
close_anew(world_t *world, size_t to, ts_bytes_t content, ts_buf_t *ret_file)
{
    ts_node_t *node = world->nodes[to].node;
    const ts_sealed_options_t options = {.what = TS_SEALED_BUNDLE,
                                         .deployment = node->identity.keys.deployment,
                                         .recipients = &node->identity.keys.curve_public,
                                         .recipient_count = 1,
                                         .random = node->options.random,
                                         .sink = gather_bytes,
                                         .ctx = ret_file};
    ts_sealed_writer_t *writer = NULL;
    assert_int_equal(ts_sealed_writer_new(&writer, &options), TS_ERR_OK);
    assert_int_equal(ts_sealed_write(writer, content), TS_ERR_OK);
    assert_int_equal(ts_sealed_finish(writer), TS_ERR_OK);
    ts_sealed_writer_destroy(&writer);
}

/* Closing a file to somebody needs no secret: only the signature says whose word it is. */
static void
test_node_bundle_whose_signature_was_changed_is_refused(void **state)
{
    world_t *world = *state;
    ts_buf_t file = {0};
    ts_buf_t content = {0};
    first_bundles(world);
    world_needs(world, COMMUNE, 2);
    world_bundle(world, COMMUNE, DISTRICT, &file, NULL);
    ts_node_t *district = world->nodes[DISTRICT].node;
    const ts_box_secret_t secrets[] = {district->identity.keys.curve_secret,
                                       district->identity.invite_curve_secret};
    const ts_sealed_reader_options_t options = {
        .secrets = secrets, .secret_count = 2, .sink = gather_bytes, .ctx = &content};
    ts_sealed_reader_t *reader = ts_sealed_reader_new(&options);
    assert_int_equal(ts_sealed_feed(reader, ts_buf_bytes(&file)), TS_ERR_OK);
    assert_int_equal(ts_sealed_end(reader), TS_ERR_OK);
    ts_sealed_reader_destroy(&reader);
    for (int changed = 0; changed < 2; changed++) {
        ts_buf_t again = {0};
        content.data[content.length - 1] ^= changed != 0 ? 1 : 0;
        close_anew(world, DISTRICT, ts_buf_bytes(&content), &again);
        ts_bundle_in_t *in = ts_bundle_in_new(district);
        assert_true(again.length <= TS_SEALED_CHUNK_BYTES);
        ts_bundle_in_feed(in, ts_buf_bytes(&again));
        ts_bundle_in_end(in);
        assert_int_equal(ts_bundle_in_verdict(in), changed != 0 ? TS_ERR_SIGNATURE : TS_ERR_OK);
        ts_bundle_in_destroy(&in);
        ts_buf_free(&again);
    }
    ts_buf_free(&content);
    ts_buf_free(&file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_node_bundle_three_tiers_live_from_sticks_alone),
        CASE(test_node_bundle_two_tiers_live_from_sticks_alone),
        CASE(test_node_bundle_way_back_makes_held_then_anchored),
        CASE(test_node_bundle_mixes_with_the_wire),
        CASE(test_node_bundle_order_and_repetition_do_not_matter),
        CASE(test_node_bundle_old_one_from_above_takes_nothing_back),
        CASE(test_node_bundle_may_pass_the_district_by),
        CASE(test_node_bundle_small_ones_bring_everything_in_turn),
        CASE(test_node_bundle_whose_signature_was_changed_is_refused),
        CASE(test_node_bundle_damaged_keeps_what_is_right),
        CASE(test_node_bundle_every_flipped_byte_and_every_cut_is_told),
        CASE(test_node_bundle_for_another_office_names_it),
        CASE(test_node_bundle_of_another_deployment_or_no_bundle_is_refused),
        CASE(test_node_bundle_wrong_receiver_is_refused_when_it_is_made),
        CASE(test_node_bundle_up_before_anything_came_down_says_what_to_do),
        CASE(test_node_bundle_child_cannot_claim_to_be_the_root),
        CASE(test_node_bundle_of_an_office_that_was_cut_off_is_kept_and_not_believed),
        CASE(test_node_bundle_restored_image_then_a_stick),
        CASE(test_node_bundle_receipts_alone_make_a_store_that_went_back_leave_its_log),
        CASE(test_node_bundle_all_fills_a_store_that_was_restored),
        CASE(test_node_bundle_killed_anywhere_goes_on),
        CASE(test_node_bundle_first_one_is_closed_to_the_invite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
