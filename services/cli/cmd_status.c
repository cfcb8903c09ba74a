/* SPDX-License-Identifier: MPL-2.0 */
/* status: how safe the work is, in numbers and words; then what waits for a person. */
#include "base/buf.h"
#include "base/xalloc.h"
#include "cli/commands.h"
#include "shared/term.h"

#include <string.h>

#define BAR_CELLS_MAX 40u
#define TITLE_CELLS 20u
#define DUTIES_SHOWN 3u

static const ts_cli_option_t options[] = {
    {.name = "logs", .flags = TS_CLI_LOCAL, .help = N_("also the logs of this installation")},
    {.name = "all-logs", .help = N_("also the logs of all others that are held here")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_status = {
    .sends = "status",
    .options = options,
    .text = N_(
        "saved: written safely on this machine. held: the parent has received it, read it back and "
        "checked it. "
        "anchored: the province has it, so that the loss of any one machine loses nothing of it. "
        "At "
        "the province itself held and anchored are one: an office below holds it as well."),
    .examples = "status\nstatus --json\nstatus -d /var/lib/tiepsuc/office",
};

/* ---- facts of the reply */

typedef struct facts {
    const ts_table_t *table;
    size_t row;
} facts_t;

static int64_t
number_of(const facts_t *facts, const char *name)
{
    size_t column = ts_table_column(facts->table, name);
    const ts_cell_t *cell =
        column == SIZE_MAX ? NULL : ts_table_cell(facts->table, facts->row, column);
    return cell != NULL && cell->kind == TS_CELL_NUMBER ? cell->number : 0;
}

/* NULL when it is not said. */
static const char *
text_of(const facts_t *facts, const char *name)
{
    size_t column = ts_table_column(facts->table, name);
    const ts_cell_t *cell =
        column == SIZE_MAX ? NULL : ts_table_cell(facts->table, facts->row, column);
    return cell != NULL && cell->kind == TS_CELL_TEXT ? cell->text : NULL;
}

static bool
is_province(const facts_t *facts)
{
    const char *link = text_of(facts, "link");
    return link != NULL && strcmp(link, "root") == 0;
}

static const char *
say_number(int64_t number, char *out)
{
    ts_say_number(number, out, TS_SAY_BYTES);
    return out;
}

/* Takes the text. */
static void
print_line(const ts_cli_t *self, char *text)
{
    ts_out_wrap(&self->out, self->out.out, text, 0, false);
    ts_xfree(text);
}

/* Takes the value. */
static void
print_pair(const ts_cli_t *self, const char *title, char *value)
{
    ts_out_pair(&self->out, title, value, TITLE_CELLS);
    ts_xfree(value);
}

/* ---- the headline and the three states */

static void
show_headline(const ts_cli_t *self, const facts_t *facts)
{
    char number[TS_SAY_BYTES];
    char age[TS_SAY_BYTES];
    int64_t saved = number_of(facts, "saved");
    int64_t open = saved - number_of(facts, "anchored");
    if (is_province(facts)) {
        print_line(self, ts_xstrdup(_("This is the province: what has arrived here is anchored.")));
        if (open > 0) {
            print_line(
                self, ts_say_text(number_of(facts, "keepers") > 0
                                      ? N_("Of its own entries {1} wait for a keeper to hold them.")
                                      : N_("Of its own entries {1} – pledges, donors, reports – "
                                           "are on one disk only: name a keeper (tiepsuc keeper "
                                           "add) and keep a backup."),
                                  say_number(open, number), NULL));
        }
        return;
    }
    if (saved == 0) {
        print_line(self, ts_xstrdup(_("Nothing has been entered here yet.")));
        return;
    }
    if (open <= 0) {
        print_line(self, ts_say_text(N_("All {1} entries are safe: the province has them."),
                                     say_number(saved, number), NULL));
        return;
    }
    say_number(open, number);
    int64_t seconds = number_of(facts, "oldest_unanchored_s");
    ts_say_duration(seconds, age, sizeof age);
    print_line(self,
               seconds == 0
                   ? ts_say_text(N_("Entries not yet at the province: {1}."), number, NULL)
                   : ts_say_text(
                         N_("Entries not yet at the province: {1}; the oldest has waited for {2}."),
                         number, age, NULL));
}

/* A bar of so many of so many; at least a sliver when there is something, full only when it is all.
 */
static void
put_bar(ts_buf_t *out, int64_t part, int64_t whole, size_t cells)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    if (whole <= 0 || part <= 0 || cells == 0) {
        return;
    }
    part = part > whole ? whole : part;
    uint64_t units = (uint64_t)((double)part / (double)whole * (double)(cells * 8));
    if (units == 0) {
        units = 1;
    }
    if (part < whole && units >= cells * 8) {
        units = cells * 8 - 1;
    }
    for (uint64_t i = 0; i < units / 8; i++) {
        ts_buf_put_text(out, "█");
    }
    ts_buf_put_text(out, eighths[units % 8]);
}

static void
show_states(const ts_cli_t *self, const facts_t *facts)
{
    static const struct {
        const char *name;
        const char *title;
    } of_office[] =
        {
            {"saved", N_("saved here")},
            {"held", N_("held by the parent")},
            {"anchored", N_("anchored, province")},
        },
      of_province[] = {
          {"saved", N_("saved here, own")},
          {"held", N_("held by others")},
          {"anchored", N_("anchored")},
      };
    bool province = is_province(facts);
    char number[TS_SAY_BYTES];
    int64_t whole = number_of(facts, "saved");
    size_t digits = ts_term_cells(say_number(whole, number));
    size_t used = TITLE_CELLS + digits + 6;
    size_t bar = self->out.columns > used + 8 ? self->out.columns - used : 0;
    bar = bar > BAR_CELLS_MAX ? BAR_CELLS_MAX : bar;
    (void)fputc('\n', self->out.out);
    for (size_t i = 0; i < sizeof of_office / sizeof of_office[0]; i++) {
        ts_buf_t line = {.length = 0};
        int64_t count = number_of(facts, of_office[i].name);
        say_number(count, number);
        for (size_t cells = ts_term_cells(number); cells < digits; cells++) {
            ts_buf_put_u8(&line, ' ');
        }
        ts_buf_put_text(&line, number);
        ts_buf_put_text(&line, count > 0 && bar > 0 ? "  " : "");
        put_bar(&line, count, whole, bar);
        ts_buf_put_u8(&line, '\0');
        ts_out_pair(&self->out, ts_say(province ? of_province[i].title : of_office[i].title),
                    (const char *)line.data, TITLE_CELLS);
        ts_buf_free(&line);
    }
    int64_t unsealed = number_of(facts, "unsealed");
    if (unsealed > 0) {
        print_pair(self, "",
                   ts_say_text(N_("{1} just entered, not yet packed for sending"),
                               say_number(unsealed, number), NULL));
    }
}

/* ---- link */

/* The sentence of an error's short name. */
static const char *
error_sentence(const char *name)
{
    static const struct {
        const char *name;
        const char *text;
    } errors[] = {
#define ROW(short_name, value, sentence) {#short_name, sentence},
        TS_ERR_LIST(ROW)
#undef ROW
    };
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (strcmp(errors[i].name, name) == 0) {
            return ts_say(errors[i].text);
        }
    }
    return name;
}

static void
show_link(const ts_cli_t *self, const facts_t *facts)
{
    static const struct {
        const char *word;
        const char *id;
    } words[] = {
        {"up", N_("connected")},
        {"connecting", N_("connecting …")},
        {"off", N_("not connected; entries wait here safely")},
    };
    const char *link = text_of(facts, "link");
    const char *error = text_of(facts, "link_error");
    char when[TS_SAY_BYTES];
    if (link == NULL || is_province(facts)) {
        return;
    }
    ts_buf_t text = {.length = 0};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        ts_buf_put_text(&text, strcmp(words[i].word, link) == 0 ? ts_say(words[i].id) : "");
    }
    /* AGAIN: there is no line, which the words say already. */
    if (error != NULL && strcmp(error, "OK") != 0 && strcmp(error, "AGAIN") != 0) {
        ts_buf_put_text(&text, " (");
        ts_buf_put_text(&text, error_sentence(error));
        ts_buf_put_text(&text, ")");
    }
    ts_buf_put_u8(&text, '\0');
    ts_out_pair(&self->out, _("Link to the parent"), (const char *)text.data, TITLE_CELLS);
    ts_buf_free(&text);
    int64_t heard = number_of(facts, "root_time");
    if (heard == 0) {
        print_pair(self, _("News from province"),
                   ts_xstrdup(_("none yet: plans and units come with the first connection")));
    } else {
        ts_say_time((ts_utc_t){heard * 1000}, when, sizeof when);
        print_pair(self, _("News from province"), ts_say_text(N_("as of {1}"), when, NULL));
    }
}

/* Where there is no link: what the next stick takes along. */
static void
show_stick(const ts_cli_t *self, const facts_t *facts)
{
    char entries[TS_SAY_BYTES];
    char number[TS_SAY_BYTES];
    char when[TS_SAY_BYTES];
    const char *link = text_of(facts, "link");
    int64_t waiting = number_of(facts, "to_carry");
    int64_t last = number_of(facts, "bundle_out");
    if (link == NULL || strcmp(link, "up") == 0 || (waiting == 0 && last == 0)) {
        return;
    }
    if (waiting > 0) {
        print_pair(self, _("For link or stick"),
                   ts_say_text(N_("{1} entries wait   → tiepsuc bundle export DIR"),
                               say_number(waiting, entries), NULL));
    }
    if (last > 0) {
        ts_say_time((ts_utc_t){number_of(facts, "bundle_out_time") * 1000}, when, sizeof when);
        print_pair(
            self, waiting > 0 ? "" : _("For link or stick"),
            ts_say_text(N_("last bundle: number {1}, {2}"), say_number(last, number), when, NULL));
    }
}

static void
show_peers(const ts_cli_t *self, const ts_reply_t *reply)
{
    const ts_table_t *peers = ts_reply_table(reply, "peers");
    size_t side = peers == NULL ? SIZE_MAX : ts_table_column(peers, "side");
    size_t name = peers == NULL ? SIZE_MAX : ts_table_column(peers, "name");
    ts_buf_t text = {.length = 0};
    for (size_t r = 0; side != SIZE_MAX && name != SIZE_MAX && r < ts_table_rows(peers); r++) {
        const ts_cell_t *cell = ts_table_cell(peers, r, side);
        const ts_cell_t *who = ts_table_cell(peers, r, name);
        if (cell->kind == TS_CELL_TEXT && strcmp(cell->text, "child") == 0 &&
            who->kind == TS_CELL_TEXT) {
            ts_buf_put_text(&text, text.length == 0 ? "" : ", ");
            ts_buf_put_text(&text, who->text);
        }
    }
    if (text.length > 0) {
        ts_buf_put_u8(&text, '\0');
        ts_out_pair(&self->out, _("Connected below"), (const char *)text.data, TITLE_CELLS);
    }
    ts_buf_free(&text);
}

/* ---- what needs a person */

static void
show_attention(const ts_cli_t *self, const facts_t *facts)
{
    static const struct {
        const char *name;
        const char *title;
        const char *id;
    } rows[] = {
        {"parked", N_("Parked"), N_("{1} entries could not be taken in   → tiepsuc parked")},
        {"pending", N_("Waiting"), N_("{1} entries wait for a record that has not come yet")},
        {"conflicts", N_("Conflicts"),
         N_("{1} records were changed in two places   → tiepsuc conflicts")},
        {"negative", N_("Balances"), N_("{1} balances are below zero   → tiepsuc findings")},
        {"repeats", N_("Repeated support"),
         N_("{1} children got the same twice in a period   → tiepsuc findings")},
        {"duplicates", N_("Duplicates"),
         N_("{1} papers were perhaps entered twice   → tiepsuc findings")},
        {"damaged_segments", N_("Damaged"),
         N_("{1} packets went bad on the disk; other offices are asked for them   → tiepsuc "
            "verify")},
        {"refused_segments", N_("Refused"), N_("{1} packets were refused   → tiepsuc verify")},
        {"refused_keys", N_("Strangers"),
         N_("{1} connections with an unknown or revoked key were refused")},
        {"banned_peers", N_("Banned"), N_("{1} connections were cut: they broke the rules")},
        {"waiting_segments", N_("Packets"), N_("{1} packets wait for the one before them")},
        {"forked_logs", N_("Copied machine"),
         N_("{1} logs were continued in two places; ask the province")},
        {"to_fold", N_("Being counted in"), N_("{1} packets; figures lag behind until then")},
        {"rebuilding", N_("Ledger"), N_("is being made anew; figures are those of before")},
    };
    char number[TS_SAY_BYTES];
    size_t shown = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t count = number_of(facts, rows[i].name);
        if (count > 0) {
            print_pair(self, ts_say(rows[i].title),
                       ts_say_text(rows[i].id, say_number(count, number), NULL));
            shown++;
        }
    }
    if (shown == 0) {
        print_pair(self, _("Needs attention"), ts_xstrdup(_("nothing")));
    }
}

/* ---- what is due */

/* Of one body it says to whom, of several from whom: "2019-year, UBND huyện Ba Vì: hạn 29/11/2019,
 * còn 12 ngày". */
static char *
duty_line(const ts_table_t *duties, size_t row, bool several)
{
    const facts_t facts = {.table = duties, .row = row};
    char due[TS_SAY_BYTES];
    char days[TS_SAY_BYTES];
    const char *period = text_of(&facts, "period");
    const char *to = text_of(&facts, "to_name");
    int64_t left = number_of(&facts, "days_left");
    ts_say_date((ts_date_t){(int32_t)number_of(&facts, "due")}, due, sizeof due);
    say_number(left < 0 ? -left : left, days);
    if (several) {
        to = text_of(&facts, "body_name");
        return ts_say_text(left < 0 ? N_("{1}, {2}: was due {3}, overdue for {4} days")
                                    : N_("{1}, {2}: due {3}, {4} days left"),
                           period == NULL ? "?" : period, to == NULL ? "?" : to, due, days, NULL);
    }
    return ts_say_text(left < 0 ? N_("{1} to {2}: was due {3}, overdue for {4} days")
                                : N_("{1} to {2}: due {3}, {4} days left"),
                       period == NULL ? "?" : period, to == NULL ? "?" : to, due, days, NULL);
}

static bool
are_of_several(const ts_table_t *duties, size_t rows)
{
    const facts_t first = {.table = duties, .row = 0};
    const char *body = rows == 0 ? NULL : text_of(&first, "body_name");
    for (size_t r = 1; body != NULL && r < rows; r++) {
        const facts_t other = {.table = duties, .row = r};
        const char *name = text_of(&other, "body_name");
        if (name != NULL && strcmp(name, body) != 0) {
            return true;
        }
    }
    return false;
}

static void
show_duties(const ts_cli_t *self, const ts_reply_t *reply)
{
    const ts_table_t *duties = ts_reply_table(reply, "duties");
    size_t rows =
        duties == NULL || ts_table_column(duties, "due") == SIZE_MAX ? 0 : ts_table_rows(duties);
    bool several = are_of_several(duties, rows);
    for (size_t r = 0; r < rows && r < DUTIES_SHOWN; r++) {
        print_pair(self, r == 0 ? _("Reports due") : "", duty_line(duties, r, several));
    }
    if (rows > DUTIES_SHOWN) {
        char more[TS_SAY_BYTES];
        say_number((int64_t)(rows - DUTIES_SHOWN), more);
        print_pair(self, "", ts_say_text(N_("and {1} more   → tiepsuc report status"), more, NULL));
    }
}

/* Asks for the duties too and puts their table beside the others. Where no plan has come yet there
 * are none, and that is no failure of `status`. */
static void
add_duties(ts_cli_t *self, ts_reply_t *reply)
{
    ts_command_t command;
    ts_reply_t duties = {.done = false};
    ts_command_init(&command, "report_status");
    command.account = self->account;
    if (ts_ask(self, &command, NULL, &duties) == TS_CLI_GOOD) {
        for (size_t i = 0; duties.code == TS_ERR_OK && i < duties.table_count; i++) {
            ts_table_t *table = ts_reply_add_table(reply, "");
            ts_table_free(table);
            *table = duties.tables[i];
            duties.tables[i] = (ts_table_t){.name = NULL};
        }
        ts_reply_free(&duties);
    }
    ts_command_free(&command);
}

static void
show_disk(const ts_cli_t *self, const facts_t *facts)
{
    char size[TS_SAY_BYTES];
    char percent[TS_SAY_BYTES];
    int64_t free_mib = number_of(facts, "disk_free_mib");
    if (ts_table_column(facts->table, "disk_free_mib") == SIZE_MAX) {
        return;
    }
    ts_say_size((uint64_t)free_mib << 20, size, sizeof size);
    say_number(number_of(facts, "disk_free_percent"), percent);
    print_pair(self, _("Disk"), ts_say_text(N_("{1} free ({2} %)"), size, percent, NULL));
}

/* How old the last backup is; that there is none only where one is needed every day. */
static void
show_backup(const ts_cli_t *self, const facts_t *facts)
{
    char number[TS_SAY_BYTES];
    char since[TS_SAY_BYTES];
    int64_t age_s = number_of(facts, "backup_age_s");
    if (ts_table_column(facts->table, "backup_age_s") == SIZE_MAX) {
        return;
    }
    if (number_of(facts, "returning") != 0) {
        print_pair(self, _("Coming back"),
                   ts_xstrdup(_("what was lost comes from others   → tiepsuc rebuild status")));
    }
    say_number(number_of(facts, "since_backup"), since);
    if (age_s < 0 && is_province(facts)) {
        print_pair(self, _("Last backup"), ts_xstrdup(_("none   → tiepsuc help backup")));
    } else if (age_s >= 86400) {
        say_number(age_s / 86400, number);
        print_pair(self, _("Last backup"),
                   ts_say_text(N_("{1} days ago, {2} packets since"), number, since, NULL));
    } else if (age_s >= 0) {
        say_number(age_s / 3600, number);
        print_pair(self, _("Last backup"),
                   ts_say_text(N_("{1} hours ago, {2} packets since"), number, since, NULL));
    }
}

/* ---- the screen */

static void
show_title(const ts_cli_t *self, const facts_t *facts)
{
    const char *parts[] = {text_of(facts, "name"), text_of(facts, "body"), text_of(facts, "unit")};
    char number[24];
    (void)snprintf(number, sizeof number, "%lld", (long long)number_of(facts, "office"));
    char *office = ts_say_text(N_("Office {1}"), number, NULL);
    ts_buf_t title = {.length = 0};
    ts_buf_put_text(&title, office);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        bool again =
            i > 0 && parts[i] != NULL && parts[0] != NULL && strcmp(parts[i], parts[0]) == 0;
        if (parts[i] != NULL && !again) {
            ts_buf_put_text(&title, " · ");
            ts_buf_put_text(&title, parts[i]);
        }
    }
    ts_buf_put_u8(&title, '\0');
    ts_out_wrap(&self->out, self->out.out, (const char *)title.data, 0, false);
    (void)fputc('\n', self->out.out);
    ts_buf_free(&title);
    ts_xfree(office);
}

static void
show_screen(const ts_cli_t *self, const ts_reply_t *reply, const facts_t *facts)
{
    show_title(self, facts);
    show_headline(self, facts);
    if (!is_province(facts)) {
        show_states(self, facts);
    }
    (void)fputc('\n', self->out.out);
    show_link(self, facts);
    show_stick(self, facts);
    show_peers(self, reply);
    show_attention(self, facts);
    show_duties(self, reply);
    show_backup(self, facts);
    show_disk(self, facts);
    const ts_table_t *logs = ts_reply_table(reply, "logs");
    if (logs != NULL && (ts_cli_has(self, "logs") || ts_cli_has(self, "all-logs"))) {
        (void)fputc('\n', self->out.out);
        ts_out_table(&self->out, logs);
    }
}

int
ts_cmd_status(ts_cli_t *self)
{
    ts_reply_t reply = {.done = false};
    int exit_code = ts_ask_built(self, NULL, &reply);
    if (exit_code != TS_CLI_GOOD) {
        return exit_code;
    }
    if (reply.code == TS_ERR_OK) {
        add_duties(self, &reply);
    }
    const facts_t facts = {.table = ts_reply_table(&reply, "status")};
    if (self->out.json || reply.code != TS_ERR_OK || facts.table == NULL ||
        ts_table_rows(facts.table) != 1) {
        ts_out_reply(&self->out, &reply, NULL);
    } else {
        show_screen(self, &reply, &facts);
    }
    exit_code = ts_ask_exit(&reply);
    ts_reply_free(&reply);
    return exit_code;
}
