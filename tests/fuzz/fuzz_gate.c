/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: any bytes between gate and node are a message or are refused, and what is accepted is those
 * very bytes; the gate's book of sessions and arrivals stays right under any order of calls.
 * Method: even first byte: decode, encode, compare; odd: a script of calls beside a plain list.
 */
#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "gate/arrivals.h"
#include "gate/sessions.h"
#include "net/gate_link.h"

#include <string.h>

enum { ROUTES = 32, KEYS = 4 };

static void
as_message(ts_bytes_t bytes)
{
    ts_gate_msg_t msg = {0};
    ts_buf_t again = {0};
    if (ts_gate_decode(bytes, &msg) == TS_ERR_OK) {
        ts_gate_encode(&msg, &again);
        TS_CHECK(again.length == bytes.length);
        TS_CHECK(memcmp(again.data, bytes.data, bytes.length) == 0);
        TS_CHECK(ts_gate_cost(msg.body.length) >= msg.body.length);
        TS_CHECK(strcmp(ts_gate_type_str(msg.type), "?") != 0);
        if (msg.type == TS_GATE_CLOSED || msg.type == TS_GATE_DROP) {
            TS_CHECK(strcmp(ts_gate_reason_str(msg.reason), "?") != 0);
        }
    }
    if (msg.type == TS_GATE_ADMIT && again.length > 0) {
        ts_buf_t rows = {0};
        ts_zap_entry_t entry;
        for (size_t i = 0; i < msg.body.length / TS_GATE_ADMIT_ROW_BYTES; i++) {
            ts_err_t err = ts_gate_admit_row_get(msg.body, i, &entry);
            TS_CHECK(err == TS_ERR_OK || err == TS_ERR_INVALID);
            if (err == TS_ERR_OK) {
                ts_buf_clear(&rows);
                ts_gate_admit_row_put(&rows, &entry);
                TS_CHECK(memcmp(rows.data, msg.body.data + i * TS_GATE_ADMIT_ROW_BYTES,
                                TS_GATE_ADMIT_ROW_BYTES) == 0);
            }
        }
        ts_buf_free(&rows);
    }
    ts_buf_free(&again);
}

static ts_hash_t
key_of(unsigned number)
{
    ts_hash_t key;
    memset(key.b, (int)(number + 1), sizeof key.b);
    return key;
}

/* The session that has been silent longest among those of the key, by looking at all. */
static void
check_oldest(const ts_sessions_t *sessions, const ts_hash_t *key, size_t count)
{
    size_t position = 0;
    size_t found = 0;
    const ts_session_t *oldest = NULL;
    const ts_session_t *one;
    while ((one = ts_sessions_next(sessions, &position)) != NULL) {
        if (ts_hash_equal(&one->key, key) && one->state == TS_SESSION_OPEN) {
            found++;
            oldest = oldest == NULL || one->active_ms < oldest->active_ms ? one : oldest;
        }
    }
    const ts_session_t *said = ts_sessions_oldest_of(sessions, key, count);
    TS_CHECK((said != NULL) == (oldest != NULL && found >= count));
    TS_CHECK(said == NULL || said->active_ms == oldest->active_ms);
}

static void
as_calls(ts_cursor_t *input)
{
    ts_sessions_t *sessions = ts_sessions_new(7);
    ts_arrivals_t *arrivals = ts_arrivals_new();
    uint64_t numbers[2][ROUTES] = {{0}};
    size_t alive = 0;
    int64_t now_ms = 0;
    while (ts_cursor_left(input) > 0) {
        uint8_t what = ts_cursor_u8(input);
        unsigned door = ts_cursor_u8(input) % 2;
        uint32_t route = ts_cursor_u8(input) % ROUTES;
        ts_hash_t key = key_of(ts_cursor_u8(input) % KEYS);
        ts_session_t *session = ts_sessions_by_route(sessions, door, route);
        TS_CHECK((session == NULL) == (numbers[door][route] == 0));
        TS_CHECK(session == ts_sessions_find(sessions, numbers[door][route]) || session == NULL);
        now_ms += what / 8;
        if (what % 8 < 3 && session == NULL) {
            session = ts_sessions_add(sessions, door, route, &key);
            session->active_ms = now_ms;
            session->fd = (int)route;
            numbers[door][route] = session->number;
            alive++;
        } else if (what % 8 == 3 && session != NULL) {
            ts_sessions_remove(sessions, &session);
            TS_CHECK(session == NULL);
            numbers[door][route] = 0;
            alive--;
        } else if (what % 8 == 4 && session != NULL) {
            session->active_ms = now_ms;
            session->state = (ts_session_state_t)(what / 8 % 4);
        } else if (what % 8 == 5) {
            ts_arrivals_add(arrivals, &key, door == 0 ? "127.0.0.1" : "10.0.0.1",
                            (ts_mono_t){now_ms});
        } else if (what % 8 == 6) {
            ts_arrivals_spoke(arrivals, &key);
        } else {
            ts_hash_t suspect = {{0}};
            bool is = ts_arrivals_suspect(arrivals, "127.0.0.1", (ts_mono_t){now_ms}, &suspect);
            TS_CHECK(is == !ts_hash_is_zero(&suspect));
        }
        check_oldest(sessions, &key, 1 + what % 3u);
        TS_CHECK(ts_sessions_count(sessions) == alive);
    }
    ts_sessions_destroy(&sessions);
    ts_arrivals_destroy(&arrivals);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ts_cursor_t input = ts_cursor(data, size);
    if (size > 0 && ts_cursor_u8(&input) % 2 == 0) {
        as_message((ts_bytes_t){data + 1, size - 1});
    } else {
        as_calls(&input);
    }
    return 0;
}
