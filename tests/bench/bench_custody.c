/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a commit of custody costs beside the flush that it must wait for: a bare append and flush of
 * the same bytes, then the same as segments, in batches of 1, 8 and 64; events one by one; opening;
 * verifying. Usage: bench_custody <empty folder on the disk to be measured>
 */
#include "base/check.h"
#include "base/limits.h"
#include "bench/bench.h"
#include "crypto/hash.h"
#include "store/custody.h"
#include "support/segments.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEGMENTS 110
#define PAYLOAD_BYTES 30000u
#define EVENTS 200

static void
bare_flushes(const char *folder, int batch)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/bare", folder);
    static uint8_t bytes[PAYLOAD_BYTES];
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    TS_CHECK(file >= 0);
    double start = bench_now();
    for (int i = 1; i <= SEGMENTS; i++) {
        TS_CHECK(write(file, bytes, sizeof bytes) == (ssize_t)sizeof bytes);
        if (i % batch == 0 || i == SEGMENTS) {
            TS_CHECK(fdatasync(file) == 0);
        }
    }
    printf("bare file, flush every %2d: %8.1f ms\n", batch, (bench_now() - start) * 1e3);
    TS_CHECK(close(file) == 0);
    TS_CHECK(unlink(path) == 0);
}

static ts_custody_t *
open_store(const char *folder, bool create)
{
    ts_custody_t *custody = NULL;
    ts_msg_t detail = {0};
    ts_custody_options_t options = {
        .folder = folder, .deployment = ts_made_deployment(), .hash = ts_hash_of, .create = create};
    memset(options.new_store_id.b, 's', sizeof options.new_store_id.b);
    double start = bench_now();
    ts_err_t err = ts_custody_open(&custody, &options, &detail);
    if (err != TS_ERR_OK) {
        fprintf(stderr, "%s: %s\n", ts_err_name(err), detail.id != NULL ? detail.id : "");
        exit(1);
    }
    printf("open                      : %8.1f ms\n", (bench_now() - start) * 1e3);
    return custody;
}

static ts_err_t
check(void *context, uint64_t arrival, ts_bytes_t bytes)
{
    (void)arrival;
    ts_segment_view_t view;
    TS_CHECK(ts_segment_parse(bytes, &view) == TS_ERR_OK);
    ts_hash_t hash = ts_hash_of(view.payload.data, view.payload.length);
    TS_CHECK(ts_hash_equal(&hash, &view.header.payload_hash));
    (*(unsigned *)context)++;
    return TS_ERR_OK;
}

static void
commits(ts_custody_t *custody, uint64_t seed, int batch)
{
    static ts_made_t made[SEGMENTS];
    ts_made_log_t log;
    ts_put_source_t source = {.received_ms = 1};
    ts_put_result_t result;
    ts_made_genesis(&log, TS_PURPOSE_RECORDS, 1, seed, &made[0]);
    for (int i = 1; i < SEGMENTS; i++) {
        ts_made_next(&log, 100, PAYLOAD_BYTES, &made[i]);
    }
    double commit_s = 0;
    double back_s = 0;
    unsigned read = 0;
    double start = bench_now();
    for (int i = 0; i < SEGMENTS; i += batch) {
        uint64_t first = ts_custody_arrival(custody) + 1;
        TS_CHECK(ts_custody_begin(custody, "bench") == TS_ERR_OK);
        for (int k = i; k < i + batch && k < SEGMENTS; k++) {
            TS_CHECK(ts_custody_put(custody, &made[k].view, &made[k].hash, &source, &result) ==
                     TS_ERR_OK);
        }
        double before = bench_now();
        TS_CHECK(ts_custody_commit(custody) == TS_ERR_OK);
        double after = bench_now();
        TS_CHECK(ts_custody_read_back(custody, first, ts_custody_arrival(custody), check, &read) ==
                 TS_ERR_OK);
        commit_s += after - before;
        back_s += bench_now() - after;
    }
    printf("custody, commit every %2d  : %8.1f ms (commits %.1f, reading back %.1f)\n", batch,
           (bench_now() - start) * 1e3, commit_s * 1e3, back_s * 1e3);
    TS_CHECK(read == SEGMENTS);
    for (int i = 0; i < SEGMENTS; i++) {
        ts_made_free(&made[i]);
    }
}

static void
events(ts_custody_t *custody)
{
    ts_made_log_t log;
    ts_made_t genesis;
    ts_put_source_t source = {.received_ms = 1};
    uint64_t number = 0;
    uint8_t event[120] = {0};
    ts_made_genesis(&log, TS_PURPOSE_RECORDS, 7, 99, &genesis);
    TS_CHECK(ts_custody_begin(custody, "bench") == TS_ERR_OK);
    TS_CHECK(ts_custody_seal(custody, &genesis.view, &genesis.hash, &source, 0, &number) ==
             TS_ERR_OK);
    TS_CHECK(ts_custody_commit(custody) == TS_ERR_OK);
    ts_made_free(&genesis);
    double start = bench_now();
    for (unsigned i = 0; i < EVENTS; i++) {
        memcpy(event, &i, sizeof i);
        ts_hash_t id = ts_hash_of(event, sizeof event);
        TS_CHECK(ts_custody_begin(custody, "bench") == TS_ERR_OK);
        TS_CHECK(ts_custody_append(custody, &log.tip.log, &id, (ts_bytes_t){event, sizeof event},
                                   &number) == TS_ERR_OK);
        TS_CHECK(ts_custody_commit(custody) == TS_ERR_OK);
    }
    printf("event, one commit each    : %8.2f ms\n", (bench_now() - start) * 1e3 / EVENTS);
}

static void
resident(void)
{
    char line[128];
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "VmRSS", 5) == 0 || strncmp(line, "VmHWM", 5) == 0) {
            printf("%s", line);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

int
main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: bench_custody <empty folder>\n");
        return 2;
    }
    static const int batches[] = {1, 8, 64};
    ts_custody_t *custody = open_store(argv[1], true);
    resident();
    for (size_t i = 0; i < 3; i++) {
        bare_flushes(argv[1], batches[i]);
        commits(custody, i + 1, batches[i]);
    }
    events(custody);
    ts_custody_verify_t verify = {.next_arrival = 1};
    bool done = false;
    double start = bench_now();
    TS_CHECK(ts_custody_verify(custody, &verify, SIZE_MAX, &done) == TS_ERR_OK);
    printf("verify %llu segments      : %8.1f ms\n", (unsigned long long)verify.checked,
           (bench_now() - start) * 1e3);
    resident();
    ts_custody_destroy(&custody);
    custody = open_store(argv[1], false);
    resident();
    ts_custody_destroy(&custody);
    return 0;
}
