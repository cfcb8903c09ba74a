/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A process that answers the command line with kept replies, for transcripts: fake_node ENDPOINT
 * LOG. It binds the control link, writes every command that comes into LOG (one line for the name,
 * one for each field, file and blob), and answers by the table below. The account chooses a variant
 * where there are several; accounts 90 and up are for trouble: 90 no answer, 91 an answer that
 * cannot be read, 92 the process ends, 93 refused, 94 too busy.
 */
#include "base/check.h"
#include "base/i18n.h"
#include "base/id.h"
#include "core/control.h"
#include "net/endpoint.h"
#include "net/loop.h"
#include "shared/clock.h"
#include "wire/control_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD ts_record_id(10, 0x5aa5, 42)
#define DAY 18185 /* 2019-10-16 */
#define MOMENT INT64_C(1571191500)

typedef struct fake {
    ts_loop_t *loop;
    ts_socket_t *socket;
    FILE *log;
} fake_t;

typedef struct spec {
    const char *name;
    const char *title;
    const char *format;
} spec_t;

static void
columns(ts_table_t *table, const spec_t *specs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ts_table_add_column(table, specs[i].name, specs[i].title, specs[i].format);
    }
}
#define COLUMNS(table, specs) columns((table), (specs), sizeof(specs) / sizeof((specs)[0]))

static void
add_say(ts_table_t *table, const char *id)
{
    ts_msg_t say = {.id = NULL};
    ts_msg_set(&say, id);
    ts_table_add_say(table, &say);
}

/* ---- status */

static void
put_status(ts_reply_t *reply, uint32_t variant)
{
    /* office, province, nothing entered, all anchored, the same with a disk that goes bad */
    static const struct {
        int64_t saved, held, anchored, unsealed, oldest_s, parked, conflicts, negative, damaged;
        const char *link, *error, *name;
    } rows[] = {
        {1234, 1200, 1100, 26, 259200, 3, 1, 2, 0, "off", "KEY", "UBND xã Tản Lĩnh"},
        {500000, 500000, 500000, 0, 0, 0, 0, 0, 0, "root", NULL, "Sở LĐTBXH Hà Nội"},
        {0, 0, 0, 0, 0, 0, 0, 0, 0, "connecting", NULL, "UBND xã Ba Vì"},
        {88, 88, 88, 0, 0, 0, 0, 0, 0, "up", NULL, "UBND xã Vân Hòa"},
        {88, 88, 88, 0, 0, 0, 0, 0, 2, "up", NULL, "UBND xã Vân Hòa"},
    };
    static const spec_t facts[] = {
        {"saved", "", "number"},
        {"held", "", "number"},
        {"anchored", "", "number"},
        {"unsealed", "", "number"},
        {"oldest_unanchored_s", "", "number"},
        {"office", "", "number"},
        {"name", "", "text"},
        {"role", "", "text"},
        {"unit", "", "text"},
        {"parked", "", "number"},
        {"conflicts", "", "number"},
        {"negative", "", "number"},
        {"damaged_segments", "", "number"},
        {"link", "", "text"},
        {"link_error", "", "text"},
        {"root_time", "", "time"},
        {"disk_free_mib", "", "number"},
        {"disk_free_percent", "", "percent"},
    };
    variant = variant < sizeof rows / sizeof rows[0] ? variant : 0;
    ts_table_t *table = ts_reply_add_table(reply, "status");
    COLUMNS(table, facts);
    ts_table_add_number(table, rows[variant].saved);
    ts_table_add_number(table, rows[variant].held);
    ts_table_add_number(table, rows[variant].anchored);
    ts_table_add_number(table, rows[variant].unsealed);
    ts_table_add_number(table, rows[variant].oldest_s);
    ts_table_add_number(table, 10 + variant);
    ts_table_add_text(table, rows[variant].name);
    ts_table_add_text(table, variant == 1 ? "province" : "commune");
    ts_table_add_text(table, variant == 1 ? "Thành phố Hà Nội" : "Xã Tản Lĩnh");
    ts_table_add_number(table, rows[variant].parked);
    ts_table_add_number(table, rows[variant].conflicts);
    ts_table_add_number(table, rows[variant].negative);
    ts_table_add_number(table, rows[variant].damaged);
    ts_table_add_text(table, rows[variant].link);
    ts_table_add_text(table, rows[variant].error);
    ts_table_add_number(table, variant == 2 ? 0 : MOMENT);
    ts_table_add_number(table, 11800);
    ts_table_add_number(table, 45);
    static const spec_t peer[] = {
        {"office", "Office", "number"}, {"name", "Name", "text"}, {"side", "Side", "text"}};
    table = ts_reply_add_table(reply, "peers");
    COLUMNS(table, peer);
    if (variant == 1) {
        ts_table_add_number(table, 20);
        ts_table_add_text(table, "Huyện Ba Vì");
        ts_table_add_text(table, "child");
    }
    ts_msg_make(&reply->say, ("fake: {1} of {2}"), "1", "1", NULL);
}

/* ---- records */

static void
put_saved(ts_reply_t *reply, uint32_t variant)
{
    static const spec_t saved[] = {{"record", "Code", "code"}, {"state", "State", "text"}};
    static const spec_t record[] = {{"record", "Code", "code"},
                                    {"unit_id", "Administrative unit", "code"},
                                    {"unit", "Administrative unit", "text"},
                                    {"quantity", "Quantity", "number"},
                                    {"occurred_on", "Date", "date"},
                                    {"note", "Note", "text"}};
    char code[TS_CODE_BYTES_MAX];
    ts_record_code_format(RECORD, code, sizeof code);
    ts_msg_make(&reply->say, ("fake: kept as {1}"), code, NULL);
    ts_table_t *table = ts_reply_add_table(reply, "saved");
    COLUMNS(table, saved);
    ts_table_add_number(table, (int64_t)RECORD);
    add_say(table, N_("saved here"));
    table = ts_reply_add_table(reply, "record");
    COLUMNS(table, record);
    ts_table_add_number(table, (int64_t)RECORD);
    ts_table_add_number(table, (int64_t)ts_record_id(1, 7, 3));
    ts_table_add_text(table, "Xã Tản Lĩnh");
    ts_table_add_number(table, 1040);
    ts_table_add_number(table, DAY);
    ts_table_add_nothing(table);
    if (variant == 3) {
        ts_issue_t *issue = ts_reply_add_issue(reply, TS_SEVERITY_WARNING);
        issue->column = strdup("quantity");
        ts_msg_set(&issue->say, ("fake: more than needed"));
    }
}

static void
put_list(ts_reply_t *reply, uint32_t variant)
{
    static const spec_t specs[] = {
        {"record", "Code", "code"},
        {"event", "Version", "text"},
        {"author", "Account", "number"},
        {"unit_id", "Administrative unit", "code"},
        {"unit", "Administrative unit", "text"},
        {"line", "Support line", "text"},
        {"quantity", "Quantity", "number"},
        {"occurred_on", "Date", "date"},
        {"value_vnd", "Value (đồng)", "vnd"},
        {"void", "Withdrawn", "number"},
        {"site", "Village or school site", "text"},
    };
    static const char *const units[] = {"Xã Tản Lĩnh", "Xã Ba Vì",
                                        "Xã Vân Hòa, huyện Ba Vì, thành phố Hà Nội"};
    ts_table_t *table = ts_reply_add_table(reply, "need");
    COLUMNS(table, specs);
    for (uint32_t i = 0; i < (variant == 2 ? 0u : 3u); i++) {
        ts_table_add_number(table, (int64_t)ts_record_id(10, 0x5aa5, 42 + i));
        ts_table_add_text(table, "91c0ffee00000001");
        ts_table_add_number(table, 2);
        ts_table_add_number(table, (int64_t)ts_record_id(1, 7, 3 + i));
        ts_table_add_text(table, units[i]);
        ts_table_add_text(table, i == 1 ? "Bữa ăn bán trú" : "Đồ ấm");
        ts_table_add_number(table, 40 + 1000 * i);
        ts_table_add_number(table, i == 2 ? 0 : DAY);
        ts_table_add_number(table, INT64_C(12345678) * i);
        ts_table_add_number(table, i == 1);
        ts_table_add_text(table, i == 0 ? NULL : "Điểm trường A");
    }
    ts_msg_make(&reply->say, ("fake: {1} of {2}"), "3", "1204", NULL);
}

static void
put_import(ts_reply_t *reply, uint32_t variant)
{
    static const spec_t specs[] = {{"rows", "Row of the sheet", "number"},
                                   {"recorded", "Events", "number"}};
    if (variant == 2) {
        static const struct {
            const char *column, *value, *id;
            uint32_t line;
            ts_severity_t severity;
        } issues[] = {
            {"Số lượng", "abc", "fake: no number", 3, TS_SEVERITY_ERROR},
            {"Xã", "Xã Tản Linh", "fake: no such unit; did you mean “Xã Tản Lĩnh”?", 3,
             TS_SEVERITY_ERROR},
            {"Ngày rà soát", "31/02/2019", "fake: no date", 4, TS_SEVERITY_ERROR},
            {NULL, NULL, "fake: a short row", 2, TS_SEVERITY_WARNING},
        };
        for (size_t i = 0; i < sizeof issues / sizeof issues[0]; i++) {
            ts_issue_t *issue = ts_reply_add_issue(reply, issues[i].severity);
            issue->line = issues[i].line;
            issue->column = issues[i].column == NULL ? NULL : strdup(issues[i].column);
            issue->value = issues[i].value == NULL ? NULL : strdup(issues[i].value);
            ts_msg_set(&issue->say, issues[i].id);
        }
        reply->code = TS_ERR_INVALID;
        ts_msg_set(&reply->say, ("fake: nothing kept"));
        return;
    }
    ts_table_t *table = ts_reply_add_table(reply, "import");
    COLUMNS(table, specs);
    ts_table_add_number(table, 3);
    ts_table_add_number(table, variant == 3 ? 2 : 3);
    if (variant == 3) {
        ts_issue_t *issue = ts_reply_add_issue(reply, TS_SEVERITY_ERROR);
        issue->line = 4;
        ts_msg_set(&issue->say, ("fake: no date"));
    }
    ts_msg_set(&reply->say, ("fake: sheet kept"));
}

static void
put_conflicts(ts_reply_t *reply, uint32_t variant)
{
    static const spec_t specs[] = {
        {"record", "Code", "code"},          {"kind", "Kind", "text"},
        {"version", "Version", "text"},      {"stands", "Replaces", "number"},
        {"recorded", "Recorded at", "time"}, {"reason", "Reason", "text"}};
    ts_table_t *table = ts_reply_add_table(reply, "conflicts");
    COLUMNS(table, specs);
    for (uint32_t i = 0; i < (variant == 2 ? 0u : 2u); i++) {
        ts_table_add_number(table, (int64_t)RECORD);
        ts_table_add_text(table, "need");
        ts_table_add_text(table, i == 0 ? "91c0ffee00000001" : "5eed000000000002");
        ts_table_add_number(table, 1);
        ts_table_add_number(table, MOMENT + 3600 * i);
        ts_table_add_text(table, i == 0 ? "đếm lại sau khi trưởng thôn báo thiếu hai hộ ở xóm trên"
                                        : NULL);
    }
}

/* ---- proof */

static void
put_trace(ts_reply_t *reply, uint32_t variant)
{
    static const char *const hash =
        "8f3c00000000000000000000000000000000000000000000000000000000beef";
    static const struct {
        const char *step, *value, *checked;
    } steps[] = {
        {("fake: hash"), NULL, N_("verified")},
        {N_("Office"), "UBND xã Tản Lĩnh", NULL},
        {N_("Account"), "2", NULL},
        {N_("Recorded at (by the clock there)"), "2019-11-25T08:00:30+07:00", NULL},
        {N_("Segment"), NULL, N_("verified")},
        {N_("The entry is inside the segment"), "", N_("verified")},
        {N_("Number"), "17", NULL},
        {N_("Log (hash of its genesis)"), NULL, N_("verified")},
        {N_("Key of the installation"), NULL, N_("verified")},
        {N_("certified by the invite"), NULL, N_("verified")},
        {N_("certified by the registrar"), NULL, N_("verified")},
        {N_("certified by the root"), NULL, N_("verified")},
    };
    static const spec_t specs[] = {{"version", "Version", "text"},
                                   {"step", "Step", "text"},
                                   {"value", "Value", "text"},
                                   {"checked", "Checked", "text"}};
    put_saved(reply, 0);
    ts_table_t *table = ts_reply_add_table(reply, "chain");
    COLUMNS(table, specs);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        ts_table_add_text(table, "91c0ffee00000001");
        add_say(table, steps[i].step);
        ts_table_add_text(table, steps[i].value == NULL ? hash : steps[i].value);
        if (steps[i].checked == NULL) {
            ts_table_add_nothing(table);
        } else {
            add_say(table, variant == 2 && i == 4 ? N_("NOT RIGHT") : steps[i].checked);
        }
    }
    ts_msg_set(&reply->say, ("fake: check codes"));
}

static void
put_verify(ts_reply_t *reply, uint32_t variant)
{
    static const spec_t damages[] = {{"arrival", "Arrival", "number"},
                                     {"problem", "What is wrong", "text"}};
    static const spec_t verified[] = {{"segments", "Segment", "number"},
                                      {"damaged", "Damaged", "number"},
                                      {"ledger", "Ledger", "text"}};
    ts_table_t *table = ts_reply_add_table(reply, "damages");
    COLUMNS(table, damages);
    if (variant == 2) {
        ts_table_add_number(table, 17);
        add_say(table, ts_err_str(TS_ERR_HASH));
        reply->code = TS_ERR_HASH;
    }
    table = ts_reply_add_table(reply, "verified");
    COLUMNS(table, verified);
    ts_table_add_number(table, 5120);
    ts_table_add_number(table, variant == 2 ? 1 : 0);
    ts_table_add_text(table, variant == 2 ? NULL : "same");
    ts_msg_make(&reply->say, variant == 2 ? ("fake: {1} of {2} damaged") : ("fake: {1} right"),
                variant == 2 ? "1" : "5120", variant == 2 ? "5120" : NULL, NULL);
}

/* ---- offices, plans, reports */

static void
put_enrol(ts_reply_t *reply, uint32_t variant)
{
    static const char invite[] =
        "# Tiếp Sức key file\nkind = invite\noffice = 12\ninvite_secret = 00ff\n";
    static const spec_t specs[] = {{"number", "Number of the office", "number"},
                                   {"name", "Name", "text"}};
    (void)variant;
    ts_table_t *table = ts_reply_add_table(reply, "record");
    COLUMNS(table, specs);
    ts_table_add_number(table, 12);
    ts_table_add_text(table, "UBND xã Ba Vì");
    ts_buf_put(&reply->blob, invite, sizeof invite - 1);
    ts_msg_set(&reply->say, ("fake: enrolled"));
}

static void
put_plan_check(ts_reply_t *reply, uint32_t variant)
{
    if (variant == 2) {
        ts_issue_t *issue = ts_reply_add_issue(reply, TS_SEVERITY_ERROR);
        issue->file = strdup("units.csv");
        issue->line = 7;
        issue->column = strdup("parent");
        issue->value = strdup("271");
        ts_msg_set(&issue->say, ("fake: no such unit"));
        reply->code = TS_ERR_INVALID;
        ts_msg_set(&reply->say, ("fake: mistakes"));
        return;
    }
    ts_msg_set(&reply->say, ("fake: right"));
}

/* A report with its list of sections: two ages of one line, and a line without figures. */
static void
put_sections(ts_reply_t *reply)
{
    static const spec_t parts[] = {
        {"table", "", "code"}, {"title", "", "text"}, {"note", "", "text"}};
    static const spec_t specs[] = {{"line_code", "Code", "text"},
                                   {"line", "Content of support", "text"},
                                   {"band", "Age", "text"},
                                   {"quantity", "Quantity needed", "number"},
                                   {"children", "Identified children in need", "number"}};
    static const char *const bands[] = {"Mọi lứa tuổi", "Tiểu học (6 đến dưới 11 tuổi)"};
    ts_table_t *table = ts_reply_add_table(reply, "needs");
    COLUMNS(table, specs);
    for (int i = 0; i < 2; i++) {
        ts_table_add_text(table, "warm");
        ts_table_add_text(table, "Đồ ấm");
        ts_table_add_text(table, bands[i]);
        if (i == 0) {
            ts_table_add_number(table, 1040);
        } else {
            ts_table_add_nothing(table);
        }
        ts_table_add_number(table, 23 - i);
    }
    ts_table_add_text(table, "surgery");
    ts_table_add_text(table, "Phẫu thuật");
    ts_table_add_text(table, bands[0]);
    add_say(table, "no figures yet");
    add_say(table, "no figures yet");
    ts_table_t *sections = ts_reply_add_table(reply, "sections");
    COLUMNS(sections, parts);
    ts_table_add_text(sections, "needs");
    add_say(sections, "Needs");
    ts_table_add_text(sections, "fake: note");
}

static void
put_report(ts_reply_t *reply, uint32_t variant)
{
    static const char text[] = "BÁO CÁO\n";
    static const spec_t specs[] = {{"measure", "Measure", "text"},
                                   {"value", "Value", "number"},
                                   {"share", "Percent", "percent"}};
    if (variant == 2) {
        put_sections(reply);
        return;
    }
    ts_table_t *table = ts_reply_add_table(reply, "figures");
    COLUMNS(table, specs);
    ts_table_add_text(table, "Lượt trẻ em được hỗ trợ");
    ts_table_add_number(table, 12040);
    ts_table_add_number(table, 97);
    ts_table_add_text(table, "Số điểm trường");
    ts_table_add_nothing(table);
    ts_table_add_nothing(table);
    ts_reply_add_file(reply, "bao-cao.csv", (ts_bytes_t){(const uint8_t *)text, sizeof text - 1});
}

/* At the office that has work to do, and at the province, where several bodies owe them. */
static void
put_duties(ts_reply_t *reply, uint32_t variant)
{
    static const char *const bodies[] = {"UBND xã Tản Lĩnh", "UBND xã Ba Vì"};
    static const spec_t specs[] = {{"period", "Reporting period", "text"},
                                   {"body_name", "Body", "text"},
                                   {"to_name", "Body", "text"},
                                   {"due", "Due day", "date"},
                                   {"days_left", "Number", "number"}};
    ts_table_t *table = ts_reply_add_table(reply, "duties");
    COLUMNS(table, specs);
    for (int i = 0; i < (variant <= 1 ? 5 : 0); i++) {
        ts_table_add_text(table, i == 0 ? "2019-half" : "2019-year");
        ts_table_add_text(table, bodies[variant == 1 ? i % 2 : 0]);
        ts_table_add_text(table, "UBND huyện Ba Vì");
        ts_table_add_number(table, DAY + 20 * i);
        ts_table_add_number(table, 20 * i - 7);
    }
}

static void
put_done(ts_reply_t *reply, uint32_t variant)
{
    (void)variant;
    ts_msg_set(&reply->say, ("fake: done"));
}

/* ---- answering */

static const struct {
    const char *name;
    void (*put)(ts_reply_t *reply, uint32_t variant);
} answers[] = {
    {"status", put_status},
    {"add", put_saved},
    {"revise", put_saved},
    {"void", put_saved},
    {"resolve", put_saved},
    {"show", put_saved},
    {"list", put_list},
    {"import", put_import},
    {"conflicts", put_conflicts},
    {"trace", put_trace},
    {"verify", put_verify},
    {"enrol", put_enrol},
    {"plan_check", put_plan_check},
    {"plan_load", put_done},
    {"report_figures", put_report},
    {"approve", put_done},
    {"report_show", put_report},
    {"report_file", put_done},
    {"report_seal", put_done},
    {"report_status", put_duties},
    {"report_waive", put_done},
    {"account_add", put_done},
    {"release", put_done},
    {"sync", put_done},
    {"seal", put_done},
    {"move", put_done},
    {"revoke", put_done},
    {"plan_scope", put_done},
};

static void
send_reply(fake_t *self, uint32_t route, const ts_reply_t *reply)
{
    ts_buf_t frame = {.length = 0};
    TS_CHECK(ts_reply_encode(reply, &frame) == TS_ERR_OK);
    TS_CHECK(ts_socket_send_to(self->socket, route, frame.data, frame.length) == TS_ERR_OK);
    ts_buf_free(&frame);
}

/* Three events in two parts; the last reply never comes. */
static void
stream(fake_t *self, uint32_t route, const ts_command_t *command)
{
    static const spec_t specs[] = {{"number", "Number", "number"},
                                   {"time", "Recorded at", "time"},
                                   {"kind", "Kind", "text"},
                                   {"change", "Change", "text"},
                                   {"record", "Code", "code"},
                                   {"unit", "Administrative unit", "text"},
                                   {"line", "Support line", "text"},
                                   {"quantity", "Quantity", "number"},
                                   {"unit_of_measure", "Unit of measure", "text"},
                                   {"value_vnd", "Value (đồng)", "vnd"},
                                   {"children", "Children", "number"},
                                   {"text", "Text", "text"}};
    for (int part = 0; part < 2; part++) {
        ts_reply_t reply = {.request = command->request};
        ts_table_t *table = ts_reply_add_table(&reply, "feed");
        COLUMNS(table, specs);
        for (int i = part; i < 2 * part + 1; i++) {
            ts_table_add_number(table, 7 + i);
            ts_table_add_number(table, MOMENT + 60 * i);
            ts_table_add_text(table, i == 0 ? "need" : "handover");
            ts_table_add_text(table, i == 2 ? "voided" : "added");
            ts_table_add_number(table, (int64_t)ts_record_id(10, 0x5aa5, 42 + (uint32_t)i));
            ts_table_add_text(table, "Xã Tản Lĩnh");
            ts_table_add_text(table, "Đồ ấm");
            ts_table_add_number(table, 40);
            ts_table_add_text(table, "bộ");
            ts_table_add_number(table, i == 0 ? 0 : 8000000);
            ts_table_add_number(table, i == 0 ? 0 : 38);
            ts_table_add_nothing(table);
        }
        send_reply(self, route, &reply);
        ts_reply_free(&reply);
    }
}

static void
write_log(fake_t *self, const ts_command_t *command)
{
    (void)fprintf(self->log, "%s account=%u\n", command->name, (unsigned)command->account);
    for (size_t i = 0; i < command->field_count; i++) {
        (void)fprintf(self->log, "  %s = %s\n", command->fields[i].name, command->fields[i].value);
    }
    if (command->blob.length > 0) {
        (void)fprintf(self->log, "  blob %s: %zu bytes\n", command->blob_name,
                      command->blob.length);
    }
    for (size_t i = 0; i < command->file_count; i++) {
        (void)fprintf(self->log, "  file %s: %zu bytes\n", command->files[i].name,
                      command->files[i].data.length);
    }
    (void)fflush(self->log);
}

/* Trouble that a variant asks for; true when there is no usual answer. */
static bool
make_trouble(fake_t *self, uint32_t route, const ts_command_t *command)
{
    ts_reply_t reply = {.request = command->request, .done = true};
    switch (command->account) {
    case 90:
        return true;
    case 91:
        TS_CHECK(ts_socket_send_to(self->socket, route, "?", 1) == TS_ERR_OK);
        return true;
    case 92:
        ts_loop_stop(self->loop);
        return true;
    case 93:
        reply.code = TS_ERR_DENIED;
        ts_msg_make(&reply.say, ("fake: account {1} may not {2}"), "93", command->name, NULL);
        break;
    case 94:
        reply.code = TS_ERR_BUSY;
        break;
    default:
        return false;
    }
    send_reply(self, route, &reply);
    ts_reply_free(&reply);
    return true;
}

static void
answer(fake_t *self, uint32_t route, const ts_command_t *command)
{
    ts_reply_t reply = {.request = command->request, .done = true};
    size_t i = 0;
    while (i < sizeof answers / sizeof answers[0] && strcmp(answers[i].name, command->name) != 0) {
        i++;
    }
    if (i < sizeof answers / sizeof answers[0]) {
        answers[i].put(&reply, command->account);
    } else {
        reply.code = TS_ERR_UNKNOWN;
        ts_msg_make(&reply.say, ("fake: no command “{1}”"), command->name, NULL);
    }
    /* Something on the way first, as long work does. */
    ts_reply_t part = {.request = command->request, .progress = 1, .progress_total = 2};
    send_reply(self, route, &part);
    send_reply(self, route, &reply);
    ts_reply_free(&reply);
}

static void
read_command(void *context)
{
    fake_t *self = context;
    ts_frame_t frame = {.is_open = false};
    ts_command_t command = {.request = 0};
    if (ts_socket_recv(self->socket, &frame) != TS_ERR_OK) {
        return;
    }
    TS_CHECK(ts_command_decode(frame.body, &command) == TS_ERR_OK);
    write_log(self, &command);
    if (make_trouble(self, frame.route, &command)) {
        /* told already */
    } else if (strcmp(command.name, "watch") == 0) {
        stream(self, frame.route, &command);
    } else {
        answer(self, frame.route, &command);
    }
    ts_command_free(&command);
    ts_frame_close(&frame);
}

int
main(int argc, char **argv)
{
    const ts_loop_clock_t clock = TS_CLOCK_SYSTEM;
    ts_msg_t why = {.id = NULL};
    fake_t self = {.log = argc == 3 ? fopen(argv[2], "a") : NULL};
    if (self.log == NULL) {
        (void)fprintf(stderr, "usage: fake_node ENDPOINT LOG\n");
        return 2;
    }
    ts_net_t *net = ts_net_new();
    self.loop = ts_loop_new(&clock);
    ts_loop_catch_signals(self.loop);
    if (ts_control_bind(net, argv[1], TS_IPC_OWNER, &self.socket, &why) != TS_ERR_OK) {
        (void)fprintf(stderr, "%s\n", why.id);
        return 1;
    }
    ts_loop_id_t reader = ts_loop_add_socket(self.loop, self.socket, read_command, &self);
    ts_loop_run(self.loop);
    ts_loop_remove(self.loop, reader);
    ts_socket_close(&self.socket);
    ts_loop_destroy(&self.loop);
    ts_net_destroy(&net);
    return fclose(self.log) == 0 ? 0 : 1;
}
