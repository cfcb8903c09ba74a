/* SPDX-License-Identifier: MPL-2.0 */
/* What goes wrong: the table, the mix of a seed, and how each fault is begun and ended. Those of
 * frames are in network.c. */
#include "base/xalloc.h"
#include "sim/sim_p.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define YEAR_MS (365 * SIM_DAY)

static const struct {
    const char *name;
    const char *meaning;
    sim_occasion_t occasion;
    uint32_t most;
} table[] = {
#define SIM_FAULT_ROW(word, name, meaning, occasion, most) {name, meaning, SIM_ON_##occasion, most},
    SIM_FAULT_LIST(SIM_FAULT_ROW)
#undef SIM_FAULT_ROW
};

const char *
sim_fault_name(sim_fault_kind_t kind)
{
    return table[kind].name;
}

const char *
sim_fault_meaning(sim_fault_kind_t kind)
{
    return table[kind].meaning;
}

/* ---- the mix */

static bool
is_named(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at != NULL && *at != '\0'; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

/* From a generator of its own: with some of the faults taken away the others stay as they were. */
void
sim_faults_draw(sim_t *sim)
{
    ts_prng_t prng = ts_prng(sim->options.seed ^ UINT64_C(0x6661756c7473));
    uint32_t share = 15 + ts_prng_below(&prng, 60);
    _Static_assert(SIM_FAULT_COUNT <= SIM_FAULTS_MAX, "the table fits");
    sim->fault_count = SIM_FAULT_COUNT;
    for (size_t i = 0; i < SIM_FAULT_COUNT; i++) {
        bool drawn = ts_prng_below(&prng, 100) < share;
        uint32_t rate = 1 + ts_prng_below(&prng, table[i].most);
        const char *list = sim->options.faults;
        bool enabled = list == NULL ? drawn : is_named(list, table[i].name);
        sim->faults[i] = (sim_fault_count_t){table[i].name, enabled, rate, 0};
    }
}

bool
sim_fault_enabled(const sim_t *sim, sim_fault_kind_t kind)
{
    return sim->phase == SIM_SAFETY && sim->faults[kind].enabled;
}

bool
sim_fault(sim_t *sim, sim_fault_kind_t kind)
{
    if (!sim_fault_enabled(sim, kind) || !sim_draw(sim, sim->faults[kind].rate)) {
        return false;
    }
    sim->faults[kind].fired++;
    return true;
}

/* ---- at the beginning of a working time */

static void
arm(sim_t *sim, size_t machine, sim_fault_kind_t kind, ts_fault_t fault, ts_power_cut_t cut)
{
    sim_own_t *own = &sim->inside->own[machine];
    if (own->armed != NULL) {
        return;
    }
    own->armed = table[kind].name;
    own->cut = cut;
    ts_faultvfs_arm(sim->world->nodes[machine].vfs, &fault);
    sim_drive_later(sim, own->awake_until, SIM_ACT_CALM, machine, 0);
}

static const char *
some_file(sim_t *sim)
{
    static const char *const files[] = {NULL, "custody", "ledger", "witness", "scratch"};
    return files[sim_below(sim, 5)];
}

static void
arm_crash(sim_t *sim, size_t machine, sim_fault_kind_t kind)
{
    static const ts_power_cut_t cuts[] = {TS_CUT_NOTHING, TS_CUT_SOME, TS_CUT_REORDERED,
                                          TS_CUT_TORN};
    ts_fault_t fault = {.kind = TS_FAULT_CRASH, .on = TS_FAULT_ON_CHANGE, .only = some_file(sim)};
    fault.at = 1 + sim_below(sim, fault.only == NULL ? 400 : 60);
    ts_power_cut_t cut = kind == SIM_FAULT_POWER ? cuts[sim_below(sim, 4)] : TS_CUT_ALL;
    arm(sim, machine, kind, fault, cut);
}

static void
arm_disk(sim_t *sim, size_t machine)
{
    if (sim_fault(sim, SIM_FAULT_KILL)) {
        arm_crash(sim, machine, SIM_FAULT_KILL);
    }
    if (sim_fault(sim, SIM_FAULT_POWER)) {
        arm_crash(sim, machine, SIM_FAULT_POWER);
    }
    if (sim_fault(sim, SIM_FAULT_FULL)) {
        ts_fault_t fault = {.kind = TS_FAULT_FULL,
                            .on = TS_FAULT_ON_WRITE,
                            .at = 1 + sim_below(sim, 100),
                            .lasting = true};
        arm(sim, machine, SIM_FAULT_FULL, fault, TS_CUT_ALL);
    }
    if (sim_fault(sim, SIM_FAULT_EIO)) {
        static const unsigned on[] = {TS_FAULT_ON_WRITE, TS_FAULT_ON_SYNC, TS_FAULT_ON_READ};
        ts_fault_t fault = {.kind = TS_FAULT_IOERR,
                            .on = on[sim_below(sim, 3)],
                            .at = 1 + sim_below(sim, 60),
                            .only = some_file(sim)};
        arm(sim, machine, SIM_FAULT_EIO, fault, TS_CUT_ALL);
    }
    if (sim_fault(sim, SIM_FAULT_LIES)) {
        ts_fault_t fault = {
            .kind = TS_FAULT_SYNC_LIES, .on = TS_FAULT_ON_SYNC, .at = 1, .lasting = true};
        sim->machines[machine].disk_lied = true;
        arm(sim, machine, SIM_FAULT_LIES, fault, TS_CUT_ALL);
    }
    if (sim_fault(sim, SIM_FAULT_LOST_WRITE)) {
        ts_fault_t fault = {.kind = TS_FAULT_LOST_WRITE,
                            .on = TS_FAULT_ON_WRITE,
                            .at = 1 + sim_below(sim, 60),
                            .only = some_file(sim)};
        sim->machines[machine].disk_lied = true;
        arm(sim, machine, SIM_FAULT_LOST_WRITE, fault, TS_CUT_ALL);
    }
}

static void
turn_clock(sim_t *sim, size_t machine)
{
    world_node_t *node = &sim->world->nodes[machine];
    sim_own_t *own = &sim->inside->own[machine];
    if (own->drift_pm != 0) {
        node->wall_off_ms += (sim->world->now_ms - own->drift_from) / 1000 * own->drift_pm;
        own->drift_from = sim->world->now_ms;
    }
    if (sim_fault(sim, SIM_FAULT_JUMP)) {
        node->wall_off_ms = YEAR_MS * ((int64_t)sim_below(sim, 41) - 20) + SIM_HOUR;
        sim_tell(sim, machine, table[SIM_FAULT_JUMP].name, "Its clock is %lld days wrong.",
                 (long long)(node->wall_off_ms / SIM_DAY));
    } else if (sim_fault(sim, SIM_FAULT_EPOCH)) {
        node->wall_off_ms = -sim_wall_ms(sim);
        sim_tell(sim, machine, table[SIM_FAULT_EPOCH].name, "Its clock says 1970.");
    } else if (sim_fault(sim, SIM_FAULT_DRIFT)) {
        own->drift_pm = (int32_t)sim_below(sim, 101) - 50;
        own->drift_from = sim->world->now_ms;
    } else if (node->wall_off_ms != 0 && sim_draw(sim, 400)) {
        node->wall_off_ms = 0; /* somebody puts it right */
    }
}

static void
at_shift(sim_t *sim, size_t machine, sim_fault_kind_t kind, int64_t after_ms)
{
    sim_act_t act = {.at_ms = sim->world->now_ms + after_ms,
                     .kind = SIM_ACT_FAULT,
                     .machine = machine,
                     .number = (uint32_t)kind};
    sim_agenda_put(&sim->inside->agenda, &act);
}

void
sim_faults_shift(sim_t *sim, size_t machine)
{
    static const sim_fault_kind_t later[] = {SIM_FAULT_PAUSE, SIM_FAULT_LOOP, SIM_FAULT_HASTE};
    turn_clock(sim, machine);
    if (sim_machine_alive(sim, machine)) {
        arm_disk(sim, machine);
    }
    for (size_t i = 0; i < TS_COUNT(later); i++) {
        if (sim_fault(sim, later[i])) {
            at_shift(sim, machine, later[i], 1000 * (int64_t)sim_between(sim, 1, 900));
        }
    }
    if (sim_fault(sim, SIM_FAULT_KILL_FRAME)) {
        sim_own_t *own = &sim->inside->own[machine];
        own->crash_frame = own->frames + 1 + sim_below(sim, 60);
    }
}

/* ---- when a line comes up */

static void forge(sim_t *sim, size_t machine);

void
sim_faults_line(sim_t *sim, size_t machine)
{
    world_node_t *node = &sim->world->nodes[machine];
    sim_own_t *own = &sim->inside->own[machine];
    int64_t now = sim->world->now_ms;
    sim_faults_line_calm(sim, machine);
    own->bad_line = sim_draw(sim, 500);
    node->extra_ms = sim_fault(sim, SIM_FAULT_DELAY) ? sim_between(sim, 10, 30000) : 0;
    node->bytes_per_s = sim_fault(sim, SIM_FAULT_THIN) ? sim_between(sim, 125, 12500) : 0;
    if (sim_fault(sim, SIM_FAULT_SILENT)) {
        own->silent_at = now + 1000 * (int64_t)sim_between(sim, 1, 600);
    }
    if (sim_fault(sim, SIM_FAULT_ONE_WAY)) {
        own->one_way[sim_below(sim, 2)] = true;
    }
    if (sim_fault(sim, SIM_FAULT_CLOG)) {
        own->clog_until = now + 1000 * (int64_t)sim_between(sim, 10, 1200);
    }
    if (sim_fault(sim, SIM_FAULT_WRONG)) {
        node->detour = sim_below(sim, (uint32_t)sim->machine_count);
    }
    if (sim_fault(sim, SIM_FAULT_STALE)) {
        at_shift(sim, machine, SIM_FAULT_STALE, 1000 * (int64_t)sim_between(sim, 1, 60));
    }
    if (sim_fault(sim, SIM_FAULT_FORGE)) {
        at_shift(sim, machine, SIM_FAULT_FORGE, 1000 * (int64_t)sim_between(sim, 1, 60));
    }
}

void
sim_faults_line_calm(sim_t *sim, size_t machine)
{
    world_node_t *node = &sim->world->nodes[machine];
    sim_own_t *own = &sim->inside->own[machine];
    own->bad_line = false;
    own->silent_at = 0;
    own->clog_until = 0;
    own->one_way[0] = false;
    own->one_way[1] = false;
    node->extra_ms = 0;
    node->bytes_per_s = 0;
    node->detour = SIZE_MAX;
    node->silent = false;
}

/* ---- at some moment */

static void
restart_loop(sim_t *sim, size_t machine)
{
    uint32_t times = sim_between(sim, 2, 6);
    for (uint32_t i = 0; i < times && !sim->violated; i++) {
        if (!sim_machine_alive(sim, machine)) {
            return;
        }
        sim_machine_kill(sim, machine, TS_CUT_ALL, table[SIM_FAULT_LOOP].name);
        sim_go_on(sim, sim->world->now_ms + sim_below(sim, 3000));
        sim_machine_start(sim, machine, SIM_START_CRASH);
        sim_go_on(sim, sim->world->now_ms + sim_below(sim, 3000));
    }
}

static void
pause_machine(sim_t *sim, size_t machine)
{
    sim_own_t *own = &sim->inside->own[machine];
    int64_t until = sim->world->now_ms + SIM_MINUTE * sim_between(sim, 1, 48 * 60);
    if (!sim_machine_alive(sim, machine)) {
        return;
    }
    sim_tell(sim, machine, table[SIM_FAULT_PAUSE].name, "It stands still.");
    sim_machine_sleep(sim, machine, 0);
    own->busy = true;
    sim_drive_later(sim, until, SIM_ACT_CALM, machine, 1);
}

static void
restore(sim_t *sim, size_t machine)
{
    if (sim_machine_restore(sim, machine, table[SIM_FAULT_RESTORE].name)) {
        sim_drive_later(sim, sim->world->now_ms + 1000 * (int64_t)sim_between(sim, 1, 7200),
                        SIM_ACT_START, machine, 0);
    }
}

static void
clone(sim_t *sim, size_t machine)
{
    if (sim->machines[machine].role != SIM_COMMUNE) {
        return;
    }
    size_t twin = sim_machine_clone(sim, machine, table[SIM_FAULT_CLONE].name);
    if (twin != SIZE_MAX) {
        sim->machines[machine].forks++;
        sim->machines[twin].forks++;
        sim_drive_later(sim, sim->world->now_ms + SIM_HOUR, SIM_ACT_WAKE, twin, 0);
    }
}

/* One of its files, off; false: there is none of that name. */
static bool
file_of(sim_t *sim, size_t machine, const char *name, char *path, size_t bytes)
{
    const world_node_t *node = &sim->world->nodes[machine];
    if (strcmp(name, "witness") == 0) {
        (void)snprintf(path, bytes, "%s", node->witness);
    } else {
        (void)snprintf(path, bytes, "%s/%s", node->folder, name);
    }
    return access(path, F_OK) == 0;
}

static void
off_for(sim_t *sim, size_t machine, sim_fault_kind_t kind)
{
    sim_machine_kill(sim, machine, TS_CUT_ALL, table[kind].name);
    sim_drive_later(sim, sim->world->now_ms + 1000 * (int64_t)sim_between(sim, 1, 7200),
                    SIM_ACT_START, machine, 0);
}

/* Only where an older copy is kept: who has none has lost what was not held above. */
static bool
has_copy(const sim_t *sim, size_t machine)
{
    for (size_t i = 0; i < SIM_SNAPS_MAX; i++) {
        if (sim->inside->own[machine].snaps[i].files != NULL) {
            return true;
        }
    }
    return false;
}

static void
flip(sim_t *sim, size_t machine, sim_fault_kind_t kind)
{
    static const struct {
        sim_fault_kind_t kind;
        const char *name;
    } files[] = {{SIM_FAULT_FLIP_DB, "custody.sqlite"},
                 {SIM_FAULT_FLIP_WAL, "custody.sqlite-wal"},
                 {SIM_FAULT_FLIP_SCRATCH, "scratch.sqlite"},
                 {SIM_FAULT_FLIP_WITNESS, "witness"}};
    char path[1200];
    size_t i = 0;
    while (files[i].kind != kind) {
        i++;
    }
    ts_buf_t bytes = {0};
    if (!has_copy(sim, machine)) {
        return;
    }
    off_for(sim, machine, kind);
    if (file_of(sim, machine, files[i].name, path, sizeof path) &&
        ts_faultvfs_get(sim->world->nodes[machine].vfs, path, &bytes) && bytes.length > 0) {
        sim_step_begin(sim, SIM_STEP_STATE);
        sim_touch(sim, machine);
        uint8_t bit = (uint8_t)(1u << sim_below(sim, 8)); /* in this order, whatever compiles it */
        bytes.data[sim_below(sim, (uint32_t)bytes.length)] ^= bit;
        ts_faultvfs_put(sim->world->nodes[machine].vfs, path, ts_buf_bytes(&bytes));
        sim->machines[machine].disk_lied = true;
        sim->machines[machine].witness_lost |= kind == SIM_FAULT_FLIP_WITNESS;
        sim_tell(sim, machine, table[kind].name, "One bit of %s turns.", files[i].name);
        sim_step_end(sim, SIM_STEP_STATE);
    }
    ts_buf_free(&bytes);
}

static void
lose_wal(sim_t *sim, size_t machine)
{
    static const char *const names[] = {"custody.sqlite-wal", "ledger.sqlite-wal",
                                        "scratch.sqlite-wal"};
    char path[1200];
    if (!has_copy(sim, machine)) {
        return;
    }
    off_for(sim, machine, SIM_FAULT_NO_WAL);
    sim_step_begin(sim, SIM_STEP_STATE);
    sim_touch(sim, machine);
    for (size_t i = 0; i < TS_COUNT(names); i++) {
        if (file_of(sim, machine, names[i], path, sizeof path)) {
            (void)unlink(path);
        }
    }
    sim->machines[machine].disk_lied = true;
    sim->machines[machine].rolled_back = true;
    sim_tell(sim, machine, table[SIM_FAULT_NO_WAL].name, "Its write-ahead logs are deleted.");
    sim_step_end(sim, SIM_STEP_STATE);
}

/* Somebody copies the wrong folder; it must not start with it; then its own files come back. */
static void
foreign(sim_t *sim, size_t machine)
{
    size_t other = sim_below(sim, (uint32_t)sim->machine_count);
    const sim_snap_t *snap = &sim->inside->own[other].snaps[0];
    if (other == machine || snap->files == NULL ||
        sim->machines[other].office == sim->machines[machine].office) {
        return;
    }
    sim_machine_kill(sim, machine, TS_CUT_ALL, table[SIM_FAULT_FOREIGN].name);
    if (sim_node(sim, machine) != NULL) {
        return;
    }
    world_files_t *own = world_files_take(sim->world, machine, true);
    sim_step_begin(sim, SIM_STEP_STATE);
    ts_msg_t why = {0};
    world_files_put(sim->world, machine, snap->files);
    ts_err_t err = world_open(sim->world, machine, &why);
    sim_tell(sim, machine, table[SIM_FAULT_FOREIGN].name,
             "It is started with the files of another office: %s.",
             err == TS_ERR_OK ? "it runs" : "it refuses");
    if (err == TS_ERR_OK) {
        world_stop(sim->world, machine);
    }
    ts_msg_free(&why);
    world_files_put(sim->world, machine, own);
    world_files_free(&own);
    sim_step_end(sim, SIM_STEP_STATE);
    sim_drive_later(sim, sim->world->now_ms + SIM_MINUTE, SIM_ACT_START, machine, 0);
}

/* ---- organisation and trust */

/* Somebody is there, or comes. */
static bool
province_is_there(sim_t *sim)
{
    if (sim->machines[WORLD_PROVINCE].power == SIM_PAUSED &&
        !sim->inside->own[WORLD_PROVINCE].busy) {
        sim_machine_wake(sim, WORLD_PROVINCE);
        sim->inside->own[WORLD_PROVINCE].awake_until = sim->world->now_ms + 5 * SIM_MINUTE;
        sim_drive_later(sim, sim->world->now_ms + 5 * SIM_MINUTE, SIM_ACT_REST, WORLD_PROVINCE, 0);
    }
    return sim_machine_alive(sim, WORLD_PROVINCE);
}

static ts_err_t
tell_province(sim_t *sim,
              const char *name,
              const char *field,
              uint32_t office,
              const char *other,
              uint32_t value)
{
    char number[16];
    char second[16];
    ts_command_t command;
    (void)snprintf(number, sizeof number, "%u", (unsigned)office);
    (void)snprintf(second, sizeof second, "%u", (unsigned)value);
    ts_command_init(&command, name);
    ts_command_add(&command, field, number);
    if (other != NULL) {
        ts_command_add(&command, other, second);
    }
    return sim_command(sim, WORLD_PROVINCE, &command);
}

static bool
give_parent(sim_t *sim, size_t machine, size_t parent, const char *fault)
{
    if (!province_is_there(sim) || sim->machines[machine].parent == parent ||
        tell_province(sim, "move", "office", sim->machines[machine].office, "parent",
                      sim->machines[parent].office) != TS_ERR_OK) {
        return false;
    }
    for (size_t i = 0; i < sim->machine_count; i++) {
        if (sim->machines[i].office == sim->machines[machine].office) {
            sim->machines[i].parent = parent;
            sim->world->nodes[i].parent = parent;
        }
    }
    sim_tell(sim, machine, fault, "Its parent is %s now.", sim_name(sim, parent));
    return true;
}

static void
move(sim_t *sim, size_t machine)
{
    size_t parent = sim_below(sim, (uint32_t)sim->machine_count);
    if (sim->machines[machine].role == SIM_COMMUNE && sim->machines[parent].power != SIM_GONE &&
        sim->machines[parent].role != SIM_COMMUNE && !sim->machines[machine].revoked) {
        (void)give_parent(sim, machine, parent, table[SIM_FAULT_MOVE].name);
    }
}

static void
merge(sim_t *sim, size_t machine)
{
    ts_command_t command;
    if (sim->inside->merged || sim->machines[machine].role != SIM_COMMUNE ||
        sim->inside->commune_count < 2 || !province_is_there(sim)) {
        return;
    }
    ts_command_init(&command, "plan_load");
    sim_tree_plan(sim, &command, machine);
    if (sim_command(sim, WORLD_PROVINCE, &command) == TS_ERR_OK) {
        sim->inside->merged = true;
        sim_tell(sim, machine, table[SIM_FAULT_MERGE].name, "Its unit ended today.");
    }
}

static void
district_ends(sim_t *sim, size_t machine)
{
    bool moved = true;
    if (sim->machines[machine].role != SIM_DISTRICT) {
        return;
    }
    for (size_t i = 1; i < sim->machine_count && moved; i++) {
        if (sim->machines[i].parent == machine && sim->machines[i].twin_of == SIZE_MAX) {
            moved = give_parent(sim, i, WORLD_PROVINCE, table[SIM_FAULT_DISTRICT_ENDS].name);
        }
    }
}

static void
revoke(sim_t *sim, size_t machine)
{
    if (sim->machines[machine].role != SIM_COMMUNE || sim->machines[machine].revoked ||
        !province_is_there(sim)) {
        return;
    }
    if (tell_province(sim, "revoke", "office", sim->machines[machine].office, NULL, 0) ==
        TS_ERR_OK) {
        for (size_t i = 0; i < sim->machine_count; i++) {
            sim->machines[i].revoked |= sim->machines[i].office == sim->machines[machine].office;
        }
        sim_tell(sim, machine, table[SIM_FAULT_REVOKE].name, "The province cuts it off.");
    }
}

/* ---- frames out of nowhere */

static void
replay(sim_t *sim, size_t machine)
{
    sim_own_t *own = &sim->inside->own[machine];
    for (size_t i = 0; i < own->replay_count && sim->world->nodes[machine].uplink != 0; i++) {
        sim_network_inject(sim, machine, ts_buf_bytes(&own->replay[i]));
    }
}

/* Kept frames with some bytes of their inside changed: chunks of segments that never were, of
 * deployments that are not ours. */
static void
forge(sim_t *sim, size_t machine)
{
    sim_own_t *own = &sim->inside->own[machine];
    for (size_t i = 0; i < own->replay_count && sim->world->nodes[machine].uplink != 0; i++) {
        ts_buf_t frame = {0};
        ts_buf_put(&frame, own->replay[i].data, own->replay[i].length);
        for (uint32_t n = sim_between(sim, 1, 8); n > 0 && frame.length > 12; n--) {
            frame.data[12 + sim_below(sim, (uint32_t)frame.length - 12)] =
                (uint8_t)sim_below(sim, 256);
        }
        sim_network_inject(sim, machine, ts_buf_bytes(&frame));
        ts_buf_free(&frame);
    }
}

static void
cut(sim_t *sim, size_t machine)
{
    sim_step_begin(sim, SIM_STEP_LINK);
    sim_touch(sim, machine);
    world_cut(sim->world, machine);
    sim_step_end(sim, SIM_STEP_LINK);
}

/* ---- acts */

static void
calm_act(sim_t *sim, const sim_act_t *act)
{
    sim_own_t *own = &sim->inside->own[act->machine];
    if (act->number == 1) {
        own->busy = false;
        sim_machine_wake(sim, act->machine);
        own->awake_until = sim->world->now_ms + 5 * SIM_MINUTE;
        sim_drive_later(sim, own->awake_until, SIM_ACT_REST, act->machine, 0);
    } else {
        sim_faults_calm(sim, act->machine);
    }
}

void
sim_faults_act(sim_t *sim, const sim_act_t *act)
{
    static void (*const begin[SIM_FAULT_COUNT])(sim_t *, size_t) = {
        [SIM_FAULT_CUT] = cut,           [SIM_FAULT_PAUSE] = pause_machine,
        [SIM_FAULT_LOOP] = restart_loop, [SIM_FAULT_HASTE] = restart_loop,
        [SIM_FAULT_STALE] = replay,      [SIM_FAULT_FORGE] = forge,
        [SIM_FAULT_RESTORE] = restore,   [SIM_FAULT_CLONE] = clone,
        [SIM_FAULT_NO_WAL] = lose_wal,   [SIM_FAULT_FOREIGN] = foreign,
        [SIM_FAULT_REVOKE] = revoke,     [SIM_FAULT_MOVE] = move,
        [SIM_FAULT_MERGE] = merge,       [SIM_FAULT_DISTRICT_ENDS] = district_ends,
    };
    sim_fault_kind_t kind = (sim_fault_kind_t)act->number;
    if (act->kind == SIM_ACT_CALM) {
        calm_act(sim, act);
        return;
    }
    if (kind >= SIM_FAULT_FLIP_DB && kind <= SIM_FAULT_FLIP_WITNESS) {
        flip(sim, act->machine, kind);
    } else if (begin[kind] != NULL && !sim->inside->own[act->machine].busy) {
        begin[kind](sim, act->machine);
    }
}

void
sim_faults_calm(sim_t *sim, size_t machine)
{
    sim_own_t *own = &sim->inside->own[machine];
    world_node_t *node = &sim->world->nodes[machine];
    if (own->armed == NULL) {
        return;
    }
    bool lied = strcmp(own->armed, table[SIM_FAULT_LIES].name) == 0;
    own->armed = NULL;
    own->crash_frame = 0;
    if (!ts_faultvfs_dead(node->vfs)) {
        ts_faultvfs_disarm(node->vfs);
    }
    if (lied && sim_node(sim, machine) != NULL) {
        sim_machine_kill(sim, machine, TS_CUT_SOME, table[SIM_FAULT_LIES].name);
        sim_drive_later(sim, sim->world->now_ms + SIM_MINUTE, SIM_ACT_START, machine, 0);
    }
}

/* Older copies are only made where a fault may ask for one: each costs a restart. */
static bool
wants_copies(const sim_t *sim)
{
    static const sim_fault_kind_t kinds[] = {
        SIM_FAULT_POWER,    SIM_FAULT_LIES,         SIM_FAULT_LOST_WRITE,   SIM_FAULT_FLIP_DB,
        SIM_FAULT_FLIP_WAL, SIM_FAULT_FLIP_SCRATCH, SIM_FAULT_FLIP_WITNESS, SIM_FAULT_RESTORE,
        SIM_FAULT_NO_WAL,   SIM_FAULT_FOREIGN};
    for (size_t i = 0; i < TS_COUNT(kinds); i++) {
        if (sim->faults[kinds[i]].enabled) {
            return true;
        }
    }
    return false;
}

/* Moments of the faults that come by the day, and of the copies that restores need. */
void
sim_faults_begin(sim_t *sim)
{
    uint32_t days = sim->options.days;
    for (size_t i = 0; i < sim->machine_count; i++) {
        for (uint32_t day = 0; day < days; day++) {
            int64_t at = sim->world->now_ms + day * SIM_DAY + sim_below(sim, 24 * 60) * SIM_MINUTE;
            for (size_t kind = 0; kind < SIM_FAULT_COUNT; kind++) {
                if (table[kind].occasion == SIM_ON_DAY && sim_fault(sim, (sim_fault_kind_t)kind)) {
                    sim_act_t act = {
                        .at_ms = at, .kind = SIM_ACT_FAULT, .machine = i, .number = (uint32_t)kind};
                    sim_agenda_put(&sim->inside->agenda, &act);
                }
            }
        }
        if (!wants_copies(sim)) {
            continue;
        }
        sim_drive_later(sim, sim->world->now_ms + 1, SIM_ACT_KEEP, i, 0);
        for (uint32_t kept = days / 120; kept > 0; kept--) {
            int64_t at = sim->world->now_ms + (int64_t)sim_below(sim, days) * SIM_DAY;
            sim_drive_later(sim, at, SIM_ACT_KEEP, i, 0);
        }
    }
}

void
sim_faults_end(sim_t *sim)
{
    for (size_t i = 0; i < sim->machine_count; i++) {
        sim_faults_calm(sim, i);
        sim_faults_line_calm(sim, i);
        sim->world->nodes[i].wall_off_ms = 0;
        sim->inside->own[i].drift_pm = 0;
        sim->inside->own[i].crash_frame = 0;
    }
}
