/* SPDX-License-Identifier: MPL-2.0 */
#include "base/i18n.h"
#include "core/calendar.h"
#include "core/report_layout.h"

#include <string.h>

typedef struct word {
    const char *code;
    const char *sentence;
} word_t;

static const char *
word_of(const word_t *words, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i].code, code) == 0) {
            return words[i].sentence;
        }
    }
    return code;
}

#define WORD_OF(words, code) word_of(words, sizeof(words) / sizeof(words)[0], code)

const char *
ts_word_timeliness(const char *name)
{
    static const ts_timeliness_t classes[] = {
#define TS_CLASS(name, value, text) TS_TIMELINESS_##name,
        TS_TIMELINESS_LIST(TS_CLASS)
#undef TS_CLASS
    };
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strcmp(ts_timeliness_name(classes[i]), name) == 0) {
            return ts_timeliness_str(classes[i]);
        }
    }
    return name;
}

const char *
ts_word_donor_class(const char *name)
{
    static const word_t words[] = {{"agency", N_("Agencies")},
                                   {"organisation", N_("Organisations")},
                                   {"enterprise", N_("Enterprises")},
                                   {"individual", N_("Individuals")},
                                   {"fund", N_("Charity and social funds")},
                                   {"international", N_("International organisations")},
                                   {"other", N_("Other lawful sources")},
                                   {"unknown", N_("Class of donor not stated")}};
    return WORD_OF(words, name);
}

const char *
ts_word_relation(const char *name)
{
    static const word_t words[] = {{"bao_cao", N_("owes the report")},
                                   {"phoi_hop", N_("invited to report")}};
    return WORD_OF(words, name);
}

const char *
ts_word_sex(const char *sex)
{
    static const word_t words[] = {
        {"m", N_("Boys")}, {"f", N_("Girls")}, {"u", N_("Sex not stated")}, {"", ""}};
    return WORD_OF(words, sex);
}

const char *
ts_word_section(const char *section)
{
    static const word_t words[] = {{"living", N_("Children living there")},
                                   {"needs", N_("Needs")},
                                   {"resources", N_("Resources by class of donor")},
                                   {"funds", N_("Resources by fund")},
                                   {"support", N_("Support by line")},
                                   {"budget", N_("Budget as signed")},
                                   {"targets", N_("Targets and results")}};
    return WORD_OF(words, section);
}

const char *
ts_word_measure(const char *measure)
{
    static const word_t words[] = {{"living.children", N_("Children living there")},
                                   {"needs.quantity", N_("Quantity needed")},
                                   {"needs.verified", N_("Of it verified")},
                                   {"needs.open", N_("Still open")},
                                   {"needs.children", N_("Identified children in need")},
                                   {"needs.heads", N_("Declared children in need")},
                                   {"needs.distinct", N_("Distinct children in need")},
                                   {"support.distinct", N_("Children supported")},
                                   {"support.child_times", N_("Child-times")},
                                   {"support.head_times", N_("Child-times, declared")},
                                   {"support.sites", N_("Sites supported")},
                                   {"support.quantity", N_("Quantity handed over")},
                                   {"support.value", N_("Value handed over")},
                                   {"resources.pledged", N_("Pledged (not counted as funding)")},
                                   {"resources.received", N_("Received")},
                                   {"resources.purchased", N_("Purchased")},
                                   {"resources.allocated", N_("Allocated")},
                                   {"resources.handed", N_("Handed over")},
                                   {"resources.returned", N_("Returned")},
                                   {"resources.lost", N_("Lost")},
                                   {"resources.redirected", N_("Redirected")},
                                   {"resources.beyond_need", N_("Kept, beyond need")},
                                   {"resources.left", N_("Left at the period's end")},
                                   {"targets.living", N_("Living there")},
                                   {"targets.in_need", N_("In need")},
                                   {"targets.supported", N_("Supported")},
                                   {"targets.share", N_("Reached")}};
    /* What is told of a fund has the words of all resources. */
    static const char funds[] = "funds.";
    static const char resources[] = "resources.";
    if (strncmp(measure, funds, sizeof funds - 1) != 0) {
        return WORD_OF(words, measure);
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strncmp(words[i].code, resources, sizeof resources - 1) == 0 &&
            strcmp(words[i].code + sizeof resources - 1, measure + sizeof funds - 1) == 0) {
            return words[i].sentence;
        }
    }
    return measure;
}

const char *
ts_word_reason(const char *reason)
{
    static const word_t words[] = {
        {"scope", N_("cannot be computed: the list of eligible communes is not in the plan")},
        {"living", N_("cannot be computed: no count of the children living there")},
        {"in_need", N_("cannot be computed: no child in need is recorded")},
        {"supported", N_("cannot be computed: no identified child is recorded as supported")},
        {"lines",
         N_("cannot be computed together: a child with two of these contents counts in each")},
        {"exceeds", N_("cannot be computed: more children than were counted, check the counts")},
        {"no_number", N_("the plan sets no number")}};
    return WORD_OF(words, reason);
}

const char *
ts_word_finding(const char *measure)
{
    static const word_t words[] = {
        {"parked", N_("Entries parked, not in the figures")},
        {"pending", N_("Entries that wait for others, not in the figures")},
        {"conflicts", N_("Records with versions that exclude one another")},
        {"negative", N_("Balances below zero")},
        {"repeats", N_("Child supported more than once by a content in a period")},
        {"duplicates", N_("Papers that were perhaps entered twice")},
        {"cells_missing", N_("Cells without figures yet")},
        {"cells_nil", N_("Cells where it is confirmed that nothing occurred")},
        {"cells_not_applicable", N_("Cells that do not apply")},
        {"cells_value", N_("Cells with figures")}};
    return WORD_OF(words, measure);
}
