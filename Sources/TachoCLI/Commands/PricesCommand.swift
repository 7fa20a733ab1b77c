import ArgumentParser
import TachoInsights
import TachoLog
import TachoProjections

struct PricesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prices",
        abstract: "Show what models cost, and take in new prices.",
        subcommands: [
            PricesListCommand.self, PricesHistoryCommand.self, PricesImportCommand.self,
        ],
        defaultSubcommand: PricesListCommand.self)
}

struct PricesListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the price of each model, in dollars a million tokens.",
        discussion: """
            Prices of events, and those that are built in (source embedded) for models that no \
            event prices. JSON and CSV are in dollars a token, exact.

            EXAMPLES
              tacho prices list --model opus
              tacho prices list --as-of 2026-02-01 --json
            """)

    @Option(help: "Only models whose name holds this.")
    var model: String?

    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        let tables = try OpenTables(["prices"], in: location, asOf: asOf.asOf, output.messages)
        let book = PriceBook(try tables.table("prices"))
        let moment =
            if case .moment(let moment) = asOf.asOf { moment.last } else { Timestamp.now }
        var names: [ByteString] = []
        for price in book.all where names.last != price.model { names.append(price.model) }
        let valid = names.compactMap { name in
            book.price(model: name, provider: nil, at: moment).flatMap {
                $0.model == name ? $0 : nil
            }
        }
        try PriceListing.print(
            valid.filter { PriceListing.matches($0, model) }, tables.warnings, output)
        try tables.checkDamage()
    }
}

struct PricesHistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List all prices that a model has had.",
        discussion: """
            EXAMPLES
              tacho prices history claude-opus-4-5
              tacho why prices anthropic/claude-opus-4-5/     the events behind a price
            """)

    @Argument(help: "Models whose name holds this.")
    var model: String

    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        let tables = try OpenTables(["prices"], in: location, asOf: asOf.asOf, output.messages)
        let book = PriceBook(try tables.table("prices"))
        try PriceListing.print(
            book.all.filter { PriceListing.matches($0, model) }, tables.warnings, output)
        try tables.checkDamage()
    }
}

/// Prices as rows.
enum PriceListing {
    static func matches(_ price: ModelPrice, _ needle: String?) -> Bool {
        guard let needle else { return true }
        return price.model.description.lowercased().contains(needle.lowercased())
    }

    static func print(
        _ prices: [ModelPrice], _ warnings: [String], _ options: OutputOptions
    ) throws(OutputError) {
        var listing = Listing(
            schema: "tacho.prices/1",
            fields: [
                .init("model"), .init("provider", drop: 6),
                .init("valid_from", "valid from", drop: 2), .init("input", right: true),
                .init("output", right: true),
                .init("cache_write_5m", "write 5m", right: true, drop: 3),
                .init("cache_write_1h", "write 1h", right: true, drop: 4),
                .init("cache_read", "cache read", right: true, drop: 1),
                .init("threshold_tokens", "long above", right: true, drop: 5),
                .init("long_input", "long input", right: true, drop: 7),
                .init("long_output", "long output", right: true, drop: 8),
                .init("long_cache_write_5m", right: true, detail: true),
                .init("long_cache_write_1h", right: true, detail: true),
                .init("long_cache_read", right: true, detail: true),
                .init("batch_multiplier", "batch ×", right: true, drop: 10),
                .init("fast_multiplier", "fast ×", right: true, drop: 9),
                .init("web_search", "search", right: true, drop: 11), .init("source", drop: 12),
                .init("reasoning_output", right: true, detail: true),
                .init("long_tiers", detail: true), .init("service_tiers", detail: true),
                .init("retrieved_at", drop: 13), .init("position", right: true, detail: true),
                .init("price_id", detail: true),
            ])
        listing.warnings = warnings
        listing.emptyMessage = "No price matches. `tacho prices import FILE` takes in LiteLLM's."
        let isText = options.format == .text
        func cell(_ amount: Int64?) -> Cell {
            guard let amount else { return .unknown }
            return .text(isText ? Amount.perMillion(amount) : Amount.exact(Int128(amount)))
        }
        func decimal(_ amount: Int64?) -> Cell {
            amount.map { .text(Amount.exact(Int128($0))) } ?? .unknown
        }
        listing.rows = prices.map { price in
            [
                .text(price.model.description), .text(price.provider?.description),
                price.validFrom.map { .moment($0) } ?? .unknown, cell(price.rates.input),
                cell(price.rates.output), cell(price.rates.cacheWrite5m),
                cell(price.rates.cacheWrite1h), cell(price.rates.cacheRead),
                price.thresholdTokens.map { .count(Int($0)) } ?? .unknown,
                cell(price.longRates.input), cell(price.longRates.output),
                cell(price.longRates.cacheWrite5m), cell(price.longRates.cacheWrite1h),
                cell(price.longRates.cacheRead), decimal(price.batchMultiplier),
                decimal(price.fastMultiplier), decimal(price.webSearch),
                .text(price.source?.description), cell(price.reasoningOutput),
                .text(price.longTiersText), .text(price.serviceTiersText),
                price.retrievedAt.map { .moment($0) } ?? .unknown, Cell(price.position),
                .text(price.id),
            ]
        }
        try listing.print(options)
    }
}
