/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A province in a temporary folder, driven by commands as the command line sends them: a real node
 * with its stores, effects thrown away, replies taken through the wire form. Only for tests.
 */
#ifndef TS_TESTS_SUPPORT_COMMAND_WORLD_H
#define TS_TESTS_SUPPORT_COMMAND_WORLD_H

#include "core/control.h"
#include "node/node.h"

typedef struct command_world command_world_t;

/* Founds the province of the Hà Nội plan and opens it; the clock stands at 2020-01-05. */
command_world_t *command_world_new(void);
/* The office that joined with this invite (the blob of `enrol`), never connected. */
command_world_t *command_world_join(ts_bytes_t invite);
void command_world_destroy(command_world_t **self_p);
/* Closes and opens the node again. */
void command_world_reopen(command_world_t *self);
ts_node_t *command_world_node(command_world_t *self);
const char *command_world_folder(const command_world_t *self);
void command_world_set_day(command_world_t *self, const char *iso);

/* Sends a command and turns until its last reply, which lives until the next command. `fields`:
 * "name=value", ended by NULL. */
const ts_reply_t *command_run(command_world_t *self, uint32_t account, const char *name, ...);
/* The same with a command that is taken. */
const ts_reply_t *command_run_built(command_world_t *self, ts_command_t *command);
/* Replies of the last command that were not its last. */
size_t command_progress_count(const command_world_t *self);
/* Streams of earlier commands that the node ended, so far. */
size_t command_ended_count(const command_world_t *self);
/* Rows of the feed told to those that watch, so far. */
size_t command_feed_rows(const command_world_t *self);

/* The tables of a plan under deploy/plans, as files of the command. */
void command_add_plan(ts_command_t *command, const char *plan);
/* Loads that plan; the reply must be good. */
void command_load_plan(command_world_t *self, const char *plan);
/* The plan of Hà Nội, the fund "quy-1" of its province and the donor TS_WORLD_DONOR; the fund's
 * short code. */
#define TS_WORLD_DONOR "Công ty Giả Định A"
void command_world_fund(command_world_t *self, char fund[TS_CODE_BYTES_MAX]);
/* Reads a whole file; the caller frees. */
void command_read_file(const char *path, ts_buf_t *out);

/* Text of a cell by table and column of a reply ("" when there is none); numbers as digits. Lives
 * until the next call. */
const char *
command_cell(const ts_reply_t *reply, const char *table, size_t row, const char *column);
int64_t command_number(const ts_reply_t *reply, const char *table, size_t row, const char *column);
/* Short code of the record that the last command saved. */
const char *command_saved(const ts_reply_t *reply, char out[TS_CODE_BYTES_MAX]);
/* Prints sentence and issues to stderr: for a failing test. */
void command_print(const ts_reply_t *reply);
/* True when an issue's template has this beginning and (unless NULL) this column. */
bool command_has_issue(const ts_reply_t *reply, const char *template, const char *column);

#endif
