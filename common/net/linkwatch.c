/* SPDX-License-Identifier: MPL-2.0 */
#include "net/linkwatch.h"

#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READS_MAX 64

int
ts_linkwatch_open(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0) {
        return -1;
    }
    struct sockaddr_nl address;
    memset(&address, 0, sizeof address);
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool
is_up(const struct nlmsghdr *message)
{
    if (message->nlmsg_type == RTM_NEWADDR) {
        return true;
    }
    if (message->nlmsg_type != RTM_NEWLINK ||
        message->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg))) {
        return false;
    }
    struct ifinfomsg info;
    memcpy(&info, (const char *)message + NLMSG_HDRLEN, sizeof info);
    return (info.ifi_flags & IFF_UP) != 0 && (info.ifi_flags & IFF_RUNNING) != 0;
}

bool
ts_linkwatch_read(int fd)
{
    bool up = false;
    for (int reads = 0; reads < READS_MAX; reads++) {
        union {
            struct nlmsghdr align;
            char bytes[8192];
        } buffer;
        ssize_t length = recv(fd, buffer.bytes, sizeof buffer.bytes, 0);
        if (length <= 0) {
            break;
        }
        size_t left = (size_t)length;
        size_t at = 0;
        while (left >= NLMSG_HDRLEN) {
            struct nlmsghdr header;
            memcpy(&header, buffer.bytes + at, sizeof header);
            size_t step = NLMSG_ALIGN(header.nlmsg_len);
            if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > left) {
                break;
            }
            up = up || is_up((const struct nlmsghdr *)(const void *)(buffer.bytes + at));
            if (step >= left) {
                break;
            }
            left -= step;
            at += step;
        }
    }
    return up;
}
