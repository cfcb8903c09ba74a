/* SPDX-License-Identifier: MPL-2.0 */
#include "node/plan_tables.h"

#include "core/kind.h"

#define KEY(to)                                                            \
    {                                                                      \
        .name = "key", .field = (to), .cell = TS_PLAN_TEXT, .filled = true \
    }
#define TEXT(name_, field_)                                      \
    {                                                            \
        .name = (name_), .field = (field_), .cell = TS_PLAN_TEXT \
    }
#define NEED(name_, field_)                                                      \
    {                                                                            \
        .name = (name_), .field = (field_), .cell = TS_PLAN_TEXT, .filled = true \
    }
#define COUNT(name_, field_)                                      \
    {                                                             \
        .name = (name_), .field = (field_), .cell = TS_PLAN_COUNT \
    }
#define VND(name_, field_)                                      \
    {                                                           \
        .name = (name_), .field = (field_), .cell = TS_PLAN_VND \
    }
#define DATE(name_, field_)                                      \
    {                                                            \
        .name = (name_), .field = (field_), .cell = TS_PLAN_DATE \
    }
#define ENUM(name_, field_, filled_)                                                  \
    {                                                                                 \
        .name = (name_), .field = (field_), .cell = TS_PLAN_ENUM, .filled = (filled_) \
    }
#define WORD(name_, field_, words_)                                                  \
    {                                                                                \
        .name = (name_), .field = (field_), .cell = TS_PLAN_WORD, .words = (words_), \
        .filled = true                                                               \
    }
#define REF(name_, field_, table_, filled_)                                         \
    {                                                                               \
        .name = (name_), .field = (field_), .cell = TS_PLAN_REF, .table = (table_), \
        .filled = (filled_)                                                         \
    }
#define KEYED(name_, field_, table_)                                                    \
    {                                                                                   \
        .name = (name_), .field = (field_), .cell = TS_PLAN_KEY_TEXT, .table = (table_) \
    }
#define KEYS(name_, field_, table_)                                                 \
    {                                                                               \
        .name = (name_), .field = (field_), .cell = TS_PLAN_KEYS, .table = (table_) \
    }
#define LIST(name_, field_)                                      \
    {                                                            \
        .name = (name_), .field = (field_), .cell = TS_PLAN_LIST \
    }
#define OF_PLAN                                                                        \
    {                                                                                  \
        .name = "plan", .field = NULL, .cell = TS_PLAN_OF_PLAN, .table = TS_PLAN_PLAN, \
        .filled = true                                                                 \
    }
#define NOTE TEXT("note", "note")
#define END          \
    {                \
        .name = NULL \
    }

static const ts_plan_column_t unit_columns[] = {
    KEY(NULL),
    NEED("code", "code"),
    REF("parent", "parent_id", TS_PLAN_UNITS, false),
    ENUM("level", "level", true),
    NEED("name", "name"),
    TEXT("kind", "type_name"),
    DATE("valid_from", "valid_from_on"),
    DATE("valid_to", "valid_to_on"),
    REF("successor", "successor_id", TS_PLAN_UNITS, false),
    LIST("aliases", "aliases"),
    NOTE,
    END,
};
static const ts_plan_column_t body_columns[] = {
    KEY("code"),
    NEED("name", "name"),
    TEXT("name_en", "name_en"),
    ENUM("level", "level", true),
    REF("unit", "unit_id", TS_PLAN_UNITS, false),
    ENUM("kind", "type", true),
    REF("parent", "parent_id", TS_PLAN_BODIES, false),
    DATE("valid_from", "valid_from_on"),
    DATE("valid_to", "valid_to_on"),
    REF("successor", "successor_id", TS_PLAN_BODIES, false),
    LIST("aliases", "aliases"),
    NOTE,
    END,
};
static const ts_plan_column_t plan_columns[] = {
    KEY("code"),
    TEXT("number", "number"),
    DATE("signed_on", "signed_on"),
    REF("issuer", "issuer_body_id", TS_PLAN_BODIES, true),
    REF("unit", "unit_id", TS_PLAN_UNITS, true),
    REF("lead", "lead_body_id", TS_PLAN_BODIES, false),
    NEED("title", "title"),
    TEXT("title_en", "title_en"),
    TEXT("parent_document", "parent_document"),
    COUNT("valid_from_year", "valid_from_year"),
    COUNT("valid_to_year", "valid_to_year"),
    TEXT("budget_years", "budget_years"),
    TEXT("scope_label", "scope_label"),
    NOTE,
    END,
};
static const ts_plan_column_t scope_columns[] = {
    KEY(NULL),
    OF_PLAN,
    REF("unit", "unit_id", TS_PLAN_UNITS, true),
    TEXT("area_grade", "area_grade"),
    TEXT("source", "source"),
    NOTE,
    END,
};
static const ts_plan_column_t line_columns[] = {
    KEY("code"),
    NEED("name", "name"),
    TEXT("name_en", "name_en"),
    ENUM("common", "common", true),
    NEED("unit_of_measure", "unit_of_measure"),
    NEED("unit_name", "unit_name"),
    ENUM("target_kind", "target_kind", true),
    WORD("coverage", "coverage", "all;in_need;special"),
    COUNT("order", "order_no"),
    NOTE,
    END,
};
static const ts_plan_column_t band_columns[] = {
    KEY("code"),
    NEED("name", "name"),
    {.name = "from_month", .field = "from_month", .cell = TS_PLAN_COUNT, .filled = true},
    {.name = "to_month", .field = "to_month", .cell = TS_PLAN_COUNT, .filled = true},
    WORD("purpose", "purpose", "report;warm_size"),
    TEXT("source", "source"),
    NOTE,
    END,
};
static const ts_plan_column_t duty_columns[] = {
    KEY("code"),
    REF("from_body", "from_body_id", TS_PLAN_BODIES, true),
    REF("to_body", "to_body_id", TS_PLAN_BODIES, true),
    ENUM("relation", "relation", true),
    ENUM("period_kind", "period_kind", true),
    TEXT("due_rule", "due_rule"),
    COUNT("due_month", "due_month"),
    COUNT("due_day", "due_day"),
    TEXT("article", "article"),
    NOTE,
    END,
};
static const ts_plan_column_t period_columns[] = {
    KEY("code"),
    OF_PLAN,
    ENUM("kind", "period_kind", true),
    {.name = "year", .field = "year", .cell = TS_PLAN_COUNT, .filled = true},
    DATE("data_from", "data_from_on"),
    DATE("data_to", "cutoff_on"),
    DATE("due_on", "due_on"),
    DATE("grace_until", "grace_on"),
    DATE("lock_on", "lock_on"),
    DATE("proposed_from", "proposed_from_on"),
    DATE("proposed_to", "proposed_to_on"),
    TEXT("source", "source"),
    NOTE,
    END,
};
static const ts_plan_column_t budget_columns[] = {
    KEY("code"),
    KEYED("parent", "parent_code", TS_PLAN_BUDGET),
    TEXT("order_no", "order_no"),
    NEED("content", "content"),
    TEXT("unit", "unit_name"),
    TEXT("quantity_text", "quantity_text"),
    COUNT("quantity", "quantity"),
    TEXT("unit_price_text", "unit_price_text"),
    VND("unit_price_vnd", "unit_price_vnd"),
    VND("year_amount_vnd", "year_amount_vnd"),
    VND("period_amount_vnd", "period_amount_vnd"),
    TEXT("source", "source"),
    NOTE,
    END,
};
static const ts_plan_column_t target_columns[] = {
    KEY("code"),
    OF_PLAN,
    NEED("text", "text"),
    TEXT("text_en", "text_en"),
    WORD("measure", "measure", "share_living;share_in_need;on_request;none"),
    KEYS("lines", "lines", TS_PLAN_LINES),
    KEYS("bands", "bands", TS_PLAN_BANDS),
    COUNT("percent", "percent"),
    TEXT("denominator", "denominator"),
    NOTE,
    END,
};
static const ts_plan_column_t activity_columns[] = {
    KEY("code"),
    OF_PLAN,
    TEXT("order_no", "order_no"),
    NEED("content", "content"),
    REF("lead", "lead_body_id", TS_PLAN_BODIES, false),
    KEYS("with", "with_bodies", TS_PLAN_BODIES),
    COUNT("from_year", "from_year"),
    COUNT("to_year", "to_year"),
    KEYED("budget_line", "budget_line", TS_PLAN_BUDGET),
    TEXT("article", "article"),
    NOTE,
    END,
};
static const ts_plan_column_t needscale_columns[] = {
    KEY(NULL),
    OF_PLAN,
    NEED("grade", NULL),
    NEED("name", NULL),
    TEXT("name_en", NULL),
    COUNT("order", NULL),
    TEXT("note", NULL),
    END,
};
static const ts_plan_column_t note_columns[] = {
    KEY(NULL),
    NEED("file", NULL),
    TEXT("row", NULL),
    TEXT("field", NULL),
    TEXT("article", NULL),
    NEED("text", NULL),
    TEXT("text_en", NULL),
    END,
};

const ts_plan_table_t ts_plan_tables[TS_PLAN_TABLES] = {
    [TS_PLAN_UNITS] = {"units", TS_KIND_UNIT, false, unit_columns},
    [TS_PLAN_BODIES] = {"bodies", TS_KIND_BODY, false, body_columns},
    [TS_PLAN_PLAN] = {"plan", TS_KIND_PLAN, false, plan_columns},
    [TS_PLAN_SCOPE] = {"scope", TS_KIND_SCOPE, true, scope_columns},
    [TS_PLAN_LINES] = {"lines", TS_KIND_LINE, true, line_columns},
    [TS_PLAN_BANDS] = {"bands", TS_KIND_BAND, true, band_columns},
    [TS_PLAN_DUTIES] = {"duties", TS_KIND_DUTY, true, duty_columns},
    [TS_PLAN_PERIODS] = {"periods", TS_KIND_PERIOD, true, period_columns},
    [TS_PLAN_BUDGET] = {"budget", TS_KIND_BUDGET, true, budget_columns},
    [TS_PLAN_TARGETS] = {"targets", TS_KIND_TARGET, true, target_columns},
    [TS_PLAN_ACTIVITIES] = {"activities", TS_KIND_ACTIVITY, true, activity_columns},
    [TS_PLAN_NEEDSCALE] = {"needscale", 0, true, needscale_columns},
    [TS_PLAN_NOTES] = {"notes", 0, false, note_columns},
};
