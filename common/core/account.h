/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What is refused, or asked back, before a record is written: arithmetic of money and goods,
 * balances, restrictions of gifts, open needs, the shape of needs and handovers. Pure: what the
 * ledger knows comes through callbacks. Only the holder's own commands ask here; the fold never
 * refuses on a balance, because a fork, a void or a lowered need may make one negative later.
 */
#ifndef TS_CORE_ACCOUNT_H
#define TS_CORE_ACCOUNT_H

#include "base/msg.h"
#include "core/catalog.h"
#include "core/contribute.h"
#include "core/event.h"
#include "core/gift.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why a record is not taken. why.id NULL: nothing against it. */
typedef struct ts_objection {
    const char *field;  /* schema name of the field or list, static */
    ts_msg_t why;       /* what is wrong and what to do; owned */
    bool reason_enough; /* it may have happened all the same: accepted with a reason, and flagged */
} ts_objection_t;

void ts_objection_free(ts_objection_t *objection);

typedef struct ts_allocation_place {
    ts_record_id_t plan;
    ts_record_id_t unit; /* 0 = a reserve */
    ts_record_id_t line;
} ts_allocation_place_t;

/* Questions to the ledger, all of them without what the record in question itself adds (a revision
 * is judged as if the old version were gone). NULL: nothing is known, the check is left out. */
typedef struct ts_account_asks {
    void *ctx;
    /* What is left in an account. */
    ts_amount_t (*balance)(void *ctx,
                           ts_account_kind_t account,
                           ts_record_id_t owner,
                           const char *commodity,
                           const char *unit_of_measure);
    /* false: the receipt is unknown or carries no restriction. */
    bool (*restriction)(void *ctx, ts_record_id_t receipt, ts_only_for_t *ret_only);
    /* Puts all restricted gifts of one commodity of a fund and all that was taken out of it, as
     * core/gift.h orders it. */
    void (*gifts)(void *ctx,
                  ts_record_id_t fund,
                  const char *commodity,
                  const char *unit_of_measure,
                  ts_gifts_t *gifts);
    /* What is needed and not yet allocated: of one need, or (need 0) of a unit and line of the
     * plan. false: not known. */
    bool (*need_open)(void *ctx,
                      ts_record_id_t need,
                      ts_record_id_t unit,
                      ts_record_id_t line,
                      int64_t *ret_open);
    /* Unit and line of a need. */
    bool (*need_place)(void *ctx,
                       ts_record_id_t need,
                       ts_record_id_t *ret_unit,
                       ts_record_id_t *ret_line);
    /* Plan, unit and line of an allocation (or of its need). false: not known here. */
    bool (*allocation_place)(void *ctx,
                             ts_record_id_t allocation,
                             ts_allocation_place_t *ret_place);
    /* What a handover gave of a commodity, less what came back of it. false: not known here. */
    bool (*handed)(void *ctx,
                   ts_record_id_t handover,
                   const char *commodity,
                   const char *unit_of_measure,
                   int64_t *ret_left);
    /* Another standing record of the same kind and maker that bears this text in this field (the
     * name of a donor, the code of a fund, the number of a receipt); 0 = none. */
    ts_record_id_t (*same_text)(void *ctx, const char *field, const char *text);
    /* How often this child got this line before in a period that holds the day (or in the plan,
     * when no period does). */
    uint64_t (*child_times)(void *ctx, ts_record_id_t child, ts_record_id_t line, int32_t day);
} ts_account_asks_t;

typedef struct ts_account_input {
    const ts_catalog_t *catalog;
    const ts_event_header_t *header; /* kind, plan, occurred_on; record 0 when new */
    const void *record;              /* generated struct of header->kind */
    const ts_account_asks_t *asks;
    int32_t today; /* Viet Nam's day, 0 = not known */
} ts_account_input_t;

/* Looks at a record of any kind; kinds without rules pass. The first objection that no reason helps
 * against comes before those that a reason answers. True: something stands in *ret_objection (which
 * must be empty before). */
bool ts_account_object(const ts_account_input_t *input, ts_objection_t *ret_objection);

#endif
