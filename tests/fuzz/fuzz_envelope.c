/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: any bytes are judged as envelope and as genesis without harm, and what is accepted is
 * exactly what its fields say. Method: bytes as a segment, as its beginning and as a genesis; what
 * is accepted is written again and must give the same bytes.
 */
#include "base/limits.h"
#include "core/envelope.h"
#include "fuzz/fuzz.h"

#include <string.h>

static void
check_genesis(ts_bytes_t bytes)
{
    ts_genesis_t genesis;
    ts_buf_t again = {0};
    if (ts_genesis_parse(bytes, &genesis) == TS_ERR_OK) {
        TS_CHECK(bytes.length == TS_GENESIS_BYTES);
        TS_CHECK(genesis.office >= 1 && genesis.office <= TS_RECORD_OFFICE_MAX);
        ts_genesis_put(&again, &genesis);
        TS_CHECK(again.length == TS_GENESIS_BYTES);
        TS_CHECK(memcmp(again.data, bytes.data, TS_GENESIS_BYTES) == 0);
    }
    ts_buf_free(&again);
}

static void
check_segment(const ts_segment_view_t *view)
{
    const ts_segment_header_t *header = &view->header;
    ts_buf_t again = {0};
    ts_segment_put_header(&again, header);
    TS_CHECK(memcmp(again.data, view->whole.data, TS_SEGMENT_HEADER_BYTES) == 0);
    TS_CHECK(view->payload.length == header->stored_bytes);
    TS_CHECK(view->payload.data + view->payload.length == view->whole.data + view->whole.length);
    uint64_t last = ts_segment_last_seq(header);
    TS_CHECK(last <= INT64_MAX && (header->count == 0 || last >= header->first_seq));
    TS_CHECK(header->raw_bytes <= TS_PAYLOAD_RAW_BYTES_MAX);
    if ((header->flags & TS_SEGMENT_GENESIS) != 0) {
        check_genesis(view->payload);
    }
    ts_buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ts_bytes_t bytes = {data, size};
    ts_segment_view_t view;
    ts_segment_header_t header;
    uint32_t whole = 0;
    ts_err_t parsed = ts_segment_parse(bytes, &view);
    ts_err_t peeked = ts_segment_peek(bytes, &header, &whole);
    if (peeked == TS_ERR_OK) {
        TS_CHECK(whole > TS_SEGMENT_FIXED_BYTES && whole <= TS_SEGMENT_BYTES_MAX);
        TS_CHECK((parsed == TS_ERR_OK) == (whole == size));
    }
    if (parsed == TS_ERR_OK) {
        TS_CHECK(peeked == TS_ERR_OK);
        check_segment(&view);
    }
    check_genesis(bytes);
    return 0;
}
