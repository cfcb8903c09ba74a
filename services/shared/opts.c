/* SPDX-License-Identifier: MPL-2.0 */
#include "shared/opts.h"

#include "base/buf.h"
#include "base/check.h"
#include "shared/log.h"
#include "shared/say.h"
#include "shared/term.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum long_only {
    OPTION_ONCE = 256,
    OPTION_VERSION,
    OPTION_EXTRA, /* the first of the program's own */
};

enum { OPTIONS_OF_ALL = 7 };

static FILE *
out_of(const ts_opts_spec_t *spec)
{
    return spec->out != NULL ? spec->out : stdout;
}

static FILE *
err_of(const ts_opts_spec_t *spec)
{
    return spec->err != NULL ? spec->err : stderr;
}

static void
show_option(FILE *out, const char *names, const char *id)
{
    (void)fprintf(out, "  %s", names);
    for (size_t cells = ts_term_cells(names); cells < 22; cells++) {
        (void)fputc(' ', out);
    }
    (void)fprintf(out, "%s\n", ts_say(id));
}

static int
show_help(const ts_opts_spec_t *spec)
{
    static const struct {
        const char *names;
        const char *id;
    } options[] = {
        {"-f, --config FILE", N_("configuration file")},
        {"-n, --check", N_("read the configuration, say whether it is good, and exit")},
        {"-v, --verbose", N_("with -n: print the complete configuration")},
        {"-T, --trace AREAS", N_("areas to follow in every detail, separated by commas")},
    };
    FILE *out = out_of(spec);
    char *usage = ts_say_text(N_("Usage: {1} [options]"), spec->program, NULL);
    (void)fprintf(out, "%s\n%s\n\n", usage, ts_say(spec->about));
    free(usage);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        show_option(out, options[i].names, options[i].id);
    }
    if (spec->once != NULL) {
        show_option(out, "    --once", spec->once);
    }
    for (size_t i = 0; i < spec->extra_count; i++) {
        char names[64];
        const ts_opts_extra_t *extra = &spec->extra[i];
        (void)snprintf(names, sizeof names, "    --%s%s%s", extra->name,
                       extra->word == NULL ? "" : " ",
                       extra->word == NULL ? "" : ts_say(extra->word));
        show_option(out, names, extra->help);
    }
    show_option(out, "    --version", N_("show the version and exit"));
    show_option(out, "-h, --help", N_("show this help and exit"));
    char path[TS_CONF_PATH_BYTES];
    (void)snprintf(path, sizeof path, "/etc/tiepsuc/%s.conf", ts_conf_service_name(spec->service));
    char *note = ts_say_text(N_("Without -f the configuration is {1}; areas are: {2}."), path,
                             TS_CONF_TRACE_AREAS, NULL);
    (void)fprintf(out, "\n%s\n", note);
    free(note);
    return TS_EXIT_GOOD;
}

/* `id` may use {1} for the text. */
static int
refuse(const ts_opts_spec_t *spec, const char *id, const char *text)
{
    char *said = ts_say_text(id, text, NULL);
    char *hint = ts_say_text(N_("Try “{1} --help”."), spec->program, NULL);
    (void)fprintf(err_of(spec), "%s: %s\n%s\n", spec->program, said, hint);
    free(said);
    free(hint);
    return TS_EXIT_USAGE;
}

static bool
keep(const char *text, char *out, size_t bytes)
{
    size_t length = strlen(text);
    if (length >= bytes) {
        return false;
    }
    memcpy(out, text, length + 1);
    return true;
}

/* Takes one option; TS_OPTS_GO or an exit code. */
static int
take_option(const ts_opts_spec_t *spec, int option, char **argv, ts_opts_t *opts)
{
    switch (option) {
    case 'f':
        if (!keep(optarg, opts->conf_path, sizeof opts->conf_path)) {
            return refuse(spec, N_("the path is too long: {1}"), optarg);
        }
        return TS_OPTS_GO;
    case 'n':
        opts->check = true;
        return TS_OPTS_GO;
    case 'v':
        opts->print = true;
        return TS_OPTS_GO;
    case 'T':
        opts->has_trace = true;
        if (!ts_conf_trace_is_valid(optarg) || !keep(optarg, opts->trace, sizeof opts->trace)) {
            return refuse(spec, N_("-T knows only these areas: {1}"), TS_CONF_TRACE_AREAS);
        }
        return TS_OPTS_GO;
    case 'h':
        return show_help(spec);
    case OPTION_VERSION:
        (void)fprintf(out_of(spec), "%s %s\n", spec->program, spec->version);
        return TS_EXIT_GOOD;
    case OPTION_ONCE:
        opts->once = true;
        if (spec->once == NULL) {
            return refuse(spec, N_("there is no option {1}"), "--once");
        }
        return TS_OPTS_GO;
    case ':':
        return refuse(spec, N_("something must follow {1}"), argv[optind - 1]);
    default:
        break;
    }
    if (option >= OPTION_EXTRA && (size_t)(option - OPTION_EXTRA) < spec->extra_count) {
        const ts_opts_extra_t *extra = &spec->extra[option - OPTION_EXTRA];
        *extra->value = extra->word == NULL ? extra->name : optarg;
        return TS_OPTS_GO;
    }
    /* A short option may stand inside a word like -nx; then optopt has it. */
    char letter[] = {'-', (char)optopt, '\0'};
    bool is_short = optopt > 0 && optopt < 256;
    return refuse(spec, N_("there is no option {1}"), is_short ? letter : argv[optind - 1]);
}

/* Those of all programs, those of this one, and the end. */
static void
list_options(const ts_opts_spec_t *spec, struct option out[OPTIONS_OF_ALL + TS_OPTS_EXTRA_MAX + 1])
{
    static const struct option of_all[OPTIONS_OF_ALL] = {
        {"config", required_argument, NULL, 'f'}, {"check", no_argument, NULL, 'n'},
        {"verbose", no_argument, NULL, 'v'},      {"trace", required_argument, NULL, 'T'},
        {"once", no_argument, NULL, OPTION_ONCE}, {"version", no_argument, NULL, OPTION_VERSION},
        {"help", no_argument, NULL, 'h'},
    };
    TS_CHECK(spec->extra_count <= TS_OPTS_EXTRA_MAX);
    memcpy(out, of_all, sizeof of_all);
    for (size_t i = 0; i < spec->extra_count; i++) {
        int follows = spec->extra[i].word == NULL ? no_argument : required_argument;
        out[OPTIONS_OF_ALL + i] =
            (struct option){spec->extra[i].name, follows, NULL, OPTION_EXTRA + (int)i};
    }
    out[OPTIONS_OF_ALL + spec->extra_count] = (struct option){NULL, 0, NULL, 0};
}

int
ts_opts_parse(const ts_opts_spec_t *spec, int argc, char **argv, ts_opts_t *ret_opts)
{
    struct option options[OPTIONS_OF_ALL + TS_OPTS_EXTRA_MAX + 1];
    list_options(spec, options);
    ts_opts_t opts = {.check = false};
    (void)snprintf(opts.conf_path, sizeof opts.conf_path, "/etc/tiepsuc/%s.conf",
                   ts_conf_service_name(spec->service));
    /* 0 starts getopt anew, which tests need; our own words instead of its messages. */
    optind = 0;
    opterr = 0;
    for (int option = 0; option != -1;) {
        option = getopt_long(argc, argv, "+:f:nvT:h", options, NULL);
        int exit_code = option == -1 ? TS_OPTS_GO : take_option(spec, option, argv, &opts);
        if (exit_code != TS_OPTS_GO) {
            return exit_code;
        }
    }
    if (optind < argc) {
        return refuse(spec, N_("nothing is known of “{1}”: only options are expected"),
                      argv[optind]);
    }
    if (opts.print && !opts.check) {
        return refuse(spec, N_("{1} goes with -n only"), "-v");
    }
    *ret_opts = opts;
    return TS_OPTS_GO;
}

int
ts_opts_conf(const ts_opts_spec_t *spec, const ts_opts_t *opts, ts_conf_t *ret_conf)
{
    ts_conf_t conf;
    ts_msg_t why = {.id = NULL};
    if (ts_conf_load(spec->service, opts->conf_path, &conf, &why) != TS_ERR_OK) {
        ts_say_line(err_of(spec), spec->program, &why);
        ts_msg_free(&why);
        return TS_EXIT_USAGE;
    }
    if (opts->has_trace) {
        memcpy(conf.common.trace, opts->trace, sizeof opts->trace);
    }
    ts_say_init((ts_conf_language_t)conf.common.language, NULL);
    if (!opts->check) {
        static const ts_log_level_t levels[] = {
            [TS_CONF_LOG_DEBUG] = TS_LOG_DEBUG,
            [TS_CONF_LOG_INFO] = TS_LOG_INFO,
            [TS_CONF_LOG_WARN] = TS_LOG_WARNING,
            [TS_CONF_LOG_ERROR] = TS_LOG_ERROR,
        };
        ts_log_set_level(levels[conf.common.log_level]);
        ts_log_set_trace(conf.common.trace);
        *ret_conf = conf;
        return TS_OPTS_GO;
    }
    if (opts->print) {
        ts_buf_t text = {.length = 0};
        ts_conf_print(&conf, ts_say, &text);
        size_t written = fwrite(text.data, 1, text.length, out_of(spec));
        bool whole = written == text.length && fflush(out_of(spec)) == 0;
        ts_buf_free(&text);
        return whole ? TS_EXIT_GOOD : TS_EXIT_FAILED;
    }
    ts_msg_make(&why, N_("{1}: the configuration is good"), opts->conf_path, NULL);
    ts_say_line(err_of(spec), spec->program, &why);
    ts_msg_free(&why);
    return TS_EXIT_GOOD;
}

int
ts_opts_start(
    const ts_opts_spec_t *spec, int argc, char **argv, ts_opts_t *ret_opts, ts_conf_t *ret_conf)
{
    ts_say_init(TS_CONF_LANGUAGE_AUTO, NULL);
    int exit_code = ts_opts_parse(spec, argc, argv, ret_opts);
    return exit_code != TS_OPTS_GO ? exit_code : ts_opts_conf(spec, ret_opts, ret_conf);
}
