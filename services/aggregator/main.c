/* SPDX-License-Identifier: MPL-2.0 */
#include "base/i18n.h"
#include "shared/host.h"
#include "shared/opts.h"

int
main(int argc, char **argv)
{
    const ts_opts_spec_t spec = {
        .program = "tiepsuc-aggregator",
        .version = TS_VERSION,
        .about = N_(
            "The province: takes in what all offices record, keeps registry, plans and the feed."),
        .service = TS_CONF_AGGREGATOR,
    };
    ts_opts_t opts;
    ts_conf_t conf;
    const int exit_code = ts_opts_start(&spec, argc, argv, &opts, &conf);
    if (exit_code != TS_OPTS_GO) {
        return exit_code;
    }
    ts_host_set_log(&conf.common);
    const ts_host_options_t host = {
        .program = spec.program,
        .version = spec.version,
        .common = &conf.aggregator.common,
        .sync = &conf.aggregator.sync,
        .gate_endpoint = conf.aggregator.gate.endpoint,
        .is_province = true,
    };
    return ts_host_run(&host);
}
