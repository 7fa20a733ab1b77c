import TachoJSON
package import TachoLog

/// How one agent writes its sessions down.
///
/// Readers are lenient: what is missing or of another kind is not said, and a record that says
/// nothing of interest has no activity.
package protocol AgentFormat: Sendable {
    /// What the types of its events begin with, as in `codex.`.
    static var prefix: StaticString { get }

    /// Calls `body` with what the event says, in the record's order.
    ///
    /// `name` is the type without the prefix. Views that are handed on are valid inside of the
    /// call only.
    static func forEachActivity(
        in event: Event, name: UnsafeRawBufferPointer, _ body: (AgentActivity) -> Void)
}

/// All agents whose sessions are read through ``AgentActivity``.
package enum AgentFormats {
    package static let all: [any AgentFormat.Type] = [
        CodexFormat.self, CopilotFormat.self, GeminiFormat.self, PiFormat.self,
        SWEAgentFormat.self, AiderFormat.self,
    ]

    /// The types of their events, for a projector's inputs.
    package static let inputs: [TypePattern] = all.map {
        TypePattern(ByteString(Array("\($0.prefix)*".utf8)))
    }

    /// Calls `body` with what the event says; not at all for an event of another source.
    package static func forEachActivity(in event: Event, _ body: (AgentActivity) -> Void) {
        for format in all {
            if let name = event.name(after: format.prefix) {
                return format.forEachActivity(in: event, name: name, body)
            }
        }
    }
}

extension Event {
    /// Whether it is a record of an agent's session that is read through ``AgentActivity``.
    ///
    /// Asked of every event: the first letter says no for nearly all of Claude Code's.
    package var isOfAgentSession: Bool {
        switch type.first {
        case UInt8(ascii: "c"): type.hasPrefix("codex.") || type.hasPrefix("copilot.")
        case UInt8(ascii: "g"): type.hasPrefix("gemini.")
        case UInt8(ascii: "p"): type.hasPrefix("pi.")
        case UInt8(ascii: "s"): type.hasPrefix("swe-agent.")
        case UInt8(ascii: "a"): type.hasPrefix("aider.")
        default: false
        }
    }
}

extension Event {
    /// Whether a record of an agent's session can tell of tokens.
    ///
    /// Of Codex, what is said, called, and returned never does, and undoing the escapes of a command's
    /// output takes longer than all else that is read of it.
    package var mayTellTokens: Bool { !type.hasPrefix("codex.response_item.") }
}

extension JSONView {
    /// Of what is said in one piece or in parts: the text, or that of the first part that has one.
    var firstText: JSONView? {
        if kind == .string { return self }
        var text: JSONView?
        forEachElement { part in
            text = part["text"]
            return text == nil
        }
        return text
    }

    /// Of the value that a text holds as JSON, else of the text itself.
    func withParsedText<Result>(_ body: (JSONView) -> Result) -> Result {
        let parsed: Result?? = withText { text -> Result? in
            // Text that is no JSON is an argument like any other.
            guard (try? JSON.validate(text)) != nil else { return nil }
            return body(JSONView(validated: text))
        }
        return (parsed ?? nil) ?? body(self)
    }
}

extension UnsafeRawBufferPointer {
    /// The beginning of an error, as it is kept.
    var errorText: ByteString {
        ByteString(prefix(characterBytes: AgentCallResult.errorByteLimit))
    }
}
