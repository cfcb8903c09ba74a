/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/out.h"

#include "base/buf.h"
#include "base/xalloc.h"
#include "shared/say.h"
#include "shared/term.h"
#include "wire/json.h"

#include <stdlib.h>
#include <string.h>

#define ISSUES_SHOWN_MAX 20u

ts_out_t
ts_out_terminal(void)
{
    return (ts_out_t){.out = stdout, .err = stderr, .columns = ts_term_columns(stdout)};
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
put_place(const ts_out_t *self, ts_buf_t *out, const ts_issue_t *issue)
{
    char line[16];
    char row[16];
    bool is_known =
        self->file != NULL && issue->file != NULL && strcmp(self->file, issue->file) == 0;
    (void)snprintf(line, sizeof line, "%u", (unsigned)issue->line);
    (void)snprintf(row, sizeof row, "%u", (unsigned)issue->row);
    const struct {
        const char *id;
        const char *value;
    } parts[] = {
        {"{1}", is_known ? NULL : issue->file},
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
    put_place(self, &place, issue);
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
        {TS_ERR_IO,
         N_("look at the disk and at the log of the service (journalctl -u tiepsuc-office)")},
        {TS_ERR_NOTFOUND,
         N_("“tiepsuc list KIND” shows what there is; check the code character by character")},
        {TS_ERR_EXISTS,
         N_("“tiepsuc list KIND” shows what is there; to change it: “tiepsuc revise”")},
        {TS_ERR_INVALID,
         N_("correct what is named and try again; “tiepsuc help COMMAND” explains it")},
        {TS_ERR_TOOBIG, N_("split it into several parts")},
        {TS_ERR_UNKNOWN,
         N_("the service may be of another version than this command: “tiepsuc version”")},
        {TS_ERR_DENIED,
         N_("say who types with --as NUMBER (“tiepsuc account list”), or ask a person "
            "with the role or the office that may do it")},
        {TS_ERR_LIMIT, N_("“tiepsuc status” and “tiepsuc show CODE” show what is left")},
        {TS_ERR_CONFLICT,
         N_("“tiepsuc conflicts” shows both versions; “tiepsuc resolve” settles it")},
        {TS_ERR_CORRUPT,
         N_("change nothing; run “tiepsuc verify” and keep a copy of the data folder")},
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
        bool is_code = self->brief && strcmp(reply->tables[i].name, "saved") == 0;
        if (!alone && (is_code || ts_table_rows(&reply->tables[i]) == 0)) {
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
