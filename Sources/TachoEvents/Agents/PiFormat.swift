import TachoJSON
import TachoLog

/// pi's sessions: lines with a `type`; messages with a `role`, usage, and what they cost.
///
/// The input is without what the cache gave. A message has no id of its own; the moment it was
/// made and its tokens name it, also in a session that branched off and begins with a copy, whose
/// records have the times they had. Commands that a person ran (`bashExecution`) are no calls of the
/// agent.
///
/// Source: `shared/data/SHAPES.md` part 1.
package enum PiFormat: AgentFormat {
    package static let prefix = EventType.piPrefix

    package static func forEachActivity(
        in event: Event, name: UnsafeRawBufferPointer, _ body: (AgentActivity) -> Void
    ) {
        if name.equals("message") {
            if let message = event.data["message"] { read(message, event, body) }
        } else if name.equals("compaction") {
            body(.compaction)
        } else if name.equals("session") || name.equals("model_change") {
            var session = AgentSession()
            session.workingDirectory = event.data["cwd"]
            session.model = event.data["modelId"]
            let source = event.data["branchedFrom"] ?? event.data["parentSession"]
            session.parentID = source?.withText { id(ofFile: $0) } ?? nil
            session.isHistoryDated = true
            body(.session(session))
        }
    }

    /// A session's file is named by its moment and its id: `2025-12-09T00-52-54-397Z_<id>.jsonl`.
    private static func id(ofFile path: UnsafeRawBufferPointer) -> ByteString? {
        let name = path.split(whereSeparator: { "/\\".utf8.contains($0) }).last ?? path[...]
        let stem = name.prefix { $0 != UInt8(ascii: ".") }
        let id = stem.split(separator: UInt8(ascii: "_")).last ?? stem
        return id.isEmpty ? nil : ByteString(UnsafeRawBufferPointer(rebasing: id))
    }

    private static func read(
        _ message: JSONView, _ event: Event, _ body: (AgentActivity) -> Void
    ) {
        guard let role = message["role"] else { return }
        if role.equals("user") {
            body(.prompt(AgentPrompt(text: message["content"]?.firstText)))
        } else if role.equals("assistant") {
            readAnswer(message, event, body)
        } else if role.equals("toolResult") {
            guard let id = message["toolCallId"]?.filledText else { return }
            var result = AgentCallResult(id: id, time: event.time)
            result.output = message["content"]
            if message["isError"]?.boolean() == true {
                result.outcome = .failed
                message["content"]?.firstText?.withText { text in
                    result.error = text.errorText
                    setEnd(of: text, &result)
                }
            }
            body(.result(result))
        }
    }

    /// A command's output ends with `Command exited with code 2` or `Command aborted`; of other tools
    /// that were stopped, `Operation aborted` is all.
    private static func setEnd(
        of text: UnsafeRawBufferPointer, _ result: inout AgentCallResult
    ) {
        let start = text.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let line = UnsafeRawBufferPointer(rebasing: text[start...])
        if line.equals("Command aborted") || line.equals("Operation aborted") {
            result.outcome = .interrupted
        }
        guard line.hasPrefix("Command exited with code ") else { return }
        let digits = line.dropping(prefix: "Command exited with code ")
        result.exitCode = Int32(String(decoding: digits, as: UTF8.self)).map { Int64($0) }
    }

    /// The members of a model's message, found in one pass: its content may be long, and stands
    /// before most of them.
    private struct Answer {
        var usage: JSONView?
        var provider: JSONView?
        var model: JSONView?
        var timestamp: JSONView?
        var content: JSONView?

        init(_ message: JSONView) {
            JSONMembers(message).forEach { key, value in
                switch key.count {
                case 5:
                    if usage == nil, key.equals("usage") { usage = value }
                    if model == nil, key.equals("model") { model = value }
                case 7: if content == nil, key.equals("content") { content = value }
                case 8: if provider == nil, key.equals("provider") { provider = value }
                case 9: if timestamp == nil, key.equals("timestamp") { timestamp = value }
                default: break
                }
                return true
            }
        }
    }

    private static func readAnswer(
        _ message: JSONView, _ event: Event, _ body: (AgentActivity) -> Void
    ) {
        let answer = Answer(message)
        if let told = answer.usage, told.kind == .object {
            let counts = MessageUsage(
                input: MessageUsage.count(told["input"]),
                output: MessageUsage.count(told["output"]),
                cacheRead: MessageUsage.count(told["cacheRead"]),
                cacheWrite: MessageUsage.count(told["cacheWrite"]))
            var usage = AgentUsage(counts)
            usage.id = id(madeAt: answer.timestamp, counts)
            usage.provider = answer.provider?.filledText?.bytes
            usage.model = answer.model
            usage.cost = told.field("cost", "total")
            body(.usage(usage))
        }
        answer.content?.forEachElement { block in
            guard block["type"]?.equals("toolCall") == true, let id = block["id"]?.filledText
            else { return true }
            var call = AgentCall(id: id, time: event.time)
            call.name = block["name"]?.filledText
            call.arguments = block["arguments"]
            body(.call(call))
            return true
        }
    }

    private static func id(madeAt moment: JSONView?, _ counts: MessageUsage) -> ByteString? {
        guard let made = moment?.integer() else { return nil }
        let tokens = [counts.input, counts.output, counts.cacheRead, counts.cacheWrite]
            .map { $0.map { "\($0)" } ?? "" }
        return ByteString("\(made):" + tokens.joined(separator: ":"))
    }
}
