/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void
ts_check_failed(const char *file, int line, const char *condition)
{
    fprintf(stderr, "<2>check failed at %s:%d: %s\n", file, line, condition);
    abort();
}
