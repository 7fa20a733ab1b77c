import TachoJSON
import TachoLog

/// Gemini CLI's sessions: documents that are written again for each change, split into messages.
///
/// A message is written first without its tokens and calls, and again with them: each state is an
/// event of its own. What it says counts once by the message's id and the calls' ids. An older CLI
/// wrote it down only when its calls were over.
///
/// Of tokens, the cached ones are part of the input, thoughts are apart from the output, and what
/// a tool of the provider's put into the prompt is apart from the input:
/// `total = input + output + thoughts + tool`.
///
/// Source: `shared/data/SHAPES.md` part 1; ecosystem §6.
package enum GeminiFormat: AgentFormat {
    package static let prefix = EventType.geminiPrefix

    package static func forEachActivity(
        in event: Event, name: UnsafeRawBufferPointer, _ body: (AgentActivity) -> Void
    ) {
        if name.equals("user") {
            body(
                .prompt(
                    AgentPrompt(
                        id: event.data["id"]?.filledText, text: event.data["content"]?.firstText)))
        } else if name.equals("gemini") {
            readAnswer(event.data, event, body)
        } else if name.equals("session") {
            var session = AgentSession()
            // The workspace's; the one it was started in comes first.
            event.data["directories"]?.forEachElement { directory in
                session.workingDirectory = directory
                return false
            }
            body(.session(session))
        }
    }

    private static func readAnswer(
        _ message: JSONView, _ event: Event, _ body: (AgentActivity) -> Void
    ) {
        if let tokens = message["tokens"], tokens.kind == .object {
            var usage = AgentUsage(counts(tokens))
            usage.id = message["id"]?.filledText
            usage.provider = Array("google".utf8)
            usage.model = message["model"]
            body(.usage(usage))
        }
        message["toolCalls"]?.forEachElement { call in
            read(call, event, body)
            return true
        }
    }

    private static func counts(_ tokens: JSONView) -> MessageUsage {
        let input = MessageUsage.count(tokens["input"])
        let output = MessageUsage.count(tokens["output"])
        return MessageUsage(
            prompt: input.map { $0 + (MessageUsage.count(tokens["tool"]) ?? 0) },
            output: output.map { $0 + (MessageUsage.count(tokens["thoughts"]) ?? 0) },
            cacheRead: MessageUsage.count(tokens["cached"]))
    }

    private static func read(
        _ told: JSONView, _ event: Event, _ body: (AgentActivity) -> Void
    ) {
        guard let id = told["id"]?.filledText else { return }
        let name = told["name"]?.filledText
        var call = AgentCall(id: id, time: moment(in: id, of: name) ?? event.time)
        call.name = name
        call.arguments = told["args"]
        body(.call(call))
        let outcome: AgentCallResult.Outcome
        switch told["status"] {
        case .some(let status) where status.equals("success"): outcome = .completed
        case .some(let status) where status.equals("error"): outcome = .failed
        case .some(let status) where status.equals("cancelled"): outcome = .interrupted
        default: return
        }
        var result = AgentCallResult(
            id: id, time: told["timestamp"]?.withText { Timestamp(iso8601: $0) } ?? nil)
        result.outcome = outcome
        result.output = told["result"]
        let output = firstResponse(told["result"])
        // What another tool has read may have such a line in it, too.
        if name == "run_shell_command" {
            result.exitCode = output?["output"]?.withText { exitCode(in: $0) } ?? nil
        }
        if let code = result.exitCode, code != 0, outcome == .completed { result.outcome = .failed }
        if result.outcome != .completed {
            let error = output?["error"] ?? told["resultDisplay"] ?? output?["output"]
            result.error = error?.withText { $0.errorText }
        }
        body(.result(result))
    }

    /// When the call was made: the id that the CLI gives a call is `<tool>-<milliseconds>-<random>`.
    ///
    /// The message has the moment in which it was written down, which may be when its calls were over.
    private static func moment(in id: ByteString, of name: ByteString?) -> Timestamp? {
        guard let name, id.bytes.starts(with: name.bytes + [UInt8(ascii: "-")]) else { return nil }
        let digits = id.bytes.dropFirst(name.bytes.count + 1).prefix { $0 &- 0x30 < 10 }
        guard digits.count == 13, id.bytes.dropFirst(digits.endIndex).first == UInt8(ascii: "-")
        else { return nil }
        return Int64(String(decoding: digits, as: UTF8.self)).map { Timestamp(milliseconds: $0) }
    }

    private static func firstResponse(_ result: JSONView?) -> JSONView? {
        var response: JSONView?
        result?.forEachElement { part in
            response = part.field("functionResponse", "response")
            return response == nil
        }
        return response
    }

    /// A shell's output says it on a line of its own, near its end.
    private static func exitCode(in output: UnsafeRawBufferPointer) -> Int64? {
        let tail = UnsafeRawBufferPointer(rebasing: output[max(0, output.count - 256)...])
        for line in tail.split(separator: 0x0A) {
            let line = UnsafeRawBufferPointer(rebasing: line)
            guard line.hasPrefix("Exit Code: ") else { continue }
            return Int32(String(decoding: line.dropping(prefix: "Exit Code: "), as: UTF8.self))
                .map { Int64($0) }
        }
        return nil
    }
}
