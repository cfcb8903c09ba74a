/* SPDX-License-Identifier: MPL-2.0 */
/* init, join: offline; they make keys, folder and configuration, nothing runs yet. */
#include "base/xalloc.h"
#include "cli/commands.h"
#include "crypto/crypto.h"
#include "node/provision.h"
#include "shared/clock.h"

#include <string.h>
#include <unistd.h>

#define PASSPHRASE_BYTES_MAX 1024u

static const ts_cli_option_t init_options[] = {
    {.name = "name",
     .value = N_("NAME"),
     .flags = TS_CLI_NEEDED,
     .help = N_("name of the province's office")},
    {.name = "unit",
     .value = N_("CODE"),
     .flags = TS_CLI_NEEDED,
     .help = N_("official code of the province: 14")},
    {.name = "unit-name",
     .value = N_("NAME"),
     .flags = TS_CLI_NEEDED,
     .help = N_("name of the province")},
    {.name = "body",
     .value = N_("CODE"),
     .flags = TS_CLI_NEEDED,
     .help = N_("code of the body that runs it: sl-soldtbxh")},
    {.name = "body-name",
     .value = N_("NAME"),
     .flags = TS_CLI_NEEDED,
     .help = N_("name of that body")},
    {.name = "endpoint",
     .value = N_("ADDRESS"),
     .flags = TS_CLI_NEEDED | TS_CLI_MANY,
     .help = N_("where offices connect: tcp://host:7500")},
    {.name = "root-passphrase-file",
     .value = N_("FILE"),
     .help = N_("file whose first line locks the root key")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_init = {
    .options = init_options,
    .text = N_("Once in the life of a deployment. The root key (keys/root.key) signs only the "
               "registrar's key: move it to a "
               "stick that is kept locked away, and print it. Whoever has it can take over the "
               "deployment; without it "
               "the registrar's key can never be replaced. The recovery key (keys/recovery.key) "
               "opens backups, the kit of keys (keys/recovery.kit) and what keepers hold: it "
               "leaves the machine in the same way."),
    .examples = "init /var/lib/tiepsuc/aggregator --name \"Sở LĐTBXH Sơn La\" --unit 14 "
                "--unit-name \"Tỉnh Sơn La\" "
                "--body sl-soldtbxh --body-name \"Sở Lao động - Thương binh và Xã hội\" --endpoint "
                "tcp://203.0.113.7:7500",
};
const ts_cli_manual_t ts_manual_join = {
    .text = N_("FILE is the invite that the province made with “tiepsuc enrol”. No connection is "
               "needed: the office can "
               "record at once; plans and units come with the first connection. Delete the invite "
               "afterwards."),
    .examples = "join tan-linh.invite /var/lib/tiepsuc/office",
};

/* What stands beside the folder is named after it, so its name ends without "/". */
static char *
without_slashes(char *path)
{
    for (size_t length = strlen(path); length > 1 && path[length - 1] == '/'; length--) {
        path[length - 1] = '\0';
    }
    return path;
}

char *
ts_cli_absolute(const char *dir)
{
    char here[TS_CONF_PATH_BYTES];
    if (dir[0] == '/') {
        return without_slashes(ts_xstrdup(dir));
    }
    if (getcwd(here, sizeof here) == NULL) {
        return NULL;
    }
    dir += strncmp(dir, "./", 2) == 0 ? 2 : 0;
    size_t bytes = strlen(here) + strlen(dir) + 2;
    char *path = ts_xmalloc(bytes);
    (void)snprintf(path, bytes, "%s%s%s", here, strcmp(dir, ".") == 0 ? "" : "/",
                   strcmp(dir, ".") == 0 ? "" : dir);
    return without_slashes(path);
}

ts_err_t
ts_cli_read_passphrase(const char *path, char **ret_text, ts_msg_t *ret_why)
{
    ts_buf_t bytes = {.length = 0};
    ts_err_t err = ts_file_read(path, PASSPHRASE_BYTES_MAX, &bytes, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_buf_put_u8(&bytes, '\n');
    size_t length = strcspn((const char *)bytes.data, "\r\n");
    if (length == 0) {
        ts_msg_make(ret_why, N_("{1}: its first line is empty"), path, NULL);
        err = TS_ERR_INVALID;
    } else {
        *ret_text = ts_xstrndup((const char *)bytes.data, length);
    }
    ts_wipe(bytes.data, bytes.length);
    ts_buf_free(&bytes);
    return err;
}

/* Says that it is done and what comes next (finished lines, translated). */
static int
say_done(ts_cli_t *self, ts_msg_t *done, const char *dir, const char *const *next, size_t count)
{
    ts_reply_t reply = {.done = true};
    ts_msg_move(&reply.say, done);
    ts_out_reply(&self->out, &reply, NULL);
    for (size_t i = 0; i < count && !self->out.json; i++) {
        char *text = ts_say_text(next[i], dir, NULL);
        ts_out_wrap(&self->out, self->out.out, text, 2, true);
        ts_xfree(text);
    }
    ts_reply_free(&reply);
    return TS_CLI_GOOD;
}

static ts_err_t
found(const ts_cli_t *self, const char *dir, ts_msg_t *why)
{
    char *passphrase = NULL;
    const char *path = ts_cli_get(self, "root-passphrase-file");
    ts_err_t err = path == NULL ? TS_ERR_OK : ts_cli_read_passphrase(path, &passphrase, why);
    if (err != TS_ERR_OK) {
        return err;
    }
    char *endpoints = ts_cli_join(self, "endpoint");
    const ts_provision_init_t options = {
        .dir = dir,
        .name = ts_cli_get(self, "name"),
        .unit_code = ts_cli_get(self, "unit"),
        .unit_name = ts_cli_get(self, "unit-name"),
        .body_code = ts_cli_get(self, "body"),
        .body_name = ts_cli_get(self, "body-name"),
        .endpoints = endpoints,
        .root_passphrase = passphrase,
        .made_s = ts_clock_wall(NULL).ms / 1000,
        .random = ts_random_system(),
    };
    err = ts_provision_init(&options, why);
    ts_xfree(endpoints);
    if (passphrase != NULL) {
        ts_wipe(passphrase, strlen(passphrase));
        ts_xfree(passphrase);
    }
    return err;
}

int
ts_cmd_init(ts_cli_t *self)
{
    static const char *const next[] = {
        N_("→ print the two keys: tiepsuc recovery print {1}/keys/root.key, the same with "
           "recovery.key"),
        N_("→ move {1}/keys/root.key and {1}/keys/recovery.key to a stick that is locked away; "
           "copy {1}/keys/recovery.kit to other places"),
        N_("→ start the services: tiepsuc-aggregator -f {1}/aggregator.conf and tiepsuc-gate -f "
           "{1}/gate.conf"),
        N_("→ load a plan: tiepsuc -d {1} plan load DIR --as 1; then invite offices: tiepsuc -d "
           "{1} enrol"),
    };
    ts_msg_t why = {.id = NULL};
    char *dir = ts_cli_absolute(ts_cli_operand(self, "DIR"));
    if (dir == NULL || ts_crypto_init() != TS_ERR_OK) {
        ts_xfree(dir);
        return ts_cli_fail(self, TS_CLI_FAILED, TS_ERR_IO, &why, NULL);
    }
    ts_err_t err = found(self, dir, &why);
    int exit_code;
    if (err != TS_ERR_OK) {
        exit_code =
            ts_cli_fail(self, TS_CLI_FAILED, err, &why, N_("“tiepsuc help init” explains it"));
    } else {
        ts_msg_make(&why, N_("The deployment is founded in {1}."), dir, NULL);
        exit_code = say_done(self, &why, dir, next, sizeof next / sizeof next[0]);
    }
    ts_xfree(dir);
    return exit_code;
}

int
ts_cmd_join(ts_cli_t *self)
{
    static const char *const next[] = {
        N_("→ start the service: tiepsuc-office -f {1}/office.conf"),
        N_("→ delete the invite file: its keys are used up"),
        N_("→ look: tiepsuc -d {1} status"),
    };
    ts_msg_t why = {.id = NULL};
    char *dir = ts_cli_absolute(ts_cli_operand(self, "DIR"));
    if (dir == NULL || ts_crypto_init() != TS_ERR_OK) {
        ts_xfree(dir);
        return ts_cli_fail(self, TS_CLI_FAILED, TS_ERR_IO, &why, NULL);
    }
    const ts_provision_join_t options = {
        .invite = ts_cli_operand(self, "FILE"), .dir = dir, .random = ts_random_system()};
    ts_err_t err = ts_provision_join(&options, &why);
    int exit_code;
    if (err != TS_ERR_OK) {
        exit_code = ts_cli_fail(self, TS_CLI_FAILED, err, &why,
                                N_("an invite is used once, for one folder; ask the province for a "
                                   "new one if it is lost"));
    } else {
        ts_msg_make(&why, N_("The office is set up in {1}; it can record at once."), dir, NULL);
        exit_code = say_done(self, &why, dir, next, sizeof next / sizeof next[0]);
    }
    ts_xfree(dir);
    return exit_code;
}
