/* SPDX-License-Identifier: MPL-2.0 */
/* The feed of the province: rings for every new row, answers requests for pages by position (design
 * §11). Rows are read from the ledger; a slow or absent subscriber costs nothing. */
#include "core/feed.h"

#include "base/xalloc.h"
#include "core/kind.h"
#include "node/node_p.h"
#include "wire/feed_wire.h"
#include "wire/json.h"
#include "wire/schema.h"

#include <stdio.h>
#include <string.h>

#define RINGS_PER_TURN 64u
#define TOPIC_BYTES 96

/* Texts of one event of the feed, made from a row of the ledger. */
typedef struct shown {
    ts_business_event_t event;
    char topic[TOPIC_BYTES];
    char kind[48];
    char change[24];
    char record[TS_CODE_BYTES_MAX];
    char date[11];
    char unit_of_measure[64];
    char text[512];
} shown_t;

typedef struct page {
    ts_node_t *node;
    const ts_feed_request_t *request;
    const char *allowed; /* beginnings of topics that the key may read, spaces between; "" = all */
    shown_t *rows;
    size_t count;
    size_t capacity;
    uint64_t last; /* number of the last row looked at */
} page_t;

static void
copy_text(char *out, size_t bytes, const char *text)
{
    size_t length = strlen(text);
    if (length >= bytes) {
        length = bytes - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) {
            length--; /* not within a character */
        }
    }
    memcpy(out, text, length);
    out[length] = '\0';
}

static const char *
class_name(uint8_t class)
{
    const ts_field_t *field =
        ts_schema_field(ts_schema_kind(ts_wire_schema(), TS_KIND_DONOR), "class");
    for (size_t i = 0; field != NULL && class != 0 && i < field->enum_count; i++) {
        if (field->enum_names[i].value == class) {
            return field->enum_names[i].name;
        }
    }
    return "";
}

static void
name_places(const ts_catalog_t *catalog, const ts_feed_row_t *row, ts_business_event_t *event)
{
    const ts_unit_t *unit = ts_catalog_unit(catalog, row->unit);
    const ts_plan_t *plan = ts_catalog_plan(catalog, row->plan);
    const ts_line_t *line = ts_catalog_line(catalog, row->line);
    const ts_period_t *period = ts_catalog_period(catalog, row->period);
    const ts_body_t *body = ts_catalog_body(catalog, row->body);
    event->unit = unit == NULL ? "" : unit->code;
    event->plan = plan == NULL ? "" : plan->code;
    event->line = line == NULL ? "" : line->code;
    event->period = period == NULL ? "" : period->code;
    event->body = body == NULL ? "" : body->code;
}

/* The texts point into `shown`, which must not move afterwards. */
static void
show(ts_node_t *self, const ts_feed_row_t *row, shown_t *shown)
{
    ts_business_event_t *event = &shown->event;
    memset(shown, 0, sizeof *shown);
    name_places(ts_node_catalog(self), row, event);
    copy_text(shown->kind, sizeof shown->kind, row->kind);
    copy_text(shown->change, sizeof shown->change, row->change);
    copy_text(shown->unit_of_measure, sizeof shown->unit_of_measure, row->unit_of_measure);
    copy_text(shown->text, sizeof shown->text, row->text);
    snprintf(shown->topic, sizeof shown->topic, "%s.%s", shown->kind, event->unit);
    if (row->record != 0) {
        ts_record_code_format(row->record, shown->record, sizeof shown->record);
    }
    if (row->day != 0) {
        ts_date_format_iso((ts_date_t){row->day}, shown->date, sizeof shown->date);
    }
    event->number = row->number;
    event->quantity = row->quantity;
    event->value_vnd = row->value_vnd;
    event->children = row->children;
    event->donor_class = class_name(row->donor_class);
    event->time_s = row->time_s;
}

static void
point_at_texts(shown_t *shown)
{
    ts_business_event_t *event = &shown->event;
    event->topic = shown->topic;
    event->kind = shown->kind;
    event->change = shown->change;
    event->record = shown->record;
    event->date = shown->date;
    event->unit_of_measure = shown->unit_of_measure;
    event->text = shown->text;
}

/* Is the topic among those that the key may read? */
static bool
allowed(const char *list, const char *topic)
{
    const char *at = list + strspn(list, " ,;");
    for (bool none = *at == '\0'; *at != '\0' || none; at += strspn(at, " ,;")) {
        size_t length = strcspn(at, " ,;");
        if (none || strncmp(topic, at, length) == 0) {
            return true;
        }
        at += length;
    }
    return false;
}

static bool
wanted(const ts_feed_request_t *request, const char *topic)
{
    for (size_t i = 0; i < request->topic_count; i++) {
        size_t length = strlen(request->topics[i]);
        if (strncmp(topic, request->topics[i], length) == 0) {
            return true;
        }
    }
    return request->topic_count == 0;
}

static void
add_row(void *context, const ts_feed_row_t *row)
{
    page_t *page = context;
    page->last = row->number;
    page->rows = ts_xgrow(page->rows, page->count + 1, &page->capacity, sizeof *page->rows);
    show(page->node, row, &page->rows[page->count]);
    const char *topic = page->rows[page->count].topic;
    if (allowed(page->allowed, topic) && wanted(page->request, topic)) {
        page->count++;
    }
}

/* ---- ringing */

static void
ring(ts_node_t *self, const shown_t *shown, const ts_id16_t *feed)
{
    ts_feed_doorbell_t bell = {*feed, shown->event.number, &shown->event};
    ts_buf_t frame = {0};
    ts_buf_put_text(&frame, shown->topic);
    ts_buf_put_u8(&frame, 0);
    ts_feed_doorbell_encode(&bell, &frame);
    self->options.out.doorbell(self->options.out.ctx, shown->topic, ts_buf_bytes(&frame));
    ts_buf_free(&frame);
}

ts_err_t
ts_feed_turn(ts_node_t *self)
{
    if (self->identity.parent_office != 0) {
        return TS_ERR_OK;
    }
    uint64_t newest = 0;
    ts_err_t err = ts_ledger_feed_newest(self->ledger, &newest);
    if (err != TS_ERR_OK || newest <= self->feed_told) {
        self->feed_more = false; /* also when rows that were counted were taken back */
        return err;
    }
    static const ts_feed_request_t everything = {0};
    page_t page = {.node = self, .request = &everything, .allowed = ""};
    err = ts_ledger_feed_read(self->ledger, self->feed_told, RINGS_PER_TURN, add_row, &page);
    ts_id16_t feed = ts_ledger_feed_id(self->ledger);
    for (size_t i = 0; err == TS_ERR_OK && i < page.count; i++) {
        point_at_texts(&page.rows[i]);
        ring(self, &page.rows[i], &feed);
        self->feed_told = page.rows[i].event.number;
    }
    self->feed_more = self->feed_told < newest && page.count > 0;
    ts_xfree(page.rows);
    return err;
}

/* ---- pages */

typedef struct totals {
    ts_node_t *node;
    ts_map_t *places; /* total_key_t → place_t */
    ts_feed_total_t *rows;
    size_t count;
    size_t capacity;
} totals_t;

typedef struct place {
    size_t index; /* + 1 */
    int32_t day;  /* of a population: the newest count stands */
} place_t;

/* What a total is about. */
typedef struct total_key {
    uint64_t measure;
    ts_record_id_t unit;
    ts_record_id_t plan;
    ts_record_id_t line;
} total_key_t;

/* Public totals: sums by measure, unit, plan and line; counts of children below five stay out, so
 * that nobody is recognised. */
static void
add_total(void *context, const ts_cell_key_t *key, int64_t value)
{
    totals_t *totals = context;
    const total_key_t about = {key->measure, key->unit, key->plan, key->line};
    bool distinct = key->measure == TS_MEASURE_DISTINCT_SUPPORTED ||
                    key->measure == TS_MEASURE_DISTINCT_IN_NEED;
    if (distinct && key->aux != 0) {
        return; /* of one period; the whole plan's stands in a cell of its own, for it is no sum */
    }
    place_t *place = ts_map_put(totals->places, &about);
    if (place->index != 0) {
        int64_t *total = &totals->rows[place->index - 1].value;
        if (key->measure != TS_MEASURE_POPULATION || key->day == place->day) {
            *total += value;
        } else if (key->day > place->day) {
            *total = value;
            place->day = key->day;
        }
        return;
    }
    if (totals->count == TS_FEED_TOTALS_MAX) {
        return;
    }
    const ts_catalog_t *catalog = ts_node_catalog(totals->node);
    const ts_unit_t *unit = ts_catalog_unit(catalog, key->unit);
    const ts_plan_t *plan = ts_catalog_plan(catalog, key->plan);
    const ts_line_t *line = ts_catalog_line(catalog, key->line);
    totals->rows =
        ts_xgrow(totals->rows, totals->count + 1, &totals->capacity, sizeof *totals->rows);
    totals->rows[totals->count++] = (ts_feed_total_t){
        ts_measure_name((ts_measure_t)key->measure), unit == NULL ? "" : unit->code,
        plan == NULL ? "" : plan->code, line == NULL ? "" : line->code, value};
    *place = (place_t){totals->count, key->day};
}

static bool
counts_children(const char *measure)
{
    return strstr(measure, "child") != NULL || strstr(measure, "head") != NULL ||
           strstr(measure, "distinct") != NULL || strcmp(measure, "population") == 0;
}

static void
leave_out_small_counts(totals_t *totals)
{
    size_t kept = 0;
    for (size_t i = 0; i < totals->count; i++) {
        ts_feed_total_t *row = &totals->rows[i];
        if (!counts_children(row->measure) || row->value >= 5) {
            totals->rows[kept++] = *row;
        }
    }
    totals->count = kept;
}

static ts_err_t
fill_page(ts_node_t *self,
          const ts_feed_request_t *request,
          page_t *rows,
          totals_t *totals,
          ts_feed_page_t *page)
{
    ts_err_t err = ts_ledger_feed_newest(self->ledger, &page->newest);
    page->feed = ts_ledger_feed_id(self->ledger);
    page->number = request->after;
    static const ts_id16_t none = {{0}};
    bool other_feed =
        !ts_id16_equal(&request->feed, &none) && !ts_id16_equal(&request->feed, &page->feed);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (!request->snapshot && (other_feed || request->after > page->newest)) {
        page->code = TS_ERR_NOTFOUND;
        page->say = "position of another feed, start from a snapshot";
        return TS_ERR_OK;
    }
    if (request->snapshot) {
        ts_cell_query_t query = {0};
        totals->places = ts_map_new(sizeof(total_key_t), sizeof(place_t));
        err = ts_ledger_cells(self->ledger, &query, add_total, totals);
        ts_map_destroy(&totals->places);
        leave_out_small_counts(totals);
        page->totals = totals->rows;
        page->total_count = totals->count;
        page->number = page->newest;
        return err;
    }
    err = ts_ledger_feed_read(self->ledger, request->after, request->limit, add_row, rows);
    page->number = rows->last > request->after ? rows->last : request->after;
    return err;
}

/* Topics of the subscriber's key, as the registry says; "" = all. */
static const char *
topics_of(ts_node_t *self, uint64_t session)
{
    const ts_peer_link_t *peer = ts_peers_find(self, session);
    const ts_office_t *office =
        peer == NULL ? NULL : ts_catalog_office(ts_node_catalog(self), peer->office);
    return office == NULL ? "" : office->topics;
}

void
ts_feed_request(ts_node_t *self, uint64_t session, ts_bytes_t frame)
{
    ts_feed_decoder_t *decoder = ts_feed_decoder_new();
    ts_feed_request_t request;
    ts_feed_page_t page = {0};
    page_t rows = {.node = self, .request = &request, .allowed = topics_of(self, session)};
    totals_t totals = {.node = self};
    ts_err_t err = ts_feed_request_decode(decoder, frame, &request);
    if (err != TS_ERR_OK) {
        page.code = err;
        page.say = ts_err_str(err);
    } else {
        err = ts_fold_settle(self->fold);
        if (err == TS_ERR_OK) {
            err = fill_page(self, &request, &rows, &totals, &page);
        }
        if (err != TS_ERR_OK) {
            page.code = err;
            page.say = ts_err_str(err);
        }
    }
    ts_business_event_t *events = ts_xcalloc(rows.count, sizeof *events);
    for (size_t i = 0; i < rows.count; i++) {
        point_at_texts(&rows.rows[i]);
        events[i] = rows.rows[i].event;
    }
    page.events = events;
    page.event_count = rows.count;
    ts_buf_t out = {0};
    ts_buf_t json = {0};
    if (err == TS_ERR_OK && request.json) {
        ts_json_put_feed_page(&json, &page);
        ts_buf_put_u8(&json, 0);
        page.json = (const char *)json.data;
        page.event_count = 0;
        page.total_count = 0;
    }
    ts_feed_page_encode(&page, &out);
    ts_buf_free(&json);
    self->options.out.send(self->options.out.ctx, session, ts_buf_bytes(&out));
    ts_buf_free(&out);
    ts_xfree(events);
    ts_xfree(rows.rows);
    ts_xfree(totals.rows);
    ts_feed_decoder_destroy(&decoder);
}
