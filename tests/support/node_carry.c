/* SPDX-License-Identifier: MPL-2.0 */
#include "support/node_carry.h"

#include "base/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
cell_text(const world_t *self, const char *name, const char *column, char out[24])
{
    const ts_table_t *table = ts_reply_table(&self->reply, name);
    assert_non_null(table);
    size_t at = ts_table_column(table, column);
    assert_true(at != SIZE_MAX);
    (void)snprintf(out, 24, "%s", ts_table_cell(table, 0, at)->text);
}

static ts_err_t
ask(world_t *self, size_t node, const char *name, const char *token)
{
    ts_command_t command;
    ts_command_init(&command, name);
    ts_command_add(&command, "token", token);
    return world_tell_command(self, node, &command);
}

ts_err_t
world_bundle_try(world_t *self, size_t from, ts_command_t *command, ts_buf_t *ret_file)
{
    char token[24] = "";
    ts_err_t err = world_tell_command(self, from, command);
    if (err != TS_ERR_OK) {
        return err;
    }
    cell_text(self, "bundle", "token", token);
    for (bool last = false; err == TS_ERR_OK && !last;) {
        err = ask(self, from, "bundle_part", token);
        if (err == TS_ERR_OK) {
            ts_buf_put(ret_file, self->reply.blob.data, self->reply.blob.length);
            last = world_number(self, "part", "last") != 0;
        }
    }
    return err == TS_ERR_OK ? ask(self, from, "bundle_written", token) : err;
}

static void
must(world_t *self, const char *what, ts_err_t err)
{
    if (err != TS_ERR_OK) {
        char *said = world_said(self);
        print_error("%s: %s\n", what, said);
        ts_xfree(said);
    }
    assert_int_equal(err, TS_ERR_OK);
}

void
world_bundle(world_t *self, size_t from, size_t to, ts_buf_t *ret_file, ...)
{
    ts_command_t command;
    char number[16];
    va_list fields;
    ts_command_init(&command, "bundle_export");
    (void)snprintf(number, sizeof number, "%u", (unsigned)self->nodes[to].office);
    ts_command_add(&command, "to", number);
    va_start(fields, ret_file);
    const char *name;
    while ((name = va_arg(fields, const char *)) != NULL) {
        ts_command_add(&command, name, va_arg(fields, const char *));
    }
    va_end(fields);
    must(self, "bundle_export", world_bundle_try(self, from, &command, ret_file));
}

ts_err_t
world_take_in(world_t *self, size_t node, ts_bytes_t file, size_t part)
{
    char token[24] = "";
    size_t at = 0;
    for (unsigned number = 0;; number++) {
        ts_command_t command;
        char text[16];
        size_t length = file.length - at < part ? file.length - at : part;
        bool last = at + length == file.length;
        (void)snprintf(text, sizeof text, "%u", number);
        ts_command_init(&command, "bundle_import");
        ts_command_add(&command, "part", text);
        ts_command_add(&command, "token", token);
        ts_command_add(&command, "last", last ? "yes" : "no");
        ts_buf_put(&command.blob, file.data + at, length);
        ts_err_t err = world_tell_command(self, node, &command);
        if (err != TS_ERR_OK || last) {
            return err;
        }
        cell_text(self, "part", "token", token);
        at += length;
    }
}

void
world_carry(world_t *self, size_t from, size_t to)
{
    ts_buf_t file = {0};
    world_bundle(self, from, to, &file, NULL);
    must(self, "bundle_import", world_take_in(self, to, ts_buf_bytes(&file), 1u << 20));
    ts_buf_free(&file);
    world_run(self, 100); /* its holding is written */
}
