import ArgumentParser
import TachoCapture
import TachoLog
import TachoSources

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command as a phase, and record its time, end, and resources.",
        discussion: """
            The command has the terminal, the input, and the output; its exit code is the one of \
            `tacho run` (127 for a command that is not there, 128 and the number of a signal). It \
            gets ADW_ID, TACHO_ADW_ID, and TACHO_STORE, so that its hooks record to the same \
            workflow. A store that cannot be written neither stops nor slows it: the events wait \
            in the spool.

            EXAMPLES
              tacho run --adw-id a1b2c3d4 --phase Test -- pytest -q
              tacho run --every 0.2 -- make -j8
            """)

    @Option(
        name: .customLong("adw-id"),
        help: ArgumentHelp(
            "The workflow. (default: TACHO_ADW_ID, else as for a hook: WORKFLOW_ID, ADW_ID, the "
                + "worktree; else a new one)", valueName: "id"))
    var workflow: String?

    @Option(help: "The phase. (default: the command's name)")
    var phase: String?

    @Option(name: .customLong("issue"), help: "The issue that is worked on.")
    var issue: Int64?

    @Option(
        name: .customLong("every"),
        help: ArgumentHelp("Seconds between two samples; 0 takes one at the end.", valueName: "s"))
    var seconds = 1.0

    @Argument(parsing: .postTerminator, help: "The command, after --.")
    var command: [String] = []

    @OptionGroup var location: StoreLocation

    func validate() throws {
        guard let name = command.first, !name.isEmpty else {
            throw ValidationError("Name a command after --, as in `tacho run -- make`.")
        }
        guard seconds == 0 || seconds >= 0.01, seconds <= 86_400 else {
            throw ValidationError("--every takes 0, or 0.01 to 86400 seconds.")
        }
        if let workflow, workflow.isEmpty { throw ValidationError("--adw-id needs an id.") }
        if let phase, phase.isEmpty { throw ValidationError("--phase needs a name.") }
        if let issue, issue < 1 { throw ValidationError("--issue takes a number above 0.") }
    }

    func run() {
        let id = workflowID
        export(id)
        var run = PhaseRun(
            recorder: HookRecorder(store: location.path), workflow: id,
            phase: phase ?? programName, command: command)
        run.issueNumber = issue
        run.interval = Int64(seconds * 1_000_000_000)
        let outcome = run.run()
        if let failure = outcome.startFailure { Output.note("tacho: \(command[0]): \(failure)") }
        endProcess(outcome.exitCode)
    }

    private var programName: String {
        let name = command[0].split(separator: "/").last.map(String.init)
        return name ?? command[0]
    }

    private var workflowID: ByteString {
        let named = workflow ?? StoreDirectory.environment("TACHO_ADW_ID")
        let bytes =
            named.map { Array($0.utf8) }
            ?? WorkflowID.derive(
                workflowID: StoreDirectory.environment("WORKFLOW_ID").map { Array($0.utf8) },
                adwID: StoreDirectory.environment("ADW_ID").map { Array($0.utf8) },
                currentDirectory: StoreDirectory.currentDirectory.map { Array($0.utf8) })
        return bytes.flatMap { WorkflowID.stream($0) } ?? Self.newID()
    }

    /// Eight hexadecimal digits, as workflows call themselves (semantics §1.1).
    private static func newID() -> ByteString {
        let digits = String(UInt32.random(in: .min ... .max), radix: 16)
        return ByteString(String(repeating: "0", count: 8 - digits.count) + digits)
    }

    private func export(_ id: ByteString) {
        var store = location.path
        if !store.hasPrefix("/"), let directory = StoreDirectory.currentDirectory {
            store = directory + "/" + store
        }
        setenv("TACHO_STORE", store, 1)
        setenv("ADW_ID", id.description, 1)
        setenv("TACHO_ADW_ID", id.description, 1)
        // For a hook it stands above the others.
        if StoreDirectory.environment("WORKFLOW_ID") != nil {
            setenv("WORKFLOW_ID", "wf-\(id)", 1)
        }
    }
}
