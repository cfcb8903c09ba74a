/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The command line: one table of commands (main.c), one cmd_*.c for each command or small family. A
 * command says in its row what its operands are, in its manual what its options are; from these
 * come parsing, help, completion and, for most, the command that is sent to the process that owns
 * the ledger.
 *
 *     tiepsuc [global options] COMMAND [operands] [options]
 *
 * Exit codes: 0 good · 1 refused or failed · 2 wrong usage or configuration · 3 nobody answers ·
 * 4 partly done. Language and width come from the terminal; no other environment is read.
 */
#ifndef TS_CLI_CLI_H
#define TS_CLI_CLI_H

#include "base/err.h"
#include "base/msg.h"
#include "cli/out.h"
#include "conf/conf.h"
#include "core/control.h"
#include "core/schema.h"
#include "shared/say.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_CLI_GOOD 0
#define TS_CLI_FAILED 1
#define TS_CLI_USAGE 2
#define TS_CLI_SILENT 3
#define TS_CLI_PARTLY 4

/* Operands of one call, and options with fields. */
#define TS_CLI_OPERANDS_MAX 256u
#define TS_CLI_GIVEN_MAX 4096u
/* Seconds without any answer after which we stop waiting. */
#define TS_CLI_WAIT_SECONDS 30

typedef struct ts_cli ts_cli_t;

/* Flags of an option. */
enum {
    TS_CLI_NEEDED = 1, /* must be given */
    TS_CLI_LOCAL = 2,  /* for the command line itself: not sent */
    TS_CLI_MANY = 4,   /* may be given more than once */
};

typedef struct ts_cli_option {
    const char *name;  /* without dashes: "dry-run"; NULL ends the list */
    const char *value; /* placeholder, N_("TEXT"); NULL: a switch */
    const char *help;  /* N_() */
    unsigned flags;
    char letter;       /* -o; 0: none */
    const char *field; /* name under which it is sent; NULL: its own with _ for - */
} ts_cli_option_t;

/* What `help COMMAND` shows beside its row, and what the command sends. */
typedef struct ts_cli_manual {
    const char *sends;              /* command of the process; NULL: nothing by itself */
    const ts_cli_option_t *options; /* NULL: none */
    const char *text;               /* N_() paragraphs, "\n" between them; NULL: none */
    const char *examples;           /* lines after "tiepsuc ", "\n" between them; NULL: none */
    bool open;                      /* any other --name value is a field of the record */
} ts_cli_manual_t;

/*
 * A row of the table. args: operand names in capitals, "[X]" may be left out, "X…" may come more
 * than once (last one only). An operand is sent as field of its name in small letters; FILE, DIR
 * and TOPIC are sent in another shape by their commands. A row with an empty name is a heading of
 * the list of commands.
 */
typedef struct ts_cli_command {
    const char *name; /* "add", "report seal" */
    const char *args;
    int (*run)(ts_cli_t *self); /* exit code */
    const char *help;           /* N_() one line */
    const ts_cli_manual_t *manual;
} ts_cli_command_t;

/* Something that stood in the call. */
typedef struct ts_cli_given {
    const ts_cli_option_t *option; /* NULL: a field of the record */
    char *name;                    /* of a field: as sent, owned; else NULL */
    const char *value;             /* borrowed; NULL for a switch */
    char *kept;                    /* owned: what `value` points to when it was rewritten */
} ts_cli_given_t;

typedef struct ts_cli_operand {
    char name[24]; /* "KIND" */
    const char *value;
} ts_cli_operand_t;

struct ts_cli {
    const ts_cli_command_t *commands;
    size_t command_count;
    const ts_cli_command_t *command; /* the one that runs */
    ts_out_t out;
    const char *dir;       /* -d; NULL */
    const char *conf_path; /* -f; NULL */
    uint32_t account;      /* --as; 0: nobody named */
    int64_t wait_seconds;
    bool wants_help;
    ts_cli_operand_t *operands;
    size_t operand_count;
    ts_cli_given_t *given;
    size_t given_count;
    size_t given_capacity;
};

/* ---- args.c, call.c */

/* Options that every command has; ends with name NULL. */
extern const ts_cli_option_t ts_cli_global_options[];

/* Reads the call and finds the command. TS_CLI_GOOD, or an exit code after the mistake was said. */
int ts_cli_parse(ts_cli_t *self, int argc, char **argv);
void ts_cli_free(ts_cli_t *self);
/* Value of an operand by its name in the row; NULL when left out. */
const char *ts_cli_operand(const ts_cli_t *self, const char *name);
/* First value of an option; NULL when not given. */
const char *ts_cli_get(const ts_cli_t *self, const char *option);
bool ts_cli_has(const ts_cli_t *self, const char *option);
/* All values of an option with spaces between them; the caller frees. */
char *ts_cli_join(const ts_cli_t *self, const char *option);
/* Reads a whole number 0..max of an option into *ret_value when it was given; false after saying
 * that it is none. */
bool ts_cli_number(ts_cli_t *self, const char *option, uint64_t max, uint64_t *ret_value);
/* The command of that name; NULL. */
const ts_cli_command_t *ts_cli_find(const ts_cli_t *self, const char *name);
/* Does a name belong to a family ("report" of "report seal")? */
bool ts_cli_is_family(const ts_cli_t *self, const char *name);

/* The parts of that for args.c: an option of a list by its name or letter, the first time that it
 * was given, a whole number 0..max and nothing else. */
const ts_cli_option_t *
ts_cli_find_option(const ts_cli_option_t *options, const char *name, size_t bytes);
const ts_cli_given_t *ts_cli_find_given(const ts_cli_t *self, const char *option);
bool ts_cli_read_number(const char *text, uint64_t max, uint64_t *ret_value);

/* ---- suggest.c */

/* The candidate that a mistyped word most likely means; NULL when none is near. */
const char *ts_suggest(const char *word, const char *const *candidates, size_t count);

/* ---- fields.c: what may stand behind `add KIND` */

/* Checks free fields as far as it can be done here and gives them one spelling (unit, not unit_id;
 * lists by their whole name). header_fields: names beside those of the kind, ended by NULL.
 * TS_CLI_GOOD or an exit code. */
int
ts_fields_settle(ts_cli_t *self, const ts_kind_schema_t *kind, const char *const *header_fields);
/* Lists the fields of a kind with their labels, values and meaning. */
void ts_fields_show(const ts_cli_t *self, const ts_kind_schema_t *kind);
/* A kind by its name as typed (- for _); says what kinds there are and returns NULL when unknown.
 */
const ts_kind_schema_t *ts_fields_kind(ts_cli_t *self, const char *name);

/* ---- help.c */

int ts_help_all(ts_cli_t *self);
int ts_help_command(ts_cli_t *self, const ts_cli_command_t *command);
int ts_help_family(ts_cli_t *self, const char *family);

/* ---- target.c: where the process is that we talk to */

typedef struct ts_cli_target {
    ts_conf_service_t service;
    char conf_path[TS_CONF_PATH_BYTES]; /* "" when none was read */
    char endpoint[TS_CONF_ENDPOINT_BYTES];
    int language; /* ts_conf_language_t */
} ts_cli_target_t;

/* By -f, -d, else what is installed. CONFIG with *ret_why. */
TS_MUST_USE ts_err_t ts_cli_target_find(const ts_cli_t *self,
                                        ts_cli_target_t *ret_target,
                                        ts_msg_t *ret_why);

/* ---- ask.c: a command there and back */

/* The command that this call sends: operands, options and fields. */
void ts_ask_build(const ts_cli_t *self, ts_command_t *ret_command);

/* Each reply that is not the last, when the command wants to see it; false ends the waiting. */
typedef bool (*ts_ask_part_fn)(void *ctx, const ts_reply_t *reply);
typedef struct ts_ask_options {
    ts_ask_part_fn part; /* NULL: progress is shown */
    void *ctx;
    bool endless;      /* silence is no failure */
    const char *doing; /* translated; what the progress line says; NULL: "Working" */
} ts_ask_options_t;

/* Sends and waits. TS_CLI_GOOD with the last reply (also when it refuses), which the caller frees;
 * or an exit code after saying why there is none. */
int ts_ask(ts_cli_t *self,
           ts_command_t *command,
           const ts_ask_options_t *options,
           ts_reply_t *ret_reply);
/* Builds the command of this call and asks. */
int ts_ask_built(ts_cli_t *self, const ts_ask_options_t *options, ts_reply_t *ret_reply);
/* Exit code of a reply. */
int ts_ask_exit(const ts_reply_t *reply);
/* Build, ask, print: what most commands do. */
int ts_ask_run(ts_cli_t *self);
/* The same for many rows. */
int ts_ask_overview(ts_cli_t *self);
/* Ask with a command that is taken, then print the reply. */
int ts_ask_print(ts_cli_t *self, ts_command_t *command, const ts_ask_options_t *options);

/* ---- cmd_setup.c */

/* The folder as an absolute path, as configurations name it. The caller frees; NULL: no working
 * folder. */
char *ts_cli_absolute(const char *dir);
/* First line of the file; the caller wipes and frees. INVALID: it is empty. */
TS_MUST_USE ts_err_t ts_cli_read_passphrase(const char *path, char **ret_text, ts_msg_t *ret_why);

/* ---- file.c */

/* Reads a whole file, "-" is standard input; TOOBIG beyond `bytes_max`. */
TS_MUST_USE ts_err_t ts_file_read(const char *path,
                                  size_t bytes_max,
                                  ts_buf_t *ret_bytes,
                                  ts_msg_t *ret_why);
/* Writes a new file; EXISTS when there is one and `replace` is not set. secret: for the owner only.
 */
TS_MUST_USE ts_err_t
ts_file_write(const char *path, ts_bytes_t bytes, bool replace, bool secret, ts_msg_t *ret_why);
/* The part behind the last "/". */
const char *ts_file_name(const char *path);

/* ---- failing here */

/* Says why (taken) and what to do next (N_(), NULL: by the error), as text or JSON; returns
 * exit_code. */
int ts_cli_fail(ts_cli_t *self, int exit_code, ts_err_t err, ts_msg_t *why, const char *next);
/* The same with a sentence and up to five texts, ended by NULL; exit TS_CLI_USAGE. */
int ts_cli_misuse(ts_cli_t *self, const char *id, ...);

#endif
