/* SPDX-License-Identifier: MPL-2.0 */
/* The calendar of people: a machine works for some minutes every few days, rests in between asleep
 * or switched off, and has a line in some of these times. Everybody comes home at the end. */
#include "sim/sim_p.h"

#define NUDGE_MS (15 * SIM_MINUTE)
#define HOME_MS_MAX (24 * SIM_HOUR)
#define QUIET_MS (6 * SIM_MINUTE) /* longer than two answers that differ make both list anew */

void
sim_drive_later(sim_t *sim, int64_t at_ms, sim_act_kind_t kind, size_t machine, uint32_t number)
{
    sim_act_t act = {.at_ms = at_ms, .kind = kind, .machine = machine, .number = number};
    act.life = sim->inside->own[machine].shift;
    sim_agenda_put(&sim->inside->agenda, &act);
}

/* Some days on, at any time of the day. */
static int64_t
next_shift(sim_t *sim)
{
    uint32_t minutes = sim->inside->pause_days * 24 * 60;
    return sim->world->now_ms + SIM_MINUTE * sim_between(sim, minutes / 3, minutes * 5 / 3);
}

static void
switch_on(sim_t *sim, size_t machine)
{
    if (sim->machines[machine].power == SIM_PAUSED && !sim->inside->own[machine].busy) {
        sim_machine_wake(sim, machine);
    } else if (sim->machines[machine].power == SIM_OFF) {
        sim_machine_start(sim, machine, sim->inside->own[machine].next);
    }
}

/* Is it there until then? Somebody switches it on when it is not. */
static void
rouse(sim_t *sim, size_t machine, int64_t until)
{
    sim_own_t *own = &sim->inside->own[machine];
    if (sim->machines[machine].power == SIM_GONE) {
        return;
    }
    if (until > own->awake_until) {
        own->awake_until = until;
        sim_drive_later(sim, until, SIM_ACT_REST, machine, 0);
    }
    switch_on(sim, machine);
    if (machine != WORLD_PROVINCE && sim->machines[machine].parent != WORLD_PROVINCE) {
        rouse(sim, sim->machines[machine].parent, until);
    } else if (machine != WORLD_PROVINCE && sim_below(sim, 100) < 97) {
        rouse(sim, WORLD_PROVINCE, until);
    }
    if (machine != WORLD_PROVINCE && !sim->machines[machine].linked &&
        sim_below(sim, 100) < sim->inside->link_share) {
        sim_drive_later(sim, sim->world->now_ms + SIM_MINUTE, SIM_ACT_LINK_UP, machine, 0);
    }
}

static void
begin_shift(sim_t *sim, size_t machine)
{
    struct sim_inside *inside = sim->inside;
    sim_own_t *own = &inside->own[machine];
    sim_drive_later(sim, next_shift(sim), SIM_ACT_WAKE, machine, 0);
    if (own->busy) {
        return;
    }
    int64_t now = sim->world->now_ms;
    uint32_t seconds = sim_between(sim, 120, 900);
    int64_t end = now + 1000 * (int64_t)seconds;
    own->shift++;
    own->awake_until = end > own->awake_until ? end : own->awake_until;
    if (sim_below(sim, 100) < (sim->machines[machine].parent == WORLD_PROVINCE ? 97 : 85)) {
        rouse(sim, sim->machines[machine].parent, end + 5 * SIM_MINUTE);
    }
    switch_on(sim, machine);
    uint32_t typed = sim_below(sim, 2 * inside->typed + 1);
    for (uint32_t i = 0; i < typed; i++) {
        int64_t at = now + 1000 * (int64_t)sim_between(sim, 10, seconds * 7 / 10);
        sim_drive_later(sim, at, SIM_ACT_TYPE, machine, 0);
    }
    if (sim_below(sim, 100) < inside->link_share) {
        int64_t at = now + 1000 * (int64_t)sim_below(sim, seconds / 2);
        sim_drive_later(sim, at, SIM_ACT_LINK_UP, machine, 0);
    }
    sim_drive_later(sim, end, SIM_ACT_REST, machine, 0);
    sim_faults_shift(sim, machine);
}

static void
rest(sim_t *sim, size_t machine)
{
    sim_own_t *own = &sim->inside->own[machine];
    if (sim->world->now_ms < own->awake_until || own->busy) {
        return;
    }
    sim_machine_link(sim, machine, false);
    sim_faults_line_calm(sim, machine);
    if (machine != WORLD_PROVINCE && sim_below(sim, 100) < sim->inside->off_share) {
        sim_machine_stop(sim, machine);
    } else {
        sim_machine_sleep(sim, machine, 0);
    }
}

/* The province is never switched off by itself; it sleeps while nobody works, which is as if it
 * were idle and costs nothing. */
static void
desk_day(sim_t *sim)
{
    struct sim_inside *inside = sim->inside;
    int64_t now = sim->world->now_ms;
    sim_drive_later(sim, next_shift(sim), SIM_ACT_WAKE, WORLD_PROVINCE, 0);
    if (inside->own[WORLD_PROVINCE].busy) {
        return;
    }
    inside->own[WORLD_PROVINCE].shift++;
    rouse(sim, WORLD_PROVINCE, now + 30 * SIM_MINUTE);
    uint32_t typed = sim_below(sim, 2 * inside->typed + 1);
    for (uint32_t i = 0; i < typed; i++) {
        sim_drive_later(sim, now + 1000 * (int64_t)sim_between(sim, 10, 1800), SIM_ACT_TYPE,
                        WORLD_PROVINCE, 0);
    }
    sim_faults_shift(sim, WORLD_PROVINCE);
}

static void
start_again(sim_t *sim, size_t machine)
{
    sim_own_t *own = &sim->inside->own[machine];
    int64_t end = sim->world->now_ms + 5 * SIM_MINUTE;
    sim_machine_start(sim, machine, own->next);
    if (end > own->awake_until) {
        own->awake_until = end;
        sim_drive_later(sim, end, SIM_ACT_REST, machine, 0);
    }
}

static void
keep(sim_t *sim, size_t machine)
{
    bool asleep = sim->machines[machine].power == SIM_PAUSED && !sim->inside->own[machine].busy;
    if (asleep) {
        sim_machine_wake(sim, machine);
    }
    if (sim->machines[machine].power == SIM_ON || sim->machines[machine].power == SIM_OFF) {
        sim_machine_keep(sim, machine, sim_draw(sim, 400));
    }
    if (asleep) {
        sim_machine_sleep(sim, machine, 0);
    }
}

void
sim_drive_act(sim_t *sim, const sim_act_t *act)
{
    size_t machine = act->machine;
    bool mine = act->life == sim->inside->own[machine].shift;
    bool alive = sim_machine_alive(sim, machine);
    if (sim->machines[machine].power == SIM_GONE) {
        return;
    }
    switch (act->kind) {
    case SIM_ACT_WAKE:
        if (machine == WORLD_PROVINCE) {
            desk_day(sim);
        } else {
            begin_shift(sim, machine);
        }
        break;
    case SIM_ACT_LINK_UP:
        if (mine && alive && !sim->machines[machine].linked) {
            sim_faults_line(sim, machine);
            sim_machine_link(sim, machine, true);
        }
        break;
    case SIM_ACT_LINK_DOWN:
        if (mine) {
            sim_machine_link(sim, machine, false);
        }
        break;
    case SIM_ACT_TYPE:
        if (mine && alive) {
            sim_type(sim, machine);
        }
        break;
    case SIM_ACT_REST:
        rest(sim, machine);
        break;
    case SIM_ACT_START:
        start_again(sim, machine);
        break;
    case SIM_ACT_KEEP:
        keep(sim, machine);
        break;
    case SIM_ACT_FAULT:
    case SIM_ACT_CALM:
        sim_faults_act(sim, act);
        break;
    }
}

void
sim_drive_begin(sim_t *sim)
{
    struct sim_inside *inside = sim->inside;
    inside->off_share = sim_between(sim, 2, 15);
    inside->link_share = sim_between(sim, 40, 95);
    inside->pause_days = sim_between(sim, 5, 9);
    inside->typed = sim_between(sim, 2, 6);
    sim->world->ping_ms = sim_draw(sim, 200) ? 0 : sim_between(sim, 60000, 120000);
    sim->world->holding_ms = sim_draw(sim, 200) ? 2000 : sim_between(sim, 60000, 300000);
    for (size_t i = 0; i < sim->machine_count && !sim->violated; i++) {
        int64_t first = SIM_MINUTE * sim_below(sim, inside->pause_days * 24 * 60);
        sim_drive_later(sim, sim->world->now_ms + first, SIM_ACT_WAKE, i, 0);
        sim_machine_link(sim, i, false);
        sim_machine_sleep(sim, i, 0);
    }
}

/* ---- home */

/* Everything that it saved is held by its parent and by the province, and it knows that. */
static bool
is_home(const sim_t *sim, size_t machine)
{
    const ts_node_t *node = sim_node(sim, machine);
    if (machine == WORLD_PROVINCE || sim->machines[machine].power == SIM_GONE ||
        sim->machines[machine].revoked) {
        return true;
    }
    if (node == NULL || ts_id16_is_zero(&node->root_store)) {
        return false;
    }
    const ts_id16_t *const above[] = {&node->parent_store, &node->root_store};
    for (size_t i = 0; i < 2; i++) {
        ts_custody_status_t status;
        if (ts_custody_status(node->custody, above[i], &status) != TS_ERR_OK ||
            status.tail_events > 0 || status.held_events != status.sealed_events) {
            return false;
        }
    }
    return true;
}

static size_t
not_home(const sim_t *sim)
{
    for (size_t i = 0; i < sim->machine_count; i++) {
        if (!is_home(sim, i)) {
            return i;
        }
    }
    return SIZE_MAX;
}

static void
everybody_on(sim_t *sim)
{
    for (size_t i = 0; i < sim->machine_count && !sim->violated; i++) {
        if (sim->machines[i].power == SIM_GONE) {
            continue;
        }
        sim->inside->own[i].busy = false;
        switch_on(sim, i);
        sim_machine_link(sim, i, true);
    }
}

static void
nudge(sim_t *sim)
{
    world_t *world = sim->world;
    for (size_t i = 1; i < sim->machine_count; i++) {
        if (sim_machine_alive(sim, i) && world->nodes[i].uplink == 0) {
            world_link(world, i, true);
        }
    }
}

static uint64_t
tip_at(const sim_t *sim, size_t machine, const ts_hash_t *log)
{
    const ts_node_t *node = sim_node(sim, machine);
    ts_custody_tip_t tip[1];
    size_t count = 0;
    bool held = node != NULL &&
                ts_custody_log_tips(node->custody, log, tip, 1, &count) == TS_ERR_OK && count > 0;
    return held ? tip[0].tip.seq : UINT64_MAX;
}

/* Where each of its own logs stands: here, at the parent, at the province, and what it has heard.
 */
static void
tell_logs(sim_t *sim, size_t machine)
{
    const ts_node_t *node = sim_node(sim, machine);
    ts_log_info_t info = {.office = 0};
    while (node != NULL && ts_custody_log_next(node->custody, &info) == TS_ERR_OK) {
        uint64_t heard[2] = {0, 0};
        if (info.office != node->identity.keys.office || info.audience != TS_AUDIENCE_UP) {
            continue;
        }
        assert_int_equal(
            ts_custody_held_seq(node->custody, &node->parent_store, &info.log, &heard[0]),
            TS_ERR_OK);
        assert_int_equal(
            ts_custody_held_seq(node->custody, &node->root_store, &info.log, &heard[1]), TS_ERR_OK);
        sim_tell(sim, machine, NULL,
                 "Log %02x%02x of purpose %u: here %lld, parent %lld, province %lld; it has heard "
                 "%llu of the parent, %llu of the province.",
                 info.log.b[0], info.log.b[1], (unsigned)info.purpose,
                 (long long)tip_at(sim, machine, &info.log),
                 (long long)tip_at(sim, sim->machines[machine].parent, &info.log),
                 (long long)tip_at(sim, WORLD_PROVINCE, &info.log), (unsigned long long)heard[0],
                 (unsigned long long)heard[1]);
    }
}

/* One line for each that is out, for whoever reads the run. */
static void
tell_who_is_out(sim_t *sim)
{
    for (size_t i = 1; i < sim->machine_count; i++) {
        const ts_node_t *node = sim_node(sim, i);
        ts_custody_status_t parent = {0};
        ts_custody_status_t root = {0};
        if (is_home(sim, i) || sim->violated) {
            continue;
        }
        if (node != NULL) {
            assert_int_equal(ts_custody_status(node->custody, &node->parent_store, &parent),
                             TS_ERR_OK);
            assert_int_equal(ts_custody_status(node->custody, &node->root_store, &root), TS_ERR_OK);
        }
        sim_tell(sim, i, NULL,
                 "Not home (%s): %llu in the tail, %llu sealed, parent holds %llu, province %llu.",
                 node == NULL                         ? "off"
                 : node->uplink.state == TS_UPLINK_UP ? "linked"
                                                      : "no session",
                 (unsigned long long)root.tail_events, (unsigned long long)root.sealed_events,
                 (unsigned long long)parent.held_events, (unsigned long long)root.held_events);
        tell_logs(sim, i);
    }
}

void
sim_drive_home(sim_t *sim)
{
    int64_t begin = sim->world->now_ms;
    int64_t nudge_at = begin + NUDGE_MS;
    int64_t quiet_since = INT64_MAX;
    sim_agenda_free(&sim->inside->agenda);
    everybody_on(sim);
    while (!sim->violated) {
        sim_act_t act;
        sim_go_on(sim, sim->world->now_ms + 10000);
        if (sim_agenda_due(&sim->inside->agenda) <= sim->world->now_ms &&
            sim_agenda_take(&sim->inside->agenda, &act) && act.kind == SIM_ACT_START) {
            sim_machine_start(sim, act.machine, sim->inside->own[act.machine].next);
        }
        size_t out = not_home(sim);
        int64_t now = sim->world->now_ms;
        quiet_since = out != SIZE_MAX ? INT64_MAX : quiet_since == INT64_MAX ? now : quiet_since;
        if (out == SIZE_MAX && now - quiet_since >= QUIET_MS) {
            return;
        }
        if (now - begin > HOME_MS_MAX) {
            tell_who_is_out(sim);
            if (sim_asks(sim, "L1")) {
                sim_violation(sim, "L1", not_home(sim), "not home after %lld hours",
                              (long long)(HOME_MS_MAX / SIM_HOUR));
            }
            return;
        }
        if (now >= nudge_at) {
            nudge(sim);
            nudge_at = now + NUDGE_MS;
        }
    }
}
