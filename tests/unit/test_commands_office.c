/* SPDX-License-Identifier: MPL-2.0 */
/* Goal: a province founds itself, enrols offices and revokes them; an office joins from its invite
 * without any connection and can record at once; nobody takes a folder twice. Method: real
 * provisioning into temporary folders, real nodes, commands. */
#include "base/xalloc.h"
#include "node/command.h"
#include "node/node_p.h"
#include "node/provision.h"
#include "support/command_world.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static command_world_t *world;

static int
setup(void **state)
{
    (void)state;
    world = command_world_new();
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    command_world_destroy(&world);
    return 0;
}

static void
must_refuse(const ts_reply_t *reply, ts_err_t code)
{
    if (reply->code != code) {
        command_print(reply);
    }
    assert_int_equal(reply->code, code);
}

static void
test_commands_province_founds_itself_once(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        const ts_reply_t *reply = command_run(world, 0, "list", "kind=office", NULL);
        assert_int_equal(ts_table_rows(ts_reply_table(reply, "office")), 1);
        assert_int_equal(command_number(reply, "office", 0, "number"), 1);
        assert_string_equal(command_cell(reply, "office", 0, "unit"), "Thành phố Hà Nội");
        assert_string_equal(command_cell(reply, "office", 0, "endpoints"), "tcp://127.0.0.1:7500");
        reply = command_run(world, 0, "list", "kind=unit", NULL);
        assert_int_equal(ts_table_rows(ts_reply_table(reply, "unit")), 1);
        command_world_reopen(world);
    }
}

static void
must_be_private(const char *folder, const char *name)
{
    char path[512];
    struct stat about;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 077, 0);
}

static void
test_provision_keys_are_private_and_never_replaced(void **state)
{
    (void)state;
    static const char *const keys[] = {"keys/root.key", "keys/registrar.key", "keys/gate.key",
                                       "keys/node.key"};
    const char *folder = command_world_folder(world);
    for (size_t i = 0; i < TS_COUNT(keys); i++) {
        must_be_private(folder, keys[i]);
    }
    ts_msg_t why = {0};
    ts_provision_init_t init = {.dir = folder,
                                .name = "x",
                                .unit_code = "01",
                                .unit_name = "x",
                                .body_code = "x",
                                .body_name = "x",
                                .endpoints = "tcp://127.0.0.1:1",
                                .random = ts_random_system()};
    assert_int_equal(ts_provision_init(&init, &why), TS_ERR_EXISTS);
    ts_msg_free(&why);
    init.name = "";
    assert_int_equal(ts_provision_init(&init, &why), TS_ERR_INVALID);
    ts_msg_free(&why);
}

static void
test_provision_writes_configuration(void **state)
{
    (void)state;
    static const char *const files[] = {"aggregator.conf", "gate.conf", "reporter.conf"};
    for (size_t i = 0; i < TS_COUNT(files); i++) {
        char path[512];
        ts_buf_t text = {0};
        (void)snprintf(path, sizeof path, "%s/%s", command_world_folder(world), files[i]);
        command_read_file(path, &text);
        ts_buf_put_u8(&text, 0);
        assert_non_null(strstr((const char *)text.data, "data_dir = \"/"));
        ts_buf_free(&text);
    }
}

static void
copy_blob(const ts_reply_t *reply, ts_buf_t *out)
{
    if (reply->code != TS_ERR_OK) {
        command_print(reply);
    }
    assert_int_equal(reply->code, TS_ERR_OK);
    assert_true(reply->blob.length > 0);
    ts_buf_put(out, reply->blob.data, reply->blob.length);
}

static void
test_commands_enrol_join_and_record_before_any_connection(void **state)
{
    (void)state;
    ts_buf_t invite = {0};
    command_load_plan(world, "ha-noi-588");
    const ts_reply_t *reply = command_run(world, 1, "enrol", "role=commune", "unit=Xã Vân Hòa",
                                          "name=UBND xã Vân Hòa", NULL);
    copy_blob(reply, &invite);
    assert_int_equal(command_number(reply, "record", 0, "number"), 2);
    assert_int_equal(command_number(reply, "record", 0, "parent_number"), 1);
    command_world_t *office = command_world_join(ts_buf_bytes(&invite));
    assert_int_equal(ts_node_office(command_world_node(office)), 2);
    reply = command_run(office, 0, "status", NULL);
    assert_string_equal(command_cell(reply, "status", 0, "name"), "UBND xã Vân Hòa");
    assert_string_equal(command_cell(reply, "status", 0, "role"), "commune");
    assert_int_equal(command_number(reply, "status", 0, "registry_age_s"), -1);
    /* Its own unit is known from the invite; the plan is not there yet. */
    reply = command_run(office, 1, "add", "kind=beneficiary", "unit=09706", "birth_year=2013",
                        "sex=female", NULL);
    if (reply->code != TS_ERR_OK) {
        command_print(reply);
    }
    assert_int_equal(reply->code, TS_ERR_OK);
    reply = command_run(office, 0, "status", NULL);
    assert_int_equal(command_number(reply, "status", 0, "saved"), 1);
    assert_int_equal(command_number(reply, "status", 0, "parked") +
                         command_number(reply, "status", 0, "pending"),
                     1);
    must_refuse(command_run(office, 1, "add", "kind=need", "line=warm", "quantity=1",
                            "occurred_on=2019-10-15", "site=A", NULL),
                TS_ERR_NOTFOUND);
    must_refuse(command_run(office, 1, "enrol", "role=commune", "unit=09706", NULL), TS_ERR_DENIED);
    must_refuse(command_run(office, 1, "plan_load", NULL), TS_ERR_DENIED);
    must_refuse(command_run(office, 1, "add", "kind=unit", "code=1", "name=x", NULL),
                TS_ERR_INVALID);
    command_world_destroy(&office);
    ts_buf_free(&invite);
}

static void
test_commands_enrol_refuses_what_is_incomplete(void **state)
{
    (void)state;
    command_load_plan(world, "ha-noi-588");
    must_refuse(command_run(world, 1, "enrol", "unit=09706", NULL), TS_ERR_INVALID);
    must_refuse(command_run(world, 1, "enrol", "role=commune", NULL), TS_ERR_INVALID);
    must_refuse(command_run(world, 1, "enrol", "role=district", "unit=Huyện Ba Vì", NULL),
                TS_ERR_INVALID);
    must_refuse(command_run(world, 1, "enrol", "role=commune", "unit=Xã Không Có", NULL),
                TS_ERR_NOTFOUND);
    must_refuse(command_run(world, 1, "enrol", "role=commune", "unit=09706", "parent=7", NULL),
                TS_ERR_NOTFOUND);
    assert_int_equal(
        ts_table_rows(ts_reply_table(command_run(world, 0, "list", "kind=office", NULL), "office")),
        1);
}

/* A district has a gate of its own, whose key is in the registry before it has joined: communes
 * below it can be enrolled at once. */
static void
test_commands_enrol_district_then_commune_below_it(void **state)
{
    (void)state;
    ts_buf_t invite = {0};
    char path[512];
    command_load_plan(world, "ha-noi-588");
    copy_blob(command_run(world, 1, "enrol", "role=district", "unit=Huyện Ba Vì",
                          "endpoint=tcp://127.0.0.1:7600", NULL),
              &invite);
    const ts_reply_t *reply =
        command_run(world, 1, "enrol", "role=commune", "unit=09706", "parent=2", NULL);
    assert_int_equal(reply->code, TS_ERR_OK);
    ts_buf_t below = {0};
    copy_blob(reply, &below);
    ts_buf_put_u8(&below, 0);
    assert_non_null(strstr((const char *)below.data, "tcp://127.0.0.1:7600"));
    command_world_t *district = command_world_join(ts_buf_bytes(&invite));
    (void)snprintf(path, sizeof path, "%s/keys/gate.key", command_world_folder(district));
    assert_int_equal(access(path, F_OK), 0);
    (void)snprintf(path, sizeof path, "%s/gate.conf", command_world_folder(district));
    assert_int_equal(access(path, F_OK), 0);
    command_world_destroy(&district);
    ts_buf_free(&invite);
    ts_buf_free(&below);
    /* What was written in their place before today stays. */
    const ts_node_t *node = command_world_node(world);
    for (uint32_t number = 2; number <= 3; number++) {
        const ts_office_t *office = ts_catalog_office(ts_node_catalog(node), number);
        assert_non_null(office);
        assert_true(office->from > 0);
        assert_int_equal(office->from, ts_node_today(node));
    }
}

static void
test_commands_enrol_subscriber_gives_a_reading_key(void **state)
{
    (void)state;
    ts_buf_t key = {0};
    copy_blob(command_run(world, 1, "enrol", "subscriber=yes", "name=Bảng tin",
                          "topics=need handover", NULL),
              &key);
    ts_buf_put_u8(&key, 0);
    assert_non_null(strstr((const char *)key.data, "kind = subscriber"));
    assert_null(strstr((const char *)key.data, "sign_secret"));
    ts_buf_free(&key);
}

static void
test_provision_join_refuses_what_is_no_invite(void **state)
{
    (void)state;
    char path[600];
    ts_msg_t why = {0};
    (void)snprintf(path, sizeof path, "%s/keys/gate.key", command_world_folder(world));
    ts_provision_join_t join = {
        .invite = path, .dir = "/nonexistent/office", .random = ts_random_system()};
    assert_int_equal(ts_provision_join(&join, &why), TS_ERR_INVALID);
    ts_msg_free(&why);
    join.invite = "/nonexistent/invite";
    assert_int_equal(ts_provision_join(&join, &why), TS_ERR_NOTFOUND);
    ts_msg_free(&why);
}

static void
test_commands_revoke_names_the_office_once(void **state)
{
    (void)state;
    ts_buf_t invite = {0};
    command_load_plan(world, "ha-noi-588");
    copy_blob(command_run(world, 1, "enrol", "role=commune", "unit=09706", NULL), &invite);
    must_refuse(command_run(world, 1, "revoke", NULL), TS_ERR_INVALID);
    must_refuse(command_run(world, 1, "revoke", "office=9", NULL), TS_ERR_NOTFOUND);
    must_refuse(command_run(world, 1, "revoke", "office=1", NULL), TS_ERR_DENIED);
    assert_int_equal(command_run(world, 1, "revoke", "office=2", "note=mất máy", NULL)->code,
                     TS_ERR_OK);
    must_refuse(command_run(world, 1, "revoke", "office=2", NULL), TS_ERR_EXISTS);
    must_refuse(command_run(world, 1, "release", "event=0000000000000000", "note=x", NULL),
                TS_ERR_NOTFOUND);
    ts_buf_free(&invite);
}

static const char *
add_need(char out[TS_CODE_BYTES_MAX])
{
    return command_saved(command_run(world, 1, "add", "kind=need", "unit=09706", "line=warm",
                                     "quantity=1", "occurred_on=2019-10-15", "site=A", NULL),
                         out);
}

static void
test_commands_watch_streams_the_feed_until_the_client_leaves(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    command_load_plan(world, "ha-noi-588");
    assert_int_equal(command_run(world, 0, "watch", "after=999999999", NULL)->code,
                     TS_ERR_NOTFOUND);
    const ts_reply_t *reply = command_run(world, 0, "watch", "topics=need", NULL);
    assert_int_equal(reply->code, TS_ERR_OK);
    assert_false(reply->done);
    size_t before = command_feed_rows(world);
    add_need(code);
    (void)command_run(world, 0, "status", NULL); /* some turns more */
    size_t told = command_feed_rows(world);
    assert_true(told > before);
    ts_node_client_gone(command_world_node(world), 1);
    add_need(code);
    (void)command_run(world, 0, "status", NULL);
    assert_int_equal(command_feed_rows(world), told);
}

/* Clients that died without a word must not keep others from watching for ever. */
static void
test_commands_watch_oldest_makes_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(command_run(world, 0, "watch", NULL)->code, TS_ERR_OK);
    }
    assert_int_equal(command_ended_count(world), 0);
    assert_int_equal(command_run(world, 0, "watch", NULL)->code, TS_ERR_OK);
    assert_int_equal(command_ended_count(world), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_commands_province_founds_itself_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_provision_keys_are_private_and_never_replaced, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_provision_writes_configuration, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_enrol_join_and_record_before_any_connection,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_enrol_refuses_what_is_incomplete, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_enrol_district_then_commune_below_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_enrol_subscriber_gives_a_reading_key, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_provision_join_refuses_what_is_no_invite, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_revoke_names_the_office_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_watch_oldest_makes_room, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_commands_watch_streams_the_feed_until_the_client_leaves, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
