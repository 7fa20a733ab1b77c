import TachoEvents
import TachoLog
import TachoProjections
import Testing

extension AgentSessionTests {
    @Test func `what a shutdown adds up takes the place of messages that say less`() throws {
        var log = MemoryLog()
        add(
            "copilot.assistant.message",
            #"{"data":{"messageId":"m","model":"gpt","outputTokens":30}}"#, to: &log)
        let before = try fold(ModelUsageProjector.self, log).row("copilot/m/")
        add(
            "copilot.session.shutdown",
            #"{"data":{"shutdownType":"routine","modelMetrics":{"gpt":{"usage":{"inputTokens":100,"outputTokens":30,"cacheReadTokens":80,"cacheWriteTokens":0}}}}}"#,
            to: &log)

        let rows = try fold(ModelUsageProjector.self, log).rows
        let counted = rows.filter { $0.boolean("is_counted") == true }
        let session = try fold(SessionsProjector.self, log).row("s")

        #expect(before.boolean("is_counted") == true && before.integer("input_tokens") == nil)
        #expect(rows.count == 2 && counted.count == 1)
        #expect(counted[0].integer("input_tokens") == 20)
        #expect(counted[0].integer("output_tokens") == 30)
        #expect(session.text("status") == "ended" && session.text("end_reason") == "routine")
        #expect(session.integer("input_tokens") == 20 && session.integer("output_tokens") == 30)
    }

    private func shutdown(_ counts: (Int, Int, Int), model: String = "gpt") -> String {
        #"{"data":{"shutdownType":"routine","modelMetrics":{"\#(model)":{"usage":{"inputTokens":\#(counts.0),"outputTokens":\#(counts.1),"cacheReadTokens":\#(counts.2),"cacheWriteTokens":0}}}}}"#
    }

    private func answer(_ id: String, output: Int) -> String {
        #"{"data":{"messageId":"\#(id)","model":"gpt","outputTokens":\#(output)}}"#
    }

    /// Two runs of 30 and 20 tokens written; what the second shutdown says of them.
    @Test(
        arguments: [
            // It goes on counting, or it begins anew with less or with more.
            ((180, 50, 60), 20, (120, 50, 60)), ((80, 20, 10), 20, (120, 50, 60)),
            ((500, 90, 400), 90, (150, 120, 450)),
            // Entered and left again, and nothing was asked.
            ((100, 30, 50), 0, (50, 30, 50)),
        ] as [((Int, Int, Int), Int, (Int64, Int64, Int64))])
    func `a session that was resumed has what all its shutdowns add up`(
        second: (Int, Int, Int), written: Int, all: (Int64, Int64, Int64)
    ) throws {
        var log = MemoryLog()
        add("copilot.assistant.message", answer("a", output: 30), to: &log)
        add("copilot.session.shutdown", shutdown((100, 30, 50)), to: &log)
        add("copilot.session.resume", #"{"data":{}}"#, to: &log)
        if written > 0 {
            add("copilot.assistant.message", answer("b", output: written), to: &log)
        }
        add("copilot.session.shutdown", shutdown(second), to: &log)

        let counted = try fold(ModelUsageProjector.self, log).rows.filter {
            $0.boolean("is_counted") == true
        }
        let session = try fold(SessionsProjector.self, log).row("s")

        func sum(_ column: String) -> Int64 {
            counted.reduce(0) { $0 + ($1.integer(column) ?? 0) }
        }
        #expect(sum("input_tokens") == all.0 && session.integer("input_tokens") == all.0)
        #expect(sum("output_tokens") == all.1 && session.integer("output_tokens") == all.1)
        #expect(sum("cache_read_tokens") == all.2 && session.integer("cache_read_tokens") == all.2)
        #expect(session.text("status") == "ended")
        for projector in [SessionsProjector.self, ModelUsageProjector.self]
            as [any Projector.Type]
        {
            try ProjectorLaws(of: projector, on: log, checkpointLimit: 8).check()
        }
    }

    @Test func `what is written after the last shutdown counts until the next`() throws {
        var log = MemoryLog()
        add("copilot.assistant.message", answer("a", output: 30), to: &log)
        // A subagent's are in the sum and in no message.
        add("copilot.session.shutdown", shutdown((100, 45, 50)), to: &log)
        add("copilot.session.resume", #"{"data":{}}"#, to: &log)
        add("copilot.assistant.message", answer("b", output: 20), to: &log)

        let usage = try fold(ModelUsageProjector.self, log)
        let session = try fold(SessionsProjector.self, log).row("s")

        #expect(try usage.row("copilot/a/").boolean("is_counted") == false)
        #expect(try usage.row("copilot/b/").boolean("is_counted") == true)
        #expect(session.integer("output_tokens") == 65 && session.integer("input_tokens") == 50)
        #expect(session.text("status") == "active" && session.text("end_reason") == nil)
    }

    @Test(arguments: ["denied", "rejected"])
    func `a call that was refused is denied and no failure`(code: String) throws {
        var log = MemoryLog()
        add("copilot.tool.execution_start", #"{"data":{"toolCallId":"c"}}"#, to: &log)
        add(
            "copilot.tool.execution_complete",
            #"{"data":{"toolCallId":"c","success":false,"error":{"message":"The user said no","code":"\#(code)"}}}"#,
            to: &log)

        #expect(try fold(ToolCallsProjector.self, log).row("c").text("status") == "denied")
        #expect(try fold(SessionsProjector.self, log).row("s").integer("error_count") == 0)
    }

    @Test func `hooks of Copilot's repeat the calls and count for nothing`() throws {
        var log = MemoryLog()
        add(
            "copilot.tool.execution_start",
            #"{"data":{"toolCallId":"c","toolName":"bash","arguments":{"command":"ls"}}}"#,
            to: &log)
        add(
            "copilot.hook.start",
            #"{"data":{"hookType":"postToolUse","input":{"toolCalls":[{"id":"c"}]}}}"#, to: &log)
        add(
            "copilot.tool.execution_complete",
            #"{"data":{"toolCallId":"c","success":true,"result":{"content":"x\n<shellId: 50 completed with exit code 128>"}}}"#,
            to: &log)

        let row = try fold(ToolCallsProjector.self, log).row("c")

        #expect(row.text("status") == "failed" && row.integer("exit_code") == 128)
        #expect(row.integer("transcript_count") == 2)
        #expect(try fold(SessionsProjector.self, log).row("s").integer("tool_call_count") == 1)
    }

    @Test func `a permission that a person denies is a denied call`() throws {
        var log = MemoryLog()
        add("copilot.tool.execution_start", #"{"data":{"toolCallId":"c"}}"#, to: &log)
        add(
            "copilot.permission.completed",
            #"{"data":{"toolCallId":"c","result":{"kind":"denied-interactively-by-user"}}}"#,
            to: &log)

        #expect(try fold(ToolCallsProjector.self, log).row("c").text("status") == "denied")
    }
}
