/* SPDX-License-Identifier: MPL-2.0 */
/*
 * bench_live CONTROL BELL SERVER_KEY_HEX SUBSCRIBER_FILE FOLDER COUNT UNIT LINE: records one need
 * after the other at the office behind CONTROL and waits for each at the feed's doorbell BELL.
 * Prints JSON: p50 and p99 from the command until the subscriber has the event, until the office's
 * answer (saved), and of one fdatasync of 4 KiB on the disk of FOLDER, four after each event.
 */
#include "base/check.h"
#include "base/limits.h"
#include "bench/bench.h"
#include "core/control.h"
#include "crypto/crypto.h"
#include "crypto/keyfile.h"
#include "net/endpoint.h"
#include "wire/control_wire.h"
#include "wire/feed_wire.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 10000, SYNCS_PER_EVENT = 4 };

typedef struct live {
    ts_socket_t *control;
    ts_socket_t *bell;
    ts_feed_decoder_t *decoder;
    const char *unit;
    const char *line;
    double *arrived;
    double *saved;
    double *synced; /* four for each event, of the same moments: others use this disk too */
    int disk;
} live_t;

static void
stop(const char *what, const ts_msg_t *why)
{
    char *text = why == NULL || why->id == NULL ? NULL : ts_msg_fill(why, why->id);
    fprintf(stderr, "bench_live: %s: %s\n", what, text == NULL ? "failed" : text);
    exit(1);
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double
percentile(double *values, size_t count, double share)
{
    qsort(values, count, sizeof *values, by_value);
    size_t at = (size_t)((double)count * share);
    return values[at < count ? at : count - 1] * 1e3;
}

/* One flush of a page, as a commit makes it, on the disk of the nodes. */
static double
sync_once(const live_t *live, size_t page)
{
    char bytes[4096];
    memset(bytes, 7, sizeof bytes);
    double begin = bench_now();
    TS_CHECK(pwrite(live->disk, bytes, sizeof bytes, (off_t)(page * sizeof bytes)) ==
             (ssize_t)sizeof bytes);
    TS_CHECK(fdatasync(live->disk) == 0);
    return bench_now() - begin;
}

static void
open_disk(live_t *live, const char *folder)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/sync.bin", folder);
    live->disk = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    TS_CHECK(live->disk >= 0);
    (void)unlink(path);
}

static void
send_need(live_t *live, unsigned number)
{
    char text[32];
    ts_command_t command;
    ts_buf_t frame = {0};
    ts_command_init(&command, "add");
    command.request = number;
    command.account = 1;
    command.role = 1;
    (void)snprintf(text, sizeof text, "%u", 1 + number % 40);
    ts_command_add(&command, "kind", "need");
    ts_command_add(&command, "unit", live->unit);
    ts_command_add(&command, "line", live->line);
    ts_command_add(&command, "site", "Bản thử");
    ts_command_add(&command, "quantity", text);
    ts_command_add(&command, "unit_of_measure", "suất");
    ts_command_add(&command, "occurred_on", "2019-10-15");
    ts_err_t err = ts_command_encode(&command, &frame);
    TS_CHECK(err == TS_ERR_OK);
    err = ts_socket_send(live->control, frame.data, frame.length);
    TS_CHECK(err == TS_ERR_OK);
    ts_buf_free(&frame);
    ts_command_free(&command);
}

/* The record's short code from the answer. */
static void
wait_saved(live_t *live, char *ret_code, size_t bytes)
{
    ts_frame_t frame = {0};
    ts_reply_t reply = {0};
    do {
        ts_reply_free(&reply);
        if (ts_socket_wait(live->control, TS_WAIT_READ, WAIT_MS) != TS_ERR_OK) {
            stop("no answer of the office", NULL);
        }
        ts_err_t err = ts_socket_recv(live->control, &frame);
        TS_CHECK(err == TS_ERR_OK);
        err = ts_reply_decode(frame.body, &reply);
        TS_CHECK(err == TS_ERR_OK);
    } while (!reply.done);
    if (reply.code != TS_ERR_OK) {
        stop("the office refused the need", &reply.say);
    }
    (void)snprintf(ret_code, bytes, "%s", reply.say.args[0] == NULL ? "" : reply.say.args[0]);
    ts_reply_free(&reply);
    ts_frame_close(&frame);
}

/* Until a need rings; the one before it has been waited for, so it is ours. */
static void
wait_bell(live_t *live)
{
    ts_frame_t frame = {0};
    bool ours = false;
    while (!ours) {
        if (ts_socket_wait(live->bell, TS_WAIT_READ, WAIT_MS) != TS_ERR_OK) {
            stop("nothing at the doorbell", NULL);
        }
        ts_err_t err = ts_socket_recv(live->bell, &frame);
        TS_CHECK(err == TS_ERR_OK);
        const uint8_t *end = memchr(frame.body.data, 0, frame.body.length);
        TS_CHECK(end != NULL);
        size_t topic = (size_t)(end - frame.body.data) + 1;
        ts_feed_doorbell_t bell;
        err = ts_feed_doorbell_decode(
            live->decoder, (ts_bytes_t){frame.body.data + topic, frame.body.length - topic}, &bell);
        TS_CHECK(err == TS_ERR_OK);
        ours = bell.event != NULL && strcmp(bell.event->kind, "need") == 0;
    }
    ts_frame_close(&frame);
}

static void
drain_events(ts_socket_t *socket)
{
    ts_link_event_t event;
    while (ts_socket_next_event(socket, &event) == TS_ERR_OK) {
    }
}

static void
measure(live_t *live, size_t count)
{
    char code[64];
    for (unsigned i = 0; i < count; i++) {
        double begin = bench_now();
        send_need(live, i);
        wait_saved(live, code, sizeof code);
        live->saved[i] = bench_now() - begin;
        wait_bell(live);
        live->arrived[i] = bench_now() - begin;
        drain_events(live->bell);
        for (unsigned k = 0; k < SYNCS_PER_EVENT; k++) {
            const size_t at = (size_t)i * SYNCS_PER_EVENT + k;
            live->synced[at] = sync_once(live, at);
        }
        struct timespec pause = {0, 3000000};
        (void)nanosleep(&pause, NULL);
    }
}

static void
load_pair(const char *path, ts_curve_pair_t *ret_pair)
{
    ts_keyfile_t *file = NULL;
    ts_msg_t why = {0};
    ts_hash_t public_key;
    ts_box_secret_t secret;
    ts_keyfile_options_t options = {.shared = true};
    if (ts_keyfile_load(&file, path, NULL, &options, &why) != TS_ERR_OK) {
        stop(path, &why);
    }
    ts_err_t err = ts_keyfile_get_curve(file, &public_key, &secret);
    if (err != TS_ERR_OK) {
        stop("the subscriber file has no key pair", NULL);
    }
    ts_curve_pair_from_secret(secret.b, ret_pair);
    ts_keyfile_destroy(&file);
}

int
main(int argc, char **argv)
{
    if (argc != 9) {
        fprintf(stderr, "usage: bench_live CONTROL BELL SERVER_KEY_HEX SUBSCRIBER_FILE FOLDER "
                        "COUNT UNIT LINE\n");
        return 2;
    }
    ts_err_t err = ts_crypto_init();
    TS_CHECK(err == TS_ERR_OK);
    size_t count = (size_t)strtoul(argv[6], NULL, 10);
    live_t live = {.decoder = ts_feed_decoder_new(), .unit = argv[7], .line = argv[8]};
    live.arrived = calloc(count, sizeof(double));
    live.saved = calloc(count, sizeof(double));
    live.synced = calloc(count * SYNCS_PER_EVENT, sizeof(double));
    TS_CHECK(live.arrived != NULL && live.saved != NULL && live.synced != NULL);
    open_disk(&live, argv[5]);
    ts_msg_t why = {0};
    ts_curve_pair_t pair;
    ts_hash_t server;
    load_pair(argv[4], &pair);
    err = ts_hex_parse(argv[3], server.b, sizeof server.b);
    TS_CHECK(err == TS_ERR_OK);
    ts_net_t *net = ts_net_new();
    ts_curve_client_t client = {argv[2], &server, &pair};
    if (ts_control_connect(net, argv[1], &live.control, &why) != TS_ERR_OK ||
        ts_bell_reader_open(net, &client, &live.bell, &why) != TS_ERR_OK) {
        stop("cannot connect", &why);
    }
    ts_bell_subscribe(live.bell, "need");
    struct timespec settle = {1, 0};
    (void)nanosleep(&settle, NULL);
    measure(&live, count);
    double sync_ms = percentile(live.synced, count * SYNCS_PER_EVENT, 0.5);
    double p50_ms = percentile(live.arrived, count, 0.5);
    printf("{\"bench\": \"live\", \"events\": %zu, \"p50_ms\": %.2f, \"p99_ms\": %.2f, "
           "\"saved_p50_ms\": %.2f, \"sync_p50_ms\": %.3f, \"limit_ms\": %.2f, "
           "\"beyond_syncs_ms\": %.2f}\n",
           count, p50_ms, percentile(live.arrived, count, 0.99), percentile(live.saved, count, 0.5),
           sync_ms, 4 * sync_ms + 1.5, p50_ms - 4 * sync_ms);
    ts_socket_close(&live.control);
    ts_socket_close(&live.bell);
    ts_net_destroy(&net);
    ts_feed_decoder_destroy(&live.decoder);
    free(live.arrived);
    free(live.saved);
    free(live.synced);
    (void)close(live.disk);
    return 0;
}
