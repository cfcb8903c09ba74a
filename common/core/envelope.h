/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Envelope v1: the fixed layout of a segment, frozen. What it is for: everything that a relay, a
 * store or an auditor needs to judge a segment without looking into its payload. Pure: hashes and
 * signatures are computed by the caller (common/crypto). Layout: proto/README.md "Segment".
 *
 *   segment      = header (180 bytes) + signature (64 bytes) + payload (stored_bytes)
 *   segment hash = BLAKE2b-256 (header + signature); the payload is bound by its hash in the header
 *   log id       = segment hash of the log's genesis; in the genesis itself the log field is zero
 *   signature    = Ed25519 over TS_SEGMENT_DOMAIN, one 0x00 byte and the 180 header bytes
 */
#ifndef TS_CORE_ENVELOPE_H
#define TS_CORE_ENVELOPE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"

#include <stdbool.h>
#include <stdint.h>

#define TS_SEGMENT_HEADER_BYTES 180u
#define TS_SEGMENT_SIGNATURE_BYTES 64u
#define TS_SEGMENT_FIXED_BYTES (TS_SEGMENT_HEADER_BYTES + TS_SEGMENT_SIGNATURE_BYTES)
#define TS_SEGMENT_DOMAIN "tiepsuc segment v1"

/* Codec of the payload. Relays carry values that they do not know. */
enum {
    TS_CODEC_PLAIN = 0,     /* protobuf Payload as it is */
    TS_CODEC_ZSTD = 1,      /* one zstd frame of it, content size declared */
    TS_CODEC_GENESIS = 128, /* fixed layout of ts_genesis_t, never compressed */
    TS_CODEC_COPIES = 129   /* segments verbatim (core/copies.h), always encrypted */
};

/* Encryption of the payload. */
enum {
    TS_ENCRYPTION_NONE = 0,
    TS_ENCRYPTION_SEALED = 1 /* sealed box to recipient_key_id: a keeper's copies */
};

/* Flags. */
enum {
    TS_SEGMENT_GENESIS = 1u, /* first of its log: first_seq 0, count 0, prev zero */
    TS_SEGMENT_CLOSES = 2u   /* the author will not extend this log any more */
};

typedef struct ts_segment_header {
    uint16_t flags;
    ts_id16_t deployment;
    ts_hash_t log;      /* zero in a genesis */
    uint64_t first_seq; /* number of its first event, from 1; 0 in a genesis */
    uint32_t count;     /* events, 1..TS_SEGMENT_EVENTS_MAX; 0 in a genesis */
    ts_hash_t prev;     /* segment hash of the predecessor; zero in a genesis */
    uint64_t key_id;    /* first 8 bytes of BLAKE2b-256 of the signing public key, little-endian */
    uint8_t codec;
    uint8_t encryption;
    uint64_t recipient_key_id; /* 0 when not encrypted */
    uint32_t stored_bytes;     /* payload as stored */
    uint32_t raw_bytes; /* payload once opened, ≤ TS_PAYLOAD_RAW_BYTES_MAX and ≤ ratio × stored */
    int64_t claimed_ms;     /* author's wall clock; recorded, never judged */
    int64_t mono_ms;        /* author's monotonic clock */
    uint32_t boot;          /* author's boot counter */
    ts_hash_t payload_hash; /* BLAKE2b-256 of the stored payload */
} ts_segment_header_t;

/* A parsed segment; payload and signature point into the caller's bytes. */
typedef struct ts_segment_view {
    ts_segment_header_t header;
    ts_bytes_t signed_bytes;  /* the 180 header bytes */
    const uint8_t *signature; /* 64 bytes */
    ts_bytes_t payload;
    ts_bytes_t whole;
} ts_segment_view_t;

/* Reads and checks everything that needs no key and no store: magic, version, lengths (before any
 * allocation), counts, flags, ratio. The bytes must be exactly one segment. Errors: TRUNCATED,
 * TOOBIG, UNKNOWN (envelope version), INVALID. */
TS_MUST_USE ts_err_t ts_segment_parse(ts_bytes_t bytes, ts_segment_view_t *ret_view);
/* Only the header of a segment whose rest has not come yet (≥ 180 bytes): gives the whole length to
 * expect. */
TS_MUST_USE ts_err_t ts_segment_peek(ts_bytes_t bytes,
                                     ts_segment_header_t *ret_header,
                                     uint32_t *ret_whole_bytes);
/* Appends the 180 header bytes. */
void ts_segment_put_header(ts_buf_t *out, const ts_segment_header_t *header);
/* Number of the last event: first_seq + count - 1; 0 for a genesis. */
uint64_t ts_segment_last_seq(const ts_segment_header_t *header);

/* Purpose of a log. */
enum {
    TS_PURPOSE_ACTS = 1,     /* up: reports, approvals, waivers: small, first on any link */
    TS_PURPOSE_RECORDS = 2,  /* up: everything else that an office writes */
    TS_PURPOSE_REGISTRY = 3, /* down to all: registry events; signed by the registrar key */
    TS_PURPOSE_DOWN = 4,     /* down: plans, allocations, returned reports */
    TS_PURPOSE_HOLDINGS =
        5, /* down to all below, and up with the subtree; never covered by holdings itself */
    TS_PURPOSE_PRIVATE = 6, /* stays in its store: donors, pledges, receipts of the province */
    TS_PURPOSE_KEPT = 7     /* down to one office, named by audience_unit: copies of the root's own
                               logs, closed to the recovery key */
};

/* Who a log is for. */
enum {
    TS_AUDIENCE_UP = 1,        /* ancestors of the author */
    TS_AUDIENCE_DOWN_ALL = 2,  /* everybody below the author */
    TS_AUDIENCE_DOWN_UNIT = 3, /* the unit audience_unit and below */
    TS_AUDIENCE_SELF = 4
};

#define TS_GENESIS_BYTES 492u
#define TS_GENESIS_DOMAIN_REGISTRAR "tiepsuc registrar v1"
#define TS_GENESIS_DOMAIN_INVITE "tiepsuc invite v1"
#define TS_GENESIS_DOMAIN_NODE "tiepsuc node v1"

/*
 * Payload of a genesis: the log certifies itself. Chain: deployment = first 16 bytes of BLAKE2b-256
 * (root_key); root signs (deployment, registrar_key, registrar_serial); registrar signs
 * (deployment, office, invite_key, invite_curve_key); invite signs (deployment, office, node_key,
 * node_curve_key); node_key signs the segment. A registry log is signed by the registrar itself:
 * its node_key equals registrar_key. The signed bytes of each step are the fields in that order as
 * laid out in proto/README.md.
 */
typedef struct ts_genesis {
    uint8_t purpose;
    uint8_t audience;
    uint32_t office;        /* number of the installation, 1..TS_RECORD_OFFICE_MAX */
    uint64_t audience_unit; /* record id of the unit for DOWN_UNIT, else 0 */
    uint8_t nonce[16];
    ts_hash_t predecessor_log; /* log that this one continues; zero = none */
    uint64_t predecessor_seq;
    ts_hash_t predecessor_hash; /* tip from which it continues */
    ts_hash_t root_key;         /* Ed25519 */
    uint32_t registrar_serial;  /* counts rotations, from 1 */
    ts_hash_t registrar_key;    /* Ed25519 */
    uint8_t registrar_signature[64];
    ts_hash_t invite_key;       /* Ed25519 */
    ts_hash_t invite_curve_key; /* CURVE */
    uint8_t invite_signature[64];
    ts_hash_t node_key;       /* Ed25519 */
    ts_hash_t node_curve_key; /* CURVE */
    uint8_t node_signature[64];
} ts_genesis_t;

void ts_genesis_put(ts_buf_t *out, const ts_genesis_t *genesis);
/* Exactly TS_GENESIS_BYTES; purpose and audience known and fitting each other; office in range.
 * INVALID, TRUNCATED. */
TS_MUST_USE ts_err_t ts_genesis_parse(ts_bytes_t payload, ts_genesis_t *ret_genesis);
/* The bytes that each certificate signs. */
void
ts_genesis_registrar_part(ts_buf_t *out, const ts_id16_t *deployment, const ts_genesis_t *genesis);
void
ts_genesis_invite_part(ts_buf_t *out, const ts_id16_t *deployment, const ts_genesis_t *genesis);
void ts_genesis_node_part(ts_buf_t *out, const ts_id16_t *deployment, const ts_genesis_t *genesis);

#endif
