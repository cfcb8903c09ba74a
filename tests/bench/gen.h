/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Made-up events of one office, always the same for one seed: 70 % needs, 30 % handovers, about 130 bytes each, with the entropy of
 * real entries: some children come often, few goods and notes, small numbers, seconds to hours between entries.
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
void gen_events_free(gen_events_t *events);

#endif
