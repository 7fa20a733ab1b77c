import ArgumentParser
import TachoEvents
import TachoInsights
import TachoJSON
import TachoLog
import TachoProjections

/// What tells whether a prediction came true.
enum PredictionBasis: String, ExpressibleByArgument, CaseIterable {
    /// What the calls of the work did.
    case work
    /// A pattern of the same name, as the reference.
    case name

    var tables: [WantedTable] {
        self == .work ? [WantedTable("tool_calls", columns: WorkOperations.columns)] : []
    }

    func work(_ tables: OpenTables) throws -> WorkOperations? {
        self == .work ? WorkOperations(try tables.table("tool_calls")) : nil
    }
}

struct PatternsPredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract:
            "Say what a request will be about; record it, and check it when its work has ended.",
        discussion: """
            With a text: what it says, and nothing is recorded. Without: every request of the store \
            that has no prediction gets one (`pattern.predicted`), and every prediction whose work \
            has ended is checked (`pattern.validated`): did the work run tests, build, deploy, or \
            change a file? --by name asks in place of that whether a pattern of the very same name \
            was detected. Running it again records only what is new.

            EXAMPLES
              tacho patterns predict "fix the failing pytest of the server"
              tacho patterns predict --dry-run
              tacho patterns predictions
            """)

    @Argument(help: "A request.")
    var text: String?

    @Flag(help: "Count only; record nothing.")
    var dryRun = false

    @Option(help: "What a prediction is checked by: work (what its calls did) or name.")
    var by = PredictionBasis.work

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        if let text { return try printPredictions(for: text) }
        let tables = try OpenTables(
            [
                "workflow_history", "sessions", "pattern_predictions",
                WantedTable("pattern_occurrences", columns: ["pattern_id", "workflow_id"]),
            ] + by.tables, in: location, output.messages)
        try tables.checkDamage()
        let (corpus, damage) = try PromptCorpus.read(tables)
        let forecast = PatternForecast(
            corpus.prompts.map { .init(id: $0.id, text: $0.text, hasEnded: $0.hasEnded) },
            known: try tables.table("pattern_predictions"),
            occurrences: try tables.table("pattern_occurrences"), work: try by.work(tables))
        if !dryRun { try record(forecast) }
        var sheet = FactSheet(
            schema: "tacho.pattern-predict/1",
            warnings: tables.warnings + damage.prefix(5).map(\.message))
        sheet.add("requests", "requests", .count(corpus.prompts.count))
        sheet.add(
            "predicted", "predicted", .count(forecast.predictions.count),
            note: dryRun ? "not recorded" : "")
        sheet.add(
            "checked", "checked", .count(forecast.checks.count), note: dryRun ? "not recorded" : "")
        sheet.add("correct", "correct", .count(forecast.checks.count { $0.wasCorrect }))
        try sheet.print(output)
    }

    private func printPredictions(for text: String) throws {
        var listing = Listing(
            schema: "tacho.pattern-predictions-of/1",
            fields: [
                .init("pattern"), .init("confidence", right: true), .init("word", "because of"),
            ])
        listing.rows = PatternPrediction.predictions(for: text).map {
            [.text($0.signature), .real($0.confidence), .text($0.word)]
        }
        listing.emptyMessage = "No word of it says what it will be about."
        try listing.print(output)
    }

    // MARK: Recording

    private func record(_ forecast: PatternForecast) throws {
        var events = forecast.predictions.map { expected in
            var writer = Self.data(expected.request, expected.prediction.signature)
            writer.key("confidence_score")
            writer.value(expected.prediction.confidence)
            writer.key("reasoning")
            writer.value("says \(expected.prediction.word)")
            writer.endObject()
            return Self.event(
                EventType.patternPredicted, expected.request, expected.prediction.signature, writer)
        }
        events += forecast.checks.map { check in
            var writer = Self.data(check.request, check.signature)
            writer.key("was_correct")
            writer.value(check.wasCorrect)
            writer.endObject()
            return Self.event(
                EventType.patternValidated, check.request, check.signature, writer)
        }
        guard !events.isEmpty else { return }
        var log = try location.openWriter(creates: false, output.messages)
        _ = try log.append(events)
    }

    private static func data(_ request: String, _ signature: String) -> JSONWriter {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("pattern_id")
        writer.value(signature)
        writer.key("request_id")
        writer.value(request)
        return writer
    }

    /// Named after what it says and without a time of its own, so that two who predict at the same
    /// moment say it once.
    private static func event(
        _ type: ByteString, _ request: String, _ signature: String, _ writer: JSONWriter
    ) -> NewEvent {
        NewEvent(
            id: ByteString("\(type)/\(request)/\(signature)"), stream: "patterns", type: type,
            source: "tacho/patterns", data: writer.bytes)
    }
}

struct PatternsPredictionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predictions",
        abstract: "Say how often predictions came true, pattern by pattern.",
        discussion: """
            Of what `tacho patterns predict` recorded. Anyway: the share of all work that did the \
            same, whatever it was asked for; a prediction is worth something as far as its accuracy \
            is above that. Missed: checked requests whose work showed the pattern though nobody \
            expected it. One prediction: tacho why pattern_predictions 'PATTERN|REQUEST'.

            EXAMPLES
              tacho patterns predictions
              tacho table pattern_predictions --where was_correct=false
            """)

    @Option(help: "What is the same pattern: work (the same operation) or name.")
    var by = PredictionBasis.work

    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        let tables = try OpenTables(
            [
                "pattern_predictions",
                WantedTable("pattern_occurrences", columns: ["pattern_id", "workflow_id"]),
            ] + by.tables, in: location, asOf: asOf.asOf, output.messages)
        let score = PredictionScore(
            predictions: try tables.table("pattern_predictions"),
            occurrences: try tables.table("pattern_occurrences"), work: try by.work(tables))
        var listing = Listing(
            schema: "tacho.pattern-predictions/1",
            fields: [
                .init("pattern"), .init("predicted", right: true), .init("checked", right: true),
                .init("correct", right: true), .init("accuracy", right: true),
                .init("anyway", right: true), .init("missed", right: true),
            ])
        listing.rows = score.patterns.map { pattern in
            [
                .text(pattern.signature), .count(pattern.predictedCount),
                .count(pattern.checkedCount), .count(pattern.correctCount),
                pattern.accuracy.map { .real(($0 * 100).rounded() / 100) } ?? .unknown,
                pattern.baseRate.map { .real(($0 * 100).rounded() / 100) } ?? .unknown,
                .count(pattern.missedCount),
            ]
        }
        listing.warnings = tables.warnings
        listing.emptyMessage = "Nothing was predicted; `tacho patterns predict` does it."
        try listing.print(output)
        if output.format == .text, !output.isQuiet, let accuracy = score.accuracy {
            let share = (accuracy * 1000).rounded() / 10
            Output.note(
                "\(Quantity.count(score.requestCount, "request")) checked: \(share) % of predictions "
                    + "came, \(score.falsePositiveCount) did not, \(score.falseNegativeCount) "
                    + "came unexpected")
        }
        try tables.checkDamage()
    }
}
