/* SPDX-License-Identifier: MPL-2.0 */
#include "core/report_p.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <string.h>

/* A code as a person wrote it may be so long; a longer one is replaced by the record's own. */
#define WANTED_BYTES_MAX 56
#define UNIT_CODE_BYTES_MAX 40

typedef struct code_key {
    uint64_t id;
    uint64_t kind;
} code_key_t;

/* No padding: a map key. */
typedef struct code_text {
    uint64_t kind;
    char text[TS_REPORT_CODE_BYTES];
} code_text_t;

void
ts_codes_open(ts_computing_t *self)
{
    self->codes = ts_map_new(sizeof(code_key_t), TS_REPORT_CODE_BYTES);
    self->by_code = ts_map_new(sizeof(code_text_t), sizeof(uint64_t));
}

void
ts_codes_close(ts_computing_t *self)
{
    ts_map_destroy(&self->codes);
    ts_map_destroy(&self->by_code);
}

static void
append(char *out, const char *text)
{
    size_t length = strlen(out);
    size_t more = strlen(text);
    more = more < TS_REPORT_CODE_BYTES - 1 - length ? more : TS_REPORT_CODE_BYTES - 1 - length;
    memcpy(out + length, text, more);
    out[length + more] = '\0';
}

const char *
ts_code_of(ts_computing_t *self, uint32_t kind, ts_record_id_t id, const char *wanted, char *out)
{
    const code_key_t key = {id, kind};
    const char *known = ts_map_get(self->codes, &key);
    if (known != NULL) {
        memcpy(out, known, TS_REPORT_CODE_BYTES);
        return out;
    }
    char short_code[TS_CODE_BYTES_MAX];
    ts_record_code_format(id, short_code, sizeof short_code);
    code_text_t text;
    memset(&text, 0, sizeof text);
    text.kind = kind;
    bool usable = wanted != NULL && wanted[0] != '\0' && strlen(wanted) < WANTED_BYTES_MAX;
    append(text.text, usable ? wanted : short_code);
    if (ts_map_get(self->by_code, &text) != NULL) {
        append(text.text, "~");
        append(text.text, short_code);
    }
    *(uint64_t *)ts_map_put(self->by_code, &text) = id;
    memcpy(ts_map_put(self->codes, &key), text.text, TS_REPORT_CODE_BYTES);
    memcpy(out, text.text, TS_REPORT_CODE_BYTES);
    return out;
}

const char *
ts_code_unit(ts_computing_t *self, ts_record_id_t unit, char *out)
{
    const ts_unit_t *row = ts_catalog_unit(self->catalog, unit);
    char wanted[TS_REPORT_CODE_BYTES] = "";
    if (row != NULL && strlen(row->code) < UNIT_CODE_BYTES_MAX) {
        append(wanted, row->code);
        if (row->from != 0) {
            char day[TS_DATE_BYTES];
            ts_date_format_iso((ts_date_t){row->from}, day, sizeof day);
            append(wanted, "@");
            append(wanted, day);
        }
    }
    return ts_code_of(self, TIEPSUC__V1__KIND__KIND_UNIT, unit, wanted, out);
}

const char *
ts_code_line(ts_computing_t *self, ts_record_id_t line, char *out)
{
    const ts_line_t *row = ts_catalog_line(self->catalog, line);
    return ts_code_of(self, TIEPSUC__V1__KIND__KIND_LINE, line, row == NULL ? NULL : row->code,
                      out);
}

const char *
ts_code_band(ts_computing_t *self, ts_record_id_t band, char *out)
{
    const ts_band_t *row = ts_catalog_band(self->catalog, band);
    const char *wanted = band == 0 ? "unknown" : row == NULL ? NULL : row->code;
    return ts_code_of(self, TIEPSUC__V1__KIND__KIND_BAND, band, wanted, out);
}

const char *
ts_code_fund(ts_computing_t *self, ts_record_id_t fund, char *out)
{
    const char *wanted = NULL;
    for (size_t i = 0; i < self->in->fund_count; i++) {
        if (self->in->funds[i].id == fund) {
            wanted = self->in->funds[i].code;
        }
    }
    return ts_code_of(self, TIEPSUC__V1__KIND__KIND_FUND, fund, wanted, out);
}

const char *
ts_code_body(ts_computing_t *self, const ts_body_t *body, char *out)
{
    if (body == NULL) {
        out[0] = '\0';
        return out;
    }
    return ts_code_of(self, TIEPSUC__V1__KIND__KIND_BODY, body->id, body->code, out);
}

const char *
ts_code_sex(uint32_t sex)
{
    switch (sex) {
    case TIEPSUC__V1__SEX__SEX_MALE:
        return "m";
    case TIEPSUC__V1__SEX__SEX_FEMALE:
        return "f";
    default:
        return "u";
    }
}
