/* SPDX-License-Identifier: MPL-2.0 */
#include "base/err.h"

const char *
ts_err_str(ts_err_t err)
{
    static const struct {
        ts_err_t err;
        const char *text;
    } sentences[] = {
#define TS_ERR_TEXT(name, value, text) {TS_ERR_##name, text},
        TS_ERR_LIST(TS_ERR_TEXT)
#undef TS_ERR_TEXT
    };
    for (unsigned i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
        if (sentences[i].err == err) {
            return sentences[i].text;
        }
    }
    return N_("unknown error");
}

const char *
ts_err_name(ts_err_t err)
{
    static const struct {
        ts_err_t err;
        const char *name;
    } names[] = {
#define TS_ERR_NAME(name, value, text) {TS_ERR_##name, #name},
        TS_ERR_LIST(TS_ERR_NAME)
#undef TS_ERR_NAME
    };
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].err == err) {
            return names[i].name;
        }
    }
    return "?";
}
