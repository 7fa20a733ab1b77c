import TachoLog
import TachoProjections

/// What a log answers, asked before and after compacting: I4 to I7 of a receipt.
struct CompactionAnswers {
    /// A table's state at the last position.
    struct TableState: Equatable {
        let name: String
        /// Of the projector: another one folds to other rows.
        let fingerprint: String
        let hash: String
    }

    /// Something asked, and the digest of what was answered.
    private struct Answer: Equatable {
        let question: String
        let hash: String
    }

    /// What is asked of a log.
    struct Questions {
        /// Where the tables are folded up to.
        let position: Position
        /// Where they are looked at on the way there, ascending.
        let moments: [Position]

        /// Around the ends of the segments that are to be written anew, where a mistake would be.
        init(_ plan: CompactionPlan, _ reader: LogReader) {
            position = reader.lastPosition
            // Of the time before a cut there are no tables.
            let start = reader.expiries.cuts.map(\.through).max() ?? .zero
            let last = reader.lastPosition
            let ends = plan.steps.flatMap(\.inputs).flatMap {
                [$0.first.previous, $0.first, $0.last, $0.last.next]
            }
            let inside = Set(ends.filter { $0 > start && $0 < last }).sorted()
            let count = min(inside.count, Self.momentCount)
            moments = (0..<count).map { inside[$0 * inside.count / count] }
        }

        /// Only for the tables at a position.
        init(position: Position) {
            self.position = position
            moments = []
        }

        private static let momentCount = 12
    }

    let position: Position
    let tables: [TableState]
    private let past: [Answer]
    private let queries: [Answer]

    /// What I5, I6, and I7 are of: nothing, if there was no moment to ask about.
    var hasPast: Bool { !past.isEmpty && !queries.isEmpty }

    /// - Throws: What the log throws. Damage in it is passed over: it is the same before and after.
    init(_ questions: Questions, _ directory: String, _ fileSystem: any FileSystem) throws {
        let reader = try LogReader.open(directory, fileSystem: fileSystem)
        position = questions.position
        // From the beginning of the log, which after an expiry is the cut.
        let snapshots = SnapshotStore(
            directory: StoreLayout(directory).snapshots, fileSystem: fileSystem)
        var past = [Answer]()
        var tables = [TableState]()
        for projectors in Self.groups {
            try Self.fold(projectors, questions, reader, snapshots.ofCuts, &past, &tables)
        }
        self.past = past
        let order = allProjectors.map { $0.name }
        self.tables = order.compactMap { name in tables.first { $0.name == name } }
        queries = try questions.moments.flatMap {
            try Self.ask(reader, at: $0, through: questions.position)
        }
    }

    /// Projectors that are folded together.
    ///
    /// The tables with a row for nearly each event by themselves: the memory is that of the largest, and
    /// not of all. What it costs is to read the log once more for each.
    private static let groups: [[any Projector.Type]] = {
        let alone: [any Projector.Type] = [HookEventsProjector.self, ToolCallsProjector.self]
        let names = alone.map { $0.name }
        return [allProjectors.filter { !names.contains($0.name) }] + alone.map { [$0] }
    }()

    private static func fold(
        _ projectors: [any Projector.Type], _ questions: Questions, _ reader: LogReader,
        _ snapshots: SnapshotStore, _ past: inout [Answer], _ tables: inout [TableState]
    ) throws {
        var options = LiveTables.Options()
        let stops = questions.moments + [questions.position]
        options.asOf = stops[0]
        var live = try LiveTables.open(
            reader, snapshots: snapshots, projectors: projectors, options: options)
        let names = projectors.count == 1 ? projectors[0].name : "all other tables"
        for (moment, next) in zip(stops, stops.dropFirst()) {
            let hashes = live.projections.projections.map(\.stateHash.hex).joined(separator: " ")
            past.append(Answer(question: "\(names) as of position \(moment)", hash: hashes))
            try live.refresh(HistoryUpTo(reader, next))
        }
        tables += live.projections.projections.map {
            TableState(
                name: $0.type.name, fingerprint: $0.type.fingerprint.hex, hash: $0.stateHash.hex)
        }
    }

    /// Names of what is another answer than in `other`.
    func differences(from other: CompactionAnswers) -> [String] {
        let pairs = zip(past + queries, other.past + other.queries)
        return Self.differences(tables, other.tables)
            + pairs.filter { $0 != $1 }.map { $0.0.question }
    }

    /// Names of the tables of the same projector that are others.
    static func differences(_ tables: [TableState], _ others: [TableState]) -> [String] {
        tables.filter { table in
            others.contains {
                $0.name == table.name && $0.fingerprint == table.fingerprint
                    && $0.hash != table.hash
            }
        }.map(\.name)
    }

    // MARK: Queries

    private static let lineCount = 100
    private static let positionCount: UInt64 = 50_000

    /// The first lines from a position on: all of them, and those of the type, of the stream, and of
    /// both, of the event there.
    ///
    /// What was appended behind `last` since the first time of asking is in no answer.
    private static func ask(
        _ reader: LogReader, at position: Position, through last: Position
    ) throws -> [Answer] {
        var (type, stream) = (ByteString([]), ByteString([]))
        func lines(_ filter: RecordFilter) throws -> String {
            var hasher = SHA256Hasher()
            var count = 0
            var filter = filter
            filter.passesExpired = true
            try reader.forEachBatch(
                from: position, through: min(last, Position(position.rawValue + positionCount)),
                matching: filter, onDamage: { _ in }
            ) { batch in
                try batch.forEachRecord { record in
                    hasher.update(record.line)
                    if count == 0 {
                        type = ByteString(Array(record.type))
                        stream = ByteString(Array(record.stream))
                    }
                    count += 1
                    return count < lineCount
                }
                return count < lineCount
            }
            return hasher.finish().hex
        }
        var answers = [
            Answer(question: "the events from position \(position)", hash: try lines(.all))
        ]
        let (theType, theStream) = (type, stream)
        guard !theType.bytes.isEmpty else { return answers }
        for (name, filter) in [
            ("type \(theType)", RecordFilter(types: [TypePattern(theType)])),
            ("stream \(theStream)", RecordFilter(streams: [theStream])),
            (
                "type \(theType) and stream \(theStream)",
                RecordFilter(types: [TypePattern(theType)], streams: [theStream])
            ),
        ] {
            answers.append(
                Answer(
                    question: "the events of \(name) from position \(position)",
                    hash: try lines(filter)))
        }
        return answers
    }
}

/// A log as it was at a position, for folding on in steps.
private struct HistoryUpTo: EventHistory {
    private let reader: LogReader
    let lastPosition: Position

    init(_ reader: LogReader, _ last: Position) {
        self.reader = reader
        lastPosition = last
    }

    var expiries: Expiries { reader.expiries }

    func anchor(at position: Position) throws(LogError) -> LogAnchor? {
        try reader.anchor(at: position)
    }

    func forEachBatch(
        from first: Position, through last: Position?, matching filter: RecordFilter,
        onDamage: (LogError) throws -> Void, _ body: (RecordBatch) throws -> Bool
    ) throws {
        try reader.forEachBatch(
            from: Position?.some(first), through: last, matching: filter, onDamage: onDamage, body)
    }
}
