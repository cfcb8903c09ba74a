/* SPDX-License-Identifier: MPL-2.0 */
/* watch: a client gets what is new in the feed until it leaves. Beside the queue, so that it keeps
 * nobody waiting. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "node/cmd.h"

#include <stdio.h>
#include <string.h>

/* Rows of one reply. */
#define ROWS_MAX 100u

typedef struct page {
    ts_node_t *node;
    const ts_watcher_t *watcher;
    ts_table_t *table;
    uint64_t last;
    size_t rows;
} page_t;

static void
add_columns(ts_table_t *table)
{
    static const struct {
        const char *name;
        const char *title;
        const char *format;
    } columns[] = {
        {"number", N_("Number"), "number"},
        {"time", N_("Recorded at"), "time"},
        {"kind", N_("Kind"), "text"},
        {"change", N_("Change"), "text"},
        {"record", N_("Record code"), "code"},
        {"unit", N_("Administrative unit"), "text"},
        {"plan", N_("Plan"), "text"},
        {"line", N_("Support line"), "text"},
        {"date", N_("Date"), "date"},
        {"quantity", N_("Quantity"), "number"},
        {"unit_of_measure", N_("Unit of measure"), "text"},
        {"value_vnd", N_("Value in đồng"), "vnd"},
        {"children", N_("Children"), "number"},
        {"text", N_("Text"), "text"},
    };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        ts_table_add_column(table, columns[i].name, columns[i].title, columns[i].format);
    }
}

/* Topics are "kind.unit code"; a wanted one is a beginning of it. */
static bool
wanted(const page_t *page, const char *topic)
{
    const char *at = page->watcher->topics;
    if (at[0] == '\0') {
        return true;
    }
    while (*at != '\0') {
        size_t length = strcspn(at, " ;,");
        if (length > 0 && strncmp(at, topic, length) == 0) {
            return true;
        }
        at += length;
        at += *at != '\0';
    }
    return false;
}

static void
add_number_or_nothing(ts_table_t *table, int64_t number)
{
    if (number == 0) {
        ts_table_add_nothing(table);
    } else {
        ts_table_add_number(table, number);
    }
}

static void
add_row(void *ctx, const ts_feed_row_t *row)
{
    page_t *page = ctx;
    const ts_catalog_t *catalog = ts_node_catalog(page->node);
    const ts_unit_t *unit = ts_catalog_unit(catalog, row->unit);
    const ts_plan_t *plan = ts_catalog_plan(catalog, row->plan);
    const ts_line_t *line = ts_catalog_line(catalog, row->line);
    char topic[96];
    page->last = row->number;
    (void)snprintf(topic, sizeof topic, "%s.%s", row->kind, unit == NULL ? "" : unit->code);
    if (!wanted(page, topic)) {
        return;
    }
    page->rows++;
    ts_table_add_number(page->table, (int64_t)row->number);
    add_number_or_nothing(page->table, (int64_t)row->time_s);
    ts_table_add_text(page->table, row->kind);
    ts_table_add_text(page->table, row->change);
    add_number_or_nothing(page->table, (int64_t)row->record);
    ts_table_add_text(page->table, unit == NULL ? NULL : unit->name);
    ts_table_add_text(page->table, plan == NULL ? NULL : plan->code);
    ts_table_add_text(page->table, line == NULL ? NULL : line->name);
    add_number_or_nothing(page->table, row->day);
    ts_table_add_number(page->table, row->quantity);
    ts_table_add_text(page->table, row->unit_of_measure);
    add_number_or_nothing(page->table, row->value_vnd);
    add_number_or_nothing(page->table, row->children);
    ts_table_add_text(page->table, row->text);
}

static ts_err_t
tell_watcher(ts_node_t *node, ts_watcher_t *watcher, uint64_t newest, bool *ret_more)
{
    ts_reply_t reply = {.request = watcher->request};
    page_t page = {.node = node, .watcher = watcher, .table = ts_reply_add_table(&reply, "feed")};
    add_columns(page.table);
    ts_err_t err = ts_ledger_feed_read(node->ledger, watcher->after, ROWS_MAX, add_row, &page);
    if (err == TS_ERR_OK && page.last > watcher->after) {
        watcher->after = page.last;
        *ret_more = *ret_more || page.last < newest;
        if (page.rows > 0) {
            node->options.out.reply(node->options.out.ctx, watcher->client, &reply);
        }
    }
    ts_reply_free(&reply);
    return err;
}

ts_err_t
ts_watchers_turn(ts_node_t *node)
{
    ts_commands_t *commands = node->commands;
    uint64_t newest = 0;
    if (commands->watcher_count == 0) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_ledger_feed_newest(node->ledger, &newest);
    bool more = false;
    for (size_t i = 0; err == TS_ERR_OK && i < commands->watcher_count; i++) {
        if (commands->watchers[i].after < newest) {
            err = tell_watcher(node, &commands->watchers[i], newest, &more);
        }
    }
    commands->watch_due = more;
    return err;
}

void
ts_watchers_drop(ts_node_t *node, uint64_t client)
{
    ts_commands_t *commands = node->commands;
    size_t kept = 0;
    for (size_t i = 0; i < commands->watcher_count; i++) {
        if (commands->watchers[i].client == client) {
            ts_xfree(commands->watchers[i].topics);
        } else {
            commands->watchers[kept++] = commands->watchers[i];
        }
    }
    commands->watcher_count = kept;
}

/* The one that watches longest makes room: it has probably gone without a word. */
static void
end_oldest(ts_node_t *node)
{
    ts_commands_t *commands = node->commands;
    ts_watcher_t oldest = commands->watchers[0];
    ts_reply_t reply = {.request = oldest.request, .code = TS_ERR_BUSY, .done = true};
    ts_msg_set(&reply.say, N_("Others want to watch; watch again from the last number"));
    node->options.out.reply(node->options.out.ctx, oldest.client, &reply);
    ts_reply_free(&reply);
    ts_xfree(oldest.topics);
    commands->watcher_count--;
    memmove(commands->watchers, commands->watchers + 1,
            commands->watcher_count * sizeof commands->watchers[0]);
}

ts_err_t
ts_run_watch(ts_job_t *job)
{
    ts_commands_t *commands = job->node->commands;
    const char *topics = ts_command_get(&job->command, "topics");
    uint64_t newest = 0;
    uint64_t after = 0;
    ts_err_t err = ts_ledger_feed_newest(job->node->ledger, &newest);
    if (err == TS_ERR_OK) {
        err = ts_job_number(job, "after", newest, UINT64_MAX / 2, &after);
    }
    if (err == TS_ERR_OK && after > newest) {
        err = ts_job_refuse(job, TS_ERR_NOTFOUND,
                            N_("That position is not of this feed: begin with a snapshot"), NULL);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    if (commands->watcher_count == TS_WATCHERS_MAX) {
        end_oldest(job->node);
    }
    commands->watchers[commands->watcher_count++] =
        (ts_watcher_t){.client = job->client,
                       .request = job->command.request,
                       .topics = ts_xstrdup(topics == NULL ? "" : topics),
                       .after = after};
    job->streams = true;
    return TS_ERR_OK;
}
