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
        _ type: ByteString, _ members: [(key: String, text: String?)], cost: String? = nil,
        to step: LifeCycleStep? = nil
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
        let before = entry?.status ?? "detected"
        var sheet = FactSheet(schema: "tacho.pattern-review/1")
        sheet.add("pattern_id", "pattern", .text(key))
        if let step {
            sheet.add("status", "status", .text(step.status), note: "was \(before)")
            sheet.add("status_before", nil, .text(before))
            sheet.warnings += [step.warning(after: before)].compactMap(\.self)
        }
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
            writer.value(PicoDollars.text(savings))
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
            writer.value(PicoDollars.text(savings))
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

/// A step of a pattern's life, and where it usually comes from.
///
/// No step is refused (semantics §5.10: an approved pattern can be rejected and back), but one that
/// skips another is told.
struct LifeCycleStep {
    let status: String
    /// The states before it.
    private let usual: Set<String>
    private let hint: String

    private static let undecided: Set<String> = ["detected", "predicted", "candidate", "in_review"]

    static let submitted = LifeCycleStep(
        status: "in_review", usual: undecided.union(["rejected", "deprecated"]),
        hint: "it was decided already")
    static let approved = LifeCycleStep(
        status: "approved", usual: undecided.union(["rejected", "deprecated"]),
        hint: "it was approved before")
    static let rejected = LifeCycleStep(
        status: "rejected", usual: undecided.union(["approved"]),
        hint: "`deprecate` is for a tool that is used no longer")
    static let implemented = LifeCycleStep(
        status: "implemented", usual: ["approved"], hint: "nobody has approved it last")
    static let activated = LifeCycleStep(
        status: "active", usual: ["implemented"],
        hint: "`implement` names the tool, and `roi` measures from there")
    static let deprecated = LifeCycleStep(
        status: "deprecated", usual: ["implemented", "active"], hint: "no tool of it is in use")

    /// `nil` if the step is the usual one.
    func warning(after before: String) -> String? {
        usual.contains(before) ? nil : "recorded, though it was \(before): \(hint)"
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
            EventType.patternReviewed, [("action", "submitted"), ("notes", notes)],
            to: .submitted)
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
            EventType.patternReviewed, [("action", "approved"), ("notes", notes)],
            to: .approved)
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
            EventType.patternReviewed, [("action", "rejected"), ("reason", reason)],
            to: .rejected)
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

    func validate() throws {
        guard let cost else { return }
        let amount = PicoDollars.exact(cost.utf8)
        if amount == nil || amount ?? 0 < 0 {
            throw ValidationError("--cost is an amount in dollars, such as 12.50; \(cost) is none.")
        }
    }

    func run() throws {
        try review.append(
            EventType.patternImplemented, [("tool_name", tool), ("tool_script_path", script)],
            cost: cost, to: .implemented)
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
            EventType.patternReviewed, [("action", "activated"), ("notes", notes)],
            to: .activated)
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
            EventType.patternReviewed, [("action", "deprecated"), ("reason", reason)],
            to: .deprecated)
    }
}
