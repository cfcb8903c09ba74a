/* SPDX-License-Identifier: MPL-2.0 */
/* The trace of a run as one hash: two runs of a seed must have the same. Fast, not for secrets. */
#include "core/kind.h"
#include "sim/sim_p.h"

#include <string.h>

static uint64_t
mix(uint64_t lane, uint64_t word)
{
    lane = (lane ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return lane ^ (lane >> 29);
}

void
sim_trace_number(sim_t *sim, uint64_t number)
{
    uint64_t *lanes = sim->inside->lanes;
    uint64_t first = lanes[0];
    lanes[0] = mix(lanes[1], number);
    lanes[1] = mix(lanes[2], number + 1);
    lanes[2] = mix(lanes[3], number + 2);
    lanes[3] = mix(first, number + 3);
}

void
sim_trace_bytes(sim_t *sim, ts_bytes_t bytes)
{
    sim_trace_number(sim, bytes.length);
    for (size_t at = 0; at < bytes.length; at += 8) {
        uint64_t word = 0;
        memcpy(&word, bytes.data + at, bytes.length - at < 8 ? bytes.length - at : 8);
        sim_trace_number(sim, word);
    }
}

void
sim_trace_machine(sim_t *sim, size_t machine)
{
    const world_node_t *node = &sim->world->nodes[machine];
    sim_trace_number(sim, machine);
    sim_trace_number(sim, node->life);
    if (node->node == NULL) {
        return;
    }
    ts_digest_t digest = {0};
    sim_trace_number(sim, ts_custody_arrival(node->node->custody));
    sim_trace_number(sim, ts_custody_tail_counter(node->node->custody));
    ts_id16_t store = ts_custody_store_id(node->node->custody);
    sim_trace_bytes(sim, (ts_bytes_t){store.b, sizeof store.b});
    if (ts_ledger_digest(node->node->ledger, 0, TS_AUDIENCE_UP, &digest) == TS_ERR_OK) {
        sim_trace_number(sim, digest.low);
        sim_trace_number(sim, digest.high);
    }
}

ts_hash_t
sim_trace(const sim_t *sim)
{
    ts_hash_t hash;
    memcpy(hash.b, sim->inside->lanes, sizeof hash.b);
    return hash;
}
