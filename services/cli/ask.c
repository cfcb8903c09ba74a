/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "net/endpoint.h"
#include "net/ipc.h"
#include "net/loop.h"
#include "shared/clock.h"
#include "shared/term.h"
#include "wire/control_wire.h"
#include "wire/utf8.h"

#include <ctype.h>
#include <string.h>

/* How often to look whether the process is still there while it says nothing. */
#define LOOK_MS 2000
#define TURN_MS 200
#define SEND_MS 3000

/* ---- building */

/* Operands that the commands themselves send in another shape: files, and topics as one word. */
static bool
is_local_operand(const char *name)
{
    return strcmp(name, "FILE") == 0 || strcmp(name, "DIR") == 0 || strcmp(name, "TOPIC") == 0;
}

static void
add_underscored(ts_command_t *command, const char *name, const char *value)
{
    char field[64];
    size_t i = 0;
    for (; name[i] != '\0' && i < sizeof field - 1; i++) {
        field[i] = name[i] == '-' ? '_' : (char)tolower((unsigned char)name[i]);
    }
    field[i] = '\0';
    ts_command_add(command, field, value);
}

void
ts_ask_build(const ts_cli_t *self, ts_command_t *ret_command)
{
    const ts_cli_manual_t *manual = self->command->manual;
    TS_CHECK(manual->sends != NULL);
    ts_command_init(ret_command, manual->sends);
    ret_command->account = self->account;
    for (size_t i = 0; i < self->operand_count; i++) {
        if (!is_local_operand(self->operands[i].name)) {
            add_underscored(ret_command, self->operands[i].name, self->operands[i].value);
        }
    }
    for (size_t i = 0; i < self->given_count; i++) {
        const ts_cli_given_t *given = &self->given[i];
        const char *value = given->value == NULL ? "yes" : given->value;
        if (given->option == NULL) {
            ts_command_add(ret_command, given->name, value);
        } else if ((given->option->flags & TS_CLI_LOCAL) == 0) {
            add_underscored(
                ret_command,
                given->option->field != NULL ? given->option->field : given->option->name, value);
        }
    }
}

/* ---- there and back */

typedef struct talk {
    ts_cli_t *cli;
    const ts_ask_options_t *options;
    ts_loop_t *loop;
    ts_socket_t *socket;
    uint64_t request;
    ts_mono_t heard; /* when the last answer came */
    bool is_broken;  /* an answer that cannot be read */
    bool is_over;    /* the last answer is there, or nobody wants more */
    ts_reply_t reply;
    ts_progress_t progress;
    bool has_progress;
} talk_t;

/* An answer that is not the last: for the command, or the progress line. */
static void
take_part(talk_t *talk, const ts_reply_t *reply)
{
    if (talk->options->part != NULL) {
        talk->is_over = !talk->options->part(talk->options->ctx, reply);
        return;
    }
    if (talk->cli->out.quiet || reply->progress == 0) {
        return;
    }
    if (!talk->has_progress) {
        const char *doing = talk->options->doing != NULL ? talk->options->doing : _("Working");
        talk->progress =
            ts_progress_start(talk->cli->out.err, doing, reply->progress_total, talk->heard);
        talk->has_progress = true;
    }
    talk->progress.total = reply->progress_total;
    ts_progress_step(&talk->progress, reply->progress, ts_loop_now(talk->loop));
}

static void
read_answer(void *context)
{
    talk_t *talk = context;
    ts_frame_t frame = {.is_open = false};
    ts_err_t err = ts_socket_recv(talk->socket, &frame);
    ts_reply_t reply = {.done = false};
    if (err == TS_ERR_AGAIN || talk->is_over) {
        ts_frame_close(&frame);
        return;
    }
    if (err == TS_ERR_OK) {
        err = ts_reply_decode(frame.body, &reply);
    }
    ts_frame_close(&frame);
    talk->is_broken = err != TS_ERR_OK;
    talk->is_over = talk->is_broken;
    /* What the office could not read at all is answered without a number. */
    bool unread = reply.request == 0 && reply.code != TS_ERR_OK;
    if (err == TS_ERR_OK && (reply.request == talk->request || unread)) {
        if (reply.done) {
            ts_reply_free(&talk->reply);
            talk->reply = reply;
            talk->is_over = true;
            return;
        }
        take_part(talk, &reply);
        talk->heard = ts_loop_now(talk->loop);
    }
    ts_reply_free(&reply);
}

/* Nobody answers, or no longer: says how to start the service. */
static int
say_silent(ts_cli_t *self, const ts_cli_target_t *target, ts_msg_t *why)
{
    const char *name = ts_conf_service_name(target->service);
    char *next =
        ts_ipc_probe(target->endpoint, NULL) == TS_ERR_OK
            ? ts_say_text(
                  N_("it is running but busy or stuck: wait longer with --wait SECONDS, or look at "
                     "its log (journalctl -u tiepsuc-{1})"),
                  name, NULL)
        : target->conf_path[0] != '\0'
            ? ts_say_text(N_("start it:  systemctl start tiepsuc-{1}   or   tiepsuc-{1} -f {2}"),
                          name, target->conf_path, NULL)
            : ts_say_text(
                  N_("start it:  systemctl start tiepsuc-{1}   or name its folder with -d DIR"),
                  name, NULL);
    int exit_code = ts_cli_fail(self, TS_CLI_SILENT, TS_ERR_NOTFOUND, why, next);
    ts_xfree(next);
    return exit_code;
}

/* Waits until the answer is there. TS_CLI_GOOD, or an exit code with *ret_why. */
static int
wait_answer(talk_t *talk, const ts_cli_target_t *target, ts_msg_t *ret_why)
{
    ts_mono_t looked = ts_loop_now(talk->loop);
    while (!talk->is_over) {
        if (!ts_loop_turn(talk->loop, TURN_MS) && !talk->is_over) {
            ts_msg_make(ret_why, N_("stopped; what was asked for may still be carried out"), NULL);
            return TS_CLI_FAILED;
        }
        ts_mono_t now = ts_loop_now(talk->loop);
        if (!talk->options->endless && now.ms - talk->heard.ms > talk->cli->wait_seconds * 1000) {
            char seconds[24];
            (void)snprintf(seconds, sizeof seconds, "%lld", (long long)talk->cli->wait_seconds);
            ts_msg_make(ret_why,
                        N_("no answer within {1} seconds; what was asked for may still be carried "
                           "out: look "
                           "before you enter it again"),
                        seconds, NULL);
            return TS_CLI_SILENT;
        }
        if (now.ms - looked.ms > LOOK_MS && now.ms - talk->heard.ms > LOOK_MS) {
            looked = now;
            if (ts_ipc_probe(target->endpoint, NULL) == TS_ERR_NOTFOUND && !talk->is_over) {
                ts_msg_make(ret_why, N_("the service stopped while it worked on this"), NULL);
                return TS_CLI_SILENT;
            }
        }
    }
    if (talk->is_broken) {
        ts_msg_make(
            ret_why,
            N_("the answer cannot be read: service and command line are of different versions"),
            NULL);
        return TS_CLI_FAILED;
    }
    return TS_CLI_GOOD;
}

static int
send_command(talk_t *talk, ts_command_t *command, ts_msg_t *ret_why)
{
    ts_buf_t frame = {.length = 0};
    ts_err_t err = ts_command_encode(command, &frame);
    if (err != TS_ERR_OK) {
        ts_msg_make(ret_why, N_("this is too big for one command"), NULL);
        return TS_CLI_FAILED;
    }
    ts_mono_t started = ts_loop_now(talk->loop);
    do {
        err = ts_socket_send(talk->socket, frame.data, frame.length);
        if (err == TS_ERR_AGAIN &&
            ts_socket_wait(talk->socket, TS_WAIT_WRITE, TURN_MS) == TS_ERR_OK) {
            continue;
        }
    } while (err == TS_ERR_AGAIN && ts_clock_mono(NULL).ms - started.ms < SEND_MS);
    ts_buf_free(&frame);
    if (err != TS_ERR_OK) {
        ts_msg_make(ret_why, N_("the service does not take commands"), NULL);
        return TS_CLI_SILENT;
    }
    talk->heard = ts_loop_now(talk->loop);
    return TS_CLI_GOOD;
}

static int
talk_to(talk_t *talk, const ts_cli_target_t *target, ts_command_t *command)
{
    const ts_loop_clock_t clock = TS_CLOCK_SYSTEM;
    ts_msg_t why = {.id = NULL};
    int exit_code = TS_CLI_SILENT;
    ts_net_t *net = ts_net_new();
    talk->loop = ts_loop_new(&clock);
    ts_loop_catch_signals(talk->loop);
    if (ts_control_connect(net, target->endpoint, &talk->socket, &why) == TS_ERR_OK) {
        ts_loop_id_t reader = ts_loop_add_socket(talk->loop, talk->socket, read_answer, talk);
        exit_code = send_command(talk, command, &why);
        if (exit_code == TS_CLI_GOOD) {
            exit_code = wait_answer(talk, target, &why);
        }
        ts_loop_remove(talk->loop, reader);
        ts_socket_close(&talk->socket);
    }
    if (talk->has_progress) {
        ts_progress_end(&talk->progress, talk->progress.total);
    }
    ts_loop_destroy(&talk->loop);
    ts_net_destroy(&net);
    if (exit_code == TS_CLI_FAILED && talk->options->endless && !talk->is_broken) {
        ts_msg_free(&why);
        return TS_CLI_GOOD; /* Ctrl-C is how a watch ends */
    }
    if (exit_code == TS_CLI_SILENT) {
        return say_silent(talk->cli, target, &why);
    }
    return exit_code == TS_CLI_GOOD
               ? exit_code
               : ts_cli_fail(talk->cli, exit_code, TS_ERR_PROTOCOL, &why, NULL);
}

/* An office reads UTF-8 only; which word is not that can be told here. */
static const char *
find_unreadable(const ts_command_t *command)
{
    for (size_t i = 0; i < command->field_count; i++) {
        const ts_command_field_t *field = &command->fields[i];
        if (!ts_utf8_valid((const uint8_t *)field->value, strlen(field->value)) ||
            !ts_utf8_valid((const uint8_t *)field->name, strlen(field->name))) {
            return field->name;
        }
    }
    return NULL;
}

int
ts_ask(ts_cli_t *self,
       ts_command_t *command,
       const ts_ask_options_t *options,
       ts_reply_t *ret_reply)
{
    static const ts_ask_options_t plain = {.part = NULL};
    ts_cli_target_t target;
    ts_msg_t why = {.id = NULL};
    ts_err_t err = ts_cli_target_find(self, &target, &why);
    if (err != TS_ERR_OK) {
        return ts_cli_fail(self, TS_CLI_USAGE, err, &why,
                           N_("name the folder with -d DIR or the configuration with -f FILE"));
    }
    ts_say_init((ts_conf_language_t)target.language, NULL);
    const char *unreadable = find_unreadable(command);
    if (unreadable != NULL) {
        return ts_cli_misuse(
            self, N_("{1}: this is not UTF-8 text; set the terminal or the file to UTF-8"),
            unreadable, NULL);
    }
    err = ts_ipc_probe(target.endpoint, &why);
    if (err == TS_ERR_NOTFOUND) {
        return say_silent(self, &target, &why);
    }
    if (err != TS_ERR_OK) {
        return ts_cli_fail(
            self, err == TS_ERR_CONFIG ? TS_CLI_USAGE : TS_CLI_SILENT, err, &why,
            N_("run it as the user of the service, or ask to be put into its group"));
    }
    talk_t talk = {.cli = self, .options = options != NULL ? options : &plain, .request = 1};
    command->request = talk.request;
    int exit_code = talk_to(&talk, &target, command);
    if (exit_code == TS_CLI_GOOD) {
        *ret_reply = talk.reply;
    } else {
        ts_reply_free(&talk.reply);
    }
    return exit_code;
}

int
ts_ask_built(ts_cli_t *self, const ts_ask_options_t *options, ts_reply_t *ret_reply)
{
    ts_command_t command;
    ts_ask_build(self, &command);
    int exit_code = ts_ask(self, &command, options, ret_reply);
    ts_command_free(&command);
    return exit_code;
}

int
ts_ask_exit(const ts_reply_t *reply)
{
    if (reply->code != TS_ERR_OK) {
        return TS_CLI_FAILED;
    }
    for (size_t i = 0; i < reply->issue_count; i++) {
        if (reply->issues[i].severity == TS_SEVERITY_ERROR) {
            return TS_CLI_PARTLY;
        }
    }
    return TS_CLI_GOOD;
}

int
ts_ask_print(ts_cli_t *self, ts_command_t *command, const ts_ask_options_t *options)
{
    ts_reply_t reply = {.done = false};
    int exit_code = ts_ask(self, command, options, &reply);
    ts_command_free(command);
    if (exit_code == TS_CLI_GOOD) {
        ts_out_reply(&self->out, &reply, NULL);
        exit_code = ts_ask_exit(&reply);
        ts_reply_free(&reply);
    }
    return exit_code;
}

int
ts_ask_run(ts_cli_t *self)
{
    ts_command_t command;
    ts_ask_build(self, &command);
    return ts_ask_print(self, &command, NULL);
}

int
ts_ask_overview(ts_cli_t *self)
{
    self->out.overview = true;
    return ts_ask_run(self);
}
