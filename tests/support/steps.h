/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How thoroughly tests look that stop a program at its first, second, third … change. For tests
 * only.
 */
#ifndef TS_TESTS_SUPPORT_STEPS_H
#define TS_TESTS_SUPPORT_STEPS_H

#include <stdint.h>

/* The step after step k: the next one; with $TS_STRIDE=n the n-th one from here (a bounded run). */
uint64_t ts_step_after(uint64_t k);

#endif
