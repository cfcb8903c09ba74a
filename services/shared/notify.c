/* SPDX-License-Identifier: MPL-2.0 */
#include "shared/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool
ts_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path == NULL || (path[0] != '/' && path[0] != '@') ||
        strlen(path) >= sizeof address.sun_path) {
        return false;
    }
    memcpy(address.sun_path, path, strlen(path));
    if (path[0] == '@') {
        /* A name without a file begins with a zero byte. */
        address.sun_path[0] = '\0';
    }
    const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0) {
        return false;
    }
    const socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    ssize_t sent;
    do {
        sent = sendto(fd, state, strlen(state), 0, (const struct sockaddr *)&address, bytes);
    } while (sent < 0 && errno == EINTR);
    close(fd);
    return sent == (ssize_t)strlen(state);
}

int64_t
ts_notify_watchdog_ms(void)
{
    const char *limit = getenv("WATCHDOG_USEC");
    if (limit == NULL) {
        return 0;
    }
    char *end = NULL;
    errno = 0;
    const long long us = strtoll(limit, &end, 10);
    if (errno != 0 || end == limit || *end != '\0' || us <= 0) {
        return 0;
    }
    return us / 2000 > 0 ? us / 2000 : 1;
}
