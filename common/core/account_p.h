/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Inside of core/account, for account*.c only. account.c: one function per kind of record;
 * account_item.c: what they have in common. Each ts_object… returns true when it objects; then
 * *out says why.
 */
#ifndef TS_CORE_ACCOUNT_P_H
#define TS_CORE_ACCOUNT_P_H

#include "core/account.h"
#include "tiepsuc/v1/event.pb-c.h"

typedef const ts_account_input_t input_t;
typedef ts_objection_t out_t;

/* field and id are static. */
bool ts_object(out_t *out, const char *field, const char *id);
/* The same with one text (NULL: none) and two amounts behind it. */
bool ts_object_amounts(
    out_t *out, const char *field, const char *id, const char *text, int64_t a, int64_t b);

bool
ts_object_heads(input_t *input, Tiepsuc__V1__HeadCount *const *heads, size_t count, out_t *out);
uint64_t ts_sum_of_heads(Tiepsuc__V1__HeadCount *const *heads, size_t count);

bool ts_item_is_money(const Tiepsuc__V1__Item *item);
/* Shape of each item; valued: goods must have a value. */
bool ts_object_items(Tiepsuc__V1__Item *const *items, size_t count, bool valued, out_t *out);
int64_t ts_sum_of_values(Tiepsuc__V1__Item *const *items, size_t count);
/* What is taken out of an account must be in it, in number and in value. */
bool ts_object_balance(input_t *input,
                       ts_account_kind_t account,
                       ts_record_id_t owner,
                       Tiepsuc__V1__Item *const *items,
                       size_t count,
                       out_t *out);
/* What the fund has of a commodity, less what was given for something else: left, kept for others,
 * free. false: nothing there is restricted. */
bool ts_free_of_gifts(input_t *input,
                      ts_record_id_t fund,
                      const ts_destination_t *what,
                      const char *commodity,
                      const char *unit_of_measure,
                      int64_t ret_left_kept_free[3]);
/* A gift for another purpose is not taken by leaving its receipt out. */
bool ts_object_gifts(input_t *input,
                     ts_record_id_t fund,
                     const ts_destination_t *what,
                     Tiepsuc__V1__Item *const *items,
                     size_t count,
                     out_t *out);

#endif
