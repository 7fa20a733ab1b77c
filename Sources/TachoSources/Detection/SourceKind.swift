/// What a file is, as far as its content and place tell.
package enum SourceKind: String, Hashable, Sendable, CaseIterable {
    // MARK: Imported

    /// Raw payloads of Claude Code's hooks, written down by a hook script.
    case hookLog = "hook-log"
    /// The seed's own `hook_events.jsonl`: `event_id`, `event_type`, `payload`.
    case adwHookLog = "adw-hook-log"
    case adwState = "adw-state"
    case adwPhases = "adw-phases"
    /// A run's directory itself: its name, what is in it, when it was changed.
    case adwDirectory = "adw-directory"
    /// What an agent printed: `--output-format stream-json`.
    case agentOutput = "agent-output"
    /// `execution.log`: text lines.
    case adwLog = "adw-log"
    case structuredLog = "structured-log"
    case transcript = "transcript"
    /// iFlow writes transcripts of Claude Code's shape; taken as such, under their own source, so
    /// that nobody takes its token counts (all 0) for Claude's.
    case iflowTranscript = "iflow-transcript"
    /// What Claude Code gives its status line, written down by a script: the object itself, or as
    /// `input_data` of an entry with the script's `timestamp`.
    case statusLine = "status-line"
    /// Exports of OpenTelemetry: logs, metrics, traces, in JSON or protobuf.
    case otlp

    /// Records of any other program; taken only when asked for, by a ``RecordMapping``.
    case ndjson
    /// Sessions of other agents, one event a record.
    case codex, copilot, pi
    /// Sessions of other agents that are one document, one event a message or step.
    case gemini
    /// Gemini's sessions since it writes them as lines: messages, and changes of what was said.
    case geminiLines = "gemini-lines"
    case sweAgent = "swe-agent"
    /// What Aider notes of each of its user's doings.
    case aider

    // MARK: Recognised, not imported by this version

    case costEstimates = "cost-estimates"
    case sidecar = "sidecar"
    case outputTwin = "output-twin"
    case blockedCommands = "blocked-commands"

    // MARK: Nothing to import

    case empty
    case unknownRecords = "unknown-records"
    case notALog = "not-a-log"
    case skippedDirectory = "skipped-directory"
    case symbolicLink = "symbolic-link"
    case notAFile = "not-a-file"
    case unreadable

    package var isImported: Bool {
        switch self {
        case .hookLog, .adwHookLog, .adwState, .adwPhases, .adwDirectory, .agentOutput, .adwLog,
            .structuredLog, .statusLine, .transcript, .iflowTranscript, .codex, .copilot, .pi,
            .gemini, .geminiLines, .sweAgent, .aider, .otlp, .ndjson:
            true
        default: false
        }
    }

    /// Why nothing is imported from it; `nil` for a kind that is imported.
    package var reason: String? {
        switch self {
        case .costEstimates: "a table of cost estimates, no log of events"
        case .sidecar: "a note of another tool beside a log; what it says is counted from the log"
        case .outputTwin: "the same records are in the .jsonl file beside it"
        case .blockedCommands: "a hook script's own log; the calls are in the hook log"
        case .empty: "the file is empty"
        case .unknownRecords:
            "JSON of no known shape; `--as ndjson --map …` imports it nevertheless"
        case .notALog: "not a log of an agent"
        case .skippedDirectory: "a directory that holds no logs of agents"
        case .symbolicLink: "a symbolic link, which is not followed"
        case .notAFile: "a pipe, socket, or device"
        case .unreadable: "it could not be read"
        default: nil
        }
    }

    /// A kind that `--kind` can name: where records are read one by one.
    package init?(importedName: String) {
        guard let kind = SourceKind(rawValue: importedName), kind.isImported, kind != .adwDirectory
        else { return nil }
        self = kind
    }
}

/// What a file was found to be.
package struct Detection: Hashable, Sendable {
    package let kind: SourceKind
    package let form: RecordForm

    package init(_ kind: SourceKind, _ form: RecordForm = .lines) {
        self.kind = kind
        self.form = form
    }
}

/// Where a file is: its path, and what its place says.
package struct SourcePlace: Sendable {
    /// Absolute; for people and reports.
    package let path: String
    /// The path's components, the file's own name last.
    package let components: [[UInt8]]
    /// Whether a `.jsonl` of the same name, with something in it, is beside it.
    package var hasLinesTwin = false

    package init(components: [[UInt8]], hasLinesTwin: Bool = false) {
        self.components = components
        self.hasLinesTwin = hasLinesTwin
        path = Self.path(components)
    }

    package static func path(_ components: [[UInt8]]) -> String {
        "/"
            + String(
                decoding: Array(components.joined(separator: [UInt8(ascii: "/")])), as: UTF8.self)
    }

    /// The file's name without the `.lz4` of a compressed one.
    package var name: [UInt8] {
        let name = components.last ?? []
        return name.hasSuffix(".lz4") ? name.dropLast(4) : name
    }

    /// The directory it is in: an agent's, in a run.
    package var directoryName: [UInt8]? { component(1) }
    /// The directory above: the run.
    package var grandparentName: [UInt8]? { component(2) }

    private func component(_ above: Int) -> [UInt8]? {
        components.count > above ? components[components.count - 1 - above] : nil
    }

    /// The name up to its last dot.
    package var stem: [UInt8] {
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return name }
        return Array(name[..<dot])
    }
}

extension [UInt8] {
    func hasSuffix(_ suffix: StaticString) -> Bool {
        suffix.withUTF8Buffer { suffix in
            count >= suffix.count && self[(count - suffix.count)...].elementsEqual(suffix)
        }
    }

    func equals(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { elementsEqual($0) }
    }

    func dropLast(_ count: Int) -> [UInt8] { Array(prefix(Swift.max(self.count - count, 0))) }
}
