-- SPDX-License-Identifier: MPL-2.0
-- Does the money balance to the đồng and the goods to the piece, from pledge to handover? Reads the ledger with the sqlite3 shell
-- only. Every line of output names something that is wrong; silence means that all is right. The flows are computed a second
-- time from the records themselves (receipt, purchase, allocation, handover, return and their items) and compared with the double entry, so that one altered
-- đồng or one altered coat, in either place, is found.

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
