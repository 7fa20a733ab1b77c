internal import Synchronization
internal import TachoLog
internal import TachoSimulation

/// A2: a store is copied while it is written to, sealed, and compacted; what is restored of the copy
/// is a prefix of the log that holds at least what was there when the copy began.
struct CopiesWhileWriting: Campaign {
    let id = "A2"
    let title = "backup and file by file copies beside writers and compaction restore to a prefix"
    let testTrialCount = 1500
    /// What restoring has to see to.
    enum Bug { case forgetsSealedFiles }
    var bug: Bug?

    var canaries: [any Campaign] { [CopiesWhileWriting(bug: .forgetsSealedFiles)] }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let disk = SimulatedFileSystem(seed: seed)
        var random = SimulatedRandom(seed: seed)
        let store = OperatedStore(disk)
        try store.append(&random)
        try store.change(Int.random(in: 0...10, using: &random), &random)
        let atLeast: Int
        if trial.isMultiple(of: 2), bug == nil {
            atLeast = try OperatedStore.lines(LogReader.open("store", fileSystem: disk)).count
            try Self.backUp(disk, &random)
            tally.count("backups")
        } else {
            atLeast = try copyFiles(disk, &random, &tally)
        }
        try check(disk, atLeast, &tally)
    }

    private func check(_ disk: SimulatedFileSystem, _ atLeast: Int, _ tally: inout Tally) throws {
        do {
            let report = try LogRestore("copy", fileSystem: disk).run(to: "new")
            if let finding = report.verification.findings.first {
                tally.found("verify: \(finding.file): \(finding.message)")
            }
            if !report.isConsistent { tally.count("inconsistent_copies") }
            let restored = try OperatedStore(disk, at: "new").state().lines
            let all = try OperatedStore(disk).state().lines
            tally.count("events_restored", restored.count)
            if restored.count < atLeast {
                tally.found("\(restored.count) events of \(atLeast) when the copy began")
            }
            if restored != Array(all.prefix(restored.count)) {
                tally.found("what was restored is no prefix of the log")
            }
            // It goes on from there as every store does.
            var random = SimulatedRandom(seed: 1)
            try OperatedStore(disk, at: "new").change(6, &random)
            let longer = try OperatedStore(disk, at: "new").state().lines
            if Array(longer.prefix(restored.count)) != restored {
                tally.found("appending to it changes what was restored")
            }
        } catch {
            tally.found("\(error)")
        }
    }

    // MARK: Copying

    /// `tacho backup`, with something happening to the store between any two of its calls.
    private static func backUp(_ disk: SimulatedFileSystem, _ random: inout SimulatedRandom) throws
    {
        let state = Mutex(random)
        let interrupted = InterruptedFileSystem(disk) { _ in
            state.withLock { random in
                guard random.once(in: 12) else { return }
                try? OperatedStore(disk).change(1, &random)
            }
        }
        _ = try LogBackup("store", fileSystem: interrupted).run(to: "copy")
        random = state.withLock { $0 }
    }

    /// As rsync does: lists everything, then copies file by file; again as long as a file that was
    /// listed is gone when its turn comes.
    ///
    /// - Returns: The number of events when the last pass began.
    private func copyFiles(
        _ disk: SimulatedFileSystem, _ random: inout SimulatedRandom, _ tally: inout Tally
    ) throws -> Int {
        for pass in 0... {
            let count = try OperatedStore.lines(LogReader.open("store", fileSystem: disk)).count
            let paths = disk.paths.filter { $0.hasPrefix("store/") }.shuffled(using: &random)
            var isComplete = true
            for path in paths {
                // The last ones find nobody else at work, so that copying comes to an end.
                if pass < 6, random.once(in: 4) { try OperatedStore(disk).change(1, &random) }
                let copy = "copy" + path.dropFirst("store".count)
                guard let bytes = disk.contents(path) else {
                    isComplete = false
                    continue
                }
                if bug == .forgetsSealedFiles, path.hasSuffix(".lz4") { continue }
                try disk.createDirectory(
                    String(copy[..<(copy.lastIndex(of: "/") ?? copy.endIndex)]))
                try disk.replaceFile(copy, with: bytes, temporary: copy + "~")
            }
            tally.count("passes")
            if isComplete { return count }
        }
        return 0
    }
}
