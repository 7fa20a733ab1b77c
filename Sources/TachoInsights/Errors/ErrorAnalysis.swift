package import TachoLog
import TachoProjections

/// Which errors workflows fail with, and where.
///
/// Of workflows that started within the last days; a failed one without a message is unknown.
/// Rates are percent, to two decimals. Of equal ones the first in the order of the rows counts.
///
/// Source: semantics §6.4, goldens `error_summary`, `error_by_phase`, `error_trends`.
package struct ErrorAnalysis: Sendable {
    package struct Phase: Sendable {
        package let name: String
        package let workflowCount: Int
        package let failedCount: Int

        package var failureRate: Double { percent(failedCount, of: workflowCount) }
    }

    package struct Day: Sendable {
        /// `2026-01-31`, in UTC.
        package let day: String
        package let workflowCount: Int
        package let failedCount: Int

        package var failureRate: Double { percent(failedCount, of: workflowCount) }
    }

    /// All rows within the days, in their order.
    package let rows: [HistoryRow]
    /// Each with what it failed with.
    package let failures: [(row: HistoryRow, error: ErrorClass)]

    /// - Parameters:
    ///   - rows: In the order of their start.
    ///   - days: Until now; later starts count too.
    ///   - now: The moment of asking.
    package init(of rows: [HistoryRow], days: Int, now: Timestamp) {
        let start = now.adding(days: -days)
        self.rows = rows.filter { $0.startedAt.map { $0 >= start } ?? false }
        failures = self.rows.filter(\.isFailed).map {
            ($0, ErrorClass(message: Self.message(of: $0)))
        }
    }

    static func message(of row: HistoryRow) -> String {
        row.errorMessage.flatMap { $0.isEmpty ? nil : $0 } ?? "Unknown error"
    }

    package var failureRate: Double { percent(failures.count, of: rows.count) }

    /// Each class of errors with its count, the most frequent first.
    package var classCounts: [(error: ErrorClass, count: Int)] {
        let groups = OrderedGroups.grouping(failures.map(\.error)) { $0 }.groups
        return groups.map { ($0.key, $0.values.count) }.stablySorted { $0.1 > $1.1 }
    }

    /// In the order in which they are first met; also those without failures.
    package var phases: [Phase] {
        let groups = OrderedGroups.grouping(rows) {
            $0.currentPhase.flatMap { $0.isEmpty ? nil : $0 } ?? "Unknown"
        }
        return groups.groups.map {
            Phase(
                name: $0.key, workflowCount: $0.values.count,
                failedCount: $0.values.count(where: \.isFailed))
        }
    }

    /// The phase in which most workflows failed; `nil` if none did.
    package var mostProblematicPhase: String? {
        var most: Phase?
        // Phases in the order in which they first fail.
        let groups = OrderedGroups.grouping(failures.map(\.row)) {
            $0.currentPhase.flatMap { $0.isEmpty ? nil : $0 } ?? "Unknown"
        }
        for group in groups.groups where group.values.count > most?.failedCount ?? 0 {
            most = Phase(
                name: group.key, workflowCount: group.values.count,
                failedCount: group.values.count)
        }
        return most?.name
    }

    /// The phase with the highest rate of failures, which may be 0.
    package var mostErrorPronePhase: String? {
        phases.stablySorted { $0.failureRate > $1.failureRate }.first?.name
    }

    /// Days on which workflows started, in their order.
    package var days: [Day] {
        let groups = OrderedGroups.grouping(rows) { $0.startedAt?.day ?? "" }.groups
        return groups.sorted { $0.key.utf8.precedes($1.key.utf8) }.map {
            Day(
                day: $0.key, workflowCount: $0.values.count,
                failedCount: $0.values.count(where: \.isFailed))
        }
    }

    /// The last week's mean rate against the first one's; below 10 % is stable.
    package var trend: Trend {
        let rates = days.map(\.failureRate)
        return Trend(
            from: Array(rates.prefix(Trend.window)), to: Array(rates.suffix(Trend.window)),
            stableThrough: 10)
    }

    package var averageDailyFailures: Double {
        days.map { Double($0.failedCount) }.mean.rounded(places: 2)
    }
}

/// Percent, to two decimals; 0 of none.
private func percent(_ part: Int, of whole: Int) -> Double {
    whole == 0 ? 0 : (Double(part) / Double(whole) * 100).rounded(places: 2)
}
