/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The file behind an ipc endpoint. libzmq removes whatever lies at the path before it binds, also a
 * socket that another process is serving, and leaves the mode to the umask; so both are settled
 * here first.
 */
#ifndef TS_NET_IPC_H
#define TS_NET_IPC_H

#include "base/err.h"
#include "base/msg.h"

#include <sys/types.h>

/* The path of "ipc:///run/…". CONFIG: no ipc endpoint, relative, abstract ("@"), or longer than the
 * system allows (107 bytes). detail may be NULL. */
TS_MUST_USE ts_err_t ts_ipc_path(const char *endpoint, const char **ret_path, ts_msg_t *detail);

/* Somebody serves this endpoint now: OK. NOTFOUND: nobody. IO: not allowed to connect. For programs
 * that want to say at once "the service does not run" instead of waiting for a deadline. */
TS_MUST_USE ts_err_t ts_ipc_probe(const char *endpoint, ts_msg_t *detail);

/* Makes the path free: removes a socket file that nobody serves any more. LOCKED: a process serves
 * it. EXISTS: something that is no socket, which is left alone. */
TS_MUST_USE ts_err_t ts_ipc_clear_stale(const char *path, ts_msg_t *detail);

/* Names the file that was just bound, so that only this one is removed at the end. 0 when there is
 * none. */
ino_t ts_ipc_inode(const char *path);
/* Removes the file if it is still that one: libzmq leaves it behind. */
void ts_ipc_remove(const char *path, ino_t inode);

#endif
