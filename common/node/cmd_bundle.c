/* SPDX-License-Identifier: MPL-2.0 */
/*
 * bundle_export, bundle_part, bundle_written: a bundle is begun, fetched part by part, and said to
 * be on the disk. bundle_import: a file is brought part by part. The owner of the file keeps a
 * token between the commands; one of each kind is under way at a time.
 */
#include "node/cmd_bundle.h"

#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/sealed.h"
#include "node/bundle.h"
#include "node/cmd.h"
#include "sheet/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ts_carrying_t *
ts_carrying_of(ts_job_t *job)
{
    ts_carrying_t **at = &job->node->commands->carrying;
    if (*at == NULL) {
        *at = ts_xcalloc(1, sizeof **at);
    }
    return *at;
}

void
ts_carrying_destroy(ts_carrying_t **self_p)
{
    if (*self_p != NULL) {
        ts_bundle_out_destroy(&(*self_p)->out);
        ts_bundle_in_destroy(&(*self_p)->in);
        ts_xfree(*self_p);
        *self_p = NULL;
    }
}

void
ts_carrying_token(ts_job_t *job, char out[TS_CARRYING_TOKEN_BYTES])
{
    uint8_t bytes[TS_CARRYING_TOKEN_BYTES / 2];
    ts_random_bytes(job->node->options.random, bytes, sizeof bytes);
    ts_hex_format(bytes, sizeof bytes, out);
}

bool
ts_carrying_is(ts_job_t *job, const char *token)
{
    const char *given = ts_command_get(&job->command, "token");
    return given != NULL && token[0] != '\0' && strcmp(given, token) == 0;
}

ts_err_t
ts_carrying_refuse(ts_job_t *job)
{
    return ts_job_refuse(
        job, TS_ERR_NOTFOUND,
        N_("This was interrupted, or another one was begun meanwhile: begin again"), NULL);
}

const char *
ts_carrying_office(const ts_node_t *node, uint32_t number)
{
    const ts_office_t *office = ts_catalog_office(ts_node_catalog(node), number);
    return office == NULL ? NULL : office->name;
}

/* ---- the office that it is for */

static ts_err_t
find_by_name(ts_job_t *job, const char *text, uint32_t *ret_office)
{
    const ts_catalog_t *catalog = ts_node_catalog(job->node);
    char *key = ts_text_key(text, 0);
    size_t position = 0;
    size_t found = 0;
    char numbers[96] = "";
    const ts_office_t *row;
    while (key != NULL && (row = ts_catalog_next(catalog, TS_KIND_OFFICE, &position)) != NULL) {
        char *other = ts_text_key(row->name, 0);
        if (other != NULL && strcmp(key, other) == 0) {
            size_t used = strlen(numbers);
            (void)snprintf(numbers + used, sizeof numbers - used, "%s%u", found == 0 ? "" : ", ",
                           (unsigned)row->number);
            *ret_office = row->number;
            found++;
        }
        ts_xfree(other);
    }
    ts_xfree(key);
    if (found == 1) {
        return TS_ERR_OK;
    }
    return found == 0
               ? ts_job_refuse(job, TS_ERR_NOTFOUND,
                               N_("There is no office “{1}”: give its number or its exact name"),
                               text, NULL)
               : ts_job_refuse(job, TS_ERR_CONFLICT,
                               N_("Several offices are called “{1}”: give the number ({2})"), text,
                               numbers, NULL);
}

static ts_err_t
find_receiver(ts_job_t *job, uint32_t *ret_office)
{
    const char *text = ts_command_get(&job->command, "to");
    uint32_t parent = ts_node_parent(job->node);
    if (text == NULL || text[0] == '\0' || strcmp(text, "parent") == 0) {
        if (parent == 0) {
            return ts_job_refuse(job, TS_ERR_INVALID,
                                 N_("This office has no parent: say which office it is for, to=…"),
                                 NULL);
        }
        *ret_office = parent;
        return TS_ERR_OK;
    }
    if (strspn(text, "0123456789") == strlen(text)) {
        uint64_t number = 0;
        ts_err_t err = ts_job_number(job, "to", 0, TS_RECORD_OFFICE_MAX, &number);
        bool known = number == parent ||
                     ts_catalog_office(ts_node_catalog(job->node), (uint32_t)number) != NULL;
        if (err == TS_ERR_OK && !known) {
            err = ts_job_refuse(job, TS_ERR_NOTFOUND, N_("There is no office {1}"), text, NULL);
        }
        *ret_office = (uint32_t)number;
        return err;
    }
    return find_by_name(job, text, ret_office);
}

/* ---- export */

static ts_err_t
tell_begun(ts_job_t *job)
{
    const ts_carrying_t *self = ts_carrying_of(job);
    const ts_bundle_header_t *header = ts_bundle_out_header(self->out);
    char name[TS_BUNDLE_NAME_BYTES];
    ts_bundle_out_name(self->out, name);
    ts_table_t *table = ts_reply_add_table(&job->reply, "bundle");
    ts_table_add_column(table, "token", N_("Key of this transfer"), "text");
    ts_table_add_column(table, "file", N_("File"), "text");
    ts_table_add_column(table, "to", N_("For office"), "number");
    ts_table_add_column(table, "to_name", N_("Name"), "text");
    ts_table_add_column(table, "number", N_("Number of the bundle"), "number");
    ts_table_add_column(table, "bytes", N_("Bytes of segments, at most"), "number");
    ts_table_add_column(table, "more", N_("More waits than fits"), "number");
    ts_table_add_text(table, self->out_token);
    ts_table_add_text(table, name);
    ts_table_add_number(table, header->to);
    ts_table_add_text(table, ts_carrying_office(job->node, header->to));
    ts_table_add_number(table, (int64_t)header->number);
    ts_table_add_number(table, (int64_t)ts_bundle_out_expected(self->out));
    ts_table_add_number(table, (header->flags & TS_BUNDLE_MORE) != 0);
    ts_job_say(job, N_("The bundle is begun"), NULL);
    return TS_ERR_OK;
}

static ts_err_t
gather(ts_job_t *job)
{
    ts_carrying_t *self = ts_carrying_of(job);
    bool ready = false;
    if (self->out == NULL) {
        return ts_carrying_refuse(job);
    }
    ts_err_t err = ts_bundle_out_gather(self->out, &ready);
    if (err == TS_ERR_OK && !ready) {
        job->next = gather;
        return TS_ERR_OK;
    }
    if (err != TS_ERR_OK) {
        ts_bundle_out_destroy(&self->out);
        return err;
    }
    return tell_begun(job);
}

/* What came is judged; now our own word on it, and all that was typed, is sealed; the witness knows
 * it before the first byte leaves. */
static ts_err_t
seal_first(ts_job_t *job)
{
    ts_node_t *node = job->node;
    ts_holdings_hurry(node);
    ts_err_t err = ts_holdings_turn(node);
    if (err == TS_ERR_OK) {
        err = ts_peers_flush_held(node);
    }
    if (err == TS_ERR_OK) {
        err = ts_logs_seal_all(node);
    }
    if (err == TS_ERR_OK) {
        err = ts_logs_catch_up_witness(node);
    }
    if (err == TS_ERR_OK && node->witness_behind) {
        err = TS_ERR_FULL;
    }
    return err == TS_ERR_FULL
               ? ts_job_refuse(job, err,
                               N_("The disk of this machine is full: what was entered cannot be "
                                  "sealed for the way. Make room first"),
                               NULL)
               : err;
}

static ts_err_t
begin_out(ts_job_t *job)
{
    ts_carrying_t *self = ts_carrying_of(job);
    ts_bundle_order_t order = {.to = 0};
    ts_msg_t why = {0};
    uint64_t mib = 0;
    ts_err_t err = find_receiver(job, &order.to);
    if (err == TS_ERR_OK) {
        err = ts_job_flag(job, "all", &order.all);
    }
    if (err == TS_ERR_OK) {
        err = ts_job_number(job, "size", 0, TS_BUNDLE_BYTES_MAX >> 20, &mib);
        order.bytes_max = mib << 20;
    }
    if (err == TS_ERR_OK) {
        err = seal_first(job);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    if (self->out != NULL && job->node->now.ms - self->out_at.ms < TS_CARRYING_IDLE_MS) {
        return ts_job_refuse(job, TS_ERR_BUSY,
                             N_("Another bundle is being made: try again in a moment"), NULL);
    }
    ts_bundle_out_destroy(&self->out);
    err = ts_bundle_out_new(&self->out, job->node, &order, &why);
    if (err != TS_ERR_OK) {
        return why.id != NULL ? ts_job_refuse_with(job, err, &why) : err;
    }
    ts_carrying_token(job, self->out_token);
    self->out_done = false;
    self->out_at = job->node->now;
    return gather(job);
}

ts_err_t
ts_run_bundle_export(ts_job_t *job)
{
    ts_job_fold_then(job, begin_out);
    return TS_ERR_OK;
}

static ts_err_t
tell_part(ts_job_t *job)
{
    const ts_carrying_t *self = ts_carrying_of(job);
    const ts_bundle_manifest_t *manifest = ts_bundle_out_manifest(self->out);
    ts_table_t *table = ts_reply_add_table(&job->reply, "part");
    ts_table_add_column(table, "bytes", N_("Bytes"), "number");
    ts_table_add_column(table, "last", N_("Last part"), "number");
    ts_table_add_column(table, "segments", N_("Segments"), "number");
    ts_table_add_column(table, "receipts", N_("Receipts"), "number");
    ts_table_add_number(table, (int64_t)job->reply.blob.length);
    ts_table_add_number(table, self->out_done);
    ts_table_add_number(table, (int64_t)manifest->segments);
    ts_table_add_number(table, (int64_t)manifest->receipts);
    return TS_ERR_OK;
}

static ts_err_t
write_slice(ts_job_t *job)
{
    ts_carrying_t *self = ts_carrying_of(job);
    if (self->out == NULL) {
        return ts_carrying_refuse(job);
    }
    ts_err_t err = ts_bundle_out_write(self->out, &job->reply.blob, &self->out_done);
    if (err != TS_ERR_OK) {
        ts_bundle_out_destroy(&self->out);
        return err;
    }
    if (!self->out_done && job->reply.blob.length < TS_BUNDLE_PART_BYTES) {
        job->next = write_slice;
        return TS_ERR_OK;
    }
    return tell_part(job);
}

ts_err_t
ts_run_bundle_part(ts_job_t *job)
{
    ts_carrying_t *self = ts_carrying_of(job);
    if (self->out == NULL || !ts_carrying_is(job, self->out_token) || self->out_done) {
        return ts_carrying_refuse(job);
    }
    self->out_at = job->node->now;
    return write_slice(job);
}

ts_err_t
ts_run_bundle_written(ts_job_t *job)
{
    ts_carrying_t *self = ts_carrying_of(job);
    ts_bundle_memo_t memo;
    if (self->out == NULL || !ts_carrying_is(job, self->out_token) || !self->out_done) {
        return ts_carrying_refuse(job);
    }
    const ts_bundle_header_t *header = ts_bundle_out_header(self->out);
    const ts_bundle_manifest_t *manifest = ts_bundle_out_manifest(self->out);
    ts_err_t err = ts_bundle_memo_get(job->node, header->to, &memo);
    if (err == TS_ERR_OK) {
        memo.written_number = header->number;
        memo.written_ms = job->node->wall.ms;
        err = ts_bundle_memo_put(job->node, header->to, &memo);
    }
    if (err == TS_ERR_OK) {
        ts_node_note(job->node, TS_NOTE_INFO, "bundle_out",
                     "to=%u number=%llu segments=%llu receipts=%llu", (unsigned)header->to,
                     (unsigned long long)header->number, (unsigned long long)manifest->segments,
                     (unsigned long long)manifest->receipts);
        ts_job_say(job, N_("The bundle is on the disk"), NULL);
    }
    ts_bundle_out_destroy(&self->out);
    return err;
}
