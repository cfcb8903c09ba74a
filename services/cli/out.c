/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/out.h"

#include "base/buf.h"
#include "base/id.h"
#include "base/time.h"
#include "base/xalloc.h"
#include "core/labels.h"
#include "shared/listing.h"
#include "shared/say.h"
#include "shared/term.h"
#include "wire/json.h"

#include <stdlib.h>
#include <string.h>

#define ISSUES_SHOWN_MAX 50u

ts_out_t
ts_out_terminal(void)
{
    return (ts_out_t){.out = stdout, .err = stderr, .columns = ts_term_columns(stdout)};
}

/* ---- cells */

static char *
number_cell(const char *format, int64_t number)
{
    char text[TS_SAY_BYTES];
    if (strcmp(format, "date") == 0) {
        ts_say_date(number == 0 ? TS_DATE_NONE : (ts_date_t){(int32_t)number}, text, sizeof text);
    } else if (strcmp(format, "time") == 0) {
        ts_say_time((ts_utc_t){number * 1000}, text, sizeof text);
    } else if (strcmp(format, "code") == 0) {
        ts_record_code_format((ts_record_id_t)number, text, sizeof text);
    } else if (strcmp(format, "percent") == 0) {
        ts_say_number(number, text, sizeof text - 3);
        (void)strcat(text, " %");
    } else {
        ts_say_number(number, text, sizeof text);
    }
    return ts_xstrdup(text);
}

char *
ts_out_cell(const char *format, const ts_cell_t *cell)
{
    switch (cell->kind) {
    case TS_CELL_TEXT:
        return ts_xstrdup(cell->text);
    case TS_CELL_NUMBER:
        return number_cell(format, cell->number);
    case TS_CELL_SAY:
        return ts_say_msg(cell->say);
    case TS_CELL_NOTHING:
    default:
        return ts_xstrdup("—");
    }
}

/* ---- tables */

static ts_listing_kind_t
listing_kind(const char *format)
{
    static const struct {
        const char *format;
        ts_listing_kind_t kind;
    } kinds[] = {
        {"number", TS_LISTING_NUMBER}, {"vnd", TS_LISTING_NUMBER}, {"percent", TS_LISTING_NUMBER},
        {"date", TS_LISTING_CODE},     {"time", TS_LISTING_CODE},  {"code", TS_LISTING_CODE},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(format, kinds[i].format) == 0) {
            return kinds[i].kind;
        }
    }
    return TS_LISTING_TEXT;
}

static bool
is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Columns that answer yes or no with 1 and 0. */
static bool
is_flag(const char *name)
{
    static const char *const flags[] = {"stands",   "void",     "conflict", "active",     "forked",
                                        "recorder", "approver", "operator", "rebuilding", "in_step"};
    return is_one_of(name, flags, sizeof flags / sizeof flags[0]);
}

/* Columns of records that a list does without when the screen is narrow; `show` has them all. */
static bool
is_background(const char *name)
{
    static const char *const columns[] = {
        "event",  "office",  "plan_id",    "plan",      "owner_unit", "owner_unit_name", "precision", "claimed_s",
        "author", "row_key", "source_key", "author_role", "verified_by", "verified_on", "reason",     "note",
        "source", "conflict", "round",      "grade",     "signatories", "witness",      "void"};
    return is_one_of(name, columns, sizeof columns / sizeof columns[0]);
}

/* Words of the process that are not sentences. */
static const char *
word_of(const char *column, const char *text)
{
    static const struct {
        const char *column;
        const char *word;
        const char *id;
    } words[] = {
        {"purpose", "acts", N_("acts")},         {"purpose", "records", N_("records")},
        {"purpose", "registry", N_("registry")}, {"purpose", "down", N_("downward")},
        {"purpose", "holdings", N_("holdings")}, {"purpose", "private", N_("private")},
        {"ledger", "same", N_("the same")},      {"ledger", "different", N_("different")},
        {"role", "province", N_("province")},    {"role", "district", N_("district")},
        {"role", "commune", N_("commune")},      {"role", "body", N_("body")},
        {"role", "subscriber", N_("subscriber")}, {"precision", "day", N_("day")},
        {"precision", "month", N_("month")},     {"precision", "year", N_("year")},
        {"author_role", "recorder", N_("Recorder")}, {"author_role", "approver", N_("Approver")},
        {"author_role", "operator", N_("Operator")},
    };
    const char *label = strcmp(column, "kind") == 0 ? ts_label_kind(text) : NULL;
    for (size_t i = 0; label == NULL && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].column, column) == 0 && strcmp(words[i].word, text) == 0) {
            label = words[i].id;
        }
    }
    return label == NULL ? text : ts_say(label);
}

static bool
is_empty(const ts_cell_t *cell)
{
    return cell->kind == TS_CELL_NOTHING || (cell->kind == TS_CELL_TEXT && cell->text[0] == '\0');
}

/* Nothing in any row, or a yes-or-no that is no everywhere. */
static bool
is_blank_column(const ts_table_t *table, size_t column)
{
    bool flag = is_flag(table->columns[column].name);
    for (size_t r = 0; r < ts_table_rows(table); r++) {
        const ts_cell_t *cell = ts_table_cell(table, r, column);
        if (!is_empty(cell) && !(flag && cell->kind == TS_CELL_NUMBER && cell->number == 0)) {
            return false;
        }
    }
    return true;
}

/* A code beside which its name stands in the next column. */
static bool
is_code_with_name(const ts_table_t *table, size_t column)
{
    return column + 1 < table->column_count && strcmp(table->columns[column].format, "code") == 0 &&
           strcmp(table->columns[column].title, table->columns[column + 1].title) == 0 &&
           !is_blank_column(table, column + 1);
}

static void
add_cell(ts_listing_t *list, const ts_column_t *column, const ts_cell_t *cell)
{
    if (is_empty(cell)) {
        ts_listing_missing(list);
    } else if (is_flag(column->name) && cell->kind == TS_CELL_NUMBER) {
        ts_listing_shown(list, cell->number != 0 ? _("yes") : "");
    } else if (cell->kind == TS_CELL_TEXT) {
        ts_listing_shown(list, word_of(column->name, cell->text));
    } else {
        char *text = ts_out_cell(column->format, cell);
        ts_listing_shown(list, text);
        ts_xfree(text);
    }
}

static ts_listing_t *
listing_of(const ts_table_t *table, bool with_background)
{
    ts_listing_t *list = ts_listing_new();
    bool *skipped = ts_xcalloc(table->column_count, sizeof *skipped);
    for (size_t c = 0; c < table->column_count; c++) {
        const ts_column_t *column = &table->columns[c];
        skipped[c] = is_blank_column(table, c) || is_code_with_name(table, c) ||
                     (!with_background && is_background(column->name));
        if (!skipped[c]) {
            bool untitled = column->title == NULL || column->title[0] == '\0';
            ts_listing_kind_t kind = is_flag(column->name) ? TS_LISTING_CODE : listing_kind(column->format);
            ts_listing_column(list, column->name, untitled ? column->name : ts_say(column->title), kind);
        }
    }
    for (size_t r = 0; r < ts_table_rows(table); r++) {
        for (size_t c = 0; c < table->column_count; c++) {
            if (!skipped[c]) {
                add_cell(list, &table->columns[c], ts_table_cell(table, r, c));
            }
        }
    }
    ts_xfree(skipped);
    return list;
}

void
ts_out_table(const ts_out_t *self, const ts_table_t *table)
{
    size_t rows = ts_table_rows(table);
    if (table->column_count == 0) {
        return;
    }
    if (rows == 0) {
        (void)fprintf(self->out, "%s\n", _("(nothing)"));
        return;
    }
    ts_listing_t *list = listing_of(table, true);
    if (rows > 1 && !ts_listing_fits(list, self->columns)) {
        ts_listing_destroy(&list);
        list = listing_of(table, false);
    }
    if (rows == 1 && table->column_count > 3) {
        ts_listing_print_rows(list, self->out, self->columns);
    } else {
        ts_listing_print_whole(list, self->out, self->columns);
    }
    ts_listing_destroy(&list);
}

void
ts_out_table_titled(const ts_out_t *self, const ts_table_t *table)
{
    static const struct {
        const char *name;
        const char *title;
    } titles[] = {
        {"history", N_("History")},     {"approvals", N_("Approvals")},   {"postings", N_("Booked")},
        {"items", N_("Goods and money")}, {"heads", N_("Head counts")},   {"files", N_("Files")},
        {"logs", N_("Logs")},           {"damages", N_("Damaged")},       {"scope", N_("Units in scope")},
        {"lines", N_("Support lines")}, {"bands", N_("Age bands")},       {"periods", N_("Periods")},
        {"duties", N_("Duties")},       {"targets", N_("Targets")},       {"budget", N_("Budget")},
        {"tips", N_("Positions covered")}, {"covers", N_("Positions covered")}, {"figures", N_("Figures")},
        {"beneficiary_ids", N_("Children")}, {"peers", N_("Connections")}, {"cells", N_("Figures")},
    };
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        if (strcmp(titles[i].name, table->name) == 0) {
            ts_out_heading(self, ts_say(titles[i].title));
        }
    }
    ts_out_table(self, table);
}

/* ---- text */

void
ts_out_wrap(const ts_out_t *self, FILE *to, const char *text, size_t indent, bool hanging)
{
    size_t room = self->columns > indent + 10 ? self->columns - indent : 10;
    bool first = true;
    do {
        size_t next;
        size_t bytes = ts_term_line(text, room, &next);
        ts_buf_t line = {.length = 0};
        char *part = ts_xstrndup(text, bytes);
        (void)ts_term_put(&line, part, room + indent);
        if (line.length > 0) {
            (void)fprintf(to, "%*s", first && hanging ? 0 : (int)indent, "");
            (void)fwrite(line.data, 1, line.length, to);
        }
        (void)fputc('\n', to);
        ts_xfree(part);
        ts_buf_free(&line);
        text += next;
        first = false;
    } while (*text != '\0');
}

static void
put_spaces(FILE *to, size_t count)
{
    (void)fprintf(to, "%*s", (int)count, "");
}

void
ts_out_pair(const ts_out_t *self, const char *title, const char *value, size_t title_cells)
{
    size_t cells = ts_term_cells(title);
    (void)fprintf(self->out, "  %s", title);
    put_spaces(self->out, (cells < title_cells ? title_cells - cells : 0) + 2);
    ts_out_wrap(self, self->out, value, title_cells + 4, true);
}

void
ts_out_heading(const ts_out_t *self, const char *title)
{
    (void)fprintf(self->out, "%s\n", title);
    for (size_t i = ts_term_cells(title); i > 0; i--) {
        (void)fputs("─", self->out);
    }
    (void)fputc('\n', self->out);
}

/* ---- issues */

/* "dòng 12, cột «Số lượng», giá trị «abc»"; "" when nothing is said of the place. */
static void
put_place(ts_buf_t *out, const ts_issue_t *issue)
{
    char line[16];
    char row[16];
    (void)snprintf(line, sizeof line, "%u", (unsigned)issue->line);
    (void)snprintf(row, sizeof row, "%u", (unsigned)issue->row);
    const struct {
        const char *id;
        const char *value;
    } parts[] = {
        {"{1}", issue->file},
        {N_("line {1}"), issue->line == 0 ? NULL : line},
        {N_("row {1}"), issue->row == 0 || issue->line != 0 ? NULL : row},
        {N_("column “{1}”"), issue->column},
        {N_("value “{1}”"), issue->value == NULL || issue->value[0] == '\0' ? NULL : issue->value},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].value != NULL) {
            char *text = ts_say_text(parts[i].id, parts[i].value, NULL);
            ts_buf_put_text(out, out->length == 0 ? "" : ", ");
            ts_buf_put_text(out, text);
            ts_xfree(text);
        }
    }
}

void
ts_out_issue(const ts_out_t *self, const ts_issue_t *issue)
{
    static const char *const marks[] = {
        [TS_SEVERITY_ERROR] = "✗ ", [TS_SEVERITY_WARNING] = "! ", [TS_SEVERITY_NOTE] = "· "};
    ts_buf_t text = {.length = 0};
    ts_buf_t place = {.length = 0};
    ts_buf_put_text(&text, marks[issue->severity]);
    put_place(&place, issue);
    if (place.length > 0) {
        ts_buf_put(&text, place.data, place.length);
        ts_buf_put_text(&text, ": ");
    }
    char *say = ts_say_msg(&issue->say);
    ts_buf_put_text(&text, say);
    ts_buf_put_u8(&text, '\0');
    ts_out_wrap(self, self->err, (const char *)text.data, 2, true);
    ts_xfree(say);
    ts_buf_free(&place);
    ts_buf_free(&text);
}

void
ts_out_issues(const ts_out_t *self, const ts_reply_t *reply, size_t limit)
{
    for (size_t i = 0; i < reply->issue_count && i < limit; i++) {
        ts_out_issue(self, &reply->issues[i]);
    }
    if (reply->issue_count > limit) {
        char count[TS_SAY_BYTES];
        ts_say_number((int64_t)(reply->issue_count - limit), count, sizeof count);
        char *text = ts_say_text(N_("… and {1} more (--json shows all)"), count, NULL);
        ts_out_wrap(self, self->err, text, 2, true);
        ts_xfree(text);
    }
}

/* ---- replies */

const char *
ts_out_next(ts_err_t err)
{
    static const struct {
        ts_err_t err;
        const char *next;
    } table[] = {
        {TS_ERR_AGAIN, N_("try again in a minute; “tiepsuc status” shows what is going on")},
        {TS_ERR_BUSY, N_("try again in a minute; “tiepsuc status” shows what is going on")},
        {TS_ERR_FULL, N_("make room on the disk, then enter it again; nothing was written")},
        {TS_ERR_IO, N_("look at the disk and at the log of the service (journalctl -u tiepsuc-office)")},
        {TS_ERR_NOTFOUND, N_("“tiepsuc list KIND” shows what there is; check the code character by character")},
        {TS_ERR_EXISTS, N_("“tiepsuc list KIND” shows what is there; to change it: “tiepsuc revise”")},
        {TS_ERR_INVALID, N_("correct what is named and try again; “tiepsuc help COMMAND” explains it")},
        {TS_ERR_TOOBIG, N_("split it into several parts")},
        {TS_ERR_UNKNOWN, N_("the service may be of another version than this command: “tiepsuc version”")},
        {TS_ERR_DENIED, N_("say who types with --as NUMBER (“tiepsuc account list”), or ask a person "
                           "with the role or the office that may do it")},
        {TS_ERR_LIMIT, N_("“tiepsuc status” and “tiepsuc show CODE” show what is left")},
        {TS_ERR_CONFLICT, N_("“tiepsuc conflicts” shows both versions; “tiepsuc resolve” settles it")},
        {TS_ERR_CORRUPT, N_("change nothing; run “tiepsuc verify --deep” and keep a copy of the data folder")},
        {TS_ERR_CONFIG, N_("correct the file; “tiepsuc config check FILE” tries it")},
        {TS_ERR_LOCKED, N_("another process has it open: stop that one first")},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].err == err) {
            return table[i].next;
        }
    }
    return NULL;
}

void
ts_out_json(const ts_out_t *self, const ts_reply_t *reply)
{
    ts_buf_t text = {.length = 0};
    ts_json_put_reply(&text, reply, ts_say_msg);
    ts_buf_put_u8(&text, '\n');
    (void)fwrite(text.data, 1, text.length, self->out);
    (void)fflush(self->out);
    ts_buf_free(&text);
}

static void
put_sentence(const ts_out_t *self, const ts_reply_t *reply, const char *next)
{
    bool good = reply->code == TS_ERR_OK;
    char *say = reply->say.id != NULL ? ts_say_msg(&reply->say)
                                      : ts_xstrdup(good ? "" : ts_say(ts_err_str(reply->code)));
    if (say[0] != '\0') {
        ts_out_wrap(self, good ? self->out : self->err, say, 0, false);
    }
    ts_xfree(say);
    if (!good && reply->issue_count > 0) {
        ts_out_issues(self, reply, ISSUES_SHOWN_MAX);
    }
    next = next != NULL ? next : ts_out_next(reply->code);
    if (!good && next != NULL) {
        char *text = ts_say_text(N_("→ {1}"), ts_say(next), NULL);
        ts_out_wrap(self, self->err, text, 2, true);
        ts_xfree(text);
    }
}

void
ts_out_reply(const ts_out_t *self, const ts_reply_t *reply, const char *next)
{
    if (self->json) {
        ts_out_json(self, reply);
        return;
    }
    bool first = true;
    for (size_t i = 0; i < reply->table_count; i++) {
        bool alone = reply->table_count == 1;
        if (!alone && ts_table_rows(&reply->tables[i]) == 0) {
            continue;
        }
        if (!first) {
            (void)fputc('\n', self->out);
        }
        (alone ? ts_out_table : ts_out_table_titled)(self, &reply->tables[i]);
        first = false;
    }
    if (!first && reply->say.id != NULL && reply->code == TS_ERR_OK) {
        (void)fputc('\n', self->out);
    }
    (void)fflush(self->out);
    put_sentence(self, reply, next);
    (void)fflush(self->out);
    if (reply->code == TS_ERR_OK) {
        ts_out_issues(self, reply, ISSUES_SHOWN_MAX);
    }
}
