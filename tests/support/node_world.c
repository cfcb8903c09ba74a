/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "node/provision.h"
#include "support/node_world_p.h"
#include "support/tempdir.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATH_BYTES = 1024,
    SETTLED_AFTER_MS = 60000, /* so long nothing but liveness went over a link */
    NUDGE_MS = 15000,         /* an idle uplink is told so often that its link came up */
    SETTLE_MS_MAX = 2 * 3600 * 1000,
    TURNS_MAX = 200000 /* without time going on: a loop that does not end */
};

/* Names of VFS are one for all worlds of a process. */
static unsigned vfs_count;

static char *
path_of(const char *folder, const char *name)
{
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s%s", folder, name);
    assert_true(length > 0 && (size_t)length < sizeof path);
    return ts_xstrdup(path);
}

/* ---- the world */

static world_t *
world_new_of(uint64_t seed, bool memory)
{
    world_t *self = ts_xcalloc(1, sizeof *self);
    self->nodes = ts_xcalloc(WORLD_NODES_MAX, sizeof *self->nodes);
    self->wake = ts_xcalloc(WORLD_NODES_MAX, sizeof *self->wake);
    self->memory = memory;
    self->folder = path_of(ts_tempdir_base(), "/tiepsuc-world-XXXXXX");
    TS_CHECK(mkdtemp(self->folder) != NULL);
    self->seed = seed;
    self->now_ms = 1000;
    self->wall_ms = INT64_C(1571100000000); /* 15/10/2019 */
    self->prng = ts_prng(seed);
    self->delay_ms = 5;
    self->holding_ms = 2000;
    return self;
}

world_t *
world_new(uint64_t seed)
{
    return world_new_of(seed, false);
}

world_t *
world_new_in_memory(uint64_t seed)
{
    return world_new_of(seed, true);
}

world_t *
world_three(uint64_t seed)
{
    world_t *self = world_new(seed);
    world_found(self);
    size_t district = world_enrol(self, "district", "901", "huyen-mot", WORLD_PROVINCE);
    size_t commune = world_enrol(self, "commune", "90101", "xa-an", district);
    assert_true(world_start(self, district));
    assert_true(world_start(self, commune));
    world_settle(self);
    return self;
}

static void
free_notes(world_node_t *node)
{
    for (size_t i = 0; i < node->note_count; i++) {
        ts_xfree(node->notes[i].event);
        ts_xfree(node->notes[i].details);
    }
    ts_xfree(node->notes);
    node->notes = NULL;
    node->note_count = 0;
    node->note_capacity = 0;
}

void
world_free(world_t **self_p)
{
    world_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->node_count; i++) {
        world_node_t *node = &self->nodes[i];
        node->quiet = true;
        ts_node_close(&node->node);
        ts_faultvfs_destroy(&node->vfs);
        free_notes(node);
        ts_xfree(node->table);
        ts_xfree(node->folder);
        ts_xfree(node->witness);
        ts_xfree(node->invite);
        ts_xfree(node->vfs_name);
    }
    world_links_free(self);
    ts_xfree(self->nodes);
    ts_xfree(self->wake);
    ts_reply_free(&self->reply);
    ts_buf_free(&self->pages);
    char command[PATH_BYTES];
    (void)snprintf(command, sizeof command, "rm -r '%s'", self->folder);
    if (getenv("WORLD_KEEP") == NULL && system(command) != 0) {
        fprintf(stderr, "%s is left\n", self->folder);
    }
    ts_xfree(self->folder);
    ts_xfree(self);
    *self_p = NULL;
}

int
world_teardown(void **state)
{
    world_t *world = *state;
    world_free(&world);
    return 0;
}

size_t
world_add_node(world_t *self)
{
    assert_true(self->node_count < WORLD_NODES_MAX);
    size_t index = self->node_count++;
    world_node_t *node = &self->nodes[index];
    char name[24];
    (void)snprintf(name, sizeof name, "/n%zu", index);
    node->folder = path_of(self->folder, name);
    node->witness = path_of(node->folder, ".witness");
    (void)snprintf(name, sizeof name, "world%u", vfs_count++);
    node->vfs_name = ts_xstrdup(name);
    node->vfs =
        self->memory ? ts_faultvfs_new_memory(node->vfs_name) : ts_faultvfs_new(node->vfs_name);
    node->machine = (ts_id16_t){{7, (uint8_t)index, (uint8_t)(index >> 8)}};
    node->detour = SIZE_MAX;
    self->wake[index] = INT64_MAX;
    (void)snprintf(node->endpoint, sizeof node->endpoint, "tcp://node%zu.invalid:7500", index);
    node->link_up = true;
    node->random = ts_random_from_seed(&node->seeded, self->seed * 1000 + index);
    return index;
}

/* ---- opening and ending */

static bool
is_there(const char *folder, const char *name)
{
    char *path = path_of(folder, name);
    bool there = access(path, F_OK) == 0;
    ts_xfree(path);
    return there;
}

/* A store in memory needs no space kept free on the disk: the file that keeps it has none. */
static void
make_hollow_ballast(const char *folder)
{
    char *path = path_of(folder, "/ballast");
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, (off_t)TS_BALLAST_BYTES), 0);
    assert_int_equal(close(file), 0);
    ts_xfree(path);
}

ts_err_t
world_open(world_t *self, size_t index, ts_msg_t *why)
{
    world_node_t *node = &self->nodes[index];
    assert_null(node->node);
    if (self->memory && node->life == 0) {
        make_hollow_ballast(node->folder);
    }
    node->life++;
    node->paused_until = 0;
    node->quiet = false;
    node->crashed = false;
    ts_node_options_t options = {
        .data_dir = node->folder,
        .witness_path = node->witness,
        .vfs = node->vfs_name,
        .software = "world",
        .machine = node->machine,
        .random = node->random,
        .out = world_links_out(self, index),
        .now = {self->now_ms},
        .wall = {self->wall_ms + self->now_ms + node->wall_off_ms},
        .create = !is_there(node->folder, "/ledger.sqlite"), /* as the services say it */
        .holding_ms = self->holding_ms,
        .ping_ms = self->ping_ms,
        .rest_ms = self->rest_ms,
    };
    ts_err_t err = ts_node_open(&node->node, &options, why);
    if (err == TS_ERR_OK) {
        node->office = ts_node_office(node->node);
        world_touch(self, index);
        world_links_gate(self, index);
    }
    return err;
}

static void
fail_with(size_t index, const char *what, const ts_msg_t *why)
{
    char *text = ts_msg_fill(why, why->id == NULL ? "no reason given" : why->id);
    print_error("node %zu %s: %s\n", index, what, text);
    ts_xfree(text);
    fail();
}

bool
world_start(world_t *self, size_t index)
{
    ts_msg_t why = {0};
    world_node_t *node = &self->nodes[index];
    ts_err_t err = world_open(self, index, &why);
    if (err != TS_ERR_OK && ts_faultvfs_dead(node->vfs)) {
        node->crashed = true;
        ts_msg_free(&why);
        return false;
    }
    if (err != TS_ERR_OK) {
        fail_with(index, "does not open", &why);
    }
    return true;
}

ts_err_t
world_start_refused(world_t *self, size_t index, const char *word)
{
    ts_msg_t why = {0};
    ts_err_t err = world_open(self, index, &why);
    assert_int_not_equal(err, TS_ERR_OK);
    assert_non_null(why.id);
    char *text = ts_msg_fill(&why, why.id);
    if (strstr(text, word) == NULL) {
        print_error("says: %s\n", text);
        fail();
    }
    ts_xfree(text);
    ts_msg_free(&why);
    return err;
}

void
world_stop(world_t *self, size_t index)
{
    world_node_t *node = &self->nodes[index];
    ts_node_close(&node->node);
    self->wake[index] = INT64_MAX;
    world_links_forget(self, index);
}

void
world_touch(world_t *self, size_t index)
{
    self->nodes[index].touched = true;
    if (self->nodes[index].paused_until <= self->now_ms) {
        self->wake[index] = INT64_MIN;
    }
}

void
world_pause(world_t *self, size_t index, int64_t until_ms)
{
    world_node_t *node = &self->nodes[index];
    assert_non_null(node->node);
    node->paused_until = until_ms;
    self->wake[index] = until_ms > self->now_ms ? until_ms : INT64_MIN;
    world_links_hold(self, index);
}

static void
bury(world_t *self, size_t index)
{
    world_node_t *node = &self->nodes[index];
    node->quiet = true;
    ts_node_close(&node->node);
    node->crashed = true;
    self->wake[index] = INT64_MAX;
    world_links_forget(self, index);
}

void
world_kill(world_t *self, size_t index, ts_power_cut_t cut)
{
    world_node_t *node = &self->nodes[index];
    ts_faultvfs_kill(node->vfs);
    bury(self, index);
    node->crashed = false;
    ts_faultvfs_power_cut(node->vfs, cut, ts_prng_next(&self->prng));
}

void
world_arm(world_t *self, size_t index, uint64_t k, const char *only)
{
    ts_fault_t fault = {.kind = TS_FAULT_CRASH, .on = TS_FAULT_ON_CHANGE, .at = k, .only = only};
    ts_faultvfs_arm(self->nodes[index].vfs, &fault);
}

bool
world_revive(world_t *self, ts_power_cut_t cut)
{
    bool any = false;
    for (size_t i = 0; i < self->node_count; i++) {
        world_node_t *node = &self->nodes[i];
        if (node->crashed) {
            ts_faultvfs_power_cut(node->vfs, cut, ts_prng_next(&self->prng));
            ts_faultvfs_disarm(node->vfs);
            any = true;
            assert_true(world_start(self, i));
        }
    }
    return any;
}

/* ---- time */

/* It cannot go on. */
static void
stop_by_itself(world_t *self, size_t index, ts_msg_t *why)
{
    bool dead = ts_faultvfs_dead(self->nodes[index].vfs);
    if (!dead && self->watch.stopped == NULL) {
        fail_with(index, "stopped", why);
    }
    bury(self, index);
    self->nodes[index].crashed = dead;
    if (self->watch.stopped != NULL) {
        self->watch.stopped(self->watch.context, self, index, why);
    }
    ts_msg_free(why);
}

static void
turn(world_t *self, size_t index)
{
    world_node_t *node = &self->nodes[index];
    ts_turn_t next = {false, {INT64_MAX}};
    ts_msg_t why = {0};
    node->touched = false;
    ts_err_t err =
        ts_node_turn(node->node, (ts_mono_t){self->now_ms},
                     (ts_utc_t){self->wall_ms + self->now_ms + node->wall_off_ms}, &next, &why);
    if (err != TS_ERR_OK || ts_faultvfs_dead(node->vfs)) {
        stop_by_itself(self, index, &why);
        return;
    }
    node->more = next.more;
    node->due = next.due;
    self->wake[index] = next.more ? INT64_MIN : next.due.ms;
    if (self->watch.turned != NULL) {
        self->watch.turned(self->watch.context, self, index);
    }
}

void
world_work(world_t *self)
{
    bool any = true;
    for (unsigned turns = 0; any; turns++) {
        assert_true(turns < TURNS_MAX);
        any = world_links_deliver(self);
        for (size_t i = 0; i < self->node_count; i++) {
            if (self->wake[i] <= self->now_ms) {
                turn(self, i);
                any = true;
            }
        }
    }
}

int64_t
world_next_due(const world_t *self)
{
    int64_t due = world_links_due(self);
    for (size_t i = 0; i < self->node_count; i++) {
        due = self->wake[i] < due ? self->wake[i] : due;
    }
    return due;
}

void
world_pass_time(world_t *self, int64_t end)
{
    int64_t due = world_next_due(self);
    due = due <= self->now_ms ? self->now_ms + 1 : due;
    self->now_ms = due < end ? due : end;
}

void
world_run(world_t *self, int64_t ms)
{
    int64_t end = self->now_ms + ms;
    world_work(self);
    while (self->now_ms < end) {
        world_pass_time(self, end);
        world_work(self);
    }
}

static void
nudge(world_t *self)
{
    for (size_t i = 1; i < self->node_count; i++) {
        world_node_t *node = &self->nodes[i];
        if (node->node != NULL && node->uplink == 0 && node->link_up) {
            ts_node_link_up(node->node);
            world_touch(self, i);
        }
    }
}

void
world_settle(world_t *self)
{
    int64_t begin = self->now_ms;
    int64_t nudge_at = begin;
    self->busy_ms = begin;
    while (self->now_ms < self->busy_ms + SETTLED_AFTER_MS) {
        assert_true(self->now_ms - begin < SETTLE_MS_MAX);
        if (!self->bystander && world_revive(self, TS_CUT_NOTHING)) {
            self->busy_ms = self->now_ms;
        }
        if (self->now_ms >= nudge_at) {
            nudge(self);
            nudge_at = self->now_ms + NUDGE_MS;
        }
        world_work(self);
        int64_t end = self->busy_ms + SETTLED_AFTER_MS;
        world_pass_time(self, end < nudge_at ? end : nudge_at);
    }
}

/* ---- commands */

ts_err_t
world_tell_command(world_t *self, size_t index, ts_command_t *command)
{
    world_node_t *node = &self->nodes[index];
    int64_t end = self->now_ms + 60000;
    assert_non_null(node->node);
    self->replied = false;
    command->account = command->account == 0 ? 1 : command->account;
    ts_node_command(node->node, 1, command);
    world_touch(self, index);
    world_work(self);
    while (!self->replied && node->node != NULL && self->now_ms < end) {
        world_pass_time(self, end);
        world_work(self);
    }
    if (!self->replied) {
        ts_reply_free(&self->reply);
        return node->node == NULL ? TS_ERR_IO : TS_ERR_AGAIN;
    }
    return node->node == NULL ? TS_ERR_IO : self->reply.code;
}

static void
take_fields(ts_command_t *command, va_list fields)
{
    const char *name;
    while ((name = va_arg(fields, const char *)) != NULL) {
        ts_command_add(command, name, va_arg(fields, const char *));
    }
}

ts_err_t
world_tell(world_t *self, size_t index, const char *name, ...)
{
    ts_command_t command;
    va_list fields;
    ts_command_init(&command, name);
    va_start(fields, name);
    take_fields(&command, fields);
    va_end(fields);
    return world_tell_command(self, index, &command);
}

char *
world_said(const world_t *self)
{
    return ts_msg_fill(&self->reply.say, self->reply.say.id == NULL ? "" : self->reply.say.id);
}

static void
must_be_good(const world_t *self, const char *name, ts_err_t err)
{
    if (err == TS_ERR_OK) {
        return;
    }
    char *said = world_said(self);
    print_error("%s: %s: %s\n", name, ts_err_name(err), said);
    ts_xfree(said);
    for (size_t i = 0; i < self->reply.issue_count; i++) {
        const ts_issue_t *issue = &self->reply.issues[i];
        char *text = ts_msg_fill(&issue->say, issue->say.id == NULL ? "" : issue->say.id);
        print_error("  %s:%u %s=%s: %s\n", issue->file == NULL ? "" : issue->file,
                    (unsigned)issue->line, issue->column == NULL ? "" : issue->column,
                    issue->value == NULL ? "" : issue->value, text);
        ts_xfree(text);
    }
    fail();
}

void
world_do(world_t *self, size_t index, const char *name, ...)
{
    ts_command_t command;
    va_list fields;
    ts_command_init(&command, name);
    va_start(fields, name);
    take_fields(&command, fields);
    va_end(fields);
    must_be_good(self, name, world_tell_command(self, index, &command));
}

/* ---- founding and joining */

void
world_plan_table(ts_command_t *command, const char *name)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, TS_TEST_SOURCE_DIR "/tests/support/small-plan/%s", name);
    ts_buf_t data = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t part[4096];
    size_t bytes;
    while ((bytes = fread(part, 1, sizeof part, file)) > 0) {
        ts_buf_put(&data, part, bytes);
    }
    (void)fclose(file);
    ts_command_add_file(command, name, ts_buf_bytes(&data));
    ts_buf_free(&data);
}

void
world_plan_tables(ts_command_t *command, const char *changed, ts_bytes_t instead)
{
    static const char *const tables[] = {"plan.csv",    "units.csv",      "bodies.csv",
                                         "scope.csv",   "lines.csv",      "bands.csv",
                                         "periods.csv", "duties.csv",     "budget.csv",
                                         "targets.csv", "activities.csv", "needscale.csv"};
    for (size_t i = 0; i < TS_COUNT(tables); i++) {
        if (changed != NULL && strcmp(changed, tables[i]) == 0) {
            ts_command_add_file(command, changed, instead);
        } else {
            world_plan_table(command, tables[i]);
        }
    }
}

static void
load_plan(world_t *self)
{
    ts_command_t command;
    ts_command_init(&command, "plan_load");
    world_plan_tables(&command, NULL, (ts_bytes_t){NULL, 0});
    must_be_good(self, "plan_load", world_tell_command(self, WORLD_PROVINCE, &command));
}

void
world_found_bare(world_t *self)
{
    size_t index = world_add_node(self);
    world_node_t *node = &self->nodes[index];
    ts_provision_init_t init = {.dir = node->folder,
                                .name = "Sở Thử",
                                .unit_code = "90",
                                .unit_name = "Tỉnh Thử",
                                .body_code = "so-thu",
                                .body_name = "Sở Thử",
                                .endpoints = node->endpoint,
                                .random = node->random};
    ts_msg_t why = {0};
    if (ts_provision_init(&init, &why) != TS_ERR_OK) {
        fail_with(index, "is not founded", &why);
    }
    assert_true(world_start(self, index));
    world_run(self, 1000);
}

void
world_found(world_t *self)
{
    world_found_bare(self);
    load_plan(self);
}

static void
join(world_t *self, size_t index)
{
    world_node_t *node = &self->nodes[index];
    ts_provision_join_t options = {node->invite, node->folder, node->random};
    ts_msg_t why = {0};
    if (ts_provision_join(&options, &why) != TS_ERR_OK) {
        fail_with(index, "does not join", &why);
    }
}

size_t
world_enrol(world_t *self, const char *role, const char *unit, const char *body, size_t parent)
{
    size_t index = world_add_node(self);
    world_node_t *node = &self->nodes[index];
    char number[16];
    (void)snprintf(number, sizeof number, "%u", (unsigned)self->nodes[parent].office);
    world_do(self, WORLD_PROVINCE, "enrol", "role", role, "unit", unit, "body", body, "parent",
             number, "name", unit, "endpoint", strcmp(role, "district") == 0 ? node->endpoint : "",
             NULL);
    node->parent = parent;
    node->invite = path_of(node->folder, ".invite");
    FILE *file = fopen(node->invite, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(self->reply.blob.data, 1, self->reply.blob.length, file),
                     self->reply.blob.length);
    assert_int_equal(fclose(file), 0);
    join(self, index);
    /* Its number, so that children can be enrolled before it runs. */
    node->office = (uint32_t)world_number(self, NULL, "number");
    return index;
}

size_t
world_join_again(world_t *self, size_t other)
{
    size_t index = world_add_node(self);
    self->nodes[index].parent = self->nodes[other].parent;
    self->nodes[index].invite = ts_xstrdup(self->nodes[other].invite);
    self->nodes[index].office = self->nodes[other].office;
    join(self, index);
    return index;
}

void
world_needs(world_t *self, size_t index, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char quantity[16];
        char month[16];
        uint32_t age = ts_prng_below(&self->prng, 120);
        (void)snprintf(quantity, sizeof quantity, "%u", 1 + i % 3);
        (void)snprintf(month, sizeof month, "%02u/%u", (unsigned)(1 + age % 12),
                       (unsigned)(2006 + age / 12));
        world_do(self, index, "add", "kind", "need", "plan", WORLD_PLAN, "line", "warm", "quantity",
                 quantity, "unit_of_measure", "bộ", "birth_month", month, "sex",
                 i % 2 == 0 ? "Nam" : "Nữ", "occurred_on", "2019-10-14", NULL);
    }
}
