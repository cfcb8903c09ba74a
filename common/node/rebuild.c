/* SPDX-License-Identifier: MPL-2.0 */
#include "node/rebuild.h"

#include "base/i18n.h"
#include "crypto/hash.h"
#include "crypto/keyfile.h"
#include "node/backup_p.h"
#include "node/founding.h"
#include "node/kit.h"
#include "node/provision_conf.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NODE_KEY "node_key" /* name of keys/node.key in a kit */
#define DEPLOYMENT "deployment = "

/* Which deployment the node key in the kit belongs to, and a hash that names the kit. */
static ts_err_t
read_kit(const ts_keyfile_t *kit, ts_id16_t *ret_deployment, ts_hash_t *ret_hash)
{
    ts_bytes_t bytes;
    char text[2048];
    ts_err_t err = ts_keyfile_get_bytes(kit, NODE_KEY, &bytes);
    if (err != TS_ERR_OK || bytes.length == 0) {
        return TS_ERR_INVALID;
    }
    size_t length = bytes.length < sizeof text - 1 ? bytes.length : sizeof text - 1;
    memcpy(text, bytes.data, length);
    text[length] = '\0';
    const char *at = strstr(text, DEPLOYMENT);
    char hex[2 * TS_ID16_BYTES + 1] = "";
    if (at != NULL) {
        (void)snprintf(hex, sizeof hex, "%s", at + strlen(DEPLOYMENT));
    }
    memset(text, 0, sizeof text);
    *ret_hash = ts_hash_of(bytes.data, bytes.length);
    return ts_hex_parse(hex, ret_deployment->b, sizeof ret_deployment->b) == TS_ERR_OK
               ? TS_ERR_OK
               : TS_ERR_INVALID;
}

static ts_err_t
check_root(const ts_rebuild_options_t *options, const ts_id16_t *deployment, ts_msg_t *ret_why)
{
    if (options->root == NULL) {
        return TS_ERR_OK;
    }
    ts_id16_t of_root = ts_hash_deployment(options->root);
    if (ts_id16_equal(&of_root, deployment)) {
        return TS_ERR_OK;
    }
    ts_msg_make(ret_why, N_("The root key and {1} belong to two different deployments"),
                options->kit, NULL);
    return TS_ERR_FOREIGN;
}

/* What an interrupted unpacking left: copies of what the kit holds, in a folder that was empty
 * before.
 */
static ts_err_t
clear_folder(const char *path, const char *ending, ts_msg_t *ret_why)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return ts_disk_fail(path, ret_why);
    }
    ts_err_t err = TS_ERR_OK;
    const struct dirent *entry;
    while (err == TS_ERR_OK && (entry = readdir(folder)) != NULL) {
        size_t length = strlen(entry->d_name);
        size_t end = strlen(ending);
        char name[TS_DISK_PATH_BYTES];
        if (entry->d_name[0] == '.' || length < end ||
            strcmp(entry->d_name + length - end, ending) != 0) {
            continue;
        }
        err = ts_disk_path(name, path, entry->d_name, ret_why);
        if (err == TS_ERR_OK && unlink(name) != 0) {
            err = ts_disk_fail(name, ret_why);
        }
    }
    (void)closedir(folder);
    return err;
}

static ts_err_t
clear_leftovers(const char *dir, ts_msg_t *ret_why)
{
    char keys[TS_DISK_PATH_BYTES];
    ts_err_t err = ts_disk_path(keys, dir, "keys", ret_why);
    if (err == TS_ERR_OK) {
        err = clear_folder(keys, "", ret_why);
    }
    return err == TS_ERR_OK ? clear_folder(dir, ".conf", ret_why) : err;
}

/* Where the kit was made the services read their configuration from elsewhere: such as init writes.
 */
static ts_err_t
make_confs(const char *dir, ts_msg_t *ret_why)
{
    char path[TS_DISK_PATH_BYTES];
    char from[TS_DISK_PATH_BYTES];
    ts_keyfile_t *file = NULL;
    const char *endpoints = NULL;
    ts_msg_t unused = {0};
    ts_restore_old_folder(dir, from);
    ts_err_t err = ts_restore_move_confs(dir, from, ret_why);
    if (err == TS_ERR_OK) {
        err = ts_disk_path(path, dir, "keys/" TS_FOUNDING_FILE, ret_why);
    }
    if (err == TS_ERR_OK &&
        ts_keyfile_load(&file, path, TS_FOUNDING_KIND, NULL, &unused) == TS_ERR_OK &&
        ts_keyfile_get_text(file, "endpoints", &endpoints) == TS_ERR_OK) {
        err = ts_provision_conf_province(dir, endpoints, ret_why);
    }
    ts_keyfile_destroy(&file);
    ts_msg_free(&unused);
    return err;
}

/* crash point 32 begins here: what was interrupted before the last key is said again. */
static ts_err_t
lay_out(const ts_rebuild_options_t *options, const ts_keyfile_t *kit, ts_msg_t *ret_why)
{
    ts_id16_t deployment;
    ts_hash_t hash;
    ts_err_t err = read_kit(kit, &deployment, &hash);
    if (err != TS_ERR_OK) {
        ts_msg_make(ret_why, N_("{1} is no kit of a province"), options->kit, NULL);
        return err;
    }
    err = check_root(options, &deployment, ret_why);
    if (err == TS_ERR_OK) {
        err = ts_restore_take_folder(options->dir, &hash, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = ts_restore_make_folders(options->dir, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = ts_restore_renew(options->dir, options->vfs, &deployment, options->random, true,
                               ret_why);
    }
    if (err == TS_ERR_OK) {
        err = clear_leftovers(options->dir, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = ts_kit_unpack(kit, options->dir, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = make_confs(options->dir, ret_why);
    }
    if (err == TS_ERR_OK) {
        ts_restore_leave_folder(options->dir);
    }
    return err;
}

ts_err_t
ts_rebuild(const ts_rebuild_options_t *options, ts_msg_t *ret_why)
{
    ts_keyfile_t *kit = NULL;
    ts_err_t err = ts_kit_open(options->kit, options->recovery, &kit, ret_why);
    if (err == TS_ERR_OK) {
        err = lay_out(options, kit, ret_why);
    }
    ts_keyfile_destroy(&kit);
    return err;
}
