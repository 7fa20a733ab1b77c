package import TachoLog
import TachoProjections

/// What one row of usage costs, term by term, in pico-dollars.
///
/// - A request whose prompt, with its cache, is above the threshold has the long rates as a whole.
///   A run's result is a sum over requests: it has the short rates, which may be too little.
/// - A service (`batch`, `flex`, `priority`) has its own rates, where the price says some. A batch
///   without them, and speed `fast`, multiply the price of a token, which is then rounded to a
///   pico-dollar, half to even.
/// - Where reasoning has another price than the rest of the output the amount is unknown: nobody
///   tells how many tokens of the output were reasoned.
/// - What is used and has no price makes the whole unknown; what is not used needs none.
///
/// ```
/// 13 × 3 + 281 × 15 + 1918 × 3.75 + 59268 × 0.30 = 29226.9 millionths = $0.0292269
/// ```
///
/// Source: ecosystem §3.5.
package struct PricedUsage: Sendable {
    package struct Term: Sendable {
        package let kind: TokenKind
        package let count: Int64
        /// Pico-dollars a token, after multipliers; `nil` is unknown.
        package let rate: Int64?
        /// Pico-dollars.
        package var amount: Int128? { rate.map { Int128(count) * Int128($0) } }
    }

    /// Why there is no amount.
    package enum Gap: Hashable, Sendable {
        case noModel
        case noPrice
        case noRate(TokenKind)
        case noTier(ByteString)
        case noMultiplier(String)
        /// Reasoned tokens cost something else, and are not counted apart.
        case reasoningApart
    }

    package let usage: ModelUsage
    package let price: ModelPrice?
    /// Of what was used only.
    package let terms: [Term]
    /// Whether the long rates hold.
    package let isLong: Bool
    /// Whether the prompt is above the threshold in sum, while its requests are not known.
    package let mayBeLong: Bool
    package let gap: Gap?
    /// Pico-dollars; `nil` is unknown.
    package let amount: Int128?

    package init(_ usage: ModelUsage, by prices: PriceBook) {
        self.usage = usage
        let found = usage.model.flatMap {
            prices.price(
                model: $0, provider: usage.provider, at: usage.occurred ?? usage.recorded)
        }
        price = found
        let isAbove = found?.thresholdTokens.map { usage.promptTokens > $0 } ?? false
        isLong = isAbove && !usage.isResult
        mayBeLong = isAbove && usage.isResult
        var gap: Gap? = usage.model == nil ? .noModel : found == nil ? .noPrice : nil
        var multipliers: [Int64] = []
        let service = usage.serviceTier.flatMap { found?.service($0) }
        if let found {
            (multipliers, gap) = Self.multipliers(
                tier: usage.serviceTier, isFast: usage.isFast, found, service)
        }
        // Of a sum over requests nobody knows how long each was.
        let promptTokens = isLong ? usage.promptTokens : 0
        var terms: [Term] = []
        for kind in TokenKind.allCases where usage.count(kind) > 0 {
            let (rate, missing) =
                found.map {
                    Self.rate(
                        kind, promptTokens: promptTokens, $0, service, multipliers: multipliers)
                } ?? (nil, nil)
            gap = gap ?? missing
            terms.append(Term(kind: kind, count: usage.count(kind), rate: rate))
        }
        self.terms = terms
        self.gap = gap
        amount = gap == nil ? terms.reduce(Int128(0)) { $0 + ($1.amount ?? 0) } : nil
    }

    /// Pico-dollars a token of a kind after multipliers, and what keeps it from being an amount.
    static func rate(
        _ kind: TokenKind, promptTokens: Int64, _ price: ModelPrice,
        _ service: ModelPrice.ServiceTier?, multipliers: [Int64]
    ) -> (rate: Int64?, gap: Gap?) {
        let said = price.rate(kind, promptTokens: promptTokens, service: service)
        let rate =
            kind == .webSearch ? said : said.flatMap { multiply($0, by: multipliers) }
        if kind == .output, let reasoning = price.reasoningOutput, reasoning != said {
            return (rate, .reasoningApart)
        }
        return (rate, rate == nil ? .noRate(kind) : nil)
    }

    static func multipliers(
        tier: ByteString?, isFast: Bool, _ price: ModelPrice, _ service: ModelPrice.ServiceTier?
    ) -> ([Int64], Gap?) {
        var multipliers: [Int64] = []
        switch tier {
        case nil, "", "standard", "default": break
        case .some where service != nil: break
        case "batch":
            guard let batch = price.batchMultiplier else { return ([], .noMultiplier("batch")) }
            multipliers.append(batch)
        case .some(let tier): return ([], .noTier(tier))
        }
        if isFast {
            guard let fast = price.fastMultiplier else { return ([], .noMultiplier("fast")) }
            multipliers.append(fast)
        }
        return (multipliers, nil)
    }

    /// - Returns: `nil` if 64 bits do not hold it.
    static func multiply(_ rate: Int64, by multipliers: [Int64]) -> Int64? {
        var rate = rate
        for multiplier in multipliers {
            let one = Int128(PicoDollars.perDollar)
            var (quotient, remainder) = (Int128(rate) * Int128(multiplier))
                .quotientAndRemainder(dividingBy: one)
            let twice = remainder * 2
            if twice > one || twice == one && quotient % 2 == 1 { quotient += 1 }
            guard let next = Int64(exactly: quotient) else { return nil }
            rate = next
        }
        return rate
    }
}

extension PricedUsage.Gap: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noModel: "no model is said"
        case .noPrice: "no price is known"
        case .noRate(let kind): "no price for \(kind.name)"
        case .noTier(let tier): "no price for service tier \(tier)"
        case .noMultiplier(let name): "no price for \(name)"
        case .reasoningApart: "reasoning has a price of its own and is not counted apart"
        }
    }
}
