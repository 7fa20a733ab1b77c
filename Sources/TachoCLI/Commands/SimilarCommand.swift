import ArgumentParser
import TachoInsights
import TachoLog
import TachoProjections

struct SimilarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "similar",
        abstract: "Find earlier work that was asked for in like words, and how it went.",
        discussion: """
            Requests of workflows and first prompts of sessions, ranked by BM25; beside it the \
            reference's score (0 to 100). --evaluate takes each prompt out and tells how often the \
            most similar one is of the same project.

            EXAMPLES
              tacho similar "add a login form"
              tacho similar "flaky test in the parser" --outcome failed
              tacho similar --evaluate
            """)

    enum Outcome: String, ExpressibleByArgument, CaseIterable {
        case fine, failed
    }

    @Argument(help: "What is to be done.")
    var text: String?

    @Option(help: "Only work that went so: fine or failed.")
    var outcome: Outcome?

    @Option(help: "At most so many.")
    var limit = 10

    @Flag(help: "Measure the ranking on the store's own prompts.")
    var evaluate = false

    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit is at least 1.") }
        if text == nil, !evaluate { throw ValidationError("Say what is to be done.") }
    }

    func run() throws {
        let tables = try OpenTables(
            ["workflow_history", "sessions"], in: location, asOf: asOf.asOf, output.messages)
        let (corpus, damage) = try PromptCorpus.read(tables)
        let warnings = tables.warnings + damage.prefix(5).map(\.message)
        if evaluate { try print(corpus.evaluated(), warnings) }
        if let text { try printMatches(text, corpus, warnings) }
        try tables.checkDamage()
    }

    private func print(
        _ evaluation: PromptCorpus.Evaluation, _ warnings: [String]
    ) throws(OutputError) {
        var sheet = FactSheet(schema: "tacho.similar-evaluation/1", warnings: warnings)
        sheet.add("prompts", "prompts", .count(evaluation.count))
        sheet.add("bm25", "BM25", .real(evaluation.ranked), note: "best match of the same project")
        sheet.add("jaccard", "reference", .real(evaluation.jaccard), note: "Jaccard")
        sheet.add("chance", "chance", .real(evaluation.chance))
        try sheet.print(output)
    }

    private func printMatches(
        _ text: String, _ corpus: PromptCorpus, _ warnings: [String]
    ) throws(OutputError) {
        var listing = Listing(
            schema: "tacho.similar/1",
            fields: [
                .init("score", right: true), .init("reference", right: true), .init("kind"),
                .init("id", maximum: 36), .init("outcome"),
                .init("prompt", minimum: 20, maximum: 70), .init("project", detail: true),
            ])
        let matches = corpus.matches(for: text, limit: limit) { prompt in
            outcome.map { ($0 == .failed) == prompt.hasFailed } ?? true
        }
        listing.rows = matches.map { match in
            [
                .real((match.score * 100).rounded() / 100),
                .real((match.referenceScore * 10).rounded() / 10), .text(match.prompt.kind),
                .text(match.prompt.id), .text(match.prompt.outcome), .text(match.prompt.text),
                .text(match.prompt.project),
            ]
        }
        listing.warnings = warnings
        listing.emptyMessage = "No earlier prompt has a word of it."
        try listing.print(output)
    }
}

extension PromptCorpus {
    /// Reads what was asked for: requests from the tables, prompts from the log.
    ///
    /// - Parameter tables: With `workflow_history` and `sessions`.
    /// - Returns: The requests, and what of the log could not be read.
    /// - Throws: ``LogError`` if the log cannot be read at all.
    static func read(_ tables: OpenTables) throws -> (corpus: PromptCorpus, damage: [LogError]) {
        var corpus = PromptCorpus(
            history: try tables.table("workflow_history"), sessions: try tables.table("sessions"))
        let damage = try tables.forEachPrompt { event, _ in corpus.take(event) }
        return (corpus, damage)
    }
}
