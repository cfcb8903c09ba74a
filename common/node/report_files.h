/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Files that a report consists of, kept by the hash of their content in <data folder>/files/<64 hex
 * digits>: what was filed can be shown byte for byte for years. A file is written once, flushed,
 * and never changed; the same content is one file.
 */
#ifndef TS_NODE_REPORT_FILES_H
#define TS_NODE_REPORT_FILES_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"

/* One file of a report (TS_CONTROL_BYTES_MAX bounds a whole reply). */
#define TS_REPORT_FILE_BYTES_MAX (16u << 20)

/* Keeps the content; OK also when it is there already. TOOBIG, FULL, IO. */
TS_MUST_USE ts_err_t ts_report_file_keep(const char *data_dir,
                                         ts_bytes_t content,
                                         ts_hash_t *ret_hash);
/* Appends the content. NOTFOUND; HASH: what lies there is something else; IO. */
TS_MUST_USE ts_err_t ts_report_file_read(const char *data_dir,
                                         const ts_hash_t *hash,
                                         ts_buf_t *out);

#endif
