// The peer Redis: XADD to one stream, with the append-only file; a batch is sent at once, and
// answered when all of it is written.
//
//     append_redis DIRECTORY EVENTS …     see writer.h; --durability always|everysec
//     append_redis check DIRECTORY        number and hash of the events there
//     append_redis clear DIRECTORY        an empty stream
//     append_redis version DIRECTORY
//
// DIRECTORY has the server's socket.

#include "line_socket.h"

static void putBulk(struct text text) {
    char head[32];
    put(head, (size_t)snprintf(head, sizeof head, "$%zu\r\n", text.count));
    put(text.bytes, text.count);
    put("\r\n", 2);
}

static void putCommand(const char *const *words, int count) {
    char head[32];
    put(head, (size_t)snprintf(head, sizeof head, "*%d\r\n", count));
    for (int i = 0; i < count; i++) putBulk((struct text){words[i], strlen(words[i])});
}

// Reads one answer over and says its first line's number, or count of what follows.
static long long answer(void) {
    char *line = receiveLine();
    if (line[0] == '-') {
        fprintf(stderr, "redis: %s\n", line);
        exit(1);
    }
    return line[0] == '$' || line[0] == '*' || line[0] == ':' ? strtoll(line + 1, NULL, 10) : 0;
}

static struct text bulk(void) {
    long long count = answer();
    char *bytes = malloc((size_t)count + 2);
    receiveBytes(bytes, (size_t)count + 2);
    return (struct text){bytes, (size_t)count};
}

static void command(const char *const *words, int count) {
    putCommand(words, count);
    flushOutput();
}

// An entry of XRANGE: its id, and six texts, which are three names and their values.
static void takeEntry(struct contents *contents, char *id, size_t capacity) {
    struct text texts[6];
    answer();
    struct text own = bulk();
    snprintf(id, capacity, "(%.*s", (int)own.count, own.bytes);
    free((char *)own.bytes);
    answer();
    for (int i = 0; i < 6; i++) texts[i] = bulk();
    take(contents, texts[1], texts[3], texts[5]);
    for (int i = 0; i < 6; i++) free((char *)texts[i].bytes);
}

static int check(void) {
    struct contents contents = {0};
    char next[64] = "-";
    while (true) {
        command((const char *[]){"XRANGE", "events", next, "+", "COUNT", "1000"}, 6);
        long long count = answer();
        for (long long i = 0; i < count; i++) takeEntry(&contents, next, sizeof next);
        if (count < 1000) return print(contents);
    }
}

static int clear(void) {
    command((const char *[]){"FLUSHALL", "SYNC"}, 2);
    answer();
    return 0;
}

static int version(void) {
    command((const char *[]){"INFO", "server"}, 2);
    struct text text = bulk();
    char *at = strstr(text.bytes, "redis_version:");
    return printf("%.*s\n", (int)strcspn(at + 14, "\r"), at + 14), 0;
}

static void putEvent(struct event e) {
    const char *words[] = {"XADD", "events", "*", "stream"};
    struct text values[] = {e.stream, {"type", 4}, e.type, {"data", 4}, e.data};
    put("*9\r\n", 4);
    for (int i = 0; i < 4; i++) putBulk((struct text){words[i], strlen(words[i])});
    for (int i = 0; i < 5; i++) putBulk(values[i]);
}

int main(int count, char **arguments) {
    if (count < 3) return fprintf(stderr, "append_redis: DIRECTORY EVENTS\n"), 2;
    bool isCommand = count == 3;
    connectToSocket(arguments[isCommand ? 2 : 1]);
    if (isCommand) {
        if (!strcmp(arguments[1], "check")) return check();
        if (!strcmp(arguments[1], "clear")) return clear();
        return version();
    }
    struct options o = parseOptions(count, arguments);
    if (!o.events || !o.batch) return fprintf(stderr, "append_redis: DIRECTORY EVENTS\n"), 2;
    command((const char *[]){"CONFIG", "SET", "appendfsync", o.durability}, 4);
    answer();
    struct events events = loadSlice(o);
    uint64_t *durations = malloc((events.count / o.batch + 1) * sizeof *durations), appends = 0;

    waitAtGate();
    uint64_t start = nanoseconds(), last = start;
    for (uint64_t i = 0; i < events.count;) {
        uint64_t size = events.count - i < o.batch ? events.count - i : o.batch;
        for (uint64_t j = 0; j < size; j++) putEvent(events.items[i + j]);
        flushOutput();
        for (uint64_t j = 0; j < size; j++) {
            long long idCount = answer();
            char id[64];
            receiveBytes(id, (size_t)idCount + 2);
        }
        i += size;
        uint64_t now = nanoseconds();
        durations[appends++] = now - last;
        last = now;
    }
    report(start, last, events.count, durations, appends);
    return 0;
}
