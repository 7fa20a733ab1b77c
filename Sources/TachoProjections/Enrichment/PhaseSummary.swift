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
        var tallies = [Tally](repeating: Tally(), count: history.phases.count)
        var failing: [Int] = []
        var intervals: [Interval] = []
        let origin = workflowStart ?? entries.lazy.compactMap(\.start).min()
        for (index, entry) in entries.enumerated() {
            let phase = history.phaseNumbers[index]
            tallies[phase].add(entry, at: index)
            if entry.status == .failed, tallies[phase].failureCount == 1 { failing.append(phase) }
            tallies[phase].addRun(entry, origin, &intervals) { Self.lastEnd(before: $0, entries) }
        }
        completedCount = tallies.reduce(0) { $0 + ($1.isCompleted ? 1 : 0) }
        retryCount = tallies.reduce(0) { $0 + $1.retryCount }
        failures = failing.map { (history.phases[$0], tallies[$0].failureCount) }
        retryReasons = entries.indices.compactMap { index in
            let entry = entries[index]
            guard entry.status == .failed,
                tallies[history.phaseNumbers[index]].lastIndex != index
            else { return nil }
            return entry.category ?? .unknown
        }
        recoverySeconds = Self.recoverySeconds(history)
        let durations = zip(history.phases, tallies).compactMap { phase, tally in
            tally.duration.map { PhaseMetrics.Duration(phase: phase, seconds: $0 / 1_000_000) }
        }
        let hasRun = tallies.contains { $0.ownCount > 0 || $0.cumulativeCount > 0 }
        metrics =
            hasRun
            ? PhaseMetrics(durations: durations, idleSeconds: Self.idleSeconds(intervals)) : nil
    }

    /// When an attempt began and ended, where both are known.
    private struct Interval {
        let start: Timestamp
        let end: Timestamp
    }

    /// What the entries of one phase say.
    private struct Tally {
        /// Attempts that ended whose start or duration are the phase's own, and not the workflow's.
        var ownCount: Int64 = 0
        private var ownDuration: Int64 = 0
        var cumulativeCount: Int64 = 0
        private var cumulativeDuration: Int64 = 0
        private var openStart: Timestamp?
        private var startedCount: Int64 = 0
        private var unclearCount: Int64 = 0
        private var givenCount: Int64 = 1
        var failureCount: Int64 = 0
        var isCompleted = false
        var lastIndex = 0

        mutating func add(_ entry: PhaseHistory.Entry, at index: Int) {
            lastIndex = index
            switch entry.status {
            case .started: startedCount += 1
            case .completed: isCompleted = true
            case .failed:
                isCompleted = false
                failureCount += 1
            case .skipped: break
            }
            let hasEnded = entry.status == .completed || entry.status == .failed
            if hasEnded, entry.end == nil, entry.duration == nil { unclearCount += 1 }
            givenCount = max(givenCount, min(entry.attempts, 1 << 32))
        }

        /// Notes an attempt that ended.
        mutating func addRun(
            _ entry: PhaseHistory.Entry, _ origin: Timestamp?, _ intervals: inout [Interval],
            lastEndBefore: (Timestamp) -> Timestamp?
        ) {
            guard entry.status != .skipped else { return }
            guard entry.status != .started else {
                openStart = entry.start
                return
            }
            var start = entry.start == origin ? nil : entry.start
            if start == nil {
                start = openStart
                openStart = nil
            }
            if let start, let end = entry.end, end >= start {
                addOwn(end.microseconds - start.microseconds)
                intervals.append(Interval(start: start, end: end))
            } else if let duration = entry.duration, entry.start == nil {
                addOwn(duration)
            } else if let end = entry.end, let previous = lastEndBefore(end) ?? origin {
                cumulativeCount += 1
                let duration = max(0, end.microseconds - previous.microseconds)
                cumulativeDuration = PicoDollars.sum(cumulativeDuration, duration) ?? .max
            }
        }

        private mutating func addOwn(_ duration: Int64) {
            ownCount += 1
            ownDuration = PicoDollars.sum(ownDuration, duration) ?? .max
        }

        /// Microseconds; what is cumulative counts where nothing is the phase's own.
        var duration: Int64? {
            if ownCount > 0 { return ownDuration }
            return cumulativeCount > 0 ? cumulativeDuration : nil
        }

        var retryCount: Int64 {
            max(ownCount, cumulativeCount, startedCount, unclearCount, givenCount) - 1
        }
    }

    /// The last end of any phase before that moment.
    private static func lastEnd(
        before moment: Timestamp, _ entries: [PhaseHistory.Entry]
    ) -> Timestamp? {
        var last: Timestamp?
        for entry in entries where entry.status != .started {
            if let end = entry.end, end < moment { last = max(last ?? end, end) }
        }
        return last
    }

    private static func recoverySeconds(_ history: PhaseHistory) -> Int64? {
        guard history.entries.contains(where: { $0.status == .failed }) else { return nil }
        var sum: Int64?
        var nextSuccesses = [Timestamp?](repeating: nil, count: history.phases.count)
        for (index, entry) in history.entries.enumerated().reversed() {
            let phase = history.phaseNumbers[index]
            if entry.status == .completed { nextSuccesses[phase] = entry.end }
            guard entry.status == .failed, let end = entry.end,
                let success = nextSuccesses[phase], success >= end
            else { continue }
            sum = (sum ?? 0) + (success.microseconds - end.microseconds)
        }
        return sum.map { $0 / 1_000_000 }
    }

    /// Sum of the gaps between an end and the next start, where real starts are known.
    private static func idleSeconds(_ intervals: [Interval]) -> Int64 {
        let ordered = intervals.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
        var idle: Int64 = 0
        var latestEnd = ordered.first?.end
        for interval in ordered.dropFirst() {
            guard let end = latestEnd else { break }
            idle += max(0, interval.start.microseconds - end.microseconds)
            latestEnd = max(end, interval.end)
        }
        return idle / 1_000_000
    }
}
