// The peer SQLite: one table, write-ahead log, a prepared INSERT, one transaction a batch.
// No index but the primary key, which is the row number: the cheapest it can be. With --ids 1 the
// producers' ids are kept too and are unique, so that a repeated event is stored once: what a log
// that is given ids promises.
//
//     append_sqlite DIRECTORY EVENTS …     see writer.h; --durability full|off, --ids 0|1
//     append_sqlite check DIRECTORY        number and hash of the events there

#include "writer.h"

#include <sqlite3.h>

static sqlite3 *database;

static void sql(const char *statement) {
    char *message = NULL;
    if (sqlite3_exec(database, statement, NULL, NULL, &message) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", statement, message);
        exit(1);
    }
}

static void openDatabase(const char *directory) {
    char path[4096];
    snprintf(path, sizeof path, "%s/events.db", directory);
    if (sqlite3_open(path, &database) != SQLITE_OK) fail(path);
    sqlite3_busy_timeout(database, 60000);
}

static struct text column(sqlite3_stmt *statement, int index) {
    const char *bytes = (const char *)sqlite3_column_text(statement, index);
    return (struct text){bytes, (size_t)sqlite3_column_bytes(statement, index)};
}

static int check(const char *directory) {
    openDatabase(directory);
    sqlite3_stmt *select;
    sqlite3_prepare_v2(database, "SELECT stream, type, data FROM events", -1, &select, NULL);
    struct contents contents = {0};
    while (sqlite3_step(select) == SQLITE_ROW)
        take(&contents, column(select, 0), column(select, 1), column(select, 2));
    sqlite3_finalize(select);
    sqlite3_close(database);
    return print(contents);
}

static void bind(sqlite3_stmt *insert, int index, struct text text) {
    sqlite3_bind_text(insert, index, text.bytes, (int)text.count, SQLITE_STATIC);
}

int main(int count, char **arguments) {
    if (count == 3 && !strcmp(arguments[1], "check")) return check(arguments[2]);
    if (count == 2 && !strcmp(arguments[1], "version")) return puts(sqlite3_libversion()), 0;
    struct options o = parseOptions(count, arguments);
    if (!o.events || !o.batch) return fprintf(stderr, "append_sqlite: DIRECTORY EVENTS\n"), 2;
    openDatabase(o.directory);
    sql("PRAGMA journal_mode=WAL");
    sql(strcmp(o.durability, "off") ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF");
    sql("CREATE TABLE IF NOT EXISTS events(position INTEGER PRIMARY KEY, recorded TEXT, "
        "stream TEXT, type TEXT, source TEXT, time TEXT, data TEXT, id TEXT)");
    if (o.ids) sql("CREATE UNIQUE INDEX IF NOT EXISTS event_id ON events(id)");
    struct events events = loadSlice(o);
    sqlite3_stmt *insert;
    if (sqlite3_prepare_v2(
            database,
            o.ids ? "INSERT OR IGNORE INTO events(recorded, stream, type, source, time, data, id) "
                    "VALUES(?,?,?,?,?,?,?)"
                  : "INSERT INTO events(recorded, stream, type, source, time, data) "
                    "VALUES(?,?,?,?,?,?)",
            -1, &insert, NULL) != SQLITE_OK)
        fail(sqlite3_errmsg(database));
    uint64_t *durations = malloc((events.count / o.batch + 1) * sizeof *durations), appends = 0;
    struct text recorded = {"2026-01-05T09:00:00.000Z", 24};

    waitAtGate();
    uint64_t start = nanoseconds(), last = start;
    for (uint64_t i = 0; i < events.count;) {
        sql("BEGIN IMMEDIATE");
        for (uint64_t j = 0; j < o.batch && i < events.count; j++, i++) {
            struct event e = events.items[i];
            bind(insert, 1, recorded);
            bind(insert, 2, e.stream);
            bind(insert, 3, e.type);
            bind(insert, 4, e.source);
            bind(insert, 5, e.time);
            bind(insert, 6, e.data);
            if (o.ids) bind(insert, 7, e.id);
            if (sqlite3_step(insert) != SQLITE_DONE) fail(sqlite3_errmsg(database));
            sqlite3_reset(insert);
        }
        sql("COMMIT");
        uint64_t now = nanoseconds();
        durations[appends++] = now - last;
        last = now;
    }
    report(start, last, events.count, durations, appends);
    sqlite3_finalize(insert);
    sqlite3_close(database);
    return 0;
}
