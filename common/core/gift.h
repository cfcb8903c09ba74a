/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How much of a fund may go where: what stands in it less what donors gave for something else.
 * A gift is restricted by its receipt (unit and below, line, site, last day; also by age band or in
 * words, which only a person can judge). What is taken out of the fund draws on the receipt that it
 * names; what names none draws first on gifts that came before it and are meant for its place,
 * then on what is free. So nobody gets round a restriction by leaving the receipt out, and nobody
 * has to name one where it makes no difference. Goods that were bought from a restricted receipt
 * are restricted like it. Not a book: it is computed from the records whenever a command asks, in
 * one order (named ones first, then by day and record), and the fold never asks.
 */
#ifndef TS_CORE_GIFT_H
#define TS_CORE_GIFT_H

#include "core/catalog.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A gift's restriction, as far as the program can judge it. */
typedef struct ts_only_for {
    ts_record_id_t unit; /* 0 = any */
    ts_record_id_t line;
    ts_record_id_t band;
    const char *site; /* "" = any; borrowed during the call */
    int32_t use_by;   /* 0 = no date */
    bool by_hand;     /* also in words: only who names the receipt draws on it */
} ts_only_for_t;

/* Where something goes. */
typedef struct ts_destination {
    ts_record_id_t receipt; /* that it names; 0 = none */
    ts_record_id_t unit;    /* 0 = none */
    ts_record_id_t line;
    const char *site; /* "" = none; borrowed during the call */
    int32_t day;
} ts_destination_t;

/* One movement of one commodity of a fund, in its unit of measure. */
typedef struct ts_gift_flow {
    bool in;               /* a restricted gift, or goods bought from it; false: taken out */
    ts_only_for_t only;    /* in: what it is for */
    ts_destination_t what; /* in: receipt and day; out: all of it */
    int64_t quantity;      /* > 0; of what is taken out, less what came back */
} ts_gift_flow_t;

typedef struct ts_gifts ts_gifts_t;

ts_gifts_t *ts_gifts_new(const ts_catalog_t *catalog);
void ts_gifts_destroy(ts_gifts_t **self_p);
/* All that came in before anything that was taken out; of that, what names a receipt first, then
 * by day and record. */
void ts_gifts_add(ts_gifts_t *self, const ts_gift_flow_t *flow);
/* What is kept for other purposes than this one: ≥ 0. A receipt that is named is taken to be right
 * for it (the restriction itself is judged elsewhere, or the donor consents). */
int64_t ts_gifts_kept(const ts_gifts_t *self, const ts_destination_t *what);
/* Does the gift fit there without a person's judgement? */
bool
ts_gift_fits(const ts_catalog_t *catalog, const ts_only_for_t *only, const ts_destination_t *what);

#endif
