// The peer PostgreSQL: one table without an index but its row number; a prepared INSERT for one row
// a transaction, COPY for more.
//
//     append_postgres DIRECTORY EVENTS …     see writer.h; --durability full|off
//     append_postgres check DIRECTORY        number and hash of the events there
//     append_postgres clear DIRECTORY        an empty table
//     append_postgres version DIRECTORY
//
// DIRECTORY has the server's socket.

#include "writer.h"

#include <postgresql/libpq-fe.h>

static PGconn *connection;

static void failed(const char *what) {
    fprintf(stderr, "%s: %s\n", what, PQerrorMessage(connection));
    exit(1);
}

static PGresult *checked(PGresult *result, ExecStatusType wanted, const char *what) {
    if (PQresultStatus(result) != wanted) failed(what);
    return result;
}

static void sql(const char *statement) {
    PQclear(checked(PQexec(connection, statement), PGRES_COMMAND_OK, statement));
}

static void connectTo(const char *directory) {
    char target[4096];
    snprintf(target, sizeof target, "host=%s user=bench dbname=postgres", directory);
    connection = PQconnectdb(target);
    if (PQstatus(connection) != CONNECTION_OK) failed("connect");
}

static int check(void) {
    struct contents contents = {0};
    if (!PQsendQuery(connection, "SELECT stream, type, data FROM events")) failed("select");
    PQsetSingleRowMode(connection);
    for (PGresult *row; (row = PQgetResult(connection)); PQclear(row)) {
        if (PQntuples(row) == 0) continue;
        struct text texts[3];
        for (int i = 0; i < 3; i++)
            texts[i] = (struct text){PQgetvalue(row, 0, i), (size_t)PQgetlength(row, 0, i)};
        take(&contents, texts[0], texts[1], texts[2]);
    }
    return print(contents);
}

static int clear(void) {
    sql("DROP TABLE IF EXISTS events");
    sql("CREATE TABLE events(position bigserial, recorded text, stream text, type text, "
        "source text, time text, data text)");
    sql("CHECKPOINT");
    return 0;
}

// COPY's text form: tabs between columns, and these four escaped.
static size_t escape(char *to, struct text text) {
    size_t used = 0;
    for (size_t i = 0; i < text.count; i++) {
        char c = text.bytes[i];
        char escaped = c == '\\' ? '\\' : c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : 0;
        if (escaped) to[used++] = '\\', to[used++] = escaped;
        else to[used++] = c;
    }
    return used;
}

static const struct text recorded = {"2026-01-05T09:00:00.000Z", 24};

static void copy(const struct event *events, uint64_t count) {
    static char *buffer;
    static size_t capacity;
    size_t used = 0;
    for (uint64_t i = 0; i < count; i++) {
        struct event e = events[i];
        struct text columns[] = {recorded, e.stream, e.type, e.source, e.time, e.data};
        size_t needed = used + 2 * e.line.count + 128;
        if (needed > capacity) buffer = realloc(buffer, capacity = 2 * needed);
        for (int j = 0; j < 6; j++) {
            used += escape(buffer + used, columns[j]);
            buffer[used++] = j < 5 ? '\t' : '\n';
        }
    }
    const char *statement = "COPY events(recorded, stream, type, source, time, data) FROM STDIN";
    PQclear(checked(PQexec(connection, statement), PGRES_COPY_IN, "copy"));
    if (PQputCopyData(connection, buffer, (int)used) != 1) failed("copy");
    if (PQputCopyEnd(connection, NULL) != 1) failed("copy");
    PQclear(checked(PQgetResult(connection), PGRES_COMMAND_OK, "copy"));
    while (PQgetResult(connection)) {}
}

static void insert(struct event e) {
    struct text columns[] = {recorded, e.stream, e.type, e.source, e.time, e.data};
    const char *values[6];
    int lengths[6], formats[6];
    // In binary form a text is its bytes, which need no zero byte behind them.
    for (int i = 0; i < 6; i++)
        values[i] = columns[i].bytes, lengths[i] = (int)columns[i].count, formats[i] = 1;
    PQclear(checked(PQexecPrepared(connection, "insert", 6, values, lengths, formats, 0),
                    PGRES_COMMAND_OK, "insert"));
}

int main(int count, char **arguments) {
    if (count < 3) return fprintf(stderr, "append_postgres: DIRECTORY EVENTS\n"), 2;
    bool isCommand = count == 3;
    connectTo(arguments[isCommand ? 2 : 1]);
    if (isCommand) {
        if (!strcmp(arguments[1], "check")) return check();
        if (!strcmp(arguments[1], "clear")) return clear();
        int version = PQserverVersion(connection);
        return printf("%d.%d\n", version / 10000, version % 10000), 0;
    }
    struct options o = parseOptions(count, arguments);
    if (!o.events || !o.batch) return fprintf(stderr, "append_postgres: DIRECTORY EVENTS\n"), 2;
    sql(strcmp(o.durability, "off") ? "SET synchronous_commit = on"
                                    : "SET synchronous_commit = off");
    const char *statement = "INSERT INTO events(recorded, stream, type, source, time, data) "
                            "VALUES($1::text,$2::text,$3::text,$4::text,$5::text,$6::text)";
    PQclear(checked(PQprepare(connection, "insert", statement, 6, NULL), PGRES_COMMAND_OK, "prepare"));
    struct events events = loadSlice(o);
    uint64_t *durations = malloc((events.count / o.batch + 1) * sizeof *durations), appends = 0;

    waitAtGate();
    uint64_t start = nanoseconds(), last = start;
    for (uint64_t i = 0; i < events.count;) {
        uint64_t size = events.count - i < o.batch ? events.count - i : o.batch;
        if (size == 1) insert(events.items[i]);
        else copy(events.items + i, size);
        i += size;
        uint64_t now = nanoseconds();
        durations[appends++] = now - last;
        last = now;
    }
    report(start, last, events.count, durations, appends);
    PQfinish(connection);
    return 0;
}
