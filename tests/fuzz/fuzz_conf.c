/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: any text is a configuration or is refused with file and reason; what is accepted is printed
 * so that it reads back to the same. Method: the first byte chooses the service; parse, print,
 * parse, print, compare.
 */
#include "conf/conf.h"
#include "fuzz/fuzz.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ts_conf_t conf;
    ts_conf_t again;
    ts_msg_t why = {0};
    ts_buf_t first = {0};
    ts_buf_t second = {0};
    if (size == 0) {
        return 0;
    }
    ts_conf_service_t service = (ts_conf_service_t)(data[0] % TS_CONF_SERVICES);
    ts_bytes_t text = {data + 1, size - 1};
    ts_err_t err = ts_conf_parse(service, "a.conf", text, &conf, &why);
    TS_CHECK((err == TS_ERR_OK) == (why.id == NULL));
    TS_CHECK(err == TS_ERR_OK || err == TS_ERR_CONFIG);
    ts_msg_free(&why);
    if (err == TS_ERR_OK) {
        ts_conf_print(&conf, NULL, &first);
        TS_CHECK(ts_conf_parse(service, "a.conf", ts_buf_bytes(&first), &again, &why) == TS_ERR_OK);
        ts_conf_print(&again, NULL, &second);
        TS_CHECK(first.length == second.length);
        TS_CHECK(memcmp(first.data, second.data, first.length) == 0);
    }
    ts_buf_free(&first);
    ts_buf_free(&second);
    return 0;
}
