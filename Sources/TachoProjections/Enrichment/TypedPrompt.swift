package import TachoEvents
package import TachoJSON
package import TachoLog

/// The prompt in an event of a session.
package enum TypedPrompt {
    package static let types: [TypePattern] = ["hook.UserPromptSubmit", "transcript.user"]

    /// What a person typed; what the agent wrote in their name begins with a tag.
    package static func text(_ event: Event) -> JSONView? {
        if event.type.equals("hook.UserPromptSubmit") { return event.hookPayload.prompt }
        let reading = event.agentReading
        let record = reading.record
        guard record.isMeta?.boolean() != true, record.isSidechain?.boolean() != true,
            record.isCompactSummary?.boolean() != true, let content = reading.content
        else { return nil }
        var text: JSONView? = content.kind == .string ? content : nil
        if content.kind == .array {
            content.forEachElement { block in
                text = block["text"]
                return false
            }
        }
        let isTyped = text?.withText { text in
            !text.isEmpty && text[0] != UInt8(ascii: "<") && !text.hasPrefix("Caveat: ")
                && !text.hasPrefix("[Request interrupted")
        }
        return isTyped == true ? text : nil
    }
}
