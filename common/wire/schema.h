/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Walks the descriptors of event.proto and fills core/schema.h, so that store, JSON, import and
 * command line learn the fields of a kind without a second list. The senses come from the names by
 * the conventions at the top of event.proto.
 */
#ifndef TS_WIRE_SCHEMA_H
#define TS_WIRE_SCHEMA_H

#include "core/schema.h"

/* The schema of all kinds of this program; built at the first call, the same pointer ever after,
 * never freed. */
const ts_schema_t *ts_wire_schema(void);

#endif
