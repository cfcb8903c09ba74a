/* SPDX-License-Identifier: MPL-2.0 */
/* wcwidth belongs to X/Open, not to plain POSIX. */
#define _XOPEN_SOURCE 700
#include "shared/term.h"

#include "base/check.h"
#include "shared/say.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define MS_BEFORE_SHOWN 1000
#define MS_BETWEEN_DRAWS 200
#define MS_BETWEEN_LINES 5000

size_t
ts_term_columns(FILE *stream)
{
    struct winsize size = {.ws_col = 0};
    int fd = fileno(stream);
    if (fd < 0 || !isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) != 0 ||
        size.ws_col < TS_TERM_COLUMNS_MIN) {
        return TS_TERM_COLUMNS_DEFAULT;
    }
    return size.ws_col < TS_TERM_COLUMNS_MAX ? size.ws_col : TS_TERM_COLUMNS_MAX;
}

/* One character of a text, made safe for the screen. */
typedef struct glyph {
    const char *text; /* what to send */
    size_t bytes;
    size_t cells;
    size_t skip; /* bytes of the source */
} glyph_t;

static glyph_t
next_glyph(const char *at, mbstate_t *state)
{
    wchar_t letter = 0;
    size_t bytes = mbrtowc(&letter, at, MB_LEN_MAX, state);
    if (bytes == (size_t)-1 || bytes == (size_t)-2 || bytes == 0) {
        memset(state, 0, sizeof *state);
        return (glyph_t){.text = "?", .bytes = 1, .cells = 1, .skip = 1};
    }
    int cells = wcwidth(letter);
    if (cells < 0) {
        return (glyph_t){.text = "?", .bytes = 1, .cells = 1, .skip = bytes};
    }
    return (glyph_t){.text = at, .bytes = bytes, .cells = (size_t)cells, .skip = bytes};
}

size_t
ts_term_cells(const char *text)
{
    mbstate_t state = {0};
    size_t cells = 0;
    while (*text != '\0') {
        glyph_t glyph = next_glyph(text, &state);
        cells += glyph.cells;
        text += glyph.skip;
    }
    return cells;
}

size_t
ts_term_put(ts_buf_t *out, const char *text, size_t cells)
{
    TS_CHECK(cells >= 1);
    mbstate_t state = {0};
    bool is_cut = ts_term_cells(text) > cells;
    size_t room = is_cut ? cells - 1 : cells;
    size_t used = 0;
    while (*text != '\0') {
        glyph_t glyph = next_glyph(text, &state);
        if (used + glyph.cells > room) {
            break;
        }
        ts_buf_put(out, glyph.text, glyph.bytes);
        used += glyph.cells;
        text += glyph.skip;
    }
    if (is_cut) {
        ts_buf_put_text(out, "…");
        used++;
    }
    return used;
}

size_t
ts_term_line(const char *text, size_t cells, size_t *ret_next)
{
    TS_CHECK(cells >= 1);
    mbstate_t state = {0};
    size_t used = 0;
    size_t at = 0;
    size_t space = 0; /* the last one that a line could end at */
    while (text[at] != '\0' && text[at] != '\n') {
        glyph_t glyph = next_glyph(text + at, &state);
        if (text[at] == ' ') {
            space = at;
        }
        if (used + glyph.cells > cells) {
            break;
        }
        used += glyph.cells;
        at += glyph.skip;
    }
    size_t end = at;
    if (text[at] == '\n') {
        *ret_next = at + 1;
        return end;
    }
    if (text[at] != '\0' && space > 0) {
        end = space;
    } else if (end == 0 && text[0] != '\0') {
        end = next_glyph(text, &state).skip; /* wider than the line: it stands alone */
    }
    *ret_next = end + strspn(text + end, " ");
    return end;
}

ts_progress_t
ts_progress_start(FILE *stream, const char *what, uint64_t total, ts_mono_t now)
{
    int fd = fileno(stream);
    return (ts_progress_t){
        .stream = stream,
        .is_terminal = fd >= 0 && isatty(fd) != 0,
        .what = what,
        .total = total,
        .started = now,
        .shown = now,
    };
}

/* done × parts / total without overflow. */
static uint64_t
share(uint64_t done, uint64_t total, uint64_t parts)
{
    if (done >= total) {
        return parts;
    }
    return total > UINT64_MAX / parts ? done / (total / parts) : done * parts / total;
}

static int64_t
as_number(uint64_t count)
{
    return count > INT64_MAX ? INT64_MAX : (int64_t)count;
}

static void
draw(ts_progress_t *self, uint64_t done)
{
    char count[TS_SAY_BYTES];
    char whole[TS_SAY_BYTES];
    char text[512];
    ts_say_number(as_number(done), count, sizeof count);
    if (self->total > 0) {
        ts_say_number(as_number(self->total), whole, sizeof whole);
        (void)snprintf(text, sizeof text, "%s: %s / %s (%u %%)", self->what, count, whole,
                       (unsigned)share(done, self->total, 100));
    } else {
        (void)snprintf(text, sizeof text, "%s: %s", self->what, count);
    }
    ts_buf_t line = {.length = 0};
    if (self->is_terminal) {
        /* One column stays free: in the last one some terminals go to the next line. */
        ts_buf_put_u8(&line, '\r');
        size_t cells = ts_term_put(&line, text, ts_term_columns(self->stream) - 1);
        for (size_t i = cells; i < self->cells; i++) {
            ts_buf_put_u8(&line, ' ');
        }
        self->cells = cells;
    } else {
        (void)ts_term_put(&line, text, TS_TERM_COLUMNS_MAX);
        ts_buf_put_u8(&line, '\n');
    }
    (void)fwrite(line.data, 1, line.length, self->stream);
    (void)fflush(self->stream);
    ts_buf_free(&line);
    self->is_visible = true;
}

void
ts_progress_step(ts_progress_t *self, uint64_t done, ts_mono_t now)
{
    if (now.ms - self->started.ms < MS_BEFORE_SHOWN) {
        return;
    }
    int64_t waited = now.ms - self->shown.ms;
    uint64_t tenth = self->total > 0 ? share(done, self->total, 10) : 0;
    bool is_due = !self->is_visible;
    if (self->is_terminal) {
        is_due = is_due || waited >= MS_BETWEEN_DRAWS;
    } else if (self->total > 0) {
        is_due = is_due || tenth > self->tenth;
    } else {
        is_due = is_due || waited >= MS_BETWEEN_LINES;
    }
    if (is_due) {
        draw(self, done);
        self->shown = now;
        self->tenth = tenth;
    }
}

void
ts_progress_end(ts_progress_t *self, uint64_t done)
{
    if (!self->is_visible) {
        return;
    }
    draw(self, done);
    if (self->is_terminal) {
        (void)fputc('\n', self->stream);
        (void)fflush(self->stream);
    }
    self->is_visible = false;
}
