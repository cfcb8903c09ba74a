/* SPDX-License-Identifier: MPL-2.0 */
/* decode: what is in a file of ours, offline and without a deployment. */
#include "base/limits.h"
#include "base/xalloc.h"
#include "cli/commands.h"
#include "cli/decode.h"
#include "crypto/crypto.h"
#include "crypto/sealed.h"

#include <ctype.h>
#include <string.h>

static const ts_cli_option_t options[] = {
    {.name = "type",
     .value = N_("KIND"),
     .help = N_("segment, event, frame, invite or bundle (found out when left out)")},
    {.name = "hex", .help = N_("the file holds hex digits")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_decode = {
    .options = options,
    .text = N_("Nothing needs to run. “-” reads standard input. Hashes and signatures are checked "
               "as far as the file alone "
               "allows: a file with the first segment of a log is checked up to the root. Secret "
               "keys are never shown."),
    .examples = "decode bundle.tsb\ndecode tan-linh.invite\ndecode frame.txt --hex --type frame",
};

typedef ts_err_t (*decode_fn)(ts_bytes_t bytes, ts_reply_t *reply);

static const struct {
    const char *type;
    decode_fn decode;
} types[] = {
    {"segment", ts_decode_segments}, {"bundle", ts_decode_bundle},  {"event", ts_decode_event},
    {"frame", ts_decode_frame},      {"invite", ts_decode_keyfile},
};
enum { TYPES = sizeof types / sizeof types[0] };

/* By the first bytes; an event has none of its own. */
static decode_fn
guess(ts_bytes_t bytes)
{
    static const uint8_t segment[] = {0x54, 0x53, 0x67, 0x01};
    static const uint8_t frame[] = {0x54, 0x53, 0x01};
    if (bytes.length >= TS_SEALED_MAGIC_BYTES &&
        memcmp(bytes.data, ts_sealed_magic, TS_SEALED_MAGIC_BYTES) == 0) {
        return ts_decode_sealed;
    }
    if (bytes.length >= sizeof segment && memcmp(bytes.data, segment, sizeof segment) == 0) {
        return ts_decode_segments;
    }
    if (bytes.length >= sizeof frame && memcmp(bytes.data, frame, sizeof frame) == 0) {
        return ts_decode_frame;
    }
    if (bytes.length > 0 &&
        (bytes.data[0] == '#' || (bytes.length > 5 && memcmp(bytes.data, "kind ", 5) == 0))) {
        return ts_decode_keyfile;
    }
    return ts_decode_event;
}

/* Hex digits to bytes in place; white space between them is left out. */
static ts_err_t
from_hex(ts_buf_t *bytes)
{
    size_t digits = 0;
    for (size_t i = 0; i < bytes->length; i++) {
        if (!isspace(bytes->data[i])) {
            bytes->data[digits++] = bytes->data[i];
        }
    }
    bytes->length = digits;
    ts_buf_put_u8(bytes, '\0');
    bytes->length = digits / 2;
    uint8_t *out = ts_xmalloc(digits / 2 + 1);
    ts_err_t err =
        digits % 2 != 0 ? TS_ERR_INVALID : ts_hex_parse((const char *)bytes->data, out, digits / 2);
    if (err == TS_ERR_OK) {
        memcpy(bytes->data, out, digits / 2);
    }
    ts_xfree(out);
    return err;
}

static decode_fn
choose(ts_cli_t *self, ts_bytes_t bytes)
{
    const char *type = ts_cli_get(self, "type");
    for (size_t i = 0; type != NULL && i < TYPES; i++) {
        if (strcmp(types[i].type, type) == 0) {
            return types[i].decode;
        }
    }
    if (type != NULL) {
        (void)ts_cli_misuse(
            self, N_("--type is segment, event, frame, invite or bundle, not “{1}”"), type, NULL);
        return NULL;
    }
    return guess(bytes);
}

/* The file's content as it was meant. */
static int
load(ts_cli_t *self, const char *path, ts_buf_t *ret_bytes)
{
    ts_msg_t why = {.id = NULL};
    ts_err_t err = ts_file_read(path, TS_CONTROL_BYTES_MAX, ret_bytes, &why);
    if (err == TS_ERR_OK && ts_cli_has(self, "hex")) {
        err = from_hex(ret_bytes);
        if (err != TS_ERR_OK) {
            ts_buf_free(ret_bytes);
            ts_msg_make(&why, N_("{1}: these are not pairs of hex digits"), path, NULL);
        }
    }
    return err == TS_ERR_OK
               ? TS_CLI_GOOD
               : ts_cli_fail(self, TS_CLI_FAILED, err, &why, N_("check the name of the file"));
}

int
ts_cmd_decode(ts_cli_t *self)
{
    const char *path = ts_cli_operand(self, "FILE");
    ts_buf_t bytes = {.length = 0};
    ts_reply_t reply = {.done = true};
    int exit_code = load(self, path, &bytes);
    if (exit_code != TS_CLI_GOOD) {
        return exit_code;
    }
    decode_fn decode = choose(self, ts_buf_bytes(&bytes));
    if (decode == NULL) {
        ts_buf_free(&bytes);
        return TS_CLI_USAGE;
    }
    ts_err_t err = ts_crypto_init();
    if (err == TS_ERR_OK) {
        err = decode(ts_buf_bytes(&bytes), &reply);
    }
    reply.code = err;
    if (err != TS_ERR_OK) {
        char *reason = ts_xstrdup(ts_say(ts_err_str(err)));
        ts_msg_make(&reply.say, N_("{1}: cannot be decoded: {2}"), path, reason, NULL);
        ts_xfree(reason);
    }
    ts_out_reply(&self->out, &reply, N_("say what it is with --type"));
    exit_code = ts_ask_exit(&reply);
    ts_reply_free(&reply);
    ts_buf_free(&bytes);
    return exit_code;
}
