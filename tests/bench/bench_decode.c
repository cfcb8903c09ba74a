/* SPDX-License-Identifier: MPL-2.0 */
/* Events a second through ts_event_decode (header and body), and through opening their segments
 * before. bench_decode [events] */
#include "base/check.h"
#include "bench/bench.h"
#include "bench/gen.h"
#include "core/envelope.h"
#include "wire/event.h"
#include "wire/segment.h"

#include <stdio.h>
#include <stdlib.h>

static double
decode_all(const gen_events_t *events, ts_event_decoder_t *decoder)
{
    double from = bench_now();
    for (size_t i = 0; i < events->count; i++) {
        ts_event_header_t header;
        const ts_kind_schema_t *kind;
        const void *record;
        ts_err_t err = ts_event_decode(decoder, events->events[i], &header, &kind, &record);
        TS_CHECK(err == TS_ERR_OK);
    }
    return bench_now() - from;
}

int
main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
    gen_events_t events;
    double from = bench_now();
    gen_events_make(&events, count, 1);
    (void)printf("made and judged: %.2f us/event, %.1f bytes/event\n",
                 (bench_now() - from) * 1e6 / (double)count,
                 (double)events.bytes.length / (double)count);
    ts_event_decoder_t *decoder = ts_event_decoder_new();
    for (int run = 0; run < 5; run++) {
        double seconds = decode_all(&events, decoder);
        (void)printf("decode: %.3f us/event, %.0f events/s\n", seconds * 1e6 / (double)count,
                     (double)count / seconds);
    }
    ts_event_decoder_destroy(&decoder);
    gen_events_free(&events);
    return 0;
}
