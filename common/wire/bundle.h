/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Layout of a bundle: what stands inside the sealed file that goes on a stick (proto/README.md
 * "Bundle"). A row of records: header, tips that it brings, segments verbatim, receipts, manifest.
 * Written by appending to a buffer, read by pieces of any size with bounded memory. It judges
 * layout, order and counts; hash and signature of the manifest, the header's certificate and what a
 * segment is worth are the caller's matter (common/node). Used by common/node and the command line
 * that looks into files.
 */
#ifndef TS_WIRE_BUNDLE_H
#define TS_WIRE_BUNDLE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "core/envelope.h"
#include "core/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_BUNDLE_VERSION 1u
#define TS_BUNDLE_DOMAIN "tiepsuc bundle v1"
#define TS_BUNDLE_HEADER_BYTES 624u
#define TS_BUNDLE_MANIFEST_BYTES 120u
/* Of these the manifest's signature covers the first. */
#define TS_BUNDLE_SIGNED_BYTES 56u
#define TS_BUNDLE_TIP_BYTES 72u
/* Tips of one record. */
#define TS_BUNDLE_TIPS_MAX 900u
/* Type and length before the body of each record, and the longest body. */
#define TS_BUNDLE_RECORD_HEAD_BYTES 5u
#define TS_BUNDLE_BODY_BYTES_MAX 65536u

typedef enum ts_bundle_record {
    TS_BUNDLE_HEADER = 1,
    TS_BUNDLE_BRINGS = 2,
    TS_BUNDLE_SEGMENT = 3,
    TS_BUNDLE_RECEIPT = 4,
    TS_BUNDLE_MANIFEST = 5
} ts_bundle_record_t;

/* Flags of the header. */
enum {
    TS_BUNDLE_ALL = 1u, /* everything that both may share, not only what is not known to be held */
    TS_BUNDLE_MORE = 2u /* more waits than fitted */
};

typedef struct ts_bundle_header {
    uint8_t flags;
    ts_id16_t deployment;
    uint32_t from; /* office numbers */
    uint32_t to;
    ts_id16_t store;    /* of the maker */
    ts_id16_t to_store; /* of the receiver, as the maker knows it; zero = not known */
    uint64_t number;    /* from 1 */
    int64_t made_ms;    /* the maker's clock */
    uint64_t root_time_s;
    uint64_t arrival;
    ts_hash_t digest;
    uint8_t genesis[TS_GENESIS_BYTES]; /* certifies the node key that signs */
} ts_bundle_header_t;

typedef struct ts_bundle_manifest {
    uint64_t segments;
    uint64_t receipts; /* tips */
    uint64_t bytes;    /* of all records before it */
    ts_hash_t hash;    /* of those bytes */
    uint8_t signature[64];
} ts_bundle_manifest_t;

/* ---- writing: each appends one whole record */

void ts_bundle_put_header(ts_buf_t *out, const ts_bundle_header_t *header);
/* type: BRINGS or RECEIPT; count 1..TS_BUNDLE_TIPS_MAX. */
void ts_bundle_put_tips(ts_buf_t *out, ts_bundle_record_t type, const ts_tip_t *tips, size_t count);
void ts_bundle_put_segment(ts_buf_t *out, ts_bytes_t segment);
/* The part that is signed: the first TS_BUNDLE_SIGNED_BYTES of the body. */
void ts_bundle_put_signed(ts_buf_t *out, const ts_bundle_manifest_t *manifest);
void ts_bundle_put_manifest(ts_buf_t *out, const ts_bundle_manifest_t *manifest);

/* ---- reading */

/* One record in its place; bytes are borrowed until the callback returns. */
typedef struct ts_bundle_item {
    ts_bundle_record_t type;
    ts_bytes_t whole;                 /* with type and length: what the manifest's hash covers */
    const ts_bundle_header_t *header; /* HEADER */
    ts_bytes_t segment;               /* SEGMENT: not judged yet */
    ts_bytes_t tips;                  /* BRINGS, RECEIPT: see ts_bundle_tip */
    size_t tip_count;
    const ts_bundle_manifest_t *manifest; /* MANIFEST */
} ts_bundle_item_t;

/* An error ends the reading and is returned. */
typedef ts_err_t (*ts_bundle_item_fn)(void *ctx, const ts_bundle_item_t *item);

/* index < tip_count. */
ts_tip_t ts_bundle_tip(const ts_bundle_item_t *item, size_t index);

typedef struct ts_bundle_reader ts_bundle_reader_t;

/* Only memory can fail. */
ts_bundle_reader_t *ts_bundle_reader_new(ts_bundle_item_fn item, void *ctx);
/* The next bytes. UNKNOWN a later version or type · INVALID layout, order or counts · what the
 * callback says. The same error comes again for whatever follows. */
TS_MUST_USE ts_err_t ts_bundle_feed(ts_bundle_reader_t *self, ts_bytes_t bytes);
/* No more bytes come. TRUNCATED: no manifest. */
TS_MUST_USE ts_err_t ts_bundle_end(const ts_bundle_reader_t *self);
void ts_bundle_reader_destroy(ts_bundle_reader_t **self_p);

#endif
