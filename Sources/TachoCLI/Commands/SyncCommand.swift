import ArgumentParser
import TachoLog
import TachoSources

struct SyncCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Bring the store up to date with a directory, once or as it changes.",
        discussion: """
            As `tacho import DIR`; with --follow it waits for changes, told by the operating \
            system, and takes in each of them until Ctrl-C.

            EXAMPLES
              tacho sync agents/
              tacho sync agents/ --follow
            """)

    @Argument(help: "The directory.", completion: .directory)
    var directory: String

    @Flag(name: [.customShort("f"), .customLong("follow")], help: "Go on with every change.")
    var follows = false

    @Flag(name: .customLong("files"), help: "Print a line for each file.")
    var listsFiles = false

    /// All checkpoints are written at once; what a crash loses of them is read again.
    private static let saveInterval = Duration.seconds(30)

    @OptionGroup var secrets: SecretOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if follows, output.isCSV { throw ValidationError("--follow has no CSV form.") }
    }

    func run() throws {
        guard follows else { return try syncOnce() }
        // Watch first, then read: a change made while reading ends the next wait at once.
        var watcher = try DirectoryWatcher(directory)
        var run = try ImportRun(location, nil, secrets, output.messages)
        var isFirst = true
        var lastSave = ContinuousClock.now
        while true {
            let report = try run.run([directory])
            if isFirst || report.eventCount + report.rejectedCount > 0 {
                try tell(report, run.spooled, isFirst: isFirst)
            }
            if isFirst || lastSave.duration(to: .now) > Self.saveInterval {
                run.saveCheckpoints()
                lastSave = .now
            }
            isFirst = false
            try run.sealFullSegments()
            while !watcher.wait() {}
        }
    }

    private func syncOnce() throws {
        var run = try ImportRun(location, nil, secrets, output.messages)
        let summary = ImportSummary(
            report: try run.run([directory]), spooled: run.spooled, listsFiles: listsFiles,
            secrets: secrets.mode)
        try summary.print(output)
        run.saveCheckpoints()
        try run.sealFullSegments()
        try summary.checkAll(named: [directory])
    }

    /// The first time in full, then a line for each change.
    private func tell(_ report: ImportReport, _ spooled: SpoolReport?, isFirst: Bool) throws {
        let summary = ImportSummary(
            report: report, spooled: spooled, listsFiles: listsFiles, secrets: secrets.mode)
        if isFirst || output.isJSON { return try summary.print(output) }
        let rejected =
            report.rejectedCount > 0 ? ", \(Quantity.count(report.rejectedCount)) rejected" : ""
        try Output.write(
            "\(Quantity.moment(.now))  \(Quantity.count(report.eventCount, "new event"))\(rejected)\n"
        )
    }
}
