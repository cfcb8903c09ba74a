/* SPDX-License-Identifier: MPL-2.0 */
/* Brings a tree to a point, applies the fault, starts the victim again and lets everything go on.
 *
 * The tree: province, district, two communes below it, an office that has never started. Its files
 * are kept as they were "yesterday" (everything in step) and "today" (more was typed, sent and
 * held; then the links of the communes went and more was typed, some of it sealed). Each cell
 * begins with the files of today.
 */
#include "base/xalloc.h"
#include "core/kind.h"
#include "crash.h"
#include "plain.h"
#include "support/node_carry.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    NEEDS_YESTERDAY = 6,
    NEEDS_HELD = 5,
    NEEDS_SEALED = 80,
    NOTE_BYTES = 400, /* that do not compress: a segment is more than one chunk */
    NEEDS_TAIL = 2,
    SLOW_BYTES_PER_S = 4000, /* so that a part of a segment is kept */
    STICK_PART = 3000,
    STICK_AGAIN_MS = 15000,
    DAY_MS = 24 * 3600 * 1000,
    ROOM_AFTER_MS = 30000
};
#define YEAR_MS (INT64_C(365) * 24 * 3600 * 1000)

/* ---- the tree */

static void
stop_all(lab_t *self)
{
    for (size_t i = 0; i < self->world->node_count; i++) {
        if (self->world->nodes[i].node != NULL) {
            world_stop(self->world, i);
        }
    }
}

static void
take_all(lab_t *self, world_files_t **files, bool with_witness)
{
    stop_all(self);
    for (size_t i = 0; i < self->world->node_count; i++) {
        files[i] = world_files_take(self->world, i, with_witness);
    }
}

static void
link_communes(lab_t *self, bool up)
{
    world_link(self->world, self->commune, up);
    world_link(self->world, self->neighbour, up);
}

void
lab_start_old(lab_t *self)
{
    for (size_t i = 0; i < self->fresh; i++) {
        assert_true(world_start(self->world, i));
    }
}

/* Needs that fill a segment. */
static void
wordy_needs(lab_t *self, unsigned count)
{
    char note[NOTE_BYTES + 1] = "";
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < NOTE_BYTES; j++) {
            note[j] = (char)('a' + ts_prng_below(&self->world->prng, 26));
        }
        world_do(self->world, self->commune, "add", "kind", "need", "plan", WORLD_PLAN, "line",
                 "warm", "quantity", "1", "unit_of_measure", "bộ", "birth_month", "05/2012", "sex",
                 "Nữ", "occurred_on", "2019-10-14", "note", note, NULL);
    }
}

static void
queue_today(lab_t *self)
{
    world_t *world = self->world;
    world_needs(world, self->commune, NEEDS_HELD);
    world_settle(world);
    link_communes(self, false);
    world_run(world, 100);
    world_needs(world, self->neighbour, 2);
    wordy_needs(self, NEEDS_SEALED);
    world_do(world, self->commune, "seal", NULL);
    world_needs(world, self->commune, NEEDS_TAIL);
    self->needs_today = NEEDS_YESTERDAY + NEEDS_HELD + 2 + NEEDS_SEALED + NEEDS_TAIL;
}

lab_t *
lab_new(uint64_t seed)
{
    lab_t *self = ts_xcalloc(1, sizeof *self);
    world_t *world = world_new_in_memory(seed);
    self->world = world;
    self->decoder = ts_sync_decoder_new();
    self->acks = ts_xcalloc(CRASH_ACKS_MAX, sizeof *self->acks);
    world_found(world);
    lab_learn_root(self);
    self->district = world_enrol(world, "district", "901", "huyen-mot", WORLD_PROVINCE);
    self->commune = world_enrol(world, "commune", "90101", "xa-an", self->district);
    self->neighbour = world_enrol(world, "commune", "90102", "xa-binh", self->district);
    self->fresh = world_enrol(world, "commune", "90201", "xa-cat", WORLD_PROVINCE);
    for (size_t i = 1; i < self->fresh; i++) {
        assert_true(world_start(world, i));
    }
    world_settle(world);
    world_needs(world, self->commune, NEEDS_YESTERDAY);
    world_settle(world);
    take_all(self, self->yesterday, false);
    world->wall_ms += DAY_MS;
    lab_start_old(self);
    world_settle(world);
    queue_today(self);
    for (size_t i = 0; i < self->fresh; i++) {
        self->logs_today[i] = lab_logs(self, i);
    }
    take_all(self, self->today, true);
    return self;
}

void
lab_free(lab_t **self_p)
{
    lab_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < LAB_NODES_MAX; i++) {
        world_files_free(&self->today[i]);
        world_files_free(&self->yesterday[i]);
    }
    lab_unwatch(self);
    memset(&self->world->watch, 0, sizeof self->world->watch);
    world_free(&self->world);
    ts_sync_decoder_destroy(&self->decoder);
    ts_buf_free(&self->stick);
    ts_xfree(self->acks);
    ts_xfree(self);
    *self_p = NULL;
}

static size_t
victim_of(const lab_t *self, crash_victim_t victim)
{
    const size_t nodes[] = {[VICTIM_LEAF] = self->commune,
                            [VICTIM_PARENT] = self->district,
                            [VICTIM_PROVINCE] = WORLD_PROVINCE,
                            [VICTIM_FRESH] = self->fresh};
    return nodes[victim];
}

/* Everything as it is today, nothing running. */
static void
begin(lab_t *self, const crash_point_t *point, uint64_t seed)
{
    world_t *world = self->world;
    lab_unwatch(self);
    memset(&world->watch, 0, sizeof world->watch);
    stop_all(self);
    lab_put_back(self);
    for (size_t i = 0; i < world->node_count; i++) {
        /* What was not flushed of files that are no more. */
        ts_faultvfs_power_cut(world->nodes[i].vfs, TS_CUT_ALL, 0);
        ts_faultvfs_disarm(world->nodes[i].vfs);
        world_files_put(world, i, self->today[i]);
        world->nodes[i].wall_off_ms = 0;
        world->nodes[i].link_up = true;
    }
    (void)unlink(world->nodes[self->fresh].witness);
    world->prng = ts_prng(seed);
    world->bystander = true;
    self->point = point;
    self->victim = victim_of(self, point->victim);
    self->waited = 0;
    self->there = false;
    self->watching = false;
    self->stopped = false;
    self->early[0] = '\0';
    self->carried[0] = '\0';
    self->promised = false;
    self->saved = 0;
    self->unsure = 0;
    self->ack_count = 0;
}

/* ---- the work */

void
lab_go(lab_t *self)
{
    lab_watch(self);
    if (self->armed.kind != TS_FAULT_NONE) {
        ts_faultvfs_arm(self->world->nodes[self->victim].vfs, &self->armed);
        self->there = true;
    } else {
        self->watching = true;
    }
}

/* One more need, typed by somebody who believes what the screen says. */
void
lab_type(lab_t *self, size_t node)
{
    if (self->world->nodes[node].node == NULL) {
        return;
    }
    ts_err_t err = world_tell(self->world, node, "add", "kind", "need", "plan", WORLD_PLAN, "line",
                              "warm", "quantity", "1", "unit_of_measure", "bộ", "birth_month",
                              "05/2014", "sex", "Nam", "occurred_on", "2019-10-14", NULL);
    if (err == TS_ERR_OK) {
        self->saved++;
    } else {
        self->unsure++;
    }
}

static void
start_others(lab_t *self)
{
    for (size_t i = 0; i < self->fresh; i++) {
        if (i != self->victim) {
            (void)world_start(self->world, i);
        }
    }
}

/* What a failing disk makes of an opening is not the cell's business: it opens after it. */
void
lab_open_victim(lab_t *self)
{
    ts_msg_t why = {0};
    world_node_t *node = &self->world->nodes[self->victim];
    if (world_open(self->world, self->victim, &why) != TS_ERR_OK) {
        assert_true(self->there);
        node->crashed = ts_faultvfs_dead(node->vfs);
        self->stopped = true;
    }
    ts_msg_free(&why);
}

void
lab_start_without_link(lab_t *self)
{
    self->world->nodes[self->commune].link_up = false;
    self->world->nodes[self->neighbour].link_up = false;
    lab_start_old(self);
    world_run(self->world, 3000);
}

static void
work_type(lab_t *self)
{
    lab_start_without_link(self);
    lab_go(self);
    for (int i = 0; i < 3; i++) {
        lab_type(self, self->victim);
    }
}

static void
seal(lab_t *self)
{
    if (self->world->nodes[self->victim].node != NULL) {
        (void)world_tell(self->world, self->victim, "seal", NULL);
    }
}

static void
work_seal(lab_t *self)
{
    lab_start_without_link(self);
    lab_type(self, self->victim);
    lab_go(self);
    seal(self);
    lab_type(self, self->victim);
    seal(self);
}

static void
work_send(lab_t *self)
{
    self->world->nodes[self->commune].bytes_per_s = SLOW_BYTES_PER_S;
    start_others(self);
    if (self->armed.kind != TS_FAULT_NONE) {
        lab_go(self);
        lab_open_victim(self);
    } else {
        lab_open_victim(self);
        lab_go(self);
    }
    world_run(self->world, 20000);
    lab_type(self, self->commune);
    world_run(self->world, 10000);
}

static void
work_first(lab_t *self)
{
    start_others(self);
    lab_go(self);
    lab_open_victim(self);
    world_run(self->world, 20000);
    lab_type(self, self->commune);
    world_run(self->world, 10000);
}

static void
work_close(lab_t *self)
{
    world_node_t *node = &self->world->nodes[self->victim];
    lab_start_without_link(self);
    lab_type(self, self->victim);
    lab_go(self);
    if (node->node != NULL) {
        world_stop(self->world, self->victim);
        self->stopped = true;
    }
}

static void
make_ledger_old(lab_t *self)
{
    world_node_t *node = &self->world->nodes[self->victim];
    char path[1024];
    sqlite3 *db = NULL;
    (void)snprintf(path, sizeof path, "%s/ledger.sqlite", node->folder);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, node->vfs_name), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "UPDATE meta SET value = 0 WHERE name = 'rules'", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_changes(db), 1);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
work_refold(lab_t *self)
{
    make_ledger_old(self);
    work_first(self);
}

/* A stick goes from a commune without link to the district. */
static void
work_stick(lab_t *self)
{
    lab_start_without_link(self);
    ts_buf_clear(&self->stick); /* the one of another cell is of another past */
    world_bundle(self->world, self->commune, self->district, &self->stick, NULL);
    lab_go(self);
    (void)world_take_in(self->world, self->district, ts_buf_bytes(&self->stick), STICK_PART);
    world_run(self->world, 1000);
}

/* Whoever holds it tries once more. */
static void
take_in_again(lab_t *self)
{
    world_run(self->world, STICK_AGAIN_MS);
    (void)world_take_in(self->world, self->district, ts_buf_bytes(&self->stick), STICK_PART);
}

const crash_hooks_t *
lab_hooks(const lab_t *self)
{
    static const crash_hooks_t type = {.work = work_type};
    static const crash_hooks_t sealing = {.work = work_seal};
    static const crash_hooks_t sending = {.work = work_send};
    static const crash_hooks_t first = {.work = work_first};
    static const crash_hooks_t closing = {.work = work_close};
    static const crash_hooks_t refold = {.work = work_refold};
    static const crash_hooks_t stick = {.work = work_stick, .again = take_in_again};
    static const crash_hooks_t *const works[WORK_COUNT] = {
        [WORK_TYPE] = &type,         [WORK_SEAL] = &sealing,        [WORK_SEND] = &sending,
        [WORK_FIRST] = &first,       [WORK_CLOSE] = &closing,       [WORK_REFOLD] = &refold,
        [WORK_HOLD] = &sending,      [WORK_STICK] = &stick,         [WORK_BUNDLE] = &lab_bundle,
        [WORK_BACKUP] = &lab_backup, [WORK_RESTORE] = &lab_restore, [WORK_REBUILD] = &lab_rebuild,
        [WORK_ROTATE] = &lab_rotate, [WORK_REGATE] = &lab_regate,
    };
    return works[self->point->work];
}

/* ---- after it */

static ts_power_cut_t
cut_of(crash_fault_t fault)
{
    switch (fault) {
    case CRASH_POWER:
    case CRASH_FLUSH: /* what the failed flush lost must be seen lost */
        return TS_CUT_NOTHING;
    case CRASH_REORDER:
        return TS_CUT_REORDERED;
    case CRASH_TORN:
        return TS_CUT_TORN;
    case CRASH_KILL:
    case CRASH_FULL:
    case CRASH_CLOCK:
    case CRASH_IMAGE:
    case CRASH_FAULT_COUNT:
        break;
    }
    return TS_CUT_ALL;
}

/* The machine comes up again, if it was down. */
static void
start_again(lab_t *self, uint64_t seed)
{
    world_t *world = self->world;
    world_node_t *node = &world->nodes[self->victim];
    if (node->node != NULL) {
        return;
    }
    ts_faultvfs_power_cut(node->vfs, cut_of(self->fault), seed);
    plain_power_cut(cut_of(self->fault), seed);
    if (self->fault == CRASH_CLOCK) {
        node->wall_off_ms = -YEAR_MS;
    }
    if (self->fault == CRASH_IMAGE) {
        world_run(world, 1000);
        if (self->victim == self->commune) {
            self->before_image = world_records(world, self->district, TS_KIND_NEED);
        }
        /* Into the same inodes: nothing but the witness, which stands outside, can tell. */
        world_files_put(world, self->victim, self->yesterday[self->victim]);
        lab_old_keys(self);
        self->saved = self->victim == self->commune ? 0 : self->saved;
    }
    if (lab_hooks(self)->before_start != NULL) {
        lab_hooks(self)->before_start(self);
    }
    assert_true(world_start(world, self->victim));
}

static void
go_on(lab_t *self, uint64_t seed)
{
    world_t *world = self->world;
    world_node_t *node = &world->nodes[self->victim];
    world->nodes[self->commune].bytes_per_s = 0;
    if (self->fault == CRASH_FULL || self->armed.kind == TS_FAULT_FULL) {
        world_run(world, ROOM_AFTER_MS);
    }
    if (self->armed.kind != TS_FAULT_NONE || self->fault == CRASH_FULL) {
        ts_faultvfs_disarm(node->vfs); /* room was made; or the work was done before call k */
        plain_arm(TS_FAULT_NONE);
    }
    start_again(self, seed);
    if (lab_hooks(self)->again != NULL) {
        lab_hooks(self)->again(self);
        start_again(self, seed + 1); /* it noticed only now that a flush had failed */
    }
    for (size_t i = 0; i < world->node_count; i++) {
        if (world->nodes[i].node != NULL) {
            world_link(world, i, true);
        } else {
            world->nodes[i].link_up = true;
        }
    }
    world_settle(world);
    start_again(self, seed + 2); /* likewise */
    lab_type(self, self->commune);
    world_settle(world);
}

void
lab_cell(lab_t *self, const crash_point_t *point, crash_fault_t fault, uint64_t seed)
{
    self->armed = (ts_fault_t){.kind = TS_FAULT_NONE};
    self->fault = fault;
    begin(self, point, seed);
    lab_hooks(self)->work(self);
    if (!self->there) {
        fail_msg("the point was not reached: step %zu of its pattern", self->waited + 1);
    }
    bool ends = fault != CRASH_FULL && fault != CRASH_FLUSH;
    if (ends && self->world->nodes[self->victim].node != NULL) {
        (void)world_tell(self->world, self->victim, "status", NULL); /* its next call fails */
    }
    assert_true(!ends || self->world->nodes[self->victim].node == NULL);
    if (fault == CRASH_FULL || fault == CRASH_FLUSH) {
        /* It must have happened, else the cell proves nothing. */
        assert_true(ts_faultvfs_fired(self->world->nodes[self->victim].vfs) || plain_fired());
    }
    go_on(self, seed);
    lab_judge(self);
}

bool
lab_call(lab_t *self, const crash_point_t *point, const ts_fault_t *armed, uint64_t seed)
{
    static const crash_fault_t cuts[] = {CRASH_POWER, CRASH_REORDER, CRASH_TORN, CRASH_KILL};
    self->armed = *armed;
    self->fault = cuts[seed % TS_COUNT(cuts)];
    begin(self, point, seed);
    lab_hooks(self)->work(self);
    bool fired = ts_faultvfs_fired(self->world->nodes[self->victim].vfs);
    go_on(self, seed);
    lab_judge(self);
    return fired;
}
