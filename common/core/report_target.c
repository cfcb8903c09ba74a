/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Targets against results. A share needs three stored counts: children living there, in need,
 * supported (distinct); when one is missing, or when there is no list of the places that the target
 * speaks of, the share "cannot be computed" and the reason is a word: scope       the list of
 * eligible units is not in the plan living      nobody counted the children living there in_need no
 * child in need is recorded supported   no distinct child is recorded as supported lines       the
 * target speaks of several lines: a child that got two of them is counted in each exceeds     more
 * children than there are to compare with: the counts do not fit together no_number   the plan sets
 * no number
 */
#include "core/report_p.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <string.h>

#define TARGET_LINES_MAX 64
#define TARGET_BANDS_MAX 32
#define CODE_BYTES 64

/* The parts of a target that the catalog knows. */
typedef struct target {
    const ts_target_t *row;
    const char *code;
    ts_record_id_t lines[TARGET_LINES_MAX];
    size_t line_count;
    ts_record_id_t bands[TARGET_BANDS_MAX];
    size_t band_count; /* 0: every age */
    bool listed;       /* the plan has a list of units */
} target_t;

/* The next code of "a; b;c"; NULL at the end. */
static const char *
next_code(const char *list, char out[CODE_BYTES])
{
    list += strspn(list, "; ");
    size_t length = strcspn(list, "; ");
    if (length == 0 || length >= CODE_BYTES) {
        return NULL;
    }
    memcpy(out, list, length);
    out[length] = '\0';
    return list + length;
}

static void
read_lists(const ts_computing_t *self, target_t *target)
{
    char code[CODE_BYTES];
    const char *at = target->row->lines;
    while (target->line_count < TARGET_LINES_MAX && (at = next_code(at, code)) != NULL) {
        const ts_line_t *line = ts_catalog_line_coded(self->catalog, self->in->plan, code);
        if (line != NULL) {
            target->lines[target->line_count++] = line->id;
        }
    }
    at = target->row->bands;
    while (target->band_count < TARGET_BANDS_MAX && (at = next_code(at, code)) != NULL) {
        const ts_band_t *band = ts_catalog_band_coded(self->catalog, self->in->plan, code);
        if (band != NULL) {
            target->bands[target->band_count++] = band->id;
        }
    }
    (void)ts_catalog_in_scope(self->catalog, self->in->plan, 0, &target->listed);
}

static bool
has_band(const target_t *target, uint64_t band)
{
    for (size_t i = 0; i < target->band_count; i++) {
        if (target->bands[i] == band) {
            return true;
        }
    }
    return target->band_count == 0;
}

/* Over the scope, one line (0: over all), the target's bands. False: nothing is recorded. */
static bool
sum_bands(const ts_map_t *map,
          const target_t *target,
          ts_measure_t measure,
          uint64_t line,
          ts_sum_t *ret_sum)
{
    bool found = false;
    ts_sum_t sum = {0};
    size_t position = 0;
    const ts_sum_key_t *key;
    void *value;
    while ((key = ts_map_next(map, &position, &value)) != NULL) {
        if (key->measure != (uint32_t)measure || key->unit != 0 || key->line != line ||
            key->band == TS_SUM_ANY || key->of != 0 || !has_band(target, key->band)) {
            continue;
        }
        sum.value += ((const ts_sum_t *)value)->value;
        sum.mixed = sum.mixed || ((const ts_sum_t *)value)->mixed;
        found = true;
    }
    if (found) {
        *ret_sum = sum;
    }
    return found;
}

/* The lines of the target are all lines of the plan: then the number over any line is exact. */
static bool
all_lines(const ts_computing_t *self, const target_t *target)
{
    size_t count = 0;
    size_t at_line = 0;
    const ts_line_t *line;
    while ((line = ts_catalog_next(self->catalog, TIEPSUC__V1__KIND__KIND_LINE, &at_line)) !=
           NULL) {
        count += line->plan == self->in->plan ? 1 : 0;
    }
    return count > 1 && count == target->line_count;
}

typedef struct counts {
    ts_sum_t living;
    ts_sum_t in_need;
    ts_sum_t supported;
    bool has_living;
    bool has_need;
    bool has_supported;
} counts_t;

static counts_t
count_line(const ts_computing_t *self, const target_t *target, uint64_t line)
{
    counts_t counts = {0};
    counts.has_living = sum_bands(self->living, target, TS_MEASURE_POPULATION, 0, &counts.living);
    counts.has_need =
        sum_bands(self->distinct, target, TS_MEASURE_DISTINCT_IN_NEED, line, &counts.in_need);
    counts.has_supported =
        sum_bands(self->distinct, target, TS_MEASURE_DISTINCT_SUPPORTED, line, &counts.supported);
    return counts;
}

/* Why the share cannot be computed; NULL when it can. */
static const char *
reason_against(const target_t *target, const counts_t *counts, bool one_number)
{
    const char *measure = target->row->measure;
    bool of_living = strcmp(measure, "share_living") == 0;
    bool of_need = strcmp(measure, "share_in_need") == 0 || strcmp(measure, "on_request") == 0;
    const ts_sum_t *whole = of_living ? &counts->living : &counts->in_need;
    const struct {
        bool applies;
        const char *reason;
    } reasons[] = {
        {!target->listed && strcmp(measure, "on_request") != 0, "scope"},
        {!of_living && !of_need, "no_number"},
        {of_living && !counts->has_living, "living"},
        {of_need && !counts->has_need, "in_need"},
        {!one_number, "lines"},
        {!counts->has_supported, "supported"},
        {counts->supported.mixed || counts->supported.value > whole->value || whole->value <= 0,
         "exceeds"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].applies) {
            return reasons[i].reason;
        }
    }
    return NULL;
}

static void
put_count(ts_computing_t *self, ts_at_t at, bool found, const ts_sum_t *sum)
{
    if (found) {
        ts_put_sum(self, at, sum, true);
    } else {
        ts_put_state(self, at, TS_FIGURE_MISSING);
    }
}

/* One row: a line of the target, or (line 0) the target as a whole. */
static void
put_row(ts_computing_t *self, const target_t *target, uint64_t line, bool one_number)
{
    char code[TS_REPORT_CODE_BYTES];
    ts_at_t at = {.section = "targets", .of = target->code};
    at.line = line == 0 ? "" : ts_code_line(self, line, code);
    const counts_t counts = count_line(self, target, line);
    at.measure = "living";
    put_count(self, at, counts.has_living, &counts.living);
    if (one_number) {
        at.measure = "in_need";
        put_count(self, at, counts.has_need, &counts.in_need);
        at.measure = "supported";
        put_count(self, at, counts.has_supported, &counts.supported);
    }
    const char *reason = reason_against(target, &counts, one_number);
    if (reason != NULL) {
        at.measure = "cannot";
        ts_put_text(self, at, reason);
        return;
    }
    bool of_living = strcmp(target->row->measure, "share_living") == 0;
    int64_t whole = of_living ? counts.living.value : counts.in_need.value;
    at.measure = "share";
    ts_put_number(self, at, counts.supported.value * 10000 / whole);
}

void
ts_report_targets(ts_computing_t *self)
{
    size_t position = 0;
    const ts_target_t *row;
    while ((row = ts_catalog_next(self->catalog, TIEPSUC__V1__KIND__KIND_TARGET, &position)) !=
           NULL) {
        if (row->plan != self->in->plan) {
            continue;
        }
        char code[TS_REPORT_CODE_BYTES];
        target_t target = {
            .row = row,
            .code = ts_code_of(self, TIEPSUC__V1__KIND__KIND_TARGET, row->id, row->code, code)};
        read_lists(self, &target);
        ts_at_t at = {.section = "targets", .measure = "text", .of = target.code};
        ts_put_text(self, at, row->text);
        at.measure = "kind";
        ts_put_text(self, at, row->measure);
        at.measure = "percent";
        if (row->percent > 0) {
            ts_put_number(self, at, row->percent);
        } else {
            ts_put_state(self, at, TS_FIGURE_NOT_APPLICABLE);
        }
        bool any_line = all_lines(self, &target);
        put_row(self, &target, target.line_count == 1 ? target.lines[0] : 0,
                target.line_count == 1 || any_line);
        for (size_t i = 0; target.line_count > 1 && i < target.line_count; i++) {
            put_row(self, &target, target.lines[i], true);
        }
    }
}
