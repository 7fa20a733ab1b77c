import TachoCapture
internal import TachoJSON
internal import TachoLog

// Sessions of other agents that are files of lines.

extension RecordTranslator {
    /// The events of a document, or of a record that has several in it, one after the other.
    mutating func parts(of document: UnsafeRawBufferPointer) -> [AgentDocument.Part] {
        guard document.first == UInt8(ascii: "{") else {
            return [
                AgentDocument.Part(translation: .rejected(.json(.notAnObject)), bytes: document)
            ]
        }
        switch kind {
        case .gemini: return AgentDocument.gemini(document, source: source, owner: owner)
        case .geminiLines: return partsOfGeminiLine(document)
        default: return AgentDocument.trajectory(document, source: source, owner: owner)
        }
    }

    /// A line of Gemini's newer sessions: the session's members, perhaps with the messages so far, a
    /// message, or a change of either.
    ///
    /// Messages have the ids they have in a document, so that a session which goes on in the other
    /// form tells its messages once more and counts none of them twice. The other lines say nothing
    /// twice: the chain tells them apart.
    private mutating func partsOfGeminiLine(
        _ line: UnsafeRawBufferPointer
    ) -> [AgentDocument.Part] {
        let record = JSONView(validated: line)
        chain.advance(line)
        if record["messages"]?.kind == .array, record["sessionId"] != nil {
            return AgentDocument.gemini(line, source: source, owner: owner)
        }
        if let changed = record["$set"], let messages = changed["messages"],
            messages.kind == .array
        {
            return AgentDocument.geminiMessages(messages, source: source, owner: owner)
                + [geminiEvent("update", AgentDocument.rest(of: changed), line)]
        }
        if record["id"]?.text()?.isEmpty == false {
            return [AgentDocument.geminiMessage(record, source: source, owner: owner)]
        }
        let type: ByteString =
            record["$set"] != nil ? "update" : record["$rewindTo"] != nil ? "rewind" : "session"
        return [geminiEvent(type, JSON.singleLine(line), line)]
    }

    private func geminiEvent(
        _ type: ByteString, _ data: [UInt8], _ line: UnsafeRawBufferPointer
    ) -> AgentDocument.Part {
        guard data.count <= NewEvent.maximumDataByteCount else {
            return AgentDocument.Part(translation: .rejected(.recordTooLong), bytes: line)
        }
        let record = JSONView(validated: line)
        let time = record["startTime"] ?? record.field("$set", "lastUpdated")
        let event = NewEvent(
            id: chain.id, stream: owner, type: DerivedType.make("gemini.", type.bytes),
            source: source, time: time.time, data: data)
        return AgentDocument.Part(translation: .event(event), bytes: line)
    }

    private static let agentKeys = JSONPicker([
        "type", "timestamp", "payload", "id", "event", "user_id", "time",
    ])

    /// Fills in the envelope of a record of Codex, Copilot, pi, or Aider.
    mutating func describeAgent(_ event: inout NewEvent, _ record: JSONView) {
        Self.agentKeys.pick(record, into: &slots)
        event.time = slots[1].time
        switch kind {
        case .codex where slots[2] == nil && !isWrappedCodex: describeBareCodex(&event)
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

extension RecordTranslator {
    /// Whether the type is one of those that have a payload.
    private var isWrappedCodex: Bool {
        ["session_meta", "turn_context", "compacted", "response_item", "event_msg"].contains {
            slots[0]?.equals($0) == true
        }
    }

    /// A record of Codex from before there were payloads: an item, the session, or a mark.
    private func describeBareCodex(_ event: inout NewEvent) {
        if let item = slots[0].text {
            event.type = DerivedType.make("codex.response_item.", item)
        } else {
            event.type = slots[3] == nil ? "codex.state" : "codex.session_meta"
        }
    }
}

extension SourceKind {
    /// Whether a file holds one session, which its first records name.
    var isOneSession: Bool {
        switch self {
        case .transcript, .iflowTranscript, .codex, .copilot, .pi, .geminiLines: true
        default: false
        }
    }

    /// Whether a file is one object that many events are made of.
    var isDocument: Bool { self == .gemini || self == .sweAgent }

    /// Whether one record can be several events.
    var hasParts: Bool { isDocument || self == .geminiLines }

    var chainName: StaticString {
        switch self {
        case .codex: "codex"
        case .copilot: "copilot"
        case .pi: "pi"
        case .gemini, .geminiLines: "gemini"
        case .sweAgent: "swe-agent"
        default: "record"
        }
    }

    /// The session that a record names.
    func session(of record: JSONView) -> [UInt8]? {
        func isOf(_ type: StaticString) -> Bool { record["type"]?.equals(type) == true }
        let session: JSONView? =
            switch self {
            case .codex where record["type"] == nil: record["id"]
            case .codex:
                isOf("session_meta")
                    ? record.field("payload", "id") ?? record.field("payload", "session_id") : nil
            case .copilot: isOf("session.start") ? record.field("data", "sessionId") : nil
            case .pi: isOf("session") ? record["id"] : nil
            default: record["sessionId"]
            }
        return session?.text().flatMap { $0.isEmpty ? nil : $0 }
    }
}
