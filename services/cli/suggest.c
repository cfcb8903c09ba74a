/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/cli.h"

#include <string.h>

/* Words beyond this are not ours. */
#define WORD_BYTES_MAX 40u

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters to add, take, change, or swap with their neighbour. Both ≤ WORD_BYTES_MAX bytes. */
static size_t
distance(const char *a, const char *b)
{
    size_t rows[3][WORD_BYTES_MAX + 1];
    size_t a_bytes = strlen(a);
    size_t b_bytes = strlen(b);
    for (size_t k = 0; k <= b_bytes; k++) {
        rows[0][k] = k;
    }
    for (size_t i = 1; i <= a_bytes; i++) {
        size_t *row = rows[i % 3];
        const size_t *before = rows[(i + 2) % 3];
        const size_t *before_that = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t k = 1; k <= b_bytes; k++) {
            size_t change = before[k - 1] + (a[i - 1] == b[k - 1] ? 0 : 1);
            row[k] = least(change, least(before[k], row[k - 1]) + 1);
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1]) {
                row[k] = least(row[k], before_that[k - 2] + 1);
            }
        }
    }
    return rows[a_bytes % 3][b_bytes];
}

const char *
ts_suggest(const char *word, const char *const *candidates, size_t count)
{
    const char *best = NULL;
    size_t bytes = strlen(word);
    size_t best_distance = bytes <= 3 ? 2 : bytes <= 6 ? 3 : 4; /* one less is accepted */
    if (bytes > WORD_BYTES_MAX || bytes < 2) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (strlen(candidates[i]) > WORD_BYTES_MAX) {
            continue;
        }
        size_t here = distance(word, candidates[i]);
        if (here < best_distance) {
            best_distance = here;
            best = candidates[i];
        }
    }
    return best;
}
