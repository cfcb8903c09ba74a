/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What people call kinds, fields and values: English msgids, Vietnamese in
 * common/po/parts/fields.po. The schema itself comes from event.proto (core/schema.h); a test fails
 * when something of it has no label here.
 */
#ifndef TS_CORE_LABELS_H
#define TS_CORE_LABELS_H

/* All three return NULL when there is no label. */

/* Of a kind by its schema name: ts_label_kind("report_return"). */
const char *ts_label_kind(const char *kind);
/* Of a field, of a child list ("items") or of a field of a child row ("items.item"). */
const char *ts_label_field(const char *kind, const char *field);
/* Of an enum's value: ts_label_value("need_state", "verified"), see ts_field_t.enum_type. */
const char *ts_label_value(const char *enum_type, const char *value);

#endif
