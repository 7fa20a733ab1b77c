internal import TachoLog
internal import TachoSimulation

/// L1: a disk has called durable what it does not have: the end of the active file is gone.
struct LyingDisk: Campaign {
    let id = "L1"
    let title = "acknowledged bytes vanish: always read-only, never a shorter log"
    let testTrialCount = 8000
    var flaw: Flaw?

    var canaries: [any Campaign] { [LyingDisk(flaw: .dropsSyncs)] }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let disk = SimulatedFileSystem(seed: seed)
        var workload = Workload(seed: seed)
        workload.options.sealByteCount = 0
        workload.durabilities = [.strict, .strict, .commit]
        var random = SimulatedRandom(seed: ~seed)
        var log = try LogWriter.open("store", options: workload.options, fileSystem: disk)
        let events = (0..<Int.random(in: 2...9, using: &random)).map { number in
            NewEvent(
                stream: "a", type: "torture.event", source: "torture",
                data: workload.data(of: number))
        }
        for event in events { _ = try log.append([event], durability: .strict) }
        if random.once(in: 2) { try log.close() } else { disk.kill() }
        let path = "store/log/" + StoreLayout.activeName(first: .first)
        let byteCount = disk.contents(path)?.count ?? 0
        let cut = Int.random(in: 1...byteCount, using: &random)
        // A canary's store keeps its bytes: then there is nothing to refuse.
        if random.once(in: 2) { disk.losePower() }
        if flaw == nil { disk.corrupt(path) { $0.removeLast(cut) } }
        tally.count("bytes_vanished", cut)
        do throws(LogError) {
            _ = try LogWriter.open("store", options: workload.options, fileSystem: disk)
            tally.found("\(cut) of \(byteCount) bytes are gone, and the store opens")
        } catch {
            guard error.code == .readOnly else {
                tally.found("\(cut) of \(byteCount) bytes are gone: \(error.code), \(error)")
                return
            }
            tally.count("refused")
        }
        _ = try LogReader.open("store", fileSystem: disk)
    }
}
