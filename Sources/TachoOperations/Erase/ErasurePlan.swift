import TachoEvents
package import TachoLog
import TachoProjections

/// What an erasure would take away, and where it lies.
package struct ErasurePlan: Sendable {
    /// Events of one type for one reason.
    package struct Group: Equatable, Sendable {
        package let type: ByteString
        package let reason: ErasureMatcher.Reason
        package var count = 0
        package var streams: Set<ByteString> = []
        package var first: Position
        package var last: Position
    }

    package let matcher: ErasureMatcher
    /// Only events before it are meant.
    package let until: Position
    /// Of the events, ascending.
    package var positions: [Position] = []
    /// In order of type and reason.
    package var groups: [Group] = []
    /// Files of the log that hold them.
    package var segments: [String] = []
    /// Why it cannot be carried out yet; `nil` if it can.
    package private(set) var thawFirst: LogError?
    /// Tables that were kept at a cut, and have something of it.
    package var kept: [KeptErased] = []
    /// What is in the store's files now.
    package var residue: [Residue] = []
    /// Archives and backups that the log tells of: position, type, and what is said of each.
    package var outOfReach: [(position: Position, type: ByteString, data: [UInt8])] = []

    /// Reads the log through.
    ///
    /// - Parameters:
    ///   - selector: Whose events.
    ///   - reader: Of the store.
    ///   - until: Only events before it; `nil` is all there are.
    ///   - sessions: Of the workflow, known from before a crash.
    /// - Throws: ``LogError``; also for damage, behind which events might be overlooked.
    package init(
        _ selector: ErasureSelector, in reader: LogReader, until: Position? = nil,
        sessions: [ByteString] = []
    ) throws(LogError) {
        let end = until ?? reader.lastPosition.next
        self.until = end
        let told = try Self.sessions(of: selector, in: reader)
        let matcher = ErasureMatcher(selector, sessions: Set(told + sessions).sorted())
        self.matcher = matcher
        var groups = [String: Group]()
        var positions = [Position]()
        var known = [(position: Position, type: ByteString, data: [UInt8])]()
        try LogError.unifying {
            try reader.forEachBatch(through: end.previous) { batch in
                try batch.forEachRecord { record in
                    if Self.tellsOfCopies(record) {
                        known.append(
                            (record.position, ByteString(record.type), Array(record.data)))
                    }
                    guard let reason = matcher.reason(record), !Self.isOwn(record) else {
                        return true
                    }
                    positions.append(record.position)
                    let type = ByteString(record.type)
                    let key = "\(type) \(reason.rawValue)"
                    var group =
                        groups[key]
                        ?? Group(
                            type: type, reason: reason, first: record.position,
                            last: record.position)
                    group.count += 1
                    group.last = record.position
                    group.streams.insert(ByteString(record.stream))
                    groups[key] = group
                    return true
                }
                return true
            }
        }
        self.positions = positions
        self.groups = groups.values.sorted { ($0.type, $0.reason) < ($1.type, $1.reason) }
        outOfReach = known
        var rest = positions[...]
        let holding = reader.segments.filter { segment in
            rest = rest.drop { $0 < segment.first }
            return rest.first.map { $0 <= segment.last } ?? false
        }
        segments = holding.map(\.file)
        thawFirst = SegmentSummary.thawFirst(holding)
        let snapshots = SnapshotStore(
            directory: StoreLayout(reader.directory).snapshots, fileSystem: reader.fileSystem)
        kept = try KeptTables(snapshots: snapshots).erase(
            matcher, request: end, writes: false)
        let leaves = try reader.erasures(through: reader.lastPosition).map(\.leaf)
        residue = try ResidueScan(reader, matcher.needles, leaves: leaves).run()
    }

    /// Requests and receipts stay: they name no id, and tell what was done.
    private static func isOwn(_ record: RecordView) -> Bool {
        [EventType.eraseRequested, EventType.erased].contains {
            $0.bytes.elementsEqual(record.type)
        }
    }

    private static func tellsOfCopies(_ record: RecordView) -> Bool {
        ["tacho.archived", "tacho.backed_up"].contains { (type: ByteString) in
            type.bytes.elementsEqual(record.type)
        }
    }

    /// The sessions that the tables have in a workflow.
    private static func sessions(
        of selector: ErasureSelector, in reader: LogReader
    ) throws(LogError) -> [ByteString] {
        guard selector.kind == .workflow else { return [] }
        return try LogError.unifying {
            let live = try LiveTables.open(
                reader,
                snapshots: SnapshotStore(
                    directory: StoreLayout(reader.directory).snapshots,
                    fileSystem: reader.fileSystem
                ).ofCuts, projectors: [SessionsProjector.self])
            guard let table = live.projections.projections.first?.table,
                let column = table.schema.column(named: "adw_id")
            else { return [] }
            return table.rows(where: column, equals: ByteString(selector.id))
                .compactMap { table.text(table.schema.keyColumn, $0) }
                .filter { $0.bytes != selector.id }
                .sorted()
        }
    }

    package var residueCount: Int { residue.reduce(0) { $0 + $1.total } }
}
