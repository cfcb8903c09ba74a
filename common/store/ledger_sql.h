/* SPDX-License-Identifier: MPL-2.0 */
/* Every fixed statement of the ledger: X(name, SQL). Prepared at open. For ledger*.c only; those of
 * the kinds are composed by kinds.c. */
#ifndef TS_STORE_LEDGER_SQL_H
#define TS_STORE_LEDGER_SQL_H

#define TS_LEDGER_SQL(X)                                                                           \
    X(META_GET, "SELECT value FROM meta WHERE name = ?1")                                          \
    X(META_PUT, "INSERT INTO meta (name, value) VALUES (?1, ?2) "                                  \
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value")                         \
    X(LOG_FIND, "SELECT id FROM log WHERE log = ?1")                                               \
    X(LOG_GET, "SELECT log, office, purpose, audience, audience_unit FROM log WHERE id = ?1")      \
    X(LOG_ADD, "INSERT INTO log (log, office, purpose, audience, audience_unit) "                  \
               "VALUES (?1, ?2, ?3, ?4, ?5)")                                                      \
    X(MORE_GET, "SELECT event, office, author, log, arrival, position, owner_unit, depth, void, "  \
                "stands, revises FROM event_more WHERE kind = ?1 AND record = ?2 ORDER BY event")  \
    X(MORE_PUT, "INSERT OR REPLACE INTO event_more (kind, record, event, office, author, log, "    \
                "arrival, position, owner_unit, depth, void, stands, revises) "                    \
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")                 \
    X(MORE_REMOVE, "DELETE FROM event_more WHERE kind = ?1 AND record = ?2 AND event = ?3")        \
    X(ALSO_PUT, "INSERT OR IGNORE INTO event_also (event, log, position, arrival) "                \
                "VALUES (?1, ?2, ?3, ?4)")                                                         \
    X(ALSO_REMOVE, "DELETE FROM event_also WHERE event = ?1 AND log = ?2 AND position = ?3 "       \
                   "AND arrival = ?4")                                                             \
    X(ALSO_GET, "SELECT log, arrival, position FROM event_also WHERE event = ?1 "                  \
                "ORDER BY log, position, arrival")                                                 \
    X(PARKED_ADD, "INSERT INTO parked (event, kind, record, office, log, arrival, position, "      \
                  "reason, waits_kind, waits_for, owner_unit, rules, why) "                        \
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")               \
    X(PARKED_REMOVE, "DELETE FROM parked WHERE id = ?1")                                           \
    X(PARKED_OF, "SELECT id, event, kind, record, office, log, arrival, position, reason, "        \
                 "waits_kind, waits_for, owner_unit, rules, why FROM parked WHERE event = ?1")     \
    X(PARKED_NEXT, "SELECT id, event, kind, record, office, log, arrival, position, reason, "      \
                   "waits_kind, waits_for, owner_unit, rules, why FROM parked WHERE id > ?1 "      \
                   "ORDER BY id LIMIT 1")                                                          \
    X(PARKED_DUE, "SELECT id, event, kind, record, office, log, arrival, position, reason, "       \
                  "waits_kind, waits_for, owner_unit, rules, why FROM parked WHERE due = 1 "       \
                  "ORDER BY arrival, position LIMIT ?1")                                           \
    X(PARKED_WAKE, "UPDATE parked SET due = 1 WHERE waits_kind = ?1 AND waits_for = ?2 "           \
                   "AND due = 0")                                                                  \
    X(PARKED_WAKE_EVENT, "UPDATE parked SET due = 1 WHERE event = ?1 AND due = 0")                 \
    X(PARKED_WAKE_KIND, "UPDATE parked SET due = 1 WHERE kind = ?1 AND due = 0")                   \
    X(PARKED_NOT_DUE, "UPDATE parked SET due = 0 WHERE id = ?1")                                   \
    X(PARKED_WAITS, "SELECT waits_kind, waits_for, count(*) FROM parked "                          \
                    "WHERE waits_for IS NOT NULL GROUP BY waits_kind, waits_for")                  \
    X(PARKED_ANY_DUE, "SELECT count(*) FROM parked WHERE due = 1")                                 \
    X(WATCH_PUT, "INSERT OR IGNORE INTO approval_watch (target, approval) VALUES (?1, ?2)")        \
    X(WATCH_GET, "SELECT approval FROM approval_watch WHERE target = ?1 ORDER BY approval")        \
    X(WATCH_REMOVE, "DELETE FROM approval_watch WHERE target = ?1 AND approval = ?2")              \
    X(WATCH_COUNT, "SELECT count(*) FROM approval_watch")                                          \
    X(CRASHED_PUT, "INSERT OR IGNORE INTO crashed (event) VALUES (?1)")                            \
    X(CRASHED_ALL, "SELECT event FROM crashed")                                                    \
    X(REDO_ALL, "INSERT OR REPLACE INTO redo_log (log, after_arrival) SELECT id, 0 FROM log")      \
    X(REDO_OFFICE, "INSERT OR REPLACE INTO redo_log (log, after_arrival) "                         \
                   "SELECT id, 0 FROM log WHERE office = ?1")                                      \
    X(REDO_FIRST, "SELECT log, after_arrival FROM redo_log ORDER BY log LIMIT 1")                  \
    X(REDO_MOVE, "UPDATE redo_log SET after_arrival = ?2 WHERE log = ?1")                          \
    X(REDO_DONE, "DELETE FROM redo_log WHERE log = ?1")                                            \
    X(SERIES_FIND, "SELECT id FROM series WHERE plan = ?1 AND measure = ?2 AND unit = ?3 "         \
                   "AND line = ?4 AND aux = ?5 AND band = ?6 AND sex = ?7 AND donor_class = ?8 "   \
                   "AND flags = ?9")                                                               \
    X(SERIES_ADD, "INSERT INTO series (plan, measure, unit, line, aux, band, sex, donor_class, "   \
                  "flags) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")                            \
    X(CELL_GET, "SELECT days FROM cell WHERE id = ?1")                                             \
    X(CELL_PUT, "INSERT OR REPLACE INTO cell (id, total, days) VALUES (?1, ?2, ?3)")               \
    X(CELL_ADD,                                                                                    \
      "INSERT INTO cell (id, total) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET total = "       \
      "max(min(total + excluded.total, 4000000000000000000), -4000000000000000000)")               \
    X(CELL_CLEAN, "DELETE FROM cell WHERE id = ?1 AND total = 0")                                  \
    X(CELL_REMOVE, "DELETE FROM cell WHERE id = ?1")                                               \
    X(CELLS, "SELECT plan, measure, unit, line, aux, band, sex, donor_class, flags, "              \
             "(SELECT sum(total) FROM cell WHERE cell.id BETWEEN series.id * 1048576 AND "         \
             "series.id * 1048576 + 1048575) "                                                     \
             "FROM series WHERE (?1 IS NULL OR plan = ?1) "                                        \
             "AND (?2 IS NULL OR measure = ?2) "                                                   \
             "AND (?3 IS NULL OR unit IN (SELECT value FROM json_each(?3))) "                      \
             "AND (?4 IS NULL OR line = ?4) AND (?5 IS NULL OR aux = ?5) "                         \
             "ORDER BY plan, measure, unit, line, aux, band, sex, donor_class, flags")             \
    X(CELLS_BETWEEN,                                                                               \
      "SELECT plan, measure, unit, line, aux, band, sex, donor_class, flags, "                     \
      "(SELECT sum(CASE WHEN cell.id & 1048575 NOT IN (?6, ?8) THEN total "                        \
      "ELSE (SELECT sum(day.value) FROM json_each(days) AS day WHERE CAST(day.key AS INTEGER) "    \
      "BETWEEN CASE cell.id & 1048575 WHEN ?6 THEN ?7 ELSE 1 END AND CASE cell.id & 1048575 WHEN " \
      "?8 THEN ?9 ELSE 31 END) END) "                                                              \
      "FROM cell WHERE cell.id BETWEEN series.id * 1048576 + ?6 AND series.id * 1048576 + ?8) "    \
      "FROM series WHERE (?1 IS NULL OR plan = ?1) "                                               \
      "AND (?2 IS NULL OR measure = ?2) "                                                          \
      "AND (?3 IS NULL OR unit IN (SELECT value FROM json_each(?3))) "                             \
      "AND (?4 IS NULL OR line = ?4) AND (?5 IS NULL OR aux = ?5) "                                \
      "ORDER BY plan, measure, unit, line, aux, band, sex, donor_class, flags")                    \
    X(FIRST_HELD, "SELECT min(max(h.time_s, coalesce(h.root_time_s, 0))), "                        \
                  "min(CASE WHEN h.office = ?4 THEN h.time_s END) FROM holding_tips AS t "         \
                  "JOIN holding AS h ON h.record = t.record WHERE t.log_key = ?1 "                 \
                  "AND t.seq >= ?2 AND h.void = 0 AND (h.office <> ?3 OR h.office = ?4) "          \
                  "AND h.time_s >= ?5 AND h.time_s + ?6 >= coalesce(h.root_time_s, 0)")            \
    X(CELL_ALL,                                                                                    \
      "SELECT plan, measure, unit, line, aux, band, sex, donor_class, flags, "                     \
      "cell.id & 1048575, total, days FROM cell JOIN series ON series.id = cell.id >> 20 "         \
      "WHERE total <> 0 OR days IS NOT NULL")                                                      \
    X(BALANCE_ALL, "SELECT account, owner, item, unit_of_measure, quantity, value_vnd "            \
                   "FROM balance JOIN commodity ON commodity.id = balance.commodity")              \
    X(POSTING_ALL, "SELECT record, line, from_account, from_owner, from_fund, to_account, "        \
                   "to_owner, to_fund, plan, "                                                     \
                   "item, unit_of_measure, quantity, value_vnd, day FROM posting "                 \
                   "JOIN commodity ON commodity.id = posting.commodity")                           \
    X(CHILD_ALL, "SELECT record, repeats FROM child")                                              \
    X(PARKED_ALL, "SELECT DISTINCT event, kind, record, reason, waits_kind, waits_for "            \
                  "FROM parked")                                                                   \
    X(CONFLICTS, "SELECT kind, record, count(*) FROM event_more WHERE stands = 1 "                 \
                 "GROUP BY kind, record HAVING count(*) > 1 LIMIT ?1")                             \
    X(COMMODITY_FIND, "SELECT id FROM commodity WHERE item = ?1 AND unit_of_measure = ?2")         \
    X(COMMODITY_ADD, "INSERT INTO commodity (item, unit_of_measure) VALUES (?1, ?2)")              \
    X(POSTING_ADD, "INSERT INTO posting (record, line, from_account, from_owner, from_fund, "      \
                   "to_account, to_owner, "                                                        \
                   "to_fund, plan, commodity, quantity, value_vnd, day) "                          \
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")              \
    X(POSTING_REMOVE, "DELETE FROM posting WHERE record = ?1")                                     \
    X(POSTING_GET,                                                                                 \
      "SELECT from_account, from_owner, from_fund, to_account, to_owner, to_fund, item, "          \
      "unit_of_measure, quantity, value_vnd "                                                      \
      "FROM posting JOIN commodity ON commodity.id = posting.commodity "                           \
      "WHERE record = ?1 ORDER BY line")                                                           \
    X(BALANCE_ADD, "INSERT INTO balance (account, owner, commodity, quantity, value_vnd) "         \
                   "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (account, owner, commodity) "          \
                   "DO UPDATE SET quantity = "                                                     \
                   "max(min(quantity + excluded.quantity, 4000000000000000000), "                  \
                   "-4000000000000000000), value_vnd = max(min(value_vnd + excluded.value_vnd, "   \
                   "4000000000000000000), -4000000000000000000)")                                  \
    X(BALANCE_ONE, "SELECT quantity, value_vnd FROM balance "                                      \
                   "JOIN commodity ON commodity.id = balance.commodity "                           \
                   "WHERE account = ?1 AND owner = ?2 AND item = ?3 AND unit_of_measure = ?4")     \
    X(NEED_OPEN, "SELECT needed, allocated, handed FROM (SELECT need.quantity AS needed, "         \
                 "(SELECT coalesce(sum(item.quantity), 0) FROM allocation "                        \
                 "JOIN allocation_items AS item ON item.record = allocation.record "               \
                 "WHERE allocation.need_far_id = need.record AND allocation.void = 0 "             \
                 "AND item.unit_of_measure IS need.unit_of_measure) AS allocated, "                \
                 "(SELECT coalesce(sum(item.quantity), 0) FROM handover "                          \
                 "JOIN handover_items AS item ON item.record = handover.record "                   \
                 "WHERE handover.need_id = need.record AND handover.void = 0 "                     \
                 "AND item.unit_of_measure IS need.unit_of_measure) AS handed "                    \
                 "FROM need WHERE record = ?1 AND void = 0)")                                      \
    X(GIFT_FLOWS,                                                                                  \
      "SELECT flow.given, flow.receipt, CAST(julianday(coalesce(flow.day, '1970-01-01')) "         \
      "- 2440587.5 AS INTEGER), flow.unit, flow.line, coalesce(flow.site, ''), "                   \
      "gift.restriction_unit_id, gift.restriction_line_id, gift.restriction_band_id, "             \
      "coalesce(gift.restriction_site, ''), "                                                      \
      "CAST(julianday(coalesce(gift.restriction_use_by_on, '1970-01-01')) - 2440587.5 AS "         \
      "INTEGER), gift.restriction_text IS NOT NULL, flow.quantity FROM (SELECT 1 AS "              \
      "given, receipt.record AS record, receipt.record AS receipt, occurred_on AS day, 0 "         \
      "AS unit, 0 AS line, '' AS site, sum(part.quantity) AS quantity FROM receipt JOIN "          \
      "receipt_items AS part ON part.record = receipt.record WHERE void = 0 AND fund_id "          \
      "= ?1 AND receipt.record <> ?4 AND part.item = ?2 AND (?2 = 'VND' OR "                       \
      "part.unit_of_measure IS ?3) GROUP BY receipt.record UNION ALL SELECT 1, "                   \
      "purchase.record, receipt_id, occurred_on, 0, 0, '', sum(part.quantity) FROM "               \
      "purchase JOIN purchase_items AS part ON part.record = purchase.record WHERE void "          \
      "= 0 AND fund_id = ?1 AND receipt_id IS NOT NULL AND purchase.record <> ?4 AND "             \
      "part.item = ?2 AND (?2 = 'VND' OR part.unit_of_measure IS ?3) GROUP BY "                    \
      "purchase.record UNION ALL SELECT 0, record, receipt_id, occurred_on, 0, 0, '', "            \
      "spent_vnd FROM purchase WHERE ?2 = 'VND' AND void = 0 AND fund_id = ?1 AND record "         \
      "<> ?4 UNION ALL SELECT 0, allocation.record, receipt_far_id, "                              \
      "allocation.occurred_on, coalesce(need.unit_id, allocation.unit_id), "                       \
      "coalesce(need.line_id, allocation.line_id), allocation.site, sum(part.quantity) - "         \
      "(SELECT coalesce(sum(back.quantity), 0) FROM \"return\" JOIN return_items AS back "         \
      "ON back.record = \"return\".record WHERE \"return\".void = 0 AND "                          \
      "\"return\".fund_far_id = ?1 AND type = 'returned' AND "                                     \
      "(\"return\".allocation_far_id = allocation.record OR \"return\".handover_far_id "           \
      "IN (SELECT record FROM handover WHERE handover.allocation_far_id = "                        \
      "allocation.record)) AND back.item = ?2 AND (?2 = 'VND' OR back.unit_of_measure IS "         \
      "?3)) FROM allocation JOIN allocation_items AS part ON part.record = "                       \
      "allocation.record LEFT JOIN need ON need.record = allocation.need_far_id WHERE "            \
      "allocation.void = 0 AND allocation.fund_id = ?1 AND allocation.record <> ?4 AND "           \
      "part.item = ?2 AND (?2 = 'VND' OR part.unit_of_measure IS ?3) GROUP BY "                    \
      "allocation.record UNION ALL SELECT 0, handover.record, NULL, occurred_on, "                 \
      "unit_id, line_id, site, sum(part.quantity) - (SELECT coalesce(sum(back.quantity), "         \
      "0) FROM \"return\" JOIN return_items AS back ON back.record = \"return\".record "           \
      "WHERE \"return\".void = 0 AND \"return\".fund_far_id = ?1 AND type = 'returned' "           \
      "AND \"return\".handover_far_id = handover.record AND back.item = ?2 AND (?2 = "             \
      "'VND' OR back.unit_of_measure IS ?3)) FROM handover JOIN handover_items AS part "           \
      "ON part.record = handover.record WHERE handover.void = 0 AND handover.fund_id = "           \
      "?1 AND handover.allocation_far_id IS NULL AND handover.record <> ?4 AND part.item "         \
      "= ?2 AND (?2 = 'VND' OR part.unit_of_measure IS ?3) GROUP BY handover.record) AS "          \
      "flow LEFT JOIN receipt AS gift ON gift.record = flow.receipt AND gift.void = 0 "            \
      "AND flow.given = 1 WHERE flow.given = 0 OR (gift.record IS NOT NULL AND "                   \
      "(gift.restriction_unit_id IS NOT NULL OR gift.restriction_line_id IS NOT NULL OR "          \
      "gift.restriction_band_id IS NOT NULL OR gift.restriction_site IS NOT NULL OR "              \
      "gift.restriction_use_by_on IS NOT NULL OR gift.restriction_text IS NOT NULL)) "             \
      "ORDER BY flow.given DESC, flow.receipt IS NULL, flow.day, flow.record")                     \
    X(DIGEST_PUT, "INSERT INTO digest (unit, audience, low, high, events) "                        \
                  "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (unit, audience) DO UPDATE "            \
                  "SET low = excluded.low, high = excluded.high, events = excluded.events")        \
    X(DIGEST_GET, "SELECT low, high, events FROM digest WHERE unit = ?1 AND audience = ?2")        \
    X(DIGEST_ALL, "SELECT low, high, events FROM digest")                                          \
    X(TOTAL_PUT, "INSERT OR REPLACE INTO total (name, value) VALUES (?1, ?2)")                     \
    X(TOTAL_ALL, "SELECT name, value FROM total")                                                  \
    X(CHILD_GET, "SELECT facts FROM child WHERE record = ?1")                                      \
    X(CHILD_PUT, "INSERT INTO child (record, repeats, facts) VALUES (?1, ?2, ?3) "                 \
                 "ON CONFLICT (record) DO UPDATE SET repeats = excluded.repeats, "                 \
                 "facts = excluded.facts")                                                         \
    X(CHILD_REMOVE, "DELETE FROM child WHERE record = ?1")                                         \
    X(CHILD_REPEATS, "SELECT record, repeats FROM child WHERE repeats > 0 "                        \
                     "ORDER BY record LIMIT ?1")                                                   \
    X(BORN, "SELECT birth_year, birth_month, CASE sex WHEN 'male' THEN 1 WHEN 'female' THEN 2 "    \
            "ELSE 0 END, void FROM beneficiary WHERE record = ?1")                                 \
    X(DONOR_CLASS, "SELECT class, void FROM donor WHERE record = ?1")                              \
    X(ALLOCATION_FUND, "SELECT fund_id, void FROM allocation WHERE record = ?1")                   \
    X(PLAN_FIGURES, "SELECT count(*) FROM (SELECT 1 FROM series WHERE plan = ?1 LIMIT 1)")         \
    X(IMPORT_PUT, "INSERT OR IGNORE INTO import_row (office, row_key, kind, event, record) "       \
                  "VALUES (?1, ?2, ?3, ?4, ?5)")                                                   \
    X(IMPORT_REMOVE, "DELETE FROM import_row WHERE office = ?1 AND row_key = ?2 AND kind = ?3 "    \
                     "AND event = ?4")                                                             \
    X(IMPORT_GET, "SELECT record FROM import_row WHERE office = ?1 AND row_key = ?2 "              \
                  "AND kind = ?3 ORDER BY record LIMIT 1")                                         \
    X(FEED_NEWEST, "SELECT max(number) FROM feed")                                                 \
    X(FEED_ADD, "INSERT INTO feed (number, kind, change, event, record, unit, plan, line, "        \
                "period, body, day, quantity, unit_of_measure, value_vnd, children, "              \
                "donor_class, text, time_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "     \
                "?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)")                                         \
    X(FEED_READ, "SELECT number, kind, change, event, record, unit, plan, line, period, body, "    \
                 "day, quantity, unit_of_measure, value_vnd, children, donor_class, text, "        \
                 "time_s FROM feed WHERE number > ?1 ORDER BY number LIMIT ?2")                    \
    X(FEED_SEEN_PUT, "INSERT OR IGNORE INTO feed_seen (event, change) VALUES (?1, ?2)")            \
    X(FEED_SEEN_FORGET, "DELETE FROM feed_seen WHERE event = ?1 AND change <> 'conflict'")         \
    X(FEED_SEEN_GET, "SELECT 1 FROM feed_seen WHERE event = ?1 AND change = ?2")                   \
    X(FEED_SEEN_NEXT, "SELECT event, change FROM feed_seen WHERE (event, change) > (?1, ?2) "      \
                      "ORDER BY event, change LIMIT ?3")                                           \
    X(DUPLICATES, "SELECT record, other, unit_id, records, number FROM v_duplicate LIMIT ?1")      \
    X(DUPLICATE_COUNT, "SELECT count(*) FROM v_duplicate")                                         \
    X(NEGATIVES, "SELECT owner, account, quantity, value_vnd, commodity FROM v_negative LIMIT ?1") \
    X(NEGATIVE_COUNT, "SELECT count(*) FROM v_negative")                                           \
    X(BEYOND, "SELECT need_id, unit_id, handed - needed, unit_of_measure FROM v_need_open "        \
              "WHERE handed > needed AND need_id IN (SELECT need_id FROM handover "                \
              "WHERE need_id IS NOT NULL) LIMIT ?1")                                               \
    X(OFFICES, "SELECT min(record), max(record), count(*), number FROM office WHERE void = 0 "     \
               "GROUP BY number HAVING count(*) > 1 LIMIT ?1")

typedef enum ts_ledger_stmt {
#define TS_LEDGER_STMT_ENUM(name, text) TS_SQL_##name,
    TS_LEDGER_SQL(TS_LEDGER_STMT_ENUM)
#undef TS_LEDGER_STMT_ENUM
        TS_SQL_COUNT
} ts_ledger_stmt_t;

#endif
