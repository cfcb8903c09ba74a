/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the reference model of the simulator says what it should: segments are recognised or
 * refused with the right words, holders and promises are counted, needs add up over revisions,
 * forks and parked events. Method: a kept log of real segments, and events made by hand.
 */
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/hash.h"
#include "sim/model.h"
#include "support/test.h"
#include "wire/record.h"
#include "wire/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEGMENTS_MAX = 16, LINE_BYTES = 16384 };

typedef struct kept {
    model_t *model;
    ts_buf_t segments[SEGMENTS_MAX];
    size_t count;
} kept_t;

static int
setup(void **state)
{
    kept_t *kept = ts_xcalloc(1, sizeof *kept);
    *state = kept;
    FILE *file = fopen(TS_TEST_SOURCE_DIR "/tests/golden/v1/log.txt", "r");
    static char line[LINE_BYTES];
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        ts_id16_t deployment;
        if (strncmp(line, "deployment ", 11) == 0) {
            assert_int_equal(ts_hex_parse(line + 11, deployment.b, sizeof deployment.b), TS_ERR_OK);
            kept->model = model_new(&deployment);
        } else if (strncmp(line, "segment ", 8) == 0) {
            assert_true(kept->count < SEGMENTS_MAX);
            size_t length = strlen(line + 8) / 2;
            uint8_t *out = ts_buf_extend(&kept->segments[kept->count++], length);
            assert_int_equal(ts_hex_parse(line + 8, out, length), TS_ERR_OK);
        }
    }
    assert_int_equal(fclose(file), 0);
    assert_true(kept->count >= 3);
    return 0;
}

static int
teardown(void **state)
{
    kept_t *kept = *state;
    for (size_t i = 0; i < kept->count; i++) {
        ts_buf_free(&kept->segments[i]);
    }
    model_free(&kept->model);
    ts_xfree(kept);
    return 0;
}

static size_t
learn(kept_t *kept, size_t at)
{
    size_t index = MODEL_NONE;
    assert_null(model_learn(kept->model, ts_buf_bytes(&kept->segments[at]), &index));
    return index;
}

static const char *
refused(kept_t *kept, const ts_buf_t *bytes)
{
    size_t index = MODEL_NONE;
    const char *wrong = model_learn(kept->model, ts_buf_bytes(bytes), &index);
    assert_non_null(wrong);
    return wrong;
}

static void
test_sim_model_genuine_segments_are_known_again(void **state)
{
    kept_t *kept = *state;
    size_t prev = MODEL_NONE;
    for (size_t i = 0; i < kept->count; i++) {
        size_t index = learn(kept, i);
        assert_int_equal(kept->model->segments[index].prev, prev);
        assert_int_equal(learn(kept, i), index);
        prev = index;
    }
    assert_int_equal(kept->model->segment_count, kept->count);
    assert_int_equal(kept->model->log_count, 1);
    assert_true(kept->model->event_count >= 3);
    const model_segment_t *last = &kept->model->segments[prev];
    assert_int_equal(model_find(kept->model, &last->hash), prev);
    assert_int_equal(model_find_prefix(kept->model, ts_hash_prefix(&last->hash)), prev);
}

static void
test_sim_model_false_segments_are_named(void **state)
{
    kept_t *kept = *state;
    assert_string_equal(refused(kept, &kept->segments[1]),
                        "a segment whose genesis was never seen");
    (void)learn(kept, 0);
    assert_string_equal(refused(kept, &kept->segments[2]),
                        "a segment whose predecessor was never seen");
    ts_buf_t *bytes = &kept->segments[1];
    bytes->data[bytes->length - 1] ^= 1;
    assert_string_equal(refused(kept, bytes), "a payload that is not the one that was signed");
    bytes->data[bytes->length - 1] ^= 1;
    bytes->data[TS_SEGMENT_HEADER_BYTES + 3] ^= 1;
    assert_string_equal(refused(kept, bytes), "a segment that is not signed by its log's key");
    bytes->data[TS_SEGMENT_HEADER_BYTES + 3] ^= 1;
    (void)learn(kept, 1);
    bytes->data[bytes->length - 1] ^= 1;
    assert_string_equal(refused(kept, bytes), "other bytes than its author made");
    bytes->data[0] ^= 1;
    assert_string_equal(refused(kept, bytes), "bytes that are no segment");
    kept->model->deployment.b[0] ^= 1;
    ts_map_clear(kept->model->segment_of);
    ts_map_clear(kept->model->log_of);
    assert_string_equal(refused(kept, &kept->segments[0]),
                        "a genesis whose certificates are not right");
}

static void
test_sim_model_holders_are_counted(void **state)
{
    kept_t *kept = *state;
    model_t *model = kept->model;
    size_t first = learn(kept, 0);
    size_t second = learn(kept, 1);
    (void)model_machine(model, 2);
    model_hold(model, 0, first);
    model_hold(model, 0, second);
    model_hold(model, 2, first);
    assert_int_equal(model->segments[first].holders, 2);
    assert_true(model_holds(model, 0, second));
    assert_false(model_holds(model, 1, first));
    assert_false(model_holds(model, 2, second));
    size_t event = model->segments[second].events[0];
    assert_true(model_has_event(model, 0, event));
    assert_false(model_has_event(model, 2, event));
    model_forget(model, 0);
    assert_int_equal(model->segments[first].holders, 1);
    assert_int_equal(model->segments[second].holders, 0);
    assert_false(model_has_event(model, 0, event));
}

static void
test_sim_model_promises_are_kept_by_store(void **state)
{
    kept_t *kept = *state;
    model_t *model = kept->model;
    ts_id16_t one = {{1}};
    ts_id16_t other = {{2}};
    ts_hash_t hash = {{3}};
    assert_true(model_claim(model, &one, &hash));
    assert_false(model_claim(model, &one, &hash));
    assert_true(model_claimed(model, &one, &hash));
    assert_false(model_claimed(model, &other, &hash));
    assert_int_equal(model_floor(model, &one, &hash, 7), 7);
    assert_int_equal(model_floor(model, &one, &hash, 5), 7);
    assert_int_equal(model_floor(model, &other, &hash, 5), 5);
    model_claims_forget(model, &one);
    assert_false(model_claimed(model, &one, &hash));
    assert_int_equal(model_floor(model, &one, &hash, 4), 4);
    assert_int_equal(model_head(model, &one, &hash), 7); /* it did say so */
    assert_int_equal(model_floor(model, &other, &hash, 4), 5);
}

/* ---- needs */

typedef struct version {
    ts_record_id_t record;
    int64_t quantity;
    uint64_t revises[2];
    size_t revise_count;
    bool is_void;
} version_t;

/* Into the tail of machine 0. Returns the prefix of its id. */
static uint64_t
type_need(model_t *model, const version_t *version)
{
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), TS_KIND_NEED);
    ts_record_t *record = ts_record_new(kind);
    assert_int_equal(ts_record_set_number(record, "quantity", version->quantity), TS_ERR_OK);
    ts_event_header_t header = {.kind = kind->kind,
                                .version = kind->version,
                                .record = version->record,
                                .author = 1,
                                .author_role = TS_ROLE_RECORDER,
                                .revises = version->revises,
                                .revises_count = version->revise_count,
                                .voided = version->is_void,
                                .reason = version->revise_count > 0 ? "đếm lại" : NULL};
    ts_buf_t bytes = {0};
    ts_msg_t why = {0};
    assert_int_equal(ts_event_encode(&header, kind, ts_record_body(record), &bytes, &why),
                     TS_ERR_OK);
    size_t index = model_event_learn(model, ts_buf_bytes(&bytes), MODEL_NONE);
    model_machine_t *machine = model_machine(model, 0);
    machine->tail = ts_xgrow(machine->tail, machine->tail_count + 1, &machine->tail_capacity,
                             sizeof *machine->tail);
    machine->tail[machine->tail_count++] = index;
    ts_buf_free(&bytes);
    ts_record_destroy(&record);
    return ts_hash_prefix(&model->events[index].id);
}

static void
assert_figures(const model_t *model, const ts_map_t *without, int64_t quantity, uint64_t records)
{
    model_figures_t figures = model_needs(model, 0, without);
    assert_int_equal(figures.quantity, quantity);
    assert_int_equal(figures.records, records);
}

static void
test_sim_model_needs_add_up_over_revisions(void **state)
{
    kept_t *kept = *state;
    model_t *model = kept->model;
    ts_record_id_t one = ts_record_id(2, 5, 1);
    ts_record_id_t other = ts_record_id(2, 5, 2);
    uint64_t first = type_need(model, &(version_t){.record = one, .quantity = 3});
    (void)type_need(model, &(version_t){.record = other, .quantity = 10});
    assert_figures(model, NULL, 13, 2);
    uint64_t second = type_need(model, &(version_t){one, 5, {first}, 1, false});
    assert_figures(model, NULL, 15, 2);
    /* A second branch: the deeper one is shown first, whatever its number. */
    uint64_t deeper = type_need(model, &(version_t){one, 6, {second}, 1, false});
    uint64_t beside = type_need(model, &(version_t){one, 100, {first}, 1, false});
    assert_figures(model, NULL, 16, 2);
    (void)type_need(model, &(version_t){one, 7, {deeper, beside}, 2, false});
    assert_figures(model, NULL, 17, 2);
}

static void
test_sim_model_void_and_parked_needs_do_not_count(void **state)
{
    kept_t *kept = *state;
    model_t *model = kept->model;
    ts_record_id_t one = ts_record_id(2, 5, 1);
    uint64_t first = type_need(model, &(version_t){.record = one, .quantity = 3});
    uint64_t gone = type_need(model, &(version_t){one, 3, {first}, 1, true});
    assert_figures(model, NULL, 0, 0);
    assert_int_equal(model_needs(model, 0, NULL).all, 1);
    ts_map_t *parked = ts_map_new(sizeof(uint64_t), 0);
    (void)ts_map_put(parked, &gone);
    assert_figures(model, parked, 3, 1); /* a parked revision replaces nothing */
    (void)ts_map_put(parked, &first);
    assert_figures(model, parked, 0, 0);
    assert_int_equal(model_needs(model, 0, parked).all, 0);
    ts_map_destroy(&parked);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_sim_model_genuine_segments_are_known_again),
        CASE(test_sim_model_false_segments_are_named),
        CASE(test_sim_model_holders_are_counted),
        CASE(test_sim_model_promises_are_kept_by_store),
        CASE(test_sim_model_needs_add_up_over_revisions),
        CASE(test_sim_model_void_and_parked_needs_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
