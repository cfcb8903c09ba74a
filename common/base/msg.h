/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ts_msg_t: a sentence for people from below the services: an English template (a gettext msgid)
 * with {1} {2} … and its arguments. It is translated and filled in only where it is shown, so that
 * the lower layers know no language. Owned memory; zero-initialised is "no message".
 */
#ifndef TS_BASE_MSG_H
#define TS_BASE_MSG_H

#include <stddef.h>
#include <stdint.h>

#define TS_MSG_ARGS_MAX 6

typedef struct ts_msg {
    char *id;                    /* the template, owned; NULL: no message */
    char *args[TS_MSG_ARGS_MAX]; /* owned; NULL beyond the last; may begin with a mark */
} ts_msg_t;

/* Marks in front of an argument that is not shown as it stands. */
#define TS_MSG_MARK_WORD '\x01'   /* itself a msgid: translated where it is shown */
#define TS_MSG_MARK_AMOUNT '\x02' /* digits: grouped as the language does it */

void ts_msg_free(ts_msg_t *msg);
/* Sets the template and forgets the arguments; wrap literals in N_(). */
void ts_msg_set(ts_msg_t *msg, const char *id);
/* Adds the next argument; more than TS_MSG_ARGS_MAX are ignored. */
void ts_msg_arg(ts_msg_t *msg, const char *text);
/* Digits as they are: lines, years, ages. */
void ts_msg_arg_number(ts_msg_t *msg, int64_t number);
/* A quantity or a sum of money: 1234567 is read as 1.234.567. */
void ts_msg_arg_amount(ts_msg_t *msg, int64_t amount);
/* A word of ours that stands in several sentences, such as the label of a kind; wrapped in N_(). */
void ts_msg_arg_word(ts_msg_t *msg, const char *id);
/* Template and up to six arguments in one call, ended with NULL:
 * ts_msg_make(&msg, N_("row {1}: {2}"), "4", "x", NULL). Arguments may be parts of the old message.
 */
void ts_msg_make(ts_msg_t *msg, const char *id, ...);
/* Fills `template` (the translated id) with the arguments; a {N} without argument stays as it is.
 * Marks are left out. The caller frees the result. */
char *ts_msg_fill(const ts_msg_t *msg, const char *template);
/* Moves: *to is freed first, *from becomes empty. */
void ts_msg_move(ts_msg_t *to, ts_msg_t *from);

#endif
