/* SPDX-License-Identifier: MPL-2.0 */
/*
 * From a sheet of an office to drafts of records: import.c opens the sheet and walks its rows in
 * slices, import_row.c reads one row. What is wrong is collected with row, column and value;
 * nothing is written here. Private to import*.c and cmd_import.c.
 *
 * Row keys: "<sheet>/<row id>" for the record of a row, "<sheet>.child/<row id>" for the child that
 * a need's row brings along. A sheet without row ids gets "<sheet>/#<hash of what identifies the
 * row>-<how many like it stood above>": then a row that was changed is a new one, and a warning
 * says so.
 */
#ifndef TS_NODE_IMPORT_H
#define TS_NODE_IMPORT_H

#include "base/map.h"
#include "node/records_ask.h"
#include "node/sheet_forms.h"
#include "sheet/grid.h"
#include "sheet/issues.h"
#include "sheet/number.h"

/* Rows of one slice: about 5 ms. */
#define TS_IMPORT_ROWS_PER_SLICE 40u
/* Bytes of a row id. */
#define TS_ROW_ID_BYTES_MAX 200u

typedef enum ts_row_action {
    TS_ROW_ADDED,
    TS_ROW_CHANGED,
    TS_ROW_UNCHANGED,
    TS_ROW_REFUSED,
    TS_ROW_ACTIONS
} ts_row_action_t;

typedef struct ts_import_totals {
    uint64_t rows[TS_ROW_ACTIONS];
    int64_t children; /* rows about one child, and children named */
    int64_t heads;    /* sum of head counts */
    int64_t quantity;
    int64_t value_vnd;
} ts_import_totals_t;

typedef struct ts_import {
    ts_job_t *job;
    const ts_sheet_form_t *form;
    const ts_kind_schema_t *kind;
    ts_grid_t *grid;
    size_t columns[TS_SHEET_FIELDS_MAX]; /* TS_HEADER_NONE: not in this sheet */
    ts_number_marks_t marks[TS_SHEET_FIELDS_MAX];
    bool serials[TS_SHEET_FIELDS_MAX];
    ts_sheet_issues_t issues;
    ts_names_t *names;
    ts_record_id_t plan;
    ts_hash_t source;
    char *file;          /* name of the sheet, for messages and reasons */
    char *reason;        /* typed for all rows; NULL = none */
    ts_record_id_t fund; /* for rows of hand-overs that name none; 0 = none */
    ts_record_id_t allocation;
    bool dry_run;
    bool partial;
    ts_map_t *seen;    /* hash of a row key → row: double ids; or how often such a row came */
    ts_map_t *offices; /* unit → 1: units that have an office */
    ts_drafts_t drafts;
    ts_import_totals_t totals;
    ts_table_t *actions; /* of the rows, for a dry run; owned; NULL = not wanted */
    size_t row;          /* next row */
} ts_import_t;

/* Reads the file and prepares columns. INVALID and others: the reasons stand in self->issues. */
TS_MUST_USE ts_err_t ts_import_open(ts_import_t *self, ts_bytes_t file);
void ts_import_free(ts_import_t *self);
/* The next rows; *ret_done at the end. An error is one of the disk. */
TS_MUST_USE ts_err_t ts_import_slice(ts_import_t *self, bool *ret_done);

/* One row into the batch. */
TS_MUST_USE ts_err_t ts_import_row(ts_import_t *self,
                                   size_t row,
                                   ts_row_action_t *ret_action,
                                   ts_record_id_t *ret_record);
/* A cell by the form's field; "" when the sheet has no such column. */
const char *ts_import_cell(const ts_import_t *self, size_t row, const char *field);
/* Adds an error or warning about a cell; *why is taken. field NULL: about the row. */
void ts_import_issue(
    ts_import_t *self, ts_sheet_severity_t severity, size_t row, const char *field, ts_msg_t *why);

#endif
