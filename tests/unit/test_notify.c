/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the service manager gets the datagram, by path and by abstract name; without it nothing
 * happens. Method: the test is the manager.
 */
#include "shared/notify.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void
check_datagram(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, name, strlen(name));
    if (name[0] == '@') {
        address.sun_path[0] = '\0';
    }
    const socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, bytes), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    assert_true(ts_notify("READY=1\nSTATUS=đã sẵn sàng"));
    char got[64] = "";
    assert_true(recv(fd, got, sizeof got - 1, MSG_DONTWAIT) > 0);
    assert_string_equal(got, "READY=1\nSTATUS=đã sẵn sàng");
    close(fd);
    unsetenv("NOTIFY_SOCKET");
}

static void
test_notify_reaches_a_path_and_an_abstract_name(void **state)
{
    char dir[] = "/tmp/tiepsuc-test-XXXXXX";
    char name[64];
    assert_non_null(mkdtemp(dir));
    snprintf(name, sizeof name, "%s/notify", dir);
    check_datagram(name);
    assert_int_equal(unlink(name), 0);
    assert_int_equal(rmdir(dir), 0);
    snprintf(name, sizeof name, "@tiepsuc-test-%ld", (long)getpid());
    check_datagram(name);
}

static void
test_notify_without_manager_sends_nothing(void **state)
{
    unsetenv("NOTIFY_SOCKET");
    assert_false(ts_notify("READY=1"));
    assert_int_equal(setenv("NOTIFY_SOCKET", "/no/such/socket", 1), 0);
    assert_false(ts_notify("READY=1"));
    assert_int_equal(setenv("NOTIFY_SOCKET", "relative", 1), 0);
    assert_false(ts_notify("READY=1"));
    unsetenv("NOTIFY_SOCKET");
}

static void
test_notify_watchdog_is_half_of_what_is_allowed(void **state)
{
    static const struct {
        const char *us;
        int64_t ms;
    } rows[] = {{"10000000", 5000}, {"1", 1}, {"0", 0}, {"-5", 0}, {"x", 0}, {"5x", 0}, {"", 0}};
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        assert_int_equal(setenv("WATCHDOG_USEC", rows[i].us, 1), 0);
        assert_int_equal(ts_notify_watchdog_ms(), rows[i].ms);
    }
    unsetenv("WATCHDOG_USEC");
    assert_int_equal(ts_notify_watchdog_ms(), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notify_reaches_a_path_and_an_abstract_name),
        cmocka_unit_test(test_notify_without_manager_sends_nothing),
        cmocka_unit_test(test_notify_watchdog_is_half_of_what_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
