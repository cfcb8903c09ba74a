/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The one list of errors. What it is for: every function that can fail for an outside reason
 * returns a ts_err_t; the numbers also travel in REJECT, REFUSE and control replies, so a value is
 * never reused. Detail (which file, line, row) lives in a ts_msg_t or in the object that failed,
 * never in a global. Grouped by what the caller should do: try later, refuse this item, end this
 * session, stop the service.
 */
#ifndef TS_BASE_ERR_H
#define TS_BASE_ERR_H

#include "base/i18n.h"

#if defined(__GNUC__) || defined(__clang__)
#define TS_MUST_USE __attribute__((warn_unused_result))
#else
#define TS_MUST_USE
#endif

/*      name        value  sentence (msgid, translated where it is shown) */
#define TS_ERR_LIST(X)                                        \
    X(OK, 0, N_("no error"))                                  \
    /* try later */                                           \
    X(AGAIN, -1, N_("not now, try again later"))              \
    X(BUSY, -2, N_("busy with other work"))                   \
    X(FULL, -3, N_("the disk or a queue is full"))            \
    X(IO, -4, N_("reading or writing failed"))                \
    /* refuse this item */                                    \
    X(NOTFOUND, -10, N_("not found"))                         \
    X(EXISTS, -11, N_("exists already"))                      \
    X(INVALID, -12, N_("not valid"))                          \
    X(TOOBIG, -13, N_("too big"))                             \
    X(TRUNCATED, -14, N_("cut short"))                        \
    X(HASH, -15, N_("the content does not match its hash"))   \
    X(SIGNATURE, -16, N_("the signature does not match"))     \
    X(CHAIN, -17, N_("does not continue what is held"))       \
    X(FOREIGN, -18, N_("belongs to another deployment"))      \
    X(UNKNOWN, -19, N_("unknown kind or version"))            \
    X(DENIED, -20, N_("not permitted"))                       \
    X(LIMIT, -21, N_("beyond what is left or allowed"))       \
    X(CONFLICT, -22, N_("conflicts with another entry"))      \
    /* end this session */                                    \
    X(PROTOCOL, -30, N_("the other side broke the protocol")) \
    X(KEY, -31, N_("unknown or revoked key"))                 \
    /* stop the service */                                    \
    X(CORRUPT, -40, N_("stored data is damaged"))             \
    X(CONFIG, -41, N_("the configuration is wrong"))          \
    X(LOCKED, -42, N_("in use by another process"))

typedef enum ts_err {
#define TS_ERR_ENUM(name, value, text) TS_ERR_##name = (value),
    TS_ERR_LIST(TS_ERR_ENUM)
#undef TS_ERR_ENUM
} ts_err_t;

/* The English sentence of an error (a msgid); "unknown error" for a number that is not in the list.
 */
const char *ts_err_str(ts_err_t err);

/* The short name ("NOTFOUND") as logs and wire captures print it; "?" when unknown. */
const char *ts_err_name(ts_err_t err);

#endif
