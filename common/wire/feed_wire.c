/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/feed_wire.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "tiepsuc/v1/feed.pb-c.h"
#include "wire/unpack.h"

#include <string.h>

enum { ARENA_BYTES_MAX = 32 << 20, DOORBELL_BYTES_MAX = TS_FRAME_BYTES_MAX };

struct ts_feed_decoder {
    ts_arena_t arena;
    ts_unpack_t unpack;
};

ts_feed_decoder_t *
ts_feed_decoder_new(void)
{
    ts_feed_decoder_t *self = ts_xcalloc(1, sizeof(*self));
    ts_arena_init(&self->arena, ARENA_BYTES_MAX);
    self->unpack = (ts_unpack_t){.arena = &self->arena, .skip_unknown = true, .borrow_bytes = true};
    return self;
}

void
ts_feed_decoder_destroy(ts_feed_decoder_t **self_p)
{
    if (*self_p != NULL) {
        ts_arena_free(&(*self_p)->arena);
        ts_xfree(*self_p);
        *self_p = NULL;
    }
}

/* ---- plain → generated ---- */

static char *
or_empty(const char *text)
{
    return ts_unconst(text == NULL ? "" : text);
}

static ProtobufCBinaryData
id_field(const ts_id16_t *id)
{
    return ts_id16_is_zero(id) ? (ProtobufCBinaryData){0}
                               : (ProtobufCBinaryData){TS_ID16_BYTES, ts_unconst(id->b)};
}

static void
fill_event(Tiepsuc__Feed__V1__BusinessEvent *to, const ts_business_event_t *from)
{
    tiepsuc__feed__v1__business_event__init(to);
    to->number = from->number;
    to->topic = or_empty(from->topic);
    to->kind = or_empty(from->kind);
    to->change = or_empty(from->change);
    to->record = or_empty(from->record);
    to->unit = or_empty(from->unit);
    to->plan = or_empty(from->plan);
    to->line = or_empty(from->line);
    to->date = or_empty(from->date);
    to->quantity = from->quantity;
    to->unit_of_measure = or_empty(from->unit_of_measure);
    to->value_vnd = from->value_vnd;
    to->children = from->children;
    to->donor_class = or_empty(from->donor_class);
    to->text = or_empty(from->text);
    to->time_s = from->time_s;
    to->period = or_empty(from->period);
    to->body = or_empty(from->body);
}

size_t
ts_business_event_bytes(const ts_business_event_t *event)
{
    Tiepsuc__Feed__V1__BusinessEvent message;
    fill_event(&message, event);
    /* Tag and a length of three bytes at most. */
    return protobuf_c_message_get_packed_size(&message.base) + 4;
}

void
ts_feed_request_encode(const ts_feed_request_t *request, ts_buf_t *out)
{
    TS_CHECK(request->topic_count <= TS_FEED_TOPICS_MAX);
    TS_CHECK(request->limit >= 1 && request->limit <= TS_FEED_PAGE_EVENTS_MAX);
    Tiepsuc__Feed__V1__FeedRequest message;
    tiepsuc__feed__v1__feed_request__init(&message);
    message.version = TS_FEED_VERSION;
    message.feed = id_field(&request->feed);
    message.after = request->after;
    message.limit = request->limit;
    message.topics = ts_unconst(request->topics);
    message.n_topics = request->topic_count;
    message.snapshot = request->snapshot;
    message.json = request->json;
    ts_pack(&message.base, out);
}

void
ts_feed_doorbell_encode(const ts_feed_doorbell_t *doorbell, ts_buf_t *out)
{
    Tiepsuc__Feed__V1__BusinessEvent event;
    Tiepsuc__Feed__V1__Doorbell message;
    tiepsuc__feed__v1__doorbell__init(&message);
    message.feed = id_field(&doorbell->feed);
    message.number = doorbell->number;
    if (doorbell->event != NULL) {
        fill_event(&event, doorbell->event);
        message.event = &event;
    }
    ts_pack(&message.base, out);
}

void
ts_feed_page_encode(const ts_feed_page_t *page, ts_buf_t *out)
{
    TS_CHECK(page->event_count <= TS_FEED_PAGE_EVENTS_MAX);
    TS_CHECK(page->total_count <= TS_FEED_TOTALS_MAX);
    Tiepsuc__Feed__V1__FeedPage message;
    tiepsuc__feed__v1__feed_page__init(&message);
    Tiepsuc__Feed__V1__BusinessEvent *events = ts_xcalloc(page->event_count, sizeof(*events));
    Tiepsuc__Feed__V1__Total *totals = ts_xcalloc(page->total_count, sizeof(*totals));
    message.events = ts_xcalloc(page->event_count, sizeof(*message.events));
    message.totals = ts_xcalloc(page->total_count, sizeof(*message.totals));
    message.version = TS_FEED_VERSION;
    message.feed = id_field(&page->feed);
    message.number = page->number;
    message.newest = page->newest;
    message.code = page->code;
    message.say = or_empty(page->say);
    message.json = or_empty(page->json);
    message.n_events = page->event_count;
    for (size_t i = 0; i < page->event_count; i++) {
        fill_event(&events[i], &page->events[i]);
        message.events[i] = &events[i];
    }
    message.n_totals = page->total_count;
    for (size_t i = 0; i < page->total_count; i++) {
        tiepsuc__feed__v1__total__init(&totals[i]);
        totals[i].measure = or_empty(page->totals[i].measure);
        totals[i].unit = or_empty(page->totals[i].unit);
        totals[i].plan = or_empty(page->totals[i].plan);
        totals[i].line = or_empty(page->totals[i].line);
        totals[i].value = page->totals[i].value;
        message.totals[i] = &totals[i];
    }
    size_t before = out->length;
    ts_pack(&message.base, out);
    TS_CHECK(out->length - before <= TS_FEED_PAGE_BYTES_MAX);
    ts_xfree(message.events);
    ts_xfree(message.totals);
    ts_xfree(events);
    ts_xfree(totals);
}

/* ---- generated → plain ---- */

static ts_err_t
get_id(const ProtobufCBinaryData *from, bool may_be_none, ts_id16_t *ret_id)
{
    if (from->len != TS_ID16_BYTES && (from->len != 0 || !may_be_none)) {
        return TS_ERR_INVALID;
    }
    *ret_id = (ts_id16_t){{0}};
    if (from->len > 0) {
        memcpy(ret_id->b, from->data, TS_ID16_BYTES);
    }
    return TS_ERR_OK;
}

static ts_err_t
get_version(uint32_t version)
{
    return version == TS_FEED_VERSION ? TS_ERR_OK : version == 0 ? TS_ERR_INVALID : TS_ERR_UNKNOWN;
}

static void
get_event(const Tiepsuc__Feed__V1__BusinessEvent *from, ts_business_event_t *to)
{
    *to = (ts_business_event_t){
        .number = from->number,
        .topic = from->topic,
        .kind = from->kind,
        .change = from->change,
        .record = from->record,
        .unit = from->unit,
        .plan = from->plan,
        .line = from->line,
        .date = from->date,
        .quantity = from->quantity,
        .unit_of_measure = from->unit_of_measure,
        .value_vnd = from->value_vnd,
        .children = from->children,
        .donor_class = from->donor_class,
        .text = from->text,
        .time_s = from->time_s,
        .period = from->period,
        .body = from->body,
    };
}

/* How a message is read: its type and its limits. */
typedef struct shape {
    const ProtobufCMessageDescriptor *descriptor;
    size_t bytes_max;
    size_t text_bytes_max;
    size_t rows_max;
} shape_t;

static ts_err_t
read_message(ts_feed_decoder_t *self, shape_t shape, ts_bytes_t bytes, void *out)
{
    if (bytes.length == 0 || bytes.length > shape.bytes_max) {
        return bytes.length == 0 ? TS_ERR_INVALID : TS_ERR_TOOBIG;
    }
    ts_arena_reset(&self->arena);
    self->unpack.text_bytes_max = shape.text_bytes_max;
    self->unpack.rows_max = shape.rows_max;
    return ts_unpack(&self->unpack, ts_layout_of(shape.descriptor), bytes, out);
}

ts_err_t
ts_feed_request_decode(ts_feed_decoder_t *self, ts_bytes_t bytes, ts_feed_request_t *ret_request)
{
    shape_t shape = {&tiepsuc__feed__v1__feed_request__descriptor, TS_FRAME_BYTES_MAX, 256,
                     TS_FEED_TOPICS_MAX};
    Tiepsuc__Feed__V1__FeedRequest message;
    ts_feed_request_t request = {0};
    ts_err_t err = read_message(self, shape, bytes, &message);
    if (err == TS_ERR_OK) {
        err = get_version(message.version);
    }
    if (err == TS_ERR_OK && (message.limit < 1 || message.limit > TS_FEED_PAGE_EVENTS_MAX)) {
        err = TS_ERR_INVALID;
    }
    if (err == TS_ERR_OK) {
        err = get_id(&message.feed, true, &request.feed);
    }
    if (err == TS_ERR_OK) {
        request.after = message.after;
        request.limit = message.limit;
        request.topics = (const char *const *)message.topics;
        request.topic_count = message.n_topics;
        request.snapshot = message.snapshot != 0;
        request.json = message.json != 0;
        *ret_request = request;
    }
    return err;
}

ts_err_t
ts_feed_doorbell_decode(ts_feed_decoder_t *self, ts_bytes_t bytes, ts_feed_doorbell_t *ret_doorbell)
{
    shape_t shape = {&tiepsuc__feed__v1__doorbell__descriptor, DOORBELL_BYTES_MAX,
                     TS_TEXT_BYTES_MAX, 0};
    Tiepsuc__Feed__V1__Doorbell message;
    ts_feed_doorbell_t doorbell = {0};
    ts_err_t err = read_message(self, shape, bytes, &message);
    if (err == TS_ERR_OK) {
        err = get_id(&message.feed, false, &doorbell.feed);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    doorbell.number = message.number;
    if (message.event != NULL) {
        ts_business_event_t *event = ts_arena_take(&self->arena, sizeof(*event));
        TS_CHECK(event != NULL);
        get_event(message.event, event);
        doorbell.event = event;
    }
    *ret_doorbell = doorbell;
    return TS_ERR_OK;
}

ts_err_t
ts_feed_page_decode(ts_feed_decoder_t *self, ts_bytes_t bytes, ts_feed_page_t *ret_page)
{
    shape_t shape = {&tiepsuc__feed__v1__feed_page__descriptor, TS_FEED_PAGE_BYTES_MAX,
                     TS_FEED_PAGE_BYTES_MAX, TS_FEED_TOTALS_MAX};
    Tiepsuc__Feed__V1__FeedPage message;
    ts_feed_page_t page = {0};
    ts_err_t err = read_message(self, shape, bytes, &message);
    if (err == TS_ERR_OK) {
        err = get_version(message.version);
    }
    if (err == TS_ERR_OK && message.n_events > TS_FEED_PAGE_EVENTS_MAX) {
        err = TS_ERR_LIMIT;
    }
    if (err == TS_ERR_OK) {
        err = get_id(&message.feed, true, &page.feed);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_business_event_t *events = ts_arena_take(&self->arena, message.n_events * sizeof(*events));
    ts_feed_total_t *totals = ts_arena_take(&self->arena, message.n_totals * sizeof(*totals));
    if (events == NULL || totals == NULL) {
        return TS_ERR_LIMIT;
    }
    for (size_t i = 0; i < message.n_events; i++) {
        get_event(message.events[i], &events[i]);
    }
    for (size_t i = 0; i < message.n_totals; i++) {
        const Tiepsuc__Feed__V1__Total *from = message.totals[i];
        totals[i] =
            (ts_feed_total_t){from->measure, from->unit, from->plan, from->line, from->value};
    }
    page.events = events;
    page.event_count = message.n_events;
    page.totals = totals;
    page.total_count = message.n_totals;
    page.number = message.number;
    page.newest = message.newest;
    page.code = (ts_err_t)message.code;
    page.say = message.say;
    page.json = message.json;
    *ret_page = page;
    return TS_ERR_OK;
}
