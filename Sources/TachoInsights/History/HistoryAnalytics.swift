package import TachoLog

/// Sums and means over all workflows of a history.
///
/// Source: semantics §6.5, golden `history_analytics`.
package struct HistoryAnalytics: Sendable {
    package let workflowCount: Int
    package let completedCount: Int
    package let failedCount: Int
    /// Seconds, over completed workflows whose duration is known.
    package let averageDuration: Double
    package let successRatePercent: Double
    package let countByModel: [String: Int]
    package let countByTemplate: [String: Int]
    package let countByStatus: [String: Int]
    /// Dollars, over workflows that cost something.
    package let averageCost: Double
    package let totalCost: Double
    /// Dollars, over ended workflows that cost something.
    package let averageCostPerCompletion: Double
    /// Percent, of the last days' mean cost against that of as many days before.
    package let costTrend7Days: Double
    package let costTrend30Days: Double
    /// Over workflows that used tokens.
    package let averageTokens: Double
    package let averageCacheEfficiency: Double

    package init(of rows: [HistoryRow], now: Timestamp) {
        workflowCount = rows.count
        completedCount = rows.count(where: \.isCompleted)
        failedCount = rows.count(where: \.isFailed)
        averageDuration = rows.filter(\.isCompleted).compactMap(\.durationSeconds).mean
        successRatePercent =
            rows.isEmpty ? 0 : Double(completedCount) / Double(workflowCount) * 100
        countByModel = Self.counts(rows.map(\.model))
        countByTemplate = Self.counts(rows.map(\.template))
        countByStatus = Self.counts(rows.map(\.status))
        let costs = rows.compactMap(\.positiveCost)
        averageCost = costs.mean
        totalCost = costs.reduce(0, +)
        let ended = rows.filter { $0.isCompleted || $0.isFailed }
        averageCostPerCompletion = ended.compactMap(\.positiveCost).mean
        costTrend7Days = Self.costTrend(of: ended, days: 7, now)
        costTrend30Days = Self.costTrend(of: ended, days: 30, now)
        let used = rows.filter { $0.totalTokens ?? 0 > 0 }
        averageTokens = used.compactMap(\.totalTokens).mean
        averageCacheEfficiency = used.compactMap(\.cacheEfficiencyPercent).mean
    }

    private static func counts(_ values: [String?]) -> [String: Int] {
        values.reduce(into: [:]) { counts, value in
            if let value { counts[value, default: 0] += 1 }
        }
    }

    private static func costTrend(of rows: [HistoryRow], days: Int, _ now: Timestamp) -> Double {
        let middle = now.adding(days: -days)
        let start = now.adding(days: -2 * days)
        let after = rows.filter { $0.createdAt.map { $0 >= middle } ?? false }
        let before = rows.filter { $0.createdAt.map { $0 >= start && $0 < middle } ?? false }
        let base = before.compactMap(\.positiveCost).mean
        guard base != 0 else { return 0 }
        return (after.compactMap(\.positiveCost).mean - base) / base * 100
    }
}
