/* SPDX-License-Identifier: MPL-2.0 */
/* What goes onto a stick: a bundle, as the command line writes it, and a backup. */
#include "cli/carry.h"

#include "crash.h"
#include "node/backup.h"
#include "plain.h"
#include "support/node_carry.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TOKEN_BYTES = 32,
    NAME_BYTES = 200,
    COPY_LOOKS_MAX = 10000,
    TRIES_MAX = 3,
    AGAIN_MS = 121000
};

static bool
text_of(world_t *world, const char *table_name, const char *column, char *out, size_t bytes)
{
    const ts_table_t *table = ts_reply_table(&world->reply, table_name);
    size_t at = table == NULL ? SIZE_MAX : ts_table_column(table, column);
    if (at == SIZE_MAX) {
        return false;
    }
    (void)snprintf(out, bytes, "%s", ts_table_cell(table, 0, at)->text);
    return true;
}

static ts_err_t
say(lab_t *self, const char *command, const char *field, const char *value)
{
    return self->world->nodes[self->victim].node == NULL
               ? TS_ERR_IO
               : world_tell(self->world, self->victim, command, field, value, NULL);
}

static void
read_file(const char *path, ts_buf_t *out)
{
    struct stat facts;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(fstat(file, &facts), 0);
    size_t length = (size_t)facts.st_size;
    assert_int_equal(read(file, ts_buf_extend(out, length), length), length);
    assert_int_equal(close(file), 0);
}

/* ---- a bundle */

static ts_err_t
fetch_parts(lab_t *self, const char *token, ts_carry_out_t *out, ts_msg_t *why)
{
    ts_err_t err = TS_ERR_OK;
    for (bool last = false; err == TS_ERR_OK && !last;) {
        err = say(self, "bundle_part", "token", token);
        if (err == TS_ERR_OK) {
            last = world_number(self->world, "part", "last") != 0;
            err = ts_carry_out_write(out, ts_buf_bytes(&self->world->reply.blob), why);
        }
    }
    return err;
}

/* As the command line does it; what it would tell. */
static ts_err_t
write_bundle(lab_t *self)
{
    const ts_carry_os_t os = ts_carry_system();
    ts_carry_out_t *out = NULL;
    ts_msg_t why = {0};
    char to[16];
    char token[TOKEN_BYTES] = "";
    char name[NAME_BYTES] = "";
    (void)snprintf(to, sizeof to, "%u", (unsigned)self->world->nodes[self->district].office);
    ts_err_t err = say(self, "bundle_export", "to", to);
    if (err == TS_ERR_OK) {
        assert_true(text_of(self->world, "bundle", "token", token, sizeof token));
        assert_true(text_of(self->world, "bundle", "file", name, sizeof name));
        (void)snprintf(self->carried, sizeof self->carried, "%s/%s", self->drive, name);
        err = ts_carry_out_new(&out, &os, self->drive, name, 0, &why);
    }
    if (err == TS_ERR_OK) {
        err = fetch_parts(self, token, out, &why);
    }
    if (err == TS_ERR_OK) {
        err = ts_carry_out_finish(out, &why);
    }
    ts_carry_out_destroy(&out);
    ts_msg_free(&why);
    return err == TS_ERR_OK ? say(self, "bundle_written", "token", token) : err;
}

static void
work_bundle(lab_t *self)
{
    lab_start_without_link(self);
    lab_type(self, self->victim);
    lab_go(self);
    self->promised = write_bundle(self) == TS_ERR_OK;
    lab_type(self, self->victim);
}

/* What stands under the name of a bundle is whole: the district takes it in. */
static void
take_in(lab_t *self)
{
    ts_buf_t bytes = {0};
    read_file(self->carried, &bytes);
    ts_err_t err = world_take_in(self->world, self->district, ts_buf_bytes(&bytes), 1u << 20);
    if (err != TS_ERR_OK) {
        char *said = world_said(self->world);
        fail_msg("%s: %s: %s", self->carried, ts_err_name(err), said);
    }
    ts_buf_free(&bytes);
}

static void
bundle_again(lab_t *self)
{
    bool stands = self->carried[0] != '\0' && access(self->carried, F_OK) == 0;
    if (self->promised && !stands) {
        fail_msg("%s was written and is gone", self->carried);
    }
    if (stands) {
        take_in(self);
    }
    /* An office that was put back counts from where it was: the name may be taken. */
    ts_err_t err = TS_ERR_EXISTS;
    for (unsigned i = 0; err == TS_ERR_EXISTS && i < TRIES_MAX; i++) {
        assert_true(i == 0 || self->fault == CRASH_IMAGE);
        world_run(self->world, AGAIN_MS); /* one at a time */
        err = write_bundle(self);
    }
    assert_int_equal(err, TS_ERR_OK);
    plain_power_cut(TS_CUT_NOTHING, 0); /* the stick is pulled out */
    take_in(self);
}

const crash_hooks_t lab_bundle = {.work = work_bundle, .again = bundle_again};

/* ---- a backup */

/* The node's copy, as a plain file beside the stick. */
static ts_err_t
take_copy(lab_t *self, size_t node, ts_backup_options_t *options, int *ret_file)
{
    world_t *world = self->world;
    char path[1024] = "";
    char copy[1024];
    ts_buf_t bytes = {0};
    ts_err_t err = world_tell(world, node, "backup_begin", NULL);
    for (unsigned i = 0; err == TS_ERR_OK && world_number(world, "copy", "done") == 0; i++) {
        assert_true(i < COPY_LOOKS_MAX);
        world_run(world, 20);
        err = world->nodes[node].node == NULL ? TS_ERR_IO
                                              : world_tell(world, node, "backup_look", NULL);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    assert_true(text_of(world, "copy", "path", path, sizeof path));
    options->arrival = (uint64_t)world_number(world, "copy", "arrival");
    options->store = ts_custody_store_id(world->nodes[node].node->custody);
    assert_true(ts_faultvfs_get(world->nodes[node].vfs, path, &bytes));
    (void)snprintf(copy, sizeof copy, "%s/copy.sqlite", world->folder);
    int file = open(copy, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes.data, bytes.length), bytes.length);
    ts_buf_free(&bytes);
    *ret_file = file;
    return world_tell(world, node, "backup_release", NULL);
}

ts_err_t
lab_back_up(lab_t *self, size_t node, const char *path)
{
    world_t *world = self->world;
    ts_msg_t why = {0};
    ts_backup_facts_t facts = {.office = 0};
    ts_backup_options_t options = {.data_dir = world->nodes[node].folder,
                                   .path = path,
                                   .copy = -1,
                                   .now_s = (world->wall_ms + world->now_ms) / 1000,
                                   .software = "world",
                                   .random = world->nodes[node].random};
    if (world->nodes[node].node == NULL) {
        return TS_ERR_IO;
    }
    ts_err_t err = take_copy(self, node, &options, &options.copy);
    if (err == TS_ERR_OK) {
        err = ts_backup_make(&options, &facts, &why);
    }
    if (options.copy >= 0) {
        assert_int_equal(close(options.copy), 0);
    }
    ts_msg_free(&why);
    if (err == TS_ERR_OK && world->nodes[node].node != NULL) {
        char arrival[24];
        (void)snprintf(arrival, sizeof arrival, "%llu", (unsigned long long)options.arrival);
        (void)world_tell(world, node, "backup_note", "arrival", arrival, NULL);
    }
    return err;
}

static void
work_backup(lab_t *self)
{
    lab_start_without_link(self);
    (void)snprintf(self->carried, sizeof self->carried, "%s/huyen.backup", self->drive);
    lab_go(self);
    self->promised = lab_back_up(self, self->victim, self->carried) == TS_ERR_OK;
    world_run(self->world, 1000);
}

static void
check_backup(const lab_t *self)
{
    ts_msg_t why = {0};
    ts_backup_facts_t facts = {.office = 0};
    ts_backup_source_t source = {.path = self->carried, .work_dir = self->world->folder};
    ts_err_t err = ts_backup_check(&source, &facts, &why);
    if (err != TS_ERR_OK) {
        char *text = ts_msg_fill(&why, why.id == NULL ? ts_err_name(err) : why.id);
        fail_msg("%s", text);
    }
    assert_int_equal(facts.office, self->world->nodes[self->victim].office);
    assert_true(facts.segments > 0);
}

static void
backup_again(lab_t *self)
{
    bool stands = access(self->carried, F_OK) == 0;
    if (self->promised && !stands) {
        fail_msg("%s was written and is gone", self->carried);
    }
    if (stands) {
        check_backup(self);
        assert_int_equal(lab_back_up(self, self->victim, self->carried), TS_ERR_EXISTS);
    } else {
        world_run(self->world, AGAIN_MS);
        assert_int_equal(lab_back_up(self, self->victim, self->carried), TS_ERR_OK);
    }
    plain_power_cut(TS_CUT_NOTHING, 0); /* the stick is pulled out */
    check_backup(self);
}

const crash_hooks_t lab_backup = {.work = work_backup, .again = backup_again};
