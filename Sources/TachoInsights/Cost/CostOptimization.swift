/// Where money could be saved.
///
/// Source: semantics §6.1, golden `cost_optimizations`.
package struct CostOptimization: Sendable {
    package enum Category: String, Sendable {
        case phase
        case template = "workflow_type"
        case outlier
    }

    package enum Priority: String, Sendable {
        case high
        case medium
    }

    package let category: Category
    /// The phase or template; empty for outliers.
    package let subject: String
    /// Dollars.
    package let current: Double
    package let target: Double
    package let priority: Priority

    /// Dollars a month: four times the difference, whatever the span, as in the reference.
    package var savings: Double { (current - target) * 4 }

    /// The greatest savings first.
    package static func opportunities(
        in rows: [HistoryRow], _ span: TimeSpan
    ) -> [CostOptimization] {
        let found =
            phases(CostByPhase(of: rows, in: span)) + templates(CostByTemplate(of: rows, in: span))
            + outliers(rows.filter { span.contains($0.createdAt) }.compactMap(\.positiveCost))
        return found.stablySorted { $0.savings > $1.savings }
    }

    /// Phases above 1.2 times their expected share.
    private static func phases(_ costs: CostByPhase) -> [CostOptimization] {
        costs.phases.compactMap { phase in
            let expected = expectedPercent(of: phase.name.lowercased())
            guard phase.percent > expected * 1.2 else { return nil }
            return CostOptimization(
                category: .phase, subject: phase.name, current: phase.cost,
                target: expected / 100 * costs.total,
                priority: phase.percent > expected * 1.5 ? .high : .medium)
        }
    }

    private static func expectedPercent(of phase: String) -> Double {
        switch phase {
        case "plan": 15
        case "validate": 10
        case "build": 25
        case "lint": 5
        case "test": 20
        case "review": 10
        case "document": 8
        case "ship": 5
        case "cleanup": 2
        default: 15
        }
    }

    /// Templates whose mean is above 1.5 times the mean of all workflows.
    private static func templates(_ costs: CostByTemplate) -> [CostOptimization] {
        let count = costs.templates.reduce(0) { $0 + $1.count }
        let mean = costs.templates.reduce(0) { $0 + $1.cost } / Double(max(1, count))
        return costs.templates.filter { $0.average > mean * 1.5 }.map {
            CostOptimization(
                category: .template, subject: $0.name, current: $0.cost,
                target: mean * Double($0.count), priority: .medium)
        }
    }

    /// Workflows above the mean by more than two standard deviations, all together.
    private static func outliers(_ costs: [Double]) -> [CostOptimization] {
        let mean = costs.mean
        let high = costs.filter { $0 > mean + 2 * costs.standardDeviation }
        guard !high.isEmpty else { return [] }
        return [
            CostOptimization(
                category: .outlier, subject: "", current: high.reduce(0, +),
                target: mean * Double(high.count), priority: high.count > 5 ? .high : .medium)
        ]
    }
}
