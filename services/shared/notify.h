/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a service tells the service manager (sd_notify(3)): one datagram to the socket that
 * NOTIFY_SOCKET names. Without that variable nothing happens.
 */
#ifndef TS_SERVICES_SHARED_NOTIFY_H
#define TS_SERVICES_SHARED_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* "READY=1", "STOPPING=1", "STATUS=…", "WATCHDOG=1", several joined by line breaks. True when it
 * was sent. */
bool ts_notify(const char *state);
/* How often "WATCHDOG=1" is wanted: half of what the manager allows, ms; 0 when it does not watch.
 */
int64_t ts_notify_watchdog_ms(void);

#endif
