internal import TachoLog
internal import TachoSimulation

/// K2: a process dies at a call: making a store, appending, rolling, sealing, writing a snapshot.
///
/// A trial is one short life of a store; its process dies at every single call of it, one after
/// the other: before the call, or, in odd trials, half-way through a write.
struct Deaths: Campaign {
    let id = "K2"
    let title = "a process dies at every call: all or nothing, and no orphan remains"
    let testTrialCount = 6
    var flaw: Flaw?

    var canaries: [any Campaign] {
        [.acknowledgesBeforeWriting, .ignoresIDs, .splitsBatches, .keepsTemporaryFiles].map {
            Deaths(flaw: $0)
        }
    }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let callCount = try Scenario.calls(seed: seed).count
        for call in 1...callCount {
            var scenario = Scenario(seed: seed, flaw: flaw)
            let isTorn = trial % 2 == 1
            scenario.disk.inject(
                SimulatedFault(call: isTorn ? call + 1 : call, lasts: true, kind: .death))
            if isTorn {
                scenario.disk.inject(
                    SimulatedFault(
                        call: call, operation: .write, kind: .shortWrite(1 + call * 37 % 300)))
            }
            try? scenario.run()
            scenario.disk.clearFaults()
            scenario.disk.kill()
            tally.count("deaths")
            scenario.outlive(.process, "death at call \(call) of \(callCount): ", &tally)
        }
    }
}
