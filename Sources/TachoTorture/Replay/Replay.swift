internal import TachoLog
internal import TachoSimulation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// R1: the same log gives the same tables, byte for byte, however it is folded.
///
/// A trial is a random history that is folded from zero in batches of 1, 7, 4,096, and all at once,
/// with one thread and with two, from snapshots at random positions, each with other hash tables,
/// and by another process.
struct Replay: Campaign {
    let id = "R1"
    let title = "random histories folded in every way and by two processes: the same tables"
    let testTrialCount = 6
    let caseCount: Int? = 200
    let machine: TortureMachine
    var set = ReplaySet.tables

    /// A debug build folds fewer: it takes thirty times as long for each.
    #if DEBUG
        static let eventCount = 3_000
    #else
        static let eventCount = 50_000
    #endif
    private static let snapshotCount = 3

    var canaries: [any Campaign] {
        [ReplaySet.batches, .memory, .process].map { Replay(machine: machine, set: $0) }
    }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let lines = RandomHistory.lines(Self.eventCount, seed: seed)
        let child = try ChildProcess(
            machine.program, ["torture-replay", "\(seed)", "\(Self.eventCount)", set.rawValue])
        var folded = 0
        let said = String(decoding: child.read(1 << 16), as: UTF8.self)
        if let status = child.wait(), status != 0 {
            tally.found("the other process ended with status \(status)")
        }
        let ways = ReplayWays(lines, set.projectors)
        let differences = try ways.differences(
            seed: seed, snapshotCount: Self.snapshotCount,
            others: said.split(separator: "\n").map(String.init)
        ) { folded += $0 }
        // A table without rows was not tried at all.
        for (table, count) in try ways.rowCounts() { tally.count("rows_of_\(table)", count) }
        for difference in differences {
            tally.found("\(difference.table) is another table \(difference.way)")
        }
        tally.count("events", lines.count)
        tally.count("events_folded", folded)
        tally.count("bytes", lines.byteCount)
    }
}

/// The other process of ``Replay``: `tacho torture-replay SEED COUNT SET`.
package enum ReplayProcess {
    /// State hashes of the tables, a line each.
    package static func stateHashes(seed: UInt64, count: Int, set: String) throws -> [String] {
        let set = ReplaySet(rawValue: set) ?? .tables
        return try ReplayWays(RandomHistory.lines(count, seed: seed), set.projectors).stateHashes()
    }

    /// The same of a store, found by another process: `tacho torture-replay --of STORE --hashes`.
    package static func stateHashes(ofStore store: String, by program: String) throws -> [String] {
        let child = try ChildProcess(program, ["torture-replay", "--of", store, "--hashes"])
        let said = String(decoding: child.read(1 << 16), as: UTF8.self)
        _ = child.wait()
        return said.split(separator: "\n").map(String.init)
    }
}
