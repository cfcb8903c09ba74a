/* SPDX-License-Identifier: MPL-2.0 */
/* Finding a point: what the victim does goes past a pattern; at its last step the fault is applied.
 * Also notes every acknowledgement that arrives, and whether a frame left too early. */
#include "base/check.h"
#include "base/xalloc.h"
#include "crash.h"
#include "plain.h"
#include "wire/sync_wire.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
ends_with(const char *path, const char *end)
{
    size_t length = strlen(path);
    size_t tail = strlen(end);
    return length >= tail && strcmp(path + length - tail, end) == 0;
}

/* ---- the fault */

static void
apply(lab_t *self)
{
    ts_faultvfs_t *vfs = self->world->nodes[self->victim].vfs;
    ts_fault_t full = {.kind = TS_FAULT_FULL, .on = TS_FAULT_ON_WRITE, .at = 1, .lasting = true};
    ts_fault_t flush = {.kind = TS_FAULT_SYNC_ONCE, .on = TS_FAULT_ON_SYNC, .at = 1};
    self->there = true;
    self->watching = false;
    switch (self->fault) {
    case CRASH_FULL:
        ts_faultvfs_arm(vfs, &full);
        plain_arm(full.kind);
        break;
    case CRASH_FLUSH:
        ts_faultvfs_arm(vfs, &flush);
        plain_arm(flush.kind);
        break;
    case CRASH_KILL:
    case CRASH_POWER:
    case CRASH_REORDER:
    case CRASH_TORN:
    case CRASH_CLOCK:
    case CRASH_IMAGE:
    case CRASH_FAULT_COUNT:
        ts_faultvfs_kill(vfs);
        plain_kill();
        break;
    }
}

/* The step at hand was seen; true when it was the last. */
static bool
advance(lab_t *self)
{
    self->waited++;
    if (self->waited < CRASH_WAITS_MAX && self->point->waits[self->waited].see != SEE_NOTHING) {
        return false;
    }
    apply(self);
    return true;
}

/* ---- disk */

/* A database that was laid out as a plain file is opened: in memory it has none of its bytes yet.
 * Whoever laid it out must have flushed it before. */
static void
adopt(lab_t *self, const char *path)
{
    struct stat facts;
    ts_buf_t bytes = {0};
    if (stat(path, &facts) != 0 || facts.st_size == 0) {
        return;
    }
    if (plain_pending(path) > 0 && self->early[0] == '\0') {
        (void)snprintf(self->early, sizeof self->early, "a copy is opened before it is flushed");
    }
    int file = open(path, O_RDWR | O_CLOEXEC);
    assert_true(file >= 0);
    size_t length = (size_t)facts.st_size;
    assert_int_equal(read(file, ts_buf_extend(&bytes, length), length), length);
    assert_int_equal(ftruncate(file, 0), 0);
    assert_int_equal(close(file), 0);
    plain_forget(path);
    ts_faultvfs_put(self->world->nodes[self->victim].vfs, path, ts_buf_bytes(&bytes));
    ts_buf_free(&bytes);
}

/* One flush fails, on whichever disk comes first. */
static void
disarm_other(lab_t *self, unsigned on)
{
    if (!self->there || self->fault != CRASH_FLUSH || (on & TS_FAULT_ON_SYNC) == 0 ||
        self->armed.kind != TS_FAULT_NONE) {
        return;
    }
    if (plain_fired()) {
        ts_faultvfs_disarm(self->world->nodes[self->victim].vfs);
    } else if (ts_faultvfs_fired(self->world->nodes[self->victim].vfs)) {
        plain_arm(TS_FAULT_NONE);
    }
}

static void
on_disk(void *context, unsigned on, const char *path, int64_t offset, int bytes)
{
    lab_t *self = context;
    (void)bytes;
    disarm_other(self, on);
    if ((on & TS_FAULT_ON_OPEN) != 0 && ends_with(path, "/custody.sqlite")) {
        adopt(self, path);
    }
    if (!self->watching) {
        return;
    }
    const crash_wait_t *wait = &self->point->waits[self->waited];
    bool seen = wait->see == SEE_ANY;
    if (wait->see == SEE_DISK) {
        seen = (wait->calls & on) != 0 && ends_with(path, wait->file) &&
               (wait->slot == 0 || wait->slot == offset + 1);
    }
    if (seen) {
        (void)advance(self);
    }
}

/* ---- frames */

static bool
part_fits(const crash_wait_t *wait, const ts_sync_msg_t *msg)
{
    if (msg->kind != TS_SYNC_CHUNK || wait->part == PART_ANY) {
        return true;
    }
    bool last = msg->u.chunk.offset + msg->u.chunk.data.length >= msg->u.chunk.total;
    return last == (wait->part == PART_LAST);
}

/* True: the pattern ends here and the frame goes no further. */
static bool
on_frame(lab_t *self, crash_sight_t see, const ts_sync_msg_t *msg)
{
    const crash_wait_t *wait = &self->point->waits[self->waited];
    if (!self->watching || (wait->see != see && wait->see != SEE_ANY)) {
        return false;
    }
    if (wait->see == see &&
        ((wait->frame != 0 && wait->frame != (int)msg->kind) || !part_fits(wait, msg))) {
        return false;
    }
    return advance(self) && wait->lost;
}

/* What is promised by a frame must be flushed before it leaves. After its disk has failed, what a
 * commit left behind that was taken back is no promise. */
static void
check_promise(lab_t *self, size_t node, const ts_sync_msg_t *msg)
{
    const world_node_t *sender = &self->world->nodes[node];
    if (msg->kind != TS_SYNC_CHUNK && msg->kind != TS_SYNC_CUSTODY) {
        return;
    }
    size_t custody = ts_faultvfs_pending(sender->vfs, "custody.sqlite-wal");
    size_t witness = ts_faultvfs_pending(sender->vfs, ".witness");
    if (!ts_faultvfs_dead(sender->vfs) && !ts_faultvfs_fired(sender->vfs) &&
        custody + witness > 0 && self->early[0] == '\0') {
        (void)snprintf(self->early, sizeof self->early,
                       "node %zu sent a frame of kind %d with %zu writes of custody and %zu of the "
                       "witness not flushed",
                       node, (int)msg->kind, custody, witness);
    }
}

static void
remember_acks(lab_t *self, size_t holder, const ts_sync_msg_t *msg)
{
    if (msg->kind != TS_SYNC_CUSTODY) {
        return;
    }
    for (size_t i = 0; i < msg->u.custody.count; i++) {
        TS_CHECK(self->ack_count < CRASH_ACKS_MAX);
        self->acks[self->ack_count++] = (crash_ack_t){holder, msg->u.custody.tips[i].tip.hash};
    }
}

static bool
decode(lab_t *self, ts_bytes_t frame, ts_sync_msg_t *ret_msg)
{
    return ts_sync_decode(self->decoder, frame, ret_msg) == TS_ERR_OK;
}

static void
on_sent(void *context,
        world_t *world,
        uint64_t connection,
        bool upward,
        ts_buf_t *frame,
        world_way_t *way)
{
    lab_t *self = context;
    size_t child = 0;
    size_t parent = 0;
    ts_sync_msg_t msg;
    if (!world_ends(world, connection, &child, &parent) ||
        !decode(self, ts_buf_bytes(frame), &msg)) {
        return;
    }
    size_t sender = upward ? child : parent;
    check_promise(self, sender, &msg);
    if (sender == self->victim && on_frame(self, SEE_SENT, &msg)) {
        way->lost = true;
    }
}

static void
on_arrived(void *context, world_t *world, uint64_t connection, bool upward, ts_bytes_t frame)
{
    lab_t *self = context;
    size_t child = 0;
    size_t parent = 0;
    ts_sync_msg_t msg;
    if (!world_ends(world, connection, &child, &parent) || !decode(self, frame, &msg)) {
        return;
    }
    remember_acks(self, upward ? child : parent, &msg);
    if ((upward ? parent : child) == self->victim) {
        (void)on_frame(self, SEE_CAME, &msg);
    }
}

static void
on_stopped(void *context, world_t *world, size_t node, const ts_msg_t *why)
{
    lab_t *self = context;
    if (!world->nodes[node].crashed) {
        /* Only the fault may stop it. */
        if (node != self->victim || !self->there) {
            char *text = ts_msg_fill(why, why->id == NULL ? "?" : why->id);
            fail_msg("node %zu stopped: %s", node, text);
        }
        self->stopped = true;
    }
}

void
lab_watch(lab_t *self)
{
    world_watch_t watch = {
        .context = self, .sent = on_sent, .arrived = on_arrived, .stopped = on_stopped};
    const char *const roots[PLAIN_ROOTS] = {self->world->nodes[self->victim].folder, self->drive};
    self->world->watch = watch;
    plain_watch(roots, on_disk, self);
    ts_faultvfs_watch(self->world->nodes[self->victim].vfs, on_disk, self);
}

void
lab_unwatch(lab_t *self)
{
    self->watching = false;
    plain_unwatch();
    for (size_t i = 0; i < self->world->node_count; i++) {
        ts_faultvfs_watch(self->world->nodes[i].vfs, NULL, NULL);
    }
}
