/* SPDX-License-Identifier: MPL-2.0 */
#include "core/merge.h"

#include "base/check.h"
#include "base/map.h"
#include "base/xalloc.h"

/* One event replaces another; edges to the same replaced event form a list. */
typedef struct edge {
    uint32_t replacer;
    uint32_t next; /* edge + 1; 0 ends */
} edge_t;

/* Edges of "replaces" between known events, and the work list of the depth pass. */
typedef struct graph {
    ts_map_t *index; /* event prefix → uint32_t index */
    edge_t *edges;
    uint32_t edge_count;
    uint32_t *above; /* per event: first edge of those that replace it, + 1 */
    uint32_t *below; /* per event: how many it replaces that have no depth yet */
    uint32_t *ready; /* work list */
    size_t ready_count;
} graph_t;

static void
index_events(graph_t *graph, const ts_merge_event_t *events, size_t count)
{
    size_t edges = 0;
    graph->index = ts_map_new(sizeof(uint64_t), sizeof(uint32_t));
    graph->above = ts_xcalloc(count, sizeof *graph->above);
    graph->below = ts_xcalloc(count, sizeof *graph->below);
    graph->ready = ts_xcalloc(count, sizeof *graph->ready);
    for (uint32_t i = 0; i < count; i++) {
        *(uint32_t *)ts_map_put(graph->index, &events[i].event) = i;
        edges += events[i].revise_count;
    }
    TS_CHECK(edges < UINT32_MAX);
    graph->edges = ts_xcalloc(edges, sizeof *graph->edges);
}

static void
free_graph(graph_t *graph)
{
    ts_map_destroy(&graph->index);
    ts_xfree(graph->edges);
    ts_xfree(graph->above);
    ts_xfree(graph->below);
    ts_xfree(graph->ready);
}

/* Counts what each event replaces and marks what is replaced. An event that names itself replaces
 * nothing. */
static void
mark_replaced(graph_t *graph, ts_merge_event_t *events, size_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (size_t r = 0; r < events[i].revise_count; r++) {
            const uint32_t *at = ts_map_get(graph->index, &events[i].revises[r]);
            if (at != NULL && *at != i) {
                graph->below[i]++;
                events[*at].stands = false;
                graph->edges[graph->edge_count] = (edge_t){i, graph->above[*at]};
                graph->above[*at] = ++graph->edge_count;
            }
        }
    }
}

/* One event's depth is known: whoever replaces it lies at least one higher. */
static void
lift_replacers(graph_t *graph, ts_merge_event_t *events, uint32_t done)
{
    for (uint32_t e = graph->above[done]; e != 0; e = graph->edges[e - 1].next) {
        uint32_t replacer = graph->edges[e - 1].replacer;
        if (events[replacer].depth <= events[done].depth) {
            events[replacer].depth = events[done].depth + 1;
        }
        graph->below[replacer]--;
        if (graph->below[replacer] == 0) {
            graph->ready[graph->ready_count++] = replacer;
        }
    }
}

/* From the first events upward. What lies in a loop of replacements or above one (a faulty or
 * hostile writer) gets no depth of its own beyond what it has from outside the loop. */
static void
measure_depths(graph_t *graph, ts_merge_event_t *events, size_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (graph->below[i] == 0) {
            graph->ready[graph->ready_count++] = i;
        }
    }
    for (size_t next = 0; next < graph->ready_count; next++) {
        lift_replacers(graph, events, graph->ready[next]);
    }
}

static bool
any_stands(const ts_merge_event_t *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (events[i].stands) {
            return true;
        }
    }
    return false;
}

/* Events that only replace one another in a circle all stand: nothing is lost, and people see a
 * conflict. */
ts_merge_state_t
ts_merge(ts_merge_event_t *events, size_t count)
{
    TS_CHECK(count <= TS_MERGE_EVENTS_MAX);
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
    bool loop = !any_stands(events, count);
    for (size_t i = 0; i < count; i++) {
        events[i].stands = events[i].stands || loop;
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
