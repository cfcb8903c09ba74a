/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A folder of a test's own in the build tree, removed with its files at the end. For tests only.
 */
#ifndef TS_TESTS_SUPPORT_TEMPDIR_H
#define TS_TESTS_SUPPORT_TEMPDIR_H

/* The caller gives it back to ts_tempdir_remove. */
char *ts_tempdir_make(void);
/* Removes the files in it (it has no folders) and itself. */
void ts_tempdir_remove(char **folder_p);
/* Path of a file in it; the caller frees it. */
char *ts_tempdir_path(const char *folder, const char *name);

#endif
