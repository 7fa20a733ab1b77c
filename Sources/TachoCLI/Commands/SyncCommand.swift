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

    @OptionGroup var secrets: SecretOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if follows, output.isCSV { throw ValidationError("--follow has no CSV form.") }
    }

    func run() throws {
        guard follows else { return try syncOnce() }
        let follow = FollowRun(
            directories: [directory], listsFiles: listsFiles, secrets: secrets.mode, output: output)
        try follow {
            try ImportRun(location, nil, secrets, output.messages, isFollowing: true)
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
}
