/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "conf/conf.h"
#include "crypto/crypto.h"
#include "crypto/keyfile.h"
#include "gate/gate.h"
#include "net/loop.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/notify.h"
#include "shared/opts.h"

#include <assert.h>
#include <inttypes.h>
#include <sys/resource.h>

/* Each connection takes a descriptor; four for each session leave room for what is not admitted
 *. */
enum { DESCRIPTORS_PER_SESSION = 4, DESCRIPTORS_OWN = 64 };

typedef struct ts_watchdog {
    ts_loop_t *loop;
    int64_t period_ms;
} ts_watchdog_t;

static ts_log_level_t
log_level(int configured)
{
    switch (configured) {
    case TS_CONF_LOG_DEBUG:
        return TS_LOG_DEBUG;
    case TS_CONF_LOG_WARN:
        return TS_LOG_WARNING;
    case TS_CONF_LOG_ERROR:
        return TS_LOG_ERROR;
    default:
        return TS_LOG_INFO;
    }
}

static void
copy_pair(const ts_box_secret_t *secret, ts_curve_pair_t *ret_pair)
{
    static_assert(sizeof secret->b == TS_CURVE_KEY_BYTES, "the same curve");
    ts_curve_pair_from_secret(secret->b, ret_pair);
}

static ts_err_t
make_key(const char *path, ts_curve_pair_t *ret_pair, ts_msg_t *why)
{
    ts_hash_t public_key;
    ts_box_secret_t secret;
    ts_box_keypair(ts_random_system(), &public_key, &secret);
    ts_keyfile_t *file = ts_keyfile_new(TS_KEYFILE_GATE);
    ts_keyfile_put_curve(file, &secret);
    ts_keyfile_options_t options = {.random = ts_random_system()};
    ts_err_t err = ts_keyfile_save(file, path, &options, why);
    if (err == TS_ERR_OK) {
        copy_pair(&secret, ret_pair);
        ts_log_notice("key_made", "file=%s", path);
    }
    ts_keyfile_destroy(&file);
    ts_box_secret_wipe(&secret);
    return err;
}

/* The key of the doors; made at the first start. */
static ts_err_t
load_key(const char *path, ts_curve_pair_t *ret_pair, ts_msg_t *why)
{
    ts_keyfile_t *file = NULL;
    ts_err_t err = ts_keyfile_load(&file, path, TS_KEYFILE_GATE, NULL, why);
    if (err == TS_ERR_NOTFOUND) {
        return make_key(path, ret_pair, why);
    }
    ts_hash_t public_key;
    ts_box_secret_t secret;
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get_curve(file, &public_key, &secret);
        if (err != TS_ERR_OK) {
            ts_msg_make(why, N_("{1}: there is no key pair of a gate in it"), path, NULL);
        }
    }
    if (err == TS_ERR_OK) {
        copy_pair(&secret, ret_pair);
        ts_box_secret_wipe(&secret);
    }
    ts_keyfile_destroy(&file);
    return err;
}

static void
raise_descriptor_limit(int64_t sessions_max)
{
    const rlim_t wanted = (rlim_t)(sessions_max * DESCRIPTORS_PER_SESSION + DESCRIPTORS_OWN);
    struct rlimit limit;
    TS_CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        TS_CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    }
    if (limit.rlim_cur < wanted) {
        ts_log_warning("descriptors_few", "limit=%ju wanted=%ju", (uintmax_t)limit.rlim_cur,
                       (uintmax_t)wanted);
    }
}

static void
pat_watchdog(void *context, ts_mono_t now)
{
    (void)now;
    ts_watchdog_t *self = context;
    ts_notify("WATCHDOG=1");
    ts_loop_after(self->loop, self->period_ms, pat_watchdog, self);
}

static void
log_end(const ts_loop_t *loop, const ts_gate_t *gate)
{
    const ts_loop_stats_t *turns = ts_loop_stats(loop);
    const ts_gate_stats_t stats = ts_gate_stats(gate);
    ts_log_info("gate_stop",
                "signal=%d turns=%" PRIu64 " turns_long=%" PRIu64 " turn_ms_max=%" PRId64
                " sessions_opened=%" PRIu64 " frames_in=%" PRIu64 " frames_out=%" PRIu64,
                ts_loop_signal(loop), turns->turns, turns->turns_long, turns->turn_ms_max,
                stats.sessions_opened, stats.frames_in, stats.frames_out);
}

static ts_err_t
run(const ts_conf_gate_t *conf, const ts_curve_pair_t *pair, ts_msg_t *why)
{
    const ts_loop_clock_t clock = TS_CLOCK_SYSTEM;
    ts_net_t *net = ts_net_new();
    ts_loop_t *loop = ts_loop_new(&clock);
    ts_loop_catch_signals(loop);
    const char *listen[TS_CONF_ENDPOINTS_MAX];
    for (size_t i = 0; i < conf->listen.count; i++) {
        listen[i] = conf->listen.at[i];
    }
    const char *const fetch[] = {conf->feed.fetch};
    const char *const publish[] = {conf->feed.publish};
    const ts_gate_options_t options = {
        .net = net,
        .loop = loop,
        .pair = pair,
        .sync = {listen, conf->listen.count},
        .pages = {fetch, conf->feed.fetch[0] == '\0' ? 0 : 1},
        .bell = {publish, conf->feed.publish[0] == '\0' ? 0 : 1},
        .node = conf->node.endpoint,
        .sessions_max = (size_t)conf->sessions_max,
        .boot_nonce = (uint32_t)ts_random_u64(ts_random_system()) | 1,
    };
    ts_gate_t *gate = NULL;
    ts_err_t err = ts_gate_open(&options, &gate, why);
    if (err == TS_ERR_OK) {
        ts_watchdog_t watchdog = {loop, ts_notify_watchdog_ms()};
        if (watchdog.period_ms > 0) {
            pat_watchdog(&watchdog, ts_loop_now(loop));
        }
        ts_notify("READY=1");
        ts_loop_run(loop);
        ts_notify("STOPPING=1");
        log_end(loop, gate);
        err = ts_loop_signal(loop) == 0 ? TS_ERR_IO : TS_ERR_OK;
    }
    ts_gate_close(&gate);
    ts_loop_destroy(&loop);
    ts_net_destroy(&net);
    return err;
}

int
main(int argc, char **argv)
{
    const ts_opts_spec_t spec = {
        .program = "tiepsuc-gate",
        .version = TS_VERSION,
        .about = N_("The gate: takes in the connections of the offices below and of subscribers."),
        .service = TS_CONF_GATE,
    };
    ts_opts_t opts;
    ts_conf_t conf;
    const int exit_code = ts_opts_start(&spec, argc, argv, &opts, &conf);
    if (exit_code != TS_OPTS_GO) {
        return exit_code;
    }
    ts_log_set_level(log_level(conf.common.log_level));
    ts_log_set_trace(conf.common.trace);
    raise_descriptor_limit(conf.gate.sessions_max);
    ts_msg_t why = {0};
    ts_curve_pair_t pair;
    ts_err_t err = ts_crypto_init();
    if (err == TS_ERR_OK) {
        err = load_key(conf.gate.key_file, &pair, &why);
    }
    if (err == TS_ERR_OK) {
        char key[2 * TS_HASH_BYTES + 1];
        ts_hex_format(pair.public_key.b, TS_HASH_BYTES, key);
        ts_log_info("gate_start", "version=%s curve_public=%s", TS_VERSION, key);
        err = run(&conf.gate, &pair, &why);
        ts_curve_pair_wipe(&pair);
    }
    if (err != TS_ERR_OK && why.id != NULL) {
        ts_log_message(TS_LOG_ERROR, "gate_failed", &why);
    }
    ts_msg_free(&why);
    return err == TS_ERR_OK ? TS_EXIT_GOOD : TS_EXIT_FAILED;
}
