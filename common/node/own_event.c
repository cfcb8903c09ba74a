/* SPDX-License-Identifier: MPL-2.0 */
#include "node/own_event.h"

#include "base/check.h"
#include "core/kind.h"

#include <stdio.h>

#define RECORDER 1u /* account under which the program itself writes */

void
ts_own_event_put_tip(ts_record_t *record, size_t index, const ts_tip_t *tip)
{
    const struct {
        const char *field;
        const ts_hash_t *hash;
    } keys[] = {{"log_key", &tip->log}, {"hash_key", &tip->hash}};
    char path[48];
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        (void)snprintf(path, sizeof path, "tips[%zu].%s", index, keys[i].field);
        ts_err_t err =
            ts_record_set_bytes(record, path, (ts_bytes_t){keys[i].hash->b, TS_HASH_BYTES});
        TS_CHECK(err == TS_ERR_OK);
    }
    (void)snprintf(path, sizeof path, "tips[%zu].seq", index);
    ts_err_t err = ts_record_set_number(record, path, (int64_t)tip->seq);
    TS_CHECK(err == TS_ERR_OK);
}

ts_err_t
ts_own_event_write(ts_node_t *self,
                   uint8_t purpose,
                   ts_record_id_t audience,
                   const ts_event_header_t *header,
                   const ts_kind_schema_t *kind,
                   const ts_record_t *record)
{
    ts_event_header_t whole = *header;
    whole.kind = kind->kind;
    whole.version = kind->version;
    whole.claimed_s = (uint64_t)(self->wall.ms / 1000);
    whole.author = RECORDER;
    whole.author_role = TS_ROLE_OPERATOR;
    ts_buf_t bytes = {0};
    ts_msg_t why = {0};
    ts_err_t err = ts_event_encode(&whole, kind, ts_record_body(record), &bytes, &why);
    if (err == TS_ERR_OK) {
        ts_new_event_t event = {purpose, audience, ts_buf_bytes(&bytes), {{0}}};
        err = ts_logs_write(self, &event, 1);
    }
    ts_buf_free(&bytes);
    ts_msg_free(&why);
    return err;
}
