import TachoEvents
import TachoInsights
import TachoLog
import TachoProjections

/// The costs of a workflow's agents.
let costHistoryChecks: GoldenChecks = [
    "cost_history": { example in
        var results = AgentResults()
        let files = example.input["files"].members.sorted { $0.key.utf8.precedes($1.key.utf8) }
        for (path, content) in files {
            let parts = path.split(separator: "/")
            guard parts.count == 2, parts[1] == "raw_output.jsonl" else { continue }
            let output = AgentResults(output: content.text ?? "", agent: String(parts[0]))
            // Only the last result of a file counts, whatever its session.
            if let last = output.entries.last { results.record(last) }
        }
        let costs = AgentCosts(results)
        switch example.expected["error"].text {
        // A model that is `null` makes the reference fail; to us it is not known (B10).
        case "AttributeError": return costs != nil
        case .some: return costs == nil
        case nil: return example.agrees(["ok": costs?.golden ?? nil])
        }
    }
]

extension AgentCosts {
    fileprivate var golden: GoldenValue {
        [
            "adw_id": "abc",
            "phases": .list(
                phases.map {
                    [
                        "phase": .text($0.name.description), "cost": .real(Double($0.cost) / 1e12),
                        "tokens": [
                            "input_tokens": GoldenValue($0.usage.input),
                            "cache_creation_tokens": GoldenValue($0.usage.cacheWrite),
                            "cache_read_tokens": GoldenValue($0.usage.cacheRead),
                            "output_tokens": GoldenValue($0.usage.output),
                        ], "timestamp": nil,
                    ]
                }),
            "total_cost": .real(Double(total) / 1e12),
            "cache_efficiency_percent": .real(cacheEfficiencyPercent),
            "cache_savings_amount": .real(cacheSavings), "total_tokens": GoldenValue(totalTokens),
        ]
    }
}

extension String.UTF8View {
    fileprivate func precedes(_ other: String.UTF8View) -> Bool {
        lexicographicallyPrecedes(other)
    }
}
