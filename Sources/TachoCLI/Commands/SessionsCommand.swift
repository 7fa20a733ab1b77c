import ArgumentParser
import TachoInsights
import TachoLog
import TachoProjections

struct SessionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions",
        abstract: "List sessions of agents: prompts, tools, tokens, cost, duration.",
        discussion: """
            The newest first. Times are UTC. The duration is from the first event to the last, with \
            the time nobody was there. The cost is that of `tacho cost --by session`: what has no \
            price is in none. --json and --csv print every column of the table sessions, and the \
            cost. `tacho show ID` shows one.

            EXAMPLES
              tacho sessions --since 7d
              tacho sessions --agent codex --sort -cost --limit 10
              tacho sessions --project webapp --json | jq -r '.data[].session_id'
            """)

    @Option(help: "Only of this agent: claude-code, codex, gemini, …")
    var agent: String?

    @Option(help: "Only models whose name holds this.")
    var model: String?

    @Option(help: "Only working directories whose path holds this.")
    var project: String?

    @OptionGroup var time: TimeOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Sort by started, duration, cost, tokens, tools, prompts, or any column; - is "
                + "descending.", valueName: "key"))
    var sort = "-started"

    @OptionGroup var limit: RowLimit
    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    private static let columnByKey = [
        "started": "started_at", "tokens": "output_tokens", "tools": "tool_call_count",
        "prompts": "prompt_count", "id": "session_id", "project": "cwd",
    ]

    func run() throws {
        let tables = try OpenTables(
            ["sessions", WantedTable("model_usage", columns: ModelUsage.columns), "prices"],
            in: location, asOf: asOf.asOf, output.messages)
        let sessions = try tables.table("sessions")
        var report = CostReport(
            by: .session, prices: .tacho(PriceBook(try tables.table("prices"))))
        ModelUsage.forEach(try tables.table("model_usage"), sessions: sessions) { report.add($0) }
        let costs = Costs(report)
        let matching = try rows(sessions, costs)
        let listing = listing(limit.shown(of: matching), sessions, costs, tables.warnings)
        try listing.print(output)
        if output.format == .text, !output.isQuiet, let warning = limit.warning(of: matching) {
            Output.note(warning)
        }
        try tables.checkDamage()
    }

    // MARK: Which

    private func rows(_ sessions: Table, _ costs: Costs) throws -> [Int] {
        let schema = sessions.schema
        var conditions = [TableQuery.Condition]()
        func add(_ column: String, _ comparison: TableQuery.Comparison, _ operand: String?) {
            guard let operand, let index = schema.column(named: column) else { return }
            conditions.append(.init(index, comparison, .text(ByteString(operand))))
        }
        add("agent", .equal, agent)
        add("model", .contains, model)
        add("cwd", .contains, project)
        let key = sort.hasPrefix("-") ? String(sort.dropFirst()) : sort
        let isDescending = sort.hasPrefix("-")
        let order = key == "cost" || key == "duration" ? nil : try order(key, schema)
        let found = sessions.rows(TableQuery(conditions, order: order.map { [$0] } ?? []))
            .filter { time.contains(sessions.moment(named: "started_at", $0)) }
        guard order == nil else { return found }
        let keyed = found.map { row in
            (row, key == "cost" ? costs[sessions.key(row)] : Self.duration(row, sessions) ?? -1)
        }
        return keyed.sorted { left, right in
            guard left.1 != right.1 else { return left.0 < right.0 }
            return isDescending ? left.1 > right.1 : left.1 < right.1
        }.map(\.0)
    }

    private func order(_ key: String, _ schema: TableSchema) throws(Failure) -> TableQuery.Order {
        let column = Self.columnByKey[key] ?? key
        do throws(TableQueryError) {
            return try TableQuery.Order((sort.hasPrefix("-") ? "-" : "") + column, for: schema)
        } catch {
            throw Failure(error, schema)
        }
    }

    // MARK: What of them

    /// What each session cost, by its id.
    private struct Costs {
        private var sums: [ByteString: CostReport.Sum] = [:]

        init(_ report: CostReport) {
            for group in report.groups { if let key = group.key { sums[key] = group.sum } }
        }

        /// Pico-dollars; less than nothing where nothing has a price.
        subscript(session: ByteString) -> Int128 {
            sums[session].flatMap { $0.pricedCount > 0 ? $0.cost : nil } ?? -1
        }

        func cell(_ session: ByteString) -> Cell {
            self[session] < 0 ? .unknown : .money(self[session])
        }
    }

    /// Microseconds from the first event to the last.
    private static func duration(_ row: Int, _ sessions: Table) -> Int128? {
        guard let start = sessions.moment(named: "started_at", row),
            let end = sessions.moment(named: "ended_at", row)
        else { return nil }
        return Int128(end.microseconds) - Int128(start.microseconds)
    }

    private func listing(
        _ rows: [Int], _ sessions: Table, _ costs: Costs, _ warnings: [String]
    ) -> Listing {
        var listing = output.format == .text ? shortListing : wholeListing(sessions.schema)
        listing.warnings = warnings
        listing.emptyMessage =
            "No session matches. `tacho import PATH` takes in transcripts, `tacho setup claude` hooks."
        let columns = sessions.schema.visibleColumns
        listing.rows = rows.map { row in
            let cost = costs.cell(sessions.key(row))
            return output.format == .text
                ? shortRow(row, sessions, cost)
                : columns.map { Cell(sessions.value($0, row)) } + [cost]
        }
        return listing
    }

    private var shortListing: Listing {
        Listing(
            schema: "tacho.sessions/1",
            fields: [
                .init("session", minimum: 8, maximum: 36), .init("agent", drop: 6),
                .init("model", drop: 4, minimum: 6, maximum: 24),
                .init("started", "started (UTC)", drop: 3), .init("duration", right: true, drop: 5),
                .init("prompts", right: true, drop: 8), .init("tools", right: true, drop: 2),
                .init("output", "output tokens", right: true, drop: 7),
                .init("cost", right: true),
                .init("project", drop: 1, minimum: 8, maximum: 32),
            ])
    }

    private func shortRow(_ row: Int, _ sessions: Table, _ cost: Cell) -> [Cell] {
        let calls = sessions.integer(named: "tool_call_count", row) ?? 0
        let failures = sessions.integer(named: "error_count", row) ?? 0
        let failed = failures > 0 ? " (\(Quantity.count(Int(failures))) failed)" : ""
        return [
            sessions.cell("session_id", row), sessions.cell("agent", row),
            sessions.cell("model", row), sessions.cell("started_at", row),
            Self.duration(row, sessions).map { .seconds(Double($0) / 1e6) } ?? .unknown,
            .count(Int(sessions.integer(named: "prompt_count", row) ?? 0)),
            calls == 0 ? .unknown : .text(Quantity.count(Int(calls)) + failed),
            sessions.integer(named: "output_tokens", row).map { .count(Int($0)) } ?? .unknown,
            cost, project(row, sessions),
        ]
    }

    /// The directory's own name, which tells more of them apart than the path's beginning.
    private func project(_ row: Int, _ sessions: Table) -> Cell {
        let path = sessions.text(named: "cwd", row)
        return .text(path?.split(separator: "/").last.map(String.init))
    }

    private func wholeListing(_ schema: TableSchema) -> Listing {
        let names = schema.visibleColumns.map { schema.columns[$0].name }
        return Listing(
            schema: "tacho.sessions/1", fields: (names + ["cost_usd"]).map { .init($0) })
    }
}
