/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Every bound of the system, with unit and reason. A full queue refuses and says so; nothing here
 * is silently cut.
 */
#ifndef TS_BASE_LIMITS_H
#define TS_BASE_LIMITS_H

/* One body frame on the wire; MAXMSGSIZE of every exposed socket. */
#define TS_FRAME_BYTES_MAX 73728u
/* A stored segment with header, signature and payload. */
#define TS_SEGMENT_BYTES_MAX 65536u
/* A payload once decompressed; declared in the header, checked before allocation. */
#define TS_PAYLOAD_RAW_BYTES_MAX (1u << 20)
#define TS_PAYLOAD_RATIO_MAX 200u
/* Events in one segment and bytes of one event. */
#define TS_SEGMENT_EVENTS_MAX 4096u
#define TS_EVENT_BYTES_MAX 16384u
/* Memory that one unpack of protobuf may take: amplification was ×80 without it. */
#define TS_UNPACK_BYTES_MAX (8u << 20)
/* Repeated children (goods, head counts, beneficiaries, signatories) of one record. */
#define TS_RECORD_ROWS_MAX 1024u
/* `revises` of one event: a resolution names all branches of a conflict. */
#define TS_REVISES_MAX 64u
/* Text of one field. */
#define TS_TEXT_BYTES_MAX 2048u
/* Segments in one custody transaction. */
#define TS_CUSTODY_BATCH_MAX 64u
/* Chunk and window of the sync session. */
#define TS_CHUNK_BYTES_MIN 1024u
#define TS_CHUNK_BYTES_MAX 65536u
#define TS_WINDOW_BYTES_MIN 16384u
#define TS_WINDOW_BYTES_MAX (256u * 1024u)
/* Credit of all sessions of one gate together. */
#define TS_CREDIT_BYTES_TOTAL (16u << 20)
/* Logs named in one HAVE, WANT or CUSTODY message. */
#define TS_TIPS_PER_MESSAGE_MAX 256u
/* Effects of one step of a session half. */
#define TS_EFFECTS_MAX 16u
/* A control request or reply; an import file travels in one request. */
#define TS_CONTROL_BYTES_MAX (32u << 20)
/* Rows of an import sheet and its columns. */
#define TS_SHEET_ROWS_MAX 100000u
#define TS_SHEET_COLUMNS_MAX 128u
/* Sessions of one gate. */
#define TS_SESSIONS_MAX 2000u
/* One turn of a service's loop, readers, timers and idle slices together, ms. */
#define TS_TURN_MS_MAX 5
/* Timers of one loop: a few for each session. */
#define TS_TIMERS_MAX 65536u
/* Sockets, descriptors and idle works of one loop. */
#define TS_READERS_MAX 64u
/* Keys that a node may push to its gate: offices, open invites, subscribers, and room. */
#define TS_ADMITTED_KEYS_MAX 16384u
/* Keys under a ban at one time, and refused keys remembered so that each is told only once. */
#define TS_ZAP_BANS_MAX 4096u
#define TS_ZAP_REFUSED_MAX 1024u
/* A message between gate and node: the table of admitted keys is the longest. */
#define TS_GATE_LINK_BYTES_MAX (2u << 20)
/* What one session may have on its way to the node, unconfirmed: twice the largest window. */
#define TS_GATE_SESSION_BYTES_MAX (2u * TS_WINDOW_BYTES_MAX)
/* What a message costs in that budget beside its bytes: a queue entry of libzmq and of ours. */
#define TS_GATE_MESSAGE_COST 128u
/* Gates of one node; sessions of one key at one gate (those of a cut line linger a while). */
#define TS_GATES_MAX 4u
#define TS_SESSIONS_PER_KEY_MAX 8u
/* What a connection may have sent that nobody has taken: above the queue of 64 frames. */
#define TS_DOOR_UNREAD_BYTES_MAX (8u << 20)
/* The same for all connections of a door together: four times the credit of honest ones. */
#define TS_DOOR_UNREAD_TOTAL_MAX (64u << 20)

#endif
