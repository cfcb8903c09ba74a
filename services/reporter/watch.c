/* SPDX-License-Identifier: MPL-2.0 */
#include "reporter/watch.h"

#include "base/map.h"
#include "base/xalloc.h"
#include "shared/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KEY_BYTES 120
/* Days of being overdue that are told: the first, then each thirtieth. */
#define OVERDUE_AGAIN_DAYS 30

struct ts_watch {
    ts_loop_t *loop;
    ts_asker_t *asker;
    const ts_conf_days_t *reminders_days;
    ts_map_t *told; /* plan, period, duty → last threshold that was told */
    ts_timer_id_t timer;
};

typedef struct told_key {
    char text[KEY_BYTES];
} told_key_t;

/* What is told of a report: so many days left, or overdue for so many times thirty days (negative).
 */
typedef struct told {
    int64_t what;
    bool any;
} told_t;

ts_watch_t *
ts_watch_new(ts_loop_t *loop, ts_asker_t *asker, const ts_conf_days_t *reminders_days)
{
    ts_watch_t *self = ts_xcalloc(1, sizeof *self);
    self->loop = loop;
    self->asker = asker;
    self->reminders_days = reminders_days;
    self->told = ts_map_new(sizeof(told_key_t), sizeof(told_t));
    return self;
}

void
ts_watch_destroy(ts_watch_t **self_p)
{
    if (*self_p != NULL) {
        ts_loop_cancel((*self_p)->loop, (*self_p)->timer);
        ts_map_destroy(&(*self_p)->told);
        ts_xfree(*self_p);
        *self_p = NULL;
    }
}

int
ts_watch_reminder(const ts_conf_days_t *reminders_days, int64_t days_left)
{
    int found = -1;
    for (size_t i = 0; i < reminders_days->count; i++) {
        if (days_left <= reminders_days->at[i]) {
            found = reminders_days->at[i];
        }
    }
    return found;
}

/* ---- asking */

static bool
ask(ts_watch_t *self, ts_command_t *command, ts_reply_t *ret_reply)
{
    ts_msg_t why = {0};
    ts_err_t err = ts_asker_ask(self->asker, command, ret_reply, &why);
    ts_command_free(command);
    if (err == TS_ERR_OK && ret_reply->code != TS_ERR_OK) {
        ts_log_message(TS_LOG_WARNING, "report_calendar_failed", &ret_reply->say);
        ts_reply_free(ret_reply);
        *ret_reply = (ts_reply_t){.done = false};
        return false;
    }
    if (err != TS_ERR_OK) {
        ts_log_message(TS_LOG_WARNING, "report_calendar_failed", &why);
    }
    ts_msg_free(&why);
    return err == TS_ERR_OK;
}

/* ---- one plan */

static const char *
text_at(const ts_table_t *table, size_t row, const char *column)
{
    size_t at = ts_table_column(table, column);
    const ts_cell_t *cell = at == SIZE_MAX ? NULL : ts_table_cell(table, row, at);
    return cell == NULL || cell->kind != TS_CELL_TEXT ? "" : cell->text;
}

static bool
number_at(const ts_table_t *table, size_t row, const char *column, int64_t *ret_number)
{
    size_t at = ts_table_column(table, column);
    const ts_cell_t *cell = at == SIZE_MAX ? NULL : ts_table_cell(table, row, at);
    if (cell == NULL || cell->kind != TS_CELL_NUMBER) {
        return false;
    }
    *ret_number = cell->number;
    return true;
}

static bool
is_new(ts_watch_t *self, const char *plan, const ts_table_t *table, size_t row, int64_t what)
{
    told_key_t key;
    memset(&key, 0, sizeof key);
    (void)snprintf(key.text, sizeof key.text, "%.40s/%.30s/%.40s", plan,
                   text_at(table, row, "period"), text_at(table, row, "duty"));
    told_t *told = ts_map_put(self->told, &key);
    if (told->any && told->what == what) {
        return false;
    }
    *told = (told_t){what, true};
    return true;
}

static void
log_row(const char *event, const char *plan, const ts_table_t *table, size_t row, int64_t days)
{
    char plan_text[64];
    char period[64];
    char body[64];
    char due_text[TS_DATE_BYTES];
    int64_t due = 0;
    (void)number_at(table, row, "due", &due);
    ts_date_format_iso((ts_date_t){(int32_t)due}, due_text, sizeof due_text);
    ts_log_quote(plan, plan_text, sizeof plan_text);
    ts_log_quote(text_at(table, row, "period"), period, sizeof period);
    ts_log_quote(text_at(table, row, "body"), body, sizeof body);
    ts_log_notice(event, "plan=%s period=%s body=%s due=%s %s=%" PRId64, plan_text, period, body,
                  due_text, days < 0 ? "days" : "days_left", days < 0 ? -days : days);
}

/* Invited bodies are reminded, and never called late. */
static void
look_at_row(ts_watch_t *self, const char *plan, const ts_table_t *table, size_t row)
{
    int64_t days_left = 0;
    if (!number_at(table, row, "days_left", &days_left)) {
        return;
    }
    bool overdue = strcmp(text_at(table, row, "class"), "overdue") == 0;
    if (overdue) {
        int64_t what = -1 - (-days_left) / OVERDUE_AGAIN_DAYS;
        if (is_new(self, plan, table, row, what)) {
            log_row("report_overdue", plan, table, row, days_left);
        }
        return;
    }
    int reminder = days_left < 0 ? -1 : ts_watch_reminder(self->reminders_days, days_left);
    if (reminder >= 0 && is_new(self, plan, table, row, reminder)) {
        log_row("report_due_soon", plan, table, row, days_left);
    }
}

static bool
look_at_plan(ts_watch_t *self, const char *plan)
{
    ts_command_t command;
    ts_reply_t reply = {.done = false};
    char within[24];
    int days = self->reminders_days->count == 0 ? 0 : self->reminders_days->at[0];
    (void)snprintf(within, sizeof within, "%d", days);
    ts_command_init(&command, "report_status");
    ts_command_add(&command, "plan", plan);
    ts_command_add(&command, "within", within);
    if (!ask(self, &command, &reply)) {
        return false;
    }
    const ts_table_t *table = ts_reply_table(&reply, "duties");
    for (size_t row = 0; table != NULL && row < ts_table_rows(table); row++) {
        look_at_row(self, plan, table, row);
    }
    ts_reply_free(&reply);
    ts_command_init(&command, "report_late");
    ts_command_add(&command, "plan", plan);
    ts_reply_t late = {.done = false};
    ts_msg_t why = {0};
    /* Only the province tells subscribers; elsewhere this is refused, and that is well. */
    ts_err_t err = ts_asker_ask(self->asker, &command, &late, &why);
    ts_command_free(&command);
    ts_reply_free(&late);
    ts_msg_free(&why);
    return err == TS_ERR_OK;
}

bool
ts_watch_look(ts_watch_t *self)
{
    ts_command_t command;
    ts_reply_t reply = {.done = false};
    ts_command_init(&command, "plan_list");
    if (!ask(self, &command, &reply)) {
        return false;
    }
    /* A province that has just been founded has no plan yet: it is asked again soon. */
    bool good = true;
    const ts_table_t *plans = ts_reply_table(&reply, "plans");
    for (size_t row = 0; good && plans != NULL && row < ts_table_rows(plans); row++) {
        const char *plan = text_at(plans, row, "plan");
        good = plan[0] == '\0' || look_at_plan(self, plan);
    }
    good = good && plans != NULL && ts_table_rows(plans) > 0;
    ts_reply_free(&reply);
    return good;
}

static void
on_timer(void *context, ts_mono_t now)
{
    (void)now;
    ts_watch_start(context);
}

void
ts_watch_start(ts_watch_t *self)
{
    bool good = ts_watch_look(self);
    self->timer = ts_loop_after(self->loop, good ? TS_WATCH_MS : TS_WATCH_RETRY_MS, on_timer, self);
}
