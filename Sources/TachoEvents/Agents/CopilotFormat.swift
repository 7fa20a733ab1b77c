import TachoJSON

/// GitHub Copilot CLI's sessions: records of `type`, `data`, `id`, `parentId`.
///
/// A message says how many tokens it wrote and no more; what went in is told when the session is
/// shut down, by model, and again after each time it was resumed. `hook.start` and `hook.end` say
/// again what the records beside them say.
///
/// Source: `shared/data/SHAPES.md` part 1; of resumed sessions what others have reported who count
/// their tokens (copilot-cli 524 and 3994, ccusage 1721).
package enum CopilotFormat: AgentFormat {
    package static let prefix = EventType.copilotPrefix

    package static func forEachActivity(
        in event: Event, name: UnsafeRawBufferPointer, _ body: (AgentActivity) -> Void
    ) {
        // Half of the records and a third of the bytes.
        if name.hasPrefix("hook.") { return }
        guard let data = event.data["data"] else { return }
        if name.equals("session.start") {
            body(.session(session(data)))
        } else if name.equals("session.resume") {
            body(.resumed)
            body(.session(session(data)))
        } else if name.equals("session.model_change") {
            var session = AgentSession()
            session.model = data["newModel"]
            body(.session(session))
        } else if name.equals("user.message") {
            body(.prompt(AgentPrompt(text: data["content"])))
        } else if name.equals("assistant.message") {
            readAnswer(data, body)
        } else if name.hasPrefix("tool.execution_") {
            readCall(data, isOver: name.equals("tool.execution_complete"), event, body)
        } else if name.equals("permission.completed") {
            readPermission(data, event, body)
        } else if name.hasPrefix("session.compaction_complete") {
            body(.compaction)
        } else if name.equals("session.shutdown") {
            readTotals(data, body)
            body(.ended(reason: data["shutdownType"]))
        }
    }

    private static func session(_ data: JSONView) -> AgentSession {
        var session = AgentSession()
        session.workingDirectory = data.field("context", "cwd")
        session.gitBranch = data.field("context", "branch")
        session.version = data["copilotVersion"]
        session.model = data["selectedModel"]
        return session
    }

    private static func readAnswer(_ data: JSONView, _ body: (AgentActivity) -> Void) {
        guard let output = MessageUsage.count(data["outputTokens"]) else { return }
        var usage = AgentUsage(MessageUsage(output: output))
        usage.id = data["messageId"]?.filledText
        usage.model = data["model"]
        body(.usage(usage))
    }

    // MARK: Calls

    private static func readCall(
        _ data: JSONView, isOver: Bool, _ event: Event, _ body: (AgentActivity) -> Void
    ) {
        guard let id = data["toolCallId"]?.filledText else { return }
        guard isOver else {
            var call = AgentCall(id: id, time: event.time)
            call.name = data["toolName"]?.filledText
            call.arguments = data["arguments"]
            return body(.call(call))
        }
        var result = AgentCallResult(id: id, time: event.time)
        result.output = data["result"]
        if data["success"]?.boolean() == false {
            let error = data.field("error", "message")
            result.outcome = isDenied(data["error"]) ? .denied : .failed
            result.error = error?.withText { $0.errorText }
        }
        result.exitCode = data.field("result", "content")?.withText { exitCode(in: $0) } ?? nil
        if let code = result.exitCode, code != 0, result.outcome == .completed {
            result.outcome = .failed
        }
        body(.result(result))
    }

    /// By a hook or a rule, or by a person.
    private static func isDenied(_ error: JSONView?) -> Bool {
        guard let error else { return false }
        return error["code"]?.equals("denied") == true || error["code"]?.equals("rejected") == true
            || error["message"]?.withText { $0.hasPrefix("Denied ") } == true
    }

    /// `<shellId: 1 completed with exit code 0>` ends the output of a command.
    private static func exitCode(in output: UnsafeRawBufferPointer) -> Int64? {
        let tail = UnsafeRawBufferPointer(rebasing: output[max(0, output.count - 64)...])
        guard let start = tail.lastIndex(of: UInt8(ascii: "<")) else { return nil }
        let mark = UnsafeRawBufferPointer(rebasing: tail[start...])
        guard mark.hasPrefix("<shellId: "), mark.last == UInt8(ascii: ">") else { return nil }
        let word = mark.dropLast().split(separator: 0x20).last ?? mark[mark.endIndex...]
        return Int32(String(decoding: word, as: UTF8.self)).map { Int64($0) }
    }

    private static func readPermission(
        _ data: JSONView, _ event: Event, _ body: (AgentActivity) -> Void
    ) {
        guard let id = data["toolCallId"]?.filledText,
            data.field("result", "kind")?.withText({ $0.hasPrefix("denied") }) == true
        else { return }
        var result = AgentCallResult(id: id, time: event.time)
        result.outcome = .denied
        body(.result(result))
    }

    // MARK: Tokens

    /// The cached tokens are part of the input, what is reasoned of the output.
    private static func readTotals(_ data: JSONView, _ body: (AgentActivity) -> Void) {
        data["modelMetrics"]?.forEachMember { model, metrics in
            guard let usage = metrics["usage"], usage.kind == .object else { return true }
            let counts = MessageUsage(
                prompt: MessageUsage.count(usage["inputTokens"]),
                output: MessageUsage.count(usage["outputTokens"]),
                cacheRead: MessageUsage.count(usage["cacheReadTokens"]),
                cacheWrite: MessageUsage.count(usage["cacheWriteTokens"]))
            var total = AgentTotal(.sinceEntered, counts)
            total.model = model
            body(.total(total))
            return true
        }
    }
}
