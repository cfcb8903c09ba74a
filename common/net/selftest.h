/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tries the doors that this process has just bound, as a stranger would (CURVE without
 * an enforced ZAP handler admits any key, and the setter of a packaged library does nothing). A
 * process whose door fails exits.
 *
 * Four attempts at each door: a client without any security is refused; with no table a key is
 * refused; with a table of one key made for the test, that key is admitted (so that a refusal is
 * not an accident) and another key is refused. At the end the table is empty again. It blocks: run
 * it before the loop, as the last step of opening.
 */
#ifndef TS_NET_SELFTEST_H
#define TS_NET_SELFTEST_H

#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"
#include "net/endpoint.h"
#include "net/loop.h"
#include "net/zap.h"

#include <stdint.h>

typedef struct ts_selftest {
    ts_net_t *net;               /* borrowed, as all here */
    ts_zap_t *zap;               /* without a table yet */
    const ts_socket_t *door;     /* bound; the first of its endpoints is tried */
    const ts_hash_t *server_key; /* public key of the door */
    ts_zap_class_t klass;        /* that the door is for */
    const ts_loop_clock_t *clock;
    int64_t deadline_ms; /* for each attempt */
} ts_selftest_t;

/* OK: the door is shut to strangers and opens for an admitted key. CONFIG: it lets a stranger in.
 * IO: it refuses even an admitted key. AGAIN: an attempt had no outcome within the deadline.
 * `detail` says which attempt. */
TS_MUST_USE ts_err_t ts_selftest_run(const ts_selftest_t *options, ts_msg_t *detail);

#endif
