/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what a person types, as JSON or as one field's text, gives a record that everybody can
 * read, or a reason. Method: the first byte chooses the kind; even second byte: the rest is JSON;
 * odd:
 * "<path>\0<text>". What was set is packed and read again.
 */
#include "base/limits.h"
#include "base/xalloc.h"
#include "fuzz/fuzz.h"
#include "wire/json.h"
#include "wire/record.h"
#include "wire/record_text.h"
#include "wire/schema.h"

#include <string.h>

/* What JSON or text sets must be an event that everybody reads. */
static void
check_record(const ts_record_t *record)
{
    ts_buf_t body = {0};
    ts_buf_t shown = {0};
    ts_record_t *again = NULL;
    ts_record_pack(record, &body);
    ts_err_t err = ts_record_unpack(ts_record_kind(record), ts_buf_bytes(&body), &again);
    TS_CHECK(err == TS_ERR_OK || (err == TS_ERR_TOOBIG && body.length > TS_EVENT_BYTES_MAX));
    ts_json_put_record(&shown, ts_record_kind(record), ts_record_body(record));
    ts_record_destroy(&again);
    ts_buf_free(&body);
    ts_buf_free(&shown);
}

static void
as_json(ts_record_t *record, ts_bytes_t bytes)
{
    ts_msg_t why = {0};
    char *path = NULL;
    ts_err_t err = ts_json_read_record(record, bytes, NULL, &why, &path);
    TS_CHECK((err == TS_ERR_OK) == (why.id == NULL));
    ts_msg_free(&why);
    ts_xfree(path);
}

static void
as_text(ts_record_t *record, ts_bytes_t bytes)
{
    char *path = ts_xstrndup((const char *)bytes.data, bytes.length);
    size_t length = strlen(path);
    const char *text = length < bytes.length ? path + length + 1 : "";
    ts_msg_t why = {0};
    ts_err_t err = ts_record_set_text(record, path, text, NULL, &why);
    TS_CHECK((err == TS_ERR_OK) == (why.id == NULL));
    ts_msg_free(&why);
    ts_xfree(path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ts_schema_t *schema = ts_wire_schema();
    if (size < 2) {
        return 0;
    }
    ts_record_t *record = ts_record_new(&schema->kinds[data[0] % schema->count]);
    ts_bytes_t rest = {data + 2, size - 2};
    if (data[1] % 2 == 0) {
        as_json(record, rest);
    } else {
        as_text(record, rest);
    }
    check_record(record);
    ts_record_destroy(&record);
    return 0;
}
