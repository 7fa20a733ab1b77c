import ArgumentParser
import TachoEvents
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
            proven only if the whole interval is above zero. --record writes down how sure the \
            pattern is by that (`pattern_confidence_history`).

            EXAMPLES
              tacho patterns roi test:pytest:backend --json
              tacho patterns roi test:pytest:backend --record
            """)

    @Argument(help: "The pattern's id, or the beginning of it.")
    var pattern: String

    @Flag(help: "Record the confidence that the measurement gives.")
    var record = false

    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if record, asOf.asOf != nil {
            throw ValidationError("--record writes down what is so now; leave out --as-of.")
        }
    }

    func run() throws {
        let tables = try OpenTables(
            PatternEffects.tables.map { WantedTable($0, columns: nil) } + ["pattern_roi_summary"],
            in: location, asOf: asOf.asOf, output.messages)
        let patterns = try tables.table("operation_patterns")
        guard let (id, row) = Self.find(pattern, in: patterns) else {
            throw Failure(
                .failure,
                "there is no pattern \(pattern) that somebody decided about; a sequence or a finding "
                    + "is measured from `tacho patterns implement` on")
        }
        var sheet = FactSheet(schema: "tacho.pattern-roi/1", warnings: tables.warnings)
        sheet.add("pattern_id", "pattern", .text(id))
        typealias Column = OperationPatternsProjector.Column
        sheet.add(
            "status", "status", .text(patterns.text(Column.automationStatus, row)?.description))
        addEstimate(id, try tables.table("pattern_roi_summary"), &sheet)
        let effect = try PatternEffects { try tables.table($0) }.effect(of: id)
        addMeasurement(effect, patterns, row, &sheet)
        if record { try append(effect, id) }
        try sheet.print(output)
        try tables.checkDamage()
    }

    /// The pattern with this id, or the only one whose id begins so.
    private static func find(_ id: String, in patterns: Table) -> (id: String, row: Int)? {
        if let row = patterns.row(forKey: ByteString(id)) { return (id, row) }
        let found = (0..<patterns.rowCount).compactMap { row -> (id: String, row: Int)? in
            let key = patterns.text(OperationPatternsProjector.Column.patternSignature, row)
            return key.map { ($0.description, row) }
        }.filter { $0.id.hasPrefix(id) }
        return found.count == 1 ? found[0] : nil
    }

    private func addEstimate(_ id: String, _ summary: Table, _ sheet: inout FactSheet) {
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
        _ effect: PatternEffects.Effect?, _ patterns: Table, _ row: Int, _ sheet: inout FactSheet
    ) {
        guard let effect else {
            return sheet.add(
                "measured", "measured", .text("not proven"),
                note: "no tool yet: tacho patterns implement")
        }
        let measured = effect.measured
        sheet.add("implemented_at", "implemented", .moment(effect.implemented))
        sheet.add("before", "before", .count(measured.beforeCount))
        sheet.add("after", "after", .count(measured.afterCount))
        sheet.add("untouched", "compared with", .count(measured.untouchedCount))
        sheet.add("measured", "measured", .text(measured.cost.verdict.rawValue))
        add("cost", "cost saved each", measured.cost, &sheet) {
            .money(Int128(($0 * 1e12).rounded()))
        }
        add("seconds", "time saved each", measured.time, &sheet) { .seconds($0) }
        if let percent = measured.returnPercent {
            sheet.add(
                "measured_return", "measured return", .real(percent.rounded(places: 1)),
                note: "percent of what it cost before; 0 where nothing is proven")
        }
        if let confidence = effect.confidence {
            sheet.add(
                "measured_confidence", "confidence", .real(confidence.rounded(places: 4)),
                note: record ? "recorded" : "by what was measured; --record writes it down")
        }
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

    /// A review by nobody: its confidence is what was measured.
    private func append(_ effect: PatternEffects.Effect?, _ id: String) throws {
        guard let effect, let confidence = effect.confidence else {
            throw Failure(
                .failure,
                "nothing to record about \(id): its work is too little to measure, or does not say "
                    + "how it went")
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("pattern_id")
        writer.value(id)
        writer.key("action")
        writer.value("measured")
        writer.key("confidence_score")
        writer.value(confidence)
        writer.key("notes")
        writer.value(
            "\(effect.measured.cost.verdict.rawValue), \(effect.measured.beforeCount) before, "
                + "\(effect.measured.afterCount) after")
        writer.endObject()
        var log = try location.openWriter(creates: false, output.messages)
        _ = try log.append([
            NewEvent(
                stream: "patterns", type: EventType.patternReviewed, source: "tacho/patterns",
                time: Timestamp.now.inMilliseconds, data: writer.bytes)
        ])
    }
}
