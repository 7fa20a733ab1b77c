import TachoLog
import TachoProjections
import Testing

struct HookEventsProjectorTests {
    @Test func `a payload becomes a row and stays in the log`() throws {
        var log = MemoryLog()
        let prompt = String(repeating: "ü", count: 150)
        let data =
            #"{"session_id":"s1","transcript_path":"/t","cwd":"/p","permission_mode":"plan","prompt_id":"p1","agent_id":"a1","prompt":"\#(prompt)"}"#
        log.append(
            stream: "w1", type: "hook.UserPromptSubmit", source: "claude-code/hook",
            time: moment("10:00:00"), data: data)

        let table = try TableReader(folding: HookEventsProjector.self, log)

        let row = try table.row("e1")
        #expect(row.text("event_type") == "UserPromptSubmit")
        #expect(row.text("session_id") == "s1")
        #expect(row.text("workflow_id") == "w1")
        #expect(row.text("source_app") == "claude-code")
        #expect(row.text("cwd") == "/p")
        #expect(row.text("permission_mode") == "plan")
        #expect(row.text("prompt_id") == "p1")
        #expect(row.text("agent_id") == "a1")
        #expect(row.text("message") == String(prompt.prefix(100)))
        #expect(row.integer("payload_byte_count") == Int64(data.utf8.count))
        #expect(row.integer("created_position") == 1)
        #expect(row.timestamp("timestamp") == moment("10:00:00"))
    }

    @Test func `a line of the hook logger says its workflow without a prefix`() throws {
        var log = MemoryLog()
        log.append(
            stream: "w1", type: "hook.PostToolUse", source: "adw/hook-log",
            data:
                #"{"event_id":"evt-1","event_type":"PostToolUse","source_app":"adw_wf-w1","session_id":"s1","workflow_id":"wf-w1","payload":{"tool_name":"Bash","tool_result":{},"duration_ms":0,"context":{"cwd":"/p"}},"tool_name":"Bash"}"#
        )

        let row = try TableReader(folding: HookEventsProjector.self, log).row("e1")

        #expect(row.text("workflow_id") == "w1")
        #expect(row.text("source_app") == "adw_wf-w1")
        #expect(row.text("tool_name") == "Bash")
        #expect(row.text("cwd") == "/p")
        #expect(row.integer("duration_ms") == nil)
        #expect(row.timestamp("timestamp") == nil)
    }

    @Test func `members of the wrong kind are unknown`() throws {
        var log = MemoryLog()
        log.append(
            stream: "s9", type: "hook.Stop", source: "claude-code/hook",
            data: #"{"session_id":5,"cwd":["x"],"tool_name":{},"message":7,"duration_ms":"x"}"#)

        let table = try TableReader(folding: HookEventsProjector.self, log)

        let row = try table.row("e1")
        #expect(table.quarantinedCount == 0)
        #expect(row.text("cwd") == nil)
        #expect(row.text("tool_name") == nil)
        #expect(row.text("message") == nil)
        #expect(row.text("session_id") == nil)
    }
}
