/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a terminal needs: how wide text is on the screen, how wide the screen is, and a progress
 * line for work that takes longer than a second. Text is UTF-8; ts_say_init (or another UTF-8
 * locale) must come first. Control characters and broken bytes are never sent to the screen: they
 * are shown as "?". Tables: shared/listing.h.
 */
#ifndef TS_SERVICES_SHARED_TERM_H
#define TS_SERVICES_SHARED_TERM_H

#include "base/buf.h"
#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TS_TERM_COLUMNS_DEFAULT 80u
#define TS_TERM_COLUMNS_MIN 20u
#define TS_TERM_COLUMNS_MAX 1000u

/* Columns of the terminal behind a stream; TS_TERM_COLUMNS_DEFAULT when it is none. */
size_t ts_term_columns(FILE *stream);

/* Columns that a text takes; a letter with marks is one. */
size_t ts_term_cells(const char *text);

/* Appends the text, cut to at most `cells` columns with "…" at its end where it is longer. Returns
 * the columns used. cells ≥ 1. */
size_t ts_term_put(ts_buf_t *out, const char *text, size_t cells);

/* Bytes of the text that stand on one line of `cells` columns (≥ 1): up to a line break, else cut
 * at a space, in a word only where that word is longer than the line. *ret_next: where the rest
 * begins, without the spaces between. */
size_t ts_term_line(const char *text, size_t cells, size_t *ret_next);

/* Progress on a stream that people look at, not the one that data goes to. On a terminal one line
 * that is written over; elsewhere a line for each tenth, or each 5 seconds when the whole is
 * unknown. Nothing at all is shown in the first second. */
typedef struct ts_progress {
    FILE *stream;
    bool is_terminal;
    const char *what; /* translated, borrowed */
    uint64_t total;   /* 0: unknown */
    ts_mono_t started;
    ts_mono_t shown; /* when last shown */
    uint64_t tenth;  /* last shown when no terminal */
    size_t cells;    /* of the line on the screen */
    bool is_visible;
} ts_progress_t;

ts_progress_t ts_progress_start(FILE *stream, const char *what, uint64_t total, ts_mono_t now);
void ts_progress_step(ts_progress_t *self, uint64_t done, ts_mono_t now);
/* Shows the last state if anything was shown, and ends the line. */
void ts_progress_end(ts_progress_t *self, uint64_t done);

#endif
