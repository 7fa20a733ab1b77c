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
    /// Only events of these types; none given is all.
    ///
    /// The limits are then of these alone: the age of each event, and the bytes of their lines.
    package var types: [TypePattern]
    /// As the operator wrote it.
    package var text: String

    package init(
        seconds: Int64? = nil, byteCount: Int? = nil, types: [TypePattern] = [], text: String
    ) {
        self.types = types
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
    /// Why it cannot be carried out yet; `nil` if it can.
    package var thawFirst: LogError? { SegmentSummary.thawFirst(segments.map(\.segment)) }

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
        _ directory: String, options: LogOptions = .events,
        fileSystem: any FileSystem = RealFileSystem(),
        projectors: [any Projector.Type] = allProjectors
    ) {
        self.projectors = projectors
        self.directory = directory
        self.options = options
        self.fileSystem = fileSystem
    }

    /// - Precondition: The policy is of all types.
    package func plan(_ policy: ExpiryPolicy) throws(LogError) -> ExpiryPlan {
        try ExpiryPlan(
            policy, in: LogReader.open(directory, fileSystem: fileSystem), now: options.clock())
    }

    /// - Precondition: The policy is of some types.
    package func planOfTypes(_ policy: ExpiryPolicy) throws(LogError) -> TypedExpiryPlan {
        try TypedExpiryPlan(
            policy, in: LogReader.open(directory, fileSystem: fileSystem), now: options.clock())
    }

    /// - Returns: What was done.
    /// - Throws: ``LogError``. Run again, it ends what was begun before it begins anything else.
    package func execute(_ policy: ExpiryPolicy) throws(LogError) -> Outcome {
        let reader = try LogReader.open(directory, fileSystem: fileSystem)
        var outcome = Outcome()
        var options = options
        options.createsStore = false
        let begun = try begun(reader)
        if let begun, let archived = thawFirst(begun, reader) { throw archived }
        let planned = begun == nil ? try planned(policy, reader) : nil
        var writer = try LogWriter.open(directory, options: options, fileSystem: fileSystem)
        _ = try writer.secretDigest([])
        let cut: Expiries.Cut
        if let begun {
            outcome.isResumed = true
            cut = begun
        } else if let planned {
            try keepTables(reader, planned, &outcome)
            let event = try writer.append([planned.receipt.event]).lastPosition
            cut = planned.cut(event: event)
        } else {
            try writer.close()
            for cut in reader.expiries.cuts { try removeLeftovers(cut) }
            return outcome
        }
        outcome.event = cut.event
        outcome.through = cut.types.isEmpty ? cut.through : cut.last
        try writer.close()
        let maintenance = try LogMaintenance.begin(
            directory, options: options, fileSystem: fileSystem)
        outcome.expired =
            cut.types.isEmpty ? try maintenance.expire(cut) : try maintenance.expireTypes(cut)
        _ = consume maintenance
        try removeLeftovers(cut)
        try writeSnapshots()
        return outcome
    }

    /// Of an expiry that was begun, the whole segments that are still to go and are in an archive.
    private func thawFirst(_ cut: Expiries.Cut, _ reader: LogReader) -> LogError? {
        guard cut.types.isEmpty else { return nil }
        return SegmentSummary.thawFirst(reader.segments.filter { $0.last <= cut.through })
    }

    /// What a policy comes to, of all types or of some.
    private struct Planned {
        var through: Position
        var recorded: Timestamp
        var chain: Digest256
        var first: Position?
        var last: Position?
        let policy: ExpiryPolicy
        let receipt: Receipt

        func cut(event: Position) -> Expiries.Cut {
            Expiries.Cut(
                through: through, recorded: recorded, event: event, policy: policy.text,
                chain: chain, types: policy.types, first: first, last: last)
        }
    }

    private func planned(
        _ policy: ExpiryPolicy, _ reader: LogReader
    ) throws(LogError) -> Planned? {
        guard policy.types.isEmpty else {
            let plan = try TypedExpiryPlan(policy, in: reader, now: options.clock())
            guard let through = plan.through else { return nil }
            return Planned(
                through: through, recorded: plan.recorded, chain: plan.chain, first: plan.first,
                last: plan.last, policy: policy, receipt: Self.receipt(plan, through))
        }
        let plan = try ExpiryPlan(policy, in: reader, now: options.clock())
        guard let last = plan.segments.last else { return nil }
        if let archived = plan.thawFirst { throw archived }
        return Planned(
            through: last.segment.last, recorded: last.lastRecorded, chain: last.chain,
            policy: policy, receipt: Self.receipt(plan, last))
    }

    /// What a crash has left of segments and snapshots before a cut that is made.
    private func removeLeftovers(_ cut: Expiries.Cut) throws(LogError) {
        let maintenance = try LogMaintenance.begin(
            directory, options: options, fileSystem: fileSystem)
        let tables: Set<String>?
        if cut.types.isEmpty {
            tables = nil
            try maintenance.removeRetired(through: cut.through)
        } else {
            tables = Set(allProjectors.filter { cut.concerns($0.inputs) }.map { $0.name })
            try maintenance.removeReplaced(by: cut)
        }
        SnapshotStore(directory: StoreLayout(directory).snapshots, fileSystem: fileSystem)
            .removeExpired(through: cut.through, tables: tables)
    }

    // MARK: Tables at the cut

    /// The state of every table that lacks something from now on, under names that are never pruned.
    private func keepTables(
        _ reader: LogReader, _ planned: Planned, _ outcome: inout Outcome
    ) throws(LogError) {
        let snapshots = SnapshotStore(
            directory: StoreLayout(directory).snapshots, fileSystem: fileSystem)
        var options = LiveTables.Options()
        options.asOf = planned.through
        let cut = planned.cut(event: .first)
        let projectors = projectors.filter { type in
            // One that begins later already needs nothing from here.
            cut.concerns(type.inputs)
                && reader.expiries.current(for: type.inputs).allSatisfy {
                    $0.through <= planned.through
                }
        }
        let live = try LogError.unifying {
            try LiveTables.open(
                reader, snapshots: snapshots, projectors: projectors, options: options)
        }
        if let damage = live.report.unreadable.first {
            throw LogError(
                .damaged,
                "the tables at the cut cannot be kept, because the log before it cannot be read "
                    + "in full: \(damage.message)")
        }
        if let lack = live.report.damage.first {
            throw LogError(
                .expired,
                "the tables at the cut cannot be kept as they should be, and later they could not "
                    + "be mended: \(lack.message)")
        }
        for projection in live.projections.projections {
            try snapshots.keep(projection, anchor: cut.anchor(reader.store))
            outcome.snapshotCount += 1
        }
    }

    /// Tables that were kept are read slowly; a snapshot behind them is not.
    private func writeSnapshots() throws(LogError) {
        var options = LiveTables.Options()
        options.snapshotTailLimit = 0
        options.writesSnapshots = true
        let reader = try LogReader.open(directory, fileSystem: fileSystem)
        let snapshots = SnapshotStore(
            directory: StoreLayout(directory).snapshots, fileSystem: fileSystem)
        _ = try LogError.unifying {
            try LiveTables.open(
                reader, snapshots: snapshots, projectors: projectors, options: options)
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
        guard found.types.isEmpty else {
            let maintenance = try LogMaintenance.begin(
                directory, options: options, fileSystem: fileSystem)
            let isNoted = reader.expiries.cuts.contains { $0.event == found.event }
            let isLeft = try maintenance.holds(found)
            return !isNoted || isLeft ? found : nil
        }
        let front = try reader.front()
        let isDone =
            front.first?.segment.last == found.through && front.first?.eventCount == 0
            || reader.firstPosition > found.through.next
        return isDone || !front.contains { $0.segment.last == found.through } ? nil : found
    }

    private static func receipt(_ plan: ExpiryPlan, _ last: LogReader.Front) -> Receipt {
        Receipt(EventType.expired) { json in
            write(plan.policy, last.segment.last, last.lastRecorded, last.chain, to: &json)
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

    private static func receipt(_ plan: TypedExpiryPlan, _ through: Position) -> Receipt {
        Receipt(EventType.expired) { json in
            write(plan.policy, through, plan.recorded, plan.chain, to: &json)
            json.key("types")
            json.beginArray()
            for type in plan.policy.types { json.value(type.description) }
            json.endArray()
            for (key, position) in [("first", plan.first), ("last", plan.last)] {
                json.key(key)
                json.value(position?.rawValue ?? 0)
            }
            json.key("events")
            json.value(plan.eventCount)
            json.key("bytes")
            json.value(plan.rawByteCount)
            json.key("segments")
            json.beginArray()
            for share in plan.shares { json.value(share.segment.file) }
            json.endArray()
        }
    }

    private static func write(
        _ policy: ExpiryPolicy, _ through: Position, _ recorded: Timestamp, _ chain: Digest256,
        to json: inout JSONWriter
    ) {
        json.key("policy")
        json.value(policy.text)
        json.key("through")
        json.value(through.rawValue)
        json.key("last_recorded")
        json.value(recorded.iso8601)
        json.key("chain")
        json.value(chain.hex)
    }
}

extension Expiries.Cut {
    /// As its event tells.
    fileprivate init?(_ record: RecordView) {
        let data = JSONView(validated: record.data)
        guard let recorded = data["last_recorded"]?.text().flatMap({ Timestamp(iso8601: $0) })
        else { return nil }
        self.init(data, recorded: recorded, event: record.position)
    }
}
