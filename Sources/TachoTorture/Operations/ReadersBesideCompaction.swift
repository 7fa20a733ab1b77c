internal import Synchronization
internal import TachoLog
internal import TachoSimulation

/// C2: between any two calls of a reader the log is appended to, sealed, compacted, and cleaned up.
struct ReadersBesideCompaction: Campaign {
    let id = "C2"
    let title =
        "a reader beside writers and compaction reads a prefix of the log, and no file is missing"
    let testTrialCount = 1500
    /// Removes replaced segments and has the manifest of before.
    var hidesTheNewManifest = false

    var canaries: [any Campaign] { [ReadersBesideCompaction(hidesTheNewManifest: true)] }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let disk = SimulatedFileSystem(seed: seed)
        var random = SimulatedRandom(seed: seed)
        let store = OperatedStore(disk)
        try store.append(&random)
        try store.change(Int.random(in: 3...14, using: &random), &random)
        let count = try OperatedStore.lines(LogReader.open("store", fileSystem: disk)).count
        let manifest = disk.contents("store/MANIFEST") ?? []
        let state = Mutex(random)
        let hidden = hidesTheNewManifest
        let interrupted = InterruptedFileSystem(disk) { _ in
            state.withLock { random in
                guard random.once(in: 5) else { return }
                try? OperatedStore(disk).change(2, &random)
                if hidden { disk.corrupt("store/MANIFEST") { $0 = manifest } }
            }
        }
        do {
            let reader = try LogReader.open("store", fileSystem: interrupted)
            let lines = try OperatedStore.lines(reader)
            let all = try OperatedStore(disk).state().lines
            tally.count("events_read", lines.count)
            if lines.count < count { tally.found("\(lines.count) events of \(count)") }
            if lines != Array(all.prefix(lines.count)) {
                tally.found("what was read is no prefix of the log")
            }
        } catch {
            tally.found("\(error)")
        }
    }
}
