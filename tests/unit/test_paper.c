/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a key on paper comes back exactly, and a mistake of the person who types it is found in its
 * line. Method: all single wrong characters and all swaps of neighbours of random keys, lines of
 * two pages mixed, a page as a person would type it; key files and pages of both kinds.
 */
#include "crypto/crypto.h"
#include "crypto/keyfile.h"
#include "crypto/paper.h"
#include "crypto/recovery.h"
#include "support/test.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_BYTES 512

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static ts_random_seeded_t seeded;
static char folder[64];

typedef char lines_t[TS_PAPER_LINES][TS_PAPER_LINE_BYTES];

static int
set_up_all(void **state)
{
    (void)snprintf(folder, sizeof folder, "%s", "/tmp/tiepsuc-paper-XXXXXX");
    return ts_crypto_init() == TS_ERR_OK && mkdtemp(folder) != NULL ? 0 : -1;
}

static int
tear_down_all(void **state)
{
    return rmdir(folder);
}

static void
draw(uint64_t seed, uint8_t secret[TS_PAPER_SECRET_BYTES])
{
    ts_random_bytes(ts_random_from_seed(&seeded, seed), secret, TS_PAPER_SECRET_BYTES);
}

static ts_bytes_t
page_of(lines_t lines, char page[PAGE_BYTES])
{
    (void)snprintf(page, PAGE_BYTES, "%s\n%s\n%s\n%s\n", lines[0], lines[1], lines[2], lines[3]);
    return (ts_bytes_t){(const uint8_t *)page, strlen(page)};
}

/* The number of the line that the refusal names; fails when it is none. */
static unsigned
refused_line(ts_bytes_t page)
{
    ts_paper_kind_t kind;
    uint8_t secret[TS_PAPER_SECRET_BYTES];
    ts_msg_t why = {0};
    assert_int_equal(ts_paper_read(page, &kind, secret, &why), TS_ERR_INVALID);
    assert_non_null(why.args[0]);
    unsigned number = (unsigned)(why.args[0][0] - '0');
    ts_msg_free(&why);
    return number;
}

static void
test_paper_any_key_comes_back(void **state)
{
    for (uint64_t seed = 0; seed < 500; seed++) {
        uint8_t secret[TS_PAPER_SECRET_BYTES];
        uint8_t back[TS_PAPER_SECRET_BYTES];
        ts_paper_kind_t kind = seed % 2 == 0 ? TS_PAPER_ROOT : TS_PAPER_RECOVERY;
        ts_paper_kind_t read = TS_PAPER_ROOT;
        lines_t lines;
        char page[PAGE_BYTES];
        ts_msg_t why = {0};
        draw(seed, secret);
        if (seed < 2) {
            memset(secret, seed == 0 ? 0 : 0xff, sizeof secret);
        }
        ts_paper_lines(kind, secret, lines);
        assert_int_equal(ts_paper_read(page_of(lines, page), &read, back, &why), TS_ERR_OK);
        assert_int_equal(read, kind);
        assert_memory_equal(back, secret, sizeof secret);
    }
}

/* Every place of every line, every other character, of several keys. */
static void
test_paper_any_wrong_character_names_its_line(void **state)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        uint8_t secret[TS_PAPER_SECRET_BYTES];
        lines_t lines;
        char page[PAGE_BYTES];
        draw(seed, secret);
        ts_paper_lines(TS_PAPER_RECOVERY, secret, lines);
        for (unsigned number = 1; number <= TS_PAPER_LINES; number++) {
            for (size_t place = 3; place < TS_PAPER_LINE_BYTES - 1; place++) {
                char *at = &lines[number - 1][place];
                char right = *at;
                for (const char *wrong = alphabet; right != '-' && *wrong != '\0'; wrong++) {
                    if (*wrong != right) {
                        *at = *wrong;
                        assert_int_equal(refused_line(page_of(lines, page)), number);
                    }
                }
                *at = right;
            }
        }
    }
}

static void
test_paper_any_swap_of_neighbours_names_its_line(void **state)
{
    unsigned swaps = 0;
    for (uint64_t seed = 0; seed < 50; seed++) {
        uint8_t secret[TS_PAPER_SECRET_BYTES];
        lines_t lines;
        char page[PAGE_BYTES];
        draw(seed, secret);
        ts_paper_lines(TS_PAPER_ROOT, secret, lines);
        for (unsigned number = 1; number <= TS_PAPER_LINES; number++) {
            char *line = lines[number - 1];
            for (size_t left = 3; left < TS_PAPER_LINE_BYTES - 2; left++) {
                size_t right = line[left + 1] == '-' ? left + 2 : left + 1;
                if (line[left] == '-' || line[left] == line[right]) {
                    continue;
                }
                char kept = line[left];
                line[left] = line[right];
                line[right] = kept;
                assert_int_equal(refused_line(page_of(lines, page)), number);
                line[right] = line[left];
                line[left] = kept;
                swaps++;
            }
        }
    }
    assert_true(swaps > 2000);
}

/* Two lines that changed places, also when their numbers were not typed. */
static void
test_paper_lines_in_wrong_order_are_refused(void **state)
{
    uint8_t secret[TS_PAPER_SECRET_BYTES];
    lines_t lines;
    char page[PAGE_BYTES];
    draw(3, secret);
    ts_paper_lines(TS_PAPER_RECOVERY, secret, lines);
    (void)snprintf(page, sizeof page, "%s\n%s\n%s\n%s", lines[1], lines[0], lines[2], lines[3]);
    assert_int_equal(refused_line((ts_bytes_t){(uint8_t *)page, strlen(page)}), 1);
    (void)snprintf(page, sizeof page, "%s\n%s\n%s\n%s", lines[0] + 2, lines[2] + 2, lines[1] + 2,
                   lines[3] + 2);
    assert_int_equal(refused_line((ts_bytes_t){(uint8_t *)page, strlen(page)}), 2);
}

static void
test_paper_lines_of_two_pages_are_refused(void **state)
{
    ts_paper_kind_t kind;
    uint8_t back[TS_PAPER_SECRET_BYTES];
    lines_t one;
    lines_t other;
    char page[PAGE_BYTES];
    ts_msg_t why = {0};
    draw(4, back);
    ts_paper_lines(TS_PAPER_RECOVERY, back, one);
    draw(5, back);
    ts_paper_lines(TS_PAPER_RECOVERY, back, other);
    memcpy(one[2], other[2], sizeof one[2]);
    assert_int_equal(ts_paper_read(page_of(one, page), &kind, back, &why), TS_ERR_INVALID);
    assert_non_null(strstr(why.id, "do not belong together"));
    ts_msg_free(&why);
}

static void
test_paper_as_a_person_types_it_is_read(void **state)
{
    uint8_t secret[TS_PAPER_SECRET_BYTES];
    uint8_t back[TS_PAPER_SECRET_BYTES];
    ts_paper_kind_t kind;
    lines_t lines;
    char page[PAGE_BYTES];
    ts_msg_t why = {0};
    for (uint64_t seed = 0; seed < 40; seed++) {
        draw(seed, secret);
        ts_paper_lines(TS_PAPER_ROOT, secret, lines);
        char text[PAGE_BYTES];
        ts_bytes_t right = page_of(lines, text);
        size_t to = 0;
        for (size_t i = 0; i < right.length; i++) {
            char c = (char)tolower(right.data[i]);
            bool number = i + 1 < right.length && right.data[i + 1] == ':';
            c = c == '0' ? 'o' : c == '1' && !number ? (i % 2 == 0 ? 'l' : 'I') : c;
            page[to++] = c == '-' ? ' ' : c;
        }
        ts_bytes_t typed = {(const uint8_t *)page, to};
        assert_int_equal(ts_paper_read(typed, &kind, back, &why), TS_ERR_OK);
        assert_memory_equal(back, secret, sizeof secret);
    }
    /* A whole page with what stands around the lines. */
    (void)snprintf(page, sizeof page,
                   "Tiếp Sức\r\n\r\n  %s\r\n  %s\r\n\r\n  %s\r\n  %s\r\n2026\r\n", lines[0],
                   lines[1], lines[2], lines[3]);
    ts_bytes_t whole = {(const uint8_t *)page, strlen(page)};
    assert_int_equal(ts_paper_read(whole, &kind, back, &why), TS_ERR_OK);
    assert_memory_equal(back, secret, sizeof secret);
}

static void
test_paper_damaged_pages_are_refused_with_reason(void **state)
{
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"", "is missing"},
        {"\n\n", "is missing"},
        {"2: 08K3D-9XW2M-4TRV8\n", "is expected here"},
        {"1: 08K3D-9XW2M-4TRV", "characters: there must be"},
        {"1: 08K3D-9XW2M-4TRV80", "characters: there must be"},
        {"1: 08K3D-9XW2U-4TRV8", "does not occur"},
        {"1: 08K3D-9XẾ2M-4TRV8", "does not occur"},
        {"Chao", "there must be"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ts_paper_kind_t kind;
        uint8_t secret[TS_PAPER_SECRET_BYTES];
        ts_msg_t why = {0};
        ts_bytes_t page = {(const uint8_t *)rows[i].text, strlen(rows[i].text)};
        assert_int_equal(ts_paper_read(page, &kind, secret, &why), TS_ERR_INVALID);
        assert_non_null(strstr(why.id, rows[i].says));
        ts_msg_free(&why);
    }
}

static void
test_paper_line_by_line_tells_at_once(void **state)
{
    uint8_t secret[TS_PAPER_SECRET_BYTES];
    lines_t lines;
    ts_msg_t why = {0};
    draw(8, secret);
    ts_paper_lines(TS_PAPER_ROOT, secret, lines);
    assert_int_equal(ts_paper_check_line(2, lines[1], &why), TS_ERR_OK);
    assert_int_equal(ts_paper_check_line(2, lines[1] + 2, &why), TS_ERR_OK);
    assert_int_equal(ts_paper_check_line(2, lines[2], &why), TS_ERR_INVALID);
    assert_int_equal(ts_paper_check_line(2, lines[2] + 2, &why), TS_ERR_INVALID);
    ts_msg_free(&why);
}

/* ---- key files and pages */

static void
path_of(char path[128], const char *name)
{
    (void)snprintf(path, 128, "%s/%s", folder, name);
}

static void
write_page(const char *path, lines_t lines)
{
    char page[PAGE_BYTES];
    ts_bytes_t bytes = page_of(lines, page);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.length, file), bytes.length);
    assert_int_equal(fclose(file), 0);
}

static void
test_recovery_key_comes_back_from_file_and_page(void **state)
{
    char secret_path[128];
    char public_path[128];
    char page_path[128];
    ts_id16_t deployment = {{1, 2, 3}};
    ts_recovery_t made;
    ts_recovery_t back;
    lines_t lines;
    ts_msg_t why = {0};
    path_of(secret_path, "recovery.key");
    path_of(public_path, "recovery.pub");
    path_of(page_path, "page.txt");
    ts_recovery_make(ts_random_from_seed(&seeded, 9), &deployment, "Sở LĐTBXH", 1571000000, &made);
    assert_int_equal(ts_recovery_save(&made, secret_path, &why), TS_ERR_OK);
    assert_int_equal(ts_recovery_save_public(&made, public_path, &why), TS_ERR_OK);
    ts_recovery_lines(&made, lines);
    write_page(page_path, lines);

    assert_int_equal(ts_recovery_load(secret_path, &back, &why), TS_ERR_OK);
    assert_memory_equal(&back, &made, sizeof made);
    assert_int_equal(ts_recovery_load_public(public_path, &back, &why), TS_ERR_OK);
    assert_true(ts_hash_equal(&back.public_key, &made.public_key));
    assert_true(ts_id16_equal(&back.deployment, &deployment));
    assert_false(back.has_secret);
    assert_string_equal(back.name, "Sở LĐTBXH");
    assert_int_equal(ts_recovery_load(page_path, &back, &why), TS_ERR_OK);
    assert_true(ts_hash_equal(&back.public_key, &made.public_key));
    assert_memory_equal(back.secret.b, made.secret.b, sizeof made.secret.b);
    /* Never over another one. */
    assert_int_equal(ts_recovery_save(&made, secret_path, &why), TS_ERR_EXISTS);
    ts_msg_free(&why);
    assert_int_equal(chmod(secret_path, 0644), 0);
    assert_int_equal(ts_recovery_load(secret_path, &back, &why), TS_ERR_DENIED);
    ts_msg_free(&why);
    assert_int_equal(unlink(secret_path) | unlink(public_path) | unlink(page_path), 0);
}

static void
test_root_key_comes_back_from_file_and_page(void **state)
{
    char file_path[128];
    char page_path[128];
    ts_hash_t public_key;
    ts_hash_t back_public;
    ts_secret_t secret;
    ts_secret_t back;
    ts_recovery_t recovery;
    lines_t lines;
    ts_msg_t why = {0};
    path_of(file_path, "root.key");
    path_of(page_path, "page.txt");
    ts_sign_keypair(ts_random_from_seed(&seeded, 10), &public_key, &secret);
    ts_root_lines(&secret, lines);
    write_page(page_path, lines);
    assert_int_equal(ts_root_load(page_path, NULL, &back_public, &back, &why), TS_ERR_OK);
    assert_true(ts_hash_equal(&back_public, &public_key));
    assert_memory_equal(back.b, secret.b, sizeof secret.b);
    /* One page is not taken for the other. */
    assert_int_equal(ts_recovery_load(page_path, &recovery, &why), TS_ERR_INVALID);
    assert_non_null(strstr(why.id, "page of a root key"));
    ts_msg_free(&why);

    ts_keyfile_t *file = ts_keyfile_new(TS_KEYFILE_ROOT);
    ts_keyfile_options_t options = {.random = ts_random_from_seed(&seeded, 1), .passphrase = "xin"};
    ts_keyfile_put_sign(file, &secret);
    assert_int_equal(ts_keyfile_save(file, file_path, &options, &why), TS_ERR_OK);
    ts_keyfile_destroy(&file);
    assert_int_equal(ts_root_load(file_path, NULL, &back_public, &back, &why), TS_ERR_KEY);
    ts_msg_free(&why);
    assert_int_equal(ts_root_load(file_path, "xin", &back_public, &back, &why), TS_ERR_OK);
    assert_memory_equal(back.b, secret.b, sizeof secret.b);
    assert_int_equal(ts_root_load("/nonexistent/root.key", NULL, &back_public, &back, &why),
                     TS_ERR_NOTFOUND);
    ts_msg_free(&why);
    assert_int_equal(unlink(file_path) | unlink(page_path), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paper_any_key_comes_back),
        cmocka_unit_test(test_paper_any_wrong_character_names_its_line),
        cmocka_unit_test(test_paper_any_swap_of_neighbours_names_its_line),
        cmocka_unit_test(test_paper_lines_in_wrong_order_are_refused),
        cmocka_unit_test(test_paper_lines_of_two_pages_are_refused),
        cmocka_unit_test(test_paper_as_a_person_types_it_is_read),
        cmocka_unit_test(test_paper_damaged_pages_are_refused_with_reason),
        cmocka_unit_test(test_paper_line_by_line_tells_at_once),
        cmocka_unit_test(test_recovery_key_comes_back_from_file_and_page),
        cmocka_unit_test(test_root_key_comes_back_from_file_and_page),
    };
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
