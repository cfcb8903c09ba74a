/* SPDX-License-Identifier: MPL-2.0 */
/* Private to net: fills a detail message that the caller may have left out. */
#ifndef TS_NET_SAY_H
#define TS_NET_SAY_H

#include "base/i18n.h"
#include "base/msg.h"

#define TS_NET_SAY(detail, ...)                 \
    do {                                        \
        if ((detail) != NULL) {                 \
            ts_msg_make((detail), __VA_ARGS__); \
        }                                       \
    } while (0)

#endif
