/// Moments in time, as intervals that neither overlap nor touch, in their order.
///
/// Overlapping calls are counted once: the set of a whole is measured, not the sum of its parts.
struct IntervalSet: Sendable {
    private(set) var intervals: [Range<Int64>] = []
    /// The sum of the intervals' lengths.
    private(set) var measure: Int64 = 0

    /// Adds what of an interval is not there yet.
    ///
    /// - Precondition: The interval is shorter than 2⁶² and lies inside ±2⁶².
    /// - Complexity: O(log n) to find the place, O(n) to make room; both small at the end.
    mutating func insert(_ interval: Range<Int64>) {
        guard !interval.isEmpty else { return }
        // Most come in their order, behind all others.
        guard let latest = intervals.last, interval.lowerBound <= latest.upperBound else {
            intervals.append(interval)
            measure += Self.length(interval)
            return
        }
        let first = firstIndex(endingFrom: interval.lowerBound)
        var last = first
        var whole = interval
        while last < intervals.count, intervals[last].lowerBound <= interval.upperBound {
            whole =
                min(
                    whole.lowerBound, intervals[last].lowerBound)..<max(
                    whole.upperBound, intervals[last].upperBound)
            measure -= Self.length(intervals[last])
            last += 1
        }
        measure += Self.length(whole)
        intervals.replaceSubrange(first..<last, with: CollectionOfOne(whole))
    }

    /// The first interval that ends at `moment` or later.
    private func firstIndex(endingFrom moment: Int64) -> Int {
        var low = 0
        var high = intervals.count
        while low < high {
            let middle = (low + high) / 2
            if intervals[middle].upperBound < moment { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func length(_ interval: Range<Int64>) -> Int64 {
        interval.upperBound - interval.lowerBound
    }
}
