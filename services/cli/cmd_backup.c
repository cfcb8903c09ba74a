/* SPDX-License-Identifier: MPL-2.0 */
/* backup, backup check, restore, rebuild. The running service makes the consistent copy of its
 * records; all else is done here, so that the keys never go through a socket. */
#include "base/xalloc.h"
#include "cli/commands.h"
#include "core/kind.h"
#include "crypto/crypto.h"
#include "crypto/recovery.h"
#include "node/backup.h"
#include "node/rebuild.h"
#include "shared/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_MS 100
#define LOOKS_MAX 36000 /* an hour */
#define PATH_BYTES 4096u
/* Names that are tried for a backup that was given none. */
#define NAMES_MAX 10

static const ts_cli_option_t backup_options[] = {
    {.name = "output",
     .letter = 'o',
     .value = N_("FILE"),
     .help = N_("file to be made, or the folder for it (this one when left out)")},
    {.name = "to-recovery", .help = N_("close it to the recovery key of the deployment")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_backup = {
    .options = backup_options,
    .text = N_("The office goes on working meanwhile. One file: a tar that any program can look "
               "into, with the records, accounts, filed reports, keys and configuration; what can "
               "be computed again is not in it. It is opened again and checked to the last "
               "signature before it gets its name. It holds secret keys unless --to-recovery "
               "closes it: then only the recovery key opens it. Run it as root or as the user of "
               "the service, on the machine itself."),
    .examples = "backup -o /media/stick\n"
                "backup --to-recovery -o /mnt/backup\n"
                "backup check /mnt/backup/tiepsuc-1-20191120-2100.backup --recovery-key "
                "recovery.key",
};
static const ts_cli_option_t key_options[] = {
    {.name = "recovery-key",
     .value = N_("FILE"),
     .help = N_("recovery key, for a closed file: its key file or its page typed in")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_backup_check = {
    .options = key_options,
    .text = N_("Reads the whole file, compares every hash, lays the database out beside it for a "
               "moment and checks every segment and signature. Changes nothing."),
    .examples = "backup check /media/stick/tiepsuc-7-20191120-2100.backup",
};
const ts_cli_manual_t ts_manual_restore = {
    .options = key_options,
    .text =
        N_("Into a new or empty folder only, and only when the machine that it comes from is gone: "
           "two copies of one office must not work. The office goes on in new logs and asks its "
           "neighbours for what came after the backup. Configurations are laid into the folder. "
           "Interrupted, it is said again; a restore that was not finished never starts."),
    .examples = "restore /media/stick/tiepsuc-7-20191120-2100.backup /var/lib/tiepsuc/office\n"
                "restore province.backup /var/lib/tiepsuc/aggregator --recovery-key recovery.key",
};

static const ts_cli_option_t rebuild_options[] = {
    {.name = "kit",
     .value = N_("FILE"),
     .flags = TS_CLI_NEEDED,
     .help = N_("the kit of keys: made by init and by “recovery kit”")},
    {.name = "recovery-key",
     .value = N_("FILE"),
     .flags = TS_CLI_NEEDED,
     .help = N_("recovery key that opens the kit: its key file or its page typed in")},
    {.name = "root-key",
     .value = N_("FILE"),
     .help = N_("root key, to be sure that the kit is of this deployment")},
    {.name = "root-passphrase-file",
     .value = N_("FILE"),
     .help = N_("file whose first line opens the root key")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_rebuild = {
    .options = rebuild_options,
    .text = N_("Only when disk and backups of the province are lost. The kit gives it its identity "
               "back; registry, plans and all that was anchored come from the offices below as "
               "soon as they connect: nothing is to be done there. What the province kept for "
               "itself comes from its keepers. Accounts are added again by hand. Until “rebuild "
               "finish” the gate lets in offices that it does not know yet, and gives them "
               "nothing."),
    .examples = "rebuild /var/lib/tiepsuc/aggregator --kit recovery.kit --recovery-key "
                "recovery.key --root-key root.key\n"
                "rebuild status",
};
const ts_cli_manual_t ts_manual_rebuild_status = {
    .sends = "rebuild_status",
    .text = N_("After a restore or a rebuild: from whom everything came back, who is missing. It "
               "is complete when this store and each office that connects here hold the same."),
    .examples = "rebuild status",
};
static const ts_cli_option_t finish_options[] = {
    {.name = "anyway", .help = N_("although not all offices were heard")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_rebuild_finish = {
    .sends = "rebuild_finish",
    .options = finish_options,
    .text = N_("The gate refuses unknown keys again and new offices can be enrolled. An office "
               "that comes later still brings what it holds, if the registry knows it."),
    .examples = "rebuild finish --as 1",
};

/* ---- where */

typedef struct place {
    ts_conf_t conf;
    char gate_key[TS_CONF_PATH_BYTES];
    char confs[TS_BACKUP_CONFS_MAX][TS_CONF_PATH_BYTES];
    size_t conf_count;
} place_t;

/* Configurations of the same folder; the gate's names its key. */
static ts_err_t
find_confs(const ts_cli_target_t *target, place_t *place, ts_msg_t *ret_why)
{
    static const ts_conf_service_t services[] = {TS_CONF_AGGREGATOR, TS_CONF_OFFICE, TS_CONF_GATE,
                                                 TS_CONF_REPORTER};
    const char *name = ts_file_name(target->conf_path);
    int folder = (int)(name - target->conf_path);
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        char *path = place->confs[place->conf_count];
        int length = snprintf(path, TS_CONF_PATH_BYTES, "%.*s%s.conf", folder, target->conf_path,
                              ts_conf_service_name(services[i]));
        bool own = services[i] == target->service;
        if (length < 0 || (size_t)length >= TS_CONF_PATH_BYTES ||
            (access(path, F_OK) != 0 && !own)) {
            continue;
        }
        if (own) {
            (void)snprintf(path, TS_CONF_PATH_BYTES, "%s", target->conf_path);
        }
        if (services[i] == TS_CONF_GATE) {
            ts_conf_t gate;
            ts_err_t err = ts_conf_load(TS_CONF_GATE, path, &gate, ret_why);
            if (err != TS_ERR_OK) {
                return err;
            }
            (void)snprintf(place->gate_key, sizeof place->gate_key, "%s", gate.gate.key_file);
        }
        place->conf_count++;
    }
    return TS_ERR_OK;
}

static ts_err_t
find_place(const ts_cli_t *self, place_t *place, ts_msg_t *ret_why)
{
    ts_cli_target_t target;
    ts_err_t err = ts_cli_target_find(self, &target, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (target.conf_path[0] == '\0') {
        return ts_conf_parse(target.service, "", (ts_bytes_t){NULL, 0}, &place->conf, ret_why);
    }
    err = ts_conf_load(target.service, target.conf_path, &place->conf, ret_why);
    return err == TS_ERR_OK ? find_confs(&target, place, ret_why) : err;
}

/* ---- the copy that the service makes */

static int
ask_plain(ts_cli_t *self, const char *name, ts_reply_t *ret_reply)
{
    ts_command_t command;
    ts_command_init(&command, name);
    command.account = self->account;
    int exit_code = ts_ask(self, &command, NULL, ret_reply);
    ts_command_free(&command);
    return exit_code;
}

static int64_t
number_of(const ts_reply_t *reply, const char *column)
{
    const ts_table_t *table = ts_reply_table(reply, "copy");
    size_t at = table == NULL ? SIZE_MAX : ts_table_column(table, column);
    return at == SIZE_MAX || ts_table_rows(table) == 0 ? 0 : ts_table_cell(table, 0, at)->number;
}

static const char *
text_of(const ts_reply_t *reply, const char *column)
{
    const ts_table_t *table = ts_reply_table(reply, "copy");
    size_t at = table == NULL ? SIZE_MAX : ts_table_column(table, column);
    const char *text =
        at == SIZE_MAX || ts_table_rows(table) == 0 ? NULL : ts_table_cell(table, 0, at)->text;
    return text == NULL ? "" : text;
}

/* Refusals are printed; the reply that says "done" is given. */
static int
wait_copy(ts_cli_t *self, ts_reply_t *ret_reply)
{
    int exit_code = ask_plain(self, "backup_begin", ret_reply);
    for (unsigned i = 0; exit_code == TS_CLI_GOOD && i < LOOKS_MAX; i++) {
        if (ret_reply->code != TS_ERR_OK) {
            ts_out_reply(&self->out, ret_reply, NULL);
            ts_reply_free(ret_reply);
            return TS_CLI_FAILED;
        }
        if (number_of(ret_reply, "done") == 1) {
            return TS_CLI_GOOD;
        }
        ts_reply_free(ret_reply);
        (void)poll(NULL, 0, LOOK_MS);
        exit_code = ask_plain(self, "backup_look", ret_reply);
    }
    return exit_code == TS_CLI_GOOD ? TS_CLI_SILENT : exit_code;
}

static int
release_copy(ts_cli_t *self)
{
    ts_reply_t reply = {.done = false};
    int exit_code = ask_plain(self, "backup_release", &reply);
    ts_reply_free(&reply);
    return exit_code;
}

/* An open file that has no name any more, and what it holds. */
static int
take_copy(ts_cli_t *self, ts_backup_options_t *options)
{
    ts_reply_t reply = {.done = false};
    ts_msg_t why = {.id = NULL};
    int exit_code = wait_copy(self, &reply);
    if (exit_code != TS_CLI_GOOD) {
        return exit_code;
    }
    const char *path = text_of(&reply, "path");
    options->copy = open(path, O_RDONLY | O_CLOEXEC);
    options->arrival = (uint64_t)number_of(&reply, "arrival");
    int error = errno;
    bool read = ts_hex_parse(text_of(&reply, "store"), options->store.b, sizeof options->store.b) ==
                TS_ERR_OK;
    if (options->copy < 0 || !read) {
        ts_msg_make(&why, N_("{1}: cannot be read: {2}"), path, strerror(error), NULL);
    }
    ts_reply_free(&reply);
    exit_code = release_copy(self);
    if (exit_code == TS_CLI_GOOD && why.id != NULL) {
        return ts_cli_fail(self, TS_CLI_FAILED, TS_ERR_DENIED, &why,
                           N_("run it as root or as the user of the service: sudo -u tiepsuc "
                              "tiepsuc backup …"));
    }
    ts_msg_free(&why);
    return exit_code;
}

/* The service shows its age; a backup that could not be noted is good all the same. */
static void
note_backup(ts_cli_t *self, const ts_backup_facts_t *facts)
{
    ts_command_t command;
    ts_reply_t reply = {.done = false};
    char number[24];
    ts_command_init(&command, "backup_note");
    command.account = self->account;
    (void)snprintf(number, sizeof number, "%" PRIu64, facts->arrival);
    ts_command_add(&command, "arrival", number);
    if (ts_ask(self, &command, NULL, &reply) == TS_CLI_GOOD) {
        ts_reply_free(&reply);
    }
    ts_command_free(&command);
}

/* ---- names and figures */

/* tiepsuc-<office>-<day>-<time>.backup in Viet Nam's time; the n-th try has -n. */
static void
make_name(uint32_t office, int64_t now_s, int turn, char *out, size_t bytes)
{
    char at[TS_UTC_BYTES];
    char again[16] = "";
    ts_utc_format_vietnam((ts_utc_t){now_s * 1000}, at, sizeof at);
    if (turn > 0) {
        (void)snprintf(again, sizeof again, "-%d", turn + 1);
    }
    /* "YYYY-MM-DDThh:mm…" */
    (void)snprintf(out, bytes, "tiepsuc-%u-%.4s%.2s%.2s-%.2s%.2s%s.backup", (unsigned)office, at,
                   at + 5, at + 8, at + 11, at + 14, again);
}

static bool
is_folder(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

static ts_err_t
choose_path(const ts_cli_t *self, uint32_t office, int64_t now_s, char *out, ts_msg_t *ret_why)
{
    const char *output = ts_cli_get(self, "output");
    const char *folder = output == NULL ? "." : output;
    if (output != NULL && !is_folder(output)) {
        int length = snprintf(out, PATH_BYTES, "%s", output);
        return length > 0 && (size_t)length < PATH_BYTES ? TS_ERR_OK : TS_ERR_TOOBIG;
    }
    for (int turn = 0; turn < NAMES_MAX; turn++) {
        char name[64];
        make_name(office, now_s, turn, name, sizeof name);
        int length = snprintf(out, PATH_BYTES, "%s/%s", folder, name);
        if (length < 0 || (size_t)length >= PATH_BYTES) {
            return TS_ERR_TOOBIG;
        }
        if (access(out, F_OK) != 0) {
            return TS_ERR_OK;
        }
    }
    ts_msg_make(ret_why, N_("{1}: exists already and is not replaced"), out, NULL);
    return TS_ERR_EXISTS;
}

static void
put_facts(ts_reply_t *reply, const char *path, const ts_backup_facts_t *facts)
{
    ts_table_t *table = ts_reply_add_table(reply, "backup");
    ts_table_add_column(table, "file", N_("File"), "text");
    ts_table_add_column(table, "office", N_("Office"), "number");
    ts_table_add_column(table, "name", N_("Name"), "text");
    ts_table_add_column(table, "made", N_("Made"), "time");
    ts_table_add_column(table, "segments", N_("Segments"), "number");
    ts_table_add_column(table, "files", N_("Files"), "number");
    ts_table_add_column(table, "bytes", N_("Bytes"), "number");
    ts_table_add_column(table, "closed", N_("Closed to the recovery key"), "number");
    ts_table_add_text(table, path);
    ts_table_add_number(table, facts->office);
    ts_table_add_text(table, facts->name);
    ts_table_add_number(table, facts->made_s);
    ts_table_add_number(table, (int64_t)facts->segments);
    ts_table_add_number(table, (int64_t)facts->files);
    ts_table_add_number(table, (int64_t)facts->bytes);
    ts_table_add_number(table, facts->sealed);
}

/* Sentence, figures, a warning or what comes next (a finished line). */
static int
say(ts_cli_t *self,
    ts_msg_t *sentence,
    const char *path,
    const ts_backup_facts_t *facts,
    const char *more)
{
    ts_reply_t reply = {.done = true};
    ts_msg_move(&reply.say, sentence);
    put_facts(&reply, path, facts);
    if (more != NULL && self->out.json) {
        ts_msg_set(&ts_reply_add_issue(&reply, TS_SEVERITY_NOTE)->say, more);
    }
    ts_out_reply(&self->out, &reply, NULL);
    if (more != NULL && !self->out.json) {
        ts_out_wrap(&self->out, self->out.out, ts_say(more), 2, true);
    }
    ts_reply_free(&reply);
    return TS_CLI_GOOD;
}

/* ---- backup */

static ts_err_t
find_recipient(const ts_cli_t *self,
               const char *data_dir,
               ts_recovery_t *recovery,
               ts_backup_options_t *options,
               ts_msg_t *ret_why)
{
    if (!ts_cli_has(self, "to-recovery")) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_recovery_of_folder(data_dir, recovery, ret_why);
    options->recipient = err == TS_ERR_OK ? &recovery->public_key : NULL;
    if (err == TS_ERR_NOTFOUND) {
        ts_msg_make(ret_why,
                    N_("There is no recovery key in {1}: it stands at the province, from “init” or "
                       "“recovery make” on. Leave --to-recovery out and lock the file away"),
                    data_dir, NULL);
        err = TS_ERR_INVALID;
    }
    return err;
}

static int
make_backup(ts_cli_t *self, ts_backup_options_t *options, uint32_t office)
{
    char path[PATH_BYTES];
    ts_msg_t why = {.id = NULL};
    ts_backup_facts_t facts = {.office = 0};
    ts_err_t err = choose_path(self, office, options->now_s, path, &why);
    if (err == TS_ERR_OK) {
        options->path = path;
        err = ts_backup_make(options, &facts, &why);
    }
    if (err != TS_ERR_OK) {
        return ts_cli_fail(self, TS_CLI_FAILED, err, &why,
                           N_("no backup was made; what is left of it ends in .part and is taken "
                              "over by the next try"));
    }
    note_backup(self, &facts);
    ts_msg_make(&why, N_("Backup made and checked: {1}"), path, NULL);
    return say(self, &why, path, &facts,
               facts.sealed ? N_("→ only the recovery key opens it; copy it to another machine or "
                                 "a stick")
                            : N_("→ this file holds secret keys: keep it like the root key, or "
                                 "make it with --to-recovery"));
}

int
ts_cmd_backup(ts_cli_t *self)
{
    ts_msg_t why = {.id = NULL};
    place_t *place = ts_xcalloc(1, sizeof *place);
    ts_recovery_t recovery = {.has_secret = false};
    ts_backup_options_t options = {.copy = -1,
                                   .now_s = ts_clock_wall(NULL).ms / 1000,
                                   .software = ts_cli_version,
                                   .random = ts_random_system()};
    uint32_t office = 0;
    ts_err_t err = ts_crypto_init();
    if (err == TS_ERR_OK) {
        err = find_place(self, place, &why);
    }
    options.data_dir = place->conf.common.data_dir;
    if (err == TS_ERR_OK) {
        err = ts_backup_office(options.data_dir, &office, &why);
    }
    if (err == TS_ERR_OK) {
        err = find_recipient(self, options.data_dir, &recovery, &options, &why);
    }
    for (size_t i = 0; i < place->conf_count && i < TS_BACKUP_CONFS_MAX; i++) {
        options.confs[i] = place->confs[i];
    }
    options.gate_key = place->gate_key[0] == '\0' ? NULL : place->gate_key;
    int exit_code;
    if (err != TS_ERR_OK) {
        exit_code = ts_cli_fail(self, TS_CLI_FAILED, err, &why,
                                err == TS_ERR_DENIED
                                    ? N_("run it as root or as the user of the service: sudo -u "
                                         "tiepsuc tiepsuc backup …")
                                    : NULL);
    } else {
        exit_code = take_copy(self, &options);
        exit_code = exit_code == TS_CLI_GOOD ? make_backup(self, &options, office) : exit_code;
    }
    if (options.copy >= 0) {
        (void)close(options.copy);
    }
    ts_xfree(place);
    return exit_code;
}

/* ---- check, restore */

/* The recovery key when one was given. */
static ts_err_t
read_key(const ts_cli_t *self,
         ts_recovery_t *recovery,
         ts_backup_source_t *source,
         ts_msg_t *ret_why)
{
    const char *path = ts_cli_get(self, "recovery-key");
    source->path = ts_cli_operand(self, "FILE");
    if (path == NULL) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_recovery_load(path, recovery, ret_why);
    source->secret = err == TS_ERR_OK ? &recovery->secret : NULL;
    return err;
}

int
ts_cmd_backup_check(ts_cli_t *self)
{
    ts_msg_t why = {.id = NULL};
    ts_recovery_t recovery = {.has_secret = false};
    ts_backup_source_t source = {.path = NULL};
    ts_backup_facts_t facts = {.office = 0};
    ts_err_t err = ts_crypto_init();
    if (err == TS_ERR_OK) {
        err = read_key(self, &recovery, &source, &why);
    }
    if (err == TS_ERR_OK) {
        err = ts_backup_check(&source, &facts, &why);
    }
    ts_recovery_wipe(&recovery);
    if (err != TS_ERR_OK) {
        return ts_cli_fail(self, TS_CLI_FAILED, err, &why,
                           err == TS_ERR_KEY ? NULL
                                             : N_("do not rely on this file: make a new "
                                                  "backup, and keep this one"));
    }
    ts_msg_make(&why, N_("{1} is whole: every file, every segment and every signature is right"),
                source.path, NULL);
    return say(self, &why, source.path, &facts, NULL);
}

int
ts_cmd_restore(ts_cli_t *self)
{
    ts_msg_t why = {.id = NULL};
    ts_recovery_t recovery = {.has_secret = false};
    ts_backup_facts_t facts = {.office = 0};
    char *dir = ts_cli_absolute(ts_cli_operand(self, "DIR"));
    ts_restore_options_t options = {.dir = dir, .random = ts_random_system()};
    ts_err_t err = dir == NULL ? TS_ERR_IO : ts_crypto_init();
    if (err == TS_ERR_OK) {
        err = read_key(self, &recovery, &options.source, &why);
    }
    if (err == TS_ERR_OK) {
        err = ts_restore(&options, &facts, &why);
    }
    ts_recovery_wipe(&recovery);
    int exit_code;
    if (err != TS_ERR_OK) {
        exit_code = ts_cli_fail(self, TS_CLI_FAILED, err, &why,
                                N_("nothing of it can be started; the backup is as it was"));
    } else {
        ts_msg_make(&why, N_("The backup is laid out in {1}, as a new store."), dir, NULL);
        exit_code = say(self, &why, options.source.path, &facts,
                        facts.role == TS_OFFICE_PROVINCE
                            ? N_("→ start the services; “tiepsuc rebuild status” shows which "
                                 "offices were heard; until all were, no new office is enrolled")
                            : N_("→ start the service: what came after the backup comes back from "
                                 "its neighbours; “tiepsuc rebuild status” shows how far it is"));
    }
    ts_xfree(dir);
    return exit_code;
}

/* ---- rebuild */

static ts_err_t
read_root(const ts_cli_t *self, ts_hash_t *ret_root, ts_rebuild_options_t *options, ts_msg_t *why)
{
    const char *path = ts_cli_get(self, "root-key");
    const char *passphrase_path = ts_cli_get(self, "root-passphrase-file");
    char *passphrase = NULL;
    ts_secret_t secret;
    if (path == NULL) {
        return TS_ERR_OK;
    }
    ts_err_t err = passphrase_path == NULL
                       ? TS_ERR_OK
                       : ts_cli_read_passphrase(passphrase_path, &passphrase, why);
    if (err == TS_ERR_OK) {
        err = ts_root_load(path, passphrase, ret_root, &secret, why);
    }
    if (err == TS_ERR_OK) {
        ts_secret_wipe(&secret);
        options->root = ret_root;
    }
    if (passphrase != NULL) {
        ts_wipe(passphrase, strlen(passphrase));
        ts_xfree(passphrase);
    }
    return err;
}

int
ts_cmd_rebuild(ts_cli_t *self)
{
    ts_msg_t why = {.id = NULL};
    ts_hash_t root;
    ts_recovery_t recovery = {.has_secret = false};
    char *dir = ts_cli_absolute(ts_cli_operand(self, "DIR"));
    ts_rebuild_options_t options = {.dir = dir,
                                    .kit = ts_cli_get(self, "kit"),
                                    .recovery = &recovery,
                                    .random = ts_random_system()};
    ts_err_t err = dir == NULL ? TS_ERR_IO : ts_crypto_init();
    if (err == TS_ERR_OK) {
        err = ts_recovery_load(ts_cli_get(self, "recovery-key"), &recovery, &why);
    }
    if (err == TS_ERR_OK) {
        err = read_root(self, &root, &options, &why);
    }
    if (err == TS_ERR_OK) {
        err = ts_rebuild(&options, &why);
    }
    ts_recovery_wipe(&recovery);
    int exit_code;
    if (err != TS_ERR_OK) {
        exit_code = ts_cli_fail(self, TS_CLI_FAILED, err, &why,
                                N_("nothing of it can be started; said again it goes on"));
    } else {
        ts_reply_t reply = {.done = true};
        ts_msg_make(&reply.say,
                    N_("The province is laid out in {1}; its records come from its offices."), dir,
                    NULL);
        ts_out_reply(&self->out, &reply, NULL);
        if (!self->out.json) {
            ts_out_wrap(&self->out, self->out.out,
                        ts_say(N_("→ start the services and wait for the offices: “tiepsuc rebuild "
                                  "status”")),
                        2, true);
        }
        ts_reply_free(&reply);
        exit_code = TS_CLI_GOOD;
    }
    ts_xfree(dir);
    return exit_code;
}
