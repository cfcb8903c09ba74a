/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the cells of a report, reckoned by hand, for what a counter gets wrong first: one child
 * with three lines in two communes, forty children by head count, a corrected month of birth, a
 * child that crosses an age band inside the period, a withdrawal, a conflict and its resolution.
 * Method: commands as people type them at a province with the plan of Hà Nội; the canonical figures
 * of 2019 (1/1 to 14/11, as proposed) are compared line by line. Report bands: 3 months to under 6
 * years preschool, 6 to under 11 primary; child-times by the age on the day, distinct children by
 * the age on 14/11.
 */
#include "base/xalloc.h"
#include "core/kind.h"
#include "node/records.h"
#include "support/command_world.h"
#include "support/test.h"
#include "wire/schema.h"

#include <stdio.h>
#include <string.h>

#define VAN_HOA "09706@2008-08-01"
#define AN_PHU "10504@2008-08-01"

static command_world_t *world;

static int
setup(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    world = command_world_new();
    command_world_fund(world, code);
    command_saved(command_run(world, 1, "add", "kind=receipt", "donor=Công ty Giả Định A",
                              "fund=quy-1", "occurred_on=2019-02-01",
                              "items=item=Quà;quantity=1000;unit_of_measure=bộ;value=100000000",
                              NULL),
                  code);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    command_world_destroy(&world);
    return 0;
}

/* The canonical figures; the caller frees. */
static char *
figures(void)
{
    const ts_reply_t *reply = command_run(world, 0, "report_figures", "period=2019-year", NULL);
    if (reply->code != TS_ERR_OK) {
        command_print(reply);
    }
    assert_int_equal(reply->code, TS_ERR_OK);
    assert_int_equal(reply->file_count, 1);
    return ts_xstrndup((const char *)reply->files[0].data.data, reply->files[0].data.length);
}

/* Is there a line that is this, or (begins) that begins so? */
static bool
has_line(const char *text, const char *wanted, bool begins)
{
    size_t length = strlen(wanted);
    for (const char *at = text; at != NULL && at[0] != '\0';) {
        if (strncmp(at, wanted, length) == 0 && (begins || at[length] == '\n')) {
            return true;
        }
        at = strchr(at, '\n');
        at = at == NULL ? NULL : at + 1;
    }
    return false;
}

/* Each is a line of the figures; one with "!" before it is the beginning of none. */
static void
must_have(const char *const *lines, size_t count)
{
    char *text = figures();
    for (size_t i = 0; i < count; i++) {
        bool none = lines[i][0] == '!';
        if (has_line(text, lines[i] + (none ? 1 : 0), none) == none) {
            const char *bar = strchr(lines[i], '=');
            size_t key = bar == NULL ? strlen(lines[i]) : (size_t)(bar - lines[i]);
            const char *there = strstr(text, lines[i] + (none ? 1 : 0));
            if (there == NULL && key > 0) {
                char *prefix = ts_xstrndup(lines[i], key + 1);
                there = strstr(text, prefix);
                ts_xfree(prefix);
            }
            fail_msg("wanted %s, found %.60s", lines[i], there == NULL ? "nothing" : there);
        }
    }
    ts_xfree(text);
}

#define MUST_HAVE(...)                                    \
    do {                                                  \
        const char *const lines[] = {__VA_ARGS__};        \
        must_have(lines, sizeof lines / sizeof lines[0]); \
    } while (false)

static void
born(const char *year, const char *month, const char *sex, char out[TS_CODE_BYTES_MAX])
{
    char year_field[32];
    char month_field[32];
    char sex_field[32];
    (void)snprintf(year_field, sizeof year_field, "birth_year=%s", year);
    (void)snprintf(month_field, sizeof month_field, "birth_month=%s", month);
    (void)snprintf(sex_field, sizeof sex_field, "sex=%s", sex);
    command_saved(command_run(world, 1, "add", "kind=beneficiary", "unit=09706", year_field,
                              month_field, sex_field, NULL),
                  out);
}

/* "add" with up to three fields more. */
static void
add(const char *kind,
    const char *unit,
    const char *line,
    const char *day,
    const char *const more[3],
    char out[TS_CODE_BYTES_MAX])
{
    char fields[4][64];
    (void)snprintf(fields[0], 64, "kind=%s", kind);
    (void)snprintf(fields[1], 64, "unit=%s", unit);
    (void)snprintf(fields[2], 64, "line=%s", line);
    (void)snprintf(fields[3], 64, "occurred_on=%s", day);
    command_saved(command_run(world, 1, "add", fields[0], fields[1], fields[2], fields[3], more[0],
                              more[1], more[2], NULL),
                  out);
}

static void
hand_to(const char *child, const char *unit, const char *line, const char *day, const char *items)
{
    char to[64];
    char code[TS_CODE_BYTES_MAX];
    const char *const more[3] = {"fund=quy-1", to, items};
    (void)snprintf(to, sizeof to, "beneficiary_ids=%s", child);
    add("handover", unit, line, day, more, code);
}

#define ONE_FOR(value) "items=item=Quà;quantity=1;unit_of_measure=bộ;value=" value

/* Born in March 2014: 62 months on 10/5/2019, 64 on 20/7, 67 on 1/11, 68 on 14/11: always
 * preschool. Three child-times, one child; in An Phú it got books only. 100 + 20 + 30 thousand
 * đồng. */
static void
test_commands_figures_child_with_three_lines_in_two_communes(void **state)
{
    (void)state;
    char child[TS_CODE_BYTES_MAX];
    born("2014", "3", "female", child);
    hand_to(child, "09706", "warm", "2019-05-10", ONE_FOR("100000"));
    hand_to(child, "09706", "nutrition", "2019-07-20", ONE_FOR("20000"));
    hand_to(child, "10504", "books", "2019-11-01", ONE_FOR("30000"));
    MUST_HAVE("support|child_times|||||=3", "support|child_times|||preschool|f|=3",
              "support|child_times||warm|||=1", "support|child_times||nutrition|||=1",
              "support|child_times||books|||=1", "support|child_times|" VAN_HOA "||||=2",
              "support|child_times|" AN_PHU "||||=1", "support|child_times|" AN_PHU "|books|||=1",
              "support|distinct|||||=1", "support|distinct|||preschool|f|=1",
              "support|distinct|" VAN_HOA "||||=1", "support|distinct|" AN_PHU "||||=1",
              "support|distinct||warm|||=1", "support|distinct||books|||=1",
              "!support|child_times|||primary|", "!support|distinct|||primary|",
              "!support|child_times|" AN_PHU "|warm|", "support|value|||||=150000",
              "support|value|" AN_PHU "||||=30000", "resources|handed|||||=150000",
              "resources|left|||||=99850000", "findings|repeats|||||=0");
}

/* Forty girls by head count in need and forty-one helped (one boy too): no identified child. */
static void
test_commands_figures_head_count_of_forty_is_no_distinct_child(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    static const char *const need[3] = {"heads=band=primary;sex=female;count=40", "quantity=40",
                                        "unit_of_measure=bộ"};
    add("need", "09706", "warm", "2019-10-15", need, code);
    const ts_reply_t *reply = command_run(
        world, 1, "add", "kind=handover", "unit=09706", "line=warm", "occurred_on=2019-11-14",
        "fund=quy-1", "heads=band=primary;sex=female;count=40",
        "heads=band=preschool;sex=male;count=1",
        "items=item=Quà;quantity=41;unit_of_measure=bộ;value=4100000", NULL);
    command_saved(reply, code);
    MUST_HAVE("needs|heads|||||=40", "needs|heads||warm|||=40", "needs|heads||warm|primary|f|=40",
              "needs|heads|" VAN_HOA "|warm|||=40", "needs|quantity||warm|||=40",
              "!needs|children||warm|primary", "needs|children||warm|||=na",
              "needs|distinct||warm|||=na", "support|head_times|||||=41",
              "support|head_times||warm|primary|f|=40", "support|head_times||warm|preschool|m|=1",
              "support|child_times||warm|||=na", "support|distinct||warm|||=na",
              "support|distinct|||||=na", "support|quantity||warm|||=41",
              "support|value|||||=4100000");
    /* One day later is another period. */
    add("need", "09706", "warm", "2019-11-15", need, code);
    MUST_HAVE("needs|heads|||||=40");
}

/* May 2013: 72 months on 10/5/2019, primary. Corrected to June: 71, preschool. On 14/11: 78 and 77,
 * primary both times. */
static void
test_commands_figures_corrected_birth_month_moves_what_was_counted(void **state)
{
    (void)state;
    char child[TS_CODE_BYTES_MAX];
    char record[64];
    born("2013", "5", "male", child);
    hand_to(child, "09706", "warm", "2019-05-10", ONE_FOR("100000"));
    MUST_HAVE("support|child_times||warm|primary|m|=1", "!support|child_times||warm|preschool",
              "support|distinct||warm|primary|m|=1");
    (void)snprintf(record, sizeof record, "record=%s", child);
    const ts_reply_t *reply =
        command_run(world, 1, "revise", record, "birth_month=6", "reason=giấy khai sinh", NULL);
    assert_int_equal(reply->code, TS_ERR_OK);
    MUST_HAVE("support|child_times||warm|preschool|m|=1", "!support|child_times||warm|primary",
              "support|child_times||warm|||=1", "support|distinct||warm|primary|m|=1",
              "!support|distinct||warm|preschool", "support|distinct|||||=1");
}

/* August 2013: 69 months on 10/5/2019 (preschool), 74 on 20/10 and 75 on 14/11 (primary). */
static void
test_commands_figures_child_that_crosses_a_band_is_one_child(void **state)
{
    (void)state;
    char child[TS_CODE_BYTES_MAX];
    born("2013", "8", "male", child);
    hand_to(child, "09706", "warm", "2019-05-10", ONE_FOR("100000"));
    hand_to(child, "09706", "books", "2019-10-20", ONE_FOR("50000"));
    MUST_HAVE("support|child_times|||preschool|m|=1", "support|child_times|||primary|m|=1",
              "support|child_times|||||=2", "support|distinct|||primary|m|=1",
              "!support|distinct|||preschool", "support|distinct|||||=1",
              "support|distinct||warm|primary|m|=1", "support|distinct||books|primary|m|=1");
}

/* Everything that was typed is withdrawn again: the very same text as before. */
static void
test_commands_figures_void_takes_everything_back(void **state)
{
    (void)state;
    char child[TS_CODE_BYTES_MAX];
    char codes[2][TS_CODE_BYTES_MAX];
    char to[64];
    static const char *const need[3] = {"heads=band=primary;sex=female;count=7", "quantity=7",
                                        "unit_of_measure=bộ"};
    const char *const handover[3] = {"fund=quy-1", to, ONE_FOR("100000")};
    born("2012", "4", "female", child);
    char *before = figures();
    (void)snprintf(to, sizeof to, "beneficiary_ids=%s", child);
    add("need", "09706", "warm", "2019-10-15", need, codes[0]);
    add("handover", "09706", "warm", "2019-10-16", handover, codes[1]);
    MUST_HAVE("needs|heads|||||=7", "support|child_times|||primary|f|=1",
              "resources|left|||||=99900000");
    for (size_t i = 0; i < 2; i++) {
        char record[64];
        (void)snprintf(record, sizeof record, "record=%s", codes[i]);
        assert_int_equal(command_run(world, 1, "void", record, "reason=ghi nhầm", NULL)->code,
                         TS_ERR_OK);
    }
    char *after = figures();
    assert_string_equal(before, after);
    ts_xfree(before);
    ts_xfree(after);
}

/* A second revision of the same version, as it comes from a copied disk. */
static uint64_t
write_branch(ts_record_id_t record, const ts_standing_t *first, int64_t quantity)
{
    ts_node_t *node = command_world_node(world);
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), TS_KIND_NEED);
    ts_standing_t standing;
    ts_event_header_t header;
    const void *body;
    ts_buf_t bytes = {0};
    ts_msg_t why = {0};
    assert_int_equal(ts_ledger_record(node->ledger, TS_KIND_NEED, record, &standing), TS_ERR_OK);
    assert_int_equal(ts_records_read(node, &standing.place, standing.event, &header, &kind, &body),
                     TS_ERR_OK);
    ts_record_t *copy = ts_record_copy(kind, body);
    assert_int_equal(ts_record_set_number(copy, "quantity", quantity), TS_ERR_OK);
    header.revises = &first->event;
    header.revises_count = 1;
    header.reason = "bản sao";
    header.row_key = NULL;
    assert_int_equal(ts_event_encode(&header, kind, ts_record_body(copy), &bytes, &why), TS_ERR_OK);
    ts_new_event_t event = {.purpose = TS_PURPOSE_RECORDS, .bytes = ts_buf_bytes(&bytes)};
    assert_int_equal(ts_logs_write(node, &event, 1), TS_ERR_OK);
    ts_buf_free(&bytes);
    ts_record_destroy(&copy);
    return ts_hash_prefix(&event.id);
}

/* 40 revised to 41 here and to 42 on a copy of the disk: one of them counts, the one with the
 * greater id, and the report says that there is a conflict; the resolution decides. */
static void
test_commands_figures_conflict_counts_once_until_it_is_resolved(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    char record[64];
    char keep[64];
    ts_record_id_t id;
    ts_standing_t first;
    ts_standing_t revised;
    ts_ledger_t *ledger = command_world_node(world)->ledger;
    static const char *const need[3] = {"heads=band=primary;sex=female;count=40", "quantity=40",
                                        "unit_of_measure=bộ"};
    add("need", "09706", "warm", "2019-10-15", need, code);
    (void)snprintf(record, sizeof record, "record=%s", code);
    assert_int_equal(ts_record_code_parse(code, &id), TS_ERR_OK);
    assert_int_equal(ts_ledger_record(ledger, TS_KIND_NEED, id, &first), TS_ERR_OK);
    assert_int_equal(command_run(world, 1, "revise", record, "quantity=41", "reason=a", NULL)->code,
                     TS_ERR_OK);
    assert_int_equal(ts_ledger_record(ledger, TS_KIND_NEED, id, &revised), TS_ERR_OK);
    MUST_HAVE("needs|quantity||warm|||=41", "findings|conflicts|||||=0");
    uint64_t branch = write_branch(id, &first, 42);
    MUST_HAVE(branch > revised.event ? "needs|quantity||warm|||=42" : "needs|quantity||warm|||=41",
              "needs|heads||warm|||=40", "findings|conflicts|||||=1");
    /* The one with the smaller id is kept. */
    (void)snprintf(keep, sizeof keep, "keep=%016llx",
                   (unsigned long long)(branch > revised.event ? revised.event : branch));
    const ts_reply_t *reply = command_run(world, 1, "resolve", record, keep, "reason=hỏi xã", NULL);
    if (reply->code != TS_ERR_OK) {
        command_print(reply);
    }
    assert_int_equal(reply->code, TS_ERR_OK);
    MUST_HAVE(branch > revised.event ? "needs|quantity||warm|||=41" : "needs|quantity||warm|||=42",
              "needs|heads||warm|||=40", "findings|conflicts|||||=0");
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_commands_figures_child_with_three_lines_in_two_communes),
        CASE(test_commands_figures_head_count_of_forty_is_no_distinct_child),
        CASE(test_commands_figures_corrected_birth_month_moves_what_was_counted),
        CASE(test_commands_figures_child_that_crosses_a_band_is_one_child),
        CASE(test_commands_figures_void_takes_everything_back),
        CASE(test_commands_figures_conflict_counts_once_until_it_is_resolved),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
