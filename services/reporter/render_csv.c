/* SPDX-License-Identifier: MPL-2.0 */
/* One CSV file per section (RFC 4180), for machines and for people with any spreadsheet program. */
#include "base/id.h"
#include "base/time.h"
#include "base/xalloc.h"
#include "reporter/render.h"
#include "shared/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static void
put_field(ts_buf_t *out, const char *text, bool first)
{
    if (!first) {
        ts_buf_put_u8(out, ',');
    }
    if (strpbrk(text, ",\"\r\n") == NULL) {
        ts_buf_put_text(out, text);
        return;
    }
    ts_buf_put_u8(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            ts_buf_put_u8(out, '"');
        }
        ts_buf_put_u8(out, (uint8_t)*text);
    }
    ts_buf_put_u8(out, '"');
}

static void
end_row(ts_buf_t *out)
{
    ts_buf_put_text(out, "\r\n");
}

/* A spreadsheet would take such text for a formula. */
static char *
without_formula(char *text)
{
    if (text[0] == '\0' || strchr("=+-@", text[0]) == NULL) {
        return text;
    }
    size_t bytes = strlen(text) + 2;
    char *safe = ts_xmalloc(bytes);
    (void)snprintf(safe, bytes, "'%s", text);
    ts_xfree(text);
    return safe;
}

static char *
number_text(const char *format, int64_t number)
{
    char text[64];
    if (strcmp(format, "date") == 0) {
        ts_date_format_iso((ts_date_t){(int32_t)number}, text, sizeof text);
    } else if (strcmp(format, "time") == 0) {
        ts_utc_format_vietnam((ts_utc_t){number * 1000}, text, sizeof text);
    } else if (strcmp(format, "code") == 0) {
        ts_record_code_format((ts_record_id_t)number, text, sizeof text);
    } else if (strcmp(format, "share") == 0) {
        (void)snprintf(text, sizeof text, "%" PRId64 ".%02" PRId64, number / 100, number % 100);
    } else {
        (void)snprintf(text, sizeof text, "%" PRId64, number);
    }
    return ts_xstrdup(text);
}

static char *
cell_text(const ts_cell_t *cell, const char *format)
{
    return cell->kind == TS_CELL_NUMBER ? number_text(format, cell->number)
                                        : without_formula(ts_render_cell(cell, format));
}

static void
put_headings(const ts_reply_t *report, const ts_table_t *table, ts_buf_t *out)
{
    for (size_t c = 0; c < table->column_count; c++) {
        const char *title = table->columns[c].title;
        put_field(out, title[0] == '\0' ? table->columns[c].name : ts_say(title), c == 0);
    }
    end_row(out);
    for (size_t c = 0; c < table->column_count; c++) {
        put_field(out, ts_render_tag(report, table->name, table->columns[c].name), c == 0);
    }
    end_row(out);
}

static void
put_table(const ts_reply_t *report, const ts_table_t *table, ts_buf_t *out)
{
    const char *banner = ts_render_banner(report);
    ts_buf_put_text(out, BYTE_ORDER_MARK);
    if (banner != NULL) {
        put_field(out, banner, true);
        end_row(out);
    }
    put_headings(report, table, out);
    for (size_t row = 0; row < ts_table_rows(table); row++) {
        for (size_t c = 0; c < table->column_count; c++) {
            char *text = cell_text(ts_table_cell(table, row, c), table->columns[c].format);
            put_field(out, text, c == 0);
            ts_xfree(text);
        }
        end_row(out);
    }
}

void
ts_render_csv(const ts_reply_t *report, const char *stem, ts_render_files_t *files)
{
    for (size_t i = 0; i < ts_render_sections(report); i++) {
        ts_render_section_t section = ts_render_section(report, i);
        if (section.table == NULL) {
            continue;
        }
        ts_buf_t data = {0};
        char name[256];
        put_table(report, section.table, &data);
        (void)snprintf(name, sizeof name, "%.200s_%02zu-%s.csv", stem, i, section.table->name);
        ts_render_files_add(files, name, &data);
    }
}
