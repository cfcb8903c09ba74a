/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the self-test passes a shut door and says so of each kind of open one.
 * Method: a real door, then doors that are left open on purpose with the library's own calls:
 * without security, and with CURVE but with nothing that asks whose key it is.
 */
#include "support/test.h"

#include "net/selftest.h"
#include "net/socket_impl.h"
#include "support/net_world.h"

#include <stdio.h>
#include <string.h>
#include <zmq.h>

/* No door here is silent: what each does is an event. */
enum { DEADLINE_MS = 120000 };

static ts_world_t world;
static ts_zap_t *zap;
static ts_curve_pair_t server;
static ts_socket_t careless;
static void *careless_context;

static void
close_careless(void)
{
    if (careless.handle != NULL) {
        assert_int_equal(zmq_close(careless.handle), 0);
        assert_int_equal(zmq_ctx_term(careless_context), 0);
    }
    careless.handle = NULL;
}

static int
setup(void **state)
{
    ts_world_open(&world);
    ts_curve_pair_make(&server);
    assert_int_equal(ts_zap_open(world.net, &zap, NULL), TS_ERR_OK);
    return 0;
}

static int
teardown(void **state)
{
    close_careless();
    ts_zap_close(&zap);
    ts_world_close(&world);
    return 0;
}

static ts_err_t
try_door(const ts_socket_t *door, ts_zap_class_t klass, ts_msg_t *why)
{
    const ts_selftest_t options = {
        .net = world.net,
        .zap = zap,
        .door = door,
        .server_key = &server.public_key,
        .klass = klass,
        .clock = ts_loop_clock(world.loop),
        .deadline_ms = DEADLINE_MS,
    };
    ts_err_t err = ts_selftest_run(&options, why);
    assert_false(ts_zap_is_ready(zap));
    return err;
}

/* A door as a careless hand would open it: in a context without ZAP handler, nothing enforced. */
static void
open_carelessly(int type, bool with_curve)
{
    const int yes = 1;
    const int none = 0;
    careless = (ts_socket_t){.net = world.net, .type = type, .is_bound = true};
    careless_context = zmq_ctx_new();
    careless.handle = zmq_socket(careless_context, type);
    assert_int_equal(zmq_setsockopt(careless.handle, ZMQ_LINGER, &none, sizeof none), 0);
    if (with_curve) {
        assert_int_equal(zmq_setsockopt(careless.handle, ZMQ_CURVE_SERVER, &yes, sizeof yes), 0);
        assert_int_equal(
            zmq_setsockopt(careless.handle, ZMQ_CURVE_SECRETKEY, server.secret_key, 32), 0);
    }
    assert_int_equal(zmq_bind(careless.handle, "tcp://127.0.0.1:*"), 0);
    size_t bytes = sizeof careless.endpoint;
    assert_int_equal(zmq_getsockopt(careless.handle, ZMQ_LAST_ENDPOINT, careless.endpoint, &bytes),
                     0);
}

static void
test_selftest_shut_doors_pass(void **state)
{
    const char *endpoints[] = {"tcp://0.0.0.0:0"};
    const ts_curve_server_t options = {endpoints, 1, &server};
    ts_socket_t *doors[3] = {NULL};
    assert_int_equal(ts_door_open(world.net, &options, &doors[0], NULL), TS_ERR_OK);
    assert_int_equal(ts_pages_open(world.net, &options, &doors[1], NULL), TS_ERR_OK);
    assert_int_equal(ts_bell_open(world.net, &options, &doors[2], NULL), TS_ERR_OK);
    const ts_zap_class_t classes[] = {TS_ZAP_OFFICE, TS_ZAP_SUBSCRIBER, TS_ZAP_SUBSCRIBER};
    for (size_t i = 0; i < 3; i++) {
        ts_msg_t why = {0};
        assert_int_equal(try_door(doors[i], classes[i], &why), TS_ERR_OK);
        assert_null(why.id);
        ts_socket_close(&doors[i]);
    }
}

static void
test_selftest_door_without_security_is_caught(void **state)
{
    const int types[] = {ZMQ_ROUTER, ZMQ_XPUB};
    for (size_t i = 0; i < TS_COUNT(types); i++) {
        open_carelessly(types[i], false);
        ts_msg_t why = {0};
        assert_int_equal(try_door(&careless, TS_ZAP_OFFICE, &why), TS_ERR_CONFIG);
        assert_non_null(strstr(why.id, "strangers"));
        ts_msg_free(&why);
        close_careless();
    }
}

static void
test_selftest_door_that_asks_nobody_lets_strangers_in(void **state)
{
    const int types[] = {ZMQ_ROUTER, ZMQ_XPUB};
    for (size_t i = 0; i < TS_COUNT(types); i++) {
        open_carelessly(types[i], true);
        ts_msg_t why = {0};
        assert_int_equal(try_door(&careless, TS_ZAP_OFFICE, &why), TS_ERR_CONFIG);
        assert_non_null(strstr(why.id, "strangers"));
        ts_msg_free(&why);
        close_careless();
    }
}

static void
test_selftest_wrong_key_of_the_door_is_not_taken_for_shut(void **state)
{
    const char *endpoints[] = {"tcp://127.0.0.1:0"};
    const ts_curve_server_t options = {endpoints, 1, &server};
    ts_socket_t *door = NULL;
    assert_int_equal(ts_door_open(world.net, &options, &door, NULL), TS_ERR_OK);
    ts_curve_pair_make(&server); /* the test believes in another key */
    assert_int_equal(try_door(door, TS_ZAP_OFFICE, NULL), TS_ERR_IO);
    ts_socket_close(&door);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_selftest_shut_doors_pass, setup, teardown),
        cmocka_unit_test_setup_teardown(test_selftest_door_without_security_is_caught, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_selftest_door_that_asks_nobody_lets_strangers_in,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_selftest_wrong_key_of_the_door_is_not_taken_for_shut,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
