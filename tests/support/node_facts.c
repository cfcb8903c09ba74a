/* SPDX-License-Identifier: MPL-2.0 */
/* What node_world's tests compare; and the files of a node, taken and put back. */
#include "base/xalloc.h"
#include "core/kind.h"
#include "support/node_world_p.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 24, TIPS_MAX = 16 };

bool
world_noted(const world_t *self, size_t index, const char *event, const char *part)
{
    const world_node_t *node = &self->nodes[index];
    for (size_t i = 0; i < node->note_count; i++) {
        if (strcmp(node->notes[i].event, event) == 0 &&
            strstr(node->notes[i].details, part) != NULL) {
            return true;
        }
    }
    return false;
}

static const ts_table_t *
find_table(const world_t *self, const char *name, const char *column)
{
    for (size_t i = 0; i < self->reply.table_count; i++) {
        const ts_table_t *table = &self->reply.tables[i];
        if ((name == NULL || strcmp(table->name, name) == 0) &&
            ts_table_column(table, column) != SIZE_MAX && ts_table_rows(table) > 0) {
            return table;
        }
    }
    return NULL;
}

int64_t
world_number(const world_t *self, const char *name, const char *column)
{
    const ts_table_t *table = find_table(self, name, column);
    assert_non_null(table);
    const ts_cell_t *cell = ts_table_cell(table, 0, ts_table_column(table, column));
    assert_int_equal(cell->kind, TS_CELL_NUMBER);
    return cell->number;
}

static ts_node_t *
settled(world_t *self, size_t index)
{
    ts_node_t *node = self->nodes[index].node;
    assert_non_null(node);
    assert_int_equal(ts_fold_settle(node->fold), TS_ERR_OK);
    return node;
}

uint64_t
world_records(world_t *self, size_t index, uint32_t kind)
{
    ts_node_t *node = settled(self, index);
    ts_list_query_t query = {.kind = kind, .limit = 1, .with_void = true};
    uint64_t count = 0;
    assert_int_equal(ts_ledger_list_count(node->ledger, &query, &count), TS_ERR_OK);
    return count;
}

uint64_t
world_parked(world_t *self, size_t index, ts_park_t reason)
{
    ts_node_t *node = settled(self, index);
    ts_parked_t parked = {.id = 0};
    uint64_t count = 0;
    while (ts_ledger_parked_next(node->ledger, parked.id, &parked, NULL) == TS_ERR_OK) {
        count += reason == TS_PARK_NONE || parked.reason == reason;
    }
    return count;
}

ts_digest_t
world_digest(world_t *self, size_t index, const char *code)
{
    ts_node_t *node = settled(self, index);
    const ts_unit_t *unit = ts_catalog_unit_coded(ts_node_catalog(node), code, 0);
    ts_digest_t digest = {0};
    assert_non_null(unit);
    assert_int_equal(ts_ledger_digest(node->ledger, unit->id, TS_AUDIENCE_UP, &digest), TS_ERR_OK);
    return digest;
}

static bool
tip_in(const ts_custody_tip_t *tip, const ts_custody_tip_t *tips, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ts_hash_equal(&tip->tip.hash, &tips[i].tip.hash)) {
            return true;
        }
    }
    return false;
}

static void
assert_log(world_t *self, size_t a, size_t b, const ts_log_info_t *info)
{
    ts_custody_tip_t tips[TIPS_MAX];
    ts_custody_tip_t others[TIPS_MAX];
    size_t count = 0;
    size_t other_count = 0;
    assert_int_equal(
        ts_custody_log_tips(self->nodes[a].node->custody, &info->log, tips, TIPS_MAX, &count),
        TS_ERR_OK);
    ts_err_t err = ts_custody_log_tips(self->nodes[b].node->custody, &info->log, others, TIPS_MAX,
                                       &other_count);
    if (err != TS_ERR_OK || count != other_count) {
        print_error("log purpose %u of office %u: node %zu has %zu tips, node %zu has %zu (%s)\n",
                    (unsigned)info->purpose, (unsigned)info->office, a, count, b, other_count,
                    ts_err_name(err));
        fail();
    }
    for (size_t i = 0; i < count; i++) {
        if (!tip_in(&tips[i], others, other_count)) {
            print_error("log purpose %u of office %u: node %zu is at %llu, node %zu at %llu\n",
                        (unsigned)info->purpose, (unsigned)info->office, a,
                        (unsigned long long)tips[i].tip.seq, b,
                        (unsigned long long)others[0].tip.seq);
            fail();
        }
    }
}

void
world_assert_down(world_t *self, size_t index)
{
    ts_log_info_t info = {.office = 0};
    size_t count = 0;
    while (ts_custody_log_next(self->nodes[index].node->custody, &info) == TS_ERR_OK) {
        bool down = info.audience == TS_AUDIENCE_DOWN_ALL || info.audience == TS_AUDIENCE_DOWN_UNIT;
        if (down && info.office != self->nodes[index].office) {
            assert_log(self, index, self->nodes[index].parent, &info);
            count++;
        }
    }
    assert_true(count >= 2); /* registry and plans at least */
}

/* All tips of the office's logs at `a` stand at `b`. */
static void
assert_tips(world_t *self, size_t a, size_t b, uint32_t office)
{
    ts_custody_t *one = self->nodes[a].node->custody;
    ts_log_info_t info = {.office = 0};
    while (ts_custody_log_next(one, &info) == TS_ERR_OK) {
        if (info.office != office || info.audience != TS_AUDIENCE_UP) {
            continue;
        }
        assert_log(self, a, b, &info);
    }
}

void
world_assert_same(world_t *self, size_t a, size_t b, const char *unit, uint32_t office)
{
    assert_tips(self, a, b, office);
    assert_tips(self, b, a, office);
    ts_digest_t one = world_digest(self, a, unit);
    ts_digest_t other = world_digest(self, b, unit);
    if (one.low != other.low || one.high != other.high || one.events != other.events) {
        print_error("ledgers of node %zu and %zu differ for unit %s: %llu and %llu events\n", a, b,
                    unit, (unsigned long long)one.events, (unsigned long long)other.events);
        fail();
    }
}

void
world_assert_in_step(world_t *self, size_t index, const char *unit)
{
    uint32_t office = self->nodes[index].office;
    assert_int_equal(world_parked(self, index, TS_PARK_NONE), 0);
    for (size_t at = index; at != WORLD_PROVINCE; at = self->nodes[at].parent) {
        size_t parent = self->nodes[at].parent;
        world_assert_same(self, at, parent, unit, office);
        assert_int_equal(world_parked(self, parent, TS_PARK_NONE), 0);
    }
}

/* ---- files */

typedef struct kept_file {
    char name[64];
    ts_buf_t bytes;
} kept_file_t;

struct world_files {
    kept_file_t files[FILES_MAX];
    size_t count;
    ts_buf_t witness;
    bool with_witness;
};

/* What changes while a node runs; keys and configuration do not. */
static bool
is_state(const char *name)
{
    return strstr(name, ".sqlite") != NULL;
}

/* Into the inode that is there, unless it is to be another one. */
static void
write_all(world_t *self, size_t index, const char *path, const ts_buf_t *bytes, bool anew)
{
    ts_faultvfs_t *vfs = self->nodes[index].vfs;
    if (anew) {
        char fresh[1024];
        (void)snprintf(fresh, sizeof fresh, "%s.new", path);
        ts_faultvfs_put(vfs, fresh, ts_buf_bytes(bytes));
        assert_int_equal(rename(fresh, path), 0);
        return;
    }
    ts_faultvfs_put(vfs, path, ts_buf_bytes(bytes));
}

void
world_assert_anchored(world_t *self, size_t index)
{
    world_run(self, 2 * TS_NODE_HOLDING_MS);
    world_settle(self);
    const ts_node_t *node = self->nodes[index].node;
    const struct {
        const char *name;
        const ts_id16_t *store;
    } above[] = {{"parent", &node->parent_store}, {"root", &node->root_store}};
    for (size_t i = 0; i < 2; i++) {
        ts_custody_status_t status;
        assert_int_equal(ts_custody_status(node->custody, above[i].store, &status), TS_ERR_OK);
        assert_int_equal(status.tail_events, 0);
        if (status.held_events != status.sealed_events) {
            print_error("node %zu: %s holds %llu of %llu\n", index, above[i].name,
                        (unsigned long long)status.held_events,
                        (unsigned long long)status.sealed_events);
        }
        assert_int_equal(status.held_events, status.sealed_events);
    }
}

world_files_t *
world_files_take(world_t *self, size_t index, bool with_witness)
{
    const world_node_t *node = &self->nodes[index];
    world_files_t *files = ts_xcalloc(1, sizeof *files);
    char path[1024];
    assert_null(node->node);
    DIR *folder = opendir(node->folder);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (!is_state(entry->d_name)) {
            continue;
        }
        assert_true(files->count < FILES_MAX);
        kept_file_t *kept = &files->files[files->count++];
        (void)snprintf(kept->name, sizeof kept->name, "%.63s", entry->d_name);
        (void)snprintf(path, sizeof path, "%s/%s", node->folder, kept->name);
        assert_true(ts_faultvfs_get(node->vfs, path, &kept->bytes));
    }
    (void)closedir(folder);
    files->with_witness =
        with_witness && ts_faultvfs_get(node->vfs, node->witness, &files->witness);
    return files;
}

static const kept_file_t *
kept_as(const world_files_t *files, const char *name)
{
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->files[i].name, name) == 0) {
            return &files->files[i];
        }
    }
    return NULL;
}

static void
put_files(world_t *self, size_t index, const world_files_t *files, bool anew)
{
    const world_node_t *node = &self->nodes[index];
    char path[1024];
    assert_null(node->node);
    DIR *folder = opendir(node->folder);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (is_state(entry->d_name) && kept_as(files, entry->d_name) == NULL) {
            (void)snprintf(path, sizeof path, "%s/%s", node->folder, entry->d_name);
            assert_int_equal(unlink(path), 0);
        }
    }
    (void)closedir(folder);
    for (size_t i = 0; i < files->count; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", node->folder, files->files[i].name);
        write_all(self, index, path, &files->files[i].bytes, anew);
    }
    if (files->with_witness) {
        write_all(self, index, node->witness, &files->witness, anew);
    }
}

void
world_files_put(world_t *self, size_t index, const world_files_t *files)
{
    put_files(self, index, files, false);
}

void
world_files_clone(world_t *self, size_t index, const world_files_t *files)
{
    put_files(self, index, files, true);
}

size_t
world_twin(world_t *self, size_t other)
{
    size_t index = world_add_node(self);
    world_node_t *node = &self->nodes[index];
    const world_node_t *from = &self->nodes[other];
    char command[3072];
    (void)snprintf(command, sizeof command, "cp -r '%s' '%s'", from->folder, node->folder);
    assert_int_equal(system(command), 0);
    world_files_t *files = world_files_take(self, other, true);
    world_files_put(self, index, files);
    world_files_free(&files);
    node->parent = from->parent;
    node->office = from->office;
    return index;
}

void
world_files_free(world_files_t **files_p)
{
    world_files_t *files = *files_p;
    if (files == NULL) {
        return;
    }
    for (size_t i = 0; i < files->count; i++) {
        ts_buf_free(&files->files[i].bytes);
    }
    ts_buf_free(&files->witness);
    ts_xfree(files);
    *files_p = NULL;
}
