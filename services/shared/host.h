/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Runs a node as a daemon: gives it clock, sockets and signals, and carries its effects out. What
 * tiepsuc-office and tiepsuc-aggregator share; they differ in their configuration and in the role
 * that the identity in their data folder gives them.
 */
#ifndef TS_SERVICES_SHARED_HOST_H
#define TS_SERVICES_SHARED_HOST_H

#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"
#include "conf/conf.h"

#include <stdbool.h>

typedef struct ts_host_options {
    const char *program; /* for log lines */
    const char *version; /* told to peers, static */
    const ts_conf_common_t *common;
    const ts_conf_sync_t *sync;
    const char *gate_endpoint;    /* ipc; where our own gate comes in; "" = no gate */
    const char *parent_endpoints; /* words; NULL = as registry or invite say */
    const ts_hash_t *parent_key;  /* CURVE key of the parent's gate; NULL or zero = the same */
    bool is_province;             /* the folder must be a province's, else it must not */
    bool once;                    /* one session with the parent, then exit */
} ts_host_options_t;

/* Blocks until a signal, the end of --once, or a failure that needs a restart. Exit code of the
 * process: TS_EXIT_GOOD, _FAILED. */
int ts_host_run(const ts_host_options_t *options);

/* Copies conf's list of endpoints into one text with spaces; "" when there are none. */
void ts_host_join_endpoints(const ts_conf_endpoints_t *endpoints, char *out, size_t bytes);
/* Log level and trace of the configuration. */
void ts_host_set_log(const ts_conf_common_t *common);

#endif
