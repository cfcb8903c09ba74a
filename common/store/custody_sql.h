/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Every statement of custody.sqlite: name and SQL. For custody*.c only.
 * The columns of LOG_COLUMNS, SEGMENT_COLUMNS and TIP_COLUMNS are read by one function each.
 */
#ifndef TS_STORE_CUSTODY_SQL_H
#define TS_STORE_CUSTODY_SQL_H

#define LOG_COLUMNS                                                                             \
    "id, log, office, purpose, audience, audience_unit, node_key, node_curve_key, invite_key, " \
    "predecessor_log, predecessor_seq, predecessor_hash, own, closed, fork_arrival, segments, " \
    "events, bytes, hash_sum, last_seq, last_arrival"

#define SEGMENT_COLUMNS                                                                           \
    "s.arrival, l.log, s.first_seq, s.last_seq, s.hash, s.prev, s.chain_bytes, length(s.bytes), " \
    "o.store, s.received_ms, s.log"
#define SEGMENT_FROM " FROM segment s JOIN log l ON l.id = s.log JOIN store o ON o.id = s.source "

#define TIP_COLUMNS "t.seq, t.hash, t.arrival, s.chain_bytes"

#define TS_CUSTODY_SQL(X)                                                                         \
    /* facts */                                                                                   \
    X(META_GET, "SELECT value FROM meta WHERE name = ?1")                                         \
    X(META_PUT, "INSERT INTO meta (name, value) VALUES (?1, ?2) "                                 \
                "ON CONFLICT (name) DO UPDATE SET value = ?2")                                    \
    X(STATE_GET, "SELECT value FROM state WHERE name = ?1")                                       \
    X(STATE_PUT, "INSERT INTO state (name, value) VALUES (?1, ?2) "                               \
                 "ON CONFLICT (name) DO UPDATE SET value = ?2")                                   \
    X(STORE_FIND, "SELECT id FROM store WHERE store = ?1")                                        \
    X(STORE_ADD, "INSERT INTO store (store) VALUES (?1) RETURNING id")                            \
    /* logs */                                                                                    \
    X(LOG_FIND, "SELECT " LOG_COLUMNS " FROM log WHERE log = ?1")                                 \
    X(LOG_BY_ID, "SELECT " LOG_COLUMNS " FROM log WHERE id = ?1")                                 \
    X(LOG_NEXT, "SELECT " LOG_COLUMNS " FROM log WHERE id > ?1 ORDER BY id LIMIT ?2")             \
    X(LOG_SINCE, "SELECT " LOG_COLUMNS " FROM log WHERE last_arrival > ?1 "                       \
                 "ORDER BY last_arrival LIMIT 1")                                                 \
    X(LOG_OWN_ACTIVE, "SELECT " LOG_COLUMNS " FROM log WHERE own = 1 AND purpose = ?1 "           \
                      "AND audience_unit = ?2 ORDER BY id DESC LIMIT 1")                          \
    X(LOG_ADD, "INSERT INTO log (log, office, purpose, audience, audience_unit, node_key, "       \
               "node_curve_key, invite_key, predecessor_log, predecessor_seq, predecessor_hash, " \
               "own, closed, fork_arrival, segments, events, bytes, hash_sum, last_seq, "         \
               "last_arrival) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, 0, 0, 0, " \
               "0, 0, zeroblob(32), 0, 0) RETURNING id")                                          \
    X(LOG_HEAD, "UPDATE log SET segments = segments + 1, events = events + ?2, "                  \
                "bytes = bytes + ?3, hash_sum = ?4, last_seq = max(last_seq, ?5), "               \
                "last_arrival = ?6, closed = max(closed, ?7), fork_arrival = ?8 WHERE id = ?1")   \
    X(LOG_OWN, "UPDATE log SET own = ?2 WHERE id = ?1")                                           \
    X(LOG_FIRST, "SELECT arrival FROM segment INDEXED BY segment_by_log WHERE log = ?1 "          \
                 "ORDER BY arrival LIMIT 1")                                                      \
    X(LOG_FACTS, "UPDATE log SET log = ?2, office = ?3, purpose = ?4, audience = ?5, "            \
                 "audience_unit = ?6, node_key = ?7, node_curve_key = ?8, invite_key = ?9, "      \
                 "predecessor_log = ?10, predecessor_seq = ?11, predecessor_hash = ?12, "         \
                 "last_arrival = ?13 WHERE id = ?1")                                              \
    X(LOG_REINDEX, "REINDEX log")                                                                 \
    X(STORE_REINDEX, "REINDEX store")                                                             \
    /* segments */                                                                                \
    X(SEGMENT_ADD, "INSERT INTO segment (arrival, log, first_seq, last_seq, prev, hash, "         \
                   "chain_bytes, received_ms, source, bytes) "                                    \
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")                            \
    X(SEGMENT_GET, "SELECT " SEGMENT_COLUMNS SEGMENT_FROM "WHERE s.arrival = ?1")                 \
    X(SEGMENT_FIND, "SELECT " SEGMENT_COLUMNS SEGMENT_FROM "WHERE s.hash = ?1")                   \
    X(SEGMENT_NEXT, "SELECT arrival FROM segment WHERE log = ?1 AND arrival > ?2 "                \
                    "ORDER BY arrival LIMIT 1")                                                   \
    X(SEGMENT_BYTES, "SELECT bytes FROM segment WHERE arrival = ?1")                              \
    X(SEGMENT_LINK, "SELECT prev, first_seq, last_seq, chain_bytes FROM segment "                 \
                    "WHERE arrival = ?1")                                                         \
    X(SEGMENT_PLACE, "SELECT arrival, last_seq FROM segment WHERE hash = ?1 AND log = ?2")        \
    X(SEGMENT_LAST, "SELECT max(arrival) FROM segment WHERE log = ?1 AND arrival <= ?2")          \
    X(SEGMENT_SERIES, "SELECT arrival, prev, first_seq, last_seq, length(bytes), received_ms "    \
                      "FROM segment WHERE log = ?1 ORDER BY arrival")                             \
    X(SEGMENT_ROWS, "SELECT log, hash, arrival FROM segment NOT INDEXED ORDER BY log")            \
    X(SEGMENT_PLACED, "SELECT arrival FROM segment WHERE hash = ?1")                              \
    X(SEGMENT_INDEXED, "SELECT hash FROM segment INDEXED BY segment_by_log "                      \
                       "WHERE arrival = ?1 AND log > 0")                                          \
    X(SEGMENT_ROW, "SELECT hash, log FROM segment NOT INDEXED WHERE arrival = ?1")                \
    X(SEGMENT_REPAIR, "UPDATE segment SET bytes = ?2 WHERE hash = ?1")                            \
    X(SEGMENT_FACTS, "UPDATE segment SET first_seq = ?2, last_seq = ?3, prev = ?4, "              \
                     "chain_bytes = ?5 WHERE arrival = ?1")                                       \
    X(SEGMENT_REINDEX, "REINDEX segment")                                                         \
    X(SOURCE_GONE, "SELECT count(*) FROM segment WHERE source NOT IN (SELECT id FROM store)")     \
    X(SOURCE_MEND, "UPDATE segment SET source = ?1 WHERE source NOT IN (SELECT id FROM store)")   \
    X(SEGMENT_NAME, "UPDATE segment SET hash = ?2, log = ?3 WHERE arrival = ?1")                  \
    X(SEGMENT_MAX, "SELECT max(arrival) FROM segment")                                            \
    /* tips */                                                                                    \
    X(TIP_ADD, "INSERT INTO tip (log, arrival, seq, hash) VALUES (?1, ?2, ?3, ?4)")               \
    X(TIP_REMOVE, "DELETE FROM tip WHERE log = ?1 AND arrival = ?2")                              \
    X(TIP_LIST, "SELECT " TIP_COLUMNS " FROM tip t JOIN segment s ON s.arrival = t.arrival "      \
                "WHERE t.log = ?1 ORDER BY t.seq DESC, t.arrival DESC LIMIT ?2")                  \
    X(TIP_COUNT, "SELECT count(*) FROM tip WHERE log = ?1")                                       \
    X(TIP_ROWS, "SELECT arrival, seq, hash FROM tip WHERE log = ?1 ORDER BY arrival DESC")        \
    X(TIP_CLEAR, "DELETE FROM tip WHERE log = ?1")                                                \
    X(LOG_FORK, "UPDATE log SET fork_arrival = ?2 WHERE id = ?1")                                 \
    X(TIP_OF_SEGMENT, "SELECT last_seq, hash, arrival, chain_bytes FROM segment "                 \
                      "WHERE arrival = ?1")                                                       \
    /* waiting room */                                                                            \
    X(WAITING_ADD, "INSERT INTO waiting (hash, log, missing, genesis_missing, first_seq, "        \
                   "received_ms, source, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "         \
                   "ON CONFLICT (hash) DO NOTHING")                                               \
    X(WAITING_REMOVE, "DELETE FROM waiting WHERE hash = ?1")                                      \
    X(WAITING_FOR, "SELECT 1 FROM waiting WHERE missing = ?1 LIMIT 1")                            \
    X(WAITING_TAKE, "DELETE FROM waiting WHERE id = (SELECT min(id) FROM waiting "                \
                    "WHERE missing = ?1) RETURNING bytes, (SELECT store FROM store o "            \
                    "WHERE o.id = source), received_ms")                                          \
    X(WAITING_BYTES, "SELECT total(length(bytes)) FROM waiting")                                  \
    X(WAITING_LOG_BYTES, "SELECT total(length(bytes)) FROM waiting WHERE log = ?1")               \
    X(WAITING_HAS, "SELECT 1 FROM waiting WHERE hash = ?1")                                       \
    X(WAITING_LIST, "SELECT log, missing, min(first_seq), genesis_missing FROM waiting w "        \
                    "WHERE missing > ?1 AND NOT EXISTS (SELECT 1 FROM waiting p "                 \
                    "WHERE p.hash = w.missing) GROUP BY missing ORDER BY missing LIMIT ?2")       \
    /* refused */                                                                                 \
    X(REFUSED_ADD, "INSERT INTO refused (hash, log, code, detail, received_ms, source, bytes) "   \
                   "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (SELECT 1 FROM refused "   \
                   "WHERE hash = ?1 AND code = ?3 AND bytes = ?7)")                               \
    X(REFUSED_BYTES, "SELECT total(length(bytes)) FROM refused")                                  \
    X(REFUSED_TRIM, "DELETE FROM refused WHERE id = (SELECT min(id) FROM refused)")               \
    X(REFUSED_GET, "SELECT r.hash, r.log, r.code, r.detail, o.store, r.received_ms, r.bytes "     \
                   "FROM refused r JOIN store o ON o.id = r.source "                              \
                   "ORDER BY r.id DESC LIMIT 1 OFFSET ?1")                                        \
    /* tail */                                                                                    \
    X(TAIL_ADD, "INSERT INTO tail (counter, log, event_id, event) VALUES (?1, ?2, ?3, ?4)")       \
    X(TAIL_NEXT, "SELECT t.counter, l.log, t.event_id, t.event FROM tail t "                      \
                 "JOIN log l ON l.id = t.log WHERE t.counter > ?1 ORDER BY t.counter LIMIT 1")    \
    X(TAIL_NEXT_OF, "SELECT t.counter, l.log, t.event_id, t.event FROM tail t "                   \
                    "JOIN log l ON l.id = t.log WHERE t.log = ?2 AND t.counter > ?1 "             \
                    "ORDER BY t.counter LIMIT 1")                                                 \
    X(TAIL_ALL, "SELECT t.counter, l.log, t.event_id, t.event FROM tail t "                       \
                "LEFT JOIN log l ON l.id = t.log ORDER BY t.counter")                             \
    X(TAIL_UNINDEXED, "SELECT count(*) FROM tail t NOT INDEXED WHERE NOT EXISTS ("                \
                      "SELECT 1 FROM tail i INDEXED BY tail_by_log "                              \
                      "WHERE i.log = t.log AND i.counter = t.counter)")                           \
    X(TAIL_SIZE, "SELECT count(*), total(length(event)) FROM tail WHERE log = ?1")                \
    X(TAIL_REMOVE, "DELETE FROM tail WHERE log = ?1 AND counter <= ?2")                           \
    X(TAIL_MOVE, "UPDATE tail SET log = ?2 WHERE log = ?1")                                       \
    /* peers */                                                                                   \
    X(PEER_GET, "SELECT store, seen, offered, session_ms FROM peer WHERE office = ?1")            \
    X(PEER_PUT, "INSERT INTO peer (office, store, seen, offered, session_ms) "                    \
                "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (office) DO UPDATE SET store = ?2, "     \
                "seen = ?3, offered = ?4, session_ms = ?5")                                       \
    X(HELD_ADD, "INSERT INTO held (store, log, arrival) VALUES (?1, ?2, ?3) "                     \
                "ON CONFLICT DO NOTHING")                                                         \
    X(HELD_REMOVE, "DELETE FROM held WHERE store = ?1 AND log = ?2 AND arrival = ?3")             \
    X(HELD_REMOVE_LOG, "DELETE FROM held WHERE store = ?1 AND log = ?2")                          \
    X(HELD_CLEAR, "DELETE FROM held WHERE store = ?1")                                            \
    X(HELD_LIST, "SELECT " TIP_COLUMNS " FROM (SELECT s.last_seq AS seq, s.hash, s.arrival "      \
                 "FROM held h JOIN segment s ON s.arrival = h.arrival WHERE h.store = ?1 "        \
                 "AND h.log = ?2) t JOIN segment s ON s.arrival = t.arrival "                     \
                 "ORDER BY t.seq DESC LIMIT ?3")                                                  \
    X(HELD_ANYWHERE,                                                                              \
      "SELECT " TIP_COLUMNS " FROM (SELECT DISTINCT s.last_seq AS seq, s.hash, s.arrival "        \
      "FROM held h JOIN segment s ON s.arrival = h.arrival WHERE h.log = ?1) t "                  \
      "JOIN segment s ON s.arrival = t.arrival ORDER BY t.seq DESC LIMIT ?2")                     \
    /* figures */                                                                                 \
    X(OWN_TAIL, "SELECT count(*) FROM tail t JOIN log l ON l.id = t.log "                         \
                "WHERE l.own > 0 AND l.purpose <> 5")                                             \
    X(COUNT_LOGS, "SELECT count(*), total(segments), total(events), total(bytes), "               \
                  "total(fork_arrival > 0) FROM log")                                             \
    X(COUNT_WAITING, "SELECT count(*), total(length(bytes)) FROM waiting")                        \
    X(COUNT_REFUSED, "SELECT count(*) FROM refused")

/* Statements of the second, query-only connection. */
#define TS_CUSTODY_READER_SQL(X)                                                              \
    X(RANGE, "SELECT arrival, bytes FROM segment WHERE arrival BETWEEN ?1 AND ?2 "            \
             "ORDER BY arrival")                                                              \
    X(VERIFY, "SELECT s.bytes, s.hash, s.first_seq, s.last_seq, s.chain_bytes, l.log, "       \
              "p.hash, p.last_seq, p.chain_bytes FROM segment s JOIN log l ON l.id = s.log "  \
              "LEFT JOIN segment p ON p.arrival = s.prev WHERE s.arrival = ?1")               \
    X(INFO, "SELECT " LOG_COLUMNS " FROM log WHERE log = ?1")                                 \
    X(WHERE_INDEXED, "SELECT l.log FROM segment s INDEXED BY segment_by_log "                 \
                     "JOIN log l ON l.id = s.log WHERE s.arrival = ?1 AND s.log > 0")         \
    X(HEADS, "SELECT log, hash, arrival FROM segment INDEXED BY segment_by_log ORDER BY log") \
    X(NUMBERS, "SELECT first_seq, last_seq FROM segment WHERE arrival = ?1")                  \
    X(MAX, "SELECT max(arrival) FROM segment")                                                \
    X(META, "SELECT value FROM meta WHERE name = ?1")

#endif
