/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Bytes as an event: what the strict reader accepts, the protobuf library reads to the same, and it
 * can be written again, shown as JSON and copied. The first byte chooses a kind, so that bodies are
 * reached without guessing a header; 0: the bytes are a whole event.
 */
#include "fuzz/fuzz.h"
#include "support/wire_samples.h"
#include "wire/json.h"
#include "wire/schema.h"

static void
as_body(const ts_kind_schema_t *kind, ts_bytes_t body)
{
    ts_record_t *record = NULL;
    ts_buf_t json = {0};
    ts_buf_t packed = {0};
    ts_buf_t again = {0};
    if (ts_record_unpack(kind, body, &record) != TS_ERR_OK) {
        return;
    }
    ts_json_put_record(&json, kind, ts_record_body(record));
    ts_record_pack(record, &packed);
    ts_record_t *copy = ts_record_copy(kind, ts_record_body(record));
    ts_record_pack(copy, &again);
    TS_CHECK(packed.length == again.length);
    ts_record_destroy(&copy);
    ts_record_destroy(&record);
    ts_buf_free(&json);
    ts_buf_free(&packed);
    ts_buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ts_event_decoder_t *decoder;
    const ts_schema_t *schema = ts_wire_schema();
    if (decoder == NULL) {
        decoder = ts_event_decoder_new();
    }
    if (size == 0) {
        return 0;
    }
    ts_bytes_t rest = {data + 1, size - 1};
    if (data[0] == 0) {
        (void)check_event_against_library(decoder, rest);
    } else {
        as_body(&schema->kinds[data[0] % schema->count], rest);
    }
    return 0;
}
