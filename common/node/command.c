/* SPDX-License-Identifier: MPL-2.0 */
/* The queue of commands: takes over, checks who asks, runs slices, replies. */
#include "node/command.h"

#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/calendar.h"
#include "node/cmd_bundle.h"
#include "node/sheet_forms.h"
#include "sheet/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Events folded in one slice while a command waits for its own. */
#define FOLD_SLICE 300u
/* Room that a writing command wants on the disk: what was typed must not be lost half-way. */
#define ROOM_BYTES (8u << 20)

/* ---- what the commands use */

static void
fill_message(ts_msg_t *msg, const char *id, va_list arguments)
{
    ts_msg_t made = {0};
    ts_msg_set(&made, id);
    const char *text;
    while ((text = va_arg(arguments, const char *)) != NULL) {
        ts_msg_arg(&made, text);
    }
    ts_msg_move(msg, &made);
}

ts_err_t
ts_job_refuse(ts_job_t *job, ts_err_t err, const char *id, ...)
{
    va_list arguments;
    va_start(arguments, id);
    fill_message(&job->reply.say, id, arguments);
    va_end(arguments);
    job->refused = true;
    return err;
}

ts_err_t
ts_job_refuse_with(ts_job_t *job, ts_err_t err, ts_msg_t *say)
{
    ts_msg_move(&job->reply.say, say);
    job->refused = true;
    return err;
}

ts_err_t
ts_job_refuse_field(
    ts_job_t *job, ts_err_t err, const char *field, const char *value, ts_msg_t *why)
{
    ts_issue_t *issue = ts_reply_add_issue(&job->reply, TS_SEVERITY_ERROR);
    issue->column = ts_xstrdup(field);
    issue->value = value == NULL ? NULL : ts_xstrdup(value);
    ts_msg_move(&issue->say, why);
    return value == NULL
               ? ts_job_refuse(job, err, N_("Not recorded: “{1}” is not right"), field, NULL)
               : ts_job_refuse(job, err, N_("Not recorded: {1} = “{2}” is not right"), field, value,
                               NULL);
}

void
ts_job_say(ts_job_t *job, const char *id, ...)
{
    va_list arguments;
    va_start(arguments, id);
    fill_message(&job->reply.say, id, arguments);
    va_end(arguments);
}

static void
send_reply(ts_job_t *job, ts_reply_t *reply)
{
    reply->request = job->command.request;
    if (!job->gone) {
        job->node->options.out.reply(job->node->options.out.ctx, job->client, reply);
    }
}

void
ts_job_progress(ts_job_t *job, uint64_t done, uint64_t total)
{
    uint64_t percent = total == 0 ? done : done * 100 / total;
    if (percent == job->progress_told) {
        return;
    }
    job->progress_told = percent;
    ts_reply_t reply = {.progress = done, .progress_total = total};
    send_reply(job, &reply);
}

void
ts_job_fold_then(ts_job_t *job, ts_job_fn next)
{
    job->folding = true;
    job->folded_to = ts_custody_arrival(job->node->custody);
    job->next = next;
}

const char *
ts_job_need(ts_job_t *job, const char *field)
{
    const char *value = ts_command_get(&job->command, field);
    if (value == NULL || value[0] == '\0') {
        (void)ts_job_refuse(job, TS_ERR_INVALID, N_("Say {1}=…"), field, NULL);
        return NULL;
    }
    return value;
}

ts_err_t
ts_job_flag(ts_job_t *job, const char *field, bool *ret_value)
{
    static const char *const yes[] = {"yes", "true", "1", "có", "x"};
    static const char *const no[] = {"no", "false", "0", "không", ""};
    const char *value = ts_command_get(&job->command, field);
    bool found = value == NULL;
    bool result = false;
    for (size_t i = 0; !found && i < sizeof yes / sizeof yes[0]; i++) {
        found = strcmp(value, yes[i]) == 0 || strcmp(value, no[i]) == 0;
        result = strcmp(value, yes[i]) == 0;
    }
    if (!found) {
        return ts_job_refuse(job, TS_ERR_INVALID, N_("{1} = “{2}”: write yes or no"), field, value,
                             NULL);
    }
    *ret_value = result;
    return TS_ERR_OK;
}

ts_err_t
ts_job_number(ts_job_t *job, const char *field, uint64_t absent, uint64_t max, uint64_t *ret_value)
{
    const char *value = ts_command_get(&job->command, field);
    if (value == NULL || value[0] == '\0') {
        *ret_value = absent;
        return TS_ERR_OK;
    }
    char *end = NULL;
    unsigned long long number = strtoull(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || strlen(value) > 18 || number > max) {
        char most[24];
        (void)snprintf(most, sizeof most, "%" PRIu64, max);
        return ts_job_refuse(job, TS_ERR_INVALID,
                             N_("{1} = “{2}”: write a whole number from 0 to {3}"), field, value,
                             most, NULL);
    }
    *ret_value = number;
    return TS_ERR_OK;
}

ts_err_t
ts_job_record(ts_job_t *job, const char *field, uint32_t kind, ts_standing_t *ret_standing)
{
    const char *code = ts_job_need(job, field);
    ts_record_id_t record;
    if (code == NULL) {
        return TS_ERR_INVALID;
    }
    if (ts_record_code_parse(code, &record) != TS_ERR_OK) {
        return ts_job_refuse(job, TS_ERR_INVALID,
                             N_("{1} = “{2}” is no short code, or a character of it was misread: "
                                "the last one checks the others"),
                             field, code, NULL);
    }
    ts_err_t err = ts_ledger_record(job->node->ledger, kind, record, ret_standing);
    return err == TS_ERR_NOTFOUND
               ? ts_job_refuse(
                     job, err,
                     N_("{1} = “{2}” is not known here (or waits among the parked entries)"), field,
                     code, NULL)
               : err;
}

static int32_t
day_of(int64_t ms)
{
    return ms < TS_CLOCK_UNSET_MS ? 0 : ts_utc_to_vietnam_date((ts_utc_t){ms}).days;
}

int32_t
ts_node_today(const ts_node_t *node)
{
    int32_t day = day_of(node->wall.ms);
    return day != 0 ? day : day_of((int64_t)node->root_time_s * 1000);
}

int32_t
ts_node_newest_day(const ts_node_t *node)
{
    int32_t today = ts_node_today(node);
    int32_t heard = day_of((int64_t)node->root_time_s * 1000);
    return today > heard ? today : heard;
}

/* ---- one job */

static void
job_destroy(ts_job_t **job_p)
{
    ts_job_t *job = *job_p;
    if (job == NULL) {
        return;
    }
    if (job->free_state != NULL) {
        job->free_state(job->state);
    }
    ts_command_free(&job->command);
    ts_reply_free(&job->reply);
    ts_xfree(job);
    *job_p = NULL;
}

static void
finish(ts_job_t *job, ts_err_t err)
{
    job->reply.code = err;
    job->reply.done = !job->streams || err != TS_ERR_OK;
    if (err == TS_ERR_FULL && !job->refused) {
        ts_job_say(job, N_("Nothing was written: the disk is full. Make room and enter it again"),
                   NULL);
    } else if (err != TS_ERR_OK && job->reply.say.id == NULL) {
        ts_job_say(job, ts_err_str(err), NULL);
    }
    send_reply(job, &job->reply);
}

static const ts_command_row_t *
find_row(const char *name)
{
    for (const ts_command_row_t *row = ts_command_table; row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0) {
            return row;
        }
    }
    return NULL;
}

/* Under which role does the account act? The one that it asks for, when it has it; else the first
 * that the command wants. */
static ts_err_t
check_account(ts_job_t *job)
{
    ts_account_t account = {0};
    if (job->row->roles == 0) {
        job->role = job->command.role;
        return TS_ERR_OK;
    }
    if (job->command.account == 0) {
        return ts_job_refuse(job, TS_ERR_DENIED, N_("Say who types: --as <number>"), NULL);
    }
    ts_err_t err = ts_accounts_get(job->node, job->command.account, &account);
    char number[16];
    (void)snprintf(number, sizeof number, "%u", (unsigned)job->command.account);
    if (err == TS_ERR_NOTFOUND) {
        return ts_job_refuse(job, TS_ERR_DENIED, N_("There is no account {1} at this office"),
                             number, NULL);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    uint32_t fitting = account.roles & job->row->roles;
    if (fitting == 0) {
        return ts_job_refuse(job, TS_ERR_DENIED, N_("Account {1} may not do this: {2}"), number,
                             job->row->name, NULL);
    }
    uint32_t asked = job->command.role;
    job->role = 1;
    while ((fitting & TS_ROLE_BIT(job->role)) == 0) {
        job->role++;
    }
    if (asked > 0 && asked < 32 && (fitting & TS_ROLE_BIT(asked)) != 0) {
        job->role = asked;
    }
    return TS_ERR_OK;
}

/* Before anything is typed into the void: is there room to write it? */
static ts_err_t
check_room(ts_job_t *job)
{
    ts_space_t space;
    if ((job->row->flags & TS_COMMAND_WRITES) == 0 || job->node->datadir == NULL) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_datadir_space(job->node->datadir, &space);
    if (err == TS_ERR_OK && space.free_bytes < ROOM_BYTES) {
        return ts_job_refuse(
            job, TS_ERR_FULL,
            N_("The disk is nearly full: make room first, so that what you enter is not lost"),
            NULL);
    }
    return err;
}

static ts_err_t
begin(ts_job_t *job)
{
    job->row = find_row(job->command.name);
    if (job->row == NULL) {
        return ts_job_refuse(job, TS_ERR_UNKNOWN, N_("There is no command “{1}”"),
                             job->command.name, NULL);
    }
    if ((job->row->flags & TS_COMMAND_PROVINCE) != 0 && !job->node->identity.is_registrar) {
        return ts_job_refuse(job, TS_ERR_DENIED, N_("Only the province does this: {1}"),
                             job->command.name, NULL);
    }
    ts_err_t err = check_account(job);
    if (err == TS_ERR_OK) {
        err = check_room(job);
    }
    if (err == TS_ERR_OK) {
        err = ts_fold_settle(job->node->fold);
        /* Who only looks is shown the ledger as far as the disk let it come. */
        bool looks = (job->row->flags & TS_COMMAND_WRITES) == 0;
        err = looks && err == TS_ERR_FULL ? TS_ERR_OK : err;
    }
    return err == TS_ERR_OK ? job->row->run(job) : err;
}

/* Own events that were not folded yet. */
static uint64_t
own_left(const ts_node_t *node)
{
    return ts_custody_tail_counter(node->custody) - ts_fold_tail(node->fold);
}

/* Folds a little; true when all that was there at the write is in, or when the disk has no room for
 * the ledger: what was written is saved all the same, the figures follow later. A sheet's many
 * entries are folded and settled in slices too. */
static ts_err_t
fold_own(ts_job_t *job, bool *ret_done)
{
    ts_fold_state_t state;
    bool more = false;
    ts_fold_state(job->node->fold, &state);
    if (state.arrival < job->folded_to || own_left(job->node) > FOLD_SLICE) {
        ts_err_t err = ts_fold_slice(job->node->fold, FOLD_SLICE, &more);
        if (err != TS_ERR_OK) {
            *ret_done = err == TS_ERR_FULL;
            return *ret_done ? TS_ERR_OK : err;
        }
        ts_fold_state(job->node->fold, &state);
    }
    bool in = state.arrival >= job->folded_to && own_left(job->node) <= FOLD_SLICE;
    if (!in && more) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_fold_settle_some(job->node->fold, FOLD_SLICE, ret_done);
    if (err == TS_ERR_OK && *ret_done) {
        err = ts_fold_event_now(job->node->fold);
    }
    *ret_done = *ret_done || err == TS_ERR_FULL;
    return err == TS_ERR_FULL ? TS_ERR_OK : err;
}

static ts_err_t
continue_job(ts_job_t *job)
{
    if (job->folding) {
        bool done = false;
        ts_err_t err = fold_own(job, &done);
        if (err != TS_ERR_OK || !done) {
            return err;
        }
        job->folding = false;
    }
    ts_job_fn run = job->next;
    job->next = NULL;
    return run == NULL ? TS_ERR_OK : run(job);
}

/* ---- the queue */

ts_err_t
ts_commands_open(ts_node_t *self)
{
    self->commands = ts_xcalloc(1, sizeof *self->commands);
    return ts_accounts_found(self);
}

void
ts_commands_close(ts_node_t *self)
{
    ts_commands_t *commands = self->commands;
    if (commands == NULL) {
        return;
    }
    for (size_t i = 0; i < commands->count; i++) {
        job_destroy(&commands->queue[i]);
    }
    job_destroy(&commands->running);
    for (size_t i = 0; i < commands->watcher_count; i++) {
        ts_xfree(commands->watchers[i].topics);
    }
    ts_sheet_forms_destroy(&commands->sheet_forms);
    ts_carrying_destroy(&commands->carrying);
    ts_xfree(commands->unit_code);
    ts_xfree(commands);
    self->commands = NULL;
}

/* What was typed gets one form (Unicode NFC, no invisible signs, no space at the ends), or the same
 * name typed on two machines would be two. What is not UTF-8 stays, and is refused as a field. */
static void
clean_fields(ts_command_t *command)
{
    for (size_t i = 0; i < command->field_count; i++) {
        ts_command_field_t *field = &command->fields[i];
        char *clean = ts_text_clean(field->value, strlen(field->value));
        if (clean != NULL) {
            ts_xfree(field->value);
            field->value = clean;
        }
    }
}

void
ts_node_command(ts_node_t *self, uint64_t client, ts_command_t *command)
{
    ts_commands_t *commands = self->commands;
    ts_job_t *job = ts_xcalloc(1, sizeof *job);
    job->node = self;
    job->client = client;
    job->command = *command;
    *command = (ts_command_t){0};
    clean_fields(&job->command);
    if (commands->count == TS_JOBS_QUEUED_MAX) {
        finish(job,
               ts_job_refuse(job, TS_ERR_BUSY,
                             N_("Too many commands are waiting; try again in a moment"), NULL));
        job_destroy(&job);
        return;
    }
    commands->queue[commands->count++] = job;
    self->asked = true;
}

void
ts_node_client_gone(ts_node_t *self, uint64_t client)
{
    ts_commands_t *commands = self->commands;
    size_t kept = 0;
    for (size_t i = 0; i < commands->count; i++) {
        if (commands->queue[i]->client == client) {
            job_destroy(&commands->queue[i]);
        } else {
            commands->queue[kept++] = commands->queue[i];
        }
    }
    commands->count = kept;
    if (commands->running != NULL && commands->running->client == client) {
        commands->running->gone = true;
        if (!commands->running->folding) {
            job_destroy(&commands->running); /* nothing of it is written yet, or all of it */
        }
    }
    ts_watchers_drop(self, client);
}

static ts_err_t
step(ts_node_t *self, bool *ret_ran)
{
    ts_commands_t *commands = self->commands;
    ts_job_t *job = commands->running;
    ts_err_t err;
    if (job == NULL) {
        if (commands->count == 0) {
            return TS_ERR_OK;
        }
        /* What was folded so far is written first, in steps of its own. An error is the command's.
         */
        bool settled = false;
        *ret_ran = true;
        err = ts_fold_settle_some(self->fold, FOLD_SLICE, &settled);
        if (err == TS_ERR_OK && !settled) {
            return TS_ERR_OK;
        }
        job = commands->queue[0];
        commands->count--;
        memmove(commands->queue, commands->queue + 1, commands->count * sizeof commands->queue[0]);
        commands->running = job;
        err = begin(job);
    } else {
        err = continue_job(job);
    }
    *ret_ran = true;
    if (err == TS_ERR_OK && (job->next != NULL || job->folding)) {
        return TS_ERR_OK;
    }
    commands->running = NULL;
    finish(job, err);
    bool stops = !job->refused && (err == TS_ERR_IO || err == TS_ERR_CORRUPT);
    if (stops) {
        err = ts_node_fail(self, err, &job->reply.say);
    }
    job_destroy(&job);
    return stops ? err : TS_ERR_OK;
}

ts_err_t
ts_commands_turn(ts_node_t *self, bool *ret_more)
{
    ts_commands_t *commands = self->commands;
    if (!commands->founded) {
        ts_fold_state_t state;
        ts_fold_state(self->fold, &state);
        if (state.arrival < state.arrival_last) {
            /* The ledger is still being caught up by the fold's own slices; come back after the
             * last of them, which asks for no more turns. On a full disk there are none. */
            *ret_more = self->room_at.ms <= self->now.ms;
            return TS_ERR_OK;
        }
        ts_err_t err = ts_founding_write(self);
        if (err != TS_ERR_OK) {
            return err == TS_ERR_FULL ? TS_ERR_OK : err; /* again when there is room */
        }
        commands->founded = true;
    }
    bool ran = false;
    ts_err_t err = step(self, &ran);
    if (err == TS_ERR_OK) {
        err = ts_watchers_turn(self);
    }
    *ret_more = *ret_more || commands->running != NULL || commands->count > 0 ||
                (commands->watcher_count > 0 && commands->watch_due);
    return err;
}
