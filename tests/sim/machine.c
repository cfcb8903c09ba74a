/* SPDX-License-Identifier: MPL-2.0 */
/* What happens to a machine as a whole: power, its line, its files. */
#include "base/xalloc.h"
#include "sim/sim_p.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FOR_EVER (INT64_MAX / 4)

bool
sim_machine_alive(const sim_t *sim, size_t machine)
{
    return sim->machines[machine].power == SIM_ON && sim_node(sim, machine) != NULL;
}

/* ---- power */

/* A person with an older copy comes when it says that its data is damaged. */
static void
refused(sim_t *sim, size_t machine, sim_start_t how, ts_msg_t *why)
{
    char *said = ts_msg_fill(why, why->id == NULL ? "no reason given" : why->id);
    sim_hook_start(sim, machine, SIM_START_REFUSED, why);
    sim_tell(sim, machine, NULL, "It does not start: %s", said);
    sim->machines[machine].power = SIM_OFF;
    ts_xfree(said);
    ts_msg_free(why);
    if (how == SIM_START_RESTORE || !sim_machine_restore(sim, machine, "operator")) {
        sim_violation(sim, "start", machine, "it does not start and there is no way back");
        return;
    }
    sim_drive_later(sim, sim->world->now_ms + SIM_MINUTE, SIM_ACT_START, machine, 0);
}

static void
open_machine(sim_t *sim, size_t machine, sim_start_t how)
{
    ts_msg_t why = {0};
    world_node_t *node = &sim->world->nodes[machine];
    sim_machine_t *row = &sim->machines[machine];
    sim_touch(sim, machine);
    row->starts++;
    ts_err_t err = world_open(sim->world, machine, &why);
    if (err == TS_ERR_OK) {
        row->power = SIM_ON;
        row->office = node->office;
        sim_hook_start(sim, machine, how, NULL);
        return;
    }
    if (ts_faultvfs_dead(node->vfs) || sim->inside->own[machine].armed != NULL) {
        node->crashed = ts_faultvfs_dead(node->vfs);
        sim_machine_died(sim, machine, &why);
        ts_msg_free(&why);
        return;
    }
    refused(sim, machine, how, &why);
}

void
sim_machine_start(sim_t *sim, size_t machine, sim_start_t how)
{
    if (sim_node(sim, machine) != NULL || sim->machines[machine].power == SIM_GONE) {
        return;
    }
    sim_step_begin(sim, SIM_STEP_POWER);
    sim_tell(sim, machine, NULL, "It is switched on.");
    open_machine(sim, machine, how);
    sim_step_end(sim, SIM_STEP_POWER);
}

void
sim_machine_stop(sim_t *sim, size_t machine)
{
    if (sim_node(sim, machine) == NULL) {
        return;
    }
    sim_step_begin(sim, SIM_STEP_POWER);
    sim_touch(sim, machine);
    sim_hook_stop(sim, machine);
    world_stop(sim->world, machine);
    sim->machines[machine].power = SIM_OFF;
    sim_tell(sim, machine, NULL, "It is switched off.");
    if (ts_faultvfs_dead(sim->world->nodes[machine].vfs)) {
        sim->world->nodes[machine].crashed = true;
        sim_machine_died(sim, machine, NULL);
    }
    sim->inside->own[machine].next = SIM_START_AGAIN;
    sim_step_end(sim, SIM_STEP_POWER);
}

void
sim_machine_sleep(sim_t *sim, size_t machine, int64_t until_ms)
{
    if (!sim_machine_alive(sim, machine)) {
        return;
    }
    sim_step_begin(sim, SIM_STEP_POWER);
    sim_touch(sim, machine);
    world_pause(sim->world, machine, until_ms == 0 ? FOR_EVER : until_ms);
    sim->machines[machine].power = SIM_PAUSED;
    sim_step_end(sim, SIM_STEP_POWER);
}

void
sim_machine_wake(sim_t *sim, size_t machine)
{
    if (sim->machines[machine].power != SIM_PAUSED) {
        return;
    }
    sim_step_begin(sim, SIM_STEP_POWER);
    sim_touch(sim, machine);
    world_pause(sim->world, machine, sim->world->now_ms);
    sim->machines[machine].power = SIM_ON;
    sim_step_end(sim, SIM_STEP_POWER);
}

/* ---- dying */

void
sim_machine_died(sim_t *sim, size_t machine, const ts_msg_t *why)
{
    world_node_t *node = &sim->world->nodes[machine];
    sim_own_t *own = &sim->inside->own[machine];
    bool by_fault = node->crashed;
    const char *fault = own->armed == NULL ? "none" : own->armed;
    sim_crash_t crash = {machine, by_fault ? own->cut : TS_CUT_ALL,
                         sim->inside->commanding == machine, fault};
    if (by_fault) {
        ts_faultvfs_power_cut(node->vfs, own->cut, ts_prng_next(&sim->prng));
        own->armed = NULL;
    }
    node->crashed = false;
    sim->machines[machine].power = SIM_OFF;
    sim->machines[machine].crashes++;
    sim->figures.crashes++;
    char *said = why == NULL || why->id == NULL ? NULL : ts_msg_fill(why, why->id);
    sim_tell(sim, machine, fault, "It dies%s%s.", said == NULL ? "" : ": ",
             said == NULL ? "" : said);
    if (!by_fault && own->armed == NULL && !sim->machines[machine].disk_lied) {
        sim_violation(sim, "stop", machine, "it stopped by itself: %s", said == NULL ? "" : said);
    }
    ts_xfree(said);
    sim_hook_crash(sim, &crash);
    own->next = SIM_START_CRASH;
    if (!by_fault) {
        sim_faults_calm(sim, machine);
    }
    sim_drive_later(sim, sim->world->now_ms + 1000 + sim_below(sim, 600000), SIM_ACT_START, machine,
                    0);
}

void
sim_machine_kill(sim_t *sim, size_t machine, ts_power_cut_t cut, const char *fault)
{
    if (sim_node(sim, machine) == NULL) {
        return;
    }
    sim_step_begin(sim, SIM_STEP_POWER);
    sim_touch(sim, machine);
    world_kill(sim->world, machine, cut);
    sim->inside->own[machine].armed = NULL;
    sim->inside->own[machine].next = SIM_START_CRASH;
    sim->machines[machine].power = SIM_OFF;
    sim->machines[machine].crashes++;
    sim->figures.crashes++;
    sim_tell(sim, machine, fault, cut == TS_CUT_ALL ? "It is killed." : "Its power goes.");
    sim_crash_t crash = {machine, cut, false, fault};
    sim_hook_crash(sim, &crash);
    sim_step_end(sim, SIM_STEP_POWER);
}

/* ---- its line */

void
sim_machine_link(sim_t *sim, size_t machine, bool up)
{
    if (machine == WORLD_PROVINCE || sim->machines[machine].linked == up) {
        return;
    }
    sim_step_begin(sim, SIM_STEP_LINK);
    sim_touch(sim, machine);
    sim->machines[machine].linked = up;
    world_node_t *node = &sim->world->nodes[machine];
    if (up || !node->silent) {
        world_link(sim->world, machine, up);
    } else {
        node->link_up = false;
    }
    sim->figures.sessions += up ? 1 : 0;
    sim_tell(sim, machine, NULL, up ? "Its line is up." : "Its line is down.");
    sim_step_end(sim, SIM_STEP_LINK);
}

/* ---- its files */

/* Off without a trace in the story: for a moment, to copy or exchange files. */
static void
off(sim_t *sim, size_t machine, bool politely)
{
    if (sim_node(sim, machine) == NULL) {
        return;
    }
    if (politely) {
        sim_machine_stop(sim, machine);
    } else {
        sim_machine_kill(sim, machine, TS_CUT_ALL, "state");
    }
}

void
sim_machine_keep(sim_t *sim, size_t machine, bool with_witness)
{
    sim_own_t *own = &sim->inside->own[machine];
    bool was_on = sim_machine_alive(sim, machine);
    off(sim, machine, true);
    if (sim_node(sim, machine) != NULL) {
        return;
    }
    sim_snap_t *snap = &own->snaps[sim_below(sim, SIM_SNAPS_MAX)];
    world_files_free(&snap->files);
    snap->files = world_files_take(sim->world, machine, with_witness);
    snap->taken_ms = sim->world->now_ms;
    snap->with_witness = with_witness;
    if (was_on) {
        sim_machine_start(sim, machine, SIM_START_AGAIN);
    }
}

static const sim_snap_t *
draw_snap(sim_t *sim, size_t machine)
{
    uint32_t first = sim_below(sim, SIM_SNAPS_MAX);
    for (uint32_t i = 0; i < SIM_SNAPS_MAX; i++) {
        const sim_snap_t *snap = &sim->inside->own[machine].snaps[(first + i) % SIM_SNAPS_MAX];
        if (snap->files != NULL) {
            return snap;
        }
    }
    return NULL;
}

/* What becomes of the witness: with an image it goes back too; else it stays as it was (the
 * database alone was put back), or is gone with the disk. */
bool
sim_machine_restore(sim_t *sim, size_t machine, const char *fault)
{
    const sim_snap_t *snap = draw_snap(sim, machine);
    sim_machine_t *row = &sim->machines[machine];
    if (snap == NULL) {
        return false;
    }
    off(sim, machine, false);
    sim_step_begin(sim, SIM_STEP_STATE);
    sim_touch(sim, machine);
    world_files_put(sim->world, machine, snap->files);
    bool lost = !snap->with_witness && (strcmp(fault, "operator") == 0 || sim_draw(sim, 500));
    if (lost) {
        (void)unlink(sim->world->nodes[machine].witness);
    }
    row->rolled_back = true;
    row->witness_lost = row->witness_lost || snap->with_witness || lost;
    row->forks += snap->with_witness ? 1 : 0;
    sim->figures.restores++;
    sim->inside->own[machine].next = SIM_START_RESTORE;
    sim_tell(sim, machine, fault, "Its files are put back to how they were %lld hours ago%s.",
             (long long)((sim->world->now_ms - snap->taken_ms) / SIM_HOUR),
             snap->with_witness ? ", the witness too"
             : lost             ? "; the witness is gone"
                                : "");
    sim_swap_t swap = {machine, machine, snap->taken_ms, snap->with_witness, fault};
    sim_hook_swap(sim, &swap);
    sim_step_end(sim, SIM_STEP_STATE);
    return true;
}

size_t
sim_machine_clone(sim_t *sim, size_t machine, const char *fault)
{
    if (sim->machine_count == SIM_MACHINES_MAX || sim->world->node_count == WORLD_NODES_MAX) {
        return SIZE_MAX;
    }
    bool was_on = sim_machine_alive(sim, machine);
    off(sim, machine, true);
    sim_step_begin(sim, SIM_STEP_STATE);
    sim_touch(sim, machine);
    size_t twin = world_twin(sim->world, machine);
    const sim_machine_t *from = &sim->machines[machine];
    sim_tree_add(sim, twin, from->role, from->parent);
    sim_machine_t *row = &sim->machines[twin];
    row->twin_of = machine;
    row->office = from->office;
    row->revoked = from->revoked;
    memcpy(row->unit, from->unit, sizeof row->unit);
    memcpy(row->body, from->body, sizeof row->body);
    sim->inside->own[twin].next = SIM_START_RESTORE;
    sim->figures.restores++;
    sim_tell(sim, twin, fault, "The whole folder of %s is copied to another machine.",
             sim_name(sim, machine));
    sim_swap_t swap = {twin, machine, sim->world->now_ms, true, fault};
    sim_hook_swap(sim, &swap);
    sim_step_end(sim, SIM_STEP_STATE);
    if (was_on) {
        sim_machine_start(sim, machine, SIM_START_AGAIN);
    }
    return twin;
}

void
sim_machine_free(sim_t *sim, size_t machine)
{
    sim_own_t *own = &sim->inside->own[machine];
    for (size_t i = 0; i < SIM_SNAPS_MAX; i++) {
        world_files_free(&own->snaps[i].files);
    }
    for (size_t i = 0; i < SIM_REPLAY_MAX; i++) {
        ts_buf_free(&own->replay[i]);
    }
}
