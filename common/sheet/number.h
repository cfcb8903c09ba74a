/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Whole quantities, quantities with decimals, and money as offices write them: "1.234", "1,234.5",
 * "1 234", "02", "1.526,4 triệu", "1 tỷ 200 triệu đồng". Never through floating point.
 *
 * The same text can mean two numbers ("5.000" is five thousand in Viet Nam and five elsewhere).
 * What cannot be told from one value is decided for a whole column by its other values
 * (ts_number_column); when they do not decide, the clerk does. Nothing is decided silently.
 */
#ifndef TS_SHEET_NUMBER_H
#define TS_SHEET_NUMBER_H

#include "base/err.h"
#include "base/msg.h"
#include "sheet/grid.h"
#include "sheet/issues.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a point and a comma mean. */
typedef enum ts_number_marks {
    TS_NUMBER_MARKS_UNKNOWN,    /* only what is clear by itself is read */
    TS_NUMBER_MARKS_VIETNAMESE, /* 1.234,5 */
    TS_NUMBER_MARKS_ENGLISH,    /* 1,234.5 */
} ts_number_marks_t;

/* What a column holds. */
typedef struct ts_number_spec {
    int64_t scale; /* the result counts 1/scale: 1 whole, 1000 thousandths; ≥ 1, a power of ten */
    int64_t unit; /* what 1 stands for: 1, or 1000000 in a column headed "triệu đồng"; ≥ 1, a power
                     of ten */
    bool money; /* currency words and nghìn, triệu, tỷ are allowed; a word in the cell overrides
                   `unit` */
    bool negative;     /* a minus sign or (…) is allowed */
    int64_t value_max; /* greatest absolute result; 0: INT64_MAX */
} ts_number_spec_t;

/* 1/1 whole quantity; 1/1000 quantity; đồng; đồng from a column in triệu đồng. */
extern const ts_number_spec_t ts_number_whole;
extern const ts_number_spec_t ts_number_thousandths;
extern const ts_number_spec_t ts_number_dong;
extern const ts_number_spec_t ts_number_million_dong;

/* Reads one value. *ret_value = value × unit × scale. INVALID (no number, ambiguous with UNKNOWN
 * marks, finer than the scale, negative where not allowed) or TOOBIG, with the reason in *ret_why.
 */
TS_MUST_USE ts_err_t ts_number_parse(const char *text,
                                     const ts_number_spec_t *spec,
                                     ts_number_marks_t marks,
                                     int64_t *ret_value,
                                     ts_msg_t *ret_why);

/* Decides for a column from all its values. OK and *ret_marks:
 * - the one meaning that all its numbers allow, or UNKNOWN when every one is clear by itself;
 * - when all are open and the column is of whole things (scale 1, unit 1), marks before three
 * digits part thousands, with a warning that repeats an example. INVALID, with an error in
 * `issues`: two rows contradict each other (both are named), or the values are open in a column
 * that allows decimals (the clerk writes them without thousands mark). Values that are no numbers
 * are left to ts_number_parse. */
TS_MUST_USE ts_err_t ts_number_column(const ts_grid_t *table,
                                      size_t column,
                                      const ts_number_spec_t *spec,
                                      ts_sheet_issues_t *issues,
                                      ts_number_marks_t *ret_marks);

#endif
