/* SPDX-License-Identifier: MPL-2.0 */
#include "base/i18n.h"
#include "conf/conf.h"
#include "net/endpoint.h"
#include "net/loop.h"
#include "reporter/asker.h"
#include "reporter/once.h"
#include "reporter/watch.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/notify.h"
#include "shared/opts.h"

typedef struct watchdog {
    ts_loop_t *loop;
    int64_t period_ms;
} watchdog_t;

static void
pat_watchdog(void *context, ts_mono_t now)
{
    (void)now;
    watchdog_t *self = context;
    (void)ts_notify("WATCHDOG=1");
    (void)ts_loop_after(self->loop, self->period_ms, pat_watchdog, self);
}

/* The calendar, until a signal. */
static int
watch(const ts_conf_reporter_t *conf, ts_loop_t *loop, ts_asker_t *asker)
{
    watchdog_t watchdog = {loop, ts_notify_watchdog_ms()};
    if (watchdog.period_ms > 0) {
        pat_watchdog(&watchdog, ts_loop_now(loop));
    }
    ts_watch_t *self = ts_watch_new(loop, asker, &conf->reminders_days);
    ts_log_info("reporter_start", "version=%s reminders=%zu", TS_VERSION,
                conf->reminders_days.count);
    (void)ts_notify("READY=1");
    ts_watch_start(self);
    ts_loop_run(loop);
    (void)ts_notify("STOPPING=1");
    ts_log_info("reporter_stop", "signal=%d", ts_loop_signal(loop));
    ts_watch_destroy(&self);
    return ts_loop_signal(loop) != 0 ? TS_EXIT_GOOD : TS_EXIT_FAILED;
}

static int
run(const ts_conf_reporter_t *conf, bool once, const ts_once_t *options)
{
    const ts_loop_clock_t clock = TS_CLOCK_SYSTEM;
    ts_net_t *net = ts_net_new();
    ts_loop_t *loop = ts_loop_new(&clock);
    ts_asker_t *asker = NULL;
    ts_msg_t why = {0};
    ts_loop_catch_signals(loop);
    int exit_code = TS_EXIT_FAILED;
    if (ts_asker_open(&asker, net, loop, conf->node.control, &why) == TS_ERR_OK) {
        exit_code = once ? ts_once_run(options, asker) : watch(conf, loop, asker);
    } else {
        ts_log_message(TS_LOG_ERROR, "reporter_failed", &why);
    }
    ts_msg_free(&why);
    ts_asker_close(&asker);
    ts_loop_destroy(&loop);
    ts_net_destroy(&net);
    return exit_code;
}

int
main(int argc, char **argv)
{
    ts_once_t once = {.format = "csv,xlsx"};
    const char *seal = NULL;
    const char *file = NULL;
    const char *amend = NULL;
    const char *nil = NULL;
    const ts_opts_extra_t extra[] = {
        {"plan", N_("CODE"), N_("plan; not needed where there is only one"), &once.plan},
        {"period", N_("CODE"), N_("reporting period: 2020-year"), &once.period},
        {"body", N_("CODE"), N_("body whose report it is; this office's own when left out"),
         &once.body},
        {"record", N_("CODE"), N_("a report that was sealed or filed"), &once.record},
        {"out", N_("DIR"), N_("folder for the files; that of the configuration when left out"),
         &once.out},
        {"format", N_("LIST"), N_("csv, xlsx or csv,xlsx"), &once.format},
        {"as-of", N_("DATE"), N_("drawn up as of this day"), &once.as_of},
        {"boundary", N_("DATE"), N_("units as of this day"), &once.boundary},
        {"confirm-nil", NULL, N_("what has no figures did not occur"), &nil},
        {"seal", NULL, N_("seal the report"), &seal},
        {"file", NULL, N_("file the sealed report of --record with these files"), &file},
        {"amend", NULL, N_("the same as a new edition beside the first"), &amend},
        {"as", N_("NUMBER"), N_("account that answers for sealing and filing"), &once.account},
    };
    const ts_opts_spec_t spec = {
        .program = "tiepsuc-reporter",
        .version = TS_VERSION,
        .about = N_("Reports: watches the calendar, and makes report files from the figures."),
        .once = N_("one report (or the list of what is due), then exit"),
        .service = TS_CONF_REPORTER,
        .extra = extra,
        .extra_count = sizeof extra / sizeof extra[0],
    };
    ts_opts_t opts;
    ts_conf_t conf;
    const int exit_code = ts_opts_start(&spec, argc, argv, &opts, &conf);
    if (exit_code != TS_OPTS_GO) {
        return exit_code;
    }
    once.seal = seal != NULL;
    once.file = file != NULL;
    once.amend = amend != NULL;
    once.nil = nil != NULL;
    if (once.out == NULL) {
        once.out = conf.reporter.out_dir;
    }
    return run(&conf.reporter, opts.once, &once);
}
