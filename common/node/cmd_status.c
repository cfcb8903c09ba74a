/* SPDX-License-Identifier: MPL-2.0 */
/* status: how much is saved, held, anchored, what waits for a person, how the links are. */
#include "base/i18n.h"
#include "core/envelope.h"
#include "core/kind.h"
#include "node/bundle.h"
#include "node/cmd.h"
#include "node/names.h"
#include "node/states.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LOGS_SHOWN_MAX 1000u

/* One fact: its column first, its cell in a second round. */
typedef struct fact {
    const char *name;
    const char *title;
    const char *format;
    int64_t number;
    const char *text; /* instead of the number */
    bool none;
} fact_t;

#define FACTS_MAX 48u

typedef struct facts {
    fact_t rows[FACTS_MAX];
    size_t count;
    ts_kept_t kept;
} facts_t;

static void
add_number(facts_t *facts, const char *name, const char *title, const char *format, int64_t number)
{
    if (facts->count < FACTS_MAX) {
        facts->rows[facts->count++] = (fact_t){name, title, format, number, NULL, false};
    }
}

static void
add_text(facts_t *facts, const char *name, const char *title, const char *text)
{
    if (facts->count < FACTS_MAX) {
        facts->rows[facts->count++] = (fact_t){name, title, "text", 0, text, text == NULL};
    }
}

static void
put_facts(ts_job_t *job, const facts_t *facts)
{
    ts_table_t *table = ts_reply_add_table(&job->reply, "status");
    for (size_t i = 0; i < facts->count; i++) {
        ts_table_add_column(table, facts->rows[i].name, facts->rows[i].title,
                            facts->rows[i].format);
    }
    for (size_t i = 0; i < facts->count; i++) {
        const fact_t *fact = &facts->rows[i];
        if (fact->text != NULL || fact->none) {
            ts_table_add_text(table, fact->text);
        } else {
            ts_table_add_number(table, fact->number);
        }
    }
}

/* ---- the three states */

typedef struct states {
    uint64_t saved;
    uint64_t held;
    uint64_t anchored;
    uint64_t open_bytes; /* sealed, and not known to be held by the parent */
    int64_t oldest_ms;   /* oldest sealed entry that is not anchored; 0 = none */
    uint64_t tail;
} states_t;

/* At the province: what any office below holds of its own is as safe as can be. */
static ts_err_t
count_states(ts_node_t *node, states_t *states)
{
    ts_custody_status_t held = {0};
    ts_custody_status_t anchored = {0};
    ts_err_t err = ts_custody_status(node->custody, ts_state_parent(node), &held);
    if (err == TS_ERR_OK) {
        err = ts_custody_status(node->custody, ts_state_root(node), &anchored);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    states->tail = held.tail_events;
    states->saved = held.tail_events + held.sealed_events;
    states->held = held.held_events;
    states->open_bytes = held.sealed_bytes - held.held_bytes;
    states->anchored = anchored.held_events;
    states->oldest_ms = anchored.oldest_open_ms;
    if (states->held < states->anchored) {
        states->held = states->anchored; /* the province has it, so the parent had it */
    }
    return TS_ERR_OK;
}

static void
add_states(const ts_node_t *node, const states_t *states, facts_t *facts)
{
    add_number(facts, "saved", N_("Entries saved here"), "number", (int64_t)states->saved);
    bool root = node->identity.parent_office == 0;
    add_number(facts, "held",
               root ? N_("… of them held by an office below") : N_("… of them held by the parent"),
               "number", (int64_t)states->held);
    add_number(facts, "anchored",
               root ? N_("… of them anchored") : N_("… of them anchored at the province"), "number",
               (int64_t)states->anchored);
    add_number(facts, "unsealed", N_("… not sealed yet"), "number", (int64_t)states->tail);
    int64_t age = states->oldest_ms == 0 ? 0 : (node->wall.ms - states->oldest_ms) / 1000;
    add_number(facts, "oldest_unanchored_s",
               N_("Age of the oldest entry that is not anchored, seconds"), "number",
               age < 0 ? 0 : age);
}

/* ---- who, ledger, link, disk */

static void
add_identity(const ts_node_t *node, facts_t *facts)
{
    static const char *const roles[] = {NULL,      "province", "district",
                                        "commune", "body",     "subscriber"};
    int role = node->identity.role;
    add_number(facts, "office", N_("Office"), "number", node->identity.keys.office);
    add_text(facts, "name", N_("Name"), node->identity.name);
    add_text(facts, "role", N_("Role"), role > 0 && role < 6 ? roles[role] : NULL);
    add_text(facts, "unit", N_("Administrative unit"),
             ts_names_label(node, TS_KIND_UNIT, node->identity.unit));
    add_text(facts, "body", N_("Body"), ts_names_label(node, TS_KIND_BODY, node->identity.body));
    add_text(facts, "software", N_("Program"), node->options.software);
}

static ts_err_t
add_ledger(ts_node_t *node, facts_t *facts)
{
    ts_ledger_counts_t counts = {0};
    ts_custody_counts_t custody = {0};
    ts_fold_state_t fold;
    ts_err_t err = ts_ledger_counts(node->ledger, &counts);
    if (err == TS_ERR_OK) {
        err = ts_custody_counts(node->custody, &custody);
    }
    ts_fold_state(node->fold, &fold);
    add_number(facts, "records", N_("Records"), "number", (int64_t)counts.records);
    add_number(facts, "parked", N_("Parked"), "number", (int64_t)counts.parked);
    add_number(facts, "pending", N_("Waiting for another record"), "number",
               (int64_t)counts.pending);
    add_number(facts, "conflicts", N_("Conflicts"), "number", (int64_t)counts.conflicts);
    add_number(facts, "negative", N_("Balances below zero"), "number", (int64_t)counts.negative);
    add_number(facts, "repeats", N_("Repeated support"), "number", (int64_t)counts.repeats);
    add_number(facts, "duplicates", N_("Possible duplicates"), "number",
               (int64_t)counts.duplicates);
    add_number(facts, "waiting_segments", N_("Segments that wait for a predecessor"), "number",
               (int64_t)custody.waiting);
    add_number(facts, "refused_segments", N_("Refused segments"), "number",
               (int64_t)custody.refused);
    add_number(facts, "damaged_segments", N_("Damaged segments"), "number",
               (int64_t)node->scrub.count);
    add_number(facts, "forked_logs", N_("Forked logs"), "number", (int64_t)custody.forked_logs);
    add_number(facts, "segments", N_("Segments"), "number", (int64_t)custody.segments);
    add_number(facts, "to_fold", N_("Segments not counted in yet"), "number",
               (int64_t)(fold.arrival_last - fold.arrival));
    add_number(facts, "rebuilding", N_("The ledger is being made anew"), "number",
               fold.rebuilding || fold.redoing);
    return err;
}

static const char *
link_word(const ts_node_t *node)
{
    static const char *const words[] = {
        [TS_UPLINK_IDLE] = "off", [TS_UPLINK_CONNECTING] = "connecting", [TS_UPLINK_UP] = "up"};
    return node->identity.parent_office == 0 ? "root" : words[node->uplink.state];
}

static void
add_link(const ts_node_t *node, facts_t *facts)
{
    bool ended = node->uplink.ended_at.ms != 0 && node->uplink.state != TS_UPLINK_UP;
    add_text(facts, "link", N_("Link to the parent"), link_word(node));
    add_text(facts, "link_error", N_("Last reason why it ended"),
             ended ? ts_err_name(node->uplink.last_end) : NULL);
    add_number(facts, "root_time", N_("Last time heard from the province"), "time",
               (int64_t)node->root_time_s);
    /* -1: not known, also when this machine's clock lies behind what the province said. */
    int64_t age = node->root_time_s == 0 ? -1 : node->wall.ms / 1000 - (int64_t)node->root_time_s;
    age = age < 0 ? -1 : age;
    add_number(facts, "registry_age_s", N_("Age of the registry, seconds (-1: never received)"),
               "number", node->identity.parent_office == 0 ? 0 : age);
}

/* What this office keeps for the province and cannot read; at the province the number of keepers.
 */
static ts_err_t
add_kept(ts_node_t *node, facts_t *facts)
{
    ts_err_t err = ts_keepers_kept(node, &facts->kept);
    if (err == TS_ERR_OK && node->identity.parent_office == 0) {
        add_number(facts, "keepers", N_("Keepers of the province's own books"), "number",
                   (int64_t)facts->kept.keepers);
    } else if (err == TS_ERR_OK && facts->kept.bytes > 0) {
        add_number(facts, "kept_bytes", N_("Kept for the province, closed, bytes"), "number",
                   (int64_t)facts->kept.bytes);
    }
    return err;
}

/* What goes along with the next stick to the parent, and the last ones there and back. */
static ts_err_t
add_bundles(ts_node_t *node, const states_t *states, facts_t *facts)
{
    ts_bundle_memo_t memo;
    uint32_t parent = ts_node_parent(node);
    if (parent == 0) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_bundle_memo_get(node, parent, &memo);
    if (err != TS_ERR_OK) {
        return err;
    }
    add_number(facts, "to_carry", N_("Entries that wait for a link or a stick"), "number",
               (int64_t)(states->saved - states->held));
    add_number(facts, "to_carry_bytes", N_("… sealed of them, bytes"), "number",
               (int64_t)states->open_bytes);
    add_number(facts, "bundle_out", N_("Last bundle written for the parent, its number"), "number",
               (int64_t)memo.written_number);
    add_number(facts, "bundle_out_time", N_("… when"), "time", memo.written_ms / 1000);
    add_number(facts, "bundle_in", N_("Last bundle of the parent taken in, its number"), "number",
               (int64_t)memo.in_number);
    add_number(facts, "bundle_in_time", N_("… when"), "time", memo.in_ms / 1000);
    return TS_ERR_OK;
}

/* Those whom the gate turned away; an office without a gate has nobody below it. */
static void
add_gate(const ts_node_t *node, facts_t *facts)
{
    if (node->gate_there) {
        add_number(facts, "refused_keys", N_("Connections refused: unknown or revoked key"),
                   "number", (int64_t)node->gate_figures.refused);
        add_number(facts, "banned_peers", N_("Connections cut: flooding or breaking the rules"),
                   "number", (int64_t)node->gate_figures.banned);
    }
}

static void
add_disk(const ts_node_t *node, facts_t *facts)
{
    ts_space_t space = {0};
    if (node->datadir != NULL && ts_datadir_space(node->datadir, &space) == TS_ERR_OK) {
        add_number(facts, "disk_free_mib", N_("Free on the disk, MiB"), "number",
                   (int64_t)(space.free_bytes >> 20));
        add_number(facts, "disk_free_percent", N_("Free on the disk"), "percent",
                   (int64_t)space.free_percent);
    }
}

/* -1: never. */
static ts_err_t
add_backup(ts_node_t *node, facts_t *facts)
{
    uint64_t made_s = 0;
    uint64_t arrival = 0;
    ts_err_t err = ts_snapshot_last(node, &made_s, &arrival);
    int64_t age = made_s == 0 ? -1 : node->wall.ms / 1000 - (int64_t)made_s;
    uint64_t since = ts_custody_arrival(node->custody) - arrival;
    add_number(facts, "backup_age_s", N_("Age of the last backup, seconds (-1: none)"), "number",
               age < -1 ? 0 : age);
    add_number(facts, "since_backup", N_("Segments since the last backup"), "number",
               (int64_t)since);
    if (node->regain != 0) {
        add_number(facts, "returning", N_("Getting back what was lost (tiepsuc rebuild status)"),
                   "number", 1);
    }
    return err;
}

/* ---- tables beside */

static ts_err_t
put_log_row(ts_node_t *node, ts_table_t *table, const ts_log_info_t *info, ts_own_t own)
{
    static const char *const purposes[] = {NULL,   "acts",     "records", "registry",
                                           "down", "holdings", "private", "kept"};
    ts_log_size_t size = {0};
    ts_tail_size_t tail = {0};
    uint64_t held = 0;
    uint64_t anchored = 0;
    ts_err_t err = ts_custody_log_size(node->custody, &info->log, &size);
    if (err == TS_ERR_OK && own != TS_OWN_NOT) {
        err = ts_custody_tail_size(node->custody, &info->log, &tail);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_held_seq(node->custody, ts_state_parent(node), &info->log, &held);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_held_seq(node->custody, ts_state_root(node), &info->log, &anchored);
    }
    char hex[17];
    ts_hex_format(info->log.b, 8, hex);
    ts_table_add_text(table, hex);
    ts_table_add_number(table, info->office);
    ts_table_add_text(table, info->purpose < 8 ? purposes[info->purpose] : NULL);
    ts_table_add_number(table, own == TS_OWN_ACTIVE);
    ts_table_add_number(table, (int64_t)size.events);
    ts_table_add_number(table, (int64_t)tail.events);
    ts_table_add_number(table, (int64_t)held);
    ts_table_add_number(table, (int64_t)anchored);
    ts_table_add_number(table, (int64_t)size.bytes);
    ts_table_add_number(table, info->forked);
    return err;
}

static ts_err_t
put_logs(ts_job_t *job, bool all)
{
    static const struct {
        const char *name;
        const char *title;
    } columns[] = {
        {"log", N_("Log")},       {"office", N_("Office")},     {"purpose", N_("Purpose")},
        {"active", N_("In use")}, {"events", N_("Events")},     {"unsealed", N_("Not sealed yet")},
        {"held", N_("Held")},     {"anchored", N_("Anchored")}, {"bytes", N_("Bytes")},
        {"forked", N_("Forked")},
    };
    ts_node_t *node = job->node;
    ts_table_t *table = ts_reply_add_table(&job->reply, "logs");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        bool text = i == 0 || i == 2;
        ts_table_add_column(table, columns[i].name, columns[i].title, text ? "text" : "number");
    }
    ts_log_info_t info = {.office = 0};
    ts_err_t err = TS_ERR_OK;
    for (size_t rows = 0; err == TS_ERR_OK && rows < LOGS_SHOWN_MAX &&
                          ts_custody_log_next(node->custody, &info) == TS_ERR_OK;) {
        ts_own_t own = TS_OWN_NOT;
        err = ts_custody_log_own(node->custody, &info.log, &own);
        if (err == TS_ERR_OK && (all || own != TS_OWN_NOT)) {
            err = put_log_row(node, table, &info, own);
            rows++;
        }
    }
    return err;
}

/* Offices with which bundles went there or back. */
static ts_err_t
put_bundles(ts_job_t *job)
{
    static const struct {
        const char *name;
        const char *title;
        const char *format;
    } columns[] = {
        {"office", N_("Office"), "number"},
        {"name", N_("Name"), "text"},
        {"out", N_("Last bundle written for it"), "number"},
        {"out_time", N_("Written"), "time"},
        {"in", N_("Last bundle of it"), "number"},
        {"in_time", N_("Taken in"), "time"},
    };
    ts_node_t *node = job->node;
    ts_table_t *table = ts_reply_add_table(&job->reply, "bundles");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        ts_table_add_column(table, columns[i].name, columns[i].title, columns[i].format);
    }
    size_t position = 0;
    const ts_office_t *office;
    ts_err_t err = TS_ERR_OK;
    while (err == TS_ERR_OK &&
           (office = ts_catalog_next(ts_node_catalog(node), TS_KIND_OFFICE, &position)) != NULL) {
        ts_bundle_memo_t memo;
        err = ts_bundle_memo_get(node, office->number, &memo);
        if (err != TS_ERR_OK || (memo.written_number == 0 && memo.in_number == 0)) {
            continue;
        }
        ts_table_add_number(table, office->number);
        ts_table_add_text(table, office->name);
        ts_table_add_number(table, (int64_t)memo.written_number);
        ts_table_add_number(table, memo.written_ms / 1000);
        ts_table_add_number(table, (int64_t)memo.in_number);
        ts_table_add_number(table, memo.in_ms / 1000);
    }
    return err;
}

static void
put_peers(ts_job_t *job)
{
    static const char *const classes[] = {"none", "office", "invite", "subscriber", "guest"};
    ts_node_t *node = job->node;
    ts_table_t *table = ts_reply_add_table(&job->reply, "peers");
    ts_table_add_column(table, "office", N_("Office"), "number");
    ts_table_add_column(table, "name", N_("Name"), "text");
    ts_table_add_column(table, "side", N_("Side"), "text");
    ts_table_add_column(table, "key", N_("Key"), "text");
    ts_table_add_column(table, "in_step", N_("In step"), "number");
    ts_table_add_column(table, "sent_bytes", N_("Bytes sent"), "number");
    ts_table_add_column(table, "received_bytes", N_("Bytes received"), "number");
    ts_table_add_column(table, "unacked_bytes", N_("Bytes on their way"), "number");
    for (size_t i = 0; i < node->peer_count; i++) {
        const ts_peer_link_t *peer = node->peers[i];
        const ts_office_t *office = ts_catalog_office(ts_node_catalog(node), peer->office);
        ts_session_status_t status = {0};
        if (peer->machine != NULL) {
            ts_session_status(peer->machine, &status);
        }
        ts_table_add_number(table, peer->office);
        ts_table_add_text(table, office == NULL ? NULL : office->name);
        ts_table_add_text(table, peer->is_uplink ? "parent" : "child");
        ts_table_add_text(table, (size_t)peer->class < 5 ? classes[peer->class] : NULL);
        ts_table_add_number(table, status.in_step);
        ts_table_add_number(table, (int64_t)status.sent_bytes);
        ts_table_add_number(table, (int64_t)status.received_bytes);
        ts_table_add_number(table, (int64_t)status.unacked_bytes);
    }
}

static void
say_headline(ts_job_t *job, const states_t *states, uint64_t keepers)
{
    char open[24];
    char days[24];
    uint64_t waiting = states->saved - states->anchored;
    (void)snprintf(open, sizeof open, "%" PRIu64, waiting);
    if (job->node->identity.parent_office == 0 && waiting == 0) {
        ts_job_say(job, N_("The province: everything that arrived here is anchored"), NULL);
    } else if (job->node->identity.parent_office == 0 && keepers > 0) {
        ts_job_say(job,
                   N_("The province: everything that arrived here is anchored. {1} entries of its "
                      "own wait for a keeper to hold them"),
                   open, NULL);
    } else if (job->node->identity.parent_office == 0) {
        ts_job_say(job,
                   N_("The province: everything that arrived here is anchored. {1} entries of its "
                      "own, pledges and donors among them, are on one disk only: name a keeper "
                      "(tiepsuc keeper add)"),
                   open, NULL);
    } else if (waiting == 0) {
        ts_job_say(job, N_("Everything that was entered here is anchored at the province"), NULL);
    } else {
        int64_t age =
            states->oldest_ms == 0 ? 0 : (job->node->wall.ms - states->oldest_ms) / TS_DAY_MS;
        (void)snprintf(days, sizeof days, "%" PRId64, age < 0 ? 0 : age);
        ts_job_say(job, N_("{1} entries are not anchored yet, the oldest for {2} days"), open, days,
                   NULL);
    }
}

ts_err_t
ts_run_status(ts_job_t *job)
{
    ts_node_t *node = job->node;
    facts_t facts = {.count = 0};
    states_t states = {0};
    bool all = false;
    ts_err_t err = ts_job_flag(job, "all_logs", &all);
    if (err == TS_ERR_OK) {
        err = count_states(node, &states);
    }
    add_states(node, &states, &facts);
    add_identity(node, &facts);
    if (err == TS_ERR_OK) {
        err = add_ledger(node, &facts);
    }
    add_link(node, &facts);
    if (err == TS_ERR_OK) {
        err = add_kept(node, &facts);
    }
    if (err == TS_ERR_OK) {
        err = add_bundles(node, &states, &facts);
    }
    add_gate(node, &facts);
    add_disk(node, &facts);
    if (err == TS_ERR_OK) {
        err = add_backup(node, &facts);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    say_headline(job, &states, facts.kept.keepers);
    put_facts(job, &facts);
    put_peers(job);
    err = put_logs(job, all);
    return err == TS_ERR_OK ? put_bundles(job) : err;
}
