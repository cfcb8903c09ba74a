/* SPDX-License-Identifier: MPL-2.0 */
/* A machine that is laid out anew, from a backup or from the kit of keys and its children; and keys
 * that are replaced. */
#include "core/kind.h"
#include "crash.h"
#include "crypto/recovery.h"
#include "node/backup.h"
#include "node/rebuild.h"
#include "node/rotation.h"
#include "plain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 1024, HEARS_MS = 5000 };

#define NEW_GATE_KEY "abababababababababababababababababababababababababababababababab"

/* ---- what a cell puts aside */

static void
run_shell(const char *form, const char *a, const char *b)
{
    char command[4 * PATH_BYTES];
    (void)snprintf(command, sizeof command, "%s '%s' '%s'", form, a, b);
    assert_int_equal(system(command), 0);
}

static void
take_folder_away(const char *path)
{
    if (rmdir(path) != 0 && errno != ENOENT) {
        run_shell("rm -rf", path, path);
    }
}

/* The folder gets another name until the cell is over. */
static void
put_aside(lab_t *self, const char *path)
{
    (void)snprintf(self->in_place, sizeof self->in_place, "%s", path);
    (void)snprintf(self->aside, sizeof self->aside, "%s.aside", path);
    assert_int_equal(rename(self->in_place, self->aside), 0);
}

void
lab_put_back(lab_t *self)
{
    if (self->aside[0] != '\0') {
        take_folder_away(self->in_place);
        assert_int_equal(rename(self->aside, self->in_place), 0);
        self->aside[0] = '\0';
    }
    take_folder_away(self->drive);
    assert_int_equal(mkdir(self->drive, 0700), 0);
}

/* Copies of the keys stand in their place. */
static void
copy_keys(lab_t *self)
{
    run_shell("cp -pr", self->aside, self->in_place);
}

static void
put_keys_aside(lab_t *self)
{
    char keys[PATH_BYTES / 2];
    (void)snprintf(keys, sizeof keys, "%s/keys", self->world->nodes[self->victim].folder);
    put_aside(self, keys);
    copy_keys(self);
}

void
lab_old_keys(lab_t *self)
{
    if (self->aside[0] != '\0') {
        take_folder_away(self->in_place);
        copy_keys(self);
    }
}

/* ---- a disk that is gone */

static void
lose_disk(lab_t *self)
{
    const world_node_t *node = &self->world->nodes[self->victim];
    world_kill(self->world, self->victim, TS_CUT_NOTHING);
    put_aside(self, node->folder);
    assert_true(remove(node->witness) == 0 || errno == ENOENT);
}

static bool
is_laid_out(const lab_t *self)
{
    char key[PATH_BYTES];
    (void)snprintf(key, sizeof key, "%s/keys/node.key", self->world->nodes[self->victim].folder);
    return access(key, F_OK) == 0;
}

/* Without bytes of its own: the stores are no files. */
static void
make_ballast(const lab_t *self)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/ballast", self->world->nodes[self->victim].folder);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, (off_t)TS_BALLAST_BYTES), 0);
    assert_int_equal(close(file), 0);
}

static ts_err_t
restore(lab_t *self, ts_msg_t *why)
{
    const world_node_t *node = &self->world->nodes[self->victim];
    ts_backup_facts_t facts = {.office = 0};
    ts_restore_options_t options = {
        .source = {.path = self->carried, .work_dir = self->world->folder},
        .dir = node->folder,
        .vfs = node->vfs_name,
        .random = node->random};
    return ts_restore(&options, &facts, why);
}

/* Kit and recovery key are kept elsewhere: they outlive the disk. */
static ts_err_t
rebuild(lab_t *self, ts_msg_t *why)
{
    const world_node_t *node = &self->world->nodes[self->victim];
    ts_recovery_t recovery = {.has_secret = false};
    char kit[PATH_BYTES];
    char key[PATH_BYTES];
    (void)snprintf(kit, sizeof kit, "%s/keys/recovery.kit", self->aside);
    (void)snprintf(key, sizeof key, "%s/keys/recovery.key", self->aside);
    assert_int_equal(ts_recovery_load(key, &recovery, why), TS_ERR_OK);
    ts_rebuild_options_t options = {.dir = node->folder,
                                    .kit = kit,
                                    .recovery = &recovery,
                                    .root = &self->root,
                                    .vfs = node->vfs_name,
                                    .random = node->random};
    ts_err_t err = ts_rebuild(&options, why);
    ts_recovery_wipe(&recovery);
    return err;
}

static ts_err_t
lay_out(lab_t *self, ts_msg_t *why)
{
    return self->point->work == WORK_RESTORE ? restore(self, why) : rebuild(self, why);
}

/* And starts, when that went well. */
static void
lay_out_and_start(lab_t *self)
{
    ts_msg_t why = {0};
    lab_go(self);
    self->promised = lay_out(self, &why) == TS_ERR_OK;
    ts_msg_free(&why);
    if (self->promised) {
        make_ballast(self);
        lab_open_victim(self);
    }
    world_run(self->world, 20000);
}

static void
work_restore(lab_t *self)
{
    lab_start_without_link(self);
    lab_type(self, self->victim);
    (void)snprintf(self->carried, sizeof self->carried, "%s/xa.backup", self->drive);
    assert_int_equal(lab_back_up(self, self->victim, self->carried), TS_ERR_OK);
    lose_disk(self);
    lay_out_and_start(self);
}

static void
work_rebuild(lab_t *self)
{
    lab_start_without_link(self);
    lose_disk(self);
    lay_out_and_start(self);
}

/* Where an identity stands, all stands; where none does, it is said again. */
static void
lay_out_again(lab_t *self)
{
    ts_msg_t why = {0};
    if (self->promised && !is_laid_out(self)) {
        fail_msg("it was laid out and its identity is gone");
    }
    if (!is_laid_out(self)) {
        ts_err_t err = lay_out(self, &why);
        if (err != TS_ERR_OK) {
            char *text = ts_msg_fill(&why, why.id == NULL ? ts_err_name(err) : why.id);
            fail_msg("%s", text);
        }
        plain_power_cut(TS_CUT_NOTHING, 0);
        assert_true(is_laid_out(self));
        make_ballast(self);
    }
    ts_msg_free(&why);
}

const crash_hooks_t lab_restore = {
    .work = work_restore, .before_start = lay_out_again, .is_renewed = true};

/* All offices were heard; nothing is awaited any more. */
static void
judge_rebuilt(lab_t *self)
{
    world_do(self->world, self->victim, "rebuild_status", NULL);
    assert_int_equal(world_number(self->world, "regain_total", "complete"), 1);
    world_do(self->world, self->victim, "rebuild_finish", NULL);
}

const crash_hooks_t lab_rebuild = {.work = work_rebuild,
                                   .before_start = lay_out_again,
                                   .judge = judge_rebuilt,
                                   .is_renewed = true};

/* ---- the registrar's key */

void
lab_learn_root(lab_t *self)
{
    char path[PATH_BYTES];
    ts_msg_t why = {0};
    (void)snprintf(self->drive, sizeof self->drive, "%s/stick", self->world->folder);
    (void)snprintf(path, sizeof path, "%s/keys/root.key", self->world->nodes[0].folder);
    assert_int_equal(ts_root_load(path, NULL, &self->root, &self->secret, &why), TS_ERR_OK);
}

static ts_err_t
rotate(lab_t *self, uint32_t serial)
{
    ts_random_seeded_t seeded;
    ts_command_t command;
    ts_command_init(&command, "rotate_registrar");
    ts_rotation_offer(&self->root, &self->secret, serial,
                      ts_random_from_seed(&seeded, ts_prng_next(&self->world->prng)),
                      &command.blob);
    return world_tell_command(self->world, self->victim, &command);
}

static uint32_t
known_at(const lab_t *self, size_t node)
{
    return ts_catalog_registrar(ts_fold_catalog(self->world->nodes[node].node->fold));
}

static uint32_t
serial_of(const lab_t *self)
{
    return self->world->nodes[self->victim].node->identity.chain.registrar_serial;
}

static void
work_rotate(lab_t *self)
{
    put_keys_aside(self);
    lab_start_without_link(self);
    lab_go(self);
    self->promised = rotate(self, 2) == TS_ERR_OK;
    world_run(self->world, 1000);
}

/* As the command line: the number after the newest that is known. */
static void
rotate_again(lab_t *self)
{
    bool back = self->fault == CRASH_IMAGE && self->armed.kind == TS_FAULT_NONE;
    world_run(self->world, HEARS_MS);
    uint32_t known = known_at(self, self->victim);
    uint32_t serial = serial_of(self);
    if (self->promised && !back) {
        assert_int_equal(serial, 2);
    }
    if (serial >= 2) {
        assert_int_equal(rotate(self, serial), TS_ERR_LIMIT);
    } else {
        ts_err_t err = rotate(self, (known > serial ? known : serial) + 1);
        if (err != TS_ERR_OK) {
            char *said = world_said(self->world);
            fail_msg("rotation said again: %s: %s", ts_err_name(err), said);
        }
    }
    plain_power_cut(TS_CUT_NOTHING, 0);
}

/* Only the registry can hold it. */
static void
judge_rotated(lab_t *self)
{
    world_t *world = self->world;
    uint32_t serial = serial_of(self);
    world_stop(world, self->victim);
    assert_true(world_start(world, self->victim));
    assert_int_equal(serial_of(self), serial);
    world_do(world, self->victim, "add", "kind", "body", "code", "moi", "name", "moi", "level",
             "commune", "unit", "901", NULL);
    world_settle(world);
    assert_true(serial >= 2);
    for (size_t i = 0; i < self->fresh; i++) {
        assert_int_equal(known_at(self, i), serial);
        assert_non_null(ts_catalog_body_coded(ts_fold_catalog(world->nodes[i].node->fold), "moi"));
        assert_int_equal(world_parked(world, i, TS_PARK_CUT_OFF), 0);
    }
}

const crash_hooks_t lab_rotate = {
    .work = work_rotate, .again = rotate_again, .judge = judge_rotated, .more_logs = 1};

/* ---- the key of a gate */

static ts_err_t
tell_gate(lab_t *self)
{
    char office[16];
    (void)snprintf(office, sizeof office, "%u",
                   (unsigned)self->world->nodes[self->district].office);
    return world_tell(self->world, self->victim, "rotate_gate", "office", office, "gate_key",
                      NEW_GATE_KEY, "endpoint", self->world->nodes[self->district].endpoint, NULL);
}

static bool
has_new_gate(const lab_t *self, size_t node)
{
    const ts_office_t *office =
        ts_catalog_office(ts_fold_catalog(self->world->nodes[node].node->fold),
                          self->world->nodes[self->district].office);
    return office != NULL && office->gate_curve_key.b[0] == 0xab;
}

static void
work_regate(lab_t *self)
{
    lab_start_without_link(self);
    lab_go(self);
    self->promised = tell_gate(self) == TS_ERR_OK;
    world_run(self->world, 1000);
}

static void
regate_again(lab_t *self)
{
    bool back = self->fault == CRASH_IMAGE && self->armed.kind == TS_FAULT_NONE;
    if (self->promised && !back) {
        assert_true(has_new_gate(self, self->victim));
    }
    if (!has_new_gate(self, self->victim)) {
        assert_int_equal(tell_gate(self), TS_ERR_OK);
    }
}

static void
judge_gate(lab_t *self)
{
    for (size_t i = 0; i < self->fresh; i++) {
        assert_true(has_new_gate(self, i));
    }
}

const crash_hooks_t lab_regate = {.work = work_regate, .again = regate_again, .judge = judge_gate};
