/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a configuration file becomes the values that it says, or an error with file, line and what
 * is allowed; the printed configuration reads back as the same; the shipped examples are true.
 * Method: tests/conf/<service>_<case>.in is read; <case>.ok is the expected print, <case>.err the
 * expected message in English. deploy/conf/ is read as it is and with its commented keys switched
 * on.
 */
#include "base/xalloc.h"
#include "conf/conf.h"
#include "support/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CASES TS_TEST_SOURCE_DIR "/tests/conf"
#define EXAMPLES TS_TEST_SOURCE_DIR "/deploy/conf"

static ts_buf_t
read_whole(const char *path)
{
    ts_buf_t buf = {0};
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail_msg("%s cannot be read", path);
    }
    size_t got = 0;
    do {
        uint8_t *to = ts_buf_extend(&buf, 4096);
        got = fread(to, 1, 4096, file);
        buf.length -= 4096 - got;
    } while (got > 0);
    (void)fclose(file);
    return buf;
}

static char *
print(const ts_conf_t *conf)
{
    ts_buf_t out = {0};
    ts_conf_print(conf, NULL, &out);
    ts_buf_put_u8(&out, 0);
    return (char *)out.data;
}

/* What is printed must read back and print the same. */
static void
assert_prints(const ts_conf_t *conf, const char *expected)
{
    ts_msg_t why = {0};
    ts_conf_t again;
    char *first = print(conf);
    assert_string_equal(first, expected);
    ts_bytes_t text = {(const uint8_t *)first, strlen(first)};
    assert_int_equal(ts_conf_parse(conf->service, "printed", text, &again, &why), TS_ERR_OK);
    char *second = print(&again);
    assert_string_equal(second, first);
    free(second);
    free(first);
}

static ts_conf_service_t
service_of(const char *name)
{
    for (ts_conf_service_t service = 0; service < TS_CONF_SERVICES; service++) {
        size_t length = strlen(ts_conf_service_name(service));
        if (strncmp(name, ts_conf_service_name(service), length) == 0 && name[length] == '_') {
            return service;
        }
    }
    fail_msg("%s begins with no service", name);
    return TS_CONF_SERVICES;
}

static void
run_case(const char *name, int *ret_good, int *ret_bad)
{
    char path[1024];
    ts_msg_t why = {0};
    ts_conf_t conf;
    (void)snprintf(path, sizeof path, CASES "/%s.ok", name);
    bool good = access(path, R_OK) == 0;
    if (!good) {
        (void)snprintf(path, sizeof path, CASES "/%s.err", name);
    }
    ts_buf_t expected = read_whole(path);
    ts_buf_put_u8(&expected, 0);
    (void)snprintf(path, sizeof path, CASES "/%s.in", name);
    ts_buf_t input = read_whole(path);
    ts_err_t err = ts_conf_parse(service_of(name), name, ts_buf_bytes(&input), &conf, &why);
    if (good) {
        assert_int_equal(err, TS_ERR_OK);
        assert_prints(&conf, (const char *)expected.data);
        ++*ret_good;
    } else {
        assert_int_equal(err, TS_ERR_CONFIG);
        char *text = ts_msg_fill(&why, why.id);
        expected.data[strcspn((char *)expected.data, "\n")] = '\0';
        assert_string_equal(text, (const char *)expected.data);
        free(text);
        ++*ret_bad;
    }
    ts_msg_free(&why);
    ts_buf_free(&input);
    ts_buf_free(&expected);
}

static void
test_conf_files_give_print_or_error(void **state)
{
    int good = 0;
    int bad = 0;
    DIR *dir = opendir(CASES);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char *end = strstr(entry->d_name, ".in");
        if (end != NULL && end[3] == '\0') {
            *end = '\0';
            run_case(entry->d_name, &good, &bad);
        }
    }
    (void)closedir(dir);
    /* The folder is there and is the right one. */
    assert_true(good >= 6);
    assert_true(bad >= 20);
}

static ts_conf_t
parse(ts_conf_service_t service, const char *text)
{
    ts_msg_t why = {0};
    ts_conf_t conf;
    ts_bytes_t bytes = {(const uint8_t *)text, strlen(text)};
    ts_err_t err = ts_conf_parse(service, "text", bytes, &conf, &why);
    if (err != TS_ERR_OK) {
        fail_msg("%s", ts_msg_fill(&why, why.id));
    }
    return conf;
}

static void
test_conf_empty_file_gives_defaults(void **state)
{
    ts_conf_t office = parse(TS_CONF_OFFICE, "");
    assert_string_equal(office.office.common.data_dir, "/var/lib/tiepsuc/office");
    assert_string_equal(office.common.control, "ipc:///run/tiepsuc/office.sock");
    assert_int_equal(office.common.language, TS_CONF_LANGUAGE_AUTO);
    assert_int_equal(office.common.log_level, TS_CONF_LOG_INFO);
    assert_string_equal(office.common.trace, "");
    assert_int_equal(office.office.parent.endpoint.count, 0);
    assert_true(ts_hash_is_zero(&office.office.parent.curve_public));
    assert_false(office.office.sync.metered);
    assert_int_equal(office.office.sync.ping_seconds, 20);
    assert_int_equal(office.office.sync.holding_seconds, 300);

    ts_conf_t gate = parse(TS_CONF_GATE, "# nothing\n");
    assert_int_equal(gate.gate.listen.count, 1);
    assert_string_equal(gate.gate.node.endpoint, office.office.gate.endpoint);

    ts_conf_t aggregator = parse(TS_CONF_AGGREGATOR, "");
    assert_string_equal(aggregator.aggregator.gate.endpoint, gate.gate.node.endpoint);
    assert_int_equal(aggregator.aggregator.sync.interval_seconds, 300);

    ts_conf_t reporter = parse(TS_CONF_REPORTER, "");
    assert_string_equal(reporter.reporter.node.control, aggregator.common.control);
    assert_int_equal(reporter.reporter.reminders_days.count, 5);
    assert_int_equal(reporter.reporter.reminders_days.at[0], 30);
    assert_int_equal(reporter.reporter.reminders_days.at[4], 1);
}

static void
test_conf_values_land_in_their_fields(void **state)
{
    ts_conf_t conf = parse(TS_CONF_OFFICE, "language = en\n"
                                           "log\n"
                                           "    level = error\n"
                                           "    trace = sync,store\n"
                                           "parent\n"
                                           "    endpoint = tcp://a:1\n"
                                           "    endpoint = tcp://b:65535\n"
                                           "    curve_public = "
                                           "00000000000000000000000000000000"
                                           "000000000000000000000000000000fF\n"
                                           "sync\n"
                                           "    interval_seconds = 10\n"
                                           "    seal_interval_seconds = 11\n"
                                           "    bytes_per_day_max = 1000000000000\n"
                                           "    ping_seconds = 13\n"
                                           "    holding_seconds = 26\n");
    assert_int_equal(conf.common.language, TS_CONF_LANGUAGE_EN);
    assert_int_equal(conf.common.log_level, TS_CONF_LOG_ERROR);
    assert_string_equal(conf.common.trace, "sync,store");
    assert_int_equal(conf.office.parent.endpoint.count, 2);
    assert_string_equal(conf.office.parent.endpoint.at[0], "tcp://a:1");
    assert_string_equal(conf.office.parent.endpoint.at[1], "tcp://b:65535");
    assert_int_equal(conf.office.parent.curve_public.b[31], 0xff);
    assert_int_equal(conf.office.sync.interval_seconds, 10);
    assert_int_equal(conf.office.sync.seal_interval_seconds, 11);
    assert_int_equal(conf.office.sync.bytes_per_day_max, 1000000000000);
    assert_int_equal(conf.office.sync.ping_seconds, 13);
    assert_int_equal(conf.office.sync.holding_seconds, 26);
}

static void
test_conf_metered_changes_only_what_is_not_set(void **state)
{
    ts_conf_t conf = parse(TS_CONF_OFFICE, "sync\n    ping_seconds = 30\n    metered = yes\n");
    assert_true(conf.office.sync.metered);
    assert_int_equal(conf.office.sync.ping_seconds, 30);
    assert_int_equal(conf.office.sync.holding_seconds, 900);
    assert_int_equal(conf.office.sync.interval_seconds, 1800);
    assert_int_equal(conf.office.sync.seal_interval_seconds, 600);
}

static void
test_conf_error_leaves_result_untouched(void **state)
{
    ts_msg_t why = {0};
    ts_conf_t conf;
    memset(&conf, 0x5a, sizeof conf);
    ts_conf_t before = conf;
    ts_bytes_t text = {(const uint8_t *)"language = vi\nx = 1\n", 20};
    assert_int_equal(ts_conf_parse(TS_CONF_GATE, "f", text, &conf, &why), TS_ERR_CONFIG);
    assert_memory_equal(&conf, &before, sizeof conf);
    ts_msg_free(&why);
}

static void
test_conf_missing_and_unreadable_file_name_path_and_reason(void **state)
{
    static const struct {
        const char *path;
        const char *reason;
    } cases[] = {
        {CASES "/none.conf", "No such file"},
        {CASES, "directory"},
        {"/dev/zero", "too big"},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_msg_t why = {0};
        ts_conf_t conf;
        assert_int_equal(ts_conf_load(TS_CONF_OFFICE, cases[i].path, &conf, &why), TS_ERR_CONFIG);
        char *text = ts_msg_fill(&why, why.id);
        assert_non_null(strstr(text, cases[i].path));
        assert_non_null(strstr(text, cases[i].reason));
        free(text);
        ts_msg_free(&why);
    }
}

/* Takes the "#" away from lines like "    #name = value". */
static void
switch_on(char *text)
{
    char *to = text;
    for (char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n") + (strchr(line, '\n') != NULL);
        size_t indent = strspn(line, " ");
        size_t name = strspn(line + indent + 1, "abcdefghijklmnopqrstuvwxyz_");
        bool off =
            line[indent] == '#' && name > 0 && strncmp(line + indent + 1 + name, " = ", 3) == 0;
        for (size_t i = 0; i < length; i++) {
            if (!off || i != indent) {
                *to++ = line[i];
            }
        }
        line += length;
    }
    *to = '\0';
}

static void
test_conf_examples_are_defaults_and_complete(void **state)
{
    for (ts_conf_service_t service = 0; service < TS_CONF_SERVICES; service++) {
        char path[1024];
        ts_msg_t why = {0};
        ts_conf_t conf;
        (void)snprintf(path, sizeof path, EXAMPLES "/%s.conf", ts_conf_service_name(service));
        if (ts_conf_load(service, path, &conf, &why) != TS_ERR_OK) {
            fail_msg("%s", ts_msg_fill(&why, why.id));
        }
        ts_conf_t defaults = parse(service, "");
        char *expected = print(&defaults);
        assert_prints(&conf, expected);

        /* Commented keys are good too, and every key of the table is there in its section. */
        ts_buf_t text = read_whole(path);
        ts_buf_put_u8(&text, 0);
        switch_on((char *)text.data);
        parse(service, (const char *)text.data);
        char section[64] = "";
        char *rest = NULL;
        for (char *line = strtok_r(expected, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest)) {
            char wanted[128];
            size_t name = strcspn(line, "=");
            if (strchr(line, '#') == line + strspn(line, " ")) {
                continue;
            }
            if (line[name] != '=') {
                (void)snprintf(section, sizeof section, "\n%s\n", line);
                continue;
            }
            const char *from = strstr((char *)text.data, section);
            (void)snprintf(wanted, sizeof wanted, "\n%.*s=", (int)name, line);
            if (from == NULL || strstr(from, wanted) == NULL) {
                fail_msg("%s does not show%s", path, wanted);
            }
        }
        free(expected);
        ts_buf_free(&text);
    }
}

static const char *
shout(const char *id)
{
    return id[0] == 'F' ? "THƯ MỤC" : id;
}

static void
test_conf_print_translates_help(void **state)
{
    ts_conf_t conf = parse(TS_CONF_OFFICE, "");
    ts_buf_t out = {0};
    ts_conf_print(&conf, shout, &out);
    ts_buf_put_u8(&out, 0);
    assert_non_null(
        strstr((char *)out.data, "# THƯ MỤC\ndata_dir = \"/var/lib/tiepsuc/office\"\n"));
    ts_buf_free(&out);
}

static void
test_conf_trace_areas_are_checked(void **state)
{
    assert_true(ts_conf_trace_is_valid(""));
    assert_true(ts_conf_trace_is_valid("sync"));
    assert_true(ts_conf_trace_is_valid("sync, store,net"));
    assert_false(ts_conf_trace_is_valid("sync,stor"));
    assert_false(ts_conf_trace_is_valid("syncs"));
    assert_false(ts_conf_trace_is_valid("sync;net"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conf_files_give_print_or_error),
        cmocka_unit_test(test_conf_empty_file_gives_defaults),
        cmocka_unit_test(test_conf_values_land_in_their_fields),
        cmocka_unit_test(test_conf_metered_changes_only_what_is_not_set),
        cmocka_unit_test(test_conf_error_leaves_result_untouched),
        cmocka_unit_test(test_conf_missing_and_unreadable_file_name_path_and_reason),
        cmocka_unit_test(test_conf_examples_are_defaults_and_complete),
        cmocka_unit_test(test_conf_print_translates_help),
        cmocka_unit_test(test_conf_trace_areas_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
