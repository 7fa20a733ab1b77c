/// How sure it is that a pattern is one: 0 to 100.
///
/// Source: semantics §5.4, golden `pattern_confidence`.
package enum PatternConfidence {
    /// One workflow in which the pattern occurred; `nil` is unknown.
    package struct Occurrence: Sendable {
        package let durationSeconds: Double
        package let errorCount: Double?
        package let retryCount: Double

        package init(durationSeconds: Double, errorCount: Double?, retryCount: Double) {
            self.durationSeconds = durationSeconds
            self.errorCount = errorCount
            self.retryCount = retryCount
        }
    }

    /// What all occurrences together say, for a fold that adds one after the other.
    package struct Evidence: Sendable {
        /// Population variance of the durations that are not 0, in square seconds; `nil` with
        /// fewer than two.
        package let durationVariance: Double?
        package let meanErrors: Double
        package let meanRetries: Double

        package init(durationVariance: Double?, meanErrors: Double, meanRetries: Double) {
            self.durationVariance = durationVariance
            self.meanErrors = meanErrors
            self.meanRetries = meanRetries
        }

        init(_ occurrences: [Occurrence]) {
            let durations = occurrences.map(\.durationSeconds).filter { $0 != 0 }
            let center = Self.mean(durations)
            durationVariance =
                durations.count > 1
                ? Self.mean(durations.map { ($0 - center) * ($0 - center) }) : nil
            meanErrors = Self.mean(occurrences.compactMap(\.errorCount))
            meanRetries = Self.mean(occurrences.map(\.retryCount))
        }

        private static func mean(_ values: [Double]) -> Double {
            values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
        }
    }

    package static func score(count: Int, occurrences: [Occurrence]) -> Double {
        occurrences.isEmpty ? 10 : score(count: count, Evidence(occurrences))
    }

    /// Up to 40 for the count, 30 for equal durations, 30 for few errors and retries.
    package static func score(count: Int, _ evidence: Evidence) -> Double {
        let frequency = count >= 10 ? 40.0 : count >= 5 ? 30 : count >= 3 ? 20 : 10
        let score = frequency + consistency(of: evidence) + success(of: evidence)
        return min(100, max(0, score))
    }

    private static func consistency(of evidence: Evidence) -> Double {
        guard let variance = evidence.durationVariance else { return 15 }
        return variance < 100 ? 30 : variance < 1000 ? 20 : 10
    }

    private static func success(of evidence: Evidence) -> Double {
        let (errors, retries) = (evidence.meanErrors, evidence.meanRetries)
        if errors == 0 && retries == 0 { return 30 }
        if errors < 1 && retries < 2 { return 20 }
        return errors < 3 ? 10 : 5
    }
}
