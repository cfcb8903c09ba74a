/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A mixed stream for tests of the fold: everything that can change a verdict or a figure later, by
 * one seed. Registry and plans are revised, offices cut off and released, units end, funds change
 * hands, children, donors and allocations are corrected, records are revised, in conflict,
 * resolved, withdrawn; some events are not permitted, unreadable, or stand in two logs. Only for
 * tests.
 */
#ifndef TS_TESTS_SUPPORT_FOLD_MIX_H
#define TS_TESTS_SUPPORT_FOLD_MIX_H

#include "support/fold_cast.h"

/* About `rounds` × 10 events beside those of the cast. */
void fold_mix(fold_cast_t *cast, uint64_t seed, int rounds);

#endif
