/* SPDX-License-Identifier: MPL-2.0 */
#include "net/zap.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/xalloc.h"
#include "net/keys.h"
#include "net/socket_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum {
    ANSWERS_PER_CALL = 64,
    PART_BYTES_MAX = 256,
    /* Parts of a request, 27/ZAP. */
    PART_VERSION = 0,
    PART_REQUEST = 1,
    PART_DOMAIN = 2,
    PART_ADDRESS = 3,
    PART_MECHANISM = 5,
    PART_CREDENTIALS = 6,
    PARTS = 7
};

/* A key of the table, and of what was refused: the second byte group is compared bytewise. */
typedef struct ts_zap_name {
    uint8_t scope; /* domain; in the refused list the reason */
    uint8_t key[TS_CURVE_KEY_BYTES];
} ts_zap_name_t;

struct ts_zap {
    ts_socket_t *socket;
    ts_map_t *admitted; /* ts_zap_name_t → class, u8 */
    ts_map_t *bans;     /* key → until, int64 ms */
    ts_map_t *told;     /* ts_zap_name_t: refused and told */
    bool is_ready;
    ts_zap_refused_fn refused;
    void *refused_context;
    ts_zap_admitted_fn admitted_call;
    void *admitted_context;
    ts_zap_stats_t stats;
};

typedef struct ts_zap_request {
    uint8_t part[PARTS][PART_BYTES_MAX];
    size_t bytes[PARTS];
    size_t count; /* parts that came, also beyond PARTS */
    bool too_long;
} ts_zap_request_t;

ts_err_t
ts_zap_open(ts_net_t *net, ts_zap_t **ret_self, ts_msg_t *detail)
{
    ts_socket_t *socket = NULL;
    ts_err_t err = ts_zap_bind(net, &socket, detail);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_zap_t *self = ts_xcalloc(1, sizeof *self);
    self->socket = socket;
    self->admitted = ts_map_new(sizeof(ts_zap_name_t), 1);
    self->bans = ts_map_new(TS_CURVE_KEY_BYTES, sizeof(int64_t));
    self->told = ts_map_new(sizeof(ts_zap_name_t), 0);
    *ret_self = self;
    return TS_ERR_OK;
}

void
ts_zap_close(ts_zap_t **self_p)
{
    ts_zap_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_socket_close(&self->socket);
    ts_map_destroy(&self->admitted);
    ts_map_destroy(&self->bans);
    ts_map_destroy(&self->told);
    ts_xfree(self);
    *self_p = NULL;
}

ts_socket_t *
ts_zap_socket(ts_zap_t *self)
{
    return self->socket;
}

static ts_zap_name_t
make_name(unsigned scope, const ts_hash_t *key)
{
    ts_zap_name_t name = {.scope = (uint8_t)scope};
    memcpy(name.key, key->b, sizeof name.key);
    return name;
}

/* The door that a class opens; 0 for an unknown class. */
static unsigned
domain_of(ts_zap_class_t klass)
{
    switch (klass) {
    case TS_ZAP_OFFICE:
    case TS_ZAP_INVITE:
        return TS_ZAP_SYNC;
    case TS_ZAP_SUBSCRIBER:
        return TS_ZAP_FEED;
    case TS_ZAP_NONE:
    default:
        return 0;
    }
}

ts_err_t
ts_zap_admit(ts_zap_t *self, const ts_zap_entry_t *entries, size_t count)
{
    if (count > TS_ADMITTED_KEYS_MAX) {
        return TS_ERR_TOOBIG;
    }
    for (size_t i = 0; i < count; i++) {
        if (domain_of(entries[i].klass) == 0) {
            return TS_ERR_INVALID;
        }
    }
    ts_map_clear(self->admitted);
    ts_map_clear(self->told);
    for (size_t i = 0; i < count; i++) {
        ts_zap_name_t name = make_name(domain_of(entries[i].klass), &entries[i].key);
        uint8_t *klass = ts_map_put(self->admitted, &name);
        if (*klass == TS_ZAP_NONE) {
            *klass = (uint8_t)entries[i].klass;
        }
    }
    self->is_ready = true;
    return TS_ERR_OK;
}

void
ts_zap_clear(ts_zap_t *self)
{
    ts_map_clear(self->admitted);
    ts_map_clear(self->told);
    self->is_ready = false;
}

bool
ts_zap_is_ready(const ts_zap_t *self)
{
    return self->is_ready;
}

bool
ts_zap_is_banned(const ts_zap_t *self, const ts_hash_t *key, ts_mono_t now)
{
    const int64_t *until_ms = ts_map_get(self->bans, key->b);
    return until_ms != NULL && now.ms < *until_ms;
}

ts_zap_class_t
ts_zap_class(const ts_zap_t *self, ts_zap_domain_t domain, const ts_hash_t *key, ts_mono_t now)
{
    ts_zap_name_t name = make_name(domain, key);
    const uint8_t *klass = ts_map_get(self->admitted, &name);
    if (klass == NULL) {
        const ts_hash_t anybody = {{0}};
        name = make_name(domain, &anybody);
        klass = ts_map_get(self->admitted, &name);
    }
    return klass == NULL || ts_zap_is_banned(self, key, now) ? TS_ZAP_NONE : (ts_zap_class_t)*klass;
}

/* Only admitted keys are banned, so the list is as long as the offices that misbehave; should it be
 * full, the ban that ends first gives way. */
static void
make_room_for_ban(ts_zap_t *self)
{
    size_t position = 0;
    void *value;
    const uint8_t *first_key = NULL;
    int64_t first_ms = INT64_MAX;
    for (const uint8_t *key; (key = ts_map_next(self->bans, &position, &value)) != NULL;) {
        int64_t until_ms = *(int64_t *)value;
        if (until_ms < first_ms) {
            first_ms = until_ms;
            first_key = key;
        }
    }
    if (first_key != NULL) {
        uint8_t key[TS_CURVE_KEY_BYTES];
        memcpy(key, first_key, sizeof key);
        ts_map_remove(self->bans, key);
    }
}

void
ts_zap_ban(ts_zap_t *self, const ts_hash_t *key, ts_mono_t until)
{
    int64_t *until_ms = ts_map_get(self->bans, key->b);
    if (until_ms == NULL) {
        if (ts_map_count(self->bans) >= TS_ZAP_BANS_MAX) {
            make_room_for_ban(self);
        }
        until_ms = ts_map_put(self->bans, key->b);
    }
    if (until.ms > *until_ms) {
        *until_ms = until.ms;
    }
}

void
ts_zap_on_refused(ts_zap_t *self, ts_zap_refused_fn call, void *context)
{
    self->refused = call;
    self->refused_context = context;
}

void
ts_zap_on_admitted(ts_zap_t *self, ts_zap_admitted_fn call, void *context)
{
    self->admitted_call = call;
    self->admitted_context = context;
}

const ts_zap_stats_t *
ts_zap_stats(const ts_zap_t *self)
{
    return &self->stats;
}

const char *
ts_zap_reason_str(ts_zap_reason_t reason)
{
    static const char *const names[] = {
        [TS_ZAP_UNKNOWN_KEY] = "unknown_key",
        [TS_ZAP_BANNED] = "banned",
        [TS_ZAP_NOT_READY] = "not_ready",
        [TS_ZAP_MALFORMED] = "malformed",
    };
    return (size_t)reason < sizeof names / sizeof names[0] ? names[reason] : "?";
}

/* ---- requests ---- */

/* False when none waits. */
static bool
read_request(ts_zap_t *self, ts_zap_request_t *request)
{
    *request = (ts_zap_request_t){.count = 0};
    zmq_msg_t message;
    bool more = true;
    while (more) {
        TS_CHECK(zmq_msg_init(&message) == 0);
        int rc = zmq_msg_recv(&message, self->socket->handle, ZMQ_DONTWAIT);
        if (rc < 0) {
            TS_CHECK(zmq_msg_close(&message) == 0);
            TS_CHECK(request->count == 0);
            TS_CHECK(errno == EAGAIN || errno == EINTR);
            return false;
        }
        size_t bytes = zmq_msg_size(&message);
        if (bytes > PART_BYTES_MAX) {
            request->too_long = true;
        } else if (request->count < PARTS) {
            memcpy(request->part[request->count], zmq_msg_data(&message), bytes);
            request->bytes[request->count] = bytes;
        }
        request->count++;
        more = zmq_msg_more(&message) != 0;
        TS_CHECK(zmq_msg_close(&message) == 0);
    }
    return true;
}

static bool
part_is(const ts_zap_request_t *request, int part, const char *text)
{
    return request->bytes[part] == strlen(text) &&
           memcmp(request->part[part], text, strlen(text)) == 0;
}

/* Fills in who asks; true when the request is one that can be judged. */
static bool
understand(const ts_zap_request_t *request, ts_zap_refusal_t *asker)
{
    *asker = (ts_zap_refusal_t){.reason = TS_ZAP_MALFORMED};
    if (request->too_long || request->count != PARTS) {
        return false;
    }
    snprintf(asker->address, sizeof asker->address, "%.*s", (int)request->bytes[PART_ADDRESS],
             (const char *)request->part[PART_ADDRESS]);
    if (!part_is(request, PART_VERSION, "1.0") || !part_is(request, PART_MECHANISM, "CURVE") ||
        request->bytes[PART_CREDENTIALS] != TS_CURVE_KEY_BYTES) {
        return false;
    }
    if (part_is(request, PART_DOMAIN, "sync")) {
        asker->domain = TS_ZAP_SYNC;
    } else if (part_is(request, PART_DOMAIN, "feed")) {
        asker->domain = TS_ZAP_FEED;
    } else {
        return false;
    }
    memcpy(asker->key.b, request->part[PART_CREDENTIALS], TS_CURVE_KEY_BYTES);
    return true;
}

static void
reply(ts_zap_t *self,
      const ts_zap_request_t *request,
      const char *status,
      const char *text,
      const char *user)
{
    void *handle = self->socket->handle;
    /* A handshake that ended meanwhile is no fault: the library drops the reply. */
    TS_CHECK(zmq_send(handle, "1.0", 3, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0);
    TS_CHECK(zmq_send(handle, request->part[PART_REQUEST], request->bytes[PART_REQUEST],
                      ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0);
    TS_CHECK(zmq_send(handle, status, strlen(status), ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0);
    TS_CHECK(zmq_send(handle, text, strlen(text), ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0);
    TS_CHECK(zmq_send(handle, user, strlen(user), ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0);
    TS_CHECK(zmq_send(handle, "", 0, ZMQ_DONTWAIT) >= 0);
}

static void
tell_once(ts_zap_t *self, const ts_zap_refusal_t *refusal)
{
    ts_zap_name_t name = make_name(refusal->reason, &refusal->key);
    if (ts_map_get(self->told, &name) != NULL) {
        return;
    }
    if (ts_map_count(self->told) >= TS_ZAP_REFUSED_MAX) {
        ts_map_clear(self->told);
    }
    ts_map_put(self->told, &name);
    if (self->refused != NULL) {
        self->refused(self->refused_context, refusal);
    }
}

static void
judge(ts_zap_t *self, const ts_zap_request_t *request, ts_mono_t now)
{
    ts_zap_refusal_t asker;
    const bool understood = understand(request, &asker);
    if (understood && ts_zap_class(self, asker.domain, &asker.key, now) != TS_ZAP_NONE) {
        char user[TS_CURVE_TEXT_BYTES];
        ts_curve_key_format(&asker.key, user);
        self->stats.admitted++;
        reply(self, request, "200", "", user);
        if (self->admitted_call != NULL) {
            self->admitted_call(self->admitted_context, &asker.key, asker.address);
        }
        return;
    }
    self->stats.refused++;
    if (understood) {
        asker.reason = !self->is_ready                           ? TS_ZAP_NOT_READY
                       : ts_zap_is_banned(self, &asker.key, now) ? TS_ZAP_BANNED
                                                                 : TS_ZAP_UNKNOWN_KEY;
    }
    const bool later = asker.reason == TS_ZAP_NOT_READY;
    self->stats.early += later;
    reply(self, request, later ? "500" : "400", later ? "not ready" : "not admitted", "");
    tell_once(self, &asker);
}

void
ts_zap_answer(ts_zap_t *self, ts_mono_t now)
{
    ts_zap_request_t request;
    for (int i = 0; i < ANSWERS_PER_CALL && read_request(self, &request); i++) {
        judge(self, &request, now);
    }
}
