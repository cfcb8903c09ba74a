/* SPDX-License-Identifier: MPL-2.0 */
/* A run from its seed to its end: phases, steps, what hooks are told. */
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/hash.h"
#include "sim/sim_p.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EACH_HOOK(sim, name, ...)                                                               \
    for (size_t hook_ = 0; hook_ < (sim)->inside->hook_count; hook_++) {                        \
        if ((sim)->inside->hooks[hook_].name != NULL) {                                         \
            (sim)->inside->hooks[hook_].name((sim)->inside->hooks[hook_].context, __VA_ARGS__); \
        }                                                                                       \
    }

/* ---- chance */

uint32_t
sim_below(sim_t *sim, uint32_t n)
{
    return ts_prng_below(&sim->prng, n);
}

uint32_t
sim_between(sim_t *sim, uint32_t from, uint32_t to)
{
    return from + ts_prng_below(&sim->prng, to - from + 1);
}

bool
sim_draw(sim_t *sim, uint32_t per_thousand)
{
    return ts_prng_below(&sim->prng, 1000) < per_thousand;
}

/* ---- for hooks */

ts_node_t *
sim_node(const sim_t *sim, size_t machine)
{
    return sim->world->nodes[machine].node;
}

int64_t
sim_wall_ms(const sim_t *sim)
{
    return sim->world->wall_ms + sim->world->now_ms;
}

const char *
sim_name(const sim_t *sim, size_t machine)
{
    struct sim_inside *inside = sim->inside;
    char *name = inside->names[inside->name_next++ % 4];
    if (machine >= sim->machine_count) {
        (void)snprintf(name, sizeof inside->names[0], "nobody");
        return name;
    }
    static const char *const roles[] = {"province", "district", "commune"};
    const sim_machine_t *row = &sim->machines[machine];
    if (row->twin_of == SIZE_MAX) {
        (void)snprintf(name, sizeof inside->names[0], "%s %s", roles[row->role], row->unit);
    } else {
        (void)snprintf(name, sizeof inside->names[0], "%s %s (machine %zu)", roles[row->role],
                       row->unit, machine);
    }
    return name;
}

void
sim_violation(sim_t *sim, const char *name, size_t node, const char *format, ...)
{
    if (sim->violated) {
        return;
    }
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sim->violated = true;
    (void)snprintf(sim->violation, sizeof sim->violation, "%s at step %llu, %s: %s", name,
                   (unsigned long long)sim->step, sim_name(sim, node), text);
    sim_tell(sim, node, NULL, "VIOLATION of %s: %s", name, text);
}

void
sim_tell(sim_t *sim, size_t node, const char *fault, const char *format, ...)
{
    bool heard = false;
    for (size_t i = 0; i < sim->inside->hook_count; i++) {
        heard = heard || sim->inside->hooks[i].on_tale != NULL;
    }
    if (!heard) {
        return;
    }
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sim_tale_t tale = {node, fault, text};
    EACH_HOOK(sim, on_tale, sim, &tale)
}

/* ---- steps */

void
sim_touch(sim_t *sim, size_t machine)
{
    if (machine < sim->machine_count && !sim->touched[machine]) {
        sim->touched[machine] = true;
        sim->touched_list[sim->touched_count++] = machine;
    }
}

void
sim_step_begin(sim_t *sim, sim_step_kind_t kind)
{
    for (size_t i = 0; i < sim->touched_count; i++) {
        sim->touched[sim->touched_list[i]] = false;
    }
    sim->touched_count = 0;
    sim->step++;
    EACH_HOOK(sim, before_step, sim, kind)
}

void
sim_step_end(sim_t *sim, sim_step_kind_t kind)
{
    sim_trace_number(sim, (uint64_t)sim->world->now_ms);
    for (size_t i = 0; i < sim->touched_count; i++) {
        sim_trace_machine(sim, sim->touched_list[i]);
    }
    sim->figures.steps++;
    EACH_HOOK(sim, after_step, sim, kind)
}

/* One step of time when something is due until then; false: nothing is. */
static bool
step_of_time(sim_t *sim, int64_t until_ms)
{
    world_t *world = sim->world;
    int64_t due = world_next_due(world);
    if (due > until_ms) {
        world->now_ms = until_ms > world->now_ms ? until_ms : world->now_ms;
        return false;
    }
    world->now_ms = due > world->now_ms ? due : world->now_ms;
    sim_step_begin(sim, SIM_STEP_TIME);
    world_work(world);
    sim_step_end(sim, SIM_STEP_TIME);
    return true;
}

void
sim_go_on(sim_t *sim, int64_t until_ms)
{
    while (!sim->violated && step_of_time(sim, until_ms)) {
    }
}

/* ---- what hooks are told */

void
sim_hook_frame(sim_t *sim, const sim_frame_t *frame)
{
    EACH_HOOK(sim, on_frame, sim, frame)
}

void
sim_hook_start(sim_t *sim, size_t machine, sim_start_t how, const ts_msg_t *why)
{
    EACH_HOOK(sim, on_start, sim, machine, how, why)
}

void
sim_hook_stop(sim_t *sim, size_t machine)
{
    EACH_HOOK(sim, on_stop, sim, machine)
}

void
sim_hook_crash(sim_t *sim, const sim_crash_t *crash)
{
    EACH_HOOK(sim, on_crash, sim, crash)
}

void
sim_hook_swap(sim_t *sim, const sim_swap_t *swap)
{
    EACH_HOOK(sim, on_swap, sim, swap)
}

static void
note(void *context,
     world_t *world,
     size_t node,
     ts_note_level_t level,
     const char *event,
     const char *details)
{
    sim_t *sim = context;
    (void)world;
    if (sim->options.trace) {
        fprintf(stderr, "%12.3f %s: %s %s\n", (double)sim->world->now_ms / 1000,
                sim_name(sim, node), event, details);
    }
    EACH_HOOK(sim, on_note, sim, node, level, event, details)
}

static void
turned(void *context, world_t *world, size_t node)
{
    (void)world;
    sim_touch(context, node);
}

static void
stopped(void *context, world_t *world, size_t node, const ts_msg_t *why)
{
    (void)world;
    sim_touch(context, node);
    sim_machine_died(context, node, why);
}

/* ---- commands */

/* Ids of the events in the own tail. */
static size_t
tail_ids(const ts_node_t *node, ts_hash_t *out, size_t max)
{
    ts_tail_event_t event = {.counter = 0};
    size_t count = 0;
    while (count < max &&
           ts_custody_tail_next(node->custody, NULL, event.counter, &event, NULL) == TS_ERR_OK) {
        out[count++] = event.event_id;
    }
    return count;
}

enum { TAIL_MAX = 512, EVENTS_MAX = 1024 };

typedef struct written {
    ts_hash_t before[TAIL_MAX];
    size_t before_count;
    uint64_t arrival;
    uint64_t counter;
    sim_event_t events[EVENTS_MAX];
    size_t count;
} written_t;

static void
take_event(sim_t *sim, written_t *written, const ts_hash_t *log, ts_bytes_t bytes)
{
    ts_hash_t id = ts_hash_of(bytes.data, bytes.length);
    ts_event_header_t header = {.kind = 0};
    for (size_t i = 0; i < written->before_count; i++) {
        if (ts_hash_equal(&id, &written->before[i])) {
            return;
        }
    }
    if (ts_event_decode_header(sim->inside->events, bytes, &header) != TS_ERR_OK ||
        header.kind == TS_KIND_HOLDING || written->count == EVENTS_MAX) {
        return;
    }
    written->events[written->count++] = (sim_event_t){id, *log, header.kind, header.record};
}

static void
take_segment(sim_t *sim, written_t *written, const ts_hash_t *log, ts_bytes_t bytes)
{
    ts_segment_view_t view;
    ts_payload_t payload;
    ts_bytes_t event;
    if (ts_segment_parse(bytes, &view) != TS_ERR_OK ||
        (view.header.flags & TS_SEGMENT_GENESIS) != 0 ||
        ts_payload_open(sim->inside->codec, &view.header, view.payload, &payload) != TS_ERR_OK) {
        return;
    }
    while (ts_payload_next(&payload, &event)) {
        take_event(sim, written, log, event);
    }
}

/* What was written since `written` was begun. */
static void
take_written(sim_t *sim, const ts_node_t *node, written_t *written)
{
    ts_buf_t bytes = {0};
    uint64_t last = ts_custody_arrival(node->custody);
    for (uint64_t arrival = written->arrival + 1; arrival <= last; arrival++) {
        ts_held_segment_t segment;
        ts_own_t own = TS_OWN_NOT;
        if (ts_custody_get(node->custody, arrival, &segment, &bytes) == TS_ERR_OK &&
            ts_custody_log_own(node->custody, &segment.log, &own) == TS_ERR_OK &&
            own != TS_OWN_NOT) {
            take_segment(sim, written, &segment.log, ts_buf_bytes(&bytes));
        }
    }
    ts_tail_event_t event = {.counter = written->counter};
    while (ts_custody_tail_next(node->custody, NULL, event.counter, &event, &bytes) == TS_ERR_OK) {
        take_event(sim, written, &event.log, ts_buf_bytes(&bytes));
    }
    ts_buf_free(&bytes);
}

static ts_command_t
copy_of(const ts_command_t *command)
{
    ts_command_t copy;
    ts_command_init(&copy, command->name);
    for (size_t i = 0; i < command->field_count; i++) {
        ts_command_add(&copy, command->fields[i].name, command->fields[i].value);
    }
    copy.account = command->account;
    return copy;
}

static void
trace_reply(sim_t *sim, const ts_reply_t *reply)
{
    sim_trace_number(sim, (uint64_t)reply->code);
    const ts_table_t *saved = ts_reply_table(reply, "saved");
    for (size_t i = 0; saved != NULL && i < saved->cell_count; i++) {
        sim_trace_number(sim, (uint64_t)saved->cells[i].number);
    }
}

ts_err_t
sim_command(sim_t *sim, size_t machine, ts_command_t *command)
{
    static written_t written;
    world_t *world = sim->world;
    const ts_node_t *node = sim_node(sim, machine);
    ts_command_t copy = copy_of(command);
    written.count = 0;
    written.before_count = tail_ids(node, written.before, TAIL_MAX);
    written.arrival = ts_custody_arrival(node->custody);
    written.counter = ts_custody_tail_counter(node->custody);
    sim->inside->commanding = machine;
    sim_step_begin(sim, SIM_STEP_COMMAND);
    sim_touch(sim, machine);
    ts_err_t err = world_tell_command(world, machine, command);
    sim->inside->commanding = SIZE_MAX;
    sim->figures.commands++;
    bool answered = world->replied && sim_node(sim, machine) != NULL;
    if (answered) {
        take_written(sim, sim_node(sim, machine), &written);
        trace_reply(sim, &world->reply);
        sim->figures.entries += err == TS_ERR_OK ? written.count : 0;
    } else if (err == TS_ERR_AGAIN) {
        sim_violation(sim, "answer", machine, "“%s” got no answer", copy.name);
    }
    sim_said_t said = {machine, &copy, answered ? &world->reply : NULL, written.events,
                       written.count};
    EACH_HOOK(sim, on_reply, sim, &said)
    sim_step_end(sim, SIM_STEP_COMMAND);
    ts_command_free(&copy);
    return answered ? err : TS_ERR_IO;
}

/* ---- phases */

static void
enter(sim_t *sim, sim_phase_t phase)
{
    static const char *const words[] = {"The offices are founded", "Ordinary years begin",
                                        "The faults are over: everybody is on and linked",
                                        "The end"};
    sim_step_begin(sim, SIM_STEP_PHASE);
    sim->phase = phase;
    sim_tell(sim, SIZE_MAX, NULL, "%s.", words[phase]);
    for (size_t i = 0; i < sim->machine_count; i++) {
        sim_touch(sim, i);
    }
    sim_step_end(sim, SIM_STEP_PHASE);
}

static void
safety(sim_t *sim)
{
    struct sim_inside *inside = sim->inside;
    inside->safety_from = sim->world->now_ms;
    inside->safety_until = inside->safety_from + (int64_t)sim->options.days * SIM_DAY;
    enter(sim, SIM_SAFETY);
    sim_drive_begin(sim);
    sim_faults_begin(sim);
    while (!sim->violated && sim->world->now_ms < inside->safety_until) {
        int64_t due = sim_agenda_due(&inside->agenda);
        sim_act_t act;
        if (!step_of_time(sim, due < inside->safety_until ? due : inside->safety_until) &&
            due < inside->safety_until && sim_agenda_take(&inside->agenda, &act)) {
            sim_drive_act(sim, &act);
        }
    }
    for (size_t i = 0; i < sim->machine_count; i++) {
        sim->figures.office_years += (double)sim->options.days / 365.0;
    }
}

bool
sim_run(sim_t *sim)
{
    sim_tree_found(sim);
    if (!sim->violated) {
        safety(sim);
    }
    if (!sim->violated) {
        enter(sim, SIM_LIVENESS);
        sim_faults_end(sim);
        sim_drive_home(sim);
    }
    if (!sim->violated) {
        enter(sim, SIM_OVER);
    }
    for (size_t i = 0; i < sim->inside->hook_count; i++) {
        if (sim->inside->hooks[i].on_end != NULL) {
            sim->inside->hooks[i].on_end(sim->inside->hooks[i].context, sim);
        }
    }
    sim->inside->hook_count = 0;
    return !sim->violated;
}

/* ---- making and ending */

sim_t *
sim_new(const sim_options_t *options)
{
    sim_t *sim = ts_xcalloc(1, sizeof *sim);
#ifdef TS_SIM_MEMORY
    sim_memory();
#endif
    sim->options = *options;
    sim->prng = ts_prng(options->seed * UINT64_C(0x9e3779b97f4a7c15) + 1);
    sim->inside = ts_xcalloc(1, sizeof *sim->inside);
    sim->inside->decoder = ts_sync_decoder_new();
    sim->inside->events = ts_event_decoder_new();
    sim->inside->codec = ts_codec_new();
    sim->inside->own = ts_xcalloc(SIM_MACHINES_MAX, sizeof *sim->inside->own);
    sim->inside->commanding = SIZE_MAX;
    sim->machines = ts_xcalloc(SIM_MACHINES_MAX, sizeof *sim->machines);
    sim->touched = ts_xcalloc(SIM_MACHINES_MAX, sizeof *sim->touched);
    sim->touched_list = ts_xcalloc(SIM_MACHINES_MAX, sizeof *sim->touched_list);
    sim->world = world_new_in_memory(options->seed);
    sim->world->brief = true;
    sim->world->watch =
        (world_watch_t){sim, sim_network_sent, sim_network_arrived, note, turned, stopped};
    sim_faults_draw(sim);
    return sim;
}

void
sim_attach(sim_t *sim, const sim_hooks_t *hooks)
{
    assert_true(sim->inside->hook_count < SIM_HOOKS_MAX);
    sim->inside->hooks[sim->inside->hook_count++] = *hooks;
}

void
sim_free(sim_t **sim_p)
{
    sim_t *sim = *sim_p;
    sim->world->watch = (world_watch_t){.context = NULL};
    for (size_t i = 0; i < sim->machine_count; i++) {
        sim_machine_free(sim, i);
    }
    world_free(&sim->world);
    sim_agenda_free(&sim->inside->agenda);
    ts_sync_decoder_destroy(&sim->inside->decoder);
    ts_event_decoder_destroy(&sim->inside->events);
    ts_codec_destroy(&sim->inside->codec);
    ts_xfree(sim->inside->own);
    ts_xfree(sim->inside);
    ts_xfree(sim->machines);
    ts_xfree(sim->touched);
    ts_xfree(sim->touched_list);
    ts_xfree(sim);
    *sim_p = NULL;
}
