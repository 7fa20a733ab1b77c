/// What executions say about a pattern's confidence and status.
///
/// Source: semantics §5.12, goldens `confidence_adjustment`, `status_change_recommendations`.
package enum PatternReview {
    /// From 0 to 1; a negative return counts twice, as in the reference.
    package static func confidence(
        successRate: Double, returnPercent: Double, executionCount: Int
    ) -> Double {
        var confidence = successRate
        confidence += min(0.1, returnPercent / 1000)
        confidence += min(0.05, Double(executionCount) / 1000)
        if returnPercent < 0 { confidence -= abs(returnPercent) / 100 }
        return min(1, max(0, confidence))
    }

    package struct StatusChange: Sendable {
        package let status: String
        package let severity: String
    }

    /// What should become of a pattern; the first rule that holds.
    ///
    /// - Returns: `nil` for nothing, also with fewer than three executions.
    package static func statusChange(
        from status: String, successRate: Double, returnPercent: Double, executionCount: Int
    ) -> StatusChange? {
        guard executionCount >= 3 else { return nil }
        switch status {
        case "approved" where successRate < 0.7 || returnPercent < 0:
            return StatusChange(status: "rejected", severity: "high")
        case "pending" where successRate > 0.95 && returnPercent > 200:
            return StatusChange(status: "auto-approved", severity: "medium")
        case "approved" where successRate < 0.8 || returnPercent < 50:
            return StatusChange(status: "manual-review", severity: "low")
        default:
            return nil
        }
    }
}
