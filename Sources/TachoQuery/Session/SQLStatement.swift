import CSQLite

/// A statement that gives rows one by one.
package final class SQLStatement {
    private let statement: OpaquePointer
    private let session: SQLSession
    /// Names of the columns, each different: a name that comes again has `_2`, `_3`, … behind it.
    package let columnNames: [String]

    init(_ statement: OpaquePointer, of session: SQLSession) {
        self.statement = statement
        self.session = session
        var names = [String]()
        var seen = Set<String>()
        for column in 0..<sqlite3_column_count(statement) {
            let name = sqlite3_column_name(statement, column).map { String(cString: $0) } ?? ""
            var unique = name
            var number = 2
            while !seen.insert(unique).inserted {
                unique = "\(name)_\(number)"
                number += 1
            }
            names.append(unique)
        }
        columnNames = names
    }

    deinit { sqlite3_finalize(statement) }

    /// The statement as SQLite was given it.
    var text: String { sqlite3_sql(statement).map { String(cString: $0) } ?? "" }

    /// Goes to the next row.
    ///
    /// - Returns: Whether there is one.
    package func step() throws(SQLError) -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw session.error(code)
        }
    }

    /// Goes back to before the first row.
    package func reset() { sqlite3_reset(statement) }

    package func value(_ column: Int) -> SQLValue { SQLValue(statement, Int32(column)) }

    package var row: [SQLValue] { columnNames.indices.map { value($0) } }

    /// All rows from here on.
    package func rows() throws(SQLError) -> [[SQLValue]] {
        var rows = [[SQLValue]]()
        while try step() { rows.append(row) }
        return rows
    }
}
