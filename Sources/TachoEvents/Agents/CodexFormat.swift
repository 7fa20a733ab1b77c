package import TachoJSON
package import TachoLog

/// Codex CLI's rollouts: `{timestamp, type, payload}`, the payload with a type of its own.
///
/// Those of the first half of 2025 are payloads without anything around them.
///
/// Much is said twice. Of a message of the model only `response_item` is read, of a person's only
/// `event_msg.user_message` (the other has the instructions of files too); `compacted` repeats
/// history, of which nothing is read.
///
/// Source: `shared/data/SHAPES.md` part 1; ecosystem §6.
package enum CodexFormat: AgentFormat {
    package static let prefix = EventType.codexPrefix

    package static func forEachActivity(
        in event: Event, name: UnsafeRawBufferPointer, _ body: (AgentActivity) -> Void
    ) {
        if name.equals("compacted") { return body(.compaction) }
        let payload = event.data["payload"] ?? event.data
        guard payload.kind == .object else { return }
        if name.equals("session_meta") {
            readMeta(payload, event, body)
        } else if name.equals("turn_context") {
            body(.session(session(payload)))
        } else if name.hasPrefix("response_item.") {
            readItem(payload, name.dropping(prefix: "response_item."), event, body)
        } else if name.hasPrefix("event_msg.") {
            readMessage(payload, name.dropping(prefix: "event_msg."), event, body)
        }
    }

    /// A fork has the records of those it comes from in its file, theirs of this type included: only
    /// its own says something of it, the others that they were copied.
    private static func readMeta(
        _ payload: JSONView, _ event: Event, _ body: (AgentActivity) -> Void
    ) {
        let id = (payload["id"] ?? payload["session_id"])?.filledText
        guard let id else { return }
        guard EnvelopeText.encoded(id.bytes).bytes.elementsEqual(event.stream) else {
            return body(.history)
        }
        var session = session(payload)
        let spawn = payload.field("source", "subagent")?["thread_spawn"]
        let parents = [
            payload["forked_from_id"], payload["parent_thread_id"], spawn?["parent_thread_id"],
        ]
        session.parentID = parents.lazy.compactMap { $0?.filledText }.first { $0 != id }
            .map { EnvelopeText.encoded($0.bytes) }
        body(.session(session))
    }

    private static func session(_ payload: JSONView) -> AgentSession {
        var session = AgentSession()
        session.workingDirectory = payload["cwd"]
        session.gitBranch = payload.field("git", "branch")
        session.version = payload["cli_version"]
        session.model = payload["model"]
        session.provider = payload["model_provider"]
        session.isContextOfUsage = true
        return session
    }

    // MARK: Calls

    private static func readItem(
        _ payload: JSONView, _ name: UnsafeRawBufferPointer, _ event: Event,
        _ body: (AgentActivity) -> Void
    ) {
        // Where there are payloads, a prompt is told as an event of its own.
        if name.equals("message"), event.data["payload"] == nil { readBareMessage(payload, body) }
        guard let id = payload["call_id"]?.filledText else { return }
        if name.hasPrefix("function_call_output") || name.hasPrefix("custom_tool_call_output") {
            body(.result(result(id, payload["output"], event)))
        } else if name.equals("tool_search_output") {
            var result = AgentCallResult(id: id, time: event.time)
            result.output = payload["tools"]
            body(.result(result))
        } else if name.equals("function_call") || name.equals("custom_tool_call") {
            readCall(id, payload["name"]?.filledText, event, body, payload)
        } else if name.equals("tool_search_call") {
            readCall(id, "tool_search", event, body, payload)
        } else if name.equals("local_shell_call") {
            readCall(id, "local_shell", event, body, payload)
        }
    }

    /// A message of the first half of 2025: a person's, unless it is what Codex itself puts in front.
    private static func readBareMessage(_ message: JSONView, _ body: (AgentActivity) -> Void) {
        guard message["role"]?.equals("user") == true else { return }
        var text: JSONView?
        message["content"]?.forEachElement { part in
            text = part["text"]
            return text == nil
        }
        let isOwnWord = text?.withText { text in
            ["<environment_context>", "<user_instructions>", "# AGENTS.md instructions"].contains {
                text.hasPrefix($0)
            }
        }
        if isOwnWord == false { body(.prompt(AgentPrompt(text: text))) }
    }

    private static func readCall(
        _ id: ByteString, _ name: ByteString?, _ event: Event, _ body: (AgentActivity) -> Void,
        _ payload: JSONView
    ) {
        var call = AgentCall(id: id, time: event.time)
        call.name = name
        if let input = payload["input"] {
            call.arguments = input
            call.path = input.withText { patchedPath($0) } ?? nil
            return body(.call(call))
        }
        guard let arguments = payload["arguments"] ?? payload["action"] else {
            return body(.call(call))
        }
        arguments.withParsedText { arguments in
            call.arguments = arguments
            call.command = command(arguments)
            body(.call(call))
        }
    }

    /// `cmd`, or the last word of `["bash", "-lc", "ls"]`.
    package static func command(_ arguments: JSONView) -> ByteString? {
        if let command = arguments["cmd"]?.filledText { return command }
        var last: JSONView?
        arguments["command"]?.forEachElement { word in
            last = word
            return true
        }
        return last?.filledText
    }

    /// The first file that a patch names.
    private static func patchedPath(_ patch: UnsafeRawBufferPointer) -> ByteString? {
        let marks: [StaticString] = ["*** Update File: ", "*** Add File: ", "*** Delete File: "]
        for line in patch.split(separator: 0x0A, maxSplits: 8) {
            let line = UnsafeRawBufferPointer(rebasing: line)
            for mark in marks where line.hasPrefix(mark) {
                return ByteString(line.dropping(prefix: mark))
            }
        }
        return nil
    }

    private static func result(
        _ id: ByteString, _ output: JSONView?, _ event: Event
    ) -> AgentCallResult {
        var result = AgentCallResult(id: id, time: event.time)
        result.output = output
        output?.withText { text in
            let said = CodexOutput(text)
            result.exitCode = said.exitCode
            result.duration = said.duration
            result.outcome = said.outcome
            if said.outcome != .completed { result.error = said.error }
        }
        if output?["success"]?.boolean() == false { result.outcome = .failed }
        return result
    }

    // MARK: Messages

    private static func readMessage(
        _ payload: JSONView, _ name: UnsafeRawBufferPointer, _ event: Event,
        _ body: (AgentActivity) -> Void
    ) {
        if name.equals("token_count") {
            payload["info"].map { readTokens($0, event, body) }
        } else if name.equals("user_message") {
            body(.prompt(AgentPrompt(text: payload["message"])))
        } else if name.equals("web_search_end") {
            guard let id = payload["call_id"]?.filledText else { return }
            var call = AgentCall(id: id, time: nil)
            call.name = "web_search"
            call.arguments = payload["action"]
            call.command = payload["query"]?.filledText
            body(.call(call))
            body(.result(AgentCallResult(id: id, time: event.time)))
        } else if name.equals("patch_apply_end") || name.equals("mcp_tool_call_end") {
            guard let id = payload["call_id"]?.filledText else { return }
            var result = AgentCallResult(id: id, time: event.time)
            let isFailure =
                payload["success"]?.boolean() == false
                || payload.field("result", "Err")?.isNull == false
            if isFailure {
                result.outcome = .failed
                let error = payload["stderr"] ?? payload.field("result", "Err")
                result.error = error?.withText { $0.errorText }
            }
            result.duration = payload["duration"].flatMap { milliseconds($0) }
            body(.result(result))
        }
    }

    /// Of `{"secs":4,"nanos":240616103}`.
    private static func milliseconds(_ duration: JSONView) -> Int64? {
        guard let seconds = duration["secs"]?.integer(), (0..<1_000_000_000).contains(seconds),
            let nanoseconds = duration["nanos"]?.integer(),
            (0..<1_000_000_000).contains(nanoseconds)
        else { return nil }
        return seconds * 1000 + nanoseconds / 1_000_000
    }

    // MARK: Tokens

    /// `total` is cumulative and said again without a call of the model: the call is known by the
    /// total it led to, so that a repeat is the same call.
    private static func readTokens(
        _ info: JSONView, _ event: Event, _ body: (AgentActivity) -> Void
    ) {
        guard let total = info["total_token_usage"], total.kind == .object else { return }
        if let last = info["last_token_usage"], last.kind == .object {
            var usage = AgentUsage(counts(last))
            usage.id = id(of: total, event)
            body(.usage(usage))
        }
        body(.total(AgentTotal(.check, counts(total))))
    }

    /// What is reasoned is part of the output, what is cached of the input.
    private static func counts(_ usage: JSONView) -> MessageUsage {
        MessageUsage(
            prompt: MessageUsage.count(usage["input_tokens"]),
            output: MessageUsage.count(usage["output_tokens"]),
            cacheRead: MessageUsage.count(usage["cached_input_tokens"]),
            cacheWrite: MessageUsage.count(usage["cache_write_input_tokens"]))
    }

    /// Session, and the counts so far.
    private static func id(of total: JSONView, _ event: Event) -> ByteString {
        var id = Array(event.stream)
        for name in ["input_tokens", "cached_input_tokens", "output_tokens"] as [StaticString] {
            let count = MessageUsage.count(total[name]).map { "\($0)" } ?? ""
            id += ":\(count)".utf8
        }
        return ByteString(id)
    }
}
