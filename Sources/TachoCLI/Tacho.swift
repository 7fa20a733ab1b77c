import ArgumentParser
import TachoCapture
import TachoSources

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `tacho`: parses, calls, and ends with the exit codes of ``ExitStatus``.
@main
struct Tacho: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tacho",
        abstract: "A flight recorder for coding agents.",
        discussion: """
            Keeps every event of your agents in an append-only, compressed log, and answers from \
            tables that are folded from it.

            EXAMPLES
              tacho import agents/ ~/.claude/projects    take in what agents left behind
              tacho history --status failed              which workflows failed
              tacho tail -f --pretty                     watch events as they come

            EXIT CODES
              0 fine  1 failure  2 usage  4 a check fired  5 integrity damage
              65 bad input data (good lines were kept)  69 server or archive unreachable
              75 busy, retry  77 not allowed  130 interrupted
            """,
        version: "tacho \(Tacho.version)",
        groupedSubcommands: [
            CommandGroup(name: "Recording", subcommands: recording),
            CommandGroup(name: "The log", subcommands: log),
            CommandGroup(name: "Answers", subcommands: answers),
        ])

    static let version = "0.1.0"

    private static let recording: [any ParsableCommand.Type] = [
        AppendCommand.self, HookCommand.self, RunCommand.self, ImportCommand.self, SyncCommand.self,
        GitHubCommand.self, SetupCommand.self, StatusLineCommand.self,
    ]
    private static let log: [any ParsableCommand.Type] = [
        CatCommand.self, TailCommand.self, StatusCommand.self, SealCommand.self,
        CompactCommand.self,
        VerifyCommand.self, AnchorCommand.self, ScrubCommand.self, DoctorCommand.self,
        RecoverCommand.self, RepairCommand.self, EraseCommand.self, ExpireCommand.self,
        ArchiveCommand.self, ThawCommand.self, BackupCommand.self, RestoreCommand.self,
        TortureCommand.self, TortureWriterCommand.self, TortureReplayCommand.self,
    ]
    private static let answers: [any ParsableCommand.Type] = [
        HistoryCommand.self, ShowCommand.self, CostCommand.self, ExplainCommand.self,
        SessionsCommand.self, PromptsCommand.self, ToolsCommand.self, TopCommand.self,
        LatencyCommand.self, ErrorsCommand.self,
        TrendsCommand.self, PredictCommand.self, PricesCommand.self, PatternsCommand.self,
        SimilarCommand.self, TablesCommand.self,
        TableCommand.self, SQLCommand.self, ExportCommand.self, WhyCommand.self,
        QuarantineCommand.self, RebuildCommand.self, BenchCommand.self,
    ]

    /// Of messages that the argument parser words.
    static let _errorPrefix = "tacho: "

    @OptionGroup var location: StoreLocation

    func run() throws {
        try Overview(location: location).print()
    }

    static func main() {
        prepareSignals()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            end(error)
        }
    }

    /// Says what went wrong and exits; `tacho hook` never fails, whatever happened.
    private static func end(_ error: any Error) -> Never {
        let word = CommandLine.arguments.dropFirst().first { !$0.hasPrefix("-") }
        let isHook = word == "hook"
        // A status line that fails is a message in the agent's window.
        if word == "statusline", !exitCode(for: error).isSuccess { leave(.fine) }
        let parserCode = exitCode(for: error)
        if parserCode == .validationFailure || parserCode.isSuccess, !(error is Failure) {
            let text = fullMessage(for: error)
            if parserCode.isSuccess {
                // Help, the version, a completion script: they are what was asked for.
                try? Output.write(text.hasSuffix("\n") ? text : text + "\n")
                leave(.fine)
            }
            if isHook {
                // Called wrongly, but called by an agent: its event is recorded all the same.
                _ = HookRecorder().record(input: 0)
                leave(.fine)
            }
            Output.note(text + suggestion())
            leave(.usage)
        }
        let failure = Failure(error)
        if let message = failure.message {
            Output.note(Style(.auto, for: Terminal.error).apply(.bad, "tacho: ") + message)
        }
        leave(isHook ? .fine : failure.status)
    }

    private static func leave(_ status: ExitStatus) -> Never {
        endProcess(status.rawValue)
    }

    /// A reader that goes away is an error of `write`, not a death; Ctrl-C ends with 130.
    private static func prepareSignals() {
        _ = signal(SIGPIPE, SIG_IGN)
        // A parent that starts us from a thread with signals blocked (as Foundation's do on Linux)
        // hands that on; we are to be stopped nevertheless.
        var stopping = sigset_t()
        sigemptyset(&stopping)
        sigaddset(&stopping, SIGINT)
        sigaddset(&stopping, SIGTERM)
        sigprocmask(SIG_UNBLOCK, &stopping, nil)
        var previous = sigaction()
        sigaction(SIGINT, nil, &previous)
        // Somebody who runs it with interrupts ignored wants them ignored.
        if !isIgnored(previous) { _ = signal(SIGINT) { _ in _exit(130) } }
    }

    static func isIgnored(_ action: sigaction) -> Bool {
        #if canImport(Glibc)
            guard let handler = action.__sigaction_handler.sa_handler else { return false }
        #else
            guard let handler = action.__sigaction_u.__sa_handler else { return false }
        #endif
        return unsafeBitCast(handler, to: Int.self) == 1
    }

    /// A hint for a mistyped command.
    private static func suggestion() -> String {
        guard let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-") else {
            return ""
        }
        let names = (recording + log + answers).map { $0._commandName }
        guard !names.contains(word), let name = Spelling.nearest(to: word, in: names) else {
            return ""
        }
        return "\n  Did you mean `tacho \(name)`?"
    }
}

/// The system's `exit`, whose name the argument parser's method has, too.
func endProcess(_ status: Int32) -> Never {
    exit(status)
}
