/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Memory that cannot fail: out of memory is our own kind of error (abort, restart, recover from the
 * store). All results are released with free() or ts_xfree(). A size of 0 is allowed and gives a
 * unique pointer.
 */
#ifndef TS_BASE_XALLOC_H
#define TS_BASE_XALLOC_H

#include <stddef.h>

void *ts_xmalloc(size_t bytes);
/* Zeroed; checks that count × bytes does not overflow. */
void *ts_xcalloc(size_t count, size_t bytes);
void *ts_xrealloc(void *block, size_t bytes);
/* Grows an array of `bytes`-sized items to at least `need` items, doubling *capacity. */
void *ts_xgrow(void *block, size_t need, size_t *capacity, size_t bytes);
char *ts_xstrdup(const char *text);
/* Copies `length` bytes and adds a NUL. */
char *ts_xstrndup(const char *text, size_t length);
void *ts_xmemdup(const void *data, size_t bytes);
void ts_xfree(void *block);
/* Gives freed memory back to the system where the C library can do that. Takes milliseconds. */
void ts_xtrim(void);

#endif
