/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a record adds to the ledger: one pure function per kind (table inside), record + what it
 * refers to → cells, facts and postings. Taking a record back is the same call with every delta
 * negated by the caller. Source: ARCHITECTURE.md.
 */
#ifndef TS_CORE_CONTRIBUTE_H
#define TS_CORE_CONTRIBUTE_H

#include "base/i18n.h"
#include "core/catalog.h"
#include "core/event.h"

/* Name, value, name as in ledger views and canonical figures; values are stored, never reused. */
#define TS_MEASURE_LIST(X)                          \
    X(POPULATION, 1, "population")                  \
    X(NEED_QUANTITY, 2, "need_quantity")            \
    X(NEED_CHILDREN, 3, "need_children")            \
    X(NEED_HEADS, 4, "need_heads")                  \
    X(CHILD_TIMES, 5, "child_times")                \
    X(HEAD_TIMES, 6, "head_times")                  \
    X(SITES, 7, "sites")                            \
    X(HANDED_QUANTITY, 8, "handed_quantity")        \
    X(HANDED_VALUE, 9, "handed_value")              \
    X(PLEDGED_VALUE, 10, "pledged")                 \
    X(RECEIVED_VALUE, 11, "received")               \
    X(PURCHASED_VALUE, 12, "purchased")             \
    X(ALLOCATED_VALUE, 13, "allocated")             \
    X(RESERVED_VALUE, 14, "reserved")               \
    X(RETURNED_VALUE, 15, "returned")               \
    X(LOST_VALUE, 16, "lost")                       \
    X(REDIRECTED_VALUE, 17, "redirected")           \
    X(DISTINCT_SUPPORTED, 18, "distinct_supported") \
    X(DISTINCT_IN_NEED, 19, "distinct_in_need")     \
    X(NEED_VERIFIED, 20, "need_verified")           \
    X(LEFT_VALUE, 21, "left")

typedef enum ts_measure {
#define TS_MEASURE_ENUM(name, value, text) TS_MEASURE_##name = (value),
    TS_MEASURE_LIST(TS_MEASURE_ENUM)
#undef TS_MEASURE_ENUM
} ts_measure_t;

/* Lower-case name as in ledger views and canonical figures: "child_times". */
const char *ts_measure_name(ts_measure_t measure);

/* No padding inside: the struct is a map key. Unused parts are 0. */
typedef struct ts_cell_key {
    uint64_t plan;
    uint64_t unit;
    uint64_t line;
    uint64_t band;
    uint64_t aux;    /* money: fund; distinct: period record id (0 = whole plan) */
    int32_t day;     /* day of occurred-on; 0 where the measure is not by day (distinct) */
    uint8_t measure; /* ts_measure_t */
    uint8_t sex;
    uint8_t donor_class; /* money by donor class */
    uint8_t flags;       /* 1: day known only by month, 2: only by year */
} ts_cell_key_t;

/*
 * That a child was in need of, or got, a line in a unit on a day. Facts are counted per child (the
 * same fact twice = count 2); distinct numbers come from the set of a child's facts by ts_distinct,
 * so that one child counts once whatever the order of arrival. No padding: a map key.
 */
typedef struct ts_fact {
    uint64_t subject; /* beneficiary */
    uint64_t plan;
    uint64_t unit;
    uint64_t line;
    int32_t day;      /* of occurred-on; 0 = not dated */
    uint32_t measure; /* DISTINCT_SUPPORTED or DISTINCT_IN_NEED */
} ts_fact_t;

/* What is known of a child; all 0 = nothing. */
typedef struct ts_born {
    int year;
    int month; /* 1..12, 0 = only the year is known */
    uint8_t sex;
} ts_born_t;

/*      name            value  sentence */
#define TS_ACCOUNT_LIST(X)                        \
    X(DONOR_PLEDGED, 1, N_("promised by donors")) \
    X(PLEDGE, 2, N_("open pledge"))               \
    X(DONOR_GIVEN, 3, N_("given by donors"))      \
    X(FUND, 4, N_("in the fund"))                 \
    X(SUPPLIER, 5, N_("supplier"))                \
    X(ALLOCATED, 6, N_("allocated"))              \
    X(RESERVE, 7, N_("beyond need"))              \
    X(HANDED, 8, N_("handed over"))               \
    X(LOST, 9, N_("lost"))                        \
    X(REDIRECTED, 10, N_("redirected"))

typedef enum ts_account_kind {
#define TS_ACCOUNT_ENUM(name, value, text) TS_ACCOUNT_##name = (value),
    TS_ACCOUNT_LIST(TS_ACCOUNT_ENUM)
#undef TS_ACCOUNT_ENUM
} ts_account_kind_t;

const char *ts_account_name(ts_account_kind_t account); /* "donor_pledged" */

/* So much of one commodity. */
typedef struct ts_amount {
    int64_t quantity;
    int64_t value_vnd;
} ts_amount_t;

/* One line of double entry. The lines of one record add up to zero: value in all, quantity per
 * commodity. */
typedef struct ts_posting {
    ts_account_kind_t account;
    ts_record_id_t owner; /* donor, pledge, fund, allocation, unit by the account */
    ts_record_id_t fund;
    const char *commodity;       /* "VND", or the item's name; borrowed from the record */
    const char *unit_of_measure; /* "VND" or as recorded; borrowed */
    int64_t quantity;
    int64_t value_vnd;
} ts_posting_t;

/* What contribute may ask of the ledger; each returns false when unknown (then the child counts as
 * of unknown age and sex). */
typedef struct ts_contribute_refs {
    void *ctx;
    bool (*beneficiary)(void *ctx, ts_record_id_t id, ts_born_t *ret_born);
    bool (*donor_class)(void *ctx, ts_record_id_t donor, uint8_t *ret_class);
    bool (*allocation)(void *ctx, ts_record_id_t id, ts_record_id_t *ret_fund);
} ts_contribute_refs_t;

/* Receives the contribution; called in a fixed order. */
typedef struct ts_contribute_out {
    void *ctx;
    void (*cell)(void *ctx, const ts_cell_key_t *key, int64_t delta);
    void (*fact)(void *ctx, const ts_fact_t *fact, int64_t delta);
    void (*posting)(void *ctx, const ts_posting_t *posting);
} ts_contribute_out_t;

/* `record` is the standing, accepted, not void record of header->kind. Kinds that add nothing call
 * nothing. */
void ts_contribute(const ts_catalog_t *catalog,
                   const ts_event_header_t *header,
                   const void *record,
                   const ts_contribute_refs_t *refs,
                   const ts_contribute_out_t *out);
/*
 * The distinct cells of one child in one plan: every cell in which this set of facts counts the
 * child once. For each measure: per (unit, line), per unit over any line (line 0), per line over
 * the plan (unit 0), and over the plan (unit 0, line 0); each for every period whose used window
 * holds the fact's day (aux = period, band by the age on that period's last day) and for the whole
 * plan (aux 0, band 0: no day to take an age on). Facts of one subject and plan, in any order, each
 * once. A birth year of 0 gives band 0. Emits each cell once; the order follows the order of the
 * facts.
 */
void ts_distinct(const ts_catalog_t *catalog,
                 const ts_fact_t *facts,
                 size_t count,
                 const ts_born_t *born,
                 void (*emit)(void *ctx, const ts_cell_key_t *cell),
                 void *ctx);
/*
 * The cells that `fact` adds beside `facts` (which do not hold it), and takes away again when it
 * goes: the difference of two ts_distinct. Facts of other plans and measures may stand among
 * `facts`; a fact's day may be replaced by its ts_catalog_period_class.
 */
void ts_distinct_gain(const ts_catalog_t *catalog,
                      const ts_fact_t *facts,
                      size_t count,
                      const ts_fact_t *fact,
                      const ts_born_t *born,
                      void (*emit)(void *ctx, const ts_cell_key_t *cell),
                      void *ctx);
/* What a beneficiary's record says of the child. */
ts_born_t ts_born_of(const void *beneficiary);
/* Band of the plan for a child on a day; 0 when the birth year is not known. A birth known only by
 * its year counts from January. */
ts_record_id_t
ts_band_on(const ts_catalog_t *catalog, ts_record_id_t plan, const ts_born_t *born, int32_t day);

#endif
