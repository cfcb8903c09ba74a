/* SPDX-License-Identifier: MPL-2.0 */
#include "sheet/csv.h"

#include "base/check.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "sheet/text.h"

#include <csv.h>
#include <stdbool.h>
#include <string.h>

/* Rows and bytes that decide on the separator: the heading and enough data behind a letterhead. */
#define PROBE_ROWS 50u
#define PROBE_BYTES 65536u

/* Rarest in running text first: of two that cut equally well the rarer is meant. */
static const char separators[] = {'\t', ';', ','};

/* One physical line: its text without the line end. */
typedef struct ts_line {
    const char *text;
    size_t bytes;
    size_t next; /* offset of the next line */
} ts_line_t;

static ts_line_t
line_at(const char *text, size_t bytes, size_t offset)
{
    size_t end = offset;
    while (end < bytes && text[end] != '\n' && text[end] != '\r') {
        end++;
    }
    size_t next = end;
    if (next < bytes) {
        next += text[next] == '\r' && next + 1 < bytes && text[next + 1] == '\n' ? 2 : 1;
    }
    return (ts_line_t){.text = text + offset, .bytes = end - offset, .next = next};
}

static void
start_parser(struct csv_parser *parser, char separator)
{
    /* REPALL_NL: an empty line ends a row too, so that "no row ended" means an open quotation mark.
     */
    int failed = csv_init(parser, CSV_REPALL_NL);
    TS_CHECK(failed == 0);
    csv_set_realloc_func(parser, ts_xrealloc);
    csv_set_free_func(parser, ts_xfree);
    csv_set_delim(parser, (unsigned char)separator);
}

/* ---- separator ---- */

typedef struct ts_probe {
    size_t cells;              /* of the row being read */
    size_t widths[PROBE_ROWS]; /* cells of each row that has more than nothing */
    size_t rows;
    bool filled; /* the row being read has a cell with text */
} ts_probe_t;

static void
probe_cell(void *text, size_t bytes, void *data)
{
    (void)text;
    ts_probe_t *probe = data;
    probe->cells++;
    probe->filled = probe->filled || bytes > 0;
}

static void
probe_row(int end, void *data)
{
    (void)end;
    ts_probe_t *probe = data;
    if (probe->filled && probe->rows < PROBE_ROWS) {
        probe->widths[probe->rows++] = probe->cells;
    }
    probe->cells = 0;
    probe->filled = false;
}

/* Cuts the beginning of the text; *ret_width is the commonest width beyond 1 (0: none) and
 * *ret_support its rows. */
static void
probe_separator(
    const char *text, size_t bytes, char separator, size_t *ret_width, size_t *ret_support)
{
    struct csv_parser parser;
    ts_probe_t probe = {0};
    start_parser(&parser, separator);
    size_t offset = 0;
    while (offset < bytes && offset < PROBE_BYTES && probe.rows < PROBE_ROWS) {
        ts_line_t line = line_at(text, bytes, offset);
        (void)csv_parse(&parser, line.text, line.bytes, probe_cell, probe_row, &probe);
        (void)csv_parse(&parser, "\n", 1, probe_cell, probe_row, &probe);
        offset = line.next;
    }
    csv_free(&parser);
    *ret_width = 0;
    *ret_support = 0;
    for (size_t i = 0; i < probe.rows; i++) {
        size_t support = 0;
        for (size_t j = 0; j < probe.rows; j++) {
            support += probe.widths[j] == probe.widths[i] ? 1 : 0;
        }
        bool wider = support == *ret_support && probe.widths[i] > *ret_width;
        if (probe.widths[i] > 1 && (support > *ret_support || wider)) {
            *ret_width = probe.widths[i];
            *ret_support = support;
        }
    }
}

char
ts_csv_separator(const char *text, size_t bytes)
{
    char best = ',';
    size_t best_width = 0;
    size_t best_support = 0;
    for (size_t i = 0; i < sizeof separators; i++) {
        size_t width = 0;
        size_t support = 0;
        probe_separator(text, bytes, separators[i], &width, &support);
        if (support > best_support || (support == best_support && width > best_width)) {
            best = separators[i];
            best_width = width;
            best_support = support;
        }
    }
    return best;
}

/* Excel's own first line "sep=;": its separator and the offset behind it, else 0. */
static char
told_separator(const char *text, size_t bytes, size_t *ret_offset)
{
    ts_line_t line = line_at(text, bytes, 0);
    const char *at = line.text;
    size_t left = line.bytes;
    if (left >= 2 && at[0] == '"' && at[left - 1] == '"') {
        at++;
        left -= 2;
    }
    if (left != 5 || memcmp(at, "sep=", 4) != 0 ||
        memchr(separators, at[4], sizeof separators) == NULL) {
        return 0;
    }
    *ret_offset = line.next;
    return at[4];
}

/* ---- reading ---- */

typedef struct ts_csv_reader {
    ts_grid_t *table;
    ts_sheet_issues_t *issues;
    uint32_t begin; /* line on which the row being read begins */
    size_t column;  /* its cells so far */
    bool open;      /* the table has it */
    bool ended;     /* no row is under way: the next line begins one */
    ts_err_t err;   /* the error that stops the reading */
} ts_csv_reader_t;

static void
report(ts_csv_reader_t *reader, const char *id, int64_t number, const char *value)
{
    ts_sheet_place_t place = {.line = reader->begin, .value = value};
    ts_msg_t message = {0};
    ts_msg_set(&message, id);
    ts_msg_arg_number(&message, number);
    if (value != NULL) {
        ts_msg_arg(&message, value);
    }
    ts_sheet_issues_add(reader->issues, TS_SHEET_ERROR, &place, &message);
}

/* ="03748" and '03748 are how people keep zeros in Excel. */
static void
unwrap(const char **text, size_t *bytes)
{
    const char *at = *text;
    if (*bytes >= 3 && at[0] == '=' && at[1] == '"' && at[*bytes - 1] == '"' &&
        memchr(at + 2, '"', *bytes - 3) == NULL) {
        *text += 2;
        *bytes -= 3;
    } else if (*bytes >= 2 && at[0] == '\'' && at[1] >= '0' && at[1] <= '9') {
        *text += 1;
        *bytes -= 1;
    }
}

static bool
is_excel_error(const char *text, size_t bytes)
{
    static const char *const errors[] = {"#REF!",  "#N/A",  "#VALUE!", "#DIV/0!",
                                         "#NAME?", "#NUM!", "#NULL!",  "#SPILL!"};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (bytes == strlen(errors[i]) && memcmp(text, errors[i], bytes) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] != '#') {
            return false;
        }
    }
    return bytes >= 3;
}

static void
open_row(ts_csv_reader_t *reader)
{
    if (reader->open) {
        return;
    }
    reader->err = ts_grid_begin_row(reader->table, reader->begin);
    if (reader->err != TS_ERR_OK) {
        report(reader, N_("the sheet has more than {1} rows: split it"), TS_SHEET_ROWS_MAX, NULL);
        return;
    }
    reader->open = true;
    reader->column = 0;
}

static void
take_cell(void *data, size_t bytes, void *context)
{
    ts_csv_reader_t *reader = context;
    const char *text = data;
    if (reader->err != TS_ERR_OK) {
        return;
    }
    open_row(reader);
    if (reader->err != TS_ERR_OK) {
        return;
    }
    reader->column++;
    unwrap(&text, &bytes);
    if (is_excel_error(text, bytes)) {
        char *value = ts_xstrndup(text, bytes);
        report(reader,
               N_("cell {1} holds “{2}”, which is an error shown by Excel and no value: mend the "
                  "sheet and save it again"),
               (int64_t)reader->column, value);
        ts_xfree(value);
        bytes = 0;
    }
    switch ((int)ts_grid_put_cell(reader->table, text, bytes)) {
    case TS_ERR_OK:
        break;
    case TS_ERR_TOOBIG:
        report(
            reader,
            N_("cell {1} is longer than a cell may be; is a quotation mark missing or too many?"),
            (int64_t)reader->column, NULL);
        break;
    case TS_ERR_LIMIT:
        report(reader, N_("the row has more than {1} columns"), TS_SHEET_COLUMNS_MAX, NULL);
        reader->err = TS_ERR_LIMIT;
        break;
    default: /* a separator cannot cut UTF-8: both are whole */
        TS_CHECK(false);
    }
}

static void
take_row(int end, void *context)
{
    (void)end;
    ts_csv_reader_t *reader = context;
    reader->ended = true;
    if (reader->open) {
        ts_grid_end_row(reader->table);
    }
    reader->open = false;
}

/* Feeds line by line, so that each row knows where it began. */
static void
read_lines(ts_csv_reader_t *reader,
           struct csv_parser *parser,
           const char *text,
           size_t bytes,
           uint32_t line_first)
{
    uint32_t number = line_first;
    size_t offset = 0;
    while (offset < bytes && reader->err == TS_ERR_OK) {
        ts_line_t line = line_at(text, bytes, offset);
        if (reader->ended) {
            reader->begin = number;
        }
        reader->ended = false;
        (void)csv_parse(parser, line.text, line.bytes, take_cell, take_row, reader);
        (void)csv_parse(parser, "\n", 1, take_cell, take_row, reader);
        offset = line.next;
        number++;
    }
}

ts_err_t
ts_csv_read(const char *text,
            size_t bytes,
            char separator,
            ts_sheet_issues_t *issues,
            ts_grid_t **ret_table)
{
    size_t skip = 0;
    char told = told_separator(text, bytes, &skip);
    if (separator == 0) {
        separator = told != 0 ? told : ts_csv_separator(text, bytes);
    }
    ts_csv_reader_t reader = {.table = ts_grid_new(), .issues = issues, .ended = true};
    struct csv_parser parser;
    start_parser(&parser, separator);
    read_lines(&reader, &parser, text + skip, bytes - skip, skip > 0 ? 2 : 1);
    ts_err_t err = reader.err;
    ts_msg_t message = {0};
    if (err == TS_ERR_OK && !reader.ended) {
        ts_sheet_place_t place = {.line = reader.begin};
        ts_msg_make(&message,
                    N_("a quotation mark (\") in the row that begins here is never closed"), NULL);
        ts_sheet_issues_add(issues, TS_SHEET_ERROR, &place, &message);
        err = TS_ERR_INVALID;
    } else if (err == TS_ERR_OK && ts_grid_rows(reader.table) == 0) {
        ts_msg_make(&message, N_("there is nothing in the sheet"), NULL);
        ts_sheet_issues_add(issues, TS_SHEET_ERROR, NULL, &message);
        err = TS_ERR_INVALID;
    }
    csv_free(&parser);
    if (err != TS_ERR_OK) {
        ts_grid_destroy(&reader.table);
        return err;
    }
    *ret_table = reader.table;
    return TS_ERR_OK;
}
