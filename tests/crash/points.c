/* SPDX-License-Identifier: MPL-2.0 */
/* The points, in the order of the list that the matrix is named after. Each is a pattern of what
 * the victim does, seen from outside. */
#include "base/check.h"
#include "core/sync_msg.h"
#include "crash.h"
#include "plain.h"

#define CUSTODY "custody.sqlite-wal"
#define CUSTODY_DB "custody.sqlite"
#define LEDGER "ledger.sqlite-wal"
#define LEDGER_DB "ledger.sqlite"
#define SCRATCH "scratch.sqlite-wal"
#define WITNESS ".witness"
#define BUNDLE ".tsb"
#define UNFINISHED ".tsb.dang-ghi"
#define COPY "/backup.sqlite"
#define STICK "/stick"
#define NEXT_KEY "/keys/registrar-2.key"

/* Why there is no image of a day before. */
#define NEW_FOLDER "the folder is being laid out: there is no image of it of a day before"

/* Steps of patterns. Locks of the WAL's index: 0 is the writer's. */
#define ANY            \
    {                  \
        .see = SEE_ANY \
    }
#define READS(name)                                               \
    {                                                             \
        .see = SEE_DISK, .calls = TS_FAULT_ON_SHM, .file = (name) \
    }
#define BEGINS(name)                                                          \
    {                                                                         \
        .see = SEE_DISK, .calls = TS_FAULT_ON_LOCK, .file = (name), .slot = 1 \
    }
#define WRITES(name)                                                \
    {                                                               \
        .see = SEE_DISK, .calls = TS_FAULT_ON_WRITE, .file = (name) \
    }
#define FLUSHES(name)                                              \
    {                                                              \
        .see = SEE_DISK, .calls = TS_FAULT_ON_SYNC, .file = (name) \
    }
#define OPENS(name)                                             \
    {                                                           \
        .see = SEE_DISK, .calls = PLAIN_ON_READ, .file = (name) \
    }
#define NAMES(name)                                             \
    {                                                           \
        .see = SEE_DISK, .calls = PLAIN_ON_NAME, .file = (name) \
    }
#define SENDS(kind, which)                                        \
    {                                                             \
        .see = SEE_SENT, .frame = TS_SYNC_##kind, .part = (which) \
    }
#define LOSES(kind)                                            \
    {                                                          \
        .see = SEE_SENT, .frame = TS_SYNC_##kind, .lost = true \
    }
#define GETS(kind, which)                                         \
    {                                                             \
        .see = SEE_CAME, .frame = TS_SYNC_##kind, .part = (which) \
    }

static const crash_point_t points[] = {
    {.id = "1",
     .what = "leaf: in the transaction, before the event is inserted",
     .work = WORK_TYPE,
     .waits = {BEGINS(CUSTODY_DB)}},
    {.id = "2",
     .what = "leaf: before COMMIT",
     .work = WORK_TYPE,
     .waits = {BEGINS(CUSTODY_DB), WRITES(CUSTODY)}},
    {.id = "3",
     .what = "leaf: after COMMIT, before “saved”",
     .work = WORK_TYPE,
     .waits = {BEGINS(CUSTODY_DB), FLUSHES(CUSTODY), ANY}},
    {.id = "4", .what = "seal: the tail is read", .work = WORK_SEAL, .waits = {READS(CUSTODY_DB)}},
    {.id = "5",
     .what = "seal: segment inserted, before COMMIT",
     .work = WORK_SEAL,
     .waits = {BEGINS(CUSTODY_DB), WRITES(CUSTODY)}},
    {.id = "6",
     .what = "seal: COMMIT, before the witness is written",
     .work = WORK_SEAL,
     .waits = {BEGINS(CUSTODY_DB), FLUSHES(CUSTODY), WRITES(WITNESS)}},
    {.id = "7",
     .what = "seal: witness written, not flushed",
     .work = WORK_SEAL,
     .waits = {FLUSHES(CUSTODY), WRITES(WITNESS), FLUSHES(WITNESS)}},
    {.id = "8",
     .what = "seal: witness flushed, before the first chunk",
     .work = WORK_SEAL,
     .waits = {FLUSHES(CUSTODY), FLUSHES(WITNESS), ANY}},
    {.id = "9",
     .what = "leaf: in the middle of a segment",
     .work = WORK_SEND,
     .waits = {SENDS(CHUNK, PART_INSIDE)}},
    {.id = "10",
     .what = "leaf: sent, not acknowledged",
     .work = WORK_SEND,
     .waits = {SENDS(CHUNK, PART_LAST)}},
    {.id = "11",
     .what = "leaf: acknowledged, before that is noted",
     .work = WORK_SEND,
     .waits = {SENDS(CHUNK, PART_LAST), GETS(CUSTODY, PART_ANY)}},
    {.id = "12",
     .what = "leaf: after the acknowledgement is noted",
     .work = WORK_SEND,
     .waits = {SENDS(CHUNK, PART_LAST), GETS(CUSTODY, PART_ANY), FLUSHES(CUSTODY), ANY}},
    {.id = "13",
     .what = "an office mints the genesis of a log",
     .no_image = "an office that starts for the first time has no image of a day before",
     .work = WORK_FIRST,
     .victim = VICTIM_FRESH,
     .waits = {WRITES(CUSTODY), FLUSHES(CUSTODY), WRITES(WITNESS)}},
    {.id = "14",
     .what = "checkpoint: pages move from the WAL into the database",
     .work = WORK_CLOSE,
     .waits = {WRITES(CUSTODY_DB)}},
    {.id = "15a",
     .what = "backup: the copy of custody is under way",
     .work = WORK_BACKUP,
     .victim = VICTIM_PARENT,
     .waits = {WRITES(COPY), WRITES(COPY)}},
    {.id = "15b",
     .what = "backup: temporary file written, not flushed",
     .work = WORK_BACKUP,
     .victim = VICTIM_PARENT,
     .waits = {FLUSHES(".backup.part")}},
    {.id = "15c",
     .what = "backup: read back, before it gets its name",
     .work = WORK_BACKUP,
     .victim = VICTIM_PARENT,
     .waits = {NAMES(".backup")}},
    {.id = "15d",
     .what = "backup: it has its name, the folder is not flushed",
     .work = WORK_BACKUP,
     .victim = VICTIM_PARENT,
     .waits = {NAMES(".backup"), FLUSHES(STICK)}},
    {.id = "16a",
     .what = "bundle: temporary file written",
     .work = WORK_BUNDLE,
     .waits = {WRITES(UNFINISHED), FLUSHES(UNFINISHED)}},
    {.id = "16b",
     .what = "bundle: flushed",
     .work = WORK_BUNDLE,
     .waits = {FLUSHES(UNFINISHED), OPENS(UNFINISHED)}},
    {.id = "16c",
     .what = "bundle: read back",
     .work = WORK_BUNDLE,
     .waits = {OPENS(UNFINISHED), NAMES(BUNDLE)}},
    {.id = "16d",
     .what = "bundle: renamed",
     .work = WORK_BUNDLE,
     .waits = {NAMES(BUNDLE), FLUSHES(STICK)}},
    {.id = "16e",
     .what = "bundle: listed",
     .work = WORK_BUNDLE,
     .waits = {NAMES(BUNDLE), FLUSHES(STICK), BEGINS(CUSTODY_DB), FLUSHES(CUSTODY), ANY}},
    {.id = "17a",
     .what = "the registrar's next key is written, before it gets its name",
     .work = WORK_ROTATE,
     .victim = VICTIM_PROVINCE,
     .waits = {NAMES(NEXT_KEY)}},
    {.id = "17b",
     .what = "the registrar's next key has its name, the folder is not flushed",
     .work = WORK_ROTATE,
     .victim = VICTIM_PROVINCE,
     .waits = {NAMES(NEXT_KEY), FLUSHES("/keys")}},
    {.id = "17c",
     .what = "the registrar's next key stands, before the registry names it",
     .work = WORK_ROTATE,
     .victim = VICTIM_PROVINCE,
     .waits = {NAMES(NEXT_KEY), FLUSHES("/keys"), BEGINS(CUSTODY_DB), WRITES(CUSTODY)}},
    {.id = "17d",
     .what = "the registry names the next key, before the kit of keys is renewed",
     .work = WORK_ROTATE,
     .victim = VICTIM_PROVINCE,
     .waits = {NAMES("/keys/recovery-2.kit")}},
    {.id = "17e",
     .what = "the key of a gate is recorded, before COMMIT",
     .work = WORK_REGATE,
     .victim = VICTIM_PROVINCE,
     .waits = {BEGINS(CUSTODY_DB), WRITES(CUSTODY)}},
    {.id = "18",
     .what = "migration: the ledger of other rules is made anew (custody has one version)",
     .work = WORK_REFOLD,
     .waits = {BEGINS(LEDGER_DB), BEGINS(LEDGER_DB), BEGINS(LEDGER_DB), BEGINS(LEDGER_DB),
               WRITES(LEDGER)}},
    {.id = "19",
     .what = "parent: a chunk came, before the scratch is written",
     .work = WORK_SEND,
     .victim = VICTIM_PARENT,
     .waits = {GETS(CHUNK, PART_INSIDE), WRITES(SCRATCH)}},
    {.id = "20",
     .what = "parent: the last chunk came, before it is verified",
     .work = WORK_SEND,
     .victim = VICTIM_PARENT,
     .waits = {GETS(CHUNK, PART_LAST)}},
    {.id = "21",
     .what = "parent: verified, before COMMIT",
     .work = WORK_SEND,
     .victim = VICTIM_PARENT,
     .waits = {GETS(CHUNK, PART_LAST), BEGINS(CUSTODY_DB), WRITES(CUSTODY)}},
    {.id = "22",
     .what = "parent: COMMIT, before it is read back",
     .work = WORK_SEND,
     .victim = VICTIM_PARENT,
     .waits = {GETS(CHUNK, PART_LAST), BEGINS(CUSTODY_DB), FLUSHES(CUSTODY), READS(CUSTODY_DB)}},
    {.id = "23",
     .what = "parent: read back, before it acknowledges",
     .work = WORK_SEND,
     .victim = VICTIM_PARENT,
     .waits = {GETS(CHUNK, PART_LAST), LOSES(CUSTODY)}},
    {.id = "24",
     .what = "parent: the acknowledgement is with the transport, and arrives",
     .work = WORK_SEND,
     .victim = VICTIM_PARENT,
     .waits = {GETS(CHUNK, PART_LAST), SENDS(CUSTODY, PART_ANY)}},
    {.id = "25",
     .what = "parent: forwarded upward",
     .work = WORK_SEND,
     .victim = VICTIM_PARENT,
     .waits = {GETS(CHUNK, PART_LAST), SENDS(CUSTODY, PART_ANY), SENDS(CHUNK, PART_LAST)}},
    {.id = "26",
     .what = "parent: acknowledged from above, before that is noted",
     .work = WORK_SEND,
     .victim = VICTIM_PARENT,
     .waits = {SENDS(CHUNK, PART_LAST), GETS(CUSTODY, PART_ANY)}},
    {.id = "27",
     .what = "parent: in the middle of folding",
     .work = WORK_SEND,
     .victim = VICTIM_PARENT,
     .waits = {SENDS(CUSTODY, PART_ANY), BEGINS(LEDGER_DB), ANY}},
    {.id = "28",
     .what = "parent: ledger rows and cursor, one transaction",
     .work = WORK_SEND,
     .victim = VICTIM_PARENT,
     .waits = {SENDS(CUSTODY, PART_ANY), BEGINS(LEDGER_DB), WRITES(LEDGER), WRITES(LEDGER),
               WRITES(LEDGER)}},
    {.id = "29",
     .what = "province: an anchor is sealed, before it is announced",
     .work = WORK_HOLD,
     .victim = VICTIM_PROVINCE,
     .waits = {SENDS(CUSTODY, PART_ANY), FLUSHES(CUSTODY), FLUSHES(WITNESS), ANY}},
    {.id = "30",
     .what = "pruning: between tombstone and deletion",
     .state = POINT_NOT_APPLICABLE,
     .why = "nothing is pruned in this version: there is no tombstone and no deletion"},
    {.id = "31",
     .what = "import of a bundle, midway",
     .work = WORK_STICK,
     .victim = VICTIM_PARENT,
     .waits = {BEGINS(CUSTODY_DB), WRITES(CUSTODY), FLUSHES(CUSTODY), READS(CUSTODY_DB)}},
    {.id = "32a",
     .what = "rebuild: the empty store is made",
     .no_image = NEW_FOLDER,
     .work = WORK_REBUILD,
     .victim = VICTIM_PROVINCE,
     .waits = {BEGINS(CUSTODY_DB), WRITES(CUSTODY)}},
    {.id = "32b",
     .what = "rebuild: the kit is laid out, before its last key",
     .no_image = NEW_FOLDER,
     .work = WORK_REBUILD,
     .victim = VICTIM_PROVINCE,
     .waits = {NAMES("/keys/node.key")}},
    {.id = "32c",
     .what = "rebuild: the children bring back what it had, midway",
     .no_image = NEW_FOLDER,
     .work = WORK_REBUILD,
     .victim = VICTIM_PROVINCE,
     .waits = {NAMES("/keys/node.key"), GETS(CHUNK, PART_LAST), GETS(CHUNK, PART_LAST),
               BEGINS(CUSTODY_DB), WRITES(CUSTODY)}},
    {.id = "33a",
     .what = "restore: the copy is written, not flushed",
     .no_image = NEW_FOLDER,
     .work = WORK_RESTORE,
     .waits = {WRITES(CUSTODY_DB), FLUSHES(CUSTODY_DB)}},
    {.id = "33b",
     .what = "restore: between the copy and the new store id",
     .no_image = NEW_FOLDER,
     .work = WORK_RESTORE,
     .waits = {FLUSHES(CUSTODY_DB), BEGINS(CUSTODY_DB), WRITES(CUSTODY)}},
    {.id = "33c",
     .what = "restore: the store id is new, before the identity gets its name",
     .no_image = NEW_FOLDER,
     .work = WORK_RESTORE,
     .waits = {NAMES("/keys/node.key")}},
};

const crash_point_t *
crash_points(size_t *ret_count)
{
    *ret_count = TS_COUNT(points);
    return points;
}

static const struct {
    const char *title;
    const char *meaning;
} faults[] = {
#define ENTRY(name, title, meaning) {title, meaning},
    CRASH_FAULT_LIST(ENTRY)
#undef ENTRY
};

const char *
crash_fault_title(crash_fault_t fault)
{
    TS_CHECK((size_t)fault < TS_COUNT(faults));
    return faults[fault].title;
}

const char *
crash_fault_meaning(crash_fault_t fault)
{
    TS_CHECK((size_t)fault < TS_COUNT(faults));
    return faults[fault].meaning;
}

static const struct {
    const char *name;
    const char *meaning;
} works[] = {
#define ENTRY(name, meaning) {#name, meaning},
    CRASH_WORK_LIST(ENTRY)
#undef ENTRY
};

const char *
crash_work_name(crash_work_t work)
{
    TS_CHECK((size_t)work < TS_COUNT(works));
    return works[work].name;
}

const char *
crash_work_meaning(crash_work_t work)
{
    TS_CHECK((size_t)work < TS_COUNT(works));
    return works[work].meaning;
}
