/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Who may connect: the ZAP handler (27/ZAP) of a process that has CURVE servers. It is fed with the
 * table of admitted keys and answers each handshake from it, in the loop's own thread: the
 * library's thread asks by message and does not wait, so nothing locks. Until a table is given it
 * refuses everybody (fail closed).
 *
 * It acts at handshakes only; a key that is revoked keeps its live session (pitfall 5). Whoever
 * receives messages asks ts_zap_class for the key of each one. A ban is for a key that broke
 * the rules, and runs out. Answers: 200 with the key in Z85 as User-Id; 400 not admitted or banned;
 * 500 no table yet. The peer's monitor shows the number.
 */
#ifndef TS_NET_ZAP_H
#define TS_NET_ZAP_H

#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"
#include "base/time.h"
#include "net/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a key may do. The values travel between gate and node (proto/gate.md). */
typedef enum ts_zap_class {
    TS_ZAP_NONE = 0,
    TS_ZAP_OFFICE = 1,    /* an office of the registry: sync session */
    TS_ZAP_INVITE = 2,    /* an invite: sync session, to deliver one genesis */
    TS_ZAP_SUBSCRIBER = 3 /* reads the feed */
} ts_zap_class_t;

/* A key of zeros: the class of whoever stands in no other row of that door. A province that was
 * restored or rebuilt lets offices in that it does not know any more; its node gives them nothing.
 */
typedef struct ts_zap_entry {
    ts_hash_t key;
    ts_zap_class_t klass;
} ts_zap_entry_t;

/* The doors of the two domains. */
typedef enum ts_zap_domain { TS_ZAP_SYNC = 1, TS_ZAP_FEED = 2 } ts_zap_domain_t;

typedef enum ts_zap_reason {
    TS_ZAP_UNKNOWN_KEY,
    TS_ZAP_BANNED,
    TS_ZAP_NOT_READY, /* no table yet */
    TS_ZAP_MALFORMED  /* other mechanism, unknown domain */
} ts_zap_reason_t;

typedef struct ts_zap_refusal {
    ts_zap_reason_t reason;
    ts_zap_domain_t domain; /* 0 when MALFORMED */
    ts_hash_t key;          /* zero when MALFORMED */
    char address[64];       /* of the peer, as text */
} ts_zap_refusal_t;

typedef void (*ts_zap_refused_fn)(void *context, const ts_zap_refusal_t *refusal);

typedef struct ts_zap_stats {
    uint64_t admitted;
    uint64_t refused; /* all reasons together */
    uint64_t early;   /* of them: there was no table yet, the peer may come again */
} ts_zap_stats_t;

typedef struct ts_zap ts_zap_t;

/* At most one in a process. Open it before the doors. */
TS_MUST_USE ts_err_t ts_zap_open(ts_net_t *net, ts_zap_t **ret_self, ts_msg_t *detail);
void ts_zap_close(ts_zap_t **self_p);
/* For ts_loop_add_socket; whoever reads calls ts_zap_answer. */
ts_socket_t *ts_zap_socket(ts_zap_t *self);
/* Answers the requests that wait, a bounded number. */
void ts_zap_answer(ts_zap_t *self, ts_mono_t now);

/* Replaces the whole table; from now on it is ready. A key may stand in it for both domains; of two
 * classes of one domain the first stands. TOOBIG beyond TS_ADMITTED_KEYS_MAX, INVALID for an
 * unknown class: the table stays as it was. */
TS_MUST_USE ts_err_t ts_zap_admit(ts_zap_t *self, const ts_zap_entry_t *entries, size_t count);
/* Forgets the table: nobody is admitted. Bans stay. */
void ts_zap_clear(ts_zap_t *self);
bool ts_zap_is_ready(const ts_zap_t *self);

/* What this key may do now at that door; NONE when it is not admitted or banned. */
ts_zap_class_t
ts_zap_class(const ts_zap_t *self, ts_zap_domain_t domain, const ts_hash_t *key, ts_mono_t now);
/* Refuses the key until then. The longer of two bans stands. */
void ts_zap_ban(ts_zap_t *self, const ts_hash_t *key, ts_mono_t until);
bool ts_zap_is_banned(const ts_zap_t *self, const ts_hash_t *key, ts_mono_t now);

/* Told once for each key and reason until the next table; every refusal is counted. */
void ts_zap_on_refused(ts_zap_t *self, ts_zap_refused_fn call, void *context);
/* Told of every handshake that was admitted. */
typedef void (*ts_zap_admitted_fn)(void *context, const ts_hash_t *key, const char *address);
void ts_zap_on_admitted(ts_zap_t *self, ts_zap_admitted_fn call, void *context);
const ts_zap_stats_t *ts_zap_stats(const ts_zap_t *self);
const char *ts_zap_reason_str(ts_zap_reason_t reason);

#endif
