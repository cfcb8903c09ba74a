/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Figures of one period of one plan: computed from what the ledger gives (ts_report_compute), kept
 * as a sorted text that is hashed, sealed and filed (ts_report_put_text, ts_report_read), compared
 * (ts_report_compare) and laid out as tables (core/report_tables.h). A report holds the names of
 * all it speaks of, so that one that was filed years ago reads as it did then. Pure: no clock, no
 * store. Not for who owes what (core/calendar.h).
 *
 * Text form 1: a line for each figure, sorted bytewise, every line ended by LF, UTF-8 NFC:
 *
 *     section|measure|unit code|line code|band code|sex|of what=value
 *
 * Parts that do not apply are empty. In a key \ | = and LF are written \\ \| \= \n, in a value
 * \ and LF. Sex is m, f or u. Values: a whole number; <=N where only an upper bound can be told (a
 * number of distinct children added over units or with declared heads); nil: confirmed that nothing
 * occurred; na: not applicable; missing: no figures yet; "text. The figures digest is the
 * BLAKE2b-256 of this text.
 *
 * Rules: identified children and declared head counts stay apart; distinct
 * children are never added over units, lines or periods (own cells of the ledger; else an upper
 * bound, marked); pledges are shown and are no funding; money is whole đồng; signed budget figures
 * are never computed.
 */
#ifndef TS_CORE_REPORT_H
#define TS_CORE_REPORT_H

#include "base/buf.h"
#include "core/calendar.h"
#include "core/contribute.h"

/* Version of the form: sections, measures and text form. */
#define TS_REPORT_FORM 1u
/* Figures of one report; a province of 600 communes and 22 lines stays below. */
#define TS_REPORT_FIGURES_MAX 400000u

typedef enum ts_figure_state {
    TS_FIGURE_MISSING,
    TS_FIGURE_VALUE,
    TS_FIGURE_AT_MOST, /* a value of which only the upper bound is known */
    TS_FIGURE_NIL,
    TS_FIGURE_NOT_APPLICABLE,
    TS_FIGURE_TEXT
} ts_figure_state_t;

/* Parts are never NULL; "" does not apply. Borrowed from the report, or the caller's when adding.
 */
typedef struct ts_figure {
    const char *section;
    const char *measure;
    const char *unit;
    const char *line;
    const char *band;
    const char *sex; /* "", "m", "f", "u" */
    const char *of;  /* fund, donor class, duty, budget row, target, body: by the section */
    ts_figure_state_t state;
    int64_t value;    /* VALUE, AT_MOST */
    const char *text; /* TEXT */
} ts_figure_t;

typedef struct ts_report ts_report_t;

ts_report_t *ts_report_new(void);
void ts_report_destroy(ts_report_t **self_p);
/* Copies; texts and numbers as they are. A second figure of the same key is our own bug (TS_CHECK
 * at ts_report_sort). */
void ts_report_add(ts_report_t *self, const ts_figure_t *figure);
/* Orders the figures; before it only ts_report_add works. */
void ts_report_sort(ts_report_t *self);
size_t ts_report_count(const ts_report_t *self);
/* In order; index < count. */
const ts_figure_t *ts_report_at(const ts_report_t *self, size_t index);
/* By its parts (state, value, text are not read); NULL when there is none. */
const ts_figure_t *ts_report_find(const ts_report_t *self, const ts_figure_t *key);
/* The text of a head figure ("plan"); "" when there is none. */
const char *ts_report_head(const ts_report_t *self, const char *measure);

/* Appends the text form. */
void ts_report_put_text(const ts_report_t *self, ts_buf_t *out);
/* Reads it; INVALID: not such a text, or not sorted. */
TS_MUST_USE ts_err_t ts_report_read(ts_bytes_t text, ts_report_t **ret_report);

/* Called for each key whose figure differs; one of both is NULL when the other report has no such
 * figure. Figures that say when and for whom a report was drawn up (head, duties, corrections,
 * findings, names) are not compared. */
typedef void (*ts_report_differ_fn)(void *ctx, const ts_figure_t *then, const ts_figure_t *now);
size_t ts_report_compare(const ts_report_t *then,
                         const ts_report_t *now,
                         ts_report_differ_fn differ,
                         void *ctx);

/* ---- computing */

/* What the figures are about; the ledger's rows below are already limited to it. */
typedef enum ts_report_scope {
    TS_REPORT_LEDGER, /* all that this ledger holds: the plan at the province, its own part at an
                         office; distinct children are exact */
    TS_REPORT_UNITS, /* units of a larger ledger: distinct children over several are upper bounds */
    TS_REPORT_FUNDS /* a body without a territory in a larger ledger: only the money of its funds */
} ts_report_scope_t;

typedef struct ts_report_cell {
    ts_cell_key_t key;
    int64_t value;
} ts_report_cell_t;

typedef struct ts_report_cells {
    ts_report_cell_t *rows;
    size_t count;
    size_t capacity;
} ts_report_cells_t;

void ts_report_cells_add(ts_report_cells_t *self, const ts_cell_key_t *key, int64_t value);
void ts_report_cells_free(ts_report_cells_t *self);

typedef struct ts_report_duty {
    ts_due_t due;
    ts_seal_facts_t facts;
    ts_timeliness_t class;
} ts_report_duty_t;

typedef struct ts_report_fund {
    ts_record_id_t id;
    const char *code;
    const char *name;
} ts_report_fund_t;

/* A budget line as signed; texts never NULL. */
typedef struct ts_report_budget {
    const char *code;
    const char *parent;
    const char *order_no;
    const char *content;
    const char *unit_name;
    const char *quantity_text;
    const char *price_text;
    int64_t quantity;
    int64_t price_vnd;
    int64_t year_vnd;
    int64_t period_vnd;
} ts_report_budget_t;

/* A filed report of an earlier period, and the figures of that period as they are now. */
typedef struct ts_report_earlier {
    const ts_report_t *filed;
    const ts_report_t *now;
} ts_report_earlier_t;

typedef struct ts_report_findings {
    uint64_t parked;
    uint64_t pending;
    uint64_t conflicts;
    uint64_t negative;
    uint64_t repeats;
    uint64_t duplicates;
} ts_report_findings_t;

typedef struct ts_report_input {
    const ts_catalog_t *catalog;
    ts_record_id_t plan;
    ts_record_id_t period;
    ts_report_scope_t scope;
    ts_record_id_t body; /* whose report it is; 0: of the whole plan */
    ts_record_id_t unit; /* top of its territory; 0 = none */
    uint32_t rules;      /* TS_RULES_VERSION of the ledger */
    int32_t as_of;       /* day on which it is drawn up */
    int32_t
        boundary; /* unit tree as of this day: communes are shown under their units of that day */
    bool nil_confirmed; /* what has no figures did not occur, says who answers for it */
    bool made_up;       /* the records say that they are made up */
    const ts_record_id_t *scope_units; /* units of the plan's list that lie in this report; those
                                          without figures are shown as such */
    size_t scope_unit_count;
    size_t listed_count;             /* units of the plan's whole list; 0 = there is none */
    const char *listed_source;       /* articles or decisions that list them; NULL = not said */
    const ts_report_cells_t *window; /* sums over the period's window, distinct cells left out */
    const ts_report_cells_t
        *to_date; /* need_quantity, handed_quantity, left: sums up to its last day */
    const ts_report_cells_t *distinct; /* distinct cells of this period */
    const ts_report_cells_t
        *living; /* population: of each unit the newest count up to the last day */
    const ts_report_duty_t *duties;
    size_t duty_count;
    const ts_report_fund_t *funds;
    size_t fund_count;
    const ts_report_budget_t *budget;
    size_t budget_count;
    size_t budget_years;
    const ts_report_earlier_t *earlier;
    size_t earlier_count;
    ts_report_findings_t findings;
} ts_report_input_t;

/* The sorted report. Plan and period must be in the catalog (TS_CHECK). */
ts_report_t *ts_report_compute(const ts_report_input_t *input);

/* How many of the cells that the form asks for have a value, a confirmed nil, do not apply, are
 * missing. */
typedef struct ts_report_completeness {
    uint32_t value;
    uint32_t nil;
    uint32_t not_applicable;
    uint32_t missing;
} ts_report_completeness_t;
ts_report_completeness_t ts_report_completeness(const ts_report_t *self);

#endif
