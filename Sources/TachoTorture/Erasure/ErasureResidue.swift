internal import TachoLog
internal import TachoOperations
internal import TachoProjections
internal import TachoSimulation

/// M2: a random log with an id in it that exists nowhere else is rid of it.
struct ErasureResidue: Campaign {
    let id = "M2"
    let title = "erased ids are in no byte of any file; all else is as it was, and so is the chain"
    let testTrialCount = 200
    var flaw: Flaw?

    var canaries: [any Campaign] { [ErasureResidue(flaw: .keepsTemporaryFiles)] }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let disk = SimulatedFileSystem(seed: seed)
        let projectors = Corpus.projectors
        let corpus = try Corpus(disk, seed: seed, count: 30 + trial % 90, projectors: projectors)
        let eraser = Eraser("store", fileSystem: FlawedFileSystem.wrapping(disk, flaw))
        let outcome = try eraser.execute(corpus.selector, reason: "a test")
        tally.count("erased_events", outcome.report.eventCount)
        if !outcome.isProven {
            tally.found("not proven: \(outcome.residue.flatMap(\.files))")
        }
        corpus.checkAfter(disk, projectors, "", &tally)
        // A second run has nothing to do, and says so without a trace.
        let again = try eraser.execute(corpus.selector, reason: nil)
        if again.request != nil { tally.found("a second run does something again") }
    }
}
