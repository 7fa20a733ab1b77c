import TachoJSON
import TachoLog

/// SWE-agent's trajectories, split into steps: one action, and what came of it.
///
/// Nothing has a time, and a call no id: the stream and the step's number name it, and the answer of
/// the model that led to it. Tokens and money are told once for the whole run, in `info.model_stats`,
/// without a model.
///
/// Source: `shared/data/SHAPES.md` part 1.
package enum SWEAgentFormat: AgentFormat {
    package static let prefix = EventType.sweAgentPrefix

    package static func forEachActivity(
        in event: Event, name: UnsafeRawBufferPointer, _ body: (AgentActivity) -> Void
    ) {
        if name.equals("step") {
            readStep(event, body)
        } else if name.equals("message") {
            // What stands before the first answer; later ones are `history`.
            let isTask =
                event.data["role"]?.equals("user") == true
                && event.data["is_demo"]?.boolean() != true
            guard isTask else { return }
            body(.prompt(AgentPrompt(id: part(of: event), text: event.data["content"]?.firstText)))
        } else if name.equals("info") {
            readInfo(event.data["info"], body)
        }
    }

    /// The id up to the digest of what was said: stream, kind, and number.
    private static func part(of event: Event) -> ByteString {
        let end = event.id.lastIndex(of: UInt8(ascii: ":")) ?? event.id.endIndex
        return ByteString(UnsafeRawBufferPointer(rebasing: event.id[..<end]))
    }

    private static func readStep(_ event: Event, _ body: (AgentActivity) -> Void) {
        let id = part(of: event)
        if event.data["response"]?.withText({ !$0.isEmpty }) == true { body(.answer(id: id)) }
        // An answer that could not be read has no action, and nothing was called.
        guard let action = event.data["action"], action.kind == .string,
            action.withText({ $0.contains { $0 > 0x20 } }) == true
        else { return }
        var call = AgentCall(id: id, time: nil)
        action.withText { action in
            let words = action.split(whereSeparator: { $0 == 0x20 || $0 == 0x0A })
            call.name = words.first.map { ByteString(UnsafeRawBufferPointer(rebasing: $0)) }
            let end = action.lastIndex { $0 != 0x0A && $0 != 0x20 }.map { $0 + 1 } ?? 0
            call.command = ByteString(UnsafeRawBufferPointer(rebasing: action[..<end]))
        }
        call.arguments = action
        body(.call(call))
        guard let observation = event.data["observation"], !observation.isNull else { return }
        var result = AgentCallResult(id: id, time: nil)
        result.output = observation
        if let seconds = event.data["execution_time"]?.double(), seconds >= 0, seconds < 1e9 {
            result.duration = Int64((seconds * 1000).rounded(.towardZero))
        }
        body(.result(result))
    }

    private static func readInfo(_ info: JSONView?, _ body: (AgentActivity) -> Void) {
        guard let info, info.kind == .object else { return }
        if let stats = info["model_stats"], let input = MessageUsage.count(stats["tokens_sent"]),
            let output = MessageUsage.count(stats["tokens_received"]), input > 0 || output > 0
        {
            var total = AgentTotal(.instead, MessageUsage(input: input, output: output))
            total.cost = stats["instance_cost"]
            body(.total(total))
        }
        if let status = info["exit_status"], !status.isNull { body(.ended(reason: status)) }
    }
}
