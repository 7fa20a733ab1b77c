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

    @Option(help: "At most so many rows; 0 is all. (default: 100 in a terminal, else all)")
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
        guard let schema = allSchemas.first(where: { $0.name == name }) else {
            throw Failure.unknownTable(name)
        }
        // Mistakes in the question are told before anything is folded.
        let query = try query(schema)
        let shown = try shownColumns(schema)
        var tables = try open(reading(query, schema, shown))
        var answer = try answer(tables, query, shown)
        if tables.lackCells {
            tables = try open(columns(query, schema, shown))
            answer = try self.answer(tables, query, shown)
        }
        try answer.print(output)
        if limit == nil, let implied = query.limit, answer.rows.count == implied, !output.isQuiet {
            Output.note("\(implied) rows shown; --limit 0 shows all there may be")
        }
        try tables.checkDamage()
    }

    private func open(_ wanted: WantedTable) throws -> OpenTables {
        try OpenTables([wanted], in: location, asOf: asOf.asOf, output.messages)
    }

    private func answer(
        _ tables: OpenTables, _ query: TableQuery, _ shown: [Int]
    ) throws(Failure) -> TablePrinter {
        let table = try tables.table(name)
        let rows = table.rows(query)
        if rows.count <= Self.cellRowLimit {
            // Whether a snapshot's cells can be read is known before anything is printed.
            for row in rows { for column in shown { _ = table.value(column, row) } }
        }
        return TablePrinter(table: table, rows: rows, columns: shown, warnings: tables.warnings)
    }

    private static let cellRowLimit = 100

    /// A few rows that need not be looked for are read cell by cell: opening takes as long for many
    /// rows as for few then.
    private func reading(
        _ query: TableQuery, _ schema: TableSchema, _ shown: [Int]
    ) -> WantedTable {
        let isLookUp = query.conditions.allSatisfy {
            $0.column == schema.keyColumn && $0.comparison == .equal && $0.operand != .unknown
        }
        let rowCount = query.conditions.isEmpty ? query.limit ?? .max : 1
        // Of a view all rows are made.
        let isView = allViews.contains { $0.name == name }
        guard isLookUp, !isView, query.order.isEmpty, rowCount <= Self.cellRowLimit else {
            return columns(query, schema, shown)
        }
        return WantedTable(cellsOf: name)
    }

    /// Only the columns that the answer needs.
    private func columns(
        _ query: TableQuery, _ schema: TableSchema, _ shown: [Int]
    ) -> WantedTable {
        let used = shown + query.conditions.map(\.column) + query.order.map(\.column)
        return WantedTable(name, columns: used.map { schema.columns[$0].name })
    }

    private func query(_ schema: TableSchema) throws(Failure) -> TableQuery {
        do throws(TableQueryError) {
            var query = TableQuery(limit: limit == 0 ? nil : limit ?? impliedLimit, offset: offset)
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
