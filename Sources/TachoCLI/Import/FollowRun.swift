import TachoCapture
import TachoLog
import TachoSources

/// Directories that are read once, and again whenever something in them changes, until Ctrl-C.
struct FollowRun {
    let directories: [String]
    let listsFiles: Bool
    let secrets: SecretMode
    let output: OutputOptions

    /// All checkpoints are written at once; what a crash loses of them is read again.
    private static let saveInterval = Duration.seconds(30)
    /// A hook may make a spool elsewhere when the store's own does not take anything.
    private static let spoolMilliseconds = 30_000

    /// `makeRun` is called once the directories are watched; what it throws, and what ends an import,
    /// ends this.
    func callAsFunction(_ makeRun: () throws -> ImportRun) throws {
        // Watch first, then read: a change made while reading ends the next wait at once.
        var watcher = try DirectoryWatcher(directories)
        var run = try makeRun()
        watcher.watchBeside(run.spoolDirectories)
        var isFirst = true
        var lastSave = ContinuousClock.now
        while true {
            let report = try run.run(directories)
            var spooled = isFirst ? run.spooled ?? SpoolReport() : SpoolReport()
            spooled.add(try run.drainSpool())
            if isFirst || report.eventCount + report.newlyRejectedCount > 0 || !spooled.isEmpty {
                try tell(report, spooled, isFirst: isFirst)
            }
            if isFirst || lastSave.duration(to: .now) > Self.saveInterval {
                run.saveCheckpoints()
                lastSave = .now
            }
            isFirst = false
            try run.sealFullSegments()
            while !watcher.wait(timeoutMilliseconds: Self.spoolMilliseconds) {
                let spooled = try run.drainSpool()
                if !spooled.isEmpty { try tell(ImportReport(), spooled, isFirst: false) }
            }
        }
    }

    /// The first time in full, then a line for each change, behind one for each rejected record.
    private func tell(_ report: ImportReport, _ spooled: SpoolReport, isFirst: Bool) throws {
        let summary = ImportSummary(
            report: report, spooled: spooled, listsFiles: listsFiles, secrets: secrets)
        if isFirst || output.isJSON { return try summary.print(output) }
        let count = report.newlyRejectedCount
        let rejected = count > 0 ? ", \(Quantity.count(count)) rejected" : ""
        if count > 0 { summary.tellProblems(output.errorStyle) }
        SpoolDrain.tell(spooled)
        let events = report.eventCount + spooled.eventCount
        try Output.write(
            "\(Quantity.moment(.now))  \(Quantity.count(events, "new event"))\(rejected)\n")
    }
}
