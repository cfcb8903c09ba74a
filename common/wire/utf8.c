/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/utf8.h"

#include <string.h>

#define ONES UINT64_C(0x0101010101010101)
#define TOPS UINT64_C(0x8080808080808080)

/* Length of the well-formed character of two or more bytes at `at`; 0 when it is none. */
static size_t
character(const uint8_t *at, size_t left)
{
    uint8_t lead = at[0];
    size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || left < length) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool longer_than_needed = (lead == 0xe0 && at[1] < 0xa0) || (lead == 0xf0 && at[1] < 0x90);
    bool surrogate = lead == 0xed && at[1] > 0x9f;
    bool beyond = lead == 0xf4 && at[1] > 0x8f;
    return longer_than_needed || surrogate || beyond ? 0 : length;
}

bool
ts_utf8_valid(const uint8_t *text, size_t bytes)
{
    size_t i = 0;
    while (i < bytes) {
        uint64_t word;
        while (bytes - i >= sizeof(word)) {
            memcpy(&word, text + i, sizeof(word));
            /* A top bit: not ASCII. The second part has a top bit when a byte is zero. */
            if (((word | (word - ONES)) & TOPS) != 0) {
                break;
            }
            i += sizeof(word);
        }
        if (i == bytes) {
            break;
        }
        if (text[i] == 0) {
            return false;
        }
        size_t length = text[i] < 0x80 ? 1 : character(text + i, bytes - i);
        if (length == 0) {
            return false;
        }
        i += length;
    }
    return true;
}

size_t
ts_utf8_clip(const char *text, size_t bytes_max)
{
    size_t length = strlen(text);
    if (length <= bytes_max) {
        return length;
    }
    length = bytes_max;
    while (length > 0 && ((uint8_t)text[length] & 0xc0) == 0x80) {
        length--;
    }
    return length;
}
