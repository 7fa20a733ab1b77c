import TachoEvents
import TachoJSON
import TachoLog

/// What one record says of a message of a model.
struct UsageLine {
    let id: [UInt8]?
    let model: [UInt8]?
    let usage: MessageUsage
    /// Whether the record was written after the message's end.
    let isFinal: Bool
    /// `nil` is the one that the event's source stands for.
    var provider: [UInt8]?
    var requestID: JSONView?
    var session: ByteString?
    var version: JSONView?
    var isSidechain = false
    var agentID: JSONView?
    /// Dollars.
    var cost: JSONView?

    /// - Returns: `nil` for what is no use of a model: no `usage`, or words of the agent's own.
    init?(_ message: AgentMessage) {
        guard message.model?.equals("<synthetic>") != true, let usage = message.usage,
            usage.kind == .object
        else { return nil }
        id = message.id?.text()
        model = message.model?.text()
        isFinal = message.stopReason != nil
        self.usage = MessageUsage(usage)
    }

    /// What another agent says of a call of a model, which is over when it is written down.
    init(_ usage: AgentUsage, model: [UInt8]?) {
        id = usage.id?.bytes
        self.model = model
        self.usage = usage.counts
        isFinal = true
        provider = usage.provider
        cost = usage.cost
    }
}

/// Keys of `model_usage`: parts divided by slashes, `/` and `%` in a part as `%2F` and `%25`.
enum UsageKey {
    static func make(_ parts: [[UInt8]]) -> ByteString {
        var key: [UInt8] = []
        key.reserveCapacity(parts.reduce(0) { $0 + $1.count + 1 })
        for (index, part) in parts.enumerated() {
            if index > 0 { key.append(UInt8(ascii: "/")) }
            let isPlain = !part.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") }
            if isPlain { key.append(contentsOf: part) } else { append(escaped: part, to: &key) }
        }
        return ByteString(key)
    }

    private static func append(escaped part: [UInt8], to key: inout [UInt8]) {
        for byte in part {
            switch byte {
            case UInt8(ascii: "/"): key.append(contentsOf: "%2F".utf8)
            case UInt8(ascii: "%"): key.append(contentsOf: "%25".utf8)
            default: key.append(byte)
            }
        }
    }
}

extension ModelUsageProjector {
    /// Who is asked for tokens: Anthropic for Claude Code and what runs it, else the producer.
    static func provider(_ event: Event) -> [UInt8] {
        let producer = event.producer
        let isClaude = producer.equals("claude-code") || producer.equals("adw")
        return isClaude ? anthropic : Array(producer)
    }

    private static let anthropic = Array("anthropic".utf8)

    func beginAny(_ row: Int, _ event: Event, _ table: inout Table) {
        table.set(Column.provider, of: row, text: Self.provider(event))
        table.set(Column.isCounted, of: row, boolean: true)
        table.set(Column.recordedAt, of: row, timestamp: event.recorded)
        table.set(Column.finalFields, of: row, integer: 0)
        if table.isUnknown(Column.lineCount, row) { table.add(0, to: Column.lineCount, of: row) }
        table.set(Column.inheritedCount, of: row, integer: 0)
        guard event.source.hasPrefix("adw/output/") else { return }
        if !event.stream.equals("unknown") {
            table.set(Column.workflowID, of: row, text: event.stream)
        }
        let directory = event.source.dropping(prefix: "adw/output/")
        table.set(Column.agentName, of: row, text: directory)
        table.set(Column.phase, of: row, text: PhaseName.reference(agentDirectory: directory))
    }

    // MARK: Counts

    func setCounts(
        _ usage: MessageUsage, isFinal: Bool, isTelemetry: Bool = false, _ row: Int,
        _ table: inout Table
    ) {
        let rank = isTelemetry ? Rank.telemetry : isFinal ? .final : .line
        let counts: [(Column, Int64?)] = [
            (.inputTokens, usage.input), (.outputTokens, usage.output),
            (.cacheCreation5mTokens, usage.cacheWrite5m),
            (.cacheCreation1hTokens, usage.cacheWrite1h),
            (.cacheCreationTokens, usage.cacheWrite), (.cacheReadTokens, usage.cacheRead),
            (.webSearchRequests, usage.webSearches),
        ]
        for (index, (column, count)) in counts.enumerated() {
            guard let count else { continue }
            setCount(column, count, rank, at: Int64(index), row, &table)
        }
        if isFinal || table.isUnknown(Column.serviceTier, row) {
            table.renew(Column.serviceTier, of: row, text: usage.serviceTier)
        }
        if isFinal || table.isUnknown(Column.speed, row) {
            table.renew(Column.speed, of: row, text: usage.speed)
        }
    }

    /// Whom a count is from; a higher one takes the place of a lower one.
    enum Rank: Int64 {
        case line
        case final
        case telemetry
    }

    /// Two bits of `final_fields` for each count.
    static func rank(_ index: Int64, _ row: Int, _ table: Table) -> Rank {
        Rank(rawValue: (table.integer(Column.finalFields, row) ?? 0) >> (2 * index) & 3) ?? .line
    }

    /// The largest number that the sources of the highest rank give.
    private func setCount(
        _ column: Column, _ count: Int64, _ rank: Rank, at index: Int64, _ row: Int,
        _ table: inout Table
    ) {
        let old = Self.rank(index, row, table)
        guard rank.rawValue >= old.rawValue else { return }
        if rank != old {
            let others = (table.integer(Column.finalFields, row) ?? 0) & ~(3 << (2 * index))
            table.set(
                Column.finalFields, of: row, integer: others | rank.rawValue << (2 * index))
        } else if let old = table.integer(column, row), old >= count {
            return
        }
        table.set(column, of: row, integer: count)
    }

    func raiseCost(to cost: Int64, _ row: Int, _ table: inout Table) {
        if let old = table.money(Column.reportedCost, row), old >= cost { return }
        table.set(Column.reportedCost, of: row, money: cost)
    }

    /// How far the output can be believed.
    func setSource(_ row: Int, _ table: inout Table) {
        let rank = Self.rank(1, row, table)
        if table.text(Column.inputSource, row, equals: "result") {
            table.set(Column.outputSource, of: row, text: "result")
        } else if rank == .telemetry {
            table.set(Column.outputSource, of: row, text: "telemetry")
        } else if rank == .final {
            table.set(Column.outputSource, of: row, text: "final")
        } else if table.isUnknown(Column.outputTokens, row) {
            table.setUnknown(Column.outputSource, of: row)
        } else if table.withText(Column.agentVersion, row, Self.writesOutput) == true {
            table.set(Column.outputSource, of: row, text: "line")
        } else {
            table.set(Column.outputSource, of: row, text: "placeholder")
        }
        let isKnown =
            !table.isUnknown(Column.outputTokens, row)
            && !table.text(Column.outputSource, row, equals: "placeholder")
        table.set(Column.outputIsLowerBound, of: row, boolean: !isKnown)
    }

    /// Whether this version of Claude Code wrote the output into a message's last record.
    ///
    /// Those before 2.1.12 did, for three of four messages; later ones repeat the guess of its start.
    /// A version that cannot be read is taken for a later one.
    ///
    /// Source: `shared/data/SHAPES.md` part 2.
    static func writesOutput(version: UnsafeRawBufferPointer) -> Bool {
        if let numbers = plainNumbers(version) { return numbers < (2, 1, 12) }
        let parts = version.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let numbers = parts.map { Int(String(decoding: $0, as: UTF8.self)) ?? .max }
        guard numbers.count == 3 else { return false }
        return numbers.lexicographicallyPrecedes([2, 1, 12])
    }

    /// The numbers of `2.1.34`, as nearly every version is written; `nil` for others.
    private static func plainNumbers(_ version: UnsafeRawBufferPointer) -> (Int, Int, Int)? {
        var numbers = [0, 0, 0]
        var place = 0
        var digitCount = 0
        for byte in version {
            if byte == UInt8(ascii: "."), digitCount > 0, place < 2 {
                place += 1
                digitCount = 0
            } else if byte &- 0x30 < 10, digitCount < 9 {
                numbers[place] = numbers[place] * 10 + Int(byte &- 0x30)
                digitCount += 1
            } else {
                return nil
            }
        }
        return place == 2 && digitCount > 0 ? (numbers[0], numbers[1], numbers[2]) : nil
    }
}
