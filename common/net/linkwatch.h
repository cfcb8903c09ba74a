/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tells when an interface of this machine comes up or gets an address (rtnetlink), so that an
 * office that waits with a growing pause tries its parent at once when the modem connects. Only a
 * hint: without it everything works, later.
 */
#ifndef TS_NET_LINKWATCH_H
#define TS_NET_LINKWATCH_H

#include <stdbool.h>

/* A descriptor for ts_loop_add_fd (TS_LOOP_READ); -1 when the system gives none. Close it with
 * close(). */
int ts_linkwatch_open(void);
/* Takes everything that waits; true when something came up among it. Never blocks. */
bool ts_linkwatch_read(int fd);

#endif
