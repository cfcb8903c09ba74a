/* SPDX-License-Identifier: MPL-2.0 */
#include "base/i18n.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "wire/json.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Bytes of one record as JSON: an event's bytes, each as an escape. */
enum { JSON_BYTES_MAX = 1 << 20 };

/* What every step hands on. */
typedef struct reading {
    ts_record_t *record;
    const ts_resolver_t *resolver;
    ts_msg_t why;
    char *path; /* of the field that is refused; owned */
} reading_t;

static ts_err_t
refuse(reading_t *reading, ts_err_t err, const char *path, const char *text)
{
    ts_xfree(reading->path);
    reading->path = ts_xstrdup(path);
    if (text != NULL) {
        ts_msg_make(&reading->why, text, NULL);
    }
    return err;
}

static ts_err_t
set_text(reading_t *reading, const char *path, const char *text)
{
    ts_err_t err =
        ts_record_set_text(reading->record, path, text, reading->resolver, &reading->why);
    return err == TS_ERR_OK ? err : refuse(reading, err, path, NULL);
}

/* A value of one field. JSON's own types say what text would: numbers and truth values go the same
 * way as typed ones. */
static ts_err_t
set_scalar(reading_t *reading, const char *path, const json_t *value)
{
    char text[32];
    switch (json_typeof(value)) {
    case JSON_NULL:
        return set_text(reading, path, "");
    case JSON_STRING:
        return set_text(reading, path, json_string_value(value));
    case JSON_TRUE:
        return set_text(reading, path, "yes");
    case JSON_FALSE:
        return set_text(reading, path, "no");
    case JSON_INTEGER:
        (void)snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return set_text(reading, path, text);
    case JSON_REAL:
        return refuse(reading, TS_ERR_INVALID, path, N_("only whole numbers are known here"));
    case JSON_OBJECT:
    case JSON_ARRAY:
    default:
        return refuse(reading, TS_ERR_INVALID, path, N_("has the wrong type"));
    }
}

static ts_err_t
set_row(reading_t *reading, const ts_child_list_t *list, json_t *row)
{
    const char *key;
    json_t *value;
    ts_err_t err = TS_ERR_OK;
    char path[128];
    size_t index = ts_child_count(list, ts_record_body(reading->record));
    (void)snprintf(path, sizeof(path), "%s[%zu]", list->name, index);
    if (!json_is_object(row)) {
        return set_scalar(reading, path, row);
    }
    json_object_foreach(row, key, value)
    {
        int wrote = snprintf(path, sizeof(path), "%s[%zu].%s", list->name, index, key);
        if (wrote < 0 || (size_t)wrote >= sizeof(path)) {
            return refuse(reading, TS_ERR_NOTFOUND, list->name, N_("there is no such field"));
        }
        err = set_scalar(reading, path, value);
        if (err != TS_ERR_OK) {
            break;
        }
    }
    return err;
}

static ts_err_t
set_list(reading_t *reading, const ts_child_list_t *list, const json_t *rows)
{
    if (!json_is_array(rows) && !json_is_null(rows)) {
        return refuse(reading, TS_ERR_INVALID, list->name, N_("has the wrong type"));
    }
    ts_err_t err = ts_record_clear(reading->record, list->name);
    for (size_t i = 0; err == TS_ERR_OK && i < json_array_size(rows); i++) {
        err = set_row(reading, list, json_array_get(rows, i));
    }
    return err;
}

static ts_err_t
set_object(reading_t *reading, json_t *object)
{
    const char *key;
    json_t *value;
    ts_err_t err = TS_ERR_OK;
    json_object_foreach(object, key, value)
    {
        ts_record_place_t place;
        err = ts_record_find(reading->record, key, &place);
        if (err != TS_ERR_OK || strchr(key, '[') != NULL) {
            return refuse(reading, TS_ERR_NOTFOUND, key, N_("there is no such field"));
        }
        err = place.field == NULL ? set_list(reading, place.list, value)
                                  : set_scalar(reading, key, value);
        if (err != TS_ERR_OK) {
            break;
        }
    }
    return err;
}

/* Whole text; *ret_root is the caller's also when it is no object. */
static ts_err_t
parse(reading_t *reading, ts_bytes_t json, json_t **ret_root)
{
    json_error_t error;
    if (json.length > JSON_BYTES_MAX) {
        ts_msg_make(&reading->why, N_("the text is too long"), NULL);
        return TS_ERR_TOOBIG;
    }
    *ret_root = json_loadb((const char *)json.data, json.length, JSON_REJECT_DUPLICATES, &error);
    if (*ret_root == NULL) {
        ts_msg_make(&reading->why, N_("not JSON: {1}"), error.text, NULL);
        return TS_ERR_INVALID;
    }
    if (!json_is_object(*ret_root)) {
        ts_msg_make(&reading->why, N_("not a JSON object"), NULL);
        return TS_ERR_INVALID;
    }
    return TS_ERR_OK;
}

ts_err_t
ts_json_read_record(ts_record_t *record,
                    ts_bytes_t json,
                    const ts_resolver_t *resolver,
                    ts_msg_t *ret_why,
                    char **ret_path)
{
    reading_t reading = {.record = record, .resolver = resolver};
    json_t *root = NULL;
    ts_err_t err = parse(&reading, json, &root);
    if (err == TS_ERR_OK) {
        err = set_object(&reading, root);
    }
    json_decref(root);
    if (err != TS_ERR_OK && ret_path != NULL) {
        *ret_path = reading.path;
        reading.path = NULL;
    }
    if (err != TS_ERR_OK && ret_why != NULL) {
        ts_msg_move(ret_why, &reading.why);
    }
    ts_msg_free(&reading.why);
    ts_xfree(reading.path);
    return err;
}
