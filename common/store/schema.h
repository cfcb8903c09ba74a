/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The schema scripts of common/store/schema, embedded by the build as NUL-terminated text (bytes,
 * so that they may be longer than a C literal). Inside store/ only.
 */
#ifndef TS_STORE_SCHEMA_H
#define TS_STORE_SCHEMA_H

extern const unsigned char ts_schema_custody[];
extern const unsigned char ts_schema_scratch[];
extern const unsigned char ts_schema_ledger[];

#endif
