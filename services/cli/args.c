/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "shared/term.h"

#include <string.h>

#define CANDIDATES_MAX 256u
#define WAIT_SECONDS_MAX 86400u

const ts_cli_option_t ts_cli_global_options[] = {
    {.name = "dir",
     .letter = 'd',
     .value = N_("DIR"),
     .help = N_("data folder of the office (its configuration lies in it)")},
    {.name = "conf",
     .letter = 'f',
     .value = N_("FILE"),
     .help = N_("configuration file of the service to talk to")},
    {.name = "as", .value = N_("NUMBER"), .help = N_("who types: number of the account")},
    {.name = "json", .help = N_("print one JSON object instead of text")},
    {.name = "wait", .value = N_("SECONDS"), .help = N_("how long to wait for an answer (30)")},
    {.name = "width",
     .value = N_("COLUMNS"),
     .help = N_("width of the output (that of the screen)")},
    {.name = "help", .letter = 'h', .help = N_("explain this command")},
    {.name = NULL},
};

/* ---- what stands in the call */

/* A long option that is not known: names the one that was likely meant. */
static int
unknown_option(ts_cli_t *self, const char *word, size_t bytes)
{
    const char *candidates[CANDIDATES_MAX];
    size_t count = 0;
    const ts_cli_option_t *lists[] = {self->command == NULL ? NULL : self->command->manual->options,
                                      ts_cli_global_options};
    for (size_t i = 0; i < 2; i++) {
        for (const ts_cli_option_t *at = lists[i];
             at != NULL && at->name != NULL && count < CANDIDATES_MAX; at++) {
            candidates[count++] = at->name;
        }
    }
    char *name = ts_xstrndup(word, bytes);
    const char *near = ts_suggest(name, candidates, count);
    int exit_code =
        near == NULL ? ts_cli_misuse(self, N_("there is no option “--{1}”"), name, NULL)
                     : ts_cli_misuse(self, N_("there is no option “--{1}”; did you mean “--{2}”?"),
                                     name, near, NULL);
    ts_xfree(name);
    return exit_code;
}

static int
keep_given(ts_cli_t *self, ts_cli_given_t given)
{
    if (self->given_count >= TS_CLI_GIVEN_MAX) {
        ts_xfree(given.name);
        return ts_cli_misuse(self, N_("too many options"), NULL);
    }
    if (given.option != NULL && (given.option->flags & TS_CLI_MANY) == 0 &&
        ts_cli_find_given(self, given.option->name) != NULL) {
        return ts_cli_misuse(self, N_("--{1} stands twice"), given.option->name, NULL);
    }
    self->given = ts_xgrow(self->given, self->given_count + 1, &self->given_capacity, sizeof given);
    self->given[self->given_count++] = given;
    return TS_CLI_GOOD;
}

/* "unit-of-measure" → "unit_of_measure". */
static char *
field_name(const char *word, size_t bytes)
{
    char *name = ts_xstrndup(word, bytes);
    for (char *at = name; *at != '\0'; at++) {
        *at = *at == '-' ? '_' : *at;
    }
    return name;
}

/* Options of every command act at once. */
static int
take_global(ts_cli_t *self, const ts_cli_option_t *option, const char *value)
{
    uint64_t number = 0;
    if (strcmp(option->name, "json") == 0) {
        self->out.json = true;
        self->out.quiet = true;
    } else if (strcmp(option->name, "help") == 0) {
        self->wants_help = true;
    } else if (strcmp(option->name, "dir") == 0) {
        self->dir = value;
    } else if (strcmp(option->name, "conf") == 0) {
        self->conf_path = value;
    } else if (strcmp(option->name, "as") == 0) {
        if (!ts_cli_read_number(value, UINT32_MAX, &number) || number == 0) {
            return ts_cli_misuse(self, N_("--as wants the number of an account, not “{1}”"), value,
                                 NULL);
        }
        self->account = (uint32_t)number;
    } else if (strcmp(option->name, "wait") == 0) {
        if (!ts_cli_read_number(value, WAIT_SECONDS_MAX, &number) || number == 0) {
            return ts_cli_misuse(self, N_("--wait wants seconds from 1 to 86400, not “{1}”"), value,
                                 NULL);
        }
        self->wait_seconds = (int64_t)number;
    } else {
        TS_CHECK(strcmp(option->name, "width") == 0);
        if (!ts_cli_read_number(value, TS_TERM_COLUMNS_MAX, &number) ||
            number < TS_TERM_COLUMNS_MIN) {
            return ts_cli_misuse(self, N_("--width wants columns from 20 to 1000, not “{1}”"),
                                 value, NULL);
        }
        self->out.columns = (size_t)number;
    }
    return TS_CLI_GOOD;
}

static const ts_cli_option_t *
look_up(const ts_cli_t *self, const char *name, size_t bytes, bool *ret_global)
{
    const ts_cli_option_t *option =
        self->command == NULL ? NULL
                              : ts_cli_find_option(self->command->manual->options, name, bytes);
    *ret_global = option == NULL;
    return option != NULL ? option : ts_cli_find_option(ts_cli_global_options, name, bytes);
}

static int
keep_option(ts_cli_t *self, const ts_cli_option_t *option, bool is_global, const char *value)
{
    return is_global ? take_global(self, option, value)
                     : keep_given(self, (ts_cli_given_t){.option = option, .value = value});
}

/* "-nv", "-dDIR", "-d DIR". */
static int
take_letters(ts_cli_t *self, int argc, char **argv, int *at)
{
    int exit_code = TS_CLI_GOOD;
    for (const char *letter = argv[*at] + 1; *letter != '\0' && exit_code == TS_CLI_GOOD;
         letter++) {
        bool is_global;
        const ts_cli_option_t *option = look_up(self, letter, 1, &is_global);
        if (option == NULL || option->letter != *letter) {
            return ts_cli_misuse(self, N_("there is no option “{1}”"), argv[*at], NULL);
        }
        if (option->value == NULL) {
            exit_code = keep_option(self, option, is_global, NULL);
            continue;
        }
        const char *value = letter[1] != '\0' ? letter + 1 : *at + 1 < argc ? argv[++*at] : NULL;
        return value != NULL
                   ? keep_option(self, option, is_global, value)
                   : ts_cli_misuse(self, N_("something must follow “{1}”"), argv[*at], NULL);
    }
    return exit_code;
}

/* "--name value", "--name=value", "--switch"; what is no option may be a field of the record. */
static int
take_option(ts_cli_t *self, int argc, char **argv, int *at)
{
    const char *word = argv[*at];
    const char *name = word + 2;
    const char *equals = strchr(name, '=');
    size_t bytes = equals == NULL ? strlen(name) : (size_t)(equals - name);
    bool is_global = false;
    const ts_cli_option_t *option = bytes < 2 ? NULL : look_up(self, name, bytes, &is_global);
    bool is_field =
        option == NULL && self->command != NULL && self->command->manual->open && bytes > 0;
    if (option == NULL && !is_field) {
        return unknown_option(self, name, bytes);
    }
    const char *value = NULL;
    if (is_field || option->value != NULL) {
        value = equals != NULL ? equals + 1 : *at + 1 < argc ? argv[++*at] : NULL;
        if (value == NULL) {
            return ts_cli_misuse(self, N_("something must follow “{1}”"), word, NULL);
        }
    } else if (equals != NULL) {
        return ts_cli_misuse(self, N_("“{1}” takes no value"), option->name, NULL);
    }
    if (is_field) {
        return keep_given(self, (ts_cli_given_t){.name = field_name(name, bytes), .value = value});
    }
    return keep_option(self, option, is_global, value);
}

static int
keep_operand(ts_cli_t *self, const char *value)
{
    if (self->operand_count >= TS_CLI_OPERANDS_MAX) {
        return ts_cli_misuse(self, N_("too many words"), NULL);
    }
    if (self->operands == NULL) {
        self->operands = ts_xcalloc(TS_CLI_OPERANDS_MAX, sizeof *self->operands);
    }
    self->operands[self->operand_count++] = (ts_cli_operand_t){.value = value};
    return TS_CLI_GOOD;
}

/* ---- the command */

static int
unknown_command(ts_cli_t *self, const char *first, const char *second)
{
    const char *candidates[CANDIDATES_MAX];
    char word[128];
    size_t count = 0;
    bool in_family = second != NULL && ts_cli_is_family(self, first);
    (void)snprintf(word, sizeof word, "%s%s%s", first, in_family ? " " : "",
                   in_family ? second : "");
    for (size_t i = 0; i < self->command_count && count < CANDIDATES_MAX; i++) {
        if (self->commands[i].name[0] != '\0') {
            candidates[count++] = self->commands[i].name;
        }
    }
    const char *near = ts_suggest(word, candidates, count);
    return near == NULL ? ts_cli_misuse(self, N_("there is no command “{1}”"), word, NULL)
                        : ts_cli_misuse(self, N_("there is no command “{1}”; did you mean “{2}”?"),
                                        word, near, NULL);
}

/* Finds the command in argv[*at], one word or two; a family alone shows its list. */
static int
take_command(ts_cli_t *self, int argc, char **argv, int *at)
{
    const char *first = argv[*at];
    const char *second = *at + 1 < argc && argv[*at + 1][0] != '-' ? argv[*at + 1] : NULL;
    char name[128];
    if (ts_cli_is_family(self, first)) {
        (void)snprintf(name, sizeof name, "%s %s", first, second != NULL ? second : "list");
        self->command = ts_cli_find(self, name);
        if (self->command != NULL) {
            *at += second != NULL ? 1 : 0;
            return TS_CLI_GOOD;
        }
    }
    self->command = ts_cli_find(self, first);
    return self->command != NULL ? TS_CLI_GOOD : unknown_command(self, first, second);
}

/* Gives the operands the names of the row and checks their number. */
static int
name_operands(ts_cli_t *self)
{
    const char *at = self->command->args;
    size_t taken = 0;
    while (*at != '\0') {
        at += strspn(at, " ");
        bool optional = *at == '[';
        at += optional ? 1 : 0;
        size_t bytes = strcspn(at, " ]…");
        /* The "…" of three bytes shares none of its bytes with letters. */
        bool many = strncmp(at + bytes, "…", strlen("…")) == 0;
        TS_CHECK(bytes < sizeof self->operands[0].name);
        if (taken == self->operand_count && !optional) {
            char *name = ts_xstrndup(at, bytes);
            int exit_code = ts_cli_misuse(self, N_("{1} is missing"), ts_say(name), NULL);
            ts_xfree(name);
            return exit_code;
        }
        for (bool first = true; taken < self->operand_count && (first || many); first = false) {
            memcpy(self->operands[taken].name, at, bytes);
            self->operands[taken++].name[bytes] = '\0';
        }
        at += bytes + strspn(at + bytes, "]…");
    }
    return taken == self->operand_count ? TS_CLI_GOOD
                                        : ts_cli_misuse(self, N_("nothing is known of “{1}” here"),
                                                        self->operands[taken].value, NULL);
}

static int
check_needed(ts_cli_t *self)
{
    for (const ts_cli_option_t *at = self->command->manual->options; at != NULL && at->name != NULL;
         at++) {
        if ((at->flags & TS_CLI_NEEDED) != 0 && ts_cli_find_given(self, at->name) == NULL) {
            return ts_cli_misuse(self, N_("--{1} is missing: {2}"), at->name, ts_say(at->help),
                                 NULL);
        }
    }
    return TS_CLI_GOOD;
}

int
ts_cli_parse(ts_cli_t *self, int argc, char **argv)
{
    bool only_words = false;
    int exit_code = TS_CLI_GOOD;
    self->wait_seconds = TS_CLI_WAIT_SECONDS;
    for (int at = 1; at < argc && exit_code == TS_CLI_GOOD; at++) {
        const char *word = argv[at];
        if (!only_words && strcmp(word, "--") == 0) {
            only_words = true;
        } else if (!only_words && word[0] == '-' && word[1] != '\0') {
            if (strcmp(word, "--version") == 0) {
                self->command = ts_cli_find(self, "version");
                TS_CHECK(self->command != NULL);
            } else {
                exit_code = (word[1] == '-' ? take_option : take_letters)(self, argc, argv, &at);
            }
        } else if (self->command == NULL) {
            exit_code = take_command(self, argc, argv, &at);
        } else {
            exit_code = keep_operand(self, word);
        }
    }
    if (exit_code != TS_CLI_GOOD || (self->wants_help && self->command == NULL)) {
        return exit_code;
    }
    if (self->command == NULL) {
        self->command = ts_cli_find(self, "status");
        TS_CHECK(self->command != NULL);
    }
    if (self->wants_help) {
        return TS_CLI_GOOD;
    }
    exit_code = name_operands(self);
    return exit_code != TS_CLI_GOOD ? exit_code : check_needed(self);
}

void
ts_cli_free(ts_cli_t *self)
{
    for (size_t i = 0; i < self->given_count; i++) {
        ts_xfree(self->given[i].name);
        ts_xfree(self->given[i].kept);
    }
    ts_xfree(self->given);
    ts_xfree(self->operands);
    self->given = NULL;
    self->operands = NULL;
    self->given_count = 0;
    self->operand_count = 0;
}
