import TachoLog
import TachoProjections
import Testing

struct ToolCallsProjectorTests {
    private func fold(_ log: MemoryLog) throws -> TableReader {
        try TableReader(folding: ToolCallsProjector.self, log)
    }

    private func hook(
        _ name: String, _ members: String, at clock: String? = nil, source: String = "hook",
        stream: String = "w1", to log: inout MemoryLog
    ) {
        log.append(
            stream: stream, type: "hook.\(name)", source: "claude-code/\(source)",
            time: clock.flatMap(moment), data: #"{"session_id":"s1",\#(members)}"#)
    }

    @Test func `a call is pending until it has ended`() throws {
        var log = MemoryLog()
        hook(
            "PreToolUse", #""tool_name":"Bash","tool_input":{"command":"ls"},"tool_use_id":"t1""#,
            at: "10:00:00", to: &log)

        let open = try fold(log).row("t1")
        hook(
            "PostToolUse",
            #""tool_name":"Bash","tool_input":{"command":"ls"},"tool_response":{"stdout":""},"tool_use_id":"t1""#,
            at: "10:00:02", to: &log)
        let closed = try fold(log).row("t1")

        #expect(open.text("status") == "pending")
        #expect(open.boolean("success") == nil)
        #expect(closed.text("status") == "completed")
        #expect(closed.boolean("success") == true)
        #expect(closed.integer("duration_ms") == 2000)
        #expect(closed.text("command") == "ls")
        #expect(closed.json("tool_params") == #"{"command":"ls"}"#)
        #expect(closed.text("adw_id") == "w1")
        #expect(closed.text("session_id") == "s1")
        #expect(closed.integer("result_byte_count") == 13)
    }

    @Test func `hook and transcript of one call meet in one row`() throws {
        var log = MemoryLog()
        log.append(
            stream: "s1", type: "transcript.assistant", source: "claude-code/transcript",
            time: moment("09:59:58"),
            data:
                #"{"agentId":"a7","message":{"content":[{"type":"tool_use","id":"t1","name":"Read","input":{"file_path":"/x"}}]}}"#
        )
        hook(
            "PreToolUse", #""tool_name":"Read","tool_use_id":"t1""#, at: "10:00:00",
            stream: "s1", to: &log)
        hook(
            "PostToolUse", #""tool_name":"Read","tool_use_id":"t1","duration_ms":1500"#,
            at: "10:00:02", stream: "s1", to: &log)
        log.append(
            stream: "s1", type: "transcript.user", source: "claude-code/transcript",
            time: moment("10:00:03"),
            data:
                #"{"message":{"content":[{"tool_use_id":"t1","type":"tool_result","content":"abc"}]},"toolUseResult":{}}"#
        )

        let table = try fold(log)

        #expect(table.count == 1)
        let row = try table.row("t1")
        #expect(row.text("sources") == "hook,transcript")
        #expect(row.integer("hook_count") == 2)
        #expect(row.integer("transcript_count") == 2)
        #expect(row.integer("duration_ms") == 1500)
        #expect(row.timestamp("called_at") == moment("10:00:00"))
        #expect(row.timestamp("completed_at") == moment("10:00:02"))
        #expect(row.text("agent_id") == "a7")
        #expect(row.text("file_path") == "/x")
        #expect(row.text("adw_id") == nil)
    }

    @Test(arguments: [
        (#""durationMs":876,"numFiles":3"#, 876), (#""totalDurationMs":89933"#, 89933),
        (#""query":"q","durationSeconds":6.4738"#, 6473), (#""durationMs":"soon""#, 3000),
    ])
    func `a transcript's result says how long its tool ran`(
        said: String, milliseconds: Int64
    ) throws {
        var log = MemoryLog()
        log.append(
            stream: "s1", type: "transcript.assistant", source: "claude-code/transcript",
            time: moment("10:00:00"),
            data: #"{"message":{"content":[{"type":"tool_use","id":"t1","name":"Glob"}]}}"#)
        log.append(
            stream: "s1", type: "transcript.user", source: "claude-code/transcript",
            time: moment("10:00:03"),
            data:
                #"{"message":{"content":[{"tool_use_id":"t1","type":"tool_result","content":"abc"}]},"toolUseResult":{\#(said)}}"#
        )

        #expect(try fold(log).row("t1").integer("duration_ms") == milliseconds)
        let stretches = try TableReader(folding: ToolSequencesProjector.self, log)
        #expect(try stretches.row("s1:1").json("step_durations") == "[\(milliseconds)]")
    }

    @Test(arguments: [true, false])
    func `a hook's duration goes before a transcript's`(isHookFirst: Bool) throws {
        var log = MemoryLog()
        func tellHook() {
            hook(
                "PostToolUse", #""tool_name":"Glob","tool_use_id":"t1","duration_ms":20"#,
                at: "10:00:02", to: &log)
        }
        if isHookFirst { tellHook() }
        log.append(
            stream: "s1", type: "transcript.user", source: "claude-code/transcript",
            time: moment("10:00:03"),
            data:
                #"{"message":{"content":[{"tool_use_id":"t1","type":"tool_result","content":"abc"}]},"toolUseResult":{"durationMs":15}}"#
        )
        if !isHookFirst { tellHook() }

        #expect(try fold(log).row("t1").integer("duration_ms") == 20)
    }

    @Test func `a record of several results does not say how long one of them took`() throws {
        var log = MemoryLog()
        log.append(
            stream: "s1", type: "transcript.user", source: "claude-code/transcript",
            time: moment("10:00:03"),
            data:
                #"{"message":{"content":[{"tool_use_id":"t1","type":"tool_result","content":"a"},{"tool_use_id":"t2","type":"tool_result","content":"b"}]},"toolUseResult":{"durationMs":15}}"#
        )

        let table = try fold(log)

        #expect(try table.row("t1").integer("duration_ms") == nil)
        #expect(try table.row("t2").integer("duration_ms") == nil)
    }

    @Test func `without ids a post closes the oldest open call with its input`() throws {
        var log = MemoryLog()
        func add(_ name: String, _ command: String) {
            hook(
                name, #""tool_name":"Bash","tool_input":{"command":"\#(command)"}"#,
                source: "hook-log", to: &log)
        }
        add("PreToolUse", "a")  // 1
        add("PreToolUse", "b")  // 2
        add("PreToolUse", "a")  // 3
        add("PostToolUse", "a")
        add("PostToolUse", "c")  // 5
        add("PostToolUse", "b")

        let table = try fold(log)

        #expect(table.count == 4)
        #expect(try table.row("hook:s1:1").text("status") == "completed")
        #expect(try table.row("hook:s1:2").text("status") == "completed")
        #expect(try table.row("hook:s1:3").text("status") == "pending")
        #expect(try table.row("hook:s1:5").text("status") == "completed")
        #expect(try table.row("hook:s1:1").integer("duration_ms") == nil)
    }

    @Test func `failures say what the error says`() throws {
        var log = MemoryLog()
        hook(
            "PostToolUseFailure",
            #""tool_name":"Bash","tool_use_id":"t1","error":"Exit code 2\nno""#, to: &log)
        hook(
            "PostToolUseFailure",
            #""tool_name":"Bash","tool_use_id":"t2","error":"x","is_interrupt":true"#, to: &log)
        hook(
            "PermissionDenied", #""tool_name":"Bash","tool_use_id":"t3","reason":"no""#, to: &log)
        hook(
            "PostToolUse",
            #""tool_name":"Bash","tool_use_id":"t4","tool_response":{"interrupted":true}"#,
            to: &log)
        log.append(
            stream: "w1", type: "output.user", source: "adw/output/x",
            data:
                #"{"message":{"content":[{"tool_use_id":"t5","type":"tool_result","is_error":true,"content":[{"type":"text","text":"The user doesn't want to proceed with this"}]}]},"session_id":"s9","tool_use_result":1}"#
        )

        let table = try fold(log)

        #expect(try table.row("t1").text("status") == "failed")
        #expect(try table.row("t1").integer("exit_code") == 2)
        #expect(try table.row("t1").boolean("success") == false)
        #expect(try table.row("t2").text("status") == "interrupted")
        #expect(try table.row("t3").text("status") == "denied")
        #expect(try table.row("t3").text("error_message") == "no")
        #expect(try table.row("t4").text("status") == "interrupted")
        #expect(try table.row("t5").text("status") == "denied")
        #expect(try table.row("t5").text("session_id") == "s9")
        #expect(try table.row("t5").text("adw_id") == "w1")
    }

    @Test func `large inputs leave their size, long texts are cut between characters`() throws {
        var log = MemoryLog()
        let long = String(repeating: "é", count: 4000)
        hook(
            "PreToolUse",
            #""tool_name":"Bash","tool_use_id":"t1","tool_input":{"command":"x\#(long)"}"#, to: &log
        )

        let row = try fold(log).row("t1")

        #expect(row.json("tool_params") == #"{"truncated":true,"byte_count":8015}"#)
        #expect(row.text("command") == "x" + long.prefix(149))
    }

    @Test func `lines of the hook logger pair by session and tool`() throws {
        var log = MemoryLog()
        func add(_ type: String, _ payload: String, _ clock: String) {
            log.append(
                stream: "w1", type: "hook.\(type)", source: "adw/hook-log", time: moment(clock),
                data:
                    #"{"event_id":"x","event_type":"\#(type)","session_id":"s1","workflow_id":"wf-w1","payload":\#(payload),"tool_name":"Bash"}"#
            )
        }
        add("PreToolUse", #"{"tool_name":"Bash","tool_input":{"command":"a"}}"#, "10:00:00")
        add(
            "PostToolUse", #"{"tool_name":"Bash","tool_result":{},"duration_ms":0,"success":true}"#,
            "10:00:03")

        let table = try fold(log)

        #expect(table.count == 1)
        #expect(try table.row("hook:s1:1").integer("duration_ms") == 3000)
        #expect(try table.row("hook:s1:1").text("adw_id") == "w1")
    }

    @Test func `logged calls are rows of their own`() throws {
        var log = MemoryLog()
        log.append(
            stream: "w1", type: "phase.completed",
            data:
                #"{"adw_id":"w1","phase_name":"Test","tool_calls":[{"tool_name":"pytest","started_at":"2026-01-02T10:00:00","completed_at":"2026-01-02T10:00:01.5","success":false,"error_message":"bad","result_summary":"returncode=3","parameters":{"command":"pytest"}},{"tool_name":"Bash","timestamp":"2026-01-02T10:00:00","command":"ls","exit_code":0},{"tool_name":"Bash","command":"make","exit_code":2}]}"#
        )
        log.append(
            stream: "w1", type: "tool.call",
            data:
                #"{"tool_call_id":"tc-1","workflow_id":"wf-w2","tool_name":"build","tool_params":{},"duration_seconds":1.25,"success":true,"result_data":{"a":1},"tokens_saved":5,"cost_saved_usd":0.000001,"pre_tool_snapshot":{},"post_tool_snapshot":[]}"#
        )

        let table = try fold(log)

        let first = try table.row("e1:0")
        #expect(first.text("status") == "failed")
        #expect(first.integer("exit_code") == 3)
        #expect(first.integer("duration_ms") == 1500)
        #expect(first.text("phase_name") == "Test")
        let second = try table.row("e1:1")
        #expect(second.text("status") == "completed")
        #expect(second.text("command") == "ls")
        #expect(second.integer("exit_code") == 0)
        #expect(try table.row("e1:2").text("status") == "failed")
        let call = try table.row("tc-1")
        #expect(call.text("adw_id") == "w2")
        #expect(call.integer("duration_ms") == 1250)
        #expect(call.money("cost_saved_usd") == 1_000_000)
        #expect(call.json("result_data") == #"{"a":1}"#)
        #expect(call.text("sources") == "record")
    }

    @Test func `every call of the sample has a result or is pending`() throws {
        let table = try fold(SampleLog.everything())

        let statuses = Set(table.rows.compactMap { $0.text("status") })
        #expect(table.count > 90)
        #expect(statuses.isSubset(of: ["pending", "completed", "failed", "denied"]))
        #expect(table.rows.allSatisfy { ($0.integer("duration_ms") ?? 0) >= 0 })
        #expect(table.quarantinedCount == 0)
    }

    @Test func `calls in a record that is posted twice are told once`() throws {
        var log = MemoryLog()
        for end in ["10:00:02", "10:00:02", "10:00:03"] {
            log.append(
                stream: "w1", type: "phase.completed",
                data:
                    #"{"adw_id":"w1","phase_name":"Test","completed_at":"2026-01-02T\#(end)","tool_calls":[{"tool_name":"Bash","command":"a"},{"tool_name":"Bash","command":"a"}]}"#
            )
        }

        let table = try TableReader(folding: ToolCallsProjector.self, log)

        #expect(table.count == 4)
        #expect(try table.row("e1:0").integer("record_count") == 2)
        #expect(try table.row("e1:1").integer("record_count") == 2)
        #expect(try table.row("e3:0").integer("record_count") == 1)
    }
}
