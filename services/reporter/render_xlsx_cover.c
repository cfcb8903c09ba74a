/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Cover and chart of the workbook. The cover follows the order of Decree 30/2020/NĐ-CP, annex I:
 * bodies at the left, name of the state and motto at the right, number, place and date, kind and
 * summary, signature at the right. Number, date and signer stay blank: the clerk gives them.
 */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "reporter/xlsx_p.h"
#include "shared/say.h"

#include <stdio.h>
#include <string.h>

#define PAPER_A4 9
#define CHART_ROW_PIXELS 34
#define CHART_TOP_PIXELS 130

typedef struct cover {
    ts_xlsx_t *xlsx;
    lxw_worksheet *sheet;
    lxw_row_t row;
} cover_t;

/* The page has four columns: label (A-B), value (C-D); the halves of the head are A-B and C-D. */
static void
put_wide(cover_t *self, int first, int last, const char *text, ts_xlsx_format_t look)
{
    (void)worksheet_merge_range(self->sheet, self->row, (lxw_col_t)first, self->row,
                                (lxw_col_t)last, text, self->xlsx->formats[look]);
}

static double
height_of(const char *text, double width, double line)
{
    int lines = (int)(ts_xlsx_width(text) / width + 0.999);
    lines += strchr(text, '\n') != NULL ? 1 : 0;
    return (lines < 1 ? 1 : lines) * line + 4;
}

/* A place is named without its kind of unit: "Sơn La, ngày …". */
static const char *
place_name(const char *unit)
{
    static const char *const kinds[] = {"Tỉnh ",   "Thành phố ", "Huyện ", "Quận ",
                                        "Thị xã ", "Thị trấn ",  "Xã ",    "Phường "};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = strlen(kinds[i]);
        if (strncmp(unit, kinds[i], length) == 0 && unit[length] != '\0') {
            return unit + length;
        }
    }
    return unit;
}

static void
put_head(cover_t *self)
{
    char *above = ts_render_cover(self->xlsx->report, "above_name");
    char *body = ts_render_cover(self->xlsx->report, "body_name");
    char *unit = ts_render_cover(self->xlsx->report, "unit_name");
    char *above_capitals = ts_xlsx_capitals(above);
    char *body_capitals = ts_xlsx_capitals(body);
    put_wide(self, 0, 1, above_capitals, TS_XLSX_COVER_CAPITALS);
    put_wide(self, 2, 3, _("SOCIALIST REPUBLIC OF VIET NAM"), TS_XLSX_COVER_BOLD);
    (void)worksheet_set_row(self->sheet, self->row++, height_of(above_capitals, 34, 16), NULL);
    put_wide(self, 0, 1, body_capitals, TS_XLSX_COVER_BOLD);
    put_wide(self, 2, 3, _("Independence - Freedom - Happiness"), TS_XLSX_COVER_MOTTO);
    (void)worksheet_set_row(self->sheet, self->row++, height_of(body_capitals, 32, 16), NULL);
    put_wide(self, 0, 1, "————————", TS_XLSX_COVER_CENTRE);
    put_wide(self, 2, 3, "————————————————", TS_XLSX_COVER_CENTRE);
    (void)worksheet_set_row(self->sheet, self->row++, 14, NULL);
    put_wide(self, 0, 1, _("No.: ………/BC-………"), TS_XLSX_COVER_CENTRE);
    char *place = ts_say_text(N_("{1}, day …… month …… year ………"), place_name(unit), NULL);
    put_wide(self, 2, 3, place, TS_XLSX_COVER_ITALIC);
    (void)worksheet_set_row(self->sheet, self->row++, 22, NULL);
    self->row++;
    ts_xfree(place);
    ts_xfree(above_capitals);
    ts_xfree(body_capitals);
    ts_xfree(above);
    ts_xfree(body);
    ts_xfree(unit);
}

static void
put_title(cover_t *self)
{
    char *title = ts_render_cover(self->xlsx->report, "plan_title");
    char *period = ts_render_cover(self->xlsx->report, "period");
    char *line = ts_say_text(N_("Results of {1}"), period, NULL);
    put_wide(self, 0, 3, _("REPORT"), TS_XLSX_COVER_TITLE);
    (void)worksheet_set_row(self->sheet, self->row++, 24, NULL);
    put_wide(self, 0, 3, line, TS_XLSX_COVER_TITLE);
    (void)worksheet_set_row(self->sheet, self->row++, 22, NULL);
    put_wide(self, 0, 3, title, TS_XLSX_COVER_CENTRE);
    (void)worksheet_set_row(self->sheet, self->row++, height_of(title, 74, 18), NULL);
    put_wide(self, 0, 3, "————————", TS_XLSX_COVER_CENTRE);
    (void)worksheet_set_row(self->sheet, self->row++, 14, NULL);
    ts_xfree(title);
    ts_xfree(period);
    ts_xfree(line);
}

/* Said in the head already, or below. */
static bool
is_in_table(const char *key)
{
    static const char *const elsewhere[] = {"plan_title", "above_name",    "body_name",
                                            "disclaimer", "province_name", "made_up"};
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        if (strcmp(key, elsewhere[i]) == 0) {
            return false;
        }
    }
    return true;
}

static bool
is_warning(const ts_cell_t *cell)
{
    static const char *const ids[] = {
        N_("PROPOSED, not in the plan: the plan sets no first day and no cut-off"),
        N_("not in the plan"), N_("not known: neither the plan nor a proposal sets it")};
    for (size_t i = 0; cell->kind == TS_CELL_SAY && i < sizeof ids / sizeof ids[0]; i++) {
        if (strcmp(cell->say->id, ids[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void
put_fact(cover_t *self, const char *label, const char *value, bool warning)
{
    put_wide(self, 0, 1, label, TS_XLSX_COVER_LABEL);
    put_wide(self, 2, 3, value, warning ? TS_XLSX_COVER_WARNING : TS_XLSX_COVER_VALUE);
    double left = height_of(label, 34, 16);
    double right = height_of(value, warning ? 38 : 42, 16);
    (void)worksheet_set_row(self->sheet, self->row++, left > right ? left : right, NULL);
}

/* A hash has no place to break: two lines of the same length. */
static void
halve_hash(const char *key, char **text)
{
    size_t half = strlen(*text) / 2;
    if (strcmp(key, "check_code") != 0 || half == 0) {
        return;
    }
    size_t bytes = strlen(*text) + 2;
    char *lines = ts_xmalloc(bytes);
    (void)snprintf(lines, bytes, "%.*s\n%s", (int)half, *text, *text + half);
    ts_xfree(*text);
    *text = lines;
}

static void
put_facts(cover_t *self)
{
    const ts_table_t *cover = ts_reply_table(self->xlsx->report, "cover");
    for (size_t row = 0; row < ts_table_rows(cover); row++) {
        const ts_cell_t *key = ts_table_cell(cover, row, 0);
        const ts_cell_t *value = ts_table_cell(cover, row, 2);
        const ts_cell_t *day = ts_table_cell(cover, row, 3);
        char *label = ts_render_cell(ts_table_cell(cover, row, 1), "text");
        char *text = day->kind == TS_CELL_NUMBER ? ts_render_cell(day, "date")
                                                 : ts_render_cell(value, "text");
        if (is_in_table(key->text) && text[0] != '\0') {
            halve_hash(key->text, &text);
            put_fact(self, label, text, is_warning(value));
        }
        ts_xfree(label);
        ts_xfree(text);
    }
    self->row++;
}

static void
put_end(cover_t *self)
{
    char *disclaimer = ts_render_cover(self->xlsx->report, "disclaimer");
    put_wide(self, 0, 3, disclaimer, TS_XLSX_COVER_FINE);
    (void)worksheet_set_row(self->sheet, self->row++, height_of(disclaimer, 80, 15), NULL);
    self->row++;
    put_wide(self, 0, 1, _("Recipients: ………"), TS_XLSX_COVER_FINE);
    put_wide(self, 2, 3, _("SIGNER (post, full name, seal)"), TS_XLSX_COVER_BOLD);
    (void)worksheet_set_row(self->sheet, self->row++, 22, NULL);
    ts_xfree(disclaimer);
}

void
ts_xlsx_cover(ts_xlsx_t *xlsx, const char *name)
{
    cover_t self = {.xlsx = xlsx, .sheet = workbook_add_worksheet(xlsx->book, name)};
    const double widths[] = {20, 18, 24, 22};
    const char *banner = ts_render_banner(xlsx->report);
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        (void)worksheet_set_column(self.sheet, (lxw_col_t)i, (lxw_col_t)i, widths[i], NULL);
    }
    if (banner != NULL) {
        put_wide(&self, 0, 3, banner, TS_XLSX_BANNER);
        (void)worksheet_set_row(self.sheet, self.row++, 24, NULL);
    }
    put_head(&self);
    put_title(&self);
    put_facts(&self);
    put_end(&self);
    worksheet_set_portrait(self.sheet);
    worksheet_set_paper(self.sheet, PAPER_A4);
    worksheet_fit_to_pages(self.sheet, 1, 0);
    worksheet_set_margins(self.sheet, 1.2, 0.65, 0.85, 0.85);
    worksheet_gridlines(self.sheet, LXW_HIDE_ALL_GRIDLINES);
    worksheet_activate(self.sheet);
}

/* ---- chart */

static void
put_chart_rows(ts_xlsx_t *xlsx, lxw_worksheet *sheet, const ts_table_t *table)
{
    const double widths[] = {66, 14, 18, 18, 16, 16};
    for (size_t c = 0; c < table->column_count; c++) {
        (void)worksheet_write_string(sheet, 1, (lxw_col_t)c, ts_say(table->columns[c].title),
                                     xlsx->formats[TS_XLSX_HEADING]);
        (void)worksheet_set_column(sheet, (lxw_col_t)c, (lxw_col_t)c, widths[c], NULL);
    }
    (void)worksheet_write_string(sheet, 1, (lxw_col_t)table->column_count, _("The whole need"),
                                 xlsx->formats[TS_XLSX_HEADING]);
    (void)worksheet_set_column(sheet, 5, 5, widths[5], NULL);
    for (size_t row = 0; row < ts_table_rows(table); row++) {
        lxw_row_t at = (lxw_row_t)row + 2;
        for (size_t c = 0; c < table->column_count; c++) {
            const ts_cell_t *cell = ts_table_cell(table, row, c);
            bool share = strcmp(table->columns[c].format, "share") == 0;
            if (cell->kind == TS_CELL_NUMBER) {
                (void)worksheet_write_number(sheet, at, (lxw_col_t)c,
                                             share ? (double)cell->number / 10000
                                                   : (double)cell->number,
                                             xlsx->formats[share ? TS_XLSX_SHARE : TS_XLSX_NUMBER]);
            } else {
                char *text = ts_render_cell(cell, "text");
                (void)worksheet_write_string(sheet, at, (lxw_col_t)c, text,
                                             xlsx->formats[TS_XLSX_TEXT]);
                ts_xfree(text);
            }
        }
        char *line = ts_render_cell(ts_table_cell(table, row, 0), "text");
        (void)worksheet_set_row(sheet, at, height_of(line, widths[0] - 2, 15), NULL);
        ts_xfree(line);
        (void)worksheet_write_number(sheet, at, (lxw_col_t)table->column_count, 1,
                                     xlsx->formats[TS_XLSX_SHARE]);
    }
}

/* Excel wants the cache of a series that it did not compute; libxlsxwriter fills it from the rows.
 */
static void
put_bars(ts_xlsx_t *xlsx, lxw_worksheet *sheet, const char *name, size_t rows)
{
    lxw_chart *chart = workbook_add_chart(xlsx->book, LXW_CHART_BAR);
    const lxw_row_t first = 2;
    const lxw_row_t last = (lxw_row_t)rows + 1;
    const struct {
        lxw_col_t column;
        const char *title;
        lxw_color_t colour;
    } bars[] = {{4, _("Handed over"), 0x2E7D32}, {5, _("Needed"), 0xC8D6B9}};
    char name_of_font[] = TS_XLSX_FONT;
    lxw_chart_font font = {.name = name_of_font, .size = 11};
    for (size_t i = 0; i < sizeof bars / sizeof bars[0]; i++) {
        lxw_chart_series *series = chart_add_series(chart, NULL, NULL);
        lxw_chart_fill fill = {.color = bars[i].colour};
        chart_series_set_categories(series, name, first, 0, last, 0);
        chart_series_set_values(series, name, first, bars[i].column, last, bars[i].column);
        chart_series_set_name(series, bars[i].title);
        chart_series_set_fill(series, &fill);
        if (i == 0) {
            chart_series_set_labels(series);
            chart_series_set_labels_num_format(series, "0%");
            chart_series_set_labels_font(series, &font);
        }
    }
    chart_title_set_name(chart, _("Needs met by line"));
    lxw_chart_font title = {.name = name_of_font, .size = 14, .bold = LXW_TRUE};
    chart_title_set_name_font(chart, &title);
    /* Of a bar chart the library calls the lines' axis y and that of the values x. */
    chart_axis_set_reverse(chart->y_axis);
    chart_axis_set_label_position(chart->x_axis, LXW_CHART_AXIS_LABEL_POSITION_HIGH);
    chart_axis_set_num_font(chart->x_axis, &font);
    chart_axis_set_num_font(chart->y_axis, &font);
    chart_axis_set_num_format(chart->x_axis, "0%");
    chart_axis_set_min(chart->x_axis, 0);
    chart_axis_set_max(chart->x_axis, 1);
    chart_legend_set_position(chart, LXW_CHART_LEGEND_BOTTOM);
    chart_legend_set_font(chart, &font);
    lxw_chart_options options = {
        .x_scale = 2.2, .y_scale = (CHART_TOP_PIXELS + CHART_ROW_PIXELS * (double)rows) / 288};
    (void)worksheet_insert_chart_opt(sheet, last + 2, 0, chart, &options);
}

void
ts_xlsx_chart(ts_xlsx_t *xlsx, const char *name)
{
    const ts_table_t *table = ts_reply_table(xlsx->report, "chart");
    if (table == NULL || ts_table_rows(table) == 0) {
        return;
    }
    lxw_worksheet *sheet = workbook_add_worksheet(xlsx->book, name);
    const char *banner = ts_render_banner(xlsx->report);
    (void)worksheet_merge_range(sheet, 0, 0, 0, 5, banner != NULL ? banner : _("Needs met by line"),
                                xlsx->formats[banner != NULL ? TS_XLSX_BANNER : TS_XLSX_TITLE]);
    put_chart_rows(xlsx, sheet, table);
    put_bars(xlsx, sheet, name, ts_table_rows(table));
    worksheet_set_landscape(sheet);
    worksheet_set_paper(sheet, PAPER_A4);
    worksheet_fit_to_pages(sheet, 1, 1);
    (void)worksheet_set_header(sheet, "&C&\"Times New Roman,Regular\"&13&P");
}
