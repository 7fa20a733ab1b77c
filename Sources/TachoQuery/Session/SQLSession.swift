import CSQLite
package import TachoProjections

/// A connection of SQLite whose tables are projections, and which can only read.
///
/// ```
/// let session = try SQLSession(allProjectors.map { $0.schema })
/// let script = try session.parse(text)        // now wantedColumns says what to open
/// session.open(table)                         // for each of them
/// for piece in script { let statement = try session.prepare(piece) … }
/// ```
///
/// Statements are planned twice: to learn which columns of which snapshots are needed, and again
/// when it is known how many rows there are. To be used from one thread at a time.
package final class SQLSession {
    /// A statement's place in a script.
    package struct Piece: Sendable {
        package let text: [UInt8]
        /// Where it begins in the script.
        package let offset: Int
    }

    let database: OpaquePointer
    let guardian = Guard()
    private let limits: SQLLimits
    private let tables: [String: QueryTable]
    private let module: UnsafeMutablePointer<sqlite3_module>

    /// - Throws: ``SQLError`` if there is no memory for a connection.
    package init(_ schemas: [TableSchema], limits: SQLLimits = SQLLimits()) throws(SQLError) {
        self.limits = limits
        let flags =
            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX
        database = try Self.connect(":memory:", flags)
        module = TableModule.make()
        var tables = [String: QueryTable]()
        for schema in schemas { tables[schema.name] = QueryTable(schema, guardian: guardian) }
        self.tables = tables
        limits.apply(to: database)
        Functions.register(in: database)
        for (name, table) in tables {
            let context = Unmanaged.passUnretained(table).toOpaque()
            sqlite3_create_module_v2(database, name, module, context, nil)
        }
        // What does not fit into memory is refused, not written to a file.
        sqlite3_exec(database, "PRAGMA temp_store = MEMORY", nil, nil, nil)
        _ = tacho_sqlite_set_option(database, SQLITE_DBCONFIG_DEFENSIVE, 1)
        _ = tacho_sqlite_set_option(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
        _ = tacho_sqlite_set_option(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
        // A word in double quotes that is no column is a mistake, not a text.
        _ = tacho_sqlite_set_option(database, SQLITE_DBCONFIG_DQS_DML, 0)
        _ = tacho_sqlite_set_option(database, SQLITE_DBCONFIG_DQS_DDL, 0)
        // SQLite's own tables are made when they are first named, which is not allowed later.
        for name in ["json_each", "json_tree", "pragma_table_info", "pragma_function_list"] {
            sqlite3_exec(database, "SELECT 1 FROM \(name) LIMIT 0", nil, nil, nil)
        }
        let context = Unmanaged.passUnretained(guardian).toOpaque()
        sqlite3_set_authorizer(
            database,
            { context, action, first, second, _, _ in
                guard let context else { return SQLITE_DENY }
                return Unmanaged<Guard>.fromOpaque(context).takeUnretainedValue().authorize(
                    action, first.map { String(cString: $0) }, second.map { String(cString: $0) })
            }, context)
        sqlite3_progress_handler(
            database, 4096,
            { context in
                guard let context else { return 1 }
                return Unmanaged<Guard>.fromOpaque(context).takeUnretainedValue().progress()
            }, context)
    }

    deinit {
        sqlite3_close_v2(database)
        module.deallocate()
    }

    static func connect(_ path: String, _ flags: Int32) throws(SQLError) -> OpaquePointer {
        var database: OpaquePointer?
        let code = sqlite3_open_v2(path, &database, flags, nil)
        guard code == SQLITE_OK, let database else {
            let message = database.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(database)
            throw SQLError(.file, "\(path): \(message)")
        }
        return database
    }

    // MARK: Tables

    /// Names of the columns that the statements parsed so far look at, by table.
    package var wantedColumns: [String: [String]] {
        tables.filter { $0.value.isWanted }.mapValues { table in
            let places = Set(table.wantedColumns.map { table.columns[$0].place })
            return places.sorted().map { table.schema.columns[$0].name }
        }
    }

    /// Gives a table its rows; the columns that were wanted have to be open.
    package func open(_ table: Table) {
        tables[table.schema.name]?.open(table)
    }

    /// `CREATE TABLE` of a table, as it is seen here, for people.
    package static func declaration(of schema: TableSchema) -> String {
        let lines = QueryColumn.columns(of: schema).map { column in
            let summary = schema.columns[column.place].summary
            let key = column.form == .key ? " PRIMARY KEY" : ""
            let remark = column.isPicoDollars ? "The same in pico-dollars, to be summed." : summary
            return (code: "    \(column.declaration)\(key)", remark: remark)
        }
        var text = "-- \(schema.summary)\nCREATE TABLE \(schema.name) (\n"
        for (place, line) in lines.enumerated() {
            let comma = place < lines.count - 1 ? "," : ""
            text += line.code + comma + (line.remark.isEmpty ? "" : "  -- \(line.remark)") + "\n"
        }
        return text + ");\n"
    }

    // MARK: Statements

    /// Divides a script into statements and notes what they need.
    ///
    /// - Throws: ``SQLError`` with the place of the first mistake; nothing has run then.
    package func parse(_ script: [UInt8]) throws(SQLError) -> [Piece] {
        guardian.start(limits.timeout)
        var pieces = [Piece]()
        var offset = 0
        while offset < script.count {
            let rest = Array(script[offset...])
            let (statement, byteCount) = try compile(rest, at: offset)
            if statement != nil {
                pieces.append(Piece(text: Array(rest.prefix(byteCount)), offset: offset))
            }
            sqlite3_finalize(statement)
            guard byteCount > 0 else { break }
            offset += byteCount
        }
        return pieces
    }

    /// A statement ready to run.
    package func prepare(_ piece: Piece) throws(SQLError) -> SQLStatement {
        let (statement, _) = try compile(piece.text, at: piece.offset)
        guard let statement else { throw SQLError(.mistake, "there is no statement") }
        guard let count = counted(piece.text, statement) else {
            return SQLStatement(statement, of: self)
        }
        sqlite3_finalize(statement)
        return SQLStatement(count, of: self)
    }

    /// The statement that asks a table for its count of rows, if this counts them and it can.
    private func counted(_ text: [UInt8], _ statement: OpaquePointer) -> OpaquePointer? {
        guard let count = CountStatement(text), let table = tables[count.table],
            let name = sqlite3_column_name(statement, 0).map({ String(cString: $0) })
        else { return nil }
        guardian.isCounting = true
        defer { guardian.isCounting = false }
        let sum = count.text(named: name)
        // try?: what cannot be put like this is answered as it was put.
        guard let program = try? compile(Array("EXPLAIN ".utf8) + sum, at: 0).statement else {
            return nil
        }
        defer { sqlite3_finalize(program) }
        guard CountStatement.isSummedOnly(program, columnCount: table.columns.count) else {
            return nil
        }
        return try? compile(sum, at: 0).statement
    }

    /// From now on statements have as much time as the limits say.
    package func restartClock() { guardian.start(limits.timeout) }

    private func compile(
        _ text: [UInt8], at offset: Int
    ) throws(SQLError) -> (statement: OpaquePointer?, byteCount: Int) {
        if let zero = text.firstIndex(of: 0) {
            throw SQLError(.mistake, "the text has a byte 0 in it", offset: offset + zero)
        }
        guardian.refused = nil
        var statement: OpaquePointer?
        var byteCount = text.count
        let code = text.withUnsafeBytes { bytes in
            let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            var tail: UnsafePointer<CChar>?
            let code = sqlite3_prepare_v2(
                database, start, Int32(clamping: bytes.count), &statement, &tail)
            if let start, let tail { byteCount = tail - start }
            return code
        }
        guard code == SQLITE_OK else {
            sqlite3_finalize(statement)
            throw error(code, at: offset)
        }
        // The authorizer has refused everything else before; this is the second look.
        if let statement, sqlite3_stmt_readonly(statement) == 0 {
            sqlite3_finalize(statement)
            throw SQLError(.refused, "tacho sql only reads tables; this would write")
        }
        // As REINDEX, for which SQLite asks nobody while there is no index.
        if let statement, sqlite3_column_count(statement) == 0 {
            sqlite3_finalize(statement)
            throw SQLError(.refused, "tacho sql only reads tables; this statement answers nothing")
        }
        return (statement, byteCount)
    }

    /// What SQLite said last, as an error of ours.
    func error(_ code: Int32, at offset: Int? = nil) -> SQLError {
        let message = String(cString: sqlite3_errmsg(database))
        switch code & 0xFF {
        case SQLITE_AUTH:
            let what = guardian.refused.map { ": \($0)" } ?? ""
            return SQLError(.refused, "tacho sql only reads tables; this is refused\(what)")
        case SQLITE_READONLY, SQLITE_PERM:
            return SQLError(.refused, "tacho sql only reads tables: \(message)")
        case SQLITE_INTERRUPT:
            return guardian.isTimedOut
                ? SQLError(.timedOut, "the statement took longer than it may")
                : SQLError(.interrupted, "the statement was interrupted")
        case SQLITE_NOMEM:
            return SQLError(.outOfMemory, "the statement needs more memory than it may use")
        default:
            let place = sqlite3_error_offset(database)
            return SQLError(
                .mistake, message, offset: place < 0 ? nil : offset.map { $0 + Int(place) })
        }
    }
}
