/* SPDX-License-Identifier: MPL-2.0 */
#include "conf/conf.h"

#include "base/check.h"
#include "base/i18n.h"
#include "conf/conf_p.h"
#include "conf/zpl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- the table, seen as one list ---------------------------------------------------------------
 */

/* One key of a service with its field. */
typedef struct slot {
    const ts_conf_key_t *key;
    size_t offset; /* of the field in ts_conf_t */
    unsigned line; /* where it stands in the file; 0: nowhere */
} slot_t;

typedef struct loader {
    const char *file;
    ts_conf_t conf;
    slot_t slots[TS_CONF_KEYS_MAX];
    size_t count;
} loader_t;

static void
loader_init(loader_t *loader, const char *file, ts_conf_service_t service)
{
    TS_CHECK((unsigned)service < TS_CONF_SERVICES);
    memset(loader, 0, sizeof *loader);
    loader->file = file;
    loader->conf.service = service;
    const ts_conf_table_t *table = &ts_conf_tables[service];
    for (size_t g = 0; g < table->count; g++) {
        const ts_conf_group_t *group = &table->groups[g];
        for (size_t k = 0; k < group->count; k++) {
            TS_CHECK(loader->count < TS_CONF_KEYS_MAX);
            slot_t *slot = &loader->slots[loader->count++];
            slot->key = &group->keys[k];
            slot->offset = group->base + group->keys[k].offset;
        }
    }
}

static void *
field_of(loader_t *loader, const slot_t *slot)
{
    return (char *)&loader->conf + slot->offset;
}

static const void *
field_in(const ts_conf_t *conf, const slot_t *slot)
{
    return (const char *)conf + slot->offset;
}

static slot_t *
find_slot(loader_t *loader, const char *path)
{
    for (size_t i = 0; i < loader->count; i++) {
        if (strcmp(loader->slots[i].key->path, path) == 0) {
            return &loader->slots[i];
        }
    }
    return NULL;
}

/* Length of the section in a path, 0 for a key at the top. */
static size_t
section_bytes(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path);
}

static bool
has_section(const loader_t *loader, const char *path)
{
    size_t bytes = strlen(path);
    for (size_t i = 0; i < loader->count; i++) {
        const char *known = loader->slots[i].key->path;
        if (section_bytes(known) == bytes && memcmp(known, path, bytes) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- errors ------------------------------------------------------------------------------------
 */

static ts_err_t
refuse(const loader_t *loader,
       unsigned line,
       const char *template,
       const char *what,
       ts_msg_t *ret_why)
{
    ts_msg_set(ret_why, template);
    ts_msg_arg(ret_why, loader->file);
    ts_msg_arg_number(ret_why, line);
    ts_msg_arg(ret_why, what);
    return TS_ERR_CONFIG;
}

/* Names what could have stood there: the keys of the same section, and the sections when at the
 * top. */
static ts_err_t
refuse_unknown(const loader_t *loader, const ts_zpl_entry_t *entry, ts_msg_t *ret_why)
{
    ts_buf_t known = {0};
    size_t bytes = section_bytes(entry->path);
    const char *last = "";
    for (size_t i = 0; i < loader->count; i++) {
        const char *path = loader->slots[i].key->path;
        size_t section = section_bytes(path);
        bool same = section == bytes && memcmp(path, entry->path, bytes) == 0;
        bool child = bytes == 0 && section > 0 &&
                     (section_bytes(last) != section || memcmp(last, path, section) != 0);
        if (same || child) {
            ts_buf_put_text(&known, known.length == 0 ? "" : ", ");
            ts_buf_put(&known, child ? path : path + bytes + (bytes > 0),
                       child ? section : strlen(path + bytes + (bytes > 0)));
        }
        last = path;
    }
    ts_buf_put_u8(&known, 0);
    ts_err_t err =
        refuse(loader, entry->line, N_("{1}, line {2}: “{3}” is unknown here; known are: {4}"),
               entry->path, ret_why);
    ts_msg_arg(ret_why, (const char *)known.data);
    ts_buf_free(&known);
    return err;
}

static ts_err_t
refuse_value(const loader_t *loader,
             const slot_t *slot,
             const ts_zpl_entry_t *entry,
             ts_msg_t *ret_why)
{
    const ts_conf_key_t *key = slot->key;
    ts_err_t err = refuse(loader, entry->line, key->kind->complaint, entry->path, ret_why);
    ts_msg_arg(ret_why, entry->value);
    switch (key->kind->bounds) {
    case BOUNDS_NONE:
        break;
    case BOUNDS_RANGE:
        ts_msg_arg_number(ret_why, key->min);
        ts_msg_arg_number(ret_why, key->max);
        break;
    case BOUNDS_CHOICES:
        ts_msg_arg(ret_why, key->choices);
        break;
    case BOUNDS_BYTES:
        ts_msg_arg_number(ret_why, TS_CONF_PATH_BYTES - 1);
        break;
    }
    return err;
}

/* ---- reading -----------------------------------------------------------------------------------
 */

static ts_err_t
take_entry(void *ctx, const ts_zpl_entry_t *entry, ts_msg_t *ret_why)
{
    loader_t *loader = ctx;
    slot_t *slot = find_slot(loader, entry->path);
    if (entry->value == NULL) {
        if (slot != NULL) {
            return refuse(loader, entry->line, N_("{1}, line {2}: {3} needs a value"), entry->path,
                          ret_why);
        }
        return has_section(loader, entry->path) ? TS_ERR_OK
                                                : refuse_unknown(loader, entry, ret_why);
    }
    if (slot == NULL && has_section(loader, entry->path)) {
        return refuse(loader, entry->line,
                      N_("{1}, line {2}: {3} is a section and has no value of its own"),
                      entry->path, ret_why);
    }
    if (slot == NULL) {
        return refuse_unknown(loader, entry, ret_why);
    }
    if (slot->line != 0 && !slot->key->kind->is_list) {
        return refuse(loader, entry->line, N_("{1}, line {2}: {3} stands in this file twice"),
                      entry->path, ret_why);
    }
    slot->line = entry->line;
    if (!slot->key->kind->parse(slot->key, entry->value, field_of(loader, slot))) {
        return refuse_value(loader, slot, entry, ret_why);
    }
    return TS_ERR_OK;
}

/* A default of the table must be good: anything else is our own bug. */
static void
set_default(loader_t *loader, const slot_t *slot, bool metered)
{
    const ts_conf_key_t *key = slot->key;
    const char *from = metered && key->if_metered != NULL ? key->if_metered : key->fallback;
    char text[TS_CONF_PATH_BYTES];
    const char *hole = strstr(from, "{service}");
    if (hole != NULL) {
        int length =
            snprintf(text, sizeof text, "%.*s%s%s", (int)(hole - from), from,
                     ts_conf_tables[loader->conf.service].name, hole + strlen("{service}"));
        TS_CHECK(length > 0 && (size_t)length < sizeof text);
        from = text;
    }
    TS_CHECK(key->kind->parse(key, from, field_of(loader, slot)));
}

static void
set_defaults(loader_t *loader)
{
    const slot_t *slot = find_slot(loader, "sync/metered");
    bool metered = false;
    if (slot != NULL && slot->line != 0) {
        const bool *value = field_in(&loader->conf, slot);
        metered = *value;
    }
    for (size_t i = 0; i < loader->count; i++) {
        if (loader->slots[i].line == 0) {
            set_default(loader, &loader->slots[i], metered);
        }
    }
}

/* ---- what one key alone cannot tell -------------------------------------------------------------
 */

static unsigned
later_line(const slot_t *a, const slot_t *b)
{
    return a->line > b->line ? a->line : b->line;
}

/* Two sockets cannot have one address. */
static ts_err_t
check_addresses(loader_t *loader, ts_msg_t *ret_why)
{
    for (size_t i = 0; i < loader->count; i++) {
        for (size_t k = 0; k < i; k++) {
            const slot_t *a = &loader->slots[k];
            const slot_t *b = &loader->slots[i];
            const char *address = field_in(&loader->conf, b);
            if (!a->key->kind->is_bound || !b->key->kind->is_bound || address[0] == '\0' ||
                strcmp(field_in(&loader->conf, a), address) != 0) {
                continue;
            }
            ts_msg_set(ret_why, N_("{1}, line {2}: {3} and {4} have the same address {5}"));
            ts_msg_arg(ret_why, loader->file);
            ts_msg_arg_number(ret_why, later_line(a, b));
            ts_msg_arg(ret_why, a->key->path);
            ts_msg_arg(ret_why, b->key->path);
            ts_msg_arg(ret_why, address);
            return TS_ERR_CONFIG;
        }
    }
    return TS_ERR_OK;
}

ts_err_t
ts_conf_parse(ts_conf_service_t service,
              const char *file,
              ts_bytes_t text,
              ts_conf_t *ret_conf,
              ts_msg_t *ret_why)
{
    loader_t loader;
    loader_init(&loader, file, service);
    ts_err_t err = ts_zpl_read(file, text, take_entry, &loader, ret_why);
    if (err == TS_ERR_OK) {
        set_defaults(&loader);
        err = check_addresses(&loader, ret_why);
    }
    if (err == TS_ERR_OK) {
        *ret_conf = loader.conf;
    }
    return err;
}

static ts_err_t
refuse_file(const char *path, int error, ts_msg_t *ret_why)
{
    ts_msg_make(ret_why, N_("{1}: cannot be read: {2}"), path, strerror(error), NULL);
    return TS_ERR_CONFIG;
}

ts_err_t
ts_conf_load(ts_conf_service_t service, const char *path, ts_conf_t *ret_conf, ts_msg_t *ret_why)
{
    FILE *stream = fopen(path, "r");
    if (stream == NULL) {
        return refuse_file(path, errno, ret_why);
    }
    ts_buf_t text = {0};
    uint8_t *to = ts_buf_extend(&text, TS_CONF_FILE_BYTES_MAX + 1);
    errno = 0;
    text.length = fread(to, 1, TS_CONF_FILE_BYTES_MAX + 1, stream);
    ts_err_t err = TS_ERR_OK;
    if (ferror(stream)) {
        err = refuse_file(path, errno, ret_why);
    } else if (text.length > TS_CONF_FILE_BYTES_MAX) {
        ts_msg_make(ret_why, N_("{1}: is too big for a configuration file"), path, NULL);
        err = TS_ERR_CONFIG;
    } else {
        err = ts_conf_parse(service, path, ts_buf_bytes(&text), ret_conf, ret_why);
    }
    (void)fclose(stream);
    ts_buf_free(&text);
    return err;
}

/* ---- printing ----------------------------------------------------------------------------------
 */

static void
print_help(const char *help,
           const char *indent,
           const char *(*translate)(const char *),
           ts_buf_t *out)
{
    if (help != NULL) {
        ts_buf_put_text(out, indent);
        ts_buf_put_text(out, "# ");
        ts_buf_put_text(out, translate != NULL ? translate(help) : help);
        ts_buf_put_u8(out, '\n');
    }
}

static void
print_slot(const ts_conf_t *conf,
           const slot_t *slot,
           const char *(*translate)(const char *),
           ts_buf_t *out)
{
    size_t section = section_bytes(slot->key->path);
    const char *indent = section > 0 ? "    " : "";
    print_help(slot->key->help, indent, translate, out);
    ts_buf_put_text(out, indent);
    ts_buf_put_text(out, slot->key->path + (section > 0 ? section + 1 : 0));
    ts_buf_put_text(out, " = ");
    slot->key->kind->print(slot->key, field_in(conf, slot), out);
    ts_buf_put_u8(out, '\n');
}

void
ts_conf_print(const ts_conf_t *conf, const char *(*translate)(const char *id), ts_buf_t *out)
{
    loader_t loader;
    loader_init(&loader, "", conf->service);
    /* Keys of the top first: behind a section they would seem to belong to it. */
    for (size_t i = 0; i < loader.count; i++) {
        if (section_bytes(loader.slots[i].key->path) == 0) {
            print_slot(conf, &loader.slots[i], translate, out);
        }
    }
    const char *last = "";
    for (size_t i = 0; i < loader.count; i++) {
        const char *path = loader.slots[i].key->path;
        size_t section = section_bytes(path);
        if (section == 0) {
            continue;
        }
        if (section_bytes(last) != section || memcmp(last, path, section) != 0) {
            ts_buf_put_u8(out, '\n');
            print_help(ts_conf_section_help(path, section), "", translate, out);
            ts_buf_put(out, path, section);
            ts_buf_put_u8(out, '\n');
        }
        print_slot(conf, &loader.slots[i], translate, out);
        last = path;
    }
}

const char *
ts_conf_service_name(ts_conf_service_t service)
{
    TS_CHECK((unsigned)service < TS_CONF_SERVICES);
    return ts_conf_tables[service].name;
}
