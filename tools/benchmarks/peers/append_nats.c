// The peer NATS JetStream: one stream in files, written back later; a batch is published at once,
// and done when all of it is acknowledged.
//
//     append_nats DIRECTORY EVENTS …     see writer.h
//     append_nats check DIRECTORY        number and hash of the events there
//     append_nats clear DIRECTORY        an empty stream
//     append_nats version DIRECTORY
//
// The file `port` of DIRECTORY says where the server is.

#include "line_socket.h"

static char version[64];

static void hello(void) {
    char *line = receiveLine();
    char *found = strstr(line, "\"version\":\"");
    if (found) snprintf(version, sizeof version, "%.*s", (int)strcspn(found + 11, "\""), found + 11);
    const char *words = "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"c\"}\r\n"
                        "SUB answer.* 1\r\nSUB everything 2\r\nPING\r\n";
    sendAll(words, strlen(words));
    while (strcmp(receiveLine(), "PONG")) {}
}

// The payload of the next message; valid until the next call.
static struct text message(void) {
    static char *bytes;
    static size_t capacity;
    while (true) {
        char *line = receiveLine();
        if (!strcmp(line, "PING")) sendAll("PONG\r\n", 6);
        if (!strncmp(line, "-ERR", 4)) {
            fprintf(stderr, "nats: %s\n", line);
            exit(1);
        }
        if (strncmp(line, "MSG ", 4)) continue;
        size_t count = strtoull(strrchr(line, ' ') + 1, NULL, 10);
        if (count + 2 > capacity) bytes = realloc(bytes, capacity = count + 2);
        receiveBytes(bytes, count + 2);
        bytes[count] = 0;
        return (struct text){bytes, count};
    }
}

static struct text request(const char *subject, const char *body) {
    char head[256];
    put(head, (size_t)snprintf(head, sizeof head, "PUB %s answer.x %zu\r\n", subject, strlen(body)));
    put(body, strlen(body));
    put("\r\n", 2);
    flushOutput();
    return message();
}

static int clear(void) {
    request("$JS.API.STREAM.DELETE.EVENTS", "");
    struct text answer = request(
        "$JS.API.STREAM.CREATE.EVENTS",
        "{\"name\":\"EVENTS\",\"subjects\":[\"events\"],\"storage\":\"file\",\"retention\":\"limits\","
        "\"max_consumers\":-1,\"max_msgs\":-1,\"max_bytes\":-1,\"max_age\":0,\"num_replicas\":1,"
        "\"discard\":\"old\"}");
    if (strstr(answer.bytes, "\"error\"")) return fprintf(stderr, "nats: %s\n", answer.bytes), 1;
    return 0;
}

// A text up to its zero byte, or to the end.
static struct text part(struct text *rest) {
    const char *zero = memchr(rest->bytes, 0, rest->count);
    size_t count = zero ? (size_t)(zero - rest->bytes) : rest->count;
    struct text found = {rest->bytes, count};
    size_t used = zero ? count + 1 : count;
    *rest = (struct text){rest->bytes + used, rest->count - used};
    return found;
}

// By a consumer that pushes everything there is to a subject of its own, one without wildcards.
static int check(void) {
    struct contents contents = {0};
    struct text answer = request("$JS.API.STREAM.INFO.EVENTS", "");
    char *found = strstr(answer.bytes, "\"messages\":");
    uint64_t count = found ? strtoull(found + 11, NULL, 10) : 0;
    if (count == 0) return print(contents);
    request("$JS.API.CONSUMER.CREATE.EVENTS",
            "{\"stream_name\":\"EVENTS\",\"config\":{\"deliver_subject\":\"everything\","
            "\"deliver_policy\":\"all\",\"ack_policy\":\"none\",\"replay_policy\":\"instant\"}}");
    while (contents.count < count) {
        struct text rest = message();
        struct text stream = part(&rest), type = part(&rest);
        take(&contents, stream, type, rest);
    }
    return print(contents);
}

static void putEvent(struct event e) {
    char head[64];
    size_t count = e.stream.count + e.type.count + e.data.count + 2;
    put(head, (size_t)snprintf(head, sizeof head, "PUB events answer.a %zu\r\n", count));
    put(e.stream.bytes, e.stream.count);
    put("", 1);
    put(e.type.bytes, e.type.count);
    put("", 1);
    put(e.data.bytes, e.data.count);
    put("\r\n", 2);
}

int main(int count, char **arguments) {
    if (count < 3) return fprintf(stderr, "append_nats: DIRECTORY EVENTS\n"), 2;
    bool isCommand = count == 3;
    connectToPort(arguments[isCommand ? 2 : 1]);
    hello();
    if (isCommand) {
        if (!strcmp(arguments[1], "check")) return check();
        if (!strcmp(arguments[1], "clear")) return clear();
        return puts(version), 0;
    }
    struct options o = parseOptions(count, arguments);
    if (!o.events || !o.batch) return fprintf(stderr, "append_nats: DIRECTORY EVENTS\n"), 2;
    struct events events = loadSlice(o);
    uint64_t *durations = malloc((events.count / o.batch + 1) * sizeof *durations), appends = 0;

    waitAtGate();
    uint64_t start = nanoseconds(), last = start;
    for (uint64_t i = 0; i < events.count;) {
        uint64_t size = events.count - i < o.batch ? events.count - i : o.batch;
        for (uint64_t j = 0; j < size; j++) putEvent(events.items[i + j]);
        flushOutput();
        for (uint64_t j = 0; j < size; j++)
            if (strstr(message().bytes, "\"error\"")) fail("a publish was refused");
        i += size;
        uint64_t now = nanoseconds();
        durations[appends++] = now - last;
        last = now;
    }
    report(start, last, events.count, durations, appends);
    return 0;
}
