package import TachoEvents
package import TachoLog
package import TachoProjections

/// What a workflow's agents used and cost, phase by phase, by the reference's prices.
///
/// Source: semantics §4.1, golden `cost_history`.
package struct AgentCosts: Sendable {
    package struct Phase: Sendable {
        package let name: ByteString
        package let usage: TokenUsage
        /// Pico-dollars.
        package let cost: Int64
    }

    /// In the order of their names' bytes.
    package let phases: [Phase]
    /// Pico-dollars.
    package let total: Int64
    package let usage: TokenUsage

    /// - Returns: `nil` if there are no results, or 64 bits do not hold a sum.
    package init?(_ results: AgentResults) {
        guard !results.entries.isEmpty, let costs = results.costByPhase, let usage = results.usage
        else { return nil }
        var total: Int64 = 0
        for (_, cost) in costs {
            let (sum, isTooLarge) = total.addingReportingOverflow(cost)
            guard !isTooLarge else { return nil }
            total = sum
        }
        var phases: [Phase] = []
        for (name, cost) in costs {
            var part = AgentResults()
            for entry in results.entries where entry.phase == name { part.record(entry) }
            guard let usage = part.usage else { return nil }
            phases.append(Phase(name: name, usage: usage, cost: cost))
        }
        self.phases = phases
        self.total = total
        self.usage = usage
    }

    /// All four kinds of tokens.
    package var totalTokens: Int64 {
        usage.input + usage.cacheWrite + usage.cacheRead + usage.output
    }

    /// Percent of the input that came from the cache; 0 without input.
    package var cacheEfficiencyPercent: Double {
        let all = usage.input + usage.cacheWrite + usage.cacheRead
        return all == 0 ? 0 : Double(usage.cacheRead) * 100 / Double(all)
    }

    /// Dollars that the cache saved, at Sonnet's prices whatever the model.
    package var cacheSavings: Double { Double(usage.cacheRead) / 1e6 * (3 - 0.3) }
}

extension AgentResults.Entry {
    fileprivate var phase: ByteString {
        agent.bytes.withUnsafeBytes { PhaseName.reference(agentDirectory: $0) }
    }
}
