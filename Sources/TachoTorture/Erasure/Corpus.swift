internal import TachoLog
internal import TachoOperations
internal import TachoProjections
internal import TachoSimulation

/// A store with events of all projectors, of which some are to be erased, and with copies of their
/// id in every place that could keep it.
struct Corpus {
    /// The id that has to vanish; nothing else has these letters.
    let id: String
    let selector: ErasureSelector
    /// The id of one event to be erased, as its producer would send it again; `nil` if there is none.
    private(set) var retry: NewEvent?
    /// By position: what stood there before.
    private(set) var lines: [(position: Position, line: [UInt8], isVictim: Bool)] = []
    /// The chain's head behind them.
    private(set) var anchor = Anchor(position: .zero, chain: "", store: nil)

    static let projectors = allProjectors
    private static let options: LogOptions = {
        var options = LogOptions()
        options.sealByteCount = 0
        options.reserveByteCount = 0
        return options
    }()

    /// Makes the store on a disk.
    init(
        _ disk: any FileSystem, seed: UInt64, count: Int, projectors: [any Projector.Type]
    ) throws {
        var random = SimulatedRandom(seed: seed)
        id = "canary-" + String(random.next(), radix: 36)
        let kinds: [ErasureSelector.Kind] = [.session, .prompt, .stream]
        let kind = kinds[Int.random(in: 0..<kinds.count, using: &random)]
        selector = ErasureSelector(kind, id: id)
        var log = try LogWriter.open("store", options: Self.options, fileSystem: disk)
        let history = RandomHistory.lines(count, seed: random.next())
        var events = [NewEvent]()
        try history.batch(0..<count).forEachRecord { record in
            var event = NewEvent(record)
            Self.taint(&event, with: id, kind, &random)
            events.append(event)
            return true
        }
        retry = events.first { $0.stream == ByteString(id) }
        var index = 0
        while index < events.count {
            let end = min(events.count, index + Int.random(in: 1...12, using: &random))
            _ = try log.append(Array(events[index..<end]), durability: .interval)
            index = end
            if random.once(in: 8) { _ = try log.seal() }
        }
        if random.once(in: 2) { _ = try log.seal() }
        try log.close()
        try remember(disk, isStream: kind == .stream)
        try Self.writeSnapshots(disk, projectors)
        try leaveTraces(disk, &random)
    }

    /// Seals what the store has, and appends one event behind it: all before that can expire.
    static func sealAll(_ disk: any FileSystem) throws {
        var log = try LogWriter.open("store", fileSystem: disk)
        _ = try log.seal()
        _ = try log.append([
            NewEvent(stream: "s", type: "after.it", source: "test", data: Array("{}".utf8))
        ])
        try log.close()
    }

    /// Puts the id into some events: as their stream, as text, spelled with escapes.
    private static func taint(
        _ event: inout NewEvent, with id: String, _ kind: ErasureSelector.Kind,
        _ random: inout SimulatedRandom
    ) {
        guard random.once(in: 6) else { return }
        if kind == .stream || random.once(in: 2) {
            event.stream = ByteString(id)
            return
        }
        var text = id
        if random.once(in: 3) {
            let letter = String(id.utf8.first.map { UInt16($0) } ?? 0, radix: 16)
            text = "\\u00\(letter)" + id.dropFirst()
        }
        guard event.data.count > 2 else { return }
        event.data.removeLast()
        event.data += Array(",\"seen\":\"as \(text), once\"}".utf8)
    }

    private mutating func remember(_ disk: any FileSystem, isStream: Bool) throws {
        let reader = try LogReader.open("store", fileSystem: disk)
        var found = [(position: Position, line: [UInt8], isVictim: Bool)]()
        let escaped = Array(id.utf8.dropFirst())
        try reader.forEachBatch { batch in
            try batch.forEachRecord { record in
                // Whatever the first letter is spelled like, the others follow.
                let isVictim =
                    isStream
                    ? record.stream.elementsEqual(id.utf8)
                    : String(decoding: record.line, as: UTF8.self).utf8
                        .firstRange(of: escaped) != nil
                found.append((record.position, Array(record.line), isVictim))
                return true
            }
            return true
        }
        lines = found
        let report = try LogVerifier(reader).verify(.deep)
        anchor = Anchor(
            position: reader.lastPosition, chain: report.chain ?? "",
            store: reader.store.description)
    }

    static func tables(
        _ disk: any FileSystem, _ projectors: [any Projector.Type], writes: Bool = false
    ) throws -> LiveTables {
        var options = LiveTables.Options()
        options.threadCount = 1
        options.snapshotTailLimit = 0
        options.writesSnapshots = writes
        return try LiveTables.open(
            try LogReader.open("store", fileSystem: disk),
            snapshots: SnapshotStore(directory: "store/snap", fileSystem: disk),
            projectors: projectors, options: options)
    }

    private static func writeSnapshots(
        _ disk: any FileSystem, _ projectors: [any Projector.Type]
    ) throws {
        _ = try tables(disk, projectors, writes: true)
    }

    /// Merges what is sealed, which leaves the inputs in `retired/`.
    private static func compact(_ disk: any FileSystem) throws {
        let maintenance = try LogMaintenance.begin("store", fileSystem: disk)
        let options = CompactionPlan.Options()
        for step in try maintenance.compactionPlan(options).steps {
            _ = try maintenance.carryOut(step, options)
        }
    }

    /// What crashes, imports, and damage leave behind.
    private func leaveTraces(_ disk: any FileSystem, _ random: inout SimulatedRandom) throws {
        func put(_ path: String, _ text: String) throws {
            try disk.replaceFile(
                "store/" + path, with: Array(text.utf8), temporary: "store/tmp/trace")
        }
        if random.once(in: 2), selector.kind != .stream {
            try put("SOURCES", "{\"file\":\"/home/x/\(id).jsonl\"}\n")
        }
        if random.once(in: 2), selector.kind != .stream {
            try put("quarantine/7.torn.bin", "kept\n{\"cut\":\"\(id)\nkept, too\n")
        }
        if random.once(in: 2) { try Self.compact(disk) }
        // Where a stream has no events, there is nothing to erase, and what only names it stays.
        let isErased = selector.kind != .stream || lines.contains { $0.isVictim }
        if random.once(in: 2), isErased { try put("tmp/left-over", "x\(id)y") }
    }
}

extension NewEvent {
    init(_ record: RecordView) {
        self.init(
            id: ByteString(record.id), stream: ByteString(record.stream),
            type: ByteString(record.type), source: ByteString(record.source),
            version: record.version, time: record.time, data: Array(record.data))
    }
}

extension Collection where Element: Equatable {
    /// Where `pattern` begins first.
    fileprivate func firstRange(of pattern: [Element]) -> Index? {
        indices.first { self[$0...].starts(with: pattern) }
    }
}
