import TachoCapture
internal import TachoJSON
internal import TachoLog

// Sessions of other agents that are files of lines.

extension RecordTranslator {
    /// The events of a document, one after the other.
    func parts(of document: UnsafeRawBufferPointer) -> [AgentDocument.Part] {
        guard document.first == UInt8(ascii: "{") else {
            return [
                AgentDocument.Part(translation: .rejected(.json(.notAnObject)), bytes: document)
            ]
        }
        return kind == .gemini
            ? AgentDocument.gemini(document, source: source, owner: owner)
            : AgentDocument.trajectory(document, source: source, owner: owner)
    }

    private static let agentKeys = JSONPicker([
        "type", "timestamp", "payload", "id", "event", "user_id", "time",
    ])

    /// Fills in the envelope of a record of Codex, Copilot, pi, or Aider.
    mutating func describeAgent(_ event: inout NewEvent, _ record: JSONView) {
        Self.agentKeys.pick(record, into: &slots)
        event.time = slots[1].time
        switch kind {
        case .codex:
            event.type = DerivedType.make("codex.", slots[0].text)
            let hasKind =
                slots[0]?.equals("response_item") == true || slots[0]?.equals("event_msg") == true
            guard hasKind else { return }
            let prefix = ByteString(event.type.bytes + [UInt8(ascii: ".")])
            event.type = DerivedType.make(prefix, slots[2]?["type"].text)
        case .copilot:
            event.type = DerivedType.make("copilot.", slots[0].text)
            if let id = slots[3].text, !id.isEmpty {
                event.id = Self.id(event.stream.bytes + [UInt8(ascii: "/")] + id)
            }
        case .pi: event.type = DerivedType.make("pi.", slots[0].text)
        default:
            event.type = DerivedType.make("aider.", slots[4].text)
            event.stream = EnvelopeText.encoded(slots[5].text ?? [], fallback: owner)
            // Seconds, whole ones, of the years to 9999.
            if let time = slots[6]?.integer(), (0..<253_402_300_800).contains(time) {
                event.time = Timestamp(milliseconds: time * 1000)
            }
        }
    }
}

extension SourceKind {
    /// Whether a file holds one session, which its first records name.
    var isOneSession: Bool {
        switch self {
        case .transcript, .iflowTranscript, .codex, .copilot, .pi: true
        default: false
        }
    }

    /// Whether a file is one object that many events are made of.
    var isDocument: Bool { self == .gemini || self == .sweAgent }

    var chainName: StaticString {
        switch self {
        case .codex: "codex"
        case .copilot: "copilot"
        case .pi: "pi"
        case .gemini: "gemini"
        case .sweAgent: "swe-agent"
        default: "record"
        }
    }

    /// The session that a record names.
    func session(of record: JSONView) -> [UInt8]? {
        func isOf(_ type: StaticString) -> Bool { record["type"]?.equals(type) == true }
        let session: JSONView? =
            switch self {
            case .codex: isOf("session_meta") ? record.field("payload", "id") : nil
            case .copilot: isOf("session.start") ? record.field("data", "sessionId") : nil
            case .pi: isOf("session") ? record["id"] : nil
            default: record["sessionId"]
            }
        return session?.text().flatMap { $0.isEmpty ? nil : $0 }
    }
}
