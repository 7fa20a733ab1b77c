import TachoLog

/// Cost, duration, success, and cache efficiency by hour, day, or week.
///
/// A period without a value has no point.
///
/// Source: semantics §6.3, golden `workflow_trends`.
package struct WorkflowTrends: Sendable {
    package enum Period: String, Sendable {
        case hour
        case day
        case week
    }

    package struct Point: Sendable {
        /// `2026-01-31`, `2026-01-31 12:00`, or `2026-W04` (weeks begin on Sundays, from 00).
        package let period: String
        package let value: Double
        package let count: Int
    }

    /// Mean dollars of workflows that cost something.
    package let cost: [Point]
    /// Mean seconds of workflows that took some.
    package let duration: [Point]
    /// Percent completed of those that ended.
    package let successRate: [Point]
    /// Mean percent of workflows that know it; 0 counts.
    package let cacheEfficiency: [Point]

    package init(of rows: [HistoryRow], by period: Period, in span: TimeSpan) {
        let found = rows.compactMap { row -> (period: String, row: HistoryRow)? in
            guard let moment = row.createdAt, span.contains(moment) else { return nil }
            return (period.label(of: moment), row)
        }
        func series(_ value: (HistoryRow) -> Double?) -> [Point] {
            var groups = OrderedGroups<String, Double>()
            for (period, row) in found {
                if let value = value(row) { groups.append(value, to: period) }
            }
            let sorted = groups.groups.sorted { $0.key.utf8.precedes($1.key.utf8) }
            return sorted.map {
                Point(period: $0.key, value: $0.values.mean, count: $0.values.count)
            }
        }
        cost = series { $0.cost.flatMap { $0 == 0 ? nil : $0 } }
        duration = series { $0.durationSeconds.flatMap { $0 == 0 ? nil : $0 } }
        successRate = series { $0.isCompleted ? 100 : $0.isFailed ? 0 : nil }
        cacheEfficiency = series(\.cacheEfficiencyPercent)
    }
}

extension WorkflowTrends.Period {
    fileprivate func label(of moment: Timestamp) -> String {
        let text = "\(moment)"
        switch self {
        case .day: return String(text.prefix(10))
        case .hour: return "\(text.prefix(10)) \(text.dropFirst(11).prefix(2)):00"
        case .week:
            let week = Self.week(of: moment)
            return "\(text.prefix(4))-W\(week < 10 ? "0" : "")\(week)"
        }
    }

    /// Weeks from Sunday to Saturday; what comes before the year's first Sunday is week 0.
    private static func week(of moment: Timestamp) -> Int64 {
        let secondsOfDay: Int64 = 86_400_000_000
        var days = moment.microseconds / secondsOfDay
        if moment.microseconds % secondsOfDay < 0 { days -= 1 }
        let date = CivilDate(daysSince1970: days)
        let newYear = CivilDate(year: date.year, month: 1, day: 1)?.daysSince1970 ?? days
        // 1970-01-01 was a Thursday; Sunday is 0.
        let weekday = ((days + 4) % 7 + 7) % 7
        return (days - newYear + 7 - weekday) / 7
    }
}
