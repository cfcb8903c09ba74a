/* SPDX-License-Identifier: MPL-2.0 */
#include "node/states.h"

#include "base/i18n.h"

const char *
ts_state_str(ts_event_state_t state)
{
    static const char *const names[] = {N_("saved"), N_("held"), N_("anchored")};
    return names[state];
}

const ts_id16_t *
ts_state_parent(const ts_node_t *node)
{
    return node->identity.parent_office == 0 ? NULL : &node->parent_store;
}

const ts_id16_t *
ts_state_root(const ts_node_t *node)
{
    return node->identity.parent_office == 0 ? NULL : &node->root_store;
}

/* Does this other store hold the segment? An unknown store holds nothing. */
static bool
held_by(ts_node_t *node, const ts_id16_t *store, const ts_hash_t *segment)
{
    bool held = false;
    return (store == NULL || !ts_id16_is_zero(store)) &&
           ts_custody_held_segment(node->custody, store, segment, &held) == TS_ERR_OK && held;
}

ts_err_t
ts_state_of(ts_node_t *node, const ts_place_t *place, ts_event_state_t *ret_state)
{
    ts_held_segment_t segment;
    ts_log_info_t log;
    *ret_state = TS_STATE_SAVED;
    if (place->arrival == 0) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_custody_get(node->custody, place->arrival, &segment, NULL);
    if (err == TS_ERR_OK) {
        err = ts_custody_log(node->custody, &segment.log, &log);
    }
    if (err != TS_ERR_OK) {
        return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
    }
    bool own = log.office == node->identity.keys.office;
    bool root_here = node->identity.parent_office == 0;
    if (held_by(node, ts_state_root(node), &segment.hash) || (root_here && !own)) {
        *ret_state = TS_STATE_ANCHORED;
    } else if (!own || held_by(node, ts_state_parent(node), &segment.hash)) {
        *ret_state = TS_STATE_HELD;
    }
    return TS_ERR_OK;
}
