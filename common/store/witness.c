/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Layout of the file: two slots of SLOT_BYTES. A slot: magic (8), number (8), machine (16), inode
 * (8), boot (4), count (4), count × (log 32, seq 8, hash 32), hash of all before (32).
 * Little-endian. The valid slot with the greater number counts.
 */
#include "store/witness.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/xalloc.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "TSwitn1\n"
#define MAGIC_BYTES 8u
#define HEAD_BYTES (MAGIC_BYTES + 8u + TS_ID16_BYTES + 8u + 4u + 4u)
#define TIP_BYTES (2u * TS_HASH_BYTES + 8u)
#define SLOT_BYTES 77824u

_Static_assert(HEAD_BYTES + TS_WITNESS_TIPS_MAX * TIP_BYTES + TS_HASH_BYTES <= SLOT_BYTES,
               "a full slot fits");

/* What one slot says. */
typedef struct ts_witness_slot {
    uint64_t number; /* counts writes, from 1; 0 = nothing was ever written */
    ts_witness_place_t place;
    size_t count;
    ts_tip_t tips[TS_WITNESS_TIPS_MAX];
} ts_witness_slot_t;

struct ts_witness {
    char *path;
    ts_hash_fn hash;
    ts_msg_t detail;
    sqlite3_file *file;    /* through the VFS, so that faults can be tried */
    ts_witness_slot_t now; /* as in the file, but for what was forgotten since */
    bool changed;          /* something was forgotten since the last write */
};

static ts_err_t
failed(ts_witness_t *self, int code, const char *what)
{
    TS_CHECK(code != SQLITE_NOMEM);
    ts_msg_make(&self->detail, N_("witness file {1}, {2}: {3}"), self->path, what,
                sqlite3_errstr(code), NULL);
    return (code & 0xff) == SQLITE_FULL ? TS_ERR_FULL : TS_ERR_IO;
}

/* ---- slots ---- */

static void
put_slot(ts_hash_fn hash, ts_buf_t *out, const ts_witness_slot_t *slot)
{
    ts_buf_put(out, MAGIC, MAGIC_BYTES);
    ts_buf_put_u64(out, slot->number);
    ts_buf_put(out, slot->place.machine.b, TS_ID16_BYTES);
    ts_buf_put_u64(out, slot->place.inode);
    ts_buf_put_u32(out, slot->place.boot);
    ts_buf_put_u32(out, (uint32_t)slot->count);
    for (size_t i = 0; i < slot->count; i++) {
        ts_buf_put(out, slot->tips[i].log.b, TS_HASH_BYTES);
        ts_buf_put_u64(out, slot->tips[i].seq);
        ts_buf_put(out, slot->tips[i].hash.b, TS_HASH_BYTES);
    }
    ts_hash_t sum = hash(out->data, out->length);
    ts_buf_put(out, sum.b, TS_HASH_BYTES);
    TS_CHECK(out->length <= SLOT_BYTES);
}

/* false: not a whole, right slot; *ret_slot may then hold anything. */
static bool
get_slot(ts_hash_fn hash, const uint8_t *bytes, ts_witness_slot_t *ret_slot)
{
    ts_cursor_t cursor = ts_cursor(bytes, SLOT_BYTES);
    const uint8_t *magic = ts_cursor_take(&cursor, MAGIC_BYTES);
    if (memcmp(magic, MAGIC, MAGIC_BYTES) != 0) {
        return false;
    }
    ret_slot->number = ts_cursor_u64(&cursor);
    ts_cursor_get(&cursor, ret_slot->place.machine.b, TS_ID16_BYTES);
    ret_slot->place.inode = ts_cursor_u64(&cursor);
    ret_slot->place.boot = ts_cursor_u32(&cursor);
    ret_slot->count = ts_cursor_u32(&cursor);
    if (ret_slot->count > TS_WITNESS_TIPS_MAX) {
        return false;
    }
    for (size_t i = 0; i < ret_slot->count; i++) {
        ts_cursor_get(&cursor, ret_slot->tips[i].log.b, TS_HASH_BYTES);
        ret_slot->tips[i].seq = ts_cursor_u64(&cursor);
        ts_cursor_get(&cursor, ret_slot->tips[i].hash.b, TS_HASH_BYTES);
    }
    ts_hash_t sum = hash(bytes, cursor.offset);
    ts_hash_t stored;
    ts_cursor_get(&cursor, stored.b, TS_HASH_BYTES);
    return !cursor.bad && ts_hash_equal(&sum, &stored);
}

/* Takes the better of both slots into self->now. A page that cannot be read is a slot that is not
 * right. */
static ts_err_t
read_slots(ts_witness_t *self)
{
    uint8_t *bytes = ts_xmalloc(SLOT_BYTES);
    ts_witness_slot_t *slot = ts_xcalloc(1, sizeof *slot);
    for (int i = 0; i < 2; i++) {
        memset(bytes, 0, SLOT_BYTES);
        int code = self->file->pMethods->xRead(self->file, bytes, (int)SLOT_BYTES,
                                               (sqlite3_int64)SLOT_BYTES * i);
        bool readable = code == SQLITE_OK || code == SQLITE_IOERR_SHORT_READ;
        if (readable && get_slot(self->hash, bytes, slot) && slot->number > self->now.number) {
            self->now = *slot;
        }
    }
    free(slot);
    free(bytes);
    return TS_ERR_OK;
}

/* Some disks say done and wrote nothing, or something else. What leaves the machine is remembered
 * for sure only when it stands in the file: it is asked, and what was written is not believed. */
static ts_err_t
read_back(ts_witness_t *self, const ts_buf_t *slot, sqlite3_int64 offset)
{
    uint8_t *found = ts_xcalloc(1, slot->length);
    int code = self->file->pMethods->xRead(self->file, found, (int)slot->length, offset);
    bool same = memcmp(found, slot->data, slot->length) == 0;
    free(found);
    if (code == SQLITE_OK && same) {
        return TS_ERR_OK;
    }
    return failed(self, code == SQLITE_OK ? SQLITE_IOERR : code, "read back");
}

static ts_err_t
write_slot(ts_witness_t *self, const ts_witness_slot_t *slot)
{
    ts_buf_t out = {0};
    put_slot(self->hash, &out, slot);
    const sqlite3_io_methods *methods = self->file->pMethods;
    sqlite3_int64 offset = (sqlite3_int64)SLOT_BYTES * (sqlite3_int64)(slot->number % 2);
    ts_err_t err = TS_ERR_OK;
    int code = methods->xWrite(self->file, out.data, (int)out.length, offset);
    if (code != SQLITE_OK) {
        err = failed(self, code, "write");
    } else {
        /* The kind of file given at open makes the first flush cover the folder too. */
        code = methods->xSync(self->file, SQLITE_SYNC_FULL);
        if (code != SQLITE_OK) {
            err = failed(self, code, "flush");
        }
    }
    if (err == TS_ERR_OK) {
        err = read_back(self, &out, offset);
    }
    ts_buf_free(&out);
    return err;
}

/* ---- life ---- */

static ts_err_t
open_file(ts_witness_t *self, const char *vfs_name)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(vfs_name);
    TS_CHECK(vfs != NULL);
    self->file = ts_xcalloc(1, (size_t)vfs->szOsFile);
    char *full = ts_xcalloc(1, (size_t)vfs->mxPathname + 1);
    int code = vfs->xFullPathname(vfs, self->path, vfs->mxPathname + 1, full);
    if (code == SQLITE_OK || code == SQLITE_OK_SYMLINK) {
        free(self->path);
        self->path = full;
        /* A super-journal is the kind of file whose making is flushed with its folder. */
        code = vfs->xOpen(vfs, self->path, self->file,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_SUPER_JOURNAL,
                          NULL);
    } else {
        free(full);
    }
    return code == SQLITE_OK ? TS_ERR_OK : failed(self, code, "open");
}

ts_err_t
ts_witness_open(ts_witness_t **ret_self, const ts_witness_options_t *options, ts_msg_t *detail)
{
    TS_CHECK(options->hash != NULL);
    TS_CHECK(sqlite3_initialize() == SQLITE_OK);
    ts_witness_t *self = ts_xcalloc(1, sizeof *self);
    self->path = ts_xstrdup(options->path);
    self->hash = options->hash;
    ts_err_t err = open_file(self, options->vfs);
    if (err == TS_ERR_OK) {
        err = read_slots(self);
    }
    if (err != TS_ERR_OK) {
        if (detail != NULL) {
            ts_msg_move(detail, &self->detail);
        }
        ts_witness_destroy(&self);
        return err;
    }
    *ret_self = self;
    return TS_ERR_OK;
}

void
ts_witness_destroy(ts_witness_t **self_p)
{
    ts_witness_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    if (self->file != NULL && self->file->pMethods != NULL) {
        (void)self->file->pMethods->xClose(self->file);
    }
    free(self->file);
    free(self->path);
    ts_msg_free(&self->detail);
    free(self);
    *self_p = NULL;
}

const ts_msg_t *
ts_witness_detail(const ts_witness_t *self)
{
    return &self->detail;
}

/* ---- comparing ---- */

static const struct {
    const char *name;
    bool mints;
} verdicts[] = {
#define TS_WITNESS_ENTRY(name, mints) {#name, mints},
    TS_WITNESS_LIST(TS_WITNESS_ENTRY)
#undef TS_WITNESS_ENTRY
};

const char *
ts_witness_verdict_name(ts_witness_verdict_t verdict)
{
    TS_CHECK((size_t)verdict < sizeof verdicts / sizeof verdicts[0]);
    return verdicts[verdict].name;
}

bool
ts_witness_verdict_mints(ts_witness_verdict_t verdict)
{
    TS_CHECK((size_t)verdict < sizeof verdicts / sizeof verdicts[0]);
    return verdicts[verdict].mints;
}

/* Is there any log of our own? */
static ts_err_t
has_own_logs(ts_custody_t *custody, bool *ret_has)
{
    ts_log_info_t info = {.office = 0};
    ts_own_t own = TS_OWN_NOT;
    ts_err_t err = TS_ERR_OK;
    while (err == TS_ERR_OK && own == TS_OWN_NOT &&
           (err = ts_custody_log_next(custody, &info)) == TS_ERR_OK) {
        err = ts_custody_log_own(custody, &info.log, &own);
    }
    *ret_has = own != TS_OWN_NOT;
    return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
}

/* NORMAL, UNLIKE or AHEAD for one remembered tip. */
static ts_err_t
judge_tip(ts_custody_t *custody, const ts_tip_t *tip, ts_witness_verdict_t *ret_verdict)
{
    ts_held_segment_t segment;
    ts_custody_tip_t tips[2];
    size_t count = 0;
    bool on = false;
    ts_err_t err = ts_custody_find(custody, &tip->hash, &segment, NULL);
    if (err == TS_ERR_NOTFOUND) {
        *ret_verdict = TS_WITNESS_AHEAD;
        return TS_ERR_OK;
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_log_tips(custody, &segment.log, tips, 2, &count);
    }
    if (err == TS_ERR_OK && count == 1) {
        err = ts_custody_on_chain(custody, &tip->hash, &tips[0].tip.hash, &on);
    }
    if (err == TS_ERR_OK) {
        bool same = ts_hash_equal(&segment.log, &tip->log) && segment.last_seq == tip->seq;
        *ret_verdict = same && on ? TS_WITNESS_NORMAL : TS_WITNESS_UNLIKE;
    }
    return err;
}

/* The place against the remembered one. */
static ts_witness_verdict_t
judge_place(const ts_witness_place_t *was, const ts_witness_place_t *is)
{
    if (!ts_id16_is_zero(&was->machine) && !ts_id16_is_zero(&is->machine) &&
        !ts_id16_equal(&was->machine, &is->machine)) {
        return TS_WITNESS_OTHER_MACHINE;
    }
    if (was->inode != 0 && is->inode != 0 && was->inode != is->inode) {
        return TS_WITNESS_CLONED;
    }
    return was->boot > is->boot ? TS_WITNESS_AHEAD : TS_WITNESS_NORMAL;
}

ts_err_t
ts_witness_compare(ts_witness_t *self,
                   ts_custody_t *custody,
                   const ts_witness_place_t *place,
                   ts_witness_verdict_t *ret_verdict)
{
    if (self->now.number == 0) {
        bool has = false;
        ts_err_t err = has_own_logs(custody, &has);
        if (err == TS_ERR_OK) {
            *ret_verdict = has ? TS_WITNESS_MISSING : TS_WITNESS_FRESH;
        }
        return err;
    }
    ts_witness_verdict_t gravest = judge_place(&self->now.place, place);
    for (size_t i = 0; i < self->now.count; i++) {
        ts_witness_verdict_t verdict = TS_WITNESS_NORMAL;
        ts_err_t err = judge_tip(custody, &self->now.tips[i], &verdict);
        if (err != TS_ERR_OK) {
            return err;
        }
        gravest = verdict > gravest ? verdict : gravest;
    }
    *ret_verdict = gravest;
    return TS_ERR_OK;
}

ts_err_t
ts_witness_tip(const ts_witness_t *self, const ts_hash_t *log, ts_tip_t *ret_tip)
{
    for (size_t i = 0; i < self->now.count; i++) {
        if (ts_hash_equal(&self->now.tips[i].log, log)) {
            *ret_tip = self->now.tips[i];
            return TS_ERR_OK;
        }
    }
    return TS_ERR_NOTFOUND;
}

bool
ts_witness_is_blank(const ts_witness_t *self)
{
    return self->now.number == 0;
}

size_t
ts_witness_tip_count(const ts_witness_t *self)
{
    return self->now.count;
}

ts_tip_t
ts_witness_tip_at(const ts_witness_t *self, size_t index)
{
    TS_CHECK(index < self->now.count);
    return self->now.tips[index];
}

/* ---- advancing ---- */

/* Puts one tip into the slot. *changed is set when that made a difference. */
static ts_err_t
merge_tip(ts_witness_slot_t *slot, const ts_tip_t *tip, bool *changed)
{
    for (size_t i = 0; i < slot->count; i++) {
        if (!ts_hash_equal(&slot->tips[i].log, &tip->log)) {
            continue;
        }
        bool newer =
            tip->seq > slot->tips[i].seq ||
            (tip->seq == slot->tips[i].seq && !ts_hash_equal(&tip->hash, &slot->tips[i].hash));
        if (newer) {
            slot->tips[i] = *tip;
            *changed = true;
        }
        return TS_ERR_OK;
    }
    if (slot->count == TS_WITNESS_TIPS_MAX) {
        return TS_ERR_LIMIT;
    }
    slot->tips[slot->count++] = *tip;
    *changed = true;
    return TS_ERR_OK;
}

ts_err_t
ts_witness_advance(ts_witness_t *self,
                   const ts_witness_place_t *place,
                   const ts_tip_t *tips,
                   size_t count)
{
    ts_witness_slot_t *next = ts_xmemdup(&self->now, sizeof self->now);
    const ts_witness_place_t *was = &self->now.place;
    bool changed = self->changed || self->now.number == 0 || was->inode != place->inode ||
                   was->boot != place->boot || !ts_id16_equal(&was->machine, &place->machine);
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; i < count && err == TS_ERR_OK; i++) {
        err = merge_tip(next, &tips[i], &changed);
    }
    if (err == TS_ERR_LIMIT) {
        ts_msg_make(&self->detail, N_("witness file {1}: too many logs"), self->path, NULL);
    }
    if (err == TS_ERR_OK && changed) {
        next->place = *place;
        next->number++;
        err = write_slot(self, next);
        if (err == TS_ERR_OK) {
            self->now = *next;
            self->changed = false;
        }
    }
    free(next);
    return err;
}

void
ts_witness_forget(ts_witness_t *self, const ts_hash_t *log)
{
    for (size_t i = 0; i < self->now.count; i++) {
        if (ts_hash_equal(&self->now.tips[i].log, log)) {
            self->now.count--;
            memmove(&self->now.tips[i], &self->now.tips[i + 1],
                    (self->now.count - i) * sizeof self->now.tips[0]);
            self->changed = true;
            return;
        }
    }
}
