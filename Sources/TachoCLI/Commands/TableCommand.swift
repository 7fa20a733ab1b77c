import ArgumentParser
import TachoLog
import TachoProjections

struct TableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table",
        abstract: "Print rows of a table.",
        discussion: """
            A condition is COLUMN and one of = != < <= > >= ~ and a value; ~ is "contains", and \
            nothing behind = asks for unknown cells. Several conditions all have to hold.

            EXAMPLES
              tacho table workflow_history --where status=failed --sort -start_time
              tacho table tool_calls --where tool_name=Bash --where 'duration_ms>60000' --csv
              tacho table sessions --columns session_id,model,output_tokens --json
              tacho table task_logs --as-of 2025-12-18 --limit 10
            """)

    @Argument(help: "The table; `tacho tables` lists them.")
    var name: String

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp("Only rows for which this holds (repeatable).", valueName: "condition"))
    var conditions: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Sort by these columns, each with a - in front for descending.",
            valueName: "column,…"))
    var sort: String?

    @Option(help: "At most so many rows. (default: 100 in a terminal, else all)")
    var limit: Int?

    @Option(help: "Leave out so many rows first.")
    var offset = 0

    @Option(help: ArgumentHelp("These columns, in this order.", valueName: "column,…"))
    var columns: String?

    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit is not negative.") }
        if offset < 0 { throw ValidationError("--offset is not negative.") }
    }

    func run() throws {
        guard let schema = allProjectors.first(where: { $0.name == name })?.schema else {
            throw Failure.unknownTable(name)
        }
        // Mistakes in the question are told before anything is folded.
        let query = try query(schema)
        let shown = try shownColumns(schema)
        let used = shown + query.conditions.map(\.column) + query.order.map(\.column)
        let wanted = WantedTable(name, columns: used.map { schema.columns[$0].name })
        let tables = try OpenTables([wanted], in: location, asOf: asOf.asOf, output.messages)
        let table = try tables.table(name)
        let rows = table.rows(query)
        try TablePrinter(table: table, rows: rows, columns: shown, warnings: tables.warnings)
            .print(output)
        if limit == nil, let implied = query.limit, rows.count == implied, !output.isQuiet {
            Output.note("\(implied) rows shown; --limit \(table.rowCount) shows all there may be")
        }
        try tables.checkDamage()
    }

    private func query(_ schema: TableSchema) throws(Failure) -> TableQuery {
        do throws(TableQueryError) {
            var query = TableQuery(limit: limit ?? impliedLimit, offset: offset)
            for condition in conditions {
                query.conditions.append(try .init(ByteString(condition), for: schema))
            }
            for column in sort?.split(separator: ",") ?? [] {
                query.order.append(try .init(String(column), for: schema))
            }
            return query
        } catch {
            throw Failure(error, schema)
        }
    }

    /// A person at a terminal asked for a look, not for a million lines.
    private var impliedLimit: Int? {
        output.format == .text && Terminal.isTerminal(Terminal.output) ? 100 : nil
    }

    private func shownColumns(_ schema: TableSchema) throws(Failure) -> [Int] {
        guard let columns else { return schema.visibleColumns }
        var shown = [Int]()
        for name in columns.split(separator: ",").map(String.init) {
            guard let column = schema.column(named: name), !schema.columns[column].isHidden else {
                throw Failure(.unknownColumn(name, table: schema.name), schema)
            }
            shown.append(column)
        }
        guard !shown.isEmpty else { throw Failure(.usage, "--columns names no column") }
        return shown
    }
}
