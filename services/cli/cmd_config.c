/* SPDX-License-Identifier: MPL-2.0 */
/* config check: a configuration file of any service, without starting it. */
#include "cli/commands.h"

#include <string.h>

static const ts_cli_option_t options[] = {
    {.name = "check", .letter = 'n', .help = N_("only check (what happens anyway)")},
    {.name = "print",
     .letter = 'v',
     .help = N_("print the complete configuration that is in force")},
    {.name = "service",
     .value = N_("NAME"),
     .help = N_("office, gate, aggregator or reporter (by the file's name when left out)")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_config_check = {
    .options = options,
    .text = N_("A mistake is told with file, line and what is allowed. Nothing needs to run."),
    .examples = "config check /etc/tiepsuc/office.conf\nconfig check -nv /etc/tiepsuc/office.conf",
};

/* The service whose file it is; false after saying that it cannot be told. */
static bool
find_service(ts_cli_t *self, const char *path, ts_conf_service_t *ret_service)
{
    const char *wanted = ts_cli_get(self, "service");
    for (int i = 0; i < TS_CONF_SERVICES; i++) {
        const char *name = ts_conf_service_name((ts_conf_service_t)i);
        bool fits =
            wanted != NULL ? strcmp(wanted, name) == 0 : strstr(ts_file_name(path), name) != NULL;
        if (fits) {
            *ret_service = (ts_conf_service_t)i;
            return true;
        }
    }
    (void)ts_cli_misuse(
        self, N_("of which service is {1}? Say --service office, gate, aggregator or reporter"),
        path, NULL);
    return false;
}

int
ts_cmd_config_check(ts_cli_t *self)
{
    const char *path = ts_cli_operand(self, "FILE");
    ts_conf_service_t service;
    ts_conf_t conf;
    ts_msg_t why = {.id = NULL};
    if (!find_service(self, path, &service)) {
        return TS_CLI_USAGE;
    }
    ts_err_t err = ts_conf_load(service, path, &conf, &why);
    if (err != TS_ERR_OK) {
        return ts_cli_fail(self, TS_CLI_USAGE, err, &why,
                           N_("correct the file and check it again"));
    }
    ts_reply_t reply = {.done = true};
    ts_buf_t text = {.length = 0};
    bool prints = ts_cli_has(self, "print");
    if (prints) {
        ts_conf_print(&conf, ts_say, &text);
    }
    if (prints && !self->out.json) {
        (void)fwrite(text.data, 1, text.length, self->out.out);
    } else {
        ts_msg_make(&reply.say, N_("{1}: the configuration is good"), path, NULL);
        if (prints) {
            ts_buf_put_u8(&text, '\0');
            ts_table_t *table = ts_reply_add_table(&reply, "configuration");
            ts_table_add_column(table, "text", N_("Configuration"), "text");
            ts_table_add_text(table, (const char *)text.data);
        }
        ts_out_reply(&self->out, &reply, NULL);
    }
    ts_buf_free(&text);
    ts_reply_free(&reply);
    return TS_CLI_GOOD;
}
