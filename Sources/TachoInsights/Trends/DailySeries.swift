import TachoLog

/// A value for each day on which something happened; other days have no point.
///
/// Source: semantics §6.1 and §6.2, goldens `cost_trends`, `latency_trends`.
package struct DailySeries: Sendable {
    package struct Point: Sendable {
        /// `2026-01-31`, in UTC.
        package let day: String
        package let value: Double
        package let workflowCount: Int
    }

    /// In the order of their days.
    package let points: [Point]

    package var values: [Double] { points.map(\.value) }
    package var movingAverage: [Double] { Trend.movingAverage(of: values) }
    package var trend: Trend { Trend(of: values) }
    package var total: Double { values.reduce(0, +) }
    /// Mean of the days' values.
    package var average: Double { values.mean }

    private init(_ rows: [(row: HistoryRow, amount: Double)], _ value: ([Double]) -> Double) {
        var groups = OrderedGroups<String, Double>()
        for (row, amount) in rows {
            if let day = row.createdAt?.day { groups.append(amount, to: day) }
        }
        let sorted = groups.groups.sorted { $0.key.utf8.precedes($1.key.utf8) }
        points = sorted.map {
            Point(day: $0.key, value: value($0.values), workflowCount: $0.values.count)
        }
    }

    /// Dollars that the workflows of each day cost, of those that cost something.
    package static func costs(of rows: [HistoryRow], in span: TimeSpan) -> DailySeries {
        let found = rows.filter { span.contains($0.createdAt) }.compactMap { row in
            row.positiveCost.map { (row, $0) }
        }
        return DailySeries(found) { $0.reduce(0, +) }
    }

    /// Mean seconds of the workflows that were begun each day and completed.
    package static func latencies(of rows: [HistoryRow], in span: TimeSpan) -> DailySeries {
        let found = rows.filter { $0.isCompleted && span.contains($0.createdAt) }
        return DailySeries(found.compactMap { row in row.positiveDuration.map { (row, $0) } }) {
            $0.mean
        }
    }
}
