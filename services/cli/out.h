/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the command line shows: replies as text that fits the screen, or as JSON. Results go to
 * standard output; what went wrong, and progress, to standard error. With --json everything is one
 * object on standard output: {"code","say","tables":{name:[…]},"issues":[…]}.
 */
#ifndef TS_CLI_OUT_H
#define TS_CLI_OUT_H

#include "base/err.h"
#include "core/control.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct ts_out {
    FILE *out;
    FILE *err;
    bool json;
    bool quiet;       /* --json: no progress either */
    bool brief;       /* of a record only what was typed, not who, where and when */
    bool overview;    /* many rows: on a narrow screen leave columns out rather than go by rows */
    bool figures;     /* of a report: no rows without figures, no keys for programs */
    const char *file; /* the one that issues are about: its name is not said again; NULL: none */
    size_t columns;   /* of the screen */
} ts_out_t;

/* To standard output and error, as wide as the terminal. */
ts_out_t ts_out_terminal(void);

/* A whole reply: sentence, issues, tables. An error's sentence goes to `err` with what to do next.
 * next: N_(), NULL: by the code. */
void ts_out_reply(const ts_out_t *self, const ts_reply_t *reply, const char *next);
/* Only its JSON, one line. */
void ts_out_json(const ts_out_t *self, const ts_reply_t *reply);
/* A table with its heading row; one row, or a table too wide, as lines "title: value". */
void ts_out_table(const ts_out_t *self, const ts_table_t *table);
/* A table of a report: what has figures, and how many rows have none yet. */
void ts_out_figures(const ts_out_t *self, const ts_table_t *table);
/* The same under its name, where that says something. */
void ts_out_table_titled(const ts_out_t *self, const ts_table_t *table);
/* "dòng 12, cột «Số lượng», giá trị «abc»: …" */
void ts_out_issue(const ts_out_t *self, const ts_issue_t *issue);
/* Up to `limit` issues and how many more there are. */
void ts_out_issues(const ts_out_t *self, const ts_reply_t *reply, size_t limit);

/* Text in lines that fit, each behind `indent` spaces (the first one without when `hanging`).
 * Line breaks in the text stay. */
void ts_out_wrap(const ts_out_t *self, FILE *to, const char *text, size_t indent, bool hanging);
/* "  title   value" with values below one another at `title_cells`. */
void ts_out_pair(const ts_out_t *self, const char *title, const char *value, size_t title_cells);
/* A heading with a line below it. */
void ts_out_heading(const ts_out_t *self, const char *title);
/* What to do after an error of this kind: N_() or NULL. */
const char *ts_out_next(ts_err_t err);

/* A cell as people read it, by its column's format; the caller frees. */
char *ts_out_cell(const char *format, const ts_cell_t *cell);

#endif
