/* SPDX-License-Identifier: MPL-2.0 */
/* The same work with the k-th call failing, for all k. */
#include "run.h"

static const crash_calls_t kinds[] = {
    {"process ends at change k", TS_FAULT_CRASH, TS_FAULT_ON_CHANGE},
    {"I/O error at change k", TS_FAULT_IOERR, TS_FAULT_ON_CHANGE},
    {"disk full from write k on", TS_FAULT_FULL, TS_FAULT_ON_WRITE},
    {"flush k fails and loses", TS_FAULT_SYNC_ONCE, TS_FAULT_ON_SYNC},
    {"I/O error at read k", TS_FAULT_IOERR, TS_FAULT_ON_READ},
    {"locks k to k + 2 are busy", TS_FAULT_BUSY, TS_FAULT_ON_LOCK},
};

/* Points without a pattern: the fault is armed when the work begins. */
static const crash_point_t works[] = {
    {.id = "type", .work = WORK_TYPE, .victim = VICTIM_LEAF},
    {.id = "seal", .work = WORK_SEAL, .victim = VICTIM_LEAF},
    {.id = "send-commune", .work = WORK_SEND, .victim = VICTIM_LEAF},
    {.id = "send-district", .work = WORK_SEND, .victim = VICTIM_PARENT},
    {.id = "send-province", .work = WORK_SEND, .victim = VICTIM_PROVINCE},
    {.id = "first-start", .work = WORK_FIRST, .victim = VICTIM_FRESH},
    {.id = "close", .work = WORK_CLOSE, .victim = VICTIM_LEAF},
    {.id = "ledger-anew", .work = WORK_REFOLD, .victim = VICTIM_LEAF},
};

const crash_calls_t *
crash_call_kinds(size_t *ret_count)
{
    *ret_count = TS_COUNT(kinds);
    return kinds;
}

const crash_point_t *
crash_call_works(size_t *ret_count)
{
    *ret_count = TS_COUNT(works);
    return works;
}

uint64_t
crash_calls_run(lab_t *lab,
                const crash_item_t *item,
                uint64_t stride,
                void (*tell)(void *, uint64_t),
                void *ctx)
{
    const crash_calls_t *calls = item->calls;
    ts_fault_t fault = {.kind = calls->kind,
                        .on = calls->on,
                        .lasting = calls->kind == TS_FAULT_FULL,
                        .times = calls->kind == TS_FAULT_BUSY ? 3 : 1};
    uint64_t rounds = 0;
    bool fired = true;
    for (uint64_t k = 1; fired; k += stride) {
        fault.at = k;
        tell(ctx, k);
        fired = lab_call(lab, item->point, &fault, item->seed + k);
        rounds += fired;
    }
    return rounds;
}
