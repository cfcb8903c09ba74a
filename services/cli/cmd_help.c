/* SPDX-License-Identifier: MPL-2.0 */
/* help, version, completion. */
#include "cli/commands.h"
#include "core/envelope.h"
#include "core/sync_msg.h"
#include "wire/schema.h"

#include <string.h>

const char *ts_cli_version = "";

const ts_cli_manual_t ts_manual_help = {
    .examples = "help\nhelp import\nhelp report seal\nhelp add need",
};
const ts_cli_manual_t ts_manual_version = {.examples = "version"};
const ts_cli_manual_t ts_manual_completion = {
    .text = N_(
        "For one person: tiepsuc completion > ~/.local/share/bash-completion/completions/tiepsuc"),
    .examples = "completion",
};

static int
unknown(ts_cli_t *self, const char *name)
{
    const char *candidates[128];
    size_t count = 0;
    for (size_t i = 0; i < self->command_count && count < sizeof candidates / sizeof candidates[0];
         i++) {
        if (self->commands[i].name[0] != '\0') {
            candidates[count++] = self->commands[i].name;
        }
    }
    const char *near = ts_suggest(name, candidates, count);
    self->command = NULL;
    return near == NULL ? ts_cli_misuse(self, N_("there is no command “{1}”"), name, NULL)
                        : ts_cli_misuse(self, N_("there is no command “{1}”; did you mean “{2}”?"),
                                        name, near, NULL);
}

int
ts_cmd_help(ts_cli_t *self)
{
    char name[128];
    if (self->operand_count == 0) {
        return ts_help_all(self);
    }
    const char *first = self->operands[0].value;
    const char *second = self->operand_count > 1 ? self->operands[1].value : NULL;
    if (second != NULL &&
        (strcmp(first, "add") == 0 || strcmp(first, "list") == 0 || strcmp(first, "revise") == 0)) {
        return ts_help_fields(self, second);
    }
    (void)snprintf(name, sizeof name, "%s%s%s", first, second == NULL ? "" : " ",
                   second == NULL ? "" : second);
    const ts_cli_command_t *command = ts_cli_find(self, name);
    if (command != NULL) {
        return ts_help_command(self, command);
    }
    return second == NULL && ts_cli_is_family(self, first) ? ts_help_family(self, first)
                                                           : unknown(self, name);
}

int
ts_cmd_version(ts_cli_t *self)
{
    const struct {
        const char *name;
        const char *title;
        const char *value;
    } rows[] = {
        {"program", N_("Tiếp Sức"), ts_cli_version},
        {"segment", N_("Format of segments"), "1"},
        {"session", N_("Protocol of transfer"), "1"},
        {"control", N_("Protocol of commands"), "1"},
    };
    ts_reply_t reply = {.done = true};
    ts_table_t *table = ts_reply_add_table(&reply, "version");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ts_table_add_column(table, rows[i].name, rows[i].title, "text");
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ts_table_add_text(table, rows[i].value);
    }
    ts_out_reply(&self->out, &reply, NULL);
    ts_reply_free(&reply);
    return TS_CLI_GOOD;
}

/* ---- completion */

static void
print_options(const ts_cli_t *self, const ts_cli_option_t *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        (void)fprintf(self->out.out, " --%s", options->name);
    }
}

/* Words that may follow a name: the second words of a family. */
static void
print_family(const ts_cli_t *self, const char *family)
{
    size_t bytes = strlen(family);
    for (size_t i = 0; i < self->command_count; i++) {
        const char *name = self->commands[i].name;
        if (strncmp(name, family, bytes) == 0 && name[bytes] == ' ') {
            (void)fprintf(self->out.out, " %s", name + bytes + 1);
        }
    }
}

static void
print_command_cases(const ts_cli_t *self)
{
    for (size_t i = 0; i < self->command_count; i++) {
        const ts_cli_command_t *command = &self->commands[i];
        if (command->name[0] == '\0') {
            continue;
        }
        (void)fprintf(self->out.out, "        '%s') options=\"", command->name);
        print_options(self, command->manual->options);
        (void)fprintf(self->out.out, "\"; files=%s ;;\n",
                      strstr(command->args, "FILE") != NULL || strstr(command->args, "DIR") != NULL
                          ? "yes"
                          : "no");
    }
}

/* First words, each once: families come one command after the other. */
static void
print_first_words(const ts_cli_t *self, bool families)
{
    char last[64] = "";
    for (size_t i = 0; i < self->command_count; i++) {
        char word[64];
        size_t bytes = strcspn(self->commands[i].name, " ");
        bool is_family = self->commands[i].name[bytes] == ' ';
        (void)snprintf(word, sizeof word, "%.*s", (int)bytes, self->commands[i].name);
        if (bytes == 0 || strcmp(word, last) == 0 || (families && !is_family)) {
            continue;
        }
        if (families) {
            (void)fprintf(self->out.out, "        '%s') words=\"", word);
            print_family(self, word);
            (void)fprintf(self->out.out, "\" ;;\n");
        } else {
            (void)fprintf(self->out.out, " %s", word);
        }
        (void)snprintf(last, sizeof last, "%s", word);
    }
}

static void
print_kinds(const ts_cli_t *self)
{
    const ts_schema_t *schema = ts_wire_schema();
    for (size_t i = 0; i < schema->count; i++) {
        (void)fprintf(self->out.out, " %s", schema->kinds[i].name);
    }
}

int
ts_cmd_completion(ts_cli_t *self)
{
    FILE *out = self->out.out;
    (void)fprintf(out, "# bash completion of tiepsuc; made by \"tiepsuc completion\".\n"
                       "_tiepsuc()\n{\n"
                       "    local word=${COMP_WORDS[COMP_CWORD]} first=\"\" second=\"\" words=\"\" "
                       "options=\"\" files=no i\n"
                       "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                       "        case ${COMP_WORDS[i]} in\n"
                       "        -d | -f | --dir | --conf | --as | --wait | --width) ((i++)) ;;\n"
                       "        -*) ;;\n"
                       "        *) if [ -z \"$first\" ]; then first=${COMP_WORDS[i]};\n"
                       "           elif [ -z \"$second\" ]; then second=${COMP_WORDS[i]}; fi ;;\n"
                       "        esac\n"
                       "    done\n"
                       "    if [ -z \"$first\" ]; then\n"
                       "        words=\"");
    print_first_words(self, false);
    (void)fprintf(out, "\"\n    elif [ -z \"$second\" ]; then\n        case $first in\n");
    print_first_words(self, true);
    (void)fprintf(out, "        add | list) words=\"");
    print_kinds(self);
    (void)fprintf(out, "\" ;;\n        help) words=\"");
    print_first_words(self, false);
    (void)fprintf(out, "\" ;;\n        esac\n    fi\n    case \"$first${second:+ $second}\" in\n");
    print_command_cases(self);
    (void)fprintf(out, "        *) case $first in\n");
    print_command_cases(self);
    (void)fprintf(out, "        esac ;;\n    esac\n"
                       "    if [[ $word == -* ]]; then\n        words=\"$options");
    print_options(self, ts_cli_global_options);
    (void)fprintf(
        out,
        "\"\n    fi\n"
        "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
        "    if [ \"$files\" = yes ] || [[ ${COMP_WORDS[COMP_CWORD - 1]} == -[dfo] ]]; then\n"
        "        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$word\")\n    fi\n"
        "}\ncomplete -o filenames -F _tiepsuc tiepsuc\n");
    return TS_CLI_GOOD;
}
