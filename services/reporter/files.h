/* SPDX-License-Identifier: MPL-2.0 */
/* Report files in a folder that people look into: a file is there whole or not at all. Reporter
 * only. */
#ifndef TS_SERVICES_REPORTER_FILES_H
#define TS_SERVICES_REPORTER_FILES_H

#include "base/err.h"
#include "base/msg.h"
#include "reporter/render.h"

/* Makes the folder when it is not there (not those above it). IO with *ret_why. */
TS_MUST_USE ts_err_t ts_files_folder(const char *folder, ts_msg_t *ret_why);
/* Writes beside and renames; replaces a file of that name. IO, FULL with *ret_why. */
TS_MUST_USE ts_err_t ts_files_write(const char *folder,
                                    const ts_render_file_t *file,
                                    ts_msg_t *ret_why);

#endif
