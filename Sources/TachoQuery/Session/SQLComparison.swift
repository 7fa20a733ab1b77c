import CSQLite
package import TachoProjections

/// The same statements over a table in memory, as ``SQLSession`` answers them, and over tables of
/// SQLite's own with the same rows: one without indexes, and one with an index on each column of
/// text.
///
/// Both sides are in memory, have the same functions, and plan each statement anew.
package final class SQLComparison {
    package struct Question: Sendable {
        package let name: String
        package let title: String
        /// `TABLE` stands for the table.
        let text: String
    }

    package struct Times: Sendable {
        package var ours: [Double] = []
        package var real: [Double] = []
        package var indexed: [Double] = []
    }

    /// The three questions of `tacho bench`, one of two conditions, and one of the largest.
    package static let questions = [
        Question(
            name: "by_workflow", title: "group calls by workflow",
            text: """
                SELECT adw_id, count(*), count(*) FILTER (WHERE status = 'failed'), \
                sum(duration_ms) FROM TABLE WHERE adw_id IS NOT NULL GROUP BY adw_id
                """),
        Question(
            name: "by_tool", title: "p95 of each tool",
            text: """
                SELECT tool_name, percentile_disc(duration_ms, 0.95) FROM TABLE \
                WHERE tool_name IS NOT NULL AND duration_ms IS NOT NULL GROUP BY tool_name
                """),
        Question(
            name: "completed", title: "count of completed calls",
            text: "SELECT count(*) FROM TABLE WHERE status = 'completed'"),
        Question(
            name: "failed_long", title: "failed calls of more than a second",
            text: """
                SELECT count(*), sum(duration_ms) FROM TABLE \
                WHERE status = 'failed' AND duration_ms > 1000
                """),
        Question(
            name: "longest", title: "the 20 longest calls",
            text: """
                SELECT adw_id, tool_name, duration_ms FROM TABLE \
                ORDER BY duration_ms DESC, adw_id, tool_name LIMIT 20
                """),
    ]

    private static let columns = "adw_id, tool_name, status, duration_ms"
    private let database: OpaquePointer
    private let module: UnsafeMutablePointer<sqlite3_module>
    /// For copying.
    private let table: QueryTable
    private let session: SQLSession

    /// Copies the calls into SQLite's own tables.
    ///
    /// - Parameter calls: The table `tool_calls`, its columns of the questions open.
    /// - Throws: ``SQLError`` if there is no memory for them.
    package init(_ calls: Table) throws(SQLError) {
        database = try SQLSession.connect(
            ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX)
        module = TableModule.make()
        table = QueryTable(calls.schema)
        table.open(calls)
        session = try SQLSession([calls.schema])
        session.open(calls)
        Functions.register(in: database)
        sqlite3_create_module_v2(
            database, "tool_calls", module, Unmanaged.passUnretained(table).toOpaque(), nil)
        let definition = "(adw_id TEXT, tool_name TEXT, status TEXT, duration_ms INTEGER)"
        for name in ["real_calls", "indexed_calls"] {
            _ = try rows("CREATE TABLE \(name) \(definition)")
            _ = try rows("INSERT INTO \(name) SELECT \(Self.columns) FROM tool_calls")
        }
        for column in ["adw_id", "tool_name", "status"] {
            _ = try rows("CREATE INDEX calls_\(column) ON indexed_calls (\(column))")
        }
        _ = try rows("ANALYZE")
    }

    deinit {
        sqlite3_close_v2(database)
        module.deallocate()
    }

    /// Asks all sides in turn.
    ///
    /// - Parameters:
    ///   - question: One of ``questions``.
    ///   - runs: How often.
    ///   - seconds: Measures what it is given.
    /// - Returns: What `seconds` gave for each side, run by run.
    /// - Throws: ``SQLError`` if they do not answer the same.
    package func times(
        _ question: Question, runs: Int, seconds: (() throws -> Void) throws -> Double
    ) throws -> Times {
        var times = Times()
        for _ in 0..<runs {
            var answers = [[[SQLValue]]]()
            func ask(_ table: String, _ rows: @escaping (String) throws -> [[SQLValue]]) throws
                -> Double
            {
                let text = question.text.split(separator: "TABLE", omittingEmptySubsequences: false)
                    .joined(separator: table)
                return try seconds { answers.append(try rows(text)) }
            }
            times.ours.append(try ask("tool_calls", sessionRows))
            times.real.append(try ask("real_calls", rows))
            times.indexed.append(try ask("indexed_calls", rows))
            let sorted = answers.map { $0.map { "\($0)" }.sorted() }
            guard sorted[0] == sorted[1], sorted[0] == sorted[2] else {
                throw SQLError(.mistake, "the answers to \(question.name) are not the same")
            }
        }
        return times
    }

    /// As `tacho sql` answers.
    private func sessionRows(_ text: String) throws(SQLError) -> [[SQLValue]] {
        var rows = [[SQLValue]]()
        for piece in try session.parse(Array(text.utf8)) {
            rows += try session.prepare(piece).rows()
        }
        return rows
    }

    private func rows(_ text: String) throws(SQLError) -> [[SQLValue]] {
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        guard sqlite3_prepare_v2(database, text, -1, &statement, nil) == SQLITE_OK, let statement
        else { throw SQLError(.mistake, String(cString: sqlite3_errmsg(database))) }
        var rows = [[SQLValue]]()
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                rows.append(
                    (0..<sqlite3_column_count(statement)).map { SQLValue(statement, $0) })
            case SQLITE_DONE: return rows
            default: throw SQLError(.mistake, String(cString: sqlite3_errmsg(database)))
            }
        }
    }
}
