/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Inside of common/node: the state of a node and what its files use of one another. Not for anybody
 * else.
 * - node.c: opening, turns
 * - logs.c, logs_leave.c: own logs, minted, appended to, sealed, left; the witness
 * - intake.c: the custody path of what comes in
 * - peers.c, peers_effects.c: sessions; effects to the stores and back
 * - uplink.c: connecting upward
 * - entitle.c: who may have which log, who is admitted
 * - holdings.c, holdings_again.c, states.c: the record of custody, and what follows from it
 * - snapshot.c, regain.c: the copy for a backup; getting back what a restored store lacks
 * - keepers.c, keepers_back.c: copies of the root's own logs with other offices
 * - fold*.c: the ledger
 * - command.c, cmd_*.c: commands
 */
#ifndef TS_NODE_NODE_P_H
#define TS_NODE_NODE_P_H

#include "base/map.h"
#include "core/catalog.h"
#include "core/retry.h"
#include "core/session.h"
#include "node/fold.h"
#include "node/identity.h"
#include "node/node.h"
#include "store/custody.h"
#include "store/datadir.h"
#include "store/ledger.h"
#include "store/scratch.h"
#include "store/witness.h"
#include "wire/event.h"
#include "wire/segment.h"
#include "wire/sync_wire.h"

#define TS_NODE_SEAL_AGE_MS (5 * 60 * 1000)
#define TS_NODE_HOLDING_MS (5 * 60 * 1000)
/* While so many bytes of segments come in one turn, custody goes first and the fold waits: so long
 * after the last of them, and at most so long in all (acknowledge before folding).
 * Single live events are far below. */
#define TS_NODE_RUSH_BYTES 16384u
#define TS_NODE_RUSH_MS 40
#define TS_NODE_RUSH_MS_MAX 3000
#define TS_NODE_HOLDING_QUIET_MS 10000 /* the first one after a quiet time comes sooner */

/* A complete segment on its way into custody. */
typedef struct ts_intake_item {
    bool carried;    /* of a bundle: no session waits for an answer */
    ts_id16_t store; /* carried: whose */
    uint64_t session;
    uint64_t peer_serial; /* of the peer that sent it: a later session under the same number is
                             another */
    uint16_t stream;
    ts_hash_t log; /* as the session knows it */
    ts_buf_t bytes;
} ts_intake_item_t;

typedef struct ts_intake {
    ts_intake_item_t *items;
    size_t count;
    size_t capacity;
} ts_intake_t;

/* A session with a child or the parent. */
typedef struct ts_peer_link {
    uint64_t session;
    uint64_t serial;
    bool is_uplink;
    ts_hash_t curve_key;
    ts_key_class_t class;
    uint32_t office;       /* authenticated; 0 = invite that is not known yet */
    ts_session_t *machine; /* NULL until HELLO (child of ours) or connection (uplink) */
    ts_sync_decoder_t *decoder;
    uint8_t nonce[8];
    ts_mono_t timer;
    uint64_t credit_open;
    ts_hash_t digest;
    bool digest_stale;
    ts_id16_t store;       /* peer's, once greeted */
    uint64_t list_next;    /* where the next page of a listing begins */
    bool list_all;         /* it names also what the peer itself wrote */
    bool closing;          /* the machine is over; the link is forgotten at the end of the turn */
    bool running;          /* answers are being given further up the stack */
    bool again;            /* the machine wants CONTINUE */
    ts_effect_t *deferred; /* its questions, in order */
    size_t deferred_count;
    size_t deferred_capacity;
} ts_peer_link_t;

typedef enum ts_uplink_state {
    TS_UPLINK_IDLE,
    TS_UPLINK_CONNECTING,
    TS_UPLINK_UP
} ts_uplink_state_t;

typedef struct ts_uplink {
    ts_uplink_state_t state;
    ts_retry_t retry;
    ts_mono_t give_up_at; /* CONNECTING: when to stop waiting */
    bool tcp_stands;      /* CONNECTING: the handshake of keys goes on */
    uint32_t office;      /* behind the gate that we connect to; 0 = not known */
    uint32_t parent;      /* our parent when this connection was begun */
    size_t endpoint;      /* index of the endpoint tried now */
    bool as_invite;       /* connected with the one-time key */
    bool detour;          /* connected to the office above a parent that cannot be reached */
    unsigned unreached;   /* attempts in a row that did not reach the parent */
    unsigned patience;    /* refusals after which the one-time key is tried */
    unsigned refusals;    /* … that its gate refused, with our own key */
    bool invite_taken;    /* the parent said in this session that it holds our geneses */
    bool drain;
    bool drained;
    ts_err_t last_end;
    ts_mono_t ended_at;
    bool progress; /* in this session something was kept of a segment that is not whole yet */
    uint64_t resumed_prefix; /* segment inside which the parent last asked to go on … */
    uint32_t resumed_at;     /* … and from where: it was further than before */
    int64_t day;             /* of the byte budget */
    uint64_t sent_today;
} ts_uplink_t;

/* What the peer holds of a log, remembered until it is written. */
typedef struct ts_held_note {
    ts_id16_t store;
    ts_tip_t tip;
} ts_held_note_t;

struct ts_commands;
typedef struct ts_snapshot ts_snapshot_t;

/* A segment whose bytes are not what was stored. */
typedef struct ts_rotten {
    uint64_t arrival;
    ts_hash_t hash;
    ts_hash_t log;
    bool regainable; /* somebody else holds it, or its bytes are here */
    bool here;       /* its bytes are right: only its row, or that of its predecessor, is not */
    bool mended;     /* in the open transaction */
} ts_rotten_t;

struct ts_node {
    ts_node_options_t options;
    char *data_dir;
    char *witness_path;
    char *parent_endpoints; /* of the configuration; NULL = none */
    ts_identity_t identity;
    ts_datadir_t *datadir;
    ts_custody_t *custody;
    ts_scratch_t *scratch;
    ts_witness_t *witness;
    ts_ledger_t *ledger;
    ts_fold_t *fold;
    ts_codec_t *codec;
    ts_event_decoder_t *decoder;
    ts_mono_t now;
    ts_utc_t wall;
    ts_err_t failed; /* first error that stops the node */
    ts_msg_t failed_why;

    ts_peer_link_t **peers;
    size_t peer_count;
    size_t peer_capacity;
    uint64_t serial;
    ts_uplink_t uplink;
    ts_intake_t intake;
    bool gate_there;
    ts_gate_figures_t gate_figures;
    bool admit_stale; /* table of the gate is to be sent again */
    uint64_t credit_open;

    ts_held_note_t *held;
    size_t held_count;
    size_t held_capacity;
    ts_mono_t held_at; /* when the notes must be written */
    bool held_missed;  /* a holding named what was not here (state of custody) */
    struct {
        bool on;
        bool missed;          /* … and so did one since this reading began */
        ts_mono_t at;         /* when it begins; INT64_MAX: it does not */
        ts_mono_t not_before; /* the next one */
        ts_log_info_t log;    /* being read, up to this arrival */
        uint64_t cursor;
    } again; /* holdings are read once more (holdings_again.c) */

    ts_map_t *moved; /* log id: something of it is not yet covered by a holding */
    bool moved_acts;
    ts_map_t *unplaced;       /* log id: moved, but the registry does not name its office yet */
    uint64_t holding_arrival; /* arrivals up to here are covered by holdings of this store */
    bool forget_root;         /* what was noted of the root's store came from somebody else */
    bool heard_again;         /* it had another store before: all holdings are read again */
    ts_mono_t holding_at;
    uint64_t root_time_s;   /* last root time seen */
    uint64_t parent_time_s; /* last parent time seen */

    ts_id16_t parent_store; /* zero = not known yet */
    ts_id16_t root_store;
    ts_mono_t rush_since;      /* backlog is coming in: since when … */
    ts_mono_t rush_until;      /* … and until when the fold waits */
    bool asked;                /* a command came since the last turn */
    ts_mono_t rest_at;         /* when caches are given up; INT64_MAX: they are */
    ts_mono_t room_at;         /* the fold is tried again on a full disk */
    ts_mono_t seal_not_before; /* pause between seals on a metered link */
    ts_mono_t holding_last;    /* when a holding was last written */
    ts_mono_t seal_at;         /* next look at the age of the tails */
    uint64_t sealed_first;     /* segments of the last write, 0 = none */
    uint64_t sealed_last;
    bool witness_behind;   /* own tips are committed that the witness could not take */
    bool seal_more;        /* a tail is due that takes more than one segment */
    bool bind_due;         /* an installation may have joined whose key is not bound yet */
    ts_mono_t entitled_at; /* when the registry last changed who may have what */
    bool registry_changed; /* units, offices or cut-offs were folded */
    uint64_t feed_told;    /* newest number that was rung */
    bool feed_more;        /* more to ring */
    bool kept_more;        /* copies are to be made now */
    bool kept_due;         /* keepers may get more: something was sealed, one acknowledged, or
                              another was named */
    uint32_t record_salt;
    uint64_t record_counter;

    struct {
        ts_custody_verify_t pass; /* over all segments, in slices */
        ts_mono_t at;             /* its next slice */
        ts_rotten_t *items;       /* damaged segments that are asked for */
        size_t count;
        size_t capacity;
        bool news; /* something was mended, which is offered from now on */
    } scrub;       /* scrub.c */

    struct ts_commands *commands;
    ts_snapshot_t *snapshot; /* copy for a backup; NULL = none */
    uint64_t regain;         /* not 0: restored or rebuilt, see regain.c; a number drawn then */
    bool regain_look;        /* somebody was heard since it was last looked whether all were */
};

/* ---- node.c */
/* The first error wins; the node stops at the end of the turn. Returns err. */
ts_err_t ts_node_fail(ts_node_t *self, ts_err_t err, const ts_msg_t *why);
/* printf into one note line of at most 512 bytes. */
void
ts_node_note(ts_node_t *self, ts_note_level_t level, const char *event, const char *format, ...)
#if defined(__GNUC__) || defined(__clang__)
    __attribute__((format(printf, 4, 5)))
#endif
    ;
const ts_catalog_t *ts_node_catalog(const ts_node_t *self);
/* A record id never used before, durable with the next append. */
ts_record_id_t ts_node_mint_record(ts_node_t *self);

/* ---- scrub.c */
/* After CORRUPT: opens the store all the same when all that is damaged in it can be had from
 * others. CORRUPT otherwise. */
TS_MUST_USE ts_err_t ts_scrub_open(ts_node_t *self, const ts_custody_options_t *options);
/* When the store is read through next; after the opening. */
TS_MUST_USE ts_err_t ts_scrub_recall(ts_node_t *self);
/* A slice, if one is due and nothing else is done. */
TS_MUST_USE ts_err_t ts_scrub_turn(ts_node_t *self, bool works);
/* Something is to be asked for: sessions begin as if nothing were known. */
bool ts_scrub_asks(const ts_node_t *self);
/* Is something of this log damaged? Then it is wanted from behind *ret_after on; *ret_known false:
 * from its genesis on. */
bool ts_scrub_before(ts_node_t *self, const ts_hash_t *log, ts_tip_t *ret_after, bool *ret_known);
/* Are these bytes of a segment what was stored? When not, it counts as damaged from now on. What is
 * wrong is handed to nobody. */
bool ts_scrub_is_right(ts_node_t *self, const ts_held_segment_t *stored, ts_bytes_t bytes);
/* Offers what was mended, which was left out before. */
void ts_scrub_tell(ts_node_t *self);
/* Puts the bytes of a segment that is held already in the place of rotten ones, in the open
 * transaction; nothing when they are not rotten. */
TS_MUST_USE ts_err_t ts_scrub_mend(ts_node_t *self,
                                   const ts_segment_view_t *view,
                                   const ts_hash_t *hash);
/* … and what came of the transaction. */
void ts_scrub_mended(ts_node_t *self, bool committed);

/* ---- logs.c */
/* Makes sure that the active log of a purpose is there and gives it; mints it when needed. */
TS_MUST_USE ts_err_t ts_logs_active(ts_node_t *self,
                                    uint8_t purpose,
                                    ts_record_id_t audience_unit,
                                    ts_log_info_t *ret_info);
/* The logs that every installation has from birth. */
TS_MUST_USE ts_err_t ts_logs_found(ts_node_t *self);
/* After a rollback, a clone or an amnesia: closes the active log and goes on in a new one that
 * names `tip`. */
TS_MUST_USE ts_err_t ts_logs_continue(ts_node_t *self,
                                      const ts_log_info_t *log,
                                      const ts_tip_t *tip);
/* State of custody while all own logs are being left: the greatest arrival number at its beginning,
 * plus one; 0 = not. A kill in between must not leave some of them in use, and the witness knows
 * the new place from the first new log on. */
#define TS_LOGS_LEAVING "leaving_logs"
/* New logs for all active own ones, under a new store id. `before`: the state where an earlier
 * start was killed at this; 0: it begins now. Then the witness is written, then all_left. */
TS_MUST_USE ts_err_t ts_logs_leave_all(ts_node_t *self, uint64_t before);
TS_MUST_USE ts_err_t ts_logs_all_left(ts_node_t *self);
/* R2: nothing that the witness does not know leaves. False for own logs after it could not be
 * written; ts_logs_catch_up_witness tries again. */
bool ts_logs_may_leave(const ts_node_t *self, const ts_log_info_t *info);
TS_MUST_USE ts_err_t ts_logs_catch_up_witness(ts_node_t *self);
/* Compares the witness and acts on it. */
TS_MUST_USE ts_err_t ts_logs_check_witness(ts_node_t *self);

typedef struct ts_new_event {
    uint8_t purpose;
    ts_record_id_t audience_unit; /* 0 unless the log is for one unit */
    ts_bytes_t bytes;             /* borrowed */
    ts_hash_t id;                 /* out */
} ts_new_event_t;

/* Appends all in one commit, seals at once what may go at once (Nagle's rule), folds
 * them, and tells the sessions. FULL: nothing was written and the caller says so. */
TS_MUST_USE ts_err_t ts_logs_write(ts_node_t *self, ts_new_event_t *events, size_t count);
/* In the open transaction: signs and stores the next segment of an own log whose payload was made
 * elsewhere; of the header codec, encryption, recipient, raw_bytes and count are taken. After the
 * commit: publish, which advances the witness and tells the sessions. */
TS_MUST_USE ts_err_t ts_logs_put(ts_node_t *self,
                                 const ts_log_info_t *info,
                                 ts_segment_header_t *header,
                                 ts_bytes_t payload,
                                 ts_tip_t *ret_tip);
TS_MUST_USE ts_err_t ts_logs_publish(ts_node_t *self, const ts_tip_t *tip);
/* Seals the tail of every own log, whatever its age: at session start, before a report, on request.
 */
TS_MUST_USE ts_err_t ts_logs_seal_all(ts_node_t *self);
/* Seals what is due by age or size, or because the peer has everything before. */
TS_MUST_USE ts_err_t ts_logs_seal_due(ts_node_t *self);

/* ---- intake.c */
void ts_intake_add(ts_node_t *self,
                   const ts_peer_link_t *peer,
                   uint16_t stream,
                   const ts_hash_t *log,
                   ts_bytes_t bytes);
/* One batch: verify, put, commit, read back, answer. */
TS_MUST_USE ts_err_t ts_intake_turn(ts_node_t *self);
/* What became of a segment of a bundle. */
typedef struct ts_carried {
    ts_err_t
        code;     /* OK: held now; NOTFOUND: waits for a predecessor or its genesis; else refused */
    bool fresh;   /* was not held before */
    ts_tip_t tip; /* as far as it could be read */
} ts_carried_t;
/* One batch of a bundle, 1..TS_CUSTODY_BATCH_MAX segments, through the same steps at once: when it
 * returns OK all that is not refused is committed and was read back. `store`: of the maker of the
 * bundle. FULL: nothing of the batch is stored. */
TS_MUST_USE ts_err_t ts_intake_carried(ts_node_t *self,
                                       const ts_id16_t *store,
                                       ts_buf_t *segments,
                                       size_t count,
                                       ts_carried_t *ret_carried);
void ts_intake_free(ts_intake_t *intake);
/* Hash, payload hash, signature and, for a genesis, certificates of a segment. `info` is filled
 * from the genesis or the known log; NOTFOUND: log unknown, signature not judged. */
TS_MUST_USE ts_err_t ts_segment_verify(ts_node_t *self,
                                       const ts_segment_view_t *view,
                                       ts_hash_t *ret_hash,
                                       ts_log_info_t *ret_info);

/* ---- peers.c */
ts_peer_link_t *ts_peers_find(ts_node_t *self, uint64_t session);
ts_peer_link_t *ts_peers_add(ts_node_t *self, uint64_t session, bool is_uplink);
void ts_peers_remove(ts_node_t *self, ts_peer_link_t *peer);
void ts_peers_free(ts_node_t *self);
/* Begins the machine of a child that connected, or of our uplink. */
void ts_peers_start(ts_node_t *self, ts_peer_link_t *peer, ts_side_t side, const uint8_t nonce[8]);
void ts_peers_message(ts_node_t *self, ts_peer_link_t *peer, ts_bytes_t frame);
/* ---- peers_effects.c */
/* Carries one effect out; questions are answered with further steps. */
void ts_peers_effect(ts_node_t *self, ts_peer_link_t *peer, const ts_effect_t *effect);
/* Small and decisive logs first on any link: 0 for all but records. */
uint32_t ts_peers_priority(const ts_log_info_t *info);
void ts_peers_learn_store(ts_node_t *self, ts_peer_link_t *peer, const ts_id16_t *store);
/* May the neighbour of this number say that this is its store? `above`: it is our parent. */
bool ts_peers_store_is_its_own(const ts_node_t *self,
                               uint32_t office,
                               bool above,
                               const ts_id16_t *store);
/* ---- peers.c */
/* Steps the machine with an event whose kind and union are filled; now, budgets and digest are
 * added here. */
void ts_peers_step(ts_node_t *self, ts_peer_link_t *peer, ts_session_event_t *event);
void ts_peers_timers(ts_node_t *self);
ts_mono_t ts_peers_due(const ts_node_t *self);
/* New tips in our store: tells every session whose peer may have them, except the one they came
 * from (serial; 0 = nobody). */
void ts_peers_tips(ts_node_t *self, const ts_tip_t *tips, size_t count, uint64_t except_serial);
/* Own logs may leave again: every session lists them. */
void ts_peers_own_again(ts_node_t *self);
/* Registry changed: keys, entitlement. */
void ts_peers_entitlement_changed(ts_node_t *self);
/* Writes what peers are known to hold. */
TS_MUST_USE ts_err_t ts_peers_flush_held(ts_node_t *self);

/* ---- uplink.c */
void ts_uplink_turn(ts_node_t *self);
void ts_uplink_ended(ts_node_t *self, ts_err_t code, uint32_t retry_after_ms);
ts_mono_t ts_uplink_due(const ts_node_t *self);

/* ---- entitle.c */
/* The logs that parent and child share: the same answer on both sides once both know the registry.
 */
typedef struct ts_share {
    ts_node_t *node;
    uint32_t child;   /* office number */
    bool invite;      /* only the child's own geneses */
    bool stranger;    /* another office is its parent: the registry goes down, nothing else */
    bool up;          /* what goes upward … */
    bool down;        /* … and what goes downward */
    uint32_t back_to; /* not 0: of what goes downward only what this office wrote */
    bool nothing;     /* a guest (regain.c): it brings, and is given nothing */
    bool known_only;  /* towards a child: no log of an office that the registry does not name */
} ts_share_t;
ts_share_t ts_share_of(ts_node_t *self, const ts_peer_link_t *peer);
/* Number of the office above us: as the registry says, else as the invite said; 0 = the province.
 */
uint32_t ts_node_parent(const ts_node_t *self);
bool ts_share_has(void *share, const ts_log_info_t *info);
/* Is `office` the same as `above` or below it in the tree of parents? */
bool ts_office_below(const ts_catalog_t *catalog, uint32_t office, uint32_t above);
/* Direct child of this office whose subtree holds the unit; 0 = none. */
uint32_t ts_child_towards(const ts_node_t *self, ts_record_id_t unit);
void ts_admit_send(ts_node_t *self);
ts_key_class_t ts_admit_class(ts_node_t *self, const ts_hash_t *curve_key, uint32_t *ret_office);

/* ---- holdings.c */
/* Something of this log was taken into custody. */
void ts_holdings_moved(ts_node_t *self, const ts_log_info_t *info);
TS_MUST_USE ts_err_t ts_holdings_turn(ts_node_t *self);
/* After opening: what no holding of this store covers yet (it was killed before it wrote one, or
 * has a new store id). */
TS_MUST_USE ts_err_t ts_holdings_recall(ts_node_t *self);
/* In the open transaction that writes a holding: what is covered with it. */
TS_MUST_USE ts_err_t ts_holdings_put_covered(ts_node_t *self);
/* Could it be a time? Seconds since 1970, up to the year 9999. */
bool ts_holdings_is_time(uint64_t time_s);
/* What somebody above says the root's clock shows. The newest word counts, so that a clock that was
 * wrong once is not believed for ever; what is no time at all is left out. */
void ts_holdings_time(ts_node_t *self, uint64_t root_time_s);
/* The registry changed: logs whose office it did not name may have a place now. */
void ts_holdings_place(ts_node_t *self);
/* May the office above that has this number be the store of this id? Nobody but the root is the
 * root's store, and nobody else is ours. */
bool ts_holdings_may_be(const ts_node_t *self, uint32_t office, const ts_id16_t *store);
/* Remembers that a store above holds a tip; written soon (ts_peers_flush_held). */
void ts_holdings_note(ts_node_t *self, const ts_id16_t *store, const ts_tip_t *tip);
/* A session ended: what moved is covered now. */
void ts_holdings_hurry(ts_node_t *self);
/* A holding event was folded: who holds what. */
void ts_holdings_seen(ts_node_t *self,
                      const ts_log_info_t *log,
                      const ts_event_header_t *header,
                      const void *record);

/* What a holding says of custody, if its store is the parent's or the root's of now. */
void ts_holdings_hear(ts_node_t *self, const ts_log_info_t *log, const void *record);
/* ---- holdings_again.c: read once more after one named what was not here */
/* In the open transaction: this tip of a holding is not here. */
TS_MUST_USE ts_err_t ts_holdings_put_missed(ts_node_t *self, const ts_tip_t *tip);
/* In the open transaction: everything is read once more, soon. */
TS_MUST_USE ts_err_t ts_holdings_put_again(ts_node_t *self);
/* A segment of this log was taken into custody, perhaps with its genesis: what was missing? */
void ts_holdings_came(ts_node_t *self, const ts_log_info_t *log, bool genesis);
TS_MUST_USE ts_err_t ts_holdings_again_recall(ts_node_t *self);
TS_MUST_USE ts_err_t ts_holdings_again_turn(ts_node_t *self);

/* ---- keepers.c: what the root has for itself alone lives on with keepers, who cannot read it */
/* Copies what is due to each keeper; *ret_more: there is more to do now. */
TS_MUST_USE ts_err_t ts_keepers_turn(ts_node_t *self, bool *ret_more);
/* Copies everything, whatever is on its way: before it is carried by hand. */
TS_MUST_USE ts_err_t ts_keepers_copy_all(ts_node_t *self);
/* In the open transaction: a store holds this tip; of a keeper's log it holds what was copied into
 * it. */
TS_MUST_USE ts_err_t ts_keepers_held(ts_node_t *self, const ts_id16_t *store, const ts_tip_t *tip);
/* The session with a child has just found that both hold the same: of its copies too. Nothing else
 * would say so after we were killed before the acknowledgement was written. */
void ts_keepers_in_step(ts_node_t *self, const ts_peer_link_t *peer);
/* For status. */
typedef struct ts_kept {
    uint64_t keepers; /* at the root: offices that get copies now */
    uint64_t bytes;   /* elsewhere: of copies that we keep */
} ts_kept_t;
TS_MUST_USE ts_err_t ts_keepers_kept(ts_node_t *self, ts_kept_t *ret_kept);
/* Is it a log of ours that goes to no other office by itself? */
bool ts_keepers_wanted(const ts_node_t *self, const ts_log_info_t *info);
/* The keeper's log of copies, if there is one; NOTFOUND. */
TS_MUST_USE ts_err_t ts_keepers_log(ts_node_t *self,
                                    const ts_office_t *keeper,
                                    ts_log_info_t *ret_info);

/* ---- registrar.c: the province binds the key that joined to its office, once */
/* A new log is in custody: whose is it? */
void ts_registrar_genesis(ts_node_t *self, const ts_log_info_t *genesis);
/* Binds what joined since, when everything is folded. Looks at all logs, so that nothing is
 * forgotten by a stop in between. */
TS_MUST_USE ts_err_t ts_registrar_turn(ts_node_t *self);

/* ---- feed.c: the province rings for what is new and answers requests for pages */
TS_MUST_USE ts_err_t ts_feed_turn(ts_node_t *self);
/* One request of a subscriber; the page goes back to its session. */
void ts_feed_request(ts_node_t *self, uint64_t session, ts_bytes_t frame);

/* ---- snapshot.c: a copy of custody for a backup, in slices */
/* Removes what was left of one; for opening and closing. */
void ts_snapshot_open(ts_node_t *self);
void ts_snapshot_close(ts_node_t *self);
/* One slice; true when there is more. */
bool ts_snapshot_turn(ts_node_t *self);
/* When the last backup was made and what it holds; 0 = never. */
TS_MUST_USE ts_err_t ts_snapshot_last(ts_node_t *self, uint64_t *ret_made_s, uint64_t *ret_arrival);

/* ---- regain.c: after a restore or a rebuild */
/* State of custody, put by restore and rebuild: a number other than 0, drawn each time. */
#define TS_NODE_REGAIN "regain"
TS_MUST_USE ts_err_t ts_regain_recall(ts_node_t *self);
TS_MUST_USE ts_err_t ts_regain_turn(ts_node_t *self);
/* The gate lets in keys that the registry does not know (yet). */
bool ts_regain_welcomes(const ts_node_t *self);
/* The next office number, not before those that may have been given and forgotten. */
uint32_t ts_regain_number(ts_node_t *self, uint32_t number);

/* ---- command.c */
TS_MUST_USE ts_err_t ts_commands_open(ts_node_t *self);
void ts_commands_close(ts_node_t *self);
/* One slice; *ret_more when there is more to do now. */
TS_MUST_USE ts_err_t ts_commands_turn(ts_node_t *self, bool *ret_more);

#endif
