/* SPDX-License-Identifier: MPL-2.0 */
/* Private to net: what a socket and the context are made of. */
#ifndef TS_NET_SOCKET_IMPL_H
#define TS_NET_SOCKET_IMPL_H

#include "net/endpoint.h"
#include "net/socket.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where the library looks for a ZAP handler, 27/ZAP. */
#define TS_ZAP_ENDPOINT "inproc://zeromq.zap.01"

enum { TS_ENDPOINT_BYTES_MAX = 256, TS_ENDPOINTS_MAX = 8 };

struct ts_net {
    void *context;       /* of libzmq */
    size_t socket_count; /* alive; must be 0 at destroy */
    uint64_t monitors;   /* made so far: names of monitor endpoints */
};

struct ts_socket {
    ts_net_t *net; /* borrowed */
    void *handle;  /* of libzmq */
    void *monitor; /* PAIR that receives link events; NULL when not watched */
    int type;      /* ZMQ_ROUTER … */
    char endpoint[TS_ENDPOINT_BYTES_MAX]; /* first one bound, or connected to */
    bool is_bound;
    char *ipc_path;                   /* file of a bound ipc endpoint, owned; NULL else */
    ino_t ipc_inode;                  /* of that file */
    uint16_t ports[TS_ENDPOINTS_MAX]; /* tcp ports bound; of a connecting socket its own, once
                                         CONNECTED was read */
    size_t port_count;
};

#endif
