/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: whatever asks the ZAP handler, in any number of parts of any length, gets an answer of the
 * right form; 200 only for a key of the table that is not banned. Method: the input is a script of
 * tables, bans and requests, sent over inproc as libzmq sends them.
 */
#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "net/keys.h"
#include "net/socket_impl.h"
#include "net/zap.h"

#include <string.h>
#include <zmq.h>

enum { KEYS = 8, PARTS_MAX = 9, REQUESTS_MAX = 16, ANSWER_PARTS = 6 };

typedef struct world {
    ts_net_t *net;
    ts_zap_t *zap;
    void *client;
    ts_mono_t now;
    bool admitted[2][KEYS]; /* by domain */
    int64_t banned_ms[KEYS];
    bool ready;
} world_t;

typedef struct request {
    uint8_t part[PARTS_MAX][300];
    size_t bytes[PARTS_MAX];
    size_t count;
} request_t;

static ts_hash_t
key_of(unsigned number)
{
    ts_hash_t key;
    memset(key.b, (int)(number + 1), sizeof key.b);
    return key;
}

static void
put_part(request_t *request, size_t at, const void *data, size_t bytes)
{
    memcpy(request->part[at], data, bytes);
    request->bytes[at] = bytes;
}

/* A request as libzmq makes it, and then parts of it changed, left out or added. */
static void
make_request(ts_cursor_t *input, request_t *request)
{
    ts_hash_t key = key_of(ts_cursor_u8(input) % KEYS);
    const char *domain = ts_cursor_u8(input) % 2 == 0 ? "sync" : "feed";
    uint8_t id = ts_cursor_u8(input);
    *request = (request_t){.count = 7};
    put_part(request, 0, "1.0", 3);
    put_part(request, 1, &id, 1);
    put_part(request, 2, domain, strlen(domain));
    put_part(request, 3, "127.0.0.1", 9);
    put_part(request, 4, "", 0);
    put_part(request, 5, "CURVE", 5);
    put_part(request, 6, key.b, sizeof key.b);
    for (unsigned changes = ts_cursor_u8(input) % 4; changes > 0; changes--) {
        size_t at = ts_cursor_u8(input) % PARTS_MAX;
        size_t bytes = ts_cursor_u8(input);
        bytes += bytes > 200 ? 45 : 0;
        memset(request->part[at], ts_cursor_u8(input), sizeof request->part[at]);
        size_t given = bytes < ts_cursor_left(input) ? bytes : ts_cursor_left(input);
        ts_cursor_get(input, request->part[at], given);
        request->bytes[at] = bytes;
    }
    if (ts_cursor_u8(input) % 4 == 0) {
        request->count = 1 + ts_cursor_u8(input) % PARTS_MAX;
    }
}

static bool
is_text(const request_t *request, size_t at, const char *text)
{
    return request->bytes[at] == strlen(text) && memcmp(request->part[at], text, strlen(text)) == 0;
}

/* What the handler must say, from RFC 27 and the table. */
static const char *
expected_status(const world_t *world, const request_t *request)
{
    unsigned domain = is_text(request, 2, "sync") ? 0 : 1;
    if (request->count != 7 || !is_text(request, 0, "1.0") || !is_text(request, 5, "CURVE") ||
        (domain == 1 && !is_text(request, 2, "feed")) || request->bytes[6] != 32) {
        return "400";
    }
    for (size_t i = 0; i < 7; i++) {
        if (request->bytes[i] > 256) {
            return "400";
        }
    }
    for (unsigned i = 0; i < KEYS; i++) {
        ts_hash_t key = key_of(i);
        if (memcmp(key.b, request->part[6], 32) == 0 && world->admitted[domain][i] &&
            world->now.ms >= world->banned_ms[i]) {
            return "200";
        }
    }
    return world->ready ? "400" : "500";
}

static void
ask(world_t *world, const request_t *request)
{
    uint8_t answer[ANSWER_PARTS][300];
    int bytes[ANSWER_PARTS];
    int more = 1;
    size_t more_bytes = sizeof more;
    TS_CHECK(zmq_send(world->client, "", 0, ZMQ_SNDMORE) == 0);
    for (size_t i = 0; i < request->count; i++) {
        int flags = i + 1 < request->count ? ZMQ_SNDMORE : 0;
        TS_CHECK(zmq_send(world->client, request->part[i], request->bytes[i], flags) >= 0);
    }
    ts_zap_answer(world->zap, world->now);
    TS_CHECK(zmq_recv(world->client, answer[0], sizeof answer[0], ZMQ_DONTWAIT) == 0);
    for (int i = 0; i < ANSWER_PARTS; i++) {
        bytes[i] = zmq_recv(world->client, answer[i], sizeof answer[i], ZMQ_DONTWAIT);
        TS_CHECK(bytes[i] >= 0);
        TS_CHECK(zmq_getsockopt(world->client, ZMQ_RCVMORE, &more, &more_bytes) == 0);
        TS_CHECK((more != 0) == (i + 1 < ANSWER_PARTS));
    }
    const char *status = expected_status(world, request);
    TS_CHECK(bytes[2] == 3 && memcmp(answer[2], status, 3) == 0);
    TS_CHECK((bytes[4] == 40) == (strcmp(status, "200") == 0));
}

static void
admit(world_t *world, ts_cursor_t *input)
{
    ts_zap_entry_t entries[KEYS * 2];
    size_t count = ts_cursor_u8(input) % (KEYS * 2);
    bool known = true;
    for (size_t i = 0; i < count; i++) {
        unsigned klass = ts_cursor_u8(input) % 5;
        entries[i].key = key_of(ts_cursor_u8(input) % KEYS);
        entries[i].klass = (ts_zap_class_t)klass;
        known = known && klass >= 1 && klass <= 3;
    }
    TS_CHECK((ts_zap_admit(world->zap, entries, count) == TS_ERR_OK) == known);
    if (!known) {
        return;
    }
    memset(world->admitted, 0, sizeof world->admitted);
    world->ready = true;
    for (size_t i = 0; i < count; i++) {
        unsigned domain = entries[i].klass == TS_ZAP_SUBSCRIBER ? 1 : 0;
        world->admitted[domain][entries[i].key.b[0] - 1] = true;
    }
}

static void
one_step(world_t *world, ts_cursor_t *input)
{
    request_t request;
    uint8_t what = ts_cursor_u8(input);
    world->now.ms += what;
    if (what % 8 == 0) {
        admit(world, input);
    } else if (what % 8 == 1) {
        ts_zap_clear(world->zap);
        memset(world->admitted, 0, sizeof world->admitted);
        world->ready = false;
    } else if (what % 8 == 2) {
        unsigned number = ts_cursor_u8(input) % KEYS;
        ts_hash_t key = key_of(number);
        ts_mono_t until = {world->now.ms + ts_cursor_u8(input)};
        ts_zap_ban(world->zap, &key, until);
        if (until.ms > world->banned_ms[number]) {
            world->banned_ms[number] = until.ms;
        }
    } else {
        make_request(input, &request);
        ask(world, &request);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ts_net_t *net;
    world_t world = {.net = net};
    ts_cursor_t input = ts_cursor(data, size);
    if (net == NULL) {
        net = ts_net_new();
        world.net = net;
    }
    TS_CHECK(ts_zap_open(world.net, &world.zap, NULL) == TS_ERR_OK);
    world.client = zmq_socket(net->context, ZMQ_DEALER);
    TS_CHECK(world.client != NULL);
    TS_CHECK(zmq_connect(world.client, TS_ZAP_ENDPOINT) == 0);
    for (int i = 0; i < REQUESTS_MAX && ts_cursor_left(&input) > 0; i++) {
        one_step(&world, &input);
    }
    TS_CHECK(zmq_close(world.client) == 0);
    ts_zap_close(&world.zap);
    return 0;
}
