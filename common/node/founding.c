/* SPDX-License-Identifier: MPL-2.0 */
/* The province's own unit, body and office in the registry, written once at its first start from
 * what `init` left in keys/founding.key; at other offices the same file says what their own unit is
 * called until the registry comes. */
#include "node/founding.h"

#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/envelope.h"
#include "core/kind.h"
#include "crypto/keyfile.h"
#include "node/records.h"
#include "wire/schema.h"

#include <stdio.h>
#include <string.h>

#define PATH_BYTES 4096
#define AUTHOR 1u

static const char *
text_of(const ts_keyfile_t *file, const char *name)
{
    const char *text = NULL;
    return ts_keyfile_get_text(file, name, &text) == TS_ERR_OK ? text : "";
}

static ts_err_t
load(const ts_node_t *node, ts_keyfile_t **ret_file)
{
    char path[PATH_BYTES];
    ts_msg_t why = {0};
    int length = snprintf(path, sizeof path, "%s/keys/" TS_FOUNDING_FILE, node->data_dir);
    ts_err_t err = length > 0 && (size_t)length < sizeof path
                       ? ts_keyfile_load(ret_file, path, TS_FOUNDING_KIND, NULL, &why)
                       : TS_ERR_TOOBIG;
    ts_msg_free(&why);
    return err;
}

const char *
ts_founding_unit_code(const ts_node_t *node)
{
    ts_commands_t *commands = node->commands;
    if (commands->unit_code == NULL) {
        ts_keyfile_t *file = NULL;
        if (load(node, &file) == TS_ERR_OK) {
            commands->unit_code = ts_xstrdup(text_of(file, "unit_code"));
            ts_keyfile_destroy(&file);
        } else {
            commands->unit_code = ts_xstrdup("");
        }
    }
    return commands->unit_code;
}

/* ---- the records */

static ts_err_t
set_text(ts_record_t *record, const char *field, const char *text, ts_err_t err)
{
    return err == TS_ERR_OK ? ts_record_set_string(record, field, text) : err;
}

static ts_err_t
set_number(ts_record_t *record, const char *field, uint64_t number, ts_err_t err)
{
    return err == TS_ERR_OK ? ts_record_set_number(record, field, (int64_t)number) : err;
}

static ts_err_t
set_key(ts_record_t *record, const char *field, const ts_hash_t *key, ts_err_t err)
{
    if (err != TS_ERR_OK || ts_hash_is_zero(key)) {
        return err;
    }
    return ts_record_set_bytes(record, field, (ts_bytes_t){key->b, TS_HASH_BYTES});
}

static ts_err_t
fill_unit(ts_node_t *node, const ts_keyfile_t *file, ts_record_t *record)
{
    (void)node;
    uint64_t level = TS_LEVEL_PROVINCE;
    ts_err_t err = set_text(record, "code", text_of(file, "unit_code"), TS_ERR_OK);
    err = set_text(record, "name", text_of(file, "unit_name"), err);
    return set_number(record, "level", level, err);
}

static ts_err_t
fill_body(ts_node_t *node, const ts_keyfile_t *file, ts_record_t *record)
{
    ts_err_t err = set_text(record, "code", text_of(file, "body_code"), TS_ERR_OK);
    err = set_text(record, "name", text_of(file, "body_name"), err);
    err = set_number(record, "level", TS_LEVEL_PROVINCE, err);
    return set_number(record, "unit_id", node->identity.unit, err);
}

static ts_err_t
fill_office(ts_node_t *node, const ts_keyfile_t *file, ts_record_t *record)
{
    const ts_identity_t *identity = &node->identity;
    ts_hash_t gate = {{0}};
    ts_err_t err = ts_keyfile_get(file, "gate_curve_key", &gate, TS_HASH_BYTES);
    err = err == TS_ERR_NOTFOUND ? TS_ERR_OK : err; /* zero when there is no gate */
    err = set_number(record, "number", identity->keys.office, err);
    err = set_text(record, "name", identity->name, err);
    err = set_number(record, "role", (uint64_t)identity->role, err);
    err = set_number(record, "unit_id", identity->unit, err);
    err = set_number(record, "body_id", identity->body, err);
    err = set_key(record, "invite_key", &identity->chain.invite_key, err);
    err = set_key(record, "invite_curve_key", &identity->chain.invite_curve_key, err);
    err = set_text(record, "endpoints", text_of(file, "endpoints"), err);
    err = set_key(record, "gate_curve_key", &gate, err);
    err = set_key(record, "node_key", &identity->keys.sign_public, err);
    return set_key(record, "node_curve_key", &identity->keys.curve_public, err);
}

typedef struct part {
    uint32_t kind;
    ts_err_t (*fill)(ts_node_t *node, const ts_keyfile_t *file, ts_record_t *record);
    const char *key; /* value that names the row in the plan's tables, so that loading them revises
                        these records; NULL = none */
} part_t;

static ts_record_id_t
id_of(ts_node_t *node, uint32_t kind)
{
    if (kind == TS_KIND_UNIT) {
        return node->identity.unit;
    }
    return kind == TS_KIND_BODY ? node->identity.body : ts_node_mint_record(node);
}

static ts_err_t
encode_part(ts_node_t *node, const ts_keyfile_t *file, const part_t *part, ts_buf_t *out)
{
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), part->kind);
    char row_key[256];
    const char *key = part->key == NULL ? "" : text_of(file, part->key);
    (void)snprintf(row_key, sizeof row_key,
                   part->kind == TS_KIND_UNIT ? "plan/units/%s" : "plan/bodies/%s", key);
    ts_record_t *record = ts_record_new(kind);
    ts_event_header_t header = {.kind = part->kind,
                                .must_understand = true,
                                .record = id_of(node, part->kind),
                                .claimed_s = (uint64_t)(node->wall.ms / 1000),
                                .author = AUTHOR,
                                .author_role = TS_ROLE_OPERATOR,
                                .row_key = part->key == NULL ? NULL : row_key};
    ts_msg_t why = {0};
    ts_err_t err = part->fill(node, file, record);
    if (err == TS_ERR_OK) {
        err = ts_event_encode(&header, kind, ts_record_body(record), out, &why);
    }
    ts_msg_free(&why);
    ts_record_destroy(&record);
    return err;
}

static ts_err_t
write_parts(ts_node_t *node, const ts_keyfile_t *file)
{
    static const part_t parts[] = {
        {TS_KIND_UNIT, fill_unit, "unit_code"},
        {TS_KIND_BODY, fill_body, "body_code"},
        {TS_KIND_OFFICE, fill_office, NULL},
    };
    ts_buf_t bytes[3] = {{0}};
    ts_new_event_t events[3];
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < 3; i++) {
        err = encode_part(node, file, &parts[i], &bytes[i]);
        events[i] =
            (ts_new_event_t){.purpose = TS_PURPOSE_REGISTRY, .bytes = ts_buf_bytes(&bytes[i])};
    }
    if (err == TS_ERR_OK) {
        err = ts_logs_write(node, events, 3);
    }
    for (size_t i = 0; i < 3; i++) {
        ts_buf_free(&bytes[i]);
    }
    return err;
}

ts_err_t
ts_founding_write(ts_node_t *node)
{
    ts_keyfile_t *file = NULL;
    /* After a rebuild its registry comes back from the offices: written anew it would stand twice.
     */
    if (!node->identity.is_registrar || node->regain != 0 ||
        ts_catalog_office(ts_node_catalog(node), node->identity.keys.office) != NULL) {
        return TS_ERR_OK;
    }
    ts_err_t err = load(node, &file);
    if (err == TS_ERR_NOTFOUND) {
        return TS_ERR_OK; /* a registrar without founding: its registry comes from elsewhere */
    }
    if (err == TS_ERR_OK) {
        err = write_parts(node, file);
    }
    ts_keyfile_destroy(&file);
    if (err == TS_ERR_OK) {
        ts_node_note(node, TS_NOTE_INFO, "founded", "office=%u",
                     (unsigned)node->identity.keys.office);
        err = ts_fold_event_now(node->fold);
        err = err == TS_ERR_FULL ? TS_ERR_OK : err;
    }
    return err;
}
