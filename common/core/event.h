/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The header of an event as a plain struct: who recorded what, when, about which record, and what
 * it replaces. The body is the generated struct of its kind. Bytes are read and made by
 * common/wire/event. Source: event.proto `Event`.
 */
#ifndef TS_CORE_EVENT_H
#define TS_CORE_EVENT_H

#include "base/buf.h"
#include "base/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In a decoded header pointers belong to the decoder and live until its next call; texts are never
 * NULL. */
typedef struct ts_event_header {
    uint32_t kind;               /* Kind, never 0; may be one that this program does not know */
    uint32_t version;            /* of the kind, from 1 */
    bool must_understand;        /* unknown kind or version: park it; otherwise keep it unread */
    bool voided;                 /* `void`: the record is withdrawn, reason says why */
    ts_record_id_t record;       /* never 0 */
    ts_record_id_t plan;         /* 0: registry, bodies, donors and the like */
    int32_t occurred_on;         /* days since 1970-01-01, typed by people; 0 = not dated */
    uint32_t occurred_precision; /* Precision: day, month, year */
    uint64_t claimed_s;          /* writer's clock, seconds since 1970; recorded, never trusted */
    uint32_t author;             /* local account number, 1 or more */
    uint32_t author_role;        /* Role */
    const uint64_t *revises;     /* 8-byte prefixes of the event ids that this one replaces */
    size_t revises_count;        /* ≤ TS_REVISES_MAX */
    const char *reason;          /* NULL when encoding = "" */
    const char *row_key;         /* "<sheet>/<row id>" of an import; NULL when encoding = "" */
    ts_record_id_t on_behalf_of_unit; /* 0 = none */
    ts_hash_t source_key;             /* BLAKE2b-256 of the source sheet; zero = none */
    ts_bytes_t body; /* packed body, part of the event's bytes; ignored when encoding */
} ts_event_header_t;

#endif
