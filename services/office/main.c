/* SPDX-License-Identifier: MPL-2.0 */
#include "base/i18n.h"
#include "shared/host.h"
#include "shared/opts.h"

int
main(int argc, char **argv)
{
    const ts_opts_spec_t spec = {
        .program = "tiepsuc-office",
        .version = TS_VERSION,
        .about = N_("An office: records needs and handovers on this machine and syncs with the "
                    "office above."),
        .once = N_("one session with the office above, then exit"),
        .service = TS_CONF_OFFICE,
    };
    ts_opts_t opts;
    ts_conf_t conf;
    const int exit_code = ts_opts_start(&spec, argc, argv, &opts, &conf);
    if (exit_code != TS_OPTS_GO) {
        return exit_code;
    }
    ts_host_set_log(&conf.common);
    char parents[TS_CONF_ENDPOINTS_MAX * TS_CONF_ENDPOINT_BYTES];
    ts_host_join_endpoints(&conf.office.parent.endpoint, parents, sizeof parents);
    const ts_host_options_t host = {
        .program = spec.program,
        .version = spec.version,
        .common = &conf.office.common,
        .sync = &conf.office.sync,
        .gate_endpoint = conf.office.gate.endpoint,
        .parent_endpoints = parents[0] == '\0' ? NULL : parents,
        .parent_key = &conf.office.parent.curve_public,
        .once = opts.once,
    };
    return ts_host_run(&host);
}
