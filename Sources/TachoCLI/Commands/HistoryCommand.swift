import ArgumentParser
import TachoJSON
import TachoLog
import TachoProjections

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List workflows: status, phases, tools, tokens, cost, duration.",
        discussion: """
            The newest first. Times are UTC. --json and --csv print every column of the table \
            workflow_history.

            EXAMPLES
              tacho history --status failed --since 2025-12-01
              tacho history --sort -cost --min-cost 0.50 --limit 10
              tacho history --search login --json | jq -r '.data[].adw_id'
            """)

    @OptionGroup var filter: HistoryFilter

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Sort by started, duration, cost, tokens, tools, phases, status, or any column; - is "
                + "descending.", valueName: "key"))
    var sort = "-started"

    @OptionGroup var limit: RowLimit

    @Option(help: "Leave out so many first.")
    var offset = 0

    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    private static let columnByKey = [
        "started": "created_at", "duration": "duration_seconds", "cost": "reported_cost_total",
        "tokens": "total_tokens", "phases": "phase_count", "issue": "issue_number",
        "model": "model_used", "template": "workflow_template", "id": "adw_id",
    ]

    func validate() throws {
        if offset < 0 { throw ValidationError("--offset is not negative.") }
    }

    func run() throws {
        let name = "workflow_history"
        guard let schema = allProjectors.first(where: { $0.name == name })?.schema else {
            throw Failure.unknownTable(name)
        }
        let order = try order(schema)
        let tables = try OpenTables(
            [WantedTable(name), WantedTable("tool_calls", columns: ToolTally.columns)],
            in: location, asOf: asOf.asOf, output.messages)
        let history = try tables.table(name)
        let tally = ToolTally(try tables.table("tool_calls"), by: .adwID)
        var rows = history.rows(
            TableQuery(filter.conditions(schema), order: order.map { [$0] } ?? []))
        if let chosen = filter.chosenRows(history) { rows = rows.filter(chosen.contains) }
        if order == nil { sortByTools(&rows, history, tally) }
        let matchingCount = rows.count
        rows = limit.shown(of: Array(rows.dropFirst(offset)))
        if output.format == .text {
            try printText(rows, of: matchingCount, history, tally, tables.warnings)
        } else {
            try printWhole(rows, history, tally, tables.warnings)
        }
        try tables.checkDamage()
    }

    /// - Returns: `nil` for the number of calls, which is not a column.
    private func order(_ schema: TableSchema) throws(Failure) -> TableQuery.Order? {
        let key = sort.hasPrefix("-") ? String(sort.dropFirst()) : sort
        if key == "tools" { return nil }
        let column = Self.columnByKey[key] ?? key
        do throws(TableQueryError) {
            return try TableQuery.Order((sort.hasPrefix("-") ? "-" : "") + column, for: schema)
        } catch {
            throw Failure(error, schema)
        }
    }

    private func sortByTools(_ rows: inout [Int], _ history: Table, _ tally: ToolTally) {
        let counted = rows.map { row in
            (row, tally[history.key(row)].callCount)
        }
        let isDescending = sort.hasPrefix("-")
        rows = counted.sorted { left, right in
            guard left.1 != right.1 else { return left.0 < right.0 }
            return isDescending ? left.1 > right.1 : left.1 < right.1
        }.map(\.0)
    }

    private func printText(
        _ rows: [Int], of matchingCount: Int, _ history: Table, _ tally: ToolTally,
        _ warnings: [String]
    ) throws {
        var listing = Listing(
            schema: "tacho.history/1",
            fields: [
                .init("adw_id", "workflow"), .init("issue_number", "issue", right: true, drop: 8),
                .init("status"), .init("workflow_template", "template", drop: 9, minimum: 8),
                .init("model_used", "model", drop: 7, minimum: 6, maximum: 20),
                .init("phases", drop: 4, minimum: 8, maximum: 28),
                .init("tools", right: true, drop: 3), .init("tokens", right: true, drop: 2),
                .init("cost", right: true), .init("started", "started (UTC)", drop: 5),
                .init("duration", right: true, drop: 1),
                .init("nl_input", "request", drop: 10, minimum: 16, maximum: 48),
            ])
        listing.statusField = "status"
        listing.warnings = warnings
        listing.emptyMessage = "No workflow matches. `tacho import PATH` takes in run directories."
        listing.rows = rows.map { row in
            let counts = tally[history.key(row)]
            let failures = counts.failureCount > 0 ? " (\(counts.failureCount) failed)" : ""
            return [
                history.cell("adw_id", row), history.cell("issue_number", row),
                history.cell("status", row), history.cell("workflow_template", row),
                history.cell("model_used", row), phases(row, history),
                counts.callCount == 0
                    ? .unknown : .text(Quantity.count(counts.callCount) + failures),
                history.integer(named: "total_tokens", row).map { .count(Int($0)) } ?? .unknown,
                cost(row, history),
                history.cell("start_time", row),
                history.integer(named: "duration_seconds", row).map { .seconds(Double($0)) }
                    ?? .unknown,
                history.cell("nl_input", row),
            ]
        }
        try listing.print(output)
        if rows.count < matchingCount, !output.isQuiet {
            Output.note(
                "\(Quantity.count(rows.count)) of \(Quantity.count(matchingCount)) workflows; "
                    + "--limit 0 shows all")
        }
    }

    /// `7, at Review`, or the number alone once the workflow has ended.
    private func phases(_ row: Int, _ history: Table) -> Cell {
        guard let count = history.integer(named: "phase_count", row) else { return .unknown }
        let status = history.text(named: "status", row)
        guard status != "completed", let phase = history.text(named: "current_phase", row) else {
            return .text(String(count))
        }
        return .text("\(count), at \(phase)")
    }

    /// What the agents reported; of workflows whose agents did not, what their tokens come to.
    private func cost(_ row: Int, _ history: Table) -> Cell {
        let reported = history.cell("reported_cost_total", row)
        if case .unknown = reported { return history.cell("actual_cost_total", row) }
        return reported
    }

    private func printWhole(
        _ rows: [Int], _ history: Table, _ tally: ToolTally, _ warnings: [String]
    ) throws {
        let columns = history.schema.visibleColumns
        let names = columns.map { history.schema.columns[$0].name }
        var listing = Listing(
            schema: "tacho.history/1",
            fields: (names + ["tool_call_count", "tool_failure_count"]).map { .init($0) })
        listing.warnings = warnings
        listing.rows = rows.map { row in
            let counts = tally[history.key(row)]
            return columns.map { Cell(history.value($0, row)) }
                + [.count(counts.callCount), .count(counts.failureCount)]
        }
        try listing.print(output)
    }
}
