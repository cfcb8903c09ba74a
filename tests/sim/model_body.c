/* SPDX-License-Identifier: MPL-2.0 */
/* What the model keeps of the bodies of events: few fields of few kinds. */
#include "base/xalloc.h"
#include "core/kind.h"
#include "sim/model_p.h"

#include <string.h>

void
model_naming_free(model_naming_t **naming_p)
{
    if (*naming_p != NULL) {
        ts_xfree((*naming_p)->tips);
        ts_xfree((*naming_p)->events);
        ts_xfree(*naming_p);
        *naming_p = NULL;
    }
}

static void
read_key(const ProtobufCBinaryData *data, void *out, size_t bytes)
{
    if (data->len == bytes) {
        memcpy(out, data->data, bytes);
    }
}

static void
read_tips(model_naming_t *naming, Tiepsuc__V1__Tip *const *tips, size_t count)
{
    naming->tips = ts_xcalloc(count + 1, sizeof *naming->tips);
    naming->tip_count = count;
    for (size_t i = 0; i < count; i++) {
        read_key(&tips[i]->log_key, naming->tips[i].log.b, TS_HASH_BYTES);
        read_key(&tips[i]->hash_key, naming->tips[i].hash.b, TS_HASH_BYTES);
        naming->tips[i].seq = tips[i]->seq;
    }
}

static void
read_naming(model_event_t *event, const void *record)
{
    model_naming_t *naming = ts_xcalloc(1, sizeof *naming);
    event->naming = naming;
    if (event->kind == TS_KIND_OFFICE) {
        const Tiepsuc__V1__Office *office = record;
        naming->number = office->number;
        read_key(&office->node_key, naming->node_key.b, TS_HASH_BYTES);
    } else if (event->kind == TS_KIND_CUTOFF) {
        const Tiepsuc__V1__Cutoff *cutoff = record;
        naming->office = cutoff->office_id;
        read_tips(naming, cutoff->tips, cutoff->n_tips);
    } else if (event->kind == TS_KIND_RELEASE) {
        const Tiepsuc__V1__Release *release = record;
        naming->event_count = release->n_events;
        naming->events = ts_xcalloc(release->n_events + 1, sizeof *naming->events);
        for (size_t i = 0; i < release->n_events; i++) {
            naming->events[i] = release->events[i];
        }
    } else {
        const Tiepsuc__V1__Holding *holding = record;
        read_key(&holding->store, naming->store.b, TS_ID16_BYTES);
        read_tips(naming, holding->tips, holding->n_tips);
    }
}

void
model_read_body(model_event_t *event, const void *record)
{
    switch (event->kind) {
    case TS_KIND_NEED: {
        const Tiepsuc__V1__Need *need = record;
        bool expired = need->state == TIEPSUC__V1__NEED_STATE__NEED_STATE_EXPIRED;
        event->unit = need->unit_id;
        event->quantity = expired ? 0 : need->quantity;
        break;
    }
    case TS_KIND_BENEFICIARY:
        event->unit = ((const Tiepsuc__V1__Beneficiary *)record)->unit_id;
        break;
    case TS_KIND_POPULATION:
        event->unit = ((const Tiepsuc__V1__Population *)record)->unit_id;
        break;
    case TS_KIND_HANDOVER:
        event->unit = ((const Tiepsuc__V1__Handover *)record)->unit_id;
        break;
    case TS_KIND_RETURN:
        event->unit = ((const Tiepsuc__V1__Return *)record)->unit_id;
        break;
    case TS_KIND_OFFICE:
    case TS_KIND_CUTOFF:
    case TS_KIND_RELEASE:
    case TS_KIND_HOLDING:
        read_naming(event, record);
        break;
    default:
        break;
    }
}
