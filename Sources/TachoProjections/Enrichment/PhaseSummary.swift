import TachoLog

/// What the phase events of a workflow say together.
///
/// All of it in two passes over the events: it is asked for at the end of each batch, and of each
/// event of a workflow that has ended.
///
/// Source: semantics §4.13, "proposed here".
struct PhaseSummary {
    /// Phases whose last end was a success.
    let completedCount: Int64
    /// Attempts beyond the first of each phase.
    ///
    /// The tracker's record and the completion of one attempt count as one.
    let retryCount: Int64
    /// Failures by phase, in the order in which the phases first fail.
    let failures: [(phase: ByteString, count: Int64)]
    /// The category of each failure after which its phase was tried again, in their order.
    let retryReasons: [ErrorCategory]
    /// From the end of each failed attempt to the end of the phase's next success; `nil` if
    /// nothing recovered, or no time says how long it took.
    let recoverySeconds: Int64?
    /// `nil` while no phase has ended.
    let metrics: PhaseMetrics?

    init(_ history: PhaseHistory, workflowStart: Timestamp?) {
        let entries = history.entries
        let origin = workflowStart ?? entries.lazy.compactMap(\.start).min()
        let attempts = history.attempts(origin: origin)
        var tallies = [Tally](repeating: Tally(), count: history.phases.count)
        var failing: [Int] = []
        for attempt in attempts {
            let phase = attempt.phase
            let duration = attempt.duration { Self.lastEnd(before: $0, entries) ?? origin }
            tallies[phase].add(attempt, duration)
            if attempt.hasFailed, tallies[phase].failureCount == 1 { failing.append(phase) }
        }
        for (entry, phase) in zip(entries, history.phaseNumbers) {
            tallies[phase].givenCount = max(tallies[phase].givenCount, entry.attempts)
        }
        completedCount = tallies.reduce(0) { $0 + ($1.isCompleted ? 1 : 0) }
        retryCount = tallies.reduce(0) { $0 + $1.retryCount }
        failures = failing.map { (history.phases[$0], tallies[$0].failureCount) }
        retryReasons = Self.retryReasons(attempts, phaseCount: history.phases.count)
        recoverySeconds = Self.recoverySeconds(attempts, phaseCount: history.phases.count)
        let durations = zip(history.phases, tallies).compactMap { phase, tally in
            tally.duration.map { PhaseMetrics.Duration(phase: phase, seconds: $0 / 1_000_000) }
        }
        metrics =
            durations.isEmpty
            ? nil : PhaseMetrics(durations: durations, idleSeconds: Self.idleSeconds(attempts))
    }

    /// What the attempts of one phase say.
    private struct Tally {
        private var attemptCount: Int64 = 0
        /// Of a record that says how often it was tried.
        var givenCount: Int64 = 1
        var failureCount: Int64 = 0
        /// Whether the last attempt that ended was a success.
        var isCompleted = false
        /// Microseconds of all attempts together; `nil` if no attempt's is known.
        var duration: Int64?

        mutating func add(_ attempt: PhaseAttempt, _ microseconds: Int64?) {
            attemptCount += 1
            if attempt.hasFailed { failureCount += 1 }
            if attempt.hasEnded { isCompleted = attempt.hasSucceeded }
            if let microseconds {
                duration = PicoDollars.sum(duration ?? 0, microseconds) ?? .max
            }
        }

        var retryCount: Int64 { max(0, max(attemptCount, givenCount) - 1) }
    }

    /// The last end of any phase that ran before that moment.
    private static func lastEnd(
        before moment: Timestamp, _ entries: [PhaseHistory.Entry]
    ) -> Timestamp? {
        var last: Timestamp?
        for entry in entries where entry.status == .completed || entry.status == .failed {
            if let end = entry.end, end < moment { last = max(last ?? end, end) }
        }
        return last
    }

    private static func retryReasons(
        _ attempts: [PhaseAttempt], phaseCount: Int
    ) -> [ErrorCategory] {
        var lastPlaces = [Int](repeating: 0, count: phaseCount)
        for (place, attempt) in attempts.enumerated() { lastPlaces[attempt.phase] = place }
        return attempts.enumerated().compactMap { place, attempt in
            attempt.hasFailed && place < lastPlaces[attempt.phase] ? attempt.category : nil
        }
    }

    private static func recoverySeconds(_ attempts: [PhaseAttempt], phaseCount: Int) -> Int64? {
        var sum: Int64?
        var nextSuccesses = [Timestamp?](repeating: nil, count: phaseCount)
        for attempt in attempts.reversed() {
            if attempt.hasSucceeded { nextSuccesses[attempt.phase] = attempt.end }
            guard attempt.hasFailed, let end = attempt.end,
                let success = nextSuccesses[attempt.phase], success >= end
            else { continue }
            sum = (sum ?? 0) + (success.microseconds - end.microseconds)
        }
        return sum.map { $0 / 1_000_000 }
    }

    /// Sum of the gaps between an end and the next start, where that start is known.
    private static func idleSeconds(_ attempts: [PhaseAttempt]) -> Int64 {
        let intervals = attempts.compactMap { attempt -> (start: Timestamp?, end: Timestamp)? in
            guard attempt.hasEnded, let end = attempt.end else { return nil }
            return (attempt.start.map { min($0, end) }, end)
        }
        let ordered = intervals.sorted {
            ($0.start ?? $0.end, $0.end) < ($1.start ?? $1.end, $1.end)
        }
        var idle: Int64 = 0
        var latestEnd: Timestamp?
        for interval in ordered {
            // One whose start is not known only says when it was over.
            if let latestEnd, let start = interval.start {
                idle += max(0, start.microseconds - latestEnd.microseconds)
            }
            latestEnd = max(latestEnd ?? interval.end, interval.end)
        }
        return idle / 1_000_000
    }
}
