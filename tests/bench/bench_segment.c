/* SPDX-License-Identifier: MPL-2.0 */
/* Bytes of an event in sealed segments (payload and whole segment), and what sealing and opening
 * cost. bench_segment [events] */
#include "base/check.h"
#include "bench/bench.h"
#include "bench/gen.h"
#include "wire/segment.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct totals {
    size_t segments;
    size_t stored;
    size_t least;
    size_t most;
    double seal_s;
    double longest_s;
    double open_s;
} totals_t;

static void
open_one(ts_codec_t *codec, const ts_sealed_t *sealed, const ts_buf_t *payload, totals_t *totals)
{
    ts_segment_header_t header = {.codec = sealed->codec,
                                  .count = (uint32_t)sealed->count,
                                  .raw_bytes = sealed->raw_bytes,
                                  .stored_bytes = sealed->stored_bytes};
    ts_payload_t opened;
    double from = bench_now();
    ts_err_t err = ts_payload_open(codec, &header, ts_buf_bytes(payload), &opened);
    TS_CHECK(err == TS_ERR_OK);
    ts_bytes_t event;
    size_t count = 0;
    while (ts_payload_next(&opened, &event)) {
        count++;
    }
    TS_CHECK(count == sealed->count);
    totals->open_s += bench_now() - from;
}

static void
run(const gen_events_t *events, int level, uint32_t target, size_t batch)
{
    totals_t totals = {.least = SIZE_MAX};
    ts_codec_t *codec = ts_codec_new();
    for (size_t at = 0; at < events->count;) {
        ts_buf_t payload = {0};
        ts_sealed_t sealed;
        size_t left = events->count - at;
        double from = bench_now();
        ts_err_t err = ts_payload_seal(codec, events->events + at, left < batch ? left : batch,
                                       level, target, &payload, &sealed);
        double took = bench_now() - from;
        TS_CHECK(err == TS_ERR_OK);
        totals.seal_s += took;
        totals.longest_s = took > totals.longest_s ? took : totals.longest_s;
        open_one(codec, &sealed, &payload, &totals);
        totals.segments++;
        totals.stored += payload.length;
        if (at + sealed.count < events->count) {
            totals.least = payload.length < totals.least ? payload.length : totals.least;
            totals.most = payload.length > totals.most ? payload.length : totals.most;
        }
        at += sealed.count;
        ts_buf_free(&payload);
    }
    double count = (double)events->count;
    (void)printf("level %2d, target %5u, batch %5zu: payload %.2f, segment %.2f bytes/event; %zu "
                 "segments of %zu..%zu; "
                 "seal %.1f us/event, longest %.1f ms; open %.2f us/event\n",
                 level, target, batch, (double)totals.stored / count,
                 ((double)totals.stored + (double)totals.segments * TS_SEGMENT_FIXED_BYTES) / count,
                 totals.segments, totals.least, totals.most, totals.seal_s * 1e6 / count,
                 totals.longest_s * 1e3, totals.open_s * 1e6 / count);
    ts_codec_destroy(&codec);
}

int
main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 50000;
    gen_events_t events;
    gen_events_make(&events, count, 1);
    (void)printf("raw: %.1f bytes/event\n", (double)events.bytes.length / (double)count);
    static const int levels[] = {3, 9, 12, 15, 19};
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        run(&events, levels[i], 32768, count);
    }
    run(&events, 19, 61440, count);
    run(&events, 3, 61440, count);
    run(&events, 19, 16384, count);
    run(&events, 3, 32768, 16);
    run(&events, 3, 32768, 1);
    gen_events_free(&events);
    return 0;
}
