import ArgumentParser
import TachoEvents
import TachoInsights
import TachoJSON
import TachoLog
import TachoProjections

/// What all decisions have in common: the pattern, who decides, and why.
struct ReviewOptions: ParsableArguments {
    @Argument(help: "The pattern's id, or the beginning of it.")
    var id: String

    @Option(help: "Who decides. (default: system)")
    var reviewer = "system"

    @OptionGroup var mining: MiningOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    /// Appends one event about the pattern, and what makes it known before that, if nothing did.
    func append(
        _ type: ByteString, _ members: [(key: String, text: String?)], cost: String? = nil
    ) throws {
        let tables = try OpenTables(PatternBoard.wantedTables, in: location, output.messages)
        try tables.checkDamage()
        let board = try PatternBoard(tables, mining)
        let known = try tables.table("operation_patterns")
        let entry = board.entry(id)
        // What was decided about stays, also when it no longer repeats.
        guard entry != nil || known.row(forKey: ByteString(id)) != nil else {
            throw Failure.unknownPattern(id)
        }
        let key = entry?.id ?? id
        var events: [NewEvent] = []
        if let entry, known.row(forKey: ByteString(key)) == nil { events.append(Self.found(entry)) }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("pattern_id")
        writer.value(key)
        writer.key("reviewer")
        writer.value(reviewer)
        for (key, text) in members {
            guard let text else { continue }
            writer.key(key)
            writer.value(text)
        }
        if let cost {
            writer.key("implementation_cost_usd")
            writer.value(cost)
        }
        if let entry, type == EventType.patternReviewed { Self.write(entry, to: &writer) }
        writer.endObject()
        events.append(Self.event(type, writer.bytes))
        var log = try location.openWriter(creates: false, output.messages)
        _ = try log.append(events)
        var sheet = FactSheet(schema: "tacho.pattern-review/1")
        sheet.add("pattern_id", "pattern", .text(key))
        sheet.add("type", "event", .text(type.description))
        sheet.add("reviewer", "reviewer", .text(reviewer))
        try sheet.print(output)
    }

    private static func event(_ type: ByteString, _ data: [UInt8]) -> NewEvent {
        NewEvent(
            stream: "patterns", type: type, source: "tacho/patterns",
            time: Timestamp.now.inMilliseconds, data: data)
    }

    /// A sequence or a finding is known from the moment at which somebody decides about it.
    private static func found(_ entry: PatternBoard.Entry) -> NewEvent {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("pattern_id")
        writer.value(entry.id)
        writer.key("pattern_type")
        writer.value(entry.kind)
        writer.key("typical_input_pattern")
        writer.value(entry.text)
        if !entry.tools.isEmpty {
            writer.key("typical_operations")
            writer.beginArray()
            for tool in entry.tools { writer.value(tool) }
            writer.endArray()
        }
        writer.key("occurrence_count")
        writer.value(entry.count)
        if let confidence = entry.confidence {
            writer.key("confidence_score")
            writer.value(confidence * 100)
        }
        if let savings = entry.savings {
            writer.key("potential_monthly_savings")
            writer.value(Money.dollars(savings))
        }
        writer.endObject()
        return event(EventType.patternDetected, writer.bytes)
    }

    /// What the reviewer saw.
    private static func write(_ entry: PatternBoard.Entry, to writer: inout JSONWriter) {
        if let confidence = entry.confidence {
            writer.key("confidence_score")
            writer.value(confidence)
        }
        writer.key("occurrence_count")
        writer.value(entry.count)
        if let savings = entry.savings {
            writer.key("estimated_savings_usd")
            writer.value(Money.dollars(savings))
        }
        writer.key("tool_sequence")
        writer.value(entry.kind == "sequence" ? entry.text : entry.kind)
        writer.key("pattern_context")
        writer.value(entry.text)
        writer.key("example_sessions")
        writer.beginArray()
        for key in entry.evidence.keys { writer.value(key) }
        writer.endArray()
    }
}

struct PatternsSubmitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Put a pattern before a person: it is in review.")

    @Option(help: "Why.")
    var notes: String?

    @OptionGroup var review: ReviewOptions

    func run() throws {
        try review.append(
            EventType.patternReviewed, [("action", "submitted"), ("notes", notes)])
    }
}

struct PatternsApproveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Say that a pattern is worth a tool.")

    @Option(help: "Why.")
    var notes: String?

    @OptionGroup var review: ReviewOptions

    func run() throws {
        try review.append(
            EventType.patternReviewed, [("action", "approved"), ("notes", notes)])
    }
}

struct PatternsRejectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject", abstract: "Say that a pattern is not worth a tool.")

    @Option(help: "Why.")
    var reason: String

    @OptionGroup var review: ReviewOptions

    func run() throws {
        try review.append(
            EventType.patternReviewed, [("action", "rejected"), ("reason", reason)])
    }
}

struct PatternsCommentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "comment", abstract: "Note something about a pattern.")

    @Option(help: "What.")
    var text: String

    @OptionGroup var review: ReviewOptions

    func run() throws {
        try review.append(EventType.patternCommented, [("comment", text)])
    }
}

struct PatternsImplementCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "implement",
        abstract: "Say that a tool does now what a pattern describes.",
        discussion: """
            From this moment on `tacho patterns roi` compares with what was before.

            EXAMPLES
              tacho patterns implement test:pytest:backend --tool run_tests --cost 40
            """)

    @Option(help: "The tool's name.")
    var tool: String

    @Option(help: "Where it is.")
    var script: String?

    @Option(help: "Dollars that it cost to make.")
    var cost: String?

    @OptionGroup var review: ReviewOptions

    func run() throws {
        try review.append(
            EventType.patternImplemented, [("tool_name", tool), ("tool_script_path", script)],
            cost: cost)
    }
}

struct PatternsActivateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate", abstract: "Say that a pattern's tool is in use everywhere.")

    @Option(help: "Why.")
    var notes: String?

    @OptionGroup var review: ReviewOptions

    func run() throws {
        try review.append(
            EventType.patternReviewed, [("action", "activated"), ("notes", notes)])
    }
}

struct PatternsDeprecateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deprecate", abstract: "Say that a pattern's tool is used no longer.")

    @Option(help: "Why.")
    var reason: String

    @OptionGroup var review: ReviewOptions

    func run() throws {
        try review.append(
            EventType.patternReviewed, [("action", "deprecated"), ("reason", reason)])
    }
}
