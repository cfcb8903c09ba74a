/* SPDX-License-Identifier: MPL-2.0 */
#include "support/custody_world.h"

#include "base/xalloc.h"
#include "crypto/hash.h"
#include "support/tempdir.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

ts_id16_t
ts_custody_world_store(uint8_t letter)
{
    ts_id16_t id;
    memset(id.b, letter, sizeof id.b);
    return id;
}

ts_err_t
ts_custody_world_open(ts_custody_world_t *world)
{
    assert_null(world->custody);
    return ts_custody_open(&world->custody, &world->options, &world->detail);
}

void
ts_custody_world_close(ts_custody_world_t *world)
{
    ts_custody_destroy(&world->custody);
}

static int
set_up(void **state, ts_faultvfs_t *vfs)
{
    ts_custody_world_t *world = ts_xcalloc(1, sizeof *world);
    world->folder = ts_tempdir_make();
    world->vfs = vfs;
    world->options = (ts_custody_options_t){
        .folder = world->folder,
        .vfs = "fault-custody",
        .deployment = ts_made_deployment(),
        .new_store_id = ts_custody_world_store('s'),
        .hash = ts_hash_of,
        .create = true,
    };
    world->source = (ts_put_source_t){ts_custody_world_store('p'), 1700000000000};
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    world->options.create = false;
    *state = world;
    return 0;
}

int
ts_custody_world_setup(void **state)
{
    return set_up(state, ts_faultvfs_new("fault-custody"));
}

int
ts_custody_world_setup_memory(void **state)
{
    return set_up(state, ts_faultvfs_new_memory("fault-custody"));
}

int
ts_custody_world_teardown(void **state)
{
    ts_custody_world_t *world = *state;
    ts_custody_world_close(world);
    ts_faultvfs_destroy(&world->vfs);
    ts_tempdir_remove(&world->folder);
    ts_msg_free(&world->detail);
    free(world);
    return 0;
}

ts_put_result_t
ts_custody_world_put(ts_custody_world_t *world, const ts_made_t *made)
{
    ts_put_result_t result;
    memset(&result, 0xee, sizeof result);
    assert_int_equal(ts_custody_begin(world->custody, "test"), TS_ERR_OK);
    assert_int_equal(
        ts_custody_put(world->custody, &made->view, &made->hash, &world->source, &result),
        TS_ERR_OK);
    assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
    return result;
}

ts_put_result_t
ts_custody_world_expect(ts_custody_world_t *world, const ts_made_t *made, ts_put_outcome_t outcome)
{
    ts_put_result_t result = ts_custody_world_put(world, made);
    assert_int_equal(result.outcome, outcome);
    return result;
}

ts_made_log_t
ts_custody_world_log(ts_custody_world_t *world, uint8_t purpose, uint32_t office, uint64_t seed)
{
    ts_made_log_t log;
    ts_made_t genesis;
    ts_made_genesis(&log, purpose, office, seed, &genesis);
    (void)ts_custody_world_expect(world, &genesis, TS_PUT_STORED);
    ts_made_free(&genesis);
    return log;
}

ts_made_log_t
ts_custody_world_own(ts_custody_world_t *world, uint8_t purpose, uint64_t seed)
{
    ts_made_log_t log;
    ts_made_t genesis;
    uint64_t arrival = 0;
    ts_made_genesis(&log, purpose, 7, seed, &genesis);
    assert_int_equal(ts_custody_begin(world->custody, "test"), TS_ERR_OK);
    assert_int_equal(
        ts_custody_seal(world->custody, &genesis.view, &genesis.hash, &world->source, 0, &arrival),
        TS_ERR_OK);
    assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
    ts_made_free(&genesis);
    return log;
}

ts_hash_t
ts_custody_world_extend(ts_custody_world_t *world, ts_made_log_t *log, uint32_t count)
{
    ts_made_t made;
    ts_made_next(log, count, 300, &made);
    ts_put_result_t result = ts_custody_world_put(world, &made);
    assert_true(result.outcome == TS_PUT_STORED || result.outcome == TS_PUT_FORK);
    ts_made_free(&made);
    return log->tip.hash;
}

uint64_t
ts_custody_world_append(ts_custody_world_t *world, const ts_hash_t *log, const char *text)
{
    uint64_t counter = 0;
    ts_bytes_t event = {(const uint8_t *)text, strlen(text)};
    ts_hash_t id = ts_hash_of(text, strlen(text));
    assert_int_equal(ts_custody_begin(world->custody, "test"), TS_ERR_OK);
    assert_int_equal(ts_custody_append(world->custody, log, &id, event, &counter), TS_ERR_OK);
    assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
    return counter;
}

ts_made_log_t
ts_custody_world_two_logs(ts_custody_world_t *world)
{
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    ts_made_log_t acts = ts_custody_world_log(world, TS_PURPOSE_ACTS, 1, 2);
    for (int i = 0; i < 6; i++) {
        (void)ts_custody_world_extend(world, &log, 2);
        (void)ts_custody_world_extend(world, &acts, 1);
    }
    return log;
}

void
ts_custody_world_behind(ts_custody_world_t *world, const char *sql)
{
    sqlite3 *db = NULL;
    char *path = ts_tempdir_path(world->options.folder, "custody.sqlite");
    assert_null(world->custody);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, world->options.vfs),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    free(path);
}

bool
ts_custody_world_holds(ts_custody_world_t *world, const ts_hash_t *hash)
{
    ts_held_segment_t segment;
    ts_err_t err = ts_custody_find(world->custody, hash, &segment, NULL);
    assert_true(err == TS_ERR_OK || err == TS_ERR_NOTFOUND);
    return err == TS_ERR_OK;
}
