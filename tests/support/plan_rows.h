/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A plan of deploy/plans in a catalog, as the registry would bring it: for tests of duties, figures
 * and targets with the real tables. Only for tests.
 */
#ifndef TS_TESTS_SUPPORT_PLAN_ROWS_H
#define TS_TESTS_SUPPORT_PLAN_ROWS_H

#include "core/catalog.h"

/* Reads units, bodies, plan, scope, lines, bands, duties, periods and targets of the folder
 * deploy/plans/<name> below TS_TEST_SOURCE_DIR; a broken table fails the test. Returns the plan. */
ts_record_id_t plan_rows_load(ts_catalog_t *catalog, const char *name);

#endif
