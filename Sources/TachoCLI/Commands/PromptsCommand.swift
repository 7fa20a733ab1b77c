import ArgumentParser
import TachoInsights
import TachoLog
import TachoProjections

struct PromptsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prompts",
        abstract: "List what people asked agents for, and what each request took.",
        discussion: """
            The newest first. Times are UTC. Calls, answers, tokens, and cost are those of the \
            session from the prompt to the next one; the duration is to the last of them. Cost is \
            that of `tacho cost`; what has no price is in none. Prompts that only telemetry tells \
            of are not in the list. --json and --csv have up to 4,096 bytes of each prompt, its \
            length, and its position: `tacho cat --from N --to N` prints all of it. Requests of \
            workflows are in the table user_prompts.

            EXAMPLES
              tacho prompts --since 1d
              tacho prompts --sort -cost --limit 10
              tacho prompts --session 7f3e --search test
            """)

    @Option(help: "Only of this session; a beginning of its id is enough.")
    var session: String?

    @Option(help: "Only to this agent: claude-code, codex, gemini, …")
    var agent: String?

    @Option(help: "Only in working directories whose path holds this.")
    var project: String?

    @Option(help: "Only prompts that hold this, in letters of either case.")
    var search: String?

    @OptionGroup var time: TimeOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Sort by time, duration, cost, tokens, tools, or answers; - is descending.",
            valueName: "key"))
    var sort = "-time"

    @OptionGroup var limit: RowLimit
    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    private enum Key: String, CaseIterable {
        case time, duration, cost, tokens, tools, answers
    }

    private var isDescending: Bool { sort.hasPrefix("-") }
    private var key: Key? { Key(rawValue: isDescending ? String(sort.dropFirst()) : sort) }

    func validate() throws {
        guard key == nil else { return }
        let names = Key.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--sort is one of \(names), with - before it or without.")
    }

    func run() throws {
        let tables = try OpenTables(
            [
                "sessions", WantedTable("model_usage", columns: ModelUsage.columns), "prices",
                WantedTable("tool_calls", columns: SessionPrompts.callColumns),
            ], in: location, asOf: asOf.asOf, output.messages)
        let (prompts, damage) = try read(tables)
        let sessions = try tables.table("sessions")
        let found = sorted(prompts.filter { isWanted($0, sessions) })
        var listing = Self.emptyListing
        listing.warnings =
            tables.warnings + damage.prefix(5).map(\.message)
            + [limit.warning(of: found)].compactMap(\.self)
        listing.rows = limit.shown(of: found).map { Self.row($0, sessions) }
        try listing.print(output)
        try tables.checkDamage()
    }

    private func read(
        _ tables: OpenTables
    ) throws -> (prompts: [SessionPrompts.Prompt], damage: [LogError]) {
        var found = SessionPrompts()
        let damage = try tables.forEachPrompt { found.take($0, at: $1) }
        found.attribute(
            calls: try tables.table("tool_calls"), usage: try tables.table("model_usage"),
            sessions: try tables.table("sessions"),
            prices: PriceBook(try tables.table("prices")))
        return (found.prompts, damage)
    }

    // MARK: Which

    private func isWanted(_ prompt: SessionPrompts.Prompt, _ sessions: Table) -> Bool {
        guard time.contains(prompt.occurred) else { return false }
        if let session, !prompt.session.description.hasPrefix(session) { return false }
        if let search {
            guard let text = prompt.words.text, SearchText(text).holds(search.lowercased()) else {
                return false
            }
        }
        if agent == nil, project == nil { return true }
        guard let row = sessions.row(forKey: prompt.session) else { return false }
        if let agent, sessions.text(named: "agent", row) != agent { return false }
        guard let project else { return true }
        return sessions.text(named: "cwd", row)?.contains(project) == true
    }

    private func sorted(_ prompts: [SessionPrompts.Prompt]) -> [SessionPrompts.Prompt] {
        let keyed = prompts.enumerated().map {
            ($0.offset, Self.rank($0.element, by: key ?? .time))
        }
        return keyed.sorted { left, right in
            guard left.1 != right.1 else {
                return isDescending ? left.0 > right.0 : left.0 < right.0
            }
            return isDescending ? left.1 > right.1 : left.1 < right.1
        }.map { prompts[$0.0] }
    }

    /// What is not known is less than everything else.
    private static func rank(_ prompt: SessionPrompts.Prompt, by key: Key) -> Int128 {
        switch key {
        case .time: prompt.occurred.map { Int128($0.microseconds) } ?? .min
        case .duration: prompt.microseconds.map { Int128($0) } ?? -1
        case .cost: prompt.usage.pricedCount > 0 ? prompt.usage.cost : -1
        case .tokens: prompt.usage.tokens(.output)
        case .tools: Int128(prompt.callCount)
        case .answers: Int128(prompt.usage.messageCount)
        }
    }

    // MARK: What of them

    private static var emptyListing: Listing {
        var listing = Listing(
            schema: "tacho.prompts/1",
            fields: [
                .init("occurred_at", "time (UTC)", drop: 3), .init("position", detail: true),
                .init("session_id", "session", drop: 5, minimum: 8, maximum: 12),
                .init("agent", drop: 4), .init("cwd", "project", drop: 6, detail: true),
                .init("prompt", minimum: 24, maximum: 70), .init("prompt_bytes", detail: true),
                .init("duration_seconds", "duration", right: true, drop: 7),
                .init("message_count", "answers", right: true, drop: 9),
                .init("tool_call_count", "tools", right: true, drop: 2),
                .init("error_count", "failed", right: true, drop: 8),
                .init("output_tokens", "output tokens", right: true, drop: 10),
                .init("cost_usd", "cost", right: true, drop: 1),
            ])
        listing.emptyMessage =
            "No prompt matches. `tacho import PATH` takes in transcripts, `tacho setup claude` hooks."
        return listing
    }

    private static func row(_ prompt: SessionPrompts.Prompt, _ sessions: Table) -> [Cell] {
        let session = sessions.row(forKey: prompt.session)
        let usage = prompt.usage
        return [
            prompt.occurred.map { .moment($0) } ?? .unknown,
            .number(Int64(clamping: prompt.position.rawValue)),
            .text(prompt.session.description),
            session.map { sessions.cell("agent", $0) } ?? .unknown,
            session.map { sessions.cell("cwd", $0) } ?? .unknown,
            .text(prompt.words.text),
            prompt.words.byteCount.map { .number(Int64($0)) } ?? .unknown,
            prompt.microseconds.map { .seconds(Double($0) / 1e6) } ?? .unknown,
            .count(usage.messageCount), .count(prompt.callCount), .count(prompt.failedCount),
            usage.messageCount == 0 ? .unknown : .count(Int(clamping: usage.tokens(.output))),
            usage.pricedCount == 0 ? .unknown : .money(usage.cost),
        ]
    }
}

extension SessionPrompts.Prompt {
    /// From the prompt to the last that was done for it.
    fileprivate var microseconds: Int64? {
        guard let occurred, let last else { return nil }
        return last.microseconds.subtractingReportingOverflow(occurred.microseconds).partialValue
    }
}
