/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: every socket has the options that net/options.h asks for, and files of ipc endpoints are
 * safe. Method: the wanted values stand here a second time and are read from the library; socket
 * files are looked at.
 */
#include "base/limits.h"
#include "net/ipc.h"
#include "net/socket_impl.h"
#include "support/net_world.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

enum { DEADLINE_MS = 120000 };

static ts_world_t world;
static ts_curve_pair_t server;
static ts_curve_pair_t client;

static int
setup(void **state)
{
    ts_world_open(&world);
    ts_curve_pair_make(&server);
    ts_curve_pair_make(&client);
    return 0;
}

static int
teardown(void **state)
{
    ts_world_close(&world);
    return 0;
}

static int
option(const ts_socket_t *socket, int name)
{
    int value = -999;
    size_t bytes = sizeof value;
    assert_int_equal(zmq_getsockopt(socket->handle, name, &value, &bytes), 0);
    return value;
}

static int64_t
max_message(const ts_socket_t *socket)
{
    int64_t value = -999;
    size_t bytes = sizeof value;
    assert_int_equal(zmq_getsockopt(socket->handle, ZMQ_MAXMSGSIZE, &value, &bytes), 0);
    return value;
}

static uint64_t
threads(const ts_socket_t *socket)
{
    uint64_t value = 0;
    size_t bytes = sizeof value;
    assert_int_equal(zmq_getsockopt(socket->handle, ZMQ_AFFINITY, &value, &bytes), 0);
    return value;
}

static ts_socket_t *
open_server(ts_err_t (*open)(ts_net_t *, const ts_curve_server_t *, ts_socket_t **, ts_msg_t *))
{
    const char *endpoints[] = {"tcp://127.0.0.1:0"};
    const ts_curve_server_t options = {endpoints, 1, &server};
    ts_socket_t *socket = NULL;
    assert_int_equal(open(world.net, &options, &socket, NULL), TS_ERR_OK);
    return socket;
}

static void
check_tcp_options(const ts_socket_t *socket)
{
    assert_int_equal(option(socket, ZMQ_LINGER), 0);
    assert_int_equal(option(socket, ZMQ_HEARTBEAT_IVL), 0);
    assert_int_equal(option(socket, ZMQ_HANDSHAKE_IVL), 30000);
    assert_int_equal(option(socket, ZMQ_TCP_KEEPALIVE), 1);
    assert_int_equal(option(socket, ZMQ_TCP_KEEPALIVE_IDLE), 60);
    assert_int_equal(option(socket, ZMQ_TCP_KEEPALIVE_INTVL), 20);
    assert_int_equal(option(socket, ZMQ_TCP_KEEPALIVE_CNT), 3);
    assert_int_equal(option(socket, ZMQ_TCP_MAXRT), 90000);
}

static void
test_endpoint_uplink_has_every_option(void **state)
{
    const ts_curve_client_t options = {"tcp://127.0.0.1:9", &server.public_key, &client};
    ts_socket_t *socket = NULL;
    assert_int_equal(ts_uplink_open(world.net, &options, &socket, NULL), TS_ERR_OK);
    check_tcp_options(socket);
    assert_int_equal(option(socket, ZMQ_TYPE), ZMQ_DEALER);
    assert_int_equal(threads(socket), 2); /* not the one of the links within the machine */
    assert_int_equal(option(socket, ZMQ_IMMEDIATE), 1);
    assert_int_equal(option(socket, ZMQ_RECONNECT_IVL), -1);
    assert_int_equal(option(socket, ZMQ_CONNECT_TIMEOUT), 20000);
    assert_int_equal(option(socket, ZMQ_SNDHWM), 256);
    assert_int_equal(option(socket, ZMQ_RCVHWM), 256);
    assert_int_equal(max_message(socket), 73728);
    assert_int_equal(option(socket, ZMQ_MECHANISM), ZMQ_CURVE);
    char id[256];
    size_t bytes = sizeof id;
    assert_int_equal(zmq_getsockopt(socket->handle, ZMQ_ROUTING_ID, id, &bytes), 0);
    assert_int_equal(bytes, 0);
    uint8_t key[32];
    bytes = sizeof key;
    assert_int_equal(zmq_getsockopt(socket->handle, ZMQ_CURVE_SERVERKEY, key, &bytes), 0);
    assert_memory_equal(key, server.public_key.b, 32);
    ts_socket_close(&socket);
    assert_null(socket);
    ts_socket_close(&socket);
}

static void
test_endpoint_door_has_every_option(void **state)
{
    ts_socket_t *socket = open_server(ts_door_open);
    check_tcp_options(socket);
    assert_int_equal(option(socket, ZMQ_TYPE), ZMQ_ROUTER);
    assert_int_equal(option(socket, ZMQ_SNDHWM), 256);
    assert_int_equal(option(socket, ZMQ_RCVHWM), 256);
    assert_int_equal(option(socket, ZMQ_BACKLOG), 1024);
    assert_int_equal(option(socket, ZMQ_CURVE_SERVER), 1);
    assert_int_equal(option(socket, 93), 1); /* ZAP_ENFORCE_DOMAIN */
    assert_int_equal(max_message(socket), 73728);
    char domain[16] = "";
    size_t bytes = sizeof domain;
    assert_int_equal(zmq_getsockopt(socket->handle, ZMQ_ZAP_DOMAIN, domain, &bytes), 0);
    assert_string_equal(domain, "sync");
    /* MANDATORY cannot be read: a message to nobody must be refused. */
    assert_int_equal(ts_socket_send_to(socket, 4711, "x", 1), TS_ERR_NOTFOUND);
    assert_non_null(strstr(ts_socket_endpoint(socket), "tcp://127.0.0.1:"));
    assert_null(strstr(ts_socket_endpoint(socket), ":0"));
    ts_socket_close(&socket);
}

static void
test_endpoint_feed_sockets_enforce_their_domain_and_are_bounded(void **state)
{
    ts_socket_t *sockets[] = {open_server(ts_bell_open), open_server(ts_pages_open)};
    for (size_t i = 0; i < TS_COUNT(sockets); i++) {
        char domain[16] = "";
        size_t bytes = sizeof domain;
        check_tcp_options(sockets[i]);
        assert_int_equal(zmq_getsockopt(sockets[i]->handle, ZMQ_ZAP_DOMAIN, domain, &bytes), 0);
        assert_string_equal(domain, "feed");
        assert_int_equal(option(sockets[i], 93), 1);
        assert_true(option(sockets[i], ZMQ_SNDHWM) > 0);
        assert_true(option(sockets[i], ZMQ_RCVHWM) > 0);
        assert_true(max_message(sockets[i]) > 0);
        ts_socket_close(&sockets[i]);
    }
}

static void
test_endpoint_control_carries_an_import_file(void **state)
{
    char endpoint[128];
    ts_world_ipc(&world, "control", endpoint);
    ts_socket_t *server_side = NULL;
    ts_socket_t *client_side = NULL;
    assert_int_equal(ts_control_bind(world.net, endpoint, TS_IPC_OWNER, &server_side, NULL),
                     TS_ERR_OK);
    assert_int_equal(ts_control_connect(world.net, endpoint, &client_side, NULL), TS_ERR_OK);
    assert_true(max_message(server_side) >= TS_CONTROL_BYTES_MAX);
    assert_true(max_message(client_side) >= TS_CONTROL_BYTES_MAX);
    assert_int_equal(threads(server_side), 1);
    static uint8_t file[TS_CONTROL_BYTES_MAX];
    file[TS_CONTROL_BYTES_MAX - 1] = 7;
    assert_int_equal(ts_socket_wait(client_side, TS_WAIT_WRITE, DEADLINE_MS), TS_ERR_OK);
    assert_int_equal(ts_socket_send(client_side, file, sizeof file), TS_ERR_OK);
    assert_int_equal(ts_socket_wait(server_side, TS_WAIT_READ, DEADLINE_MS), TS_ERR_OK);
    ts_frame_t frame = {0};
    assert_int_equal(ts_socket_recv(server_side, &frame), TS_ERR_OK);
    assert_int_equal(frame.body.length, sizeof file);
    assert_int_equal(frame.body.data[TS_CONTROL_BYTES_MAX - 1], 7);
    assert_false(frame.has_key);
    assert_int_equal(ts_socket_send_to(server_side, frame.route, "done", 4), TS_ERR_OK);
    assert_int_equal(ts_socket_wait(client_side, TS_WAIT_READ, DEADLINE_MS), TS_ERR_OK);
    assert_int_equal(ts_socket_recv(client_side, &frame), TS_ERR_OK);
    assert_memory_equal(frame.body.data, "done", 4);
    assert_int_equal(ts_socket_recv(client_side, &frame), TS_ERR_AGAIN);
    assert_null(frame.body.data);
    ts_socket_close(&client_side);
    ts_socket_close(&server_side);
}

static void
test_endpoint_message_of_several_frames_is_drained_and_reported(void **state)
{
    char endpoint[128];
    ts_world_ipc(&world, "control", endpoint);
    ts_socket_t *server_side = NULL;
    ts_socket_t *client_side = NULL;
    assert_int_equal(ts_control_bind(world.net, endpoint, TS_IPC_OWNER, &server_side, NULL),
                     TS_ERR_OK);
    assert_int_equal(ts_control_connect(world.net, endpoint, &client_side, NULL), TS_ERR_OK);
    assert_int_equal(ts_socket_wait(client_side, TS_WAIT_WRITE, DEADLINE_MS), TS_ERR_OK);
    assert_int_equal(zmq_send(client_side->handle, "a", 1, ZMQ_SNDMORE), 1);
    assert_int_equal(zmq_send(client_side->handle, "b", 1, ZMQ_SNDMORE), 1);
    assert_int_equal(zmq_send(client_side->handle, "c", 1, 0), 1);
    assert_int_equal(ts_socket_send(client_side, "good", 4), TS_ERR_OK);
    assert_int_equal(ts_socket_wait(server_side, TS_WAIT_READ, DEADLINE_MS), TS_ERR_OK);
    ts_frame_t frame = {0};
    assert_int_equal(ts_socket_recv(server_side, &frame), TS_ERR_PROTOCOL);
    assert_int_equal(frame.parts, 3);
    assert_null(frame.body.data);
    assert_int_equal(ts_socket_wait(server_side, TS_WAIT_READ, DEADLINE_MS), TS_ERR_OK);
    assert_int_equal(ts_socket_recv(server_side, &frame), TS_ERR_OK);
    assert_memory_equal(frame.body.data, "good", 4);
    ts_frame_close(&frame);
    ts_socket_close(&client_side);
    ts_socket_close(&server_side);
}

static const char *
path_of(const char *endpoint)
{
    return endpoint + strlen("ipc://");
}

static mode_t
mode_of(const char *endpoint)
{
    struct stat info;
    assert_int_equal(lstat(path_of(endpoint), &info), 0);
    assert_true(S_ISSOCK(info.st_mode));
    return info.st_mode & 0777;
}

static void
test_endpoint_socket_file_has_the_narrow_mode_and_goes_at_close(void **state)
{
    char endpoint[128];
    ts_world_ipc(&world, "control", endpoint);
    const mode_t former = umask(0);
    for (int i = 0; i < 2; i++) {
        ts_socket_t *socket = NULL;
        ts_ipc_access_t who = i == 0 ? TS_IPC_OWNER : TS_IPC_GROUP;
        assert_int_equal(ts_control_bind(world.net, endpoint, who, &socket, NULL), TS_ERR_OK);
        assert_int_equal(mode_of(endpoint), i == 0 ? 0600 : 0660);
        assert_int_equal(ts_ipc_probe(endpoint, NULL), TS_ERR_OK);
        ts_socket_close(&socket);
        assert_int_equal(access(path_of(endpoint), F_OK), -1);
        assert_int_equal(ts_ipc_probe(endpoint, NULL), TS_ERR_NOTFOUND);
    }
    umask(former);
}

static void
test_endpoint_served_socket_file_is_not_taken_away(void **state)
{
    char endpoint[128];
    ts_world_ipc(&world, "control", endpoint);
    ts_socket_t *first = NULL;
    ts_socket_t *second = NULL;
    ts_msg_t why = {0};
    assert_int_equal(ts_control_bind(world.net, endpoint, TS_IPC_OWNER, &first, NULL), TS_ERR_OK);
    assert_int_equal(ts_control_bind(world.net, endpoint, TS_IPC_OWNER, &second, &why),
                     TS_ERR_LOCKED);
    assert_null(second);
    assert_non_null(why.id);
    assert_int_equal(ts_ipc_probe(endpoint, NULL), TS_ERR_OK);
    ts_msg_free(&why);
    ts_socket_close(&first);
}

static void
test_endpoint_stale_socket_file_is_taken_over_and_other_files_are_not(void **state)
{
    char endpoint[128];
    ts_world_ipc(&world, "control", endpoint);
    /* What a killed process leaves: bound, not listening any more. */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_true(strlen(path_of(endpoint)) < sizeof address.sun_path);
    memcpy(address.sun_path, path_of(endpoint), strlen(path_of(endpoint)));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    ts_socket_t *socket = NULL;
    assert_int_equal(ts_control_bind(world.net, endpoint, TS_IPC_OWNER, &socket, NULL), TS_ERR_OK);
    ts_socket_close(&socket);
    FILE *file = fopen(path_of(endpoint), "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(ts_control_bind(world.net, endpoint, TS_IPC_OWNER, &socket, NULL),
                     TS_ERR_EXISTS);
    assert_int_equal(unlink(path_of(endpoint)), 0);
}

static void
test_endpoint_bad_addresses_are_named(void **state)
{
    char lengthy[200];
    memset(lengthy, 'x', sizeof lengthy - 1);
    memcpy(lengthy, "ipc:///tmp/", 11);
    lengthy[sizeof lengthy - 1] = '\0';
    const char *bad_ipc[] = {lengthy, "ipc://relative", "ipc://@abstract", "tcp://127.0.0.1:1", ""};
    for (size_t i = 0; i < TS_COUNT(bad_ipc); i++) {
        ts_socket_t *socket = NULL;
        ts_msg_t why = {0};
        assert_int_equal(ts_control_bind(world.net, bad_ipc[i], TS_IPC_OWNER, &socket, &why),
                         TS_ERR_CONFIG);
        assert_string_equal(why.args[0], bad_ipc[i]);
        ts_msg_free(&why);
    }
    const char *bad_tcp[] = {"ipc:///tmp/x", "tcp://", "tcp://127.0.0.1",
                             "tcp://no-such-host.invalid:1", "tcp://127.0.0.1:999999"};
    for (size_t i = 0; i < TS_COUNT(bad_tcp); i++) {
        const ts_curve_server_t options = {&bad_tcp[i], 1, &server};
        ts_socket_t *socket = NULL;
        ts_msg_t why = {0};
        assert_int_equal(ts_door_open(world.net, &options, &socket, &why), TS_ERR_CONFIG);
        assert_string_equal(why.args[0], bad_tcp[i]);
        ts_msg_free(&why);
    }
}

static void
test_endpoint_port_in_use_is_locked(void **state)
{
    ts_socket_t *first = open_server(ts_door_open);
    const char *endpoints[] = {ts_socket_endpoint(first)};
    const ts_curve_server_t options = {endpoints, 1, &server};
    ts_socket_t *second = NULL;
    assert_int_equal(ts_door_open(world.net, &options, &second, NULL), TS_ERR_LOCKED);
    ts_socket_close(&first);
}

static void
test_endpoint_nobody_there_is_told_at_once(void **state)
{
    ts_socket_t *door = open_server(ts_door_open);
    char endpoint[128];
    snprintf(endpoint, sizeof endpoint, "%s", ts_socket_endpoint(door));
    ts_socket_close(&door);
    ts_peer_t peer;
    ts_peer_connect(&peer, &world, endpoint, &server.public_key, &client);
    /* The listening socket may take a moment to be closed by the library's thread. */
    assert_true(ts_world_until(&world, ts_peer_is_down, &peer));
    assert_false(peer.is_ready);
    assert_int_equal(ts_socket_send(peer.socket, "x", 1), TS_ERR_AGAIN);
    ts_peer_close(&peer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoint_uplink_has_every_option),
        cmocka_unit_test(test_endpoint_door_has_every_option),
        cmocka_unit_test(test_endpoint_feed_sockets_enforce_their_domain_and_are_bounded),
        cmocka_unit_test(test_endpoint_control_carries_an_import_file),
        cmocka_unit_test(test_endpoint_message_of_several_frames_is_drained_and_reported),
        cmocka_unit_test(test_endpoint_socket_file_has_the_narrow_mode_and_goes_at_close),
        cmocka_unit_test(test_endpoint_served_socket_file_is_not_taken_away),
        cmocka_unit_test(test_endpoint_stale_socket_file_is_taken_over_and_other_files_are_not),
        cmocka_unit_test(test_endpoint_bad_addresses_are_named),
        cmocka_unit_test(test_endpoint_port_in_use_is_locked),
        cmocka_unit_test(test_endpoint_nobody_there_is_told_at_once),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
