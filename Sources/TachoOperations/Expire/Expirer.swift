import TachoEvents
import TachoJSON
package import TachoLog
package import TachoProjections

/// How long a log is kept.
package struct ExpiryPolicy: Equatable, Sendable {
    /// Segments whose last event was recorded longer ago than this many seconds, by the store's
    /// clock, may go.
    package var seconds: Int64?
    /// As long as the log's files are larger than this, its first segment may go.
    package var byteCount: Int?
    /// As the operator wrote it.
    package var text: String

    package init(seconds: Int64? = nil, byteCount: Int? = nil, text: String) {
        self.seconds = seconds
        self.byteCount = byteCount
        self.text = text
    }
}

/// What a policy would let go of now.
package struct ExpiryPlan: Sendable {
    package let policy: ExpiryPolicy
    /// In order of position: whole sealed segments.
    package var segments: [LogReader.Front] = []
    /// Where the log would begin is behind it; `nil` if nothing would go.
    package var through: Position? { segments.last?.segment.last }
    package var eventCount: Int { segments.reduce(0) { $0 + $1.eventCount } }
    package var byteCount: Int { segments.reduce(0) { $0 + $1.segment.byteCount } }

    /// - Parameters:
    ///   - policy: What to keep.
    ///   - reader: Of the log.
    ///   - now: By the store's clock.
    /// - Throws: ``LogError`` `.damaged` if a segment's footer cannot be read.
    package init(
        _ policy: ExpiryPolicy, in reader: LogReader, now: Timestamp
    ) throws(LogError) {
        self.policy = policy
        var left = reader.segments.reduce(0) { $0 + $1.byteCount }
        for front in try reader.front() where front.segment.last >= reader.firstPosition {
            var goes = false
            if let seconds = policy.seconds, front.eventCount > 0 {
                let age = now.microseconds - front.lastRecorded.microseconds
                goes = age > seconds * 1_000_000
            } else if front.eventCount == 0 {
                // Erased as a whole: it goes with what is behind it, and never alone.
                goes = policy.seconds != nil
            }
            if let byteCount = policy.byteCount, left > byteCount { goes = true }
            guard goes else { break }
            left -= front.segment.byteCount
            segments.append(front)
        }
    }
}

/// Carries a policy out: snapshots at the cut, the event, the switch.
package struct Expirer: Sendable {
    package struct Outcome: Sendable {
        /// Where the event stands; `nil` if there was nothing to do.
        package var event: Position?
        package var through: Position?
        package var isResumed = false
        package var expired = LogMaintenance.Expired()
        package var snapshotCount = 0
    }

    private let directory: String
    private let fileSystem: any FileSystem
    private let options: LogOptions
    private let projectors: [any Projector.Type]

    /// - Parameters:
    ///   - directory: The store's.
    ///   - options: Of the writer; its clock tells how old events are.
    ///   - fileSystem: Where it is.
    ///   - projectors: Whose tables are kept as they are at the cut.
    package init(
        _ directory: String, options: LogOptions = LogOptions(),
        fileSystem: any FileSystem = RealFileSystem(),
        projectors: [any Projector.Type] = allProjectors
    ) {
        self.projectors = projectors
        self.directory = directory
        self.options = options
        self.fileSystem = fileSystem
    }

    package func plan(_ policy: ExpiryPolicy) throws(LogError) -> ExpiryPlan {
        try ExpiryPlan(
            policy, in: LogReader.open(directory, fileSystem: fileSystem), now: options.clock())
    }

    /// - Returns: What was done.
    /// - Throws: ``LogError``. Run again, it ends what was begun before it begins anything else.
    package func execute(_ policy: ExpiryPolicy) throws(LogError) -> Outcome {
        let reader = try LogReader.open(directory, fileSystem: fileSystem)
        var outcome = Outcome()
        let cut: Expiries.Cut
        var options = options
        options.createsStore = false
        var writer = try LogWriter.open(directory, options: options, fileSystem: fileSystem)
        _ = try writer.secretDigest([])
        if let begun = try begun(reader) {
            outcome.isResumed = true
            cut = begun
        } else {
            let plan = try ExpiryPlan(policy, in: reader, now: options.clock())
            guard let last = plan.segments.last else {
                try removeLeftovers(reader.expired)
                return outcome
            }
            try writeSnapshots(reader, last, &outcome)
            let event = try writer.append([Self.receipt(plan, last).event]).lastPosition
            cut = Expiries.Cut(
                through: last.segment.last, recorded: last.lastRecorded, event: event,
                policy: policy.text, chain: last.chain)
        }
        outcome.event = cut.event
        outcome.through = cut.through
        try writer.close()
        let maintenance = try LogMaintenance.begin(
            directory, options: options, fileSystem: fileSystem)
        outcome.expired = try maintenance.expire(cut)
        _ = consume maintenance
        try removeLeftovers(cut)
        return outcome
    }

    /// What a crash has left of segments and snapshots before a cut that is made.
    private func removeLeftovers(_ cut: Expiries.Cut?) throws(LogError) {
        guard let cut else { return }
        let maintenance = try LogMaintenance.begin(
            directory, options: options, fileSystem: fileSystem)
        try maintenance.removeRetired(through: cut.through)
        SnapshotStore(directory: StoreLayout(directory).snapshots, fileSystem: fileSystem)
            .removeExpired(through: cut.through)
    }

    // MARK: Snapshots at the cut

    /// The state of every table there, under names that are never pruned.
    private func writeSnapshots(
        _ reader: LogReader, _ last: LogReader.Front, _ outcome: inout Outcome
    ) throws(LogError) {
        let snapshots = SnapshotStore(
            directory: StoreLayout(directory).snapshots, fileSystem: fileSystem)
        var options = LiveTables.Options()
        options.asOf = last.segment.last
        let live = try LogError.unifying {
            try LiveTables.open(
                reader, snapshots: snapshots, projectors: projectors, options: options)
        }
        if let damage = live.report.damage.first {
            throw LogError(
                .damaged,
                "the tables at the cut cannot be kept, because the log before it cannot be read "
                    + "in full: \(damage.message)")
        }
        let anchor = Expiries.Cut(
            through: last.segment.last, recorded: last.lastRecorded, event: .first, policy: "",
            chain: last.chain
        ).anchor(reader.store)
        for projection in live.projections.projections {
            try snapshots.write(projection, anchor: anchor, isKept: true)
            outcome.snapshotCount += 1
        }
    }

    // MARK: The event

    /// An expiry of which the log tells and the files do not: a crash came between.
    private func begun(_ reader: LogReader) throws(LogError) -> Expiries.Cut? {
        var found: Expiries.Cut?
        let filter = RecordFilter(types: [TypePattern(EventType.expired)], streams: ["tacho"])
        try LogError.unifying {
            try reader.forEachBatch(matching: filter) { batch in
                try batch.forEachRecord { record in
                    found = Expiries.Cut(record)
                    return true
                }
                return true
            }
        }
        guard let found else { return nil }
        let front = try reader.front()
        let isDone =
            front.first?.segment.last == found.through && front.first?.eventCount == 0
            || reader.firstPosition > found.through.next
        return isDone || !front.contains { $0.segment.last == found.through } ? nil : found
    }

    private static func receipt(_ plan: ExpiryPlan, _ last: LogReader.Front) -> Receipt {
        Receipt(EventType.expired) { json in
            json.key("policy")
            json.value(plan.policy.text)
            json.key("through")
            json.value(last.segment.last.rawValue)
            json.key("last_recorded")
            json.value(last.lastRecorded.iso8601)
            json.key("chain")
            json.value(last.chain.hex)
            json.key("events")
            json.value(plan.eventCount)
            json.key("bytes")
            json.value(plan.byteCount)
            json.key("segments")
            json.beginArray()
            for front in plan.segments { json.value(front.segment.file) }
            json.endArray()
        }
    }
}

extension Expiries.Cut {
    /// As its event tells.
    fileprivate init?(_ record: RecordView) {
        let data = JSONView(validated: record.data)
        guard let through = data["through"]?.integer().flatMap(UInt64.init(exactly:)),
            let recorded = data["last_recorded"]?.text().flatMap({ Timestamp(iso8601: $0) }),
            let policy = data["policy"]?.string(),
            let chain = data["chain"]?.string().flatMap({ Digest256(hex: $0) })
        else { return nil }
        self.init(
            through: Position(through), recorded: recorded, event: record.position, policy: policy,
            chain: chain)
    }
}
