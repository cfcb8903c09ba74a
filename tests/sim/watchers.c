/* SPDX-License-Identifier: MPL-2.0 */
/* Who watches a run: model and invariants, and the narrator when asked for. */
#include "sim/sim_p.h"

void
sim_attach_watchers(sim_t *sim, bool checks, bool story)
{
    if (checks) {
        sim_hooks_t judge = sim_check_hooks(sim);
        sim_attach(sim, &judge);
    }
    if (story) {
        sim_hooks_t narrator = sim_story_hooks(sim);
        sim_attach(sim, &narrator);
    }
}
