/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Commands inside common/node: one queue, one command at a time. A command is a row of a table
 * (command_table.c): name, function, who may, whether it writes. Its function runs one slice; when
 * it wants another it leaves `next`. What it says goes into job->reply; the last slice without
 * `next` sends it. Life of a writing command: validate against the ledger → write (append, commit)
 * → fold → reply, so that the next command sees the last.
 *
 * A slice works on about TS_JOB_SLICE things (a few milliseconds): there is no clock below the
 * services.
 */
#ifndef TS_NODE_COMMAND_H
#define TS_NODE_COMMAND_H

#include "core/control.h"
#include "node/node_p.h"

/* Rows, records or segments of one slice. */
#define TS_JOB_SLICE 200u
/* Commands that wait. */
#define TS_JOBS_QUEUED_MAX 256u
/* Clients that watch. */
#define TS_WATCHERS_MAX 64u

/* Bits of roles (bit number = Role of event.proto). */
#define TS_ROLE_BIT(role) (1u << (role))
#define TS_ROLES_RECORD (TS_ROLE_BIT(1))
#define TS_ROLES_APPROVE (TS_ROLE_BIT(2))
#define TS_ROLES_OPERATE (TS_ROLE_BIT(3))
#define TS_ROLES_ANY (TS_ROLES_RECORD | TS_ROLES_APPROVE | TS_ROLES_OPERATE)

/* Flags of a command. */
#define TS_COMMAND_WRITES 1u   /* needs room on the disk */
#define TS_COMMAND_PROVINCE 2u /* only where the registrar's key is */

typedef struct ts_job ts_job_t;
/* One slice. An error ends the job: refused ones (ts_job_refuse) go to the client with their
 * sentence; others too, and IO or CORRUPT stop the node. */
typedef ts_err_t (*ts_job_fn)(ts_job_t *job);

typedef struct ts_command_row {
    const char *name;
    ts_job_fn run;
    uint32_t
        roles; /* bits, one of which the account must have; 0 = anybody, also without account */
    uint32_t flags;
} ts_command_row_t;

/* Ends with a row whose name is NULL. */
extern const ts_command_row_t ts_command_table[];

struct ts_job {
    ts_node_t *node;
    uint64_t client;
    const ts_command_row_t *row;
    ts_command_t command;
    ts_reply_t reply;
    uint32_t role;  /* Role under which the account acts */
    ts_job_fn next; /* the next slice; NULL = this was the last */
    void *state;    /* of the command, freed with free_state */
    void (*free_state)(void *state);
    bool refused;
    bool folding; /* `next` runs when everything that custody had at this moment is folded */
    uint64_t folded_to;
    bool gone;    /* nobody waits for the reply any more */
    bool streams; /* goes on beside the queue: its reply is not the last one */
    uint64_t progress_told;
};

/* Says why not; up to five texts, ended with NULL. Returns err. */
ts_err_t ts_job_refuse(ts_job_t *job, ts_err_t err, const char *id, ...);
/* The same with a finished sentence, which is taken. */
ts_err_t ts_job_refuse_with(ts_job_t *job, ts_err_t err, ts_msg_t *say);
/* Field and value are named before the reason: “unit” = “X”: why. *why is taken. */
ts_err_t ts_job_refuse_field(
    ts_job_t *job, ts_err_t err, const char *field, const char *value, ts_msg_t *why);
/* What happened, in one sentence; as ts_job_refuse. */
void ts_job_say(ts_job_t *job, const char *id, ...);
/* Tells the client how far it is, at most once per percent. */
void ts_job_progress(ts_job_t *job, uint64_t done, uint64_t total);
/* After a write: folds until everything is in, then runs `next`. */
void ts_job_fold_then(ts_job_t *job, ts_job_fn next);
/* A field of the command that must be there and not be empty; NULL and a refusal otherwise. */
const char *ts_job_need(ts_job_t *job, const char *field);
/* yes/no field; absent = false. INVALID otherwise. */
TS_MUST_USE ts_err_t ts_job_flag(ts_job_t *job, const char *field, bool *ret_value);
/* Number field in 0..max; absent = `absent`. */
TS_MUST_USE ts_err_t
ts_job_number(ts_job_t *job, const char *field, uint64_t absent, uint64_t max, uint64_t *ret_value);
/* Record named by its short code in a field; kind 0: any. The standing of what is known; NOTFOUND
 * otherwise. */
TS_MUST_USE ts_err_t ts_job_record(ts_job_t *job,
                                   const char *field,
                                   uint32_t kind,
                                   ts_standing_t *ret_standing);
/* Today in Viet Nam by the node's wall clock; where that was never set (TS_CLOCK_UNSET_MS) by the
 * last time heard from the province; 0 when neither is known. */
int32_t ts_node_today(const ts_node_t *node);
/* The later of the two, 0 when neither is known: a date beyond it has not come yet, whatever this
 * machine's clock says. */
int32_t ts_node_newest_day(const ts_node_t *node);

/* ---- accounts.c: who may type at this office. The persons behind the numbers stay in the office's
 * books. */
typedef struct ts_account {
    uint32_t number;   /* 1..TS_ACCOUNTS_MAX */
    uint32_t roles;    /* bits */
    char function[96]; /* "kế toán", for people */
} ts_account_t;
#define TS_ACCOUNTS_MAX 9999u
/* Makes account 1 (operator and recorder) when there is none. */
TS_MUST_USE ts_err_t ts_accounts_found(ts_node_t *node);
/* NOTFOUND. */
TS_MUST_USE ts_err_t ts_accounts_get(ts_node_t *node, uint32_t number, ts_account_t *ret_account);
/* Adds or replaces, in a transaction of its own. */
TS_MUST_USE ts_err_t ts_accounts_put(ts_node_t *node, const ts_account_t *account);
TS_MUST_USE ts_err_t ts_accounts_last(ts_node_t *node, uint32_t *ret_number);

/* ---- founding.c: registry records of the province itself, at its first start */
TS_MUST_USE ts_err_t ts_founding_write(ts_node_t *node);
/* Code of this office's own unit as its invite says it; "" when it is not known. Lives as long as
 * the node. */
const char *ts_founding_unit_code(const ts_node_t *node);

/* ---- regain.c */
/* May an office number be given? A restored province waits for its offices, unless field `anyway`.
 * `number`: the next one as the registry knows it. */
TS_MUST_USE ts_err_t ts_regain_check_enrol(ts_job_t *job, uint32_t number);

/* ---- cmd_watch.c: streams beside the queue */
typedef struct ts_watcher {
    uint64_t client;
    uint64_t request;
    char *topics;   /* prefixes, spaces between them; "" = all */
    uint64_t after; /* feed number that was told last */
} ts_watcher_t;

typedef struct ts_commands {
    ts_job_t *queue[TS_JOBS_QUEUED_MAX]; /* in order */
    size_t count;
    ts_job_t *running;
    ts_watcher_t watchers[TS_WATCHERS_MAX];
    size_t watcher_count;
    bool watch_due; /* the feed may have grown */
    bool founded;   /* the founding was looked at */
    char *unit_code;
    struct ts_sheet_forms *sheet_forms; /* made when first needed */
    struct ts_carrying *carrying;       /* bundles under way, made when first needed */
} ts_commands_t;

/* Sends what is new to those that watch. */
TS_MUST_USE ts_err_t ts_watchers_turn(ts_node_t *node);
void ts_watchers_drop(ts_node_t *node, uint64_t client);

#endif
