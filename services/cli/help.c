/* SPDX-License-Identifier: MPL-2.0 */
#include "base/buf.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "shared/term.h"

#include <stdlib.h>
#include <string.h>

/* Titles on the left take no more than this. */
#define LEFT_CELLS_MAX 30u

/* Words that stand for operands and values in usage lines. */
static const char *const placeholders[] = {
    N_("KIND"),    N_("RECORD"), N_("FILE"),    N_("DIR"),     N_("TEXT"),
    N_("NUMBER"),  N_("DATE"),   N_("CODE"),    N_("EVENT"),   N_("TOPIC"),
    N_("COMMAND"), N_("PLAN"),   N_("PERIOD"),  N_("SECONDS"), N_("COLUMNS"),
    N_("ROLE"),    N_("SHEET"),  N_("ADDRESS"), N_("NAME"),    N_("OFFICE"),
    N_("UNIT"),    N_("BODY"),   N_("ROLES"),   N_("TOPICS"),  N_("DECISION"),
};

/* "KIND [RECORD…]" with each word translated; the caller frees. */
static char *
say_args(const char *args)
{
    ts_buf_t out = {.length = 0};
    (void)placeholders;
    while (*args != '\0') {
        size_t bytes = strspn(args, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if (bytes == 0) {
            ts_buf_put_u8(&out, (uint8_t)*args++);
            continue;
        }
        char *word = ts_xstrndup(args, bytes);
        ts_buf_put_text(&out, ts_say(word));
        ts_xfree(word);
        args += bytes;
    }
    ts_buf_put_u8(&out, '\0');
    return (char *)out.data;
}

/* "add LOẠI --trường giá_trị …"; the caller frees. short: without the fields. */
static char *
say_usage(const ts_cli_command_t *command, bool is_short)
{
    ts_buf_t out = {.length = 0};
    char *args = say_args(command->args);
    ts_buf_put_text(&out, command->name);
    ts_buf_put_text(&out, args[0] == '\0' ? "" : " ");
    ts_buf_put_text(&out, args);
    if (command->manual->open && !is_short) {
        ts_buf_put_text(&out, " ");
        ts_buf_put_text(&out, _("--field value …"));
    }
    ts_buf_put_u8(&out, '\0');
    ts_xfree(args);
    return (char *)out.data;
}

static void
show_paragraph(const ts_cli_t *self, const char *title)
{
    (void)fprintf(self->out.out, "\n%s\n", title);
}

static void
show_options(const ts_cli_t *self, const ts_cli_option_t *options, const char *title)
{
    if (options == NULL || options->name == NULL) {
        return;
    }
    show_paragraph(self, title);
    for (; options->name != NULL; options++) {
        char names[128];
        char letter[8] = "";
        if (options->letter != '\0') {
            (void)snprintf(letter, sizeof letter, "-%c, ", options->letter);
        }
        char *value = options->value == NULL ? NULL : say_args(options->value);
        (void)snprintf(names, sizeof names, "%s--%s%s%s", letter, options->name,
                       value == NULL ? "" : " ", value == NULL ? "" : value);
        ts_xfree(value);
        ts_buf_t help = {.length = 0};
        ts_buf_put_text(&help, ts_say(options->help));
        if ((options->flags & TS_CLI_NEEDED) != 0) {
            ts_buf_put_text(&help, " ");
            ts_buf_put_text(&help, _("(needed)"));
        } else if ((options->flags & TS_CLI_MANY) != 0) {
            ts_buf_put_text(&help, " ");
            ts_buf_put_text(&help, _("(may stand several times)"));
        }
        ts_buf_put_u8(&help, '\0');
        ts_out_pair(&self->out, names, (const char *)help.data, 24);
        ts_buf_free(&help);
    }
}

static void
show_examples(const ts_cli_t *self, const char *examples)
{
    if (examples == NULL) {
        return;
    }
    show_paragraph(self, _("Examples:"));
    while (*examples != '\0') {
        size_t bytes = strcspn(examples, "\n");
        (void)fprintf(self->out.out, "  tiepsuc %.*s\n", (int)bytes, examples);
        examples += bytes + (examples[bytes] == '\n' ? 1 : 0);
    }
}

static void
show_exit_codes(const ts_cli_t *self)
{
    static const struct {
        const char *code;
        const char *id;
    } codes[] = {
        {"0", N_("good")},
        {"1", N_("refused or failed")},
        {"2", N_("wrong usage or configuration")},
        {"3", N_("nobody answers: the service is not running")},
        {"4", N_("partly done")},
    };
    show_paragraph(self, _("Exit codes:"));
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        ts_out_pair(&self->out, codes[i].code, ts_say(codes[i].id), 2);
    }
}

int
ts_help_command(ts_cli_t *self, const ts_cli_command_t *command)
{
    char *usage = say_usage(command, false);
    char *title = ts_say_text(N_("tiepsuc {1}: {2}"), command->name, ts_say(command->help), NULL);
    ts_out_wrap(&self->out, self->out.out, title, 0, false);
    (void)fprintf(self->out.out, "\n  tiepsuc %s\n", usage);
    if (command->manual->text != NULL) {
        (void)fputc('\n', self->out.out);
        ts_out_wrap(&self->out, self->out.out, ts_say(command->manual->text), 0, false);
    }
    show_options(self, command->manual->options, _("Options:"));
    show_examples(self, command->manual->examples);
    show_options(self, ts_cli_global_options, _("Options of every command:"));
    show_exit_codes(self);
    ts_xfree(title);
    ts_xfree(usage);
    return TS_CLI_GOOD;
}

static void
show_row(const ts_cli_t *self, const ts_cli_command_t *command)
{
    char *usage = say_usage(command, false);
    if (ts_term_cells(usage) > LEFT_CELLS_MAX) {
        ts_xfree(usage);
        usage = say_usage(command, true);
    }
    ts_out_pair(&self->out, usage, ts_say(command->help), LEFT_CELLS_MAX);
    ts_xfree(usage);
}

int
ts_help_family(ts_cli_t *self, const char *family)
{
    size_t bytes = strlen(family);
    for (size_t i = 0; i < self->command_count; i++) {
        const ts_cli_command_t *command = &self->commands[i];
        if (strncmp(command->name, family, bytes) == 0 && command->name[bytes] == ' ') {
            show_row(self, command);
        }
    }
    char *more = ts_say_text(N_("“tiepsuc help {1}” explains one of them."), _("COMMAND"), NULL);
    (void)fputc('\n', self->out.out);
    ts_out_wrap(&self->out, self->out.out, more, 0, false);
    ts_xfree(more);
    return TS_CLI_GOOD;
}

int
ts_help_all(ts_cli_t *self)
{
    ts_out_wrap(&self->out, self->out.out,
                _("Tiếp Sức: needs of children in mountain communes, gifts and hand-overs, "
                  "reports. Works without "
                  "a connection; sends what was recorded when there is one."),
                0, false);
    (void)fprintf(self->out.out, "\n  tiepsuc %s\n", _("COMMAND [words] [--option value …]"));
    for (size_t i = 0; i < self->command_count; i++) {
        if (self->commands[i].name[0] == '\0') {
            show_paragraph(self, ts_say(self->commands[i].help));
        } else {
            show_row(self, &self->commands[i]);
        }
    }
    show_options(self, ts_cli_global_options, _("Options of every command:"));
    show_exit_codes(self);
    (void)fputc('\n', self->out.out);
    ts_out_wrap(&self->out, self->out.out,
                _("“tiepsuc help COMMAND” explains a command; “tiepsuc help add need” lists the "
                  "fields of a need."),
                0, false);
    return TS_CLI_GOOD;
}
