/// Where the money goes: by phase, over the workflows that cost something and say for what.
///
/// Source: semantics §6.1, golden `cost_by_phase`.
package struct CostByPhase: Sendable {
    package struct Phase: Sendable {
        /// As it is written.
        package let name: String
        /// Dollars.
        package let cost: Double
        /// Percent of the total.
        package let percent: Double
        package let count: Int
    }

    package let phases: [Phase]
    /// Dollars of all phases.
    package let total: Double
    /// Workflows with a breakdown, also an empty one.
    package let workflowCount: Int

    package var averagePerWorkflow: Double {
        workflowCount == 0 ? 0 : total / Double(workflowCount)
    }

    package init(of rows: [HistoryRow], in span: TimeSpan) {
        let found = rows.filter {
            span.contains($0.createdAt) && $0.positiveCost != nil && $0.phaseCosts != nil
        }
        // The last bit of a sum goes by the order of its parts, and a limit can turn on it.
        let costs = found.newestFirst.compactMap(\.phaseCosts).map(\.inReferenceOrder).joined()
        var groups = OrderedGroups<String, Double>()
        for cost in costs where cost.amount > 0 {
            groups.append(cost.amount, to: cost.phase)
        }
        let sums = groups.groups.map { ($0.key, $0.values.reduce(0, +), $0.values.count) }
        let total = sums.reduce(0) { $0 + $1.1 }
        self.total = total
        workflowCount = found.count
        phases = sums.map { name, cost, count in
            Phase(
                name: name, cost: cost, percent: total > 0 ? cost / total * 100 : 0, count: count)
        }
    }
}

/// Where the money goes: by template, the most expensive first.
///
/// Source: semantics §6.1, golden `cost_by_workflow_type`.
package struct CostByTemplate: Sendable {
    package struct Template: Sendable {
        package let name: String
        /// Dollars.
        package let cost: Double
        package let count: Int

        package var average: Double { cost / Double(count) }
    }

    package let templates: [Template]

    package init(of rows: [HistoryRow], in span: TimeSpan) {
        var groups = OrderedGroups<String, Double>()
        for row in rows where span.contains(row.createdAt) {
            if let cost = row.positiveCost {
                groups.append(cost, to: row.template ?? row.type ?? "unknown")
            }
        }
        let templates = groups.groups.map {
            Template(name: $0.key, cost: $0.values.reduce(0, +), count: $0.values.count)
        }
        self.templates = templates.stablySorted { $0.cost > $1.cost }
    }
}
