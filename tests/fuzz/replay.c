/* SPDX-License-Identifier: MPL-2.0 */
/*
 * main() of a fuzz target in a build without libFuzzer: gives it every file named, and every file
 * in every folder named. So the corpus is a test in every build. At least one file must be there.
 */
#include "base/xalloc.h"
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

size_t
LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
{
    (void)data;
    (void)max;
    return size;
}

static size_t
replay_file(const char *path)
{
    ts_buf_t input = {0};
    if (!fuzz_read(path, &input)) {
        (void)fprintf(stderr, "cannot read %s\n", path);
        return 0;
    }
    /* Of exactly this size, so that a sanitizer sees a read beyond it. */
    uint8_t *copy = ts_xmalloc(input.length == 0 ? 1 : input.length);
    memcpy(copy, input.length == 0 ? (const uint8_t *)"" : input.data, input.length);
    (void)LLVMFuzzerTestOneInput(copy, input.length);
    ts_xfree(copy);
    ts_buf_free(&input);
    return 1;
}

static size_t
replay_folder(const char *path)
{
    size_t count = 0;
    const struct dirent *entry;
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return replay_file(path);
    }
    while ((entry = readdir(folder)) != NULL) {
        char inner[1024];
        (void)snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.') {
            count += replay_file(inner);
        }
    }
    (void)closedir(folder);
    return count;
}

int
main(int argc, char **argv)
{
    size_t count = 0;
    for (int i = 1; i < argc; i++) {
        count += replay_folder(argv[i]);
    }
    (void)printf("%zu inputs replayed\n", count);
    return count > 0 ? 0 : 1;
}
