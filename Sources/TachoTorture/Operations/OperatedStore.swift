internal import TachoLog
internal import TachoSimulation

/// A small store, and what agents and operators do to it, drawn at random.
struct OperatedStore: Sendable {
    let directory: String
    let fileSystem: any FileSystem

    init(_ fileSystem: any FileSystem, at directory: String = "store") {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    static let options: LogOptions = {
        var options = LogOptions()
        options.reserveByteCount = 0
        options.sealByteCount = 0
        return options
    }()

    /// Everything a later read is compared by.
    struct State: Equatable {
        let lines: [[UInt8]]
        let chain: String?
    }

    // MARK: Changes

    /// Appends, and now and then seals, merges, or removes what was left over.
    func change(_ stepCount: Int, _ random: inout SimulatedRandom) throws {
        for _ in 0..<stepCount {
            switch Int.random(in: 0..<8, using: &random) {
            case 0, 1: try seal()
            case 2: try compact(&random)
            case 3: try collect()
            default: try append(&random)
            }
        }
    }

    func append(_ random: inout SimulatedRandom) throws {
        var log = try LogWriter.open(directory, options: Self.options, fileSystem: fileSystem)
        let events = (0..<Int.random(in: 1...6, using: &random)).map { _ in
            NewEvent(
                stream: "s", type: "test.event", source: "torture",
                data: Array(#"{"n":"\#(random.next() >> UInt64(random.next() & 31))"}"#.utf8))
        }
        _ = try log.append(events, durability: random.once(in: 3) ? .commit : .interval)
        // A process may also end without a word.
        if random.once(in: 2) { try log.close() }
    }

    func seal() throws {
        var log = try LogWriter.open(directory, options: Self.options, fileSystem: fileSystem)
        _ = try log.seal()
        try log.close()
    }

    /// Carries a random plan out.
    func compact(_ random: inout SimulatedRandom) throws {
        let maintenance = try LogMaintenance.begin(
            directory, options: Self.options, fileSystem: fileSystem)
        let plan = try maintenance.compactionPlan(
            CompactionPlan.Options(
                level: Int.random(in: 3...12, using: &random),
                mergedByteCount: Int.random(in: 500...20_000, using: &random),
                frameByteCount: Int.random(in: 300...9_000, using: &random)))
        for step in plan.steps { _ = try maintenance.carryOut(step, plan.options) }
    }

    /// Removes at once what replaced segments and dead processes have left.
    func collect() throws {
        let maintenance = try LogMaintenance.begin(
            directory, options: Self.options, fileSystem: fileSystem)
        let late = Timestamp(microseconds: .max / 2)
        _ = maintenance.collect(try maintenance.leftovers(retiredBefore: late))
    }

    /// Where ``archive(_:)`` moves segments to.
    static func storage(_ fileSystem: any FileSystem) -> DirectoryStorage {
        DirectoryStorage("/cold", fileSystem: fileSystem)
    }

    /// Archives sealed segments: all, or about one in `chance`.
    func archive(_ random: inout SimulatedRandom, oneIn chance: Int = 1) throws {
        let maintenance = try LogMaintenance.begin(
            directory, options: Self.options, fileSystem: fileSystem)
        try maintenance.removeMoved()
        let segments = try LogReader.open(directory, fileSystem: fileSystem).segments
        for segment in segments where segment.state == "sealed" && random.once(in: chance) {
            _ = try maintenance.archive(segment, to: Self.storage(fileSystem))
        }
    }

    func thaw(_ random: inout SimulatedRandom, oneIn chance: Int = 1) throws {
        let maintenance = try LogMaintenance.begin(
            directory, options: Self.options, fileSystem: fileSystem)
        try maintenance.removeMoved()
        let segments = try LogReader.open(directory, fileSystem: fileSystem).segments
        for segment in segments where segment.state == "archived" && random.once(in: chance) {
            _ = try maintenance.thaw(segment, from: Self.storage(fileSystem))
        }
    }

    // MARK: What it holds

    /// - Throws: What a reader says of it, and the first finding of a deep verification.
    func state() throws -> State {
        let reader = try LogReader.open(directory, fileSystem: fileSystem)
        let report = try LogVerifier(reader).verify(.deep)
        if let finding = report.findings.first {
            throw LogError(.damaged, "\(finding.file): \(finding.message)")
        }
        return State(lines: try Self.lines(reader), chain: report.chain)
    }

    static func lines(_ reader: LogReader) throws -> [[UInt8]] {
        var lines = [[UInt8]]()
        try reader.forEachBatch { batch in
            try batch.forEachRecord { record in
                lines.append(Array(record.line))
                return true
            }
            return true
        }
        return lines
    }

    /// What is neither of the log nor one of its small files.
    static func leftovers(_ disk: SimulatedFileSystem, _ directory: String = "store") -> [String] {
        let reader = try? LogReader.open(directory, fileSystem: disk)
        let named = Set(
            reader?.segments.map {
                "\(directory)/log/\($0.file)" + ($0.state == "archived" ? ".archived" : "")
            } ?? [])
        return disk.paths.filter { path in
            ["log", "tmp", "retired"].contains { path.hasPrefix("\(directory)/\($0)/") }
                && !named.contains(path)
        }
    }
}
