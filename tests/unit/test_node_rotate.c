/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the registrar's key is replaced while the offices go on: they learn it by themselves, also
 * after a year without a link; what the earlier key signs later is kept and not accepted, anywhere;
 * an old offer, one that jumps and one of another root are refused; a kill at any change of the
 * disk leaves it done or not done.
 * Method: whole nodes in virtual time. The thief is the province's disk of before the rotation.
 */
#include "core/kind.h"
#include "crypto/recovery.h"
#include "node/rotation.h"
#include "support/node_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DISTRICT = 1, COMMUNE = 2 };

static ts_hash_t root_public;
static ts_secret_t root_secret;
static ts_random_seeded_t seeded;

static int
setup(void **state)
{
    world_t *world = world_new(12);
    char path[512];
    ts_msg_t why = {0};
    *state = world;
    world_found(world);
    assert_int_equal(world_enrol(world, "district", "901", "huyen-mot", WORLD_PROVINCE), DISTRICT);
    assert_true(world_start(world, DISTRICT));
    assert_int_equal(world_enrol(world, "commune", "90101", "xa-an", DISTRICT), COMMUNE);
    assert_true(world_start(world, COMMUNE));
    world_settle(world);
    (void)snprintf(path, sizeof path, "%s/keys/root.key", world->nodes[0].folder);
    assert_int_equal(ts_root_load(path, NULL, &root_public, &root_secret, &why), TS_ERR_OK);
    return 0;
}

static ts_err_t
rotate_to(world_t *world, uint32_t serial, const ts_secret_t *root, const ts_hash_t *public_key)
{
    ts_command_t command;
    ts_command_init(&command, "rotate_registrar");
    command.account = 1;
    ts_rotation_offer(public_key, root, serial, ts_random_from_seed(&seeded, serial * 77),
                      &command.blob);
    return world_tell_command(world, WORLD_PROVINCE, &command);
}

static ts_err_t
rotate(world_t *world, uint32_t serial)
{
    return rotate_to(world, serial, &root_secret, &root_public);
}

static uint32_t
known_at(const world_t *world, size_t node)
{
    return ts_catalog_registrar(ts_fold_catalog(world->nodes[node].node->fold));
}

static bool
knows_unit(const world_t *world, size_t node, const char *code)
{
    return ts_catalog_unit_coded(ts_fold_catalog(world->nodes[node].node->fold), code, 0) != NULL;
}

/* A record that only the registry can hold. */
static ts_err_t
add_body(world_t *world, const char *code)
{
    return world_tell(world, WORLD_PROVINCE, "add", "kind", "body", "code", code, "name", code,
                      "level", "commune", "unit", "901", NULL);
}

static bool
knows_body(const world_t *world, size_t node, const char *code)
{
    return ts_catalog_body_coded(ts_fold_catalog(world->nodes[node].node->fold), code) != NULL;
}

static void
test_node_rotate_children_learn_the_new_registrar(void **state)
{
    world_t *world = *state;
    assert_true(knows_unit(world, COMMUNE, "90101"));
    /* Enrolled under the first registrar, joins under the second. */
    size_t late = world_enrol(world, "commune", "90102", "xa-binh", DISTRICT);
    world_link(world, COMMUNE, false);
    assert_int_equal(rotate(world, 2), TS_ERR_OK);
    assert_int_equal(add_body(world, "moi-1"), TS_ERR_OK);
    world_settle(world);
    assert_int_equal(known_at(world, WORLD_PROVINCE), 2);
    assert_int_equal(known_at(world, DISTRICT), 2);
    assert_true(knows_body(world, DISTRICT, "moi-1"));
    assert_true(world_start(world, late));
    world_settle(world);
    world_needs(world, late, 2);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 2);
    /* Long without a link: two keys later it hears of both. */
    assert_int_equal(known_at(world, COMMUNE), 1);
    world_run(world, INT64_C(48) * 3600 * 1000);
    assert_int_equal(rotate(world, 3), TS_ERR_OK);
    world_needs(world, COMMUNE, 1);
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_int_equal(known_at(world, COMMUNE), 3);
    assert_true(knows_body(world, COMMUNE, "moi-1"));
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(world_parked(world, i, TS_PARK_CUT_OFF), 0);
        world_do(world, i, "verify", NULL);
    }
    /* The new registrar enrols and is known after a start. */
    world_stop(world, WORLD_PROVINCE);
    assert_true(world_start(world, WORLD_PROVINCE));
    size_t fresh = world_enrol(world, "district", "902", "huyen-hai", WORLD_PROVINCE);
    assert_true(world_start(world, fresh));
    world_settle(world);
    assert_int_equal(known_at(world, fresh), 3);
    assert_true(knows_body(world, fresh, "moi-1"));
    assert_true(world_noted(world, WORLD_PROVINCE, "office_joined", "office=5"));
}

static void
test_node_rotate_other_numbers_and_roots_are_refused(void **state)
{
    world_t *world = *state;
    ts_hash_t public_key;
    ts_secret_t other;
    ts_sign_keypair(ts_random_from_seed(&seeded, 99), &public_key, &other);
    assert_int_equal(rotate(world, 1), TS_ERR_LIMIT);
    assert_int_equal(rotate(world, 3), TS_ERR_LIMIT);
    assert_int_equal(rotate_to(world, 2, &other, &public_key), TS_ERR_KEY);
    assert_int_equal(rotate_to(world, 2, &other, &root_public), TS_ERR_SIGNATURE);
    assert_int_equal(known_at(world, WORLD_PROVINCE), 1);
    assert_int_equal(rotate(world, 2), TS_ERR_OK);
    assert_int_equal(rotate(world, 2), TS_ERR_LIMIT);
    assert_int_equal(world_tell(world, DISTRICT, "rotate_registrar", NULL), TS_ERR_DENIED);
    char path[512];
    (void)snprintf(path, sizeof path, "%s/keys/recovery-2.kit", world->nodes[0].folder);
    assert_int_equal(access(path, F_OK), 0);
}

/* Who stole the old key goes on with it: what it signs reaches the offices and is not accepted,
 * whether it comes before or after the news of the rotation. */
static void
test_node_rotate_stolen_key_is_not_heard_any_more(void **state)
{
    world_t *world = *state;
    world_node_t *province = &world->nodes[WORLD_PROVINCE];
    char key[512];
    char hidden[600];
    (void)snprintf(key, sizeof key, "%s/keys/registrar-2.key", province->folder);
    (void)snprintf(hidden, sizeof hidden, "%s.hidden", key);
    world_stop(world, WORLD_PROVINCE);
    world_files_t *before = world_files_take(world, WORLD_PROVINCE, true);
    assert_true(world_start(world, WORLD_PROVINCE));
    assert_int_equal(rotate(world, 2), TS_ERR_OK);
    world_link(world, COMMUNE, false);
    world_settle(world);
    world_stop(world, WORLD_PROVINCE);
    world_files_t *after = world_files_take(world, WORLD_PROVINCE, true);

    /* The thief's machine, in the province's place. */
    world_link(world, DISTRICT, false);
    world_files_put(world, WORLD_PROVINCE, before);
    assert_int_equal(rename(key, hidden), 0);
    assert_true(world_start(world, WORLD_PROVINCE));
    assert_int_equal(add_body(world, "ke-gian"), TS_ERR_OK);
    assert_true(knows_body(world, WORLD_PROVINCE, "ke-gian"));
    world_link(world, DISTRICT, true);
    world_settle(world);
    assert_false(knows_body(world, DISTRICT, "ke-gian"));
    assert_true(world_parked(world, DISTRICT, TS_PARK_CUT_OFF) > 0);
    /* It heard from the district that it was replaced. */
    assert_int_equal(known_at(world, WORLD_PROVINCE), 2);
    assert_int_equal(add_body(world, "ke-gian-2"), TS_ERR_DENIED);
    world_link(world, DISTRICT, false);
    world_stop(world, WORLD_PROVINCE);

    /* The real one again. */
    assert_int_equal(rename(hidden, key), 0);
    world_files_put(world, WORLD_PROVINCE, after);
    assert_true(world_start(world, WORLD_PROVINCE));
    world_link(world, DISTRICT, true);
    world_link(world, COMMUNE, true);
    assert_int_equal(add_body(world, "that"), TS_ERR_OK);
    world_settle(world);
    for (size_t i = 0; i < 3; i++) {
        assert_true(knows_body(world, i, "that"));
        assert_false(knows_body(world, i, "ke-gian"));
        assert_int_equal(known_at(world, i), 2);
    }
    world_do(world, COMMUNE, "verify", NULL);
    world_files_free(&before);
    world_files_free(&after);
}

/* Its backup is from before the rotation: it writes no registry until the root key gives it the
 * next key after the newest that the offices know. */
static void
test_node_rotate_restored_with_the_old_key_goes_on_with_the_next(void **state)
{
    world_t *world = *state;
    char key[512];
    (void)snprintf(key, sizeof key, "%s/keys/registrar-2.key", world->nodes[0].folder);
    world_stop(world, WORLD_PROVINCE);
    world_files_t *before = world_files_take(world, WORLD_PROVINCE, false);
    assert_true(world_start(world, WORLD_PROVINCE));
    assert_int_equal(rotate(world, 2), TS_ERR_OK);
    assert_int_equal(add_body(world, "moi-1"), TS_ERR_OK);
    world_settle(world);
    world_kill(world, WORLD_PROVINCE, TS_CUT_ALL);
    world_files_clone(world, WORLD_PROVINCE, before);
    world_files_free(&before);
    assert_int_equal(unlink(key), 0);
    assert_true(world_start(world, WORLD_PROVINCE));
    world_settle(world);
    assert_int_equal(known_at(world, WORLD_PROVINCE), 2);
    assert_true(knows_body(world, WORLD_PROVINCE, "moi-1"));
    assert_int_equal(add_body(world, "moi-2"), TS_ERR_DENIED);
    assert_int_equal(rotate(world, 2), TS_ERR_LIMIT);
    assert_int_equal(rotate(world, 3), TS_ERR_OK);
    assert_int_equal(add_body(world, "moi-2"), TS_ERR_OK);
    world_settle(world);
    world_stop(world, WORLD_PROVINCE);
    assert_true(world_start(world, WORLD_PROVINCE));
    assert_int_equal(add_body(world, "moi-3"), TS_ERR_OK);
    world_settle(world);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(known_at(world, i), 3);
        assert_true(knows_body(world, i, "moi-1"));
        assert_true(knows_body(world, i, "moi-2"));
        assert_true(knows_body(world, i, "moi-3"));
    }
}

/* The gate of the district gets another key and address: its communes find it by themselves. */
static void
test_node_rotate_gate_key_is_learnt_before_the_old_gate_ends(void **state)
{
    world_t *world = *state;
    world_node_t *district = &world->nodes[DISTRICT];
    char key[65];
    memset(key, 'a', 64);
    key[64] = '\0';
    assert_int_equal(world_tell(world, WORLD_PROVINCE, "rotate_gate", "office", "3", "gate_key",
                                key, "endpoint", "tcp://neu.invalid:7501", NULL),
                     TS_ERR_INVALID); /* a commune has no gate */
    assert_int_equal(world_tell(world, WORLD_PROVINCE, "rotate_gate", "office", "2", "gate_key",
                                "abc", "endpoint", "tcp://neu.invalid:7501", NULL),
                     TS_ERR_INVALID);
    world_do(world, WORLD_PROVINCE, "rotate_gate", "office", "2", "gate_key", key, "endpoint",
             "tcp://neu.invalid:7501", NULL);
    world_settle(world); /* the old gate still stands: it brings the news */
    const ts_office_t *row =
        ts_catalog_office(ts_fold_catalog(world->nodes[COMMUNE].node->fold), 2);
    assert_non_null(row);
    assert_string_equal(row->endpoints, "tcp://neu.invalid:7501");
    assert_int_equal(row->gate_curve_key.b[0], 0xaa);
    /* From here on only the new one does. */
    (void)snprintf(district->endpoint, sizeof district->endpoint, "tcp://neu.invalid:7501");
    world_stop(world, COMMUNE);
    assert_true(world_start(world, COMMUNE));
    world_needs(world, COMMUNE, 2);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 2);
}

/* Killed at the k-th change of its disk: afterwards it is done, or it is said again and done. */
static void
test_node_rotate_killed_at_every_change_is_done_or_not(void **state)
{
    world_t *world = *state;
    world_node_t *province = &world->nodes[WORLD_PROVINCE];
    uint32_t serial = 1;
    bool fired = true;
    uint64_t k = 1;
    unsigned hits = 0;
    for (; fired && serial < 40; k++) {
        world_arm(world, WORLD_PROVINCE, k, NULL);
        world->bystander = true;
        (void)rotate(world, serial + 1);
        world_settle(world);
        fired = ts_faultvfs_fired(province->vfs);
        if (province->crashed) {
            assert_true(world_revive(world, (ts_power_cut_t)(k % 3)));
            hits++;
        }
        ts_faultvfs_disarm(province->vfs);
        world_settle(world);
        uint32_t now = province->node->identity.chain.registrar_serial;
        assert_true(now == serial || now == serial + 1);
        serial = now;
        assert_int_equal(known_at(world, WORLD_PROVINCE), serial);
        assert_int_equal(known_at(world, COMMUNE), serial);
        char code[16];
        (void)snprintf(code, sizeof code, "b-%u", (unsigned)k);
        assert_int_equal(add_body(world, code), TS_ERR_OK);
        world_settle(world);
        assert_true(knows_body(world, COMMUNE, code));
    }
    assert_true(hits > 5);
    assert_int_equal(world_parked(world, COMMUNE, TS_PARK_CUT_OFF), 0);
    world_do(world, WORLD_PROVINCE, "verify", NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_node_rotate_children_learn_the_new_registrar, setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_node_rotate_other_numbers_and_roots_are_refused, setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_node_rotate_stolen_key_is_not_heard_any_more, setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(
            test_node_rotate_restored_with_the_old_key_goes_on_with_the_next, setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(
            test_node_rotate_gate_key_is_learnt_before_the_old_gate_ends, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_node_rotate_killed_at_every_change_is_done_or_not,
                                        setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
