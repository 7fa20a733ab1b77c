import ArgumentParser
import TachoInsights
import TachoLog
import TachoProjections

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Say what a workflow will cost and how long it will take, by those like it.",
        discussion: """
            The cost is the mean of up to a thousand newest workflows like it, and ten of them are \
            enough to be sure of it, by the rule of the reference. Between low and high lie four \
            fifths of them. A duration is that of completed workflows. --evaluate takes each \
            workflow out of those of its template and model, and tells by how much the mean of the \
            others would have missed it.

            EXAMPLES
              tacho predict --template adw_sdlc_iso --model claude-sonnet-4-5
              tacho predict --complexity high --since 30d --json
              tacho predict --evaluate
            """)

    @Option(help: "Only workflows of this template.")
    var template: String?

    @Option(help: "Only workflows with this model.")
    var model: String?

    @Option(help: "Only workflows of this complexity, actual or estimated: simple, medium, …")
    var complexity: String?

    @Flag(help: "Measure predictions on the store's own workflows.")
    var evaluate = false

    @OptionGroup var time: TimeOptions
    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if evaluate, template != nil || model != nil || complexity != nil {
            throw ValidationError("--evaluate looks at all workflows, each among those like it.")
        }
    }

    func run() throws {
        let tables = try OpenTables(
            [WantedTable("workflow_history", columns: HistoryRow.columns)], in: location,
            asOf: asOf.asOf, output.messages)
        let rows = HistoryRow.all(in: try tables.table("workflow_history"))
            .filter { time.contains($0.startedAt) }
        let sheet =
            try evaluate ? review(rows, tables.warnings) : prediction(rows, tables.warnings)
        try sheet.print(output)
        try tables.checkDamage()
    }

    private func prediction(
        _ rows: [HistoryRow], _ warnings: [String]
    ) throws(Failure) -> FactSheet {
        try check(template, "--template", among: rows.compactMap(\.template))
        try check(model, "--model", among: rows.compactMap(\.model))
        let kind = CostPrediction.Kind(
            template: template ?? "", model: model ?? "", complexity: complexity ?? "")
        let found = WorkflowPrediction(of: kind, among: rows)
        let running = found.basis.count - found.completedCount - found.failedCount
        var sheet = FactSheet(schema: "tacho.predict/1", warnings: warnings)
        sheet.add(
            "workflow_count", "workflows alike", .count(found.basis.count),
            note: running == 0 ? "" : "\(Quantity.count(running)) not ended, which may cost more"
        )
        sheet.add("sample_size", "with a cost", .count(found.cost?.sampleCount ?? 0))
        sheet.add("predicted_cost_usd", "cost", Self.dollars(found.cost?.cost))
        Self.add("cost", "usd", found.costs, to: &sheet) { Self.dollars($0) }
        sheet.add("min_cost_usd", nil, Self.dollars(found.cost?.minimum))
        sheet.add("max_cost_usd", nil, Self.dollars(found.cost?.maximum))
        sheet.add(
            "confidence", "confidence %", .real(found.cost?.confidence ?? 0),
            note: "100 from ten workflows on")
        sheet.add(
            "predicted_seconds", "duration", found.seconds.map { .seconds($0.median) } ?? .unknown,
            note: found.seconds.map { "median of \(Quantity.count($0.count)) completed" } ?? "")
        Self.add("duration", "seconds", found.seconds, to: &sheet) {
            $0.map { .seconds($0) } ?? .unknown
        }
        sheet.add(
            "success_rate", "success %",
            found.successRate.map { .real(($0 * 100).rounded() / 100) } ?? .unknown,
            note: "\(Quantity.count(found.completedCount)) completed, "
                + "\(Quantity.count(found.failedCount)) failed")
        sheet.add("newest", "newest of them", .text(found.basis.first?.id))
        return sheet
    }

    private static func add(
        _ name: String, _ unit: String, _ range: WorkflowPrediction.Range?,
        to sheet: inout FactSheet, _ cell: (Double?) -> Cell
    ) {
        sheet.add("low_\(name)_\(unit)", "  low", cell(range?.low))
        sheet.add("median_\(name)_\(unit)", nil, cell(range?.median))
        sheet.add("high_\(name)_\(unit)", "  high", cell(range?.high))
    }

    /// A name that nobody has is a mistake, and no prediction.
    private func check(
        _ name: String?, _ option: String, among names: [String]
    ) throws(Failure) {
        guard let name, !names.contains(name) else { return }
        let nearest = Spelling.nearest(to: name, in: Array(Set(names)).sorted())
        let hint = nearest.map { " Did you mean \($0)?" } ?? ""
        throw Failure(.usage, "no workflow has \(option) \(name).\(hint)")
    }

    private func review(_ rows: [HistoryRow], _ warnings: [String]) -> FactSheet {
        let review = PredictionReview(of: rows)
        let share = review.count == 0 ? 0 : Double(review.withinCount) / Double(review.count) * 100
        func percent(_ value: Double) -> Cell { .real((value * 100).rounded() / 100) }
        var sheet = FactSheet(schema: "tacho.predict-evaluation/1", warnings: warnings)
        sheet.add("workflow_count", "workflows", .count(review.count))
        sheet.add(
            "within_percent", "within low and high %", percent(share), note: "80 are expected")
        sheet.add(
            "error_percent", "error %", percent(review.error),
            note: "median, by the mean of the same template and model")
        sheet.add(
            "blind_error_percent", "without them %", percent(review.blindError),
            note: "median, by the mean of all workflows")
        return sheet
    }

    /// To a hundredth of a cent, as the reference rounds.
    private static func dollars(_ amount: Double?) -> Cell {
        guard let amount, amount.magnitude < 1e9 else { return .unknown }
        return .money(Int128((amount * 10_000).rounded()) * 100_000_000)
    }
}
