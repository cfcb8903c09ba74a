/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Where tests make their small stores, and a folder of a test's own that is removed with its files
 * at the end. For tests only.
 */
#ifndef TS_TESTS_SUPPORT_TEMPDIR_H
#define TS_TESTS_SUPPORT_TEMPDIR_H

/* $TMPDIR; else memory, when a GiB of it is free for files: thousands of stores are made, and none
 * outlives its test; else the build tree. */
const char *ts_tempdir_base(void);

/* The caller gives it back to ts_tempdir_remove. */
char *ts_tempdir_make(void);
/* Removes the files in it (it has no folders) and itself. */
void ts_tempdir_remove(char **folder_p);
/* Path of a file in it; the caller frees it. */
char *ts_tempdir_path(const char *folder, const char *name);

#endif
