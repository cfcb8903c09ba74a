/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a backup made while the office works is whole, says so only then, and brings the office
 * back as a new store that nobody takes for the old one; a province that lost everything comes back
 * from its kit and its offices; no office number is given twice; a machine that is replaced, and an
 * office that was forgotten, find their way without help.
 * Method: whole nodes in virtual time; folders are moved away and laid out again from backups and
 * kits; backups are cut and changed at many places.
 */
#include "core/kind.h"
#include "crypto/recovery.h"
#include "node/backup.h"
#include "node/rebuild.h"
#include "support/node_world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DISTRICT = 1, COMMUNE = 2 };

static int
setup(void **state)
{
    world_t *world = world_three(4);
    *state = world;
    world_needs(world, COMMUNE, 5);
    world_settle(world);
    return 0;
}

/* ---- backups of a node */

static char *
path_of(const world_t *world, const char *name)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", world->folder, name);
    char *copy = strdup(path);
    assert_non_null(copy);
    return copy;
}

/* The copy that the node makes in slices, needs being typed meanwhile; an open file. */
static int
take_copy(world_t *world, size_t index, unsigned needs, ts_backup_options_t *options)
{
    world_do(world, index, "backup_begin", NULL);
    for (unsigned i = 0; world_number(world, "copy", "done") == 0; i++) {
        if (i < needs) {
            world_needs(world, index, 1);
        }
        world_run(world, 20);
        world_do(world, index, "backup_look", NULL);
        assert_true(i < 10000);
    }
    const ts_table_t *table = ts_reply_table(&world->reply, "copy");
    const char *path = ts_table_cell(table, 0, ts_table_column(table, "path"))->text;
    options->arrival = (uint64_t)world_number(world, "copy", "arrival");
    options->store = ts_custody_store_id(world->nodes[index].node->custody);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    world_do(world, index, "backup_release", NULL);
    return file;
}

static char *
backup_while_typing(world_t *world, size_t index, const char *name, unsigned needs)
{
    ts_msg_t why = {0};
    ts_backup_facts_t facts = {.office = 0};
    char *path = path_of(world, name);
    ts_backup_options_t options = {.data_dir = world->nodes[index].folder,
                                   .path = path,
                                   .now_s = 1571000000,
                                   .software = "test",
                                   .random = ts_random_system()};
    options.copy = take_copy(world, index, needs, &options);
    ts_err_t err = ts_backup_make(&options, &facts, &why);
    assert_int_equal(err, TS_ERR_OK);
    assert_int_equal(close(options.copy), 0);
    assert_int_equal(facts.office, world->nodes[index].office);
    assert_true(facts.segments > 0);
    return path;
}

static char *
backup(world_t *world, size_t index, const char *name)
{
    return backup_while_typing(world, index, name, 0);
}

/* Its disk is gone. */
static void
burn(world_t *world, size_t index)
{
    char gone[1100];
    static unsigned count;
    world_kill(world, index, TS_CUT_NOTHING);
    (void)snprintf(gone, sizeof gone, "%s.gone-%u", world->nodes[index].folder, count++);
    assert_int_equal(rename(world->nodes[index].folder, gone), 0);
    assert_true(remove(world->nodes[index].witness) == 0 || errno == ENOENT);
}

static void
restore(world_t *world, size_t index, const char *path)
{
    ts_msg_t why = {0};
    ts_backup_facts_t facts = {.office = 0};
    ts_restore_options_t options = {
        .source = {.path = path}, .dir = world->nodes[index].folder, .random = ts_random_system()};
    assert_int_equal(ts_restore(&options, &facts, &why), TS_ERR_OK);
    assert_int_equal(facts.office, world->nodes[index].office);
}

static uint64_t
own_logs(world_t *world, size_t index, uint8_t purpose)
{
    ts_custody_t *custody = world->nodes[index].node->custody;
    ts_log_info_t info = {.office = 0};
    uint64_t count = 0;
    while (ts_custody_log_next(custody, &info) == TS_ERR_OK) {
        count += info.office == world->nodes[index].office && info.purpose == purpose;
    }
    return count;
}

static bool
has_fork(world_t *world, size_t index)
{
    ts_custody_counts_t counts;
    assert_int_equal(ts_custody_counts(world->nodes[index].node->custody, &counts), TS_ERR_OK);
    return counts.forked_logs > 0;
}

static bool
is_complete(world_t *world, size_t index)
{
    world_do(world, index, "rebuild_status", NULL);
    return world_number(world, "regain_total", "complete") == 1 &&
           world_number(world, "regain_total", "awaited") > 0;
}

/* ---- restored */

static void
test_node_backup_made_while_typing_brings_the_commune_back(void **state)
{
    world_t *world = *state;
    ts_id16_t store = ts_custody_store_id(world->nodes[COMMUNE].node->custody);
    char *path = backup_while_typing(world, COMMUNE, "commune.backup", 3);
    uint64_t typed = world_records(world, COMMUNE, TS_KIND_NEED);
    world_needs(world, COMMUNE, 2);
    world_settle(world);
    typed += 2;
    burn(world, COMMUNE);
    restore(world, COMMUNE, path);
    world_link(world, COMMUNE, false);
    assert_true(world_start(world, COMMUNE));
    ts_id16_t other = ts_custody_store_id(world->nodes[COMMUNE].node->custody);
    assert_false(ts_id16_equal(&store, &other));
    assert_int_equal(own_logs(world, COMMUNE, TS_PURPOSE_RECORDS), 2);
    world_needs(world, COMMUNE, 1);
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_int_equal(world_records(world, COMMUNE, TS_KIND_NEED), typed + 1);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), typed + 1);
    assert_false(has_fork(world, WORLD_PROVINCE));
    assert_true(is_complete(world, COMMUNE));
    world_assert_in_step(world, COMMUNE, "90101");
    free(path);
}

/* Back into the very folder whose witness is still there: no old log is written to either. */
static void
test_node_backup_beside_an_old_witness_leaves_the_old_logs(void **state)
{
    world_t *world = *state;
    char *path = backup(world, COMMUNE, "commune.backup");
    char gone[1100];
    world_kill(world, COMMUNE, TS_CUT_NOTHING);
    (void)snprintf(gone, sizeof gone, "%s.gone", world->nodes[COMMUNE].folder);
    assert_int_equal(rename(world->nodes[COMMUNE].folder, gone), 0);
    restore(world, COMMUNE, path);
    assert_true(world_start(world, COMMUNE));
    world_needs(world, COMMUNE, 1);
    world_settle(world);
    assert_int_equal(own_logs(world, COMMUNE, TS_PURPOSE_RECORDS), 2);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 6);
    assert_false(has_fork(world, WORLD_PROVINCE));
    /* Started again it is the same store and goes on where it was. */
    world_stop(world, COMMUNE);
    assert_true(world_start(world, COMMUNE));
    world_needs(world, COMMUNE, 1);
    world_settle(world);
    assert_int_equal(own_logs(world, COMMUNE, TS_PURPOSE_RECORDS), 2);
    world_assert_in_step(world, COMMUNE, "90101");
    free(path);
}

static void
test_node_backup_brings_the_district_back(void **state)
{
    world_t *world = *state;
    char *path = backup(world, DISTRICT, "district.backup");
    world_needs(world, COMMUNE, 20);
    world_settle(world);
    world_link(world, DISTRICT, false);
    world_needs(world, COMMUNE, 2); /* the district alone holds these */
    world_settle(world);
    burn(world, DISTRICT);
    restore(world, DISTRICT, path);
    world->nodes[DISTRICT].link_up = true;
    assert_true(world_start(world, DISTRICT));
    world_settle(world);
    assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), 5 + 20 + 2);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 5 + 20 + 2);
    assert_true(is_complete(world, DISTRICT));
    /* Below the province it ends by itself. */
    assert_int_equal(world_number(world, "regain_total", "returning"), 0);
    assert_int_equal(world_tell(world, DISTRICT, "rebuild_finish", NULL), TS_ERR_NOTFOUND);
    world_assert_in_step(world, COMMUNE, "90101");
    free(path);
}

/* An office joined after the backup and connects to the province itself: nobody above or beside it
 * knows of it. Its number is not given again. */
static void
test_node_backup_province_forgets_no_office_and_gives_no_number_twice(void **state)
{
    world_t *world = *state;
    char *path = backup(world, WORLD_PROVINCE, "province.backup");
    world_link(world, DISTRICT, false);
    size_t newcomer = world_enrol(world, "commune", "90201", "xa-cat", WORLD_PROVINCE);
    uint32_t number = world->nodes[newcomer].office;
    assert_true(world_start(world, newcomer));
    world_settle(world);
    world_needs(world, newcomer, 3);
    world_settle(world);
    burn(world, WORLD_PROVINCE);
    restore(world, WORLD_PROVINCE, path);
    world_link(world, newcomer, false);
    assert_true(world_start(world, WORLD_PROVINCE));
    world_link(world, DISTRICT, true);
    assert_int_equal(world_tell(world, WORLD_PROVINCE, "enrol", "role", "commune", "unit", "90102",
                                "body", "xa-binh", NULL),
                     TS_ERR_AGAIN);
    world_settle(world);
    assert_true(is_complete(world, WORLD_PROVINCE)); /* of those that it knows */
    size_t next = world_enrol(world, "commune", "90102", "xa-binh", DISTRICT);
    assert_true(world->nodes[next].office > number);
    world_link(world, newcomer, true);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 5 + 3);
    assert_int_equal(world_parked(world, WORLD_PROVINCE, TS_PARK_NONE), 0);
    world_do(world, WORLD_PROVINCE, "rebuild_finish", NULL);
    assert_true(world_start(world, next));
    world_settle(world);
    world_needs(world, next, 1);
    world_needs(world, newcomer, 1);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 5 + 3 + 2);
    world_assert_in_step(world, newcomer, "90201");
    world_do(world, WORLD_PROVINCE, "conflicts", NULL);
    free(path);
}

/* ---- rebuilt */

static void
rebuild(world_t *world, const char *kit, const char *key)
{
    ts_msg_t why = {0};
    ts_recovery_t recovery = {.has_secret = false};
    assert_int_equal(ts_recovery_load(key, &recovery, &why), TS_ERR_OK);
    ts_rebuild_options_t options = {.dir = world->nodes[WORLD_PROVINCE].folder,
                                    .kit = kit,
                                    .recovery = &recovery,
                                    .random = ts_random_system()};
    assert_int_equal(ts_rebuild(&options, &why), TS_ERR_OK);
    ts_recovery_wipe(&recovery);
}

static void
test_node_backup_province_is_rebuilt_from_kit_and_offices(void **state)
{
    world_t *world = *state;
    char *kit = path_of(world, "kit");
    char *key = path_of(world, "recovery.key");
    char from[1100];
    (void)snprintf(from, sizeof from, "%s/keys/recovery.kit", world->nodes[WORLD_PROVINCE].folder);
    assert_int_equal(rename(from, kit), 0);
    (void)snprintf(from, sizeof from, "%s/keys/recovery.key", world->nodes[WORLD_PROVINCE].folder);
    assert_int_equal(rename(from, key), 0);
    uint64_t units = world_records(world, WORLD_PROVINCE, TS_KIND_UNIT);
    uint64_t offices = world_records(world, WORLD_PROVINCE, TS_KIND_OFFICE);
    burn(world, WORLD_PROVINCE);
    rebuild(world, kit, key);
    world_link(world, DISTRICT, false);
    assert_true(world_start(world, WORLD_PROVINCE));
    world_settle(world);
    assert_false(is_complete(world, WORLD_PROVINCE));
    assert_int_equal(
        world_tell(world, WORLD_PROVINCE, "enrol", "role", "subscriber", "name", "x", NULL),
        TS_ERR_AGAIN);
    world_link(world, DISTRICT, true);
    world_settle(world);
    assert_true(is_complete(world, WORLD_PROVINCE));
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_UNIT), units);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_OFFICE), offices);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 5);
    world_do(world, WORLD_PROVINCE, "rebuild_finish", NULL);
    /* Founding is not written a second time, now or at the next start. */
    world_stop(world, WORLD_PROVINCE);
    assert_true(world_start(world, WORLD_PROVINCE));
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_UNIT), units);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_OFFICE), offices);
    size_t next = world_enrol(world, "commune", "90102", "xa-binh", DISTRICT);
    assert_true(world_start(world, next));
    world_settle(world);
    world_needs(world, next, 2);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 7);
    world_assert_in_step(world, COMMUNE, "90101");
    world_assert_in_step(world, next, "90102");
    free(kit);
    free(key);
}

/* Guests are heard and given nothing; a stranger's key gets no further. */
static void
test_node_backup_strangers_are_refused_again_when_it_is_over(void **state)
{
    world_t *world = *state;
    char *path = backup(world, WORLD_PROVINCE, "province.backup");
    burn(world, WORLD_PROVINCE);
    restore(world, WORLD_PROVINCE, path);
    assert_true(world_start(world, WORLD_PROVINCE));
    world_settle(world);
    const world_node_t *top = &world->nodes[WORLD_PROVINCE];
    bool open = false;
    for (size_t i = 0; i < top->table_count; i++) {
        open = open || top->table[i].class == TS_KEY_GUEST;
    }
    assert_true(open);
    world_do(world, WORLD_PROVINCE, "rebuild_finish", NULL);
    world_run(world, 1000);
    for (size_t i = 0; i < top->table_count; i++) {
        assert_int_not_equal(top->table[i].class, TS_KEY_GUEST);
    }
    free(path);
}

/* ---- forgotten, replaced */

/* The parent is a plain older copy, from before the office joined: it knows the invite only. */
static void
test_node_backup_office_whose_join_was_forgotten_comes_in_again(void **state)
{
    world_t *world = *state;
    size_t late = world_enrol(world, "commune", "90201", "xa-cat", WORLD_PROVINCE);
    world_settle(world);
    world_stop(world, WORLD_PROVINCE);
    world_files_t *older = world_files_take(world, WORLD_PROVINCE, false);
    assert_true(world_start(world, WORLD_PROVINCE));
    world_link(world, DISTRICT, false);
    assert_true(world_start(world, late));
    world_settle(world);
    world_needs(world, late, 3);
    world_settle(world);
    world_kill(world, WORLD_PROVINCE, TS_CUT_NOTHING);
    world_files_put(world, WORLD_PROVINCE, older);
    world_files_free(&older);
    assert_int_equal(remove(world->nodes[WORLD_PROVINCE].witness), 0);
    assert_true(world_start(world, WORLD_PROVINCE));
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 5 + 3);
    world_link(world, DISTRICT, true);
    world_settle(world);
    world_assert_in_step(world, late, "90201");
}

/* Enrols in the place of a node and joins; a new node, not started. */
static size_t
replace(world_t *world, size_t old)
{
    char number[16];
    char *path = path_of(world, "again.invite");
    (void)snprintf(number, sizeof number, "%u", (unsigned)world->nodes[old].office);
    /* Another address: nobody comes upon it by knocking at the old one. */
    bool gate = old == DISTRICT;
    world_do(world, WORLD_PROVINCE, "enrol", "replace", number, gate ? "endpoint" : NULL,
             "tcp://replaced:7500", NULL);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(world->reply.blob.data, 1, world->reply.blob.length, file),
                     world->reply.blob.length);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, S_IRUSR | S_IWUSR), 0);
    uint32_t office = (uint32_t)world_number(world, NULL, "number");
    free(world->nodes[old].invite);
    world->nodes[old].invite = path;
    size_t index = world_join_again(world, old);
    world->nodes[index].office = office;
    if (gate) {
        (void)snprintf(world->nodes[index].endpoint, sizeof world->nodes[index].endpoint,
                       "tcp://replaced:7500");
    }
    return index;
}

static void
test_node_backup_replaced_commune_gets_back_what_was_held(void **state)
{
    world_t *world = *state;
    world_kill(world, COMMUNE, TS_CUT_NOTHING);
    size_t fresh = replace(world, COMMUNE);
    assert_int_not_equal(world->nodes[fresh].office, world->nodes[COMMUNE].office);
    assert_true(world_start(world, fresh));
    world_settle(world);
    assert_int_equal(world_records(world, fresh, TS_KIND_NEED), 5);
    world_needs(world, fresh, 2);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 7);
    assert_int_equal(world_parked(world, WORLD_PROVINCE, TS_PARK_NONE), 0);
    world_assert_in_step(world, fresh, "90101");
    /* The dead one comes back to life: its key is let in no more. */
    assert_true(world_start(world, COMMUNE));
    world_run(world, 600000);
    assert_true(world_noted(world, COMMUNE, "uplink_refused", "office"));
    assert_int_equal(world_tell(world, WORLD_PROVINCE, "enrol", "replace", "3", NULL),
                     TS_ERR_EXISTS);
}

/* Parent and child bring a district back that has no backup; the commune hears from the province
 * where its parent is now. */
static void
test_node_backup_replaced_district_is_found_by_its_communes(void **state)
{
    world_t *world = *state;
    world_kill(world, DISTRICT, TS_CUT_NOTHING);
    world_needs(world, COMMUNE, 2);
    size_t fresh = replace(world, DISTRICT);
    world->nodes[COMMUNE].parent = fresh;
    assert_true(world_start(world, fresh));
    for (unsigned i = 0; i < 400 && world_records(world, fresh, TS_KIND_NEED) < 7; i++) {
        world_run(world, 60000);
    }
    world_settle(world);
    assert_int_equal(world_records(world, fresh, TS_KIND_NEED), 7);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 7);
    assert_int_equal(world_parked(world, WORLD_PROVINCE, TS_PARK_NONE), 0);
    world_assert_in_step(world, COMMUNE, "90101");
}

/* The office above says each time that both have the same: nothing that calls for haste. */
static void
test_node_backup_office_without_parent_asks_above_with_pauses(void **state)
{
    world_t *world = *state;
    const world_node_t *commune = &world->nodes[COMMUNE];
    unsigned greeted = 0;
    world_kill(world, DISTRICT, TS_CUT_NOTHING);
    world_run(world, 600000); /* the line was good a moment ago */
    size_t before = commune->note_count;
    world_run(world, 7200000);
    for (size_t i = before; i < commune->note_count; i++) {
        greeted += strstr(commune->notes[i].details, "fact=GREETED office=1 ") != NULL ? 1 : 0;
    }
    assert_in_range(greeted, 1, 30);
}

/* ---- files that are not what they should be */

static ts_err_t
check(const char *path, const ts_box_secret_t *secret)
{
    ts_msg_t why = {0};
    ts_backup_facts_t facts = {.office = 0};
    ts_backup_source_t source = {.path = path, .secret = secret};
    ts_err_t err = ts_backup_check(&source, &facts, &why);
    assert_true(err == TS_ERR_OK || why.id != NULL);
    ts_msg_free(&why);
    return err;
}

static uint8_t *
read_whole(const char *path, size_t *ret_bytes)
{
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    uint8_t *data = malloc((size_t)facts.st_size);
    assert_non_null(data);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    *ret_bytes = fread(data, 1, (size_t)facts.st_size, file);
    assert_int_equal(*ret_bytes, (size_t)facts.st_size);
    (void)fclose(file);
    return data;
}

static void
write_whole(const char *path, const uint8_t *data, size_t bytes)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

/* Cut and changed at places all over the file. Zeros behind the last file are all that may be
 * missing. */
static void
judge_damaged(const char *path, const char *damaged, const ts_box_secret_t *secret)
{
    size_t bytes = 0;
    uint8_t *data = read_whole(path, &bytes);
    assert_int_equal(check(path, secret), TS_ERR_OK);
    for (size_t i = 0; i < 24; i++) {
        size_t cut = i * (bytes - 1600) / 24;
        write_whole(damaged, data, cut);
        assert_int_not_equal(check(damaged, secret), TS_ERR_OK);
        size_t at = i * (bytes - 1600) / 24 + 7;
        data[at] ^= 0x10;
        write_whole(damaged, data, bytes);
        ts_err_t err = check(damaged, secret);
        data[at] ^= 0x10;
        /* What stands in no file (owner, padding) may differ; a closed one is whole or not. */
        assert_true(err != TS_ERR_OK || secret == NULL);
    }
    free(data);
}

static void
test_node_backup_damaged_or_half_is_refused(void **state)
{
    world_t *world = *state;
    char *path = backup(world, COMMUNE, "commune.backup");
    char *damaged = path_of(world, "damaged.backup");
    judge_damaged(path, damaged, NULL);
    /* A byte of the database itself. */
    size_t bytes = 0;
    uint8_t *data = read_whole(path, &bytes);
    data[bytes / 2] ^= 1;
    write_whole(damaged, data, bytes);
    assert_int_equal(check(damaged, NULL), TS_ERR_HASH);
    assert_int_equal(check("/dev/null", NULL), TS_ERR_INVALID);
    assert_int_equal(check("/nowhere/x.backup", NULL), TS_ERR_NOTFOUND);
    /* Of a later version. */
    data[bytes / 2] ^= 1;
    for (size_t i = 0; i + 17 < bytes; i++) {
        if (memcmp(data + i, "tiepsuc backup 1\n", 17) == 0) {
            data[i + 15] = '2';
            break;
        }
    }
    write_whole(damaged, data, bytes);
    assert_int_equal(check(damaged, NULL), TS_ERR_UNKNOWN);
    free(data);
    free(path);
    free(damaged);
}

static void
test_node_backup_closed_one_opens_with_its_key_only(void **state)
{
    world_t *world = *state;
    ts_msg_t why = {0};
    ts_hash_t public_key;
    ts_hash_t other_public;
    ts_box_secret_t secret;
    ts_box_secret_t other;
    ts_backup_facts_t facts = {.office = 0};
    char *path = path_of(world, "closed.backup");
    char *damaged = path_of(world, "damaged.backup");
    ts_box_keypair(ts_random_system(), &public_key, &secret);
    ts_box_keypair(ts_random_system(), &other_public, &other);
    ts_backup_options_t options = {.data_dir = world->nodes[COMMUNE].folder,
                                   .path = path,
                                   .recipient = &public_key,
                                   .now_s = 1571000000,
                                   .software = "test",
                                   .random = ts_random_system()};
    options.copy = take_copy(world, COMMUNE, 0, &options);
    assert_int_equal(ts_backup_make(&options, &facts, &why), TS_ERR_OK);
    assert_true(facts.sealed);
    /* Never over another one. */
    assert_int_equal(ts_backup_make(&options, &facts, &why), TS_ERR_EXISTS);
    assert_int_equal(close(options.copy), 0);
    assert_int_equal(check(path, NULL), TS_ERR_KEY);
    assert_int_equal(check(path, &other), TS_ERR_KEY);
    judge_damaged(path, damaged, &secret);
    ts_msg_free(&why);
    free(path);
    free(damaged);
}

static void
test_node_backup_is_laid_out_in_an_empty_folder_only(void **state)
{
    world_t *world = *state;
    char *path = backup(world, COMMUNE, "commune.backup");
    char *dir = path_of(world, "elsewhere");
    char inside[1100];
    ts_msg_t why = {0};
    ts_backup_facts_t facts = {.office = 0};
    ts_restore_options_t options = {
        .source = {.path = path}, .dir = dir, .random = ts_random_system()};
    assert_int_equal(mkdir(dir, 0700), 0);
    (void)snprintf(inside, sizeof inside, "%s/letter.txt", dir);
    write_whole(inside, (const uint8_t *)"x", 1);
    assert_int_equal(ts_restore(&options, &facts, &why), TS_ERR_EXISTS);
    options.dir = world->nodes[DISTRICT].folder;
    assert_int_equal(ts_restore(&options, &facts, &why), TS_ERR_EXISTS);
    assert_int_equal(access(inside, F_OK), 0);
    assert_int_equal(remove(inside), 0);
    options.dir = dir;
    assert_int_equal(ts_restore(&options, &facts, &why), TS_ERR_OK);
    assert_int_equal(ts_restore(&options, &facts, &why), TS_ERR_EXISTS);
    ts_msg_free(&why);
    free(path);
    free(dir);
}

/* The node is killed at every change of its disk while the copy is made: the office comes back as
 * it was, nothing of the copy is left, and the next backup is whole. */
static void
test_node_backup_killed_while_it_copies_loses_nothing(void **state)
{
    world_t *world = *state;
    bool fired = true;
    unsigned kills = 0;
    for (uint64_t k = 1; fired; k += 1 + k / 8) {
        world->bystander = true;
        world_arm(world, COMMUNE, k, NULL);
        (void)world_tell(world, COMMUNE, "backup_begin", NULL);
        world_run(world, 2000);
        fired = world->nodes[COMMUNE].crashed;
        if (fired) {
            kills++;
            assert_true(world_revive(world, (ts_power_cut_t)(k % 3)));
        }
        ts_faultvfs_disarm(world->nodes[COMMUNE].vfs);
        world->bystander = false;
        world_do(world, COMMUNE, "backup_release", NULL);
        char left[1100];
        (void)snprintf(left, sizeof left, "%s/backup.sqlite", world->nodes[COMMUNE].folder);
        assert_int_not_equal(access(left, F_OK), 0);
    }
    assert_true(kills > 3);
    world_settle(world);
    world_assert_in_step(world, COMMUNE, "90101");
    char *path = backup(world, COMMUNE, "commune.backup");
    free(path);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_node_backup_made_while_typing_brings_the_commune_back),
        CASE(test_node_backup_beside_an_old_witness_leaves_the_old_logs),
        CASE(test_node_backup_brings_the_district_back),
        CASE(test_node_backup_province_forgets_no_office_and_gives_no_number_twice),
        CASE(test_node_backup_province_is_rebuilt_from_kit_and_offices),
        CASE(test_node_backup_strangers_are_refused_again_when_it_is_over),
        CASE(test_node_backup_office_whose_join_was_forgotten_comes_in_again),
        CASE(test_node_backup_replaced_commune_gets_back_what_was_held),
        CASE(test_node_backup_replaced_district_is_found_by_its_communes),
        CASE(test_node_backup_office_without_parent_asks_above_with_pauses),
        CASE(test_node_backup_damaged_or_half_is_refused),
        CASE(test_node_backup_closed_one_opens_with_its_key_only),
        CASE(test_node_backup_is_laid_out_in_an_empty_folder_only),
        CASE(test_node_backup_killed_while_it_copies_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
