/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A custody store in a folder of its own, over the failing VFS, with short forms of what every test
 * of it does. For tests only: what must succeed is asserted.
 */
#ifndef TS_TESTS_SUPPORT_CUSTODY_WORLD_H
#define TS_TESTS_SUPPORT_CUSTODY_WORLD_H

#include "store/custody.h"
#include "support/faultvfs.h"
#include "support/segments.h"
#include "support/test.h"

typedef struct ts_custody_world {
    char *folder;
    ts_faultvfs_t *vfs;
    ts_custody_options_t options; /* create is set for the first opening only */
    ts_custody_t *custody;        /* NULL: closed */
    ts_msg_t detail;
    ts_put_source_t source;
} ts_custody_world_t;

/* cmocka fixtures: *state is the world, its store is made and open. */
int ts_custody_world_setup(void **state);
/* The same with all files in memory. */
int ts_custody_world_setup_memory(void **state);
int ts_custody_world_teardown(void **state);
ts_err_t ts_custody_world_open(ts_custody_world_t *world);
void ts_custody_world_close(ts_custody_world_t *world);

/* One segment in a transaction of its own, committed. */
ts_put_result_t ts_custody_world_put(ts_custody_world_t *world, const ts_made_t *made);
/* The same, expecting this outcome. */
ts_put_result_t
ts_custody_world_expect(ts_custody_world_t *world, const ts_made_t *made, ts_put_outcome_t outcome);
/* Genesis of a new log, stored. */
ts_made_log_t
ts_custody_world_log(ts_custody_world_t *world, uint8_t purpose, uint32_t office, uint64_t seed);
/* The same as an own, active log. */
ts_made_log_t ts_custody_world_own(ts_custody_world_t *world, uint8_t purpose, uint64_t seed);
/* Extends a log by one stored segment of `count` events. */
ts_hash_t ts_custody_world_extend(ts_custody_world_t *world, ts_made_log_t *log, uint32_t count);
/* Appends one event with this text, committed; returns its counter. */
uint64_t ts_custody_world_append(ts_custody_world_t *world, const ts_hash_t *log, const char *text);
/* Two logs whose segments came in turns: seven of records (1, 3 … 13) and seven of acts. Returns
 * the first. */
ts_made_log_t ts_custody_world_two_logs(ts_custody_world_t *world);
/* Runs SQL on the closed store, past all its guards: what a disk or a strange hand does. */
void ts_custody_world_behind(ts_custody_world_t *world, const char *sql);
bool ts_custody_world_holds(ts_custody_world_t *world, const ts_hash_t *hash);
ts_id16_t ts_custody_world_store(uint8_t letter);

#endif
