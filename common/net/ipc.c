/* SPDX-License-Identifier: MPL-2.0 */
#include "net/ipc.h"

#include "base/check.h"
#include "net/say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define IPC_SCHEME "ipc://"

enum { PATH_BYTES_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 1 };

ts_err_t
ts_ipc_path(const char *endpoint, const char **ret_path, ts_msg_t *detail)
{
    const size_t scheme = strlen(IPC_SCHEME);
    if (strncmp(endpoint, IPC_SCHEME, scheme) != 0 || endpoint[scheme] != '/') {
        TS_NET_SAY(detail,
                   N_("{1}: an endpoint within the machine looks like ipc:///run/tiepsuc/name"),
                   endpoint, NULL);
        return TS_ERR_CONFIG;
    }
    const char *path = endpoint + scheme;
    if (strlen(path) > PATH_BYTES_MAX) {
        char limit[16];
        snprintf(limit, sizeof limit, "%d", (int)PATH_BYTES_MAX);
        TS_NET_SAY(detail, N_("{1}: the path is longer than {2} bytes"), endpoint, limit, NULL);
        return TS_ERR_CONFIG;
    }
    *ret_path = path;
    return TS_ERR_OK;
}

/* 0 when somebody serves the path, else errno. */
static int
try_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    TS_CHECK(strlen(path) <= PATH_BYTES_MAX);
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0) {
        return errno;
    }
    /* A server with a full backlog must not hold us: it counts as serving. */
    int flags = fcntl(fd, F_GETFL);
    int rc = flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    if (rc == 0) {
        rc = connect(fd, (const struct sockaddr *)&address, sizeof address);
    }
    int error = rc == 0 || errno == EAGAIN || errno == EINPROGRESS ? 0 : errno;
    close(fd);
    return error;
}

ts_err_t
ts_ipc_probe(const char *endpoint, ts_msg_t *detail)
{
    const char *path;
    ts_err_t err = ts_ipc_path(endpoint, &path, detail);
    if (err != TS_ERR_OK) {
        return err;
    }
    int error = try_connect(path);
    if (error == 0) {
        return TS_ERR_OK;
    }
    if (error == ENOENT || error == ECONNREFUSED || error == ENOTDIR) {
        TS_NET_SAY(detail, N_("{1}: the service does not run"), path, NULL);
        return TS_ERR_NOTFOUND;
    }
    TS_NET_SAY(detail, N_("{1}: {2}"), path, strerror(error), NULL);
    return TS_ERR_IO;
}

ts_err_t
ts_ipc_clear_stale(const char *path, ts_msg_t *detail)
{
    struct stat info;
    if (lstat(path, &info) != 0) {
        if (errno == ENOENT) {
            return TS_ERR_OK;
        }
        TS_NET_SAY(detail, N_("{1}: {2}"), path, strerror(errno), NULL);
        return TS_ERR_IO;
    }
    if (!S_ISSOCK(info.st_mode)) {
        TS_NET_SAY(detail, N_("{1}: there is a file here that is not a socket"), path, NULL);
        return TS_ERR_EXISTS;
    }
    int error = try_connect(path);
    if (error == 0) {
        TS_NET_SAY(detail, N_("{1}: another process serves this endpoint"), path, NULL);
        return TS_ERR_LOCKED;
    }
    if (error != ECONNREFUSED || unlink(path) != 0) {
        TS_NET_SAY(detail, N_("{1}: {2}"), path, strerror(error != ECONNREFUSED ? error : errno),
                   NULL);
        return TS_ERR_IO;
    }
    return TS_ERR_OK;
}

ino_t
ts_ipc_inode(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 ? info.st_ino : 0;
}

void
ts_ipc_remove(const char *path, ino_t inode)
{
    if (inode != 0 && ts_ipc_inode(path) == inode) {
        unlink(path);
    }
}
