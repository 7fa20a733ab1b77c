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

    /// What a workflow is like; empty is any.
    package struct Kind: Hashable, Sendable {
        package let template: String
        package let model: String
        /// Actual or estimated.
        package let complexity: String

        package init(template: String, model: String, complexity: String) {
            self.template = template
            self.model = model
            self.complexity = complexity
        }

        /// Those alike; of the template and the model the first thousand are looked at.
        func rows(among rows: [HistoryRow]) -> [HistoryRow] {
            let found = rows.lazy.filter {
                (template.isEmpty || $0.template == template)
                    && (model.isEmpty || $0.model == model)
            }
            return found.prefix(CostPrediction.rowLimit).filter {
                complexity.isEmpty || $0.actualComplexity == complexity
                    || $0.estimatedComplexity == complexity
            }
        }
    }

    /// By those of `rows` that are alike, the newest of which come first.
    package init(of kind: Kind, among rows: [HistoryRow]) {
        self.init(of: kind.rows(among: rows))
    }

    /// - Parameter alike: Workflows of the kind.
    init(of alike: [HistoryRow]) {
        let costs = alike.compactMap(\.positiveCost)
        sampleCount = costs.count
        average = costs.mean.rounded(places: 4)
        cost = costs.isEmpty ? Self.fallback : average
        minimum = (costs.min() ?? 0).rounded(places: 4)
        maximum = (costs.max() ?? 0).rounded(places: 4)
        confidence = min(100, Double(costs.count) * 10).rounded(places: 2)
    }
}
