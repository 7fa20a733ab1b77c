import ArgumentParser
import TachoCapture
import TachoSources

struct SetupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Have an agent recorded.",
        subcommands: [SetupClaudeCommand.self])
}

struct SetupClaudeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claude",
        abstract: "Add Tacho's hooks and status line to Claude Code's settings, or take them out.",
        discussion: """
            Prints what would change, as a diff; --write does it. Hooks and a status line that are \
            there stay where they are, and every other byte stays as it is; with --join-status-line \
            ours runs the one that is there, and both are shown. A backup is kept \
            beside the file, and --undo puts it back; if the file was changed since, only our \
            entries are taken out.

            EXAMPLES
              tacho setup claude
              tacho setup claude --write
              tacho setup claude --undo
              tacho setup claude --plugin ./tacho-plugin
            """)

    enum Scope: String, ExpressibleByArgument, CaseIterable {
        case user, project, local
    }

    @Flag(help: "Write the file.")
    var write = false

    @Flag(help: "Take our entries out again.")
    var undo = false

    @Option(
        help: """
            Which settings: user ($CLAUDE_CONFIG_DIR or ~/.claude), project (.claude/settings.json \
            here), or local (.claude/settings.local.json here).
            """)
    var scope = Scope.user

    @Option(
        help: ArgumentHelp("The settings file, instead of --scope.", valueName: "file"),
        completion: .file())
    var settings: String?

    @Flag(help: "Also have telemetry sent to http://127.0.0.1:4318.")
    var telemetry = false

    @Flag(help: "Also hook events that come at a high rate: MessageDisplay and PostToolBatch.")
    var verbose = false

    @Flag(name: .customLong("no-status-line"), help: "Leave the status line out.")
    var leavesStatusLine = false

    @Flag(
        name: .customLong("join-status-line"),
        help: "If there is a status line already, have ours run it and show both.")
    var joinsStatusLine = false

    @Option(
        help: ArgumentHelp(
            "The program tacho-hook. (default: beside this one, else on PATH)", valueName: "file"),
        completion: .file())
    var hook: String?

    @Option(
        help: ArgumentHelp(
            "Write a plugin directory for Claude Code instead, with a tacho-hook of its own.",
            valueName: "dir"), completion: .directory)
    var plugin: String?

    @OptionGroup var messages: MessageOptions

    func validate() throws {
        if write, undo { throw ValidationError("Choose one of --write and --undo.") }
        if telemetry, settings == nil, scope != .user {
            throw ValidationError(
                "--telemetry is for --scope user: settings of a project cannot say where to send.")
        }
        if leavesStatusLine, joinsStatusLine {
            throw ValidationError("Choose one of --no-status-line and --join-status-line.")
        }
        if plugin != nil, write || undo || telemetry || settings != nil {
            throw ValidationError("--plugin writes a directory, and goes with --hook alone.")
        }
        if settings?.isEmpty ?? false {
            throw ValidationError("--settings needs the name of a file.")
        }
    }

    func run() throws {
        do throws(SettingsError) {
            if let plugin { return try writePlugin(StoreDirectory.withoutSlash(plugin)) }
            if undo { return try runUndo() }
            try runSetup()
        } catch {
            throw Failure(ExitStatus(error), placed(error))
        }
    }

    /// What is wrong in a file's text is told with the file.
    private func placed(_ error: SettingsError) -> String {
        switch error {
        case .brokenJSON, .ambiguous, .unexpectedKind: "\(settingsFile().path): \(error)"
        default: error.description
        }
    }

    // MARK: Steps

    private func runSetup() throws(SettingsError) {
        let file = settingsFile()
        var registration = ClaudeRegistration(hook: try hookPath())
        registration.hasTelemetry = telemetry
        registration.isVerbose = verbose
        registration.joinsStatusLine = joinsStatusLine
        if !leavesStatusLine { registration.statusLine = InstalledProgram.path("tacho") }
        let (old, plan) = try file.plan(registration)
        show(file, old ?? [], plan.bytes)
        for note in plan.notes { tell(note) }
        if plan.entries.isEmpty { return tell("\(file.path) has it all already; nothing to do") }
        guard write else {
            return tell("nothing was written; `tacho setup claude --write` does that")
        }
        guard try file.write(plan, instead: old) else { return }
        let backup = old == nil ? "" : "; what was there is in \(file.backupPath)"
        let effect =
            plan.hooksAreOff ? "No session is recorded yet" : "New sessions are recorded"
        tell("\(file.path) written\(backup). \(effect); --undo takes it back")
    }

    private func runUndo() throws(SettingsError) {
        let file = settingsFile()
        let (old, undoing) = try file.planUndo()
        switch undoing {
        case .restore(let bytes): show(file, old, bytes ?? [])
        case .remove(let plan): show(file, old, plan.bytes)
        }
        try file.undo(undoing, instead: old)
        switch undoing {
        case .restore(nil): tell("\(file.path) removed; it was not there before")
        case .restore: tell("\(file.path) is what it was before, byte for byte")
        case .remove(let plan) where plan.entries.isEmpty:
            tell("\(file.path) has nothing of ours; nothing to do")
        case .remove(let plan):
            tell(
                "\(file.path) was changed since, so that only our entries went: "
                    + plan.entries.joined(separator: ", "))
        }
    }

    private func writePlugin(_ directory: String) throws(SettingsError) {
        let files = try ClaudePlugin.write(
            to: directory, hook: try hookPath(), isVerbose: verbose, version: Tacho.version)
        for file in files { print(file + "\n") }
        tell("check it with `claude plugin validate --strict \(directory)`")
    }

    // MARK: Places

    private func settingsFile() -> SettingsFile {
        if let settings { return SettingsFile(path: settings) }
        switch scope {
        case .user:
            let directory =
                environment("CLAUDE_CONFIG_DIR") ?? (environment("HOME") ?? ".") + "/.claude"
            return SettingsFile(path: StoreDirectory.withoutSlash(directory) + "/settings.json")
        case .project: return SettingsFile(path: ".claude/settings.json")
        case .local: return SettingsFile(path: ".claude/settings.local.json")
        }
    }

    private func hookPath() throws(SettingsError) -> String {
        if let hook {
            guard let path = InstalledProgram.absolute(hook) else { throw .noProgram(hook) }
            return path
        }
        guard let path = InstalledProgram.path("tacho-hook") else {
            throw .noProgram("tacho-hook")
        }
        return path
    }

    // MARK: Saying

    private func show(_ file: SettingsFile, _ old: [UInt8], _ new: [UInt8]) {
        print(LineDiff.unified(old, new, oldName: file.path, newName: file.path))
    }

    /// A reader that goes away does not keep the file from being written.
    private func print(_ text: String) {
        try? Output.write(text)
    }

    private func tell(_ message: String) {
        if !messages.isQuiet { Output.note(message) }
    }
}

extension ExitStatus {
    init(_ error: SettingsError) {
        self =
            switch error {
            case .brokenJSON, .ambiguous, .unexpectedKind, .tooLarge: .badInput
            case .readOnly, .symbolicLink, .notAFile: .notAllowed
            case .changed: .busy
            case .system, .notEmpty, .noProgram: .failure
            }
    }
}
