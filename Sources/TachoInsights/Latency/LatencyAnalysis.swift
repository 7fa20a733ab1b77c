/// How long completed workflows and their phases take.
///
/// Only durations above 0 count; seconds throughout.
///
/// Source: semantics §6.2, goldens `latency_*`.
package struct LatencyAnalysis: Sendable {
    package struct Summary: Sendable {
        package let durations: Percentiles
        /// The phase with the highest mean, the first of equal ones; empty if there is none.
        package let slowestPhase: String
        package let slowestPhaseAverage: Double
    }

    package struct Phase: Sendable {
        package let name: String
        package let latency: Percentiles
    }

    package struct Bottleneck: Sendable {
        package let phase: String
        package let p95: Double
        package let threshold: Double
        /// An estimate, as in the reference: 50 if the mean is above the threshold, else 5.
        package let percentOverThreshold: Double
        package let affectedCount: Int
        /// Percent, from and to: `50-60`.
        package let speedUp: String
    }

    package struct Recommendation: Sendable {
        package let phase: String
        package let current: Double
        package let target: Double
        package let improvementPercent: Double
        /// How many pieces of advice there are for the phase.
        package let actionCount: Int
    }

    /// In the order in which the reference meets them, which decides between equal ones: those of
    /// the newest workflow first.
    package let phases: [Phase]
    /// Mean of the workflows that have durations of phases.
    package let averageDuration: Double
    private let durations: [Double]
    /// The phases of those workflows alone whose own duration is known.
    private let timedPhases: [Phase]

    /// - Parameters:
    ///   - rows: All rows; completed ones within the span count.
    ///   - span: Compared with the rows' creation.
    package init(of rows: [HistoryRow], in span: TimeSpan) {
        let completed = rows.filter { $0.isCompleted && span.contains($0.createdAt) }
            .newestFirst
        durations = completed.compactMap(\.positiveDuration)
        let detailed = completed.filter { $0.phaseSeconds != nil }
        averageDuration = detailed.compactMap(\.positiveDuration).mean
        phases = Self.phases(of: detailed)
        timedPhases = Self.phases(of: detailed.filter { $0.positiveDuration != nil })
    }

    private static func phases(of rows: [HistoryRow]) -> [Phase] {
        var samples = OrderedGroups<String, Double>()
        for seconds in rows.compactMap(\.phaseSeconds).map(\.inReferenceOrder).joined()
        where seconds.amount > 0 {
            samples.append(seconds.amount, to: seconds.phase)
        }
        return samples.groups.map { Phase(name: $0.key, latency: Percentiles(of: $0.values)) }
    }

    package var summary: Summary {
        let slowest = timedPhases.reduce(nil as Phase?) { slowest, phase in
            guard let slowest else { return phase }
            return phase.latency.average > slowest.latency.average ? phase : slowest
        }
        return Summary(
            durations: Percentiles(of: durations), slowestPhase: slowest?.name ?? "",
            slowestPhaseAverage: slowest?.latency.average ?? 0)
    }

    /// Phases whose 95th percentile is above a threshold, the slowest first.
    package func bottlenecks(thresholdSeconds threshold: Double = 300) -> [Bottleneck] {
        let slow = phases.filter { $0.latency.p95 > threshold }.map { phase in
            let (p95, percent) = (phase.latency.p95, phase.latency.average > threshold ? 50.0 : 5)
            return Bottleneck(
                phase: phase.name, p95: p95, threshold: threshold, percentOverThreshold: percent,
                affectedCount: Int(percent / 100 * Double(phase.latency.count)),
                speedUp: p95 > threshold * 2
                    ? "50-60" : p95 > threshold * 1.5 ? "30-40" : "20-30")
        }
        return slow.stablySorted { $0.p95 > $1.p95 }
    }

    /// What to speed up: the three slowest phases, as far as they take more than 15 %.
    package var recommendations: [Recommendation] {
        let slowest = phases.stablySorted { $0.latency.average > $1.latency.average }.prefix(3)
        return slowest.compactMap { phase in
            let average = phase.latency.average
            guard averageDuration > 0, average / averageDuration * 100 > 15 else { return nil }
            return Recommendation(
                phase: phase.name, current: average, target: average * 0.6,
                improvementPercent: 40, actionCount: phase.name.lowercased() == "test" ? 4 : 3)
        }
    }
}
