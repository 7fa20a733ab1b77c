import ArgumentParser
import TachoLog
import TachoSources

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take in what agents left behind: files and directories.",
        discussion: """
            Knows hook logs, ADW run directories, structured logs, agent outputs, transcripts, \
            sessions of Codex, Copilot, Gemini, pi, and SWE-agent, Aider's analytics, and \
            OpenTelemetry exports by their content. Every file is imported or named with the reason; every record is \
            new, there already, or rejected, and then told with its place and kept in \
            quarantine/. Importing again adds only what is new. Exit 65 if anything was rejected.

            With --follow it goes on with every change in the directories, told by the operating \
            system, until Ctrl-C; a line that is half written is waited for.

            EXAMPLES
              tacho import ~/.claude/projects agents/ logs/structured/
              tacho import session.jsonl --as transcript
              tacho import agents/ --files
              tacho import ~/.claude/projects agents/ --follow
              tacho import logs/ --json | jq '.data | {records, new, rejected}'
              tacho import deploys.ndjson --as ndjson --type deploy.done \\
                --map time=finished_at --map stream=run.id --map id=uuid
            """)

    @Argument(help: "Files and directories.", completion: .file())
    var paths: [String]

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "What the files are, where their content does not tell: "
                + KindArgument.allValueStrings.joined(separator: ", ") + ".",
            valueName: "kind"))
    var kind: KindArgument?

    @OptionGroup(title: "Records of any other program (--as ndjson)")
    var mapping: MappingOptions

    @Flag(name: .customLong("files"), help: "Print a line for each file.")
    var listsFiles = false

    @Flag(
        name: [.customShort("f"), .customLong("follow")],
        help: "Go on with every change in the directories.")
    var follows = false

    @Flag(help: "Read files whole that an import before this one has read.")
    var rescan = false

    @Flag(help: "Only say what would be imported, and as what.")
    var dryRun = false

    @OptionGroup var secrets: SecretOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if kind?.kind != .ndjson, let option = mapping.given {
            throw ValidationError("\(option) needs --as ndjson.")
        }
        _ = try mapping.mapping()
        guard follows else { return }
        if output.isCSV { throw ValidationError("--follow has no CSV form.") }
        if dryRun { throw ValidationError("Choose one of --follow and --dry-run.") }
    }

    func run() throws {
        if dryRun { return try printPlan() }
        if follows {
            let follow = FollowRun(
                directories: paths, listsFiles: listsFiles, secrets: secrets.mode, output: output)
            return try follow { try makeRun() }
        }
        var run = try makeRun()
        let report: ImportReport
        do {
            report = try run.run(paths)
        } catch {
            Output.note(
                "stopped after \(Quantity.count(run.report.eventCount)) new events, which are in "
                    + "the log; importing again goes on from there")
            throw error
        }
        let summary = ImportSummary(
            report: report, spooled: run.spooled, listsFiles: listsFiles, secrets: secrets.mode)
        try summary.print(output)
        run.saveCheckpoints()
        try run.sealFullSegments()
        try summary.checkAll(named: paths)
    }

    private func makeRun() throws -> ImportRun {
        try ImportRun(
            location, kind?.kind, secrets, output.messages, mapping: try mapping.mapping(),
            readsAgain: rescan, isFollowing: follows)
    }

    private func printPlan() throws {
        var listing = Listing(
            schema: "tacho.import.plan/1",
            fields: [
                .init("path", minimum: 20), .init("kind"), .init("bytes", "size", right: true),
                .init("reason", "not imported because", minimum: 12),
            ])
        listing.emptyMessage = "No files."
        listing.rows = try ImportPlan(paths).entries.map { entry in
            [
                .text(entry.path), .text(kind?.kind.rawValue ?? entry.kind.rawValue),
                .byteCount(entry.byteCount), .text(kind == nil ? entry.reason : nil),
            ]
        }
        try listing.print(output)
    }
}

/// A kind of source on the command line.
struct KindArgument: ExpressibleByArgument {
    let kind: SourceKind

    init?(argument: String) {
        guard let kind = SourceKind(importedName: argument) else { return nil }
        self.kind = kind
    }

    static var allValueStrings: [String] {
        SourceKind.allCases.compactMap { SourceKind(importedName: $0.rawValue)?.rawValue }
    }
}
