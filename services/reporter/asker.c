/* SPDX-License-Identifier: MPL-2.0 */
#include "reporter/asker.h"

#include "base/i18n.h"
#include "base/xalloc.h"
#include "net/socket.h"
#include "wire/control_wire.h"

#define TURN_MS 500
#define SEND_MS 3000

struct ts_asker {
    ts_loop_t *loop;
    ts_socket_t *socket;
    ts_loop_id_t reader;
    char *endpoint;
    uint64_t request;
    bool waiting;
    bool broken; /* an answer could not be read */
    ts_mono_t heard;
    ts_reply_t reply; /* the last one, when !waiting */
};

static void
read_answer(void *context)
{
    ts_asker_t *self = context;
    ts_frame_t frame = {.is_open = false};
    ts_reply_t reply = {.done = false};
    ts_err_t err = ts_socket_recv(self->socket, &frame);
    if (err == TS_ERR_OK) {
        err = ts_reply_decode(frame.body, &reply);
    }
    ts_frame_close(&frame);
    if (err == TS_ERR_AGAIN || !self->waiting) {
        ts_reply_free(&reply);
        return;
    }
    if (err != TS_ERR_OK) {
        self->broken = true;
        self->waiting = false;
        return;
    }
    if (reply.request != self->request) {
        ts_reply_free(&reply); /* late answer to a question that was given up */
        return;
    }
    self->heard = ts_loop_now(self->loop);
    if (reply.done) {
        self->reply = reply;
        self->waiting = false;
    } else {
        ts_reply_free(&reply);
    }
}

ts_err_t
ts_asker_open(
    ts_asker_t **ret_self, ts_net_t *net, ts_loop_t *loop, const char *endpoint, ts_msg_t *ret_why)
{
    ts_socket_t *socket = NULL;
    ts_err_t err = ts_control_connect(net, endpoint, &socket, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_asker_t *self = ts_xcalloc(1, sizeof *self);
    self->loop = loop;
    self->socket = socket;
    self->endpoint = ts_xstrdup(endpoint);
    self->reader = ts_loop_add_socket(loop, socket, read_answer, self);
    *ret_self = self;
    return TS_ERR_OK;
}

void
ts_asker_close(ts_asker_t **self_p)
{
    ts_asker_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_loop_remove(self->loop, self->reader);
    ts_socket_close(&self->socket);
    ts_xfree(self->endpoint);
    ts_xfree(self);
    *self_p = NULL;
}

static ts_err_t
send_command(ts_asker_t *self, const ts_command_t *command, ts_msg_t *ret_why)
{
    ts_buf_t frame = {0};
    ts_err_t err = ts_command_encode(command, &frame);
    if (err != TS_ERR_OK) {
        ts_msg_set(ret_why, N_("the command is too big to be sent"));
        return err;
    }
    err = ts_socket_wait(self->socket, TS_WAIT_WRITE, SEND_MS);
    if (err == TS_ERR_OK) {
        err = ts_socket_send(self->socket, frame.data, frame.length);
    }
    ts_buf_free(&frame);
    if (err != TS_ERR_OK) {
        ts_msg_make(ret_why, N_("nobody answers at {1}: is the service running?"), self->endpoint,
                    NULL);
        return TS_ERR_NOTFOUND;
    }
    return TS_ERR_OK;
}

ts_err_t
ts_asker_ask(ts_asker_t *self, ts_command_t *command, ts_reply_t *ret_reply, ts_msg_t *ret_why)
{
    command->request = ++self->request;
    ts_err_t err = send_command(self, command, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    self->waiting = true;
    self->broken = false;
    self->heard = ts_loop_now(self->loop);
    bool runs = true;
    while (runs && self->waiting && ts_loop_now(self->loop).ms - self->heard.ms < TS_ASK_MS) {
        runs = ts_loop_turn(self->loop, TURN_MS);
    }
    if (self->waiting) {
        self->waiting = false;
        ts_msg_make(ret_why,
                    runs ? N_("nobody answers at {1}: is the service running?")
                         : N_("stopped while waiting for an answer"),
                    self->endpoint, NULL);
        return runs ? TS_ERR_NOTFOUND : TS_ERR_BUSY;
    }
    if (self->broken) {
        ts_msg_make(ret_why, N_("the answer from {1} cannot be read: other version?"),
                    self->endpoint, NULL);
        return TS_ERR_INVALID;
    }
    *ret_reply = self->reply;
    self->reply = (ts_reply_t){.done = false};
    return TS_ERR_OK;
}
