/* SPDX-License-Identifier: MPL-2.0 */
/* Who watches a run: model and invariants always, the narrator when asked for. */
#include "sim/sim_p.h"

void
sim_attach_watchers(sim_t *sim, bool story)
{
    sim_hooks_t checks = sim_check_hooks(sim);
    sim_attach(sim, &checks);
    if (story) {
        sim_hooks_t narrator = sim_story_hooks(sim);
        sim_attach(sim, &narrator);
    }
}
