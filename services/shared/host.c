/* SPDX-License-Identifier: MPL-2.0 */
#include "shared/host.h"

#include "base/i18n.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "core/control.h"
#include "core/kind.h"
#include "crypto/crypto.h"
#include "net/dial.h"
#include "net/endpoint.h"
#include "net/gate_port.h"
#include "net/linkwatch.h"
#include "net/loop.h"
#include "node/node.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/notify.h"
#include "shared/opts.h"
#include "wire/control_wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRAMES_PER_READ 64
#define GATE_FIGURES_MS 5000
#define PATH_BYTES (TS_CONF_PATH_BYTES + 16)

/* Beyond that many in one turn the rest is noticed with its next reply. */
#define CLIENTS_GONE_MAX 64u

typedef struct host {
    const ts_host_options_t *options;
    ts_net_t *net;
    ts_loop_t *loop;
    ts_node_t *node;
    ts_gate_port_t *gate;
    uint64_t admit_version;
    struct {
        uint64_t nonce;
        ts_gate_figures_t figures;
    } gates[TS_GATES_MAX];
    ts_socket_t *control;
    ts_loop_id_t control_reader;
    ts_dial_t *dial; /* to the parent */
    int linkwatch;
    ts_loop_id_t linkwatch_reader;
    ts_loop_id_t pump;
    ts_timer_id_t timer;
    int64_t watchdog_ms;
    bool failed;
    uint64_t
        gone[CLIENTS_GONE_MAX]; /* clients that a reply did not reach, told to the node later */
    size_t gone_count;
} host_t;

/* ---- effects of the node */

static void
out_uplink_close(void *ctx)
{
    host_t *self = ctx;
    ts_dial_hang_up(self->dial);
}

static void
out_send(void *ctx, uint64_t session, ts_bytes_t frame)
{
    host_t *self = ctx;
    ts_err_t err = TS_ERR_NOTFOUND;
    if (session == TS_NODE_UPLINK) {
        err = ts_dial_send(self->dial, frame.data, frame.length);
    } else if (self->gate != NULL) {
        err = ts_gate_port_send(self->gate, session, frame);
    }
    if (err != TS_ERR_OK) {
        ts_log_debug("link_send_lost", "session=%016" PRIx64 " code=%s", session, ts_err_name(err));
    }
}

static void
out_confirm(void *ctx, uint64_t session, size_t bytes)
{
    /* The gate port confirms by itself what a handler has returned from. */
    (void)ctx;
    (void)session;
    (void)bytes;
}

static void
out_drop(void *ctx, uint64_t session, ts_err_t reason)
{
    host_t *self = ctx;
    ts_log_info("session_drop", "session=%016" PRIx64 " code=%s", session, ts_err_name(reason));
    if (self->gate != NULL) {
        ts_gate_port_drop(self->gate, session);
    }
}

static void
out_uplink_open(void *ctx, const ts_node_uplink_t *uplink)
{
    host_t *self = ctx;
    ts_curve_pair_t pair = {.public_key = uplink->curve_public};
    memcpy(pair.secret_key, uplink->curve_secret.b, sizeof pair.secret_key);
    ts_curve_client_t client = {uplink->endpoint, &uplink->server_key, &pair};
    ts_msg_t why = {0};
    ts_err_t err = ts_dial_seek(self->dial, &client, uplink->stagger_ms, &why);
    ts_curve_pair_wipe(&pair);
    if (err != TS_ERR_OK) {
        ts_log_message(TS_LOG_ERROR, "link_open_failed", &why);
        ts_msg_free(&why);
        return; /* the node's own deadline ends the attempt */
    }
    ts_log_debug("link_open", "endpoint=%s", uplink->endpoint);
}

static void
out_admit(void *ctx, const ts_admitted_t *rows, size_t count)
{
    host_t *self = ctx;
    if (self->gate == NULL) {
        return;
    }
    static const ts_zap_class_t classes[] = {[TS_KEY_NONE] = TS_ZAP_NONE,
                                             [TS_KEY_OFFICE] = TS_ZAP_OFFICE,
                                             [TS_KEY_INVITE] = TS_ZAP_INVITE,
                                             [TS_KEY_SUBSCRIBER] = TS_ZAP_SUBSCRIBER,
                                             [TS_KEY_GUEST] = TS_ZAP_OFFICE};
    ts_zap_entry_t *entries = ts_xcalloc(count, sizeof *entries);
    for (size_t i = 0; i < count; i++) {
        entries[i] = (ts_zap_entry_t){rows[i].curve_key, classes[rows[i].class]};
    }
    ts_err_t err = ts_gate_port_admit(self->gate, entries, count, ++self->admit_version);
    ts_log_info("gate_table", "keys=%zu version=%" PRIu64 " code=%s", count, self->admit_version,
                ts_err_name(err));
    ts_xfree(entries);
}

static void
out_reply(void *ctx, uint64_t client, const ts_reply_t *reply)
{
    host_t *self = ctx;
    ts_buf_t frame = {0};
    ts_err_t err = ts_reply_encode(reply, &frame);
    if (err == TS_ERR_TOOBIG) {
        ts_reply_t shorter = {.request = reply->request, .code = err, .done = true};
        ts_msg_make(&shorter.say, N_("The answer is too big; ask for less, for example with limit"),
                    NULL);
        err = ts_reply_encode(&shorter, &frame);
        ts_reply_free(&shorter);
    }
    if (err == TS_ERR_OK) {
        err = ts_socket_send_to(self->control, (uint32_t)client, frame.data, frame.length);
    }
    ts_buf_free(&frame);
    if (err == TS_ERR_NOTFOUND) {
        ts_log_debug("command_client_gone", "client=%" PRIu64, client);
        if (self->gone_count < CLIENTS_GONE_MAX) {
            self->gone[self->gone_count++] = client;
        }
    }
}

static void
out_doorbell(void *ctx, const char *topic, ts_bytes_t frame)
{
    host_t *self = ctx;
    (void)topic;
    if (self->gate != NULL) {
        ts_gate_port_publish(self->gate, frame);
    }
}

static void
out_note(void *ctx, ts_note_level_t level, const char *event, const char *details)
{
    (void)ctx;
    static const ts_log_level_t levels[] = {[TS_NOTE_DEBUG] = TS_LOG_DEBUG,
                                            [TS_NOTE_INFO] = TS_LOG_INFO,
                                            [TS_NOTE_WARN] = TS_LOG_WARNING,
                                            [TS_NOTE_ERROR] = TS_LOG_ERROR};
    ts_log_line(levels[level], event, "%s", details);
}

/* ---- what comes in */

/* The node has no clock: every reader begins with telling it the time. */
static void
tell_time(host_t *self)
{
    ts_node_time(self->node, ts_loop_now(self->loop));
}

static void
wake(host_t *self)
{
    ts_loop_wake_idle(self->loop, self->pump);
}

static void
uplink_frame(void *ctx, ts_bytes_t body)
{
    host_t *self = ctx;
    tell_time(self);
    ts_node_frame(self->node, TS_NODE_UPLINK, body);
    wake(self);
}

static void
uplink_connected(void *ctx)
{
    host_t *self = ctx;
    tell_time(self);
    ts_node_uplink_connected(self->node);
    wake(self);
}

static void
uplink_ready(void *ctx)
{
    host_t *self = ctx;
    tell_time(self);
    ts_node_uplink_ready(self->node);
    wake(self);
}

static void
uplink_refused(void *ctx)
{
    host_t *self = ctx;
    tell_time(self);
    ts_node_uplink_refused(self->node);
    wake(self);
}

static void
uplink_down(void *ctx, bool is_other_ready)
{
    host_t *self = ctx;
    tell_time(self);
    ts_node_peer_closed(self->node, TS_NODE_UPLINK);
    if (is_other_ready) {
        ts_node_link_up(self->node);
    }
    wake(self);
}

static void
uplink_event(void *ctx, uint64_t line, const ts_link_event_t *event)
{
    (void)ctx;
    ts_log_debug("link_event", "line=%" PRIu64 " change=%s code=%d", line,
                 ts_link_change_str(event->change), event->code);
}

static void
gate_opened(void *ctx, uint64_t session, const ts_hash_t *key, ts_zap_class_t klass)
{
    host_t *self = ctx;
    (void)klass; /* the node asks its own registry */
    tell_time(self);
    ts_node_peer_opened(self->node, session, key);
    wake(self);
}

static void
gate_data(void *ctx, uint64_t session, ts_bytes_t body)
{
    host_t *self = ctx;
    tell_time(self);
    ts_node_frame(self->node, session, body);
    wake(self);
}

static void
gate_closed(void *ctx, uint64_t session, ts_gate_reason_t reason)
{
    host_t *self = ctx;
    (void)reason;
    tell_time(self);
    ts_node_peer_closed(self->node, session);
    wake(self);
}

static void
gate_came(void *ctx, uint64_t nonce, const ts_hash_t *key, bool is_up)
{
    host_t *self = ctx;
    (void)key;
    ts_log_info("gate_link", "gate=%016" PRIx64 " up=%d", nonce, is_up ? 1 : 0);
    tell_time(self);
    for (size_t i = 0; i < TS_GATES_MAX; i++) {
        if (self->gates[i].nonce == (is_up ? 0 : nonce)) {
            self->gates[i].nonce = is_up ? nonce : 0;
            self->gates[i].figures = (ts_gate_figures_t){0};
            break;
        }
    }
    if (is_up) {
        ts_node_gate_ready(self->node);
    }
    wake(self);
}

static void
gate_stats(void *ctx, uint64_t nonce, const ts_gate_stats_t *stats)
{
    host_t *self = ctx;
    ts_gate_figures_t all = {0};
    for (size_t i = 0; i < TS_GATES_MAX; i++) {
        if (self->gates[i].nonce == nonce) {
            self->gates[i].figures = (ts_gate_figures_t){stats->handshakes_refused, stats->floods};
        }
        all.refused += self->gates[i].figures.refused;
        all.banned += self->gates[i].figures.banned;
    }
    ts_node_gate_figures(self->node, &all);
}

static void
ask_gates(void *ctx, ts_mono_t now)
{
    host_t *self = ctx;
    (void)now;
    ts_gate_port_ask_stats(self->gate);
    ts_loop_after(self->loop, GATE_FIGURES_MS, ask_gates, self);
}

static void
refuse_command(host_t *self, uint32_t route, ts_err_t code)
{
    ts_reply_t reply = {.code = code, .done = true};
    ts_msg_make(&reply.say, N_("This is not a command of this version: {1}"), ts_err_str(code),
                NULL);
    out_reply(self, route, &reply);
    ts_reply_free(&reply);
}

static void
control_read(void *ctx)
{
    host_t *self = ctx;
    ts_frame_t frame = {0};
    for (int i = 0; i < FRAMES_PER_READ; i++) {
        ts_err_t err = ts_socket_recv(self->control, &frame);
        if (err == TS_ERR_AGAIN) {
            break;
        }
        if (err != TS_ERR_OK) {
            continue;
        }
        ts_command_t command = {0};
        err = ts_command_decode(frame.body, &command);
        if (err == TS_ERR_OK) {
            /* The answer is for the next one who asks; this one has figures of some seconds ago. */
            if (self->gate != NULL && strcmp(command.name, "status") == 0) {
                ts_gate_port_ask_stats(self->gate);
            }
            ts_node_command(self->node, frame.route, &command);
        } else {
            refuse_command(self, frame.route, err);
        }
    }
    ts_frame_close(&frame);
    wake(self);
}

static void
link_came_up(void *ctx)
{
    host_t *self = ctx;
    if (ts_linkwatch_read(self->linkwatch)) {
        ts_log_info("link_up", "%s", "");
        tell_time(self);
        ts_node_link_up(self->node);
        wake(self);
    }
}

/* ---- turns */

static void
timer_fired(void *ctx, ts_mono_t now)
{
    host_t *self = ctx;
    (void)now;
    self->timer = 0;
    wake(self);
}

static void
stop(host_t *self, bool failed)
{
    self->failed = failed;
    ts_loop_stop(self->loop);
}

static bool
turn(void *ctx)
{
    host_t *self = ctx;
    ts_turn_t next = {0};
    ts_msg_t why = {0};
    ts_err_t err =
        ts_node_turn(self->node, ts_loop_now(self->loop), ts_loop_wall(self->loop), &next, &why);
    if (err != TS_ERR_OK) {
        ts_log_message(TS_LOG_ERROR, "node_stopped", &why);
        ts_msg_free(&why);
        stop(self, true);
        return false;
    }
    while (self->gone_count > 0) {
        ts_node_client_gone(self->node, self->gone[--self->gone_count]);
    }
    if (self->options->once && ts_node_drained(self->node) && !next.more) {
        stop(self, false);
        return false;
    }
    if (!next.more) {
        ts_loop_cancel(self->loop, self->timer);
        self->timer =
            next.due.ms == INT64_MAX ? 0 : ts_loop_at(self->loop, next.due, timer_fired, self);
    }
    return next.more;
}

static void
pat_watchdog(void *ctx, ts_mono_t now)
{
    host_t *self = ctx;
    (void)now;
    ts_notify("WATCHDOG=1");
    ts_loop_after(self->loop, self->watchdog_ms, pat_watchdog, self);
}

/* ---- opening and closing */

/* The machine's id, hashed down to 16 bytes by being hex already; zero when the system has none. */
static ts_id16_t
machine_id(void)
{
    ts_id16_t id = {{0}};
    char text[64] = {0};
    FILE *file = fopen("/etc/machine-id", "re");
    if (file != NULL) {
        size_t length = fread(text, 1, 32, file);
        fclose(file);
        text[length] = '\0';
        if (ts_hex_parse(text, id.b, sizeof id.b) != TS_ERR_OK) {
            memset(&id, 0, sizeof id);
        }
    }
    return id;
}

/* Beside the folder, so that it outlives it. */
static void
witness_path(const char *data_dir, char out[PATH_BYTES])
{
    size_t length = strlen(data_dir);
    while (length > 1 && data_dir[length - 1] == '/') {
        length--;
    }
    (void)snprintf(out, PATH_BYTES, "%.*s.witness", (int)length, data_dir);
}

static bool
is_there(const char *data_dir, const char *name)
{
    char path[PATH_BYTES + 32];
    struct stat facts;
    (void)snprintf(path, sizeof path, "%s/%s", data_dir, name);
    return stat(path, &facts) == 0 && facts.st_size > 0;
}

/* After a start that failed: what a person can do. */
static void
say_help(const host_t *self, ts_err_t err)
{
    const char *dir = self->options->common->data_dir;
    char witness[PATH_BYTES];
    ts_msg_t help = {0};
    witness_path(dir, witness);
    if (!is_there(dir, "keys/node.key")) {
        ts_msg_make(
            &help,
            N_("No office is set up in {1}, or its setup was interrupted: say “tiepsuc join "
               "INVITE {1}” (at the province “tiepsuc init {1} …”) once more"),
            dir, NULL);
    } else if (err == TS_ERR_CORRUPT || (err == TS_ERR_NOTFOUND && access(witness, F_OK) == 0)) {
        ts_msg_make(&help,
                    N_("What the offices above and below hold comes back by itself: move "
                       "{1}/custody.sqlite* and {1}/ledger.sqlite* and {2} into another folder, "
                       "keep them, and start again. What no other office holds yet stands only in "
                       "the files that you keep"),
                    dir, witness, NULL);
    } else if (err == TS_ERR_FULL) {
        ts_msg_make(
            &help,
            N_("The disk is full; nothing is lost. Make room on the disk of {1}: the service "
               "then starts by itself"),
            dir, NULL);
    }
    if (help.id != NULL) {
        ts_log_message(TS_LOG_ERROR, "start_help", &help);
    }
    ts_msg_free(&help);
}

static ts_err_t
open_node(host_t *self, ts_msg_t *why)
{
    const ts_host_options_t *options = self->options;
    char witness[PATH_BYTES];
    witness_path(options->common->data_dir, witness);
    ts_node_options_t node = {
        .data_dir = options->common->data_dir,
        .witness_path = witness,
        .software = options->version,
        .machine = machine_id(),
        .random = ts_random_system(),
        .out = {self, out_send, out_confirm, out_drop, out_uplink_open, out_uplink_close, out_admit,
                out_reply, out_doorbell, out_note},
        .now = ts_loop_now(self->loop),
        .wall = ts_loop_wall(self->loop),
        .create = !is_there(options->common->data_dir, "ledger.sqlite"),
        .parent_endpoints = options->parent_endpoints,
        .ping_ms = (uint32_t)(options->sync->ping_seconds * 1000),
        .sync_interval_ms =
            options->sync->metered ? (uint32_t)(options->sync->interval_seconds * 1000) : 0,
        .seal_pause_ms = (uint32_t)(options->sync->seal_interval_seconds * 1000),
        .holding_ms = (uint32_t)(options->sync->holding_seconds * 1000),
        .bytes_per_day_max = (uint64_t)options->sync->bytes_per_day_max,
    };
    if (options->parent_key != NULL) {
        node.parent_key = *options->parent_key;
    }
    return ts_node_open(&self->node, &node, why);
}

/* The other program would run and leave half of the work undone. */
static ts_err_t
check_role(const host_t *self, ts_msg_t *why)
{
    bool is_province = ts_node_role(self->node) == TS_OFFICE_PROVINCE;
    if (is_province == self->options->is_province) {
        return TS_ERR_OK;
    }
    ts_msg_make(why,
                is_province
                    ? N_("{1} is the folder of a province: start tiepsuc-aggregator, not {2}")
                    : N_("{1} is the folder of an office: start tiepsuc-office, not {2}"),
                self->options->common->data_dir, self->options->program, NULL);
    return TS_ERR_CONFIG;
}

static ts_err_t
open_links(host_t *self, ts_msg_t *why)
{
    ts_err_t err = ts_control_bind(self->net, self->options->common->control, TS_IPC_GROUP,
                                   &self->control, why);
    if (err != TS_ERR_OK) {
        return err;
    }
    self->control_reader = ts_loop_add_socket(self->loop, self->control, control_read, self);
    self->linkwatch = ts_linkwatch_open();
    if (self->linkwatch >= 0) {
        self->linkwatch_reader =
            ts_loop_add_fd(self->loop, self->linkwatch, TS_LOOP_READ, link_came_up, self);
    }
    int role = ts_node_role(self->node);
    bool has_children = role == TS_OFFICE_PROVINCE || role == TS_OFFICE_DISTRICT;
    if (!has_children || self->options->gate_endpoint[0] == '\0') {
        return TS_ERR_OK;
    }
    ts_gate_port_options_t gate = {
        .net = self->net,
        .loop = self->loop,
        .endpoint = self->options->gate_endpoint,
        .access = TS_IPC_GROUP,
        .boot_nonce = ts_random_u64(ts_random_system()) | 1,
        .handlers = {self, gate_opened, gate_data, gate_closed, gate_came, NULL, gate_stats},
    };
    err = ts_gate_port_open(&gate, &self->gate, why);
    if (err == TS_ERR_OK) {
        ask_gates(self, ts_loop_now(self->loop));
    }
    return err;
}

static void
close_all(host_t *self)
{
    ts_node_close(&self->node);
    ts_dial_destroy(&self->dial);
    ts_gate_port_close(&self->gate);
    ts_loop_remove(self->loop, self->control_reader);
    ts_socket_close(&self->control);
    if (self->linkwatch >= 0) {
        ts_loop_remove(self->loop, self->linkwatch_reader);
        close(self->linkwatch);
    }
    ts_loop_destroy(&self->loop);
    ts_net_destroy(&self->net);
}

static void
log_end(const host_t *self)
{
    const ts_loop_stats_t *turns = ts_loop_stats(self->loop);
    ts_log_info("node_stop",
                "signal=%d turns=%" PRIu64 " turns_long=%" PRIu64 " turn_ms_max=%" PRId64,
                ts_loop_signal(self->loop), turns->turns, turns->turns_long, turns->turn_ms_max);
}

static void
run_loop(host_t *self)
{
    ts_log_info("node_start", "program=%s version=%s office=%u role=%d", self->options->program,
                self->options->version, (unsigned)ts_node_office(self->node),
                ts_node_role(self->node));
    if (self->options->once) {
        ts_node_drain(self->node);
    }
    self->watchdog_ms = ts_notify_watchdog_ms();
    if (self->watchdog_ms > 0) {
        pat_watchdog(self, ts_loop_now(self->loop));
    }
    ts_notify("READY=1");
    wake(self);
    ts_loop_run(self->loop);
    ts_notify("STOPPING=1");
    log_end(self);
}

int
ts_host_run(const ts_host_options_t *options)
{
    const ts_loop_clock_t clock = TS_CLOCK_SYSTEM;
    host_t self = {.options = options, .linkwatch = -1};
    ts_msg_t why = {0};
    ts_err_t err = ts_crypto_init();
    self.net = ts_net_new();
    self.loop = ts_loop_new(&clock);
    ts_loop_catch_signals(self.loop);
    self.pump = ts_loop_add_idle(self.loop, turn, &self);
    const ts_dial_handlers_t uplink = {&self,       uplink_connected, uplink_ready, uplink_refused,
                                       uplink_down, uplink_frame,     uplink_event};
    self.dial = ts_dial_new(self.net, self.loop, &uplink);
    if (err == TS_ERR_OK) {
        err = open_node(&self, &why);
    }
    if (err == TS_ERR_OK) {
        err = check_role(&self, &why);
    }
    if (err == TS_ERR_OK) {
        err = open_links(&self, &why);
    }
    if (err == TS_ERR_OK) {
        run_loop(&self);
    } else {
        ts_log_message(TS_LOG_ERROR, "start_failed", &why);
        say_help(&self, err);
        self.failed = true;
    }
    ts_msg_free(&why);
    close_all(&self);
    return self.failed ? TS_EXIT_FAILED : TS_EXIT_GOOD;
}

void
ts_host_join_endpoints(const ts_conf_endpoints_t *endpoints, char *out, size_t bytes)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < endpoints->count; i++) {
        int length =
            snprintf(out + used, bytes - used, "%s%s", i == 0 ? "" : " ", endpoints->at[i]);
        if (length < 0 || (size_t)length >= bytes - used) {
            out[used] = '\0';
            return;
        }
        used += (size_t)length;
    }
}

void
ts_host_set_log(const ts_conf_common_t *common)
{
    static const ts_log_level_t levels[] = {[TS_CONF_LOG_DEBUG] = TS_LOG_DEBUG,
                                            [TS_CONF_LOG_INFO] = TS_LOG_INFO,
                                            [TS_CONF_LOG_WARN] = TS_LOG_WARNING,
                                            [TS_CONF_LOG_ERROR] = TS_LOG_ERROR};
    ts_log_set_level(levels[common->log_level]);
    ts_log_set_trace(common->trace);
}
