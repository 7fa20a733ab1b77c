import ArgumentParser
import TachoLog
import TachoProjections
import TachoQuery

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write tables into files for other programs.",
        discussion: """
            The file, or the directory, gets its name when it is complete. The same log gives the \
            same bytes.

            EXAMPLES
              tacho export sqlite tacho.db
              tacho export csv report/ --tables sessions,model_usage
              tacho export ndjson report/ --as-of 2026-02-01 --force
            """,
        subcommands: [ExportSQLiteCommand.self, ExportCSVCommand.self, ExportNDJSONCommand.self])

    // So that the help says where the store is; the commands below have their own.
    @OptionGroup var location: StoreLocation
}

struct ExportSQLiteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sqlite",
        abstract: "One file of SQLite, with typed columns, keys, and indexes.",
        discussion: """
            EXAMPLES
              tacho export sqlite tacho.db && sqlite3 tacho.db 'SELECT count(*) FROM sessions'
            """)

    @Argument(help: "The file.", completion: .file())
    var path: String

    @OptionGroup var options: ExportOptions

    func run() throws {
        let place = try ExportPlace(path, isForced: options.isForced)
        try place.requireParent()
        let tables = try options.open()
        let temporary = place.begin()
        do {
            try SQLiteExport.write(tables.all, to: temporary, facts: tables.facts)
            try place.finish(isDirectory: false)
        } catch {
            place.abandon()
            throw (error as? SQLError).map { Failure(.failure, $0.message) } ?? error
        }
        try options.end(tables, in: path)
    }
}

struct ExportCSVCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "csv",
        abstract: "A directory with a CSV file for each table, as `tacho table --csv` prints it.",
        discussion: """
            EXAMPLES
              tacho export csv report/ --tables sessions
            """)

    @Argument(help: "The directory; it is made.", completion: .directory)
    var path: String

    @OptionGroup var options: ExportOptions

    func run() throws { try options.export(.csv, to: path) }
}

struct ExportNDJSONCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ndjson",
        abstract: "A directory with a file for each table, a JSON object on each line.",
        discussion: """
            EXAMPLES
              tacho export ndjson report/
            """)

    @Argument(help: "The directory; it is made.", completion: .directory)
    var path: String

    @OptionGroup var options: ExportOptions

    func run() throws { try options.export(.ndjson, to: path) }
}

/// What every kind of export is told.
struct ExportOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only these. (default: all)", valueName: "table,…"))
    var tables: String?

    @Flag(name: .customLong("force"), help: "Replace what has the name; of directories, an export.")
    var isForced = false

    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var messages: MessageOptions

    struct Opened {
        let tables: OpenTables
        /// `nil` is all.
        let names: [String]?

        var all: [Table] {
            tables.all.filter { names?.contains($0.schema.name) ?? true }
        }

        /// What an exported file says about itself; nothing that another run would say otherwise.
        var facts: [(name: String, value: String)] {
            [
                ("position", String(tables.checkpoint.rawValue)),
                ("program", "tacho \(Tacho.version)"),
            ]
                + tables.live.projections.projections.map { projection in
                    ("version of \(projection.type.name)", String(projection.type.version))
                }
        }
    }

    func open() throws -> Opened {
        var wanted: [WantedTable]?
        if let tables {
            let names = tables.split(separator: ",").map(String.init)
            guard !names.isEmpty else { throw Failure(.usage, "--tables names no table") }
            for name in names where !allSchemas.contains(where: { $0.name == name }) {
                throw Failure.unknownTable(name)
            }
            wanted = names.map { WantedTable($0) }
        }
        let tables = try OpenTables(wanted, in: location, asOf: asOf.asOf, messages)
        return Opened(tables: tables, names: wanted?.map(\.name))
    }

    func export(_ format: TextExport, to path: String) throws {
        let place = try ExportPlace(path, isForced: isForced)
        let opened = try open()
        let temporary = place.begin()
        do {
            try place.makeDirectory()
            for table in opened.all {
                try format.write(table, to: "\(temporary)/\(table.schema.name).\(format.rawValue)")
            }
            try place.finish(isDirectory: true)
        } catch {
            place.abandon()
            throw error
        }
        try end(opened, in: path)
    }

    /// Tells what was written, and what is missing in it.
    func end(_ opened: Opened, in path: String) throws {
        if !messages.isQuiet {
            let rowCount = opened.all.reduce(0) { $0 + $1.rowCount }
            Output.note(
                "\(path): \(Quantity.count(opened.all.count, "table")), "
                    + "\(Quantity.count(rowCount, "row")), "
                    + "as of position \(opened.tables.checkpoint.rawValue)")
        }
        for warning in opened.tables.warnings {
            Output.note(messages.errorStyle.apply(.warning, "warning: ") + warning)
        }
        try opened.tables.checkDamage()
    }
}
