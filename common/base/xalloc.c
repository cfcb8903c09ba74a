/* SPDX-License-Identifier: MPL-2.0 */
#include "base/xalloc.h"

#include "base/check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

void *
ts_xmalloc(size_t bytes)
{
    void *block = malloc(bytes == 0 ? 1 : bytes);
    TS_CHECK(block != NULL);
    return block;
}

void *
ts_xcalloc(size_t count, size_t bytes)
{
    TS_CHECK(bytes == 0 || count <= SIZE_MAX / bytes);
    void *block = calloc(count == 0 ? 1 : count, bytes == 0 ? 1 : bytes);
    TS_CHECK(block != NULL);
    return block;
}

void *
ts_xrealloc(void *block, size_t bytes)
{
    void *bigger = realloc(block, bytes == 0 ? 1 : bytes);
    TS_CHECK(bigger != NULL);
    return bigger;
}

void *
ts_xgrow(void *block, size_t need, size_t *capacity, size_t bytes)
{
    if (need <= *capacity) {
        return block;
    }
    size_t wanted = *capacity < 8 ? 8 : *capacity;
    while (wanted < need) {
        TS_CHECK(wanted <= SIZE_MAX / 2);
        wanted *= 2;
    }
    TS_CHECK(bytes != 0);
    TS_CHECK(wanted <= SIZE_MAX / bytes);
    *capacity = wanted;
    return ts_xrealloc(block, wanted * bytes);
}

char *
ts_xstrdup(const char *text)
{
    return ts_xstrndup(text, strlen(text));
}

char *
ts_xstrndup(const char *text, size_t length)
{
    char *copy = ts_xmalloc(length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

void *
ts_xmemdup(const void *data, size_t bytes)
{
    void *copy = ts_xmalloc(bytes);
    if (bytes > 0) {
        memcpy(copy, data, bytes);
    }
    return copy;
}

void
ts_xfree(void *block)
{
    free(block);
}

void
ts_xtrim(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}
