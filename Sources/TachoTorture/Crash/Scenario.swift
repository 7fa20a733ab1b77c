internal import TachoLog
internal import TachoProjections
internal import TachoSimulation

/// A short life of a store, the same at each run but for what a fault changes: made, appended to,
/// rolled, sealed, a snapshot written.
///
/// Run once without a fault it says how many calls there are; then each of them can be the one at
/// which something happens.
struct Scenario {
    let seed: UInt64
    let flaw: Flaw?
    let disk: SimulatedFileSystem
    let fileSystem: any FileSystem
    var workload: Workload

    init(seed: UInt64, flaw: Flaw?) {
        self.seed = seed
        self.flaw = flaw
        disk = SimulatedFileSystem(seed: seed)
        fileSystem = FlawedFileSystem.wrapping(disk, flaw)
        workload = Workload(seed: seed, flaw: flaw)
        workload.options.sealByteCount = 1_200
    }

    /// The calls that the scenario makes when nothing goes wrong.
    static func calls(seed: UInt64) throws(LogError) -> [FileError.StaticOperation] {
        var calm = Scenario(seed: seed, flaw: nil)
        try calm.run()
        return calm.disk.calls
    }

    mutating func run() throws(LogError) {
        try workload.run(fileSystem, steps: 5)
        try writeSnapshot()
    }

    /// Works on with a new writer, as the next process does, beyond another roll, and seals.
    mutating func workOn() throws(LogError) {
        try workload.run(fileSystem, steps: 8)
        var log = try LogWriter.open("store", options: workload.options, fileSystem: fileSystem)
        _ = try log.seal()
    }

    /// What a store has to stand once the fault is over: it opens with all that was acknowledged,
    /// goes on, leaves nothing behind, and then loses its power.
    mutating func outlive(
        _ accident: Accident, _ context: String, _ tally: inout Tally
    ) {
        guard workload.check(disk, after: accident, context: context, &tally) else { return }
        checkSnapshots(context, &tally)
        do throws(LogError) {
            try workOn()
        } catch {
            tally.found("\(context)the next writer fails: \(error)")
            return
        }
        checkOrphans(context, &tally)
        guard
            workload.check(
                disk, after: .process, context: context + "later, ", depth: .deep, &tally)
        else { return }
        disk.losePower()
        workload.check(
            disk, after: .power, context: context + "after a loss of power, ", &tally)
    }

    // MARK: - Snapshots

    private static let projectors = Array(allProjectors.prefix(1))

    func writeSnapshot() throws(LogError) {
        let reader = try LogReader.open("store", fileSystem: fileSystem)
        var options = LiveTables.Options()
        options.threadCount = 1
        options.snapshotTailLimit = 0
        options.writesSnapshots = true
        _ = try tables(reader, fileSystem, options)
    }

    /// A snapshot is whole or not there, and tables from it are those from the beginning.
    func checkSnapshots(_ context: String, _ tally: inout Tally) {
        do {
            let reader = try LogReader.open("store", fileSystem: disk)
            let quick = try tables(reader, disk, .init())
            let slow = try LiveTables.open(
                reader, snapshots: nil, projectors: Self.projectors, options: .init())
            for refused in quick.report.refusedSnapshots {
                tally.found("\(context)snapshot \(refused.file) is refused: \(refused.reason)")
            }
            let hashes = [quick, slow].map { $0.projections.projections.map(\.stateHash) }
            if hashes[0] != hashes[1] { tally.found("\(context)a snapshot gives other tables") }
        } catch {
            tally.found("\(context)tables cannot be opened: \(error)")
        }
    }

    private func tables(
        _ reader: LogReader, _ fileSystem: any FileSystem, _ options: LiveTables.Options
    ) throws(LogError) -> LiveTables {
        try LogError.unifying {
            try LiveTables.open(
                reader, snapshots: SnapshotStore(directory: "store/snap", fileSystem: fileSystem),
                projectors: Self.projectors, options: options)
        }
    }

    // MARK: - Orphans

    /// After a seal nothing is in the store that the manifest does not name.
    func checkOrphans(_ context: String, _ tally: inout Tally) {
        do {
            let unfinished = try disk.list("store/tmp")
            if !unfinished.isEmpty { tally.found("\(context)tmp/ has \(unfinished)") }
            let named = try LogReader.open("store", fileSystem: disk).segments.map(\.file)
            let there = try disk.list("store/log")
            if there != named.sorted() {
                let orphans = there.filter { !named.contains($0) }
                tally.found("\(context)log/ has \(orphans), which the manifest does not name")
            }
        } catch {
            tally.found("\(context)\(error)")
        }
    }
}
