/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the beginning of a segment survives a cut link and a restart, one per log, bounded; damage
 * costs nothing but bytes. Method: pieces of made content, put together again.
 */
#include "base/limits.h"
#include "base/xalloc.h"
#include "store/scratch.h"
#include "support/tempdir.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct ts_world {
    char *folder;
    ts_scratch_t *scratch;
} ts_world_t;

static void
open_scratch(ts_world_t *world)
{
    assert_int_equal(ts_scratch_open(&world->scratch, world->folder, NULL, NULL), TS_ERR_OK);
}

static int
setup(void **state)
{
    ts_world_t *world = ts_xcalloc(1, sizeof *world);
    world->folder = ts_tempdir_make();
    open_scratch(world);
    *state = world;
    return 0;
}

static int
teardown(void **state)
{
    ts_world_t *world = *state;
    ts_scratch_destroy(&world->scratch);
    ts_tempdir_remove(&world->folder);
    free(world);
    return 0;
}

static ts_hash_t
log_of(unsigned number)
{
    ts_hash_t log = {{0}};
    log.b[0] = (uint8_t)(number & 0xff);
    log.b[1] = (uint8_t)(number >> 8);
    return log;
}

static ts_err_t
keep(ts_world_t *world, unsigned log, uint64_t prefix, uint32_t offset, const char *text)
{
    ts_partial_t partial = {log_of(log), prefix, 40, offset};
    return ts_scratch_keep(world->scratch, &partial,
                           (ts_bytes_t){(const uint8_t *)text, strlen(text)});
}

/* What is kept as text; "-" when nothing. Static. */
static const char *
kept(ts_world_t *world, unsigned log)
{
    static char text[64];
    ts_partial_t partial;
    ts_buf_t bytes = {0};
    ts_hash_t id = log_of(log);
    ts_err_t err = ts_scratch_get(world->scratch, &id, &partial, &bytes);
    if (err == TS_ERR_NOTFOUND) {
        return "-";
    }
    assert_int_equal(err, TS_ERR_OK);
    assert_int_equal(partial.have, bytes.length);
    assert_int_equal(partial.total, 40);
    assert_true(bytes.length < sizeof text);
    memcpy(text, bytes.data, bytes.length);
    text[bytes.length] = '\0';
    ts_buf_free(&bytes);
    return text;
}

static void
test_scratch_pieces_come_back_after_a_restart(void **state)
{
    ts_world_t *world = *state;
    assert_string_equal(kept(world, 1), "-");
    assert_int_equal(keep(world, 1, 7, 0, "hello "), TS_ERR_OK);
    assert_int_equal(keep(world, 2, 8, 0, "other"), TS_ERR_OK);
    assert_int_equal(keep(world, 1, 7, 6, "world"), TS_ERR_OK);
    ts_scratch_destroy(&world->scratch);
    open_scratch(world);
    assert_string_equal(kept(world, 1), "hello world");
    assert_string_equal(kept(world, 2), "other");
}

static void
test_scratch_what_does_not_continue_is_ignored(void **state)
{
    ts_world_t *world = *state;
    assert_int_equal(keep(world, 1, 7, 0, "hello"), TS_ERR_OK);
    assert_int_equal(keep(world, 1, 7, 6, "gap"), TS_ERR_OK);
    assert_int_equal(keep(world, 1, 7, 3, "overlap"), TS_ERR_OK);
    assert_int_equal(keep(world, 1, 9, 5, "other prefix"), TS_ERR_OK);
    assert_int_equal(keep(world, 3, 7, 5, "no beginning"), TS_ERR_OK);
    assert_string_equal(kept(world, 1), "hello");
    assert_string_equal(kept(world, 3), "-");
}

static void
test_scratch_beginning_replaces(void **state)
{
    ts_world_t *world = *state;
    assert_int_equal(keep(world, 1, 7, 0, "hello"), TS_ERR_OK);
    assert_int_equal(keep(world, 1, 7, 5, " more"), TS_ERR_OK);
    assert_int_equal(keep(world, 1, 9, 0, "new"), TS_ERR_OK);
    assert_string_equal(kept(world, 1), "new");
}

static void
test_scratch_dropped_is_gone(void **state)
{
    ts_world_t *world = *state;
    ts_hash_t log = log_of(1);
    assert_int_equal(keep(world, 1, 7, 0, "hello"), TS_ERR_OK);
    assert_int_equal(ts_scratch_drop(world->scratch, &log), TS_ERR_OK);
    assert_string_equal(kept(world, 1), "-");
    assert_int_equal(ts_scratch_drop(world->scratch, &log), TS_ERR_OK);
    assert_int_equal(keep(world, 1, 7, 0, "hello"), TS_ERR_OK);
    assert_int_equal(keep(world, 1, 7, 0, ""), TS_ERR_OK);
    assert_string_equal(kept(world, 1), "-");
}

static void
test_scratch_impossible_sizes_are_invalid(void **state)
{
    ts_world_t *world = *state;
    static uint8_t bytes[50];
    ts_partial_t partial = {log_of(1), 7, 40, 0};
    assert_int_equal(ts_scratch_keep(world->scratch, &partial, (ts_bytes_t){bytes, 41}),
                     TS_ERR_INVALID);
    assert_int_equal(ts_scratch_keep(world->scratch, &partial, (ts_bytes_t){bytes, 40}), TS_ERR_OK);
    partial.total = 0;
    assert_int_equal(ts_scratch_keep(world->scratch, &partial, (ts_bytes_t){bytes, 1}),
                     TS_ERR_INVALID);
    partial.total = TS_SEGMENT_BYTES_MAX + 1;
    assert_int_equal(ts_scratch_keep(world->scratch, &partial, (ts_bytes_t){bytes, 1}),
                     TS_ERR_INVALID);
}

static void
test_scratch_beyond_bound_loses_the_longest_untouched(void **state)
{
    ts_world_t *world = *state;
    static uint8_t bytes[TS_SEGMENT_BYTES_MAX];
    const unsigned fits = TS_SCRATCH_BYTES_MAX / TS_SEGMENT_BYTES_MAX;
    for (unsigned i = 0; i < fits + 3; i++) {
        ts_partial_t partial = {log_of(i), i, TS_SEGMENT_BYTES_MAX, 0};
        assert_int_equal(
            ts_scratch_keep(world->scratch, &partial, (ts_bytes_t){bytes, sizeof bytes}),
            TS_ERR_OK);
    }
    for (unsigned i = 0; i < fits + 3; i++) {
        ts_partial_t partial;
        ts_buf_t found = {0};
        ts_hash_t log = log_of(i);
        assert_int_equal(ts_scratch_get(world->scratch, &log, &partial, &found),
                         i < 3 ? TS_ERR_NOTFOUND : TS_ERR_OK);
        ts_buf_free(&found);
    }
}

static void
test_scratch_damaged_file_is_set_aside(void **state)
{
    ts_world_t *world = *state;
    assert_int_equal(keep(world, 1, 7, 0, "hello"), TS_ERR_OK);
    ts_scratch_destroy(&world->scratch);
    char *path = ts_tempdir_path(world->folder, "scratch.sqlite");
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(fputs("noise", file) >= 0, 1);
    }
    assert_int_equal(fclose(file), 0);
    open_scratch(world);
    assert_string_equal(kept(world, 1), "-");
    assert_int_equal(keep(world, 1, 7, 0, "hello"), TS_ERR_OK);
    free(path);
    path = ts_tempdir_path(world->folder, "scratch.sqlite.bad");
    file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    free(path);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_scratch_pieces_come_back_after_a_restart),
        CASE(test_scratch_what_does_not_continue_is_ignored),
        CASE(test_scratch_beginning_replaces),
        CASE(test_scratch_dropped_is_gone),
        CASE(test_scratch_impossible_sizes_are_invalid),
        CASE(test_scratch_beyond_bound_loses_the_longest_untouched),
        CASE(test_scratch_damaged_file_is_set_aside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
