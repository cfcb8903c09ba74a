/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The narrator: what happened, day by day, in words for somebody who sees this for the first time.
 * Ordinary life is summed up once a day; what breaks, and what the offices find out about it, gets
 * a line of its own. Names of offices are made up here; the code behind them is the one in the run.
 */
#include "sim/story.h"

#include "base/time.h"
#include "base/xalloc.h"
#include "core/kind.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct story {
    FILE *out;
    int32_t day; /* of what is not told yet */
    uint64_t needs;
    uint64_t others;
    uint64_t corrections;
    uint64_t refused;
    uint64_t lines;
    uint64_t segments; /* that the province took in */
    uint64_t typed;
    uint64_t faults;
    uint64_t findings;
    bool legend;
} story_t;

/* ---- names */

static const char *const districts[] = {"Thượng Ngàn", "Suối Trong", "Đèo Mây", "Bến Đá",
                                        "Rừng Xanh",   "Khe Vàng",   "Núi Chè", "Hồ Sương"};
static const char *const communes[] = {
    "Bản Lưng",  "Nà Sương",  "Khuổi Mơ", "Pác Thông", "Lũng Mận",  "Tả Van Lá", "Nậm Trăng",
    "Sín Gió",   "Bó Ngần",   "Đồng Hoa", "Phiêng Én", "Cốc Nắng",  "Tà Mường",  "Pa Chè",
    "Huổi Sao",  "Lao Thông", "Mường Tơ", "Sàng Mây",  "Chiềng Ve", "Nặm Bông",  "Khâu Tre",
    "Bản Muồng", "Thẩm Đào",  "Keo Sim",  "Vàng Suối", "Lả Rừng",   "Phìn Hồ",   "Tân Đỗ",
    "Nà Khoai",  "Bó Lau",    "Đán Xanh", "Khuôn Cọ"};

/* "Bản Lưng (commune 90102)". Short names are used up: then a number is added. */
static const char *
office_name(const sim_t *sim, size_t machine)
{
    static char names[4][96];
    static unsigned turn;
    char *out = names[turn++ % 4];
    if (machine >= sim->machine_count) {
        return "";
    }
    const sim_machine_t *row = &sim->machines[machine];
    size_t number = (size_t)strtoul(row->unit, NULL, 10);
    const char *twin = row->twin_of == SIZE_MAX ? "" : ", copied machine";
    if (row->role == SIM_PROVINCE) {
        (void)snprintf(out, sizeof names[0], "The province");
    } else if (row->role == SIM_DISTRICT) {
        (void)snprintf(out, sizeof names[0], "%s (district %s%s)",
                       districts[(number + 7) % TS_COUNT(districts)], row->unit, twin);
    } else {
        size_t at = (number % 100 + number / 100 % 100 * 5) % TS_COUNT(communes);
        (void)snprintf(out, sizeof names[0], "%s (commune %s%s)", communes[at], row->unit, twin);
    }
    return out;
}

/* ---- time */

static int32_t
day_of(const sim_t *sim)
{
    return ts_utc_to_vietnam_date((ts_utc_t){sim_wall_ms(sim)}).days;
}

static void
put_moment(story_t *self, const sim_t *sim)
{
    char date[16];
    int64_t minute = (sim_wall_ms(sim) + 7 * INT64_C(3600000)) / 60000 % 1440;
    ts_date_format_iso((ts_date_t){day_of(sim)}, date, sizeof date);
    fprintf(self->out, "  %s %02d:%02d  ", date, (int)(minute / 60), (int)(minute % 60));
}

/* Ordinary life since the last time. */
static void
sum_up(story_t *self, const sim_t *sim)
{
    int32_t day = day_of(sim);
    if (day == self->day) {
        return;
    }
    uint64_t entries = self->needs + self->others + self->corrections;
    if (entries + self->refused + self->lines > 0) {
        char date[16];
        ts_date_format_iso((ts_date_t){self->day}, date, sizeof date);
        fprintf(self->out,
                "%s  %" PRIu64 " entries were typed and called saved (%" PRIu64 " needs, %" PRIu64
                " corrections)",
                date, entries, self->needs, self->corrections);
        if (self->refused > 0) {
            fprintf(self->out, ", %" PRIu64 " were refused with a reason", self->refused);
        }
        fprintf(self->out, "; %" PRIu64 " lines came up.\n", self->lines);
    }
    self->day = day;
    self->needs = 0;
    self->others = 0;
    self->corrections = 0;
    self->refused = 0;
    self->lines = 0;
}

/* ---- what is told */

static void
tell(story_t *self, const sim_t *sim, size_t machine, const char *text, const char *beside)
{
    sum_up(self, sim);
    put_moment(self, sim);
    const char *name = office_name(sim, machine);
    fprintf(self->out, "%s%s%s", name, name[0] == '\0' ? "" : ": ", text);
    if (beside != NULL) {
        fprintf(self->out, "  [%s]", beside);
    }
    fputc('\n', self->out);
}

static bool
is_ordinary(const char *text)
{
    static const char *const ordinary[] = {"It is switched on.", "It is switched off.",
                                           "Its line is down."};
    for (size_t i = 0; i < TS_COUNT(ordinary); i++) {
        if (strcmp(text, ordinary[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void
put_legend(story_t *self, const sim_t *sim)
{
    self->legend = true;
    fprintf(
        self->out,
        "\nWho is who. A need is typed in a commune, goes up to its district, and from there to "
        "the province.\nEach says what it holds only when it is on its disk: “saved” here, "
        "“held” by the parent, “anchored” at\nthe province. Offices are switched on now and "
        "then, lines are bad, machines break. Nothing that was\ncalled saved may get lost, and "
        "nothing may count twice.\n\n");
    for (size_t i = 0; i < sim->machine_count && i < 40; i++) {
        const sim_machine_t *row = &sim->machines[i];
        fprintf(self->out, "  %s%s%s\n", office_name(sim, i),
                row->role == SIM_PROVINCE ? "" : ", below ",
                row->role == SIM_PROVINCE ? "" : office_name(sim, row->parent));
    }
    fprintf(self->out, "\nWhat goes wrong in this run:");
    bool any = false;
    for (size_t i = 0; i < sim->fault_count; i++) {
        if (sim->faults[i].enabled) {
            fprintf(self->out, "%s %s", any ? "," : "", sim->faults[i].name);
            any = true;
        }
    }
    fprintf(self->out, "%s.\n\n", any ? "" : " nothing");
}

static void
on_tale(void *context, sim_t *sim, const sim_tale_t *tale)
{
    story_t *self = context;
    if (tale->node == SIZE_MAX && sim->phase == SIM_SAFETY && !self->legend) {
        put_legend(self, sim);
    }
    if (sim->phase == SIM_FOUNDING && tale->fault == NULL) {
        return;
    }
    if (strcmp(tale->text, "Its line is up.") == 0) {
        self->lines++;
        return;
    }
    if (tale->fault == NULL &&
        (is_ordinary(tale->text) || strncmp(tale->text, "A clerk types", 13) == 0)) {
        return;
    }
    self->faults += tale->fault != NULL;
    tell(self, sim, tale->node, tale->text, tale->fault);
}

static void
on_reply(void *context, sim_t *sim, const sim_said_t *said)
{
    story_t *self = context;
    sum_up(self, sim);
    if (said->reply == NULL) {
        tell(self, sim, said->node,
             "It died in the middle of an entry: nobody was told that it is saved.", NULL);
        return;
    }
    self->refused += said->reply->code != TS_ERR_OK;
    for (size_t i = 0; i < said->event_count && said->reply->code == TS_ERR_OK; i++) {
        bool again = strcmp(said->command->name, "add") != 0;
        self->typed++;
        self->corrections += again;
        self->needs += !again && said->events[i].kind == TS_KIND_NEED;
        self->others += !again && said->events[i].kind != TS_KIND_NEED;
    }
}

/* What a node writes into its log when it finds something out. */
static const struct {
    const char *event;
    const char *part; /* of its details; NULL: any */
    const char *words;
} findings[] = {
    {"witness", "AHEAD",
     "Its witness remembers more than its database has. It writes no more "
     "where it wrote, and begins new logs."},
    {"witness", "CLONED",
     "Its database is a copied file. It writes no more where it wrote, and "
     "begins new logs under a new name."},
    {"witness", "MISSING",
     "Its witness is gone. It cannot know what it sent before, so it begins "
     "new logs."},
    {"witness", NULL, "Its files are not those that it had. It begins new logs."},
    {"amnesia", NULL,
     "Its parent has entries of it that it does not remember. It fetches them back "
     "and goes on in a new log."},
    {"fork", NULL, "Two branches of one log arrived. Both are kept and shown to people."},
    {"log_continued", NULL, "It closes a log and goes on in the next one."},
    {"segment_refused", NULL,
     "It refuses bytes that are not what they say, keeps them as evidence, "
     "and goes on with everything else."},
    {"store_not_its_own", NULL, "Somebody speaks in another one's name. It does not listen."},
    {"second_key", NULL, "A second machine shows an invite that was used. It is kept and shown."},
};

static void
on_note(void *context,
        sim_t *sim,
        size_t node,
        ts_note_level_t level,
        const char *event,
        const char *details)
{
    story_t *self = context;
    (void)level;
    for (size_t i = 0; i < TS_COUNT(findings); i++) {
        if (strcmp(event, findings[i].event) == 0 &&
            (findings[i].part == NULL || strstr(details, findings[i].part) != NULL)) {
            self->findings++;
            tell(self, sim, node, findings[i].words, NULL);
            return;
        }
    }
}

static void
on_start(void *context, sim_t *sim, size_t node, sim_start_t how, const ts_msg_t *why)
{
    story_t *self = context;
    (void)why;
    if (how == SIM_START_CRASH) {
        tell(self, sim, node, "It runs again.", NULL);
    } else if (how == SIM_START_RESTORE) {
        tell(self, sim, node, "It runs again, with the files that it was given.", NULL);
    }
}

static void
on_end(void *context, sim_t *sim)
{
    story_t *self = context;
    sum_up(self, sim);
    fprintf(self->out,
            "\n%" PRIu64 " entries were typed and called saved, %" PRIu64
            " things went wrong that somebody could see, %" PRIu64
            " times an office found out about it by itself.\n",
            self->typed, self->faults, self->findings);
    if (!sim->violated) {
        fprintf(self->out,
                "At the end every entry stood once, everywhere, and its author knew it.\n");
    }
    ts_xfree(self);
}

sim_hooks_t
sim_story_hooks_to(sim_t *sim, FILE *out)
{
    story_t *self = ts_xcalloc(1, sizeof *self);
    self->out = out;
    self->day = day_of(sim);
    return (sim_hooks_t){.context = self,
                         .on_tale = on_tale,
                         .on_reply = on_reply,
                         .on_note = on_note,
                         .on_start = on_start,
                         .on_end = on_end};
}

sim_hooks_t
sim_story_hooks(sim_t *sim)
{
    return sim_story_hooks_to(sim, stdout);
}
