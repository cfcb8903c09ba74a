/* SPDX-License-Identifier: MPL-2.0 */
/* Tables of replies on a screen: cells in words, columns that say nothing left out. */
#include "base/id.h"
#include "base/time.h"
#include "base/xalloc.h"
#include "cli/out.h"
#include "core/labels.h"
#include "shared/listing.h"
#include "shared/say.h"

#include <inttypes.h>
#include <string.h>

/* ---- cells */

static char *
number_cell(const char *format, int64_t number)
{
    char text[TS_SAY_BYTES];
    if (strcmp(format, "date") == 0) {
        ts_say_date(number == 0 ? TS_DATE_NONE : (ts_date_t){(int32_t)number}, text, sizeof text);
    } else if (strcmp(format, "time") == 0) {
        if (number == 0) {
            return ts_xstrdup("—"); /* never */
        }
        ts_say_time((ts_utc_t){number * 1000}, text, sizeof text);
    } else if (strcmp(format, "code") == 0) {
        ts_record_code_format((ts_record_id_t)number, text, sizeof text);
    } else if (strcmp(format, "percent") == 0) {
        char digits[TS_SAY_BYTES - 4];
        ts_say_number(number, digits, sizeof digits);
        (void)snprintf(text, sizeof text, "%s %%", digits);
    } else if (strcmp(format, "share") == 0) {
        char digits[TS_SAY_BYTES - 4];
        ts_say_decimal(number, 2, digits, sizeof digits);
        (void)snprintf(text, sizeof text, "%s %%", digits);
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
        {"number", TS_LISTING_NUMBER}, {"vnd", TS_LISTING_NUMBER},   {"percent", TS_LISTING_NUMBER},
        {"share", TS_LISTING_NUMBER},  {"share", TS_LISTING_NUMBER}, {"date", TS_LISTING_CODE},
        {"time", TS_LISTING_CODE},     {"code", TS_LISTING_CODE},
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
    static const char *const flags[] = {
        "stands",     "void",     "conflict", "active",        "forked",
        "recorder",   "approver", "operator", "nil_confirmed", "redirect_consented",
        "rebuilding", "in_step",  "closes"};
    return is_one_of(name, flags, sizeof flags / sizeof flags[0]);
}

/* In which turn a list on a narrow screen does without a column: 1 first, 0 never. `show` has them
 * all. */
static int
turn_of(const char *name)
{
    static const char *const first[] = {
        "event",       "office",
        "plan_id",     "plan",
        "owner_unit",  "owner_unit_name",
        "precision",   "claimed_s",
        "author",      "row_key",
        "source_key",  "author_role",
        "verified_by", "verified_on",
        "reason",      "note",
        "source",      "conflict",
        "round",       "grade",
        "signatories", "witness",
        "void",        "name_en",
        "title_en",    "text_en",
        "aliases",     "article",
        "body",        "to",
        "class",       "relation",
        "rolled",      "editions",
        "duty",        "check_code",
        "valued_by",   "currency",
        "order_no",    "document_number",
        "common",      "coverage",
        "to_name",     "target_id",
        "invite_key",  "invite_curve_key",
        "node_key",    "node_curve_key",
        "endpoints",   "gate_curve_key",
        "topics",      "predecessor_number",
        "area_grade",  "type_name",
    };
    static const char *const second[] = {
        "site",
        "unit_of_measure",
        "state",
        "beneficiary_id",
        "held",
        "arrived",
        "kind",
        "waits_for",
        "purpose",
        "fund_id",
        "pledge_id",
        "supplier",
        "invoice_number",
        "receipt_far_id",
        "allocation_far_id",
        "handover_far_id",
        "fund_far_id",
        "restriction_band_id",
        "restriction_unit",
        "restriction_unit_id",
        "restriction_line",
        "restriction_line_id",
        "restriction_site",
        "restriction_text",
        "restriction_band",
        "restriction_use_by_on",
    };
    return is_one_of(name, first, sizeof first / sizeof first[0])      ? 1
           : is_one_of(name, second, sizeof second / sizeof second[0]) ? 2
                                                                       : 0;
}

/* The same of the figures of a report. Keys for programs come first: words stand beside them. */
static int
turn_of_figure(const char *name)
{
    static const char *const keys[] = {"line_code", "class_code", "body_code", "key", "code"};
    static const char *const first[] = {"children_f",   "heads_f",   "distinct_f", "child_times_f",
                                        "head_times_f", "unit_code", "above",      "verified"};
    static const char *const second[] = {"at_most", "sites", "child_times", "head_times",
                                         "unit_of_measure"};
    return is_one_of(name, keys, sizeof keys / sizeof keys[0])         ? -1
           : is_one_of(name, first, sizeof first / sizeof first[0])    ? 1
           : is_one_of(name, second, sizeof second / sizeof second[0]) ? 2
                                                                       : 0;
}

/* A number of an office beside which its name stands. */
static bool
is_number_with_name(const ts_table_t *table, size_t column)
{
    return strcmp(table->columns[column].name, "office") == 0 &&
           ts_table_column(table, "office_name") != SIZE_MAX;
}

/* A key of the unit of measure beside which its name stands. */
static bool
is_key_with_name(const ts_table_t *table, size_t column)
{
    return strcmp(table->columns[column].name, "unit_of_measure") == 0 &&
           ts_table_column(table, "unit_name") != SIZE_MAX;
}

/* Numbers that are read as they stand: 2019, not 2.019. */
static bool
is_plain_number(const ts_column_t *column)
{
    size_t bytes = strlen(column->name);
    return strcmp(column->format, "number") == 0 && bytes >= 4 &&
           strcmp(column->name + bytes - 4, "year") == 0;
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
        {"purpose", "acts", N_("acts")},
        {"purpose", "records", N_("records")},
        {"purpose", "registry", N_("registry")},
        {"purpose", "down", N_("downward")},
        {"purpose", "holdings", N_("holdings")},
        {"purpose", "private", N_("private")},
        {"purpose", "kept", N_("kept for the province")},
        {"ledger", "same", N_("the same")},
        {"ledger", "different", N_("different")},
        {"role", "province", N_("province")},
        {"role", "district", N_("district")},
        {"role", "commune", N_("commune")},
        {"role", "body", N_("body")},
        {"role", "subscriber", N_("subscriber")},
        {"coverage", "all", N_("all children")},
        {"coverage", "in_need", N_("children in need")},
        {"coverage", "special", N_("the groups that the plan names")},
        {"precision", "day", N_("day")},
        {"precision", "month", N_("month")},
        {"precision", "year", N_("year")},
        {"author_role", "recorder", N_("Recorder")},
        {"author_role", "approver", N_("Approver")},
        {"author_role", "operator", N_("Operator")},
        {"action", "added", N_("added")},
        {"action", "changed", N_("changed")},
        {"action", "unchanged", N_("unchanged")},
        {"action", "refused", N_("not taken in")},
    };
    bool kind = strcmp(column, "kind") == 0 || strcmp(column, "target_kind") == 0;
    const char *label = kind ? ts_label_kind(text) : NULL;
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

/* Nothing in any row, or a yes-or-no that is no everywhere; no foreign money is 0 of it. */
static bool
is_blank_column(const ts_table_t *table, size_t column)
{
    const char *name = table->columns[column].name;
    bool flag = is_flag(name) || strcmp(name, "foreign_minor") == 0;
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
    } else if (strcmp(column->name, "consents_to_be_named") == 0) {
        ts_listing_shown(list, cell->number != 0 ? _("yes") : _("no"));
    } else if (is_flag(column->name) && cell->kind == TS_CELL_NUMBER) {
        ts_listing_shown(list, cell->number != 0 ? _("yes") : "");
    } else if (cell->kind == TS_CELL_TEXT) {
        ts_listing_shown(list, word_of(column->name, cell->text));
    } else if (cell->kind == TS_CELL_NUMBER && is_plain_number(column)) {
        char text[24];
        (void)snprintf(text, sizeof text, "%" PRId64, cell->number);
        ts_listing_shown(list, text);
    } else {
        char *text = ts_out_cell(column->format, cell);
        ts_listing_shown(list, text);
        ts_xfree(text);
    }
}

/* Without a title a column is for programs; so are the packed figures of a report. */
static bool
is_for_machines(const ts_column_t *column)
{
    return column->title == NULL || column->title[0] == '\0' ||
           strcmp(column->name, "figures") == 0;
}

/* A row of a report of which no figure is there yet. */
static bool
is_without_figures(const ts_table_t *table, size_t row)
{
    bool waits = false;
    for (size_t c = 0; c < table->column_count; c++) {
        const ts_cell_t *cell = ts_table_cell(table, row, c);
        if (cell->kind == TS_CELL_NUMBER) {
            return false;
        }
        waits = waits ||
                (cell->kind == TS_CELL_SAY && strcmp(cell->say->id, N_("no figures yet")) == 0);
    }
    return waits;
}

static bool
leaves_out_row(const ts_out_t *self, const ts_table_t *table, size_t row)
{
    return self->figures && is_without_figures(table, row);
}

/* Nothing to say, or what the row above says already: on a page of figures both stay blank. */
static bool
is_said(const ts_table_t *table, size_t above, size_t row, size_t column)
{
    static const char *const names[] = {"line", "unit", "above", "unit_code"};
    const ts_cell_t *cell = ts_table_cell(table, row, column);
    if (is_empty(cell)) {
        return true;
    }
    if (above == SIZE_MAX ||
        !is_one_of(table->columns[column].name, names, sizeof names / sizeof names[0])) {
        return false;
    }
    const ts_cell_t *before = ts_table_cell(table, above, column);
    return before->kind == cell->kind &&
           ((cell->kind == TS_CELL_TEXT && strcmp(before->text, cell->text) == 0) ||
            (cell->kind == TS_CELL_SAY && strcmp(before->say->id, cell->say->id) == 0));
}

/* turns: columns of so many turns are left out. */
static ts_listing_t *
listing_of(const ts_out_t *self, const ts_table_t *table, int turns)
{
    ts_listing_t *list = ts_listing_new();
    bool *skipped = ts_xcalloc(table->column_count, sizeof *skipped);
    for (size_t c = 0; c < table->column_count; c++) {
        const ts_column_t *column = &table->columns[c];
        int turn = self->figures ? turn_of_figure(column->name) : turn_of(column->name);
        skipped[c] = is_blank_column(table, c) || is_code_with_name(table, c) ||
                     is_number_with_name(table, c) || is_key_with_name(table, c) ||
                     is_for_machines(column) || (turn != 0 && turn <= turns);
        if (!skipped[c]) {
            ts_listing_kind_t kind =
                is_flag(column->name) ? TS_LISTING_CODE : listing_kind(column->format);
            ts_listing_column(list, column->name, ts_say(column->title), kind);
        }
    }
    size_t above = SIZE_MAX;
    for (size_t r = 0; r < ts_table_rows(table); r++) {
        if (leaves_out_row(self, table, r)) {
            continue;
        }
        for (size_t c = 0; c < table->column_count; c++) {
            if (skipped[c]) {
                continue;
            }
            if (self->figures && self->overview && is_said(table, above, r, c)) {
                ts_listing_shown(list, "");
            } else {
                add_cell(list, &table->columns[c], ts_table_cell(table, r, c));
            }
        }
        above = r;
    }
    ts_xfree(skipped);
    return list;
}

/* The listing with as many columns as can stand side by side. */
static ts_listing_t *
choose_columns(const ts_out_t *self, const ts_table_t *table)
{
    ts_listing_t *list = listing_of(self, table, self->brief ? 1 : 0);
    for (int turns = 1; self->overview && turns <= 2; turns++) {
        bool good = turns == 1 ? ts_listing_width(list) <= self->columns
                               : ts_listing_fits(list, self->columns);
        if (good) {
            return list;
        }
        ts_listing_destroy(&list);
        list = listing_of(self, table, turns);
    }
    if (self->overview && !ts_listing_fits(list, self->columns)) {
        ts_out_t by_rows = *self;
        by_rows.overview = false;
        ts_listing_destroy(&list);
        list = listing_of(&by_rows, table, 1);
    }
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
    ts_listing_t *list = choose_columns(self, table);
    if (ts_listing_width(list) == 0) { /* every cell is empty */
        (void)fprintf(self->out, "%s\n", _("(nothing)"));
        ts_listing_destroy(&list);
        return;
    }
    bool wide = ts_listing_width(list) > self->columns;
    bool single = rows == 1 && (self->overview ? wide : table->column_count > 3);
    if (single || (self->figures && !self->overview && wide)) {
        ts_listing_print_rows(list, self->out, self->columns);
    } else {
        ts_listing_print_whole(list, self->out, self->columns);
    }
    ts_listing_destroy(&list);
}

/* By rows where a table would have to be read word below word: it has sentences, or money. */
static bool
is_for_rows(const ts_table_t *table)
{
    return ts_table_column(table, "note") != SIZE_MAX ||
           ts_table_column(table, "pledged") != SIZE_MAX;
}

void
ts_out_figures(const ts_out_t *self, const ts_table_t *table)
{
    size_t rows = ts_table_rows(table);
    size_t waiting = 0;
    ts_out_t view = *self;
    for (size_t r = 0; r < rows; r++) {
        waiting += is_without_figures(table, r) ? 1 : 0;
    }
    view.figures = true;
    view.overview = !is_for_rows(table);
    if (waiting < rows) {
        ts_out_table(&view, table);
    }
    if (waiting > 0) {
        char count[TS_SAY_BYTES];
        ts_say_number((int64_t)waiting, count, sizeof count);
        char *text = ts_say_text(N_("({1} rows without figures yet are not shown; --full shows "
                                    "every row and column)"),
                                 count, NULL);
        ts_out_wrap(self, self->out, text, 0, false);
        ts_xfree(text);
    }
}

void
ts_out_table_titled(const ts_out_t *self, const ts_table_t *table)
{
    static const struct {
        const char *name;
        const char *title;
    } titles[] = {
        {"history", N_("History")},        {"approvals", N_("Approvals")},
        {"postings", N_("Booked")},        {"items", N_("Goods and money")},
        {"heads", N_("Head counts")},      {"logs", N_("Logs")},
        {"damages", N_("Damaged")},        {"scope", N_("Units in scope")},
        {"lines", N_("Support lines")},    {"bands", N_("Age bands")},
        {"periods", N_("Periods")},        {"duties", N_("Duties")},
        {"targets", N_("Targets")},        {"budget", N_("Budget")},
        {"tips", N_("Positions covered")}, {"covers", N_("Positions covered")},
        {"figures", N_("Figures")},        {"beneficiary_ids", N_("Children")},
        {"peers", N_("Connections")},      {"indicators", N_("Timeliness")},
        {"checks", N_("Checks")},          {"differences", N_("Differences")},
        {"cells", N_("Figures")},          {"anew", N_("Not as sealed")},
    };
    const char *title = ts_label_kind(table->name);
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        title = strcmp(titles[i].name, table->name) == 0 ? titles[i].title : title;
    }
    if (title != NULL) {
        ts_out_heading(self, ts_say(title));
    }
    ts_out_table(self, table);
}
