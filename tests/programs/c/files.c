/* Files through C's own library: a list of operations in, an answer for each out.
 *
 * The world is `base`. With `-DPROGRAM` it is a program that knows of no world. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef PROGRAM
#include "base.h"
#endif

#define FIELD 8192

struct op {
    char op[64], path[FIELD], to[FIELD], text[FIELD];
    long long number;
};

struct text {
    char *bytes;
    size_t length, room;
};

static void add(struct text *out, const char *bytes, size_t length) {
    if (out->length + length > out->room) {
        out->room = (out->length + length) * 2;
        out->bytes = realloc(out->bytes, out->room);
        if (!out->bytes) abort();
    }
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
}

static void say(struct text *out, const char *words) { add(out, words, strlen(words)); }

static void quote(struct text *out, const char *bytes, size_t length) {
    say(out, "\"");
    for (size_t n = 0; n < length; n++) {
        unsigned char c = (unsigned char)bytes[n];
        char escaped[8];
        if (c < 0x20 || c == '"' || c == '\\') {
            snprintf(escaped, sizeof escaped, "\\u%04x", c);
            say(out, escaped);
        } else {
            add(out, bytes + n, 1);
        }
    }
    say(out, "\"");
}

/* The JSON that the tests send: objects of texts and numbers, no more. */

static const char *text_at(const char *at, const char *end, char *out, size_t room) {
    size_t length = 0;
    at++;
    while (at < end && *at != '"') {
        unsigned value = (unsigned char)*at++;
        char utf8[4];
        size_t count = 1;
        utf8[0] = (char)value;
        if (value == '\\' && at < end) {
            char escape = *at++;
            value = escape == 'n' ? '\n' : escape == 't' ? '\t' : escape == 'r' ? '\r' : (unsigned char)escape;
            if (escape == 'u' && end - at >= 4) {
                char digits[5] = {at[0], at[1], at[2], at[3], 0};
                value = (unsigned)strtoul(digits, NULL, 16);
                at += 4;
            }
            utf8[0] = (char)value;
        }
        if (length + count < room) {
            memcpy(out + length, utf8, count);
            length += count;
        }
    }
    out[length] = 0;
    return at + 1;
}

static const char *next_op(const char *at, const char *end, struct op *op) {
    static char key[64], skipped[FIELD];
    memset(op, 0, sizeof *op);
    while (at < end && *at != '{') at++;
    if (at >= end) return NULL;
    at++;
    while (at < end && *at != '}') {
        if (*at != '"') {
            at++;
            continue;
        }
        at = text_at(at, end, key, sizeof key);
        while (at < end && (*at == ':' || *at == ' ')) at++;
        if (at < end && *at == '"') {
            char *out = !strcmp(key, "op")     ? op->op
                        : !strcmp(key, "path") ? op->path
                        : !strcmp(key, "to")   ? op->to
                        : !strcmp(key, "text") ? op->text
                                               : skipped;
            at = text_at(at, end, out, out == op->op ? sizeof op->op : FIELD);
        } else {
            op->number = strtoll(at, (char **)&at, 10);
        }
    }
    return at < end ? at + 1 : end;
}

static const char *kind(int error) {
    switch (error) {
    case EACCES: return "PermissionDenied";
    case EPERM: return "NotPermitted";
    case ENOENT: return "NotFound";
    case EEXIST: return "AlreadyExists";
    case EISDIR: return "IsADirectory";
    case ENOTDIR: return "NotADirectory";
    case ENOTEMPTY: return "DirectoryNotEmpty";
    case ELOOP: return "FilesystemLoop";
    case EDQUOT: return "QuotaExceeded";
    case ENAMETOOLONG: return "InvalidFilename";
    case EINVAL: case EILSEQ: return "InvalidInput";
    case EXDEV: return "CrossesDevices";
    default: return strerror(error);
    }
}

static int put(const char *path, const char *mode, long long at, const char *bytes) {
    FILE *file = fopen(path, mode);
    if (!file) return -1;
    if (at && fseeko(file, at, SEEK_SET)) return -1;
    size_t length = strlen(bytes);
    int failed = fwrite(bytes, 1, length, file) != length;
    int error = errno;
    if (fclose(file)) return -1;
    errno = error;
    return failed ? -1 : 0;
}

static int by_name(const void *one, const void *other) {
    return strcmp(*(char *const *)one, *(char *const *)other);
}

static int list(struct text *out, const char *path) {
    char *names[1024];
    size_t count = 0;
    DIR *directory = opendir(path);
    if (!directory) return -1;
    for (struct dirent *entry; (entry = readdir(directory)) && count < 1024;) {
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) names[count++] = strdup(entry->d_name);
    }
    closedir(directory);
    qsort(names, count, sizeof *names, by_name);
    say(out, "[");
    for (size_t n = 0; n < count; n++) {
        if (n) say(out, ",");
        quote(out, names[n], strlen(names[n]));
        free(names[n]);
    }
    say(out, "]");
    return 0;
}

/* `%ff` in a path is that byte: a name need not be text. */
static void decode(char *path) {
    char *out = path;
    for (char *at = path; *at; at++) {
        char digits[3] = {at[0] == '%' ? at[1] : 0, at[1], 0};
        if (digits[0] && at[1]) {
            digits[1] = at[2];
            *out++ = (char)strtoul(digits, NULL, 16);
            at += 2;
        } else {
            *out++ = *at;
        }
    }
    *out = 0;
}

static int run(struct op *op, struct text *out) {
    const char *name = op->op, *path = op->path;
    if (!strncmp(name, "raw-", 4)) {
        name += 4;
        decode(op->path);
    }
    struct stat found;
    int done = 0;
    if (!strcmp(name, "read")) {
        static char bytes[65536];
        FILE *file = fopen(path, "r");
        if (!file) return -1;
        size_t length = fread(bytes, 1, sizeof bytes, file);
        int failed = ferror(file), error = errno;
        fclose(file);
        errno = error;
        if (failed) return -1;
        quote(out, bytes, length);
        return 0;
    }
    if (!strcmp(name, "list")) return list(out, path);
    if (!strcmp(name, "stat")) {
        char shown[96];
        if (stat(path, &found)) return -1;
        int directory = S_ISDIR(found.st_mode);
        snprintf(shown, sizeof shown, "{\"kind\":\"%s\",\"size\":%lld}", directory ? "dir" : "file",
                 directory ? 0LL : (long long)found.st_size);
        say(out, shown);
        return 0;
    }
    if (!strcmp(name, "exists")) {
        if (stat(path, &found)) {
            if (errno != ENOENT) return -1;
            say(out, "false");
        } else {
            say(out, "true");
        }
        return 0;
    }
    if (!strcmp(name, "read-link")) {
        char target[FIELD];
        ssize_t length = readlink(path, target, sizeof target);
        if (length < 0) return -1;
        quote(out, target, (size_t)length);
        return 0;
    }
    if (!strcmp(name, "write")) done = put(path, "w", 0, op->text);
    else if (!strcmp(name, "append")) done = put(path, "a", 0, op->text);
    else if (!strcmp(name, "create-new")) done = put(path, "wx", 0, op->text);
    else if (!strcmp(name, "update")) done = put(path, "r+", 0, op->text);
    else if (!strcmp(name, "write-at")) done = put(path, "r+", op->number, op->text);
    else if (!strcmp(name, "mkdir")) done = mkdir(path, 0777);
    else if (!strcmp(name, "remove")) done = unlink(path);
    else if (!strcmp(name, "rmdir")) done = rmdir(path);
    else if (!strcmp(name, "rename")) done = rename(path, op->to);
    else if (!strcmp(name, "symlink")) done = symlink(op->to, path);
    else if (!strcmp(name, "hard-link")) done = link(path, op->to);
    else if (!strcmp(name, "set-len")) {
        int file = open(path, O_WRONLY);
        if (file < 0) return -1;
        done = ftruncate(file, op->number);
        int error = errno;
        close(file);
        errno = error;
    } else {
        errno = ENOSYS;
        done = -1;
    }
    if (!done) say(out, "null");
    return done;
}

static struct text answers(const char *input, size_t length) {
    static struct op op;
    struct text out = {0};
    const char *at = input, *end = input + length;
    say(&out, "[");
    /* The outer object, `{"ops": [`, is passed over. */
    while (at < end && *at != '[') at++;
    for (int first = 1; (at = next_op(at, end, &op)); first = 0) {
        if (!first) say(&out, ",");
        struct text done = {0};
        errno = 0;
        if (run(&op, &done)) {
            const char *name = kind(errno);
            say(&out, "{\"error\":");
            quote(&out, name, strlen(name));
        } else {
            say(&out, "{\"ok\":");
            add(&out, done.bytes, done.length);
        }
        say(&out, "}");
        free(done.bytes);
    }
    say(&out, "]");
    return out;
}

#ifdef PROGRAM
/* The same as a program: the list on stdin, the answers on stdout. */
int main(void) {
    struct text in = {0};
    char bytes[65536];
    for (size_t got; (got = fread(bytes, 1, sizeof bytes, stdin)) > 0;) add(&in, bytes, got);
    struct text out = answers(in.bytes, in.length);
    fwrite(out.bytes, 1, out.length, stdout);
    return 0;
}
#else

bool exports_base_execute(base_string_t *input, base_string_t *output, base_skill_error_t *error) {
    (void)error;
    struct text out = answers((const char *)input->ptr, input->len);
    *output = (base_string_t){(uint8_t *)out.bytes, out.length};
    return true;
}
#endif
