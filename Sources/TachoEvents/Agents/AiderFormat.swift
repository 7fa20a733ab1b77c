import TachoJSON

/// Aider's analytics: `event` and `properties` of everything that one user did.
///
/// They name no session; the user stands for it. A message has no id, and two may be equal to the
/// byte. What the cache gave is not told apart.
///
/// Source: `shared/data/SHAPES.md` part 1.
package enum AiderFormat: AgentFormat {
    package static let prefix = EventType.aiderPrefix

    package static func forEachActivity(
        in event: Event, name: UnsafeRawBufferPointer, _ body: (AgentActivity) -> Void
    ) {
        guard let properties = event.data["properties"] else { return }
        if name.equals("message_send_starting") {
            body(.prompt(AgentPrompt()))
        } else if name.equals("message_send") {
            var usage = AgentUsage(
                MessageUsage(
                    input: MessageUsage.count(properties["prompt_tokens"]),
                    output: MessageUsage.count(properties["completion_tokens"])))
            usage.model = properties["main_model"]
            usage.provider = properties["main_model"]?.withText { provider($0) } ?? nil
            usage.cost = properties["cost"]
            body(.usage(usage))
        }
    }

    /// `gemini` of `gemini/gemini-2.5-pro`.
    private static func provider(_ model: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let slash = model.firstIndex(of: UInt8(ascii: "/")), slash > 0 else { return nil }
        return Array(model[..<slash])
    }
}
