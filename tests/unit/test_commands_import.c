/* SPDX-License-Identifier: MPL-2.0 */
/* Goal: sheets as offices have them become records once, whatever their form; a changed row changes
 * its record; what is wrong is named with row and column. Method: made-up sheets of
 * tests/support/demo_gen.py and small ones written here are imported into a real province. */
#include "base/xalloc.h"
#include "node/node_p.h"
#include "support/command_world.h"
#include "support/test.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static command_world_t *world;

static int
setup(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    world = command_world_new();
    command_load_plan(world, "ha-noi-588");
    command_saved(command_run(world, 1, "add", "kind=fund", "code=quy-1", "name=Quỹ giả định",
                              "holder_body=hn-soldtbxh", NULL),
                  code);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    command_world_destroy(&world);
    return 0;
}

static const ts_reply_t *
import_bytes(const char *sheet, ts_bytes_t bytes, const char *name, ...)
{
    ts_command_t command;
    va_list fields;
    const char *field;
    ts_command_init(&command, "import");
    command.account = 1;
    command.blob_name = ts_xstrdup(name);
    ts_buf_put(&command.blob, bytes.data, bytes.length);
    ts_command_add(&command, "sheet", sheet);
    va_start(fields, name);
    while ((field = va_arg(fields, const char *)) != NULL) {
        const char *value = va_arg(fields, const char *);
        ts_command_add(&command, field, value);
    }
    va_end(fields);
    return command_run_built(world, &command);
}

static ts_bytes_t
text_bytes(const char *text)
{
    return (ts_bytes_t){(const uint8_t *)text, strlen(text)};
}

static void
must_be_good(const ts_reply_t *reply)
{
    if (reply->code != TS_ERR_OK) {
        command_print(reply);
    }
    assert_int_equal(reply->code, TS_ERR_OK);
}

static int64_t
count_of(const char *kind)
{
    char field[64];
    (void)snprintf(field, sizeof field, "kind=%s", kind);
    const ts_reply_t *reply = command_run(world, 0, "list", field, "limit=10000", NULL);
    return (int64_t)ts_table_rows(ts_reply_table(reply, kind));
}

#define NEED_HEAD                                                                         \
    "Mã dòng,Xã,Nội dung hỗ trợ,Số lượng,Đơn vị tính,Ngày rà soát," \
    "Tháng sinh,Giới tính,Nam tiểu học,Nữ tiểu học,Điểm trường,Ghi chú\n"

static const char small_need[] =
    NEED_HEAD "A-1,Xã Vân Hòa,Đồ ấm,1,bộ,15/10/2019,05/2014,Nữ,,,Điểm A,\n"
              "A-2,Xã Vân Hòa,Đồ ấm,30,bộ,15/10/2019,,,12,18,Điểm A,\n"
              "A-3,Xã Yên Bài,Đồ ấm,2,bộ,16/10/2019,,,,,Điểm B,\n";

static void
test_commands_import_adds_rows_and_children(void **state)
{
    (void)state;
    const ts_reply_t *reply = import_bytes("need", text_bytes(small_need), "phieu.csv", NULL);
    must_be_good(reply);
    assert_int_equal(command_number(reply, "import", 0, "added"), 3);
    assert_int_equal(command_number(reply, "import", 0, "entries"), 4);
    assert_int_equal(command_number(reply, "import", 0, "children"), 1);
    assert_int_equal(command_number(reply, "import", 0, "head_count"), 30);
    assert_int_equal(command_number(reply, "import", 0, "quantity"), 33);
    assert_int_equal(count_of("need"), 3);
    assert_int_equal(count_of("beneficiary"), 1);
}

static void
test_commands_import_twice_changes_nothing(void **state)
{
    (void)state;
    must_be_good(import_bytes("need", text_bytes(small_need), "phieu.csv", NULL));
    int64_t saved = command_number(command_run(world, 0, "status", NULL), "status", 0, "saved");
    const ts_reply_t *reply = import_bytes("need", text_bytes(small_need), "phieu.csv", NULL);
    must_be_good(reply);
    assert_int_equal(command_number(reply, "import", 0, "unchanged"), 3);
    assert_int_equal(command_number(reply, "import", 0, "entries"), 0);
    assert_int_equal(command_number(command_run(world, 0, "status", NULL), "status", 0, "saved"),
                     saved);
}

static void
test_commands_import_changed_row_revises_its_record(void **state)
{
    (void)state;
    static const char changed[] =
        NEED_HEAD "A-1,Xã Vân Hòa,Đồ ấm,1,bộ,15/10/2019,06/2014,Nữ,,,Điểm A,\n"
                  "A-2,Xã Vân Hòa,Đồ ấm,31,bộ,15/10/2019,,,13,18,Điểm A,\n"
                  "A-3,Xã Yên Bài,Đồ ấm,2,bộ,16/10/2019,,,,,Điểm B,\n"
                  "A-4,Xã Yên Bài,Đồ ấm,5,bộ,16/10/2019,,,,,Điểm C,\n";
    must_be_good(import_bytes("need", text_bytes(small_need), "phieu.csv", NULL));
    const ts_reply_t *reply = import_bytes("need", text_bytes(changed), "phieu-2.csv", NULL);
    must_be_good(reply);
    assert_int_equal(command_number(reply, "import", 0, "added"), 1);
    assert_int_equal(command_number(reply, "import", 0, "changed"), 2);
    assert_int_equal(command_number(reply, "import", 0, "unchanged"), 1);
    assert_int_equal(command_number(reply, "import", 0, "entries"),
                     3); /* the child, the heads, the new row */
    assert_int_equal(count_of("need"), 4);
    assert_int_equal(count_of("beneficiary"), 1);
    reply = command_run(world, 0, "list", "kind=beneficiary", NULL);
    assert_int_equal(command_number(reply, "beneficiary", 0, "birth_month"), 6);
    reply = command_run(world, 0, "list", "kind=need", "filter=row_key=need/A-2", NULL);
    assert_int_equal(command_number(reply, "need", 0, "quantity"), 31);
    assert_string_equal(command_cell(reply, "need", 0, "reason"), "phieu-2.csv");
}

/* Sent ten times, counted once: rows, children, coats and đồng. */
static void
test_commands_import_ten_times_is_one(void **state)
{
    (void)state;
    static const char sheet[] =
        "Mã dòng,Ngày trao,Xã,Nội dung hỗ trợ,Mặt hàng,Số lượng,Đơn vị tính,Giá trị,Số biên "
        "bản,Điểm trường\n"
        "T-1,20/12/2019,Xã Vân Hòa,Đồ ấm,Áo khoác,25,bộ,\"12.500.000\",05/BB,Điểm A\n"
        "T-2,20/12/2019,Xã Vân Hòa,Đồ ấm,Áo khoác,5,bộ,\"2.500.000\",06/BB,Điểm B\n";
    for (int i = 0; i < 10; i++) {
        must_be_good(import_bytes("handover", text_bytes(sheet), "trao.csv", "fund", "quy-1",
                                  "reason", "nhập bù", NULL));
        must_be_good(import_bytes("need", text_bytes(small_need), "phieu.csv", NULL));
    }
    assert_int_equal(count_of("handover"), 2);
    assert_int_equal(count_of("need"), 3);
    assert_int_equal(count_of("beneficiary"), 1);
    ts_amount_t amount = {0};
    ts_ledger_t *ledger = command_world_node(world)->ledger;
    const ts_reply_t *reply = command_run(world, 0, "list", "kind=fund", NULL);
    ts_record_id_t fund = (ts_record_id_t)command_number(reply, "fund", 0, "record");
    assert_int_equal(ts_ledger_balance(ledger, TS_ACCOUNT_FUND, fund, "Áo khoác", "bộ", &amount),
                     TS_ERR_OK);
    assert_int_equal(amount.quantity, -30);
    assert_int_equal(amount.value_vnd, -15000000);
}

/* Accents, dashes and quotation marks come back byte for byte; what came decomposed comes back
 * composed. */
static void
test_commands_import_letters_come_back_as_they_were(void **state)
{
    (void)state;
    static const char site[] = "Điểm trường Nậm Pồ – “Mèo Vạc”; ỡ ữ ặ đ Ǵ";
    char sheet[512];
    (void)snprintf(
        sheet, sizeof sheet,
        NEED_HEAD "A-1,Xã Vân Hòa,Đồ ấm,2,bộ,15/10/2019,,,,,\"%s\",Tha\xcc\x82\xcc\x81m\n", site);
    must_be_good(import_bytes("need", text_bytes(sheet), "phieu.csv", NULL));
    const ts_reply_t *reply = command_run(world, 0, "list", "kind=need", NULL);
    assert_string_equal(command_cell(reply, "need", 0, "site"), site);
    assert_string_equal(command_cell(reply, "need", 0, "note"), "Thấm");
}

/* Places are lines of the file everywhere, also of the row that came first. */
static void
test_commands_import_row_id_twice_names_the_line(void **state)
{
    (void)state;
    const ts_reply_t *reply =
        import_bytes("need",
                     text_bytes("PHIẾU RÀ SOÁT\n\n" NEED_HEAD
                                "A-1,Xã Vân Hòa,Đồ ấm,2,bộ,15/10/2019,,,,,Điểm A,\n"
                                "A-1,Xã Vân Hòa,Đồ ấm,3,bộ,15/10/2019,,,,,Điểm A,\n"),
                     "phieu.csv", NULL);
    assert_int_equal(reply->code, TS_ERR_INVALID);
    const ts_issue_t *issue = &reply->issues[reply->issue_count - 1];
    assert_string_equal(issue->say.id, "this row id stands on line {1} already");
    assert_string_equal(issue->say.args[0], "4");
    assert_int_equal(issue->line, 5);
}

/* What was emptied in the sheet is emptied; what the sheet has no column for stays. */
static void
test_commands_import_emptied_cell_empties_the_field(void **state)
{
    (void)state;
    must_be_good(import_bytes(
        "need", text_bytes(NEED_HEAD "A-1,Xã Vân Hòa,Đồ ấm,2,bộ,15/10/2019,,,,,Điểm A,xem lại\n"),
        "phieu.csv", NULL));
    must_be_good(import_bytes(
        "need", text_bytes(NEED_HEAD "A-1,Xã Vân Hòa,Đồ ấm,2,,15/10/2019,,,,,Điểm A,\n"),
        "phieu.csv", NULL));
    const ts_reply_t *reply = command_run(world, 0, "list", "kind=need", NULL);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "need")), 1);
    assert_string_equal(command_cell(reply, "need", 0, "note"), "");
    assert_string_equal(command_cell(reply, "need", 0, "unit_of_measure"), "");
    reply = import_bytes("need",
                         text_bytes("Mã dòng,Xã,Nội dung hỗ trợ,Số lượng,Ngày rà soát\n"
                                    "A-1,Xã Vân Hòa,Đồ ấm,2,15/10/2019\n"),
                         "phieu.csv", NULL);
    must_be_good(reply);
    assert_int_equal(command_number(reply, "import", 0, "unchanged"), 1);
    reply = command_run(world, 0, "list", "kind=need", NULL);
    assert_string_equal(command_cell(reply, "need", 0, "site"), "Điểm A");
}

static void
test_commands_import_dry_run_tells_per_row_and_writes_nothing(void **state)
{
    (void)state;
    const ts_reply_t *reply =
        import_bytes("need", text_bytes(small_need), "phieu.csv", "dry_run", "yes", NULL);
    must_be_good(reply);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "rows")), 3);
    assert_string_equal(command_cell(reply, "rows", 2, "action"), "added");
    assert_string_equal(command_cell(reply, "rows", 2, "row_id"), "A-3");
    assert_int_equal(count_of("need"), 0);
}

static void
test_commands_import_mistakes_are_named_and_nothing_is_taken(void **state)
{
    (void)state;
    static const char sheet[] = NEED_HEAD "B-1,Xã Vân Hòa,Đồ ấm,1,bộ,15/10/2019,05/2014,Nữ,,,,\n"
                                          "B-2,Xã Vân Hoa,Đồ ấm,1,bộ,15/10/2019,05/2014,Nữ,,,,\n"
                                          "B-3,Xã Vân Hòa,Đồ lạnh,1,bộ,15/10/2019,05/2014,Nữ,,,,\n"
                                          "B-4,Xã Vân Hòa,Đồ ấm,một,bộ,15/10/2019,05/2014,Nữ,,,,\n"
                                          "B-5,Xã Vân Hòa,Đồ ấm,1,bộ,10/15/2019,05/2014,Nữ,,,,\n"
                                          "B-1,Xã Vân Hòa,Đồ ấm,1,bộ,15/10/2019,05/2014,Nữ,,,,\n"
                                          "B-7,Xã Vân Hòa,Đồ ấm,1,bộ,15/10/2019,05/2014,Bé,,,,\n"
                                          "B-8,Xã Vân Hòa,Đồ ấm,1,bộ,15/10/2019,05/2014,Nữ,3,4,,\n"
                                          ",Xã Vân Hòa,Đồ ấm,1,bộ,15/10/2019,05/2014,Nữ,,,,\n"
                                          "B-10,Xã Vân Hòa,Đồ ấm,1,bộ,15/10/2019,,,,,,\n";
    static const struct {
        uint32_t row;
        const char *column;
    } wrong[] = {{2, "Xã"},           {3, "Nội dung hỗ trợ"}, {4, "Số lượng"},
                 {5, "Ngày rà soát"}, {6, "Mã dòng"},         {7, "Giới tính"},
                 {8, NULL},           {9, "Mã dòng"},         {10, NULL}};
    const ts_reply_t *reply = import_bytes("need", text_bytes(sheet), "sai.csv", NULL);
    assert_int_equal(reply->code, TS_ERR_INVALID);
    for (size_t i = 0; i < TS_COUNT(wrong); i++) {
        bool found = false;
        for (size_t k = 0; k < reply->issue_count; k++) {
            const ts_issue_t *issue = &reply->issues[k];
            found =
                found || (issue->severity == TS_SEVERITY_ERROR && issue->row == wrong[i].row &&
                          issue->line == wrong[i].row + 1 && strcmp(issue->file, "sai.csv") == 0 &&
                          (wrong[i].column == NULL ||
                           (issue->column != NULL && strcmp(issue->column, wrong[i].column) == 0)));
        }
        if (!found) {
            (void)fprintf(stderr, "row %u\n", (unsigned)wrong[i].row);
            command_print(reply);
        }
        assert_true(found);
    }
    assert_int_equal(count_of("need"), 0);
    assert_int_equal(count_of("beneficiary"), 0);
    reply = import_bytes("need", text_bytes(sheet), "sai.csv", "partial", "yes", NULL);
    must_be_good(reply);
    assert_int_equal(command_number(reply, "import", 0, "added"), 1);
    assert_int_equal(command_number(reply, "import", 0, "refused"), 9);
    assert_int_equal(count_of("need"), 1);
}

static void
test_commands_import_without_row_ids_says_so_and_does_not_double(void **state)
{
    (void)state;
    static const char sheet[] = "Xã,Nội dung hỗ trợ,Số lượng,Ngày rà soát,Điểm trường\n"
                                "Xã Vân Hòa,Đồ ấm,1,15/10/2019,Điểm A\n"
                                "Xã Vân Hòa,Đồ ấm,1,15/10/2019,Điểm A\n";
    const ts_reply_t *reply = import_bytes("need", text_bytes(sheet), "phieu.csv", NULL);
    must_be_good(reply);
    assert_true(command_has_issue(reply, "The sheet has no column", NULL));
    assert_int_equal(command_number(reply, "import", 0, "added"), 2);
    reply = import_bytes("need", text_bytes(sheet), "phieu.csv", NULL);
    assert_int_equal(command_number(reply, "import", 0, "unchanged"), 2);
    assert_int_equal(count_of("need"), 2);
}

static void
test_commands_import_names_and_addresses_stay_out(void **state)
{
    (void)state;
    static const char sheet[] = "Mã dòng,Họ và tên,Tháng sinh,Giới tính,Xã,Địa chỉ,Ngày lập\n"
                                "TE-1,Nguyễn Văn Giả,05/2014,Nam,Xã Vân Hòa,Thôn Giả,15/10/2019\n";
    const ts_reply_t *reply = import_bytes("beneficiary", text_bytes(sheet), "tre.csv", NULL);
    must_be_good(reply);
    assert_true(command_has_issue(reply, "this column is not taken in: names", "Họ và tên"));
    for (size_t i = 0; i < reply->issue_count; i++) {
        assert_true(reply->issues[i].value == NULL ||
                    strstr(reply->issues[i].value, "Nguyễn") == NULL);
    }
    /* A need may name the child by the row id of that list. */
    static const char need[] = "Mã dòng,Mã trẻ,Xã,Nội dung hỗ trợ,Số lượng,Ngày rà soát\n"
                               "N-1,TE-1,Xã Vân Hòa,Đồ ấm,1,15/10/2019\n"
                               "N-2,TE-9,Xã Vân Hòa,Đồ ấm,1,15/10/2019\n";
    reply = import_bytes("need", text_bytes(need), "nhu-cau.csv", "partial", "yes", NULL);
    must_be_good(reply);
    assert_int_equal(command_number(reply, "import", 0, "added"), 1);
    assert_int_equal(command_number(reply, "import", 0, "refused"), 1);
}

/* ---- nothing personal stays */

/* Words that stand in the sheets below and must stand nowhere else. */
static const char *const personal[] = {"Nguyễn Văn Giả", "Nguyễn Thị Giả", "Bản Giả Mẫu",
                                       "Lò Thị Giả",     "Giả Nhân",       "0912345678",
                                       "nguyễn văn giả"};

static void
must_be_clean(const char *where, ts_bytes_t bytes)
{
    for (size_t i = 0; i < sizeof personal / sizeof personal[0]; i++) {
        size_t length = strlen(personal[i]);
        for (size_t at = 0; at + length <= bytes.length; at++) {
            if (memcmp(bytes.data + at, personal[i], length) == 0) {
                fail_msg("“%s” stands in %s", personal[i], where);
            }
        }
    }
}

/* Every event in custody, unpacked. Returns how many. */
static size_t
look_at_events(void)
{
    ts_custody_t *custody = command_world_node(world)->custody;
    ts_codec_t *codec = ts_codec_new();
    ts_buf_t bytes = {0};
    size_t count = 0;
    for (uint64_t arrival = 1; arrival <= ts_custody_arrival(custody); arrival++) {
        ts_held_segment_t stored;
        ts_segment_view_t view;
        assert_int_equal(ts_custody_get(custody, arrival, &stored, &bytes), TS_ERR_OK);
        assert_int_equal(ts_segment_parse(ts_buf_bytes(&bytes), &view), TS_ERR_OK);
        ts_payload_t payload;
        if ((view.header.flags & TS_SEGMENT_GENESIS) != 0 ||
            ts_payload_open(codec, &view.header, view.payload, &payload) != TS_ERR_OK) {
            continue;
        }
        ts_bytes_t event;
        while (ts_payload_next(&payload, &event)) {
            must_be_clean("an event", event);
            count++;
        }
    }
    ts_buf_free(&bytes);
    ts_codec_destroy(&codec);
    return count;
}

static size_t
look_at_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t count = 0;
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char path[1024];
        struct stat info;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        assert_int_equal(stat(path, &info), 0);
        if (entry->d_name[0] != '.' && S_ISDIR(info.st_mode)) {
            count += look_at_folder(path);
        } else if (S_ISREG(info.st_mode)) {
            ts_buf_t bytes = {0};
            command_read_file(path, &bytes);
            must_be_clean(path, ts_buf_bytes(&bytes));
            ts_buf_free(&bytes);
            count++;
        }
    }
    assert_int_equal(closedir(dir), 0);
    return count;
}

/* Lists with names, with and without row ids, good rows and refused ones, names in columns that the
 * form knows and in one that it does not. The sentences name each column that is left out; not one
 * word of the people is in an event, in custody, in the ledger with its feed, or in any other file
 * of the office. */
static void
test_commands_import_of_names_leaves_no_trace_of_them(void **state)
{
    (void)state;
    static const char list[] =
        "Mã dòng,Họ và tên,Tháng sinh,Giới tính,Xã,Người giám hộ,Địa chỉ,Ngày lập,Điện thoại\n"
        "TE-1,Nguyễn Văn Giả,05/2014,Nam,Xã Vân Hòa,Lò Thị Giả,Bản Giả Mẫu,15/10/2019,0912345678\n"
        "TE-2,Nguyễn Thị Giả,13/2014,Nữ,Xã Vân Hòa,Lò Thị Giả,Bản Giả Mẫu,15/10/2019,0912345678\n";
    static const char without_ids[] =
        "Họ và tên,Tháng sinh,Giới tính,Xã,Ngày lập\nGiả Nhân,06/2013,Nữ,Xã Vân Hòa,15/10/2019\n";
    static const char need[] =
        "Mã dòng,Họ tên trẻ,Tháng sinh,Giới tính,Xã,Nội dung hỗ trợ,Số lượng,Ngày rà soát\n"
        "N-1,nguyễn văn giả,05/2014,Nam,Xã Vân Hòa,Đồ ấm,1,15/10/2019\n";
    const ts_reply_t *reply =
        import_bytes("beneficiary", text_bytes(list), "tre.csv", "partial", "yes", NULL);
    must_be_good(reply);
    assert_int_equal(command_number(reply, "import", 0, "added"), 1);
    assert_int_equal(command_number(reply, "import", 0, "refused"), 1);
    static const char *const left_out[] = {"Họ và tên", "Người giám hộ", "Địa chỉ"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(command_has_issue(reply, "this column is not taken in: names", left_out[i]));
    }
    assert_true(command_has_issue(reply, "the heading “{1}” is not known", "Điện thoại"));
    must_be_good(import_bytes("beneficiary", text_bytes(without_ids), "tre2.csv", NULL));
    reply = import_bytes("need", text_bytes(need), "nhu-cau.csv", NULL);
    assert_true(command_has_issue(reply, "the heading “{1}” is not known", "Họ tên trẻ"));
    assert_int_equal(count_of("beneficiary"), reply->code == TS_ERR_OK ? 3 : 2);
    assert_int_equal(command_run(world, 0, "seal", NULL)->code, TS_ERR_OK);
    assert_true(look_at_events() > 100);
    char folder[512];
    (void)snprintf(folder, sizeof folder, "%s", command_world_folder(world));
    assert_true(look_at_folder(folder) > 3);
    /* Also what the databases write when they are closed. */
    command_world_reopen(world);
    assert_true(look_at_folder(folder) > 3);
}

static void
test_commands_import_handover_needs_a_source_and_a_reason(void **state)
{
    (void)state;
    static const char sheet[] =
        "Mã dòng,Ngày trao,Xã,Nội dung hỗ trợ,Mặt hàng,Số lượng,Đơn vị tính,Giá trị,Số biên "
        "bản,Điểm trường\n"
        "T-1,20/12/2019,Xã Vân Hòa,Đồ ấm,Áo khoác,25,bộ,\"12.500.000\",05/BB,Điểm A\n";
    const ts_reply_t *reply = import_bytes("handover", text_bytes(sheet), "trao.csv", NULL);
    assert_int_equal(reply->code, TS_ERR_INVALID);
    assert_true(command_has_issue(reply, "Say where it comes from", NULL));
    reply = import_bytes("handover", text_bytes(sheet), "trao.csv", "fund", "quy-1", NULL);
    assert_int_equal(reply->code, TS_ERR_INVALID); /* the fund has no coats */
    assert_true(command_has_issue(reply, "“{1}” ({4}): {2} are taken", NULL));
    reply = import_bytes("handover", text_bytes(sheet), "trao.csv", "fund", "quy-1", "reason",
                         "đã trao thật", NULL);
    must_be_good(reply);
    assert_int_equal(command_number(reply, "import", 0, "value_vnd"), 12500000);
    reply = command_run(world, 0, "findings", NULL);
    assert_true(ts_table_rows(ts_reply_table(reply, "findings")) >= 1);
}

static void
test_commands_import_unknown_sheet_or_empty_file(void **state)
{
    (void)state;
    assert_int_equal(import_bytes("donors", text_bytes("a,b\n"), "x.csv", NULL)->code,
                     TS_ERR_INVALID);
    assert_int_equal(import_bytes("need", (ts_bytes_t){NULL, 0}, "x.csv", NULL)->code,
                     TS_ERR_INVALID);
    assert_int_not_equal(import_bytes("need", text_bytes("\x89PNG\r\n\x1a\n"), "x.csv", NULL)->code,
                         TS_ERR_OK);
}

/* All sheets of the demo, in all their encodings, separators and ways of writing; the broken one is
 * refused with advice. */
static void
test_commands_import_takes_every_demo_sheet(void **state)
{
    (void)state;
    char command[1200];
    char folder[512];
    char path[700];
    ts_buf_t index = {0};
    (void)snprintf(folder, sizeof folder, "%s/demo-sheets", TS_TEST_BINARY_DIR);
    (void)snprintf(command, sizeof command,
                   "python3 '%s/tests/support/demo_gen.py' --out '%s' --fund quy-1 >/dev/null",
                   TS_TEST_SOURCE_DIR, folder);
    assert_int_equal(system(command), 0);
    (void)snprintf(path, sizeof path, "%s/index.csv", folder);
    command_read_file(path, &index);
    ts_buf_put_u8(&index, 0);
    size_t good = 0;
    size_t refused = 0;
    char *line = strchr((char *)index.data, '\n');
    while (line != NULL && line[1] != '\0') {
        line++;
        char *end = strchr(line, '\n');
        char cells[9][128] = {{0}};
        const char *at = line;
        for (size_t i = 0; i < 9; i++) {
            size_t length = strcspn(at, ",\n");
            (void)snprintf(cells[i], sizeof cells[i], "%.*s", (int)length, at);
            at += length + 1;
        }
        ts_buf_t sheet = {0};
        (void)snprintf(path, sizeof path, "%s/%s", folder, cells[0]);
        command_read_file(path, &sheet);
        for (int round = 0; round < 2; round++) {
            const ts_reply_t *reply = import_bytes(cells[1], ts_buf_bytes(&sheet), cells[0], NULL);
            if (strcmp(cells[3], "refuse") == 0) {
                assert_int_equal(reply->code, TS_ERR_INVALID);
                assert_true(reply->issue_count > 0);
                refused += round == 0;
                continue;
            }
            must_be_good(reply);
            int64_t rows = strtoll(cells[4], NULL, 10);
            assert_int_equal(command_number(reply, "import", 0, round == 0 ? "added" : "unchanged"),
                             rows);
            assert_int_equal(command_number(reply, "import", 0, "children"),
                             strtoll(cells[5], NULL, 10));
            assert_int_equal(command_number(reply, "import", 0, "head_count"),
                             strtoll(cells[6], NULL, 10));
            assert_int_equal(command_number(reply, "import", 0, "quantity"),
                             strtoll(cells[7], NULL, 10));
            assert_int_equal(command_number(reply, "import", 0, "value_vnd"),
                             strtoll(cells[8], NULL, 10));
            good += round == 0;
        }
        ts_buf_free(&sheet);
        line = end;
    }
    ts_buf_free(&index);
    assert_int_equal(good, 35);
    assert_int_equal(refused, 1);
    const ts_reply_t *reply = command_run(world, 0, "status", NULL);
    assert_int_equal(command_number(reply, "status", 0, "parked"), 0);
    assert_int_equal(command_number(reply, "status", 0, "pending"), 0);
    reply = command_run(world, 0, "verify", NULL);
    must_be_good(reply);
}

/* A sheet of many rows comes in one commit, with progress on the way. */
static void
test_commands_import_of_many_rows_tells_progress(void **state)
{
    (void)state;
    ts_buf_t sheet = {0};
    ts_buf_put_text(&sheet, NEED_HEAD);
    for (int i = 0; i < 3000; i++) {
        char row[256];
        (void)snprintf(row, sizeof row, "M-%d,Xã Vân Hòa,Đồ ấm,1,bộ,15/10/2019,%02d/2014,Nam,,,,\n",
                       i, i % 12 + 1);
        ts_buf_put_text(&sheet, row);
    }
    const ts_reply_t *reply = import_bytes("need", ts_buf_bytes(&sheet), "lon.csv", NULL);
    must_be_good(reply);
    assert_true(command_progress_count(world) > 20);
    assert_int_equal(command_number(reply, "import", 0, "entries"), 6000);
    assert_int_equal(count_of("need"), 3000);
    ts_buf_free(&sheet);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_commands_import_adds_rows_and_children, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_import_ten_times_is_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_import_letters_come_back_as_they_were, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_import_row_id_twice_names_the_line, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_import_emptied_cell_empties_the_field, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_import_twice_changes_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_import_changed_row_revises_its_record, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_commands_import_dry_run_tells_per_row_and_writes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_commands_import_mistakes_are_named_and_nothing_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_commands_import_without_row_ids_says_so_and_does_not_double, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_import_names_and_addresses_stay_out, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_import_of_names_leaves_no_trace_of_them,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_import_handover_needs_a_source_and_a_reason,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_import_unknown_sheet_or_empty_file, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_import_takes_every_demo_sheet, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_import_of_many_rows_tells_progress, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
