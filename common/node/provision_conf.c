/* SPDX-License-Identifier: MPL-2.0 */
#include "node/provision_conf.h"

#include "base/buf.h"
#include "base/xalloc.h"
#include "node/diskfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DRAFT_ENDING ".part"
/* An ipc path may have so many bytes (Linux: 107); a longer folder keeps the sockets under
 * /run/tiepsuc. */
#define IPC_PATH_BYTES_MAX 100u
#define LISTEN_DEFAULT "tcp://*:7500"

/* The draft of a configuration, flushed. What an earlier attempt left of it is written over. */
static ts_err_t
write_draft(const char *path, const ts_buf_t *text, ts_msg_t *ret_why)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (file < 0) {
        return ts_disk_fail(path, ret_why);
    }
    ts_err_t err = ts_disk_write(file, path, text->data, text->length, ret_why);
    if (err != TS_ERR_OK) {
        (void)close(file);
        return err;
    }
    return ts_disk_close(&file, path, ret_why);
}

/* Writes a new file, which has its name only when it is whole; one that is there stays as it is:
 * people change it. */
static ts_err_t
write_new(const char *dir, const char *name, const ts_buf_t *text, ts_msg_t *ret_why)
{
    char path[TS_DISK_PATH_BYTES];
    char draft[TS_DISK_PATH_BYTES + sizeof DRAFT_ENDING];
    struct stat facts;
    ts_err_t err = ts_disk_path(path, dir, name, ret_why);
    if (err != TS_ERR_OK || lstat(path, &facts) == 0) {
        return err;
    }
    (void)snprintf(draft, sizeof draft, "%s" DRAFT_ENDING, path);
    err = write_draft(draft, text, ret_why);
    if (err == TS_ERR_OK) {
        err = ts_disk_name(draft, path, ret_why);
    }
    if (err != TS_ERR_OK) {
        (void)unlink(draft);
    }
    return err;
}

static ts_err_t
make_folder(const char *dir, const char *name, ts_msg_t *ret_why)
{
    char path[TS_DISK_PATH_BYTES];
    ts_err_t err = ts_disk_path(path, dir, name, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    return mkdir(path, 0750) == 0 || errno == EEXIST ? TS_ERR_OK : ts_disk_fail(path, ret_why);
}

static void
put(ts_buf_t *out, const char *a, const char *b, const char *c)
{
    ts_buf_put_text(out, a);
    ts_buf_put_text(out, b);
    ts_buf_put_text(out, c);
}

static void
put_head(ts_buf_t *out, const char *what)
{
    put(out, "# Tiếp Sức: ", what,
        ". Keys that do not stand here have their defaults; the commented examples show all.\n\n");
}

/* key = ipc://<dir>/<socket>, unless the folder's path is too long for a socket. */
static void
put_socket(ts_buf_t *out, const char *key, const char *dir, const char *socket)
{
    if (strlen(dir) + strlen(socket) + 1 <= IPC_PATH_BYTES_MAX) {
        put(out, key, " = \"ipc://", dir);
        put(out, "/", socket, "\"\n");
    }
}

/* Where the gate listens: on every address with the port that the others use, on this machine alone
 * when that is what they were told. */
static void
put_listen(ts_buf_t *out, const char *endpoints)
{
    size_t length = strcspn(endpoints, " ");
    char *first = ts_xstrndup(endpoints, length);
    const char *colon = strrchr(first, ':');
    bool local =
        strncmp(first, "tcp://127.", 10) == 0 || strncmp(first, "tcp://localhost", 15) == 0;
    bool port =
        colon != NULL && colon[1] >= '1' && colon[1] <= '9' && strncmp(first, "tcp://", 6) == 0;
    if (local) {
        put(out, "listen = \"", first, "\"\n");
    } else if (port) {
        put(out, "listen = \"tcp://*:", colon + 1, "\"\n");
    } else {
        put(out, "listen = \"", LISTEN_DEFAULT, "\"\n");
    }
    ts_xfree(first);
}

static ts_err_t
write_gate(const char *dir, const char *endpoints, ts_msg_t *ret_why)
{
    ts_buf_t text = {0};
    put_head(&text, "the gate, the only process that strangers can reach");
    put(&text, "data_dir = \"", dir, "/gate\"\n");
    put_listen(&text, endpoints);
    put(&text, "key_file = \"", dir, "/keys/gate.key\"\n\nnode\n");
    put_socket(&text, "    endpoint", dir, "node.sock");
    ts_err_t err = make_folder(dir, "gate", ret_why);
    if (err == TS_ERR_OK) {
        err = write_new(dir, "gate.conf", &text, ret_why);
    }
    ts_buf_free(&text);
    return err;
}

static ts_err_t
write_reporter(const char *dir, ts_msg_t *ret_why)
{
    ts_buf_t text = {0};
    put_head(&text, "the reporter");
    put(&text, "data_dir = \"", dir, "/reporter\"\n");
    put(&text, "out_dir = \"", dir, "/reports\"\n\nnode\n");
    put_socket(&text, "    control", dir, "control.sock");
    ts_err_t err = make_folder(dir, "reporter", ret_why);
    if (err == TS_ERR_OK) {
        err = make_folder(dir, "reports", ret_why);
    }
    if (err == TS_ERR_OK) {
        err = write_new(dir, "reporter.conf", &text, ret_why);
    }
    ts_buf_free(&text);
    return err;
}

/* The node's own file: office.conf or aggregator.conf. */
static ts_err_t
write_node(const char *dir, const char *name, const char *what, bool gate, ts_msg_t *ret_why)
{
    ts_buf_t text = {0};
    put_head(&text, what);
    put(&text, "data_dir = \"", dir, "\"\n");
    put_socket(&text, "control", dir, "control.sock");
    if (gate) {
        ts_buf_put_text(&text, "\ngate\n");
        put_socket(&text, "    endpoint", dir, "node.sock");
    }
    ts_err_t err = write_new(dir, name, &text, ret_why);
    ts_buf_free(&text);
    return err;
}

/* Configurations want absolute paths. NULL with *ret_why when it is not known where we are. */
static char *
absolute(const char *dir, ts_msg_t *ret_why)
{
    char here[TS_DISK_PATH_BYTES];
    if (dir[0] == '/') {
        return ts_xstrdup(dir);
    }
    if (getcwd(here, sizeof here) == NULL) {
        (void)ts_disk_fail(dir, ret_why);
        return NULL;
    }
    while (strncmp(dir, "./", 2) == 0) {
        dir += 2;
    }
    ts_buf_t path = {0};
    put(&path, here, "/", dir);
    ts_buf_put_u8(&path, 0);
    char *text = ts_xstrdup((const char *)path.data);
    ts_buf_free(&path);
    return text;
}

ts_err_t
ts_provision_conf_province(const char *dir, const char *endpoints, ts_msg_t *ret_why)
{
    char *path = absolute(dir, ret_why);
    if (path == NULL) {
        return TS_ERR_IO;
    }
    ts_err_t err = write_node(path, "aggregator.conf", "the aggregator, the office of the province",
                              true, ret_why);
    if (err == TS_ERR_OK) {
        err = write_gate(path, endpoints, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = write_reporter(path, ret_why);
    }
    ts_xfree(path);
    return err;
}

ts_err_t
ts_provision_conf_office(const char *dir, const char *endpoints, ts_msg_t *ret_why)
{
    char *path = absolute(dir, ret_why);
    if (path == NULL) {
        return TS_ERR_IO;
    }
    ts_err_t err = write_node(path, "office.conf", "an office", endpoints != NULL, ret_why);
    if (err == TS_ERR_OK && endpoints != NULL) {
        err = write_gate(path, endpoints, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = write_reporter(path, ret_why);
    }
    ts_xfree(path);
    return err;
}
