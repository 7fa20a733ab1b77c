import TachoProjections

/// What a workflow will cost: the mean of those like it.
///
/// Source: semantics §6.3, golden `predict_cost`.
package struct CostPrediction: Sendable {
    /// Dollars, to four decimals.
    package let cost: Double
    package let average: Double
    package let minimum: Double
    package let maximum: Double
    /// Percent: ten workflows are enough.
    package let confidence: Double
    package let sampleCount: Int

    private static let rowLimit = 1000
    /// Dollars, where nothing is known.
    private static let fallback = 0.05

    /// - Parameters:
    ///   - template: Empty is any.
    ///   - complexity: Actual or estimated; empty is any.
    ///   - model: Empty is any.
    ///   - rows: The newest first; a thousand of the template and the model count.
    package init(
        template: String, complexity: String, model: String, among rows: [HistoryRow]
    ) {
        let found = rows.filter {
            (template.isEmpty || $0.template == template) && (model.isEmpty || $0.model == model)
        }
        let alike = found.prefix(Self.rowLimit).filter {
            complexity.isEmpty || $0.actualComplexity == complexity
                || $0.estimatedComplexity == complexity
        }
        let costs = alike.compactMap(\.positiveCost)
        sampleCount = costs.count
        average = costs.mean.rounded(places: 4)
        cost = costs.isEmpty ? Self.fallback : average
        minimum = (costs.min() ?? 0).rounded(places: 4)
        maximum = (costs.max() ?? 0).rounded(places: 4)
        confidence = min(100, Double(costs.count) * 10).rounded(places: 2)
    }
}
