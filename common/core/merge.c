/* SPDX-License-Identifier: MPL-2.0 */
#include "core/merge.h"

#include "base/check.h"
#include "base/map.h"
#include "base/xalloc.h"

#define MERGE_EVENTS_MAX 4096u

/* Edges of "replaces" between known events, and the work list of the depth pass. */
typedef struct graph {
    ts_map_t *index;    /* event prefix → uint32_t index */
    uint32_t *below;    /* how many known events each one replaces and that have no depth yet */
    uint32_t *ready;    /* work list */
    size_t ready_count;
} graph_t;

static void
index_events(graph_t *graph, const ts_merge_event_t *events, size_t count)
{
    graph->index = ts_map_new(sizeof(uint64_t), sizeof(uint32_t));
    graph->below = ts_xcalloc(count, sizeof *graph->below);
    graph->ready = ts_xcalloc(count, sizeof *graph->ready);
    for (uint32_t i = 0; i < count; i++) {
        *(uint32_t *)ts_map_put(graph->index, &events[i].event) = i;
    }
}

static void
free_graph(graph_t *graph)
{
    ts_map_destroy(&graph->index);
    ts_xfree(graph->below);
    ts_xfree(graph->ready);
}

/* Counts what each event replaces and marks what is replaced. An event that names itself replaces nothing. */
static void
mark_replaced(graph_t *graph, ts_merge_event_t *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t r = 0; r < events[i].revise_count; r++) {
            const uint32_t *at = ts_map_get(graph->index, &events[i].revises[r]);
            if (at != NULL && *at != i) {
                graph->below[i]++;
                events[*at].stands = false;
            }
        }
    }
}

/* One event's depth is known: whoever replaces it lies at least one higher. */
static void
lift_replacers(graph_t *graph, ts_merge_event_t *events, size_t count, uint32_t done)
{
    for (uint32_t i = 0; i < count; i++) {
        for (size_t r = 0; i != done && r < events[i].revise_count; r++) {
            if (events[i].revises[r] != events[done].event) {
                continue;
            }
            if (events[i].depth <= events[done].depth) {
                events[i].depth = events[done].depth + 1;
            }
            graph->below[i]--;
            if (graph->below[i] == 0) {
                graph->ready[graph->ready_count++] = i;
            }
        }
    }
}

/* From the first events upward. Events in a loop of replacements (a faulty or hostile writer) keep depth 0. */
static void
measure_depths(graph_t *graph, ts_merge_event_t *events, size_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (graph->below[i] == 0) {
            graph->ready[graph->ready_count++] = i;
        }
    }
    for (size_t next = 0; next < graph->ready_count; next++) {
        lift_replacers(graph, events, count, graph->ready[next]);
    }
}

ts_merge_state_t
ts_merge(ts_merge_event_t *events, size_t count)
{
    TS_CHECK(count <= MERGE_EVENTS_MAX);
    graph_t graph = {0};
    for (size_t i = 0; i < count; i++) {
        events[i].depth = 0;
        events[i].stands = true;
    }
    index_events(&graph, events, count);
    mark_replaced(&graph, events, count);
    measure_depths(&graph, events, count);
    free_graph(&graph);

    ts_merge_state_t state = {0};
    for (size_t i = 0; i < count; i++) {
        if (!events[i].stands) {
            continue;
        }
        const ts_merge_event_t *first = &events[state.first];
        if (state.standing == 0 || events[i].depth > first->depth ||
            (events[i].depth == first->depth && events[i].event > first->event)) {
            state.first = i;
        }
        state.standing++;
    }
    state.is_void = state.standing > 0 && events[state.first].is_void;
    return state;
}
