/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Asks the process that owns the ledger: one command at a time, answered by one reply. Turns the
 * loop while it waits, so that a signal ends the waiting. Only the reporter.
 */
#ifndef TS_SERVICES_REPORTER_ASKER_H
#define TS_SERVICES_REPORTER_ASKER_H

#include "base/err.h"
#include "base/msg.h"
#include "core/control.h"
#include "net/endpoint.h"
#include "net/loop.h"

/* Without any answer for so long the other side is given up: a report of a large ledger takes a
 * second or two. */
#define TS_ASK_MS 60000

typedef struct ts_asker ts_asker_t;

/* Borrows the loop. `endpoint` is ipc. Errors as ts_control_connect; *ret_why says what is wrong.
 */
TS_MUST_USE ts_err_t ts_asker_open(
    ts_asker_t **ret_self, ts_net_t *net, ts_loop_t *loop, const char *endpoint, ts_msg_t *ret_why);
void ts_asker_close(ts_asker_t **self_p);

/* Sends the command and waits. OK: *ret_reply is the last reply, which may itself be a refusal
 * (reply.code). NOTFOUND: nobody answers; BUSY: a signal came; INVALID: an answer that cannot be
 * read; TOOBIG. *ret_why then says it. */
TS_MUST_USE ts_err_t ts_asker_ask(ts_asker_t *self,
                                  ts_command_t *command,
                                  ts_reply_t *ret_reply,
                                  ts_msg_t *ret_why);

#endif
