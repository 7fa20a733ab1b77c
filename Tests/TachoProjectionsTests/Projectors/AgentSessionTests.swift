import TachoEvents
import TachoLog
import TachoProjections
import Testing

/// Sessions of other agents, as they land in the tables: one promise a test, whichever the agent.
struct AgentSessionTests {
    func fold(_ projector: any Projector.Type, _ log: MemoryLog) throws -> TableReader {
        let table = try TableReader(folding: projector, log)
        #expect(table.quarantinedCount == 0)
        return table
    }

    func add(
        _ type: String, _ data: String, at clock: String? = nil, stream: String = "s",
        to log: inout MemoryLog
    ) {
        let agent = type.prefix { $0 != "." }
        let source = agent == "aider" ? "aider/analytics" : "\(agent)/session"
        log.append(
            stream: stream, type: type, source: source, time: clock.flatMap { moment($0) },
            data: data)
    }

    // MARK: Codex

    private func tokens(
        _ total: (Int, Int, Int), last: (Int, Int, Int), to log: inout MemoryLog
    ) {
        func usage(_ counts: (Int, Int, Int)) -> String {
            #"{"input_tokens":\#(counts.0),"cached_input_tokens":\#(counts.1),"output_tokens":\#(counts.2),"reasoning_output_tokens":1}"#
        }
        add(
            "codex.event_msg.token_count",
            #"{"payload":{"type":"token_count","info":{"total_token_usage":\#(usage(total)),"last_token_usage":\#(usage(last))}}}"#,
            to: &log)
    }

    private func codexLog() -> MemoryLog {
        var log = MemoryLog()
        add(
            "codex.session_meta",
            #"{"payload":{"id":"s","cwd":"/d","cli_version":"0.1","model_provider":"openai","git":{"branch":"main"}}}"#,
            to: &log)
        add("codex.turn_context", #"{"payload":{"cwd":"/d","model":"gpt-a"}}"#, to: &log)
        add("codex.event_msg.user_message", #"{"payload":{"message":"hello"}}"#, to: &log)
        tokens((100, 60, 10), last: (100, 60, 10), to: &log)
        tokens((100, 60, 10), last: (100, 60, 10), to: &log)
        add("codex.turn_context", #"{"payload":{"model":"gpt-b"}}"#, to: &log)
        add("codex.event_msg.token_count", #"{"payload":{"info":null}}"#, to: &log)
        tokens((250, 160, 15), last: (150, 100, 5), to: &log)
        return log
    }

    @Test func `a cumulative counter that repeats itself counts each call once`() throws {
        let rows = try fold(ModelUsageProjector.self, codexLog()).rows
        let counted = rows.filter { $0.boolean("is_counted") == true }

        #expect(counted.map { $0.text("model") } == ["gpt-a", "gpt-b"])
        #expect(counted.map { $0.text("provider") } == ["openai", "openai"])
        #expect(counted.map { $0.integer("input_tokens") } == [40, 50])
        #expect(counted.map { $0.integer("cache_read_tokens") } == [60, 100])
        #expect(counted.map { $0.integer("output_tokens") } == [10, 5])
        #expect(counted.map { $0.integer("line_count") } == [2, 1])
        #expect(counted.allSatisfy { $0.boolean("output_is_lower_bound") == false })
    }

    @Test func `the session's row keeps the agent's own total, uncounted`() throws {
        let row = try fold(ModelUsageProjector.self, codexLog()).row("codex/session/s")

        #expect(row.boolean("is_counted") == false)
        #expect(row.text("input_source") == "session")
        #expect(row.integer("input_tokens") == 90)
        #expect(row.integer("cache_read_tokens") == 160)
        #expect(row.integer("output_tokens") == 15)
        #expect(row.integer("line_count") == 3)
    }

    @Test func `a session of Codex is a session like any other`() throws {
        let row = try fold(SessionsProjector.self, codexLog()).row("s")

        #expect(row.text("agent") == "codex")
        #expect(row.text("cwd") == "/d" && row.text("git_branch") == "main")
        #expect(row.json("models") == #"["gpt-a","gpt-b"]"#)
        #expect(row.integer("prompt_count") == 1 && row.integer("message_count") == 2)
        #expect(row.integer("input_tokens") == 90 && row.integer("output_tokens") == 15)
        #expect(row.boolean("output_tokens_is_lower_bound") == false)
    }

    @Test func `a rollout from before there were payloads tells its calls and its session`() throws
    {
        var log = MemoryLog()
        add("codex.session_meta", #"{"id":"s","timestamp":"t","git":{"branch":"b"}}"#, to: &log)
        add(
            "codex.response_item.function_call",
            #"{"type":"function_call","name":"shell","call_id":"x","arguments":"{\"command\":[\"ls\"]}"}"#,
            to: &log)
        add(
            "codex.response_item.function_call_output",
            #"{"type":"function_call_output","call_id":"x","output":"Exit code: 1\nOutput:\nno"}"#,
            to: &log)

        let call = try fold(ToolCallsProjector.self, log).row(at: 0)
        let session = try fold(SessionsProjector.self, log).row("s")

        #expect(call.text("tool_name") == "shell" && call.text("status") == "failed")
        #expect(session.text("git_branch") == "b" && session.integer("tool_call_count") == 1)
    }

    @Test func `equal totals of two sessions are two calls`() throws {
        var log = MemoryLog()
        let data =
            #"{"payload":{"info":{"total_token_usage":{"input_tokens":1},"last_token_usage":{"input_tokens":1}}}}"#
        add("codex.event_msg.token_count", data, stream: "a", to: &log)
        add("codex.event_msg.token_count", data, stream: "b", to: &log)

        let rows = try fold(ModelUsageProjector.self, log).rows

        #expect(rows.filter { $0.boolean("is_counted") == true }.count == 2)
    }

    @Test(
        arguments: [
            (#""Exit code: 0\nWall time: 0.25 seconds\nOutput:\nok""#, "completed", 0, 250, nil),
            (
                #""Chunk ID: x\nWall time: 2 seconds\nProcess exited with code 3\nOutput:\nno""#,
                "failed", 3, 2000, "no"
            ),
            (#""Process running with session ID 5\nOutput:\n""#, "completed", nil, 60_000, nil),
            (#""Plan updated""#, "completed", nil, 60_000, nil),
            (
                #""aborted by user after 3.1s""#, "interrupted", nil, 60_000,
                "aborted by user after 3.1s"
            ),
            (
                #""{\"output\":\"bad\",\"metadata\":{\"exit_code\":2,\"duration_seconds\":0.1}}""#,
                "failed", 2, 100, "bad"
            ),
            (#""{\"output\":""#, "completed", nil, 60_000, nil),
            (#""Exit code: 99999999999999999999\nOutput:\nx""#, "completed", nil, 60_000, nil),
            (#""Wall time: 1e300 seconds\nOutput:\nx""#, "completed", nil, 60_000, nil),
            (#""Output:\nExit code: 4""#, "completed", nil, 60_000, nil),
            (#"{"content":"x","success":false}"#, "failed", nil, 60_000, nil),
            ("7", "completed", nil, 60_000, nil),
        ] as [(String, String, Int64?, Int64?, String?)])
    func `how a call ended is read from the words in front of its output`(
        output: String, status: String, exitCode: Int64?, duration: Int64?, error: String?
    ) throws {
        var log = MemoryLog()
        add(
            "codex.response_item.function_call",
            #"{"payload":{"call_id":"c","name":"shell","arguments":"{\"command\":[\"bash\",\"-lc\",\"ls\"]}"}}"#,
            at: "12:00:00", to: &log)
        add(
            "codex.response_item.function_call_output",
            #"{"payload":{"call_id":"c","output":\#(output)}}"#, at: "12:01:00", to: &log)

        let row = try fold(ToolCallsProjector.self, log).row("c")

        #expect(row.text("tool_name") == "shell" && row.text("command") == "ls")
        #expect(row.json("tool_params") == #"{"command":["bash","-lc","ls"]}"#)
        #expect(row.text("status") == status)
        #expect(row.integer("exit_code") == exitCode)
        #expect(row.integer("duration_ms") == duration)
        #expect(row.text("error_message") == error)
    }

    @Test func `a patch names its file, and its end how it went`() throws {
        var log = MemoryLog()
        add(
            "codex.response_item.custom_tool_call",
            #"{"payload":{"call_id":"c","name":"apply_patch","input":"*** Begin Patch\n*** Add File: /d/a.txt\n+x"}}"#,
            to: &log)
        add(
            "codex.event_msg.patch_apply_end",
            #"{"payload":{"call_id":"c","success":false,"stderr":"no such line"}}"#, to: &log)

        let row = try fold(ToolCallsProjector.self, log).row("c")

        #expect(row.text("file_path") == "/d/a.txt")
        #expect(row.text("status") == "failed" && row.text("error_message") == "no such line")
    }

    // MARK: pi

    private func piAnswer(_ more: String = "") -> String {
        #"{"message":{"role":"assistant","provider":"anthropic","model":"claude-opus-4-5","timestamp":17,"usage":{"input":3,"output":4,"cacheRead":5,"cacheWrite":6,"cost":{"total":0.000025}},"content":[{"type":"toolCall","id":"t","name":"bash","arguments":{"command":"ls"}}]\#(more)}}"#
    }

    @Test func `a message that a branch copies counts once, with what it cost`() throws {
        var log = MemoryLog()
        add("pi.message", piAnswer(), to: &log)
        add("pi.message", piAnswer(), stream: "branch", to: &log)

        let table = try fold(ModelUsageProjector.self, log)
        let row = table.row(at: 0)

        #expect(table.count == 1)
        #expect(row.text("provider") == "anthropic" && row.text("session_id") == "s")
        #expect(row.integer("input_tokens") == 3 && row.integer("cache_creation_tokens") == 6)
        #expect(row.money("reported_cost") == 25_000_000)
        #expect(row.integer("inherited_count") == 1)
    }

    @Test(
        arguments: [
            (#""branchedFrom":"/s/2026-01-02T12-00-00-000Z_s.jsonl""#, 1),
            (#""parentSession":"/s/2026-01-02T12-00-00-000Z_s.jsonl""#, 1), (#""cwd":"/d""#, 2),
            // Of this one the log has nothing: the copy is all there is.
            (#""branchedFrom":"/s/2026-01-02T12-00-00-000Z_gone.jsonl""#, 2),
        ])
    func `what a branch copied is of the session it came from`(said: String, count: Int64) throws {
        var log = MemoryLog()
        let user = #"{"message":{"role":"user","content":"x"}}"#
        add("pi.session", #"{"id":"s"}"#, at: "12:00:00", to: &log)
        add("pi.session", #"{"id":"b",\#(said)}"#, at: "13:00:00", stream: "b", to: &log)
        add("pi.message", user, at: "12:00:01", stream: "b", to: &log)
        add("pi.message", piAnswer(), at: "12:00:02", stream: "b", to: &log)
        // Of the same second as the branch, and its own.
        add("pi.message", user, at: "13:00:00", stream: "b", to: &log)
        add(
            "pi.message",
            piAnswer().replacing(#""timestamp":17"#, with: #""timestamp":18"#)
                .replacing(#""id":"t""#, with: #""id":"t2""#), at: "13:00:05", stream: "b",
            to: &log)

        let row = try fold(SessionsProjector.self, log).row("b")

        #expect(row.integer("prompt_count") == count && row.integer("message_count") == count)
        #expect(row.integer("tool_call_count") == count)
        #expect(row.integer("output_tokens") == 4 * count)
        #expect(row.integer("event_count") == 5)
        #expect(row.timestamp("started_at") == moment(count == 1 ? "13:00:00" : "12:00:01"))
        try ProjectorLaws(of: SessionsProjector.self, on: log, checkpointLimit: 8).check()
    }

    @Test(arguments: ["Operation aborted", "x\\n\\nCommand aborted"])
    func `a call of pi's that a person stopped is no failure`(text: String) throws {
        var log = MemoryLog()
        add("pi.message", piAnswer(), to: &log)
        add(
            "pi.message",
            #"{"message":{"role":"toolResult","toolCallId":"t","isError":true,"content":[{"type":"text","text":"\#(text)"}]}}"#,
            to: &log)

        #expect(try fold(ToolCallsProjector.self, log).row("t").text("status") == "interrupted")
        #expect(try fold(SessionsProjector.self, log).row("s").integer("error_count") == 0)
    }

    @Test func `a command of pi's that failed says so in its last line`() throws {
        var log = MemoryLog()
        add("pi.message", piAnswer(), at: "12:00:00", to: &log)
        add(
            "pi.message",
            #"{"message":{"role":"toolResult","toolCallId":"t","isError":true,"content":[{"type":"text","text":"x\n\nCommand exited with code 2"}]}}"#,
            at: "12:00:01", to: &log)

        let row = try fold(ToolCallsProjector.self, log).row("t")

        #expect(row.text("status") == "failed" && row.integer("exit_code") == 2)
        #expect(row.integer("duration_ms") == 1000)
    }

    @Test func `a model that was selected and never asked is not one of the session's`() throws {
        func change(_ model: String) -> String { #"{"provider":"p","modelId":"\#(model)"}"# }
        var log = MemoryLog()
        add("pi.session", #"{"id":"s","modelId":"claude-opus-4-5"}"#, to: &log)
        let begun = try fold(SessionsProjector.self, log).row("s")
        add("pi.model_change", change("first-in-the-list"), to: &log)
        add("pi.model_change", change("claude-opus-4-5"), to: &log)
        add("pi.message", piAnswer(), to: &log)
        add("pi.model_change", change("last-in-the-list"), to: &log)

        let row = try fold(SessionsProjector.self, log).row("s")

        #expect(begun.text("model") == "claude-opus-4-5" && begun.json("models") == nil)
        #expect(row.text("model") == "claude-opus-4-5")
        #expect(row.json("models") == #"["claude-opus-4-5"]"#)
    }

    // MARK: iFlow

    /// Two calls, the first of them repeated by the record after it, and how both ended.
    private func iFlowLog() -> MemoryLog {
        func use(_ id: String) -> String {
            #"{"type":"tool_use","id":"\#(id)","name":"read_file","input":{"absolute_path":"C:\\\#(id).rs"}}"#
        }
        func answer(_ uuid: String, _ blocks: String) -> String {
            #"{"uuid":"\#(uuid)","sessionId":"s","message":{"id":"\#(uuid)","role":"assistant","content":[\#(blocks)],"model":"glm","stop_reason":null,"usage":{"input_tokens":0,"output_tokens":0}}}"#
        }
        func result(_ id: String, _ response: String) -> String {
            #"{"uuid":"r\#(id)","sessionId":"s","message":{"role":"user","content":[{"tool_use_id":"\#(id)","type":"tool_result","content":{"callId":"\#(id)","responseParts":{"functionResponse":{"id":"\#(id)","name":"read_file","response":\#(response)}},"resultDisplay":"x"}}]},"cwd":"C:\\p","gitBranch":null,"version":"1.0.0","toolUseResult":{"toolName":"read_file","status":"success"}}"#
        }
        var log = MemoryLog()
        for (clock, kind, data) in [
            ("12:00:00", "assistant", answer("m1", use("a"))),
            ("12:00:00", "assistant", answer("m2", use("a") + "," + use("b"))),
            ("12:00:01", "user", result("a", #"{"error":"File not found"}"#)),
            ("12:00:02", "user", result("b", #"{"output":"ok"}"#)),
            // Repeated when it is over, behind the words that follow.
            ("12:00:03", "assistant", answer("m3", use("b"))),
        ] {
            log.append(
                stream: "s", type: "transcript.\(kind)", source: "iflow/transcript",
                time: moment(clock), data: data)
        }
        return log
    }

    @Test func `a call that iFlow's next record repeats is one call`() throws {
        let session = try fold(SessionsProjector.self, iFlowLog()).row("s")
        let stretch = try fold(ToolSequencesProjector.self, iFlowLog()).row(at: 0)

        #expect(session.integer("tool_call_count") == 2)
        #expect(stretch.integer("call_count") == 2 && stretch.integer("open_count") == 0)
    }

    @Test func `a result of iFlow's says in its content that the call failed`() throws {
        let calls = try fold(ToolCallsProjector.self, iFlowLog())
        let session = try fold(SessionsProjector.self, iFlowLog()).row("s")

        #expect(try calls.row("a").text("status") == "failed")
        #expect(try calls.row("a").text("error_message") == "File not found")
        #expect(try calls.row("b").text("status") == "completed")
        #expect(try calls.row("b").text("file_path") == #"C:\b.rs"#)
        #expect(session.integer("error_count") == 1)
    }

    @Test func `where a session of iFlow's runs stands behind the message`() throws {
        let session = try fold(SessionsProjector.self, iFlowLog()).row("s")

        #expect(session.text("cwd") == #"C:\p"# && session.text("version") == "1.0.0")
    }

    // MARK: SWE-agent and Aider

    @Test func `a step is a call by its number, and the run says the tokens`() throws {
        var log = MemoryLog()
        let line =
            #"{"position":1,"recorded":"2026-01-02T03:04:05.000Z","id":"a/b/step/0:0011","stream":"a/b","type":"swe-agent.step","source":"swe-agent/session","version":1,"data":{"action":"edit 1:1\nx\n","observation":"ok","response":"so","execution_time":0.5}}"#
        log.lines.append(Array((line + "\n").utf8))
        add(
            "swe-agent.info",
            #"{"info":{"exit_status":"submitted","model_stats":{"instance_cost":1.25,"tokens_sent":9,"tokens_received":2}}}"#,
            stream: "a/b", to: &log)

        let call = try fold(ToolCallsProjector.self, log).row("a/b/step/0")
        let session = try fold(SessionsProjector.self, log).row("a/b")
        let usage = try fold(ModelUsageProjector.self, log).row(at: 0)

        #expect(call.text("tool_name") == "edit" && call.text("command") == "edit 1:1\nx")
        #expect(call.integer("duration_ms") == 500 && call.text("status") == "completed")
        #expect(session.text("end_reason") == "submitted")
        #expect(session.integer("input_tokens") == 9 && session.integer("message_count") == 1)
        #expect(usage.text("model") == nil && usage.money("reported_cost") == 1_250_000_000_000)
    }

    @Test(arguments: ["", " \\n", "\\t"])
    func `a step without an action calls nothing`(action: String) throws {
        var log = MemoryLog()
        add("swe-agent.step", #"{"action":"\#(action)","observation":"try again"}"#, to: &log)

        #expect(try fold(ToolCallsProjector.self, log).count == 0)
        #expect(try fold(SessionsProjector.self, log).row("s").integer("tool_call_count") == 0)
    }

    @Test func `two equal messages of Aider's are two`() throws {
        var log = MemoryLog()
        for _ in 0..<2 {
            add(
                "aider.message_send",
                #"{"properties":{"main_model":"gemini/g","prompt_tokens":7,"completion_tokens":2,"cost":0.5}}"#,
                to: &log)
        }
        add("aider.message_send_starting", #"{"properties":{}}"#, to: &log)

        let rows = try fold(ModelUsageProjector.self, log).rows

        #expect(rows.count == 2 && rows.allSatisfy { $0.text("provider") == "gemini" })
        #expect(try fold(SessionsProjector.self, log).row("s").integer("prompt_count") == 1)
    }

    // MARK: Hostile

    @Test(arguments: AgentFormats.all.map { "\($0.prefix)" })
    func `every format's events are known by their first letters`(prefix: String) throws {
        var log = MemoryLog()
        add(prefix + "x", "{}", to: &log)
        try log.batch(0..<1).forEachRecord { record in
            #expect(Event.withEvent(of: record) { $0.isOfAgentSession })
            return true
        }
    }

    @Test(arguments: [
        "{}", #"{"payload":7}"#, #"{"payload":{"call_id":"","name":3}}"#,
        #"{"payload":{"call_id":{"a":1},"info":[],"output":[[[]]]}}"#,
        #"{"payload":{"info":{"total_token_usage":{"input_tokens":[1,2]},"last_token_usage":{"input_tokens":-5,"cached_input_tokens":1e400,"output_tokens":9223372036854775807}}}}"#,
        #"{"message":{"role":"assistant","usage":{"input":"7","cost":{"total":"x"}},"content":[7,{"type":"toolCall","id":""}]}}"#,
        #"{"message":"hello"}"#, #"{"id":"","tokens":{"input":5},"toolCalls":{"id":"c"}}"#,
        #"{"id":"m","tokens":[],"toolCalls":[null,{"id":"c","status":9,"result":[7]}]}"#,
        #"{"data":{"toolCallId":"c","success":false,"error":"text","modelMetrics":{"m":7,"n":{"usage":{"inputTokens":1,"cacheReadTokens":9}}}}}"#,
        #"{"action":"","observation":null,"info":[],"properties":[]}"#,
        #"{"action":"\n \n","info":{"exit_status":null,"model_stats":{"tokens_sent":1,"tokens_received":"2"}}}"#,
    ])
    func `a record that is not as it should be harms nothing`(data: String) throws {
        var log = MemoryLog()
        for type in Self.types { add(type, data, to: &log) }

        for projector in [
            SessionsProjector.self, ToolCallsProjector.self, ModelUsageProjector.self,
        ] as [any Projector.Type] {
            try ProjectorLaws(of: projector, on: log, checkpointLimit: 4).check()
        }
        let session = try fold(SessionsProjector.self, log).row("s")
        #expect(session.integer("event_count") == Int64(Self.types.count))
        for row in try fold(ModelUsageProjector.self, log).rows {
            for column in ["input_tokens", "output_tokens", "cache_read_tokens"] {
                #expect(row.integer(column).map { $0 >= 0 } ?? true)
            }
        }
    }

    static let types = [
        "codex.session_meta", "codex.turn_context", "codex.compacted",
        "codex.response_item.function_call", "codex.response_item.function_call_output",
        "codex.response_item.custom_tool_call", "codex.response_item.tool_search_output",
        "codex.event_msg.token_count", "codex.event_msg.user_message",
        "codex.event_msg.mcp_tool_call_end", "codex.event_msg.web_search_end",
        "copilot.session.start", "copilot.assistant.message", "copilot.tool.execution_start",
        "copilot.tool.execution_complete", "copilot.permission.completed",
        "copilot.session.shutdown", "gemini.session", "gemini.user", "gemini.gemini",
        "pi.session", "pi.message", "pi.compaction", "swe-agent.message", "swe-agent.step",
        "swe-agent.info", "aider.message_send", "aider.message_send_starting", "pi.", "codex.",
    ]
}
