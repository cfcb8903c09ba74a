/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: any bytes are a witness file, and none of them make a node go on writing where it must not:
 * the verdict is what a plain look at the slots says, and what is remembered afterwards is there
 * when the file is opened again. Method: two slots are made of the input with right hashes (even
 * first byte; then single bytes are changed), or the file is the input itself (odd).
 */
#include "base/xalloc.h"
#include "crypto/hash.h"
#include "fuzz/fuzz.h"
#include "store/witness.h"
#include "support/segments.h"

#include <string.h>

enum { SLOT_BYTES = 77824, SLOTS = 2, TIPS_MAX = 6, CHAIN = 4, LOGS = 2 };

/* A slot as the input says it. */
typedef struct slot {
    uint64_t number;
    ts_witness_place_t place;
    size_t count;
    ts_tip_t tips[TIPS_MAX];
} slot_t;

static ts_custody_t *custody;
static ts_tip_t chain[LOGS][CHAIN]; /* of two own logs, genesis first */
static ts_witness_place_t here;

static ts_id16_t
id_of(uint8_t letter)
{
    ts_id16_t id;
    memset(id.b, letter, sizeof id.b);
    return id;
}

static void
make_custody(void)
{
    char folder[256];
    ts_put_source_t source = {id_of('s'), 1};
    fuzz_make_folder(fuzz_path("custody", folder));
    ts_custody_options_t options = {.folder = folder,
                                    .deployment = ts_made_deployment(),
                                    .new_store_id = id_of('s'),
                                    .hash = ts_hash_of,
                                    .create = true};
    TS_CHECK(ts_custody_open(&custody, &options, NULL) == TS_ERR_OK);
    TS_CHECK(ts_custody_begin(custody, "fuzz") == TS_ERR_OK);
    for (size_t i = 0; i < LOGS; i++) {
        ts_made_log_t log;
        ts_made_t made;
        ts_put_result_t result;
        uint64_t arrival;
        ts_made_genesis(&log, i == 0 ? TS_PURPOSE_ACTS : TS_PURPOSE_RECORDS, 7, 10 + i, &made);
        TS_CHECK(ts_custody_seal(custody, &made.view, &made.hash, &source, 0, &arrival) ==
                 TS_ERR_OK);
        chain[i][0] = log.tip;
        for (size_t k = 1; k < CHAIN; k++) {
            ts_made_free(&made);
            ts_made_next(&log, 2, 40, &made);
            TS_CHECK(ts_custody_put(custody, &made.view, &made.hash, &source, &result) ==
                     TS_ERR_OK);
            chain[i][k] = log.tip;
        }
        ts_made_free(&made);
    }
    TS_CHECK(ts_custody_commit(custody) == TS_ERR_OK);
    here =
        (ts_witness_place_t){.machine = id_of('m'), .inode = ts_custody_inode(custody), .boot = 5};
}

static ts_tip_t
some_tip(ts_cursor_t *input)
{
    uint8_t which = ts_cursor_u8(input);
    uint8_t odd = ts_cursor_u8(input);
    ts_tip_t tip = chain[which % LOGS][which / 2 % CHAIN];
    if (odd % 8 == 0) {
        tip.hash.b[odd / 8] ^= 1;
    } else if (odd % 8 == 1) {
        tip.seq += odd / 8;
    } else if (odd % 8 == 2) {
        tip.log = chain[(which + 1) % LOGS][0].log;
    }
    return tip;
}

static slot_t
some_slot(ts_cursor_t *input)
{
    slot_t slot = {.number = ts_cursor_u8(input) % 5u, .place = here};
    uint8_t place = ts_cursor_u8(input);
    slot.place.machine = place % 4 == 0 ? id_of('x') : place % 4 == 1 ? id_of(0) : here.machine;
    slot.place.inode = place / 4 % 4 == 0 ? here.inode + 1 : place / 4 % 4 == 1 ? 0 : here.inode;
    slot.place.boot = here.boot + place / 16 % 3u - 1u;
    slot.count = ts_cursor_u8(input) % (TIPS_MAX + 1u);
    for (size_t i = 0; i < slot.count; i++) {
        slot.tips[i] = some_tip(input);
    }
    return slot;
}

static void
put_slot(uint8_t *at, const slot_t *slot)
{
    ts_buf_t out = {0};
    ts_buf_put(&out, "TSwitn1\n", 8);
    ts_buf_put_u64(&out, slot->number);
    ts_buf_put(&out, slot->place.machine.b, TS_ID16_BYTES);
    ts_buf_put_u64(&out, slot->place.inode);
    ts_buf_put_u32(&out, slot->place.boot);
    ts_buf_put_u32(&out, (uint32_t)slot->count);
    for (size_t i = 0; i < slot->count; i++) {
        ts_buf_put(&out, slot->tips[i].log.b, TS_HASH_BYTES);
        ts_buf_put_u64(&out, slot->tips[i].seq);
        ts_buf_put(&out, slot->tips[i].hash.b, TS_HASH_BYTES);
    }
    ts_hash_t sum = ts_hash_of(out.data, out.length);
    ts_buf_put(&out, sum.b, TS_HASH_BYTES);
    memcpy(at, out.data, out.length);
    ts_buf_free(&out);
}

/* Is the place another one, or older than what was remembered? */
static bool
place_is_wrong(const ts_witness_place_t *was)
{
    bool other = !ts_id16_is_zero(&was->machine) && !ts_id16_equal(&was->machine, &here.machine);
    bool moved = was->inode != 0 && was->inode != here.inode;
    return other || moved || was->boot > here.boot;
}

static bool
tip_is_wrong(const ts_tip_t *tip)
{
    for (size_t i = 0; i < LOGS; i++) {
        for (size_t k = 0; k < CHAIN; k++) {
            const ts_tip_t *held = &chain[i][k];
            if (ts_hash_equal(&held->hash, &tip->hash)) {
                return held->seq != tip->seq || !ts_hash_equal(&held->log, &tip->log);
            }
        }
    }
    return true;
}

/* Must the node leave its logs, when these slots are whole? */
static bool
must_mint(const slot_t slots[SLOTS])
{
    const slot_t *newer = slots[1].number > slots[0].number ? &slots[1] : &slots[0];
    bool wrong = newer->number == 0 || place_is_wrong(&newer->place);
    for (size_t i = 0; i < newer->count && newer->number > 0; i++) {
        wrong = wrong || tip_is_wrong(&newer->tips[i]);
    }
    return wrong;
}

static void
open_and_use(const char *path, const slot_t *slots)
{
    ts_witness_t *witness = NULL;
    ts_witness_verdict_t verdict = TS_WITNESS_FRESH;
    ts_witness_options_t options = {path, NULL, ts_hash_of};
    TS_CHECK(ts_witness_open(&witness, &options, NULL) == TS_ERR_OK);
    TS_CHECK(ts_witness_compare(witness, custody, &here, &verdict) == TS_ERR_OK);
    TS_CHECK(verdict != TS_WITNESS_FRESH); /* there are own logs */
    TS_CHECK(slots == NULL || ts_witness_verdict_mints(verdict) == must_mint(slots));
    ts_tip_t tip = chain[0][CHAIN - 1];
    ts_tip_t kept = {.seq = 0};
    ts_witness_forget(witness, &chain[1][0].log);
    ts_err_t err = ts_witness_advance(witness, &here, &tip, 1);
    TS_CHECK(err == TS_ERR_OK || err == TS_ERR_LIMIT);
    if (err == TS_ERR_OK) {
        size_t count = ts_witness_tip_count(witness);
        ts_witness_destroy(&witness);
        TS_CHECK(ts_witness_open(&witness, &options, NULL) == TS_ERR_OK);
        TS_CHECK(!ts_witness_is_blank(witness));
        TS_CHECK(ts_witness_tip_count(witness) == count);
        TS_CHECK(ts_witness_tip(witness, &tip.log, &kept) == TS_ERR_OK);
        TS_CHECK(kept.seq >= tip.seq);
        for (size_t i = 0; i < count; i++) {
            (void)ts_witness_tip_at(witness, i);
        }
    }
    ts_witness_destroy(&witness);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[256];
    slot_t slots[SLOTS];
    if (custody == NULL) {
        make_custody();
    }
    ts_cursor_t input = ts_cursor(data, size);
    fuzz_path("witness", path);
    if (ts_cursor_u8(&input) % 2 == 1) {
        fuzz_write(path, (ts_bytes_t){data + 1, size - 1});
        open_and_use(path, NULL);
        return 0;
    }
    uint8_t *image = ts_xcalloc(SLOTS, SLOT_BYTES);
    for (size_t i = 0; i < SLOTS; i++) {
        slots[i] = some_slot(&input);
        put_slot(image + i * SLOT_BYTES, &slots[i]);
    }
    bool whole = ts_cursor_left(&input) < 3;
    while (ts_cursor_left(&input) >= 3) {
        image[(size_t)ts_cursor_u16(&input) % 700u + (size_t)(data[0] / 2 % 2) * SLOT_BYTES] =
            ts_cursor_u8(&input);
    }
    fuzz_write(path, (ts_bytes_t){image, (size_t)SLOTS * SLOT_BYTES});
    open_and_use(path, whole ? slots : NULL);
    ts_xfree(image);
    return 0;
}
