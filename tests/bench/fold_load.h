/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A province for benchmarks of the fold: 12 communes with an office each, 700 children in each, a
 * plan with 8 lines, 4 bands and 3 periods; 70 % needs and 30 % handovers to one child each, small
 * children, lines and communes far likelier, over a year of days.
 */
#ifndef TS_TESTS_BENCH_FOLD_LOAD_H
#define TS_TESTS_BENCH_FOLD_LOAD_H

#include "support/fold_world.h"

typedef struct fold_load {
    ts_record_id_t plan;
    ts_record_id_t units[12];
    ts_record_id_t lines[8];
    ts_record_id_t periods[3];
} fold_load_t;

/* `events` needs and handovers of the first `communes` communes, after registry, plan and children.
 */
fold_load_t fold_load_make(fold_world_t *world, size_t events, size_t communes);

#endif
