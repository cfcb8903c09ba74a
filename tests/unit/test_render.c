/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: report files hold the figures, in Vietnamese down to the tone marks, with HXL tags in the
 * second row, the mark of made-up data and the sentence about check codes; the same figures give
 * the same bytes. Method: a report of the small ledger (support/report_world.c) and of Sơn La's
 * signed budget; CSV bytes, and the strings inside the unpacked workbook. The files stay in the
 * build tree to be looked at.
 */
#include "base/xalloc.h"
#include "core/report_tables.h"
#include "reporter/files.h"
#include "reporter/render.h"
#include "reporter/watch.h"
#include "shared/say.h"
#include "support/report_world.h"
#include "support/test.h"

#include <minizip/unzip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER TS_TEST_BINARY_DIR "/render"

static const ts_report_budget_t budget[] = {
    {"b01", "", "1", "Truyền thông", "", "", "", 0, 0, 55000000, 330000000},
    {"b02", "b01", "1.1.", "Xây dựng phóng sự tuyên truyền", "Phóng sự", "02", "15,0", 2, 15000000,
     30000000, 180000000},
    {"b03", "b01", "1.2", "Tờ rơi", "Tờ", "5.000", "0,5", 5000, 500000, 25000000, 150000000},
    {"b07", "b01", "", "- Công tác phí", "ngày", "15", "0,2", 15, 200000, 3000000, 18000000},
};

/* Duties of the period with a state each: in time, late link, late, overdue … */
static ts_report_duty_t *
make_duties(report_world_t *world, const char *period, size_t *ret_count)
{
    const ts_calendar_query_t query = {
        .plan = report_world_plan(world),
        .period =
            ts_catalog_period_coded(report_world_catalog(world), report_world_plan(world), period)
                ->id};
    ts_due_t *dues = NULL;
    ts_calendar_due(report_world_catalog(world), &query, &dues, ret_count);
    ts_report_duty_t *rows = ts_xcalloc(*ret_count, sizeof *rows);
    for (size_t i = 0; i < *ret_count; i++) {
        rows[i].due = dues[i];
        int64_t due_ms = dues[i].last_moment.ms;
        if (i % 4 != 3 && dues[i].dated) {
            int64_t held = i % 4 == 2 ? due_ms + 5 * TS_DAY_MS : due_ms - 2 * TS_DAY_MS;
            rows[i].facts = (ts_seal_facts_t){
                .sealed = true,
                .complete = true,
                .editions = 1,
                .parent = {held - TS_DAY_MS},
                .claimed = {held - TS_DAY_MS / 2},
                .held = {held},
                .arrived = {held + (int64_t)(i % 4) * 4 * TS_DAY_MS},
            };
        }
        rows[i].class =
            ts_timeliness(&dues[i], &rows[i].facts, (ts_utc_t){due_ms + 10 * TS_DAY_MS});
    }
    ts_xfree(dues);
    return rows;
}

/* A whole report as the node would reply it. */
static void
make_reply(bool made_up, ts_reply_t *ret_reply)
{
    report_world_t *world = report_world_new("ha-noi-588");
    report_world_fill(world);
    ts_report_input_t input = report_world_input(world, "2019-year");
    ts_report_t *filed = ts_report_compute(&input);
    report_world_late_entry(world);
    input = report_world_input(world, "2019-year");
    ts_report_t *now = ts_report_compute(&input);
    const ts_report_earlier_t earlier = {filed, now};
    size_t count = 0;
    ts_report_duty_t *duties = make_duties(world, "2020-year", &count);
    input = report_world_input(world, "2020-year");
    input.duties = duties;
    input.duty_count = count;
    input.budget = budget;
    input.budget_count = TS_COUNT(budget);
    input.budget_years = 6;
    input.earlier = &earlier;
    input.earlier_count = 1;
    input.made_up = made_up;
    input.findings.parked = 2;
    ts_report_t *report = ts_report_compute(&input);
    ts_report_put_tables(report, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
                         ret_reply);
    ts_report_destroy(&report);
    ts_report_destroy(&now);
    ts_report_destroy(&filed);
    ts_xfree(duties);
    report_world_destroy(&world);
}

static const ts_buf_t *
file_of(const ts_render_files_t *files, const char *ending)
{
    for (size_t i = 0; i < files->count; i++) {
        size_t length = strlen(files->rows[i].name);
        size_t wanted = strlen(ending);
        if (length >= wanted && strcmp(files->rows[i].name + length - wanted, ending) == 0) {
            return &files->rows[i].data;
        }
    }
    fail_msg("no file %s", ending);
    return NULL;
}

static char *
text_of(const ts_buf_t *data)
{
    return ts_xstrndup((const char *)data->data, data->length);
}

/* Line by number from 0, without CR LF. */
static char *
line_of(const char *text, size_t number)
{
    for (; number > 0; number--) {
        text = strstr(text, "\r\n");
        assert_non_null(text);
        text += 2;
    }
    return ts_xstrndup(text, strcspn(text, "\r"));
}

static void
keep(const ts_render_files_t *files)
{
    ts_msg_t why = {0};
    assert_int_equal(ts_files_folder(FOLDER, &why), TS_ERR_OK);
    for (size_t i = 0; i < files->count; i++) {
        assert_int_equal(ts_files_write(FOLDER, &files->rows[i], &why), TS_ERR_OK);
    }
}

/* ---- CSV */

static void
test_render_csv_has_byte_order_mark_vietnamese_titles_and_tags(void **state)
{
    ts_reply_t reply = {0};
    make_reply(false, &reply);
    char *stem = ts_render_stem(&reply);
    assert_string_equal(stem, "ha-noi-588_2020-year");
    ts_render_files_t files = {0};
    ts_render_csv(&reply, stem, &files);
    assert_int_equal(files.count, 13);
    keep(&files);
    char *support = text_of(file_of(&files, "_07-support.csv"));
    assert_memory_equal(support, "\xef\xbb\xbf", 3);
    char *titles = line_of(support + 3, 0);
    char *tags = line_of(support, 1);
    assert_string_equal(titles,
                        "Mã,Nội dung hỗ trợ,Độ tuổi,Số trẻ em được hỗ trợ,Trong đó nữ,"
                        "Lượt trẻ em,Trong đó nữ,Lượt trẻ em (khai gộp),Trong đó nữ,"
                        "Số trẻ em (tối đa),Số điểm được hỗ trợ,Số lượng đã trao,Đơn vị tính,"
                        "Giá trị đã trao (đồng)");
    assert_string_equal(
        tags,
        "#activity+code,#activity+name+i_vi,#group+age+name+i_vi,#reached+ind+distinct+children,"
        "#reached+ind+distinct+f+children,#reached+times+children,#reached+times+f+children,"
        "#reached+times+declared+children,#reached+times+declared+f+children,"
        "#reached+ind+max+children,#loc+facility+num,#item+quantity+num,#item+unit+name,"
        "#value+disbursement+c_vnd");
    assert_non_null(strstr(support, "warm,Đồ ấm,Mọi lứa tuổi,3,2,3,2,Không áp dụng,,3,"
                                    "Không áp dụng,3,bộ,750000\r\n"));
    assert_non_null(strstr(support, "exam,\"Khám, chữa bệnh, tư vấn sức khỏe\",Mọi lứa tuổi,"
                                    "Chưa có số liệu"));
    char *lines = text_of(file_of(&files, "-budget.csv"));
    assert_non_null(strstr(lines, "'- Công tác phí"));
    assert_non_null(
        strstr(lines, "1.2,Tờ rơi,Tờ,5.000,\"0,5\",25000000,150000000,2500000000,5000"));
    char *duties = text_of(file_of(&files, "-duties.csv"));
    assert_non_null(strstr(duties, ",2020-11-29,2020-11-30,Quá hạn chưa gửi,"));
    assert_non_null(strstr(duties, ",\"Đúng hạn, đường truyền chậm\",2020-11-27T11:59:59+07:00,"));
    char *cover = text_of(file_of(&files, "-cover.csv"));
    assert_non_null(strstr(cover, "không phải chữ ký số"));
    assert_non_null(strstr(cover, "ĐỀ XUẤT, không có trong kế hoạch"));
    char *const texts[] = {stem, support, titles, tags, lines, duties, cover};
    for (size_t i = 0; i < TS_COUNT(texts); i++) {
        ts_xfree(texts[i]);
    }
    ts_render_files_free(&files);
    ts_reply_free(&reply);
}

static void
test_render_made_up_data_is_marked_in_the_first_row_of_every_csv(void **state)
{
    ts_reply_t reply = {0};
    make_reply(true, &reply);
    ts_render_files_t files = {0};
    ts_render_csv(&reply, "x", &files);
    for (size_t i = 0; i < files.count; i++) {
        char *text = text_of(&files.rows[i].data);
        assert_ptr_equal(strstr(text, "\"DỮ LIỆU GIẢ ĐỊNH: chỉ để thử"), text + 3);
        ts_xfree(text);
    }
    ts_render_files_free(&files);
    ts_reply_free(&reply);
}

static void
test_render_english_when_the_language_is_english(void **state)
{
    ts_reply_t reply = {0};
    make_reply(false, &reply);
    ts_say_init(TS_CONF_LANGUAGE_EN, TS_LOCALE_DIR);
    ts_render_files_t files = {0};
    ts_render_csv(&reply, "x", &files);
    char *needs = text_of(file_of(&files, "-needs.csv"));
    assert_non_null(strstr(needs, "Content of support,Age,Quantity needed"));
    assert_non_null(strstr(needs, "Every age"));
    ts_say_init(TS_CONF_LANGUAGE_VI, TS_LOCALE_DIR);
    ts_xfree(needs);
    ts_render_files_free(&files);
    ts_reply_free(&reply);
}

/* ---- XLSX */

/* All parts of the workbook, one behind the other. */
static char *
unpack(const char *path, size_t *ret_sheets)
{
    unzFile zip = unzOpen(path);
    assert_non_null(zip);
    ts_buf_t all = {0};
    *ret_sheets = 0;
    for (int code = unzGoToFirstFile(zip); code == UNZ_OK; code = unzGoToNextFile(zip)) {
        char name[128];
        unz_file_info info;
        assert_int_equal(unzGetCurrentFileInfo(zip, &info, name, sizeof name, NULL, 0, NULL, 0),
                         UNZ_OK);
        *ret_sheets += strncmp(name, "xl/worksheets/sheet", 19) == 0 ? 1 : 0;
        assert_int_equal(unzOpenCurrentFile(zip), UNZ_OK);
        int got;
        do {
            got = unzReadCurrentFile(zip, ts_buf_extend(&all, 8192), 8192);
            assert_true(got >= 0);
            all.length -= 8192 - (size_t)got;
        } while (got > 0);
        assert_int_equal(unzCloseCurrentFile(zip), UNZ_OK);
    }
    unzClose(zip);
    ts_buf_put_u8(&all, '\0');
    return (char *)all.data;
}

static void
test_render_xlsx_holds_cover_sections_chart_and_disclaimer(void **state)
{
    static const char *const wanted[] = {
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Số: ………/BC-………",
        "Kết quả thực hiện năm 2020",
        "SỞ LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI",
        "Số trẻ em được hỗ trợ",
        "Lượt trẻ em",
        "Chưa có số liệu",
        "Quá hạn chưa gửi",
        "Đúng hạn, đường truyền chậm",
        "#reached+ind+distinct+children",
        "không phải chữ ký số",
        "DỮ LIỆU GIẢ ĐỊNH",
        "Quỹ Bảo trợ trẻ em Hà Nội",
        "formatCode=\"#,##0\"",
        "<pane ySplit=",
        "_xlnm.Print_Titles",
        "paperSize=\"9\"",
        "fitToHeight=\"0\"",
        "<c:barChart>",
        "<v>750000</v>",
        /* tags and keys for programs are there and not printed */
        "ht=\"11\" hidden=\"1\" customHeight=\"1\"",
        "<col min=\"1\" max=\"1\" width=\"14.7109375\" hidden=\"1\"",
    };
    ts_reply_t reply = {0};
    ts_msg_t why = {0};
    make_reply(true, &reply);
    ts_render_files_t files = {0};
    assert_int_equal(ts_files_folder(FOLDER, &why), TS_ERR_OK);
    char *stem = ts_render_stem(&reply);
    assert_int_equal(ts_render_xlsx(&reply, stem, FOLDER, &files, &why), TS_ERR_OK);
    keep(&files);
    size_t sheets = 0;
    char *all = unpack(FOLDER "/ha-noi-588_2020-year.xlsx", &sheets);
    assert_int_equal(sheets, 14);
    for (size_t i = 0; i < TS_COUNT(wanted); i++) {
        if (strstr(all, wanted[i]) == NULL) {
            fail_msg("not in the workbook: %s", wanted[i]);
        }
    }
    /* No formula anywhere. */
    assert_null(strstr(all, "<f>"));
    ts_xfree(all);
    ts_xfree(stem);
    ts_render_files_free(&files);
    ts_reply_free(&reply);
}

static void
test_render_xlsx_of_the_same_figures_is_the_same_bytes(void **state)
{
    ts_buf_t first = {0};
    for (int round = 0; round < 2; round++) {
        ts_reply_t reply = {0};
        ts_msg_t why = {0};
        ts_render_files_t files = {0};
        make_reply(false, &reply);
        assert_int_equal(ts_files_folder(FOLDER, &why), TS_ERR_OK);
        assert_int_equal(ts_render_xlsx(&reply, round == 0 ? "a" : "b", FOLDER, &files, &why),
                         TS_ERR_OK);
        if (round == 0) {
            ts_buf_put(&first, files.rows[0].data.data, files.rows[0].data.length);
        } else {
            assert_int_equal(files.rows[0].data.length, first.length);
            assert_memory_equal(files.rows[0].data.data, first.data, first.length);
        }
        ts_render_files_free(&files);
        ts_reply_free(&reply);
    }
    ts_buf_free(&first);
}

static void
test_render_xlsx_into_a_folder_that_is_not_there_says_why(void **state)
{
    ts_reply_t reply = {0};
    ts_msg_t why = {0};
    ts_render_files_t files = {0};
    make_reply(false, &reply);
    assert_int_equal(ts_render_xlsx(&reply, "x", FOLDER "/not/there", &files, &why), TS_ERR_IO);
    assert_non_null(why.id);
    assert_int_equal(files.count, 0);
    ts_msg_free(&why);
    ts_reply_free(&reply);
}

/* ---- reminders */

static void
test_render_reminder_is_the_nearest_threshold_not_yet_passed(void **state)
{
    const ts_conf_days_t days = {.at = {30, 14, 7, 3, 1}, .count = 5};
    static const struct {
        int64_t left;
        int reminder;
    } rows[] = {{45, -1}, {31, -1}, {30, 30}, {20, 30}, {14, 14}, {8, 14},
                {7, 7},   {4, 7},   {3, 3},   {2, 3},   {1, 1},   {0, 1}};
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        assert_int_equal(ts_watch_reminder(&days, rows[i].left), rows[i].reminder);
    }
    const ts_conf_days_t none = {.count = 0};
    assert_int_equal(ts_watch_reminder(&none, 1), -1);
}

static int
vietnamese(void **state)
{
    ts_say_init(TS_CONF_LANGUAGE_VI, TS_LOCALE_DIR);
    return 0;
}

int
main(void)
{
    assert_int_equal(unsetenv("LANGUAGE"), 0);
    assert_int_equal(unsetenv("LC_ALL"), 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_render_csv_has_byte_order_mark_vietnamese_titles_and_tags),
        cmocka_unit_test(test_render_made_up_data_is_marked_in_the_first_row_of_every_csv),
        cmocka_unit_test(test_render_english_when_the_language_is_english),
        cmocka_unit_test(test_render_xlsx_holds_cover_sections_chart_and_disclaimer),
        cmocka_unit_test(test_render_xlsx_of_the_same_figures_is_the_same_bytes),
        cmocka_unit_test(test_render_xlsx_into_a_folder_that_is_not_there_says_why),
        cmocka_unit_test(test_render_reminder_is_the_nearest_threshold_not_yet_passed),
    };
    return cmocka_run_group_tests(tests, vietnamese, NULL);
}
