/* SPDX-License-Identifier: MPL-2.0 */
/* Items are run in child processes, one after another in the same process as long as all goes well;
 * what ends it (an assertion, a signal, too much time) is the failure of the item at hand, and the
 * next process goes on behind it. */
#include "base/check.h"
#include "base/xalloc.h"
#include "run.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ITEM_S_MAX = 120, WORKERS = 2 };

/* What a worker tells: an item begins, goes on at call k, has passed. */
typedef struct word {
    uint32_t what; /* 'b', 'k', 'e' */
    uint32_t item;
    uint64_t number;
} word_t;

typedef struct worker {
    pid_t pid;
    int words;   /* end of the pipe to read */
    FILE *said;  /* its stderr */
    size_t item; /* at hand */
    bool busy;
    uint64_t k;
} worker_t;

typedef struct told {
    int pipe;
    uint32_t item;
} told_t;

static void
tell(int pipe, uint32_t what, uint32_t item, uint64_t number)
{
    word_t word = {what, item, number};
    TS_CHECK(write(pipe, &word, sizeof word) == (ssize_t)sizeof word);
}

static void
tell_k(void *context, uint64_t k)
{
    const told_t *told = context;
    (void)alarm(ITEM_S_MAX);
    tell(told->pipe, 'k', told->item, k);
}

/* What one test of cmocka gets. */
typedef struct job {
    const crash_run_t *run;
    size_t item;
    lab_t *lab;
    int pipe;
    uint64_t rounds;
} job_t;

static void
run_job(void **state)
{
    job_t *job = *state;
    const crash_item_t *item = &job->run->items[job->item];
    job->rounds = 1;
    if (job->lab == NULL) {
        job->lab = lab_new(job->run->seed);
    }
    if (item->calls != NULL) {
        told_t told = {job->pipe, (uint32_t)job->item};
        job->rounds = crash_calls_run(job->lab, item, job->run->stride, tell_k, &told);
    } else {
        lab_cell(job->lab, item->point, item->fault, item->seed);
    }
}

/* Of the items, those of one worker: every WORKERS-th, from `first` on. */
static void
run_items(const crash_run_t *run, size_t first, int pipe)
{
    job_t job = {.run = run, .pipe = pipe};
    for (job.item = first; job.item < run->count; job.item += WORKERS) {
        const struct CMUnitTest test[] = {{"item", run_job, NULL, NULL, &job}};
        if (run->items[job.item].result != RESULT_NOT_RUN) {
            continue;
        }
        (void)alarm(ITEM_S_MAX);
        tell(pipe, 'b', (uint32_t)job.item, 0);
        if (cmocka_run_group_tests(test, NULL, NULL) != 0) {
            (void)fflush(NULL);
            _exit(1); /* whatever state it left: the next one gets a tree of its own */
        }
        tell(pipe, 'e', (uint32_t)job.item, job.rounds);
    }
    lab_free(&job.lab);
}

static void
start(const crash_run_t *run, worker_t *worker, size_t first)
{
    int ends[2];
    TS_CHECK(pipe(ends) == 0);
    worker->said = tmpfile();
    TS_CHECK(worker->said != NULL);
    (void)fflush(stdout);
    (void)fflush(stderr);
    worker->pid = fork();
    TS_CHECK(worker->pid >= 0);
    if (worker->pid == 0) {
        (void)close(ends[0]);
        if (!run->loud) {
            TS_CHECK(dup2(fileno(worker->said), STDERR_FILENO) >= 0);
            TS_CHECK(dup2(fileno(worker->said), STDOUT_FILENO) >= 0);
        }
        run_items(run, first, ends[1]);
        (void)fflush(stderr);
        _exit(0);
    }
    (void)close(ends[1]);
    worker->words = ends[0];
    worker->busy = false;
    worker->k = 0;
}

/* What it said of the item that failed, in one line. */
static void
take_words(FILE *said, char *out, size_t bytes)
{
    static const char begin[] = "[ RUN      ] item";
    char text[8192];
    long length = fseek(said, 0, SEEK_END) == 0 ? ftell(said) : 0;
    long room = (long)sizeof text - 1;
    (void)fseek(said, length > room ? length - room : 0, SEEK_SET);
    size_t got = fread(text, 1, sizeof text - 1, said);
    text[got] = '\0';
    const char *from = text;
    for (const char *at = strstr(text, begin); at != NULL; at = strstr(at + 1, begin)) {
        from = at + sizeof begin;
    }
    const char *end = strstr(from, "[  FAILED  ]");
    end = end == NULL ? from + strlen(from) : end;
    size_t used = strlen(out);
    for (; from < end && used + 1 < bytes; from++) {
        out[used++] = *from == '\n' || *from == '|' ? ' ' : *from;
    }
    out[used] = '\0';
}

static void
fail_item(crash_run_t *run, const worker_t *worker, int status)
{
    crash_item_t *item = &run->items[worker->item];
    item->result = RESULT_FAILED;
    int length = 0;
    if (item->calls != NULL) {
        length = snprintf(item->why, sizeof item->why, "k = %llu: ", (unsigned long long)worker->k);
    }
    if (WIFSIGNALED(status)) {
        (void)snprintf(item->why + length, sizeof item->why - (size_t)length,
                       "signal %d: ", WTERMSIG(status));
    }
    take_words(worker->said, item->why, sizeof item->why);
}

/* Takes one word of a worker, or its end. */
static void
follow(crash_run_t *run, worker_t *worker)
{
    word_t word;
    ssize_t got = read(worker->words, &word, sizeof word);
    if (got == (ssize_t)sizeof word) {
        worker->item = word.item;
        worker->busy = word.what != 'e';
        worker->k = word.what == 'k' ? word.number : worker->k;
        if (word.what == 'e') {
            run->items[word.item].result = RESULT_PASSED;
            run->items[word.item].rounds = word.number;
        }
        return;
    }
    TS_CHECK(got == 0);
    int status = 0;
    TS_CHECK(waitpid(worker->pid, &status, 0) == worker->pid);
    bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!clean && !worker->busy) {
        char text[CRASH_WHY_BYTES] = "";
        take_words(worker->said, text, sizeof text);
        fprintf(stderr, "a worker ended between items: %s\n", text);
        exit(2);
    }
    if (!clean) {
        fail_item(run, worker, status);
        fprintf(stderr, "failed: %s %s seed %llu: %s\n", run->items[worker->item].point->id,
                run->items[worker->item].calls != NULL
                    ? run->items[worker->item].calls->name
                    : crash_fault_title(run->items[worker->item].fault),
                (unsigned long long)run->items[worker->item].seed, run->items[worker->item].why);
    }
    (void)close(worker->words);
    (void)fclose(worker->said);
    worker->pid = clean ? 0 : -1;
}

void
crash_run_items(crash_run_t *run)
{
    worker_t workers[WORKERS];
    unsigned alive = WORKERS;
    memset(workers, 0, sizeof workers);
    for (unsigned i = 0; i < WORKERS; i++) {
        start(run, &workers[i], i);
    }
    while (alive > 0) {
        struct pollfd ends[WORKERS];
        for (unsigned i = 0; i < WORKERS; i++) {
            ends[i] =
                (struct pollfd){.fd = workers[i].pid > 0 ? workers[i].words : -1, .events = POLLIN};
        }
        TS_CHECK(poll(ends, WORKERS, -1) > 0);
        alive = 0;
        for (unsigned i = 0; i < WORKERS; i++) {
            if (ends[i].revents != 0) {
                follow(run, &workers[i]);
            }
            if (workers[i].pid < 0) {
                start(run, &workers[i], i);
            }
            alive += workers[i].pid > 0;
        }
    }
}
