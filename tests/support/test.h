/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What every unit test includes: cmocka with the headers that it needs before itself, and one
 * helper. Only for tests/.
 */
#ifndef TS_TESTS_SUPPORT_TEST_H
#define TS_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Items of an array. */
#define TS_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
