/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a custody database that is damaged in any way opens or is refused with a reason; nothing of
 * it is changed or deleted by a refused opening, and whatever opens can be used without a crash.
 * Method: one small store with everything in it is made at the start; each input is a list of
 * changes to its file (first byte even: bytes) or to its rows (odd: SQL), then every door of
 * custody.h is tried.
 */
#include "base/xalloc.h"
#include "crypto/hash.h"
#include "fuzz/fuzz.h"
#include "store/custody.h"
#include "support/segments.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum { CHANGES_MAX = 24, TIPS = 16 };

typedef struct base {
    ts_buf_t clean; /* the file after an orderly end */
    ts_buf_t torn;  /* the same as a crash leaves it … */
    ts_buf_t wal;   /* … and its log */
    ts_made_log_t own;
    ts_made_log_t other;
} base_t;

static base_t base;
static char folder[256];

static ts_id16_t
store_id(uint8_t letter)
{
    ts_id16_t id;
    memset(id.b, letter, sizeof id.b);
    return id;
}

static ts_custody_options_t
options(bool create)
{
    return (ts_custody_options_t){.folder = folder,
                                  .deployment = ts_made_deployment(),
                                  .new_store_id = store_id('s'),
                                  .hash = ts_hash_of,
                                  .create = create};
}

/* ---- the store that is damaged */

static void
put_made(ts_custody_t *custody, ts_made_t *made)
{
    ts_put_source_t source = {store_id('p'), 1700000000000};
    ts_put_result_t result;
    TS_CHECK(ts_custody_put(custody, &made->view, &made->hash, &source, &result) == TS_ERR_OK);
    ts_made_free(made);
}

static void
seal_made(ts_custody_t *custody, ts_made_t *made, uint64_t through)
{
    ts_put_source_t source = {store_id('s'), 1700000000000};
    uint64_t arrival;
    TS_CHECK(ts_custody_seal(custody, &made->view, &made->hash, &source, through, &arrival) ==
             TS_ERR_OK);
    ts_made_free(made);
}

static uint64_t
append(ts_custody_t *custody, const ts_hash_t *log, const char *text)
{
    uint64_t counter = 0;
    ts_hash_t id = ts_hash_of(text, strlen(text));
    ts_bytes_t event = {(const uint8_t *)text, strlen(text)};
    TS_CHECK(ts_custody_append(custody, log, &id, event, &counter) == TS_ERR_OK);
    return counter;
}

static void
fill(ts_custody_t *custody)
{
    ts_made_t made;
    ts_made_log_t gap;
    ts_id16_t parent = store_id('p');
    TS_CHECK(ts_custody_begin(custody, "fuzz") == TS_ERR_OK);
    ts_made_genesis(&base.own, TS_PURPOSE_RECORDS, 7, 1, &made);
    seal_made(custody, &made, 0);
    uint64_t counter = append(custody, &base.own.tip.log, "one");
    ts_made_next(&base.own, 1, 90, &made);
    seal_made(custody, &made, counter);
    (void)append(custody, &base.own.tip.log, "two");
    ts_made_genesis(&base.other, TS_PURPOSE_ACTS, 9, 2, &made);
    put_made(custody, &made);
    for (int i = 0; i < 3; i++) {
        ts_made_next(&base.other, 4, 120, &made);
        put_made(custody, &made);
    }
    ts_made_log_t fork = base.other;
    fork.prng = ts_prng(99);
    ts_made_next(&fork, 2, 60, &made);
    put_made(custody, &made);
    ts_made_next(&base.other, 2, 60, &made);
    put_made(custody, &made);
    gap = base.other;
    ts_made_next(&gap, 1, 50, &made);
    ts_made_free(&made);
    ts_made_next(&gap, 1, 50, &made);
    put_made(custody, &made);
    ts_refusal_t refusal = {.hash = gap.tip.hash, .log = gap.tip.log, .code = TS_ERR_SIGNATURE};
    TS_CHECK(ts_custody_refuse(custody, &refusal, (ts_bytes_t){(const uint8_t *)"bad", 3}) ==
             TS_ERR_OK);
    ts_custody_peer_t peer = {.office = 3, .store = parent, .seen = 4, .offered = 2};
    TS_CHECK(ts_custody_peer_put(custody, &peer) == TS_ERR_OK);
    TS_CHECK(ts_custody_held_add(custody, &parent, &base.own.tip, NULL) == TS_ERR_OK);
    TS_CHECK(ts_custody_number_put(custody, "counter", 77) == TS_ERR_OK);
    TS_CHECK(ts_custody_commit(custody) == TS_ERR_OK);
}

static void
make_base(void)
{
    char path[300];
    ts_custody_t *custody = NULL;
    fuzz_path("store", folder);
    fuzz_remove(folder);
    fuzz_make_folder(folder);
    ts_custody_options_t how = options(true);
    TS_CHECK(ts_custody_open(&custody, &how, NULL) == TS_ERR_OK);
    fill(custody);
    (void)snprintf(path, sizeof path, "%s/custody.sqlite", folder);
    TS_CHECK(fuzz_read(path, &base.torn));
    (void)snprintf(path, sizeof path, "%s/custody.sqlite-wal", folder);
    TS_CHECK(fuzz_read(path, &base.wal));
    ts_custody_destroy(&custody);
    (void)snprintf(path, sizeof path, "%s/custody.sqlite", folder);
    TS_CHECK(fuzz_read(path, &base.clean));
}

/* ---- damage */

/* Overwrites, copies or cuts pieces of a file's image. */
static void
change_bytes(ts_buf_t *image, ts_cursor_t *input)
{
    for (int i = 0; i < CHANGES_MAX && ts_cursor_left(input) > 4 && image->length > 0; i++) {
        uint8_t how = ts_cursor_u8(input);
        size_t at = ((size_t)ts_cursor_u16(input) << 4 | how >> 4) % image->length;
        size_t length = 1u + ts_cursor_u8(input) % 64u;
        length = length < image->length - at ? length : image->length - at;
        if (how % 8 < 5) {
            length = length < ts_cursor_left(input) ? length : ts_cursor_left(input);
            ts_cursor_get(input, image->data + at, how % 8 < 3 ? length : length > 0);
        } else if (how % 8 == 5) {
            image->data[at] ^= (uint8_t)(1u << how / 32u);
        } else if (how % 8 == 6) {
            size_t from = (size_t)ts_cursor_u16(input) * 16u % image->length;
            length = length < image->length - from ? length : image->length - from;
            memmove(image->data + at, image->data + from, length);
        } else {
            image->length = at;
        }
    }
}

static const char *const columns[] = {
    "meta.value",
    "state.value",
    "store.store",
    "log.log",
    "log.office",
    "log.purpose",
    "log.audience",
    "log.audience_unit",
    "log.node_key",
    "log.node_curve_key",
    "log.invite_key",
    "log.predecessor_log",
    "log.predecessor_seq",
    "log.own",
    "log.closed",
    "log.fork_arrival",
    "log.segments",
    "log.events",
    "log.bytes",
    "log.hash_sum",
    "log.last_seq",
    "log.last_arrival",
    "segment.log",
    "segment.first_seq",
    "segment.last_seq",
    "segment.prev",
    "segment.hash",
    "segment.chain_bytes",
    "segment.source",
    "segment.bytes",
    "tip.log",
    "tip.arrival",
    "tip.seq",
    "tip.hash",
    "waiting.log",
    "waiting.missing",
    "waiting.bytes",
    "waiting.first_seq",
    "refused.bytes",
    "refused.code",
    "tail.log",
    "tail.event",
    "held.store",
    "held.arrival",
    "peer.store",
    "peer.seen",
    "peer.offered",
    "segment.arrival",
    "tail.counter",
    "tail.event_id",
    "waiting.hash",
    "waiting.source",
};

/* Any value that a column may hold: numbers at the borders, bytes of any length, nothing. */
static void
some_value(ts_cursor_t *input, char out[200])
{
    static const char *const numbers[] = {
        "0",          "1",          "-1", "9223372036854775807", "-9223372036854775808",
        "4294967296", "2147483648", "7"};
    uint8_t how = ts_cursor_u8(input);
    size_t length = ts_cursor_u8(input) % 48u;
    if (how % 4 == 0) {
        (void)snprintf(out, 200, "%s", numbers[how / 4 % 8]);
    } else if (how % 4 == 1) {
        uint8_t bytes[48] = {0};
        char hex[97];
        ts_cursor_get(input, bytes, length);
        ts_hex_format(bytes, length, hex);
        (void)snprintf(out, 200, "x'%s'", hex);
    } else if (how % 4 == 2) {
        (void)snprintf(out, 200, "%d", (int)(how / 4) + (int)length);
    } else {
        (void)snprintf(out, 200, "%s", how / 4 % 2 == 0 ? "NULL" : "zeroblob(32)");
    }
}

static void
change_rows(const char *path, ts_cursor_t *input)
{
    sqlite3 *open_base = NULL;
    TS_CHECK(sqlite3_open(path, &open_base) == SQLITE_OK);
    (void)sqlite3_exec(open_base, "PRAGMA ignore_check_constraints=1; PRAGMA synchronous=OFF", NULL,
                       NULL, NULL);
    for (int i = 0; i < CHANGES_MAX && ts_cursor_left(input) > 2; i++) {
        char sql[500];
        char value[200];
        const char *column = columns[ts_cursor_u8(input) % (sizeof columns / sizeof columns[0])];
        unsigned row = ts_cursor_u8(input);
        int table = (int)strcspn(column, ".");
        some_value(input, value);
        if (row % 16 == 15) {
            (void)snprintf(sql, sizeof sql,
                           "DELETE FROM %.*s WHERE %s = (SELECT %s FROM %.*s LIMIT 1 OFFSET %u)",
                           table, column, column + table + 1, column + table + 1, table, column,
                           row / 16);
        } else {
            (void)snprintf(sql, sizeof sql,
                           "UPDATE OR IGNORE %.*s SET %s = %s WHERE %s = "
                           "(SELECT %s FROM %.*s LIMIT 1 OFFSET %u)",
                           table, column, column + table + 1, value, column + table + 1,
                           column + table + 1, table, column, row % 16);
        }
        (void)sqlite3_exec(open_base, sql, NULL, NULL, NULL);
    }
    TS_CHECK(sqlite3_close(open_base) == SQLITE_OK);
}

/* ---- every door */

static ts_err_t
any_bytes(void *context, uint64_t arrival, ts_bytes_t bytes)
{
    (void)context;
    (void)arrival;
    (void)bytes;
    return TS_ERR_OK;
}

static void
read_logs(ts_custody_t *custody)
{
    ts_log_info_t info = {0};
    ts_id16_t parent = store_id('p');
    for (int i = 0; i < 32 && ts_custody_log_next(custody, &info) == TS_ERR_OK; i++) {
        ts_custody_tip_t tips[TIPS];
        ts_tip_t held[TIPS];
        ts_log_size_t size;
        ts_tail_size_t tail;
        ts_own_t own;
        size_t count = 0;
        uint64_t seq;
        fuzz_any(ts_custody_log_size(custody, &info.log, &size));
        fuzz_any(ts_custody_log_own(custody, &info.log, &own));
        fuzz_any(ts_custody_tail_size(custody, &info.log, &tail));
        fuzz_any(ts_custody_held_tips(custody, &parent, &info.log, held, TIPS, &count));
        fuzz_any(ts_custody_held_seq(custody, NULL, &info.log, &seq));
        fuzz_any(ts_custody_tips_at(custody, &info.log, 5, tips, TIPS, &count));
        if (ts_custody_log_tips(custody, &info.log, tips, TIPS, &count) == TS_ERR_OK) {
            for (size_t k = 0; k < count; k++) {
                ts_held_segment_t at;
                bool on;
                fuzz_any(ts_custody_back(custody, &tips[k].tip.hash, 2, &at));
                fuzz_any(ts_custody_at(custody, &tips[k].tip.hash, 1, &at, NULL));
                fuzz_any(ts_custody_on_chain(custody, &info.log, &tips[k].tip.hash, &on));
                fuzz_any(ts_custody_held_segment(custody, &parent, &tips[k].tip.hash, &on));
                ts_tip_t from = {.log = info.log};
                fuzz_any(ts_custody_next(custody, &from, 0, &on, &at, NULL));
            }
        }
    }
}

static void
read_rest(ts_custody_t *custody)
{
    ts_custody_tip_t tips[TIPS];
    ts_tip_page_t page;
    ts_tip_query_t query = {.count_max = 4};
    ts_custody_counts_t counts;
    ts_custody_status_t status;
    ts_custody_peer_t peer;
    ts_waiting_t waiting[4];
    ts_refusal_t refusal;
    ts_tail_event_t event = {0};
    ts_hash_t digest;
    ts_buf_t bytes = {0};
    size_t count;
    uint64_t number;
    bool done = false;
    fuzz_any(ts_custody_counts(custody, &counts));
    fuzz_any(ts_custody_status(custody, NULL, &status));
    fuzz_any(ts_custody_digest(custody, NULL, NULL, &digest));
    fuzz_any(ts_custody_peer_get(custody, 3, &peer));
    fuzz_any(ts_custody_number_get(custody, "counter", &number));
    fuzz_any(ts_custody_state_get(custody, "counter", &bytes));
    fuzz_any(ts_custody_waiting_list(custody, NULL, waiting, 4, &count));
    fuzz_any(ts_custody_refused(custody, 0, &refusal, &bytes));
    for (int i = 0;
         i < 8 && ts_custody_tips(custody, &query, tips, NULL, TIPS, &page) == TS_ERR_OK &&
         page.more && page.arrival > query.since;
         i++) {
        query.since = page.arrival;
    }
    for (int i = 0;
         i < 8 && ts_custody_tail_next(custody, NULL, event.counter, &event, &bytes) == TS_ERR_OK;
         i++) {
    }
    fuzz_any(ts_custody_read_back(custody, 1, ts_custody_arrival(custody) % 64, any_bytes, NULL));
    ts_custody_verify_t verify = {.next_arrival = 1};
    for (int i = 0; i < 16 && !done; i++) {
        done = ts_custody_verify(custody, &verify, 8, &done) != TS_ERR_OK || done;
    }
    ts_buf_free(&bytes);
}

/* Another segment, another event, what waited: as a node would. */
static void
write_more(ts_custody_t *custody)
{
    ts_made_log_t log = base.other;
    ts_made_t made;
    ts_put_source_t source = {store_id('p'), 1};
    ts_put_result_t result = {.outcome = TS_PUT_REFUSED};
    ts_buf_t bytes = {0};
    uint64_t counter;
    ts_hash_t id = ts_hash_of("x", 1);
    ts_made_next(&log, 1, 50, &made);
    ts_err_t err = ts_custody_begin(custody, "fuzz");
    if (err == TS_ERR_OK) {
        err = ts_custody_put(custody, &made.view, &made.hash, &source, &result);
    }
    if (err == TS_ERR_OK && result.outcome == TS_PUT_STORED && result.wakes) {
        err = ts_custody_waiting_take(custody, &made.hash, &bytes, &source);
        err = err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_append(custody, &base.own.tip.log, &id,
                                (ts_bytes_t){(const uint8_t *)"x", 1}, &counter);
        err = err == TS_ERR_DENIED || err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
    }
    if (err == TS_ERR_OK) {
        fuzz_any(ts_custody_commit(custody));
    } else {
        ts_custody_rollback(custody);
    }
    ts_made_free(&made);
    ts_buf_free(&bytes);
}

static void
open_and_use(const char *path, const ts_buf_t *written, bool crashed)
{
    ts_custody_t *custody = NULL;
    ts_msg_t why = {0};
    ts_buf_t after = {0};
    ts_custody_options_t how = options(false);
    ts_err_t err = ts_custody_open(&custody, &how, &why);
    TS_CHECK((err == TS_ERR_OK) == (custody != NULL));
    if (err == TS_ERR_OK) {
        read_logs(custody);
        read_rest(custody);
        write_more(custody);
        read_logs(custody);
        ts_custody_destroy(&custody);
    } else {
        TS_CHECK(err == TS_ERR_CORRUPT || err == TS_ERR_INVALID || err == TS_ERR_UNKNOWN ||
                 err == TS_ERR_FOREIGN || err == TS_ERR_IO);
        TS_CHECK(why.id != NULL);
        TS_CHECK(fuzz_read(path, &after));
        TS_CHECK(crashed ||
                 (after.length == written->length &&
                  (after.length == 0 || memcmp(after.data, written->data, after.length) == 0)));
    }
    ts_msg_free(&why);
    ts_buf_free(&after);
    how.inspect = true;
    if (err != TS_ERR_OK && ts_custody_open(&custody, &how, NULL) == TS_ERR_OK) {
        read_rest(custody);
        ts_custody_destroy(&custody);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const leftovers[] = {"-wal", "-shm", "-journal"};
    char path[300];
    char beside[320];
    ts_buf_t image = {0};
    if (base.clean.length == 0) {
        make_base();
    }
    ts_cursor_t input = ts_cursor(data, size);
    uint8_t how = ts_cursor_u8(&input);
    bool crashed = how % 4 == 2;
    (void)snprintf(path, sizeof path, "%s/custody.sqlite", folder);
    for (size_t i = 0; i < sizeof leftovers / sizeof leftovers[0]; i++) {
        (void)snprintf(beside, sizeof beside, "%s%s", path, leftovers[i]);
        fuzz_remove(beside);
    }
    const ts_buf_t *from = crashed ? &base.torn : &base.clean;
    ts_buf_put(&image, from->data, from->length);
    if (crashed) {
        ts_buf_t wal = {0};
        ts_buf_put(&wal, base.wal.data, base.wal.length);
        change_bytes(&wal, &input);
        (void)snprintf(beside, sizeof beside, "%s-wal", path);
        fuzz_write(beside, ts_buf_bytes(&wal));
        ts_buf_free(&wal);
    } else if (how % 2 == 0) {
        change_bytes(&image, &input);
    }
    fuzz_write(path, ts_buf_bytes(&image));
    if (how % 2 == 1) {
        change_rows(path, &input);
        TS_CHECK(fuzz_read(path, &image));
    }
    open_and_use(path, &image, crashed);
    ts_buf_free(&image);
    return 0;
}
