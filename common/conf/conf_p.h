/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Inside the conf layer only: the tables of keys and what can be done with a type of value.
 */
#ifndef TS_CONF_CONF_P_H
#define TS_CONF_CONF_P_H

#include "conf/conf.h"

#define TS_CONF_KEYS_MAX 32u

struct ts_conf_key;

/* A type of value. */
typedef struct ts_conf_kind {
    /* Reads a text into the field; false when it is not of this type and range. */
    bool (*parse)(const struct ts_conf_key *key, const char *text, void *field);
    /* Appends the value as it stands in a file, without the line end. */
    void (*print)(const struct ts_conf_key *key, const void *field, ts_buf_t *out);
    /* {1} file {2} line {3} key {4} value; {5} {6} after `bounds`. */
    const char *complaint;
    enum { BOUNDS_NONE, BOUNDS_RANGE, BOUNDS_CHOICES, BOUNDS_BYTES } bounds;
    bool is_list;  /* the key may stand several times */
    bool is_bound; /* an endpoint that must be unlike the file's others */
} ts_conf_kind_t;

typedef struct ts_conf_key {
    const char *path; /* "sync/ping_seconds" */
    const ts_conf_kind_t *kind;
    size_t offset;          /* of the field, from the group's base */
    const char *fallback;   /* default as it would stand in the file; {service} is replaced */
    const char *if_metered; /* default on a metered link; NULL: the same */
    int64_t min;            /* numbers */
    int64_t max;
    const char *choices; /* words separated by spaces */
    bool may_be_empty;
    const char *help; /* msgid */
} ts_conf_key_t;

/* Keys that stand together, with the place of their struct in ts_conf_t. */
typedef struct ts_conf_group {
    const ts_conf_key_t *keys;
    size_t count;
    size_t base;
} ts_conf_group_t;

typedef struct ts_conf_table {
    const char *name;
    const ts_conf_group_t *groups;
    size_t count;
} ts_conf_table_t;

extern const ts_conf_kind_t ts_conf_kind_path;
extern const ts_conf_kind_t ts_conf_kind_ipc;
extern const ts_conf_kind_t ts_conf_kind_tcp;
extern const ts_conf_kind_t ts_conf_kind_tcp_list;
extern const ts_conf_kind_t ts_conf_kind_number;
extern const ts_conf_kind_t ts_conf_kind_bool;
extern const ts_conf_kind_t ts_conf_kind_choice;
extern const ts_conf_kind_t ts_conf_kind_key;
extern const ts_conf_kind_t ts_conf_kind_trace;
extern const ts_conf_kind_t ts_conf_kind_days;

extern const ts_conf_table_t ts_conf_tables[TS_CONF_SERVICES];

/* Help for a section, or NULL. */
const char *ts_conf_section_help(const char *section, size_t bytes);

#endif
