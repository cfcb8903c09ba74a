/* SPDX-License-Identifier: MPL-2.0 */
#include "base/prng.h"
#include "fuzz/seeds.h"

#include <stdio.h>

/* Targets whose input is a script, with the length and number of seeds. */
static const struct {
    const char *target;
    size_t bytes;
    unsigned count;
} scripts[] = {
    {"session", 400, 4}, {"pair", 160, 6}, {"heads", 120, 6},  {"permit", 400, 6}, {"fold", 400, 5},
    {"zap", 120, 3},     {"gate", 160, 3}, {"witness", 40, 5}, {"custody", 90, 6},
};

void
seed_scripts(void)
{
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        for (unsigned k = 0; k < scripts[i].count; k++) {
            char name[32];
            ts_buf_t out = {0};
            ts_prng_t prng = ts_prng(100 * i + k + 1);
            for (size_t at = 0; at < scripts[i].bytes; at++) {
                ts_buf_put_u8(&out, (uint8_t)ts_prng_next(&prng));
            }
            out.data[0] = (uint8_t)(out.data[0] & ~3u) | (uint8_t)(k % 4);
            (void)snprintf(name, sizeof name, "script-%u", k + 1);
            seed_save(scripts[i].target, name, ts_buf_bytes(&out));
            ts_buf_free(&out);
        }
    }
}
