/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The one list of errors. What it is for: every function that can fail for an outside reason returns a
 * ts_err_t; the numbers also travel in REJECT, REFUSE and control replies, so a value is never reused.
 * Detail (which file, line, row) lives in a ts_msg_t or in the object that failed, never in a global.
 * Grouped by what the caller should do: try later, refuse this item, end this session, stop the service.
 */
#ifndef TS_BASE_ERR_H
#define TS_BASE_ERR_H

#if defined(__GNUC__) || defined(__clang__)
#define TS_MUST_USE __attribute__((warn_unused_result))
#else
#define TS_MUST_USE
#endif

/*      name        value  sentence (msgid, translated where it is shown) */
#define TS_ERR_LIST(X)                                                                             \
    X(OK, 0, "no error")                                                                           \
    /* try later */                                                                                \
    X(AGAIN, -1, "not now, try again later")                                                       \
    X(BUSY, -2, "busy with other work")                                                            \
    X(FULL, -3, "the disk or a queue is full")                                                     \
    X(IO, -4, "reading or writing failed")                                                         \
    /* refuse this item */                                                                         \
    X(NOTFOUND, -10, "not found")                                                                  \
    X(EXISTS, -11, "exists already")                                                               \
    X(INVALID, -12, "not valid")                                                                   \
    X(TOOBIG, -13, "too big")                                                                      \
    X(TRUNCATED, -14, "cut short")                                                                 \
    X(HASH, -15, "the content does not match its hash")                                            \
    X(SIGNATURE, -16, "the signature does not match")                                              \
    X(CHAIN, -17, "does not continue what is held")                                                \
    X(FOREIGN, -18, "belongs to another deployment")                                               \
    X(UNKNOWN, -19, "unknown kind or version")                                                     \
    X(DENIED, -20, "not permitted")                                                                \
    X(LIMIT, -21, "beyond what is left or allowed")                                                \
    X(CONFLICT, -22, "conflicts with another entry")                                               \
    /* end this session */                                                                         \
    X(PROTOCOL, -30, "the other side broke the protocol")                                          \
    X(KEY, -31, "unknown or revoked key")                                                          \
    /* stop the service */                                                                         \
    X(CORRUPT, -40, "stored data is damaged")                                                      \
    X(CONFIG, -41, "the configuration is wrong")                                                   \
    X(LOCKED, -42, "in use by another process")

typedef enum ts_err {
#define TS_ERR_ENUM(name, value, text) TS_ERR_##name = (value),
    TS_ERR_LIST(TS_ERR_ENUM)
#undef TS_ERR_ENUM
} ts_err_t;

/* The English sentence of an error (a msgid); "unknown error" for a number that is not in the list. */
const char *ts_err_str(ts_err_t err);

/* The short name ("NOTFOUND") as logs and wire captures print it; "?" when unknown. */
const char *ts_err_name(ts_err_t err);

#endif
