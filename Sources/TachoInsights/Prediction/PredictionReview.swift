/// How good predictions of costs would have been, each workflow taken out of those like it.
package struct PredictionReview: Sendable {
    /// Workflows with a cost that have others of their template and model.
    package private(set) var count = 0
    /// Of those, between the low and the high end of the others.
    package private(set) var withinCount = 0
    private var errors: [Double] = []
    private var blindErrors: [Double] = []

    /// Percent by which the mean of those like it misses, in the median.
    package var error: Double { Percentiles(of: errors).p50 }
    /// The same of the mean of all other workflows, whatever they are.
    package var blindError: Double { Percentiles(of: blindErrors).p50 }

    package init(of rows: [HistoryRow]) {
        let costs = rows.compactMap(\.positiveCost)
        let total = costs.reduce(0, +)
        var costsByKind: [CostPrediction.Kind: [Double]] = [:]
        for row in rows {
            guard let cost = row.positiveCost else { continue }
            let kind = CostPrediction.Kind(
                template: row.template ?? "", model: row.model ?? "", complexity: "")
            costsByKind[kind, default: []].append(cost)
        }
        for alike in costsByKind.values where alike.count > 1 {
            review(alike.sorted(), all: costs.count, total)
        }
        // The order of a dictionary is no order.
        errors.sort()
        blindErrors.sort()
    }

    private mutating func review(_ sorted: [Double], all: Int, _ total: Double) {
        let sum = sorted.reduce(0, +)
        for index in sorted.indices {
            let cost = sorted[index]
            let others = Others(sorted: sorted, left: index)
            let low = Percentiles.percentile(10, of: others)
            let high = Percentiles.percentile(90, of: others)
            count += 1
            if (low...high).contains(cost) { withinCount += 1 }
            errors.append(Self.percent((sum - cost) / Double(others.count), of: cost))
            blindErrors.append(Self.percent((total - cost) / Double(all - 1), of: cost))
        }
    }

    private static func percent(_ predicted: Double, of cost: Double) -> Double {
        abs(predicted - cost) / cost * 100
    }

    /// All values but one, without a copy of them.
    private struct Others: RandomAccessCollection {
        let sorted: [Double]
        /// The one that is left out.
        let left: Int

        var startIndex: Int { 0 }
        var endIndex: Int { sorted.count - 1 }
        subscript(index: Int) -> Double { sorted[index < left ? index : index + 1] }
    }
}
