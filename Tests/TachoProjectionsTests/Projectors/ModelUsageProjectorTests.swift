import TachoLog
import TachoProjections
import Testing

struct ModelUsageProjectorTests {
    private func fold(_ log: MemoryLog) throws -> TableReader {
        try TableReader(folding: ModelUsageProjector.self, log)
    }

    private func message(
        _ id: String, request: String? = "r", _ usage: String, stop: String = "null",
        model: String = "m", session: String = "s1", version: String = "2.1.20",
        more: String = "", to log: inout MemoryLog
    ) {
        let request = request.map { #","requestId":"\#($0)""# } ?? ""
        log.append(
            stream: session, type: "transcript.assistant", source: "claude-code/transcript",
            data:
                #"{"version":"\#(version)"\#(more),"message":{"id":"\#(id)","model":"\#(model)","stop_reason":\#(stop),"usage":{\#(usage)}}\#(request)}"#
        )
    }

    private func output(
        _ type: String, _ data: String, agent: String = "sdlc_planner", to log: inout MemoryLog
    ) {
        log.append(stream: "w1", type: "output.\(type)", source: "adw/output/\(agent)", data: data)
    }

    // MARK: Lines of a message

    @Test func `each count is the largest of the message's lines`() throws {
        var log = MemoryLog()
        message("a", #""input_tokens":3,"output_tokens":1,"cache_read_input_tokens":9"#, to: &log)
        message("a", #""input_tokens":2,"output_tokens":8"#, to: &log)
        message("a", #""input_tokens":3,"output_tokens":5"#, to: &log)

        let row = try fold(log).row("anthropic/a/r")

        #expect(row.integer("input_tokens") == 3)
        #expect(row.integer("output_tokens") == 8)
        #expect(row.integer("cache_read_tokens") == 9)
        #expect(row.integer("cache_creation_tokens") == nil)
        #expect(row.integer("line_count") == 3)
    }

    @Test func `a line with a stop reason beats lines without, before it and behind it`() throws {
        var log = MemoryLog()
        message("a", #""output_tokens":90"#, to: &log)
        message("a", #""output_tokens":50"#, stop: #""end_turn""#, to: &log)
        message("a", #""output_tokens":70,"input_tokens":4"#, to: &log)

        let row = try fold(log).row("anthropic/a/r")

        #expect(row.integer("output_tokens") == 50)
        #expect(row.integer("input_tokens") == 4)
        #expect(row.text("output_source") == "final")
        #expect(row.boolean("output_is_lower_bound") == false)
    }

    @Test(arguments: [
        ("2.1.12", "placeholder", true), ("2.1.11", "line", false), ("2.0.76", "line", false),
        ("2.2.0", "placeholder", true), ("3.0.0", "placeholder", true),
        ("1.0.128", "line", false), ("x", "placeholder", true), ("2.1", "placeholder", true),
    ])
    func `output without a stop reason is a lower bound from 2.1.12`(
        version: String, source: String, isBound: Bool
    ) throws {
        var log = MemoryLog()
        message("a", #""output_tokens":1"#, version: version, to: &log)

        let row = try fold(log).row("anthropic/a/r")

        #expect(row.text("output_source") == source)
        #expect(row.boolean("output_is_lower_bound") == isBound)
    }

    @Test(arguments: [
        "-1", "1.5", #""12""#, "9223372036854775808", "9223372036854775807", "1000000000001",
        "null", "true", "[3]", "{}", "1e400",
    ])
    func `a count that is none is unknown and hides no other line's`(count: String) throws {
        var log = MemoryLog()
        message(
            "a", #""input_tokens":\#(count),"output_tokens":\#(count)"#, stop: #""x""#, to: &log)
        message("b", #""input_tokens":\#(count)"#, to: &log)
        message("b", #""input_tokens":7"#, to: &log)

        let table = try fold(log)

        #expect(try table.row("anthropic/a/r").integer("input_tokens") == nil)
        #expect(try table.row("anthropic/a/r").boolean("output_is_lower_bound") == true)
        #expect(try table.row("anthropic/b/r").integer("input_tokens") == 7)
    }

    @Test func `the agent's own words use no model`() throws {
        var log = MemoryLog()
        message("a", #""input_tokens":3"#, model: "<synthetic>", to: &log)
        log.append(
            stream: "s1", type: "transcript.assistant", data: #"{"message":{"id":"b","model":"m"}}"#
        )
        log.append(stream: "s1", type: "transcript.assistant", data: #"{"message":7}"#)

        #expect(try fold(log).count == 0)
    }

    // MARK: Which lines are one message

    @Test func `ids decide, and one that is missing does not divide`() throws {
        var log = MemoryLog()
        message("a", request: nil, #""output_tokens":1"#, to: &log)
        message("a", request: "r1", #""output_tokens":2"#, to: &log)
        message("a", request: "r2", #""output_tokens":3"#, to: &log)
        message("a", request: nil, #""output_tokens":9"#, to: &log)

        let table = try fold(log)

        #expect(table.count == 2)
        #expect(try table.row("anthropic/a/").integer("output_tokens") == 9)
        #expect(try table.row("anthropic/a/").text("request_id") == "r1")
        #expect(try table.row("anthropic/a/r2").integer("output_tokens") == 3)
    }

    @Test func `messages without an id are never one`() throws {
        var log = MemoryLog()
        for _ in 0..<3 {
            log.append(
                stream: "s1", type: "transcript.assistant",
                data: #"{"requestId":"r","message":{"model":"m","usage":{"input_tokens":2}}}"#)
        }

        #expect(try fold(log).count == 3)
    }

    @Test func `slashes in ids do not make two messages one`() throws {
        var log = MemoryLog()
        message("a/b", request: "c", #""input_tokens":1"#, to: &log)
        message("a", request: "b/c", #""input_tokens":1"#, to: &log)
        message("a%2Fb", request: "c", #""input_tokens":1"#, to: &log)

        #expect(try fold(log).count == 3)
    }

    @Test func `a copy in a resumed session is counted once, by the session that had it first`()
        throws
    {
        var log = MemoryLog()
        message("a", #""output_tokens":4"#, session: "old", to: &log)
        message("a", #""output_tokens":4"#, session: "new", to: &log)
        message("a", #""output_tokens":6"#, session: "new", to: &log)
        message("a", #""output_tokens":4"#, session: "old", to: &log)

        let table = try fold(log)
        let row = try table.row("anthropic/a/r")

        #expect(table.count == 1)
        #expect(row.text("session_id") == "old")
        #expect(row.integer("line_count") == 2)
        #expect(row.integer("inherited_count") == 2)
    }

    // MARK: Subagents

    @Test func `a subagent's messages are its parent session's`() throws {
        var log = MemoryLog()
        message("a", #""input_tokens":1"#, more: #","isSidechain":true,"agentId":"ag1""#, to: &log)
        log.append(
            stream: "s1", type: "transcript.progress", source: "claude-code/transcript",
            data:
                #"{"version":"2.1.20","data":{"message":{"type":"assistant","message":{"id":"b","model":"m","usage":{"input_tokens":5}},"requestId":"r"},"type":"agent_progress","agentId":"ag2"}}"#
        )
        log.append(
            stream: "s1", type: "transcript.progress", source: "claude-code/transcript",
            data: #"{"data":{"type":"bash_progress","output":"x"}}"#)
        output(
            "assistant",
            #"{"message":{"id":"c","model":"m","usage":{"input_tokens":2}},"parent_tool_use_id":"toolu_1","session_id":"s2"}"#,
            to: &log)

        let table = try fold(log)

        #expect(table.count == 3)
        for (key, agent) in [("a/r", "ag1"), ("b/r", "ag2"), ("c/", "toolu_1")] {
            let row = try table.row("anthropic/\(key)")
            #expect(row.boolean("is_sidechain") == true)
            #expect(row.text("agent_id") == agent)
        }
        #expect(try table.row("anthropic/b/r").text("session_id") == "s1")
    }

    // MARK: Results of runs

    private let result =
        #"{"session_id":"s1","total_cost_usd":0.5,"usage":{"input_tokens":2,"output_tokens":9,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"service_tier":"standard"},"modelUsage":{"big":{"inputTokens":2,"outputTokens":9,"cacheCreationInputTokens":30,"costUSD":0.4},"small":{"inputTokens":70,"outputTokens":1,"cacheCreationInputTokens":0,"webSearchRequests":3,"costUSD":0.1}}}"#
    private let resultKey = "anthropic/result/w1/adw%2Foutput%2Fsdlc_planner/s1"

    @Test func `a result is a row for each model`() throws {
        var log = MemoryLog()
        output("result", result, to: &log)

        let table = try fold(log)
        let big = try table.row(resultKey + "/big")
        let small = try table.row(resultKey + "/small")

        #expect(table.count == 2)
        #expect(big.integer("output_tokens") == 9)
        #expect(big.integer("cache_creation_1h_tokens") == 20)
        #expect(big.text("output_source") == "result")
        #expect(big.text("workflow_id") == "w1")
        #expect(big.text("phase") == "plan")
        #expect(big.text("agent_name") == "sdlc_planner")
        #expect(big.money("reported_cost") == 400_000_000_000)
        #expect(small.integer("cache_creation_1h_tokens") == nil)
        #expect(small.integer("web_search_requests") == 3)
    }

    @Test(arguments: [true, false])
    func `a result takes its session's messages out of the count, whichever comes first`(
        isFirst: Bool
    ) throws {
        var log = MemoryLog()
        if isFirst { output("result", result, to: &log) }
        output(
            "assistant",
            #"{"session_id":"s1","message":{"id":"a","model":"big","usage":{"input_tokens":2}}}"#,
            to: &log)
        message("b", #""input_tokens":1"#, to: &log)
        message("c", #""input_tokens":1"#, session: "other", to: &log)
        if !isFirst { output("result", result, to: &log) }

        let table = try fold(log)

        #expect(try table.row("anthropic/a/").boolean("is_counted") == false)
        #expect(try table.row("anthropic/b/r").boolean("is_counted") == false)
        #expect(try table.row("anthropic/c/r").boolean("is_counted") == true)
        #expect(try table.row(resultKey + "/big").boolean("is_counted") == true)
    }

    @Test func `a run that never got to its result keeps what its messages say`() throws {
        var log = MemoryLog()
        output(
            "assistant",
            #"{"session_id":"s1","message":{"id":"a","model":"m","usage":{"output_tokens":2}}}"#,
            to: &log)

        let row = try fold(log).row("anthropic/a/")

        #expect(row.boolean("is_counted") == true)
        #expect(row.boolean("output_is_lower_bound") == true)
        #expect(row.text("workflow_id") == "w1")
    }

    @Test func `a result without models has the model of its session's messages`() throws {
        var log = MemoryLog()
        output(
            "assistant",
            #"{"session_id":"s1","message":{"id":"a","model":"m9","usage":{"output_tokens":2}}}"#,
            to: &log)
        output(
            "result", #"{"session_id":"s1","total_cost_usd":0.25,"usage":{"output_tokens":20}}"#,
            to: &log)

        let row = try fold(log).row(resultKey + "/m9")

        #expect(row.integer("output_tokens") == 20)
        #expect(row.money("reported_cost") == 250_000_000_000)
    }

    @Test func `a later result of the session has the earlier in it, another agent's adds up`()
        throws
    {
        var log = MemoryLog()
        for count in [5, 9, 7] {
            output(
                "result",
                #"{"session_id":"s1","modelUsage":{"m":{"outputTokens":\#(count)}}}"#, to: &log)
        }
        output(
            "result", #"{"session_id":"s1","modelUsage":{"m":{"outputTokens":3}}}"#,
            agent: "tester", to: &log)

        let table = try fold(log)

        #expect(table.count == 2)
        #expect(try table.row(resultKey + "/m").integer("output_tokens") == 9)
        #expect(try table.row(resultKey + "/m").integer("line_count") == 3)
    }
}
