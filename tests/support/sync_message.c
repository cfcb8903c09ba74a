/* SPDX-License-Identifier: MPL-2.0 */
/* Copies and sizes of session messages for the world of support/sync_net. */
#include "base/xalloc.h"
#include "support/sync_net.h"

ts_sync_msg_t
sync_message_clone(const ts_sync_msg_t *message)
{
    ts_sync_msg_t copy = *message;
    switch (message->kind) {
    case TS_SYNC_HELLO:
    case TS_SYNC_WELCOME:
        copy.u.greeting.your_heads =
            ts_xmemdup(message->u.greeting.your_heads,
                       message->u.greeting.your_head_count * sizeof(ts_sync_tip_t));
        break;
    case TS_SYNC_HAVE:
        copy.u.have.tips =
            ts_xmemdup(message->u.have.tips, message->u.have.count * sizeof(ts_sync_tip_t));
        break;
    case TS_SYNC_CUSTODY:
        copy.u.custody.tips =
            ts_xmemdup(message->u.custody.tips, message->u.custody.count * sizeof(ts_sync_tip_t));
        break;
    case TS_SYNC_CHUNK:
        copy.u.chunk.data.data =
            ts_xmemdup(message->u.chunk.data.data, message->u.chunk.data.length);
        break;
    case TS_SYNC_WANT:
    case TS_SYNC_CREDIT:
    case TS_SYNC_REJECT:
    case TS_SYNC_PING:
    case TS_SYNC_PONG:
    case TS_SYNC_REFUSE:
    case TS_SYNC_BYE:
    default:
        break;
    }
    return copy;
}

void
sync_message_release(const ts_sync_msg_t *message)
{
    union {
        const void *read;
        void *owned;
    } part = {NULL};
    if (message->kind == TS_SYNC_HELLO || message->kind == TS_SYNC_WELCOME) {
        part.read = message->u.greeting.your_heads;
    } else if (message->kind == TS_SYNC_HAVE) {
        part.read = message->u.have.tips;
    } else if (message->kind == TS_SYNC_CUSTODY) {
        part.read = message->u.custody.tips;
    } else if (message->kind == TS_SYNC_CHUNK) {
        part.read = message->u.chunk.data.data;
    }
    ts_xfree(part.owned);
}

uint64_t
sync_net_wire_bytes(const ts_sync_msg_t *message)
{
    enum { FRAME = 12 + 33 + 4, TIP = 34 + 34 + 4 };
    switch (message->kind) {
    case TS_SYNC_HELLO:
    case TS_SYNC_WELCOME:
        return FRAME + 150 + message->u.greeting.your_head_count * (TIP + 2);
    case TS_SYNC_HAVE:
        return FRAME + 4 + message->u.have.count * (TIP + 2 + 6);
    case TS_SYNC_CUSTODY:
        return FRAME + 18 + 4 + message->u.custody.count * (TIP + 2);
    case TS_SYNC_CHUNK:
        return FRAME + 20 + message->u.chunk.data.length;
    case TS_SYNC_WANT:
        return FRAME + TIP + 4 + (message->u.want.offset > 0 ? 36 : 0);
    case TS_SYNC_CREDIT:
        return FRAME + 8;
    case TS_SYNC_REJECT:
        return FRAME + 100;
    case TS_SYNC_PING:
    case TS_SYNC_PONG:
        return FRAME + 50;
    case TS_SYNC_REFUSE:
    case TS_SYNC_BYE:
    default:
        return FRAME + 20;
    }
}
