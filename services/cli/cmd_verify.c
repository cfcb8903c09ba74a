/* SPDX-License-Identifier: MPL-2.0 */
/* verify, trace: proof, for everything and for one record. */
#include "base/time.h"
#include "base/xalloc.h"
#include "cli/commands.h"

#include <string.h>

static const ts_cli_option_t verify_options[] = {
    {.name = "quick", .help = N_("only segments and signatures, not the ledger")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_verify = {
    .sends = "verify",
    .options = verify_options,
    .text = N_("Reads every segment that is held here, computes its hash, checks its signature and "
               "the certificates up to the "
               "root; then makes the ledger anew beside the present one and compares. The service "
               "goes on working."),
    .examples = "verify\nverify --quick",
};
const ts_cli_manual_t ts_manual_trace = {
    .sends = "trace",
    .text = N_("Who typed it, who approved it, in which signed segment it lies, and who certified "
               "the key: invite, registrar, "
               "root. Everything is verified at this moment."),
    .examples = "trace A-3F-EK2Q5",
};

int
ts_cmd_verify(ts_cli_t *self)
{
    ts_command_t command;
    const ts_ask_options_t ask = {.doing = _("Checking segments")};
    ts_ask_build(self, &command);
    return ts_ask_print(self, &command, &ask);
}

/* ---- trace */

/* A step that was checked and is wrong. */
#define WRONG "NOT RIGHT"

/* Steps that lie deeper: each certifies the one above it. */
static size_t
depth_of(const char *id)
{
    static const char *const deeper[] = {
        "Segment",
        "Log (hash of its genesis)",
        "Key of the installation",
        "certified by the invite",
        "certified by the registrar",
        "certified by the root",
    };
    for (size_t i = 0; id != NULL && i < sizeof deeper / sizeof deeper[0]; i++) {
        if (strcmp(id, deeper[i]) == 0) {
            return i + 1;
        }
    }
    return 0;
}

static char *
cell_text(const ts_table_t *table, size_t row, const char *name)
{
    size_t column = ts_table_column(table, name);
    const ts_cell_t *cell = column == SIZE_MAX ? NULL : ts_table_cell(table, row, column);
    return cell == NULL || cell->kind == TS_CELL_NOTHING
               ? ts_xstrdup("")
               : ts_out_cell(table->columns[column].format, cell);
}

/* A moment as people write it; anything else stays. */
static char *
with_moment(char *text)
{
    ts_utc_t at;
    if (strchr(text, 'T') == NULL || ts_utc_parse(text, &at) != TS_ERR_OK) {
        return text;
    }
    char shown[TS_SAY_BYTES];
    ts_say_time(at, shown, sizeof shown);
    ts_xfree(text);
    return ts_xstrdup(shown);
}

/* A hash is shown by its beginning; --json has it whole. */
static void
shorten_hash(char *text)
{
    size_t bytes = strlen(text);
    if (bytes == 64 && strspn(text, "0123456789abcdef") == bytes) {
        memcpy(text + 16, "…", sizeof "…");
    }
}

static const char *
step_id(const ts_table_t *table, size_t row)
{
    size_t column = ts_table_column(table, "step");
    const ts_cell_t *cell = column == SIZE_MAX ? NULL : ts_table_cell(table, row, column);
    return cell != NULL && cell->kind == TS_CELL_SAY ? cell->say->id : NULL;
}

static void
show_chain(const ts_cli_t *self, const ts_table_t *chain)
{
    char *last = ts_xstrdup("");
    size_t base = 0;
    for (size_t r = 0; r < ts_table_rows(chain); r++) {
        char *version = cell_text(chain, r, "version");
        char *step = cell_text(chain, r, "step");
        char *value = with_moment(cell_text(chain, r, "value"));
        char *checked = cell_text(chain, r, "checked");
        if (strcmp(version, last) != 0) {
            char *title = ts_say_text(N_("Version {1}"), version, NULL);
            (void)fprintf(self->out.out, "%s%s\n", r == 0 ? "" : "\n", title);
            ts_xfree(title);
            ts_xfree(last);
            last = ts_xstrdup(version);
            base = 0;
        }
        size_t depth = depth_of(step_id(chain, r));
        base = depth > 0 ? depth : base;
        shorten_hash(value);
        const char *form = value[0] == '\0'     ? "{1}  [{3}]"
                           : checked[0] == '\0' ? "{1}: {2}"
                                                : "{1}: {2}  [{3}]";
        char *line = ts_say_text(form, step, value, checked, NULL);
        size_t indent = 2 + 2 * (depth > 0 ? depth - 1 : base);
        (void)fprintf(self->out.out, "%*s", (int)indent, "");
        ts_out_wrap(&self->out, self->out.out, line, indent, true);
        ts_xfree(line);
        ts_xfree(checked);
        ts_xfree(value);
        ts_xfree(step);
        ts_xfree(version);
    }
    ts_xfree(last);
}

static void
show_trace(const ts_cli_t *self, const ts_reply_t *reply, const ts_table_t *chain)
{
    for (size_t t = 0; t < reply->table_count; t++) {
        if (&reply->tables[t] != chain && ts_table_rows(&reply->tables[t]) > 0) {
            ts_out_table_titled(&self->out, &reply->tables[t]);
            (void)fputc('\n', self->out.out);
        }
    }
    show_chain(self, chain);
    if (reply->say.id != NULL) {
        char *say = ts_say_msg(&reply->say);
        (void)fputc('\n', self->out.out);
        ts_out_wrap(&self->out, self->out.out, say, 0, false);
        ts_xfree(say);
    }
}

int
ts_cmd_trace(ts_cli_t *self)
{
    ts_reply_t reply = {.done = false};
    int exit_code = ts_ask_built(self, NULL, &reply);
    if (exit_code != TS_CLI_GOOD) {
        return exit_code;
    }
    const ts_table_t *chain = ts_reply_table(&reply, "chain");
    if (self->out.json || reply.code != TS_ERR_OK || chain == NULL) {
        ts_out_reply(&self->out, &reply, NULL);
    } else {
        show_trace(self, &reply, chain);
    }
    exit_code = ts_ask_exit(&reply);
    size_t checked = chain == NULL ? SIZE_MAX : ts_table_column(chain, "checked");
    for (size_t r = 0; checked != SIZE_MAX && r < ts_table_rows(chain); r++) {
        const ts_cell_t *cell = ts_table_cell(chain, r, checked);
        if (cell->kind == TS_CELL_SAY && strcmp(cell->say->id, WRONG) == 0) {
            exit_code = TS_CLI_FAILED;
        }
    }
    ts_reply_free(&reply);
    return exit_code;
}
