import TachoEvents
import TachoLog
import TachoProjections
import Testing

extension AgentSessionTests {
    /// The same message as it is written at first, with its tokens, and with its calls.
    private func geminiLog(_ order: [Int]) -> MemoryLog {
        let tokens =
            #","tokens":{"input":100,"output":10,"cached":60,"thoughts":5,"tool":2,"total":117}"#
        let calls =
            #","toolCalls":[{"id":"c","name":"run_shell_command","args":{"command":"ls"},"status":"success","timestamp":"2026-01-02T12:00:09Z","result":[{"functionResponse":{"response":{"output":"Output: x\nExit Code: 1\nSignal: 0"}}}]}]"#
        var log = MemoryLog()
        add("gemini.user", #"{"id":"u","content":"hello"}"#, at: "12:00:00", to: &log)
        for more in order.map({ ["", tokens, tokens + calls][$0] }) {
            add(
                "gemini.gemini", #"{"id":"m","model":"gemini-x"\#(more)}"#, at: "12:00:05",
                to: &log)
        }
        add("gemini.user", #"{"id":"u","content":"hello!"}"#, at: "12:00:00", to: &log)
        return log
    }

    @Test(arguments: [[0, 1, 2], [2, 1, 0], [2, 2], [1, 2]])
    func `a message that is written again with more in it counts once`(order: [Int]) throws {
        let log = geminiLog(order)
        let usage = try fold(ModelUsageProjector.self, log)
        let session = try fold(SessionsProjector.self, log).row("s")
        let call = try fold(ToolCallsProjector.self, log).row("c")

        #expect(usage.count == 1)
        let row = try usage.row("google/m/")
        #expect(row.integer("input_tokens") == 42 && row.integer("cache_read_tokens") == 60)
        #expect(row.integer("output_tokens") == 15)
        #expect(session.integer("prompt_count") == 1 && session.integer("message_count") == 1)
        #expect(session.integer("tool_call_count") == 1 && session.integer("error_count") == 1)
        #expect(session.integer("input_tokens") == 42 && session.integer("output_tokens") == 15)
        #expect(call.text("status") == "failed" && call.integer("exit_code") == 1)
        #expect(call.integer("duration_ms") == 4000)
    }

    @Test(
        arguments: [
            ("write_file-1767355205000-c85b", 4000), ("write_file-1767355205000", 0),
            ("read_file-1767355205000-c85b", 0), ("write_file-176735520500-c85b", 0),
        ] as [(String, Int64)])
    func `the id that Gemini gives a call has the moment it was made`(
        id: String, duration: Int64
    ) throws {
        var log = MemoryLog()
        // Written down when the call was over.
        add(
            "gemini.gemini",
            #"{"id":"m","toolCalls":[{"id":"\#(id)","name":"write_file","status":"success","timestamp":"2026-01-02T12:00:09Z"}]}"#,
            at: "12:00:09", to: &log)

        let call = try fold(ToolCallsProjector.self, log).row(id)

        #expect(call.integer("duration_ms") == duration)
    }

    @Test func `a file with a command's output in it is no command that failed`() throws {
        var log = MemoryLog()
        add(
            "gemini.gemini",
            #"{"id":"m","toolCalls":[{"id":"c","name":"read_file","status":"success","result":[{"functionResponse":{"response":{"output":"Exit Code: 1"}}}]}]}"#,
            to: &log)

        let call = try fold(ToolCallsProjector.self, log).row("c")

        #expect(call.text("status") == "completed" && call.integer("exit_code") == nil)
    }

    @Test func `a session of Gemini's runs in the first directory of its workspace`() throws {
        var log = MemoryLog()
        add("gemini.session", #"{"sessionId":"s","directories":["/p","/q"]}"#, to: &log)

        #expect(try fold(SessionsProjector.self, log).row("s").text("cwd") == "/p")
    }
}
