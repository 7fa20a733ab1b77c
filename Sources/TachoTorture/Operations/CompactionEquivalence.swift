internal import TachoLog
internal import TachoOperations
internal import TachoProjections
internal import TachoSimulation

/// M1: whatever is merged and recompressed, no answer changes.
///
/// Before and after: lines, hash chain, some tables at some moments, reading on from there with a
/// filter. Afterwards there is nothing left to do, and no more bytes than before and a manifest has (I10).
struct CompactionEquivalence: Campaign {
    let id = "M1"
    let title = "random compactions change no line, chain, table at any moment, filter, or cursor"
    let testTrialCount = 1000
    /// Compacts a store of which a line is another in the meantime.
    var changesOneLine = false

    var canaries: [any Campaign] { [CompactionEquivalence(changesOneLine: true)] }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let disk = SimulatedFileSystem(seed: seed)
        var random = SimulatedRandom(seed: seed)
        let count = Int.random(in: 10...90, using: &random)
        try makeStore(disk, count, seed: seed, &random)
        let moments = (0..<3).map { _ in
            Position(UInt64.random(in: 1...UInt64(count), using: &random))
        }
        let projectors = Array(allProjectors.shuffled(using: &random).prefix(3))
        do {
            let before = try Answers(disk, moments, projectors)
            if changesOneLine {
                try makeStore(disk, count, seed: seed &+ 1, &random)
            }
            let byteCount = try Self.byteCount(disk)
            let segments = try LogReader.open("store", fileSystem: disk).segments
            let largest = segments.map(\.rawByteCount).max() ?? 0
            let options = CompactionPlan.Options(
                level: Int.random(in: 3...12, using: &random),
                mergedByteCount: Int.random(in: 2_000...60_000, using: &random),
                frameByteCount: Int.random(in: 500...20_000, using: &random))
            tally.count("segments_written", try compact(disk, options))
            if try Answers(disk, moments, projectors) != before {
                tally.found("an answer is another than before: \(options)")
            }
            tally.count("tables_compared", moments.count * projectors.count)
            if try compact(disk, options) != 0 { tally.found("a second run finds work") }
            // Lines that were one frame compress worse as two, and each has a header and an index entry.
            let excess = try Self.byteCount(disk) - byteCount
            let manifest = disk.contents("store/MANIFEST")?.count ?? 0
            if options.frameByteCount >= largest, excess > manifest {
                tally.found("\(excess) bytes more than before: \(options)")
            }
        } catch {
            tally.found("\(error)")
        }
    }

    private func makeStore(
        _ disk: SimulatedFileSystem, _ count: Int, seed: UInt64, _ random: inout SimulatedRandom
    ) throws {
        for path in disk.paths { try disk.remove(path) }
        var log = try LogWriter.open("store", options: OperatedStore.options, fileSystem: disk)
        var events = [NewEvent]()
        try RandomHistory.lines(count, seed: seed).batch(0..<count).forEachRecord { record in
            events.append(NewEvent(record))
            return true
        }
        for event in events {
            _ = try log.append([event], durability: .interval)
            if random.once(in: 12) { _ = try log.seal() }
        }
        if random.once(in: 2) { _ = try log.seal() }
        try log.close()
    }

    private func compact(
        _ disk: SimulatedFileSystem, _ options: CompactionPlan.Options
    ) throws -> Int {
        let maintenance = try LogMaintenance.begin(
            "store", options: OperatedStore.options, fileSystem: disk)
        let plan = try maintenance.compactionPlan(options)
        for step in plan.steps { _ = try maintenance.carryOut(step, options) }
        return plan.steps.count
    }

    private static func byteCount(_ disk: SimulatedFileSystem) throws -> Int {
        try LogReader.open("store", fileSystem: disk).segments.reduce(0) { $0 + $1.byteCount }
    }

    /// What a store says, asked in several ways.
    private struct Answers: Equatable {
        let state: OperatedStore.State
        let tables: [[Digest256]]
        let filtered: [[UInt64]]

        init(
            _ disk: SimulatedFileSystem, _ moments: [Position],
            _ projectors: [any Projector.Type]
        ) throws {
            state = try OperatedStore(disk).state()
            let reader = try LogReader.open("store", fileSystem: disk)
            tables = try moments.map { moment in
                var options = LiveTables.Options()
                options.asOf = moment
                options.threadCount = 1
                return try LiveTables.open(
                    reader, snapshots: nil, projectors: projectors, options: options
                ).projections.projections.map(\.stateHash)
            }
            filtered = try moments.map { moment in
                var positions = [UInt64]()
                let filter = RecordFilter(types: ["phase.*", "hook.Stop"])
                try reader.forEachBatch(from: moment, matching: filter) { batch in
                    try batch.forEachRecord { record in
                        positions.append(record.position.rawValue)
                        return true
                    }
                    return true
                }
                return positions
            }
        }
    }
}
