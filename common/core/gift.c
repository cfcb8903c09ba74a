/* SPDX-License-Identifier: MPL-2.0 */
#include "core/gift.h"

#include "base/check.h"
#include "base/xalloc.h"

#include <string.h>

typedef struct gift {
    ts_only_for_t only; /* site owned below */
    char *site;
    ts_record_id_t receipt;
    int32_t day;
    int64_t left;
} gift_t;

struct ts_gifts {
    const ts_catalog_t *catalog;
    gift_t *rows; /* the narrowest first once something was taken out */
    size_t count;
    size_t capacity;
    bool sorted;
};

ts_gifts_t *
ts_gifts_new(const ts_catalog_t *catalog)
{
    ts_gifts_t *self = ts_xcalloc(1, sizeof *self);
    self->catalog = catalog;
    return self;
}

void
ts_gifts_destroy(ts_gifts_t **self_p)
{
    ts_gifts_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->count; i++) {
        ts_xfree(self->rows[i].site);
    }
    ts_xfree(self->rows);
    ts_xfree(self);
    *self_p = NULL;
}

bool
ts_gift_fits(const ts_catalog_t *catalog, const ts_only_for_t *only, const ts_destination_t *what)
{
    if (only->by_hand || only->band != 0) {
        return false;
    }
    if (only->unit != 0 &&
        (what->unit == 0 || !ts_catalog_below(catalog, what->unit, only->unit))) {
        return false;
    }
    if ((only->line != 0 && only->line != what->line) ||
        (only->use_by != 0 && what->day > only->use_by)) {
        return false;
    }
    return only->site == NULL || only->site[0] == '\0' || strcmp(only->site, what->site) == 0;
}

static int
narrowness(const ts_only_for_t *only)
{
    return (only->unit != 0) + (only->line != 0) + 2 * (only->site[0] != '\0') +
           (only->use_by != 0);
}

/* Narrow gifts are used before wide ones, so that more is left for more. Equal ones stay in order.
 */
static void
sort(ts_gifts_t *self)
{
    for (size_t i = 1; i < self->count; i++) {
        gift_t row = self->rows[i];
        size_t at = i;
        while (at > 0 && narrowness(&self->rows[at - 1].only) < narrowness(&row.only)) {
            self->rows[at] = self->rows[at - 1];
            at--;
        }
        self->rows[at] = row;
    }
    self->sorted = true;
}

static void
add_gift(ts_gifts_t *self, const ts_gift_flow_t *flow)
{
    TS_CHECK(!self->sorted);
    self->rows = ts_xgrow(self->rows, self->count + 1, &self->capacity, sizeof *self->rows);
    gift_t *row = &self->rows[self->count++];
    *row = (gift_t){.only = flow->only,
                    .site = ts_xstrdup(flow->only.site == NULL ? "" : flow->only.site),
                    .receipt = flow->what.receipt,
                    .day = flow->what.day,
                    .left = flow->quantity};
    row->only.site = row->site;
}

static int64_t
take(gift_t *row, int64_t wanted)
{
    int64_t taken = wanted < row->left ? wanted : row->left;
    row->left -= taken;
    return wanted - taken;
}

void
ts_gifts_add(ts_gifts_t *self, const ts_gift_flow_t *flow)
{
    TS_CHECK(flow->quantity >= 0);
    if (flow->in) {
        add_gift(self, flow);
        return;
    }
    if (!self->sorted) {
        sort(self);
    }
    int64_t wanted = flow->quantity;
    for (size_t i = 0; i < self->count; i++) {
        gift_t *row = &self->rows[i];
        bool drawn = flow->what.receipt != 0
                         ? row->receipt == flow->what.receipt
                         : row->day <= flow->what.day &&
                               ts_gift_fits(self->catalog, &row->only, &flow->what);
        if (drawn) {
            wanted = take(row, wanted);
        }
    }
}

int64_t
ts_gifts_kept(const ts_gifts_t *self, const ts_destination_t *what)
{
    int64_t kept = 0;
    for (size_t i = 0; i < self->count; i++) {
        const gift_t *row = &self->rows[i];
        bool usable = what->receipt != 0 ? row->receipt == what->receipt
                                         : ts_gift_fits(self->catalog, &row->only, what);
        kept += usable ? 0 : row->left;
    }
    return kept;
}
