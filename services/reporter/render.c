/* SPDX-License-Identifier: MPL-2.0 */
#include "reporter/render.h"

#include "base/id.h"
#include "base/xalloc.h"
#include "shared/say.h"

#include <stdio.h>
#include <string.h>

void
ts_render_files_free(ts_render_files_t *files)
{
    for (size_t i = 0; i < files->count; i++) {
        ts_xfree(files->rows[i].name);
        ts_buf_free(&files->rows[i].data);
    }
    ts_xfree(files->rows);
    *files = (ts_render_files_t){0};
}

void
ts_render_files_add(ts_render_files_t *files, const char *name, ts_buf_t *data)
{
    files->rows = ts_xgrow(files->rows, files->count + 1, &files->capacity, sizeof *files->rows);
    files->rows[files->count++] = (ts_render_file_t){ts_xstrdup(name), *data};
    *data = (ts_buf_t){0};
}

/* ---- cells */

static char *
number_cell(const char *format, int64_t number)
{
    char text[TS_SAY_BYTES];
    if (strcmp(format, "date") == 0) {
        ts_say_date((ts_date_t){(int32_t)number}, text, sizeof text);
    } else if (strcmp(format, "time") == 0) {
        ts_say_time((ts_utc_t){number * 1000}, text, sizeof text);
    } else if (strcmp(format, "code") == 0) {
        ts_record_code_format((ts_record_id_t)number, text, sizeof text);
    } else if (strcmp(format, "share") == 0) {
        char figure[TS_SAY_BYTES - 4];
        ts_say_decimal(number, 2, figure, sizeof figure);
        (void)snprintf(text, sizeof text, "%s %%", figure);
    } else {
        ts_say_number(number, text, sizeof text);
    }
    return ts_xstrdup(text);
}

char *
ts_render_cell(const ts_cell_t *cell, const char *format)
{
    switch (cell->kind) {
    case TS_CELL_NUMBER:
        return number_cell(format, cell->number);
    case TS_CELL_TEXT:
        return ts_xstrdup(cell->text);
    case TS_CELL_SAY:
        return ts_say_msg(cell->say);
    case TS_CELL_NOTHING:
    default:
        return ts_xstrdup("");
    }
}

/* ---- cover */

static const ts_cell_t *
cover_cell(const ts_reply_t *report, const char *key, const char *column)
{
    const ts_table_t *cover = ts_reply_table(report, "cover");
    if (cover == NULL) {
        return NULL;
    }
    size_t key_at = ts_table_column(cover, "key");
    size_t at = ts_table_column(cover, column);
    for (size_t row = 0; key_at != SIZE_MAX && at != SIZE_MAX && row < ts_table_rows(cover);
         row++) {
        const ts_cell_t *cell = ts_table_cell(cover, row, key_at);
        if (cell->kind == TS_CELL_TEXT && strcmp(cell->text, key) == 0) {
            return ts_table_cell(cover, row, at);
        }
    }
    return NULL;
}

char *
ts_render_cover(const ts_reply_t *report, const char *key)
{
    const ts_cell_t *cell = cover_cell(report, key, "value");
    return cell == NULL ? ts_xstrdup("") : ts_render_cell(cell, "text");
}

int32_t
ts_render_cover_day(const ts_reply_t *report, const char *key)
{
    const ts_cell_t *cell = cover_cell(report, key, "day");
    return cell == NULL || cell->kind != TS_CELL_NUMBER ? 0 : (int32_t)cell->number;
}

const char *
ts_render_banner(const ts_reply_t *report)
{
    return cover_cell(report, "made_up", "value") == NULL
               ? NULL
               : _("MADE-UP DATA: for trying out only, no real child, donor or figure");
}

static void
put_slug(ts_buf_t *out, const char *text)
{
    for (; *text != '\0'; text++) {
        bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
                     (*text >= '0' && *text <= '9') || *text == '-';
        ts_buf_put_u8(out, plain ? (uint8_t)*text : '-');
    }
}

char *
ts_render_stem(const ts_reply_t *report)
{
    static const char *const keys[] = {"plan", "period_code", "body"};
    ts_buf_t out = {0};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char *text = ts_render_cover(report, keys[i]);
        if (text[0] != '\0') {
            if (out.length > 0) {
                ts_buf_put_u8(&out, '_');
            }
            put_slug(&out, text);
        }
        ts_xfree(text);
    }
    if (out.length == 0) {
        ts_buf_put_text(&out, "report");
    }
    ts_buf_put_u8(&out, '\0');
    return (char *)out.data;
}

/* ---- sections and tags */

size_t
ts_render_sections(const ts_reply_t *report)
{
    const ts_table_t *sections = ts_reply_table(report, "sections");
    return sections == NULL ? 0 : ts_table_rows(sections);
}

static const char *
said(const ts_table_t *table, size_t row, const char *column)
{
    size_t at = ts_table_column(table, column);
    const ts_cell_t *cell = at == SIZE_MAX ? NULL : ts_table_cell(table, row, at);
    return cell == NULL || cell->kind != TS_CELL_SAY ? "" : ts_say(cell->say->id);
}

ts_render_section_t
ts_render_section(const ts_reply_t *report, size_t index)
{
    const ts_table_t *sections = ts_reply_table(report, "sections");
    size_t at = ts_table_column(sections, "table");
    const ts_cell_t *name = ts_table_cell(sections, index, at);
    return (ts_render_section_t){
        .table = name->kind == TS_CELL_TEXT ? ts_reply_table(report, name->text) : NULL,
        .title = said(sections, index, "title"),
        .note = said(sections, index, "note")};
}

static bool
is_text(const ts_table_t *table, size_t row, size_t column, const char *text)
{
    const ts_cell_t *cell = ts_table_cell(table, row, column);
    return cell->kind == TS_CELL_TEXT && strcmp(cell->text, text) == 0;
}

const char *
ts_render_tag(const ts_reply_t *report, const char *table, const char *column)
{
    const ts_table_t *tags = ts_reply_table(report, "hxl");
    for (size_t row = 0; tags != NULL && tags->column_count == 3 && row < ts_table_rows(tags);
         row++) {
        if (is_text(tags, row, 0, table) && is_text(tags, row, 1, column)) {
            const ts_cell_t *tag = ts_table_cell(tags, row, 2);
            return tag->kind == TS_CELL_TEXT ? tag->text : "";
        }
    }
    return "";
}
