/* SPDX-License-Identifier: MPL-2.0 */
#include "base/msg.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void
ts_msg_free(ts_msg_t *msg)
{
    ts_xfree(msg->id);
    for (unsigned i = 0; i < TS_MSG_ARGS_MAX; i++) {
        ts_xfree(msg->args[i]);
    }
    *msg = (ts_msg_t){0};
}

void
ts_msg_move(ts_msg_t *to, ts_msg_t *from)
{
    if (to == from) {
        return;
    }
    ts_msg_free(to);
    *to = *from;
    *from = (ts_msg_t){0};
}

/* The new message is whole before the old one goes: the caller may be wrapping a part of the old
 * one. */
void
ts_msg_set(ts_msg_t *msg, const char *id)
{
    TS_CHECK(id != NULL);
    ts_msg_t fresh = {.id = ts_xstrdup(id)};
    ts_msg_move(msg, &fresh);
}

void
ts_msg_arg(ts_msg_t *msg, const char *text)
{
    for (unsigned i = 0; i < TS_MSG_ARGS_MAX; i++) {
        if (msg->args[i] == NULL) {
            msg->args[i] = ts_xstrdup(text == NULL ? "" : text);
            return;
        }
    }
}

void
ts_msg_arg_number(ts_msg_t *msg, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    ts_msg_arg(msg, text);
}

void
ts_msg_arg_amount(ts_msg_t *msg, int64_t amount)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%c%" PRId64, TS_MSG_MARK_AMOUNT, amount);
    ts_msg_arg(msg, text);
}

void
ts_msg_arg_word(ts_msg_t *msg, const char *id)
{
    size_t length = strlen(id);
    char *text = ts_xmalloc(length + 2);
    text[0] = TS_MSG_MARK_WORD;
    memcpy(text + 1, id, length + 1);
    ts_msg_arg(msg, text);
    ts_xfree(text);
}

void
ts_msg_make(ts_msg_t *msg, const char *id, ...)
{
    TS_CHECK(id != NULL);
    ts_msg_t fresh = {.id = ts_xstrdup(id)};
    va_list args;
    va_start(args, id);
    for (const char *text = va_arg(args, const char *); text != NULL;
         text = va_arg(args, const char *)) {
        ts_msg_arg(&fresh, text);
    }
    va_end(args);
    ts_msg_move(msg, &fresh);
}

/* The argument that "{N}" at `at` stands for; NULL when it is other text or the argument is not
 * there. */
static const char *
argument_at(const ts_msg_t *msg, const char *at)
{
    if (at[0] != '{' || at[1] < '1' || at[1] > '0' + TS_MSG_ARGS_MAX || at[2] != '}') {
        return NULL;
    }
    return msg->args[at[1] - '1'];
}

char *
ts_msg_fill(const ts_msg_t *msg, const char *template)
{
    ts_buf_t out = {0};
    for (const char *at = template; *at != '\0';) {
        const char *argument = argument_at(msg, at);
        if (argument != NULL) {
            bool marked = argument[0] == TS_MSG_MARK_WORD || argument[0] == TS_MSG_MARK_AMOUNT;
            ts_buf_put_text(&out, marked ? argument + 1 : argument);
            at += 3;
        } else {
            ts_buf_put_u8(&out, (uint8_t)*at);
            at++;
        }
    }
    ts_buf_put_u8(&out, 0);
    return (char *)out.data;
}
