import TachoCapture

/// What Claude Code's settings need so that it is recorded.
///
/// Source: ecosystem §3.1 (hooks), §3.2 (status line), §3.6 (telemetry).
package struct ClaudeRegistration: Sendable {
    /// Path of `tacho-hook`.
    package var hook: String
    /// Path of `tacho`, for the status line; `nil` leaves that alone.
    package var statusLine: String?
    /// Whether a status line that is there becomes a part of ours; else it is left alone.
    package var joinsStatusLine = false
    package var hasTelemetry = false
    /// Also events that come at a high rate or say what others have said.
    package var isVerbose = false

    package init(hook: String) {
        self.hook = hook
    }

    /// Not hooked: a hook of `WorktreeCreate` replaces what git does.
    private static let harmful = ["WorktreeCreate"]
    private static let verbose = ["MessageDisplay", "PostToolBatch"]
    /// Seconds.
    private static let timeout = 5

    /// In the order of the agent's documentation.
    package var events: [String] {
        HookEvent.names.map { "\($0)" }.filter {
            !Self.harmful.contains($0) && (isVerbose || !Self.verbose.contains($0))
        }
    }

    /// One group without a matcher: every call of the event.
    var group: SettingsValue { .object([.init("hooks", .array([handler]))]) }

    private var handler: SettingsValue {
        var members: [SettingsValue.Member] = [
            .init("type", .text("command")), .init("command", .text(Self.shellWord(hook))),
        ]
        // With `args` no shell is started. A path that a shell would take apart is quoted for one.
        if Self.isPlain(hook) { members.append(.init("args", .array([]))) }
        return .object(members + [.init("timeout", .integer(Self.timeout))])
    }

    func statusLineValue(_ program: String) -> SettingsValue {
        .object([
            .init("type", .text("command")),
            .init("command", .text(Self.shellWord(program) + " statusline")),
            .init("padding", .integer(0)),
        ])
    }

    /// Ours, which runs another and shows both.
    func statusLineCommand(_ program: String, with other: String) -> String {
        "\(Self.shellWord(program)) \(Self.joining) \(Self.quoted(other))"
    }

    private static let joining = "statusline --with"

    static let telemetry: [(name: String, value: String)] = [
        ("CLAUDE_CODE_ENABLE_TELEMETRY", "1"),
        ("OTEL_METRICS_EXPORTER", "otlp"),
        ("OTEL_LOGS_EXPORTER", "otlp"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"),
    ]

    private static func isPlain(_ path: String) -> Bool {
        path.utf8.allSatisfy { $0.isASCIIAlphanumeric || "/._-+@".utf8.contains($0) }
    }

    /// The path as one word of a shell.
    private static func shellWord(_ path: String) -> String {
        isPlain(path) ? path : quoted(path)
    }

    private static func quoted(_ text: String) -> String {
        "'"
            + text.split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "'\\''") + "'"
    }

    /// Whether a command is a recorder of ours, wherever it lies: `/x/tacho-hook`, `tacho hook`.
    static func isRecorder(_ command: String, arguments: [String]) -> Bool {
        let words = command.split(separator: " ").map { $0.filter { $0 != "'" && $0 != "\"" } }
        guard let last = words.last else { return false }
        let program = last.split(separator: "/").last ?? ""
        if program == "tacho-hook" { return true }
        if program == "tacho", arguments.first == "hook" { return true }
        return last == "hook" && words.dropLast().last?.split(separator: "/").last == "tacho"
    }

    /// The other command in a status line of ours that runs one.
    static func joinedStatusLine(_ command: String) -> String? {
        let parts = command.split(separator: " \(joining) '", maxSplits: 1)
        guard parts.count == 2, isStatusLine(parts[0] + " statusline"), parts[1].hasSuffix("'")
        else { return nil }
        return parts[1].dropLast().split(separator: "'\\''", omittingEmptySubsequences: false)
            .joined(separator: "'")
    }

    static func isStatusLine(_ command: String) -> Bool {
        if joinedStatusLine(command) != nil { return true }
        let words = command.split(separator: " ").map { $0.filter { $0 != "'" && $0 != "\"" } }
        return words.last == "statusline"
            && words.dropLast().last?.split(separator: "/").last == "tacho"
    }
}
