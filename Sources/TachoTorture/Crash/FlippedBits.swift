internal import TachoLog
internal import TachoSimulation

/// B2: a process dies or the power fails, and one bit of the active file is flipped.
///
/// Of what was acknowledged no event may be missing without a report, and no event changed. After
/// a loss of power this holds for `strict`; for `commit` the format names the gap.
struct FlippedBits: Campaign {
    let id = "B2"
    let title = "an accident and one flipped bit in the active file: no silent loss"
    let testTrialCount = 8000
    var flaw: Flaw?

    var canaries: [any Campaign] { [FlippedBits(flaw: .acknowledgesBeforeWriting)] }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let disk = SimulatedFileSystem(seed: seed)
        var workload = Workload(seed: seed, flaw: flaw)
        workload.options.sealByteCount = 0
        var random = SimulatedRandom(seed: ~seed)
        let isPower = random.once(in: 2)
        if isPower { workload.durabilities = [.strict] }
        try workload.run(disk, steps: 3)
        let call = disk.callCount + Int.random(in: 1...80, using: &random)
        disk.inject(SimulatedFault(call: call, lasts: true, kind: .death))
        try? workload.run(disk, steps: 8)
        disk.clearFaults()
        if isPower { disk.losePower() } else { disk.kill() }
        guard let path = disk.paths.last(where: { $0.hasSuffix(".active.jsonl") }),
            let byteCount = disk.contents(path)?.count, byteCount > 0
        else { return }
        let bit = Int.random(in: 0..<byteCount * 8, using: &random)
        disk.corrupt(path) { $0[bit / 8] ^= 1 << (bit % 8) }
        tally.count(isPower ? "flips_after_power_loss" : "flips_after_death")
        judge(disk, workload, isPower ? .power : .process, "bit \(bit) of \(path): ", &tally)
    }

    private func judge(
        _ disk: SimulatedFileSystem, _ workload: Workload, _ accident: Accident,
        _ context: String, _ tally: inout Tally
    ) {
        do {
            var isReported = false
            do throws(LogError) {
                let log = try LogWriter.open("store", options: workload.options, fileSystem: disk)
                isReported = log.recovery?.isLossless == false
            } catch {
                guard error.code == .readOnly || error.code == .damaged else { throw error }
                isReported = true
            }
            let reader = try LogReader.open("store", fileSystem: disk)
            let content = try StoreContent(reader, workload)
            isReported = isReported || content.problems.contains { $0.hasPrefix("damage: ") }
            for problem in content.problems where problem.hasPrefix("event ") {
                tally.found(context + problem)
            }
            let missing = workload.missing(from: content, after: accident)
            tally.count("records_unreadable", missing.count)
            if !missing.isEmpty, !isReported {
                tally.found("\(context)events \(missing) are missing, and nothing says so")
            }
        } catch {
            tally.found("\(context)\(error)")
        }
    }

    func judge(_ tally: Tally) -> String? {
        let flips = tally.counts.filter { $0.key.hasPrefix("flips") }.values.reduce(0, +)
        let lost = tally.counts["records_unreadable"] ?? 0
        guard lost * 10 > flips * 11 else { return nil }
        return "\(lost) records are unreadable after \(flips) flips, more than 1.1 for each"
    }
}

extension Workload {
    /// Acknowledged events that are not there.
    func missing(from content: StoreContent, after accident: Accident) -> [Int] {
        let needed: Promise = accident == .power ? .power : .process
        return batches.filter { $0.promise >= needed }.flatMap(\.numbers)
            .filter { content.positions[$0] == nil }
    }
}
