import CSQLite
import TachoQuery

/// A file of SQLite, asked as any other program would ask it.
final class PlainDatabase {
    struct Mistake: Error {
        let message: String
    }

    private let database: OpaquePointer

    init(_ path: String) throws {
        var opened: OpaquePointer?
        guard sqlite3_open_v2(path, &opened, SQLITE_OPEN_READONLY, nil) == SQLITE_OK,
            let database = opened
        else { throw Mistake(message: "cannot open \(path)") }
        self.database = database
    }

    deinit { sqlite3_close_v2(database) }

    func rows(_ query: String) throws -> [[SQLValue]] {
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        guard sqlite3_prepare_v2(database, query, -1, &statement, nil) == SQLITE_OK else {
            throw Mistake(message: String(cString: sqlite3_errmsg(database)))
        }
        var rows = [[SQLValue]]()
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: rows.append(row(statement))
            case SQLITE_DONE: return rows
            default: throw Mistake(message: String(cString: sqlite3_errmsg(database)))
            }
        }
    }

    private func row(_ statement: OpaquePointer?) -> [SQLValue] {
        (0..<sqlite3_column_count(statement)).map { column in
            switch sqlite3_column_type(statement, column) {
            case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
            case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, column))
            case SQLITE_TEXT:
                let text = sqlite3_column_text(statement, column)
                return .text(
                    Array(
                        UnsafeBufferPointer(
                            start: text, count: Int(sqlite3_column_bytes(statement, column)))))
            case SQLITE_BLOB:
                let bytes = sqlite3_column_blob(statement, column)
                return .blob(
                    Array(
                        UnsafeRawBufferPointer(
                            start: bytes, count: Int(sqlite3_column_bytes(statement, column)))))
            default: return .null
            }
        }
    }
}
