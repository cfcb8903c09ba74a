/* SPDX-License-Identifier: MPL-2.0 */
/* Configuration files of a new installation: only what differs from the defaults; deploy/conf/
 * shows every key. Private to provisioning. */
#ifndef TS_NODE_PROVISION_CONF_H
#define TS_NODE_PROVISION_CONF_H

#include "base/err.h"
#include "base/msg.h"

/* aggregator.conf, gate.conf, reporter.conf and the folders they name. Existing files stay. */
TS_MUST_USE ts_err_t ts_provision_conf_province(const char *dir,
                                                const char *endpoints,
                                                ts_msg_t *ret_why);
/* office.conf and reporter.conf; with endpoints (a district) also gate.conf. NULL = no gate. */
TS_MUST_USE ts_err_t ts_provision_conf_office(const char *dir,
                                              const char *endpoints,
                                              ts_msg_t *ret_why);

#endif
