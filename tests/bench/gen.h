/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Made-up events of one office, always the same for one seed: 70 % needs, 30 % handovers, about 130
 * bytes each, with the entropy of real entries: some children come often, few goods and notes,
 * small numbers, seconds to hours between entries.
 */
#ifndef TS_TESTS_BENCH_GEN_H
#define TS_TESTS_BENCH_GEN_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

typedef struct gen_events {
    ts_buf_t bytes;
    ts_bytes_t *events; /* point into bytes */
    size_t count;
} gen_events_t;

void gen_events_make(gen_events_t *events, size_t count, uint64_t seed);

/* A real registry and plan to record in: then every event is accepted. Lists are cut to what the
 * generator uses (12 units, 14 lines, 6 funds). */
typedef struct gen_world {
    uint32_t office; /* whose record ids are minted */
    uint64_t plan;
    const uint64_t *units;
    size_t unit_count; /* ≥ 1 */
    const uint64_t *lines;
    size_t line_count; /* ≥ 1 */
    const uint64_t *funds;
    size_t fund_count; /* 0: handovers name no fund */
    uint32_t salt;     /* of the first start: two loads into one store must differ */
} gen_world_t;

/* The same in that world; the first events register the children (100 a unit), the other `count`
 * follow. */
void
gen_events_make_in(gen_events_t *events, size_t count, uint64_t seed, const gen_world_t *world);
void gen_events_free(gen_events_t *events);

#endif
