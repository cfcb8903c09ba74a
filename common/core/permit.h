/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Who may write what: the verdict of an event is a pure function of the event, its log
 * and the whole known registry, never of the order of arrival. Custody does not ask it; only the
 * fold does.
 */
#ifndef TS_CORE_PERMIT_H
#define TS_CORE_PERMIT_H

#include "base/i18n.h"
#include "core/catalog.h"
#include "core/event.h"
#include "core/log.h"
#include "core/schema.h"

/* Stored with every ledger; another number makes it anew. Raise it when a rule of core changes any
 * verdict or contribution. */
#define TS_RULES_VERSION 1u

/*      name            value  sentence (msgid) */
#define TS_PARK_LIST(X)                                                                    \
    X(NONE, 0, N_("accepted"))                                                             \
    X(UNREADABLE, 1, N_("cannot be read by this version"))                                 \
    X(UNKNOWN_KIND, 2, N_("unknown kind that must be understood"))                         \
    X(UNKNOWN_OFFICE, 3, N_("the office is not in the registry yet"))                      \
    X(CUT_OFF, 4, N_("after the cut-off of its office"))                                   \
    X(NOT_PERMITTED, 5, N_("this office may not write this"))                              \
    X(WRONG_LOG, 6, N_("not allowed in this kind of log"))                                 \
    X(SAME_PERSON, 7, N_("recorder and approver are the same person"))                     \
    X(UNIT_ENDED, 8, N_("the unit had ended on that day and has no single successor"))     \
    X(INVALID, 9, N_("the content contradicts itself"))                                    \
    X(DUPLICATE_OFFICE, 10, N_("the installation's key is not the one that was enrolled")) \
    X(SEALED, 11, N_("encrypted for somebody else"))                                       \
    X(CRASHED, 12, N_("stopped the program twice"))                                        \
    X(WAITING, 13, N_("waits for a record that has not come yet"))

typedef enum ts_park {
#define TS_PARK_ENUM(name, value, text) TS_PARK_##name = (value),
    TS_PARK_LIST(TS_PARK_ENUM)
#undef TS_PARK_ENUM
} ts_park_t;

const char *ts_park_str(ts_park_t reason);

/* Quantities and amounts (64-bit fields) lie between 0 and this: beyond it somebody's finger
 * slipped, and sums could overflow. */
#define TS_AMOUNT_MAX INT64_C(100000000000000)

typedef struct ts_verdict {
    ts_park_t park;            /* NONE = accepted, WAITING = pending, else parked */
    uint32_t waits_kind;       /* what it waits for: Kind … */
    ts_record_id_t waits_for;  /* … and record id; of an office that is not known its number */
    ts_record_id_t owner_unit; /* unit that the record belongs to (digest, entitlement); 0 = none */
} ts_verdict_t;

/* Tells whether any event of that record is accepted, a withdrawing one too; asked for REF fields
 * whose target the catalog does not hold. NULL: then such records exist, except those of the
 * catalog's kinds. */
typedef bool (*ts_permit_exists_fn)(void *ctx, uint32_t kind, ts_record_id_t id);

typedef struct ts_permit_input {
    const ts_event_header_t *header;
    const void *record;             /* decoded body; NULL when the kind is unknown */
    const ts_kind_schema_t *schema; /* NULL when the kind is unknown */
    uint64_t event;                 /* prefix of its id */
    const ts_log_info_t *log;
    uint64_t seq;       /* its number in that log; UINT64_MAX for our own unsealed tail */
    bool off_cut_chain; /* its segment does not lie on the chain that ends in the cut-off's tip of
                           this log (a fork) */
    /* For an approval: who wrote the version that it names, when that is known. */
    bool target_known;
    uint32_t target_office;
    uint32_t target_author;
} ts_permit_input_t;

/* What an approval names; `kind` is borrowed from the record. */
typedef struct ts_approval_target {
    const char *kind;
    ts_record_id_t record;
    uint64_t event;
} ts_approval_target_t;
ts_approval_target_t ts_approval_target(const void *approval);

ts_verdict_t ts_permit(const ts_catalog_t *catalog,
                       const ts_permit_input_t *input,
                       ts_permit_exists_fn exists,
                       void *ctx);

#endif
