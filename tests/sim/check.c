/* SPDX-License-Identifier: MPL-2.0 */
/* The table of invariants, when each is asked, and the hooks that call them. */
#include "base/check.h"

#include "base/xalloc.h"
#include "sim/check_p.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { OFTEN_EVERY = 64 }; /* of the machines touched, one in so many */

static const check_row_t rows[] = {
    {"S1", "who says that he holds a segment has it on his disk, also after a power cut",
     CHECK_STEP, check_s1},
    {"S2", "what is anchored survives the loss of any one machine", CHECK_STEP | CHECK_END,
     check_s2},
    {"S3", "two segments in one place are a fork that is shown", CHECK_STEP, check_s3},
    {"S4", "every stored segment is signed and continues its predecessor", CHECK_STEP, check_s4},
    {"S5", "the bytes are everywhere those of their author", CHECK_STEP, check_s5},
    {"S6", "the same events make the same ledger", CHECK_OFTEN | CHECK_END, check_s6},
    {"S7", "each event counts once", CHECK_OFTEN | CHECK_END, check_s7},
    {"S8", "nobody says that he holds less than before", CHECK_STEP, check_s8},
    {"S9", "nothing that was saved goes away", CHECK_STEP | CHECK_END, check_s9},
    {"S10", "what nobody may write counts nowhere", CHECK_OFTEN | CHECK_END, check_s10},
    {"S11", "memory and disk stay within their bounds", CHECK_OFTEN | CHECK_END, check_s11},
    {"S12", "no input stops another log", CHECK_END, check_s12},
    {"S13", "what is parked, refused or forked is shown to its author", CHECK_STEP | CHECK_END,
     check_s13},
    {"S14", "the numbers on the screen are those of the events", CHECK_OFTEN | CHECK_END,
     check_s14},
    {"S15", "segments of earlier programs still verify", CHECK_ONCE, check_s15},
    {"S16", "the witness knows a segment before anybody else does", CHECK_STEP, check_s16},
    {"L1", "all that was sealed is anchored, and its author knows it", CHECK_END, check_l1},
    {"L2", "forks and lost pasts are settled without a person", CHECK_END, check_l2},
    {"L3", "no sessions that move nothing, again and again", CHECK_STEP, check_l3},
    {"L4", "what comes down does not wait for what goes up", CHECK_END, check_l4},
    {"L5", "bytes sent are at most 1.15 times what is new, and a little for each session",
     CHECK_END, check_l5},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

const check_row_t *
check_rows(size_t *ret_count)
{
    *ret_count = ROWS;
    return rows;
}

const check_figures_t *
check_figures(const check_t *self)
{
    return &self->figures;
}

const model_t *
check_model(const check_t *self)
{
    return self->model;
}

/* ---- for the checks */

check_machine_t *
check_machine(check_t *self, size_t machine)
{
    (void)model_machine(self->model, machine);
    while (self->machine_count <= machine) {
        self->machines =
            ts_xrealloc(self->machines, (self->machine_count + 1) * sizeof *self->machines);
        self->machines[self->machine_count++] = (check_machine_t){
            .anew = true, .witnessed = ts_map_new(sizeof(ts_hash_t), sizeof(uint64_t))};
    }
    return &self->machines[machine];
}

ts_node_t *
check_node(const check_t *self, size_t machine)
{
    const world_node_t *node = &self->sim->world->nodes[machine];
    ts_node_t *open = sim_node(self->sim, machine);
    return open == NULL || node->quiet || ts_faultvfs_dead(node->vfs) ||
                   ts_custody_failed(open->custody) != TS_ERR_OK
               ? NULL
               : open;
}

bool
check_at_rest(const check_t *self, size_t machine)
{
    const ts_node_t *node = check_node(self, machine);
    const world_node_t *row = &self->sim->world->nodes[machine];
    ts_fold_state_t fold;
    if (node == NULL || row->more || row->touched || node->intake.count > 0 ||
        self->machines[machine].anew) {
        return false;
    }
    ts_fold_state(node->fold, &fold);
    return fold.arrival == fold.arrival_last && !fold.redoing && !fold.rebuilding &&
           (self->model->machines[machine].tail_count == 0 ||
            ts_fold_tail(node->fold) >= ts_custody_tail_counter(node->custody));
}

bool
check_counts(const check_t *self, size_t machine)
{
    const sim_machine_t *row = &self->sim->machines[machine];
    return row->power == SIM_ON && !row->revoked && check_node(self, machine) != NULL &&
           (machine == 0 || check_is_bound(self, machine));
}

void
check_lone(check_t *self, size_t segment)
{
    self->lone =
        ts_xgrow(self->lone, self->lone_count + 1, &self->lone_capacity, sizeof *self->lone);
    self->lone[self->lone_count++] = segment;
}

void
check_broken(check_t *self, size_t machine, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sim_violation(self->sim, rows[self->figure].name, machine, "%s", text);
}

/* ---- running the table */

static bool
is_asked(const sim_t *sim, size_t row)
{
    return (sim->options.unasked >> row & 1) == 0;
}

bool
sim_asks(const sim_t *sim, const char *invariant)
{
    size_t row = 0;
    while (row < ROWS && strcmp(rows[row].name, invariant) != 0) {
        row++;
    }
    TS_CHECK(row < ROWS);
    return is_asked(sim, row);
}

static void
judge(check_t *self, size_t row, size_t machine)
{
    self->figure = row;
    self->figures.judged[row]++;
    rows[row].judge(self, machine);
}

static void
judge_all(check_t *self, unsigned when, size_t machine)
{
    bool readable = when == CHECK_ONCE || check_node(self, machine) != NULL;
    for (size_t i = 0; i < ROWS && readable && !self->sim->violated; i++) {
        if ((rows[i].when & when) != 0 && is_asked(self->sim, i)) {
            judge(self, i, machine);
        }
    }
}

static void
forget_step(check_t *self)
{
    for (size_t i = 0; i < self->left_count; i++) {
        ts_xfree(self->left[i].tips);
    }
    self->left_count = 0;
    self->less_count = 0;
}

static void
look_at_step(check_t *self)
{
    const sim_t *sim = self->sim;
    for (size_t i = 0; i < sim->touched_count; i++) {
        size_t machine = sim->touched_list[i];
        size_t before = model_machine(self->model, machine)->held_count;
        check_look(self, machine);
        check_machine_t *mine = check_machine(self, machine);
        const model_machine_t *store = &self->model->machines[machine];
        for (size_t j = before; j < store->held_count; j++) {
            const model_segment_t *segment = &self->model->segments[store->held[j]];
            bool taken = sim->phase >= SIM_LIVENESS && segment->author != machine;
            self->unique_bytes += taken ? segment->bytes : 0;
        }
        if (store->held_count != before) {
            mine->idle_sessions = 0;
        }
    }
    check_claims_done(self);
}

static void
judge_step(check_t *self)
{
    const sim_t *sim = self->sim;
    for (size_t i = 0; i < sim->touched_count; i++) {
        judge_all(self, CHECK_STEP, sim->touched_list[i]);
        if (ts_prng_below(&self->prng, OFTEN_EVERY) == 0) {
            judge_all(self, CHECK_OFTEN, sim->touched_list[i]);
        }
    }
}

static void
judge_end(check_t *self)
{
    for (size_t i = 0; i < self->sim->machine_count; i++) {
        check_look(self, i);
        check_look_again(self, i);
    }
    check_claims_done(self);
    for (size_t i = 0; i < self->sim->machine_count; i++) {
        judge_all(self, CHECK_END, i);
    }
}

static void
note_gone(check_t *self)
{
    for (size_t i = 0; i < self->sim->machine_count; i++) {
        if (self->sim->machines[i].power == SIM_GONE && !check_machine(self, i)->gone) {
            check_gone(self, i);
        }
    }
}

static double
seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* ---- hooks */

static void
after_step(void *context, sim_t *sim, sim_step_kind_t kind)
{
    check_t *self = context;
    double began = seconds();
    if (kind == SIM_STEP_POWER || kind == SIM_STEP_STATE) {
        note_gone(self);
    }
    if (kind == SIM_STEP_PHASE) {
        for (size_t i = 0; i < sim->machine_count; i++) {
            check_machine(self, i)->idle_sessions = 0;
        }
    }
    look_at_step(self);
    judge_step(self);
    if (kind == SIM_STEP_PHASE && sim->phase == SIM_OVER && !sim->violated) {
        judge_end(self);
    }
    forget_step(self);
    self->figures.seconds += seconds() - began;
}

static void
on_frame(void *context, sim_t *sim, const sim_frame_t *frame)
{
    check_t *self = context;
    (void)sim;
    double began = seconds();
    check_frame(self, frame);
    self->figures.seconds += seconds() - began;
}

static void
on_reply(void *context, sim_t *sim, const sim_said_t *said)
{
    check_t *self = context;
    (void)sim;
    for (size_t i = 0; said->reply != NULL && i < said->event_count; i++) {
        self->told =
            ts_xgrow(self->told, self->told_count + 1, &self->told_capacity, sizeof *self->told);
        self->told[self->told_count++] = (check_told_t){said->node, said->events[i].id};
    }
}

/* What it said before its files went back it need not know any more. `unnoticed`: by nothing can it
 * tell that it is another store now; else what it said as the former one stands. */
static void
forgive(check_t *self, size_t machine, bool unnoticed)
{
    const model_machine_t *store = model_machine(self->model, machine);
    check_machine(self, machine)->forgiven = true;
    if (unnoticed) {
        model_claims_forget(self->model, &store->store);
    }
}

/* Where the copies of files stand that are opened as after a power cut. */
static void
make_copies(check_t *self)
{
    char folder[1024];
    (void)snprintf(folder, sizeof folder, "%s/check", self->sim->world->folder);
    self->copy_folder = ts_xstrdup(folder);
    (void)mkdir(folder, 0700);
    self->copies = ts_faultvfs_new_memory("check-copies");
}

static void
on_start(void *context, sim_t *sim, size_t node, sim_start_t how, const ts_msg_t *why)
{
    check_t *self = context;
    check_machine_t *mine = check_machine(self, node);
    (void)why;
    if (self->copies == NULL) { /* the province, for the first time */
        make_copies(self);
        self->model->deployment = sim_node(sim, node)->identity.keys.deployment;
        judge_all(self, CHECK_ONCE, SIZE_MAX);
    }
    mine->anew = true;
    mine->rejects = 0; /* what arrived as it died is noted by nobody */
    mine->told = 0;
    if (how == SIM_START_RESTORE || sim->machines[node].disk_lied) {
        forgive(self, node, sim->machines[node].disk_lied);
    }
    ts_map_clear(mine->witnessed);
    mine->tail_counter = 0;
}

static void
on_crash(void *context, sim_t *sim, const sim_crash_t *crash)
{
    check_t *self = context;
    check_machine(self, crash->node)->anew = true;
    check_machine(self, crash->node)->rejects = 0;
    if (sim->machines[crash->node].disk_lied) {
        forgive(self, crash->node, true);
    }
}

static void
on_swap(void *context, sim_t *sim, const sim_swap_t *swap)
{
    check_t *self = context;
    (void)sim;
    forgive(self, swap->node, swap->with_witness);
}

static void
on_note(void *context,
        sim_t *sim,
        size_t node,
        ts_note_level_t level,
        const char *event,
        const char *details)
{
    check_t *self = context;
    (void)sim;
    (void)level;
    if (strcmp(event, "session") == 0 && strstr(details, "fact=REJECTED") != NULL) {
        check_machine(self, node)->told++;
    }
}

/* SIM_CHECK_FIGURES=1: what was asked how often, and what it took. */
static void
print_figures(const check_t *self)
{
    const check_figures_t *figures = &self->figures;
    fprintf(stderr, "checks: %.2f s, %llu segments, %llu claims, %llu copies opened, %llu saved\n",
            figures->seconds, (unsigned long long)figures->segments,
            (unsigned long long)figures->claims, (unsigned long long)figures->images,
            (unsigned long long)self->model->told);
    for (size_t i = 0; i < ROWS; i++) {
        fprintf(stderr, "%s %llu%s", rows[i].name, (unsigned long long)figures->judged[i],
                i + 1 < ROWS ? ", " : "\n");
    }
}

static void
on_end(void *context, sim_t *sim)
{
    check_t *self = context;
    (void)sim;
    if (getenv("SIM_CHECK_FIGURES") != NULL) {
        print_figures(self);
    }
    forget_step(self);
    for (size_t i = 0; i < self->machine_count; i++) {
        ts_map_destroy(&self->machines[i].witnessed);
        ts_xfree(self->machines[i].rotten);
    }
    ts_faultvfs_destroy(&self->copies);
    model_free(&self->model);
    ts_xfree(self->copy_folder);
    ts_xfree(self->machines);
    ts_xfree(self->claims);
    ts_xfree(self->left);
    ts_xfree(self->less);
    ts_xfree(self->lone);
    ts_xfree(self->refusals);
    ts_xfree(self->told);
    ts_xfree(self);
}

sim_hooks_t
sim_check_hooks(sim_t *sim)
{
    check_t *self = ts_xcalloc(1, sizeof *self);
    self->sim = sim;
    self->model = model_new(&(ts_id16_t){{0}});
    self->prng = ts_prng(sim->options.seed ^ UINT64_C(0x9e3779b97f4a7c15));
    return (sim_hooks_t){.context = self,
                         .after_step = after_step,
                         .on_frame = on_frame,
                         .on_reply = on_reply,
                         .on_start = on_start,
                         .on_crash = on_crash,
                         .on_swap = on_swap,
                         .on_note = on_note,
                         .on_end = on_end};
}
