/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/record_text.h"

#include "base/i18n.h"
#include "base/limits.h"
#include "base/time.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One value on its way into a record. */
typedef struct setting {
    ts_record_t *record;
    const ts_resolver_t *resolver; /* NULL: short codes only */
    ts_msg_t *why;                 /* never NULL */
    const char *name;              /* field of a row, named with its value; else NULL */
} setting_t;

static ts_err_t
refuse(const setting_t *setting, ts_err_t err, const char *id, const char *text)
{
    if (setting->name == NULL) {
        ts_msg_make(setting->why, id, text, NULL);
        return err;
    }
    size_t bytes = strlen(setting->name) + strlen(text) + 2;
    char *named = ts_xmalloc(bytes);
    (void)snprintf(named, bytes, "%s=%s", setting->name, text);
    ts_msg_make(setting->why, id, named, NULL);
    ts_xfree(named);
    return err;
}

/* ---- text → number, by sense ---- */

/* Space between groups: plain, no-break or narrow no-break. Its length in bytes, 0 when `at` is
 * none. */
static size_t
space_bytes(const char *at)
{
    static const char *const spaces[] = {" ", "\xc2\xa0", "\xe2\x80\xaf"};
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
        if (strncmp(at, spaces[i], strlen(spaces[i])) == 0) {
            return strlen(spaces[i]);
        }
    }
    return 0;
}

/* Drops one of the words at the end of a sum of money, with the space before it. Returns the length
 * that is left. */
static size_t
without_currency(const char *text, size_t length)
{
    static const char *const words[] = {"đồng", "vnđ", "VNĐ", "vnd", "VND", "đ", "₫"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t bytes = strlen(words[i]);
        if (length > bytes && memcmp(text + length - bytes, words[i], bytes) == 0) {
            length -= bytes;
            break;
        }
    }
    while (length > 0 && text[length - 1] == ' ') {
        length--;
    }
    return length;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits, or groups of three behind a first one of 1..3, all with the same separator. */
static bool
parse_digits(const char *at, const char *end, uint64_t *ret_value)
{
    uint64_t value = 0;
    size_t group = 0;      /* digits since the last separator */
    char separator = '\0'; /* '.' or ' ' once seen */
    for (; at < end; at++) {
        size_t space = space_bytes(at);
        if (*at == '.' || space > 0) {
            char kind = *at == '.' ? '.' : ' ';
            if (separator == '\0' ? group < 1 || group > 3 : kind != separator || group != 3) {
                return false;
            }
            separator = kind;
            group = 0;
            at += space > 0 ? space - 1 : 0;
        } else if (is_digit(*at) && value <= (UINT64_MAX - 9) / 10) {
            value = value * 10 + (uint64_t)(*at - '0');
            group++;
        } else {
            return false;
        }
    }
    *ret_value = value;
    return separator == '\0' ? group > 0 : group == 3;
}

static ts_err_t
parse_number(const setting_t *setting,
             const ts_field_t *field,
             const char *text,
             int64_t *ret_value)
{
    size_t length = strlen(text);
    if (field->sense == TS_SENSE_VND) {
        length = without_currency(text, length);
    }
    bool negative = text[0] == '-';
    uint64_t value = 0;
    bool fine = parse_digits(text + negative, text + length, &value) && value <= INT64_MAX;
    if (!fine || (negative && field->type == TS_FIELD_UINT)) {
        return refuse(setting, TS_ERR_INVALID, N_("“{1}” is not a whole number"), text);
    }
    *ret_value = negative ? -(int64_t)value : (int64_t)value;
    return TS_ERR_OK;
}

static ts_err_t
parse_date(const setting_t *setting, const char *text, int64_t *ret_value)
{
    ts_date_t date = TS_DATE_NONE;
    ts_err_t err = ts_date_parse_iso(text, &date);
    int day = 0;
    int month = 0;
    int year = 0;
    char more = '\0';
    if (err != TS_ERR_OK && strlen(text) <= 10 &&
        sscanf(text, "%2d/%2d/%4d%c", &day, &month, &year, &more) == 3) {
        err = ts_date_from_civil(year, month, day, &date);
    }
    /* 0 means "no date" in a record, so that one day cannot be told. */
    if (err != TS_ERR_OK || date.days == 0 || year < 0) {
        return refuse(setting, TS_ERR_INVALID,
                      N_("“{1}” is not a date; write it like 2019-11-29 or 29/11/2019"), text);
    }
    *ret_value = date.days;
    return TS_ERR_OK;
}

static ts_err_t
parse_bool(const setting_t *setting, const char *text, int64_t *ret_value)
{
    static const struct {
        const char *word;
        int value;
    } words[] = {{"yes", 1}, {"true", 1}, {"1", 1},     {"có", 1}, {"Có", 1},    {"x", 1},
                 {"X", 1},   {"no", 0},   {"false", 0}, {"0", 0},  {"không", 0}, {"Không", 0}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].word, text) == 0) {
            *ret_value = words[i].value;
            return TS_ERR_OK;
        }
    }
    return refuse(setting, TS_ERR_INVALID, N_("“{1}” is neither yes nor no"), text);
}

/* Same word, whatever the case and whether a hyphen or a space stands for the underscore. */
static bool
same_word(const char *typed, const char *name)
{
    for (; *typed != '\0' && *name != '\0'; typed++, name++) {
        char c = *typed;
        if (c >= 'A' && c <= 'Z') {
            c = (char)(c - 'A' + 'a');
        } else if (c == '-' || c == ' ') {
            c = '_';
        }
        if (c != *name) {
            return false;
        }
    }
    return *typed == *name;
}

static ts_err_t
parse_enum(const setting_t *setting, const ts_field_t *field, const char *text, int64_t *ret_value)
{
    ts_buf_t names = {0};
    for (size_t i = 0; i < field->enum_count; i++) {
        if (same_word(text, field->enum_names[i].name)) {
            *ret_value = field->enum_names[i].value;
            ts_buf_free(&names);
            return TS_ERR_OK;
        }
        ts_buf_put_text(&names, i == 0 ? "" : ", ");
        ts_buf_put_text(&names, field->enum_names[i].name);
    }
    ts_buf_put_u8(&names, 0);
    ts_msg_make(setting->why, N_("“{1}” is not one of: {2}"), text, (const char *)names.data, NULL);
    ts_buf_free(&names);
    return TS_ERR_INVALID;
}

static ts_err_t
parse_reference(const setting_t *setting,
                const ts_field_t *field,
                const char *text,
                int64_t *ret_value)
{
    ts_record_id_t id = 0;
    ts_err_t err = TS_ERR_NOTFOUND;
    if (setting->resolver != NULL) {
        err = setting->resolver->resolve(setting->resolver->self, field->ref_kind, text, &id,
                                         setting->why);
    }
    if (err == TS_ERR_NOTFOUND && ts_record_code_parse(text, &id) == TS_ERR_OK) {
        ts_msg_free(setting->why);
        err = TS_ERR_OK;
    }
    if (err == TS_ERR_OK) {
        *ret_value = (int64_t)id;
        return TS_ERR_OK;
    }
    return setting->why->id != NULL
               ? err
               : refuse(setting, err, N_("nothing is known under “{1}”"), text);
}

static ts_err_t
parse_event(const setting_t *setting, const char *text, int64_t *ret_value)
{
    uint8_t bytes[8];
    if (ts_hex_parse(text, bytes, sizeof(bytes)) != TS_ERR_OK) {
        return refuse(setting, TS_ERR_INVALID,
                      N_("“{1}” is not the beginning of an event's hash: 16 hex digits"), text);
    }
    uint64_t value = ts_load_u64(bytes);
    memcpy(ret_value, &value, sizeof(value));
    return TS_ERR_OK;
}

static ts_err_t
set_number(const setting_t *setting, const char *path, const ts_field_t *field, const char *text)
{
    int64_t value = 0;
    ts_err_t err;
    if (field->sense == TS_SENSE_DATE) {
        err = parse_date(setting, text, &value);
    } else if (field->sense == TS_SENSE_REF || field->sense == TS_SENSE_FAR_REF) {
        err = parse_reference(setting, field, text, &value);
    } else if (field->sense == TS_SENSE_EVENT) {
        err = parse_event(setting, text, &value);
    } else if (field->type == TS_FIELD_BOOL) {
        err = parse_bool(setting, text, &value);
    } else if (field->type == TS_FIELD_ENUM) {
        err = parse_enum(setting, field, text, &value);
    } else {
        err = parse_number(setting, field, text, &value);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_record_set_number(setting->record, path, value);
    return err == TS_ERR_INVALID ? refuse(setting, err, N_("“{1}” is out of range"), text) : err;
}

static ts_err_t
set_bytes(const setting_t *setting, const char *path, const char *text)
{
    size_t length = strlen(text);
    if (length % 2 != 0 || length > 2 * (size_t)TS_EVENT_BYTES_MAX) {
        return refuse(setting, TS_ERR_INVALID,
                      N_("“{1}” is not a key of the right length in hex digits"), text);
    }
    uint8_t *data = ts_xmalloc(length / 2);
    ts_err_t err = ts_hex_parse(text, data, length / 2);
    if (err == TS_ERR_OK) {
        err = ts_record_set_bytes(setting->record, path, (ts_bytes_t){data, length / 2});
    }
    ts_xfree(data);
    return err == TS_ERR_INVALID
               ? refuse(setting, err, N_("“{1}” is not a key of the right length in hex digits"),
                        text)
               : err;
}

static ts_err_t
set_one(const setting_t *setting, const char *path, const ts_field_t *field, const char *text)
{
    ts_err_t err;
    if (text[0] == '\0') {
        err = ts_record_clear(setting->record, path);
    } else if (field->type == TS_FIELD_TEXT) {
        err = ts_record_set_string(setting->record, path, text);
    } else if (field->type == TS_FIELD_BYTES) {
        err = set_bytes(setting, path, text);
    } else {
        err = set_number(setting, path, field, text);
    }
    if (err == TS_ERR_OK || setting->why->id != NULL) {
        return err;
    }
    if (err == TS_ERR_LIMIT) {
        return refuse(setting, err, N_("too many rows"), "");
    }
    return err == TS_ERR_TOOBIG ? refuse(setting, err, N_("the text is too long"), "")
                                : refuse(setting, err, N_("the text is not valid UTF-8"), "");
}

/* ---- lists ---- */

/* Takes the part up to one of `stops` (or the end) off *at into `out`, a backslash taking the next
 * character as it is; spaces at both ends go. *at then stands at the stop or the end. */
static void
take_part(const char **at, const char *stops, char *out)
{
    size_t used = 0;
    size_t solid = 0; /* up to here nothing is trimmed */
    while (**at == ' ') {
        (*at)++;
    }
    while (**at != '\0' && strchr(stops, **at) == NULL) {
        if (**at == '\\' && (*at)[1] != '\0') {
            (*at)++;
            out[used++] = *(*at)++;
            solid = used;
            continue;
        }
        out[used++] = *(*at)++;
    }
    while (used > solid && out[used - 1] == ' ') {
        used--;
    }
    out[used] = '\0';
}

/* "beneficiary_ids[12].name"; a field name may be as long as the text it came from. */
static char *
row_path(const ts_child_list_t *list, size_t row, const char *field)
{
    size_t bytes = strlen(list->name) + strlen(field) + 32;
    char *path = ts_xmalloc(bytes);
    (void)snprintf(path, bytes, "%s[%zu]%s%s", list->name, row, field[0] == '\0' ? "" : ".", field);
    return path;
}

static ts_err_t
add_scalars(const setting_t *setting, const ts_child_list_t *list, const char *at, char *part)
{
    ts_err_t err = TS_ERR_OK;
    while (err == TS_ERR_OK && *at != '\0') {
        take_part(&at, ";", part);
        at += *at == ';';
        if (part[0] == '\0') {
            continue;
        }
        char *path = row_path(list, ts_child_count(list, ts_record_body(setting->record)), "");
        err = set_one(setting, path, &list->fields[0], part);
        ts_xfree(path);
    }
    return err;
}

/* Path of a field of a row as people call it: "band" is band_id, "value" is value_vnd. NULL
 * when there
 * is none; else the caller frees it. */
static char *
find_row_field(const ts_record_t *record,
               const ts_child_list_t *list,
               size_t row,
               const char *name,
               ts_record_place_t *ret_place)
{
    static const char *const endings[] = {"", "_id", "_far_id", "_on", "_vnd"};
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t length = strlen(name);
        char *field = ts_xmalloc(length + strlen(endings[i]) + 1);
        memcpy(field, name, length);
        memcpy(field + length, endings[i], strlen(endings[i]) + 1);
        char *path = row_path(list, row, field);
        ts_xfree(field);
        if (ts_record_find(record, path, ret_place) == TS_ERR_OK) {
            return path;
        }
        ts_xfree(path);
    }
    return NULL;
}

/* "item=gạo;quantity=50": every field of one row. */
static ts_err_t
add_row(const setting_t *setting, const ts_child_list_t *list, const char **at, char *part)
{
    size_t row = ts_child_count(list, ts_record_body(setting->record));
    ts_err_t err = TS_ERR_OK;
    while (err == TS_ERR_OK && **at != '\0' && **at != '|') {
        take_part(at, "=;|", part);
        if (**at != '=') {
            if (part[0] != '\0') {
                return refuse(setting, TS_ERR_INVALID, N_("“{1}” is not of the form name=value"),
                              part);
            }
            *at += **at == ';';
            continue;
        }
        (*at)++;
        ts_record_place_t place;
        char *path = find_row_field(setting->record, list, row, part, &place);
        if (path == NULL) {
            return refuse(setting, TS_ERR_NOTFOUND, N_("there is no field “{1}”"), part);
        }
        take_part(at, ";|", part);
        *at += **at == ';';
        setting_t of_row = *setting;
        of_row.name = place.field->name;
        err = set_one(&of_row, path, place.field, part);
        ts_xfree(path);
    }
    return err;
}

static ts_err_t
set_list(const setting_t *setting, const ts_child_list_t *list, const char *text)
{
    if (text[0] == '\0') {
        return ts_record_clear(setting->record, list->name);
    }
    char *part = ts_xmalloc(strlen(text) + 1);
    ts_err_t err = TS_ERR_OK;
    if (list->is_scalar) {
        err = add_scalars(setting, list, text, part);
    } else {
        const char *at = text;
        while (err == TS_ERR_OK && *at != '\0') {
            err = add_row(setting, list, &at, part);
            at += err == TS_ERR_OK && *at == '|';
        }
    }
    ts_xfree(part);
    return err;
}

ts_err_t
ts_record_set_text(ts_record_t *self,
                   const char *path,
                   const char *text,
                   const ts_resolver_t *resolver,
                   ts_msg_t *ret_why)
{
    ts_msg_t why = {0};
    setting_t setting = {.record = self, .resolver = resolver, .why = &why};
    ts_record_place_t place;
    ts_err_t err = ts_record_find(self, path, &place);
    if (err != TS_ERR_OK) {
        err = refuse(&setting, TS_ERR_NOTFOUND, N_("there is no field “{1}”"), path);
    } else if (place.field == NULL) {
        err = set_list(&setting, place.list, text);
    } else {
        err = set_one(&setting, path, place.field, text);
    }
    if (err != TS_ERR_OK && ret_why != NULL) {
        ts_msg_move(ret_why, &why);
    }
    ts_msg_free(&why);
    return err;
}

/* ---- number → text ---- */

static void
put_hex(ts_buf_t *out, const uint8_t *data, size_t length)
{
    char *hex = ts_xmalloc(2 * length + 1);
    ts_hex_format(data, length, hex);
    ts_buf_put_text(out, hex);
    ts_xfree(hex);
}

static void
put_number(ts_buf_t *out, const ts_field_t *field, int64_t value)
{
    char text[32];
    if (field->type == TS_FIELD_ENUM) {
        const char *name = ts_field_enum_name(field, value);
        ts_buf_put_text(out, name == NULL ? "" : name);
        return;
    }
    if (field->type == TS_FIELD_BOOL) {
        ts_buf_put_text(out, value == 0 ? "no" : "yes");
        return;
    }
    if (field->sense == TS_SENSE_DATE) {
        ts_date_format_iso((ts_date_t){value == 0 ? INT32_MIN : (int32_t)value}, text,
                           sizeof(text));
    } else if (field->sense == TS_SENSE_EVENT) {
        uint8_t bytes[8];
        ts_store_u64(bytes, (uint64_t)value);
        ts_hex_format(bytes, value == 0 ? 0 : sizeof(bytes), text);
    } else if (field->sense == TS_SENSE_REF || field->sense == TS_SENSE_FAR_REF) {
        ts_record_code_format((ts_record_id_t)value, text, sizeof(text));
        if (value == 0) {
            text[0] = '\0';
        }
    } else {
        (void)snprintf(text, sizeof(text), "%" PRId64, value);
    }
    ts_buf_put_text(out, text);
}

void
ts_record_put_text(ts_buf_t *out, const ts_field_t *field, const void *record)
{
    if (field->type == TS_FIELD_TEXT) {
        ts_buf_put_text(out, ts_field_get_text(field, record));
    } else if (field->type == TS_FIELD_BYTES) {
        size_t length;
        const uint8_t *data = ts_field_get_bytes(field, record, &length);
        put_hex(out, data, length);
    } else {
        put_number(out, field, ts_field_get_number(field, record));
    }
}
