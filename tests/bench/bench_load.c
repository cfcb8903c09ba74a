/* SPDX-License-Identifier: MPL-2.0 */
/*
 * bench_load DATA_DIR COUNT [SEED]: queues COUNT made-up needs and handovers in the store of an
 * office that is not running, through the node's own path (append, commit, seal by size), as if
 * they had been typed over the months. Prints JSON: events, seconds, sealed bytes. For tests/bench
 * only: the registry and plan must have come by a first sync.
 */
#include "base/check.h"
#include "base/xalloc.h"
#include "bench/bench.h"
#include "bench/gen.h"
#include "core/kind.h"
#include "crypto/crypto.h"
#include "node/node_p.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 500, UNITS_MAX = 12, LINES_MAX = 14 };

static void
ignore_send(void *ctx, uint64_t session, ts_bytes_t frame)
{
    (void)ctx;
    (void)session;
    (void)frame;
}

static void
ignore_confirm(void *ctx, uint64_t session, size_t bytes)
{
    (void)ctx;
    (void)session;
    (void)bytes;
}

static void
ignore_drop(void *ctx, uint64_t session, ts_err_t reason)
{
    (void)ctx;
    (void)session;
    (void)reason;
}

static void
ignore_open(void *ctx, const ts_node_uplink_t *uplink)
{
    (void)ctx;
    (void)uplink;
}

static void
ignore_close(void *ctx)
{
    (void)ctx;
}

static void
ignore_admit(void *ctx, const ts_admitted_t *rows, size_t count)
{
    (void)ctx;
    (void)rows;
    (void)count;
}

static void
ignore_reply(void *ctx, uint64_t client, const ts_reply_t *reply)
{
    (void)ctx;
    (void)client;
    (void)reply;
}

static void
ignore_bell(void *ctx, const char *topic, ts_bytes_t frame)
{
    (void)ctx;
    (void)topic;
    (void)frame;
}

static void
print_note(void *ctx, ts_note_level_t level, const char *event, const char *details)
{
    (void)ctx;
    if (level >= TS_NOTE_WARN) {
        fprintf(stderr, "%s %s\n", event, details);
    }
}

static ts_node_t *
open_node(const char *folder)
{
    char witness[1024];
    (void)snprintf(witness, sizeof witness, "%s.witness", folder);
    ts_node_options_t options = {
        .data_dir = folder,
        .witness_path = witness,
        .software = "bench_load",
        .random = ts_random_system(),
        .out = {NULL, ignore_send, ignore_confirm, ignore_drop, ignore_open, ignore_close,
                ignore_admit, ignore_reply, ignore_bell, print_note},
        .now = {1000},
        .wall = {(int64_t)time(NULL) * 1000},
        .parent_endpoints = "",
    };
    ts_node_t *node = NULL;
    ts_msg_t why = {0};
    if (ts_node_open(&node, &options, &why) != TS_ERR_OK) {
        char *text = ts_msg_fill(&why, why.id == NULL ? "cannot be opened" : why.id);
        fprintf(stderr, "bench_load: %s\n", text);
        exit(1);
    }
    return node;
}

static void
turn(ts_node_t *node, int64_t *now)
{
    ts_turn_t next = {.more = true};
    ts_msg_t why = {0};
    while (next.more) {
        ts_err_t err = ts_node_turn(node, (ts_mono_t){*now}, (ts_utc_t){(int64_t)time(NULL) * 1000},
                                    &next, &why);
        TS_CHECK(err == TS_ERR_OK);
        *now += 1;
    }
}

/* The office's own unit (or the communes below it), the plan's lines. */
static void
look_around(ts_node_t *node, gen_world_t *world, uint64_t *units, uint64_t *lines)
{
    const ts_catalog_t *catalog = ts_node_catalog(node);
    const ts_office_t *office = ts_catalog_office(catalog, ts_node_office(node));
    size_t position = 0;
    const ts_unit_t *unit;
    while ((unit = ts_catalog_next(catalog, TS_KIND_UNIT, &position)) != NULL) {
        if (office != NULL && unit->level == TS_LEVEL_COMMUNE && world->unit_count < UNITS_MAX &&
            ts_catalog_below(catalog, unit->id, office->unit)) {
            units[world->unit_count++] = unit->id;
        }
    }
    position = 0;
    const ts_line_t *line;
    while ((line = ts_catalog_next(catalog, TS_KIND_LINE, &position)) != NULL &&
           world->line_count < LINES_MAX) {
        world->plan = line->plan;
        lines[world->line_count++] = line->id;
    }
    if (world->unit_count == 0 || world->line_count == 0) {
        fprintf(stderr, "bench_load: registry or plan have not come to this office yet\n");
        exit(1);
    }
}

static void
queue_events(ts_node_t *node, const gen_events_t *events, int64_t *now)
{
    ts_new_event_t batch[BATCH];
    for (size_t at = 0; at < events->count; at += BATCH) {
        size_t count = events->count - at < BATCH ? events->count - at : BATCH;
        for (size_t i = 0; i < count; i++) {
            batch[i] = (ts_new_event_t){TS_PURPOSE_RECORDS, 0, events->events[at + i], {{0}}};
        }
        ts_err_t err = ts_logs_write(node, batch, count);
        TS_CHECK(err == TS_ERR_OK);
        turn(node, now);
    }
    ts_err_t err = ts_logs_seal_all(node);
    TS_CHECK(err == TS_ERR_OK);
    turn(node, now);
}

int
main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_load DATA_DIR COUNT [SEED]\n");
        return 2;
    }
    size_t count = (size_t)strtoul(argv[2], NULL, 10);
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    ts_err_t err = ts_crypto_init();
    TS_CHECK(err == TS_ERR_OK);
    ts_node_t *node = open_node(argv[1]);
    int64_t now = 2000;
    turn(node, &now);
    uint64_t units[UNITS_MAX];
    uint64_t lines[LINES_MAX];
    gen_world_t world = {.office = ts_node_office(node),
                         .units = units,
                         .lines = lines,
                         .salt = (uint32_t)seed & 0xffffffu};
    look_around(node, &world, units, lines);
    gen_events_t events;
    gen_events_make_in(&events, count, seed, &world);
    double begin = bench_now();
    queue_events(node, &events, &now);
    double seconds = bench_now() - begin;
    ts_ledger_counts_t counts;
    err = ts_ledger_counts(node->ledger, &counts);
    TS_CHECK(err == TS_ERR_OK);
    printf("{\"bench\": \"load\", \"events\": %zu, \"raw_bytes\": %zu, \"seconds\": %.3f, "
           "\"accepted\": %llu, \"parked\": %llu}\n",
           events.count, events.bytes.length, seconds, (unsigned long long)counts.events,
           (unsigned long long)counts.parked);
    gen_events_free(&events);
    ts_node_close(&node);
    return 0;
}
