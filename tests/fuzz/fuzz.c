/* SPDX-License-Identifier: MPL-2.0 */
#include "fuzz/fuzz.h"

#include "support/tempdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char own_folder[128];

void
fuzz_any(ts_err_t err)
{
    (void)err;
}

void
fuzz_remove(const char *path)
{
    DIR *open_folder = opendir(path);
    const struct dirent *entry;
    if (open_folder == NULL) {
        (void)unlink(path);
        return;
    }
    while ((entry = readdir(open_folder)) != NULL) {
        char inner[512];
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            (void)snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
            fuzz_remove(inner);
        }
    }
    (void)closedir(open_folder);
    (void)rmdir(path);
}

static void
remove_own_folder(void)
{
    fuzz_remove(own_folder);
}

const char *
fuzz_folder(void)
{
    if (own_folder[0] == '\0') {
        (void)snprintf(own_folder, sizeof own_folder, "%s/tiepsuc-fuzz-XXXXXX", ts_tempdir_base());
        TS_CHECK(mkdtemp(own_folder) != NULL);
        TS_CHECK(atexit(remove_own_folder) == 0);
    }
    return own_folder;
}

const char *
fuzz_path(const char *name, char out[256])
{
    int length = snprintf(out, 256, "%s/%s", fuzz_folder(), name);
    TS_CHECK(length > 0 && length < 256);
    return out;
}

void
fuzz_make_folder(const char *path)
{
    TS_CHECK(mkdir(path, 0700) == 0 || errno == EEXIST);
}

void
fuzz_write(const char *path, ts_bytes_t bytes)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    TS_CHECK(file >= 0);
    for (size_t at = 0; at < bytes.length;) {
        ssize_t wrote = write(file, bytes.data + at, bytes.length - at);
        TS_CHECK(wrote > 0);
        at += (size_t)wrote;
    }
    TS_CHECK(close(file) == 0);
}

bool
fuzz_read(const char *path, ts_buf_t *out)
{
    struct stat about;
    ts_buf_clear(out);
    int file = open(path, O_RDONLY);
    if (file < 0) {
        return false;
    }
    TS_CHECK(fstat(file, &about) == 0 && about.st_size >= 0);
    size_t length = (size_t)about.st_size;
    uint8_t *to = length == 0 ? NULL : ts_buf_extend(out, length);
    for (size_t at = 0; at < length;) {
        ssize_t got = read(file, to + at, length - at);
        TS_CHECK(got > 0);
        at += (size_t)got;
    }
    TS_CHECK(close(file) == 0);
    return true;
}
