/* SPDX-License-Identifier: MPL-2.0 */
#include "core/report_tables.h"

#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/report_layout.h"

#include <string.h>

#define COLUMNS_MAX 18

/* ---- figures and cells */

const ts_figure_t *
ts_pick(const ts_layout_t *self, ts_pick_t at)
{
    const char *const parts[] = {at.section, at.measure, at.unit, at.line, at.band, at.sex, at.of};
    const char *full[sizeof parts / sizeof parts[0]];
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        full[i] = parts[i] == NULL ? "" : parts[i];
    }
    const ts_figure_t key = {.section = full[0],
                             .measure = full[1],
                             .unit = full[2],
                             .line = full[3],
                             .band = full[4],
                             .sex = full[5],
                             .of = full[6]};
    return ts_report_find(self->report, &key);
}

const char *
ts_pick_text(const ts_layout_t *self, ts_pick_t at)
{
    const ts_figure_t *figure = ts_pick(self, at);
    return figure == NULL || figure->state != TS_FIGURE_TEXT ? "" : figure->text;
}

int64_t
ts_pick_number(const ts_layout_t *self, ts_pick_t at)
{
    const ts_figure_t *figure = ts_pick(self, at);
    return figure == NULL ? 0 : figure->value;
}

const char *
ts_pick_name(const ts_layout_t *self, const char *what, const char *code)
{
    const char *name =
        ts_pick_text(self, (ts_pick_t){.section = "name", .measure = what, .of = code});
    return name[0] == '\0' ? code : name;
}

void
ts_cell_say(ts_table_t *table, const char *id)
{
    if (id[0] == '\0') {
        ts_table_add_nothing(table);
        return;
    }
    ts_msg_t say = {0};
    ts_msg_set(&say, id);
    ts_table_add_say(table, &say);
}

void
ts_cell_text(ts_table_t *table, const char *text)
{
    ts_table_add_text(table, text[0] == '\0' ? NULL : text);
}

void
ts_cell_figure(ts_table_t *table, const ts_figure_t *figure)
{
    if (figure == NULL) {
        ts_table_add_nothing(table);
        return;
    }
    switch (figure->state) {
    case TS_FIGURE_VALUE:
        ts_table_add_number(table, figure->value);
        break;
    case TS_FIGURE_AT_MOST: {
        ts_msg_t say = {0};
        ts_msg_set(&say, N_("at most {1}"));
        ts_msg_arg_number(&say, figure->value);
        ts_table_add_say(table, &say);
        break;
    }
    case TS_FIGURE_NIL:
        ts_cell_say(table, N_("nothing occurred"));
        break;
    case TS_FIGURE_NOT_APPLICABLE:
        ts_cell_say(table, N_("not applicable"));
        break;
    case TS_FIGURE_TEXT:
        ts_cell_text(table, figure->text);
        break;
    case TS_FIGURE_MISSING:
        ts_cell_say(table, N_("no figures yet"));
        break;
    }
}

void
ts_cell_day(ts_table_t *table, const char *iso)
{
    ts_date_t day;
    if (ts_date_parse_iso(iso, &day) == TS_ERR_OK) {
        ts_table_add_number(table, day.days);
    } else {
        ts_table_add_nothing(table);
    }
}

void
ts_cell_moment(ts_table_t *table, const char *iso)
{
    ts_utc_t at;
    if (ts_utc_parse(iso, &at) == TS_ERR_OK) {
        ts_table_add_number(table, at.ms / 1000);
    } else {
        ts_table_add_nothing(table);
    }
}

/* ---- codes */

static int64_t
order_of(const ts_report_t *report, const char *measure, const char *code)
{
    const ts_figure_t *figure = ts_report_find(report, &(ts_figure_t){.section = "name",
                                                                      .measure = measure,
                                                                      .unit = "",
                                                                      .line = "",
                                                                      .band = "",
                                                                      .sex = "",
                                                                      .of = code});
    return figure == NULL ? 0 : figure->value;
}

ts_codes_t
ts_codes_named(const ts_report_t *report, const char *what, const char *order)
{
    ts_codes_t list = {0};
    size_t capacity = 0;
    for (size_t i = 0; i < ts_report_count(report); i++) {
        const ts_figure_t *figure = ts_report_at(report, i);
        if (strcmp(figure->section, "name") != 0 || strcmp(figure->measure, what) != 0) {
            continue;
        }
        list.codes = ts_xgrow(list.codes, list.count + 1, &capacity, sizeof *list.codes);
        size_t at = list.count++;
        while (order != NULL && at > 0 &&
               order_of(report, order, list.codes[at - 1]) > order_of(report, order, figure->of)) {
            list.codes[at] = list.codes[at - 1];
            at--;
        }
        list.codes[at] = figure->of;
    }
    return list;
}

void
ts_codes_free(ts_codes_t *codes)
{
    ts_xfree(codes->codes);
    *codes = (ts_codes_t){0};
}

static void
add_unknown_band(ts_layout_t *self)
{
    bool used = false;
    for (size_t i = 0; i < ts_report_count(self->report) && !used; i++) {
        used = strcmp(ts_report_at(self->report, i)->band, "unknown") == 0;
    }
    if (used) {
        self->bands.codes =
            ts_xrealloc(self->bands.codes, (self->bands.count + 1) * sizeof *self->bands.codes);
        self->bands.codes[self->bands.count++] = "unknown";
    }
}

/* ---- the tables */

typedef struct sheet {
    const char *name;
    const char *title;
    const char *note;
    ts_layout_fn rows;
    ts_layout_column_t columns[COLUMNS_MAX];
} sheet_t;

#define MONEY_COLUMNS                                                                            \
    {"pledged", N_("Pledged (not counted as funding)"), "vnd", "#value+incoming+pledged+c_vnd"}, \
        {"received", N_("Received"), "vnd", "#value+incoming+c_vnd"},                            \
        {"purchased", N_("Purchased"), "vnd", "#value+expenditure+c_vnd"},                       \
        {"allocated", N_("Allocated"), "vnd", "#value+outgoing+c_vnd"},                          \
        {"handed", N_("Handed over"), "vnd", "#value+disbursement+c_vnd"},                       \
        {"returned", N_("Returned"), "vnd", "#value+transfer+returned+c_vnd"},                   \
        {"lost", N_("Lost"), "vnd", "#value+lost+c_vnd"},                                        \
        {"redirected", N_("Redirected"), "vnd", "#value+transfer+redirected+c_vnd"},             \
        {"beyond_need", N_("Kept, beyond need"), "vnd", "#value+reserve+c_vnd"},                 \
    {                                                                                            \
        "left", N_("Left at the period's end"), "vnd", "#value+left+c_vnd"                       \
    }

#define LINE_COLUMNS                                                       \
    {"line_code", N_("Code"), "text", "#activity+code"},                   \
        {"line", N_("Content of support"), "text", "#activity+name+i_vi"}, \
    {                                                                      \
        "band", N_("Age"), "text", "#group+age+name+i_vi"                  \
    }

static const sheet_t sheets[] = {
    {"cover",
     N_("Cover"),
     "",
     ts_rows_cover,
     {{"key", N_("Code"), "code", "#meta+code"},
      {"title", N_("What"), "text", "#meta+name"},
      {"value", N_("Value"), "text", "#meta+value"},
      {"day", N_("Day"), "date", "#date"}}},
    {"completeness",
     N_("Reports received"),
     N_("Waived duties are taken out of every rate; invited bodies are never late."),
     ts_rows_completeness,
     {{"letter", N_("Sign"), "text", "#indicator+code"},
      {"indicator", N_("Indicator"), "text", "#indicator+name+i_vi"},
      {"count", N_("Count"), "number", "#indicator+value+num"},
      {"rate", N_("Rate"), "share", "#indicator+value+pct"}}},
    {"duties",
     N_("Who reports"),
     N_("The last on-time day is the day before the date named by the plan, until midnight. "
        "The day after the weekend is shown; whether it counts is not in the plan."),
     ts_rows_duties,
     {{"no", N_("No."), "number", "#meta+order"},
      {"body_code", N_("Code"), "text", "#org+reporting+code"},
      {"body", N_("Body"), "text", "#org+reporting+name+i_vi"},
      {"to", N_("Sends to"), "text", "#org+receiving+name+i_vi"},
      {"relation", N_("Relation"), "text", "#org+reporting+type"},
      {"due", N_("Last on-time day"), "date", "#date+due"},
      {"rolled", N_("After the weekend"), "date", "#date+due+rolled"},
      {"class", N_("State"), "text", "#status"},
      {"sealed", N_("Sealed (declared)"), "time", "#date+sealed"},
      {"arrived", N_("Confirmed by the province"), "time", "#date+reported"},
      {"editions", N_("Editions"), "number", "#meta+editions"}}},
    {"living",
     N_("Children living there"),
     N_("Newest count of each commune up to the last day of the data."),
     ts_rows_living,
     {{"band", N_("Age"), "text", "#group+age+name+i_vi"},
      {"girls", N_("Of them girls"), "number", "#population+f+children"},
      {"children", N_("Children"), "number", "#population+children"}}},
    {"needs",
     N_("Needs"),
     N_("Identified children and declared numbers are counted apart and never added. "
        "A number of distinct children is not the sum of its parts."),
     ts_rows_needs,
     {LINE_COLUMNS,
      {"quantity", N_("Quantity needed"), "number", "#item+inneed+quantity+num"},
      {"unit_of_measure", N_("Unit of measure"), "text", "#item+unit+name"},
      {"children", N_("Identified children in need"), "number", "#inneed+ind+identified+children"},
      {"children_f", N_("Of them girls"), "number", "#inneed+ind+identified+f+children"},
      {"heads", N_("Declared children in need"), "number", "#inneed+ind+declared+children"},
      {"heads_f", N_("Of them girls"), "number", "#inneed+ind+declared+f+children"},
      {"distinct", N_("Distinct children in need"), "number", "#inneed+ind+distinct+children"},
      {"distinct_f", N_("Of them girls"), "number", "#inneed+ind+distinct+f+children"},
      {"verified", N_("Of it verified"), "number", "#item+inneed+verified+num"},
      {"open", N_("Still open"), "number", "#item+inneed+open+num"}}},
    {"resources",
     N_("Resources by class of donor"),
     N_("In đồng; goods by their value. What a fund spends is not marked by giver."),
     ts_rows_resources,
     {{"class_code", N_("Code"), "text", "#org+funding+type+code"},
      {"class", N_("Class of donor"), "text", "#org+funding+type+i_vi"},
      MONEY_COLUMNS}},
    {"funds",
     N_("Resources by fund"),
     N_("In đồng; goods by their value."),
     ts_rows_funds,
     {{"fund_code", N_("Code"), "text", "#channel+code"},
      {"fund", N_("Fund"), "text", "#channel+name+i_vi"},
      MONEY_COLUMNS}},
    {"support",
     N_("Support by line"),
     N_("Children supported are distinct children; they are never added over contents or communes. "
        "“At most” adds declared numbers as if each were another child."),
     ts_rows_support,
     {LINE_COLUMNS,
      {"distinct", N_("Children supported"), "number", "#reached+ind+distinct+children"},
      {"distinct_f", N_("Of them girls"), "number", "#reached+ind+distinct+f+children"},
      {"child_times", N_("Child-times"), "number", "#reached+times+children"},
      {"child_times_f", N_("Of them girls"), "number", "#reached+times+f+children"},
      {"head_times", N_("Child-times, declared"), "number", "#reached+times+declared+children"},
      {"head_times_f", N_("Of them girls"), "number", "#reached+times+declared+f+children"},
      {"at_most", N_("Children reached, at most"), "number", "#reached+ind+max+children"},
      {"sites", N_("Sites supported"), "number", "#loc+facility+num"},
      {"quantity", N_("Quantity handed over"), "number", "#item+quantity+num"},
      {"unit_of_measure", N_("Unit of measure"), "text", "#item+unit+name"},
      {"value", N_("Value handed over (đồng)"), "vnd", "#value+disbursement+c_vnd"}}},
    {"units",
     N_("By commune"),
     N_("Distinct children of communes do not add up to those of the province."),
     ts_rows_units,
     {{"unit_code", N_("Commune code"), "text", "#adm3+code"},
      {"above", N_("District"), "text", "#adm2+name+i_vi"},
      {"unit", N_("Commune"), "text", "#adm3+name+i_vi"},
      {"line_code", N_("Code"), "text", "#activity+code"},
      {"line", N_("Content of support"), "text", "#activity+name+i_vi"},
      {"living", N_("Children living there"), "number", "#population+children"},
      {"needed", N_("Quantity needed"), "number", "#item+inneed+quantity+num"},
      {"in_need", N_("Distinct children in need"), "number", "#inneed+ind+distinct+children"},
      {"in_need_declared", N_("Declared children in need"), "number",
       "#inneed+ind+declared+children"},
      {"supported", N_("Children supported"), "number", "#reached+ind+distinct+children"},
      {"child_times", N_("Child-times"), "number", "#reached+times+children"},
      {"head_times", N_("Child-times, declared"), "number", "#reached+times+declared+children"},
      {"sites", N_("Sites supported"), "number", "#loc+facility+num"},
      {"quantity", N_("Quantity handed over"), "number", "#item+quantity+num"},
      {"value", N_("Value handed over (đồng)"), "vnd", "#value+disbursement+c_vnd"},
      {"open", N_("Still open"), "number", "#item+inneed+open+num"}}},
    {"budget",
     N_("Budget as signed"),
     N_("As signed: never computed anew. Amounts in đồng."),
     ts_rows_budget,
     {{"order", N_("No."), "text", "#meta+order"},
      {"content", N_("Content"), "text", "#activity+name+i_vi"},
      {"unit_name", N_("Unit of measure"), "text", "#item+unit+name"},
      {"quantity_text", N_("Quantity, as signed"), "text", "#item+quantity+signed"},
      {"price_text", N_("Price, as signed"), "text", "#value+price+signed"},
      {"year", N_("Amount of a year, as signed"), "vnd", "#value+budget+year+c_vnd"},
      {"period", N_("Amount of the whole plan, as signed"), "vnd", "#value+budget+c_vnd"},
      {"by_price", N_("Reading 1: quantity × price"), "vnd", "#value+budget+byprice+c_vnd"},
      {"fitting_price", N_("Reading 2: price that fits"), "vnd", "#value+price+fitting+c_vnd"},
      {"by_years", N_("A year × budget years"), "vnd", "#value+budget+byyears+c_vnd"},
      {"by_parts", N_("Sum of the parts"), "vnd", "#value+budget+byparts+c_vnd"},
      {"note", N_("Note"), "text", "#description+i_vi"}}},
    {"targets",
     N_("Targets and results"),
     N_("A share needs three counts: living there, in need, supported."),
     ts_rows_targets,
     {{"code", N_("Code"), "text", "#indicator+code"},
      {"text", N_("Target"), "text", "#indicator+name+i_vi"},
      {"line", N_("Content of support"), "text", "#activity+name+i_vi"},
      {"percent", N_("Target, %"), "number", "#targeted+pct"},
      {"living", N_("Living there"), "number", "#population+children"},
      {"in_need", N_("In need"), "number", "#inneed+ind+distinct+children"},
      {"supported", N_("Supported"), "number", "#reached+ind+distinct+children"},
      {"share", N_("Reached"), "share", "#indicator+value+pct"},
      {"note", N_("Note"), "text", "#description+i_vi"}}},
    {"corrections",
     N_("Corrections to earlier periods"),
     N_("What came after an earlier report was filed. The filed report itself stays as it is."),
     ts_rows_corrections,
     {{"period", N_("Period"), "text", "#meta+period"},
      {"section", N_("Part"), "text", "#meta+section"},
      {"measure", N_("Figure"), "text", "#indicator+name+i_vi"},
      {"unit", N_("Commune"), "text", "#adm3+name+i_vi"},
      {"line", N_("Content of support"), "text", "#activity+name+i_vi"},
      {"band", N_("Age"), "text", "#group+age+name+i_vi"},
      {"sex", N_("Sex"), "text", "#group+sex"},
      {"of", N_("Of what"), "text", "#meta+of"},
      {"then", N_("As filed"), "number", "#indicator+value+filed"},
      {"now", N_("Now"), "number", "#indicator+value+num"},
      {"difference", N_("Difference"), "number", "#indicator+value+difference"}}},
    {"findings",
     N_("To be looked at"),
     "",
     ts_rows_findings,
     {{"key", N_("Code"), "code", "#meta+code"},
      {"finding", N_("Finding"), "text", "#meta+name+i_vi"},
      {"count", N_("Count"), "number", "#meta+num"}}},
};

static const sheet_t chart = {"chart",
                              N_("Needs met by line"),
                              "",
                              ts_rows_chart,
                              {{"line", N_("Content of support"), "text", ""},
                               {"unit_of_measure", N_("Unit of measure"), "text", ""},
                               {"needed", N_("Quantity needed"), "number", ""},
                               {"handed", N_("Quantity handed over"), "number", ""},
                               {"met", N_("Part of the need met"), "share", ""}}};

const char *
ts_report_disclaimer(void)
{
    return N_("The codes and hashes in this report are check codes. They are no digital signature "
              "and have no such force in law; only the signed copy has.");
}

static void
add_sheet(const ts_layout_t *layout, const sheet_t *sheet, ts_reply_t *out)
{
    ts_table_t *table = ts_reply_add_table(out, sheet->name);
    for (size_t c = 0; c < COLUMNS_MAX && sheet->columns[c].name != NULL; c++) {
        const ts_layout_column_t *column = &sheet->columns[c];
        ts_table_add_column(table, column->name, column->title, column->format);
    }
    sheet->rows(layout, table);
}

static void
add_sections(ts_reply_t *out)
{
    ts_table_t *table = ts_reply_add_table(out, "sections");
    ts_table_add_column(table, "table", "", "code");
    ts_table_add_column(table, "title", "", "text");
    ts_table_add_column(table, "note", "", "text");
    for (size_t i = 0; i < sizeof sheets / sizeof sheets[0]; i++) {
        ts_cell_text(table, sheets[i].name);
        ts_cell_say(table, sheets[i].title);
        ts_cell_say(table, sheets[i].note);
    }
}

static void
add_tags(ts_reply_t *out)
{
    ts_table_t *table = ts_reply_add_table(out, "hxl");
    ts_table_add_column(table, "table", "", "code");
    ts_table_add_column(table, "column", "", "code");
    ts_table_add_column(table, "tag", "", "text");
    for (size_t i = 0; i < sizeof sheets / sizeof sheets[0]; i++) {
        for (size_t c = 0; c < COLUMNS_MAX && sheets[i].columns[c].name != NULL; c++) {
            ts_cell_text(table, sheets[i].name);
            ts_cell_text(table, sheets[i].columns[c].name);
            ts_cell_text(table, sheets[i].columns[c].tag);
        }
    }
}

void
ts_report_put_tables(const ts_report_t *report, const char *check_code, ts_reply_t *out)
{
    ts_layout_t layout = {.report = report,
                          .check_code = check_code,
                          .lines = ts_codes_named(report, "line", "line_order"),
                          .bands = ts_codes_named(report, "band", "band_from"),
                          .units = ts_codes_named(report, "unit", NULL)};
    add_unknown_band(&layout);
    for (size_t i = 0; i < sizeof sheets / sizeof sheets[0]; i++) {
        add_sheet(&layout, &sheets[i], out);
    }
    add_sheet(&layout, &chart, out);
    add_sections(out);
    add_tags(out);
    ts_codes_free(&layout.lines);
    ts_codes_free(&layout.bands);
    ts_codes_free(&layout.units);
}
