/* SPDX-License-Identifier: MPL-2.0 */
/* bundle_import: a file is brought part by part, its segments go into custody, then what its maker
 * says that it holds is noted. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "node/cmd.h"
#include "node/cmd_bundle.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- what to say */

static void
number_text(uint64_t number, char out[24])
{
    (void)snprintf(out, 24, "%" PRIu64, number);
}

/* "12 (xã Tân Lĩnh)" of the maker. */
static char *
maker_text(const ts_node_t *node, const ts_bundle_header_t *header)
{
    const char *name = ts_carrying_office(node, header->from);
    size_t bytes = (name == NULL ? 0 : strlen(name)) + 32;
    char *text = ts_xmalloc(bytes);
    (void)snprintf(text, bytes, name == NULL ? "%u" : "%u (%s)", (unsigned)header->from, name);
    return text;
}

static void
put_summary(ts_job_t *job, bool whole, bool in_step)
{
    const ts_carrying_t *self = ts_carrying_of(job);
    const ts_bundle_header_t *header = ts_bundle_in_header(self->in);
    const ts_bundle_counts_t *counts = ts_bundle_in_counts(self->in);
    static const struct {
        const char *name;
        const char *title;
        const char *format;
    } columns[] = {{"from", N_("Made by office"), "number"},
                   {"from_name", N_("Name"), "text"},
                   {"number", N_("Number of the bundle"), "number"},
                   {"made", N_("Made"), "time"},
                   {"segments", N_("Segments in it"), "number"},
                   {"fresh", N_("… new here"), "number"},
                   {"known", N_("… held before"), "number"},
                   {"waiting", N_("… waiting for earlier ones"), "number"},
                   {"refused", N_("… refused"), "number"},
                   {"receipts", N_("Receipts noted"), "number"},
                   {"whole", N_("The file is whole"), "number"},
                   {"in_step", N_("Both offices hold the same now"), "number"}};
    ts_table_t *table = ts_reply_add_table(&job->reply, "bundle");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        ts_table_add_column(table, columns[i].name, columns[i].title, columns[i].format);
    }
    ts_table_add_number(table, header == NULL ? 0 : header->from);
    ts_table_add_text(table, header == NULL ? NULL : ts_carrying_office(job->node, header->from));
    ts_table_add_number(table, header == NULL ? 0 : (int64_t)header->number);
    ts_table_add_number(table, header == NULL ? 0 : header->made_ms / 1000);
    ts_table_add_number(table, (int64_t)counts->segments);
    ts_table_add_number(table, (int64_t)counts->fresh);
    ts_table_add_number(table, (int64_t)counts->known);
    ts_table_add_number(table, (int64_t)counts->waiting);
    ts_table_add_number(table, (int64_t)counts->refused);
    ts_table_add_number(table, (int64_t)self->receipts.at);
    ts_table_add_number(table, whole);
    ts_table_add_number(table, in_step);
}

/* Names what is missing: office, log and entry before which something has not come. */
static ts_err_t
put_waiting(ts_job_t *job)
{
    ts_waiting_t rows[32];
    size_t count = 0;
    ts_err_t err = ts_custody_waiting_list(job->node->custody, NULL, rows, 32, &count);
    if (err != TS_ERR_OK || count == 0) {
        return err;
    }
    ts_table_t *table = ts_reply_add_table(&job->reply, "waiting");
    ts_table_add_column(table, "office", N_("Office"), "number");
    ts_table_add_column(table, "log", N_("Log"), "text");
    ts_table_add_column(table, "before", N_("Missing before entry"), "number");
    for (size_t i = 0; i < count; i++) {
        ts_log_info_t info = {.office = 0};
        char hex[17];
        ts_hex_format(rows[i].log.b, 8, hex);
        err = ts_custody_log(job->node->custody, &rows[i].log, &info);
        ts_table_add_number(table, err == TS_ERR_OK ? info.office : 0);
        ts_table_add_text(table, hex);
        ts_table_add_number(table, (int64_t)rows[i].first_seq);
    }
    return TS_ERR_OK;
}

static void
add_issue(ts_job_t *job, ts_severity_t severity, const char *id, const char *argument)
{
    ts_msg_t say = {0};
    ts_msg_make(&say, id, argument, NULL);
    ts_msg_move(&ts_reply_add_issue(&job->reply, severity)->say, &say);
}

static void
add_word_issue(ts_job_t *job, ts_bundle_word_t word)
{
    static const char *const words[] = {
        [TS_BUNDLE_WORD_COUNTS] = NULL,
        [TS_BUNDLE_WORD_UNKNOWN] =
            N_("The registry here does not name the office that made it yet: its entries are kept, "
               "its receipts are not counted"),
        [TS_BUNDLE_WORD_KEY] =
            N_("Another machine than the registry names made it for this office: its entries are "
               "kept, its receipts are not counted. Ask the province"),
        [TS_BUNDLE_WORD_CUT_OFF] = N_("The office that made it was cut off: its entries are kept, "
                                      "its receipts are not counted"),
        [TS_BUNDLE_WORD_STRANGER] =
            N_("The office that made it is neither above nor below this one: its entries are kept, "
               "its receipts are not counted"),
        [TS_BUNDLE_WORD_STORE] = N_("It says to be the store of another office: its entries are "
                                    "kept, its receipts are not counted"),
    };
    if (words[word] != NULL) {
        add_issue(job, TS_SEVERITY_WARNING, words[word], NULL);
    }
}

/* Whose key is it closed to, as far as the registry knows? */
static uint32_t
office_of_key(const ts_node_t *node, const ts_sealed_head_t *head)
{
    size_t position = 0;
    const ts_office_t *row;
    while ((row = ts_catalog_next(ts_node_catalog(node), TS_KIND_OFFICE, &position)) != NULL) {
        for (size_t i = 0; i < head->recipient_count; i++) {
            if (ts_sealed_key_id(&row->node_curve_key) == head->key_ids[i] ||
                ts_sealed_key_id(&row->invite_curve_key) == head->key_ids[i]) {
                return row->number;
            }
        }
    }
    return 0;
}

static ts_err_t
refuse_key(ts_job_t *job, const ts_sealed_head_t *head)
{
    uint32_t office = head == NULL ? 0 : office_of_key(job->node, head);
    const char *name = office == 0 ? NULL : ts_carrying_office(job->node, office);
    char number[16];
    (void)snprintf(number, sizeof number, "%u", (unsigned)office);
    if (name == NULL) {
        return ts_job_refuse(job, TS_ERR_KEY,
                             N_("This bundle is closed to another office and cannot be opened here "
                                "({1}). Nothing was changed"),
                             head == NULL ? "?" : head->label, NULL);
    }
    return ts_job_refuse(job, TS_ERR_KEY,
                         N_("This bundle is for office {1} ({2}) and cannot be opened here. "
                            "Nothing was changed"),
                         number, name, NULL);
}

/* A file of which nothing could be read. */
static ts_err_t
refuse_file(ts_job_t *job, ts_err_t verdict)
{
    static const char *const kinds[] = {
        [TS_SEALED_BACKUP] = N_("This file is a backup, not a bundle"),
        [TS_SEALED_KIT] = N_("This file is the kit of keys, not a bundle"),
        [TS_SEALED_KEPT] = N_("This file is a keeper's copy, not a bundle"),
    };
    const ts_sealed_head_t *head = ts_bundle_in_head(ts_carrying_of(job)->in);
    if (verdict == TS_ERR_KEY) {
        return refuse_key(job, head);
    }
    if (verdict == TS_ERR_FOREIGN) {
        return ts_job_refuse(job, verdict,
                             N_("This bundle belongs to another deployment: this office takes "
                                "nothing from it. Nothing was changed"),
                             NULL);
    }
    if (verdict == TS_ERR_UNKNOWN && ts_bundle_in_header(ts_carrying_of(job)->in) == NULL) {
        return ts_job_refuse(job, verdict,
                             N_("A later version of the program made this file: update this office "
                                "first. Nothing was changed"),
                             NULL);
    }
    if (head != NULL && head->what != TS_SEALED_BUNDLE) {
        bool known = head->what < sizeof kinds / sizeof kinds[0] && kinds[head->what] != NULL;
        return ts_job_refuse(job, TS_ERR_INVALID,
                             known ? kinds[head->what] : N_("This file is no bundle"), NULL);
    }
    if (head == NULL && verdict == TS_ERR_TRUNCATED) {
        return ts_job_refuse(job, verdict,
                             N_("This file is empty or only the beginning of a bundle: copy it "
                                "again"),
                             NULL);
    }
    return head == NULL ? ts_job_refuse(job, verdict,
                                        N_("This file is no bundle, or a program changed its "
                                           "beginning on the way: fetch it again from the sender"),
                                        NULL)
                        : TS_ERR_OK;
}

/* A file that was partly right: what was right is kept. */
static ts_err_t
refuse_damaged(ts_job_t *job, ts_err_t verdict)
{
    const ts_carrying_t *self = ts_carrying_of(job);
    const ts_bundle_counts_t *counts = ts_bundle_in_counts(self->in);
    uint64_t missing = 0;
    char kept[24];
    char text[24];
    ts_err_t err = ts_bundle_in_missing(self->in, &missing);
    if (err != TS_ERR_OK) {
        return err;
    }
    number_text(counts->fresh + counts->known, kept);
    number_text(missing, text);
    if (missing > 0) {
        add_issue(job, TS_SEVERITY_WARNING,
                  N_("{1} logs that this bundle should bring are not complete here"), text);
    }
    const char *say =
        verdict == TS_ERR_TRUNCATED
            ? N_("The file is cut short. {1} segments of it were right and are kept; its receipts "
                 "are not counted. Copy it again, or let the sender make a new bundle")
        : verdict == TS_ERR_UNKNOWN
            ? N_("A later version of the program made this bundle. {1} segments of it are kept; "
                 "update this office and take it in again")
        : verdict == TS_ERR_SIGNATURE
            ? N_("The signature of this bundle is not right. {1} segments in it are signed by "
                 "their own authors and are kept; its receipts are not counted")
        : verdict == TS_ERR_INVALID && ts_bundle_in_header(self->in) != NULL &&
                ts_bundle_in_header(self->in)->to != job->node->identity.keys.office
            ? N_("This bundle was made for another office. Nothing of it was taken in")
            : N_("The file is damaged. {1} segments of it were right and are kept; its receipts "
                 "are not counted. Copy it again, or let the sender make a new bundle");
    return ts_job_refuse(job, verdict, say, kept, NULL);
}

static void
say_taken(ts_job_t *job)
{
    const ts_carrying_t *self = ts_carrying_of(job);
    const ts_bundle_header_t *header = ts_bundle_in_header(self->in);
    const ts_bundle_counts_t *counts = ts_bundle_in_counts(self->in);
    char *maker = maker_text(job->node, header);
    char number[24];
    char fresh[24];
    char waiting[24];
    number_text(header->number, number);
    number_text(counts->fresh, fresh);
    number_text(counts->waiting, waiting);
    if (counts->waiting > 0) {
        ts_job_say(job,
                   N_("Bundle {1} of office {2} is taken in: {3} new segments; {4} wait for "
                      "earlier ones that have not come: bring the earlier bundles too, in any "
                      "order"),
                   number, maker, fresh, waiting, NULL);
    } else if (counts->fresh > 0) {
        ts_job_say(job, N_("Bundle {1} of office {2} is taken in: {3} new segments"), number, maker,
                   fresh, NULL);
    } else if (counts->segments > 0) {
        ts_job_say(job,
                   N_("Bundle {1} of office {2} is taken in: everything in it was here already"),
                   number, maker, NULL);
    } else {
        ts_job_say(job, N_("Bundle {1} of office {2} is taken in: it carries only receipts"),
                   number, maker, NULL);
    }
    ts_xfree(maker);
}

/* ---- the steps */

static ts_err_t
end_import(ts_job_t *job, ts_err_t err)
{
    ts_carrying_t *self = ts_carrying_of(job);
    ts_bundle_in_destroy(&self->in);
    self->in_token[0] = '\0';
    return err;
}

/* Do both hold the same of what they share? */
static ts_err_t
compare_digest(ts_job_t *job, bool *ret_same)
{
    const ts_bundle_header_t *header = ts_bundle_in_header(ts_carrying_of(job)->in);
    ts_node_t *node = job->node;
    bool above = ts_office_below(ts_node_catalog(node), node->identity.keys.office, header->from);
    ts_share_t share = {.node = node,
                        .child = above ? node->identity.keys.office : header->from,
                        .up = true,
                        .down = true,
                        .known_only = !above};
    ts_hash_t digest;
    ts_err_t err = ts_custody_digest(node->custody, ts_share_has, &share, &digest);
    if (err == TS_ERR_OK) {
        *ret_same = ts_hash_equal(&digest, &header->digest);
    }
    return err;
}

static ts_err_t
conclude(ts_job_t *job)
{
    ts_carrying_t *self = ts_carrying_of(job);
    const ts_bundle_header_t *header = ts_bundle_in_header(self->in);
    const ts_bundle_counts_t *counts = ts_bundle_in_counts(self->in);
    bool same = false;
    ts_err_t err = compare_digest(job, &same);
    if (err == TS_ERR_OK) {
        add_word_issue(job, self->word);
        if (ts_bundle_in_has_more_behind(self->in)) {
            add_issue(job, TS_SEVERITY_NOTE,
                      N_("Something was appended to the file on its way; it was passed over"),
                      NULL);
        }
        if ((header->flags & TS_BUNDLE_MORE) != 0) {
            add_issue(job, TS_SEVERITY_NOTE,
                      N_("More waits at the sender than fitted: carry a bundle back to it, so that "
                         "its next one goes on from here"),
                      NULL);
        }
        if (self->receipts.unknown > 0) {
            add_issue(job, TS_SEVERITY_WARNING,
                      N_("The office above holds entries of this office that are missing here: "
                         "this store went back in time. It goes on in new logs; what is missing "
                         "comes with a bundle from above"),
                      NULL);
        }
        put_summary(job, true, same);
        err = put_waiting(job);
    }
    if (err == TS_ERR_OK) {
        say_taken(job);
        ts_node_note(job->node, TS_NOTE_INFO, "bundle_in",
                     "from=%u number=%llu segments=%llu fresh=%llu waiting=%llu refused=%llu",
                     (unsigned)header->from, (unsigned long long)header->number,
                     (unsigned long long)counts->segments, (unsigned long long)counts->fresh,
                     (unsigned long long)counts->waiting, (unsigned long long)counts->refused);
    }
    return end_import(job, err);
}

static ts_err_t
note_receipts(ts_job_t *job)
{
    ts_carrying_t *self = ts_carrying_of(job);
    bool done = false;
    if (self->in == NULL) {
        return ts_carrying_refuse(job);
    }
    ts_err_t err = ts_bundle_receipts_step(job->node, &self->receipts, &done);
    if (err != TS_ERR_OK) {
        return end_import(job, err);
    }
    if (!done) {
        job->next = note_receipts;
        return TS_ERR_OK;
    }
    return conclude(job);
}

/* Everything is in custody and judged: who made it, and what its word is worth. */
static ts_err_t
begin_receipts(ts_job_t *job)
{
    ts_carrying_t *self = ts_carrying_of(job);
    if (self->in == NULL) {
        return ts_carrying_refuse(job);
    }
    const ts_bundle_header_t *header = ts_bundle_in_header(self->in);
    self->receipts = (ts_bundle_receipts_t){.header = header,
                                            .tips = ts_bundle_in_receipts(self->in),
                                            .count = ts_bundle_in_receipt_count(self->in)};
    self->word = ts_bundle_word(job->node, header, ts_bundle_in_signer(self->in));
    return self->word == TS_BUNDLE_WORD_COUNTS ? note_receipts(job) : conclude(job);
}

static ts_err_t
conclude_damaged(ts_job_t *job)
{
    ts_err_t verdict = ts_bundle_in_verdict(ts_carrying_of(job)->in);
    ts_err_t err = refuse_file(job, verdict);
    if (err == TS_ERR_OK) {
        put_summary(job, false, false);
        err = put_waiting(job);
    }
    if (err == TS_ERR_OK) {
        err = refuse_damaged(job, verdict);
    }
    return end_import(job, err);
}

static ts_err_t
wait_for_more(ts_job_t *job)
{
    const ts_carrying_t *self = ts_carrying_of(job);
    ts_table_t *table = ts_reply_add_table(&job->reply, "part");
    ts_table_add_column(table, "token", N_("Key of this transfer"), "text");
    ts_table_add_column(table, "segments", N_("Segments"), "number");
    ts_table_add_column(table, "fresh", N_("… new here"), "number");
    ts_table_add_text(table, self->in_token);
    ts_table_add_number(table, (int64_t)ts_bundle_in_counts(self->in)->segments);
    ts_table_add_number(table, (int64_t)ts_bundle_in_counts(self->in)->fresh);
    return TS_ERR_OK;
}

/* A piece of the part is opened, then what it held goes into custody batch by batch. */
static ts_err_t
take_slice(ts_job_t *job)
{
    ts_carrying_t *self = ts_carrying_of(job);
    const ts_buf_t *blob = &job->command.blob;
    bool more = false;
    if (self->in == NULL) {
        return ts_carrying_refuse(job);
    }
    ts_err_t err = ts_bundle_in_store(self->in, &more);
    if (err == TS_ERR_FULL) {
        return end_import(
            job, ts_job_refuse(job, err,
                               N_("The disk of this machine is full. What was taken in so far is "
                                  "kept; make room and take the same file in again"),
                               NULL));
    }
    if (err != TS_ERR_OK) {
        return end_import(job, err);
    }
    if (!more && self->in_offset < blob->length) {
        size_t left = blob->length - self->in_offset;
        size_t part = left < TS_SEALED_CHUNK_BYTES ? left : TS_SEALED_CHUNK_BYTES;
        ts_bundle_in_feed(self->in, (ts_bytes_t){blob->data + self->in_offset, part});
        self->in_offset += part;
        more = true;
    }
    if (more) {
        job->next = take_slice;
        return TS_ERR_OK;
    }
    if (self->in_last) {
        ts_bundle_in_end(self->in);
    }
    ts_holdings_hurry(job->node);
    if (ts_bundle_in_verdict(self->in) != TS_ERR_OK) {
        return conclude_damaged(job);
    }
    if (!self->in_last) {
        return wait_for_more(job);
    }
    ts_job_fold_then(job, begin_receipts);
    return TS_ERR_OK;
}

static ts_err_t
begin_in(ts_job_t *job)
{
    ts_carrying_t *self = ts_carrying_of(job);
    if (self->in != NULL && job->node->now.ms - self->in_at.ms < TS_CARRYING_IDLE_MS) {
        return ts_job_refuse(job, TS_ERR_BUSY,
                             N_("Another bundle is being taken in: try again in a moment"), NULL);
    }
    ts_bundle_in_destroy(&self->in);
    self->in = ts_bundle_in_new(job->node);
    self->in_part = 0;
    self->receipts = (ts_bundle_receipts_t){.header = NULL};
    ts_carrying_token(job, self->in_token);
    return TS_ERR_OK;
}

ts_err_t
ts_run_bundle_import(ts_job_t *job)
{
    ts_carrying_t *self = ts_carrying_of(job);
    uint64_t part = 0;
    ts_err_t err = ts_job_number(job, "part", 0, UINT32_MAX, &part);
    if (err == TS_ERR_OK) {
        err = ts_job_flag(job, "last", &self->in_last);
    }
    if (err == TS_ERR_OK && part == 0) {
        err = begin_in(job);
    } else if (err == TS_ERR_OK && (self->in == NULL || !ts_carrying_is(job, self->in_token) ||
                                    part != self->in_part)) {
        err = ts_carrying_refuse(job);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    self->in_part++;
    self->in_offset = 0;
    self->in_at = job->node->now;
    return take_slice(job);
}
