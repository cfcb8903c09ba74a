/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The three states of an entry: saved (durable here) · held (the parent has it) · anchored (the
 * province has it). From tips only (design §7). What came from elsewhere is held by the one it came
 * from; at the province it is anchored.
 */
#ifndef TS_NODE_STATES_H
#define TS_NODE_STATES_H

#include "node/command.h"

typedef enum ts_event_state { TS_STATE_SAVED, TS_STATE_HELD, TS_STATE_ANCHORED } ts_event_state_t;

/* "saved", "held", "anchored": msgids. */
const char *ts_state_str(ts_event_state_t state);
TS_MUST_USE ts_err_t ts_state_of(ts_node_t *node,
                                 const ts_place_t *place,
                                 ts_event_state_t *ret_state);

#endif
