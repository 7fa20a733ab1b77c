import CSQLite
import TachoLog
package import TachoProjections

/// Writes tables into a file of SQLite.
///
/// Columns are those of `tacho sql`, and money has its pico-dollars beside it; keys are primary keys,
/// and columns that are indexed here are indexed there. The same tables give the same bytes with the
/// same version of SQLite.
package enum SQLiteExport {
    /// - Parameters:
    ///   - tables: All their columns are open.
    ///   - path: A file that is not there.
    ///   - facts: Names and values of the table `tacho_export`.
    /// - Throws: ``SQLError``; what was written so far is to be removed.
    /// - Complexity: O(cells).
    package static func write(
        _ tables: [Table], to path: String, facts: [(name: String, value: String)]
    ) throws(SQLError) {
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let database = try SQLSession.connect(path, flags)
        let module = TableModule.make()
        let queried = tables.map { QueryTable($0.schema) }
        defer {
            // The connection lets go of the tables before they are gone.
            sqlite3_close_v2(database)
            module.deallocate()
            withExtendedLifetime(queried) {}
        }
        Functions.register(in: database)
        // Nobody reads the file before it has its name, and a failure removes it.
        try run("PRAGMA page_size = 4096; PRAGMA journal_mode = OFF", database)
        try run("PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; BEGIN", database)
        try run("CREATE TABLE tacho_export (name TEXT PRIMARY KEY, value TEXT)", database)
        for fact in facts {
            try run(
                "INSERT INTO tacho_export VALUES (\(quoted(fact.name)), \(quoted(fact.value)))",
                database)
        }
        for (table, query) in zip(tables, queried) {
            query.open(table)
            let source = "scan_of_" + table.schema.name
            let context = Unmanaged.passUnretained(query).toOpaque()
            sqlite3_create_module_v2(database, source, module, context, nil)
            try run(declaration(query), database)
            let names = query.columns.map(\.quotedName).joined(separator: ", ")
            try run(
                "INSERT INTO \(table.schema.name) (\(names)) SELECT \(names) FROM \(source)",
                database)
            for column in query.columns where isIndexed(column, table.schema) {
                try run(
                    "CREATE INDEX \"\(table.schema.name)_\(column.name)\" "
                        + "ON \(table.schema.name) (\(column.quotedName))", database)
            }
        }
        try run("COMMIT", database)
    }

    private static func declaration(_ table: QueryTable) -> String {
        let columns = table.columns.map { column in
            let type =
                switch column.form {
                case .text, .value, .moment, .money: "TEXT"
                case .key: "TEXT PRIMARY KEY"
                case .integer: "INTEGER"
                case .real: "REAL"
                case .boolean: "BOOLEAN"
                }
            return "\(column.quotedName) \(type)"
        }
        return "CREATE TABLE \(table.schema.name) (\(columns.joined(separator: ", ")))"
    }

    private static func isIndexed(_ column: QueryColumn, _ schema: TableSchema) -> Bool {
        schema.columns[column.place].isIndexed && column.form != .key && column.form != .money
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
            + "'"
    }

    private static func run(_ text: String, _ database: OpaquePointer) throws(SQLError) {
        guard sqlite3_exec(database, text, nil, nil, nil) == SQLITE_OK else {
            throw SQLError(.file, String(cString: sqlite3_errmsg(database)))
        }
    }
}
