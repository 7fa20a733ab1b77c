package import TachoLog
package import TachoProjections

/// What the requests of each session cost, and one of them on average, without an object for each.
///
/// The same sums as those of ``CostReport`` by session, which tells much more and takes twenty times
/// as long: here a row is eight numbers, and a price is looked up once for each model and provider
/// and each time between two changes of prices.
package struct SessionCosts: Sendable {
    package struct Session: Sendable {
        /// Pico-dollars, of the rows that have a price.
        package fileprivate(set) var cost: Int128 = 0
        /// A run's result is the sum of its requests, and none itself.
        package fileprivate(set) var requestCount = 0
        package fileprivate(set) var last: Timestamp?
        /// In the order in which they were first used.
        fileprivate var uses: [(model: Int, count: Int)] = []
    }

    /// Pico-dollars of a row that has a price, on average; `nil` where none has.
    package private(set) var meanRequest: Int64?
    private var sessions: [Session]
    private let names: TextNumbers
    private let models: TextNumbers
    private let table: Table
    package let book: PriceBook

    private typealias Column = ModelUsageProjector.Column

    /// What has to be opened of the table.
    package static let columns = [
        "session_id", "model", "provider", "occurred_at", "recorded_at", "input_tokens",
        "output_tokens", "cache_creation_tokens", "cache_creation_5m_tokens",
        "cache_creation_1h_tokens", "cache_read_tokens", "web_search_requests", "is_counted",
        "input_source", "speed", "service_tier",
    ]

    /// - Parameters:
    ///   - table: `model_usage`.
    ///   - book: The prices.
    package init(_ table: Table, _ book: PriceBook) {
        self.table = table
        self.book = book
        names = table.textNumbers(of: Column.sessionID)
        models = table.textNumbers(of: Column.model)
        sessions = Array(repeating: Session(), count: names.largest + 1)
        add()
    }

    private mutating func add() {
        let sources = table.textNumbers(of: Column.inputSource)
        let (result, session) = (sources.number(of: "result"), sources.number(of: "session"))
        var prices = UsagePrices(table, book)
        var total: Int128 = 0
        var pricedCount = 0
        // A session's own sum is not a request (see ``ModelUsage/read(_:sessions:)``).
        for row in 0..<table.rowCount where sources[row] == 0 || sources[row] != session {
            let isResult = sources[row] != 0 && sources[row] == result
            let name = names[row]
            if table.boolean(Column.isCounted, row) ?? true,
                let amount = prices.amount(row, isResult: isResult)
            {
                total += amount
                pricedCount += 1
                sessions[name].cost += amount
            }
            let model = models[row]
            guard name != 0, model != 0 else { continue }
            sessions[name].last = prices.moment(row)
            if !isResult { sessions[name].requestCount += 1 }
            if let use = sessions[name].uses.firstIndex(where: { $0.model == model }) {
                sessions[name].uses[use].count += 1
            } else {
                sessions[name].uses.append((model, 1))
            }
        }
        meanRequest = pricedCount == 0 ? nil : Int64(clamping: total / Int128(pricedCount))
    }

    package subscript(session: ByteString) -> Session? {
        names.number(of: session).map { sessions[$0] }
    }

    /// The model that a session used most, of equals the first.
    package func model(of session: Session) -> ByteString? {
        guard let most = session.uses.max(by: { $0.count < $1.count })?.model else { return nil }
        return (0..<table.rowCount).first { models[$0] == most }.flatMap {
            table.text(Column.model, $0)
        }
    }
}

/// Prices of the rows of `model_usage`, each looked up once.
private struct UsagePrices {
    /// Pico-dollars a token, by the rules of ``PricedUsage``; `nil` is unknown.
    private struct Rates {
        let price: ModelPrice
        let service: ModelPrice.ServiceTier?
        let multipliers: [Int64]
        /// By kind, of a request that is not long.
        let short: [Int64?]

        init(_ price: ModelPrice, _ service: ModelPrice.ServiceTier?, _ multipliers: [Int64]) {
            self.price = price
            self.service = service
            self.multipliers = multipliers
            short = TokenKind.allCases.map {
                Self.rate($0, promptTokens: 0, price, service, multipliers)
            }
        }

        func rate(_ kind: TokenKind, promptTokens: Int64) -> Int64? {
            Self.rate(kind, promptTokens: promptTokens, price, service, multipliers)
        }

        private static func rate(
            _ kind: TokenKind, promptTokens: Int64, _ price: ModelPrice,
            _ service: ModelPrice.ServiceTier?, _ multipliers: [Int64]
        ) -> Int64? {
            let (rate, gap) = PricedUsage.rate(
                kind, promptTokens: promptTokens, price, service, multipliers: multipliers)
            return gap == nil ? rate : nil
        }
    }

    private struct Key: Hashable {
        var model: Int
        var provider: Int
        var tier: Int
        var isFast: Bool
        /// How many moments, from which a price holds, are past.
        var age: Int
    }

    private typealias Column = ModelUsageProjector.Column

    private let table: Table
    private let book: PriceBook
    private let models: TextNumbers
    private let providers: TextNumbers
    private let tiers: TextNumbers
    private let speeds: TextNumbers
    private let fast: Int?
    /// The moments from which prices hold, ascending.
    private let changes: [Timestamp]
    private var ratesByKey: [Key: Rates?] = [:]
    private var latest: (key: Key, rates: Rates?)?

    init(_ table: Table, _ book: PriceBook) {
        self.table = table
        self.book = book
        models = table.textNumbers(of: Column.model)
        providers = table.textNumbers(of: Column.provider)
        tiers = table.textNumbers(of: Column.serviceTier)
        speeds = table.textNumbers(of: Column.speed)
        fast = speeds.number(of: "fast")
        changes = Set((book.recorded + book.embedded).compactMap(\.validFrom)).sorted()
    }

    func moment(_ row: Int) -> Timestamp {
        table.timestamp(Column.occurredAt, row) ?? table.timestamp(Column.recordedAt, row)
            ?? Timestamp(microseconds: 0)
    }

    /// Pico-dollars, `nil` unknown, as ``PricedUsage/amount``.
    mutating func amount(_ row: Int, isResult: Bool) -> Int128? {
        guard let rates = rates(row) else { return nil }
        func count(_ column: Column) -> Int64 { table.integer(column, row) ?? 0 }
        let hourly = count(.cacheCreation1hTokens)
        let counts = (
            count(.inputTokens), count(.outputTokens),
            max(count(.cacheCreation5mTokens), count(.cacheCreationTokens) - hourly), hourly,
            count(.cacheReadTokens), count(.webSearchRequests)
        )
        let prompt = counts.0 + counts.2 + counts.3 + counts.4
        let isLong = !isResult && rates.price.thresholdTokens.map { prompt > $0 } ?? false
        var sum: Int128 = 0
        func add(_ count: Int64, _ kind: TokenKind) -> Bool {
            guard count > 0 else { return true }
            let rate =
                isLong ? rates.rate(kind, promptTokens: prompt) : rates.short[kind.rawValue]
            guard let rate else { return false }
            sum += Int128(count) * Int128(rate)
            return true
        }
        let isKnown =
            add(counts.0, .input) && add(counts.1, .output) && add(counts.2, .cacheWrite5m)
            && add(counts.3, .cacheWrite1h) && add(counts.4, .cacheRead)
            && add(counts.5, .webSearch)
        return isKnown ? sum : nil
    }

    private mutating func rates(_ row: Int) -> Rates? {
        let moment = moment(row)
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] <= moment { low = middle + 1 } else { high = middle }
        }
        let key = Key(
            model: models[row], provider: providers[row], tier: tiers[row],
            isFast: fast != nil && speeds[row] == fast, age: low)
        if let latest, latest.key == key { return latest.rates }
        let rates: Rates?
        if let known = ratesByKey[key] {
            rates = known
        } else {
            rates = find(key, row, moment)
            ratesByKey[key] = .some(rates)
        }
        latest = (key, rates)
        return rates
    }

    private func find(_ key: Key, _ row: Int, _ moment: Timestamp) -> Rates? {
        guard let model = table.text(Column.model, row),
            let price = book.price(
                model: model, provider: table.text(Column.provider, row), at: moment)
        else { return nil }
        let tier = table.text(Column.serviceTier, row)
        let service = tier.flatMap { price.service($0) }
        let (multipliers, gap) = PricedUsage.multipliers(
            tier: tier, isFast: key.isFast, price, service)
        return gap == nil ? Rates(price, service, multipliers) : nil
    }
}
