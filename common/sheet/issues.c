/* SPDX-License-Identifier: MPL-2.0 */
#include "sheet/issues.h"

#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "sheet/text.h"

#include <string.h>

void
ts_sheet_issues_free(ts_sheet_issues_t *issues)
{
    for (size_t i = 0; i < issues->count; i++) {
        ts_xfree(issues->items[i].column);
        ts_xfree(issues->items[i].value);
        ts_msg_free(&issues->items[i].message);
    }
    ts_xfree(issues->items);
    *issues = (ts_sheet_issues_t){0};
}

/* An owned copy, shortened at a character. */
static char *
shown(const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    size_t bytes = ts_text_clip(text, TS_SHEET_VALUE_SHOWN_BYTES_MAX);
    if (text[bytes] == '\0') {
        return ts_xstrdup(text);
    }
    static const char dots[] = "…";
    char *copy = ts_xmalloc(bytes + sizeof dots);
    memcpy(copy, text, bytes);
    memcpy(copy + bytes, dots, sizeof dots);
    return copy;
}

static bool
has_room(const ts_sheet_issues_t *issues, ts_sheet_severity_t severity)
{
    if (issues->count >= TS_SHEET_ISSUES_MAX) {
        return false;
    }
    return severity == TS_SHEET_ERROR || issues->warnings < TS_SHEET_ISSUES_MAX / 2;
}

void
ts_sheet_issues_add(ts_sheet_issues_t *issues,
                    ts_sheet_severity_t severity,
                    const ts_sheet_place_t *place,
                    ts_msg_t *message)
{
    TS_CHECK(message->id != NULL);
    bool keep = has_room(issues, severity);
    if (severity == TS_SHEET_ERROR) {
        issues->errors++;
    } else {
        issues->warnings++;
    }
    if (!keep) {
        ts_msg_free(message);
        return;
    }
    issues->items =
        ts_xgrow(issues->items, issues->count + 1, &issues->capacity, sizeof *issues->items);
    ts_sheet_issue_t *issue = &issues->items[issues->count++];
    *issue = (ts_sheet_issue_t){.severity = severity};
    if (place != NULL) {
        issue->line = place->line;
        issue->row = place->row;
        issue->column = shown(place->column);
        issue->value = shown(place->value);
    }
    ts_msg_move(&issue->message, message);
}

bool
ts_sheet_issues_full(const ts_sheet_issues_t *issues)
{
    return issues->count >= TS_SHEET_ISSUES_MAX;
}

void
ts_sheet_issue_place(const ts_sheet_issue_t *issue, ts_msg_t *ret_place)
{
    bool column = issue->column != NULL && issue->column[0] != '\0';
    bool value = column && issue->value != NULL && issue->value[0] != '\0';
    if (issue->line == 0) {
        ts_msg_make(ret_place, column ? N_("column “{1}”") : N_("the whole file"),
                    column ? issue->column : NULL, NULL);
        return;
    }
    if (issue->row == 0) {
        ts_msg_set(ret_place, value    ? N_("line {1}, column “{2}”, value “{3}”")
                              : column ? N_("line {1}, column “{2}”")
                                       : N_("line {1}"));
    } else {
        ts_msg_set(ret_place, value    ? N_("line {1}, column “{2}”, value “{3}” (row {4})")
                              : column ? N_("line {1}, column “{2}” (row {3})")
                                       : N_("line {1} (row {2})"));
    }
    ts_msg_arg_number(ret_place, issue->line);
    if (column) {
        ts_msg_arg(ret_place, issue->column);
    }
    if (value) {
        ts_msg_arg(ret_place, issue->value);
    }
    if (issue->row != 0) {
        ts_msg_arg_number(ret_place, issue->row);
    }
}
