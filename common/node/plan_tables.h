/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A plan as a folder of tables: which table has which columns, and what field of which record each
 * cell fills. The manual for people is deploy/plans/README.md; plan_read.c reads the folder,
 * plan_check.c checks it, plan_load.c makes records of it. Private to plan_*.c and cmd_plan.c.
 */
#ifndef TS_NODE_PLAN_TABLES_H
#define TS_NODE_PLAN_TABLES_H

#include "base/map.h"
#include "node/records.h"
#include "sheet/grid.h"

#include <stdbool.h>
#include <stddef.h>

/* Tables in the order in which they are loaded. */
typedef enum ts_plan_table_id {
    TS_PLAN_UNITS,
    TS_PLAN_BODIES,
    TS_PLAN_PLAN,
    TS_PLAN_SCOPE,
    TS_PLAN_LINES,
    TS_PLAN_BANDS,
    TS_PLAN_DUTIES,
    TS_PLAN_PERIODS,
    TS_PLAN_BUDGET,
    TS_PLAN_TARGETS,
    TS_PLAN_ACTIVITIES,
    TS_PLAN_NEEDSCALE,
    TS_PLAN_NOTES,
    TS_PLAN_TABLES
} ts_plan_table_id_t;

typedef enum ts_plan_cell {
    TS_PLAN_TEXT,
    TS_PLAN_COUNT,    /* whole number ≥ 0 */
    TS_PLAN_VND,      /* whole đồng ≥ 0 */
    TS_PLAN_DATE,     /* yyyy-mm-dd */
    TS_PLAN_ENUM,     /* name of a value of the field's enum */
    TS_PLAN_WORD,     /* one of `words` */
    TS_PLAN_REF,      /* key of a row of `table`: the field gets its record */
    TS_PLAN_KEY_TEXT, /* the same, but the field keeps the key as text */
    TS_PLAN_KEYS,     /* several keys with ; between them, kept as text */
    TS_PLAN_LIST,     /* several texts with ; between them */
    TS_PLAN_OF_PLAN,  /* key of the plan: the header's plan */
    TS_PLAN_UNSTORED  /* read by checks only */
} ts_plan_cell_t;

#define TS_PLAN_COLUMNS_MAX 16u

typedef struct ts_plan_column {
    const char *name;  /* heading */
    const char *field; /* of the record; NULL: not stored */
    ts_plan_cell_t cell;
    ts_plan_table_id_t table; /* REF, KEY_TEXT, KEYS */
    const char *words;        /* WORD: "all;in_need;special" */
    bool filled;              /* every row must fill it */
} ts_plan_column_t;

typedef struct ts_plan_table {
    const char *name; /* of the file without .csv */
    uint32_t kind;    /* of the records; 0 = not loaded */
    bool of_plan;     /* its rows belong to the plan; units and bodies belong to the deployment */
    const ts_plan_column_t *columns; /* ends with name NULL; the first is the key */
} ts_plan_table_t;

extern const ts_plan_table_t ts_plan_tables[TS_PLAN_TABLES];

/* One table as it was read. */
typedef struct ts_plan_file {
    char *name;      /* as given, for messages: "units.csv" */
    ts_grid_t *grid; /* NULL = the table was not given or could not be read */
    bool given;
    size_t columns[TS_PLAN_COLUMNS_MAX]; /* TS_HEADER_NONE = absent */
    ts_map_t *rows;                      /* hash of a key → row + 1 */
    ts_record_id_t *ids;                 /* record of each row; 0 = not known */
} ts_plan_file_t;

typedef struct ts_plan_folder {
    ts_job_t *job;
    ts_plan_file_t files[TS_PLAN_TABLES];
    char *plan_key;      /* owned; NULL = not known */
    ts_record_id_t plan; /* its record; 0 = not loaded yet */
    bool part;           /* only some tables: references may lead to what was loaded before */
    size_t errors;
    size_t warnings;
    ts_issue_t *told; /* the last finding; NULL when there were too many */
    /* loading */
    ts_drafts_t drafts;
    ts_plan_table_id_t next;
    size_t added;
    size_t changed;
    size_t unchanged;
} ts_plan_folder_t;

/* ---- plan_read.c */
/* Reads every file of the command; what is wrong is told in the reply. */
void ts_plan_read(ts_plan_folder_t *self, ts_job_t *job, bool part);
void ts_plan_free(ts_plan_folder_t *self);
size_t ts_plan_rows(const ts_plan_folder_t *self, ts_plan_table_id_t table);
/* Cell by the heading; "" when there is none. */
const char *ts_plan_cell(const ts_plan_folder_t *self,
                         ts_plan_table_id_t table,
                         size_t row,
                         const char *column);
/* Row of a key; SIZE_MAX when there is none. */
size_t ts_plan_find(const ts_plan_folder_t *self,
                    ts_plan_table_id_t table,
                    const char *key,
                    size_t length);
/* A finding about a cell (column NULL: the row; row SIZE_MAX: the file); *say is taken. */
void ts_plan_find_fault(ts_plan_folder_t *self,
                        ts_severity_t severity,
                        ts_plan_table_id_t table,
                        size_t row,
                        const char *column,
                        ts_msg_t *say);
/* The same with a template and up to three texts (NULL at the end). */
void ts_plan_say(ts_plan_folder_t *self,
                 ts_severity_t severity,
                 ts_plan_table_id_t table,
                 size_t row,
                 const char *column,
                 const char *id,
                 ...);
/* Walks the parts of a cell with several values: *at begins as the cell; false at the end. */
bool ts_plan_part(const char **at, const char **ret_part, size_t *ret_length);

/* ---- plan_check.c: everything that can be said without writing */
void ts_plan_check(ts_plan_folder_t *self);

/* ---- plan_load.c */
/* Finds or mints the records of all rows. */
TS_MUST_USE ts_err_t ts_plan_identify(ts_plan_folder_t *self);
/* Drafts of the next table; *ret_done after the last. */
TS_MUST_USE ts_err_t ts_plan_draft_table(ts_plan_folder_t *self, bool *ret_done);

#endif
