/* SPDX-License-Identifier: MPL-2.0 */
/* What will be done, by time: a heap; of two things at one moment the one put first comes first. */
#include "base/xalloc.h"
#include "sim/sim_p.h"

static bool
before(const sim_act_t *a, const sim_act_t *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->serial < b->serial;
}

static void
swap(sim_act_t *a, sim_act_t *b)
{
    sim_act_t kept = *a;
    *a = *b;
    *b = kept;
}

void
sim_agenda_put(sim_agenda_t *agenda, const sim_act_t *act)
{
    agenda->heap =
        ts_xgrow(agenda->heap, agenda->count + 1, &agenda->capacity, sizeof *agenda->heap);
    size_t at = agenda->count++;
    agenda->heap[at] = *act;
    agenda->heap[at].serial = ++agenda->serial;
    while (at > 0 && before(&agenda->heap[at], &agenda->heap[(at - 1) / 2])) {
        swap(&agenda->heap[at], &agenda->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

bool
sim_agenda_take(sim_agenda_t *agenda, sim_act_t *ret_act)
{
    if (agenda->count == 0) {
        return false;
    }
    *ret_act = agenda->heap[0];
    agenda->heap[0] = agenda->heap[--agenda->count];
    size_t at = 0;
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++) {
            if (child < agenda->count && before(&agenda->heap[child], &agenda->heap[least])) {
                least = child;
            }
        }
        if (least == at) {
            return true;
        }
        swap(&agenda->heap[at], &agenda->heap[least]);
        at = least;
    }
}

int64_t
sim_agenda_due(const sim_agenda_t *agenda)
{
    return agenda->count == 0 ? INT64_MAX : agenda->heap[0].at_ms;
}

void
sim_agenda_free(sim_agenda_t *agenda)
{
    ts_xfree(agenda->heap);
    *agenda = (sim_agenda_t){.heap = NULL};
}
