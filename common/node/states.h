/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The three states of an entry: saved (durable here) · held (the parent has it) · anchored (the
 * province has it, so that the loss of any one machine loses nothing). From tips only.
 * What came from elsewhere is held by the one it came from; at the province it is anchored. The
 * province has nobody above it: what it wrote itself is held and anchored in one when an office
 * below holds it (registry, plans, allocations); its own reports and private books stand on its
 * machine alone and stay saved.
 */
#ifndef TS_NODE_STATES_H
#define TS_NODE_STATES_H

#include "node/command.h"

typedef enum ts_event_state { TS_STATE_SAVED, TS_STATE_HELD, TS_STATE_ANCHORED } ts_event_state_t;

/* The store whose word makes "held" and "anchored" here; NULL: any other one, at the province. */
const ts_id16_t *ts_state_parent(const ts_node_t *node);
const ts_id16_t *ts_state_root(const ts_node_t *node);
/* "saved", "held", "anchored": msgids. */
const char *ts_state_str(ts_event_state_t state);
TS_MUST_USE ts_err_t ts_state_of(ts_node_t *node,
                                 const ts_place_t *place,
                                 ts_event_state_t *ret_state);

#endif
