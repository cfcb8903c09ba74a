-- SPDX-License-Identifier: MPL-2.0
-- Custody: what this installation holds of logs, its own unsealed tail, and what others are known to hold.
-- Every commit is flushed. Nothing here is derived from the content of an event; nothing is ever pruned.
-- 32-byte hashes and keys are BLOBs: SELECT hex(hash) … shows them.

-- Facts of the store itself. store_id: 16 random bytes, another one after a restore. deployment: 16 bytes.
-- boot: openings so far. clean: 1 after an orderly end. arrival: newest segment. tail_counter: last one used.
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Small values of the node: public parts of its keys, record counter, salt and the like.
CREATE TABLE state (
    name TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Stores that rows refer to by a small number.
CREATE TABLE store (
    id INTEGER PRIMARY KEY,
    store BLOB NOT NULL UNIQUE
) STRICT;

-- Logs, each known from its genesis. The head (segments, events, bytes, hash_sum, last_seq, last_arrival) is brought up to
-- date in the commit of each segment and compared at every opening.
CREATE TABLE log (
    id INTEGER PRIMARY KEY,
    log BLOB NOT NULL UNIQUE,        -- segment hash of the genesis
    office INTEGER NOT NULL,         -- number of the author's installation
    purpose INTEGER NOT NULL,        -- 1 acts, 2 records, 3 registry, 4 down, 5 holdings, 6 private, 7 kept
    audience INTEGER NOT NULL,       -- 1 up, 2 down to all, 3 down to one unit, 4 stays here
    audience_unit INTEGER NOT NULL,  -- record id of that unit (7: of the keeper), else 0
    node_key BLOB NOT NULL,          -- Ed25519 key that signs its segments
    node_curve_key BLOB NOT NULL,
    invite_key BLOB NOT NULL,
    predecessor_log BLOB NOT NULL,   -- log that it continues, all zero = none
    predecessor_seq INTEGER NOT NULL,
    predecessor_hash BLOB NOT NULL,
    own INTEGER NOT NULL,            -- 0 of others, 1 ours and being extended, 2 ours, continued elsewhere
    closed INTEGER NOT NULL,         -- 1: a segment says that its author extends it no more
    fork_arrival INTEGER NOT NULL,   -- earliest segment with two successors, 0 = the log is not forked
    segments INTEGER NOT NULL,
    events INTEGER NOT NULL,
    bytes INTEGER NOT NULL,          -- stored
    hash_sum BLOB NOT NULL,          -- sum modulo 2^256 of the segment hashes, little-endian
    last_seq INTEGER NOT NULL,       -- greatest event number over the tips
    last_arrival INTEGER NOT NULL
) STRICT;
CREATE INDEX log_by_arrival ON log (last_arrival);

-- Segments, the stored bytes verbatim. arrival is dense from 1, given in the commit.
CREATE TABLE segment (
    arrival INTEGER PRIMARY KEY,
    log INTEGER NOT NULL REFERENCES log (id),
    first_seq INTEGER NOT NULL,      -- number of its first event; genesis: 0
    last_seq INTEGER NOT NULL,
    prev INTEGER REFERENCES segment (arrival), -- predecessor; genesis: NULL
    hash BLOB NOT NULL UNIQUE,       -- of header and signature
    chain_bytes INTEGER NOT NULL,    -- stored bytes from the genesis up to here, along the chain
    received_ms INTEGER NOT NULL,    -- wall clock of this store when it came, a claim
    source INTEGER NOT NULL REFERENCES store (id), -- store that it came from
    bytes BLOB NOT NULL              -- header, signature, payload
) STRICT;
-- Walks of one log, and the comparison of heads, without touching the stored bytes.
CREATE INDEX segment_by_log ON segment (log, arrival, hash);

-- Segments without successor: one per log, more when it is forked.
CREATE TABLE tip (
    log INTEGER NOT NULL REFERENCES log (id),
    arrival INTEGER NOT NULL REFERENCES segment (arrival),
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (log, arrival)
) STRICT, WITHOUT ROWID;

-- Segments whose predecessor or genesis is not held yet. Bounded; not verified when the genesis is missing.
CREATE TABLE waiting (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    log BLOB NOT NULL,
    missing BLOB NOT NULL,           -- hash of what must come first
    genesis_missing INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    source INTEGER NOT NULL REFERENCES store (id),
    bytes BLOB NOT NULL
) STRICT;
CREATE INDEX waiting_by_missing ON waiting (missing);
CREATE INDEX waiting_by_log ON waiting (log);

-- Segments that were refused, kept as evidence; the oldest go when there are too many.
CREATE TABLE refused (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL,
    log BLOB NOT NULL,
    code INTEGER NOT NULL,           -- number of the error
    detail TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    source INTEGER NOT NULL REFERENCES store (id),
    bytes BLOB NOT NULL
) STRICT;

-- Events of own logs that are saved and not sealed yet, in the order of writing.
CREATE TABLE tail (
    counter INTEGER PRIMARY KEY,     -- grows over all logs, never used twice
    log INTEGER NOT NULL REFERENCES log (id),
    event_id BLOB NOT NULL,          -- hash of the event's bytes
    event BLOB NOT NULL
) STRICT;
CREATE INDEX tail_by_log ON tail (log, counter);

-- Neighbours in sync, by the number of their office: where the exchange with them stands.
CREATE TABLE peer (
    office INTEGER PRIMARY KEY,
    store BLOB NOT NULL,             -- store id that the numbers belong to
    seen INTEGER NOT NULL,           -- arrival of their store up to which we took everything in
    offered INTEGER NOT NULL,        -- arrival of our store up to which they have everything
    session_ms INTEGER NOT NULL      -- last session, wall clock of this store
) STRICT;

-- What another store said that it holds: these segments and all before them. The parent's rows make "held", the root's "anchored".
CREATE TABLE held (
    store INTEGER NOT NULL REFERENCES store (id),
    log INTEGER NOT NULL REFERENCES log (id),
    arrival INTEGER NOT NULL REFERENCES segment (arrival), -- our arrival of the segment that they named
    PRIMARY KEY (store, log, arrival)
) STRICT, WITHOUT ROWID;
