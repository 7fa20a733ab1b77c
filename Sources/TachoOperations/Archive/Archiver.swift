import TachoEvents
import TachoJSON
package import TachoLog
package import TachoProjections

/// Which sealed segments are to be archived.
package struct ArchivePolicy: Equatable, Sendable {
    /// Those whose last event was recorded before.
    package var before: Timestamp?
    /// This many of the newest sealed ones stay.
    package var keptCount: Int

    package init(before: Timestamp? = nil, keptCount: Int = 0) {
        self.before = before
        self.keptCount = keptCount
    }
}

/// What archiving by a policy would do now.
package struct ArchivePlan: Sendable {
    /// A segment that stays where it is.
    package struct Skipped: Equatable, Sendable {
        package let segment: SegmentSummary
        package let reason: String
    }

    /// In order of position.
    package private(set) var segments: [SegmentSummary] = []
    package private(set) var skipped: [Skipped] = []

    package var byteCount: Int { segments.reduce(0) { $0 + $1.byteCount } }

    /// - Parameters:
    ///   - policy: What to move.
    ///   - reader: Of the log.
    /// - Throws: ``LogError`` `.damaged` if a segment's footer cannot be read.
    /// - Complexity: O(segments).
    package init(_ policy: ArchivePolicy, in reader: LogReader) throws(LogError) {
        let sealed = try reader.sealedSegments()
        let newest = Set(sealed.suffix(policy.keptCount).map(\.segment.file))
        let facts = Dictionary(sealed.map { ($0.segment.file, $0) }) { first, _ in first }
        for segment in reader.segments {
            var reason: String?
            if let fact = facts[segment.file] {
                if segment.state == "archived" {
                    reason = "archived already"
                } else if let cut = reader.expired, segment.last <= cut.through {
                    // One that was erased as a whole goes: its older form may be in the archive.
                    reason = "what was in it has expired"
                } else if segment.last >= reader.lastPosition {
                    reason = "the log ends in it"
                } else if newest.contains(segment.file) {
                    reason = "one of the newest \(policy.keptCount)"
                } else if let before = policy.before, fact.lastRecorded >= before {
                    reason = "its last event was recorded at \(fact.lastRecorded.iso8601)"
                }
            } else {
                reason = "\(segment.state), not sealed"
            }
            if let reason {
                skipped.append(Skipped(segment: segment, reason: reason))
            } else {
                segments.append(segment)
            }
        }
    }
}

/// Moves sealed segments to an archive and back, and tells of it in the log.
package struct Archiver: Sendable {
    package struct Outcome: Sendable {
        package var moved: [LogMaintenance.Moved] = []
        /// Where the receipt stands; `nil` if nothing was moved.
        package var receipt: Position?
        /// What an earlier run had archived that died before its receipt, told now.
        package var untold: [LogMaintenance.Moved] = []

        package var byteCount: Int { moved.reduce(0) { $0 + $1.segment.byteCount } }
    }

    private let directory: String
    private let options: LogOptions
    private let fileSystem: any FileSystem
    private let projectors: [any Projector.Type]

    /// - Parameters:
    ///   - directory: The store's.
    ///   - options: Of the writer.
    ///   - fileSystem: Where it is.
    ///   - projectors: Whose tables are to be answered without the archive.
    package init(
        _ directory: String, options: LogOptions = .events,
        fileSystem: any FileSystem = RealFileSystem(),
        projectors: [any Projector.Type] = allProjectors
    ) {
        self.directory = directory
        self.options = options
        self.fileSystem = fileSystem
        self.projectors = projectors
    }

    /// Whether segments may be moved there: asked before a plan promises it.
    ///
    /// - Parameter location: As the manifest keeps it.
    /// - Throws: ``LogError`` `.conflict` if it is a directory in the store itself.
    package func check(location: String) throws(LogError) {
        guard location.hasPrefix("/") else { return }
        try StoreLayout(directory).requireOutside(location, fileSystem)
    }

    package func plan(_ policy: ArchivePolicy) throws(LogError) -> ArchivePlan {
        try ArchivePlan(policy, in: LogReader.open(directory, fileSystem: fileSystem))
    }

    /// Archives what a policy says.
    ///
    /// - Parameters:
    ///   - policy: What to move.
    ///   - storage: Where to.
    ///   - progress: Told the bytes that are done and all.
    /// - Returns: What was moved.
    /// - Throws: ``LogError``. What was moved before the failure stays moved, and is told in the
    ///   log; run again, it goes on.
    package func archive(
        _ policy: ArchivePolicy, to storage: any ArchiveStorage,
        progress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) throws(LogError) -> Outcome {
        let segments = try plan(policy).segments
        if !segments.isEmpty { try writeSnapshots() }
        return try move(segments, EventType.archived, storage, progress) {
            (maintenance, segment) throws(LogError) in
            try maintenance.archive(segment, to: storage)
        }
    }

    /// Brings archived segments back.
    ///
    /// - Parameters:
    ///   - positions: Segments with any of these.
    ///   - progress: Told the bytes that are done and all.
    ///   - storage: Makes the storage of a location.
    /// - Returns: What was moved.
    /// - Throws: ``LogError``, as for archiving.
    package func thaw(
        _ positions: ClosedRange<Position>,
        progress: (_ done: Int, _ all: Int) -> Void = { _, _ in },
        from storage: (_ location: String) throws(LogError) -> any ArchiveStorage
    ) throws(LogError) -> Outcome {
        let reader = try LogReader.open(directory, fileSystem: fileSystem)
        let segments = reader.segments.filter {
            $0.state == "archived" && $0.first <= positions.upperBound
                && $0.last >= positions.lowerBound
        }
        guard let location = segments.first?.archive else {
            try begin().removeMoved()
            return Outcome()
        }
        let first = try storage(location)
        return try move(segments, EventType.thawed, first, progress) {
            (maintenance, segment) throws(LogError) in
            let place = segment.archive ?? location
            return try maintenance.thaw(
                segment, from: place == location ? first : try storage(place))
        }
    }

    private func begin() throws(LogError) -> LogMaintenance {
        try LogMaintenance.begin(directory, options: options, fileSystem: fileSystem)
    }

    private func move(
        _ segments: [SegmentSummary], _ type: ByteString, _ storage: any ArchiveStorage,
        _ progress: (Int, Int) -> Void,
        _ body: (borrowing LogMaintenance, SegmentSummary) throws(LogError) ->
            LogMaintenance.Moved
    ) throws(LogError) -> Outcome {
        var outcome = Outcome()
        var failure: LogError?
        let maintenance = try begin()
        try maintenance.removeMoved()
        outcome.untold = try untold(maintenance)
        let all = segments.reduce(0) { $0 + $1.byteCount }
        for segment in segments {
            progress(outcome.byteCount, all)
            do throws(LogError) {
                outcome.moved.append(try body(maintenance, segment))
            } catch {
                failure = error
                break
            }
        }
        _ = consume maintenance
        let receipts =
            Self.receipts(outcome.untold)
            + (outcome.moved.isEmpty
                ? [] : [Self.receipt(type, outcome.moved, storage.location)])
        if !receipts.isEmpty {
            var options = options
            options.createsStore = false
            var writer = try LogWriter.open(directory, options: options, fileSystem: fileSystem)
            let last = try writer.append(receipts.map(\.event)).lastPosition
            if !outcome.moved.isEmpty { outcome.receipt = last }
            try writer.close()
        }
        if let failure { throw failure }
        return outcome
    }

    /// Every table gets a snapshot at the end of the log, which stays here: what follows is folded
    /// onto it, without the archive.
    private func writeSnapshots() throws(LogError) {
        var tables = LiveTables.Options()
        tables.snapshotTailLimit = 0
        tables.writesSnapshots = true
        let reader = try LogReader.open(directory, fileSystem: fileSystem)
        let snapshots = SnapshotStore(
            directory: StoreLayout(directory).snapshots, fileSystem: fileSystem)
        let live = try LogError.unifying {
            try LiveTables.open(
                reader, snapshots: snapshots, projectors: projectors, options: tables)
        }
        if let failure = live.report.unreadable.first ?? live.report.snapshotFailures.first {
            throw LogError(
                failure.code,
                "no snapshot of all tables can be written, and without the segments they could not "
                    + "be answered: \(failure.message)")
        }
    }

    /// Segments that are in an archive, and of which no receipt tells: a process died before it.
    ///
    /// Where it cannot be told, because receipts are out of reach themselves, there are none.
    private func untold(
        _ maintenance: borrowing LogMaintenance
    ) throws(LogError) -> [LogMaintenance.Moved] {
        let archived = try maintenance.archivedSegments()
        guard !archived.isEmpty else { return [] }
        var told: [[String]] = []
        do throws(LogError) {
            let reader = try LogReader.open(directory, fileSystem: fileSystem)
            let filter = RecordFilter(
                types: [TypePattern(EventType.archived)], streams: ["tacho"])
            try LogError.unifying {
                try reader.forEachBatch(matching: filter) { batch in
                    try batch.forEachRecord { record in
                        told += Self.files(JSONView(validated: record.data))
                        return true
                    }
                    return true
                }
            }
        } catch {
            guard [.archived, .damaged].contains(error.code) else { throw error }
            return []
        }
        let known = Set(told)
        return archived.filter { !known.contains([$0.segment.archive ?? "", $0.segment.file]) }
    }

    /// Location and name of each file of a receipt.
    private static func files(_ receipt: JSONView) -> [[String]] {
        let location = receipt["location"]?.string() ?? ""
        var files: [[String]] = []
        receipt["segments"]?.forEachElement { element in
            files.append([location, element["file"]?.string() ?? ""])
            return true
        }
        return files
    }

    /// One receipt for each place.
    private static func receipts(_ untold: [LogMaintenance.Moved]) -> [Receipt] {
        Set(untold.compactMap(\.segment.archive)).sorted().map { location in
            receipt(
                EventType.archived, untold.filter { $0.segment.archive == location }, location,
                isInterrupted: true)
        }
    }

    private static func receipt(
        _ type: ByteString, _ moved: [LogMaintenance.Moved], _ location: String,
        isInterrupted: Bool = false
    ) -> Receipt {
        Receipt(type) { json in
            json.key("location")
            json.value(location)
            if isInterrupted {
                json.key("interrupted")
                json.value(true)
            }
            json.key("bytes")
            json.value(moved.reduce(0) { $0 + $1.segment.byteCount })
            json.key("segments")
            json.beginArray()
            for moved in moved {
                json.beginObject()
                json.key("file")
                json.value(moved.segment.file)
                json.key("first")
                json.value(moved.segment.first.rawValue)
                json.key("last")
                json.value(moved.segment.last.rawValue)
                json.key("bytes")
                json.value(moved.segment.byteCount)
                json.key("sha256")
                json.value(moved.digest)
                json.endObject()
            }
            json.endArray()
        }
    }
}
