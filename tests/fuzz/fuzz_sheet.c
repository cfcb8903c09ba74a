/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: no bytes bring the reading of a sheet down. Method: libFuzzer over the whole path, from the
 * bytes of a file to numbers, dates and names of every cell.
 */
#include "fuzz/fuzz.h"
#include "support/sheet_drive.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    (void)sheet_drive(data, bytes);
    return 0;
}
