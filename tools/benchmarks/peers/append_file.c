// The peer in C: one buffer and one `write` at the end of the file for each batch, then
// `fdatasync` if it shall be durable. No lock: O_APPEND keeps the writers apart, and the file
// system lets one sync serve many. Nothing that appends to a file and waits for the disk does less.
//
//     append_file DIRECTORY EVENTS …      see writer.h
//     append_file check DIRECTORY|EVENTS  number and hash of the events there

#include "writer.h"

static int check(const char *path) {
    struct stat status;
    char file[4096];
    snprintf(file, sizeof file, "%s/log.jsonl", path);
    struct text text =
        readFile(!stat(path, &status) && S_ISDIR(status.st_mode) ? file : path);
    struct contents contents = {0};
    for (const char *at = text.bytes, *end = at + text.count; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline) break;
        struct event e = parseEvent((struct text){at, (size_t)(newline - at)});
        take(&contents, e.stream, e.type, e.data);
        at = newline + 1;
    }
    return print(contents);
}

int main(int count, char **arguments) {
    if (count == 3 && !strcmp(arguments[1], "check")) return check(arguments[2]);
    struct options o = parseOptions(count, arguments);
    if (!o.events || !o.batch) return fprintf(stderr, "append_file: DIRECTORY EVENTS\n"), 2;
    char path[4096];
    snprintf(path, sizeof path, "%s/log.jsonl", o.directory);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) fail(path);
    struct events events = loadSlice(o);
    bool durable = strcmp(o.durability, "off") != 0;
    uint64_t *durations = malloc((events.count / o.batch + 1) * sizeof *durations), appends = 0;
    size_t capacity = 1 << 20, used;
    char *buffer = malloc(capacity);

    waitAtGate();
    uint64_t start = nanoseconds(), last = start;
    for (uint64_t i = 0; i < events.count;) {
        used = 0;
        for (uint64_t j = 0; j < o.batch && i < events.count; j++, i++) {
            struct text line = events.items[i].line;
            while (used + line.count + 96 > capacity) buffer = realloc(buffer, capacity *= 2);
            // As many bytes as our record has: its position and the time of recording come first.
            used += (size_t)sprintf(
                buffer + used, "{\"position\":%llu,\"recorded\":\"2026-01-05T09:00:00.000Z\",",
                (unsigned long long)(i + 1));
            memcpy(buffer + used, line.bytes + 1, line.count - 1);
            used += line.count - 1;
            buffer[used++] = '\n';
        }
        if (write(file, buffer, used) != (ssize_t)used) fail("write");
        if (durable && fdatasync(file)) fail("fdatasync");
        uint64_t now = nanoseconds();
        durations[appends++] = now - last;
        last = now;
    }
    report(start, last, events.count, durations, appends);
    return 0;
}
