/* SPDX-License-Identifier: MPL-2.0 */
#include "support/command_world.h"

#include "base/check.h"
#include "base/xalloc.h"
#include "crypto/crypto.h"
#include "node/provision.h"
#include "support/tempdir.h"
#include "wire/control_wire.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TURNS_MAX 200000

struct command_world {
    char *folder;
    ts_node_t *node;
    ts_random_seeded_t seeded;
    ts_mono_t now;
    ts_utc_t wall;
    ts_reply_t reply;
    bool done;
    size_t progress;
    size_t feed_rows; /* told to those that watch */
    size_t ended;     /* earlier streams that were ended */
    uint64_t request;
};

static void
on_send(void *ctx, uint64_t session, ts_bytes_t frame)
{
    (void)ctx;
    (void)session;
    (void)frame;
}

static void
on_confirm(void *ctx, uint64_t session, size_t bytes)
{
    (void)ctx;
    (void)session;
    (void)bytes;
}

static void
on_drop(void *ctx, uint64_t session, ts_err_t reason)
{
    (void)ctx;
    (void)session;
    (void)reason;
}

static void
on_uplink_open(void *ctx, const ts_node_uplink_t *uplink)
{
    (void)ctx;
    (void)uplink;
}

static void
on_uplink_close(void *ctx)
{
    (void)ctx;
}

static void
on_admit(void *ctx, const ts_admitted_t *rows, size_t count)
{
    (void)ctx;
    (void)rows;
    (void)count;
}

static void
on_doorbell(void *ctx, const char *topic, ts_bytes_t frame)
{
    (void)ctx;
    (void)topic;
    (void)frame;
}

static void
on_note(void *ctx, ts_note_level_t level, const char *event, const char *details)
{
    (void)ctx;
    (void)level;
    (void)event;
    (void)details;
}

static void
on_reply(void *ctx, uint64_t client, const ts_reply_t *reply)
{
    command_world_t *self = ctx;
    ts_buf_t frame = {0};
    (void)client;
    const ts_table_t *feed = ts_reply_table(reply, "feed");
    if (feed != NULL) {
        self->feed_rows += ts_table_rows(feed);
        return;
    }
    if (reply->request < self->request && reply->done && reply->code == TS_ERR_BUSY) {
        self->ended++;
        return;
    }
    TS_CHECK(reply->request == self->request);
    if (!reply->done && (reply->progress > 0 || reply->progress_total > 0)) {
        self->progress++;
        return;
    }
    ts_err_t err = ts_reply_encode(reply, &frame);
    TS_CHECK(err == TS_ERR_OK);
    ts_reply_free(&self->reply);
    err = ts_reply_decode(ts_buf_bytes(&frame), &self->reply);
    TS_CHECK(err == TS_ERR_OK);
    ts_buf_free(&frame);
    self->done = true;
}

static void
remove_tree(const char *folder)
{
    DIR *open = opendir(folder);
    if (open == NULL) {
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(open)) != NULL) {
        char path[4096];
        struct stat about;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (lstat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
            remove_tree(path);
        } else {
            (void)unlink(path);
        }
    }
    (void)closedir(open);
    (void)rmdir(folder);
}

static void
open_node(command_world_t *self, bool create)
{
    char witness[4200];
    ts_msg_t why = {0};
    (void)snprintf(witness, sizeof witness, "%s.witness", self->folder);
    ts_node_options_t options = {.data_dir = self->folder,
                                 .witness_path = witness,
                                 .software = "test",
                                 .random = {.fill = NULL},
                                 .out = {.ctx = self,
                                         .send = on_send,
                                         .confirm = on_confirm,
                                         .drop = on_drop,
                                         .uplink_open = on_uplink_open,
                                         .uplink_close = on_uplink_close,
                                         .admit = on_admit,
                                         .reply = on_reply,
                                         .doorbell = on_doorbell,
                                         .note = on_note},
                                 .now = self->now,
                                 .wall = self->wall,
                                 .create = create};
    options.random = ts_random_from_seed(&self->seeded, 42 + self->request);
    ts_err_t err = ts_node_open(&self->node, &options, &why);
    if (err != TS_ERR_OK) {
        (void)fprintf(stderr, "open: %s: %s\n", ts_err_name(err), why.id == NULL ? "" : why.id);
    }
    TS_CHECK(err == TS_ERR_OK);
}

static command_world_t *
world_new(void)
{
    static unsigned count;
    command_world_t *self = ts_xcalloc(1, sizeof *self);
    char folder[256];
    TS_CHECK(ts_crypto_init() == TS_ERR_OK);
    (void)snprintf(folder, sizeof folder, "%s/tiepsuc-command-%ld-%u", ts_tempdir_base(),
                   (long)getpid(), count++);
    self->folder = ts_xstrdup(folder);
    self->now.ms = 1000;
    command_world_set_day(self, "2020-01-05");
    return self;
}

command_world_t *
command_world_new(void)
{
    command_world_t *self = world_new();
    ts_msg_t why = {0};
    ts_provision_init_t init = {.dir = self->folder,
                                .name = "Sở LĐTBXH Hà Nội",
                                .unit_code = "01",
                                .unit_name = "Thành phố Hà Nội",
                                .body_code = "hn-soldtbxh",
                                .body_name = "Sở Lao động - Thương binh và Xã hội",
                                .endpoints = "tcp://127.0.0.1:7500",
                                .random = ts_random_from_seed(&self->seeded, 7)};
    ts_err_t err = ts_provision_init(&init, &why);
    TS_CHECK(err == TS_ERR_OK);
    open_node(self, true);
    return self;
}

command_world_t *
command_world_join(ts_bytes_t invite)
{
    command_world_t *self = world_new();
    char path[300];
    ts_msg_t why = {0};
    (void)snprintf(path, sizeof path, "%s.invite", self->folder);
    FILE *file = fopen(path, "wb");
    TS_CHECK(file != NULL);
    TS_CHECK(fwrite(invite.data, 1, invite.length, file) == invite.length);
    TS_CHECK(fclose(file) == 0);
    ts_provision_join_t join = {
        .invite = path, .dir = self->folder, .random = ts_random_from_seed(&self->seeded, 8)};
    ts_err_t err = ts_provision_join(&join, &why);
    (void)unlink(path);
    if (err != TS_ERR_OK) {
        (void)fprintf(stderr, "join: %s: %s\n", ts_err_name(err), why.id == NULL ? "" : why.id);
    }
    TS_CHECK(err == TS_ERR_OK);
    open_node(self, true);
    return self;
}

void
command_world_reopen(command_world_t *self)
{
    ts_node_close(&self->node);
    self->request++;
    open_node(self, false);
}

void
command_world_destroy(command_world_t **self_p)
{
    command_world_t *self = *self_p;
    char witness[4200];
    ts_node_close(&self->node);
    ts_reply_free(&self->reply);
    (void)snprintf(witness, sizeof witness, "%s.witness", self->folder);
    remove_tree(witness);
    (void)unlink(witness);
    remove_tree(self->folder);
    ts_xfree(self->folder);
    ts_xfree(self);
    *self_p = NULL;
}

ts_node_t *
command_world_node(command_world_t *self)
{
    return self->node;
}

const char *
command_world_folder(const command_world_t *self)
{
    return self->folder;
}

void
command_world_set_day(command_world_t *self, const char *iso)
{
    ts_date_t date;
    TS_CHECK(ts_date_parse_iso(iso, &date) == TS_ERR_OK);
    self->wall.ms = ts_vietnam_midnight(date).ms + 9 * 3600 * 1000;
}

const ts_reply_t *
command_run_built(command_world_t *self, ts_command_t *command)
{
    ts_turn_t turn = {0};
    ts_msg_t why = {0};
    self->done = false;
    self->progress = 0;
    command->request = ++self->request;
    ts_node_command(self->node, 1, command);
    for (int i = 0; !self->done && i < TURNS_MAX; i++) {
        self->now.ms += 1;
        self->wall.ms += 1;
        ts_err_t err = ts_node_turn(self->node, self->now, self->wall, &turn, &why);
        if (err != TS_ERR_OK) {
            (void)fprintf(stderr, "turn: %s: %s\n", ts_err_name(err), why.id == NULL ? "" : why.id);
        }
        TS_CHECK(err == TS_ERR_OK);
    }
    TS_CHECK(self->done);
    return &self->reply;
}

const ts_reply_t *
command_run(command_world_t *self, uint32_t account, const char *name, ...)
{
    ts_command_t command;
    va_list fields;
    const char *field;
    ts_command_init(&command, name);
    command.account = account;
    va_start(fields, name);
    while ((field = va_arg(fields, const char *)) != NULL) {
        const char *equals = strchr(field, '=');
        TS_CHECK(equals != NULL);
        char *key = ts_xstrndup(field, (size_t)(equals - field));
        ts_command_add(&command, key, equals + 1);
        ts_xfree(key);
    }
    va_end(fields);
    return command_run_built(self, &command);
}

size_t
command_progress_count(const command_world_t *self)
{
    return self->progress;
}

size_t
command_ended_count(const command_world_t *self)
{
    return self->ended;
}

size_t
command_feed_rows(const command_world_t *self)
{
    return self->feed_rows;
}

void
command_read_file(const char *path, ts_buf_t *out)
{
    FILE *file = fopen(path, "rb");
    uint8_t block[4096];
    size_t got;
    if (file == NULL) {
        (void)fprintf(stderr, "no file %s\n", path);
    }
    TS_CHECK(file != NULL);
    while ((got = fread(block, 1, sizeof block, file)) > 0) {
        ts_buf_put(out, block, got);
    }
    (void)fclose(file);
}

void
command_add_plan(ts_command_t *command, const char *plan)
{
    static const char *const names[] = {"units",      "bodies",    "plan",    "scope",  "lines",
                                        "bands",      "duties",    "periods", "budget", "targets",
                                        "activities", "needscale", "notes"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[512];
        char name[64];
        ts_buf_t data = {0};
        (void)snprintf(path, sizeof path, "%s/deploy/plans/%s/%s.csv", TS_TEST_SOURCE_DIR, plan,
                       names[i]);
        (void)snprintf(name, sizeof name, "%s.csv", names[i]);
        command_read_file(path, &data);
        ts_command_add_file(command, name, ts_buf_bytes(&data));
        ts_buf_free(&data);
    }
}

void
command_load_plan(command_world_t *self, const char *plan)
{
    ts_command_t command;
    ts_command_init(&command, "plan_load");
    command.account = 1;
    command_add_plan(&command, plan);
    const ts_reply_t *reply = command_run_built(self, &command);
    if (reply->code != TS_ERR_OK) {
        command_print(reply);
    }
    TS_CHECK(reply->code == TS_ERR_OK);
}

const char *
command_cell(const ts_reply_t *reply, const char *table_name, size_t row, const char *column)
{
    static char text[2][256];
    static unsigned turn;
    const ts_table_t *table = ts_reply_table(reply, table_name);
    size_t at = table == NULL ? SIZE_MAX : ts_table_column(table, column);
    char *out = text[turn++ % 2];
    out[0] = '\0';
    if (at == SIZE_MAX || row >= ts_table_rows(table)) {
        return out;
    }
    const ts_cell_t *cell = ts_table_cell(table, row, at);
    if (cell->kind == TS_CELL_TEXT) {
        (void)snprintf(out, sizeof text[0], "%s", cell->text);
    } else if (cell->kind == TS_CELL_NUMBER) {
        (void)snprintf(out, sizeof text[0], "%" PRId64, cell->number);
    } else if (cell->kind == TS_CELL_SAY) {
        (void)snprintf(out, sizeof text[0], "%s", cell->say->id);
    }
    return out;
}

int64_t
command_number(const ts_reply_t *reply, const char *table, size_t row, const char *column)
{
    return strtoll(command_cell(reply, table, row, column), NULL, 10);
}

const char *
command_saved(const ts_reply_t *reply, char out[TS_CODE_BYTES_MAX])
{
    if (reply->code != TS_ERR_OK) {
        command_print(reply);
    }
    TS_CHECK(reply->code == TS_ERR_OK);
    ts_record_code_format((ts_record_id_t)command_number(reply, "saved", 0, "record"), out,
                          TS_CODE_BYTES_MAX);
    return out;
}

void
command_world_fund(command_world_t *self, char fund[TS_CODE_BYTES_MAX])
{
    char donor[TS_CODE_BYTES_MAX];
    command_load_plan(self, "ha-noi-588");
    command_saved(command_run(self, 1, "add", "kind=fund", "code=quy-1", "name=Quỹ giả định",
                              "holder_body=hn-soldtbxh", NULL),
                  fund);
    command_saved(
        command_run(self, 1, "add", "kind=donor", "name=" TS_WORLD_DONOR, "class=enterprise", NULL),
        donor);
}

void
command_print(const ts_reply_t *reply)
{
    char *say = reply->say.id == NULL ? NULL : ts_msg_fill(&reply->say, reply->say.id);
    (void)fprintf(stderr, "reply %s: %s\n", ts_err_name(reply->code), say == NULL ? "" : say);
    ts_xfree(say);
    for (size_t i = 0; i < reply->issue_count; i++) {
        const ts_issue_t *issue = &reply->issues[i];
        char *text = ts_msg_fill(&issue->say, issue->say.id);
        (void)fprintf(stderr, "  %s %s:%u row %u column %s value %s: %s\n",
                      ts_severity_name(issue->severity), issue->file == NULL ? "" : issue->file,
                      (unsigned)issue->line, (unsigned)issue->row,
                      issue->column == NULL ? "" : issue->column,
                      issue->value == NULL ? "" : issue->value, text);
        ts_xfree(text);
    }
}

bool
command_has_issue(const ts_reply_t *reply, const char *template, const char *column)
{
    for (size_t i = 0; i < reply->issue_count; i++) {
        const ts_issue_t *issue = &reply->issues[i];
        if (issue->say.id != NULL && strncmp(issue->say.id, template, strlen(template)) == 0 &&
            (column == NULL || (issue->column != NULL && strcmp(issue->column, column) == 0))) {
            return true;
        }
    }
    return false;
}
