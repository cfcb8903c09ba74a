/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The narrator of the simulator (ts_sim --story): plain sentences with dates and the names of
 * made-up communes. sim_story_hooks of sim.h tells to standard output.
 */
#ifndef TS_TESTS_SIM_STORY_H
#define TS_TESTS_SIM_STORY_H

#include "sim/sim.h"

#include <stdio.h>

sim_hooks_t sim_story_hooks_to(sim_t *sim, FILE *out);

#endif
