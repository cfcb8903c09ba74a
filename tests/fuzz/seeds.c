/* SPDX-License-Identifier: MPL-2.0 */
/*
 * fuzz_seeds <folder>: writes the first corpus of every fuzz target, from the samples of the unit
 * tests, the tables of tests/support/small-plan and the configurations of deploy/conf. The same
 * program writes the same bytes. tests/fuzz/corpus holds its output and what long.sh found.
 */
#include "fuzz/seeds.h"

#include "base/xalloc.h"
#include "crypto/crypto.h"
#include "crypto/keyfile.h"
#include "fuzz/fuzz.h"
#include "net/gate_link.h"
#include "node/provision.h"
#include "support/segments.h"
#include "support/wire_samples.h"
#include "wire/bundle.h"
#include "wire/control_wire.h"
#include "wire/feed_wire.h"
#include "wire/json.h"
#include "wire/schema.h"
#include "wire/segment.h"
#include "wire/sync_wire.h"

#include <stdio.h>
#include <string.h>

static const char *corpus;

void
seed_save(const char *target, const char *name, ts_bytes_t bytes)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", corpus, target);
    fuzz_make_folder(path);
    (void)snprintf(path, sizeof path, "%s/%s/seed-%s", corpus, target, name);
    fuzz_write(path, bytes);
}

/* The first byte of the input and what follows it. */
static void
save_chosen(const char *target, const char *name, uint8_t first, const ts_buf_t *rest)
{
    ts_buf_t out = {0};
    ts_buf_put_u8(&out, first);
    if (rest->length > 0) {
        ts_buf_put(&out, rest->data, rest->length);
    }
    seed_save(target, name, ts_buf_bytes(&out));
    ts_buf_free(&out);
}

static void
save_segments(void)
{
    ts_made_log_t log;
    ts_made_t made;
    for (uint8_t purpose = 1; purpose <= 6; purpose++) {
        char name[32];
        ts_made_genesis(&log, purpose, 7, purpose, &made);
        (void)snprintf(name, sizeof name, "genesis-%u", purpose);
        seed_save("envelope", name, ts_buf_bytes(&made.bytes));
        if (purpose == 2) {
            seed_save("envelope", "payload",
                      (ts_bytes_t){made.bytes.data + TS_SEGMENT_FIXED_BYTES, TS_GENESIS_BYTES});
        }
        ts_made_free(&made);
    }
    ts_made_next(&log, 3, 60, &made);
    seed_save("envelope", "segment", ts_buf_bytes(&made.bytes));
    seed_save("seal", "nothing", ts_buf_bytes(&made.bytes));
    ts_made_free(&made);
}

static void
save_frames(void)
{
    for (int kind = TS_SYNC_HELLO; kind <= TS_SYNC_BYE; kind++) {
        char name[32];
        ts_buf_t frame = {0};
        ts_sync_msg_t msg = sample_sync((ts_sync_kind_t)kind);
        ts_sync_encode(&msg, &frame);
        (void)snprintf(name, sizeof name, "frame-%d", kind);
        seed_save("sync", name, ts_buf_bytes(&frame));
        ts_buf_free(&frame);
    }
}

static void
save_control(void)
{
    ts_command_t command = {0};
    ts_reply_t reply = {0};
    ts_buf_t out = {0};
    ts_feed_request_t request = sample_feed_request();
    ts_feed_doorbell_t bell = sample_feed_doorbell();
    ts_feed_page_t page = sample_feed_page();
    sample_command(&command);
    TS_CHECK(ts_command_encode(&command, &out) == TS_ERR_OK);
    save_chosen("control", "command", 0, &out);
    ts_buf_clear(&out);
    sample_reply(&reply);
    TS_CHECK(ts_reply_encode(&reply, &out) == TS_ERR_OK);
    save_chosen("control", "reply", 1, &out);
    ts_buf_clear(&out);
    ts_feed_request_encode(&request, &out);
    save_chosen("control", "request", 2, &out);
    ts_buf_clear(&out);
    ts_feed_doorbell_encode(&bell, &out);
    save_chosen("control", "bell", 2, &out);
    ts_buf_clear(&out);
    ts_feed_page_encode(&page, &out);
    save_chosen("control", "page", 2, &out);
    ts_command_free(&command);
    ts_reply_free(&reply);
    ts_buf_free(&out);
}

/* Every kind as event, as body and as JSON. */
static void
save_records(void)
{
    const ts_schema_t *schema = ts_wire_schema();
    for (size_t i = 0; i < schema->count; i++) {
        const ts_kind_schema_t *kind = &schema->kinds[i];
        ts_record_t *record = sample_record(kind);
        ts_buf_t out = {0};
        ts_record_pack(record, &out);
        /* fuzz_event: kind by the first byte, 0 is a whole event */
        save_chosen("event", kind->name, (uint8_t)(i == 0 ? schema->count : i), &out);
        ts_buf_clear(&out);
        if (i % 4 == 0) {
            sample_event(kind, &out);
            char name[64];
            (void)snprintf(name, sizeof name, "event-%s", kind->name);
            save_chosen("event", name, 0, &out);
            ts_buf_clear(&out);
            ts_buf_put_u8(&out, 0);
            ts_json_put_record(&out, kind, ts_record_body(record));
            save_chosen("json", kind->name, (uint8_t)i, &out);
        }
        ts_record_destroy(&record);
        ts_buf_free(&out);
    }
    seed_save("json", "text",
              (ts_bytes_t){(const uint8_t *)"\x16\x01quantity\0"
                                            "12",
                           13});
}

static void
save_payloads(void)
{
    ts_codec_t *codec = ts_codec_new();
    ts_buf_t events[3] = {{0}};
    ts_bytes_t list[3];
    ts_sealed_t sealed;
    for (size_t i = 0; i < 3; i++) {
        sample_event(&ts_wire_schema()->kinds[i * 5], &events[i]);
        list[i] = ts_buf_bytes(&events[i]);
    }
    for (uint8_t way = 0; way < 3; way++) {
        ts_buf_t out = {0};
        ts_buf_t payload = {0};
        TS_CHECK(ts_payload_seal(codec, list, 3, 3, 0, &payload, &sealed) == TS_ERR_OK);
        if (way == 0) {
            ts_buf_put_u8(&out, sealed.codec);
            ts_buf_put_u16(&out, 3);
            ts_buf_put_u32(&out, sealed.raw_bytes);
            ts_buf_put(&out, payload.data, payload.length);
        } else if (way == 1) {
            ts_buf_put_u16(&out, 3);
            for (size_t i = 0; i < 3; i++) {
                ts_buf_put_u8(&out, 0x0a);
                ts_buf_put_varint(&out, list[i].length);
                ts_buf_put(&out, list[i].data, list[i].length);
            }
        } else {
            ts_buf_put(&out, "\x03\x00\x10", 3);
            ts_buf_put(&out, list[0].data, list[0].length);
        }
        save_chosen("payload", way == 0 ? "zstd" : way == 1 ? "both" : "seal", way, &out);
        ts_buf_free(&out);
        ts_buf_free(&payload);
    }
    for (size_t i = 0; i < 3; i++) {
        ts_buf_free(&events[i]);
    }
    ts_codec_destroy(&codec);
}

static void
save_gate(void)
{
    static const uint8_t types[] = {1, 2, 3, 4, 5, 6, 17, 18, 19, 20, 21, 22, 23, 24};
    for (size_t i = 0; i < sizeof types; i++) {
        char name[32];
        ts_buf_t out = {0};
        ts_buf_t rows = {0};
        ts_zap_entry_t entry = {.klass = TS_ZAP_OFFICE};
        ts_gate_admit_row_put(&rows, &entry);
        ts_gate_msg_t msg = {.type = (ts_gate_type_t)types[i],
                             .session = 7,
                             .version = 1,
                             .klass = TS_ZAP_OFFICE,
                             .reason = TS_GATE_REASON_IDLE,
                             .number = 3,
                             .body = ts_buf_bytes(&rows)};
        ts_gate_encode(&msg, &out);
        (void)snprintf(name, sizeof name, "message-%u", types[i]);
        save_chosen("gate", name, 0, &out);
        ts_buf_free(&out);
        ts_buf_free(&rows);
    }
}

static void
save_bundles(void)
{
    ts_buf_t out = {0};
    ts_bundle_header_t header = {.from = 3, .to = 2, .number = 1};
    ts_bundle_manifest_t manifest = {.segments = 1, .receipts = 1};
    ts_made_log_t log;
    ts_made_t made;
    ts_made_genesis(&log, TS_PURPOSE_RECORDS, 3, 1, &made);
    memcpy(header.genesis, made.bytes.data + TS_SEGMENT_FIXED_BYTES, TS_GENESIS_BYTES);
    ts_bundle_put_header(&out, &header);
    ts_bundle_put_tips(&out, TS_BUNDLE_BRINGS, &log.tip, 1);
    ts_bundle_put_segment(&out, ts_buf_bytes(&made.bytes));
    ts_bundle_put_tips(&out, TS_BUNDLE_RECEIPT, &log.tip, 1);
    manifest.bytes = out.length;
    ts_bundle_put_manifest(&out, &manifest);
    save_chosen("sealed", "bundle", 2, &out);
    save_chosen("sealed", "content", 1, &out);
    ts_buf_free(&out);
    ts_made_free(&made);
}

static void
save_keys(void)
{
    ts_random_seeded_t seeded;
    ts_random_t random = ts_random_from_seed(&seeded, 1);
    ts_node_key_t key;
    ts_buf_t out = {0};
    ts_node_key_make(random, (ts_id16_t){{1}}, 7, &key);
    ts_keyfile_t *file = ts_keyfile_new(TS_KEYFILE_NODE);
    ts_keyfile_put_node(file, &key);
    ts_keyfile_put_text(file, "name", "Xã \"An\" \\ 1");
    ts_keyfile_text(file, &out);
    save_chosen("keyfile", "node", 2, &out);
    ts_buf_clear(&out);
    ts_secret_t registrar;
    ts_invite_t invite = {.office = 7,
                          .role = 3,
                          .name = "Xã An",
                          .unit = 5,
                          .unit_code = "90101",
                          .unit_name = "Xã An",
                          .body = 6,
                          .body_code = "xa-an",
                          .body_name = "UBND xã An",
                          .parent_office = 2,
                          .parent_endpoints = "tcp://127.0.0.1:7500",
                          .endpoints = "",
                          .topics = ""};
    ts_hash_t registrar_key;
    ts_sign_keypair(random, &registrar_key, &registrar);
    invite.chain.registrar_serial = 1;
    invite.chain.registrar_key = registrar_key;
    ts_invite_make(&invite, &registrar, random);
    ts_invite_text(&invite, &out);
    save_chosen("keyfile", "invite", 0, &out);
    save_chosen("keyfile", "invite-signed", 1, &out);
    ts_keyfile_destroy(&file);
    ts_buf_free(&out);
}

static void
read_source(const char *relative, ts_buf_t *out)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", TS_TEST_SOURCE_DIR, relative);
    TS_CHECK(fuzz_read(path, out));
}

static void
save_files(void)
{
    static const char *const confs[] = {"office", "gate", "aggregator", "reporter"};
    static const char *const tables[] = {"units",  "bodies",  "plan",       "scope",
                                         "lines",  "bands",   "duties",     "periods",
                                         "budget", "targets", "activities", "needscale"};
    ts_buf_t text = {0};
    ts_buf_t plan = {0};
    for (uint8_t i = 0; i < 4; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "deploy/conf/%s.conf", confs[i]);
        read_source(path, &text);
        save_chosen("conf", confs[i], i, &text);
    }
    for (uint8_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "tests/support/small-plan/%s.csv", tables[i]);
        read_source(path, &text);
        ts_buf_put_u8(&plan, i);
        ts_buf_put(&plan, text.data, text.length);
        ts_buf_put_u8(&plan, 0x1e);
    }
    seed_save("plan", "small", ts_buf_bytes(&plan));
    ts_buf_free(&text);
    ts_buf_free(&plan);
}

static const char *const commands[] = {
    "add\nkind=donor\nname=Quỹ A\nclass=enterprise\036list\nkind=donor\036findings",
    "add\nkind=fund\ncode=quy-1\nname=Quỹ\nholder_body=hn-soldtbxh\036list\nkind=fund",
    "add\nkind=need\nunit=09694\nline=warm\nquantity=3\nsex=male\036list\nkind=need\036conflicts",
    "enrol\nrole=district\nunit=09694\nbody=hn-soldtbxh\nname=Ba Vì\nendpoint=tcp://127.0.0.1:1",
    "report_duties\036report_status\nplan=ha-noi-588\036report_figures\nperiod=2019-year",
    "plan_list\036plan_show\nplan=ha-noi-588\036plan_scope\nplan=ha-noi-588\nunit=09694",
    "account_add\nname=b\nroles=approver\036account_list\036status\036verify",
    "trace\nrecord=3-1D-2VPAX6\036show\nrecord=3-1D-2VPAX6\036void\nrecord=3-1D-2VPAX6\nreason=a",
    "import\nsheet=needs\nplan=ha-noi-588\n\nXã;Số lượng\nBa Vì;3\n",
    "bundle_export\nto=1\nall=1\036bundle_part\ntoken=1\npart=0\036bundle_written\ntoken=1",
    "bundle_import\npart=0\nlast=1\n\nTS\036keeper_add\noffice=2\036keeper_list\036keeper_restore",
    "backup_begin\036backup_look\036backup_release\036backup_note\narrival=1\036findings",
    "seal\036sync\036watch\nafter=0\036release\nevent=0011223344556677\036move\noffice=2\nparent=1",
};

static const char *const sheets[] = {
    "Xã;Huyện;Số tiền;Ngày trao\nXã Yên Bài;Huyện Ba Vì;1.200.000;14/10/2019\n",
    "\xef\xbb\xbfXã,Huyện,Số tiền,Ngày trao\r\n\"Mường \"\"Bang\",Phù Yên,\"1,5\",2019-10\r\n",
    "Xã\tSố tiền\tNgày trao\nMường Bằng\t12 triệu\t43752\n",
};

int
main(int argc, char **argv)
{
    if (argc != 2 || ts_crypto_init() != TS_ERR_OK) {
        (void)fprintf(stderr, "fuzz_seeds <folder>\n");
        return 2;
    }
    corpus = argv[1];
    fuzz_make_folder(corpus);
    save_segments();
    save_frames();
    save_control();
    save_records();
    save_payloads();
    save_gate();
    save_bundles();
    save_keys();
    save_files();
    seed_scripts();
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "%zu", i + 1);
        seed_save("command", name, (ts_bytes_t){(const uint8_t *)commands[i], strlen(commands[i])});
    }
    for (size_t i = 0; i < sizeof sheets / sizeof sheets[0]; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "%zu", i + 1);
        seed_save("sheet", name, (ts_bytes_t){(const uint8_t *)sheets[i], strlen(sheets[i])});
    }
    return 0;
}
