import TachoLog

/// One try of a phase, as its records tell it together.
///
/// A try is told by up to three records: its start, the tool tracker's record with the phase's own
/// start, and the completion, whose start is the workflow's (semantics §2.6). Start and end are
/// the tracker's, and it has failed if one of them says so. The same record told by two ways is
/// one: same phase, status, and end (§10).
struct PhaseAttempt {
    /// The place of its phase in the history.
    let phase: Int
    /// The phase's own.
    private(set) var start: Timestamp?
    private(set) var end: Timestamp?
    /// Microseconds, of a record that gives them in place of its times.
    private var givenDuration: Int64?
    private var hasStarted = false
    private var hasOwnEnd = false
    private var hasOtherEnd = false
    private(set) var hasFailed = false
    private(set) var category = ErrorCategory.unknown

    var hasEnded: Bool { hasOwnEnd || hasOtherEnd }
    var hasSucceeded: Bool { hasEnded && !hasFailed }

    init(phase: Int) {
        self.phase = phase
    }

    /// Whether its start or its duration are the phase's own, and not the workflow's (B20).
    private static func isOwn(_ entry: PhaseHistory.Entry, _ origin: Timestamp?) -> Bool {
        entry.start.map { $0 != origin } ?? (entry.duration != nil)
    }

    /// Whether the record is about this one; else another has begun.
    func takes(_ entry: PhaseHistory.Entry, _ origin: Timestamp?) -> Bool {
        if entry.status == .started {
            guard hasEnded else { return !hasStarted || entry.start == start }
            // It may be told late; what begins at the end is the next.
            guard let moment = entry.start, let end else { return false }
            return !hasStarted && moment < end
        }
        guard hasEnded else { return true }
        // What was overcome was tried again.
        if hasFailed, entry.status == .completed { return false }
        if Self.isOwn(entry, origin) {
            guard !hasOwnEnd, let begin = entry.start, let end else { return false }
            return begin < end
        }
        return !hasOtherEnd
    }

    /// Whether it has been told this already.
    func knows(_ entry: PhaseHistory.Entry, _ origin: Timestamp?) -> Bool {
        guard let moment = entry.end, moment == end, hasFailed == (entry.status == .failed) else {
            return false
        }
        return Self.isOwn(entry, origin) ? hasOwnEnd : hasOtherEnd
    }

    mutating func take(_ entry: PhaseHistory.Entry, _ origin: Timestamp?) {
        if entry.status == .started {
            hasStarted = true
            start = start ?? entry.start
            return
        }
        if Self.isOwn(entry, origin) {
            hasOwnEnd = true
            start = entry.start ?? start
            end = entry.end ?? end
            givenDuration = entry.duration
        } else {
            hasOtherEnd = true
            end = end ?? entry.end
        }
        guard entry.status == .failed else { return }
        hasFailed = true
        if category == .unknown { category = entry.category ?? .unknown }
    }

    /// How long it took.
    ///
    /// - Parameter lastEnd: The last end of any phase before a moment, else the workflow's start.
    /// - Returns: Microseconds; `nil` where nothing says them.
    func duration(_ lastEnd: (Timestamp) -> Timestamp?) -> Int64? {
        if let start, let end, end >= start { return end.microseconds - start.microseconds }
        if let givenDuration { return givenDuration }
        guard hasEnded, let end, let previous = lastEnd(end) else { return nil }
        return max(0, end.microseconds - previous.microseconds)
    }
}

extension PhaseHistory {
    /// What its records say together.
    ///
    /// - Parameter origin: The workflow's start.
    /// - Returns: All tries, in the order in which they first appear.
    /// - Complexity: O(entries × tries of a phase); ``entryLimit`` bounds both.
    func attempts(origin: Timestamp?) -> [PhaseAttempt] {
        var attempts: [PhaseAttempt] = []
        var placesByPhase = [[Int]](repeating: [], count: phases.count)
        for (entry, phase) in zip(entries, phaseNumbers) where entry.status != .skipped {
            let places = placesByPhase[phase]
            let isKnown =
                entry.status != .started
                && places.contains { attempts[$0].knows(entry, origin) }
            if isKnown { continue }
            if let last = places.last, attempts[last].takes(entry, origin) {
                attempts[last].take(entry, origin)
            } else {
                placesByPhase[phase].append(attempts.count)
                attempts.append(PhaseAttempt(phase: phase))
                attempts[attempts.count - 1].take(entry, origin)
            }
        }
        return attempts
    }
}
