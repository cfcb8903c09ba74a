/* SPDX-License-Identifier: MPL-2.0 */
/* Inside of the model. */
#ifndef TS_TESTS_SIM_MODEL_P_H
#define TS_TESTS_SIM_MODEL_P_H

#include "sim/model.h"

/* What the model wants to know of a decoded body. */
void model_read_body(model_event_t *event, const void *record);
void model_naming_free(model_naming_t **naming_p);

#endif
