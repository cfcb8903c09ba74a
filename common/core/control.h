/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Commands to the process that owns a ledger, and its replies, as plain owned structs with
 * builders. Used by command line, reporter, web face and node; bytes are made by
 * common/wire/control_wire (control.proto). Every struct is zero-initialised as empty, owns all it
 * points to and is released by its _free. Builders copy what they are given.
 */
#ifndef TS_CORE_CONTROL_H
#define TS_CORE_CONTROL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/msg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_CONTROL_VERSION 1u
/* Fields of one command: a form with every field of a record and its rows. */
#define TS_COMMAND_FIELDS_MAX 4096u
/* Bytes of one field's value. */
#define TS_COMMAND_VALUE_BYTES_MAX 65536u
/* Tables of one reply, columns of one table, cells of one table, issues of one reply. */
#define TS_REPLY_TABLES_MAX 64u
#define TS_TABLE_COLUMNS_MAX 256u
#define TS_TABLE_CELLS_MAX (4u << 20)
#define TS_REPLY_ISSUES_MAX 4096u
/* Files of one command or reply: the tables of a plan, the parts of a report. */
#define TS_CONTROL_FILES_MAX 64u

typedef struct ts_control_file {
    char *name;
    ts_buf_t data;
} ts_control_file_t;

typedef struct ts_command_field {
    char *name;  /* the CLI's option word: "unit", "items" */
    char *value; /* text as typed */
} ts_command_field_t;

typedef struct ts_command {
    uint64_t request;           /* echoed in every reply */
    char *name;                 /* "need_add" */
    ts_command_field_t *fields; /* in order; a name may come more than once */
    size_t field_count;
    size_t field_capacity;
    ts_buf_t blob;            /* a file: sheet, plan table, invite */
    char *blob_name;          /* its name, for messages; NULL = none */
    uint32_t account;         /* who types: local account number */
    uint32_t role;            /* Role */
    ts_control_file_t *files; /* several files: the tables of a plan */
    size_t file_count;
    size_t file_capacity;
} ts_command_t;

void ts_command_init(ts_command_t *command, const char *name);
void ts_command_free(ts_command_t *command);
/* Adds a field behind the others. */
void ts_command_add(ts_command_t *command, const char *name, const char *value);
/* The first value of that name; NULL when there is none. */
const char *ts_command_get(const ts_command_t *command, const char *name);
/* The nth (from 0) value of that name; NULL beyond the last. */
const char *ts_command_get_nth(const ts_command_t *command, const char *name, size_t n);

/* Adds a file behind the others; at most TS_CONTROL_FILES_MAX. */
void ts_command_add_file(ts_command_t *command, const char *name, ts_bytes_t data);

typedef enum ts_cell_kind {
    TS_CELL_NOTHING, /* no value; shown empty or as “chưa có số liệu” by the column's format */
    TS_CELL_TEXT,
    TS_CELL_NUMBER,
    TS_CELL_SAY /* to be translated where it is shown */
} ts_cell_kind_t;

typedef struct ts_cell {
    ts_cell_kind_t kind;
    char *text;     /* TEXT */
    int64_t number; /* NUMBER: also days of a date, seconds of a time, đồng */
    ts_msg_t *say;  /* SAY */
} ts_cell_t;

typedef struct ts_column {
    char *name;  /* machine name: the JSON key */
    char *title; /* English msgid */
    /* text, number, vnd, date, time, code, percent, share (hundredths of a percent) */
    char *format;
} ts_column_t;

typedef struct ts_table {
    char *name;
    ts_column_t *columns;
    size_t column_count;
    size_t column_capacity;
    ts_cell_t *cells; /* row after row; the last row may be being filled */
    size_t cell_count;
    size_t cell_capacity;
} ts_table_t;

void ts_table_init(ts_table_t *table, const char *name);
void ts_table_free(ts_table_t *table);
/* All columns before the first cell. */
void
ts_table_add_column(ts_table_t *table, const char *name, const char *title, const char *format);
/* Cells fill rows from left to right. text NULL = nothing. *say is taken and left empty. */
void ts_table_add_text(ts_table_t *table, const char *text);
void ts_table_add_number(ts_table_t *table, int64_t number);
void ts_table_add_say(ts_table_t *table, ts_msg_t *say);
void ts_table_add_nothing(ts_table_t *table);
size_t ts_table_rows(const ts_table_t *table);
/* Borrowed; row and column must exist. */
const ts_cell_t *ts_table_cell(const ts_table_t *table, size_t row, size_t column);
/* Column index by name; SIZE_MAX when there is none. */
size_t ts_table_column(const ts_table_t *table, const char *name);

typedef enum ts_severity { TS_SEVERITY_ERROR, TS_SEVERITY_WARNING, TS_SEVERITY_NOTE } ts_severity_t;

/* "error", "warning", "note". */
const char *ts_severity_name(ts_severity_t severity);

typedef struct ts_issue {
    ts_severity_t severity;
    char *file;    /* NULL = none */
    uint32_t line; /* 0 = none */
    uint32_t row;
    char *column;
    char *value;
    ts_msg_t say;
} ts_issue_t;

typedef struct ts_reply {
    uint64_t request;
    ts_err_t code;
    ts_msg_t say; /* one sentence: what happened, or why not */
    ts_table_t *tables;
    size_t table_count;
    size_t table_capacity;
    ts_issue_t *issues;
    size_t issue_count;
    size_t issue_capacity;
    ts_buf_t blob;           /* a file that was asked for */
    bool done;               /* last reply of this request */
    uint64_t progress;       /* so many … */
    uint64_t progress_total; /* … of so many; 0 = unknown */
    ts_control_file_t *files;
    size_t file_count;
    size_t file_capacity;
} ts_reply_t;

void ts_reply_free(ts_reply_t *reply);
/* Adds an empty table; valid until the next one is added. */
ts_table_t *ts_reply_add_table(ts_reply_t *reply, const char *name);
/* NULL when there is none. */
const ts_table_t *ts_reply_table(const ts_reply_t *reply, const char *name);
/* Adds a file behind the others; at most TS_CONTROL_FILES_MAX. */
void ts_reply_add_file(ts_reply_t *reply, const char *name, ts_bytes_t data);
/* Adds an empty issue of that severity; fill it with ts_xstrdup'd texts. Valid until the next one
 * is added. */
ts_issue_t *ts_reply_add_issue(ts_reply_t *reply, ts_severity_t severity);

#endif
