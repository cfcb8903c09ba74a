/* SPDX-License-Identifier: MPL-2.0 */
/* recovery make, print, read, kit: keys that leave the machine, on paper and closed in a kit.
 * Nothing runs for them and nothing is asked. */
#include "base/check.h"
#include "base/xalloc.h"
#include "cli/commands.h"
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "crypto/recovery.h"
#include "node/kit.h"
#include "node/provision.h"
#include "shared/clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PASSPHRASE_BYTES_MAX 1024u
#define TYPED_BYTES_MAX 256u
#define PAGE_CELLS 72u

static const ts_cli_option_t print_options[] = {
    {.name = "passphrase-file",
     .value = N_("FILE"),
     .help = N_("file whose first line opens the root key")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_recovery_print = {
    .options = print_options,
    .text = N_("FILE is recovery.key or root.key. Print two pages and lock them away in two "
               "places; whoever has a page has the key. Each line carries a check character: one "
               "wrong character, or two that changed places, are found when the page is typed in "
               "again. Nothing is written to the disk."),
    .examples = "recovery print /var/lib/tiepsuc/aggregator/keys/recovery.key | lp\n"
                "recovery print /media/stick/root.key",
};
static const ts_cli_option_t read_options[] = {
    {.name = "output",
     .letter = 'o',
     .value = N_("FILE"),
     .flags = TS_CLI_NEEDED,
     .help = N_("the key file that is made")},
    {.name = "compare",
     .value = N_("FILE"),
     .help = N_("key file that the page must belong to: recovery.pub")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_recovery_read = {
    .options = read_options,
    .text = N_("Types a printed key in again, line by line; a wrong line is told at once and asked "
               "for again. Small letters, O for 0 and I for 1 are understood. FILE is a text that "
               "holds the four lines; without it they are typed here. Compare the key id that is "
               "shown with the page."),
    .examples = "recovery read -o recovery.key\n"
                "recovery read page.txt -o root.key",
};
const ts_cli_manual_t ts_manual_recovery_make = {
    .text = N_("For a province that was founded without a recovery key; later ones have it from "
               "“tiepsuc init”. Makes keys/recovery.key, to be carried away, and "
               "keys/recovery.pub, which stays. Start the service again afterwards."),
    .examples = "recovery make /var/lib/tiepsuc/aggregator",
};
static const ts_cli_option_t kit_options[] = {
    {.name = "output",
     .letter = 'o',
     .value = N_("FILE"),
     .flags = TS_CLI_NEEDED,
     .help = N_("the kit that is made")},
    {.name = "gate-key",
     .value = N_("FILE"),
     .help = N_("the gate's key, when it was moved out of the folder")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_recovery_kit = {
    .options = kit_options,
    .text = N_("The kit holds what the province needs beside its records to come back on a new "
               "machine: its identity, the keys of registrar and gate, its configuration. It is "
               "closed to the recovery key: keep copies in several places, also with others. Make "
               "it anew after each rotation of a key."),
    .examples = "recovery kit /var/lib/tiepsuc/aggregator --gate-key "
                "/var/lib/tiepsuc/gate/gate.key -o /media/stick/province.kit",
};

static int
fail_usage(ts_cli_t *self, ts_err_t err, ts_msg_t *why, const char *next)
{
    return ts_cli_fail(self, TS_CLI_FAILED, err, why, next);
}

/* One sentence, and files that were made. */
static int
say(ts_cli_t *self, ts_msg_t *sentence)
{
    ts_reply_t reply = {.done = true};
    ts_msg_move(&reply.say, sentence);
    ts_out_reply(&self->out, &reply, NULL);
    ts_reply_free(&reply);
    return TS_CLI_GOOD;
}

/* ---- print */

/* What the page says of either key. */
typedef struct page {
    const char *title;
    const char *warning;
    const char *file; /* name of the key file that it becomes again */
    ts_id16_t deployment;
    bool deployment_known;
    char name[TS_RECOVERY_NAME_BYTES];
    int64_t made_s;
    char id[TS_RECOVERY_ID_BYTES];
    char lines[TS_PAPER_LINES][TS_PAPER_LINE_BYTES];
} page_t;

static ts_err_t
read_passphrase(const char *path, char **ret_text, ts_msg_t *ret_why)
{
    ts_buf_t bytes = {.length = 0};
    ts_err_t err = ts_file_read(path, PASSPHRASE_BYTES_MAX, &bytes, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_buf_put_u8(&bytes, '\n');
    size_t length = strcspn((const char *)bytes.data, "\r\n");
    *ret_text = ts_xstrndup((const char *)bytes.data, length);
    ts_wipe(bytes.data, bytes.length);
    ts_buf_free(&bytes);
    return TS_ERR_OK;
}

ts_err_t
ts_cli_root_key(const ts_cli_t *self,
                const char *path,
                const char *passphrase_option,
                ts_hash_t *ret_public,
                ts_secret_t *ret_secret,
                ts_msg_t *ret_why)
{
    char *passphrase = NULL;
    const char *file = ts_cli_get(self, passphrase_option);
    ts_err_t err = file == NULL ? TS_ERR_OK : read_passphrase(file, &passphrase, ret_why);
    if (err == TS_ERR_OK) {
        err = ts_root_load(path, passphrase, ret_public, ret_secret, ret_why);
    }
    if (passphrase != NULL) {
        ts_wipe(passphrase, strlen(passphrase));
        ts_xfree(passphrase);
    }
    return err;
}

static void
page_of_recovery(const ts_recovery_t *key, page_t *page)
{
    page->title = N_("RECOVERY KEY");
    page->warning = N_("Whoever has this page can open the kit of keys, the backups and what the "
                       "keepers hold. Without it none of them can be opened. It stays locked "
                       "away; a second page lies in another place.");
    page->file = "recovery.key";
    page->deployment = key->deployment;
    page->deployment_known = !ts_id16_is_zero(&key->deployment);
    memcpy(page->name, key->name, sizeof page->name);
    page->made_s = key->made_s;
    ts_recovery_id_text(&key->public_key, page->id);
    ts_recovery_lines(key, page->lines);
}

static void
page_of_root(const ts_hash_t *public_key, const ts_secret_t *secret, page_t *page)
{
    page->title = N_("ROOT KEY");
    page->warning = N_("Whoever has this page can take the whole deployment over. Without it the "
                       "registrar's key can never be replaced. It stays locked away; a second "
                       "page lies in another place.");
    page->file = "root.key";
    page->deployment = ts_hash_deployment(public_key);
    page->deployment_known = true;
    ts_recovery_id_text(public_key, page->id);
    ts_root_lines(secret, page->lines);
}

/* Name and day stand in the root's file beside the pair; an older one has none. */
static void
add_root_facts(const ts_cli_t *self, const char *path, page_t *page)
{
    ts_keyfile_t *file = NULL;
    ts_msg_t unused = {.id = NULL};
    char *passphrase = NULL;
    const char *from = ts_cli_get(self, "passphrase-file");
    const char *name;
    uint64_t made = 0;
    if (from == NULL || read_passphrase(from, &passphrase, &unused) == TS_ERR_OK) {
        ts_keyfile_options_t options = {.passphrase = passphrase};
        if (ts_keyfile_load(&file, path, TS_KEYFILE_ROOT, &options, &unused) == TS_ERR_OK) {
            if (ts_keyfile_get_text(file, "name", &name) == TS_ERR_OK) {
                (void)snprintf(page->name, sizeof page->name, "%s", name);
            }
            if (ts_keyfile_get_number(file, "made", &made) == TS_ERR_OK && made <= INT64_MAX) {
                page->made_s = (int64_t)made;
            }
        }
    }
    if (passphrase != NULL) {
        ts_wipe(passphrase, strlen(passphrase));
        ts_xfree(passphrase);
    }
    ts_keyfile_destroy(&file);
    ts_msg_free(&unused);
}

/* A root key if it is one, else the recovery key: whose sentence says why neither. */
static ts_err_t
load_page(const ts_cli_t *self, const char *path, page_t *page, ts_msg_t *ret_why)
{
    ts_hash_t public_key;
    ts_secret_t root;
    ts_recovery_t recovery;
    ts_msg_t why = {.id = NULL};
    ts_err_t err = ts_recovery_load(path, &recovery, &why);
    if (err == TS_ERR_OK) {
        page_of_recovery(&recovery, page);
        ts_recovery_wipe(&recovery);
        ts_msg_free(&why);
        return TS_ERR_OK;
    }
    if (err != TS_ERR_INVALID) {
        ts_msg_move(ret_why, &why);
        return err;
    }
    ts_msg_free(&why);
    err = ts_cli_root_key(self, path, "passphrase-file", &public_key, &root, ret_why);
    if (err == TS_ERR_OK) {
        page_of_root(&public_key, &root, page);
        add_root_facts(self, path, page);
        ts_secret_wipe(&root);
    }
    return err;
}

static void
show_line(FILE *to)
{
    for (unsigned i = 0; i < PAGE_CELLS; i++) {
        (void)fputc('-', to);
    }
    (void)fputc('\n', to);
}

static void
show_day(const ts_out_t *out, const char *title, int64_t time_s)
{
    char day[TS_SAY_BYTES];
    ts_say_date(ts_utc_to_vietnam_date((ts_utc_t){time_s * 1000}), day, sizeof day);
    ts_out_pair(out, title, day, 16);
}

static void
show_page(const ts_cli_t *self, const page_t *page)
{
    ts_out_t out = self->out;
    char id[2 * TS_ID16_BYTES + 1];
    out.columns = PAGE_CELLS;
    show_line(out.out);
    (void)fprintf(out.out, "  TIẾP SỨC · %s\n\n", _(page->title));
    if (page->name[0] != '\0') {
        ts_out_pair(&out, _("Deployment"), page->name, 16);
    }
    if (page->deployment_known) {
        ts_hex_format(page->deployment.b, TS_ID16_BYTES, id);
        ts_out_pair(&out, page->name[0] == '\0' ? _("Deployment") : "", id, 16);
    }
    ts_out_pair(&out, _("Key id"), page->id, 16);
    if (page->made_s > 0) {
        show_day(&out, _("Made on"), page->made_s);
    }
    show_day(&out, _("Printed on"), ts_clock_wall(NULL).ms / 1000);
    (void)fputc('\n', out.out);
    for (size_t i = 0; i < TS_PAPER_LINES; i++) {
        (void)fprintf(out.out, "        %s\n\n", page->lines[i]);
    }
    ts_out_wrap(&out, out.out, _(page->warning), 2, false);
    (void)fputc('\n', out.out);
    (void)fprintf(out.out, "  %s tiepsuc recovery read -o %s\n", _("To use it again:"), page->file);
    show_line(out.out);
}

int
ts_cmd_recovery_print(ts_cli_t *self)
{
    page_t page = {.made_s = 0};
    ts_msg_t why = {.id = NULL};
    const char *path = ts_cli_operand(self, "FILE");
    if (ts_crypto_init() != TS_ERR_OK) {
        return fail_usage(self, TS_ERR_IO, &why, NULL);
    }
    if (self->out.json) {
        return ts_cli_misuse(self, N_("a page is printed for people: leave {1} out"), "--json",
                             NULL);
    }
    ts_err_t err = load_page(self, path, &page, &why);
    if (err != TS_ERR_OK) {
        return fail_usage(self, err, &why, N_("name the file recovery.key or root.key"));
    }
    show_page(self, &page);
    ts_wipe(&page, sizeof page);
    return TS_CLI_GOOD;
}

/* ---- read */

/* Four lines from the person at the keyboard; one that is wrong is asked for again. */
static ts_err_t
type_lines(const ts_cli_t *self, ts_buf_t *out, ts_msg_t *ret_why)
{
    char line[TYPED_BYTES_MAX];
    bool asks = isatty(STDIN_FILENO) == 1;
    for (unsigned number = 1; number <= TS_PAPER_LINES;) {
        ts_msg_t why = {.id = NULL};
        if (asks) {
            (void)fprintf(self->out.err, "%u: ", number);
            (void)fflush(self->out.err);
        }
        if (fgets(line, sizeof line, stdin) == NULL) {
            ts_msg_set(ret_why, N_("Line {1} is missing"));
            ts_msg_arg_number(ret_why, number);
            return TS_ERR_INVALID;
        }
        size_t length = strcspn(line, "\r\n");
        line[length] = '\0';
        if (line[strspn(line, " \t")] == '\0') {
            continue;
        }
        ts_err_t err = ts_paper_check_line(number, line, &why);
        if (err == TS_ERR_OK) {
            line[length] = '\n';
            ts_buf_put(out, line, length + 1);
            number++;
        } else if (asks) {
            ts_say_line(self->out.err, "tiepsuc", &why);
        } else {
            ts_msg_move(ret_why, &why);
            return err;
        }
        ts_msg_free(&why);
    }
    ts_wipe(line, sizeof line);
    return TS_ERR_OK;
}

/* The public half of the typed key is that of the file. */
static ts_err_t
compare(const ts_cli_t *self, const ts_hash_t *public_key, ts_msg_t *ret_why)
{
    const char *path = ts_cli_get(self, "compare");
    ts_recovery_t known;
    ts_err_t err = path == NULL ? TS_ERR_OK : ts_recovery_load_public(path, &known, ret_why);
    if (path != NULL && err == TS_ERR_OK && !ts_hash_equal(&known.public_key, public_key)) {
        ts_msg_make(ret_why, N_("The page is right in itself but belongs to another key than {1}"),
                    path, NULL);
        err = TS_ERR_KEY;
    }
    return err;
}

static ts_err_t
keep_root(const uint8_t *seed, const char *path, char *id, ts_msg_t *ret_why)
{
    ts_hash_t public_key;
    ts_secret_t secret;
    ts_sign_keypair_from_seed(seed, &public_key, &secret);
    ts_recovery_id_text(&public_key, id);
    ts_keyfile_t *file = ts_keyfile_new(TS_KEYFILE_ROOT);
    ts_keyfile_put_sign(file, &secret);
    ts_keyfile_options_t options = {.random = ts_random_system()};
    ts_err_t err = ts_keyfile_save(file, path, &options, ret_why);
    ts_keyfile_destroy(&file);
    ts_secret_wipe(&secret);
    return err;
}

static ts_err_t
keep_recovery(
    const ts_cli_t *self, const uint8_t *secret, const char *path, char *id, ts_msg_t *ret_why)
{
    ts_recovery_t key;
    ts_recovery_of_secret(secret, &key);
    ts_recovery_id_text(&key.public_key, id);
    ts_err_t err = compare(self, &key.public_key, ret_why);
    if (err == TS_ERR_OK) {
        err = ts_recovery_save(&key, path, ret_why);
    }
    ts_recovery_wipe(&key);
    return err;
}

int
ts_cmd_recovery_read(ts_cli_t *self)
{
    const char *from = ts_cli_operand(self, "FILE");
    const char *to = ts_cli_get(self, "output");
    uint8_t secret[TS_PAPER_SECRET_BYTES];
    char id[TS_RECOVERY_ID_BYTES];
    ts_paper_kind_t kind = TS_PAPER_ROOT;
    ts_buf_t text = {.length = 0};
    ts_msg_t why = {.id = NULL};
    (void)ts_buf_extend(&text, TS_PAPER_TEXT_BYTES_MAX); /* no copies are left by growing */
    ts_buf_clear(&text);
    ts_err_t err = ts_crypto_init();
    if (err == TS_ERR_OK) {
        err = from == NULL ? type_lines(self, &text, &why)
                           : ts_file_read(from, TS_PAPER_TEXT_BYTES_MAX, &text, &why);
    }
    if (err == TS_ERR_OK) {
        err = ts_paper_read(ts_buf_bytes(&text), &kind, secret, &why);
    }
    if (err == TS_ERR_OK) {
        err = kind == TS_PAPER_ROOT ? keep_root(secret, to, id, &why)
                                    : keep_recovery(self, secret, to, id, &why);
    }
    ts_wipe(secret, sizeof secret);
    if (text.data != NULL) {
        ts_wipe(text.data, text.capacity);
    }
    ts_buf_free(&text);
    if (err != TS_ERR_OK) {
        return fail_usage(self, err, &why, N_("compare with the paper and type it again"));
    }
    ts_msg_make(&why,
                kind == TS_PAPER_ROOT
                    ? N_("The root key stands in {1}. Key id: {2}. Compare it with the page")
                    : N_("The recovery key stands in {1}. Key id: {2}. Compare it with the page"),
                to, id, NULL);
    return say(self, &why);
}

/* ---- make, kit */

int
ts_cmd_recovery_make(ts_cli_t *self)
{
    const char *dir = ts_cli_operand(self, "DIR");
    ts_msg_t why = {.id = NULL};
    ts_err_t err = ts_crypto_init();
    if (err == TS_ERR_OK) {
        err = ts_provision_recovery(dir, ts_clock_wall(NULL).ms / 1000, ts_random_system(), &why);
    }
    if (err != TS_ERR_OK) {
        return fail_usage(self, err, &why, N_("“tiepsuc help recovery make” explains it"));
    }
    ts_msg_make(&why,
                N_("The recovery key stands in {1}/keys/recovery.key. Print it (tiepsuc recovery "
                   "print), move the file to a stick that is locked away, and start the service "
                   "again"),
                dir, NULL);
    return say(self, &why);
}

int
ts_cmd_recovery_kit(ts_cli_t *self)
{
    ts_msg_t why = {.id = NULL};
    ts_kit_options_t options = {.data_dir = ts_cli_operand(self, "DIR"),
                                .gate_key = ts_cli_get(self, "gate-key"),
                                .path = ts_cli_get(self, "output"),
                                .random = ts_random_system()};
    ts_err_t err = ts_crypto_init();
    if (err == TS_ERR_OK) {
        err = ts_kit_write(&options, &why);
    }
    if (err != TS_ERR_OK) {
        return fail_usage(self, err, &why, N_("“tiepsuc help recovery kit” explains it"));
    }
    ts_msg_make(&why, N_("The kit stands in {1}. Only the recovery key opens it"), options.path,
                NULL);
    return say(self, &why);
}
