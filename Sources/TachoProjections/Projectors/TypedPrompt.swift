package import TachoEvents
package import TachoJSON
package import TachoLog

/// The prompt in an event of a session.
package enum TypedPrompt {
    package static let types: [TypePattern] = ["hook.UserPromptSubmit", "transcript.user"]

    /// What a person typed; what the agent wrote in their name begins with a tag.
    package static func text(_ event: Event) -> JSONView? {
        if event.type.equals("hook.UserPromptSubmit") { return event.hookPayload.prompt }
        return words(event) { text in
            !text.isEmpty && text[0] != UInt8(ascii: "<") && !text.hasPrefix("Caveat: ")
                && !text.hasPrefix("[Request interrupted")
        }
    }

    /// A command that a person typed, in the tags in which a transcript has its name and arguments.
    package static func command(_ event: Event) -> JSONView? {
        words(event) { $0.hasPrefix("<command-") }
    }

    /// What a person's record says, if it is such as is looked for.
    private static func words(
        _ event: Event, where isWanted: (UnsafeRawBufferPointer) -> Bool
    ) -> JSONView? {
        let reading = event.agentReading
        guard reading.record.isOfPerson, let content = reading.content else { return nil }
        var text: JSONView? = content.kind == .string ? content : nil
        if content.kind == .array {
            content.forEachElement { block in
                text = block["text"]
                return false
            }
        }
        return text?.withText(isWanted) == true ? text : nil
    }
}
