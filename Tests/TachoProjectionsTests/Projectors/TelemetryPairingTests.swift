import TachoLog
import TachoProjections
import Testing

/// Telemetry that names no request, and the files of the same sessions.
struct TelemetryPairingTests {
    private func codex(
        _ input: Int = 100, _ output: Int = 10, total: Int = 100, session: String = "s",
        model: String = "gpt-a", at clock: String = "12:00:00", to log: inout MemoryLog
    ) {
        for (type, data) in [
            ("session_meta", #"{"id":"\#(session)","model_provider":"openai"}"#),
            ("turn_context", #"{"model":"\#(model)"}"#),
            (
                "event_msg.token_count",
                #"{"info":{"total_token_usage":{"input_tokens":\#(total)},"last_token_usage":{"input_tokens":\#(input),"cached_input_tokens":40,"output_tokens":\#(output)}}}"#
            ),
        ] {
            log.append(
                stream: session, type: "codex.\(type)", source: "codex/session",
                time: moment(clock), data: #"{"payload":\#(data)}"#)
        }
    }

    private func told(
        _ input: Int = 100, _ output: Int = 10, session: String = "s", model: String = "gpt-a",
        kind: String = "response.completed", at clock: String = "12:00:01", to log: inout MemoryLog
    ) {
        log.append(
            stream: session, type: "otel.codex.sse_event", source: "codex_exec/otel",
            time: moment(clock),
            data:
                #"{"signal":"log","attributes":{"event.kind":"\#(kind)","conversation.id":"\#(session)","model":"\#(model)","input_token_count":"\#(input)","output_token_count":\#(output),"cached_token_count":40,"reasoning_token_count":3,"tool_token_count":110,"duration_ms":"900"}}"#
        )
    }

    private func calls(_ log: MemoryLog) throws -> [RowReader] {
        let table = try TableReader(folding: ModelUsageProjector.self, log)
        #expect(table.quarantinedCount == 0)
        return table.rows.filter { $0.boolean("is_counted") == true }
    }

    @Test(arguments: [true, false])
    func `Codex's telemetry and rollout tell of one call, whichever comes first`(isFirst: Bool)
        throws
    {
        var log = MemoryLog()
        if isFirst { told(to: &log) }
        codex(to: &log)
        if !isFirst { told(to: &log) }
        told(kind: "response.created", to: &log)

        let rows = try calls(log)

        #expect(rows.count == 1)
        let row = try #require(rows.first)
        #expect(row.integer("input_tokens") == 60 && row.integer("output_tokens") == 10)
        #expect(row.integer("cache_read_tokens") == 40)
        #expect(row.text("provider") == "openai" && row.text("model") == "gpt-a")
        #expect(row.integer("telemetry_count") == 1 && row.integer("line_count") == 1)
        #expect(row.integer("duration_ms") == 900)
        #expect(row.text("output_source") == "telemetry")
    }

    @Test func `a session without a file has the calls that telemetry tells of`() throws {
        var log = MemoryLog()
        told(to: &log)
        told(200, 20, at: "12:01:00", to: &log)

        let rows = try calls(log)

        #expect(rows.map { $0.integer("input_tokens") } == [60, 160])
        #expect(rows.allSatisfy { $0.text("provider") == "openai" })
    }

    @Test(arguments: [
        [true, true, false, false], [false, false, true, true], [true, false, false, true],
    ])
    func `calls that are alike are two calls, each told twice`(isTold: [Bool]) throws {
        var log = MemoryLog()
        var total = 100
        for isTold in isTold {
            if isTold {
                told(to: &log)
            } else {
                codex(total: total, to: &log)
                total += 100
            }
        }

        let rows = try calls(log)

        #expect(rows.count == 2)
        #expect(rows.allSatisfy { $0.integer("telemetry_count") == 1 })
        #expect(rows.allSatisfy { $0.integer("line_count") == 1 })
    }

    @Test(
        arguments: ["input", "output", "session", "model", "time", "second"], [true, false])
    func `nothing distinct is taken for the same call`(part: String, isFirst: Bool) throws {
        var log = MemoryLog()
        if !isFirst { codex(to: &log) }
        switch part {
        case "input": told(101, to: &log)
        case "output": told(100, 11, to: &log)
        case "session": told(session: "t", to: &log)
        case "model": told(model: "gpt-a-mini", to: &log)
        case "time": told(at: "12:05:01", to: &log)
        default:
            told(to: &log)
            told(at: "12:00:02", to: &log)
        }
        if isFirst { codex(to: &log) }

        #expect(try calls(log).count == 2)
    }

    @Test func `Gemini's telemetry and session tell of one call`() throws {
        var log = MemoryLog()
        func told(_ model: String, _ input: Int) {
            log.append(
                stream: "g", type: "otel.gemini_cli.api_response", source: "gemini-cli/otel",
                time: moment("12:00:09"),
                data:
                    #"{"signal":"log","attributes":{"session.id":"g","model":"\#(model)","input_token_count":\#(input),"output_token_count":5,"cached_content_token_count":30,"thoughts_token_count":7,"tool_token_count":2,"total_token_count":114}}"#
            )
        }
        told("gemini-3-pro", 100)
        log.append(
            stream: "g", type: "gemini.gemini", source: "gemini/session", time: moment("12:00:01"),
            data:
                #"{"id":"m1","model":"gemini-3-pro","tokens":{"input":100,"output":5,"cached":30,"thoughts":7,"tool":2,"total":114}}"#
        )
        // A router's call, which no session's file has.
        told("gemini-3-flash", 40)

        let rows = try calls(log)

        #expect(rows.map { $0.integer("input_tokens") } == [72, 12])
        #expect(rows.map { $0.integer("output_tokens") } == [12, 12])
        #expect(rows.map { $0.text("provider") } == ["google", "google"])
        #expect(rows[0].text("message_id") == "m1" && rows[1].text("message_id") == nil)
    }

    @Test(arguments: [true, false])
    func `Claude Code's telemetry without a request finds the message whose placeholder it ends`(
        isFirst: Bool
    ) throws {
        var log = MemoryLog()
        func told() {
            log.append(
                stream: "s", type: "otel.api_request", source: "claude-code/otel",
                time: moment("12:00:30"),
                data:
                    #"{"signal":"log","attributes":{"session.id":"s","model":"us.anthropic.claude-x-v1:0","input_tokens":2,"output_tokens":412,"cache_read_tokens":9179,"cache_creation_tokens":100}}"#
            )
        }
        func message(_ id: String, output: Int, read: Int = 9179) {
            log.append(
                stream: "s", type: "transcript.assistant", source: "claude-code/transcript",
                time: moment("12:00:10"),
                data:
                    #"{"version":"2.1.294","message":{"id":"\#(id)","model":"claude-x","stop_reason":null,"usage":{"input_tokens":2,"output_tokens":\#(output),"cache_creation_input_tokens":100,"cache_read_input_tokens":\#(read)}}}"#
            )
        }
        if isFirst { told() }
        message("a", output: 1)
        message("a", output: 3)
        message("b", output: 1, read: 9000)
        if !isFirst { told() }

        let rows = try calls(log)

        #expect(rows.map { $0.text("message_id") } == ["a", "b"])
        #expect(rows.map { $0.integer("output_tokens") } == [412, 1])
        #expect(rows.map { $0.integer("telemetry_count") } == [1, nil])
    }
}
