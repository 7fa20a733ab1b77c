/// Where the values of a sample lie.
///
/// A percentile is interpolated between the two values next to it ("inclusive"); the deviation is
/// the sample's. All zeros for no values.
///
/// Source: semantics §6, goldens `percentiles`, `outlier_indices`.
package struct Percentiles: Sendable {
    package let p50: Double
    package let p95: Double
    package let p99: Double
    package let average: Double
    package let minimum: Double
    package let maximum: Double
    package let standardDeviation: Double
    package let count: Int

    package init(of values: [Double]) {
        let sorted = values.sorted()
        p50 = Self.percentile(50, of: sorted)
        p95 = Self.percentile(95, of: sorted)
        p99 = Self.percentile(99, of: sorted)
        average = values.mean
        minimum = sorted.first ?? 0
        maximum = sorted.last ?? 0
        standardDeviation = values.standardDeviation
        count = values.count
    }

    /// Of values that ascend; of none it is 0.
    static func percentile<Values: RandomAccessCollection>(
        _ percent: Double, of sorted: Values
    ) -> Double where Values.Element == Double, Values.Index == Int {
        guard let last = sorted.last else { return 0 }
        let place = Double(sorted.count - 1) * (percent / 100)
        let index = Int(place)
        guard index + 1 < sorted.count else { return last }
        return sorted[index] + (place - Double(index)) * (sorted[index + 1] - sorted[index])
    }

    /// Those further from the mean than some standard deviations; none of fewer than three values.
    ///
    /// - Returns: Indices of `values`.
    package static func outliers(in values: [Double], deviations: Double = 2) -> [Int] {
        guard values.count >= 3 else { return [] }
        let (mean, limit) = (values.mean, deviations * values.standardDeviation)
        return values.indices.filter { abs(values[$0] - mean) > limit }
    }
}
