-- SPDX-License-Identifier: MPL-2.0
-- Does the money balance to the đồng and the goods to the piece, from pledge to handover? Reads the ledger with the sqlite3 shell
-- only. Every line of output names something that is wrong; silence means that all is right. The flows are computed a second
-- time from the records themselves (receipt, purchase, allocation, handover, return and their items) and compared with the double entry, and so are the
-- totals and what was told to subscribers: one altered đồng, one altered coat or one child, in any of these places, is found.

-- A posting is one movement from an account to another: two entries, which add up to zero.
CREATE TEMP VIEW entry (record, account, owner, commodity, quantity, value_vnd) AS
SELECT record, from_account, from_owner, commodity, -quantity, -value_vnd FROM posting
UNION ALL SELECT record, to_account, to_owner, commodity, quantity, value_vnd FROM posting;

-- 1. What moves is something.
SELECT 'record ' || record || ': a movement of ' || quantity || ' pieces, ' || value_vnd || ' đồng'
FROM posting WHERE quantity < 0 OR value_vnd < 0 OR (from_account = to_account AND from_owner = to_owner);

-- 2. Balances are the sums of the postings.
SELECT 'balance of account ' || coalesce(b.account, p.account) || ', owner ' || coalesce(b.owner, p.owner) || ': ' ||
       coalesce(b.value_vnd, 0) || ' đồng and ' || coalesce(b.quantity, 0) || ' pieces stand there, the postings say ' ||
       coalesce(p.value_vnd, 0) || ' and ' || coalesce(p.quantity, 0)
FROM (SELECT account, owner, commodity, sum(quantity) AS quantity, sum(value_vnd) AS value_vnd
      FROM entry GROUP BY account, owner, commodity) AS p
FULL OUTER JOIN balance AS b ON b.account = p.account AND b.owner = p.owner AND b.commodity = p.commodity
WHERE coalesce(b.quantity, 0) <> coalesce(p.quantity, 0) OR coalesce(b.value_vnd, 0) <> coalesce(p.value_vnd, 0);

-- 3. The same flows from the records themselves.
CREATE TEMP VIEW flow (record, account, owner, item, unit_of_measure, quantity, value_vnd) AS
WITH part (kind, record, item, unit_of_measure, quantity, value_vnd) AS (
    SELECT 'pledge', record, item, unit_of_measure, quantity, value_vnd FROM pledge_items
    UNION ALL SELECT 'receipt', record, item, unit_of_measure, quantity, value_vnd FROM receipt_items
    UNION ALL SELECT 'purchase', record, item, unit_of_measure, quantity, value_vnd FROM purchase_items
    UNION ALL SELECT 'purchase', record, 'VND', 'VND', -spent_vnd, -spent_vnd FROM purchase
    UNION ALL SELECT 'allocation', record, item, unit_of_measure, quantity, value_vnd FROM allocation_items
    UNION ALL SELECT 'handover', record, item, unit_of_measure, quantity, value_vnd FROM handover_items
    UNION ALL SELECT 'return', record, item, unit_of_measure, quantity, value_vnd FROM return_items),
whole (kind, record, item, unit_of_measure, quantity, value_vnd) AS (
    SELECT kind, record, item, CASE item WHEN 'VND' THEN 'VND' ELSE unit_of_measure END,
           CASE item WHEN 'VND' THEN value_vnd ELSE quantity END, value_vnd FROM part),
line (record, account, owner, item, unit_of_measure, quantity, value_vnd) AS (
    SELECT pledge.record, 1, donor_id, item, unit_of_measure, -quantity, -value_vnd
        FROM whole JOIN pledge ON kind = 'pledge' AND pledge.record = whole.record WHERE void = 0
    UNION ALL SELECT pledge.record, 2, pledge.record, item, unit_of_measure, quantity, value_vnd
        FROM whole JOIN pledge ON kind = 'pledge' AND pledge.record = whole.record WHERE void = 0
    UNION ALL SELECT receipt.record, 3, donor_id, item, unit_of_measure, -quantity, -value_vnd
        FROM whole JOIN receipt ON kind = 'receipt' AND receipt.record = whole.record WHERE void = 0
    UNION ALL SELECT receipt.record, 4, fund_id, item, unit_of_measure, quantity, value_vnd
        FROM whole JOIN receipt ON kind = 'receipt' AND receipt.record = whole.record WHERE void = 0
    UNION ALL SELECT receipt.record, 2, pledge_id, item, unit_of_measure, -quantity, -value_vnd
        FROM whole JOIN receipt ON kind = 'receipt' AND receipt.record = whole.record
        WHERE void = 0 AND coalesce(pledge_id, 0) <> 0
    UNION ALL SELECT receipt.record, 1, donor_id, item, unit_of_measure, quantity, value_vnd
        FROM whole JOIN receipt ON kind = 'receipt' AND receipt.record = whole.record
        WHERE void = 0 AND coalesce(pledge_id, 0) <> 0
    UNION ALL SELECT purchase.record, 4, fund_id, item, unit_of_measure, quantity, value_vnd
        FROM whole JOIN purchase ON kind = 'purchase' AND purchase.record = whole.record WHERE void = 0
    UNION ALL SELECT purchase.record, 5, purchase.record, item, unit_of_measure, -quantity, -value_vnd
        FROM whole JOIN purchase ON kind = 'purchase' AND purchase.record = whole.record WHERE void = 0
    UNION ALL SELECT allocation.record, 4, fund_id, item, unit_of_measure, -quantity, -value_vnd
        FROM whole JOIN allocation ON kind = 'allocation' AND allocation.record = whole.record WHERE void = 0
    UNION ALL SELECT allocation.record, CASE purpose WHEN 'reserve' THEN 7 ELSE 6 END,
                     CASE purpose WHEN 'reserve' THEN fund_id ELSE allocation.record END,
                     item, unit_of_measure, quantity, value_vnd
        FROM whole JOIN allocation ON kind = 'allocation' AND allocation.record = whole.record WHERE void = 0
    UNION ALL SELECT handover.record, CASE WHEN coalesce(fund_id, 0) <> 0 AND coalesce(allocation_far_id, 0) = 0 THEN 4 ELSE 6 END,
                     CASE WHEN coalesce(fund_id, 0) <> 0 AND coalesce(allocation_far_id, 0) = 0 THEN fund_id
                          ELSE coalesce(allocation_far_id, 0) END,
                     item, unit_of_measure, -quantity, -value_vnd
        FROM whole JOIN handover ON kind = 'handover' AND handover.record = whole.record WHERE void = 0
    UNION ALL SELECT handover.record, 8, unit_id, item, unit_of_measure, quantity, value_vnd
        FROM whole JOIN handover ON kind = 'handover' AND handover.record = whole.record WHERE void = 0
    UNION ALL SELECT "return".record, CASE WHEN coalesce(handover_far_id, 0) <> 0 THEN 8 ELSE 6 END,
                     CASE WHEN coalesce(handover_far_id, 0) <> 0 THEN unit_id ELSE coalesce(allocation_far_id, 0) END,
                     item, unit_of_measure, -quantity, -value_vnd
        FROM whole JOIN "return" ON kind = 'return' AND "return".record = whole.record WHERE void = 0
    UNION ALL SELECT "return".record, CASE type WHEN 'returned' THEN 4 WHEN 'lost' THEN 9 ELSE 10 END,
                     CASE type WHEN 'lost' THEN unit_id ELSE coalesce(fund_far_id, 0) END,
                     item, unit_of_measure, quantity, value_vnd
        FROM whole JOIN "return" ON kind = 'return' AND "return".record = whole.record WHERE void = 0)
SELECT record, account, owner, item, unit_of_measure, sum(quantity), sum(value_vnd)
FROM line GROUP BY record, account, owner, item, unit_of_measure
HAVING sum(quantity) <> 0 OR sum(value_vnd) <> 0;

CREATE TEMP VIEW booked (record, account, owner, item, unit_of_measure, quantity, value_vnd) AS
SELECT record, account, owner, item, unit_of_measure, sum(quantity), sum(value_vnd)
FROM entry JOIN commodity ON commodity.id = entry.commodity
GROUP BY record, account, owner, item, unit_of_measure HAVING sum(quantity) <> 0 OR sum(value_vnd) <> 0;

SELECT 'record ' || coalesce(flow.record, booked.record) || ', account ' || coalesce(flow.account, booked.account) || ', ' ||
       coalesce(flow.item, booked.item) || ': the records say ' || coalesce(flow.quantity, 0) || ' pieces, ' ||
       coalesce(flow.value_vnd, 0) || ' đồng; booked are ' || coalesce(booked.quantity, 0) || ' and ' || coalesce(booked.value_vnd, 0)
FROM flow FULL OUTER JOIN booked
     ON booked.record = flow.record AND booked.account = flow.account AND booked.owner = flow.owner AND
        booked.item = flow.item AND booked.unit_of_measure = flow.unit_of_measure
WHERE coalesce(flow.quantity, 0) <> coalesce(booked.quantity, 0) OR coalesce(flow.value_vnd, 0) <> coalesce(booked.value_vnd, 0);

-- 4. A purchase: what was advanced is what was spent and what came back, and the goods are worth what was spent.
SELECT 'purchase ' || record || ': advanced ' || advanced_vnd || ' is not spent ' || spent_vnd || ' + change ' || change_vnd
FROM purchase WHERE void = 0 AND advanced_vnd <> spent_vnd + change_vnd;
SELECT 'purchase ' || purchase.record || ': the goods are worth ' || coalesce(sum(value_vnd), 0) || ', spent were ' || spent_vnd
FROM purchase LEFT JOIN purchase_items ON purchase_items.record = purchase.record
WHERE void = 0 GROUP BY purchase.record HAVING coalesce(sum(value_vnd), 0) <> spent_vnd;

-- 5. No fund, pledge, allocation or reserve below zero.
SELECT 'account ' || account || ', owner ' || owner || ', ' || item || ': below zero: ' || quantity || ' pieces, ' || value_vnd || ' đồng'
FROM balance JOIN commodity ON commodity.id = balance.commodity
WHERE account IN (2, 4, 6, 7) AND (quantity < 0 OR value_vnd < 0);

-- 6. From pledge to handover: what came in is where it is now.
SELECT 'in all: given ' || given || ' is not left ' || fund || ' + allocated ' || allocated || ' + beyond need ' || reserve ||
       ' + handed over ' || handed || ' + lost ' || lost || ' + redirected ' || redirected || ' + with suppliers ' || supplier
FROM (SELECT coalesce(-sum(value_vnd) FILTER (WHERE account = 3), 0) AS given,
             coalesce(sum(value_vnd) FILTER (WHERE account = 4), 0) AS fund,
             coalesce(sum(value_vnd) FILTER (WHERE account = 5), 0) AS supplier,
             coalesce(sum(value_vnd) FILTER (WHERE account = 6), 0) AS allocated,
             coalesce(sum(value_vnd) FILTER (WHERE account = 7), 0) AS reserve,
             coalesce(sum(value_vnd) FILTER (WHERE account = 8), 0) AS handed,
             coalesce(sum(value_vnd) FILTER (WHERE account = 9), 0) AS lost,
             coalesce(sum(value_vnd) FILTER (WHERE account = 10), 0) AS redirected FROM balance)
WHERE given <> fund + supplier + allocated + reserve + handed + lost + redirected OR supplier <> 0;

-- 7. Money counts itself; foreign money is worth what its rate says.
CREATE TEMP VIEW every_item (kind, record, position, item, quantity, value_vnd, currency, foreign_minor, rate) AS
SELECT 'pledge', record, position, item, quantity, value_vnd, currency, foreign_minor, rate FROM pledge_items
UNION ALL SELECT 'receipt', record, position, item, quantity, value_vnd, currency, foreign_minor, rate FROM receipt_items
UNION ALL SELECT 'purchase', record, position, item, quantity, value_vnd, currency, foreign_minor, rate FROM purchase_items
UNION ALL SELECT 'allocation', record, position, item, quantity, value_vnd, currency, foreign_minor, rate FROM allocation_items
UNION ALL SELECT 'handover', record, position, item, quantity, value_vnd, currency, foreign_minor, rate FROM handover_items
UNION ALL SELECT 'return', record, position, item, quantity, value_vnd, currency, foreign_minor, rate FROM return_items;
SELECT kind || ' ' || record || ': ' || quantity || ' VND are worth ' || value_vnd || ' đồng'
FROM every_item WHERE item = 'VND' AND quantity <> value_vnd;
SELECT kind || ' ' || record || ': ' || coalesce(foreign_minor, 0) || ' hundredths of ' || coalesce(currency, 'no money') || ' at ' ||
       coalesce(rate, 'no rate') || ' are not ' || value_vnd || ' đồng'
FROM every_item WHERE (currency IS NOT NULL OR coalesce(foreign_minor, 0) <> 0 OR rate IS NOT NULL) AND
      abs(value_vnd - coalesce(foreign_minor, 0) * coalesce(CAST(rate AS REAL), 0) / 100.0) >= 1;

-- 8. Totals: a cell is the sum of its days, and the cells of a day are what the records of that day say. `part` is the fund of
-- money; for the distinct children of section 9 it is the period.
SELECT 'cell ' || id || ': total ' || total || ', its days add up to ' || (SELECT sum(value) FROM json_each(days))
FROM cell WHERE days IS NOT NULL AND total <> (SELECT sum(value) FROM json_each(days));

CREATE TEMP VIEW handover_fund (record, fund) AS
SELECT handover.record, coalesce(handover.fund_id, allocation.fund_id, 0)
FROM handover LEFT JOIN allocation ON allocation.record = handover.allocation_far_id AND allocation.void = 0;
CREATE TEMP VIEW return_fund (record, fund) AS
SELECT back.record, coalesce(back.fund_far_id, allocation.fund_id, 0)
FROM "return" AS back LEFT JOIN allocation ON allocation.record = back.allocation_far_id AND allocation.void = 0;

CREATE TEMP VIEW said (measure, part, day, value) AS
SELECT 'population', 0, coalesce(as_of_on, occurred_on), count FROM population JOIN population_heads USING (record) WHERE void = 0
UNION ALL SELECT 'need_quantity', 0, occurred_on, quantity FROM need WHERE void = 0 AND state IS NOT 'expired'
UNION ALL SELECT 'need_verified', 0, occurred_on, quantity FROM need WHERE void = 0 AND state IN ('verified', 'offered', 'closed')
UNION ALL SELECT 'need_children', 0, occurred_on, 1 FROM need WHERE void = 0 AND state IS NOT 'expired' AND beneficiary_id IS NOT NULL
UNION ALL SELECT 'need_heads', 0, occurred_on, count FROM need JOIN need_heads USING (record)
    WHERE void = 0 AND state IS NOT 'expired' AND beneficiary_id IS NULL
UNION ALL SELECT 'child_times', 0, occurred_on, 1 FROM handover JOIN handover_beneficiary_ids USING (record) WHERE void = 0
UNION ALL SELECT 'head_times', 0, occurred_on, count FROM handover JOIN handover_heads USING (record) WHERE void = 0
UNION ALL SELECT 'sites', 0, occurred_on, 1 FROM handover WHERE void = 0 AND record NOT IN (SELECT record FROM handover_heads) AND
    record NOT IN (SELECT record FROM handover_beneficiary_ids)
UNION ALL SELECT 'handed_quantity', 0, handover.occurred_on, part.quantity FROM handover JOIN handover_items AS part USING (record)
    JOIN line ON line.record = handover.line_id WHERE handover.void = 0 AND part.unit_of_measure IN (line.unit_of_measure, line.unit_name)
UNION ALL SELECT 'handed_value', fund, occurred_on, part.value_vnd FROM handover JOIN handover_items AS part USING (record)
    JOIN handover_fund USING (record) WHERE void = 0
UNION ALL SELECT 'pledged', coalesce(fund_id, 0), occurred_on, part.value_vnd FROM pledge JOIN pledge_items AS part USING (record)
    WHERE void = 0
UNION ALL SELECT 'received', fund_id, occurred_on, part.value_vnd FROM receipt JOIN receipt_items AS part USING (record) WHERE void = 0
UNION ALL SELECT 'purchased', fund_id, occurred_on, spent_vnd FROM purchase WHERE void = 0
UNION ALL SELECT CASE purpose WHEN 'reserve' THEN 'reserved' ELSE 'allocated' END, fund_id, occurred_on, part.value_vnd
    FROM allocation JOIN allocation_items AS part USING (record) WHERE void = 0
UNION ALL SELECT type, fund, occurred_on, part.value_vnd FROM "return" JOIN return_items AS part USING (record)
    JOIN return_fund USING (record) WHERE void = 0
UNION ALL SELECT 'left', from_fund, CASE day WHEN 0 THEN NULL ELSE date(day * 86400, 'unixepoch') END, -value_vnd FROM posting
    WHERE from_account IN (4, 6, 7) AND (to_account NOT IN (4, 6, 7) OR from_fund <> to_fund)
UNION ALL SELECT 'left', to_fund, CASE day WHEN 0 THEN NULL ELSE date(day * 86400, 'unixepoch') END, value_vnd FROM posting
    WHERE to_account IN (4, 6, 7) AND (from_account NOT IN (4, 6, 7) OR from_fund <> to_fund);

SELECT coalesce(c.measure, s.measure) || ' of ' || coalesce(c.day, s.day, 'no day') || ': the cells say ' || coalesce(c.value, 0) ||
       ', the records ' || coalesce(s.value, 0)
FROM (SELECT measure, fund_or_period AS part, coalesce(day, '') AS day, sum(value) AS value FROM v_cell
      WHERE measure NOT LIKE 'distinct%' GROUP BY 1, 2, 3) AS c
FULL OUTER JOIN (SELECT measure, part, coalesce(day, '') AS day, sum(value) AS value FROM said GROUP BY 1, 2, 3) AS s
     ON s.measure = c.measure AND s.part = c.part AND s.day = c.day
WHERE coalesce(c.value, 0) <> coalesce(s.value, 0);

-- 9. Distinct children: each once in a unit (0: anywhere), a line (0: any) and a period (0: ever).
CREATE TEMP VIEW fact (measure, child, unit, line, day) AS
SELECT 'distinct_in_need', beneficiary_id, unit_id, line_id, occurred_on FROM need
    WHERE void = 0 AND state IS NOT 'expired' AND beneficiary_id IS NOT NULL
UNION ALL SELECT 'distinct_supported', beneficiary_id, unit_id, line_id, occurred_on
    FROM handover JOIN handover_beneficiary_ids USING (record) WHERE void = 0;
CREATE TEMP VIEW span (period, first, last) AS
SELECT 0, '0000-00-00', '9999-99-99'
UNION ALL SELECT record, CASE WHEN data_from_on IS NOT NULL AND cutoff_on IS NOT NULL THEN data_from_on ELSE proposed_from_on END,
                 CASE WHEN data_from_on IS NOT NULL AND cutoff_on IS NOT NULL THEN cutoff_on ELSE proposed_to_on END
    FROM period WHERE void = 0;
CREATE TEMP VIEW once (measure, unit, line, period, children) AS
WITH spread (measure, child, unit, line, period) AS (
    SELECT measure, child, place.unit, kind.line, period
    FROM fact JOIN span ON fact.day BETWEEN span.first AND span.last,
         (SELECT 0 AS some UNION SELECT 1) AS u, (SELECT 0 AS some UNION SELECT 1) AS l
         JOIN (SELECT DISTINCT unit FROM fact UNION SELECT 0) AS place ON place.unit = u.some * fact.unit
         JOIN (SELECT DISTINCT line FROM fact UNION SELECT 0) AS kind ON kind.line = l.some * fact.line)
SELECT measure, unit, line, period, count(DISTINCT child) FROM spread GROUP BY measure, unit, line, period;
SELECT c.measure || ', unit ' || c.unit || ', line ' || c.line || ', period ' || c.period || ': the cells say ' || c.children ||
       ' children, the records ' || coalesce(once.children, 0)
FROM (SELECT measure, unit_id AS unit, line_id AS line, fund_or_period AS period, sum(value) AS children FROM v_cell
      WHERE measure LIKE 'distinct%' GROUP BY 1, 2, 3, 4) AS c
LEFT JOIN once ON once.measure = c.measure AND once.unit = c.unit AND once.line = c.line AND once.period = c.period
WHERE c.children <> coalesce(once.children, 0);

-- 10. What was told to subscribers of events that stand. Fewer than five children are told as none.
CREATE TEMP VIEW worth (event, quantity, value_vnd, children) AS
WITH part (event, record, quantity, value_vnd, unit_of_measure) AS (
    SELECT event, pledge.record, quantity, value_vnd, unit_of_measure FROM pledge JOIN pledge_items USING (record)
    UNION ALL SELECT event, receipt.record, quantity, value_vnd, unit_of_measure FROM receipt JOIN receipt_items USING (record)
    UNION ALL SELECT event, purchase.record, quantity, value_vnd, unit_of_measure FROM purchase JOIN purchase_items USING (record)
    UNION ALL SELECT event, allocation.record, quantity, value_vnd, unit_of_measure FROM allocation JOIN allocation_items USING (record)
    UNION ALL SELECT event, handover.record, quantity, value_vnd, unit_of_measure FROM handover JOIN handover_items USING (record)
    UNION ALL SELECT event, back.record, quantity, value_vnd, unit_of_measure FROM "return" AS back JOIN return_items USING (record)),
head (record, children) AS (
    SELECT record, sum(count) FROM (SELECT record, count FROM need_heads UNION ALL SELECT record, count FROM handover_heads
        UNION ALL SELECT record, 1 FROM handover_beneficiary_ids UNION ALL SELECT record, 1 FROM need WHERE beneficiary_id IS NOT NULL)
    GROUP BY record)
SELECT event, CASE WHEN count(DISTINCT coalesce(unit_of_measure, '')) = 1 THEN sum(quantity) ELSE 0 END, sum(value_vnd),
       coalesce((SELECT children FROM head WHERE head.record = part.record), 0)
FROM part GROUP BY event
UNION ALL SELECT event, quantity, 0, coalesce((SELECT children FROM head WHERE head.record = need.record), 0) FROM need;
SELECT 'feed ' || number || ' (' || kind || '): ' || coalesce(feed.quantity, 0) || ' pieces, ' || coalesce(feed.value_vnd, 0) || ' đồng, ' ||
       coalesce(feed.children, 0) || ' children; the record says ' || worth.quantity || ', ' || worth.value_vnd || ', ' || worth.children
FROM feed JOIN worth ON worth.event = feed.event
WHERE feed.change <> 'conflict' AND (coalesce(feed.quantity, 0) <> worth.quantity OR coalesce(feed.value_vnd, 0) <> worth.value_vnd OR
      coalesce(feed.children, 0) <> CASE WHEN worth.children < 5 THEN 0 ELSE worth.children END);
