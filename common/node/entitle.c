/* SPDX-License-Identifier: MPL-2.0 */
/* Who may have which log, and whose keys the gate lets in. */
#include "base/check.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "node/node_p.h"

#include <string.h>

#define TREE_DEPTH_MAX 16

bool
ts_office_below(const ts_catalog_t *catalog, uint32_t office, uint32_t above)
{
    for (int depth = 0; depth < TREE_DEPTH_MAX && office != 0; depth++) {
        if (office == above) {
            return true;
        }
        const ts_office_t *row = ts_catalog_office(catalog, office);
        if (row == NULL) {
            return false;
        }
        office = row->parent_number;
    }
    return false;
}

uint32_t
ts_node_parent(const ts_node_t *self)
{
    const ts_office_t *own = ts_catalog_office(ts_node_catalog(self), self->identity.keys.office);
    bool named = own != NULL && own->parent_number != 0 && self->identity.parent_office != 0;
    return named ? own->parent_number : self->identity.parent_office;
}

/* An office that has, or had, another parent than the one it talks to. */
static bool
is_stranger(const ts_node_t *self, const ts_peer_link_t *peer)
{
    if (peer->is_uplink) {
        return peer->office != 0 && peer->office != ts_node_parent(self);
    }
    const ts_office_t *office = ts_catalog_office(ts_node_catalog(self), peer->office);
    return office != NULL && office->parent_number != self->identity.keys.office;
}

ts_share_t
ts_share_of(ts_node_t *self, const ts_peer_link_t *peer)
{
    ts_share_t share = {.node = self};
    share.child = peer->is_uplink ? self->identity.keys.office : peer->office;
    share.invite = peer->is_uplink ? self->uplink.as_invite : peer->class == TS_KEY_INVITE;
    share.nothing = !peer->is_uplink && peer->class == TS_KEY_GUEST;
    share.stranger = !share.invite && is_stranger(self, peer);
    return share;
}

/* The child's own subtree, and that of the installations whose place it took: what these sent up
 * comes back to it. */
static bool
is_of_child(const ts_catalog_t *catalog, uint32_t office, uint32_t child)
{
    for (int depth = 0; depth < TREE_DEPTH_MAX && child != 0; depth++) {
        if (ts_office_below(catalog, office, child)) {
            return true;
        }
        const ts_office_t *row = ts_catalog_office(catalog, child);
        child = row == NULL ? 0 : row->predecessor_number;
    }
    return false;
}

static bool
goes_up(const ts_share_t *share, const ts_catalog_t *catalog, const ts_log_info_t *info)
{
    if (info->purpose == TS_PURPOSE_REGISTRY || info->purpose == TS_PURPOSE_PRIVATE) {
        return false;
    }
    if (is_of_child(catalog, info->office, share->child)) {
        return true;
    }
    /* An office that the registry does not name yet: what it sends upward came from below. */
    return !share->known_only && ts_catalog_office(catalog, info->office) == NULL &&
           info->audience == TS_AUDIENCE_UP;
}

static bool
goes_down(const ts_share_t *share, const ts_catalog_t *catalog, const ts_log_info_t *info)
{
    if (info->purpose == TS_PURPOSE_REGISTRY) {
        return true;
    }
    if (info->purpose == TS_PURPOSE_KEPT) {
        /* Copies for one keeper, which stands directly below who made them. */
        const ts_office_t *keeper = ts_catalog_office(catalog, share->child);
        return keeper != NULL && keeper->id == info->audience_unit &&
               keeper->parent_number == info->office;
    }
    bool for_below =
        info->audience == TS_AUDIENCE_DOWN_ALL || info->audience == TS_AUDIENCE_DOWN_UNIT;
    if (!for_below || ts_office_below(catalog, info->office, share->child)) {
        return false;
    }
    const ts_office_t *child = ts_catalog_office(catalog, share->child);
    if (child == NULL) {
        return share->node->identity.keys.office ==
               share->child; /* we are that child and know no registry yet */
    }
    if (!ts_office_below(catalog, share->child, info->office)) {
        return false;
    }
    return info->audience == TS_AUDIENCE_DOWN_ALL ||
           ts_catalog_below(catalog, child->unit, info->audience_unit);
}

bool
ts_share_has(void *context, const ts_log_info_t *info)
{
    const ts_share_t *share = context;
    const ts_catalog_t *catalog = ts_node_catalog(share->node);
    if (share->nothing || !ts_logs_may_leave(share->node, info)) {
        return false;
    }
    if (share->invite) {
        /* Only what the new office itself brings; nothing comes down to a one-time key. */
        return share->up && info->office == share->child;
    }
    if (share->stranger) {
        return share->down && info->purpose == TS_PURPOSE_REGISTRY; /* where it belongs now */
    }
    return (share->up && goes_up(share, catalog, info)) ||
           (share->down && (share->back_to == 0 || share->back_to == info->office) &&
            goes_down(share, catalog, info));
}

uint32_t
ts_child_towards(const ts_node_t *self, ts_record_id_t unit)
{
    const ts_catalog_t *catalog = ts_node_catalog(self);
    size_t position = 0;
    const ts_office_t *row;
    while ((row = ts_catalog_next(catalog, TS_KIND_OFFICE, &position)) != NULL) {
        if (row->parent_number == self->identity.keys.office && !row->cut_off &&
            (row->role == TS_OFFICE_DISTRICT || row->role == TS_OFFICE_COMMUNE) &&
            ts_catalog_below(catalog, unit, row->unit)) {
            return row->number;
        }
    }
    return 0;
}

/* ---- admitted keys */

typedef struct table {
    ts_admitted_t *rows;
    size_t count;
    size_t capacity;
} table_t;

static void
add_row(table_t *table, const ts_hash_t *key, ts_key_class_t class, uint32_t office)
{
    if (ts_hash_is_zero(key)) {
        return;
    }
    table->rows = ts_xgrow(table->rows, table->count + 1, &table->capacity, sizeof *table->rows);
    table->rows[table->count++] = (ts_admitted_t){*key, class, office};
}

/* Node keys under an invite, as the geneses in custody certify them. The registrar's binding
 * decides when there are several. */
static void
add_node_keys(ts_node_t *self, const ts_office_t *office, table_t *table)
{
    ts_log_info_t info = {.office = 0};
    while (ts_custody_log_next(self->custody, &info) == TS_ERR_OK) {
        bool bound = !ts_hash_is_zero(&office->node_key);
        if (info.office != office->number ||
            !ts_hash_equal(&info.invite_key, &office->invite_key) ||
            (bound && !ts_hash_equal(&info.node_key, &office->node_key))) {
            continue;
        }
        add_row(table, &info.node_curve_key, TS_KEY_OFFICE, office->number);
        return;
    }
}

/* Offices of which we hold logs. */
static ts_map_t *
offices_held(ts_node_t *self)
{
    ts_map_t *held = ts_map_new(sizeof(uint32_t), 0);
    ts_log_info_t info = {.office = 0};
    while (ts_custody_log_next(self->custody, &info) == TS_ERR_OK) {
        (void)ts_map_put(held, &info.office);
    }
    return held;
}

/* A child that got another parent may still come: to hear of it. So may one whose parent, below us,
 * cannot be reached any more. They are given the registry, nothing else. */
static void
admit_former(ts_node_t *self, const ts_office_t *office, const ts_map_t *held, table_t *table)
{
    if (ts_map_get(held, &office->number) != NULL && office->role != TS_OFFICE_PROVINCE &&
        office->role != TS_OFFICE_SUBSCRIBER && office->number != self->identity.keys.office) {
        add_row(table, &office->node_curve_key, TS_KEY_OFFICE, office->number);
    }
}

static void
admit_office(ts_node_t *self, const ts_office_t *office, const ts_map_t *held, table_t *table)
{
    bool subscriber = office->role == TS_OFFICE_SUBSCRIBER;
    if (office->cut_off) {
        return;
    }
    if (office->parent_number != self->identity.keys.office) {
        admit_former(self, office, held, table);
        return;
    }
    if (subscriber) {
        add_row(table, &office->invite_curve_key, TS_KEY_SUBSCRIBER, office->number);
        return;
    }
    add_row(table, &office->invite_curve_key, TS_KEY_INVITE, office->number);
    if (ts_hash_is_zero(&office->node_curve_key)) {
        add_node_keys(self, office, table);
    } else {
        add_row(table, &office->node_curve_key, TS_KEY_OFFICE, office->number);
    }
}

static table_t
admitted_keys(ts_node_t *self)
{
    table_t table = {0};
    const ts_catalog_t *catalog = ts_node_catalog(self);
    ts_map_t *held = offices_held(self);
    size_t position = 0;
    const ts_office_t *row;
    while ((row = ts_catalog_next(catalog, TS_KIND_OFFICE, &position)) != NULL) {
        if (ts_catalog_office(catalog, row->number) == row) {
            admit_office(self, row, held, &table);
        }
    }
    ts_map_destroy(&held);
    if (ts_regain_welcomes(self)) {
        table.rows = ts_xgrow(table.rows, table.count + 1, &table.capacity, sizeof *table.rows);
        table.rows[table.count++] = (ts_admitted_t){.class = TS_KEY_GUEST};
    }
    return table;
}

void
ts_admit_send(ts_node_t *self)
{
    table_t table = admitted_keys(self);
    self->admit_stale = false;
    if (self->gate_there) {
        self->options.out.admit(self->options.out.ctx, table.rows, table.count);
    }
    ts_xfree(table.rows);
}

/* The registry knows this key, and knows that it was cut off. */
static bool
was_cut_off(const ts_catalog_t *catalog, const ts_hash_t *curve_key)
{
    size_t position = 0;
    const ts_office_t *row;
    while ((row = ts_catalog_next(catalog, TS_KIND_OFFICE, &position)) != NULL) {
        if (row->cut_off && (ts_hash_equal(&row->node_curve_key, curve_key) ||
                             ts_hash_equal(&row->invite_curve_key, curve_key))) {
            return true;
        }
    }
    return false;
}

ts_key_class_t
ts_admit_class(ts_node_t *self, const ts_hash_t *curve_key, uint32_t *ret_office)
{
    table_t table = admitted_keys(self);
    ts_key_class_t class = TS_KEY_NONE;
    for (size_t i = 0; i < table.count; i++) {
        if (ts_hash_equal(&table.rows[i].curve_key, curve_key)) {
            class = table.rows[i].class;
            *ret_office = table.rows[i].office;
        }
    }
    ts_xfree(table.rows);
    if (class == TS_KEY_NONE && ts_regain_welcomes(self) &&
        !was_cut_off(ts_node_catalog(self), curve_key)) {
        *ret_office = 0;
        class = TS_KEY_GUEST;
    }
    return class;
}
