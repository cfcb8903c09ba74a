/* SPDX-License-Identifier: MPL-2.0 */
/*
 * TS_CHECK: an assertion that is never compiled out, for our own bugs only. A failed check prints
 * file, line and condition and aborts; systemd restarts the service and it recovers from its store.
 * Never use it on data from outside: that is an error to return (base/err.h).
 */
#ifndef TS_BASE_CHECK_H
#define TS_BASE_CHECK_H

/* Prints "check failed" with its place to stderr and aborts. */
_Noreturn void ts_check_failed(const char *file, int line, const char *condition);

#define TS_CHECK(cond) ((cond) ? (void)0 : ts_check_failed(__FILE__, __LINE__, #cond))

#endif
