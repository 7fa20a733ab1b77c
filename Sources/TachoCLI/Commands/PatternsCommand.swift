import ArgumentParser
import TachoInsights
import TachoLog
import TachoProjections

struct PatternsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "patterns",
        abstract: "Show what repeats, decide about it, and measure what it brought.",
        discussion: """
            Operations of workflows, sequences of tools that come more often than chance explains, \
            and work for nothing, each with the events that show it.
            """,
        subcommands: [
            PatternsListCommand.self, PatternsShowCommand.self, PatternsRecommendCommand.self,
            PatternsSubmitCommand.self, PatternsApproveCommand.self, PatternsRejectCommand.self,
            PatternsCommentCommand.self, PatternsImplementCommand.self,
            PatternsActivateCommand.self, PatternsDeprecateCommand.self, PatternsRoiCommand.self,
            PatternsPredictCommand.self, PatternsPredictionsCommand.self,
        ],
        defaultSubcommand: PatternsListCommand.self)
}

/// How sequences are mined.
struct MiningOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Sequences that come at least so often; else 50, and in a history of less than 25,000 "
                + "calls one in 500, at least 10.", valueName: "count"))
    var minCount: Int?

    @Option(help: "Other calls allowed between two of a sequence, 0 to 2.")
    var gap = 0

    func validate() throws {
        if let minCount, minCount < 2 { throw ValidationError("--min-count is at least 2.") }
        if !(0...2).contains(gap) { throw ValidationError("--gap is 0, 1, or 2.") }
    }
}

extension PatternBoard {
    static var wantedTables: [WantedTable] {
        tables.map { WantedTable($0.name, columns: $0.columns) }
    }

    init(_ tables: OpenTables, _ options: MiningOptions) throws {
        try self.init(minimumCount: options.minCount, gap: options.gap) { try tables.table($0) }
    }

    /// The entry with this id, or the only one whose id begins so.
    func entry(_ id: String) -> Entry? {
        if let entry = entries.first(where: { $0.id == id }) { return entry }
        let found = entries.filter { $0.id.hasPrefix(id) }
        return found.count == 1 ? found[0] : nil
    }
}

extension Failure {
    static func unknownPattern(_ id: String) -> Failure {
        Failure(.failure, "there is no pattern \(id); `tacho patterns list --limit 0` lists all")
    }
}

struct PatternsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List what repeats, what would save most first.",
        discussion: """
            Kinds: operation (what workflows and prompts are about), sequence (tools called one \
            after the other), reread (a file read again unchanged), repeated_failure (a command \
            that failed again without a change), reverted_edit, carried (a large result that \
            nothing used). Savings of an operation are a tool's in its place; of a sequence, the \
            requests between its calls; of the others, what they cost.

            EXAMPLES
              tacho patterns list --kind reread --kind repeated_failure
              tacho patterns list --status approved --json | jq -r '.data[].id'
            """)

    @Option(help: "Only this kind (repeatable).")
    var kind: [String] = []

    @Option(help: "Only with this status.")
    var status: String?

    @OptionGroup var limit: RowLimit
    @OptionGroup var mining: MiningOptions
    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        let tables = try OpenTables(
            PatternBoard.wantedTables, in: location, asOf: asOf.asOf, output.messages)
        let board = try PatternBoard(tables, mining)
        try check(board)
        let wanted = board.entries.filter { entry in
            (kind.isEmpty || kind.contains(entry.kind)) && status.map { $0 == entry.status } ?? true
        }
        var listing = Listing(
            schema: "tacho.patterns/1",
            fields: [
                .init("id", maximum: 24), .init("kind"),
                .init("finding", minimum: 24, maximum: 84), .init("pattern", detail: true),
                .init("count", right: true),
                .init("subjects", "in", right: true, drop: 3),
                .init("savings", right: true), .init("confidence", right: true, drop: 4),
                .init("status", drop: 2), .init("evidence", drop: 5, minimum: 12, maximum: 40),
                .init("positions", detail: true), .init("advice", detail: true),
            ])
        listing.rows = limit.shown(of: wanted).map(Self.row)
        listing.warnings = tables.warnings + [limit.warning(of: wanted)].compactMap(\.self)
        listing.emptyMessage =
            board.entries.isEmpty
            ? "Nothing repeats, as far as the store knows."
            : "None of the \(board.entries.count) patterns is of that kind and status."
        try listing.print(output)
        let hasSequence = board.entries.contains { $0.kind == "sequence" }
        if output.format == .text, !output.isQuiet, !hasSequence, board.callCount > 0 {
            Output.note(
                "No sequence of tools comes \(board.minimumCount) times and more often than chance "
                    + "explains; --min-count sets another threshold.")
        }
        try tables.checkDamage()
    }

    /// A kind or a status that there is not would look like one that nothing has.
    ///
    /// Kinds that other programs recorded are known from the board only.
    private func check(_ board: PatternBoard) throws {
        let kinds = ["operation", "sequence"] + Redundancy.Kind.allCases.map(\.rawValue)
        for kind in kind
        where !kinds.contains(kind) && !board.entries.contains(where: { $0.kind == kind }) {
            throw Failure(
                .usage, "there is no kind \(kind); there are \(kinds.joined(separator: ", "))")
        }
        let statuses = PatternStatus.allCases.map(\.rawValue)
        if let status, !statuses.contains(status) {
            throw Failure(
                .usage,
                "there is no status \(status); there are \(statuses.joined(separator: ", "))")
        }
    }

    private static func row(_ entry: PatternBoard.Entry) -> [Cell] {
        let key = entry.evidence.keys.first
        return [
            .text(entry.id), .text(entry.kind), .text(entry.finding), .text(entry.text),
            .count(entry.count), .count(entry.subjectCount),
            entry.savings.map { .money(Int128($0)) } ?? .unknown,
            entry.confidence.map { .real(($0 * 100).rounded() / 100) } ?? .unknown,
            .text(entry.status), .text(key.map { "\(entry.evidence.table) \($0)" }),
            .text(entry.positions.map(String.init).joined(separator: " ")), .text(entry.advice),
        ]
    }
}

struct PatternsShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a pattern, the events behind it, and what was decided.",
        discussion: """
            EXAMPLES
              tacho patterns show test:pytest:backend
              tacho patterns show 4f1c0a9b
            """)

    @Argument(help: "The pattern's id, or the beginning of it.")
    var id: String

    @OptionGroup var mining: MiningOptions
    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        let tables = try OpenTables(
            PatternBoard.wantedTables + ["pattern_review_history"], in: location, asOf: asOf.asOf,
            output.messages)
        let board = try PatternBoard(tables, mining)
        guard let entry = board.entry(id) else { throw Failure.unknownPattern(id) }
        var sheet = FactSheet(schema: "tacho.pattern/1", warnings: tables.warnings)
        sheet.add("id", "id", .text(entry.id))
        sheet.add("kind", "kind", .text(entry.kind))
        sheet.add("finding", "finding", .text(entry.finding))
        sheet.add("pattern", "pattern", .text(entry.text))
        sheet.add("status", "status", .text(entry.status))
        sheet.add("count", "count", .count(entry.count), note: "in \(entry.subjectCount)")
        sheet.add("savings", "savings", entry.savings.map { .money(Int128($0)) } ?? .unknown)
        sheet.add("confidence", "confidence", entry.confidence.map { .real($0) } ?? .unknown)
        sheet.add("advice", "advice", .text(entry.advice))
        for (number, key) in entry.evidence.keys.enumerated() {
            let position =
                entry.positions.indices.contains(number)
                ? "position \(entry.positions[number])" : ""
            sheet.add(
                "evidence_\(number + 1)", number == 0 ? "evidence" : " ",
                .text("tacho why \(entry.evidence.table) '\(key)'"), note: position)
        }
        let history = try tables.table("pattern_review_history")
        typealias Column = PatternReviewHistoryProjector.Column
        for row in history.rows(where: Column.patternID, equals: ByteString(entry.id)) {
            let words = [Column.action, .reviewer, .notes].compactMap {
                history.text($0, row)?.description
            }
            sheet.add(
                "review_\(row + 1)", "review", .text(words.joined(separator: ", ")),
                note: history.timestamp(Column.createdAt, row)?.description ?? "")
        }
        try sheet.print(output)
        try tables.checkDamage()
    }
}
