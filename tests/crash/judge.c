/* SPDX-License-Identifier: MPL-2.0 */
/* What must hold after every cell, whatever was broken. */
#include "base/check.h"
#include "core/kind.h"
#include "crash.h"

#include <string.h>

uint64_t
lab_logs(const lab_t *self, size_t node)
{
    ts_log_info_t info = {.office = 0};
    uint64_t count = 0;
    while (ts_custody_log_next(self->world->nodes[node].node->custody, &info) == TS_ERR_OK) {
        count += info.office == self->world->nodes[node].office;
    }
    return count;
}

static void
no_damage(void *context, const ts_damage_t *damage)
{
    (void)context;
    fail_msg("segment %llu: %s", (unsigned long long)damage->arrival, ts_err_name(damage->code));
}

/* Every byte of every segment is what its hash says. */
static void
judge_bytes(const lab_t *self, size_t node)
{
    ts_custody_verify_t verify = {.next_arrival = 1, .report = no_damage};
    bool done = false;
    assert_int_equal(
        ts_custody_verify(self->world->nodes[node].node->custody, &verify, SIZE_MAX, &done),
        TS_ERR_OK);
    assert_true(done);
    assert_true(verify.checked > 0);
}

/* Held and anchored: who said that he has it, has it. */
static void
judge_acks(const lab_t *self)
{
    for (size_t i = 0; i < self->ack_count; i++) {
        const crash_ack_t *ack = &self->acks[i];
        ts_held_segment_t segment;
        ts_err_t err = ts_custody_find(self->world->nodes[ack->holder].node->custody, &ack->hash,
                                       &segment, NULL);
        if (err != TS_ERR_OK) {
            fail_msg("node %zu acknowledged a segment and has it no more", ack->holder);
        }
    }
}

/* Everything sealed is held by those above, and the office knows it. One wait is enough for all. */
static void
judge_anchored(const lab_t *self, size_t node)
{
    const ts_node_t *office = self->world->nodes[node].node;
    const ts_id16_t *above[] = {&office->parent_store, &office->root_store};
    for (size_t i = 0; i < TS_COUNT(above); i++) {
        ts_custody_status_t status;
        assert_int_equal(ts_custody_status(office->custody, above[i], &status), TS_ERR_OK);
        assert_int_equal(status.tail_events, 0);
        if (status.held_events != status.sealed_events) {
            fail_msg("node %zu: its %s holds %llu of %llu", node, i == 0 ? "parent" : "province",
                     (unsigned long long)status.held_events,
                     (unsigned long long)status.sealed_events);
        }
    }
}

/* Saved: nothing lost, nothing twice. */
static void
judge_entries(lab_t *self)
{
    world_t *world = self->world;
    uint64_t there = world_records(world, WORLD_PROVINCE, TS_KIND_NEED);
    uint64_t least = self->needs_today + self->saved;
    uint64_t most = least + self->unsure;
    if (self->fault == CRASH_IMAGE && self->armed.kind == TS_FAULT_NONE &&
        self->victim == self->commune) {
        /* What nobody else had yet went with the day. */
        least = self->before_image + self->saved;
        most = self->needs_today + self->saved + self->unsure + 3;
    }
    if (there < least || there > most) {
        fail_msg("%llu needs at the province, %llu to %llu expected", (unsigned long long)there,
                 (unsigned long long)least, (unsigned long long)most);
    }
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_BENEFICIARY), there);
    assert_int_equal(world_records(world, self->district, TS_KIND_NEED), there);
}

/* Only a store that went back in time may have made one. */
static void
judge_forks(const lab_t *self, size_t node)
{
    ts_custody_t *custody = self->world->nodes[node].node->custody;
    ts_log_info_t info = {.office = 0};
    if (self->fault == CRASH_IMAGE && self->armed.kind == TS_FAULT_NONE) {
        return;
    }
    while (ts_custody_log_next(custody, &info) == TS_ERR_OK) {
        ts_custody_tip_t tips[4];
        size_t count = 0;
        assert_int_equal(ts_custody_log_tips(custody, &info.log, tips, 4, &count), TS_ERR_OK);
        if (count > 1) {
            fail_msg("node %zu has a fork of a log of office %u, purpose %u: at %llu and %llu",
                     node, (unsigned)info.office, (unsigned)info.purpose,
                     (unsigned long long)tips[0].tip.seq, (unsigned long long)tips[1].tip.seq);
        }
    }
}

/* A stop is no reason to begin new logs: only a store that went back in time does. */
static void
judge_witness(const lab_t *self)
{
    const crash_hooks_t *hooks = lab_hooks(self);
    bool back =
        hooks->is_renewed || (self->fault == CRASH_IMAGE && self->armed.kind == TS_FAULT_NONE);
    uint64_t logs = lab_logs(self, self->victim);
    uint64_t before = self->logs_today[self->victim] + hooks->more_logs;
    if (self->victim == self->fresh) {
        return;
    }
    if (back ? logs <= before : logs != before) {
        fail_msg("node %zu has %llu logs of its own, before %llu", self->victim,
                 (unsigned long long)logs, (unsigned long long)before);
    }
}

void
lab_judge(lab_t *self)
{
    world_t *world = self->world;
    lab_unwatch(self);
    if (self->early[0] != '\0') {
        fail_msg("%s", self->early);
    }
    for (size_t i = 0; i < world->node_count; i++) {
        if (world->nodes[i].node != NULL) {
            judge_bytes(self, i);
            judge_forks(self, i);
        }
    }
    world_assert_in_step(world, self->commune, "90101");
    world_assert_in_step(world, self->neighbour, "90102");
    world_assert_anchored(world, self->commune);
    for (size_t i = 1; i < self->fresh; i++) {
        world_assert_down(world, i);
        judge_anchored(self, i);
    }
    if (self->victim == self->fresh) {
        judge_anchored(self, self->fresh);
    }
    judge_acks(self);
    judge_entries(self);
    judge_witness(self);
    if (lab_hooks(self)->judge != NULL) {
        lab_hooks(self)->judge(self);
    }
}
