package import TachoEvents
import TachoJSON
package import TachoLog
import TachoProjections

/// Counts transcripts as ccusage 20.0.11 does, to be compared with.
///
/// It is fed all `transcript.assistant` events in the log's order. Of the records of a message one
/// is kept, whole: not a subagent's copy, else the one with the larger sum of tokens, else the
/// dearer, else the one that names a speed. Outputs of runs and screens of subagents are not read.
///
/// A model without a price costs nothing, a cache write without one 1.25 × and a read 0.1 × the
/// input, an hour's cache write 2 × the input; above 200,000 tokens of a kind the part above has
/// the long rate.
///
/// Source: ecosystem §3.4.
package struct CcusageTally: Sendable {
    package struct Entry: Sendable {
        package let model: ByteString?
        package let isSidechain: Bool
        package let input: Int64
        package let output: Int64
        package let cacheWrite: Int64
        package let cacheWrite5m: Int64?
        package let cacheWrite1h: Int64?
        package let cacheRead: Int64
        package let isFast: Bool
        package let hasSpeed: Bool
        /// Pico-dollars of `costUSD`.
        package let reportedCost: Int64?
        package let moment: Timestamp
        package let session: ByteString

        package var total: Int64 { input + output + cacheWrite + cacheRead }
    }

    package private(set) var entries: [Entry] = []
    private var indexByKey: [ByteString: Int] = [:]
    private var indexesByMessage: [ByteString: [Int]] = [:]
    private let prices: PriceBook

    package init(prices: PriceBook) { self.prices = prices }

    package mutating func take(_ event: Event) {
        let record = AgentRecord(event.members)
        guard let message = record.message.map({ AgentMessage($0) }), let usage = message.usage,
            usage.kind == .object, message.model?.equals("<synthetic>") != true
        else { return }
        let counts = MessageUsage(usage)
        let entry = Entry(
            model: message.model?.text().map { ByteString($0) },
            isSidechain: record.isSidechain?.boolean() == true,
            input: counts.input ?? 0, output: counts.output ?? 0,
            cacheWrite: counts.cacheWrite ?? 0, cacheWrite5m: counts.cacheWrite5m,
            cacheWrite1h: counts.cacheWrite1h, cacheRead: counts.cacheRead ?? 0,
            isFast: counts.speed?.equals("fast") == true, hasSpeed: counts.speed != nil,
            reportedCost: record.costUSD?.number.flatMap { PicoDollars.parse($0) },
            moment: event.occurred, session: ByteString(event.stream))
        take(entry, id: message.id?.text(), request: record.requestID?.text())
    }

    private mutating func take(_ entry: Entry, id: [UInt8]?, request: [UInt8]?) {
        guard let id else {
            entries.append(entry)
            return
        }
        let message = ByteString(id)
        let key = ByteString(id + [UInt8(ascii: ":")] + (request ?? []))
        let clash =
            indexByKey[key]
            ?? indexesByMessage[message]?.first {
                entries[$0].isSidechain || entry.isSidechain
            }
        guard let clash else {
            indexByKey[key] = entries.count
            indexesByMessage[message, default: []].append(entries.count)
            entries.append(entry)
            return
        }
        if isBetter(entry, than: entries[clash]) { entries[clash] = entry }
    }

    private func isBetter(_ new: Entry, than old: Entry) -> Bool {
        if new.isSidechain != old.isSidechain { return old.isSidechain }
        if new.total != old.total { return new.total > old.total }
        let (cost, other) = (self.cost(of: new), self.cost(of: old))
        if cost != other { return cost > other }
        return new.hasSpeed && !old.hasSpeed
    }

    /// Pico-dollars; 0 without a price.
    package func cost(of entry: Entry) -> Int128 {
        if let reported = entry.reportedCost { return Int128(reported) }
        let found = entry.model.flatMap {
            prices.price(model: $0, provider: "anthropic", at: entry.moment)
        }
        guard let price = found else { return 0 }
        let input = price.rates.input ?? 0
        let write = price.rates.cacheWrite5m ?? input * 5 / 4
        let hasSplit = entry.cacheWrite5m != nil || entry.cacheWrite1h != nil
        let write5m = hasSplit ? entry.cacheWrite5m ?? 0 : entry.cacheWrite
        // Only the threshold that LiteLLM names so is known there.
        let long = price.thresholdTokens == 200_000 ? price.longRates : ModelPrice.Rates()
        let sum =
            Self.marginal(entry.input, input, long.input)
            + Self.marginal(entry.output, price.rates.output ?? 0, long.output)
            + Self.marginal(write5m, write, long.cacheWrite5m)
            + Self.marginal(entry.cacheWrite1h ?? 0, input * 2, long.input.map { $0 * 2 })
            + Self.marginal(entry.cacheRead, price.rates.cacheRead ?? input / 10, long.cacheRead)
        guard entry.isFast, let fast = price.fastMultiplier else { return sum }
        return sum * Int128(fast) / 1_000_000_000_000
    }

    private static func marginal(_ count: Int64, _ rate: Int64, _ long: Int64?) -> Int128 {
        let limit: Int64 = 200_000
        guard let long, count > limit else { return Int128(count) * Int128(rate) }
        return Int128(limit) * Int128(rate) + Int128(count - limit) * Int128(long)
    }
}
