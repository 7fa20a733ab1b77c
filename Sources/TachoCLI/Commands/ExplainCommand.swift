import ArgumentParser
import TachoInsights
import TachoLog
import TachoProjections

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show where a number of `tacho cost` comes from.",
        subcommands: [ExplainCostCommand.self, ExplainTokensCommand.self])
}

struct ExplainCostCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cost",
        abstract: "Show every term of a cost: tokens × price = amount.",
        discussion: """
            The id is a message's, a session's, or a workflow's; a beginning is enough if only one \
            begins so. Several messages are added up by model, price, and kind; --each shows each. \
            Prices are in dollars a million tokens. Amounts are exact. `tacho cat --from P --to P` \
            prints the event at position P.

            EXAMPLES
              tacho explain cost msg_01CYbREiC29jw1fzJgDRPBXu
              tacho explain cost a1b2c3d4 --each
            """)

    @Argument(help: "A message, a session, or a workflow.")
    var id: String

    @Flag(name: .customLong("each"), help: "The terms of each message by itself.")
    var isEach = false

    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        let found = try ExplainedUsage(id, in: location, asOf: asOf.asOf, output)
        let book = PriceBook(try found.tables.table("prices"))
        let counted = found.usages.filter(\.isCounted)
        let priced = counted.map { PricedUsage($0, by: book) }
        var listing = Listing(
            schema: "tacho.explain-cost/1",
            fields: [
                .init("message", drop: 9, minimum: 10, maximum: 40), .init("model", minimum: 26),
                .init("kind"), .init("tokens", right: true),
                .init("price", "$/M tokens", right: true), .init("amount", "amount", right: true),
                .init("price_id", "price", drop: 8, minimum: 12),
                .init("source", drop: 5), .init("valid_from", "valid from", drop: 6),
                .init("messages", right: true, drop: 7), .init("note", drop: 3),
                .init("positions", drop: 2, minimum: 12),
            ])
        listing.warnings = found.tables.warnings
        let session = found.usages.lazy.compactMap(\.session).first
        listing.emptyMessage =
            "Nothing of it is counted by itself: a result of its session is."
            + (session.map { " `tacho explain cost \(TerminalText.sanitized($0.description))`" }
                ?? "")
        let isSingle = counted.count == 1
        for term in Explanation.terms(priced, isEach: isEach || isSingle) {
            listing.rows.append(row(term, found))
        }
        let known = priced.compactMap(\.amount)
        let sum = known.isEmpty && !priced.isEmpty ? nil : known.reduce(Int128(0), +)
        listing.rows.append(
            [.text("sum"), .unknown, .unknown]
                + [.tokens(counted.reduce(Int128(0)) { $0 + Int128($1.totalTokens) }), .unknown]
                + [sum.map { .text(Amount.exact($0)) } ?? .unknown]
                + [.unknown, .unknown, .unknown, .count(counted.count), .unknown, .unknown])
        if counted.isEmpty { listing.rows = [] }
        try listing.print(output)
        found.say(priced, output)
        try found.tables.checkDamage()
    }

    private func row(_ term: Explanation.Term, _ found: ExplainedUsage) -> [Cell] {
        let first = term.usages[0]
        let isOne = term.usages.count == 1
        let rate: Cell =
            term.rate.map {
                // A search has its price by itself.
                .text(term.kind == .webSearch ? Amount.exact(Int128($0)) : Amount.perMillion($0))
            } ?? .unknown
        return [
            isOne ? .text(found.id(of: first).description) : .unknown,
            .text(first.model?.description), .text(term.kind.name), .tokens(term.count), rate,
            term.amount.map { .text(Amount.exact($0)) } ?? .unknown, .text(term.price?.id),
            .text(term.price?.source?.description),
            term.price?.validFrom.map { .moment($0) } ?? .unknown, .count(term.usages.count),
            .text(term.note), .text(found.positions(term.usages)),
        ]
    }
}

struct ExplainTokensCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens",
        abstract: "Show each message's tokens, and where each count is from.",
        discussion: """
            The id is a message's, a session's, or a workflow's; a beginning is enough if only one \
            begins so. Rows that are not counted are part of a result of their session.

            EXAMPLES
              tacho explain tokens f6991f4d-0000-4000-8000-000000000000
            """)

    @Argument(help: "A message, a session, or a workflow.")
    var id: String

    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        let found = try ExplainedUsage(id, in: location, asOf: asOf.asOf, output)
        let table = try found.tables.table("model_usage")
        var listing = Listing(
            schema: "tacho.explain-tokens/1",
            fields: [
                // As long as Claude's: cut, they are nobody's.
                .init("message", minimum: 38, maximum: 48), .init("model", drop: 8, minimum: 10),
                .init("input", right: true), .init("output", right: true),
                .init("cache_write", "cache write", right: true),
                .init("cache_read", "cache read", right: true),
                .init("input_source", "input from", drop: 5),
                .init("output_source", "output from", drop: 2),
                .init("is_lower_bound", "at least", drop: 3),
                .init("is_counted", "counted", drop: 4),
                .init("lines", right: true, drop: 6), .init("inherited", right: true, drop: 7),
                .init("positions", drop: 1, minimum: 12),
            ])
        listing.warnings = found.tables.warnings
        listing.rows = found.usages.map { usage in
            [
                .text(found.id(of: usage).description), .text(usage.model?.description),
                table.cell("input_tokens", usage.row), table.cell("output_tokens", usage.row),
                table.cell("cache_creation_tokens", usage.row),
                table.cell("cache_read_tokens", usage.row),
                table.cell("input_source", usage.row), table.cell("output_source", usage.row),
                .boolean(usage.isLowerBound), .boolean(usage.isCounted),
                table.cell("line_count", usage.row), table.cell("inherited_count", usage.row),
                .text(found.positions([usage])),
            ]
        }
        try listing.print(output)
        try found.tables.checkDamage()
    }
}
