/// Which detected patterns are put before a person.
///
/// Source: semantics §5.9, golden `pattern_sync`.
package struct PatternSync: Sendable {
    package struct Pattern: Sendable {
        package let signature: String
        package let type: String
        /// 0 to 100.
        package let confidence: Double
        package let count: Int
        /// Dollars a month.
        package let savings: Double
        package let status: String

        package init(
            signature: String, type: String, confidence: Double, count: Int, savings: Double,
            status: String
        ) {
            self.signature = signature
            self.type = type
            self.confidence = confidence
            self.count = count
            self.savings = savings
            self.status = status
        }

        /// What the order of a review goes by.
        package var impact: Double { confidence * Double(count) * savings }
    }

    package struct Filter: Sendable {
        package var minimumConfidence = 0.0
        package var minimumCount = 1
        package var minimumSavings = 0.0
        package var limit = 50
        /// `nil` is all.
        package var onlyTypes: Set<String>?
        package var excludedTypes: Set<String> = []

        package init() {}

        /// Where none is given: confidence 60, two occurrences, at most 50.
        package static var standard: Filter {
            var filter = Filter()
            filter.minimumConfidence = 60
            filter.minimumCount = 2
            return filter
        }

        fileprivate func accepts(_ pattern: Pattern) -> Bool {
            pattern.status == "detected" && pattern.confidence >= minimumConfidence
                && pattern.count >= minimumCount && pattern.savings >= minimumSavings
                && onlyTypes?.contains(pattern.type) ?? true
                && !excludedTypes.contains(pattern.type)
        }
    }

    /// By impact, the greatest first.
    package let candidates: [Pattern]
    /// Those of them that are not in review yet.
    package let synced: [Pattern]

    package var skippedCount: Int { candidates.count - synced.count }

    /// - Parameters:
    ///   - patterns: All patterns.
    ///   - reviewed: Signatures that are in review already.
    ///   - filter: What a pattern has to be.
    package init(_ patterns: [Pattern], reviewed: Set<String>, filter: Filter) {
        let accepted = patterns.filter(filter.accepts).stablySorted { $0.impact > $1.impact }
        candidates = Array(accepted.prefix(filter.limit))
        synced = candidates.filter { !reviewed.contains($0.signature) }
    }

    /// Percent of patterns in review, of those still detected; above 100 if more are.
    package static func percent(inReview: Int, detected: Int) -> Double {
        detected == 0 ? 0 : Double(inReview) / Double(detected) * 100
    }
}
