import TachoLog
import TachoProjections
import TestSupport
import Testing

struct SessionsProjectorTests {
    @Test func `hooks that tell the end of a call alone tell of a call`() throws {
        var log = MemoryLog()
        for (name, id) in [
            ("PreToolUse", "a"), ("PostToolUse", "a"), ("PostToolUse", "b"),
            ("PostToolUseFailure", "c"),
        ] {
            log.append(
                stream: "s", type: "hook.\(name)", source: "claude-code/hook-log",
                data: #"{"session_id":"s","tool_name":"Bash","tool_use_id":"\#(id)"}"#)
        }

        let row = try TableReader(folding: SessionsProjector.self, log).row("s")

        #expect(row.integer("tool_call_count") == 3)
        #expect(row.integer("error_count") == 1)
    }

    @Test func `members mean the same in any order`() throws {
        let message = #""message":{"role":"user","content":"hello"}"#
        let others =
            #""cwd":"/home/u/app","gitBranch":"main","version":"2.1.0","sessionId":"s","isMeta":true"#
        for data in ["{\(message),\(others)}", "{\(others),\(message)}"] {
            var log = MemoryLog()
            log.append(stream: "s", type: "transcript.user", source: "x", data: data)

            let row = try TableReader(folding: SessionsProjector.self, log).row("s")

            #expect(row.text("cwd") == "/home/u/app")
            #expect(row.text("git_branch") == "main")
            #expect(row.text("version") == "2.1.0")
            #expect(row.integer("prompt_count") == 0)
        }
    }

    private func fold(_ log: MemoryLog) throws -> TableReader {
        try TableReader(folding: SessionsProjector.self, log)
    }

    private func message(
        _ id: String, input: Int, output: Int, stop: String = "null", to log: inout MemoryLog
    ) {
        log.append(
            stream: "s1", type: "transcript.assistant", source: "claude-code/transcript",
            time: moment("10:00:0\(log.lines.count % 10)"),
            data:
                #"{"cwd":"/p","version":"2.1.0","gitBranch":"main","message":{"id":"\#(id)","model":"m1","content":[],"stop_reason":\#(stop),"usage":{"input_tokens":\#(input),"output_tokens":\#(output),"cache_read_input_tokens":7}}}"#
        )
    }

    @Test func `a message's usage counts once, as the largest of its records`() throws {
        var log = MemoryLog()
        message("a", input: 3, output: 1, to: &log)
        message("b", input: 4, output: 2, to: &log)
        message("a", input: 3, output: 9, stop: #""end_turn""#, to: &log)
        message("a", input: 2, output: 1, to: &log)

        let row = try fold(log).row("s1")

        #expect(row.integer("message_count") == 2)
        #expect(row.integer("input_tokens") == 7)
        #expect(row.integer("output_tokens") == 11)
        #expect(row.integer("cache_read_tokens") == 14)
        #expect(row.boolean("output_tokens_is_lower_bound") == true)
        #expect(row.text("agent") == "claude-code")
        #expect(row.text("git_branch") == "main")
        #expect(row.timestamp("started_at") == moment("10:00:00"))
        #expect(row.timestamp("ended_at") == moment("10:00:03"))
    }

    @Test func `more tokens than a message can have are not counted`() throws {
        var log = MemoryLog()
        message("a", input: 3, output: 3_000_000_000, to: &log)
        message("b", input: 1 << 62, output: 5, to: &log)
        message("", input: 1 << 62, output: 1, to: &log)

        let row = try fold(log).row("s1")

        #expect(row.integer("message_count") == 3)
        #expect(row.integer("input_tokens") == 3)
        #expect(row.integer("output_tokens") == 6)
    }

    @Test func `tokens are unknown until somebody tells of them`() throws {
        var log = MemoryLog()
        log.append(
            stream: "s1", type: "hook.PreToolUse", source: "claude-code/hook",
            data: #"{"session_id":"s1","tool_name":"Bash"}"#)
        log.append(
            stream: "s1", type: "transcript.assistant", source: "claude-code/transcript",
            data: #"{"message":{"id":"a","model":"m1","content":[]}}"#)
        let columns = ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"]

        let before = try fold(log).row("s1")
        message("b", input: 4, output: 0, to: &log)
        let after = try fold(log).row("s1")

        #expect(before.integer("tool_call_count") == 1)
        #expect(columns.map { before.integer($0) } == [nil, nil, nil, nil])
        #expect(columns.map { after.integer($0) } == [4, 0, 7, 0])
    }

    @Test func `output is exact once every message has ended`() throws {
        var log = MemoryLog()
        message("a", input: 3, output: 1, to: &log)
        message("a", input: 3, output: 5, stop: #""end_turn""#, to: &log)

        #expect(
            try fold(log).row("s1").boolean("output_tokens_is_lower_bound") == false)
    }

    @Test func `hundreds of messages are told apart in any order`() throws {
        var log = MemoryLog()
        var random = SeededRandom(7)
        let ids = (0..<300).flatMap { ["m\($0)", "m\($0)"] }.shuffled(using: &random)
        for id in ids { message(id, input: 2, output: 1, to: &log) }

        let row = try fold(log).row("s1")

        #expect(row.integer("message_count") == 300)
        #expect(row.integer("input_tokens") == 600)
    }

    @Test func `prompts are what a person wrote, seen by whom it may`() throws {
        var log = MemoryLog()
        for (index, data) in [
            #"{"message":{"content":"do it"}}"#,
            #"{"message":{"content":[{"type":"text","text":"and that"}]}}"#,
            #"{"message":{"content":"caveat"},"isMeta":true}"#,
            #"{"isSidechain":true,"message":{"content":"task"}}"#,
            #"{"message":{"content":[{"tool_use_id":"t","type":"tool_result","content":"x","is_error":true}]}}"#,
        ].enumerated() {
            log.append(
                stream: "s1", type: "transcript.user", source: "claude-code/transcript",
                time: moment("10:00:0\(index)"), data: data)
        }
        log.append(
            stream: "w1", type: "hook.UserPromptSubmit", source: "claude-code/hook",
            data: #"{"session_id":"s1","cwd":"/q","prompt":"do it"}"#)

        let row = try fold(log).row("s1")

        #expect(row.integer("prompt_count") == 2)
        #expect(row.integer("error_count") == 1)
        #expect(row.integer("event_count") == 6)
        #expect(row.text("adw_id") == "w1")
        #expect(row.text("cwd") == "/q")
    }

    @Test func `a result gives the final numbers`() throws {
        var log = MemoryLog()
        for (type, data) in [
            (
                "system",
                #"{"subtype":"init","cwd":"/p","session_id":"s1","model":"m1","claude_code_version":"2.1"}"#
            ),
            (
                "assistant",
                #"{"message":{"id":"a","model":"m2","content":[{"type":"tool_use","id":"t","name":"Task","input":{}}],"stop_reason":null,"usage":{"input_tokens":2,"output_tokens":1}},"session_id":"s1"}"#
            ),
            (
                "result",
                #"{"subtype":"success","session_id":"s1","total_cost_usd":0.06936674999999999,"usage":{"input_tokens":2,"output_tokens":263}}"#
            ),
        ] {
            log.append(
                stream: "w1", type: "output.\(type)", source: "adw/output/planner", data: data)
        }

        let row = try fold(log).row("s1")

        #expect(row.integer("output_tokens") == 263)
        #expect(row.boolean("output_tokens_is_lower_bound") == false)
        #expect(row.money("reported_cost_total") == 69_366_750_000)
        #expect(row.json("models") == #"["m1","m2"]"#)
        #expect(row.text("model") == "m2")
        #expect(row.text("status") == "ended")
        #expect(row.text("end_reason") == "success")
        #expect(row.text("adw_id") == "w1")
        #expect(row.integer("tool_call_count") == 1)
        #expect(row.integer("subagent_count") == 1)
        #expect(row.timestamp("started_at") == nil)
        #expect(row.text("version") == "2.1")
    }

    @Test func `a session that is started again is active again`() throws {
        var log = MemoryLog()
        for name in ["SessionStart", "SessionEnd", "SessionStart"] {
            log.append(
                stream: "s1", type: "hook.\(name)", source: "claude-code/hook",
                data: #"{"session_id":"s1","reason":"clear","model":"m"}"#)
            let row = try fold(log).row("s1")
            #expect(row.text("status") == (name == "SessionEnd" ? "ended" : "active"))
            #expect(row.text("end_reason") == (name == "SessionEnd" ? "clear" : nil))
        }
    }

    @Test func `a status line says directory, model, and cost where no result does`() throws {
        var log = MemoryLog()
        func show(_ cost: String, model: String, wrapped: Bool = false) {
            let shown =
                #"{"session_id":"s1","cwd":"/w","model":{"id":"\#(model)"},"version":"1.0.89","cost":{"total_cost_usd":\#(cost)}}"#
            log.append(
                stream: "s1", type: "statusline.shown", source: "claude-code/status-line",
                time: moment("10:00:00"), data: wrapped ? #"{"input_data":\#(shown)}"# : shown)
        }
        show("0.25", model: "a", wrapped: true)
        show("7.608126950000001", model: "b")
        show("0", model: "b")
        show("null", model: "b")

        let row = try fold(log).row("s1")

        #expect(row.text("agent") == "claude-code" && row.text("cwd") == "/w")
        #expect(row.text("model") == "b" && row.json("models") == #"["a","b"]"#)
        #expect(row.money("reported_cost_total") == 7_608_126_950_000)
        #expect(row.integer("event_count") == 4 && row.integer("message_count") == 0)

        log.append(
            stream: "w1", type: "output.result", source: "adw/output/x",
            data: #"{"session_id":"s1","total_cost_usd":1,"usage":{"input_tokens":1}}"#)
        show("9", model: "b")
        #expect(try fold(log).row("s1").money("reported_cost_total") == 1_000_000_000_000)
    }
}
