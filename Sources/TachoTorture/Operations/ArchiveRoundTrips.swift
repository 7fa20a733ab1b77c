internal import TachoLog
internal import TachoSimulation

/// A1: segments go to an archive and come back at random while the log is written to, sealed, and
/// compacted; a backup in between is restored elsewhere and thawed there.
struct ArchiveRoundTrips: Campaign {
    let id = "A1"
    let title =
        "random archiving and thawing changes no line and no chain, here and restored elsewhere"
    let testTrialCount = 1000
    /// The archive's copies rot before they are thawed.
    var rots = false

    var canaries: [any Campaign] { [ArchiveRoundTrips(rots: true)] }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let disk = SimulatedFileSystem(seed: seed)
        var random = SimulatedRandom(seed: seed)
        let store = OperatedStore(disk)
        try store.append(&random)
        var before = [[UInt8]]()
        do {
            for _ in 0..<Int.random(in: 2...6, using: &random) {
                try store.change(Int.random(in: 1...6, using: &random), &random)
                let state = try store.state()
                if Array(state.lines.prefix(before.count)) != before {
                    tally.found("appending and compacting changed what was there")
                }
                before = state.lines
                try store.archive(&random, oneIn: 2)
                tally.count("archivings")
                if try store.state() != state { tally.found("archiving changed the log") }
                if random.once(in: 2) {
                    try store.thaw(&random, oneIn: 2)
                    if try store.state() != state { tally.found("thawing changed the log") }
                }
            }
            let state = try store.state()
            _ = try LogBackup("store", fileSystem: disk).run(to: "copy")
            _ = try LogRestore("copy", fileSystem: disk).run(to: "new")
            for path in disk.paths where rots && path.hasPrefix("/cold/") {
                disk.corrupt(path) { if $0.count > 20 { $0[$0.count / 2] ^= 4 } }
            }
            for directory in ["store", "new"] {
                let other = OperatedStore(disk, at: directory)
                if try other.state() != state { tally.found("\(directory) is not the log") }
                try other.thaw(&random)
                if try other.state() != state { tally.found("\(directory) thawed is not the log") }
                let segments = try LogReader.open(directory, fileSystem: disk).segments
                tally.count("segments_thawed", segments.count)
                let others = OperatedStore.leftovers(disk, directory).filter {
                    !$0.hasPrefix("\(directory)/retired/")
                }
                if !others.isEmpty { tally.found("left over: \(others)") }
            }
        } catch {
            tally.found("\(error)")
        }
    }
}
