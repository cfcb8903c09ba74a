/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Files that do not go through SQLite (keys, bundles, backups, a folder that is laid out), made to
 * fail as support/faultvfs makes databases fail. The calls of the program's own objects come here
 * by the linker's --wrap; what is not below the roots, and everything while nobody watches, passes
 * as it is. Every write, and every name that was given, is remembered until it was flushed, so that
 * a power cut can take it back: a write by the file's flush, a name by its folder's. A file that is
 * made, emptied or taken away is so at once. For tests only; one thread.
 */
#ifndef TS_TESTS_CRASH_PLAIN_H
#define TS_TESTS_CRASH_PLAIN_H

#include "support/faultvfs.h"

/* Kinds of calls besides those of faultvfs; a name is given by rename or link, the path is the new
 * one; opened for reading. */
enum { PLAIN_ON_NAME = 1u << 16, PLAIN_ON_MAKE = 1u << 17, PLAIN_ON_READ = 1u << 18 };

enum { PLAIN_ROOTS = 2 };

/* Sees every call below the roots before it is done; may end the process or arm a fault. The roots
 * (NULL: none) are beginnings of paths and are kept. */
void plain_watch(const char *const roots[PLAIN_ROOTS], ts_faultvfs_watch_fn watch, void *context);
/* Everything passes again; what was not flushed stands. */
void plain_unwatch(void);
/* TS_FAULT_FULL: no write from now on; TS_FAULT_SYNC_ONCE: the next flush fails, what it should
 * have flushed is lost at the next power cut whatever a later one says; TS_FAULT_NONE: neither. */
void plain_arm(ts_fault_kind_t kind);
bool plain_fired(void);
/* From here on every change fails. */
void plain_kill(void);
/* After this calls succeed again; as ts_faultvfs_power_cut. */
void plain_power_cut(ts_power_cut_t cut, uint64_t seed);
/* Writes of the file that are not flushed, or its name that is not. */
size_t plain_pending(const char *path);
/* It is no plain file any more. */
void plain_forget(const char *path);

#endif
