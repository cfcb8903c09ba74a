/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Sets a field of a record from what a person typed or a sheet holds, by the schema's sense of the
 * field: date       2019-11-29 or 29/11/2019 number     1200000, 1.200.000 or 1 200 000 (groups of
 * three; no decimals), also -5; vnd the same, a final đ or VND is dropped yes/no     yes no true
 * false 1 0 có không x enum       its name: verified, bao_cao (a hyphen or space stands for the
 * underscore; any case) reference  short code, or what the resolver knows (code of a unit, line,
 * body …) key        64 hex digits;  event prefix: the first 16 hex digits of the event id list
 * "items": one row, "item=gạo;quantity=50;unit_of_measure=kg" is added; more rows with | between
 * them; \ before ; | = \ takes the character itself. Scalar list: values with ; between them are
 * added. Empty text: no rows. In a row _id,
 * _far_id, _on and _vnd may be left out of a name. Empty text clears the field. Text is kept
 * as given (NFC and trimming
 * are the caller's).
 */
#ifndef TS_WIRE_RECORD_TEXT_H
#define TS_WIRE_RECORD_TEXT_H

#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"
#include "wire/record.h"

/* Asked for every reference text that is not empty, before short codes are tried. */
typedef struct ts_resolver {
    /* ref_kind: Kind, 0 = any. OK with the id; NOTFOUND: not known (then a short code is tried);
     * any other error stops, with why. */
    ts_err_t (*resolve)(
        void *self, uint32_t ref_kind, const char *text, ts_record_id_t *ret_id, ts_msg_t *ret_why);
    void *self;
} ts_resolver_t;

/* `path` as in record.h, also a list's name alone. resolver may be NULL (short codes only). On
 * error *ret_why (may be NULL) says what is wrong with the value, without its place: NOTFOUND no
 * such field or nothing of that code, INVALID, TOOBIG, LIMIT. A list may then have a row more:
 * destroy the record. */
TS_MUST_USE ts_err_t ts_record_set_text(ts_record_t *self,
                                        const char *path,
                                        const char *text,
                                        const ts_resolver_t *resolver,
                                        ts_msg_t *ret_why);
/* A field's value as text that ts_record_set_text reads back (references as short codes), appended;
 * "" for none. */
void ts_record_put_text(ts_buf_t *out, const ts_field_t *field, const void *record);

#endif
