package import TachoEvents
import TachoJSON
package import TachoLog
import TachoProjections

/// The words in which a person asked an agent for something, whichever agent it was.
package struct PromptText: Sendable {
    /// No more than ``byteLimit`` bytes; of a command `/name arguments`, as it was typed; `nil` where
    /// the agent keeps it to itself, as Aider does.
    package let text: String?
    /// How long all of it is, in bytes.
    package let byteCount: Int?

    /// The types of the events that tell prompts.
    package static let types: [TypePattern] = TypedPrompt.types + AgentFormats.inputs

    private static let byteLimit = 4096

    /// - Returns: `nil` if the event tells no prompt.
    package init?(_ event: Event) {
        guard event.isOfAgentSession else {
            let view = TypedPrompt.text(event) ?? TypedPrompt.command(event)
            guard let view, let found = PromptText(view), found.text?.hasPrefix("<") != true
            else { return nil }
            self = found
            return
        }
        var found: PromptText?
        AgentFormats.forEachActivity(in: event) { activity in
            guard case .prompt(let prompt) = activity else { return }
            found = prompt.text.map { PromptText($0) } ?? PromptText()
        }
        guard let found else { return nil }
        self = found
    }

    /// Of words that are not told.
    private init() {
        text = nil
        byteCount = nil
    }

    private init?(_ view: JSONView) {
        let found = view.withText { bytes in
            (
                String(decoding: bytes.prefix(characterBytes: Self.byteLimit), as: UTF8.self),
                bytes.count
            )
        }
        guard let (text, byteCount) = found else { return nil }
        if let command = Self.command(text) {
            self.text = command
            self.byteCount = command.utf8.count
        } else {
            guard !text.trimmed.isEmpty else { return nil }
            self.text = text
            self.byteCount = byteCount
        }
    }

    /// `<command-name>/fix</command-name> … <command-args>the parser</command-args>`.
    private static func command(_ text: String) -> String? {
        guard text.hasPrefix("<command-"), let name = content(of: "command-name", in: text) else {
            return nil
        }
        let arguments = content(of: "command-args", in: text) ?? ""
        return arguments.isEmpty ? name : "\(name) \(arguments)"
    }

    private static func content(of tag: String, in text: String) -> String? {
        guard let start = text.firstRange(of: "<\(tag)>")?.upperBound,
            let end = text[start...].firstRange(of: "</\(tag)>")?.lowerBound
        else { return nil }
        let content = text[start..<end].trimmed
        return content.isEmpty ? nil : String(content)
    }
}

extension Event {
    /// Whose prompt it tells: a hook names the session, of which the stream may be a workflow's.
    var promptSession: ByteString {
        let named = type.equals("hook.UserPromptSubmit") ? hookPayload.sessionID?.string() : nil
        return named.map { ByteString($0) } ?? ByteString(stream)
    }
}
