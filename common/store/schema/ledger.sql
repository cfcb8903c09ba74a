-- SPDX-License-Identifier: MPL-2.0
-- The ledger: what all folded events together say. Derived: may be deleted, it is made again from custody. The tables of the record
-- kinds (need, handover, handover_items …) are composed by kinds.c from the schema of the events and are not in this file.
-- Record ids are integers; days are days since 1970 here and ISO dates in the kind tables; money is whole đồng.

-- Facts of the ledger: store_id, feed_id, rules, schema; where the fold stands: arrival, event_index, tail, phase, phase_end.
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Logs that events come from; id is used in all other tables. How a log is certified stands in custody.
CREATE TABLE log (
    id INTEGER PRIMARY KEY,
    log BLOB NOT NULL UNIQUE,       -- hash of its genesis
    office INTEGER NOT NULL,        -- number of the author's installation
    purpose INTEGER NOT NULL,       -- 1 acts, 2 records, 3 registry, 4 down, 5 holdings, 6 private
    audience INTEGER NOT NULL,      -- 1 up, 2 down to all, 3 down to one unit, 4 stays here
    audience_unit INTEGER NOT NULL
) STRICT;

-- Accepted events of records that have more than one, or whose one replaces something that has not come.
CREATE TABLE event_more (
    kind INTEGER NOT NULL,
    record INTEGER NOT NULL,
    event INTEGER NOT NULL,         -- first 8 bytes of the event id
    office INTEGER NOT NULL,
    author INTEGER NOT NULL,
    log INTEGER NOT NULL,
    arrival INTEGER,                -- segment; NULL: own tail
    position INTEGER NOT NULL,      -- number in the log; own tail: counter in custody
    owner_unit INTEGER,
    depth INTEGER NOT NULL,
    void INTEGER NOT NULL,
    stands INTEGER NOT NULL,        -- 1: no accepted event replaces it
    revises BLOB NOT NULL,          -- 8 bytes each, little-endian
    PRIMARY KEY (kind, record, event)
) STRICT, WITHOUT ROWID;

-- A second place of an accepted event: a log that was forked, a tail sealed twice. Counts nothing; taken when the first is cut off.
CREATE TABLE event_also (
    event INTEGER NOT NULL,
    log INTEGER NOT NULL,
    position INTEGER NOT NULL,
    arrival INTEGER NOT NULL,
    PRIMARY KEY (event, log, position, arrival)
) STRICT, WITHOUT ROWID;

-- Events that do not count: reason 13 waits for a record (waits_kind, waits_for), the others are parked.
CREATE TABLE parked (
    id INTEGER PRIMARY KEY,
    event INTEGER NOT NULL,
    kind INTEGER NOT NULL,          -- 0: unreadable
    record INTEGER NOT NULL,
    office INTEGER NOT NULL,
    log INTEGER NOT NULL,
    arrival INTEGER,
    position INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    waits_kind INTEGER,
    waits_for INTEGER,              -- record id; of an office that is not known its number
    owner_unit INTEGER,
    rules INTEGER NOT NULL,         -- version of the rules that said so
    due INTEGER NOT NULL DEFAULT 0, -- 1: what it waits for has come, it is asked again
    why TEXT                        -- what the decoder said
) STRICT;
CREATE INDEX parked_event ON parked (event);
CREATE INDEX parked_waits ON parked (waits_kind, waits_for) WHERE waits_for IS NOT NULL;
CREATE INDEX parked_due ON parked (arrival, position) WHERE due = 1;

-- Approvals whose target is not known here: asked again when an event of it comes.
CREATE TABLE approval_watch (
    target INTEGER NOT NULL,
    approval INTEGER NOT NULL,
    PRIMARY KEY (target, approval)
) STRICT, WITHOUT ROWID;

-- Events that stopped the program twice.
CREATE TABLE crashed (
    event INTEGER PRIMARY KEY
) STRICT;

-- Logs whose verdicts are being asked again, from which segment on.
CREATE TABLE redo_log (
    log INTEGER PRIMARY KEY,
    after_arrival INTEGER NOT NULL
) STRICT;

-- Totals. A series is all that a figure is told by except the day; a cell is one month of it with its days (v_cell shows days):
-- cell.id = series.id * 1048576 + year * 12 + month; + 0 for what has no day.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    plan INTEGER NOT NULL,
    measure INTEGER NOT NULL,       -- see the names in v_measure
    unit INTEGER NOT NULL,
    line INTEGER NOT NULL,
    aux INTEGER NOT NULL,           -- fund; of distinct children the period, 0 = whole plan
    band INTEGER NOT NULL,
    sex INTEGER NOT NULL,
    donor_class INTEGER NOT NULL,
    flags INTEGER NOT NULL,         -- 1: the day is only known by its month, 2: by its year
    UNIQUE (plan, measure, unit, line, aux, band, sex, donor_class, flags)
) STRICT;
CREATE TABLE cell (
    id INTEGER PRIMARY KEY,
    total INTEGER NOT NULL,
    days TEXT                       -- {"5":2,"17":1}: day of the month and its value; NULL for what has no day
) STRICT;

-- What a child was in need of and got, and the records that say so; from it come distinct numbers and repetitions.
CREATE TABLE child (
    record INTEGER PRIMARY KEY,     -- beneficiary
    repeats INTEGER NOT NULL,       -- (line, period) in which it was supported more than once
    facts BLOB NOT NULL             -- layout: common/node/fold_child.c
) STRICT;

-- Double entry: what leaves one account enters another.
CREATE TABLE commodity (
    id INTEGER PRIMARY KEY,
    item TEXT NOT NULL,             -- "VND" is money
    unit_of_measure TEXT NOT NULL,
    UNIQUE (item, unit_of_measure)
) STRICT;
CREATE TABLE posting (
    record INTEGER NOT NULL,
    line INTEGER NOT NULL,          -- 0, 1, 2 …: one movement each, from an account to another (v_posting shows both sides)
    from_account INTEGER NOT NULL,  -- see the names in v_account
    from_owner INTEGER NOT NULL,    -- donor, pledge, fund, allocation or unit, by the account
    from_fund INTEGER NOT NULL,
    to_account INTEGER NOT NULL,
    to_owner INTEGER NOT NULL,
    to_fund INTEGER NOT NULL,
    plan INTEGER NOT NULL,
    commodity INTEGER NOT NULL,     -- of table commodity
    quantity INTEGER NOT NULL,
    value_vnd INTEGER NOT NULL,
    day INTEGER NOT NULL,
    PRIMARY KEY (record, line)
) STRICT, WITHOUT ROWID;
CREATE TABLE balance (
    account INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    commodity INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    value_vnd INTEGER NOT NULL,
    PRIMARY KEY (account, owner, commodity)
) STRICT, WITHOUT ROWID;

-- Rows of imported sheets: which record they became.
CREATE TABLE import_row (
    office INTEGER NOT NULL,
    row_key TEXT NOT NULL,
    kind INTEGER NOT NULL,
    event INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (office, row_key, kind, event)
) STRICT, WITHOUT ROWID;

-- Additive digests over standing and parked events, to compare two stores; and how many of what there is.
CREATE TABLE digest (
    unit INTEGER NOT NULL,
    audience INTEGER NOT NULL,
    low INTEGER NOT NULL,
    high INTEGER NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (unit, audience)
) STRICT, WITHOUT ROWID;
CREATE TABLE total (
    name INTEGER PRIMARY KEY,       -- 1 records, 2 events, 3 parked, 4 pending, 5 conflicts, 6 repeats
    value INTEGER NOT NULL
) STRICT;

-- Business events for dashboards, without any personal field; number has no gaps and never changes its meaning.
CREATE TABLE feed (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    change TEXT NOT NULL,           -- added, revised, voided, conflict, resolved
    event INTEGER,                  -- the event it comes from; NULL: none (an office fell silent …)
    record INTEGER,
    unit INTEGER,
    plan INTEGER,
    line INTEGER,
    period INTEGER,
    body INTEGER,
    day INTEGER,
    quantity INTEGER,
    unit_of_measure TEXT,
    value_vnd INTEGER,
    children INTEGER,               -- 0 when fewer than five
    donor_class INTEGER,
    text TEXT,
    time_s INTEGER NOT NULL
) STRICT;
-- What was told already, so that folding anew tells nothing twice.
CREATE TABLE feed_seen (
    event INTEGER NOT NULL,
    change TEXT NOT NULL,
    PRIMARY KEY (event, change)
) STRICT, WITHOUT ROWID;

-- ---- views for people

CREATE VIEW v_fund_balance AS
SELECT balance.owner AS fund_id, fund.name AS fund, commodity.item AS commodity, commodity.unit_of_measure AS unit_of_measure,
       balance.quantity AS quantity, balance.value_vnd AS value_vnd
FROM balance JOIN commodity ON commodity.id = balance.commodity LEFT JOIN fund ON fund.record = balance.owner
WHERE balance.account = 4 AND (balance.quantity <> 0 OR balance.value_vnd <> 0);

-- v_account (account, name) and v_measure (measure, name) are composed from the lists of core/contribute.h.

CREATE VIEW v_balance AS
SELECT v_account.name AS account, balance.owner AS owner, commodity.item AS commodity,
       commodity.unit_of_measure AS unit_of_measure, balance.quantity AS quantity, balance.value_vnd AS value_vnd
FROM balance JOIN v_account ON v_account.account = balance.account JOIN commodity ON commodity.id = balance.commodity
WHERE balance.quantity <> 0 OR balance.value_vnd <> 0;

CREATE VIEW v_posting AS
WITH side (record, line, account, owner, fund, plan, commodity, quantity, value_vnd, day) AS (
    SELECT record, line * 2, from_account, from_owner, from_fund, plan, commodity, -quantity, -value_vnd, day FROM posting
    UNION ALL
    SELECT record, line * 2 + 1, to_account, to_owner, to_fund, plan, commodity, quantity, value_vnd, day FROM posting)
SELECT side.record AS record, side.line AS line, v_account.name AS account, side.owner AS owner, side.plan AS plan_id,
       side.fund AS fund_id, commodity.item AS commodity, commodity.unit_of_measure AS unit_of_measure,
       side.quantity AS quantity, side.value_vnd AS value_vnd,
       CASE side.day WHEN 0 THEN NULL ELSE date(side.day * 86400, 'unixepoch') END AS day
FROM side JOIN v_account ON v_account.account = side.account JOIN commodity ON commodity.id = side.commodity;

CREATE VIEW v_pledge_open AS
SELECT pledge.record AS pledge_id, pledge.donor_id AS donor_id, pledge.fund_id AS fund_id, commodity.item AS commodity,
       commodity.unit_of_measure AS unit_of_measure, balance.quantity AS quantity, balance.value_vnd AS value_vnd
FROM pledge JOIN balance ON balance.account = 2 AND balance.owner = pledge.record
     JOIN commodity ON commodity.id = balance.commodity
WHERE pledge.void = 0 AND (balance.quantity <> 0 OR balance.value_vnd <> 0);

-- Handed over against a need counts in the need's own unit of measure.
CREATE VIEW v_need_open AS
SELECT need.record AS need_id, need.plan_id AS plan_id, need.unit_id AS unit_id, need.line_id AS line_id, need.state AS state,
       need.unit_of_measure AS unit_of_measure, need.quantity AS needed,
       (SELECT coalesce(sum(item.quantity), 0) FROM handover JOIN handover_items AS item ON item.record = handover.record
        WHERE handover.need_id = need.record AND handover.void = 0 AND item.unit_of_measure IS need.unit_of_measure) AS handed,
       (SELECT coalesce(sum(item.quantity), 0) FROM allocation JOIN allocation_items AS item ON item.record = allocation.record
        WHERE allocation.need_far_id = need.record AND allocation.void = 0
              AND item.unit_of_measure IS need.unit_of_measure) AS allocated
FROM need WHERE need.void = 0 AND need.state NOT IN ('closed', 'expired');

CREATE VIEW v_cell AS
SELECT v_measure.name AS measure, series.plan AS plan_id, series.unit AS unit_id, series.line AS line_id, series.band AS band_id,
       CASE series.sex WHEN 1 THEN 'male' WHEN 2 THEN 'female' ELSE 'unknown' END AS sex, series.donor_class AS donor_class,
       series.aux AS fund_or_period,
       CASE WHEN day.key IS NULL THEN NULL
           ELSE printf('%04d-%02d-%02d', ((cell.id & 1048575) - 1) / 12, ((cell.id & 1048575) - 1) % 12 + 1, day.key) END AS day,
       coalesce(day.value, cell.total) AS value
FROM cell JOIN series ON series.id = cell.id >> 20 LEFT JOIN v_measure ON v_measure.measure = series.measure
     LEFT JOIN json_each(cell.days) AS day;

CREATE VIEW v_parked AS
SELECT parked.id AS id, printf('%016x', parked.event) AS event, parked.record AS record, parked.office AS office,
       hex(log.log) AS log, parked.arrival AS arrival, parked.position AS position, parked.reason AS reason, parked.why AS why
FROM parked JOIN log ON log.id = parked.log WHERE parked.reason <> 13;

CREATE VIEW v_pending AS
SELECT parked.id AS id, printf('%016x', parked.event) AS event, parked.record AS record, parked.office AS office,
       hex(log.log) AS log, parked.position AS position, parked.waits_kind AS waits_kind, parked.waits_for AS waits_for
FROM parked JOIN log ON log.id = parked.log WHERE parked.reason = 13;

-- One paper, several records: perhaps typed twice.
CREATE VIEW v_duplicate AS
SELECT 'handover' AS kind, paper_number AS number, owner_unit AS unit_id, min(record) AS record, max(record) AS other,
       count(*) AS records
FROM handover WHERE paper_number IS NOT NULL AND void = 0 GROUP BY paper_number, owner_unit HAVING count(*) > 1
UNION ALL
SELECT 'receipt', receipt_number, fund_id, min(record), max(record), count(*)
FROM receipt WHERE receipt_number IS NOT NULL AND void = 0 GROUP BY receipt_number, fund_id HAVING count(*) > 1;

-- Below the holder of a fund its allocations are known and its receipts are not: that is no lack.
CREATE VIEW v_negative AS
SELECT balance.account AS account, balance.owner AS owner, commodity.item AS commodity,
       commodity.unit_of_measure AS unit_of_measure, balance.quantity AS quantity, balance.value_vnd AS value_vnd
FROM balance JOIN commodity ON commodity.id = balance.commodity
WHERE balance.account IN (2, 4, 6, 8) AND balance.owner <> 0 AND (balance.quantity < 0 OR balance.value_vnd < 0) AND
      (balance.account <> 4 OR EXISTS (SELECT 1 FROM receipt WHERE receipt.fund_id = balance.owner) OR
       EXISTS (SELECT 1 FROM handover WHERE handover.fund_id = balance.owner));
