/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Configuration: a file becomes one struct of plain values for each service. Units stand in the
 * names. There is no reload: restart is the reload (state is on the disk). A table gives every key
 * its type, range, default and help; a key that is not in the table, a value outside its range and
 * a line that cannot be read are errors that name file, line, value and what is allowed. The syntax
 * is the part of ZPL described in conf/zpl.h. czmq's zconfig is not used: it knows no lines, and
 * tells errors only to its own log; this reader is smaller than the wrapper it would need.
 * Keys and enrolment do not stand here: key files (crypto/keyfile.h), and what an invite brought
 * lies in data_dir. The examples in deploy/conf/ show every key. Used by the services' main.c only.
 */
#ifndef TS_CONF_CONF_H
#define TS_CONF_CONF_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_CONF_FILE_BYTES_MAX (64u * 1024u)
#define TS_CONF_PATH_BYTES 256     /* with NUL */
#define TS_CONF_ENDPOINT_BYTES 128 /* with NUL; an ipc path may have 100 bytes (Linux: 107) */
#define TS_CONF_ENDPOINTS_MAX 4
#define TS_CONF_DAYS_MAX 16
#define TS_CONF_TRACE_BYTES 128

/* What `log/trace` and -T may name, separated by spaces. */
#define TS_CONF_TRACE_AREAS \
    "all command conf custody feed fold gate link net report store sync wire"

typedef enum ts_conf_service {
    TS_CONF_OFFICE,
    TS_CONF_GATE,
    TS_CONF_AGGREGATOR,
    TS_CONF_REPORTER,
    TS_CONF_SERVICES, /* how many there are */
} ts_conf_service_t;

typedef enum ts_conf_language {
    TS_CONF_LANGUAGE_AUTO, /* from the environment, else Vietnamese */
    TS_CONF_LANGUAGE_VI,
    TS_CONF_LANGUAGE_EN,
} ts_conf_language_t;

typedef enum ts_conf_log_level {
    TS_CONF_LOG_DEBUG,
    TS_CONF_LOG_INFO,
    TS_CONF_LOG_WARN,
    TS_CONF_LOG_ERROR,
} ts_conf_log_level_t;

/* Endpoints in the order of the file. */
typedef struct ts_conf_endpoints {
    char at[TS_CONF_ENDPOINTS_MAX][TS_CONF_ENDPOINT_BYTES];
    size_t count;
} ts_conf_endpoints_t;

typedef struct ts_conf_days {
    int at[TS_CONF_DAYS_MAX]; /* days, falling */
    size_t count;
} ts_conf_days_t;

/* What every service has. */
typedef struct ts_conf_common {
    char data_dir[TS_CONF_PATH_BYTES];    /* absolute; databases, keys, what the invite brought */
    char control[TS_CONF_ENDPOINT_BYTES]; /* ipc; commands and queries; "" for gate, reporter */
    int language;                         /* ts_conf_language_t */
    int log_level;                        /* ts_conf_log_level_t */
    char trace[TS_CONF_TRACE_BYTES];      /* areas separated by commas; "" for none */
} ts_conf_common_t;

/* Transfer with the neighbours in the tree. */
typedef struct ts_conf_sync {
    int64_t interval_seconds;      /* at least so often a session is tried */
    int64_t seal_interval_seconds; /* shortest time between two seals of a log; 0: none */
    int64_t holding_seconds;       /* pause between two records of what is held here */
    bool metered;                  /* the link is paid by volume */
    int64_t bytes_per_day_max;     /* budget of the uplink; 0: none */
    int64_t ping_seconds;          /* silence after which a PING is sent */
} ts_conf_sync_t;

typedef struct ts_conf_office {
    ts_conf_common_t common;
    struct {
        ts_conf_endpoints_t endpoint; /* tcp; none: as the invite says */
        ts_hash_t curve_public;       /* zero: as the invite says */
    } parent;
    struct {
        char endpoint[TS_CONF_ENDPOINT_BYTES]; /* ipc; where this office's own gate comes in */
    } gate;
    ts_conf_sync_t sync;
} ts_conf_office_t;

typedef struct ts_conf_gate {
    ts_conf_common_t common;
    ts_conf_endpoints_t listen;        /* tcp; at least one */
    char key_file[TS_CONF_PATH_BYTES]; /* CURVE pair, kind gate */
    int64_t sessions_max;              /* 1..TS_SESSIONS_MAX */
    struct {
        char endpoint[TS_CONF_ENDPOINT_BYTES]; /* ipc; the gate endpoint of the node behind */
    } node;
    struct {
        char publish[TS_CONF_ENDPOINT_BYTES]; /* tcp; the doorbell; "" = none */
        char fetch[TS_CONF_ENDPOINT_BYTES];   /* tcp; the feed by position; "" = none */
    } feed;
} ts_conf_gate_t;

typedef struct ts_conf_aggregator {
    ts_conf_common_t common;
    struct {
        char endpoint[TS_CONF_ENDPOINT_BYTES]; /* as in ts_conf_office_t */
    } gate;
    ts_conf_sync_t sync;
} ts_conf_aggregator_t;

typedef struct ts_conf_reporter {
    ts_conf_common_t common;
    struct {
        char control[TS_CONF_ENDPOINT_BYTES]; /* ipc; control endpoint of the node that is asked */
    } node;
    char out_dir[TS_CONF_PATH_BYTES]; /* absolute; report files */
    ts_conf_days_t reminders_days;    /* so many days before a report is due; none: no reminders */
} ts_conf_reporter_t;

/* The configuration of one service; only the member of `service` (and `common`) means anything. */
typedef struct ts_conf {
    ts_conf_service_t service;
    union {
        ts_conf_common_t common;
        ts_conf_office_t office;
        ts_conf_gate_t gate;
        ts_conf_aggregator_t aggregator;
        ts_conf_reporter_t reporter;
    };
} ts_conf_t;

/* "office", "gate"…: the service's name in paths. */
const char *ts_conf_service_name(ts_conf_service_t service);

/* Reads a file. Any error is CONFIG, ret_why says file, line (where there is one) and reason, and
 * ret_conf is untouched. Blocks for the reading of a small file. */
TS_MUST_USE ts_err_t ts_conf_load(ts_conf_service_t service,
                                  const char *path,
                                  ts_conf_t *ret_conf,
                                  ts_msg_t *ret_why);

/* The same from memory; `file` is the name for messages. An empty text gives the defaults. */
TS_MUST_USE ts_err_t ts_conf_parse(ts_conf_service_t service,
                                   const char *file,
                                   ts_bytes_t text,
                                   ts_conf_t *ret_conf,
                                   ts_msg_t *ret_why);

/* Appends the complete configuration in the syntax of the file, with the help texts as comments;
 * reading it again gives the same. translate turns a help text into the reader's language; NULL
 * leaves it English. */
void ts_conf_print(const ts_conf_t *conf, const char *(*translate)(const char *id), ts_buf_t *out);

/* Whether a text is a list of trace areas separated by commas; "" is. */
bool ts_conf_trace_is_valid(const char *text);

#endif
