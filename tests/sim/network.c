/* SPDX-License-Identifier: MPL-2.0 */
/* Frames on their way: what faults do to them, and what hooks hear of them. */
#include "sim/sim_p.h"

#include <string.h>

static void
tell_hooks(
    sim_t *sim, uint64_t connection, bool upward, sim_fate_t fate, bool genuine, ts_bytes_t bytes)
{
    size_t child = SIZE_MAX;
    size_t parent = SIZE_MAX;
    ts_sync_msg_t msg;
    if (!world_ends(sim->world, connection, &child, &parent)) {
        return;
    }
    bool decoded = ts_sync_decode(sim->inside->decoder, bytes, &msg) == TS_ERR_OK;
    sim_frame_t frame = {.fate = fate,
                         .from = upward ? child : parent,
                         .to = upward ? parent : child,
                         .child = child,
                         .upward = upward,
                         .genuine = genuine,
                         .connection = connection,
                         .bytes = bytes,
                         .msg = decoded ? &msg : NULL};
    sim_hook_frame(sim, &frame);
}

static void
keep_for_replay(sim_t *sim, size_t child, ts_bytes_t bytes)
{
    sim_own_t *own = &sim->inside->own[child];
    if (!sim_fault_enabled(sim, SIM_FAULT_STALE) && !sim_fault_enabled(sim, SIM_FAULT_FORGE)) {
        return;
    }
    size_t at =
        own->replay_count < SIM_REPLAY_MAX ? own->replay_count++ : sim_below(sim, SIM_REPLAY_MAX);
    ts_buf_clear(&own->replay[at]);
    ts_buf_put(&own->replay[at], bytes.data, bytes.length);
}

static bool
is_chunk(ts_bytes_t frame)
{
    uint8_t type = 0;
    uint8_t nonce[8];
    return ts_sync_peek(frame, &type, nonce) && type == TS_SYNC_CHUNK;
}

/* What a bad line does; true: the frame is not what its author sent any more. */
static bool
spoil(sim_t *sim, size_t child, ts_buf_t *frame, world_way_t *way)
{
    bool changed = false;
    way->lost = sim_fault(sim, SIM_FAULT_LOSS);
    way->copies = sim_fault(sim, SIM_FAULT_TWICE) ? 1 : 0;
    if (sim_fault(sim, SIM_FAULT_REORDER)) {
        way->overtakes = true;
        way->extra_ms += sim_below(sim, 2000);
    }
    if (frame->length > 1 && sim_fault(sim, SIM_FAULT_TRUNCATE)) {
        frame->length = sim_below(sim, (uint32_t)frame->length);
        changed = true;
    }
    if (is_chunk(ts_buf_bytes(frame)) && sim_fault(sim, SIM_FAULT_ALTER)) {
        size_t head = TS_SYNC_FRAME_HEADER_BYTES + TS_SYNC_CHUNK_HEADER_BYTES;
        if (frame->length > head) {
            frame->data[head + sim_below(sim, (uint32_t)(frame->length - head))] ^= 0x20;
            changed = true;
        }
    }
    if (sim_fault(sim, SIM_FAULT_CUT)) {
        sim_act_t act = {.at_ms = sim->world->now_ms, .kind = SIM_ACT_FAULT, .machine = child};
        act.number = SIM_FAULT_CUT;
        sim_agenda_put(&sim->inside->agenda, &act);
    }
    return changed;
}

void
sim_network_sent(void *context,
                 world_t *world,
                 uint64_t connection,
                 bool upward,
                 ts_buf_t *frame,
                 world_way_t *way)
{
    sim_t *sim = context;
    size_t child = SIZE_MAX;
    size_t parent = SIZE_MAX;
    if (!world_ends(world, connection, &child, &parent)) {
        return;
    }
    sim_own_t *own = &sim->inside->own[child];
    sim->figures.frames++;
    sim_trace_number(sim, child * 2 + upward);
    sim_trace_bytes(sim, ts_buf_bytes(frame));
    bool injected = sim->inside->injecting;
    tell_hooks(sim, connection, upward, SIM_SENT, !injected, ts_buf_bytes(frame));
    if (upward && !injected && !world->nodes[child].silent) {
        keep_for_replay(sim, child, ts_buf_bytes(frame));
    }
    if (own->silent_at != 0 && world->now_ms >= own->silent_at) {
        world->nodes[child].silent = true;
    }
    if (own->clog_until > world->now_ms) {
        way->extra_ms = own->clog_until - world->now_ms;
    }
    if (own->bad_line) {
        (void)spoil(sim, child, frame, way);
    }
    way->lost = way->lost || own->one_way[upward ? 1 : 0];
    if (way->lost || world->nodes[child].silent) {
        tell_hooks(sim, connection, upward, SIM_LOST, false, ts_buf_bytes(frame));
    }
}

void
sim_network_arrived(
    void *context, world_t *world, uint64_t connection, bool upward, ts_bytes_t frame)
{
    sim_t *sim = context;
    size_t child = SIZE_MAX;
    size_t parent = SIZE_MAX;
    if (!world_ends(world, connection, &child, &parent)) {
        return;
    }
    size_t to = upward ? parent : child;
    sim_own_t *own = &sim->inside->own[to];
    sim_trace_number(sim, child * 2 + upward);
    sim_trace_number(sim, frame.length);
    tell_hooks(sim, connection, upward, SIM_DELIVERED, false, frame);
    own->frames++;
    if (own->crash_frame != 0 && own->frames >= own->crash_frame && sim->phase == SIM_SAFETY &&
        (own->armed == NULL)) {
        own->crash_frame = 0;
        own->armed = sim_fault_name(SIM_FAULT_KILL_FRAME);
        own->cut = TS_CUT_ALL;
        ts_faultvfs_kill(world->nodes[to].vfs);
    }
}

void
sim_network_inject(sim_t *sim, size_t child, ts_bytes_t frame)
{
    sim->inside->injecting = true;
    world_inject(sim->world, child, frame);
    sim->inside->injecting = false;
}
