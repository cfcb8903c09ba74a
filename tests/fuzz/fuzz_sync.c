/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: any bytes are a frame of a session or are refused; what is accepted says the same when it
 * is written and read again. Method: decode, encode, decode, compare.
 */
#include "fuzz/fuzz.h"
#include "support/wire_samples.h"
#include "wire/sync_wire.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ts_sync_decoder_t *one;
    static ts_sync_decoder_t *two;
    ts_sync_msg_t msg;
    ts_sync_msg_t again;
    ts_buf_t frame = {0};
    if (one == NULL) {
        one = ts_sync_decoder_new();
        two = ts_sync_decoder_new();
    }
    if (ts_sync_decode(one, (ts_bytes_t){data, size}, &msg) == TS_ERR_OK) {
        ts_sync_encode(&msg, &frame);
        ts_err_t err = ts_sync_decode(two, ts_buf_bytes(&frame), &again);
        TS_CHECK(err == TS_ERR_OK);
        check_sync_equal(&msg, &again);
    }
    ts_buf_free(&frame);
    return 0;
}
