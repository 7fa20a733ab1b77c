import ArgumentParser
import TachoLog
import TachoProjections
import TachoQuery

struct SQLCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Ask the tables in SQL.",
        discussion: """
            SQLite's SQL, with every table of `tacho tables` to read from; nothing can be written. \
            Several statements end with ; each. Moments are ISO 8601 text in UTC, money is dollars \
            in decimal text with a column …_picousd of whole numbers beside it, unknown is NULL.

            EXAMPLES
              tacho sql 'SELECT tool_name, count(*) FROM tool_calls GROUP BY tool_name'
              tacho sql "SELECT * FROM sessions WHERE started_at > datetime('now', '-1 day')"
              tacho sql -f report.sql --csv
              tacho sql --schema tool_calls
              echo 'SELECT 1 + 1 AS two' | tacho sql --json
            """)

    @Argument(help: "The statements; without them they are read from standard input.")
    var query: String?

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Read them from this file.", valueName: "file"),
        completion: .file())
    var file: String?

    @Flag(
        name: .customLong("schema"), help: "Print the tables' columns, or those of a table named.")
    var isSchemaWanted = false

    @Option(help: "Give up after so many seconds; 0 never does.")
    var timeout = 300

    @Option(name: .customLong("memory"), help: "Give up beyond so many MB of SQLite's own.")
    var memoryMegabytes = 1024

    @Option(
        name: .customLong("max-rows"),
        help: "At most so many rows of a statement. (default: 10,000 in a terminal, else all)")
    var rowLimit: Int?

    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    /// Of a script; SQLite takes no more.
    private static let scriptByteLimit = 1_000_000

    func validate() throws {
        if query != nil, file != nil {
            throw ValidationError("Give the statements, or --file, and not both.")
        }
        if timeout < 0 || timeout > 1_000_000 {
            throw ValidationError("--timeout is not negative, and not above 1000000.")
        }
        if !(1...1_000_000).contains(memoryMegabytes) {
            throw ValidationError("--memory is from 1 to 1000000.")
        }
        if let rowLimit, rowLimit < 0 { throw ValidationError("--max-rows is not negative.") }
    }

    func run() throws {
        if isSchemaWanted { return try printSchema() }
        let script = try readScript()
        do {
            try run(script)
        } catch let error as SQLError {
            throw Failure(error, script: script)
        }
    }

    private func run(_ script: [UInt8]) throws {
        let limits = SQLLimits(
            timeout: timeout == 0 ? nil : .seconds(timeout),
            memoryByteCount: memoryMegabytes << 20)
        let session = try SQLSession(allSchemas, limits: limits)
        // Mistakes in the question are told before anything is folded.
        let pieces = try session.parse(script)
        guard !pieces.isEmpty else { throw Failure(.usage, "there is no statement") }
        let wanted = session.wantedColumns.map { WantedTable($0.key, columns: $0.value) }
        let tables = try OpenTables(
            wanted.sorted { $0.name < $1.name }, in: location, asOf: asOf.asOf, output.messages)
        for table in tables.all { session.open(table) }
        session.restartClock()
        Deadline.set(seconds: timeout)
        var printer = SQLPrinter(
            output: output, rowLimit: rowLimit ?? impliedRowLimit, warnings: tables.warnings,
            statementCount: pieces.count)
        for piece in pieces { try printer.print(try session.prepare(piece)) }
        try printer.finish()
        try tables.checkDamage()
    }

    /// A person at a terminal looks at what fits into memory and patience.
    private var impliedRowLimit: Int? {
        output.format == .text && Terminal.isTerminal(Terminal.output) ? 10_000 : nil
    }

    private func readScript() throws -> [UInt8] {
        if let query { return Array(query.utf8) }
        if let file {
            guard
                let text = try RealFileSystem().contents(of: file, limit: Self.scriptByteLimit)
            else { throw Failure(.usage, "there is no file \(file)") }
            return text
        }
        guard !Terminal.isTerminal(Terminal.input) else {
            throw Failure(
                .usage, "which statement? tacho sql 'SELECT …', or -f FILE, or standard input")
        }
        guard let text = StandardInput.read(limit: Self.scriptByteLimit) else {
            throw Failure(.usage, "the statements are longer than \(Self.scriptByteLimit) bytes")
        }
        return text
    }

    private func printSchema() throws {
        var schemas = allSchemas
        if let name = query {
            schemas = schemas.filter { $0.name == name }
            if schemas.isEmpty { throw Failure.unknownTable(name) }
        }
        if output.format == .text {
            let texts = schemas.map { SQLSession.declaration(of: $0) }
            return try Output.write(texts.joined(separator: "\n"))
        }
        var listing = Listing(
            schema: "tacho.sql.schema/1", fields: [.init("name"), .init("sql", minimum: 30)])
        listing.rows = schemas.map {
            [.text($0.name), .text(SQLSession.declaration(of: $0))]
        }
        try listing.print(output)
    }
}

extension Failure {
    init(_ error: SQLError, script: [UInt8]) {
        switch error.kind {
        case .mistake: self.init(.usage, Self.place(error, script))
        case .refused: self.init(.notAllowed, error.message)
        case .interrupted: self.init(.interrupted, error.message)
        case .timedOut:
            self.init(.failure, error.message + "; --timeout gives it more seconds, 0 any number")
        case .outOfMemory: self.init(.failure, error.message + "; --memory gives it more MB")
        case .file: self.init(.failure, error.message)
        }
    }

    /// The message, and the line with the place under it.
    private static func place(_ error: SQLError, _ script: [UInt8]) -> String {
        var message = error.message + suggestion(error.message)
        guard let offset = error.offset, offset <= script.count else { return message }
        if error.message.hasPrefix("no such column: "), script[offset...].first == 0x22 {
            message = error.message + "; text stands in single quotes"
        }
        let before = script[..<offset]
        let start = (before.lastIndex(of: 0x0A) ?? -1) + 1
        let end = script[offset...].firstIndex(of: 0x0A) ?? script.count
        let line = before.count { $0 == 0x0A } + 1
        let column = String(decoding: script[start..<offset], as: UTF8.self).count + 1
        let text = TerminalText.sanitized(
            String(decoding: script[start..<end].prefix(500), as: UTF8.self))
        let mark = String(repeating: " ", count: min(column - 1, 500)) + "^"
        return "line \(line), column \(column): \(message)\n  \(text)\n  \(mark)"
    }

    private static func suggestion(_ message: String) -> String {
        let schemas = allSchemas
        let kinds: [(prefix: String, names: [String])] = [
            ("no such table: ", schemas.map(\.name)),
            (
                "no such column: ",
                schemas.flatMap { schema in schema.visibleColumns.map { schema.columns[$0].name } }
            ),
        ]
        for (prefix, names) in kinds where message.hasPrefix(prefix) {
            let name = message.dropFirst(prefix.count).split(separator: ".").last.map(String.init)
            // A column that other tables have is no mistake of spelling.
            if let name, names.contains(name) {
                let owners = schemas.filter { $0.column(named: name) != nil }.map(\.name)
                return "; it is one of \(owners.joined(separator: ", "))"
            }
            if let nearest = name.flatMap({ Spelling.nearest(to: $0, in: names) }) {
                return ". Did you mean \(nearest)?"
            }
        }
        return ""
    }
}
