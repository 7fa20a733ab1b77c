import Foundation
import TachoLog
import TachoProjections
import TestSupport
import Testing

/// What telemetry adds to the rows of messages, calls, and sessions.
struct TelemetryProjectorTests {
    private func event(
        _ name: String, _ attributes: String, session: String = "s1", stream: String? = nil,
        at clock: String = "12:00:00", to log: inout MemoryLog
    ) {
        log.append(
            stream: stream ?? session, type: "otel.\(name)", source: "claude-code/otel",
            time: moment(clock),
            data:
                #"{"signal":"log","attributes":{"session.id":"\#(session)",\#(attributes)},"resource":{"attributes":{"service.version":"2.1.294"}}}"#
        )
    }

    private func request(_ id: String = "r", output: Int = 412, to log: inout MemoryLog) {
        event(
            "api_request",
            #""model":"m","input_tokens":"2","output_tokens":\#(output),"cache_read_tokens":9179,"cache_creation_tokens":100,"cost_usd":0.0027651900000000003,"duration_ms":1500,"ttft_ms":"729","request_id":"\#(id)","speed":"normal""#,
            to: &log)
    }

    private func transcript(
        _ message: String = "a", request: String = "r", session: String = "s1",
        stop: String = "null",
        to log: inout MemoryLog
    ) {
        log.append(
            stream: session, type: "transcript.assistant", source: "claude-code/transcript",
            data:
                #"{"version":"2.1.294","message":{"id":"\#(message)","model":"m","stop_reason":\#(stop),"usage":{"input_tokens":2,"output_tokens":1,"cache_creation_input_tokens":100,"cache_creation":{"ephemeral_1h_input_tokens":100},"cache_read_input_tokens":9179}},"requestId":"\#(request)"}"#
        )
    }

    // MARK: Messages

    @Test(arguments: [true, false])
    func `telemetry overrides a placeholder, whichever comes first`(isFirst: Bool) throws {
        var log = MemoryLog()
        if isFirst { request(to: &log) }
        transcript(to: &log)
        if !isFirst { request(to: &log) }
        transcript(to: &log)

        let usage = try TableReader(folding: ModelUsageProjector.self, log)
        let row = usage.row(at: 0)

        #expect(usage.count == 1)
        #expect(row.integer("output_tokens") == 412)
        #expect(row.text("output_source") == "telemetry")
        #expect(row.text("input_source") == "telemetry")
        #expect(row.boolean("output_is_lower_bound") == false)
        #expect(row.integer("cache_creation_1h_tokens") == 100)
        #expect(row.money("reported_cost") == 2_765_190_000)
        #expect(row.integer("duration_ms") == 1500)
        #expect(row.integer("time_to_first_token_ms") == 729)
        #expect(row.text("message_id") == "a")
        #expect(row.text("speed") == nil)
        #expect(row.integer("line_count") == 2)
        #expect(row.integer("telemetry_count") == 1)
        #expect(row.integer("inherited_count") == 0)
    }

    @Test func `telemetry goes before a final record as well`() throws {
        var log = MemoryLog()
        request(output: 40, to: &log)
        transcript(stop: #""end_turn""#, to: &log)

        let row = try TableReader(folding: ModelUsageProjector.self, log).row(at: 0)

        #expect(row.integer("output_tokens") == 40)
        #expect(row.text("output_source") == "telemetry")
    }

    @Test func `a copy in a resumed session does not count a request again`() throws {
        var log = MemoryLog()
        request(to: &log)
        transcript(to: &log)
        transcript(session: "s2", to: &log)

        let usage = try TableReader(folding: ModelUsageProjector.self, log)

        #expect(usage.count == 1)
        #expect(usage.row(at: 0).text("session_id") == "s1")
        #expect(usage.row(at: 0).integer("inherited_count") == 1)
    }

    @Test func `a request of a run that has its result is not counted beside it`() throws {
        var log = MemoryLog()
        log.append(
            stream: "w1", type: "output.result", source: "adw/output/planner",
            data: #"{"session_id":"s1","modelUsage":{"m":{"inputTokens":5,"outputTokens":6}}}"#)
        request(to: &log)

        let usage = try TableReader(folding: ModelUsageProjector.self, log)

        #expect(usage.rows.map { $0.boolean("is_counted") } == [true, false])
        #expect(usage.row(at: 0).text("output_source") == "result")
    }

    @Test func `a span's input has the cached tokens in it, ours has not`() throws {
        var log = MemoryLog()
        let usage =
            #""gen_ai.usage.input_tokens":1200,"gen_ai.usage.output_tokens":50,"gen_ai.usage.cache_read.input_tokens":1000"#
        for (operation, id) in [("invoke_agent", "1"), ("chat", "2")] {
            log.append(
                stream: "c", type: "otel.span.\(operation)", source: "vs-copilot/otel",
                data:
                    #"{"signal":"span","trace_id":"t","span_id":"\#(id)","start_time_unix_nano":1000000000,"end_time_unix_nano":4000000000,"attributes":{"gen_ai.conversation.id":"c","gen_ai.provider.name":"openai","gen_ai.request.model":"gpt","gen_ai.response.id":"resp",\#(usage)}}"#
            )
        }

        let table = try TableReader(folding: ModelUsageProjector.self, log)
        let row = try table.row("openai/resp/")

        #expect(table.count == 1)
        #expect(row.integer("input_tokens") == 200)
        #expect(row.integer("cache_read_tokens") == 1000)
        #expect(row.integer("output_tokens") == 50)
        #expect(row.integer("duration_ms") == 3000)
        #expect(row.text("session_id") == "c")
        #expect(row.text("workflow_id") == nil)
    }

    /// An agent's span around one call of a model of each kind, one that failed, and two of a tool.
    private func spanLog() -> MemoryLog {
        let usage = #""gen_ai.usage.input_tokens":100,"gen_ai.usage.output_tokens":10"#
        let failure = #""error.type":"timeout""#
        let spans: [(String, Int, Int, String, Int)] = [
            ("chat", 1, 3, usage, 0), ("generate_content", 3, 4, usage, 0),
            ("text_completion", 4, 6, usage, 0), ("chat", 6, 7, failure, 2),
            ("execute_tool", 7, 8, #""gen_ai.tool.call.id":"k1""#, 1),
            ("execute_tool", 8, 9, #""gen_ai.tool.call.id":"k2""#, 2),
            ("invoke_agent", 0, 10, usage, 0),
        ]
        var log = MemoryLog()
        for (index, (operation, start, end, attributes, status)) in spans.enumerated() {
            let seconds = (moment("12:00:00")?.microseconds ?? 0) / 1_000_000
            log.append(
                stream: "c", type: "otel.span.\(operation)", source: "agent/otel",
                time: moment("12:00:\(end < 10 ? "0" : "")\(end)"),
                data:
                    #"{"signal":"span","trace_id":"t","span_id":"\#(index)","start_time_unix_nano":\#(seconds + Int64(start))000000000,"end_time_unix_nano":\#(seconds + Int64(end))000000000,"attributes":{"gen_ai.conversation.id":"c","gen_ai.request.model":"gpt",\#(attributes)},"status":{"message":"no","code":\#(status)}}"#
            )
        }
        return log
    }

    @Test func `spans of all calls of models and tools are counted, with those that failed`() throws
    {
        let row = try TableReader(folding: SessionsProjector.self, spanLog()).row("c")
        let usage = try TableReader(folding: ModelUsageProjector.self, spanLog())
        let calls = try TableReader(folding: ToolCallsProjector.self, spanLog())

        #expect(row.integer("message_count") == 3 && usage.count == 3)
        #expect(row.integer("input_tokens") == 300 && row.integer("output_tokens") == 30)
        #expect(row.integer("tool_call_count") == 2 && row.integer("error_count") == 1)
        #expect(row.integer("api_error_count") == 1)
        #expect(try calls.row("k1").text("status") == "completed")
        #expect(try calls.row("k2").text("status") == "failed")
        #expect(try calls.row("k2").text("error_message") == "no")
    }

    @Test(
        arguments: [
            (
                #""openinference.span.kind":"LLM","llm.model_name":"gpt","llm.provider":"openai","llm.token_count.prompt":100,"llm.token_count.completion":10,"llm.token_count.prompt_details.cache_read":40"#,
                #""openinference.span.kind":"TOOL","tool.name":"search","input.value":"{\"query\":\"x\"}","output.value":"found""#
            ),
            (
                #""llm.request.type":"chat","gen_ai.system":"openai","gen_ai.request.model":"gpt","gen_ai.usage.prompt_tokens":100,"gen_ai.usage.completion_tokens":10,"gen_ai.usage.cache_read_input_tokens":40"#,
                #""traceloop.span.kind":"tool","traceloop.entity.name":"search","traceloop.entity.input":"{\"query\":\"x\"}","traceloop.entity.output":"found""#
            ),
        ])
    func `spans of older conventions tell of calls, too`(model: String, tool: String) throws {
        var log = MemoryLog()
        for (name, attributes) in [("openai.chat", model), ("search", tool), ("chain", #""x":1"#)] {
            log.append(
                stream: "c", type: "otel.span.\(name)", source: "agent/otel",
                data:
                    #"{"signal":"span","start_time_unix_nano":1000000000,"end_time_unix_nano":4000000000,"attributes":{"session.id":"c",\#(attributes)}}"#
            )
        }

        let usage = try TableReader(folding: ModelUsageProjector.self, log)
        let calls = try TableReader(folding: ToolCallsProjector.self, log)
        let session = try TableReader(folding: SessionsProjector.self, log).row("c")

        #expect(usage.count == 1 && calls.count == 1)
        #expect(usage.row(at: 0).text("provider") == "openai")
        #expect(usage.row(at: 0).text("model") == "gpt")
        #expect(usage.row(at: 0).integer("input_tokens") == 60)
        #expect(usage.row(at: 0).integer("cache_read_tokens") == 40)
        #expect(usage.row(at: 0).integer("output_tokens") == 10)
        #expect(calls.row(at: 0).text("tool_name") == "search")
        #expect(calls.row(at: 0).text("command") == "x")
        #expect(calls.row(at: 0).integer("duration_ms") == 3000)
        #expect(session.integer("message_count") == 1 && session.integer("tool_call_count") == 1)
    }

    @Test func `a session lasts from its spans' first beginning`() throws {
        let session = try TableReader(folding: SessionsProjector.self, spanLog()).row("c")
        let times = try TableReader(folding: SessionTimesProjector.self, spanLog()).row("c")

        for row in [session, times] {
            #expect(row.timestamp("started_at") == moment("12:00:00"))
            #expect(row.timestamp("ended_at") == moment("12:00:10"))
        }
        #expect(times.integer("wall_ms") == 10_000)
        #expect(times.integer("model_ms") == 6000 && times.integer("tool_ms") == 2000)
    }

    @Test func `a span longer than a year has no beginning`() throws {
        var log = MemoryLog()
        log.append(
            stream: "c", type: "otel.span.x", source: "agent/otel", time: moment("12:00:00"),
            data:
                #"{"signal":"span","start_time_unix_nano":1,"end_time_unix_nano":1767355200000000000,"attributes":{"session.id":"c"}}"#
        )

        let session = try TableReader(folding: SessionsProjector.self, log).row("c")

        #expect(session.timestamp("started_at") == moment("12:00:00"))
    }

    @Test func `a model that an agent's span names is its session's until one is used`() throws {
        var log = MemoryLog()
        log.append(
            stream: "c", type: "otel.span.invoke_agent", source: "agent/otel",
            data:
                #"{"signal":"span","attributes":{"gen_ai.conversation.id":"c","gen_ai.request.model":"gpt"}}"#
        )

        let row = try TableReader(folding: SessionsProjector.self, log).row("c")

        #expect(row.text("model") == "gpt" && row.json("models") == nil)
    }

    @Test func `a call of Gemini's that was refused is no failure`() throws {
        var log = MemoryLog()
        log.append(
            stream: "c", type: "otel.gemini_cli.tool_call", source: "gemini-cli/otel",
            data:
                #"{"signal":"log","attributes":{"session.id":"c","function_name":"x","success":false,"decision":"reject"}}"#
        )

        let row = try TableReader(folding: SessionsProjector.self, log).row("c")

        #expect(row.integer("tool_call_count") == 1 && row.integer("error_count") == 0)
    }

    // MARK: Calls

    @Test(arguments: [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]])
    func `the views of hook, transcript, and telemetry are one call`(order: [Int]) throws {
        var log = MemoryLog()
        for index in order {
            switch index {
            case 0:
                log.append(
                    stream: "w1", type: "hook.PreToolUse", source: "claude-code/hook",
                    time: moment("12:00:01"),
                    data:
                        #"{"session_id":"s1","tool_name":"Bash","tool_input":{"command":"ls"},"tool_use_id":"toolu_1","prompt_id":"p1"}"#
                )
            case 1:
                log.append(
                    stream: "s1", type: "transcript.assistant", source: "claude-code/transcript",
                    time: moment("12:00:00"),
                    data:
                        #"{"message":{"content":[{"type":"tool_use","id":"toolu_1","name":"Bash","input":{"command":"ls"}}]}}"#
                )
            case 2:
                event(
                    "tool_decision",
                    #""tool_name":"Bash","tool_use_id":"toolu_1","decision":"accept","source":"user_temporary""#,
                    to: &log)
            default:
                event(
                    "tool_result",
                    #""tool_name":"Bash","tool_use_id":"toolu_1","success":"true","duration_ms":"2000","decision_type":"accept","decision_source":"user_temporary","tool_result_size_bytes":117"#,
                    stream: "w1", at: "12:00:05", to: &log)
            }
        }

        let calls = try TableReader(folding: ToolCallsProjector.self, log)
        let row = try calls.row("toolu_1")

        #expect(calls.count == 1)
        #expect(row.text("sources") == "hook,transcript,telemetry")
        #expect(row.text("status") == "completed")
        #expect(row.text("decision") == "accept")
        #expect(row.text("decision_source") == "user_temporary")
        #expect(row.integer("duration_ms") == 2000)
        #expect(row.timestamp("called_at") == moment("12:00:01"))
        #expect(row.text("adw_id") == "w1")
        #expect(row.text("prompt_id") == "p1")
        #expect(row.integer("telemetry_count") == 2)
    }

    @Test func `a call that was refused is denied, one without an id a row by itself`() throws {
        var log = MemoryLog()
        event(
            "tool_decision",
            #""tool_name":"Edit","tool_use_id":"toolu_2","decision":"reject","source":"user_reject""#,
            to: &log)
        event(
            "tool_result",
            #""tool_name":"mcp_tool","success":"false","error":"no such page","duration_ms":3"#,
            to: &log)

        let calls = try TableReader(folding: ToolCallsProjector.self, log)

        #expect(try calls.row("toolu_2").text("status") == "denied")
        let other = try calls.row("e2")
        #expect(other.text("status") == "failed")
        #expect(other.text("error_message") == "no such page")
        #expect(other.text("tool_name") == nil)
    }

    // MARK: Sessions

    @Test func `a session of telemetry alone has its counts, and a look at the list is none`()
        throws
    {
        var log = MemoryLog()
        event("user_prompt", #""prompt_length":"3""#, to: &log)
        request("r1", to: &log)
        request("r2", to: &log)
        event("tool_result", #""tool_use_id":"t","success":"false""#, to: &log)
        event("api_error", #""error":"overloaded""#, to: &log)
        log.append(
            stream: "s9", type: "otel.metric.session.count", source: "claude-code/otel",
            data:
                #"{"signal":"metric","attributes":{"session.id":"s9","start_type":"agents_view"}}"#)

        let sessions = try TableReader(folding: SessionsProjector.self, log)
        let row = try sessions.row("s1")

        #expect(sessions.count == 1)
        #expect(row.text("agent") == "claude-code")
        #expect(row.text("version") == "2.1.294")
        #expect(row.integer("prompt_count") == 1)
        #expect(row.integer("tool_call_count") == 1)
        #expect(row.integer("error_count") == 1)
        #expect(row.integer("api_error_count") == 1)
        #expect(row.integer("message_count") == 2)
        #expect(row.integer("output_tokens") == 824)
        #expect(row.integer("cache_read_tokens") == 18358)
        #expect(row.boolean("output_tokens_is_lower_bound") == false)
        #expect(row.text("adw_id") == nil)
    }

    @Test func `transcript and telemetry of a session are not added up`() throws {
        var log = MemoryLog()
        transcript(to: &log)
        request(to: &log)

        let row = try TableReader(folding: SessionsProjector.self, log).row("s1")

        #expect(row.integer("message_count") == 1)
        #expect(row.integer("input_tokens") == 2)
        #expect(row.integer("output_tokens") == 412)
        #expect(row.boolean("output_tokens_is_lower_bound") == false)
    }
}
