/// What the executions of a pattern's tool brought.
///
/// Source: semantics §5.11, goldens `roi_summary`, `roi_effectiveness`.
package struct PatternReturn: Sendable {
    package struct Execution: Sendable {
        package let seconds: Double
        package let estimatedSeconds: Double
        /// Dollars.
        package let cost: Double
        package let estimatedCost: Double
        package let isSuccess: Bool

        package init(
            seconds: Double, estimatedSeconds: Double, cost: Double, estimatedCost: Double,
            isSuccess: Bool
        ) {
            self.seconds = seconds
            self.estimatedSeconds = estimatedSeconds
            self.cost = cost
            self.estimatedCost = estimatedCost
            self.isSuccess = isSuccess
        }
    }

    package let count: Int
    package let successCount: Int
    /// Over the successes; negative if the tool was slower.
    package let savedSeconds: Double
    /// Dollars, over the successes.
    package let savedCost: Double
    private let estimatedCost: Double

    package init(of executions: [Execution]) {
        let successes = executions.filter(\.isSuccess)
        count = executions.count
        successCount = successes.count
        savedSeconds = successes.reduce(0) { $0 + ($1.estimatedSeconds - $1.seconds) }
        savedCost = successes.reduce(0) { $0 + ($1.estimatedCost - $1.cost) }
        estimatedCost = successes.reduce(0) { $0 + $1.estimatedCost }
    }

    /// 0 to 1.
    package var successRate: Double { count == 0 ? 0 : Double(successCount) / Double(count) }
    package var averageSavedSeconds: Double {
        successCount == 0 ? 0 : savedSeconds / Double(successCount)
    }
    package var averageSavedCost: Double {
        successCount == 0 ? 0 : savedCost / Double(successCount)
    }
    /// Percent of what the work would have cost; at most 100, unless a tool is paid for its work.
    package var percent: Double { estimatedCost > 0 ? savedCost / estimatedCost * 100 : 0 }

    package var effectiveness: String {
        Self.effectiveness(successRate: successRate, percent: percent)
    }

    /// The first rule that holds; `excellent` is out of reach as long as tools cost something
    /// (B35).
    package static func effectiveness(successRate: Double, percent: Double) -> String {
        if successRate >= 0.95, percent >= 200 { return "excellent" }
        if successRate >= 0.85, percent >= 100 { return "good" }
        if successRate >= 0.7, percent >= 50 { return "acceptable" }
        return successRate < 0.7 || percent < 0 ? "poor" : "failed"
    }
}
