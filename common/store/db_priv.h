/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Inside of ts_db_t, shared by db.c (opening, transactions), db_stmt.c (statements) and db_copy.c
 * (copies). For these only.
 */
#ifndef TS_STORE_DB_PRIV_H
#define TS_STORE_DB_PRIV_H

#include "store/db.h"

#include <sqlite3.h>

struct ts_db {
    sqlite3 *handle;
    char *path;
    ts_msg_t detail;  /* last error */
    ts_err_t failed;  /* IO or CORRUPT once seen */
    const char *why;  /* reason of the open transaction; NULL: none is open */
    ts_err_t spoiled; /* a statement of the open transaction failed: it can only be rolled back */
    bool committing;  /* ts_db_commit is at work: the commit hook may pass */
    bool query_only;
    uint32_t wal_pages; /* after the last commit; counted with own_checkpoints only */
    bool fresh;         /* made by this opening: its schema is ours for certain */
    bool as_made;       /* not fresh, and its schema is that of the scripts word by word */
    ts_stmt_t *begin;
    ts_stmt_t *commit;
    ts_stmt_t *rollback;
    ts_stmt_t *refused; /* stands for one that could not be prepared later; never stepped */
    ts_stmt_t **listed; /* statements of the list; NULL: not prepared yet */
    size_t listed_count;
    const ts_db_sql_t *later; /* the list, when it is prepared as it is needed */
    ts_stmt_t **composed;     /* of ts_db_prepare */
    size_t composed_count;
    size_t composed_capacity;
};

/* Turns a result code into an error, notes its sentence, and remembers IO and CORRUPT. `what` is
 * the statement's name or what was being done. */
ts_err_t ts_db_result(ts_db_t *self, int code, const char *what);

#endif
