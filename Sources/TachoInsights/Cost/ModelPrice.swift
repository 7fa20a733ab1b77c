package import TachoLog
package import TachoProjections

/// What a model's tokens cost from a moment on, in pico-dollars; `nil` is unknown, not free.
package struct ModelPrice: Hashable, Sendable {
    /// Pico-dollars a token.
    package struct Rates: Hashable, Sendable {
        package var input: Int64?
        package var output: Int64?
        package var cacheWrite5m: Int64?
        package var cacheWrite1h: Int64?
        package var cacheRead: Int64?

        package init(
            input: Int64? = nil, output: Int64? = nil, cacheWrite5m: Int64? = nil,
            cacheWrite1h: Int64? = nil, cacheRead: Int64? = nil
        ) {
            self.input = input
            self.output = output
            self.cacheWrite5m = cacheWrite5m
            self.cacheWrite1h = cacheWrite1h
            self.cacheRead = cacheRead
        }
    }

    /// Rates of longer requests than ``ModelPrice/longRates`` are for.
    package struct LongTier: Hashable, Sendable {
        /// Of a prompt, with its cache; a request with more has these rates as a whole.
        package var aboveTokens: Int64
        package var rates: Rates
    }

    /// What a provider asks for another service than the usual one.
    package struct ServiceTier: Hashable, Sendable {
        /// As usage names it: `batch`, `flex`, `priority`.
        package var name: ByteString
        package var rates: Rates
        package var longRates: Rates
    }

    package let model: ByteString
    package var provider: ByteString?
    /// `nil` is from the beginning.
    package var validFrom: Timestamp?
    package var rates: Rates
    /// A request whose prompt, with its cache, has more tokens costs ``longRates`` as a whole.
    package var thresholdTokens: Int64?
    /// What is unknown here costs as in a short request.
    package var longRates: Rates
    /// Above further thresholds, in ascending order.
    package var longTiers: [LongTier] = []
    /// In the order of their names.
    package var serviceTiers: [ServiceTier] = []
    /// Pico-dollars a token of output that was reasoned, where that has a price of its own.
    package var reasoningOutput: Int64?
    /// In 10⁻¹², as pico-dollars are of dollars.
    package var batchMultiplier: Int64?
    package var fastMultiplier: Int64?
    /// Pico-dollars a search.
    package var webSearch: Int64?
    package var source: ByteString?
    package var retrievedAt: Timestamp?
    /// Of the event that says it; `nil` of an embedded price.
    package var position: Position?

    package init(model: ByteString, rates: Rates = Rates(), longRates: Rates = Rates()) {
        self.model = model
        self.rates = rates
        self.longRates = longRates
    }

    /// Reads a row of the table `prices`.
    package init(_ table: Table, _ row: Int) {
        typealias Column = PricesProjector.Column
        self.init(model: table.text(Column.model, row) ?? "")
        provider = table.text(Column.provider, row)
        validFrom = table.timestamp(Column.validFrom, row)
        rates = Rates(
            input: table.money(Column.input, row), output: table.money(Column.output, row),
            cacheWrite5m: table.money(Column.cacheWrite5m, row),
            cacheWrite1h: table.money(Column.cacheWrite1h, row),
            cacheRead: table.money(Column.cacheRead, row))
        thresholdTokens = table.integer(Column.thresholdTokens, row)
        longRates = Rates(
            input: table.money(Column.longInput, row), output: table.money(Column.longOutput, row),
            cacheWrite5m: table.money(Column.longCacheWrite5m, row),
            cacheWrite1h: table.money(Column.longCacheWrite1h, row),
            cacheRead: table.money(Column.longCacheRead, row))
        batchMultiplier =
            table.withText(Column.batchMultiplier, row) { PicoDollars.parse($0) } ?? nil
        fastMultiplier = table.withText(Column.fastMultiplier, row) { PicoDollars.parse($0) } ?? nil
        webSearch = table.money(Column.webSearch, row)
        reasoningOutput = table.money(Column.reasoningOutput, row)
        longTiers = table.json(Column.longTiers, row).map { PriceTiers.longTiers($0) } ?? []
        serviceTiers =
            table.json(Column.serviceTiers, row).map { PriceTiers.serviceTiers($0) } ?? []
        source = table.text(Column.source, row)
        retrievedAt = table.timestamp(Column.retrievedAt, row)
        let position = table.integer(table.schema.updatedPositionColumn, row)
        self.position = position.map { Position(UInt64(clamping: $0)) }
    }

    /// `anthropic/claude-opus-5/2026-02-01T00:00:00.000Z`, as the table's key, for people.
    package var id: String {
        "\(provider?.description ?? "")/\(model)/\(validFrom?.description ?? "")"
    }

    /// Whether it says the same money, whenever and by whom.
    package func hasSameAmounts(as other: ModelPrice) -> Bool {
        rates == other.rates && thresholdTokens == other.thresholdTokens
            && longRates == other.longRates && batchMultiplier == other.batchMultiplier
            && fastMultiplier == other.fastMultiplier && webSearch == other.webSearch
            && longTiers == other.longTiers && serviceTiers == other.serviceTiers
            && reasoningOutput == other.reasoningOutput
    }

    /// Pico-dollars a token of a kind, in a request with that many tokens in its prompt.
    ///
    /// What is unknown for a long request costs as in the next shorter one, and what a service does
    /// not say costs as in the usual one: so the table these are from is meant.
    package func rate(
        _ kind: TokenKind, promptTokens: Int64, service: ServiceTier? = nil
    ) -> Int64? {
        if kind == .webSearch { return webSearch }
        let isLong = thresholdTokens.map { promptTokens > $0 } ?? false
        guard isLong else { return service?.rates[kind] ?? rates[kind] }
        let longer = longTiers.last { promptTokens > $0.aboveTokens && $0.rates[kind] != nil }
        return service?.longRates[kind] ?? longer?.rates[kind] ?? longRates[kind]
            ?? service?.rates[kind] ?? rates[kind]
    }

    package func service(_ name: ByteString) -> ServiceTier? {
        serviceTiers.first { $0.name == name }
    }
}

extension ModelPrice.Rates {
    /// Of a search there is none.
    package subscript(kind: TokenKind) -> Int64? {
        switch kind {
        case .input: input
        case .output: output
        case .cacheWrite5m: cacheWrite5m
        case .cacheWrite1h: cacheWrite1h
        case .cacheRead: cacheRead
        case .webSearch: nil
        }
    }

    package var isEmpty: Bool { self == ModelPrice.Rates() }
}

/// What is paid for by its number.
package enum TokenKind: Int, CaseIterable, Sendable {
    case input, output, cacheWrite5m, cacheWrite1h, cacheRead, webSearch

    package var name: String {
        switch self {
        case .input: "input"
        case .output: "output"
        case .cacheWrite5m: "cache write 5m"
        case .cacheWrite1h: "cache write 1h"
        case .cacheRead: "cache read"
        case .webSearch: "web search"
        }
    }
}
