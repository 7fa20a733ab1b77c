import TachoCapture
import TachoJSON
import TachoLog
import TachoProjections
import TachoSources

/// How recording is, source by source, and what needs attention.
struct Diagnosis {
    struct Finding {
        /// A word for programs.
        let check: String
        let needsAttention: Bool
        let message: String
        let nextStep: String
    }

    private(set) var findings: [Finding] = []
    private var sources: [(name: ByteString, activity: SourceActivity)] = []
    private let now: Timestamp

    init(
        _ location: StoreLocation, _ messages: MessageOptions, now: Timestamp = .now
    ) throws {
        self.now = now
        var sessions: Set<ByteString> = []
        do {
            let reader = try location.openReader()
            sessions = try examine(reader, location)
            findings += try NumberFindings(location, messages).findings
        } catch let error as LogError {
            switch error.code {
            case .notFound:
                add(
                    "store", false, "there is no store in \(location.path) yet",
                    "`tacho import ~/.claude/projects` takes in what is there")
            case .archived:
                // What is asked of the log is left out, and the rest is looked at.
                add(
                    "archive", true, "not all of the log can be read: \(error.message)",
                    "thaw it, or put the archive's directory in its place")
            default: throw error
            }
        }
        examineHooks()
        examineTranscripts(imported: sessions)
    }

    private mutating func add(
        _ check: String, _ needsAttention: Bool, _ message: String, _ nextStep: String
    ) {
        findings.append(
            Finding(
                check: check, needsAttention: needsAttention, message: message,
                nextStep: nextStep))
    }

    // MARK: The store

    private mutating func examine(
        _ reader: LogReader, _ location: StoreLocation
    ) throws(LogError) -> Set<ByteString> {
        let activity: LogActivity
        do {
            activity = try LogActivity(reader)
        } catch {
            throw error as? LogError ?? LogError(.system, "\(error)")
        }
        sources = activity.sources
        if let damage = activity.damage.first {
            add(
                "damage", true,
                "\(Quantity.count(activity.damage.count, "place")) of the log cannot be read: "
                    + damage.message,
                "`tacho verify --deep` says what is affected, `tacho repair` what can be done")
        }
        let survey = StoreSurvey(reader)
        if survey.spool.count > 0 {
            add(
                "spool", true,
                "in the spool: \(Quantity.count(survey.spool.count, "event")) that the store did not "
                    + "take",
                "the next `tacho append` or `tacho import` takes them in")
        }
        if survey.quarantine.count > 0 {
            add(
                "quarantine", true,
                "\(Quantity.count(survey.quarantine.count, "file")) with what was rejected "
                    + "(\(Quantity.bytes(survey.quarantine.byteCount)))",
                "look into \(location.layout.quarantine); every line says where it came from and why"
            )
        }
        return activity.transcriptSessions
    }

    // MARK: The agent

    private var configuration: String {
        StoreDirectory.withoutSlash(
            environment("CLAUDE_CONFIG_DIR") ?? (environment("HOME") ?? ".") + "/.claude")
    }

    private mutating func examineHooks() {
        let files = [
            configuration + "/settings.json", ".claude/settings.json",
            ".claude/settings.local.json",
        ]
        var commands: [String: String] = [:]
        for file in files {
            // What is not there, or cannot be read, says nothing.
            guard let text = SettingsFile(path: file).lookedAt(), !text.isEmpty else { continue }
            do throws(SettingsError) {
                for (event, command) in try SettingsPlan.recorders(in: text) {
                    commands[event] = command
                }
            } catch {
                add("settings", false, error.description, "look into \(file)")
            }
        }
        let wanted = ClaudeRegistration(hook: "tacho-hook").events
        let missing = wanted.filter { commands[$0] == nil }
        let setup = "`tacho setup claude` shows what would be added, --write adds it"
        if commands.isEmpty {
            let hadHooks = activity(of: "claude-code/hook") != nil
            add("hooks", hadHooks, "Claude Code's settings have no hook of ours", setup)
        } else if !missing.isEmpty {
            add(
                "hooks", false,
                "\(Quantity.count(missing.count)) of \(wanted.count) hook events are not recorded: "
                    + missing.joined(separator: ", "), setup)
        }
        for command in Set(commands.values).sorted()
        where command.hasPrefix("/") && !command.contains(" ")
            && InstalledProgram.absolute(command) == nil
        {
            add(
                "hook-program", true, "the hooks start \(command), which is not there",
                "`tacho setup claude --undo`, then --write with the program's new place")
        }
    }

    private func activity(of source: ByteString) -> SourceActivity? {
        sources.first { $0.name == source }?.activity
    }

    private mutating func examineTranscripts(imported sessions: Set<ByteString>) {
        let transcripts = AgentTranscripts(configuration: configuration)
        let step = "`tacho import \(configuration)/projects` keeps them"
        let endangered = transcripts.endangered(imported: sessions, at: now)
        if let first = endangered.first {
            add(
                "retention", true,
                "the agent removes \(Quantity.count(endangered.count, "transcript")) within five days "
                    + "(it keeps them \(transcripts.keptDays)), and they are not imported, as "
                    + TerminalText.sanitized(first.path), step)
        }
        let others = transcripts.files.count { !sessions.contains($0.session) } - endangered.count
        if others > 0 {
            add(
                "transcripts", false,
                "\(Quantity.count(others, "newer transcript")) \(others == 1 ? "is" : "are") not "
                    + "imported yet", step)
        }
        if let written = transcripts.lastModified,
            let recorded = activity(of: "claude-code/hook")?.lastRecorded,
            written.microseconds - recorded.microseconds > 3_600_000_000
        {
            add(
                "hook-lag", true,
                "the agent wrote a transcript \(Quantity.moment(written)), and no hook has come since "
                    + Quantity.moment(recorded),
                "are the hooks still in its settings? `tacho setup claude` shows what is missing")
        }
    }

    // MARK: Saying

    func print(_ output: OutputOptions) throws(OutputError) {
        switch output.format {
        case .json: return try Output.write(json)
        case .csv: return try listing.print(output)
        case .text: break
        }
        try listing.print(output)
        let style = output.style
        var text = sources.isEmpty ? "" : "\n"
        for finding in findings {
            let sign =
                finding.needsAttention
                ? style.apply(.bad, "attention") : style.apply(.faint, "note     ")
            text += "\(sign)  \(finding.message)\n           next: \(finding.nextStep)\n"
        }
        if findings.isEmpty { text += style.apply(.good, "ok") + "  nothing needs attention\n" }
        try Output.write(text)
    }

    private var listing: Listing {
        var listing = Listing(
            schema: "tacho.doctor.sources/1",
            fields: [
                // Cut at 12, two agents of a run are one.
                .init("source", minimum: 36), .init("events", right: true),
                .init("first", drop: 2),
                .init("last"), .init("lag_seconds", "lag", right: true),
                .init("days", "active days", right: true, drop: 3),
                .init("longest_gap_days", "longest gap, d", right: true, drop: 1),
            ])
        listing.emptyMessage = "No events yet."
        listing.rows = sources.map { name, activity in
            [
                .text(name.description), .count(activity.eventCount),
                activity.first.map { .moment($0) } ?? .unknown,
                activity.last.map { .moment($0) } ?? .unknown, .seconds(Double(lag(activity))),
                .count(activity.days.count),
                .number(activity.longestGapDays),
            ]
        }
        return listing
    }

    /// Since its last event, in seconds.
    private func lag(_ activity: SourceActivity) -> Int64 {
        let last = activity.last ?? now
        return max(0, (now.microseconds - last.microseconds) / 1_000_000)
    }

    private var json: [UInt8] {
        let listing = listing
        return JSONEnvelope(schema: "tacho.doctor/1").bytes { writer in
            writer.beginObject()
            writer.key("sources")
            writer.beginArray()
            for row in listing.rows {
                writer.beginObject()
                for (field, cell) in zip(listing.fields, row) {
                    writer.key(field.key)
                    cell.write(to: &writer)
                }
                writer.endObject()
            }
            writer.endArray()
            writer.key("findings")
            writer.beginArray()
            for finding in findings {
                writer.beginObject()
                writer.key("check")
                writer.value(finding.check)
                writer.key("needs_attention")
                writer.value(finding.needsAttention)
                writer.key("message")
                writer.value(finding.message)
                writer.key("next_step")
                writer.value(finding.nextStep)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
    }
}
