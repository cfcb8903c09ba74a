/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a gate takes with many sessions, and whether its memory stays bounded under peers that break
 * the rules. The gate is the real program; this process is the node behind it and all the peers
 * before it. bench_gate <tiepsuc-gate> [sessions [days]]: default 1000; "days" lets 600 messages
 * more go through each session, which takes minutes. Exit 1 when the gate is above 64 MiB with
 * 1,000 sessions or fewer, once they are connected or four seconds after the traffic.
 */
#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "bench/bench.h"
#include "net/endpoint.h"
#include "net/gate_port.h"
#include "net/loop.h"
#include "net/socket_impl.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

enum {
    PEERS_PER_NET = 200,
    RSS_KIB_MAX = 64 * 1024,
    PORT = 17599,
    ROUNDS = 20,
    CHUNK = 4096,
    DAYS_ROUNDS = 600
};

typedef struct ts_bench_peer {
    ts_net_t *net;
    ts_socket_t *socket;
    ts_curve_pair_t pair;
    bool is_ready;
    bool is_down;
    double began;
    size_t answers;
} ts_bench_peer_t;

typedef struct ts_bench {
    pid_t gate_pid;
    char dir[64];
    ts_net_t *net;
    ts_loop_t *loop;
    ts_gate_port_t *port;
    ts_hash_t gate_key;
    bool is_table_there;
    bool is_deaf; /* the node does not answer */
    size_t frames;
    size_t closed;
    ts_bench_peer_t *peers;
    size_t count;
} ts_bench_t;

static ts_bench_t bench;

static ts_mono_t
mono(void *context)
{
    (void)context;
    return (ts_mono_t){(int64_t)(bench_now() * 1000)};
}

static ts_utc_t
wall(void *context)
{
    (void)context;
    return (ts_utc_t){0};
}

static void
on_opened(void *context, uint64_t session, const ts_hash_t *key, ts_zap_class_t klass)
{
    (void)context, (void)session, (void)key, (void)klass;
}

static void
on_data(void *context, uint64_t session, ts_bytes_t body)
{
    (void)context;
    bench.frames++;
    if (!bench.is_deaf) {
        TS_CHECK(ts_gate_port_send(bench.port, session, (ts_bytes_t){body.data, 16}) == TS_ERR_OK);
    }
}

static void
on_closed(void *context, uint64_t session, ts_gate_reason_t reason)
{
    (void)context, (void)session;
    bench.closed++;
    printf("  session closed: %s\n", ts_gate_reason_str(reason));
}

static void
on_gate(void *context, uint64_t nonce, const ts_hash_t *key, bool is_up)
{
    (void)context, (void)nonce, (void)is_up;
    bench.gate_key = *key;
}

static void
on_admitted(void *context, uint64_t nonce, uint64_t version)
{
    (void)context, (void)nonce, (void)version;
    bench.is_table_there = true;
}

/* kB of the gate, from the system. */
static long
gate_rss(const char *field)
{
    char path[64];
    char row[256];
    long kib = -1;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)bench.gate_pid);
    FILE *file = fopen(path, "r");
    TS_CHECK(file != NULL);
    while (fgets(row, sizeof row, file) != NULL) {
        if (strncmp(row, field, strlen(field)) == 0) {
            kib = strtol(row + strlen(field) + 1, NULL, 10);
        }
    }
    fclose(file);
    return kib;
}

static double
gate_cpu(void)
{
    char path[64];
    char text[1024] = "";
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)bench.gate_pid);
    FILE *file = fopen(path, "r");
    TS_CHECK(file != NULL);
    TS_CHECK(fgets(text, sizeof text, file) != NULL);
    fclose(file);
    const char *at = strrchr(text, ')');
    unsigned long user = 0;
    unsigned long system = 0;
    for (int field = 2; at != NULL && field < 14; field++) {
        at = strchr(at + 1, ' ');
    }
    if (at != NULL) {
        char *end;
        user = strtoul(at, &end, 10);
        system = strtoul(end, NULL, 10);
    }
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static void
start_gate(const char *program)
{
    char path[128];
    snprintf(bench.dir, sizeof bench.dir, "/tmp/tiepsuc-bench-XXXXXX");
    TS_CHECK(mkdtemp(bench.dir) != NULL);
    snprintf(path, sizeof path, "%s/gate.conf", bench.dir);
    FILE *file = fopen(path, "w");
    TS_CHECK(file != NULL);
    fprintf(
        file,
        "data_dir = %s\nlisten = tcp://127.0.0.1:%d\nkey_file = %s/gate.key\nsessions_max = 2000\n"
        "log\n    level = warn\nnode\n    endpoint = ipc://%s/node\n",
        bench.dir, PORT, bench.dir, bench.dir);
    fclose(file);
    bench.gate_pid = fork();
    TS_CHECK(bench.gate_pid >= 0);
    if (bench.gate_pid == 0) {
        execl(program, program, "-f", path, (char *)NULL);
        _exit(127);
    }
}

static void
stop_gate(void)
{
    static const char *const names[] = {"gate.conf", "gate.key"};
    char path[128];
    kill(bench.gate_pid, SIGTERM);
    waitpid(bench.gate_pid, NULL, 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", bench.dir, names[i]);
        unlink(path);
    }
    rmdir(bench.dir);
}

static void
open_node(void)
{
    char endpoint[96];
    const ts_loop_clock_t clock = {mono, wall, NULL};
    snprintf(endpoint, sizeof endpoint, "ipc://%s/node", bench.dir);
    bench.net = ts_net_new();
    bench.loop = ts_loop_new(&clock);
    const ts_gate_port_options_t options = {
        .net = bench.net,
        .loop = bench.loop,
        .endpoint = endpoint,
        .boot_nonce = 1,
        .handlers = {NULL, on_opened, on_data, on_closed, on_gate, on_admitted, NULL},
    };
    TS_CHECK(ts_gate_port_open(&options, &bench.port, NULL) == TS_ERR_OK);
}

static void
make_peers(void)
{
    ts_zap_entry_t *entries = ts_xcalloc(bench.count + 3, sizeof *entries);
    bench.peers = ts_xcalloc(bench.count + 3, sizeof *bench.peers);
    for (size_t i = 0; i < bench.count + 3; i++) {
        ts_curve_pair_make(&bench.peers[i].pair);
        entries[i] = (ts_zap_entry_t){bench.peers[i].pair.public_key, TS_ZAP_OFFICE};
        bench.peers[i].net = i % PEERS_PER_NET == 0 ? ts_net_new() : bench.peers[i - 1].net;
    }
    TS_CHECK(ts_gate_port_admit(bench.port, entries, bench.count + 3, 1) == TS_ERR_OK);
    ts_xfree(entries);
    while (!bench.is_table_there) {
        ts_loop_turn(bench.loop, 10);
    }
}

static void
connect_peer(ts_bench_peer_t *peer)
{
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", PORT);
    const ts_curve_client_t options = {endpoint, &bench.gate_key, &peer->pair};
    peer->began = bench_now();
    TS_CHECK(ts_uplink_open(peer->net, &options, &peer->socket, NULL) == TS_ERR_OK);
}

static void
poll_peer(ts_bench_peer_t *peer)
{
    ts_link_event_t event;
    ts_frame_t frame = {0};
    while (ts_socket_next_event(peer->socket, &event) == TS_ERR_OK) {
        peer->is_ready |= event.change == TS_LINK_READY;
        peer->is_down |= event.change == TS_LINK_DOWN;
    }
    while (ts_socket_recv(peer->socket, &frame) == TS_ERR_OK) {
        peer->answers++;
    }
    ts_frame_close(&frame);
}

/* Turns everything until each of the peers has so many answers. */
static void
await_answers(size_t answers)
{
    for (size_t done = 0; done < bench.count;) {
        done = 0;
        ts_loop_turn(bench.loop, 0);
        for (size_t i = 0; i < bench.count; i++) {
            poll_peer(&bench.peers[i]);
            TS_CHECK(!bench.peers[i].is_down);
            done += bench.peers[i].answers >= answers;
        }
    }
}

static void
say_all(size_t bytes)
{
    static uint8_t body[TS_FRAME_BYTES_MAX];
    for (size_t i = 0; i < bench.count; i++) {
        while (ts_socket_send(bench.peers[i].socket, body, bytes) != TS_ERR_OK) {
            poll_peer(&bench.peers[i]);
            ts_loop_turn(bench.loop, 0);
        }
    }
}

/* After the gate had time to give back what it does not need. */
static long
settled_rss(void)
{
    const double until = bench_now() + 4.5;
    while (bench_now() < until) {
        ts_loop_turn(bench.loop, 10);
    }
    return gate_rss("VmRSS");
}

static void
measure_sessions(void)
{
    printf("start: RSS %ld kB\n", gate_rss("VmRSS"));
    ts_bench_peer_t *first = &bench.peers[0];
    connect_peer(first);
    while (!first->is_ready) {
        poll_peer(first);
        ts_loop_turn(bench.loop, 0);
    }
    TS_CHECK(ts_socket_send(first->socket, "0123456789abcdef", 16) == TS_ERR_OK);
    while (first->answers == 0) {
        poll_peer(first);
        ts_loop_turn(bench.loop, 0);
    }
    printf("connect to first answer: %.1f ms\n", (bench_now() - first->began) * 1000);
    const double began = bench_now();
    for (size_t i = 1; i < bench.count; i++) {
        connect_peer(&bench.peers[i]);
        ts_loop_turn(bench.loop, 0);
    }
    first->answers = 0;
    say_all(16);
    await_answers(1);
    printf("%zu sessions: %.2f s (peers, node and gate on this machine), RSS %ld kB, gate CPU %.2f "
           "s\n",
           bench.count, bench_now() - began, gate_rss("VmRSS"), gate_cpu());
    printf("calm: RSS %ld kB\n", settled_rss());
}

/* Days of small talk in a minute: every queue of the library has been walked through. */
static void
measure_days(void)
{
    for (size_t i = 0; i < bench.count; i++) {
        bench.peers[i].answers = 0;
    }
    for (size_t round = 0; round < DAYS_ROUNDS; round++) {
        say_all(16);
        await_answers(round < 3 ? 0 : round - 2);
    }
    await_answers(DAYS_ROUNDS);
    printf("after %d more messages each: RSS %ld kB\n", DAYS_ROUNDS, settled_rss());
}

static void
measure_traffic(void)
{
    const double began = bench_now();
    const double cpu = gate_cpu();
    /* Four chunks on the way at a time, as the smallest window has it. */
    for (size_t round = 0; round < ROUNDS; round++) {
        say_all(CHUNK);
        await_answers(round < 3 ? 0 : round - 2);
    }
    await_answers(1 + ROUNDS);
    const double took = bench_now() - began;
    const double frames = (double)(bench.count * ROUNDS);
    printf("%d frames of %d bytes each: %.0f frames/s, %.1f MB/s, gate CPU %.1f us a frame, RSS "
           "%ld kB\n",
           ROUNDS, CHUNK, frames / took, frames * CHUNK / took / 1e6,
           (gate_cpu() - cpu) / frames * 1e6, gate_rss("VmRSS"));
}

/* One key sends as fast as it can while the node is too busy to read. */
static void
measure_flood(ts_bench_peer_t *peer)
{
    static uint8_t body[65000];
    uint64_t sent = 0;
    connect_peer(peer);
    const double began = bench_now();
    while (!peer->is_down && bench_now() - began < 20) {
        sent += ts_socket_send(peer->socket, body, sizeof body) == TS_ERR_OK ? sizeof body : 0;
        poll_peer(peer);
    }
    printf("flood while the node stands still: cut %s after %.1f MB, RSS %ld kB\n",
           peer->is_down ? "yes" : "NO", (double)sent / 1e6, gate_rss("VmRSS"));
    ts_socket_close(&peer->socket);
}

/* One message of very many frames, as fast as the machine can. */
static void
measure_multipart(ts_bench_peer_t *peer)
{
    static uint8_t body[60000];
    const int frames = 10000;
    connect_peer(peer);
    while (!peer->is_ready) {
        poll_peer(peer);
        ts_loop_turn(bench.loop, 0);
    }
    for (int i = 0; i < frames; i++) {
        TS_CHECK(zmq_send(peer->socket->handle, body, sizeof body,
                          i + 1 < frames ? ZMQ_SNDMORE : 0) > 0);
    }
    long peak = 0;
    const double began = bench_now();
    while (!peer->is_down && bench_now() - began < 20) {
        poll_peer(peer);
        ts_loop_turn(bench.loop, 0);
        const long now = gate_rss("VmRSS");
        peak = now > peak ? now : peak;
    }
    printf("one message of %.0f MB in %d frames: cut %s after %.2f s, RSS at most %ld kB, then %ld "
           "kB\n",
           frames * (double)sizeof body / 1e6, frames, peer->is_down ? "yes" : "NO",
           bench_now() - began, peak, gate_rss("VmRSS"));
    ts_socket_close(&peer->socket);
}

static void
close_all(void)
{
    for (size_t i = 0; i < bench.count + 3; i++) {
        ts_socket_close(&bench.peers[i].socket);
    }
    for (size_t i = bench.count + 3; i-- > 0;) {
        if (i % PEERS_PER_NET == 0) {
            ts_net_destroy(&bench.peers[i].net);
        }
    }
    ts_xfree(bench.peers);
    ts_gate_port_close(&bench.port);
    ts_loop_destroy(&bench.loop);
    ts_net_destroy(&bench.net);
}

int
main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bench_gate <tiepsuc-gate> [sessions [days]]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    bench.count = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 1000;
    TS_CHECK(bench.count >= 1 && bench.count <= TS_SESSIONS_MAX - 3);
    struct rlimit limit;
    TS_CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    TS_CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    start_gate(argv[1]);
    open_node();
    make_peers();
    measure_sessions();
    const long with_sessions = gate_rss("VmRSS");
    measure_traffic();
    const long after_traffic = settled_rss();
    printf("four seconds later: RSS %ld kB\n", after_traffic);
    if (argc > 3 && strcmp(argv[3], "days") == 0) {
        measure_days();
    }
    measure_flood(&bench.peers[bench.count]);
    measure_multipart(&bench.peers[bench.count + 1]);
    printf("peak RSS of the whole run: %ld kB\n", gate_rss("VmHWM"));
    /* Connections end with their sockets: the closes are not worth a line each. */
    (void)fflush(stdout);
    close_all();
    stop_gate();
    const bool is_over = with_sessions > RSS_KIB_MAX || after_traffic > RSS_KIB_MAX;
    return bench.count <= 1000 && is_over ? 1 : 0;
}
