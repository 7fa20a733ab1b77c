package import TachoLog
import TachoProjections

/// What was used and what it cost, in groups.
package struct CostReport: Sendable {
    package enum Dimension: String, CaseIterable, Sendable {
        case model, day, session, workflow, phase, project, agent
    }

    /// Which table of prices.
    package enum Prices: Sendable {
        case tacho(PriceBook)
        /// The reference's two rows, whatever the model and the day.
        case reference

        fileprivate func amount(
            of usage: ModelUsage
        ) -> (Int128?, PricedUsage.Gap?, mayBeLong: Bool) {
            switch self {
            case .tacho(let book):
                let priced = PricedUsage(usage, by: book)
                return (priced.amount, priced.gap, priced.mayBeLong)
            case .reference: return (Int128(usage.referenceCost), nil, false)
            }
        }
    }

    /// Sums over rows of usage, money in pico-dollars.
    package struct Sum: Sendable {
        package var messageCount = 0
        package var tokens: [Int128] = Array(repeating: 0, count: TokenKind.allCases.count)
        /// Over the rows that have a price.
        package var cost: Int128 = 0
        package var pricedCount = 0
        /// Rows whose tokens were at least what is counted.
        package var lowerBoundCount = 0
        /// Rows whose requests may have been long, priced as short.
        package var mayBeLongCount = 0
        package var reportedCost: Int128 = 0
        package var reportedCount = 0
        /// Our price of the rows that report a cost and have a price.
        package var costOfReported: Int128 = 0

        package func tokens(_ kind: TokenKind) -> Int128 { tokens[kind.rawValue] }

        /// Of all kinds; a search is none.
        package var totalTokens: Int128 {
            TokenKind.allCases.filter { $0 != .webSearch }.reduce(0) { $0 + tokens($1) }
        }

        /// Of the rows without a price, of all kinds; a search is none.
        package var unpricedTokens: Int128 = 0

        package var unpricedCount: Int { messageCount - pricedCount }
    }

    package struct Group: Sendable {
        /// `nil` is what is not known to belong to any.
        package let key: ByteString?
        package fileprivate(set) var sum = Sum()
    }

    /// What has no amount, model by model.
    package struct Unpriced: Sendable {
        package let model: ByteString?
        package let gap: PricedUsage.Gap
        package fileprivate(set) var messageCount = 0
        package fileprivate(set) var tokens: Int128 = 0
    }

    package let dimension: Dimension
    private let prices: Prices
    private var found: [Group] = []
    private var indexByKey: [ByteString?: Int] = [:]
    package private(set) var total = Sum()
    package private(set) var unpriced: [Unpriced] = []
    /// Records of messages that are part of a result.
    package private(set) var supersededCount = 0

    /// Of nothing yet.
    package init(by dimension: Dimension, prices: Prices) {
        self.dimension = dimension
        self.prices = prices
    }

    /// Adds up the rows that count.
    package init(_ usages: [ModelUsage], by dimension: Dimension, prices: Prices) {
        self.init(by: dimension, prices: prices)
        for usage in usages { add(usage) }
    }

    /// Adds a row, if it counts.
    package mutating func add(_ usage: ModelUsage) {
        guard usage.isCounted else {
            supersededCount += 1
            return
        }
        let (amount, gap, mayBeLong) = prices.amount(of: usage)
        let key = Self.key(usage, dimension)
        let index = indexByKey[key] ?? found.count
        if index == found.count {
            indexByKey[key] = index
            found.append(Group(key: key))
        }
        found[index].sum.add(usage, amount, mayBeLong: mayBeLong)
        total.add(usage, amount, mayBeLong: mayBeLong)
        if let gap { note(gap, usage) }
    }

    /// The dearest first; by day in the order of days.
    ///
    /// - Complexity: O(groups × log(groups)).
    package var groups: [Group] {
        found.enumerated().sorted { left, right in
            Self.precedes(left, right, dimension)
        }.map(\.element)
    }

    private mutating func note(_ gap: PricedUsage.Gap, _ usage: ModelUsage) {
        let known = unpriced.firstIndex { $0.model == usage.model && $0.gap == gap }
        let index = known ?? unpriced.count
        if known == nil { unpriced.append(Unpriced(model: usage.model, gap: gap)) }
        unpriced[index].messageCount += 1
        unpriced[index].tokens += Int128(usage.totalTokens)
    }

    private static func precedes(
        _ left: (offset: Int, element: Group), _ right: (offset: Int, element: Group),
        _ dimension: Dimension
    ) -> Bool {
        let (one, other) = (left.element, right.element)
        if dimension == .day {
            guard let day = one.key else { return false }
            return other.key.map { day < $0 } ?? true
        }
        if one.sum.cost != other.sum.cost { return one.sum.cost > other.sum.cost }
        return left.offset < right.offset
    }

    private static func key(_ usage: ModelUsage, _ dimension: Dimension) -> ByteString? {
        switch dimension {
        case .model: usage.model
        case .day: usage.occurred.map { ByteString(Array($0.iso8601.prefix(10))) }
        case .session: usage.session
        case .workflow: usage.workflow
        case .phase: usage.phase
        case .project: usage.project
        case .agent: usage.agent
        }
    }
}

extension CostReport.Sum {
    /// Adds a row that counts.
    package mutating func add(_ usage: ModelUsage, _ prices: CostReport.Prices) {
        let (amount, _, mayBeLong) = prices.amount(of: usage)
        add(usage, amount, mayBeLong: mayBeLong)
    }

    fileprivate mutating func add(_ usage: ModelUsage, _ amount: Int128?, mayBeLong: Bool) {
        messageCount += 1
        for kind in TokenKind.allCases { tokens[kind.rawValue] += Int128(usage.count(kind)) }
        if usage.isLowerBound { lowerBoundCount += 1 }
        if mayBeLong { mayBeLongCount += 1 }
        if let amount {
            cost += amount
            pricedCount += 1
        } else {
            unpricedTokens += Int128(usage.totalTokens)
        }
        guard let reported = usage.reportedCost else { return }
        reportedCost += Int128(reported)
        reportedCount += 1
        costOfReported += amount ?? 0
    }
}

extension ModelUsage {
    /// By the reference's two rows, pico-dollars (semantics §4.1).
    package var referenceCost: Int128 {
        let price =
            model.map { model in model.bytes.withUnsafeBytes { TokenPrice.reference(model: $0) } }
            ?? TokenPrice.reference(model: nil)
        let write = count(.cacheWrite5m) + count(.cacheWrite1h)
        return Int128(count(.input)) * Int128(price.input)
            + Int128(count(.output)) * Int128(price.output)
            + Int128(write) * Int128(price.cacheWrite)
            + Int128(count(.cacheRead)) * Int128(price.cacheRead)
    }
}
