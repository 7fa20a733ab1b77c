package import TachoEvents
package import TachoJSON
package import TachoLog

/// The final records of a workflow's agent runs: what they used and what they cost.
///
/// One result for each (agent directory, session): a retried agent is another session and adds up,
/// where the reference lost the earlier run (B11); a later result of the same session takes the
/// place of the one before, as the last line of a file does in the reference.
///
/// Kept in a hidden column as JSON, one array a result, in the order of their first appearance.
///
/// Source: semantics §4.1, goldens `cost_parse_jsonl`, `cost_infer_phase`, `api_call_cost`.
package struct AgentResults: Sendable {
    package struct Entry: Hashable, Sendable {
        package var agent: ByteString
        package var session: ByteString
        /// What the record says; the reference's price goes by it.
        package var model: ByteString?
        package var usage: TokenUsage
        /// Pico-dollars of `total_cost_usd`.
        package var reportedCost: Int64?
        package var durationMilliseconds: Int64?

        package init(agent: ByteString, session: ByteString, usage: TokenUsage) {
            self.agent = agent
            self.session = session
            self.usage = usage
        }
    }

    package private(set) var entries: [Entry] = []
    /// Of each entry: the phase that its cost belongs to, and the cost by the reference's prices.
    private var costs: [(phase: ByteString, cost: Int64?)] = []

    package init() {}

    package mutating func record(_ entry: Entry) {
        let index = entries.firstIndex {
            $0.session == entry.session && $0.agent == entry.agent
        }
        guard let index else { return append(entry) }
        entries[index] = entry
        costs[index].cost = entry.referenceCost
    }

    private mutating func append(_ entry: Entry) {
        let phase = entry.agent.bytes.withUnsafeBytes { PhaseName.reference(agentDirectory: $0) }
        entries.append(entry)
        costs.append((phase, entry.referenceCost))
    }

    // MARK: Sums; nil where 64 bits do not hold one

    package var usage: TokenUsage? {
        var sum = TokenUsage()
        for entry in entries {
            guard let input = PicoDollars.sum(sum.input, entry.usage.input),
                let output = PicoDollars.sum(sum.output, entry.usage.output),
                let cacheWrite = PicoDollars.sum(sum.cacheWrite, entry.usage.cacheWrite),
                let cacheRead = PicoDollars.sum(sum.cacheRead, entry.usage.cacheRead)
            else { return nil }
            sum = TokenUsage(
                input: input, output: output, cacheWrite: cacheWrite, cacheRead: cacheRead)
        }
        return sum
    }

    /// By the reference's prices, phase by phase in the order of their bytes.
    package var costByPhase: [(phase: ByteString, cost: Int64)]? {
        var phases: [(phase: ByteString, cost: Int64)] = []
        for (phase, cost) in costs {
            guard let cost else { return nil }
            if let index = phases.firstIndex(where: { $0.phase == phase }) {
                guard let sum = PicoDollars.sum(phases[index].cost, cost) else { return nil }
                phases[index].cost = sum
            } else {
                phases.append((phase, cost))
            }
        }
        return phases.sorted { $0.phase < $1.phase }
    }

    /// What the agents said they cost; `nil` if none said.
    package var reportedCost: Int64? {
        let costs = entries.compactMap(\.reportedCost)
        return costs.isEmpty ? nil : PicoDollars.sum(costs)
    }

    package var durationMilliseconds: Int64? {
        let durations = entries.compactMap(\.durationMilliseconds)
        return durations.isEmpty ? nil : PicoDollars.sum(durations)
    }
}

extension AgentResults.Entry {
    package var referenceCost: Int64? {
        let price: TokenPrice
        if let model {
            price = model.bytes.withUnsafeBytes { TokenPrice.reference(model: $0) }
        } else {
            price = TokenPrice.reference(model: nil)
        }
        return price.cost(of: usage)
    }
}

extension AgentResults.Entry {
    /// Reads a `result` record.
    ///
    /// - Returns: `nil` if there is `usage` and it is no object: the reference takes nothing from
    ///   such a file. A record without `usage` counts with no tokens.
    package init?(_ record: AgentRecord, of data: JSONView, agent: ByteString) {
        if record.usage == nil, data["usage"] != nil { return nil }
        if let usage = record.usage, usage.kind != .object { return nil }
        self.init(
            agent: agent, session: ByteString(record.sessionID?.text() ?? []),
            usage: record.usage.map { TokenUsage($0) } ?? TokenUsage())
        model = record.model?.text().map { ByteString($0) }
        reportedCost = record.totalCostUSD.flatMap { PicoDollars.parse($0) }
        durationMilliseconds = record.durationMilliseconds?.integer().map { max(0, $0) }
    }
}

// MARK: - In its column

extension AgentResults {
    init(json: UnsafeRawBufferPointer?) {
        guard let json else { return }
        JSONView(validated: json).forEachElement { element in
            var cells: [JSONView] = []
            element.forEachElement {
                cells.append($0)
                return true
            }
            guard cells.count == 9, let agent = cells[0].text(), let session = cells[1].text()
            else { return true }
            var entry = Entry(
                agent: ByteString(agent), session: ByteString(session),
                usage: TokenUsage(
                    input: cells[3].integer() ?? 0, output: cells[4].integer() ?? 0,
                    cacheWrite: cells[5].integer() ?? 0, cacheRead: cells[6].integer() ?? 0))
            entry.model = cells[2].text().map { ByteString($0) }
            entry.reportedCost = cells[7].integer()
            entry.durationMilliseconds = cells[8].integer()
            append(entry)
            return true
        }
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for entry in entries {
            writer.beginArray()
            writer.value(entry.agent.bytes)
            writer.value(entry.session.bytes)
            if let model = entry.model { writer.value(model.bytes) } else { writer.value(nil) }
            writer.value(entry.usage.input)
            writer.value(entry.usage.output)
            writer.value(entry.usage.cacheWrite)
            writer.value(entry.usage.cacheRead)
            writer.valueOrNull(entry.reportedCost)
            writer.valueOrNull(entry.durationMilliseconds)
            writer.endArray()
        }
        writer.endArray()
        return writer.bytes
    }
}
