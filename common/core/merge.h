/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The state of a record from the set of its events. Pure and independent of order: the
 * same set gives the same state. A revision names the events that it replaces by their 8-byte
 * prefixes; what nobody replaces stands. More than one that stands is a conflict: all are kept and
 * shown, one is shown first, only so that all nodes agree. Clocks order nothing.
 */
#ifndef TS_CORE_MERGE_H
#define TS_CORE_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_MERGE_EVENTS_MAX 4096u

/* One event of a record. Only events that count (accepted ones) take part; a parked revision
 * replaces nothing. */
typedef struct ts_merge_event {
    uint64_t event;          /* prefix of the event id */
    const uint64_t *revises; /* prefixes that it replaces; may name events that have not come yet */
    size_t revise_count;
    bool is_void;
    uint32_t
        depth; /* out: longest chain of replacements below it that is known, 0 for a first event */
    bool stands; /* out: no counted event replaces it */
} ts_merge_event_t;

typedef struct ts_merge_state {
    size_t standing; /* how many stand; > 1 = conflict; 0 only when there are no events */
    size_t first;    /* index of the one shown first among those that stand */
    bool is_void;    /* the one shown first withdraws the record */
} ts_merge_state_t;

/* Fills depth and stands of each event and returns the state. count ≤ TS_MERGE_EVENTS_MAX; loops of
 * replacements are cut, never endless. */
ts_merge_state_t ts_merge(ts_merge_event_t *events, size_t count);

#endif
