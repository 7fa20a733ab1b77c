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

    /// Up to 40 for the count, 30 for equal durations, 30 for few errors and retries.
    package static func score(count: Int, occurrences: [Occurrence]) -> Double {
        guard !occurrences.isEmpty else { return 10 }
        let frequency = count >= 10 ? 40.0 : count >= 5 ? 30 : count >= 3 ? 20 : 10
        let score = frequency + consistency(of: occurrences) + success(of: occurrences)
        return min(100, max(0, score))
    }

    /// By the population's variance, in square seconds.
    private static func consistency(of occurrences: [Occurrence]) -> Double {
        let durations = occurrences.map(\.durationSeconds).filter { $0 != 0 }
        guard durations.count > 1 else { return 15 }
        let mean = durations.mean
        let variance = durations.map { ($0 - mean) * ($0 - mean) }.mean
        return variance < 100 ? 30 : variance < 1000 ? 20 : 10
    }

    private static func success(of occurrences: [Occurrence]) -> Double {
        let errors = occurrences.compactMap(\.errorCount).mean
        let retries = occurrences.map(\.retryCount).mean
        if errors == 0 && retries == 0 { return 30 }
        if errors < 1 && retries < 2 { return 20 }
        return errors < 3 ? 10 : 5
    }
}
