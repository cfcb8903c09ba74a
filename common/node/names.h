/* SPDX-License-Identifier: MPL-2.0 */
/*
 * From what people write to record ids: code, exact name or alias, never by guess (sheet/match.h):
 * a near miss is an error that names what could be meant. For typed fields and for cells of sheets.
 * Lists are made when first asked for and hold as long as the catalog does not change: one object
 * per command.
 */
#ifndef TS_NODE_NAMES_H
#define TS_NODE_NAMES_H

#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"

#include <stdint.h>

struct ts_node;

typedef struct ts_names ts_names_t;

/* plan 0: names of plan parts cannot be resolved yet. */
ts_names_t *ts_names_new(struct ts_node *node, ts_record_id_t plan);
void ts_names_destroy(ts_names_t **self_p);

/* The plan whose lines, bands, periods and duties are meant. */
void ts_names_set_plan(ts_names_t *self, ts_record_id_t plan);
/* Units are those in force on this day; 0 (as at first): of each code the version in force today,
 * else the newest. */
void ts_names_set_day(ts_names_t *self, int32_t day);
/* District for unit names that repeat; borrowed until set again, NULL = none. */
void ts_names_set_district(ts_names_t *self, const char *district);

/* kind 0: any, by short code only. NOTFOUND, CONFLICT, INVALID with *ret_why. Short codes are taken
 * for every kind, also of records that are not known here, but not of one of another kind. */
TS_MUST_USE ts_err_t ts_names_find(
    ts_names_t *self, uint32_t kind, const char *text, ts_record_id_t *ret_id, ts_msg_t *ret_why);
struct ts_node *ts_names_node(ts_names_t *self);

/* Name of a record of the catalog, or of a fund: what people read; NULL when there is none.
 * Borrowed for the moment. */
const char *ts_names_label(const struct ts_node *node, uint32_t kind, ts_record_id_t id);

#endif
