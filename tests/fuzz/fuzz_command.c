/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: no command, whatever its fields and file hold, brings a node down or leaves it unable to
 * answer. Method: a province with a plan, offices, donors and needs; the input is a list of
 * commands with a byte 0x1e between them: name, then lines "field=value", then after an empty line
 * the file. Each goes through its frame, as from the socket. A new province is made now and then.
 */
#include "base/xalloc.h"
#include "fuzz/fuzz.h"
#include "support/command_world.h"
#include "wire/control_wire.h"

#include <stdlib.h>
#include <string.h>

enum { SEPARATOR = 0x1e, COMMANDS_MAX = 12, RUNS_MAX = 2000 };

static command_world_t *world;
static unsigned runs;

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
    command_load_plan(world, "ha-noi-588");
    runs = 0;
}

/* The next line; its end is behind it. */
static ts_bytes_t
next_line(ts_bytes_t *rest)
{
    const uint8_t *end = rest->length == 0 ? NULL : memchr(rest->data, '\n', rest->length);
    size_t length = end == NULL ? rest->length : (size_t)(end - rest->data);
    ts_bytes_t line = {rest->data, length};
    length += end == NULL ? 0 : 1;
    rest->data += length;
    rest->length -= length;
    return line;
}

static char *
text_of(ts_bytes_t bytes)
{
    return ts_xstrndup(bytes.length == 0 ? "" : (const char *)bytes.data, bytes.length);
}

static void
build(ts_command_t *command, ts_bytes_t rest)
{
    ts_bytes_t line = next_line(&rest);
    command->account = 1;
    if (line.length > 0 && line.data[line.length - 1] == '2') {
        command->account = 2;
        line.length--;
    }
    command->name = text_of(line);
    while (rest.length > 0) {
        line = next_line(&rest);
        if (line.length == 0) {
            ts_buf_put(&command->blob, rest.data, rest.length);
            command->blob_name = ts_xstrdup("a.csv");
            return;
        }
        const uint8_t *equals = memchr(line.data, '=', line.length);
        size_t length = equals == NULL ? line.length : (size_t)(equals - line.data);
        size_t skip = equals == NULL ? length : length + 1;
        char *name = text_of((ts_bytes_t){line.data, length});
        char *value = text_of((ts_bytes_t){line.data + skip, line.length - skip});
        if (command->field_count < TS_COMMAND_FIELDS_MAX) {
            ts_command_add(command, name, value);
        }
        ts_xfree(name);
        ts_xfree(value);
    }
}

static void
run(ts_bytes_t bytes)
{
    ts_command_t typed = {0};
    ts_command_t command = {0};
    ts_buf_t frame = {0};
    build(&typed, bytes);
    if (ts_command_encode(&typed, &frame) == TS_ERR_OK &&
        ts_command_decode(ts_buf_bytes(&frame), &command) == TS_ERR_OK) {
        const ts_reply_t *reply = command_run_built(world, &command);
        /* Whoever is refused hears why. */
        TS_CHECK(reply->code == TS_ERR_OK || reply->say.id != NULL);
    }
    ts_command_free(&command);
    ts_command_free(&typed);
    ts_buf_free(&frame);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (world == NULL || runs > RUNS_MAX) {
        fresh_world();
    }
    for (int i = 0; i < COMMANDS_MAX && size > 0; i++) {
        const uint8_t *end = memchr(data, SEPARATOR, size);
        size_t length = end == NULL ? size : (size_t)(end - data);
        run((ts_bytes_t){data, length});
        runs++;
        length += end == NULL ? 0 : 1;
        data += length;
        size -= length;
    }
    const ts_reply_t *status = command_run(world, 1, "status", NULL);
    TS_CHECK(status->code == TS_ERR_OK);
    return 0;
}
