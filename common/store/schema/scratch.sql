-- SPDX-License-Identifier: MPL-2.0
-- Beginnings of segments that a cut link left behind. Never flushed: losing them only makes a peer send again.

-- One segment under way per log.
CREATE TABLE partial (
    log BLOB PRIMARY KEY,
    prefix INTEGER NOT NULL,  -- first 8 bytes of the segment hash
    total INTEGER NOT NULL,   -- bytes of the whole segment
    have INTEGER NOT NULL,    -- bytes held, from 0 without a gap
    touched INTEGER NOT NULL  -- counts changes; the smallest goes first
) STRICT, WITHOUT ROWID;

CREATE TABLE piece (
    log BLOB NOT NULL REFERENCES partial (log) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (log, start)
) STRICT;
