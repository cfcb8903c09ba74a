/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Bundles: what a session would carry, in a file that goes by hand (proto/README.md "Bundle"). The
 * node makes and reads the bytes; whoever owns the file (the command line) fetches and brings them
 * part by part, so that nothing here knows a path. Both work in slices of a few milliseconds.
 *
 * - bundle_out.c: which logs and segments, in which order, signed and sealed
 * - bundle_in.c: reading, custody, manifest
 * - bundle_receipt.c: what the maker says that it holds
 * - bundle_memo.c: what is remembered of bundles with an office
 * - cmd_bundle.c: the commands
 * Source: ARCHITECTURE.md.
 */
#ifndef TS_NODE_BUNDLE_H
#define TS_NODE_BUNDLE_H

#include "crypto/sealed.h"
#include "node/node_p.h"
#include "wire/bundle.h"

/* A bundle has at most so many bytes (FAT cannot hold more than 4 GiB in a file); what does not fit
 * goes with the next one. */
#define TS_BUNDLE_BYTES_MAX (UINT64_C(3584) << 20)
/* No bundle is asked to be smaller than this: header and receipts must fit. */
#define TS_BUNDLE_BYTES_MIN (UINT64_C(1) << 20)
/* Bytes of one part on the way to or from the file. */
#define TS_BUNDLE_PART_BYTES (1u << 20)
/* A file name with its NUL. */
#define TS_BUNDLE_NAME_BYTES 160

/* ---- bundle_memo.c */

/* What is remembered of the bundles with one office; all zero: nothing yet. */
typedef struct ts_bundle_memo {
    uint64_t out_number; /* last bundle begun for it, its own count from 1 */
    int64_t out_ms;
    uint64_t written_number; /* last one that was written and read back */
    int64_t written_ms;
    ts_id16_t store;     /* of it, in the newest bundle of it that was taken in … */
    uint64_t in_number;  /* … its number … */
    int64_t in_made_ms;  /* … when it was made, its clock … */
    int64_t in_ms;       /* … and taken in */
    uint64_t in_arrival; /* our newest segment right after */
} ts_bundle_memo_t;

TS_MUST_USE ts_err_t ts_bundle_memo_get(ts_node_t *node,
                                        uint32_t office,
                                        ts_bundle_memo_t *ret_memo);
/* In a transaction of its own. */
TS_MUST_USE ts_err_t ts_bundle_memo_put(ts_node_t *node,
                                        uint32_t office,
                                        const ts_bundle_memo_t *memo);

/* ---- bundle_out.c */

typedef struct ts_bundle_order {
    uint32_t to;        /* office above or below */
    bool all;           /* also what it is known to hold, and what it wrote itself */
    uint64_t bytes_max; /* 0 = TS_BUNDLE_BYTES_MAX */
} ts_bundle_order_t;

typedef struct ts_bundle_out ts_bundle_out_t;

/* Own tails must be sealed and what came must be folded. Errors with *ret_why: NOTFOUND no key of
 * the office is known; DENIED neither above nor below. */
TS_MUST_USE ts_err_t ts_bundle_out_new(ts_bundle_out_t **ret_self,
                                       ts_node_t *node,
                                       const ts_bundle_order_t *order,
                                       ts_msg_t *ret_why);
void ts_bundle_out_destroy(ts_bundle_out_t **self_p);
/* One slice of looking through the logs; *ret_ready: all are gathered, the number is drawn. */
TS_MUST_USE ts_err_t ts_bundle_out_gather(ts_bundle_out_t *self, bool *ret_ready);
/* One slice of writing, appended to *ret_part; *ret_done: the file is whole. */
TS_MUST_USE ts_err_t ts_bundle_out_write(ts_bundle_out_t *self, ts_buf_t *ret_part, bool *ret_done);
const ts_bundle_header_t *ts_bundle_out_header(const ts_bundle_out_t *self);
/* Bytes of segments that will be in it, at most. */
uint64_t ts_bundle_out_expected(const ts_bundle_out_t *self);
/* After the last slice. */
const ts_bundle_manifest_t *ts_bundle_out_manifest(const ts_bundle_out_t *self);
/* What a clerk understands, in ASCII: "tiep-suc_12-tan-linh_gui_5-luc-yen_2019-10-15_so-3.tsb". */
void ts_bundle_out_name(const ts_bundle_out_t *self, char out[TS_BUNDLE_NAME_BYTES]);

/* ---- bundle_in.c */

typedef struct ts_bundle_counts {
    uint64_t segments; /* read from the file */
    uint64_t fresh;    /* not held before */
    uint64_t known;
    uint64_t waiting; /* for a predecessor that has not come */
    uint64_t refused;
} ts_bundle_counts_t;

typedef struct ts_bundle_in ts_bundle_in_t;

ts_bundle_in_t *ts_bundle_in_new(ts_node_t *node);
void ts_bundle_in_destroy(ts_bundle_in_t **self_p);
/* The next bytes of the file, at most TS_SEALED_CHUNK_BYTES at once; takes nothing in yet. What is
 * wrong with the file is remembered, see ts_bundle_in_verdict; then bytes are ignored. */
void ts_bundle_in_feed(ts_bundle_in_t *self, ts_bytes_t bytes);
/* No more bytes come. */
void ts_bundle_in_end(ts_bundle_in_t *self);
/* One batch of segments read so far into custody; *ret_more: there are others. Errors are those of
 * the disk: with FULL nothing of the batch is in and the bundle must be taken in again. */
TS_MUST_USE ts_err_t ts_bundle_in_store(ts_bundle_in_t *self, bool *ret_more);
const ts_bundle_counts_t *ts_bundle_in_counts(const ts_bundle_in_t *self);
/* NULL while it was not read. */
const ts_bundle_header_t *ts_bundle_in_header(const ts_bundle_in_t *self);
/* OK so far or, after the end, in all; else what ts_sealed_feed and ts_bundle_feed say, and:
 * INVALID no bundle but another sealed file (ts_bundle_in_what) or not for us, SIGNATURE the
 * manifest is not the maker's, HASH what was read is not what it was made of. */
ts_err_t ts_bundle_in_verdict(const ts_bundle_in_t *self);
/* Bytes stood behind the end: they were passed over. */
bool ts_bundle_in_has_more_behind(const ts_bundle_in_t *self);
/* What everybody can read of the file; NULL before it was read. */
const ts_sealed_head_t *ts_bundle_in_head(const ts_bundle_in_t *self);
/* Tips that the header's part names and that are not held now. */
TS_MUST_USE ts_err_t ts_bundle_in_missing(ts_bundle_in_t *self, uint64_t *ret_missing);
/* The key that signed; only after a verdict of OK. */
const ts_hash_t *ts_bundle_in_signer(const ts_bundle_in_t *self);
size_t ts_bundle_in_receipt_count(const ts_bundle_in_t *self);
const ts_tip_t *ts_bundle_in_receipts(const ts_bundle_in_t *self);

/* ---- bundle_receipt.c */

/* May what the maker says of itself count? The registry must be folded. */
typedef enum ts_bundle_word {
    TS_BUNDLE_WORD_COUNTS,
    TS_BUNDLE_WORD_UNKNOWN,  /* the registry does not name the office yet */
    TS_BUNDLE_WORD_KEY,      /* another installation signs for it */
    TS_BUNDLE_WORD_CUT_OFF,  /* it was cut off */
    TS_BUNDLE_WORD_STRANGER, /* neither above nor below us */
    TS_BUNDLE_WORD_STORE     /* it names the store of another as its own */
} ts_bundle_word_t;
ts_bundle_word_t
ts_bundle_word(const ts_node_t *node, const ts_bundle_header_t *header, const ts_hash_t *signer);

typedef struct ts_bundle_receipts {
    const ts_bundle_header_t *header;
    const ts_tip_t *tips;
    size_t count;
    size_t at;        /* begin with 0 */
    bool checked;     /* begin with false */
    bool is_newest;   /* out: no later bundle of the maker was taken in before */
    uint64_t unknown; /* out: tips of our own logs that we do not hold */
} ts_bundle_receipts_t;
/* One slice; ts_bundle_word must count. *ret_done: all is noted, the memo too. */
TS_MUST_USE ts_err_t ts_bundle_receipts_step(ts_node_t *node,
                                             ts_bundle_receipts_t *self,
                                             bool *ret_done);

#endif
