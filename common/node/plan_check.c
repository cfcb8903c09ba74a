/* SPDX-License-Identifier: MPL-2.0 */
/* What can be wrong with the tables of a plan: cell by cell, then what only several rows together
 * show. */
#include "base/i18n.h"
#include "base/time.h"
#include "core/kind.h"
#include "node/plan_tables.h"
#include "sheet/number.h"
#include "wire/record_text.h"
#include "wire/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define YEAR_MIN 1990
#define YEAR_MAX 2100
#define MONTHS_OF_REPORT_BANDS 192
#define DEPTH_MAX 16

typedef ts_plan_folder_t plan_t;

static void
number_text(int64_t number, char out[24])
{
    (void)snprintf(out, 24, "%" PRId64, number);
}

/* ---- one cell */

/* Whole number ≥ 0 as the tables have it: digits only. -1: it is none. */
static int64_t
plain_number(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > 18 || strspn(text, "0123456789") != length) {
        return -1;
    }
    return (int64_t)strtoll(text, NULL, 10);
}

/* Days of a date; 0 = empty or wrong. */
static int32_t
date_of(const plan_t *plan, ts_plan_table_id_t table, size_t row, const char *column)
{
    ts_date_t date;
    const char *text = ts_plan_cell(plan, table, row, column);
    return text[0] != '\0' && ts_date_parse_iso(text, &date) == TS_ERR_OK ? date.days : 0;
}

static bool
is_word(const char *words, const char *text)
{
    const char *part;
    size_t length;
    while (ts_plan_part(&words, &part, &length)) {
        if (strlen(text) == length && strncmp(part, text, length) == 0) {
            return true;
        }
    }
    return false;
}

/* A key of another table, of this folder or (a part loaded later) of what is known already. */
static bool
key_is_known(const plan_t *plan, ts_plan_table_id_t table, const char *key, size_t length)
{
    if (ts_plan_find(plan, table, key, length) != SIZE_MAX) {
        return true;
    }
    if (!plan->part || plan->files[table].given || length > 200) {
        return false;
    }
    char row_key[300];
    ts_record_id_t record;
    (void)snprintf(row_key, sizeof row_key, "plan/%s/%.*s", ts_plan_tables[table].name, (int)length,
                   key);
    return ts_ledger_row_key(plan->job->node->ledger, ts_plan_tables[table].kind,
                             plan->job->node->identity.keys.office, row_key, &record) == TS_ERR_OK;
}

static void
check_keys(plan_t *plan,
           ts_plan_table_id_t table,
           size_t row,
           const ts_plan_column_t *column,
           const char *text)
{
    const char *part;
    size_t length;
    while (ts_plan_part(&text, &part, &length)) {
        if (!key_is_known(plan, column->table, part, length)) {
            char key[64];
            (void)snprintf(key, sizeof key, "%.*s", (int)(length < 60 ? length : 60), part);
            ts_plan_say(plan, TS_SEVERITY_ERROR, table, row, column->name,
                        N_("“{1}” is no key of {2}.csv"), key, ts_plan_tables[column->table].name,
                        NULL);
        }
    }
}

static void
check_enum(plan_t *plan,
           ts_plan_table_id_t table,
           size_t row,
           const ts_plan_column_t *column,
           const char *text)
{
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), ts_plan_tables[table].kind);
    bool ministry = table == TS_PLAN_BODIES && strcmp(column->name, "level") == 0 &&
                    strcmp(text, "ministry") == 0;
    if (kind == NULL || ministry) {
        return;
    }
    ts_record_t *record = ts_record_new(kind);
    ts_msg_t why = {0};
    if (ts_record_set_text(record, column->field, text, NULL, &why) != TS_ERR_OK) {
        ts_plan_find_fault(plan, TS_SEVERITY_ERROR, table, row, column->name, &why);
    }
    ts_record_destroy(&record);
}

static void
check_of_plan(plan_t *plan,
              ts_plan_table_id_t table,
              size_t row,
              const ts_plan_column_t *column,
              const char *text)
{
    if (plan->plan_key != NULL && strcmp(plan->plan_key, text) != 0) {
        ts_plan_say(plan, TS_SEVERITY_ERROR, table, row, column->name,
                    N_("this row belongs to another plan than “{1}”"), plan->plan_key, NULL);
    }
}

static void
check_cell(plan_t *plan, ts_plan_table_id_t table, size_t row, const ts_plan_column_t *column)
{
    const char *text = ts_plan_cell(plan, table, row, column->name);
    ts_date_t date;
    if (text[0] == '\0') {
        if (column->filled) {
            ts_plan_say(plan, TS_SEVERITY_ERROR, table, row, column->name,
                        N_("this cell must be filled"), NULL);
        }
        return;
    }
    switch (column->cell) {
    case TS_PLAN_COUNT:
    case TS_PLAN_VND:
        if (plain_number(text) < 0) {
            ts_plan_say(plan, TS_SEVERITY_ERROR, table, row, column->name,
                        N_("a whole number is written with digits only"), NULL);
        }
        break;
    case TS_PLAN_DATE:
        if (ts_date_parse_iso(text, &date) != TS_ERR_OK || date.days == 0) {
            ts_plan_say(plan, TS_SEVERITY_ERROR, table, row, column->name,
                        N_("a date is written yyyy-mm-dd"), NULL);
        }
        break;
    case TS_PLAN_ENUM:
        check_enum(plan, table, row, column, text);
        break;
    case TS_PLAN_WORD:
        if (!is_word(column->words, text)) {
            ts_plan_say(plan, TS_SEVERITY_ERROR, table, row, column->name,
                        N_("this is not one of: {1}"), column->words, NULL);
        }
        break;
    case TS_PLAN_REF:
    case TS_PLAN_KEY_TEXT:
    case TS_PLAN_KEYS:
        check_keys(plan, table, row, column, text);
        break;
    case TS_PLAN_OF_PLAN:
        check_of_plan(plan, table, row, column, text);
        break;
    case TS_PLAN_TEXT:
    case TS_PLAN_LIST:
    case TS_PLAN_UNSTORED:
    default:
        break;
    }
}

/* ---- units and bodies */

static void
check_validity(plan_t *plan, ts_plan_table_id_t table, size_t row)
{
    int32_t from = date_of(plan, table, row, "valid_from");
    int32_t to = date_of(plan, table, row, "valid_to");
    if (from != 0 && to != 0 && from >= to) {
        ts_plan_say(plan, TS_SEVERITY_ERROR, table, row, "valid_to", N_("it ends before it begins"),
                    NULL);
    }
}

/* code@valid_from, or the code alone. */
static void
check_unit_key(plan_t *plan, size_t row)
{
    const char *from = ts_plan_cell(plan, TS_PLAN_UNITS, row, "valid_from");
    ts_buf_t key = {0};
    ts_buf_put_text(&key, ts_plan_cell(plan, TS_PLAN_UNITS, row, "code"));
    ts_buf_put_text(&key, from[0] == '\0' ? "" : "@");
    ts_buf_put_text(&key, from);
    ts_buf_put_u8(&key, 0);
    const char *expected = (const char *)key.data;
    if (strcmp(expected, ts_plan_cell(plan, TS_PLAN_UNITS, row, "key")) != 0) {
        ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_UNITS, row, "key",
                    N_("the key of this unit is to be “{1}”"), expected, NULL);
    }
    ts_buf_free(&key);
}

static int
level_of(const plan_t *plan, ts_plan_table_id_t table, size_t row)
{
    static const char *const levels[] = {"province", "district", "commune"};
    const char *text = ts_plan_cell(plan, table, row, "level");
    for (int i = 0; i < 3; i++) {
        if (strcmp(levels[i], text) == 0) {
            return i + 1;
        }
    }
    return 0;
}

static size_t
row_named(const plan_t *plan,
          ts_plan_table_id_t table,
          size_t row,
          const char *column,
          ts_plan_table_id_t other)
{
    const char *key = ts_plan_cell(plan, table, row, column);
    return key[0] == '\0' ? SIZE_MAX : ts_plan_find(plan, other, key, strlen(key));
}

/* Above a commune stands a district or the province; nothing stands above the province. */
static void
check_unit_parent(plan_t *plan, size_t row)
{
    size_t parent = row_named(plan, TS_PLAN_UNITS, row, "parent", TS_PLAN_UNITS);
    int level = level_of(plan, TS_PLAN_UNITS, row);
    bool none = ts_plan_cell(plan, TS_PLAN_UNITS, row, "parent")[0] == '\0';
    if (level > 1 && none) {
        ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_UNITS, row, "parent",
                    N_("only a province has no unit above it"), NULL);
    } else if (level == 1 && !none) {
        ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_UNITS, row, "parent",
                    N_("nothing stands above a province"), NULL);
    } else if (parent != SIZE_MAX && level_of(plan, TS_PLAN_UNITS, parent) >= level) {
        ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_UNITS, row, "parent",
                    N_("the unit above is not of a higher level"), NULL);
    }
}

/* Two versions of one code must not be in force on the same day. */
static void
check_unit_overlap(plan_t *plan, size_t row)
{
    const char *code = ts_plan_cell(plan, TS_PLAN_UNITS, row, "code");
    int32_t from = date_of(plan, TS_PLAN_UNITS, row, "valid_from");
    int32_t to = date_of(plan, TS_PLAN_UNITS, row, "valid_to");
    for (size_t other = 0; other < row; other++) {
        if (strcmp(code, ts_plan_cell(plan, TS_PLAN_UNITS, other, "code")) != 0) {
            continue;
        }
        int32_t other_from = date_of(plan, TS_PLAN_UNITS, other, "valid_from");
        int32_t other_to = date_of(plan, TS_PLAN_UNITS, other, "valid_to");
        bool before = to != 0 && other_from != 0 && to <= other_from;
        bool after = other_to != 0 && from != 0 && other_to <= from;
        if (!before && !after) {
            ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_UNITS, row, "valid_from",
                        N_("the version “{1}” of this code is in force on the same days"),
                        ts_plan_cell(plan, TS_PLAN_UNITS, other, "key"), NULL);
        }
    }
}

/* Parents of parents must end. */
static void
check_cycle(plan_t *plan, ts_plan_table_id_t table, size_t row)
{
    size_t at = row;
    for (size_t depth = 0; depth < DEPTH_MAX; depth++) {
        at = row_named(plan, table, at, "parent", table);
        if (at == SIZE_MAX) {
            return;
        }
    }
    ts_plan_say(plan, TS_SEVERITY_ERROR, table, row, "parent",
                N_("following the rows above leads round in a circle"), NULL);
}

static void
check_successor(plan_t *plan, ts_plan_table_id_t table, size_t row)
{
    size_t successor = row_named(plan, table, row, "successor", table);
    if (successor == row) {
        ts_plan_say(plan, TS_SEVERITY_ERROR, table, row, "successor", N_("nothing follows itself"),
                    NULL);
    } else if (successor != SIZE_MAX && table == TS_PLAN_UNITS &&
               date_of(plan, table, row, "valid_to") == 0) {
        ts_plan_say(plan, TS_SEVERITY_ERROR, table, row, "valid_to",
                    N_("a unit with a successor has an end"), NULL);
    }
}

static void
check_units(plan_t *plan)
{
    for (size_t row = 0; row < ts_plan_rows(plan, TS_PLAN_UNITS); row++) {
        check_validity(plan, TS_PLAN_UNITS, row);
        check_unit_key(plan, row);
        check_unit_parent(plan, row);
        check_unit_overlap(plan, row);
        check_cycle(plan, TS_PLAN_UNITS, row);
        check_successor(plan, TS_PLAN_UNITS, row);
    }
}

static void
check_bodies(plan_t *plan)
{
    for (size_t row = 0; row < ts_plan_rows(plan, TS_PLAN_BODIES); row++) {
        const char *level = ts_plan_cell(plan, TS_PLAN_BODIES, row, "level");
        bool ministry = strcmp(level, "ministry") == 0;
        check_validity(plan, TS_PLAN_BODIES, row);
        check_cycle(plan, TS_PLAN_BODIES, row);
        check_successor(plan, TS_PLAN_BODIES, row);
        if (!ministry && ts_plan_cell(plan, TS_PLAN_BODIES, row, "unit")[0] == '\0') {
            ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_BODIES, row, "unit",
                        N_("only a ministry has no territory here"), NULL);
        }
        size_t unit = row_named(plan, TS_PLAN_BODIES, row, "unit", TS_PLAN_UNITS);
        if (unit != SIZE_MAX && !ministry &&
            level_of(plan, TS_PLAN_UNITS, unit) != level_of(plan, TS_PLAN_BODIES, row)) {
            ts_plan_say(plan, TS_SEVERITY_WARNING, TS_PLAN_BODIES, row, "level",
                        N_("its unit is of another level"), NULL);
        }
    }
}

/* ---- the plan */

static int64_t
years_in(const char *text)
{
    const char *part;
    size_t length;
    int64_t count = 0;
    while (ts_plan_part(&text, &part, &length)) {
        count++;
    }
    return count;
}

static bool
is_year(int64_t year)
{
    return year >= YEAR_MIN && year <= YEAR_MAX;
}

static void
check_plan(plan_t *plan)
{
    size_t rows = ts_plan_rows(plan, TS_PLAN_PLAN);
    if (plan->files[TS_PLAN_PLAN].given && plan->files[TS_PLAN_PLAN].grid != NULL && rows != 1) {
        ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_PLAN, SIZE_MAX, NULL,
                    N_("this table has exactly one row"), NULL);
    }
    if (rows == 0) {
        return;
    }
    int64_t from = plain_number(ts_plan_cell(plan, TS_PLAN_PLAN, 0, "valid_from_year"));
    int64_t to = plain_number(ts_plan_cell(plan, TS_PLAN_PLAN, 0, "valid_to_year"));
    if (from >= 0 && to >= 0 && from > to) {
        ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_PLAN, 0, "valid_to_year",
                    N_("it ends before it begins"), NULL);
    }
    if ((from >= 0 && !is_year(from)) || (to >= 0 && !is_year(to))) {
        ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_PLAN, 0, "valid_from_year",
                    N_("this is no year"), NULL);
    }
    const char *years = ts_plan_cell(plan, TS_PLAN_PLAN, 0, "budget_years");
    const char *part;
    size_t length;
    while (ts_plan_part(&years, &part, &length)) {
        char text[8];
        (void)snprintf(text, sizeof text, "%.*s", (int)(length < 7 ? length : 7), part);
        if (!is_year(plain_number(text))) {
            ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_PLAN, 0, "budget_years",
                        N_("“{1}” is no year"), text, NULL);
        }
    }
}

static void
check_scope(plan_t *plan)
{
    for (size_t row = 0; row < ts_plan_rows(plan, TS_PLAN_SCOPE); row++) {
        const char *unit = ts_plan_cell(plan, TS_PLAN_SCOPE, row, "unit");
        for (size_t other = 0; other < row; other++) {
            if (strcmp(unit, ts_plan_cell(plan, TS_PLAN_SCOPE, other, "unit")) == 0) {
                ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_SCOPE, row, "unit",
                            N_("this unit stands in the list twice"), NULL);
            }
        }
        if (ts_plan_cell(plan, TS_PLAN_SCOPE, row, "source")[0] == '\0') {
            ts_plan_say(plan, TS_SEVERITY_WARNING, TS_PLAN_SCOPE, row, "source",
                        N_("say which article or decision lists this unit"), NULL);
        }
    }
}

/* ---- bands */

/* Report bands: from 0 to under 16 years without gap or overlap. */
static void
check_report_bands(plan_t *plan)
{
    uint8_t covered[MONTHS_OF_REPORT_BANDS] = {0};
    bool any = false;
    for (size_t row = 0; row < ts_plan_rows(plan, TS_PLAN_BANDS); row++) {
        int64_t from = plain_number(ts_plan_cell(plan, TS_PLAN_BANDS, row, "from_month"));
        int64_t to = plain_number(ts_plan_cell(plan, TS_PLAN_BANDS, row, "to_month"));
        if (from < 0 || to < 0) {
            continue;
        }
        if (from >= to) {
            ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_BANDS, row, "to_month",
                        N_("it ends before it begins"), NULL);
        }
        if (strcmp(ts_plan_cell(plan, TS_PLAN_BANDS, row, "purpose"), "report") != 0) {
            continue;
        }
        any = true;
        if (to > MONTHS_OF_REPORT_BANDS) {
            ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_BANDS, row, "to_month",
                        N_("report bands end at 192 months: under 16 years"), NULL);
        }
        for (int64_t month = from; month < to && month < MONTHS_OF_REPORT_BANDS; month++) {
            if (covered[month] == 1) {
                ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_BANDS, row, "from_month",
                            N_("this report band overlaps another one"), NULL);
            }
            covered[month] = covered[month] == 0 ? 1 : 2;
        }
    }
    for (int64_t month = 0; any && month < MONTHS_OF_REPORT_BANDS; month++) {
        if (covered[month] == 0 && (month == 0 || covered[month - 1] != 0)) {
            char text[24];
            number_text(month, text);
            ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_BANDS, SIZE_MAX, "from_month",
                        N_("no report band covers the age of {1} months"), text, NULL);
        }
    }
}

/* ---- duties and periods */

static void
check_duty_date(plan_t *plan, size_t row)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *month_text = ts_plan_cell(plan, TS_PLAN_DUTIES, row, "due_month");
    const char *day_text = ts_plan_cell(plan, TS_PLAN_DUTIES, row, "due_day");
    bool rule = ts_plan_cell(plan, TS_PLAN_DUTIES, row, "due_rule")[0] != '\0';
    int64_t month = plain_number(month_text);
    int64_t day = plain_number(day_text);
    if ((month_text[0] == '\0') != (day_text[0] == '\0')) {
        ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_DUTIES, row, "due_month",
                    N_("day and month of the due date go together"), NULL);
    } else if (month >= 0 && (month < 1 || month > 12 || day < 1 || day > days[month - 1])) {
        ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_DUTIES, row, "due_day",
                    N_("there is no such day"), NULL);
    } else if (rule && month_text[0] == '\0') {
        ts_plan_say(plan, TS_SEVERITY_WARNING, TS_PLAN_DUTIES, row, "due_rule",
                    N_("the plan's words are there, but no day"), NULL);
    } else if (!rule && month_text[0] != '\0') {
        ts_plan_say(plan, TS_SEVERITY_WARNING, TS_PLAN_DUTIES, row, "due_rule",
                    N_("a day is there, but not the plan's words"), NULL);
    }
}

static void
check_duties(plan_t *plan)
{
    static const char *const same[] = {"from_body", "to_body", "period_kind"};
    for (size_t row = 0; row < ts_plan_rows(plan, TS_PLAN_DUTIES); row++) {
        check_duty_date(plan, row);
        for (size_t other = 0; other < row; other++) {
            bool equal = true;
            for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
                equal = equal && strcmp(ts_plan_cell(plan, TS_PLAN_DUTIES, row, same[i]),
                                        ts_plan_cell(plan, TS_PLAN_DUTIES, other, same[i])) == 0;
            }
            if (equal) {
                ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_DUTIES, row, "from_body",
                            N_("this duty is the same as “{1}”"),
                            ts_plan_cell(plan, TS_PLAN_DUTIES, other, "key"), NULL);
            }
        }
        if (strcmp(ts_plan_cell(plan, TS_PLAN_DUTIES, row, "from_body"),
                   ts_plan_cell(plan, TS_PLAN_DUTIES, row, "to_body")) == 0) {
            ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_DUTIES, row, "to_body",
                        N_("nobody reports to itself"), NULL);
        }
    }
}

/* Dates that must follow one another, when both are there. */
static void
check_order(plan_t *plan, size_t row, const char *first, const char *second)
{
    int32_t a = date_of(plan, TS_PLAN_PERIODS, row, first);
    int32_t b = date_of(plan, TS_PLAN_PERIODS, row, second);
    if (a != 0 && b != 0 && a > b) {
        ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_PERIODS, row, second,
                    N_("this date lies before {1}"), first, NULL);
    }
}

static void
check_periods(plan_t *plan)
{
    static const char *const pairs[][2] = {{"data_from", "data_to"},
                                           {"proposed_from", "proposed_to"},
                                           {"due_on", "grace_until"},
                                           {"due_on", "lock_on"},
                                           {"grace_until", "lock_on"}};
    for (size_t row = 0; row < ts_plan_rows(plan, TS_PLAN_PERIODS); row++) {
        for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
            check_order(plan, row, pairs[i][0], pairs[i][1]);
        }
        if (!is_year(plain_number(ts_plan_cell(plan, TS_PLAN_PERIODS, row, "year")))) {
            ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_PERIODS, row, "year",
                        N_("this is no year"), NULL);
        }
        for (size_t other = 0; other < row; other++) {
            if (strcmp(ts_plan_cell(plan, TS_PLAN_PERIODS, row, "year"),
                       ts_plan_cell(plan, TS_PLAN_PERIODS, other, "year")) == 0 &&
                strcmp(ts_plan_cell(plan, TS_PLAN_PERIODS, row, "kind"),
                       ts_plan_cell(plan, TS_PLAN_PERIODS, other, "kind")) == 0) {
                ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_PERIODS, row, "year",
                            N_("this period is the same as “{1}”"),
                            ts_plan_cell(plan, TS_PLAN_PERIODS, other, "key"), NULL);
            }
        }
    }
}

/* ---- budget */

static int64_t
amount(const plan_t *plan, size_t row, const char *column)
{
    return plain_number(ts_plan_cell(plan, TS_PLAN_BUDGET, row, column));
}

/* Text as signed and the number beside it. */
static void
check_text_and_number(plan_t *plan,
                      size_t row,
                      const char *text_column,
                      const char *number_column,
                      const ts_number_spec_t *spec)
{
    const char *text = ts_plan_cell(plan, TS_PLAN_BUDGET, row, text_column);
    int64_t number = amount(plan, row, number_column);
    int64_t read = 0;
    ts_msg_t why = {0};
    if (text[0] == '\0' || number < 0) {
        return;
    }
    if (ts_number_parse(text, spec, TS_NUMBER_MARKS_VIETNAMESE, &read, &why) == TS_ERR_OK &&
        read != number) {
        char shown[24];
        number_text(read, shown);
        ts_plan_say(plan, TS_SEVERITY_WARNING, TS_PLAN_BUDGET, row, number_column,
                    N_("the text as signed, “{1}”, reads {2}"), text, shown, NULL);
    }
    ts_msg_free(&why);
}

/* Quantity × price beside the amount as signed; both readings are told and nothing is changed. */
static void
check_product(plan_t *plan, size_t row)
{
    int64_t quantity = amount(plan, row, "quantity");
    int64_t price = amount(plan, row, "unit_price_vnd");
    int64_t signed_amount = amount(plan, row, "year_amount_vnd");
    if (quantity <= 0 || price <= 0 || signed_amount <= 0 || price > INT64_MAX / quantity ||
        quantity * price == signed_amount) {
        return;
    }
    char product[24];
    char fitting[24];
    char as_signed[24];
    number_text(quantity * price, product);
    number_text(signed_amount, as_signed);
    number_text(signed_amount / quantity, fitting);
    if (signed_amount % quantity == 0) {
        ts_plan_say(plan, TS_SEVERITY_WARNING, TS_PLAN_BUDGET, row, "year_amount_vnd",
                    N_("quantity × price is {1}, the amount as signed is {2}; that would fit a "
                       "price of {3}. Kept as signed"),
                    product, as_signed, fitting, NULL);
    } else {
        ts_plan_say(plan, TS_SEVERITY_WARNING, TS_PLAN_BUDGET, row, "year_amount_vnd",
                    N_("quantity × price is {1}, the amount as signed is {2}. Kept as signed"),
                    product, as_signed, NULL);
    }
}

/* Parts and their sum. parent NULL: the rows without parent and the row `total`. */
static void
check_sum(plan_t *plan, size_t row, const char *column, const char *parent)
{
    int64_t expected = amount(plan, row, column);
    int64_t sum = 0;
    size_t parts = 0;
    for (size_t other = 0; other < ts_plan_rows(plan, TS_PLAN_BUDGET); other++) {
        const char *above = ts_plan_cell(plan, TS_PLAN_BUDGET, other, "parent");
        int64_t part = amount(plan, other, column);
        bool counted =
            parent == NULL ? above[0] == '\0' && other != row : strcmp(above, parent) == 0;
        if (counted && part > 0) {
            sum += part;
            parts++;
        }
    }
    if (parts > 0 && expected >= 0 && sum != expected) {
        char text[24];
        number_text(sum, text);
        ts_plan_say(plan, TS_SEVERITY_WARNING, TS_PLAN_BUDGET, row, column,
                    N_("its parts add up to {1}. Kept as signed"), text, NULL);
    }
}

static void
check_budget(plan_t *plan)
{
    int64_t years = ts_plan_rows(plan, TS_PLAN_PLAN) == 0
                        ? 0
                        : years_in(ts_plan_cell(plan, TS_PLAN_PLAN, 0, "budget_years"));
    for (size_t row = 0; row < ts_plan_rows(plan, TS_PLAN_BUDGET); row++) {
        const char *key = ts_plan_cell(plan, TS_PLAN_BUDGET, row, "key");
        const char *parent = strcmp(key, "total") == 0 ? NULL : key;
        int64_t year = amount(plan, row, "year_amount_vnd");
        int64_t period = amount(plan, row, "period_amount_vnd");
        check_text_and_number(plan, row, "quantity_text", "quantity", &ts_number_whole);
        check_text_and_number(plan, row, "unit_price_text", "unit_price_vnd",
                              &ts_number_million_dong);
        check_product(plan, row);
        check_sum(plan, row, "year_amount_vnd", parent);
        check_sum(plan, row, "period_amount_vnd", parent);
        if (years > 0 && year > 0 && period > 0 && year <= INT64_MAX / years &&
            year * years != period) {
            char text[24];
            number_text(year * years, text);
            ts_plan_say(plan, TS_SEVERITY_WARNING, TS_PLAN_BUDGET, row, "period_amount_vnd",
                        N_("the yearly amount times the budget years is {1}. Kept as signed"), text,
                        NULL);
        }
        check_cycle(plan, TS_PLAN_BUDGET, row);
    }
}

/* ---- the rest */

static void
check_targets(plan_t *plan)
{
    for (size_t row = 0; row < ts_plan_rows(plan, TS_PLAN_TARGETS); row++) {
        if (plain_number(ts_plan_cell(plan, TS_PLAN_TARGETS, row, "percent")) > 100) {
            ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_TARGETS, row, "percent",
                        N_("a share is at most 100 percent"), NULL);
        }
    }
}

static void
check_activities(plan_t *plan)
{
    for (size_t row = 0; row < ts_plan_rows(plan, TS_PLAN_ACTIVITIES); row++) {
        int64_t from = plain_number(ts_plan_cell(plan, TS_PLAN_ACTIVITIES, row, "from_year"));
        int64_t to = plain_number(ts_plan_cell(plan, TS_PLAN_ACTIVITIES, row, "to_year"));
        if (from >= 0 && to >= 0 && from > to) {
            ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_ACTIVITIES, row, "to_year",
                        N_("it ends before it begins"), NULL);
        }
    }
}

/* No plan so far has a scale: one that has is checked, and whoever loads it hears that needs keep
 * their grade as it was typed. */
static void
check_needscale(plan_t *plan)
{
    size_t rows = ts_plan_rows(plan, TS_PLAN_NEEDSCALE);
    for (size_t row = 0; row < rows; row++) {
        const char *grade = ts_plan_cell(plan, TS_PLAN_NEEDSCALE, row, "grade");
        for (size_t other = 0; other < row; other++) {
            if (strcmp(grade, ts_plan_cell(plan, TS_PLAN_NEEDSCALE, other, "grade")) == 0) {
                ts_plan_say(plan, TS_SEVERITY_ERROR, TS_PLAN_NEEDSCALE, row, "grade",
                            N_("this grade stands in the list twice"), NULL);
            }
        }
    }
    if (rows > 0) {
        ts_plan_say(plan, TS_SEVERITY_WARNING, TS_PLAN_NEEDSCALE, SIZE_MAX, "grade",
                    N_("the scale is checked and not loaded by this version: the grade of a need "
                       "is kept as it is typed and compared with nothing"),
                    NULL);
    }
}

/* A note names a table and, mostly, a row of it. */
static void
check_notes(plan_t *plan)
{
    for (size_t row = 0; row < ts_plan_rows(plan, TS_PLAN_NOTES); row++) {
        const char *file = ts_plan_cell(plan, TS_PLAN_NOTES, row, "file");
        const char *key = ts_plan_cell(plan, TS_PLAN_NOTES, row, "row");
        size_t table = 0;
        char name[32];
        while (table < TS_PLAN_TABLES) {
            (void)snprintf(name, sizeof name, "%s.csv", ts_plan_tables[table].name);
            if (strcmp(name, file) == 0) {
                break;
            }
            table++;
        }
        if (table == TS_PLAN_TABLES) {
            ts_plan_say(plan, TS_SEVERITY_WARNING, TS_PLAN_NOTES, row, "file",
                        N_("there is no such table"), NULL);
        } else if (key[0] != '\0' &&
                   ts_plan_find(plan, (ts_plan_table_id_t)table, key, strlen(key)) == SIZE_MAX) {
            ts_plan_say(plan, TS_SEVERITY_WARNING, TS_PLAN_NOTES, row, "row",
                        N_("“{1}” is no key of {2}.csv"), key, ts_plan_tables[table].name, NULL);
        }
    }
}

void
ts_plan_check(ts_plan_folder_t *self)
{
    static void (*const checks[])(plan_t * plan) = {
        check_units,        check_bodies,     check_plan,      check_scope,
        check_report_bands, check_duties,     check_periods,   check_budget,
        check_targets,      check_activities, check_needscale, check_notes};
    for (size_t table = 0; table < TS_PLAN_TABLES; table++) {
        const ts_plan_column_t *columns = ts_plan_tables[table].columns;
        for (size_t row = 0; row < ts_plan_rows(self, (ts_plan_table_id_t)table); row++) {
            for (size_t i = 0; columns[i].name != NULL; i++) {
                check_cell(self, (ts_plan_table_id_t)table, row, &columns[i]);
            }
        }
    }
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        checks[i](self);
    }
}
