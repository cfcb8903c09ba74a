/* SPDX-License-Identifier: MPL-2.0 */
#include "base/i18n.h"
#include "base/limits.h"
#include "conf/conf_p.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAY_SECONDS 86400

#define COMMON(field) offsetof(ts_conf_common_t, field)
/* Data folder, control endpoint, and what all services share. */
static const ts_conf_key_t common_keys[] = {
    {.path = "data_dir",
     .kind = &ts_conf_kind_path,
     .offset = COMMON(data_dir),
     .fallback = "/var/lib/tiepsuc/{service}",
     .help = N_("Folder of the databases, the keys and what the invite brought.")},
    {.path = "control",
     .kind = &ts_conf_kind_ipc,
     .offset = COMMON(control),
     .fallback = "ipc:///run/tiepsuc/{service}.sock",
     .help = N_("Where this service takes commands and queries on this machine.")},
    {.path = "language",
     .kind = &ts_conf_kind_choice,
     .offset = COMMON(language),
     .fallback = "auto",
     .choices = "auto vi en",
     .help = N_("Language of messages: vi, en, or auto (as the system is set, else Vietnamese).")},
    {.path = "log/level",
     .kind = &ts_conf_kind_choice,
     .offset = COMMON(log_level),
     .fallback = "info",
     .choices = "debug info warn error",
     .help = N_("What is written to the log: debug, info, warn or error and what is graver.")},
    {.path = "log/trace",
     .kind = &ts_conf_kind_trace,
     .offset = COMMON(trace),
     .fallback = "",
     .may_be_empty = true,
     .choices = TS_CONF_TRACE_AREAS,
     .help = N_("Areas to follow in every detail, separated by commas; empty for none.")},
};

#define SYNC(field) offsetof(ts_conf_sync_t, field)
static const ts_conf_key_t sync_keys[] = {
    {.path = "sync/interval_seconds",
     .kind = &ts_conf_kind_number,
     .offset = SYNC(interval_seconds),
     .fallback = "300",
     .if_metered = "1800",
     .min = 10,
     .max = DAY_SECONDS,
     .help = N_("A connection is tried at least so often, in seconds.")},
    {.path = "sync/seal_interval_seconds",
     .kind = &ts_conf_kind_number,
     .offset = SYNC(seal_interval_seconds),
     .fallback = "0",
     .if_metered = "600",
     .min = 0,
     .max = DAY_SECONDS,
     .help = N_("Entries wait so many seconds to be sent together; 0 sends at once.")},
    {.path = "sync/holding_seconds",
     .kind = &ts_conf_kind_number,
     .offset = SYNC(holding_seconds),
     .fallback = "300",
     .if_metered = "900",
     .min = 1,
     .max = 3600,
     .help = N_("So often, in seconds, the offices below are told what is held here.")},
    {.path = "sync/metered",
     .kind = &ts_conf_kind_bool,
     .offset = SYNC(metered),
     .fallback = "no",
     .help = N_("The link is paid by volume: the other values of this section default to thrift.")},
    {.path = "sync/bytes_per_day_max",
     .kind = &ts_conf_kind_number,
     .offset = SYNC(bytes_per_day_max),
     .fallback = "0",
     .min = 0,
     .max = INT64_C(1000000000000),
     .help = N_("Bytes that may be sent upward in a day; 0 for no limit.")},
    {.path = "sync/ping_seconds",
     .kind = &ts_conf_kind_number,
     .offset = SYNC(ping_seconds),
     .fallback = "20",
     .if_metered = "90",
     .min = 5,
     .max = 600,
     .help = N_("After so many seconds of silence the other side is asked whether it is there.")},
};

#define OFFICE(field) offsetof(ts_conf_t, office.field)
static const ts_conf_key_t office_keys[] = {
    {.path = "parent/endpoint",
     .kind = &ts_conf_kind_tcp_list,
     .offset = OFFICE(parent.endpoint),
     .fallback = "",
     .may_be_empty = true,
     .help =
         N_("Address of the office above; may stand up to 4 times; empty: as the invite says.")},
    {.path = "parent/curve_public",
     .kind = &ts_conf_kind_key,
     .offset = OFFICE(parent.curve_public),
     .fallback = "",
     .may_be_empty = true,
     .help = N_("Public key of the gate above, 64 hex digits; empty: as the invite says.")},
    {.path = "gate/endpoint",
     .kind = &ts_conf_kind_ipc,
     .offset = OFFICE(gate.endpoint),
     .fallback = "ipc:///run/tiepsuc/gate/node.sock",
     .help = N_("Where the gate on this machine hands over what comes from the offices below.")},
};

#define GATE(field) offsetof(ts_conf_t, gate.field)
static const ts_conf_key_t gate_keys[] = {
    {.path = "listen",
     .kind = &ts_conf_kind_tcp_list,
     .offset = GATE(listen),
     .fallback = "tcp://*:7500",
     .help = N_("Address and port for the offices below; may stand up to 4 times.")},
    {.path = "key_file",
     .kind = &ts_conf_kind_path,
     .offset = GATE(key_file),
     .fallback = "/var/lib/tiepsuc/gate/gate.key",
     .help = N_("Key file of this gate.")},
    {.path = "sessions_max",
     .kind = &ts_conf_kind_number,
     .offset = GATE(sessions_max),
     .fallback = "500",
     .min = 1,
     .max = TS_SESSIONS_MAX,
     .help = N_("So many offices may be connected at a time.")},
    {.path = "node/endpoint",
     .kind = &ts_conf_kind_ipc,
     .offset = GATE(node.endpoint),
     .fallback = "ipc:///run/tiepsuc/gate/node.sock",
     .help = N_("The gate endpoint of the office or aggregator behind this gate.")},
    {.path = "feed/publish",
     .kind = &ts_conf_kind_tcp,
     .offset = GATE(feed.publish),
     .fallback = "",
     .may_be_empty = true,
     .help = N_("Where subscribers hear that there is something new; empty: nowhere.")},
    {.path = "feed/fetch",
     .kind = &ts_conf_kind_tcp,
     .offset = GATE(feed.fetch),
     .fallback = "",
     .may_be_empty = true,
     .help = N_("Where subscribers fetch the feed from any position; empty: nowhere.")},
};

#define AGGREGATOR(field) offsetof(ts_conf_t, aggregator.field)
static const ts_conf_key_t aggregator_keys[] = {
    {.path = "gate/endpoint",
     .kind = &ts_conf_kind_ipc,
     .offset = AGGREGATOR(gate.endpoint),
     .fallback = "ipc:///run/tiepsuc/gate/node.sock",
     .help = N_("Where the gate on this machine hands over what comes from the offices below.")},
};

#define REPORTER(field) offsetof(ts_conf_t, reporter.field)
static const ts_conf_key_t reporter_keys[] = {
    {.path = "node/control",
     .kind = &ts_conf_kind_ipc,
     .offset = REPORTER(node.control),
     .fallback = "ipc:///run/tiepsuc/aggregator.sock",
     .help = N_("The control endpoint of the aggregator or office whose reports these are.")},
    {.path = "out_dir",
     .kind = &ts_conf_kind_path,
     .offset = REPORTER(out_dir),
     .fallback = "/var/lib/tiepsuc/reports",
     .help = N_("Folder of the report files.")},
    {.path = "reminders_days",
     .kind = &ts_conf_kind_days,
     .offset = REPORTER(reminders_days),
     .fallback = "30, 14, 7, 3, 1",
     .may_be_empty = true,
     .min = 0,
     .max = 365,
     .help =
         N_("Reminders so many days before a report is due, separated by commas; empty for none.")},
};

/* The common keys of a service that takes no commands: without the control endpoint. What can be
 * asked of a gate its node answers. */
enum { AT_CONTROL = 1 };
#define GROUPS_WITHOUT_CONTROL                                             \
    {common_keys, AT_CONTROL, offsetof(ts_conf_t, common)},                \
    {                                                                      \
        common_keys + AT_CONTROL + 1, COUNT(common_keys) - AT_CONTROL - 1, \
            offsetof(ts_conf_t, common)                                    \
    }

static const ts_conf_group_t office_groups[] = {
    {common_keys, COUNT(common_keys), offsetof(ts_conf_t, common)},
    {office_keys, COUNT(office_keys), 0},
    {sync_keys, COUNT(sync_keys), OFFICE(sync)},
};
static const ts_conf_group_t gate_groups[] = {
    GROUPS_WITHOUT_CONTROL,
    {gate_keys, COUNT(gate_keys), 0},
};
static const ts_conf_group_t aggregator_groups[] = {
    {common_keys, COUNT(common_keys), offsetof(ts_conf_t, common)},
    {aggregator_keys, COUNT(aggregator_keys), 0},
    {sync_keys, COUNT(sync_keys), AGGREGATOR(sync)},
};
static const ts_conf_group_t reporter_groups[] = {
    GROUPS_WITHOUT_CONTROL,
    {reporter_keys, COUNT(reporter_keys), 0},
};

const ts_conf_table_t ts_conf_tables[TS_CONF_SERVICES] = {
    [TS_CONF_OFFICE] = {"office", office_groups, COUNT(office_groups)},
    [TS_CONF_GATE] = {"gate", gate_groups, COUNT(gate_groups)},
    [TS_CONF_AGGREGATOR] = {"aggregator", aggregator_groups, COUNT(aggregator_groups)},
    [TS_CONF_REPORTER] = {"reporter", reporter_groups, COUNT(reporter_groups)},
};

const char *
ts_conf_section_help(const char *section, size_t bytes)
{
    static const struct {
        const char *section;
        const char *help;
    } helps[] = {
        {"log", N_("The log.")},
        {"parent", N_("The office above.")},
        {"gate", N_("The gate, if offices connect to this one.")},
        {"sync", N_("Transfer with the offices above and below.")},
        {"node", N_("The office or aggregator on this machine.")},
        {"feed", N_("The feed of events for subscribers.")},
    };
    for (size_t i = 0; i < COUNT(helps); i++) {
        if (strlen(helps[i].section) == bytes && memcmp(helps[i].section, section, bytes) == 0) {
            return helps[i].help;
        }
    }
    return NULL;
}
