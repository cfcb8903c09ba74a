/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A report laid out for people: one generic table per section, in the order of printing, from the
 * figures alone, so that a kept report gives the tables it gave when it was filed. Titles are
 * English msgids. A figure that is missing, nil or not applicable is a sentence in its cell, never
 * a 0 and never empty. A cell that is empty asks for nothing there. A table may have no rows.
 *
 * Tables: cover (word, value) · completeness · duties · living · needs · resources · funds ·
 * support · units · budget · targets · corrections · findings. Beside them, for writers of files:
 *   sections (table, title, note): what the sheets are called, in order
 *   hxl (table, column, tag): second heading row (HXL 1.1)
 *   chart (line, unit of measure, needed, handed, met): needs met by line
 * Column format "share" is in hundredths of a percent: 9876 = 98.76 %.
 */
#ifndef TS_CORE_REPORT_TABLES_H
#define TS_CORE_REPORT_TABLES_H

#include "core/control.h"
#include "core/report.h"

/* Adds the tables to the reply. check_code: hex of the figures digest, shown on the cover; NULL =
 * none yet. */
void ts_report_put_tables(const ts_report_t *report, const char *check_code, ts_reply_t *out);
/* What stands under every output: msgid. */
const char *ts_report_disclaimer(void);

#endif
