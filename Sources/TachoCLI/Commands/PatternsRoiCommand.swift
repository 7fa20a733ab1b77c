import ArgumentParser
import TachoInsights
import TachoJSON
import TachoLog
import TachoProjections

struct PatternsRoiCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roi",
        abstract: "Say what a pattern's tool saved: as estimated, and as measured.",
        discussion: """
            Estimated: what executions (`pattern.executed`) say they saved. Measured: what the \
            pattern's work cost before `tacho patterns implement` and after, less what other work \
            changed in the same time, with the interval that holds 99 of 100 times. A saving is \
            proven only if the whole interval is above zero.

            EXAMPLES
              tacho patterns roi test:pytest:backend --json
            """)

    @Argument(help: "The pattern's id.")
    var id: String

    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        let tables = try OpenTables(
            [
                "operation_patterns", "pattern_occurrences", "tool_sequences", "model_usage",
                "sessions", "prices", "workflow_history", "pattern_roi_summary",
                "pattern_review_history", "pattern_executions",
            ], in: location, asOf: asOf.asOf, output.messages)
        let patterns = try tables.table("operation_patterns")
        guard let row = patterns.row(forKey: ByteString(id)) else {
            throw Failure.unknownPattern(id)
        }
        var sheet = FactSheet(schema: "tacho.pattern-roi/1", warnings: tables.warnings)
        sheet.add("pattern_id", "pattern", .text(id))
        typealias Column = OperationPatternsProjector.Column
        sheet.add(
            "status", "status", .text(patterns.text(Column.automationStatus, row)?.description))
        addEstimate(try tables.table("pattern_roi_summary"), &sheet)
        try addMeasurement(tables, patterns, row, &sheet)
        try sheet.print(output)
        try tables.checkDamage()
    }

    private func addEstimate(_ summary: Table, _ sheet: inout FactSheet) {
        typealias Column = PatternRoiSummaryProjector.Column
        guard let row = summary.row(forKey: ByteString(id)) else {
            return sheet.add("executions", "executions", .count(0))
        }
        sheet.add(
            "executions", "executions",
            .count(Int(summary.integer(Column.totalExecutions, row) ?? 0)))
        sheet.add(
            "success_rate", "success rate", .real(summary.real(Column.successRate, row) ?? 0))
        sheet.add(
            "estimated_seconds_saved", "time saved",
            .seconds(summary.real(Column.totalTimeSavedSeconds, row) ?? 0), note: "estimated")
        sheet.add(
            "estimated_cost_saved", "cost saved",
            .money(Int128(summary.money(Column.totalCostSavedUsd, row) ?? 0)), note: "estimated")
        sheet.add(
            "roi_percentage", "return", .real(summary.real(Column.roiPercentage, row) ?? 0),
            note: "percent of what it would have cost")
        sheet.add(
            "effectiveness", "effectiveness",
            .text(summary.text(Column.effectiveness, row)?.description))
    }

    private func addMeasurement(
        _ tables: OpenTables, _ patterns: Table, _ row: Int, _ sheet: inout FactSheet
    ) throws {
        guard let implemented = try implemented(tables) else {
            return sheet.add(
                "measured", "measured", .text("not proven"),
                note: "no tool yet: tacho patterns implement")
        }
        let usages = ModelUsage.read(
            try tables.table("model_usage"), sessions: try tables.table("sessions"))
        let measured = PatternMeasurement(
            touched: try workflows(tables) { $0 == id }.union(try others(tables, patterns, row)),
            similar: try workflows(tables) { $0.prefix { $0 != ":" } == id.prefix { $0 != ":" } },
            work: PatternMeasurement.work(
                history: try tables.table("workflow_history"), usages: usages,
                prices: PriceBook(try tables.table("prices")),
                sessions: try tables.table("sessions")),
            implemented: implemented)
        sheet.add("implemented_at", "implemented", .moment(implemented))
        sheet.add("before", "before", .count(measured.beforeCount))
        sheet.add("after", "after", .count(measured.afterCount))
        sheet.add("untouched", "compared with", .count(measured.untouchedCount))
        sheet.add("measured", "measured", .text(measured.cost.verdict.rawValue))
        add("cost", "cost saved each", measured.cost, &sheet) {
            .money(Int128(($0 * 1e12).rounded()))
        }
        add("seconds", "time saved each", measured.time, &sheet) { .seconds($0) }
        let cost = patterns.money(OperationPatternsProjector.Column.implementationCostUsd, row)
        if let cost {
            let count = measured.cost.breakEven(cost: Double(cost) / 1e12)
            sheet.add(
                "break_even", "break-even", count.map { .count($0) } ?? .unknown,
                note: count == nil ? "not proven" : "pieces of work")
        }
    }

    private func add(
        _ key: String, _ label: String, _ measured: SavingsMeasurement, _ sheet: inout FactSheet,
        _ cell: (Double) -> Cell
    ) {
        guard let saving = measured.saving, let lower = measured.lower, let upper = measured.upper
        else { return }
        sheet.add(
            "\(key)_saved", label, cell(saving),
            note: "\(cell(lower).display) to \(cell(upper).display), \(measured.verdict.rawValue)")
        sheet.add("\(key)_saved_lower", nil, cell(lower))
        sheet.add("\(key)_saved_upper", nil, cell(upper))
    }

    /// When somebody first said that a tool does it.
    private func implemented(_ tables: OpenTables) throws -> Timestamp? {
        typealias Column = PatternReviewHistoryProjector.Column
        let history = try tables.table("pattern_review_history")
        return history.rows(where: Column.patternID, equals: ByteString(id))
            .first { history.text(Column.status, $0, equals: "implemented") }
            .flatMap { history.timestamp(Column.createdAt, $0) }
    }

    /// Work that carried the tool out, and sessions in which a sequence is.
    private func others(
        _ tables: OpenTables, _ patterns: Table, _ row: Int
    ) throws -> Set<String> {
        typealias Execution = PatternExecutionsProjector.Column
        let executions = try tables.table("pattern_executions")
        var found = Set(
            executions.rows(where: Execution.patternID, equals: ByteString(id)).compactMap {
                executions.text(Execution.workflowID, $0)?.description
            })
        guard let tools = patterns.json(OperationPatternsProjector.Column.typicalOperations, row)
        else { return found }
        var names: [String] = []
        tools.withUnsafeBytes { bytes in
            JSONView(validated: bytes).forEachElement { name in
                if let name = name.string() { names.append(name) }
                return true
            }
        }
        guard !names.isEmpty else { return found }
        let wanted = "→\(names.joined(separator: "→"))→"
        typealias Sequence = ToolSequencesProjector.Column
        let sequences = try tables.table("tool_sequences")
        for row in 0..<sequences.rowCount {
            let signature = sequences.text(Sequence.sequenceSignature, row)?.description ?? ""
            guard "→\(signature)→".contains(wanted) else { continue }
            for column in [Sequence.workflowID, .sessionID] {
                if let id = sequences.text(column, row)?.description { found.insert(id) }
            }
        }
        return found
    }

    private func workflows(
        _ tables: OpenTables, _ isWanted: (String) -> Bool
    ) throws -> Set<String> {
        typealias Column = PatternOccurrencesProjector.Column
        let table = try tables.table("pattern_occurrences")
        return Set(
            (0..<table.rowCount).compactMap { row in
                let pattern = table.text(Column.patternID, row)?.description ?? ""
                return isWanted(pattern) ? table.text(Column.workflowID, row)?.description : nil
            })
    }
}
