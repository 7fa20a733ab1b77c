internal import TachoLog
internal import TachoSimulation

/// K3: a recovery dies, and so does the recovery after it, three deep.
struct DeathsInRecovery: Campaign {
    let id = "K3"
    let title = "recovery dies three times over; once done, a second one writes nothing"
    let testTrialCount = 4000
    var flaw: Flaw?

    var canaries: [any Campaign] {
        [.dropsSyncs, .flipsBytes, .acknowledgesBeforeWriting].map { DeathsInRecovery(flaw: $0) }
    }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let disk = SimulatedFileSystem(seed: seed)
        let fileSystem = FlawedFileSystem.wrapping(disk, flaw)
        var workload = Workload(seed: seed, flaw: flaw)
        var random = SimulatedRandom(seed: ~seed)
        try workload.run(fileSystem, steps: 3)
        die(disk, within: 60, &random)
        try? workload.run(fileSystem, steps: 6)
        var accident = end(disk, &random)
        for depth in 1...3 {
            die(disk, within: 30, &random)
            if (try? open(workload, fileSystem)) == nil { tally.count("deaths_\(depth)_deep") }
            if end(disk, &random) == .power { accident = .power }
        }
        do throws(LogError) {
            try open(workload, disk)
            let before = disk.writtenByteCount
            try open(workload, disk)
            let byteCount = disk.writtenByteCount - before
            if byteCount > 0 { tally.found("the second recovery writes \(byteCount) bytes") }
        } catch {
            tally.found("the store cannot be opened: \(error)")
            return
        }
        workload.check(disk, after: accident, depth: .deep, &tally)
    }

    private func open(_ workload: Workload, _ fileSystem: any FileSystem) throws(LogError) {
        _ = try LogWriter.open("store", options: workload.options, fileSystem: fileSystem)
    }

    private func die(
        _ disk: SimulatedFileSystem, within calls: Int, _ random: inout SimulatedRandom
    ) {
        let call = disk.callCount + Int.random(in: 1...calls, using: &random)
        disk.inject(SimulatedFault(call: call, lasts: true, kind: .death))
    }

    private func end(_ disk: SimulatedFileSystem, _ random: inout SimulatedRandom) -> Accident {
        disk.clearFaults()
        if random.once(in: 2) {
            disk.losePower()
            return .power
        }
        disk.kill()
        return .process
    }
}
