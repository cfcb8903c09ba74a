/* SPDX-License-Identifier: MPL-2.0 */
#include "support/tempdir.h"

#include "base/check.h"
#include "base/xalloc.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool
has_a_gib(const char *folder)
{
    struct statvfs room;
    return access(folder, W_OK) == 0 && statvfs(folder, &room) == 0 &&
           (uint64_t)room.f_bavail * room.f_frsize >= UINT64_C(1) << 30;
}

const char *
ts_tempdir_base(void)
{
    const char *named = getenv("TMPDIR");
    if (named != NULL) {
        return named;
    }
    return has_a_gib("/dev/shm") ? "/dev/shm" : TS_TEST_BINARY_DIR;
}

char *
ts_tempdir_make(void)
{
    char *folder = ts_tempdir_path(ts_tempdir_base(), "tiepsuc-test-XXXXXX");
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
