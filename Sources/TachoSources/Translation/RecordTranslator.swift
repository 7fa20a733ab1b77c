import TachoCapture
import TachoEvents
internal import TachoJSON
internal import TachoLog

/// What became of a record's bytes.
enum Translation {
    case event(NewEvent)
    case rejected(RejectionReason)
}

/// Turns the records of one file into events, as the kind of the file says.
///
/// Data is the record's own bytes on one line; nothing is added, taken away, or invented. A record
/// without a time gives an event without one.
struct RecordTranslator: ~Copyable {
    let kind: SourceKind
    let source: ByteString
    /// The run the file lies in, or the session it tells of; for records that name none.
    let owner: ByteString
    /// What the file's name says its hook payloads are.
    private let hookName: ByteString?
    /// Of kind `ndjson`.
    private let mapping: RecordMapping
    var chain: PrefixChain
    var slots: [JSONView?] = []

    /// Where in the chain of records it stands.
    var chainState: Digest256 {
        get { chain.state }
        set { chain.state = newValue }
    }

    /// `session` is the first that a transcript, or a session of another agent, names.
    init(
        _ kind: SourceKind, _ place: SourcePlace, session: [UInt8]?, mapping: RecordMapping
    ) {
        self.kind = kind
        self.mapping = mapping
        hookName = kind == .hookLog ? HookEvent.name(fileName: place.name) : nil
        let run = WorkflowID.stream(place.grandparentName ?? []) ?? "unknown"
        let part = EnvelopeText.encoded(Array("/".utf8) + (place.directoryName ?? []))
        switch kind {
        case .adwLog:
            source = ByteString("adw/log".utf8 + part.bytes)
            owner = run
            chain = PrefixChain(kind: "log-line", owner: owner.bytes + source.bytes)
        case .agentOutput where place.name.isRawOutput:
            source = ByteString("adw/output".utf8 + part.bytes)
            owner = run
            chain = PrefixChain(kind: "output", owner: owner.bytes + source.bytes)
        case .agentOutput:
            source = "claude-code/output"
            owner = ""
            chain = PrefixChain(kind: "output")
        case .transcript, .iflowTranscript:
            source = kind == .transcript ? "claude-code/transcript" : "iflow/transcript"
            owner = EnvelopeText.encoded(session ?? place.stem)
            chain = PrefixChain(kind: "transcript", owner: owner.bytes)
        case .ndjson:
            source = mapping.source
            owner = mapping.stream ?? EnvelopeText.encoded(place.stem)
            chain = PrefixChain(kind: "ndjson", owner: owner.bytes)
        case .codex, .copilot, .pi:
            source = ByteString("\(kind.rawValue)/session")
            owner = EnvelopeText.encoded(session ?? place.stem)
            chain = PrefixChain(kind: kind.chainName, owner: owner.bytes)
        case .geminiLines:
            source = "gemini/session"
            owner = EnvelopeText.encoded(session ?? place.stem)
            chain = PrefixChain(kind: kind.chainName, owner: owner.bytes)
        case .gemini, .sweAgent:
            source = ByteString("\(kind.rawValue)/session")
            owner = AgentDocument.stream(of: place)
            chain = PrefixChain(kind: kind.chainName)
        case .aider:
            source = "aider/analytics"
            owner = "unknown"
            chain = PrefixChain(kind: "aider")
        case .adwHookLog:
            source = "adw/hook-log"
            owner = "unknown"
            chain = PrefixChain(kind: "adw-hook-log")
        case .structuredLog:
            source = "adw/structured-log"
            owner = "general"
            chain = PrefixChain(kind: "structured-log")
        case .statusLine:
            source = "claude-code/status-line"
            owner = "unknown"
            chain = PrefixChain(kind: "status-line")
        default:
            source = "claude-code/hook-log"
            owner = "unknown"
            chain = PrefixChain(kind: "hook-log")
        }
    }

    /// Takes one valid JSON value, or a text record of an `execution.log`.
    mutating func translate(_ record: UnsafeRawBufferPointer) -> Translation {
        if kind == .adwLog { return translateText(record) }
        guard record.first == UInt8(ascii: "{") else { return .rejected(.json(.notAnObject)) }
        let hasLineBreaks =
            record.firstIndex(of: 0x0A, from: 0) != nil
            || record.firstIndex(of: 0x0D, from: 0) != nil
        let data = hasLineBreaks ? JSON.singleLine(record) : Array(record)
        guard data.count <= NewEvent.maximumDataByteCount else { return .rejected(.recordTooLong) }
        var event = NewEvent(stream: owner, type: "", source: source, data: data)
        data.withUnsafeBytes { line in
            chain.advance(line)
            describe(&event, JSONView(validated: line))
        }
        return .event(event)
    }

    /// Fills in the envelope of a record.
    private mutating func describe(_ event: inout NewEvent, _ record: JSONView) {
        switch kind {
        case .adwHookLog: describeStoredHook(&event, record)
        case .agentOutput: describeOutput(&event, record)
        case .transcript, .iflowTranscript: describeTranscript(&event, record)
        case .structuredLog: describeStructuredLog(&event, record)
        case .statusLine: describeStatusLine(&event, record)
        case .ndjson: describeMapped(&event, record)
        case .codex, .copilot, .pi, .aider: describeAgent(&event, record)
        default: describeHook(&event, record)
        }
        if event.id == nil { event.id = chain.id }
    }

    // MARK: - Kinds

    private static let hookKeys = JSONPicker([
        "hook_event_name", "session_id", "cwd", "timestamp", "tool_response",
    ])

    private mutating func describeHook(_ event: inout NewEvent, _ record: JSONView) {
        Self.hookKeys.pick(record, into: &slots)
        let name =
            slots[0].text ?? hookName?.bytes
            ?? Array(slots[4] == nil ? "PreToolUse".utf8 : "PostToolUse".utf8)
        event.type = DerivedType.make("hook.", name)
        event.stream =
            slots[2].text.flatMap { WorkflowID.worktree(in: $0) }.flatMap { WorkflowID.stream($0) }
            ?? EnvelopeText.encoded(slots[1].text ?? [], fallback: owner)
        event.time = slots[3].time
    }

    private static let storedHookKeys = JSONPicker([
        "event_id", "event_type", "workflow_id", "session_id", "timestamp",
    ])

    private mutating func describeStoredHook(_ event: inout NewEvent, _ record: JSONView) {
        Self.storedHookKeys.pick(record, into: &slots)
        event.id = slots[0].text.flatMap { Self.id($0) }
        event.type = DerivedType.make("hook.", slots[1].text)
        event.stream =
            slots[2].text.flatMap { WorkflowID.stream($0) }
            ?? EnvelopeText.encoded(slots[3].text ?? [], fallback: owner)
        event.time = slots[4].time
    }

    private static let outputKeys = JSONPicker(["type", "session_id"])

    private mutating func describeOutput(_ event: inout NewEvent, _ record: JSONView) {
        Self.outputKeys.pick(record, into: &slots)
        event.type = DerivedType.make("output.", slots[0].text)
        if owner.isEmpty { event.stream = EnvelopeText.encoded(slots[1].text ?? []) }
    }

    private static let transcriptKeys = JSONPicker(["type", "sessionId", "uuid", "timestamp"])

    private mutating func describeTranscript(_ event: inout NewEvent, _ record: JSONView) {
        Self.transcriptKeys.pick(record, into: &slots)
        event.type = DerivedType.make("transcript.", slots[0].text)
        event.stream = EnvelopeText.encoded(slots[1].text ?? [], fallback: owner)
        if let uuid = slots[2].text, !uuid.isEmpty {
            event.id = Self.id(event.stream.bytes + [UInt8(ascii: "/")] + uuid)
        }
        event.time = slots[3].time
    }

    private static let statusLineKeys = JSONPicker(["input_data", "session_id", "timestamp"])

    private mutating func describeStatusLine(_ event: inout NewEvent, _ record: JSONView) {
        Self.statusLineKeys.pick(record, into: &slots)
        event.type = EventType.statusLine
        let session = slots[0]?["session_id"].text ?? slots[1].text
        event.stream = EnvelopeText.encoded(session ?? [], fallback: owner)
        event.time = slots[2].time
    }

    private static let structuredLogKeys = JSONPicker([
        "event_type", "workflow_status", "phase_status", "adw_id", "event_id", "timestamp",
    ])

    /// Takes both shapes of line (semantics §2.3), and bodies of task logs.
    ///
    /// The workflow's writer names the kind in `event_type`; the server's line has a status that
    /// only its kind has, and the body of a task log has the phase's.
    private mutating func describeStructuredLog(_ event: inout NewEvent, _ record: JSONView) {
        Self.structuredLogKeys.pick(record, into: &slots)
        let saysPhase = slots[0]?.equals("phase") == true
        if !saysPhase, let status = slots[1].text {
            event.type = DerivedType.make("workflow.", status)
        } else if slots[0]?.equals("workflow") != true, let status = slots[2].text {
            event.type = DerivedType.make("phase.", status)
        } else {
            event.type = "log.record"
        }
        event.stream = slots[3].text.flatMap { WorkflowID.stream($0) } ?? owner
        event.id = slots[4].text.flatMap { Self.id($0) }
        event.time = slots[5].time
    }

    private func describeMapped(_ event: inout NewEvent, _ record: JSONView) {
        event.type =
            mapping.text(.type, in: record).map { DerivedType.make("", $0) }
            ?? mapping.type ?? "ndjson.record"
        // The store's own history is nobody else's to write.
        if event.type.bytes.withUnsafeBytes({ $0.hasPrefix(EventType.tachoPrefix) }) {
            event.type = DerivedType.make("ndjson.", event.type.bytes)
        }
        event.stream = mapping.text(.stream, in: record).map { EnvelopeText.encoded($0) } ?? owner
        event.id = mapping.text(.id, in: record).map {
            EnvelopeText.encoded(event.stream.bytes + [UInt8(ascii: "/")] + $0)
        }
        event.time = mapping.time(in: record)
        if let data = mapping.value(.data, in: record), data.kind == .object {
            event.data = JSON.singleLine(data.bytes)
        }
    }

    private mutating func translateText(_ record: UnsafeRawBufferPointer) -> Translation {
        guard let line = TextLine(record),
            let message = String(validating: record[line.message], as: UTF8.self)
        else { return .rejected(.json(.invalidUTF8)) }
        chain.advance(record)
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("level")
        writer.value(UnsafeRawBufferPointer(rebasing: record[line.level]))
        writer.key("message")
        writer.value(message)
        writer.endObject()
        return .event(
            NewEvent(
                id: chain.id, stream: owner, type: "log.line", source: source, time: line.time,
                data: writer.bytes))
    }

    /// An id of the producer's, if it can stand in an envelope.
    static func id(_ bytes: [UInt8]) -> ByteString? {
        let id = ByteString(bytes)
        return EnvelopeText.isValid(id) ? id : nil
    }
}

extension JSONView? {
    var text: [UInt8]? { self?.text() }

    var time: Timestamp? {
        self?.withText { Timestamp(iso8601: $0) } ?? nil
    }
}

extension [UInt8] {
    /// Whether a file of this name holds an agent's output in a run's directory.
    var isRawOutput: Bool { hasSuffix("raw_output.jsonl") || hasSuffix("raw_output.json") }
}
