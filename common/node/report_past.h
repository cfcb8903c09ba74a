/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The ledger as an office had it when it sealed a report: folded anew, beside the present one, from
 * exactly the segments that the report's watermark covers, whoever wrote it. What came later plays
 * no part in it: neither corrections nor later words of the registry. For `report verify` only.
 * Source: ARCHITECTURE.md.
 */
#ifndef TS_NODE_REPORT_PAST_H
#define TS_NODE_REPORT_PAST_H

#include "node/node_p.h"

typedef struct ts_past ts_past_t;

typedef struct ts_past_query {
    const ts_tip_t *tips; /* watermark; borrowed during ts_past_new */
    size_t tip_count;
    uint32_t office; /* that sealed the report */
    ts_utc_t at;     /* when it did */
} ts_past_query_t;

/* Tips that are not held here. */
TS_MUST_USE ts_err_t ts_past_missing(ts_node_t *node,
                                     const ts_tip_t *tips,
                                     size_t count,
                                     size_t *ret_missing);

/* All tips must be held. */
ts_past_t *ts_past_new(ts_node_t *node, const ts_past_query_t *query);
/* Removes the ledger again; takes NULL. */
void ts_past_destroy(ts_past_t **self_p);
/* One slice of a few milliseconds. *ret_done: ts_past_node is there. NOTFOUND: the registry of then
 * does not know the office. */
TS_MUST_USE ts_err_t ts_past_step(ts_past_t *self, bool *ret_done);
/* Of the segments to look at so many are done. */
uint64_t ts_past_done(const ts_past_t *self);
uint64_t ts_past_total(const ts_past_t *self);
/* A node of then, for reading only: ledger, catalog, clock and identity are those of the office at
 * that time. Lives as long as *self. */
ts_node_t *ts_past_node(ts_past_t *self);

#endif
