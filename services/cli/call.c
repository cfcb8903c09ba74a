/* SPDX-License-Identifier: MPL-2.0 */
/* What was given in the call, and saying what is wrong with it. */
#include "base/buf.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "wire/schema.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- mistakes */

int
ts_cli_fail(ts_cli_t *self, int exit_code, ts_err_t err, ts_msg_t *why, const char *next)
{
    ts_reply_t reply = {.code = err, .done = true};
    ts_msg_move(&reply.say, why);
    next = next != NULL ? next : ts_out_next(err);
    if (self->out.json && next != NULL) {
        ts_msg_set(&ts_reply_add_issue(&reply, TS_SEVERITY_NOTE)->say, next);
    }
    ts_out_reply(&self->out, &reply, next);
    ts_reply_free(&reply);
    return exit_code;
}

int
ts_cli_misuse(ts_cli_t *self, const char *id, ...)
{
    ts_msg_t why = {.id = NULL};
    ts_msg_set(&why, id);
    va_list args;
    va_start(args, id);
    for (const char *text = va_arg(args, const char *); text != NULL;
         text = va_arg(args, const char *)) {
        ts_msg_arg(&why, text);
    }
    va_end(args);
    char next[256];
    if (self->command != NULL) {
        char name[128];
        const char *operand = self->command->manual->open ? ts_cli_operand(self, "KIND") : NULL;
        bool is_kind = operand != NULL && ts_schema_named(ts_wire_schema(), operand) != NULL;
        (void)snprintf(name, sizeof name, "%s%s%s", self->command->name, is_kind ? " " : "",
                       is_kind ? operand : "");
        char *text = ts_say_text(N_("“tiepsuc help {1}” explains it"), name, NULL);
        (void)snprintf(next, sizeof next, "%s", text);
        ts_xfree(text);
    } else {
        (void)snprintf(next, sizeof next, "%s", _("“tiepsuc help” lists all commands"));
    }
    return ts_cli_fail(self, TS_CLI_USAGE, TS_ERR_INVALID, &why, next);
}

/* ---- looking things up */

const ts_cli_command_t *
ts_cli_find(const ts_cli_t *self, const char *name)
{
    for (size_t i = 0; i < self->command_count; i++) {
        if (name[0] != '\0' && strcmp(self->commands[i].name, name) == 0) {
            return &self->commands[i];
        }
    }
    return NULL;
}

bool
ts_cli_is_family(const ts_cli_t *self, const char *name)
{
    size_t bytes = strlen(name);
    for (size_t i = 0; bytes > 0 && i < self->command_count; i++) {
        if (strncmp(self->commands[i].name, name, bytes) == 0 &&
            self->commands[i].name[bytes] == ' ') {
            return true;
        }
    }
    return false;
}

const ts_cli_option_t *
ts_cli_find_option(const ts_cli_option_t *options, const char *name, size_t bytes)
{
    for (; options != NULL && options->name != NULL; options++) {
        bool is_letter = bytes == 1 && options->letter != '\0' && options->letter == name[0];
        if (is_letter ||
            (strlen(options->name) == bytes && memcmp(options->name, name, bytes) == 0)) {
            return options;
        }
    }
    return NULL;
}

const char *
ts_cli_operand(const ts_cli_t *self, const char *name)
{
    for (size_t i = 0; i < self->operand_count; i++) {
        if (strcmp(self->operands[i].name, name) == 0) {
            return self->operands[i].value;
        }
    }
    return NULL;
}

const ts_cli_given_t *
ts_cli_find_given(const ts_cli_t *self, const char *option)
{
    for (size_t i = 0; i < self->given_count; i++) {
        if (self->given[i].option != NULL && strcmp(self->given[i].option->name, option) == 0) {
            return &self->given[i];
        }
    }
    return NULL;
}

const char *
ts_cli_get(const ts_cli_t *self, const char *option)
{
    const ts_cli_given_t *given = ts_cli_find_given(self, option);
    return given == NULL ? NULL : given->value;
}

bool
ts_cli_has(const ts_cli_t *self, const char *option)
{
    return ts_cli_find_given(self, option) != NULL;
}

char *
ts_cli_join(const ts_cli_t *self, const char *option)
{
    ts_buf_t text = {.length = 0};
    for (size_t i = 0; i < self->given_count; i++) {
        const ts_cli_given_t *given = &self->given[i];
        if (given->option != NULL && strcmp(given->option->name, option) == 0) {
            ts_buf_put_text(&text, text.length == 0 ? "" : " ");
            ts_buf_put_text(&text, given->value);
        }
    }
    ts_buf_put_u8(&text, '\0');
    return (char *)text.data;
}

bool
ts_cli_read_number(const char *text, uint64_t max, uint64_t *ret_value)
{
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9' || strlen(text) > 18) {
        return false;
    }
    unsigned long long value = strtoull(text, &end, 10);
    if (*end != '\0' || value > max) {
        return false;
    }
    *ret_value = value;
    return true;
}

bool
ts_cli_number(ts_cli_t *self, const char *option, uint64_t max, uint64_t *ret_value)
{
    const char *text = ts_cli_get(self, option);
    if (text == NULL || ts_cli_read_number(text, max, ret_value)) {
        return true;
    }
    char most[TS_SAY_BYTES];
    (void)snprintf(most, sizeof most, "%llu", (unsigned long long)max);
    (void)ts_cli_misuse(self, N_("--{1} wants a whole number from 0 to {2}, not “{3}”"), option,
                        text, most, NULL);
    return false;
}
