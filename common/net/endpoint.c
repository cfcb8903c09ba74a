/* SPDX-License-Identifier: MPL-2.0 */
#include "net/endpoint.h"

#include "base/check.h"
#include "base/xalloc.h"
#include "net/ipc.h"
#include "net/options.h"
#include "net/say.h"
#include "net/socket_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zmq.h>

ts_net_t *
ts_net_new(void)
{
    /* Should anything of czmq run in this process, it leaves the signals to us. */
    setenv("ZSYS_SIGHANDLER", "false", 1);
    ts_net_t *self = ts_xcalloc(1, sizeof *self);
    self->context = zmq_ctx_new();
    TS_CHECK(self->context != NULL);
    /* One for the clients of the network, one for all else: see ZMQ_AFFINITY in options.c. */
    TS_CHECK(zmq_ctx_set(self->context, ZMQ_IO_THREADS, 2) == 0);
    return self;
}

void
ts_net_destroy(ts_net_t **self_p)
{
    ts_net_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    TS_CHECK(self->socket_count == 0);
    while (zmq_ctx_term(self->context) != 0) {
        TS_CHECK(errno == EINTR);
    }
    ts_xfree(self);
    *self_p = NULL;
}

static ts_err_t
address_failed(const char *endpoint, int error, ts_msg_t *detail)
{
    if (error == EADDRINUSE) {
        TS_NET_SAY(detail,
                   N_("{1} is taken: another program, perhaps a second gate, listens there"),
                   endpoint, NULL);
    } else {
        TS_NET_SAY(detail, N_("{1}: {2}"), endpoint, zmq_strerror(error), NULL);
    }
    switch (error) {
    case EADDRINUSE:
        return TS_ERR_LOCKED;
    case EINVAL:
    case EPROTONOSUPPORT:
    case ENODEV:
    case EADDRNOTAVAIL:
    case ENAMETOOLONG:
        return TS_ERR_CONFIG;
    default:
        return TS_ERR_IO;
    }
}

/* "tcp://host:port". The library would take a port beyond 65,535 and use another one. */
static bool
is_tcp(const char *endpoint)
{
    static const char scheme[] = "tcp://";
    const char *host = endpoint + sizeof scheme - 1;
    if (strncmp(endpoint, scheme, sizeof scheme - 1) != 0 ||
        strlen(endpoint) >= TS_ENDPOINT_BYTES_MAX) {
        return false;
    }
    const char *colon = strrchr(host, ':');
    if (colon == NULL || colon == host || strlen(colon + 1) < 1 || strlen(colon + 1) > 5 ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1)) {
        return false;
    }
    return strtoul(colon + 1, NULL, 10) <= UINT16_MAX;
}

static ts_err_t
check_tcp(const char *endpoint, ts_msg_t *detail)
{
    if (is_tcp(endpoint)) {
        return TS_ERR_OK;
    }
    TS_NET_SAY(detail, N_("{1}: an endpoint in the network looks like tcp://host:port"), endpoint,
               NULL);
    return TS_ERR_CONFIG;
}

/* Addresses in brackets are IPv6; the library has it off, so that a machine without it is no error.
 */
static ts_err_t
allow_address(ts_socket_t *self, const char *endpoint, ts_msg_t *detail)
{
    const int yes = 1;
    if (strchr(endpoint, '[') != NULL &&
        zmq_setsockopt(self->handle, ZMQ_IPV6, &yes, sizeof yes) != 0) {
        return ts_option_failed("ZMQ_IPV6", detail);
    }
    return TS_ERR_OK;
}

static ts_err_t
connect_socket(ts_socket_t *self, const char *endpoint, ts_msg_t *detail)
{
    ts_err_t err = allow_address(self, endpoint, detail);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (zmq_connect(self->handle, endpoint) != 0) {
        return address_failed(endpoint, errno, detail);
    }
    snprintf(self->endpoint, sizeof self->endpoint, "%s", endpoint);
    return TS_ERR_OK;
}

/* Hands the socket out, or closes it after an error. */
static ts_err_t
hand_out(ts_err_t err, ts_socket_t *self, ts_socket_t **ret_socket)
{
    if (err != TS_ERR_OK) {
        ts_socket_close(&self);
        return err;
    }
    *ret_socket = self;
    return TS_ERR_OK;
}

static ts_err_t
open_client(ts_net_t *net,
            int role,
            const ts_curve_client_t *options,
            ts_socket_t **ret_socket,
            ts_msg_t *detail)
{
    ts_socket_t *self = NULL;
    ts_err_t err = check_tcp(options->endpoint, detail);
    if (err == TS_ERR_OK) {
        err = ts_socket_make(net, role, &self, detail);
    }
    const struct {
        int option;
        const char *name;
        const uint8_t *key;
    } keys[] = {
        {ZMQ_CURVE_SERVERKEY, "ZMQ_CURVE_SERVERKEY", options->server_key->b},
        {ZMQ_CURVE_PUBLICKEY, "ZMQ_CURVE_PUBLICKEY", options->own_pair->public_key.b},
        {ZMQ_CURVE_SECRETKEY, "ZMQ_CURVE_SECRETKEY", options->own_pair->secret_key},
    };
    for (size_t i = 0; err == TS_ERR_OK && i < sizeof keys / sizeof keys[0]; i++) {
        ts_bytes_t key = {keys[i].key, TS_CURVE_KEY_BYTES};
        err = ts_socket_set_bytes(self, keys[i].option, keys[i].name, key, detail);
    }
    if (err == TS_ERR_OK) {
        err = connect_socket(self, options->endpoint, detail);
    }
    return hand_out(err, self, ret_socket);
}

ts_err_t
ts_uplink_open(ts_net_t *net,
               const ts_curve_client_t *options,
               ts_socket_t **ret_socket,
               ts_msg_t *detail)
{
    return open_client(net, TS_ROLE_UPLINK, options, ret_socket, detail);
}

ts_err_t
ts_page_reader_open(ts_net_t *net,
                    const ts_curve_client_t *options,
                    ts_socket_t **ret_socket,
                    ts_msg_t *detail)
{
    return open_client(net, TS_ROLE_PAGE_READER, options, ret_socket, detail);
}

ts_err_t
ts_bell_reader_open(ts_net_t *net,
                    const ts_curve_client_t *options,
                    ts_socket_t **ret_socket,
                    ts_msg_t *detail)
{
    return open_client(net, TS_ROLE_BELL_READER, options, ret_socket, detail);
}

void
ts_bell_subscribe(ts_socket_t *bell_reader, const char *topic)
{
    TS_CHECK(bell_reader->type == ZMQ_SUB);
    TS_CHECK(zmq_setsockopt(bell_reader->handle, ZMQ_SUBSCRIBE, topic, strlen(topic)) == 0);
}

ts_err_t
ts_probe_open(
    ts_net_t *net, const char *endpoint, bool is_bell, ts_socket_t **ret_socket, ts_msg_t *detail)
{
    ts_socket_t *self = NULL;
    ts_err_t err = check_tcp(endpoint, detail);
    if (err == TS_ERR_OK) {
        err = ts_socket_make(net, is_bell ? TS_ROLE_BELL_PROBE : TS_ROLE_DOOR_PROBE, &self, detail);
    }
    if (err == TS_ERR_OK) {
        err = connect_socket(self, endpoint, detail);
    }
    return hand_out(err, self, ret_socket);
}

/* Binds one more tcp endpoint and notes the real port. */
static ts_err_t
bind_tcp(ts_socket_t *self, const char *endpoint, ts_msg_t *detail)
{
    ts_err_t err = check_tcp(endpoint, detail);
    if (err == TS_ERR_OK) {
        err = allow_address(self, endpoint, detail);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    if (zmq_bind(self->handle, endpoint) != 0) {
        return address_failed(endpoint, errno, detail);
    }
    char real[TS_ENDPOINT_BYTES_MAX];
    size_t bytes = sizeof real;
    TS_CHECK(zmq_getsockopt(self->handle, ZMQ_LAST_ENDPOINT, real, &bytes) == 0);
    const char *colon = strrchr(real, ':');
    TS_CHECK(colon != NULL);
    self->ports[self->port_count++] = (uint16_t)strtoul(colon + 1, NULL, 10);
    if (!self->is_bound) {
        snprintf(self->endpoint, sizeof self->endpoint, "%s", real);
        self->is_bound = true;
    }
    return TS_ERR_OK;
}

static ts_err_t
open_server(ts_net_t *net,
            int role,
            const ts_curve_server_t *options,
            ts_socket_t **ret_socket,
            ts_msg_t *detail)
{
    TS_CHECK(options->endpoint_count >= 1 && options->endpoint_count <= TS_ENDPOINTS_MAX);
    ts_socket_t *self = NULL;
    ts_err_t err = ts_socket_make(net, role, &self, detail);
    if (err == TS_ERR_OK) {
        ts_bytes_t key = {options->own_pair->secret_key, TS_CURVE_KEY_BYTES};
        err = ts_socket_set_bytes(self, ZMQ_CURVE_SECRETKEY, "ZMQ_CURVE_SECRETKEY", key, detail);
    }
    for (size_t i = 0; err == TS_ERR_OK && i < options->endpoint_count; i++) {
        err = bind_tcp(self, options->endpoints[i], detail);
    }
    return hand_out(err, self, ret_socket);
}

ts_err_t
ts_door_open(ts_net_t *net,
             const ts_curve_server_t *options,
             ts_socket_t **ret_socket,
             ts_msg_t *detail)
{
    return open_server(net, TS_ROLE_DOOR, options, ret_socket, detail);
}

ts_err_t
ts_pages_open(ts_net_t *net,
              const ts_curve_server_t *options,
              ts_socket_t **ret_socket,
              ts_msg_t *detail)
{
    return open_server(net, TS_ROLE_PAGES, options, ret_socket, detail);
}

ts_err_t
ts_bell_open(ts_net_t *net,
             const ts_curve_server_t *options,
             ts_socket_t **ret_socket,
             ts_msg_t *detail)
{
    return open_server(net, TS_ROLE_BELL, options, ret_socket, detail);
}

/* The mode is narrowed before the file appears and checked after, so that there is no moment in
 * which it is open. */
static ts_err_t
bind_ipc_file(ts_socket_t *self, const char *endpoint, ts_ipc_access_t access, ts_msg_t *detail)
{
    const char *path;
    ts_err_t err = ts_ipc_path(endpoint, &path, detail);
    if (err == TS_ERR_OK) {
        err = ts_ipc_clear_stale(path, detail);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    const mode_t mode =
        access == TS_IPC_GROUP ? S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP : S_IRUSR | S_IWUSR;
    const mode_t former = umask((mode_t)~mode & 0777);
    const int rc = zmq_bind(self->handle, endpoint);
    const int error = errno;
    umask(former);
    if (rc != 0) {
        return address_failed(endpoint, error, detail);
    }
    self->is_bound = true;
    self->ipc_path = ts_xstrdup(path);
    self->ipc_inode = ts_ipc_inode(path);
    snprintf(self->endpoint, sizeof self->endpoint, "%s", endpoint);
    struct stat info;
    if (chmod(path, mode) != 0 || lstat(path, &info) != 0) {
        TS_NET_SAY(detail, N_("{1}: {2}"), path, strerror(errno), NULL);
        return TS_ERR_IO;
    }
    return (info.st_mode & 0777) == mode ? TS_ERR_OK : ts_option_failed(path, detail);
}

static ts_err_t
bind_ipc(ts_net_t *net,
         int role,
         const char *endpoint,
         ts_ipc_access_t access,
         ts_socket_t **ret_socket,
         ts_msg_t *detail)
{
    ts_socket_t *self = NULL;
    ts_err_t err = ts_socket_make(net, role, &self, detail);
    if (err == TS_ERR_OK) {
        err = bind_ipc_file(self, endpoint, access, detail);
    }
    return hand_out(err, self, ret_socket);
}

static ts_err_t
connect_ipc(
    ts_net_t *net, int role, const char *endpoint, ts_socket_t **ret_socket, ts_msg_t *detail)
{
    ts_socket_t *self = NULL;
    const char *path;
    ts_err_t err = ts_ipc_path(endpoint, &path, detail);
    if (err == TS_ERR_OK) {
        err = ts_socket_make(net, role, &self, detail);
    }
    if (err == TS_ERR_OK) {
        err = connect_socket(self, endpoint, detail);
    }
    return hand_out(err, self, ret_socket);
}

ts_err_t
ts_control_bind(ts_net_t *net,
                const char *endpoint,
                ts_ipc_access_t access,
                ts_socket_t **ret_socket,
                ts_msg_t *detail)
{
    return bind_ipc(net, TS_ROLE_CONTROL, endpoint, access, ret_socket, detail);
}

ts_err_t
ts_gate_port_bind(ts_net_t *net,
                  const char *endpoint,
                  ts_ipc_access_t access,
                  ts_socket_t **ret_socket,
                  ts_msg_t *detail)
{
    return bind_ipc(net, TS_ROLE_GATE_PORT, endpoint, access, ret_socket, detail);
}

ts_err_t
ts_control_connect(ts_net_t *net, const char *endpoint, ts_socket_t **ret_socket, ts_msg_t *detail)
{
    return connect_ipc(net, TS_ROLE_CONTROL_CLIENT, endpoint, ret_socket, detail);
}

ts_err_t
ts_gate_link_open(ts_net_t *net, const char *endpoint, ts_socket_t **ret_socket, ts_msg_t *detail)
{
    return connect_ipc(net, TS_ROLE_GATE_LINK, endpoint, ret_socket, detail);
}

ts_err_t
ts_zap_bind(ts_net_t *net, ts_socket_t **ret_socket, ts_msg_t *detail)
{
    ts_socket_t *self = NULL;
    ts_err_t err = ts_socket_make(net, TS_ROLE_ZAP, &self, detail);
    if (err == TS_ERR_OK && zmq_bind(self->handle, TS_ZAP_ENDPOINT) != 0) {
        err = address_failed(TS_ZAP_ENDPOINT, errno, detail);
    }
    if (err == TS_ERR_OK) {
        snprintf(self->endpoint, sizeof self->endpoint, "%s", TS_ZAP_ENDPOINT);
        self->is_bound = true;
    }
    return hand_out(err, self, ret_socket);
}
