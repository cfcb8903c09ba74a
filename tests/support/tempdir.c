/* SPDX-License-Identifier: MPL-2.0 */
#include "support/tempdir.h"

#include "base/check.h"
#include "base/xalloc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *
ts_tempdir_make(void)
{
    char *folder = ts_xstrdup(TS_TEST_BINARY_DIR "/test-XXXXXX");
    TS_CHECK(mkdtemp(folder) != NULL);
    return folder;
}

char *
ts_tempdir_path(const char *folder, const char *name)
{
    size_t bytes = strlen(folder) + strlen(name) + 2;
    char *path = ts_xmalloc(bytes);
    (void)snprintf(path, bytes, "%s/%s", folder, name);
    return path;
}

void
ts_tempdir_remove(char **folder_p)
{
    if (*folder_p == NULL) {
        return;
    }
    DIR *dir = opendir(*folder_p);
    TS_CHECK(dir != NULL);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            char *path = ts_tempdir_path(*folder_p, entry->d_name);
            (void)unlink(path);
            free(path);
        }
    }
    (void)closedir(dir);
    TS_CHECK(rmdir(*folder_p) == 0);
    free(*folder_p);
    *folder_p = NULL;
}
