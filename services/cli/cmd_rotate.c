/* SPDX-License-Identifier: MPL-2.0 */
/* rotate registrar: the root key certifies the next registrar's key; the province takes it over.
 * rotate gate: the offices below are told of a second gate. */
#include "base/xalloc.h"
#include "cli/commands.h"
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "crypto/keyfile.h"
#include "node/rotation.h"

#include <string.h>

static const ts_cli_option_t registrar_options[] = {
    {.name = "root-key",
     .value = N_("FILE"),
     .flags = TS_CLI_NEEDED | TS_CLI_LOCAL,
     .help = N_("root.key, or a text with the four lines of its page")},
    {.name = "root-passphrase-file",
     .value = N_("FILE"),
     .flags = TS_CLI_LOCAL,
     .help = N_("file whose first line opens the root key")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_rotate_registrar = {
    .options = registrar_options,
    .text = N_("Replaces the registrar's key: every few years, and at once when it may have been "
               "in other hands. The service must run. The registry goes on under the new key; what "
               "the old key signs from now on is kept and not accepted. The offices learn it at "
               "their next connection, however long they were away. The root key leaves the "
               "machine again afterwards, and a new kit is made."),
    .examples = "rotate registrar --root-key /media/stick/root.key --as 1\n"
                "recovery kit /var/lib/tiepsuc/aggregator -o /media/stick/province-2.kit",
};

static const ts_cli_option_t gate_options[] = {
    {.name = "gate-key",
     .value = N_("FILE"),
     .flags = TS_CLI_NEEDED | TS_CLI_LOCAL,
     .help = N_("key file of the new gate; it is made when it is not there")},
    {.name = "endpoint",
     .value = N_("ADDRESS"),
     .flags = TS_CLI_NEEDED | TS_CLI_MANY | TS_CLI_LOCAL,
     .help = N_("where the new gate is reached: tcp://host:7501")},
    {.name = "note", .value = N_("TEXT"), .help = N_("why")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_rotate_gate = {
    .sends = "rotate_gate",
    .options = gate_options,
    .text = N_("First start a second tiepsuc-gate beside the first, with the new key and another "
               "address, for the same service; then say this. The offices below hear of it at "
               "their next connection to the old gate and go on with the new one. When all have "
               "come, end the old gate. OFFICE is the number of the office whose gate it is; 1: "
               "the province."),
    .examples = "rotate gate 1 --gate-key /var/lib/tiepsuc/gate/gate-2.key --endpoint "
                "tcp://203.0.113.7:7501 --as 1",
};

/* Public half of the gate's key; a new pair when there is no such file. */
static ts_err_t
gate_key(const char *path, ts_hash_t *ret_public, ts_msg_t *ret_why)
{
    ts_keyfile_t *file = NULL;
    ts_box_secret_t secret;
    ts_err_t err = ts_keyfile_load(&file, path, TS_KEYFILE_GATE, NULL, ret_why);
    if (err == TS_ERR_NOTFOUND) {
        ts_msg_free(ret_why);
        file = ts_keyfile_new(TS_KEYFILE_GATE);
        ts_keyfile_options_t options = {.random = ts_random_system()};
        ts_box_keypair(options.random, ret_public, &secret);
        ts_keyfile_put_curve(file, &secret);
        err = ts_keyfile_save(file, path, &options, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get_curve(file, ret_public, &secret);
        ts_box_secret_wipe(&secret);
    }
    ts_keyfile_destroy(&file);
    return err;
}

int
ts_cmd_rotate_gate(ts_cli_t *self)
{
    ts_hash_t public_key;
    char hex[2 * TS_HASH_BYTES + 1];
    ts_msg_t why = {.id = NULL};
    ts_command_t command;
    ts_err_t err = ts_crypto_init();
    if (err == TS_ERR_OK) {
        err = gate_key(ts_cli_get(self, "gate-key"), &public_key, &why);
    }
    if (err != TS_ERR_OK) {
        return ts_cli_fail(self, TS_CLI_FAILED, err, &why,
                           N_("“tiepsuc help rotate gate” explains it"));
    }
    char *endpoints = ts_cli_join(self, "endpoint");
    ts_ask_build(self, &command);
    ts_hex_format(public_key.b, TS_HASH_BYTES, hex);
    ts_command_add(&command, "gate_key", hex);
    ts_command_add(&command, "endpoint", endpoints);
    ts_xfree(endpoints);
    return ts_ask_print(self, &command, NULL);
}

/* Serial of the registrar at work and deployment, as the province says. */
static int
ask_registrar(ts_cli_t *self, uint32_t *ret_serial, char deployment[2 * TS_ID16_BYTES + 1])
{
    ts_command_t command;
    ts_reply_t reply = {.done = false};
    ts_command_init(&command, "registrar");
    command.account = self->account;
    int exit_code = ts_ask(self, &command, NULL, &reply);
    ts_command_free(&command);
    if (exit_code != TS_CLI_GOOD) {
        return exit_code;
    }
    const ts_table_t *table = ts_reply_table(&reply, "registrar");
    if (reply.code != TS_ERR_OK || table == NULL || ts_table_rows(table) != 1) {
        ts_out_reply(&self->out, &reply, NULL);
        exit_code = TS_CLI_FAILED;
    } else {
        int64_t own = ts_table_cell(table, 0, 0)->number;
        int64_t newest = ts_table_cell(table, 0, 1)->number;
        *ret_serial = (uint32_t)(own > newest ? own : newest);
        (void)snprintf(deployment, 2 * TS_ID16_BYTES + 1, "%s", ts_table_cell(table, 0, 3)->text);
    }
    ts_reply_free(&reply);
    return exit_code;
}

/* The root key, if it is that of the deployment. */
static ts_err_t
load_root(const ts_cli_t *self,
          const char *deployment,
          ts_hash_t *ret_public,
          ts_secret_t *ret_secret,
          ts_msg_t *why)
{
    char hex[2 * TS_ID16_BYTES + 1];
    const char *path = ts_cli_get(self, "root-key");
    ts_err_t err = ts_cli_root_key(self, path, "root-passphrase-file", ret_public, ret_secret, why);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_id16_t id = ts_hash_deployment(ret_public);
    ts_hex_format(id.b, TS_ID16_BYTES, hex);
    if (strcmp(hex, deployment) != 0) {
        ts_secret_wipe(ret_secret);
        ts_msg_make(why, N_("{1} belongs to another deployment"), path, NULL);
        return TS_ERR_KEY;
    }
    return TS_ERR_OK;
}

int
ts_cmd_rotate_registrar(ts_cli_t *self)
{
    char deployment[2 * TS_ID16_BYTES + 1] = "";
    uint32_t serial = 0;
    ts_hash_t public_key;
    ts_secret_t root;
    ts_msg_t why = {.id = NULL};
    ts_command_t command;
    if (ts_crypto_init() != TS_ERR_OK) {
        return ts_cli_fail(self, TS_CLI_FAILED, TS_ERR_IO, &why, NULL);
    }
    int exit_code = ask_registrar(self, &serial, deployment);
    if (exit_code != TS_CLI_GOOD) {
        return exit_code;
    }
    ts_err_t err = load_root(self, deployment, &public_key, &root, &why);
    if (err != TS_ERR_OK) {
        return ts_cli_fail(self, TS_CLI_FAILED, err, &why,
                           N_("“tiepsuc help rotate registrar” explains it"));
    }
    ts_command_init(&command, "rotate_registrar");
    command.account = self->account;
    ts_rotation_offer(&public_key, &root, serial + 1, ts_random_system(), &command.blob);
    ts_secret_wipe(&root);
    return ts_ask_print(self, &command, NULL);
}
