// What the C writers share: the events of one slice, the starting gate, and the report.
//
// Every writer, ours too, is started as
//     PROGRAM DIRECTORY EVENTS --slice I --of N --count C --batch B --durability D
// opens its store, loads its slice (event k belongs to writer k mod N), prints `ready`, waits for
// a line on stdin, appends, and prints `done START END COUNT` (nanoseconds of the monotonic
// clock, which all processes share) and the nanoseconds of each append on one line.

#ifndef TACHO_BENCH_WRITER_H
#define TACHO_BENCH_WRITER_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct text { const char *bytes; size_t count; };
// One line of `generate --format envelope`.
struct event { struct text line, id, stream, type, source, time, data; };
struct options {
    const char *directory, *events, *durability;
    uint64_t slice, of, count, batch, ids;
};

static inline void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static inline uint64_t nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static inline struct options parseOptions(int count, char **arguments) {
    struct options o = {.durability = "commit", .of = 1, .count = UINT64_MAX, .batch = 1};
    for (int i = 1; i < count; i++) {
        const char *value = i + 1 < count ? arguments[i + 1] : "";
        if (arguments[i][0] != '-') {
            if (!o.directory) o.directory = arguments[i];
            else o.events = arguments[i];
            continue;
        }
        if (!strcmp(arguments[i], "--slice")) o.slice = strtoull(value, NULL, 10);
        else if (!strcmp(arguments[i], "--of")) o.of = strtoull(value, NULL, 10);
        else if (!strcmp(arguments[i], "--count")) o.count = strtoull(value, NULL, 10);
        else if (!strcmp(arguments[i], "--batch")) o.batch = strtoull(value, NULL, 10);
        else if (!strcmp(arguments[i], "--ids")) o.ids = strtoull(value, NULL, 10);
        else if (!strcmp(arguments[i], "--durability")) o.durability = value;
        i++;
    }
    return o;
}

static inline struct text readFile(const char *path) {
    int file = open(path, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status)) fail(path);
    char *bytes = malloc((size_t)status.st_size + 1);
    size_t have = 0;
    while (have < (size_t)status.st_size) {
        ssize_t got = read(file, bytes + have, (size_t)status.st_size - have);
        if (got <= 0) fail(path);
        have += (size_t)got;
    }
    close(file);
    return (struct text){bytes, have};
}

// The text between `before` and `after`, searched from `from`.
static inline struct text between(
    const char *from, const char *end, const char *before, const char *after) {
    const char *start = memmem(from, (size_t)(end - from), before, strlen(before));
    if (!start) fail("an event is not as the generator writes it");
    start += strlen(before);
    const char *stop = memmem(start, (size_t)(end - start), after, strlen(after));
    if (!stop) fail("an event is not as the generator writes it");
    return (struct text){start, (size_t)(stop - start)};
}

static inline struct event parseEvent(struct text line) {
    const char *end = line.bytes + line.count, *at = line.bytes;
    struct event e = {.line = line};
    e.id = between(at, end, "\"id\":\"", "\"");
    e.stream = between(at = e.id.bytes, end, "\"stream\":\"", "\"");
    e.type = between(at = e.stream.bytes, end, "\"type\":\"", "\"");
    e.source = between(at = e.type.bytes, end, "\"source\":\"", "\"");
    e.time = between(at = e.source.bytes, end, "\"time\":\"", "\"");
    const char *data = memmem(e.time.bytes, (size_t)(end - e.time.bytes), "\"data\":", 7) + 7;
    e.data = (struct text){data, (size_t)(end - data) - 1};  // without the envelope's brace
    return e;
}

struct events { struct event *items; uint64_t count; };

static inline struct events loadSlice(struct options o) {
    struct text file = readFile(o.events);
    struct events list = {0};
    uint64_t capacity = 0, number = 0;
    for (const char *at = file.bytes, *end = at + file.count; at < end && number < o.count;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline) break;
        if (number++ % o.of == o.slice) {
            if (list.count == capacity) {
                capacity = capacity ? capacity * 2 : 1024;
                list.items = realloc(list.items, capacity * sizeof *list.items);
            }
            list.items[list.count++] = parseEvent((struct text){at, (size_t)(newline - at)});
        }
        at = newline + 1;
    }
    return list;
}

static inline void waitAtGate(void) {
    char line[16];
    puts("ready");
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin)) exit(1);
}

static inline void report(
    uint64_t start, uint64_t end, uint64_t events, const uint64_t *durations, uint64_t count) {
    printf("done %llu %llu %llu\n", (unsigned long long)start, (unsigned long long)end,
           (unsigned long long)events);
    for (uint64_t i = 0; i < count; i++)
        printf(i ? " %llu" : "%llu", (unsigned long long)durations[i]);
    puts("");
}

// What a store holds, whatever the order of its events: their number and the sum of their hashes
// (64-bit FNV-1a of stream, NUL, type, NUL, data).
struct contents { uint64_t count, sum; };

static inline uint64_t hash(uint64_t value, const char *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) value = (value ^ (uint8_t)bytes[i]) * 0x100000001B3u;
    return value;
}

static inline void take(struct contents *c, struct text stream, struct text type, struct text data) {
    uint64_t value = hash(0xCBF29CE484222325u, stream.bytes, stream.count);
    value = hash(hash(value, "", 1), type.bytes, type.count);
    value = hash(hash(value, "", 1), data.bytes, data.count);
    c->count++;
    c->sum += value;
}

static inline int print(struct contents c) {
    printf("%llu %016llx\n", (unsigned long long)c.count, (unsigned long long)c.sum);
    return 0;
}

#endif
