import TachoJSON
package import TachoLog

/// The phase events of one workflow, as far as its metrics need them.
///
/// Kept in a hidden column as JSON, one array an event: name, status, start, end, duration
/// (microseconds or `null`), attempts, category of the error.
///
/// One phase of a real run is logged up to three times: a start, the tool tracker's record with the
/// phase's own start, and the completion, whose start is the *workflow's* and whose duration is
/// therefore cumulative (B20; semantics §2.6).
///
/// Source: semantics §4.13, "proposed here".
package struct PhaseHistory: Sendable {
    package enum Status: Int64, Sendable {
        case started
        case completed
        case failed
        case skipped
    }

    package struct Entry: Hashable, Sendable {
        /// In lower case: cost data and logs spell the same phase in two ways.
        package var name: ByteString
        package var status: Status
        package var start: Timestamp?
        package var end: Timestamp?
        /// Microseconds, for a record that gives no start.
        package var duration: Int64?
        /// Given by the record, else 1.
        package var attempts: Int64 = 1
        /// Of a failure.
        package var category: ErrorCategory?

        package init(name: ByteString, status: Status) {
            self.name = name
            self.status = status
        }
    }

    package private(set) var entries: [Entry] = []

    /// A workflow has a dozen phases.
    ///
    /// One that never ends to log them keeps its oldest.
    static let entryLimit = 512

    package init() {}

    /// A workflow that logs phases for ever has long said all that is kept of them.
    var isFull: Bool { entries.count == Self.entryLimit }

    package mutating func append(_ entry: Entry) {
        if !isFull { entries.append(entry) }
    }
}

// MARK: - What it says

extension PhaseHistory {
    /// Phases in the order in which they first appear.
    package var phases: [ByteString] {
        var known = Set<ByteString>()
        return entries.map(\.name).filter { known.insert($0).inserted }
    }

    /// `nil` while no phase has ended.
    package func metrics(workflowStart: Timestamp?) -> PhaseMetrics? {
        let runs = runs(workflowStart: workflowStart)
        guard !runs.isEmpty else { return nil }
        let ownPhases = Set(runs.filter(\.isOwn).map(\.phase))
        let counted = runs.filter { $0.isOwn || !ownPhases.contains($0.phase) }
        var sums: [ByteString: Int64] = [:]
        for run in counted {
            sums[run.phase] = PicoDollars.sum(sums[run.phase] ?? 0, run.duration) ?? .max
        }
        let durations = phases.compactMap { phase in
            sums[phase].map { PhaseMetrics.Duration(phase: phase, seconds: $0 / 1_000_000) }
        }
        return PhaseMetrics(durations: durations, idleSeconds: idleSeconds(counted))
    }

    /// Attempts beyond the first of each phase.
    ///
    /// The tracker's record and the completion of one attempt count as one.
    package func retryCount(workflowStart: Timestamp?) -> Int64 {
        var tallies: [ByteString: Tally] = [:]
        for run in runs(workflowStart: workflowStart) {
            if run.isOwn {
                tallies[run.phase, default: Tally()].own += 1
            } else {
                tallies[run.phase, default: Tally()].cumulative += 1
            }
        }
        for entry in entries { tallies[entry.name, default: Tally()].add(entry) }
        // A sum of whole numbers: the order of a dictionary makes no difference to it.
        return tallies.values.reduce(0) { $0 + $1.retryCount }
    }

    /// What of one phase tells how often it was tried.
    private struct Tally {
        var own: Int64 = 0
        var cumulative: Int64 = 0
        private var started: Int64 = 0
        private var unclear: Int64 = 0
        private var given: Int64 = 1

        mutating func add(_ entry: Entry) {
            if entry.status == .started { started += 1 }
            let hasEnded = entry.status == .completed || entry.status == .failed
            if hasEnded, entry.end == nil, entry.duration == nil { unclear += 1 }
            given = max(given, min(entry.attempts, 1 << 32))
        }

        var retryCount: Int64 { max(own, cumulative, started, unclear, given) - 1 }
    }

    /// Failures by phase, in the order in which the phases first fail.
    package var failures: [(phase: ByteString, count: Int64)] {
        var failures: [(phase: ByteString, count: Int64)] = []
        var indexByPhase: [ByteString: Int] = [:]
        for entry in entries where entry.status == .failed {
            if let index = indexByPhase[entry.name] {
                failures[index].count += 1
            } else {
                indexByPhase[entry.name] = failures.count
                failures.append((entry.name, 1))
            }
        }
        return failures
    }

    /// The category of each failure after which its phase was tried again, in their order.
    package var retryReasons: [ErrorCategory] {
        var lastIndexByPhase: [ByteString: Int] = [:]
        for (index, entry) in entries.enumerated() { lastIndexByPhase[entry.name] = index }
        return entries.indices.compactMap { index in
            let entry = entries[index]
            guard entry.status == .failed, lastIndexByPhase[entry.name] != index else { return nil }
            return entry.category ?? .unknown
        }
    }

    /// From the end of each failed attempt to the end of the phase's next success; `nil` if
    /// nothing recovered, or no time says how long it took.
    package var recoverySeconds: Int64? {
        var sum: Int64?
        var nextSuccessByPhase: [ByteString: Entry] = [:]
        for entry in entries.reversed() {
            if entry.status == .completed { nextSuccessByPhase[entry.name] = entry }
            guard entry.status == .failed, let end = entry.end,
                let success = nextSuccessByPhase[entry.name]?.end, success >= end
            else { continue }
            sum = (sum ?? 0) + (success.microseconds - end.microseconds)
        }
        return sum.map { $0 / 1_000_000 }
    }

    // MARK: Attempts that ended

    private struct Run {
        let phase: ByteString
        let start: Timestamp?
        let end: Timestamp?
        /// Microseconds.
        let duration: Int64
        /// Whether start or duration are the phase's own, and not the workflow's.
        let isOwn: Bool
    }

    private func runs(workflowStart: Timestamp?) -> [Run] {
        let origin = workflowStart ?? entries.compactMap(\.start).min()
        let ends = entries.filter { $0.status != .started }.compactMap(\.end).sorted()
        var openStart: [ByteString: Timestamp] = [:]
        var runs: [Run] = []
        for entry in entries where entry.status != .skipped {
            if entry.status == .started {
                openStart[entry.name] = entry.start
                continue
            }
            let given = entry.start.flatMap { $0 == origin ? nil : $0 }
            let start = given ?? openStart.removeValue(forKey: entry.name)
            if let start, let end = entry.end, end >= start {
                runs.append(
                    Run(
                        phase: entry.name, start: start, end: end,
                        duration: end.microseconds - start.microseconds, isOwn: true))
            } else if let duration = entry.duration, entry.start == nil {
                runs.append(
                    Run(
                        phase: entry.name, start: nil, end: entry.end, duration: duration,
                        isOwn: true))
            } else if let end = entry.end, let previous = ends.last(where: { $0 < end }) ?? origin {
                runs.append(
                    Run(
                        phase: entry.name, start: nil, end: end,
                        duration: max(0, end.microseconds - previous.microseconds),
                        isOwn: false))
            }
        }
        return runs
    }

    /// Sum of the gaps between an end and the next start, where real starts are known.
    private func idleSeconds(_ runs: [Run]) -> Int64 {
        let intervals = runs.compactMap { run -> (start: Timestamp, end: Timestamp)? in
            guard let start = run.start, let end = run.end else { return nil }
            return (start, end)
        }.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
        var idle: Int64 = 0
        var latestEnd = intervals.first?.end
        for interval in intervals.dropFirst() {
            guard let end = latestEnd else { break }
            idle += max(0, interval.start.microseconds - end.microseconds)
            latestEnd = max(end, interval.end)
        }
        return idle / 1_000_000
    }
}

// MARK: - In its column

extension PhaseHistory {
    init(json: UnsafeRawBufferPointer?) {
        guard let json else { return }
        JSONView(validated: json).forEachElement { element in
            var cells: [JSONView] = []
            element.forEachElement {
                cells.append($0)
                return true
            }
            guard cells.count == 7, let name = cells[0].text(),
                let status = cells[1].integer().flatMap(Status.init)
            else { return true }
            var entry = Entry(name: ByteString(name), status: status)
            entry.start = cells[2].integer().map { Timestamp(microseconds: $0) }
            entry.end = cells[3].integer().map { Timestamp(microseconds: $0) }
            entry.duration = cells[4].integer()
            entry.attempts = cells[5].integer() ?? 1
            entry.category =
                cells[6].withText { name in
                    ErrorCategory.allCases.first { name.elementsEqual($0.nameBytes) }
                } ?? nil
            entries.append(entry)
            return true
        }
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for entry in entries {
            writer.beginArray()
            writer.value(entry.name.bytes)
            writer.value(entry.status.rawValue)
            writer.valueOrNull(entry.start?.microseconds)
            writer.valueOrNull(entry.end?.microseconds)
            writer.valueOrNull(entry.duration)
            writer.value(entry.attempts)
            if let category = entry.category {
                writer.value(category.name)
            } else {
                writer.value(nil)
            }
            writer.endArray()
        }
        writer.endArray()
        return writer.bytes
    }
}

extension ErrorCategory {
    var nameBytes: [UInt8] { name.withUTF8Buffer { Array($0) } }
}

extension JSONWriter {
    mutating func valueOrNull(_ number: Int64?) {
        if let number { value(number) } else { value(nil) }
    }
}
