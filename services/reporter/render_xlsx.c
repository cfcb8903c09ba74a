/* SPDX-License-Identifier: MPL-2.0 */
/* The workbook: cover, one sheet per section, chart. Columns as wide as their contents, at most a
 * line of words; headings repeat on every printed page; no formula anywhere. HXL tags and keys for
 * programs stand in hidden rows and columns. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "reporter/xlsx_p.h"
#include "shared/say.h"
#include "shared/term.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#define SHEET_NAME_CHARS 31u
#define PAPER_A4 9
#define COLUMN_WIDTH_MIN 7.0
#define COLUMN_WIDTH_MAX 60.0
#define TEXT_WIDTH_MIN 14.0
/* Digits of 11 points that an A4 page holds within its margins, at three quarters of the size. */
#define PORTRAIT_WIDTH 86.0
#define LANDSCAPE_WIDTH 160.0
#define LINE_POINTS 14.5
/* More columns lie across the page. */
#define PORTRAIT_COLUMNS_MAX 5u
#define FIRST_SHEET_ROW 0u
#define EXCEL_EPOCH_DAYS 25569 /* 1970-01-01 in Excel's days */
#define SECONDS_OF_DAY 86400.0
#define VIETNAM_SECONDS 25200.0

/* ---- formats */

typedef struct look {
    ts_xlsx_format_t format;
    double size;
    bool bold;
    bool italic;
    bool border;
    bool wrap;
    uint8_t across; /* enum lxw_format_alignments */
    uint8_t down;
    lxw_color_t colour; /* of the letters; 0 = black */
    lxw_color_t paper;  /* 0 = none */
    const char *numbers;
} look_t;

#define CENTRE LXW_ALIGN_CENTER
#define LEFT LXW_ALIGN_LEFT
#define RIGHT LXW_ALIGN_RIGHT
#define MIDDLE LXW_ALIGN_VERTICAL_CENTER
#define TOP LXW_ALIGN_VERTICAL_TOP

static const look_t looks[] = {
    {TS_XLSX_TEXT, 11, false, false, true, true, LEFT, TOP, 0, 0, NULL},
    {TS_XLSX_TEXT_BOLD, 11, true, false, true, true, LEFT, TOP, 0, 0xF3F3F3, NULL},
    {TS_XLSX_NUMBER, 11, false, false, true, false, RIGHT, TOP, 0, 0, "#,##0"},
    {TS_XLSX_NUMBER_BOLD, 11, true, false, true, false, RIGHT, TOP, 0, 0xF3F3F3, "#,##0"},
    {TS_XLSX_SHARE, 11, false, false, true, false, RIGHT, TOP, 0, 0, "0.00%"},
    {TS_XLSX_DATE, 11, false, false, true, false, CENTRE, TOP, 0, 0, "dd/mm/yyyy"},
    {TS_XLSX_TIME, 11, false, false, true, false, CENTRE, TOP, 0, 0, "dd/mm/yyyy hh:mm"},
    {TS_XLSX_WORDS, 10, false, true, true, true, CENTRE, TOP, 0x666666, 0, NULL},
    {TS_XLSX_HEADING, 11, true, false, true, true, CENTRE, MIDDLE, 0, 0xDDE8CB, NULL},
    {TS_XLSX_TAG, 7, false, true, true, false, LEFT, MIDDLE, 0x999999, 0, NULL},
    {TS_XLSX_TITLE, 14, true, false, false, false, LEFT, MIDDLE, 0, 0, NULL},
    {TS_XLSX_NOTE, 10, false, true, false, true, LEFT, TOP, 0x444444, 0, NULL},
    {TS_XLSX_BANNER, 13, true, false, false, false, LEFT, MIDDLE, 0xFFFFFF, 0xB00020, NULL},
    {TS_XLSX_COVER_CAPITALS, 12, false, false, false, true, CENTRE, MIDDLE, 0, 0, NULL},
    {TS_XLSX_COVER_BOLD, 12, true, false, false, true, CENTRE, MIDDLE, 0, 0, NULL},
    {TS_XLSX_COVER_MOTTO, 13, true, false, false, false, CENTRE, MIDDLE, 0, 0, NULL},
    {TS_XLSX_COVER_ITALIC, 13, false, true, false, false, CENTRE, MIDDLE, 0, 0, NULL},
    {TS_XLSX_COVER_CENTRE, 13, false, false, false, true, CENTRE, MIDDLE, 0, 0, NULL},
    {TS_XLSX_COVER_TITLE, 14, true, false, false, true, CENTRE, MIDDLE, 0, 0, NULL},
    {TS_XLSX_COVER_LABEL, 12, false, false, true, true, LEFT, TOP, 0x333333, 0xF3F3F3, NULL},
    {TS_XLSX_COVER_VALUE, 12, false, false, true, true, LEFT, TOP, 0, 0, NULL},
    {TS_XLSX_COVER_WARNING, 12, true, false, true, true, LEFT, TOP, 0xB00020, 0, NULL},
    {TS_XLSX_COVER_FINE, 11, false, true, false, true, LEFT, TOP, 0x444444, 0, NULL},
};

void
ts_xlsx_formats(ts_xlsx_t *self)
{
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        const look_t *look = &looks[i];
        lxw_format *format = workbook_add_format(self->book);
        format_set_font_name(format, TS_XLSX_FONT);
        format_set_font_size(format, look->size);
        format_set_align(format, look->across);
        format_set_align(format, look->down);
        if (look->bold) {
            format_set_bold(format);
        }
        if (look->italic) {
            format_set_italic(format);
        }
        if (look->border) {
            format_set_border(format, LXW_BORDER_THIN);
            format_set_border_color(format, 0x999999);
        }
        if (look->wrap) {
            format_set_text_wrap(format);
        }
        if (look->border && look->across != CENTRE) {
            format_set_indent(format, 1);
        }
        if (look->colour != 0) {
            format_set_font_color(format, look->colour);
        }
        if (look->paper != 0) {
            format_set_bg_color(format, look->paper);
        }
        if (look->numbers != NULL) {
            format_set_num_format(format, look->numbers);
        }
        self->formats[look->format] = format;
    }
}

/* ---- names and widths */

double
ts_xlsx_width(const char *text)
{
    double widest = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        char *line = ts_xstrndup(text, length);
        double width = (double)ts_term_cells(line);
        ts_xfree(line);
        widest = width > widest ? width : widest;
        text += length + (text[length] == '\0' ? 0 : 1);
    }
    return widest;
}

/* A sheet's name: characters that Excel does not take become spaces. */
char *
ts_xlsx_sheet_name(size_t number, const char *title)
{
    char prefix[24];
    if (number > 0) {
        (void)snprintf(prefix, sizeof prefix, "%zu ", number);
    } else {
        prefix[0] = '\0';
    }
    ts_buf_t out = {0};
    ts_buf_put_text(&out, prefix);
    size_t chars = strlen(prefix);
    for (; *title != '\0'; title++) {
        bool begins = ((unsigned char)*title & 0xc0) != 0x80;
        if (begins && chars == SHEET_NAME_CHARS) {
            break;
        }
        chars += begins ? 1 : 0;
        ts_buf_put_u8(&out, strchr("[]:*?/\\'", *title) != NULL ? ' ' : (uint8_t)*title);
    }
    ts_buf_put_u8(&out, '\0');
    return (char *)out.data;
}

char *
ts_xlsx_capitals(const char *text)
{
    size_t length = strlen(text);
    wchar_t *wide = ts_xcalloc(length + 1, sizeof *wide);
    size_t count = mbstowcs(wide, text, length + 1);
    if (count == (size_t)-1) {
        ts_xfree(wide);
        return ts_xstrdup(text);
    }
    for (size_t i = 0; i < count; i++) {
        wide[i] = (wchar_t)towupper((wint_t)wide[i]);
    }
    size_t bytes = 4 * length + 1;
    char *out = ts_xmalloc(bytes);
    if (wcstombs(out, wide, bytes) == (size_t)-1) {
        ts_xfree(out);
        out = ts_xstrdup(text);
    }
    ts_xfree(wide);
    return out;
}

/* ---- one sheet of a section */

typedef struct sheet {
    ts_xlsx_t *xlsx;
    const ts_table_t *table;
    lxw_worksheet *sheet;
    lxw_row_t row;
    double *widths; /* of the columns, in digits */
} sheet_t;

static bool
has_word(const ts_table_t *table, size_t row, const char *word)
{
    for (size_t c = 0; c < table->column_count; c++) {
        const ts_cell_t *cell = ts_table_cell(table, row, c);
        if (cell->kind == TS_CELL_SAY && strcmp(cell->say->id, word) == 0) {
            return true;
        }
    }
    return false;
}

/* Sums, and what goes over all contents and every age. */
static bool
is_total(const ts_table_t *table, size_t row)
{
    bool by_age = ts_table_column(table, "band") != SIZE_MAX;
    return has_word(table, row, N_("Total")) ||
           (has_word(table, row, N_("All contents")) &&
            (!by_age || has_word(table, row, N_("Every age")))) ||
           (by_age && ts_table_column(table, "line") == SIZE_MAX &&
            has_word(table, row, N_("Every age")));
}

static bool
is_amount(const char *format)
{
    return strcmp(format, "number") == 0 || strcmp(format, "vnd") == 0 ||
           strcmp(format, "share") == 0;
}

static bool
is_narrow(const char *format)
{
    return is_amount(format) || strcmp(format, "date") == 0 || strcmp(format, "time") == 0;
}

/* ---- widths and heights */

static double
longest_word(const char *text)
{
    double longest = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        char *word = ts_xstrndup(text, length);
        double width = ts_xlsx_width(word);
        ts_xfree(word);
        longest = width > longest ? width : longest;
        text += length + (text[length] == '\0' ? 0 : 1);
    }
    return longest;
}

/* What a column wants: a number whole, words broken where they may, other text on one line. */
static double
wanted_width(const ts_table_t *table, size_t c, const char *title)
{
    const char *format = table->columns[c].format;
    double wanted = longest_word(title) * 1.1 + 2;
    for (size_t row = 0; row < ts_table_rows(table); row++) {
        const ts_cell_t *cell = ts_table_cell(table, row, c);
        char *text = ts_render_cell(cell, format);
        bool whole = !is_narrow(format) || cell->kind == TS_CELL_NUMBER;
        double width = whole ? ts_xlsx_width(text) * 1.08 + 2.5 : longest_word(text) + 2;
        wanted = width > wanted ? width : wanted;
        ts_xfree(text);
    }
    wanted = wanted < COLUMN_WIDTH_MIN ? COLUMN_WIDTH_MIN : wanted;
    return wanted > COLUMN_WIDTH_MAX ? COLUMN_WIDTH_MAX : wanted;
}

/* Keys for programs, beside which the words stand: in the file, not on paper. Codes that offices
 * use themselves (communes, funds) are shown. */
static bool
is_hidden(const ts_column_t *column)
{
    static const char *const keys[] = {"key", "code", "line_code", "class_code", "body_code"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(column->name, keys[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool
is_portrait(const ts_table_t *table)
{
    size_t shown = 0;
    for (size_t c = 0; c < table->column_count; c++) {
        shown += is_hidden(&table->columns[c]) ? 0 : 1;
    }
    return shown <= PORTRAIT_COLUMNS_MAX;
}

static const char *
title_of(const ts_column_t *column)
{
    return column->title[0] == '\0' ? column->name : ts_say(column->title);
}

/* Text gives way until the page holds the table at a size that can be read. */
static void
choose_widths(sheet_t *self)
{
    const ts_table_t *table = self->table;
    double page = is_portrait(table) ? PORTRAIT_WIDTH : LANDSCAPE_WIDTH;
    double narrow = 0;
    double text = 0;
    for (size_t c = 0; c < table->column_count; c++) {
        if (!is_hidden(&table->columns[c])) {
            self->widths[c] = wanted_width(table, c, title_of(&table->columns[c]));
            *(is_narrow(table->columns[c].format) ? &narrow : &text) += self->widths[c];
        }
    }
    if (narrow + text <= page) {
        /* Titles and notes go over the whole table, so that it takes most of the page. */
        double more = page * 0.95 / (narrow + text);
        for (size_t c = 0; c < table->column_count && more > 1; c++) {
            self->widths[c] *= more;
        }
        return;
    }
    double part = (page - narrow) / text;
    for (size_t c = 0; c < table->column_count; c++) {
        if (!is_narrow(table->columns[c].format)) {
            double least = self->widths[c] < TEXT_WIDTH_MIN ? self->widths[c] : TEXT_WIDTH_MIN;
            double given = self->widths[c] * part;
            self->widths[c] = given < least ? least : given;
        }
    }
}

/* Lines that a text breaks into. Letters of the font are a little narrower than its digits, and
 * words do not fill every line. */
static double
lines_in(const char *text, double width)
{
    double all = ts_xlsx_width(text);
    double room = width - 1.5;
    return all <= room ? 1 : (double)(int)(all * 0.92 / room + 0.999);
}

/* Programs other than Excel do not find the height of broken text themselves. */
static double
height_of(const sheet_t *self, size_t row, bool total)
{
    double lines = 1;
    for (size_t c = 0; c < self->table->column_count; c++) {
        if (is_hidden(&self->table->columns[c])) {
            continue;
        }
        char *text =
            ts_render_cell(ts_table_cell(self->table, row, c), self->table->columns[c].format);
        /* Words in place of a number are set smaller, sums broader. */
        bool word = is_narrow(self->table->columns[c].format);
        double here = lines_in(text, self->widths[c] * (word ? 1.2 : total ? 0.92 : 1));
        lines = here > lines ? here : lines;
        ts_xfree(text);
    }
    return lines * LINE_POINTS + 2;
}

/* ---- cells */

static void
put_number(sheet_t *self, size_t c, const ts_cell_t *cell, bool total)
{
    const char *format = self->table->columns[c].format;
    lxw_format *const *formats = self->xlsx->formats;
    double value = (double)cell->number;
    lxw_format *look = formats[total ? TS_XLSX_NUMBER_BOLD : TS_XLSX_NUMBER];
    if (strcmp(format, "date") == 0) {
        value += EXCEL_EPOCH_DAYS;
        look = formats[TS_XLSX_DATE];
    } else if (strcmp(format, "time") == 0) {
        value = (value + VIETNAM_SECONDS) / SECONDS_OF_DAY + EXCEL_EPOCH_DAYS;
        look = formats[TS_XLSX_TIME];
    } else if (strcmp(format, "share") == 0) {
        value /= 10000;
        look = formats[TS_XLSX_SHARE];
    }
    (void)worksheet_write_number(self->sheet, self->row, (lxw_col_t)c, value, look);
}

static void
put_cell(sheet_t *self, size_t c, const ts_cell_t *cell, bool total)
{
    const char *format = self->table->columns[c].format;
    lxw_format *const *formats = self->xlsx->formats;
    lxw_format *text_look = formats[total ? TS_XLSX_TEXT_BOLD : TS_XLSX_TEXT];
    char *text = ts_render_cell(cell, format);
    if (cell->kind == TS_CELL_NUMBER && strcmp(format, "code") != 0) {
        put_number(self, c, cell, total);
    } else if (text[0] == '\0') {
        (void)worksheet_write_blank(self->sheet, self->row, (lxw_col_t)c, text_look);
    } else {
        bool word = cell->kind == TS_CELL_SAY && is_amount(format);
        (void)worksheet_write_string(self->sheet, self->row, (lxw_col_t)c, text,
                                     word ? formats[TS_XLSX_WORDS] : text_look);
    }
    ts_xfree(text);
}

static void
put_top(sheet_t *self, const ts_render_section_t *section)
{
    lxw_format *const *formats = self->xlsx->formats;
    const char *banner = ts_render_banner(self->xlsx->report);
    lxw_col_t last = (lxw_col_t)(self->table->column_count - 1);
    if (banner != NULL) {
        (void)worksheet_merge_range(self->sheet, self->row, 0, self->row, last, banner,
                                    formats[TS_XLSX_BANNER]);
        (void)worksheet_set_row(self->sheet, self->row++, 22, NULL);
    }
    (void)worksheet_merge_range(self->sheet, self->row, 0, self->row, last, section->title,
                                formats[TS_XLSX_TITLE]);
    (void)worksheet_set_row(self->sheet, self->row++, 24, NULL);
}

static void
put_headings(sheet_t *self)
{
    double tallest = 1;
    for (size_t c = 0; c < self->table->column_count; c++) {
        const char *title = title_of(&self->table->columns[c]);
        (void)worksheet_write_string(self->sheet, self->row, (lxw_col_t)c, title,
                                     self->xlsx->formats[TS_XLSX_HEADING]);
        double lines =
            is_hidden(&self->table->columns[c]) ? 1 : lines_in(title, self->widths[c] * 0.92);
        tallest = lines > tallest ? lines : tallest;
    }
    (void)worksheet_set_row(self->sheet, self->row++, tallest * LINE_POINTS + 6, NULL);
    for (size_t c = 0; c < self->table->column_count; c++) {
        const char *tag =
            ts_render_tag(self->xlsx->report, self->table->name, self->table->columns[c].name);
        (void)worksheet_write_string(self->sheet, self->row, (lxw_col_t)c, tag,
                                     self->xlsx->formats[TS_XLSX_TAG]);
    }
    lxw_row_col_options hidden = {.hidden = LXW_TRUE};
    (void)worksheet_set_row_opt(self->sheet, self->row++, 11, NULL, &hidden);
}

static void
put_rows(sheet_t *self)
{
    const ts_table_t *table = self->table;
    for (size_t row = 0; row < ts_table_rows(table); row++) {
        bool total = is_total(table, row);
        (void)worksheet_set_row(self->sheet, self->row, height_of(self, row, total), NULL);
        for (size_t c = 0; c < table->column_count; c++) {
            put_cell(self, c, ts_table_cell(table, row, c), total);
        }
        self->row++;
    }
    if (ts_table_rows(table) == 0) {
        (void)worksheet_merge_range(self->sheet, self->row, 0, self->row,
                                    (lxw_col_t)(table->column_count - 1), _("None"),
                                    self->xlsx->formats[TS_XLSX_WORDS]);
        self->row++;
    }
}

static void
set_page(const sheet_t *self, lxw_row_t heading_row)
{
    if (is_portrait(self->table)) {
        worksheet_set_portrait(self->sheet);
    } else {
        worksheet_set_landscape(self->sheet);
    }
    worksheet_set_paper(self->sheet, PAPER_A4);
    worksheet_fit_to_pages(self->sheet, 1, 0);
    /* Decree 30/2020: 20-25 mm above and below, 30-35 left, 15-20 right; inches here. */
    worksheet_set_margins(self->sheet, 1.2, 0.65, 0.85, 0.85);
    (void)worksheet_set_header(self->sheet, "&C&\"Times New Roman,Regular\"&13&P");
    (void)worksheet_repeat_rows(self->sheet, heading_row, heading_row);
    worksheet_freeze_panes(self->sheet, heading_row + 2, 0);
}

/* The rows that lie below the table and belong to it. */
static void
put_note(sheet_t *self, const ts_render_section_t *section)
{
    lxw_col_t last = (lxw_col_t)(self->table->column_count - 1);
    double width = 0;
    for (size_t c = 0; c < self->table->column_count; c++) {
        width += self->widths[c];
    }
    char *disclaimer = ts_render_cover(self->xlsx->report, "disclaimer");
    const char *const notes[] = {section->note, disclaimer};
    self->row++;
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        if (notes[i][0] != '\0') {
            int lines = (int)(ts_xlsx_width(notes[i]) / (width > 20 ? width : 20) + 1.3);
            (void)worksheet_merge_range(self->sheet, self->row, 0, self->row, last, notes[i],
                                        self->xlsx->formats[TS_XLSX_NOTE]);
            (void)worksheet_set_row(self->sheet, self->row++, lines * 14 + 4, NULL);
        }
    }
    ts_xfree(disclaimer);
}

static void
put_section(ts_xlsx_t *xlsx, const ts_render_section_t *section, const char *name)
{
    const ts_table_t *table = section->table;
    sheet_t self = {.xlsx = xlsx,
                    .table = table,
                    .sheet = workbook_add_worksheet(xlsx->book, name),
                    .row = FIRST_SHEET_ROW,
                    .widths = ts_xcalloc(table->column_count, sizeof(double))};
    choose_widths(&self);
    for (size_t c = 0; c < table->column_count; c++) {
        bool hide = is_hidden(&table->columns[c]);
        lxw_row_col_options options = {.hidden = hide ? LXW_TRUE : LXW_FALSE};
        (void)worksheet_set_column_opt(self.sheet, (lxw_col_t)c, (lxw_col_t)c,
                                       hide ? TEXT_WIDTH_MIN : self.widths[c], NULL, &options);
    }
    put_top(&self, section);
    lxw_row_t heading_row = self.row;
    put_headings(&self);
    put_rows(&self);
    put_note(&self, section);
    set_page(&self, heading_row);
    ts_xfree(self.widths);
}

/* ---- the workbook */

static void
fill(ts_xlsx_t *self)
{
    size_t number = 0;
    for (size_t i = 0; i < ts_render_sections(self->report); i++) {
        ts_render_section_t section = ts_render_section(self->report, i);
        if (section.table == NULL) {
            continue;
        }
        char *name = ts_xlsx_sheet_name(number, section.title);
        if (strcmp(section.table->name, "cover") == 0) {
            ts_xlsx_cover(self, name);
        } else {
            put_section(self, &section, name);
        }
        ts_xfree(name);
        number++;
    }
    char *name = ts_xlsx_sheet_name(number, _("Needs met by line"));
    ts_xlsx_chart(self, name);
    ts_xfree(name);
}

/* The day on which it was drawn up, so that the same figures give the same bytes. */
static void
set_properties(ts_xlsx_t *self)
{
    char *title = ts_render_cover(self->report, "plan_title");
    char *body = ts_render_cover(self->report, "body_name");
    char *code = ts_render_cover(self->report, "check_code");
    char program[] = "Tiếp Sức";
    lxw_doc_properties properties = {.title = title,
                                     .author = program,
                                     .company = body,
                                     .comments = code,
                                     .created = (time_t)86400 *
                                                ts_render_cover_day(self->report, "as_of")};
    (void)workbook_set_properties(self->book, &properties);
    ts_xfree(title);
    ts_xfree(body);
    ts_xfree(code);
}

static ts_err_t
read_back(const char *path, ts_buf_t *out)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return TS_ERR_IO;
    }
    size_t got;
    do {
        got = fread(ts_buf_extend(out, 65536), 1, 65536, file);
        out->length -= 65536 - got;
    } while (got > 0);
    bool good = ferror(file) == 0;
    (void)fclose(file);
    return good ? TS_ERR_OK : TS_ERR_IO;
}

ts_err_t
ts_render_xlsx(const ts_reply_t *report,
               const char *stem,
               const char *folder,
               ts_render_files_t *files,
               ts_msg_t *ret_why)
{
    char path[4096];
    char name[256];
    (void)snprintf(name, sizeof name, "%.200s.xlsx", stem);
    (void)snprintf(path, sizeof path, "%.3800s/.%s.part", folder, name);
    /* The library tells its own errors to the terminal: what can be known is found out before. */
    FILE *probe = fopen(path, "wb");
    if (probe == NULL) {
        ts_msg_make(ret_why, N_("{1}: cannot be written: {2}"), path, strerror(errno), NULL);
        return TS_ERR_IO;
    }
    (void)fclose(probe);
    ts_xlsx_t self = {.report = report, .book = workbook_new(path)};
    ts_xlsx_formats(&self);
    set_properties(&self);
    fill(&self);
    lxw_error result = workbook_close(self.book);
    ts_buf_t data = {0};
    ts_err_t err = result == LXW_NO_ERROR ? read_back(path, &data) : TS_ERR_IO;
    (void)unlink(path);
    if (err == TS_ERR_OK) {
        ts_render_files_add(files, name, &data);
    } else {
        ts_msg_make(ret_why, N_("{1}: cannot be written: {2}"), path, lxw_strerror(result), NULL);
    }
    ts_buf_free(&data);
    return err;
}
