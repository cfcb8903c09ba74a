/* SPDX-License-Identifier: MPL-2.0 */
#include "net/selftest.h"

#include "base/check.h"
#include "net/keys.h"
#include "net/say.h"
#include "net/socket_impl.h"

#include <stdio.h>
#include <string.h>
#include <zmq.h>

typedef enum ts_outcome { ADMITTED, REFUSED, SILENT } ts_outcome_t;

/* Where a client of this machine finds the door: the wildcard address is reached by loopback. */
static void
near_endpoint(const ts_socket_t *door, char *out, size_t bytes)
{
    static const char any[] = "tcp://0.0.0.0:";
    const char *endpoint = ts_socket_endpoint(door);
    if (strncmp(endpoint, any, sizeof any - 1) == 0) {
        snprintf(out, bytes, "tcp://127.0.0.1:%s", endpoint + sizeof any - 1);
    } else {
        snprintf(out, bytes, "%s", endpoint);
    }
}

/* The outcome as the events of the trying socket show it; our own ZAP handler is served meanwhile.
 */
static ts_outcome_t
await_outcome(const ts_selftest_t *options, ts_socket_t *client)
{
    const ts_loop_clock_t *clock = options->clock;
    const int64_t end_ms = clock->mono(clock->context).ms + options->deadline_ms;
    for (;;) {
        const ts_mono_t now = clock->mono(clock->context);
        if (now.ms >= end_ms) {
            return SILENT;
        }
        zmq_pollitem_t items[] = {
            {client->monitor, 0, ZMQ_POLLIN, 0},
            {ts_zap_socket(options->zap)->handle, 0, ZMQ_POLLIN, 0},
        };
        if (zmq_poll(items, 2, (long)(end_ms - now.ms)) < 0) {
            continue;
        }
        ts_zap_answer(options->zap, now);
        ts_link_event_t event;
        while (ts_socket_next_event(client, &event) == TS_ERR_OK) {
            if (event.change == TS_LINK_READY) {
                return ADMITTED;
            }
            if (event.change == TS_LINK_REFUSED || event.change == TS_LINK_FAILED ||
                event.change == TS_LINK_DOWN) {
                return REFUSED;
            }
        }
    }
}

/* pair NULL: without any security. */
static ts_err_t
attempt(const ts_selftest_t *options,
        const ts_curve_pair_t *pair,
        ts_outcome_t *ret_outcome,
        ts_msg_t *detail)
{
    char endpoint[TS_ENDPOINT_BYTES_MAX];
    near_endpoint(options->door, endpoint, sizeof endpoint);
    const bool is_bell = options->door->type == ZMQ_XPUB;
    ts_socket_t *client = NULL;
    ts_err_t err;
    if (pair == NULL) {
        err = ts_probe_open(options->net, endpoint, is_bell, &client, detail);
    } else {
        ts_curve_client_t curve = {endpoint, options->server_key, pair};
        err = is_bell ? ts_bell_reader_open(options->net, &curve, &client, detail)
                      : ts_uplink_open(options->net, &curve, &client, detail);
    }
    if (err == TS_ERR_OK) {
        *ret_outcome = await_outcome(options, client);
    }
    ts_socket_close(&client);
    return err;
}

static ts_err_t
judge(const ts_selftest_t *options,
      ts_outcome_t outcome,
      ts_outcome_t expected,
      const char *who,
      ts_msg_t *detail)
{
    const char *endpoint = ts_socket_endpoint(options->door);
    if (outcome == expected) {
        return TS_ERR_OK;
    }
    if (outcome == SILENT) {
        TS_NET_SAY(detail, N_("self-test of {1}: no answer ({2})"), endpoint, who, NULL);
        return TS_ERR_AGAIN;
    }
    if (outcome == ADMITTED) {
        TS_NET_SAY(detail, N_("self-test of {1}: the door lets strangers in ({2})"), endpoint, who,
                   NULL);
        return TS_ERR_CONFIG;
    }
    TS_NET_SAY(detail, N_("self-test of {1}: the door refuses an admitted key"), endpoint, NULL);
    return TS_ERR_IO;
}

ts_err_t
ts_selftest_run(const ts_selftest_t *options, ts_msg_t *detail)
{
    TS_CHECK(!ts_zap_is_ready(options->zap));
    ts_curve_pair_t guest;
    ts_curve_pair_t stranger;
    ts_curve_pair_make(&guest);
    ts_curve_pair_make(&stranger);
    const struct {
        const char *who;
        const ts_curve_pair_t *pair;
        bool with_table;
        ts_outcome_t expected;
    } attempts[] = {
        {"no security", NULL, false, REFUSED},
        {"no table", &guest, false, REFUSED},
        {"admitted key", &guest, true, ADMITTED},
        {"unknown key", &stranger, true, REFUSED},
    };
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < sizeof attempts / sizeof attempts[0]; i++) {
        if (attempts[i].with_table) {
            ts_zap_entry_t entry = {guest.public_key, options->klass};
            TS_CHECK(ts_zap_admit(options->zap, &entry, 1) == TS_ERR_OK);
        }
        ts_outcome_t outcome = SILENT;
        err = attempt(options, attempts[i].pair, &outcome, detail);
        if (err == TS_ERR_OK) {
            err = judge(options, outcome, attempts[i].expected, attempts[i].who, detail);
        }
    }
    ts_zap_clear(options->zap);
    ts_curve_pair_wipe(&guest);
    ts_curve_pair_wipe(&stranger);
    return err;
}
