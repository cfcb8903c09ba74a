/* SPDX-License-Identifier: MPL-2.0 */
/* S1–S5, S8, S9, S15, S16: what is held, where, and by whose word. */
#include "base/xalloc.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "sim/check_p.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 16384, SHORT_BYTES = 4 };

/* Beginning of a hash, for messages. */
static const char *
brief(const ts_hash_t *hash)
{
    static char texts[4][2 * SHORT_BYTES + 1];
    static unsigned turn;
    char *text = texts[turn++ % 4];
    ts_hex_format(hash->b, SHORT_BYTES, text);
    return text;
}

void
check_s1(check_t *self, size_t machine)
{
    check_machine_t *mine = check_machine(self, machine);
    if (mine->lacks) {
        check_broken(self, machine, "it said that it holds segment %s and does not",
                     brief(&mine->lacking));
    }
    if (mine->image_bad) {
        check_broken(self, machine, "it acknowledged what a power cut at that moment would take");
    }
}

/* Judged for the segments, not for the machine. */
void
check_s2(check_t *self, size_t machine)
{
    for (size_t i = 0; i < self->lone_count; i++) {
        const model_segment_t *segment = &self->model->segments[self->lone[i]];
        check_broken(self, machine,
                     "anchored segment %s of office %u stands on %u machines, %u lost it",
                     brief(&segment->hash), (unsigned)self->model->logs[segment->log].info.office,
                     (unsigned)segment->holders, (unsigned)segment->losses);
    }
    self->lone_count = 0;
}

/* Does the machine hold another segment on the same predecessor? */
static bool
has_sibling(const check_t *self, size_t machine, size_t index)
{
    const model_segment_t *segment = &self->model->segments[index];
    if (segment->prev == MODEL_NONE || self->model->segments[segment->prev].successors < 2) {
        return false;
    }
    const model_log_t *log = &self->model->logs[segment->log];
    for (size_t i = 0; i < log->count; i++) {
        size_t other = log->segments[i];
        if (other != index && self->model->segments[other].prev == segment->prev &&
            model_holds(self->model, machine, other)) {
            return true;
        }
    }
    return false;
}

void
check_s3(check_t *self, size_t machine)
{
    const check_machine_t *mine = check_machine(self, machine);
    const model_machine_t *store = &self->model->machines[machine];
    for (size_t i = mine->looked; i < store->held_count; i++) {
        const model_segment_t *segment = &self->model->segments[store->held[i]];
        ts_log_info_t info = {.office = 0};
        if (!has_sibling(self, machine, store->held[i])) {
            continue;
        }
        const ts_hash_t *log = &self->model->logs[segment->log].info.log;
        if (ts_custody_log(check_node(self, machine)->custody, log, &info) == TS_ERR_OK &&
            !info.forked) {
            check_broken(self, machine, "two segments follow %s in log %s and nobody is told",
                         brief(&self->model->segments[segment->prev].hash), brief(log));
        }
    }
}

void
check_s4(check_t *self, size_t machine)
{
    const check_machine_t *mine = check_machine(self, machine);
    if (mine->bad_chain != NULL) {
        check_broken(self, machine, "it stored %s", mine->bad_chain);
    }
}

void
check_s5(check_t *self, size_t machine)
{
    const check_machine_t *mine = check_machine(self, machine);
    if (mine->bad_bytes != NULL) {
        check_broken(self, machine, "it stored %s", mine->bad_bytes);
    }
}

/* Judged for what was said in this step, by whomever. */
void
check_s8(check_t *self, size_t machine)
{
    for (size_t i = 0; i < self->less_count; i++) {
        const check_less_t *less = &self->less[i];
        if (less->machine == machine) {
            check_broken(self, machine,
                         "it said that it holds log %s up to %" PRIu64 ", and said %" PRIu64
                         " before",
                         brief(&less->log), less->now, less->before);
        }
    }
}

/* What a person was told to be saved must be there. */
static bool
judge_told(check_t *self, const check_told_t *told)
{
    check_machine_t *mine = check_machine(self, told->machine);
    if (check_node(self, told->machine) == NULL || mine->anew) {
        return mine->forgiven || mine->gone;
    }
    size_t event = model_find_event(self->model, &told->event);
    if (event == MODEL_NONE || !model_has_event(self->model, told->machine, event)) {
        check_broken(self, told->machine, "entry %s was called saved and is not there",
                     brief(&told->event));
    } else if (!self->model->events[event].told) {
        self->model->events[event].told = true;
        self->model->told++;
    }
    return true;
}

void
check_s9(check_t *self, size_t machine)
{
    const check_machine_t *mine = check_machine(self, machine);
    size_t kept = 0;
    if (mine->shrunk > 0) {
        check_broken(self, machine, "%" PRIu64 " segments or entries are gone", mine->shrunk);
    }
    for (size_t i = 0; i < self->told_count; i++) {
        if (self->told[i].machine != machine || !judge_told(self, &self->told[i])) {
            self->told[kept++] = self->told[i];
        }
    }
    self->told_count = kept;
}

/* Does the log lie before `from` in the line of logs that continue one another? */
static bool
continues(const model_t *model, const ts_hash_t *from, const ts_hash_t *log)
{
    ts_hash_t at = *from;
    for (unsigned depth = 0; depth < 64; depth++) {
        size_t index = model_find_log(model, &at);
        if (index == MODEL_NONE) {
            return false;
        }
        at = model->logs[index].info.predecessor.log;
        if (ts_hash_equal(&at, log)) {
            return true;
        }
    }
    return false;
}

void
check_s16(check_t *self, size_t machine)
{
    for (size_t i = 0; i < self->left_count; i++) {
        const check_left_t *left = &self->left[i];
        size_t index = model_find_prefix(self->model, left->prefix);
        if (left->machine != machine || index == MODEL_NONE ||
            self->model->segments[index].author != machine) {
            continue;
        }
        const model_segment_t *segment = &self->model->segments[index];
        const ts_hash_t *log = &self->model->logs[segment->log].info.log;
        bool has = false;
        for (size_t j = 0; j < left->count && !has; j++) {
            has = ts_hash_equal(&left->tips[j].log, log)
                      ? left->tips[j].seq >= segment->last_seq
                      : continues(self->model, &left->tips[j].log, log);
        }
        if (!has || !left->flushed) {
            check_broken(self, machine, "segment %s (log %s up to %" PRIu64 ") left it %s",
                         brief(&segment->hash), brief(log), segment->last_seq,
                         has ? "before its witness was flushed" : "and its witness does not know");
            continue;
        }
        *(uint64_t *)ts_map_put(check_machine(self, machine)->witnessed, log) =
            segment->last_seq + 1;
    }
}

/* ---- S15 */

/* A chain of segments that an earlier program sealed: "deployment <hex>" and "segment <hex>" lines.
 */
void
check_kept_log(check_t *self, const char *path)
{
    const size_t machine = SIZE_MAX;
    FILE *file = fopen(path, "r");
    char *line = ts_xmalloc(LINE_MAX_BYTES);
    uint8_t *bytes = ts_xmalloc(LINE_MAX_BYTES);
    model_t *model = NULL;
    size_t segments = 0;
    while (file != NULL && fgets(line, LINE_MAX_BYTES, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        ts_id16_t deployment;
        size_t index = MODEL_NONE;
        if (model == NULL && strncmp(line, "deployment ", 11) == 0 &&
            ts_hex_parse(line + 11, deployment.b, sizeof deployment.b) == TS_ERR_OK) {
            model = model_new(&deployment);
        }
        if (model == NULL || strncmp(line, "segment ", 8) != 0) {
            continue;
        }
        size_t length = strlen(line + 8) / 2;
        const char *wrong = ts_hex_parse(line + 8, bytes, length) == TS_ERR_OK
                                ? model_learn(model, (ts_bytes_t){bytes, length}, &index)
                                : "a line that is not hex";
        if (wrong != NULL) {
            check_broken(self, machine, "kept segment %zu is %s", segments + 1, wrong);
        }
        segments++;
    }
    size_t readable = 0;
    for (size_t i = 0; model != NULL && i < model->event_count; i++) {
        readable += model->events[i].readable;
    }
    if (segments < 3 || readable < 3 || readable != model->event_count) {
        check_broken(self, machine, "%zu kept segments with %zu entries that can be read", segments,
                     readable);
    }
    model_free(&model);
    ts_xfree(line);
    ts_xfree(bytes);
    if (file != NULL) {
        (void)fclose(file);
    }
}

void
check_s15(check_t *self, size_t machine)
{
    (void)machine;
    check_kept_log(self, TS_TEST_SOURCE_DIR "/tests/golden/v1/log.txt");
}
