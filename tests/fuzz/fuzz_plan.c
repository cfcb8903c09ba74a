/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the tables of a plan, whatever stands in them, are checked or loaded, or refused with file,
 * line and column. Method: the input is a folder: files with a byte 0x1e between them, the first
 * byte of each names the table; first `plan_check` in a province, then, when that is satisfied,
 * `plan_load` in one that nothing was loaded into.
 */
#include "base/xalloc.h"
#include "fuzz/fuzz.h"
#include "support/command_world.h"

#include <stdlib.h>
#include <string.h>

enum { SEPARATOR = 0x1e, LOADS_MAX = 20 };

static const char *const names[] = {"units.csv",  "bodies.csv",  "plan.csv",       "scope.csv",
                                    "lines.csv",  "bands.csv",   "duties.csv",     "periods.csv",
                                    "budget.csv", "targets.csv", "activities.csv", "needscale.csv",
                                    "notes.csv",  "other.csv"};

static command_world_t *world;
static unsigned loads;

static void
end_world(void)
{
    if (world != NULL) {
        command_world_destroy(&world);
    }
}

static void
fresh_world(void)
{
    if (world == NULL) {
        TS_CHECK(atexit(end_world) == 0);
    } else {
        command_world_destroy(&world);
    }
    world = command_world_new();
    loads = 0;
}

static void
add_files(ts_command_t *command, const uint8_t *data, size_t size)
{
    while (size > 1 && command->file_count < 20) {
        const uint8_t *end = memchr(data, SEPARATOR, size);
        size_t length = end == NULL ? size : (size_t)(end - data);
        if (length > 0) {
            const char *name = names[data[0] % (sizeof names / sizeof names[0])];
            ts_command_add_file(command, name, (ts_bytes_t){data + 1, length - 1});
        }
        length += length < size ? 1 : 0;
        data += length;
        size -= length;
    }
}

static const ts_reply_t *
run(const char *name, const uint8_t *data, size_t size)
{
    ts_command_t command;
    ts_command_init(&command, name);
    command.account = 1;
    add_files(&command, data, size);
    const ts_reply_t *reply = command_run_built(world, &command);
    TS_CHECK(reply->say.id != NULL);
    for (size_t i = 0; i < reply->issue_count; i++) {
        TS_CHECK(reply->issues[i].say.id != NULL);
    }
    return reply;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (world == NULL) {
        fresh_world();
    }
    if (run("plan_check", data, size)->code != TS_ERR_OK) {
        return 0;
    }
    /* What the check is satisfied with can be loaded, and loaded again without a change. */
    if (loads++ >= LOADS_MAX) {
        fresh_world();
    }
    ts_err_t err = run("plan_load", data, size)->code;
    if (err == TS_ERR_OK) {
        const ts_reply_t *again = run("plan_load", data, size);
        TS_CHECK(again->code == TS_ERR_OK);
    }
    return 0;
}
