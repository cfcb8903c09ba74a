/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Events that the program itself writes, in the name of its own account: holdings, keys bound and
 * cut off. Inside of the node.
 */
#ifndef TS_NODE_OWN_EVENT_H
#define TS_NODE_OWN_EVENT_H

#include "core/event.h"
#include "node/node_p.h"
#include "wire/record.h"

/* Sets entry `index` of the record's list "tips": log_key, seq, hash_key. */
void ts_own_event_put_tip(ts_record_t *record, size_t index, const ts_tip_t *tip);

/* Writes one event of `record` into the node's own log of this purpose and audience (0: none). Of
 * the header are taken: record, must_understand, revises and reason; the rest is the program's. */
TS_MUST_USE ts_err_t ts_own_event_write(ts_node_t *self,
                                        uint8_t purpose,
                                        ts_record_id_t audience,
                                        const ts_event_header_t *header,
                                        const ts_kind_schema_t *kind,
                                        const ts_record_t *record);

#endif
