/* SPDX-License-Identifier: MPL-2.0 */
/* Inside of kinds.c (tables, writing) and kinds_list.c (reading for people). Not for anybody else.
 */
#ifndef TS_STORE_KINDS_P_H
#define TS_STORE_KINDS_P_H

#include "store/kinds.h"

/* Columns before those of the fields. */
typedef enum ts_fixed {
    TS_FIXED_RECORD,
    TS_FIXED_EVENT,
    TS_FIXED_OFFICE,
    TS_FIXED_LOG,
    TS_FIXED_ARRIVAL,
    TS_FIXED_POSITION,
    TS_FIXED_PLAN,
    TS_FIXED_OWNER_UNIT,
    TS_FIXED_OCCURRED_ON,
    TS_FIXED_PRECISION,
    TS_FIXED_CLAIMED_S,
    TS_FIXED_AUTHOR,
    TS_FIXED_AUTHOR_ROLE,
    TS_FIXED_VERSION,
    TS_FIXED_EVENTS,
    TS_FIXED_DEPTH,
    TS_FIXED_CONFLICT,
    TS_FIXED_VOID,
    TS_FIXED_REASON,
    TS_FIXED_ROW_KEY,
    TS_FIXED_ON_BEHALF_OF,
    TS_FIXED_SOURCE_KEY,
    TS_FIXED_COUNT
} ts_fixed_t;

typedef struct ts_fixed_column {
    const char *name;
    const char *type;   /* of SQLite, with constraints */
    const char *format; /* of core/control.h */
} ts_fixed_column_t;

extern const ts_fixed_column_t ts_fixed_columns[TS_FIXED_COUNT];

/* Statements of a kind, and of a list. In a new file all are prepared at open, so that what SQLite
 * does not accept shows at once, else each when it is used; ts_kinds_trim ends them. */
typedef enum ts_kind_op {
    TS_OP_INSERT,
    TS_OP_REMOVE,
    TS_OP_GET,
    TS_OP_NEXT,
    TS_OP_SET_PLACE,
    TS_OP_SET_STATE,
    TS_OP_COUNT
} ts_kind_op_t;

typedef enum ts_list_op { TS_LIST_OP_INSERT, TS_LIST_OP_REMOVE, TS_LIST_OP_COUNT } ts_list_op_t;

typedef struct ts_list_ops {
    const ts_child_list_t *list;
    ts_stmt_t *stmts[TS_LIST_OP_COUNT]; /* NULL: not prepared */
} ts_list_ops_t;

typedef struct ts_kind_ops {
    const ts_kind_schema_t *schema;
    ts_stmt_t *stmts[TS_OP_COUNT]; /* NULL: not prepared */
    ts_list_ops_t *lists;
} ts_kind_ops_t;

#define TS_QUERIES_KEPT 12

struct ts_kinds {
    ts_db_t *db;
    const ts_schema_t *schema;
    ts_kind_ops_t *ops; /* one per kind, in the schema's order */
    char *dates;        /* written dates of the row being bound, TS_DATE_BYTES each */
    size_t date_count;
    size_t date_capacity;
    ts_stmt_t *kept[TS_QUERIES_KEPT]; /* queries of people that were asked lately; NULL: none */
    size_t kept_next;                 /* where the next one goes */
};

/* Ends the kept queries. */
void ts_kinds_drop_queries(ts_kinds_t *self);

/* NULL when unknown. */
ts_kind_ops_t *ts_kinds_ops(const ts_kinds_t *self, uint32_t kind);

#endif
