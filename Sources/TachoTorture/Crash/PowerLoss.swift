internal import TachoLog
internal import TachoSimulation

/// P1: the machine loses its power, at any moment of appending, sealing, and recovering.
struct PowerLoss: Campaign {
    let id = "P1"
    let title =
        "power loss: writes lost, torn, reordered, zeroed, renames undone; no acknowledged loss"
    let testTrialCount = 8000
    private let flaw: Flaw?

    init(flaw: Flaw? = nil) {
        self.flaw = flaw
    }

    var canaries: [any Campaign] {
        [
            .dropsSyncs, .dropsDirectorySyncs, .flipsBytes, .acknowledgesBeforeWriting,
            .ignoresIDs, .splitsBatches,
        ].map { PowerLoss(flaw: $0) }
    }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let disk = SimulatedFileSystem(seed: seed)
        let fileSystem = FlawedFileSystem.wrapping(disk, flaw)
        var workload = Workload(seed: seed, flaw: flaw)
        var random = SimulatedRandom(seed: ~seed)
        for loss in 1...3 {
            // At any call, of a recovery too; or between two of the program's own steps.
            if !random.once(in: 3) {
                let call = disk.callCount + Int.random(in: 1...120, using: &random)
                disk.inject(SimulatedFault(call: call, lasts: true, kind: .death))
            }
            let steps = Int.random(in: 1...8, using: &random)
            try? workload.run(fileSystem, steps: steps)
            disk.clearFaults()
            tally.count("power_losses")
            tally.count("acknowledged_durable", workload.durableCount)
            disk.losePower()
            // The store is there or was never made; with durable events it has to be there.
            if disk.contents("store/FORMAT") == nil, workload.durableCount == 0 {
                tally.count("stores_never_made")
                return
            }
            let depth: LogVerifier.Depth = random.once(in: 8) ? .deep : .quick
            let isGood = workload.check(
                fileSystem, after: .power, context: "loss \(loss): ", depth: depth, &tally)
            if !isGood { return }
        }
    }
}
