/// What a workflow will cost, how long it will take, and whether it will be completed, by those
/// like it.
///
/// The cost is ``CostPrediction``'s. Beside it stands where the middle four fifths of them lie: a
/// mean says nothing of how sure it is.
package struct WorkflowPrediction: Sendable {
    /// Where a value is expected.
    package struct Range: Sendable {
        /// One in ten was lower.
        package let low: Double
        package let median: Double
        /// One in ten was higher.
        package let high: Double
        package let count: Int

        /// `nil` for no values.
        init?(_ values: [Double]) {
            guard !values.isEmpty else { return nil }
            let sorted = values.sorted()
            low = Percentiles.percentile(10, of: sorted)
            median = Percentiles.percentile(50, of: sorted)
            high = Percentiles.percentile(90, of: sorted)
            count = values.count
        }
    }

    /// `nil` where no workflow like it has a cost.
    package let cost: CostPrediction?
    /// Dollars, of all that have a cost, also of those that have not ended.
    package let costs: Range?
    /// Seconds, of those that were completed.
    package let seconds: Range?
    package let completedCount: Int
    package let failedCount: Int
    /// The workflows it is taken from, the newest first.
    package let basis: [HistoryRow]

    /// By those of `rows` that are alike, which may come in any order.
    package init(of kind: CostPrediction.Kind, among rows: [HistoryRow]) {
        basis = kind.rows(among: rows.newestFirst)
        let predicted = CostPrediction(of: basis)
        cost = predicted.sampleCount > 0 ? predicted : nil
        costs = Range(basis.compactMap(\.positiveCost))
        seconds = Range(basis.filter(\.isCompleted).compactMap(\.positiveDuration))
        completedCount = basis.count(where: \.isCompleted)
        failedCount = basis.count(where: \.isFailed)
    }

    /// Percent of those that ended; `nil` where none did.
    package var successRate: Double? {
        let ended = completedCount + failedCount
        return ended == 0 ? nil : Double(completedCount) / Double(ended) * 100
    }
}
