/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/cli.h"
#include "net/ipc.h"

#include <string.h>
#include <unistd.h>

/* Services that own a ledger; where both are installed the province's comes first. */
static const ts_conf_service_t nodes[] = {TS_CONF_AGGREGATOR, TS_CONF_OFFICE};
enum { NODES = sizeof nodes / sizeof nodes[0] };

static void
fill(ts_cli_target_t *target, ts_conf_service_t service, const char *path, const ts_conf_t *conf)
{
    target->service = service;
    (void)snprintf(target->conf_path, sizeof target->conf_path, "%s", path);
    (void)snprintf(target->endpoint, sizeof target->endpoint, "%s", conf->common.control);
    target->language = conf->common.language;
}

/* A file that a person named: whose it is stands in its name, or shows when it is read. */
static ts_err_t
from_file(const char *path, ts_cli_target_t *ret_target, ts_msg_t *ret_why)
{
    const char *name = ts_file_name(path);
    ts_msg_t why = {.id = NULL};
    ts_conf_t conf;
    if (strstr(name, "gate") != NULL || strstr(name, "reporter") != NULL) {
        ts_msg_make(ret_why,
                    N_("{1}: is the configuration of {2}, which takes no commands; name that of "
                       "the office or "
                       "aggregator"),
                    path, strstr(name, "gate") != NULL ? "tiepsuc-gate" : "tiepsuc-reporter", NULL);
        return TS_ERR_CONFIG;
    }
    for (size_t i = 0; i < NODES; i++) {
        bool named = strstr(name, ts_conf_service_name(nodes[i])) != NULL;
        bool other_named = strstr(name, ts_conf_service_name(nodes[1 - i])) != NULL;
        if (other_named && !named) {
            continue;
        }
        ts_err_t err = ts_conf_load(nodes[i], path, &conf, &why);
        if (err == TS_ERR_OK) {
            fill(ret_target, nodes[i], path, &conf);
            ts_msg_free(&why);
            return TS_ERR_OK;
        }
        if (named) {
            break;
        }
    }
    ts_msg_move(ret_why, &why);
    return TS_ERR_CONFIG;
}

/* The configuration that init or join wrote into a data folder. */
static ts_err_t
from_folder(const char *dir, ts_cli_target_t *ret_target, ts_msg_t *ret_why)
{
    for (size_t i = 0; i < NODES; i++) {
        char path[TS_CONF_PATH_BYTES];
        int bytes = snprintf(path, sizeof path, "%s/%s.conf", dir, ts_conf_service_name(nodes[i]));
        if (bytes < 0 || (size_t)bytes >= sizeof path) {
            ts_msg_make(ret_why, N_("the path is too long: {1}"), dir, NULL);
            return TS_ERR_CONFIG;
        }
        if (access(path, F_OK) == 0) {
            return from_file(path, ret_target, ret_why);
        }
    }
    ts_msg_make(ret_why,
                N_("{1}: there is neither aggregator.conf nor office.conf in this folder; name the "
                   "folder that "
                   "“tiepsuc init” or “tiepsuc join” made"),
                dir, NULL);
    return TS_ERR_CONFIG;
}

/* What is installed on this machine; of two, the one that runs. */
static ts_err_t
from_system(ts_cli_target_t *ret_target, ts_msg_t *ret_why)
{
    ts_cli_target_t found[NODES];
    size_t count = 0;
    for (size_t i = 0; i < NODES; i++) {
        char path[64];
        ts_conf_t conf;
        ts_cli_target_t target = {.endpoint = ""};
        (void)snprintf(path, sizeof path, "/etc/tiepsuc/%s.conf", ts_conf_service_name(nodes[i]));
        if (access(path, F_OK) == 0) {
            ts_err_t err = from_file(path, &target, ret_why);
            if (err != TS_ERR_OK) {
                return err;
            }
        } else {
            ts_err_t err = ts_conf_parse(nodes[i], "", (ts_bytes_t){NULL, 0}, &conf, ret_why);
            if (err != TS_ERR_OK) {
                return err;
            }
            fill(&target, nodes[i], "", &conf);
        }
        if (ts_ipc_probe(target.endpoint, NULL) == TS_ERR_OK) {
            *ret_target = target;
            return TS_ERR_OK;
        }
        /* Nothing runs: what has a configuration, else an office as it is by default. */
        if (target.conf_path[0] != '\0' || (i == NODES - 1 && count == 0)) {
            found[count++] = target;
        }
    }
    *ret_target = found[0];
    return TS_ERR_OK;
}

ts_err_t
ts_cli_target_find(const ts_cli_t *self, ts_cli_target_t *ret_target, ts_msg_t *ret_why)
{
    if (self->conf_path != NULL) {
        return from_file(self->conf_path, ret_target, ret_why);
    }
    return self->dir != NULL ? from_folder(self->dir, ret_target, ret_why)
                             : from_system(ret_target, ret_why);
}
