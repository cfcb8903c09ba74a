/* SPDX-License-Identifier: MPL-2.0 */
#include "core/chain.h"

#include "base/check.h"

static bool
is_tip(const ts_chain_view_t *view, const ts_hash_t *hash)
{
    for (size_t i = 0; i < view->tip_count; i++) {
        if (ts_hash_equal(&view->tips[i].hash, hash)) {
            return true;
        }
    }
    return false;
}

ts_chain_t
ts_chain_judge(const ts_chain_view_t *view,
               const ts_segment_header_t *header,
               const ts_hash_t *hash)
{
    bool genesis = (header->flags & TS_SEGMENT_GENESIS) != 0;
    const ts_hash_t *log = genesis ? hash : &header->log;
    TS_CHECK(view->lookup != NULL);
    if (genesis) {
        return view->known ? TS_CHAIN_DUPLICATE : TS_CHAIN_STARTS;
    }
    if (!view->known) {
        return TS_CHAIN_NEEDS_GENESIS;
    }
    uint64_t last_seq = 0;
    if (view->lookup(view->store, log, hash, &last_seq)) {
        return TS_CHAIN_DUPLICATE;
    }
    if (!view->lookup(view->store, log, &header->prev, &last_seq)) {
        return TS_CHAIN_GAP;
    }
    if (header->first_seq != last_seq + 1) {
        return TS_CHAIN_BROKEN;
    }
    return is_tip(view, &header->prev) ? TS_CHAIN_EXTENDS : TS_CHAIN_FORK;
}

ts_err_t
ts_chain_err(ts_chain_t verdict)
{
    switch (verdict) {
    case TS_CHAIN_GAP:
    case TS_CHAIN_NEEDS_GENESIS:
        return TS_ERR_NOTFOUND;
    case TS_CHAIN_BROKEN:
        return TS_ERR_CHAIN;
    case TS_CHAIN_STARTS:
    case TS_CHAIN_EXTENDS:
    case TS_CHAIN_FORK:
    case TS_CHAIN_DUPLICATE:
    default:
        return TS_ERR_OK;
    }
}

const char *
ts_chain_name(ts_chain_t verdict)
{
    static const char *const NAMES[] = {
#define CHAIN_NAME(name) [TS_CHAIN_##name] = #name,
        TS_CHAIN_LIST(CHAIN_NAME)
#undef CHAIN_NAME
    };
    return (size_t)verdict < sizeof NAMES / sizeof NAMES[0] ? NAMES[verdict] : "?";
}
