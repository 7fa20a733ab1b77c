/// Which way daily values go.
///
/// Source: semantics §6, goldens `trend`, `moving_average`.
package struct Trend: Hashable, Sendable {
    package enum Direction: String, Sendable {
        case stable
        case increasing
        case decreasing
    }

    package let direction: Direction
    /// Of the last values against the first ones.
    package let percentChange: Double

    /// Days that are compared at each end, and over which an average moves.
    package static let window = 7

    /// The mean of the last seven values against that of the first seven.
    ///
    /// Both overlap below fourteen values; fewer than seven are cut in half. Below 5 % is stable.
    package init(of values: [Double]) {
        let firstCount = values.count >= Self.window ? Self.window : values.count / 2
        let lastCount = values.count >= Self.window ? Self.window : values.count - firstCount
        self.init(
            from: Array(values.prefix(firstCount)), to: Array(values.suffix(lastCount)),
            stableThrough: Self.limit.nextDown)
    }

    /// Percent; a smaller change is none.
    private static let limit = 5.0

    /// The mean of some values against the mean of others; no values, or a mean of 0, is stable.
    init(from first: [Double], to last: [Double], stableThrough limit: Double) {
        let base = first.mean
        guard !first.isEmpty, base != 0 else {
            direction = .stable
            percentChange = 0
            return
        }
        percentChange = (last.mean - base) / base * 100
        if abs(percentChange) <= limit {
            direction = .stable
        } else {
            direction = percentChange > 0 ? .increasing : .decreasing
        }
    }

    /// Each value's mean with those before it in the window.
    ///
    /// - Returns: The values themselves if they are fewer than the window.
    package static func movingAverage(of values: [Double], window: Int = window) -> [Double] {
        guard values.count >= window, window > 0 else { return values }
        return values.indices.map { index in
            Array(values[max(0, index + 1 - window)...index]).mean
        }
    }
}

extension [Double] {
    /// Summed from the first to the last; 0 for none.
    var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }

    /// The sample's: of n − 1; 0 for fewer than two.
    var standardDeviation: Double {
        guard count > 1 else { return 0 }
        let mean = mean
        let squares = reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(count - 1)).squareRoot()
    }
}
