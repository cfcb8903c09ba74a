/* SPDX-License-Identifier: MPL-2.0 */
/* The files of a plan's folder: form, headings, keys. */
#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "crypto/hash.h"
#include "node/plan_tables.h"
#include "sheet/csv.h"
#include "sheet/encoding.h"
#include "sheet/header.h"
#include "sheet/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Findings told; more than anybody mends at once. */
#define FINDINGS_MAX 500u

/* ---- findings */

void
ts_plan_find_fault(ts_plan_folder_t *self,
                   ts_severity_t severity,
                   ts_plan_table_id_t table,
                   size_t row,
                   const char *column,
                   ts_msg_t *say)
{
    self->errors += severity == TS_SEVERITY_ERROR;
    self->warnings += severity == TS_SEVERITY_WARNING;
    self->told = NULL;
    if (self->job->reply.issue_count >= FINDINGS_MAX) {
        ts_msg_free(say);
        return;
    }
    const ts_plan_file_t *file = &self->files[table];
    ts_issue_t *issue = ts_reply_add_issue(&self->job->reply, severity);
    issue->file = file->name == NULL ? NULL : ts_xstrdup(file->name);
    if (file->grid != NULL && row != SIZE_MAX) {
        issue->line = ts_grid_line(file->grid, row);
        issue->row = (uint32_t)row + 1;
        if (column != NULL) {
            issue->value = ts_xstrdup(ts_plan_cell(self, table, row, column));
        }
    }
    issue->column = column == NULL ? NULL : ts_xstrdup(column);
    ts_msg_move(&issue->say, say);
    self->told = issue;
}

void
ts_plan_say(ts_plan_folder_t *self,
            ts_severity_t severity,
            ts_plan_table_id_t table,
            size_t row,
            const char *column,
            const char *id,
            ...)
{
    ts_msg_t say = {0};
    va_list arguments;
    ts_msg_set(&say, id);
    va_start(arguments, id);
    const char *text;
    while ((text = va_arg(arguments, const char *)) != NULL) {
        ts_msg_arg(&say, text);
    }
    va_end(arguments);
    ts_plan_find_fault(self, severity, table, row, column, &say);
}

/* ---- asking */

size_t
ts_plan_rows(const ts_plan_folder_t *self, ts_plan_table_id_t table)
{
    return self->files[table].grid == NULL ? 0 : ts_grid_rows(self->files[table].grid);
}

const char *
ts_plan_cell(const ts_plan_folder_t *self, ts_plan_table_id_t table, size_t row, const char *column)
{
    const ts_plan_file_t *file = &self->files[table];
    const ts_plan_column_t *columns = ts_plan_tables[table].columns;
    for (size_t i = 0; columns[i].name != NULL; i++) {
        if (strcmp(columns[i].name, column) == 0) {
            return file->columns[i] == TS_HEADER_NONE
                       ? ""
                       : ts_grid_cell(file->grid, row, file->columns[i]);
        }
    }
    TS_CHECK(false);
    return "";
}

size_t
ts_plan_find(const ts_plan_folder_t *self, ts_plan_table_id_t table, const char *key, size_t length)
{
    const ts_plan_file_t *file = &self->files[table];
    if (file->rows == NULL) {
        return SIZE_MAX;
    }
    ts_hash_t hash = ts_hash_of(key, length);
    const size_t *row = ts_map_get(file->rows, &hash);
    return row == NULL ? SIZE_MAX : *row - 1;
}

bool
ts_plan_part(const char **at, const char **ret_part, size_t *ret_length)
{
    *at += strspn(*at, "; ");
    size_t length = strcspn(*at, ";");
    if (length == 0) {
        return false;
    }
    *ret_part = *at;
    *at += length;
    while (length > 0 && (*ret_part)[length - 1] == ' ') {
        length--;
    }
    *ret_length = length;
    return true;
}

/* ---- reading */

/* Composed letters everywhere, no white space at the ends of lines, no zero-width signs. */
static void
check_form(ts_plan_folder_t *self, ts_plan_table_id_t table, const ts_buf_t *text)
{
    const char *at = (const char *)text->data;
    const char *end = at + text->length;
    for (unsigned line = 1; at < end; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((stop == NULL ? end : stop) - at);
        if (length > 0 && at[length - 1] == '\r') {
            length--;
        }
        char *clean = ts_text_clean(at, length);
        size_t lead = 0;
        while (lead < length && at[lead] == ' ') {
            lead++;
        }
        while (length > lead && at[length - 1] == ' ') {
            length--;
        }
        if (clean != NULL &&
            (strlen(clean) != length - lead || memcmp(clean, at + lead, length - lead) != 0)) {
            ts_plan_say(self, TS_SEVERITY_ERROR, table, SIZE_MAX, NULL,
                        N_("letters are not composed (Unicode NFC), or there are invisible signs"),
                        NULL);
            if (self->told != NULL) {
                self->told->line = line;
            }
        }
        ts_xfree(clean);
        at = stop == NULL ? end : stop + 1;
    }
}

static void
take_sheet_issues(ts_plan_folder_t *self, ts_plan_table_id_t table, ts_sheet_issues_t *issues)
{
    for (size_t i = 0; i < issues->count; i++) {
        ts_sheet_issue_t *issue = &issues->items[i];
        ts_severity_t severity =
            issue->severity == TS_SHEET_ERROR ? TS_SEVERITY_ERROR : TS_SEVERITY_WARNING;
        ts_plan_find_fault(self, severity, table, SIZE_MAX, NULL, &issue->message);
        ts_issue_t *told = self->told;
        if (told == NULL) {
            continue;
        }
        told->line = issue->line;
        told->row = issue->row;
        if (issue->column != NULL && told->column == NULL) {
            told->column = ts_xstrdup(issue->column);
        }
        if (issue->value != NULL && told->value == NULL) {
            told->value = ts_xstrdup(issue->value);
        }
    }
    ts_sheet_issues_free(issues);
}

static ts_err_t
match_headings(ts_plan_folder_t *self, ts_plan_table_id_t table, ts_sheet_issues_t *issues)
{
    ts_header_spec_t specs[TS_PLAN_COLUMNS_MAX] = {{0}};
    const ts_plan_column_t *columns = ts_plan_tables[table].columns;
    size_t count = 0;
    while (columns[count].name != NULL) {
        specs[count] = (ts_header_spec_t){.field = columns[count].name,
                                          .header_vi = columns[count].name,
                                          .header_en = columns[count].name,
                                          .required = columns[count].filled};
        count++;
    }
    ts_header_form_t form = {.specs = specs, .count = count, .unknown_is_error = true};
    return ts_header_match(self->files[table].grid, &form, issues, self->files[table].columns);
}

/* Keys are small words of ASCII; every key once. */
static void
gather_keys(ts_plan_folder_t *self, ts_plan_table_id_t table)
{
    ts_plan_file_t *file = &self->files[table];
    file->rows = ts_map_new(sizeof(ts_hash_t), sizeof(size_t));
    for (size_t row = 0; row < ts_grid_rows(file->grid); row++) {
        const char *key = ts_plan_cell(self, table, row, "key");
        size_t length = strlen(key);
        if (length == 0) {
            continue;
        }
        if (strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789-_@.") != length) {
            ts_plan_say(self, TS_SEVERITY_ERROR, table, row, "key",
                        N_("a key holds small letters without accents, digits, - _ @ and . only"),
                        NULL);
        }
        ts_hash_t hash = ts_hash_of(key, length);
        size_t *slot = ts_map_put(file->rows, &hash);
        if (*slot != 0) {
            ts_msg_t say = {0};
            ts_msg_set(&say, N_("this key stands in line {1} already"));
            ts_msg_arg_number(&say, ts_grid_line(file->grid, *slot - 1));
            ts_plan_find_fault(self, TS_SEVERITY_ERROR, table, row, "key", &say);
        } else {
            *slot = row + 1;
        }
    }
}

static ts_err_t
cut_table(ts_plan_folder_t *self,
          ts_plan_table_id_t table,
          const ts_buf_t *text,
          ts_sheet_issues_t *issues)
{
    ts_plan_file_t *file = &self->files[table];
    ts_err_t err = ts_csv_read((const char *)text->data, text->length, ',', issues, &file->grid);
    if (err == TS_ERR_OK) {
        err = ts_grid_set_header(file->grid, 0, issues);
    }
    return err == TS_ERR_OK ? match_headings(self, table, issues) : err;
}

static void
read_file(ts_plan_folder_t *self, ts_plan_table_id_t table, const ts_control_file_t *given)
{
    ts_plan_file_t *file = &self->files[table];
    ts_buf_t text = {0};
    ts_encoding_t encoding;
    ts_msg_t why = {0};
    ts_sheet_issues_t issues = {0};
    file->given = true;
    file->name = ts_xstrdup(given->name);
    ts_err_t err = ts_encoding_decode(ts_buf_bytes(&given->data), &text, &encoding, &why);
    if (err != TS_ERR_OK) {
        ts_plan_find_fault(self, TS_SEVERITY_ERROR, table, SIZE_MAX, NULL, &why);
        return;
    }
    if (encoding != TS_ENCODING_UTF8 ||
        (given->data.length >= 3 && memcmp(given->data.data, "\xef\xbb\xbf", 3) == 0)) {
        ts_plan_say(self, TS_SEVERITY_WARNING, table, SIZE_MAX, NULL,
                    N_("plan tables are UTF-8 without byte order mark"), NULL);
    }
    check_form(self, table, &text);
    err = cut_table(self, table, &text, &issues);
    take_sheet_issues(self, table, &issues);
    ts_buf_free(&text);
    if (err == TS_ERR_OK) {
        gather_keys(self, table);
    } else {
        ts_grid_destroy(&file->grid);
    }
}

/* Table of a file name, with or without folder and ending; TS_PLAN_TABLES when it is none. */
static ts_plan_table_id_t
table_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash == NULL ? name : slash + 1;
    size_t length = strlen(base);
    if (length > 4 && strcmp(base + length - 4, ".csv") == 0) {
        length -= 4;
    }
    size_t i = 0;
    while (i < TS_PLAN_TABLES && (strlen(ts_plan_tables[i].name) != length ||
                                  strncmp(ts_plan_tables[i].name, base, length) != 0)) {
        i++;
    }
    return (ts_plan_table_id_t)i;
}

static void
say_unknown_file(ts_plan_folder_t *self, const char *name)
{
    ts_issue_t *issue = ts_reply_add_issue(&self->job->reply, TS_SEVERITY_WARNING);
    issue->file = ts_xstrdup(name);
    ts_msg_set(&issue->say, N_("this file is no table of a plan and was left out"));
    self->warnings++;
}

static void
check_present(ts_plan_folder_t *self)
{
    for (size_t i = 0; i < TS_PLAN_TABLES; i++) {
        bool optional = i == TS_PLAN_NEEDSCALE || i == TS_PLAN_NOTES;
        if (!self->files[i].given && !optional) {
            char name[32];
            (void)snprintf(name, sizeof name, "%s.csv", ts_plan_tables[i].name);
            ts_plan_say(self, TS_SEVERITY_ERROR, (ts_plan_table_id_t)i, SIZE_MAX, NULL,
                        N_("the table {1} is missing; an empty one has its headings only"), name,
                        NULL);
        }
    }
}

void
ts_plan_read(ts_plan_folder_t *self, ts_job_t *job, bool part)
{
    self->job = job;
    self->part = part;
    for (size_t i = 0; i < job->command.file_count; i++) {
        const ts_control_file_t *given = &job->command.files[i];
        ts_plan_table_id_t table = table_of(given->name);
        if (table == TS_PLAN_TABLES) {
            say_unknown_file(self, given->name);
        } else if (self->files[table].given) {
            ts_plan_say(self, TS_SEVERITY_ERROR, table, SIZE_MAX, NULL,
                        N_("this table was given twice"), NULL);
        } else {
            read_file(self, table, given);
        }
    }
    if (!part) {
        check_present(self);
    }
    if (ts_plan_rows(self, TS_PLAN_PLAN) > 0) {
        self->plan_key = ts_xstrdup(ts_plan_cell(self, TS_PLAN_PLAN, 0, "key"));
    }
}

void
ts_plan_free(ts_plan_folder_t *self)
{
    for (size_t i = 0; i < TS_PLAN_TABLES; i++) {
        ts_grid_destroy(&self->files[i].grid);
        ts_map_destroy(&self->files[i].rows);
        ts_xfree(self->files[i].ids);
        ts_xfree(self->files[i].name);
    }
    ts_xfree(self->plan_key);
    ts_drafts_free(&self->drafts);
}
