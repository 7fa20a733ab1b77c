import TachoJSON
package import TachoLog

/// Whose events are to be erased.
package struct ErasureSelector: Equatable, Sendable {
    package enum Kind: String, Sendable {
        /// A workflow: every event that mentions its id or that of a session in it.
        case workflow
        /// An agent's session: every event that mentions its id.
        case session
        /// A prompt: every event that mentions its id.
        case prompt
        /// A stream: its events and no others.
        case stream
        /// A field of a type's data: every event of the type that has it, with this value if one
        /// is named.
        case field
    }

    package let kind: Kind
    /// The id; of a field the value, empty for any.
    package let id: [UInt8]
    /// Of a field, the names of the members from `data` inwards.
    package let path: [[UInt8]]
    /// Of a field.
    package let type: TypePattern?

    package init(_ kind: Kind, id: String) {
        self.kind = kind
        self.id = Array(id.utf8)
        path = []
        type = nil
    }

    /// - Parameters:
    ///   - field: `data.user.name`, or `data.user.name=VALUE`.
    ///   - type: Whose data.
    package init?(field: String, type: TypePattern) {
        let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        var path = parts[0].split(separator: ".", omittingEmptySubsequences: false).map {
            Array($0.utf8)
        }
        if path.first == Array("data".utf8) { path.removeFirst() }
        guard !path.isEmpty, !path.contains([]) else { return nil }
        kind = .field
        id = parts.count > 1 ? Array(parts[1].utf8) : []
        self.path = path
        self.type = type
    }

    /// What the request is known by, once digested: equal for equal selectors.
    package var canonical: [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        writer.value(kind.rawValue)
        writer.value(id)
        for name in path { writer.value(name) }
        if let type { writer.value(type.description) }
        writer.endArray()
        return writer.bytes
    }

    /// The rule in words, without the id.
    package var rule: String {
        switch kind {
        case .workflow:
            "events of the workflow's stream, events of the sessions that the table sessions has "
                + "in it, and every other event that mentions one of these ids"
        case .session: "events of the session's stream, and every other that mentions its id"
        case .prompt: "every event that mentions the prompt's id"
        case .stream: "events of the stream, and no others"
        case .field:
            "every event of the type whose data has the field"
                + (id.isEmpty ? "" : " with this value") + "; an event goes as a whole"
        }
    }
}

/// A selector that knows what to look for: with the sessions of its workflow.
package struct ErasureMatcher: Sendable {
    package let selector: ErasureSelector
    /// Of a workflow.
    package let sessions: [ByteString]
    package let needles: Needles

    package init(_ selector: ErasureSelector, sessions: [ByteString]) {
        self.selector = selector
        self.sessions = sessions
        var needles = Needles()
        switch selector.kind {
        case .workflow, .session, .prompt:
            needles.add(selector.id)
            for session in sessions { needles.add(session.bytes) }
        case .stream:
            // In a record and in an active file alike; ids have no escapes.
            needles.add(
                pattern: Array("\"stream\":\"".utf8) + selector.id + Array("\",\"".utf8))
        case .field:
            if selector.id.count >= Needles.bareByteCount { needles.add(selector.id) }
        }
        self.needles = needles
    }

    /// Why an event is one of those to erase.
    package enum Reason: String, Sendable, Comparable {
        case stream, session, mention, field

        package static func < (left: Reason, right: Reason) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    /// - Returns: `nil` if the record is to stay.
    package func reason(_ record: RecordView) -> Reason? {
        switch selector.kind {
        case .stream: return record.stream.elementsEqual(selector.id) ? .stream : nil
        case .field: return hasField(record) ? .field : nil
        case .workflow, .session, .prompt:
            if record.stream.elementsEqual(selector.id) { return .stream }
            if sessions.contains(where: { $0.bytes.elementsEqual(record.stream) }) {
                return .session
            }
            return needles.occur(inLine: record.line) ? .mention : nil
        }
    }

    private func hasField(_ record: RecordView) -> Bool {
        guard let type = selector.type, type.matches(record.type) else { return false }
        var value: JSONView? = JSONView(validated: record.data)
        for name in selector.path {
            guard let object = value else { return false }
            value = nil
            object.forEachMember { key, member in
                if key.text() == name { value = member }
                return true
            }
        }
        guard let value else { return false }
        if selector.id.isEmpty { return true }
        return value.text() == selector.id || value.bytes.elementsEqual(selector.id)
    }
}
