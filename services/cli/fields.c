/* SPDX-License-Identifier: MPL-2.0 */
#include "base/buf.h"
#include "base/check.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "core/labels.h"
#include "shared/term.h"
#include "wire/record_text.h"
#include "wire/schema.h"

#include <string.h>

#define CANDIDATES_MAX 512u
#define NAME_BYTES_MAX 64u

/* What a person may leave away at the end of a name. */
static const char *const endings[] = {"", "_id", "_far_id", "_ids", "s", "_on", "_vnd", "_key"};
enum { ENDINGS = sizeof endings / sizeof endings[0] };

const ts_kind_schema_t *
ts_fields_kind(ts_cli_t *self, const char *name)
{
    char wanted[NAME_BYTES_MAX];
    const ts_schema_t *schema = ts_wire_schema();
    const char *candidates[CANDIDATES_MAX];
    size_t count = 0;
    (void)snprintf(wanted, sizeof wanted, "%s", name);
    for (char *at = wanted; *at != '\0'; at++) {
        *at = *at == '-' ? '_' : *at;
    }
    const ts_kind_schema_t *kind = ts_schema_named(schema, wanted);
    if (kind != NULL) {
        return kind;
    }
    ts_buf_t all = {.length = 0};
    for (size_t i = 0; i < schema->count && count < CANDIDATES_MAX; i++) {
        candidates[count++] = schema->kinds[i].name;
        ts_buf_put_text(&all, i == 0 ? "" : ", ");
        ts_buf_put_text(&all, schema->kinds[i].name);
    }
    ts_buf_put_u8(&all, '\0');
    const char *near = ts_suggest(wanted, candidates, count);
    if (near != NULL) {
        (void)ts_cli_misuse(self, N_("there is no kind of record “{1}”; did you mean “{2}”?"), name,
                            near, NULL);
    } else {
        (void)ts_cli_misuse(self, N_("there is no kind of record “{1}”; there are: {2}"), name,
                            (const char *)all.data, NULL);
    }
    ts_buf_free(&all);
    return NULL;
}

/* ---- names */

/* The schema's name of a field or list, of a list's field when `list` is given; NULL. */
static const char *
full_name(const ts_kind_schema_t *kind, const ts_child_list_t *list, const char *name)
{
    char tried[NAME_BYTES_MAX];
    for (size_t e = 0; e < ENDINGS; e++) {
        int bytes = snprintf(tried, sizeof tried, "%s%s", name, endings[e]);
        if (bytes < 0 || (size_t)bytes >= sizeof tried) {
            return NULL;
        }
        for (size_t i = 0; list != NULL && i < list->field_count; i++) {
            if (strcmp(list->fields[i].name, tried) == 0) {
                return list->fields[i].name;
            }
        }
        if (list == NULL && ts_schema_field(kind, tried) != NULL) {
            return ts_schema_field(kind, tried)->name;
        }
        if (list == NULL && ts_schema_list(kind, tried) != NULL) {
            return ts_schema_list(kind, tried)->name;
        }
    }
    return NULL;
}

/* "unit_id" → "unit", as people write it; `out` has NAME_BYTES_MAX. dashes: with - for _. */
static const char *
short_name(const char *name, bool dashes, char *out)
{
    static const char *const dropped[] = {"_far_id", "_ids", "_id"};
    (void)snprintf(out, NAME_BYTES_MAX, "%s", name);
    for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++) {
        size_t bytes = strlen(out);
        size_t ending = strlen(dropped[i]);
        if (bytes > ending && strcmp(out + bytes - ending, dropped[i]) == 0) {
            out[bytes - ending] = '\0';
            break;
        }
    }
    for (char *at = out; dashes && *at != '\0'; at++) {
        *at = *at == '_' ? '-' : *at;
    }
    return out;
}

static int
unknown_field(ts_cli_t *self,
              const ts_kind_schema_t *kind,
              const ts_child_list_t *list,
              const char *name,
              const char *const *header_fields)
{
    static char shorts[CANDIDATES_MAX][NAME_BYTES_MAX];
    const char *candidates[CANDIDATES_MAX];
    size_t count = 0;
    for (size_t i = 0; list != NULL && i < list->field_count && count < CANDIDATES_MAX;
         i++, count++) {
        candidates[count] = short_name(list->fields[i].name, false, shorts[count]);
    }
    for (size_t i = 0; list == NULL && i < kind->field_count && count < CANDIDATES_MAX;
         i++, count++) {
        candidates[count] = short_name(kind->fields[i].name, false, shorts[count]);
    }
    for (size_t i = 0; list == NULL && i < kind->list_count && count < CANDIDATES_MAX;
         i++, count++) {
        candidates[count] = short_name(kind->lists[i].name, false, shorts[count]);
    }
    for (size_t i = 0; list == NULL && header_fields[i] != NULL && count < CANDIDATES_MAX; i++) {
        candidates[count++] = header_fields[i];
    }
    const char *near = ts_suggest(name, candidates, count);
    const char *what = ts_label_kind(kind->name);
    const char *said = what == NULL ? kind->name : ts_say(what);
    if (near == NULL) {
        return ts_cli_misuse(self,
                             N_("“{1}” has no field “{2}”; “tiepsuc help add {3}” lists them"),
                             said, name, kind->name, NULL);
    }
    return ts_cli_misuse(self, N_("“{1}” has no field “{2}”; did you mean “{3}”?"), said, name,
                         near, NULL);
}

/* ---- rows of lists */

/* Writes "band=primary;count=12" with the schema's names. NOTFOUND: *ret_bad is the name that is
 * none (the caller frees). */
static ts_err_t
rewrite_rows(const ts_kind_schema_t *kind,
             const ts_child_list_t *list,
             const char *text,
             ts_buf_t *out,
             char **ret_bad)
{
    bool in_value = false;
    while (*text != '\0') {
        if (in_value) {
            size_t bytes = *text == '\\' && text[1] != '\0' ? 2 : 1;
            in_value = *text != ';' && *text != '|';
            ts_buf_put(out, text, bytes);
            text += bytes;
            continue;
        }
        size_t spaces = strspn(text, " ");
        size_t bytes = strcspn(text + spaces, "=;|");
        char *name = ts_xstrndup(text + spaces, bytes);
        text += spaces + bytes;
        while (bytes > 0 && name[bytes - 1] == ' ') {
            name[--bytes] = '\0';
        }
        const char *full = *text == '=' ? full_name(kind, list, name) : name;
        if (full == NULL) {
            *ret_bad = name;
            return TS_ERR_NOTFOUND;
        }
        ts_buf_put_text(out, full);
        ts_xfree(name);
        in_value = *text == '=';
        if (*text != '\0') {
            ts_buf_put_u8(out, (uint8_t)*text++);
        }
    }
    return TS_ERR_OK;
}

/* ---- settling */

/* Names are known to the process only; here every one is taken for good. */
static ts_err_t
believe(void *self, uint32_t ref_kind, const char *text, ts_record_id_t *ret_id, ts_msg_t *ret_why)
{
    (void)self;
    (void)ref_kind;
    (void)text;
    (void)ret_why;
    *ret_id = 1;
    return TS_ERR_OK;
}

static bool
is_header_field(const char *const *header_fields, const char *name)
{
    for (size_t i = 0; header_fields[i] != NULL; i++) {
        if (strcmp(header_fields[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static int
settle_one(ts_cli_t *self,
           ts_cli_given_t *given,
           const ts_kind_schema_t *kind,
           ts_record_t *trial,
           const char *const *header_fields)
{
    static const ts_resolver_t believing = {.resolve = believe};
    const char *name = full_name(kind, NULL, given->name);
    if (name == NULL) {
        return is_header_field(header_fields, given->name)
                   ? TS_CLI_GOOD
                   : unknown_field(self, kind, NULL, given->name, header_fields);
    }
    const ts_child_list_t *list = ts_schema_list(kind, name);
    if (list != NULL && !list->is_scalar) {
        ts_buf_t rows = {.length = 0};
        char *bad = NULL;
        if (rewrite_rows(kind, list, given->value, &rows, &bad) != TS_ERR_OK) {
            int exit_code = unknown_field(self, kind, list, bad, header_fields);
            ts_xfree(bad);
            ts_buf_free(&rows);
            return exit_code;
        }
        ts_buf_put_u8(&rows, '\0');
        given->kept = (char *)rows.data;
        given->value = given->kept;
    }
    ts_msg_t why = {.id = NULL};
    if (ts_record_set_text(trial, name, given->value, &believing, &why) != TS_ERR_OK) {
        char *reason = ts_say_msg(&why);
        char option[NAME_BYTES_MAX];
        int exit_code =
            ts_cli_misuse(self, N_("--{1}: {2}"), short_name(name, true, option), reason, NULL);
        ts_xfree(reason);
        ts_msg_free(&why);
        return exit_code;
    }
    char sent[NAME_BYTES_MAX];
    ts_xfree(given->name);
    given->name = ts_xstrdup(list != NULL ? name : short_name(name, false, sent));
    return TS_CLI_GOOD;
}

int
ts_fields_settle(ts_cli_t *self, const ts_kind_schema_t *kind, const char *const *header_fields)
{
    ts_record_t *trial = ts_record_new(kind);
    int exit_code = TS_CLI_GOOD;
    for (size_t i = 0; i < self->given_count && exit_code == TS_CLI_GOOD; i++) {
        if (self->given[i].option == NULL) {
            exit_code = settle_one(self, &self->given[i], kind, trial, header_fields);
        }
    }
    ts_record_destroy(&trial);
    return exit_code;
}

/* ---- showing */

static const char *
said_label(const char *label, const char *fallback)
{
    return label == NULL ? fallback : ts_say(label);
}

/* "verified (đã xác minh), …" */
static void
put_enum(ts_buf_t *out, const ts_field_t *field)
{
    bool first = true;
    for (size_t i = 0; i < field->enum_count; i++) {
        const char *name = field->enum_names[i].name;
        if (strcmp(name, "none") == 0) {
            continue;
        }
        const char *label = ts_label_value(field->enum_type, name);
        ts_buf_put_text(out, first ? "" : ", ");
        ts_buf_put_text(out, name);
        if (label != NULL && strcmp(ts_say(label), name) != 0) {
            ts_buf_put_text(out, " (");
            ts_buf_put_text(out, ts_say(label));
            ts_buf_put_text(out, ")");
        }
        first = false;
    }
}

/* Records that have a code or a name of their own; others are known by their short code only. */
static bool
has_name(const char *kind)
{
    static const char *const kinds[] = {"unit", "body",   "plan", "line",
                                        "band", "period", "duty", "fund"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i], kind) == 0) {
            return true;
        }
    }
    return false;
}

static void
put_reference(ts_buf_t *out, const ts_field_t *field, const char *label)
{
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), field->ref_kind);
    const char *name = kind == NULL ? NULL : said_label(ts_label_kind(kind->name), kind->name);
    ts_buf_put_text(out, kind != NULL && has_name(kind->name) ? _("code, exact name or short code")
                                                              : _("short code"));
    if (name != NULL && strcmp(name, label) != 0) {
        ts_buf_put_text(out, " (");
        ts_buf_put_text(out, name);
        ts_buf_put_text(out, ")");
    }
}

/* What may stand in a field. */
static void
put_meaning(ts_buf_t *out, const ts_field_t *field, const char *label)
{
    static const struct {
        ts_field_sense_t sense;
        const char *id;
    } senses[] = {
        {TS_SENSE_DATE, N_("date: 29/11/2019 or 2019-11-29")},
        {TS_SENSE_VND, N_("whole đồng: 1.200.000")},
        {TS_SENSE_KEY, N_("64 hex digits")},
        {TS_SENSE_EVENT, N_("first 16 hex digits of an event")},
    };
    for (size_t i = 0; i < sizeof senses / sizeof senses[0]; i++) {
        if (field->sense == senses[i].sense) {
            ts_buf_put_text(out, ts_say(senses[i].id));
            return;
        }
    }
    if (field->sense == TS_SENSE_REF || field->sense == TS_SENSE_FAR_REF) {
        put_reference(out, field, label);
    } else if (field->type == TS_FIELD_ENUM) {
        put_enum(out, field);
    } else {
        ts_buf_put_text(out, field->type == TS_FIELD_TEXT   ? _("text")
                             : field->type == TS_FIELD_BOOL ? _("yes or no")
                                                            : _("whole number"));
    }
}

static void
show_field(const ts_cli_t *self, const ts_field_t *field, const char *title, const char *label)
{
    ts_buf_t text = {.length = 0};
    ts_buf_put_text(&text, label);
    ts_buf_put_text(&text, " — ");
    put_meaning(&text, field, label);
    ts_buf_put_u8(&text, '\0');
    ts_out_pair(&self->out, title, (const char *)text.data, 24);
    ts_buf_free(&text);
}

static void
show_list(const ts_cli_t *self, const ts_kind_schema_t *kind, const ts_child_list_t *list)
{
    char path[2 * NAME_BYTES_MAX];
    char name[NAME_BYTES_MAX];
    char title[NAME_BYTES_MAX + 8];
    const char *label = said_label(ts_label_field(kind->name, list->name), list->name);
    (void)snprintf(title, sizeof title, "--%s", short_name(list->name, true, name));
    char *text = ts_say_text(list->is_scalar
                                 ? N_("{1} — several with ; between them, or the option again")
                                 : N_("{1} — a row “field=value;field=value”; the option again for "
                                      "each further row:"),
                             label, NULL);
    ts_out_pair(&self->out, title, text, 24);
    ts_xfree(text);
    for (size_t i = 0; !list->is_scalar && i < list->field_count; i++) {
        const ts_field_t *field = &list->fields[i];
        (void)snprintf(path, sizeof path, "%s.%s", list->name, field->name);
        (void)snprintf(title, sizeof title, "    %s", short_name(field->name, false, name));
        show_field(self, field, title, said_label(ts_label_field(kind->name, path), field->name));
    }
}

void
ts_fields_show(const ts_cli_t *self, const ts_kind_schema_t *kind)
{
    char name[NAME_BYTES_MAX];
    char title[NAME_BYTES_MAX + 8];
    char *heading =
        ts_say_text(N_("Fields of “{1}” ({2}):"), said_label(ts_label_kind(kind->name), kind->name),
                    kind->name, NULL);
    (void)fprintf(self->out.out, "%s\n", heading);
    ts_xfree(heading);
    for (size_t i = 0; i < kind->field_count; i++) {
        const ts_field_t *field = &kind->fields[i];
        (void)snprintf(title, sizeof title, "--%s", short_name(field->name, true, name));
        show_field(self, field, title,
                   said_label(ts_label_field(kind->name, field->name), field->name));
    }
    for (size_t i = 0; i < kind->list_count; i++) {
        show_list(self, kind, &kind->lists[i]);
    }
}
