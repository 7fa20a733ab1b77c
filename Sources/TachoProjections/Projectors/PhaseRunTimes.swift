import TachoLog

/// When a phase ran, over all its attempts, as its records tell it one after the other.
///
/// Source: semantics §2.6, §4.13.
struct PhaseRunTimes: Equatable {
    var status: PhaseHistory.Status?
    /// Of the first attempt.
    var start: Timestamp?
    /// Of the last attempt.
    var end: Timestamp?
    /// Milliseconds of all attempts that have ended.
    var duration: Int64?
    /// Of an attempt that has not ended.
    var openStart: Timestamp?
    /// Whether the last record was the tool tracker's, or as good, so that a completion of the same
    /// attempt may follow.
    var awaitsCompletion = false

    /// - Parameters:
    ///   - entry: What the record says.
    ///   - isOwnStart: Whether its start is the phase's and not the workflow's (B20).
    ///   - previousEnd: The last end of any phase before the record's.
    mutating func add(
        _ entry: PhaseHistory.Entry, isOwnStart: Bool, previousEnd: Timestamp?
    ) {
        switch entry.status {
        case .started:
            openStart = entry.start
            lowerStart(to: entry.start)
            awaitsCompletion = false
        case .skipped:
            duration = duration ?? 0
        case .completed, .failed:
            addAttempt(entry, isOwnStart: isOwnStart, previousEnd)
            if let moment = entry.end { end = max(end ?? moment, moment) }
            openStart = nil
        }
        status = entry.status
    }

    private mutating func addAttempt(
        _ entry: PhaseHistory.Entry, isOwnStart: Bool, _ previousEnd: Timestamp?
    ) {
        let own = isOwnStart ? entry.start : nil
        if let begin = own ?? openStart, let moment = entry.end, moment >= begin {
            // One attempt is often logged twice: the second time it begins before the first ended.
            let isNew = end.map { begin >= $0 } ?? true
            add(Self.milliseconds(from: begin, to: moment), isNew: isNew)
            lowerStart(to: begin)
            awaitsCompletion = true
        } else if entry.start == nil, let microseconds = entry.duration, microseconds >= 0 {
            add(microseconds / 1000, isNew: end == nil || status == .failed)
            let begin = entry.end?.microseconds.subtractingReportingOverflow(microseconds)
            if let begin, !begin.overflow, start == nil {
                start = Timestamp(microseconds: begin.partialValue)
            }
        } else {
            let isRepeated = awaitsCompletion && entry.status == .failed
            awaitsCompletion = false
            guard end == nil || status == .failed && !isRepeated, let moment = entry.end,
                let previousEnd, moment >= previousEnd
            else { return }
            add(Self.milliseconds(from: previousEnd, to: moment), isNew: true)
            if start == nil { start = previousEnd }
        }
    }

    private mutating func lowerStart(to moment: Timestamp?) {
        guard let moment else { return }
        start = min(start ?? moment, moment)
    }

    private mutating func add(_ milliseconds: Int64, isNew: Bool) {
        let (sum, overflow) = (duration ?? 0).addingReportingOverflow(milliseconds)
        duration = isNew ? (overflow ? .max : sum) : max(duration ?? 0, milliseconds)
    }

    static func milliseconds(from start: Timestamp, to end: Timestamp) -> Int64 {
        let (elapsed, overflow) = end.microseconds.subtractingReportingOverflow(
            start.microseconds)
        return overflow ? .max : elapsed / 1000
    }
}

extension PhaseHistory.Status {
    var name: StaticString {
        switch self {
        case .started: "started"
        case .completed: "completed"
        case .failed: "failed"
        case .skipped: "skipped"
        }
    }
}
