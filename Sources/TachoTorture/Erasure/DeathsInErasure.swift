internal import TachoLog
internal import TachoOperations
internal import TachoProjections
internal import TachoSimulation

/// K2: a process dies at a call while it erases; the same command then finishes it.
struct DeathsInErasure: Campaign {
    let id = "K2-erase"
    let title =
        "a process dies, or the power goes, at every call of an erasure; the next run ends it"
    let testTrialCount = 1
    var flaw: Flaw?

    var canaries: [any Campaign] { [DeathsInErasure(flaw: .keepsTemporaryFiles)] }

    private static let projectors = Array(allProjectors.prefix(1))

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let calm = SimulatedFileSystem(seed: seed)
        let corpus = try Corpus(calm, seed: seed, count: 12, projectors: Self.projectors)
        let start = calm.callCount
        _ = try Eraser("store", fileSystem: calm).execute(corpus.selector, reason: nil)
        let callCount = calm.callCount - start
        guard callCount > 0 else { return }
        for call in 1...callCount {
            let disk = SimulatedFileSystem(seed: seed)
            let fileSystem = FlawedFileSystem.wrapping(disk, flaw)
            let corpus = try Corpus(disk, seed: seed, count: 12, projectors: Self.projectors)
            let eraser = Eraser("store", fileSystem: fileSystem)
            disk.inject(SimulatedFault(call: disk.callCount + call, lasts: true, kind: .death))
            _ = try? eraser.execute(corpus.selector, reason: nil)
            disk.clearFaults()
            if (call + trial) % 2 == 0 { disk.kill() } else { disk.losePower() }
            tally.count("deaths")
            let context = "death at call \(call) of \(callCount): "
            corpus.checkBetween(disk, context, &tally)
            do throws(LogError) {
                let outcome = try eraser.execute(corpus.selector, reason: nil)
                if !outcome.isProven {
                    tally.found("\(context)not proven: \(outcome.residue.flatMap(\.files))")
                }
            } catch {
                tally.found("\(context)the next run fails: \(error)")
            }
            corpus.checkAfter(disk, Self.projectors, context, &tally)
        }
    }
}
