/* SPDX-License-Identifier: MPL-2.0 */
/* From the wires into the model: who said to hold what, which own tips left whom, what a session
 * cost. Called in the middle of a node's turn: its stores are not touched, only its files. */
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/hash.h"
#include "sim/check_p.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum {
    SLOT_BYTES = 77824,
    SLOT_HEAD_BYTES = 48,
    COPY_BYTES_MAX = 8 << 20,
    COPY_EVERY = 64,
    COPY_NEW_EVERY = 6
};

/* ---- files of a running node, as they stand */

/* False: not there, or its disk does not answer. */
static bool
read_file(const char *vfs_name, const char *path, ts_buf_t *out)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(vfs_name);
    sqlite3_file *file = vfs == NULL ? NULL : ts_xcalloc(1, (size_t)vfs->szOsFile);
    sqlite3_int64 size = 0;
    ts_buf_clear(out);
    if (file == NULL) {
        return false;
    }
    bool read =
        vfs->xOpen(vfs, path, file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_SUPER_JOURNAL, NULL) ==
            SQLITE_OK &&
        file->pMethods->xFileSize(file, &size) == SQLITE_OK && size < COPY_BYTES_MAX &&
        file->pMethods->xRead(file, ts_buf_extend(out, (size_t)size), (int)size, 0) == SQLITE_OK;
    if (file->pMethods != NULL) {
        (void)file->pMethods->xClose(file);
    }
    ts_xfree(file);
    return read;
}

/* ---- S1: claims */

static void
add_claim(check_t *self, const ts_id16_t *store, const ts_tip_t *tip)
{
    self->figures.claims++;
    if (!model_claim(self->model, store, &tip->hash)) {
        return;
    }
    self->claims =
        ts_xgrow(self->claims, self->claim_count + 1, &self->claim_capacity, sizeof *self->claims);
    self->claims[self->claim_count++] = (check_claim_t){*store, tip->hash};
}

/* Opens a copy of the files as a power cut at this moment would leave them. Sound only when nothing
 * of the log waits to be flushed, which is what a node that acknowledges must have seen to. */
static bool
copy_holds(check_t *self, const ts_sync_tip_t *tips, size_t count)
{
    ts_custody_options_t options = {.folder = self->copy_folder,
                                    .vfs = "check-copies",
                                    .deployment = self->model->deployment,
                                    .hash = ts_hash_of,
                                    .inspect = true};
    ts_custody_t *custody = NULL;
    ts_msg_t detail = {0};
    bool holds = ts_custody_open(&custody, &options, &detail) == TS_ERR_OK;
    for (size_t i = 0; holds && i < count; i++) {
        holds = ts_custody_find(custody, &tips[i].tip.hash, NULL, NULL) == TS_ERR_OK;
    }
    ts_custody_destroy(&custody);
    ts_msg_free(&detail);
    return holds;
}

static void
try_copy(check_t *self, size_t machine, const ts_sync_tip_t *tips, size_t count)
{
    const world_node_t *node = &self->sim->world->nodes[machine];
    char path[1024];
    ts_buf_t database = {0};
    ts_buf_t wal = {0};
    (void)snprintf(path, sizeof path, "%s/custody.sqlite", node->folder);
    bool read = read_file(node->vfs_name, path, &database);
    (void)snprintf(path, sizeof path, "%s/custody.sqlite-wal", node->folder);
    read = read && read_file(node->vfs_name, path, &wal);
    if (read) {
        (void)snprintf(path, sizeof path, "%s/custody.sqlite", self->copy_folder);
        ts_faultvfs_put(self->copies, path, ts_buf_bytes(&database));
        (void)snprintf(path, sizeof path, "%s/custody.sqlite-wal", self->copy_folder);
        ts_faultvfs_put(self->copies, path, ts_buf_bytes(&wal));
        self->figures.images++;
        if (!copy_holds(self, tips, count)) {
            check_machine(self, machine)->image_bad = true;
        }
    }
    ts_buf_free(&database);
    ts_buf_free(&wal);
}

static void
claims_of(check_t *self,
          const sim_frame_t *frame,
          const ts_id16_t *store,
          const ts_sync_tip_t *tips,
          size_t count)
{
    const world_node_t *node = &self->sim->world->nodes[frame->from];
    uint32_t every = COPY_EVERY;
    for (size_t i = 0; i < count; i++) {
        size_t known = model_find(self->model, &tips[i].tip.hash);
        bool held = known != MODEL_NONE && model_holds(self->model, frame->from, known);
        every = held ? every : COPY_NEW_EVERY; /* it came in this very step */
        add_claim(self, store, &tips[i].tip);
    }
    if (frame->msg->kind != TS_SYNC_CUSTODY || self->sim->machines[frame->from].disk_lied) {
        return;
    }
    /* Pages of the database itself may wait: of a checkpoint that failed, and the log has them. */
    if (ts_faultvfs_pending(node->vfs, "custody.sqlite-wal") > 0) {
        check_machine(self, frame->from)->image_bad = true;
    } else if (ts_prng_below(&self->prng, every) == 0) {
        try_copy(self, frame->from, tips, count);
    }
}

/* ---- S8: never less than before */

static void
heads_of(check_t *self, size_t machine, const ts_sync_greeting_t *greeting)
{
    for (size_t i = 0; i < greeting->your_head_count; i++) {
        const ts_tip_t *tip = &greeting->your_heads[i].tip;
        uint64_t seq = tip->seq;
        for (size_t j = 0; j < greeting->your_head_count; j++) {
            const ts_tip_t *other = &greeting->your_heads[j].tip;
            seq = ts_hash_equal(&other->log, &tip->log) && other->seq > seq ? other->seq : seq;
        }
        uint64_t before = model_floor(self->model, &greeting->store, &tip->log, seq);
        if (before > seq) {
            self->less = ts_xgrow(self->less, self->less_count + 1, &self->less_capacity,
                                  sizeof *self->less);
            self->less[self->less_count++] = (check_less_t){machine, tip->log, before, seq};
        }
    }
}

static void
heads_grow(check_t *self, const ts_id16_t *store, const ts_sync_tip_t *tips, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)model_floor(self->model, store, &tips[i].tip.log, tips[i].tip.seq);
    }
}

/* ---- S16: the witness */

/* Tips of one slot of the file, read by its description. Returns the number of its write; 0: it is
 * no slot. */
static uint64_t
read_slot(ts_bytes_t file, size_t at, check_left_t *out)
{
    if (file.length < at + SLOT_HEAD_BYTES || memcmp(file.data + at, "TSwitn1\n", 8) != 0) {
        return 0;
    }
    size_t end = file.length < at + SLOT_BYTES ? file.length : at + SLOT_BYTES;
    ts_cursor_t cursor = ts_cursor(file.data + at, end - at);
    (void)ts_cursor_take(&cursor, 8);
    uint64_t number = ts_cursor_u64(&cursor);
    (void)ts_cursor_take(&cursor, TS_ID16_BYTES + 8 + 4);
    uint32_t count = ts_cursor_u32(&cursor);
    count = count <= TS_WITNESS_TIPS_MAX ? count : 0;
    out->tips = ts_xcalloc(count + 1, sizeof *out->tips);
    out->count = count;
    for (uint32_t i = 0; i < count && !cursor.bad; i++) {
        ts_cursor_get(&cursor, out->tips[i].log.b, TS_HASH_BYTES);
        out->tips[i].seq = ts_cursor_u64(&cursor);
        ts_cursor_get(&cursor, out->tips[i].hash.b, TS_HASH_BYTES);
    }
    ts_hash_t sum;
    ts_hash_t right = ts_hash_of(file.data + at, cursor.offset);
    ts_cursor_get(&cursor, sum.b, sizeof sum.b);
    return cursor.bad || !ts_hash_equal(&sum, &right) ? 0 : number;
}

/* What the witness says at this moment. False: its disk does not answer. */
static bool
read_witness(const check_t *self, size_t machine, check_left_t *out)
{
    const world_node_t *node = &self->sim->world->nodes[machine];
    check_left_t slots[2] = {{.count = 0}, {.count = 0}};
    ts_buf_t file = {0};
    bool read = read_file(node->vfs_name, node->witness, &file);
    uint64_t first = read_slot(ts_buf_bytes(&file), 0, &slots[0]);
    uint64_t second = read_slot(ts_buf_bytes(&file), SLOT_BYTES, &slots[1]);
    size_t newer = first > second ? 0 : 1;
    ts_buf_free(&file);
    ts_xfree(slots[1 - newer].tips);
    out->tips = slots[newer].tips;
    out->count = first == 0 && second == 0 ? 0 : slots[newer].count;
    out->flushed =
        self->sim->machines[machine].disk_lied || ts_faultvfs_pending(node->vfs, ".witness") == 0;
    return read;
}

/* The segment with this prefix leaves the machine. Whose it is may be known only after the step. */
static void
tip_left(check_t *self, size_t machine, uint64_t prefix)
{
    check_machine_t *mine = check_machine(self, machine);
    size_t index = model_find_prefix(self->model, prefix);
    if (index != MODEL_NONE) {
        const model_segment_t *segment = &self->model->segments[index];
        const uint64_t *seen =
            ts_map_get(mine->witnessed, &self->model->logs[segment->log].info.log);
        if (segment->author != machine || (seen != NULL && *seen > segment->last_seq)) {
            return;
        }
    }
    for (size_t i = 0; i < self->left_count; i++) {
        if (self->left[i].machine == machine && self->left[i].prefix == prefix) {
            return;
        }
    }
    check_left_t left = {.machine = machine, .prefix = prefix};
    if (!read_witness(self, machine, &left)) {
        ts_xfree(left.tips);
        return;
    }
    self->left =
        ts_xgrow(self->left, self->left_count + 1, &self->left_capacity, sizeof *self->left);
    self->left[self->left_count++] = left;
}

/* ---- what a frame says */

static void
sent(check_t *self, const sim_frame_t *frame)
{
    const ts_sync_msg_t *msg = frame->msg;
    const model_machine_t *from = model_machine(self->model, frame->from);
    switch ((int)msg->kind) {
    case TS_SYNC_WELCOME:
        claims_of(self, frame, &msg->u.greeting.store, msg->u.greeting.your_heads,
                  msg->u.greeting.your_head_count);
        heads_of(self, frame->from, &msg->u.greeting);
        break;
    case TS_SYNC_CUSTODY:
        claims_of(self, frame, &msg->u.custody.store, msg->u.custody.tips, msg->u.custody.count);
        heads_grow(self, &msg->u.custody.store, msg->u.custody.tips, msg->u.custody.count);
        break;
    case TS_SYNC_HAVE:
        claims_of(self, frame, &from->store, msg->u.have.tips, msg->u.have.count);
        heads_grow(self, &from->store, msg->u.have.tips, msg->u.have.count);
        for (size_t i = 0; i < msg->u.have.count; i++) {
            tip_left(self, frame->from, ts_hash_prefix(&msg->u.have.tips[i].tip.hash));
        }
        break;
    case TS_SYNC_CHUNK:
        tip_left(self, frame->from, msg->u.chunk.segment_prefix);
        self->chunk_bytes += self->sim->phase >= SIM_LIVENESS ? msg->u.chunk.data.length : 0;
        break;
    default:
        break;
    }
}

static void
count_session(check_t *self, const sim_frame_t *frame)
{
    check_machine_t *child = check_machine(self, frame->child);
    if (child->connection == frame->connection) {
        return;
    }
    child->connection = frame->connection;
    child->idle_sessions++;
    self->sessions += self->sim->phase >= SIM_LIVENESS;
}

static bool
is_refusal(const sim_frame_t *frame)
{
    return frame->msg != NULL && frame->msg->kind == TS_SYNC_REJECT &&
           frame->msg->u.reject.permanent;
}

/* Does the receiver still have the session to which the frame belongs? */
static bool
is_heard(const check_t *self, const sim_frame_t *frame)
{
    const ts_node_t *node = check_node(self, frame->to);
    uint64_t session = frame->upward ? frame->connection : TS_NODE_UPLINK;
    for (size_t i = 0; node != NULL && i < node->peer_count; i++) {
        const ts_peer_link_t *peer = node->peers[i];
        if (peer->session == session) {
            return !peer->closing &&
                   world_takes(self->sim->world, frame->connection, frame->upward);
        }
    }
    return false;
}

/* Only what its author sent and no line changed is owed a note; what arrives twice is owed one. */
static void
refusal_arrived(check_t *self, const sim_frame_t *frame)
{
    ts_hash_t bytes = ts_hash_of(frame->bytes.data, frame->bytes.length);
    for (size_t i = 0; i < self->refusal_count; i++) {
        if (self->refusals[i].connection == frame->connection &&
            ts_hash_equal(&self->refusals[i].frame, &bytes)) {
            self->refusals[i] = self->refusals[--self->refusal_count];
            check_machine(self, frame->to)->rejects += is_heard(self, frame);
            return;
        }
    }
}

void
check_frame(check_t *self, const sim_frame_t *frame)
{
    bool known = frame->genuine && frame->msg != NULL && frame->from != SIZE_MAX;
    if (known && frame->fate == SIM_SENT) {
        count_session(self, frame);
        sent(self, frame);
        if (is_refusal(frame)) {
            self->refusals = ts_xgrow(self->refusals, self->refusal_count + 1,
                                      &self->refusal_capacity, sizeof *self->refusals);
            self->refusals[self->refusal_count++] = (check_refusal_t){
                frame->connection, ts_hash_of(frame->bytes.data, frame->bytes.length)};
        }
    } else if (frame->fate == SIM_DELIVERED && is_refusal(frame)) {
        refusal_arrived(self, frame);
    }
}

/* ---- judging claims */

static void
anchor(check_t *self, size_t index)
{
    uint32_t root = self->sim->machines[0].office;
    while (index != MODEL_NONE && !self->model->segments[index].anchored) {
        model_segment_t *segment = &self->model->segments[index];
        if (self->model->logs[segment->log].info.office == root) {
            return;
        }
        segment->anchored = true;
        if (segment->holders + segment->losses < 2) {
            check_lone(self, index);
        }
        index = segment->prev;
    }
}

/* Holdings that were first seen since the last step are claims too. */
static void
claims_of_holdings(check_t *self)
{
    for (; self->event_looked < self->model->event_count; self->event_looked++) {
        const model_event_t *event = &self->model->events[self->event_looked];
        if (event->kind != TS_KIND_HOLDING || event->naming == NULL) {
            continue;
        }
        for (size_t i = 0; i < event->naming->tip_count; i++) {
            const ts_tip_t *tip = &event->naming->tips[i];
            add_claim(self, &event->naming->store, tip);
            (void)model_floor(self->model, &event->naming->store, &tip->log, tip->seq);
        }
    }
}

/* False: its machine is off; it waits. */
static bool
judge_claim(check_t *self, const check_claim_t *claim)
{
    const size_t *owner = ts_map_get(self->model->owners, &claim->store);
    if (owner == NULL || !ts_id16_equal(&self->model->machines[*owner].store, &claim->store)) {
        return true;
    }
    check_machine_t *mine = check_machine(self, *owner);
    if (check_node(self, *owner) == NULL || mine->anew) {
        return mine->forgiven || mine->gone;
    }
    size_t segment = model_find(self->model, &claim->segment);
    if (segment == MODEL_NONE || !model_holds(self->model, *owner, segment)) {
        mine->lacks = true;
        mine->lacking = claim->segment;
    } else if (*owner == 0) {
        anchor(self, segment);
    }
    return true;
}

void
check_claims_done(check_t *self)
{
    size_t kept = 0;
    claims_of_holdings(self);
    for (size_t i = 0; i < self->claim_count; i++) {
        if (!judge_claim(self, &self->claims[i])) {
            self->claims[kept++] = self->claims[i];
        }
    }
    self->claim_count = kept;
}
