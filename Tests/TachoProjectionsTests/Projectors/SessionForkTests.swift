import TachoLog
import TachoProjections
import Testing

/// Sessions that begin with a copy of another's history count what is their own.
struct SessionForkTests {
    private func fold(_ log: MemoryLog) throws -> TableReader {
        try TableReader(folding: SessionsProjector.self, log)
    }

    // MARK: Codex

    private func codex(
        _ session: String, _ type: String, _ payload: String, at clock: String,
        to log: inout MemoryLog
    ) {
        log.append(
            stream: session, type: "codex.\(type)", source: "codex/session", time: moment(clock),
            data: #"{"payload":{\#(payload)}}"#)
    }

    /// A prompt, a call that fails, a message of the model, and a compaction.
    private func turn(
        _ session: String, _ number: Int, at clock: String, to log: inout MemoryLog
    ) {
        let usage = #"{"input_tokens":\#(number),"output_tokens":\#(number)}"#
        codex(session, "event_msg.user_message", #""message":"do""#, at: clock, to: &log)
        codex(
            session, "response_item.function_call", #""call_id":"c\#(number)","name":"shell""#,
            at: clock, to: &log)
        codex(
            session, "response_item.function_call_output",
            #""call_id":"c\#(number)","output":"Exit code: 1\nOutput:\nx""#, at: clock, to: &log)
        codex(
            session, "event_msg.token_count",
            #""info":{"total_token_usage":\#(usage),"last_token_usage":\#(usage)}"#, at: clock,
            to: &log)
        codex(session, "compacted", #""message":"""#, at: clock, to: &log)
    }

    @Test(arguments: ["12:10:00", "11:00:00"])
    func `a fork of Codex has none of the counts of what it copied`(copied: String) throws {
        var log = MemoryLog()
        codex("f", "session_meta", #""id":"f","forked_from_id":"p""#, at: "12:10:00", to: &log)
        codex("f", "session_meta", #""id":"p""#, at: copied, to: &log)
        turn("f", 100, at: copied, to: &log)
        turn("f", 150, at: copied, to: &log)
        turn("f", 157, at: "12:11:00", to: &log)
        turn("f", 160, at: "12:12:00", to: &log)

        let row = try fold(log).row("f")

        #expect(row.integer("prompt_count") == 2 && row.integer("message_count") == 2)
        #expect(row.integer("tool_call_count") == 2 && row.integer("error_count") == 2)
        #expect(row.integer("output_tokens") == 317 && row.integer("compaction_count") == 2)
        #expect(row.integer("event_count") == 22)
        #expect(row.timestamp("started_at") == moment("12:10:00"))
        #expect(row.timestamp("ended_at") == moment("12:12:00"))
    }

    @Test func `a subagent of Codex that copied nothing has its prompt`() throws {
        var log = MemoryLog()
        codex(
            "a", "session_meta",
            #""id":"a","source":{"subagent":{"thread_spawn":{"parent_thread_id":"p"}}}"#,
            at: "12:10:00", to: &log)
        turn("a", 5, at: "12:10:00", to: &log)
        turn("a", 9, at: "12:10:05", to: &log)

        #expect(try fold(log).row("a").integer("prompt_count") == 2)
    }

    @Test func `a prompt of a rollout without payloads counts, what Codex puts in front does not`()
        throws
    {
        var log = MemoryLog()
        for (role, text) in [
            ("user", "<environment_context>\\n  <cwd>/d</cwd>"),
            ("user", "<user_instructions>\\nbe kind"), ("user", "fix it"), ("assistant", "done"),
        ] {
            log.append(
                stream: "s", type: "codex.response_item.message", source: "codex/session",
                data:
                    #"{"type":"message","role":"\#(role)","content":[{"type":"input_text","text":"\#(text)"}]}"#
            )
        }
        // Where there are payloads, another event tells of the prompt.
        codex(
            "t", "response_item.message",
            #""type":"message","role":"user","content":[{"type":"input_text","text":"fix it"}]"#,
            at: "12:00:00", to: &log)

        #expect(try fold(log).row("s").integer("prompt_count") == 1)
        #expect(try fold(log).row("t").integer("prompt_count") == 0)
    }

    // MARK: Claude Code

    private func claude(
        _ type: String, _ message: String, copied: Bool, at clock: String, to log: inout MemoryLog
    ) {
        let mark = copied ? #","forkedFrom":{"sessionId":"p","messageUuid":"u"}"# : ""
        log.append(
            stream: "f", type: "transcript.\(type)", source: "claude-code/transcript",
            time: moment(clock),
            data:
                #"{"isSidechain":false,"message":\#(message),"uuid":"u","toolUseResult":{"forkedFrom":{}}\#(mark)}"#
        )
    }

    private func conversation(
        _ number: Int, copied: Bool, at clock: String, to log: inout MemoryLog
    ) {
        claude("user", #"{"role":"user","content":"do"}"#, copied: copied, at: clock, to: &log)
        claude(
            "assistant",
            #"{"id":"m\#(number)","model":"m","content":[{"type":"tool_use","id":"t\#(number)","name":"Bash","input":{}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":\#(number)}}"#,
            copied: copied, at: clock, to: &log)
        claude(
            "user",
            #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t\#(number)","is_error":true,"content":"no"}]}"#,
            copied: copied, at: clock, to: &log)
    }

    @Test func `a fork of Claude Code has none of the counts of what it copied`() throws {
        var log = MemoryLog()
        conversation(100, copied: true, at: "11:00:00", to: &log)
        conversation(20, copied: true, at: "11:01:00", to: &log)
        conversation(3, copied: false, at: "12:00:00", to: &log)

        let row = try fold(log).row("f")

        #expect(row.integer("prompt_count") == 1 && row.integer("message_count") == 1)
        #expect(row.integer("tool_call_count") == 1 && row.integer("error_count") == 1)
        #expect(row.integer("input_tokens") == 1 && row.integer("output_tokens") == 3)
        #expect(row.integer("event_count") == 9)
        #expect(row.timestamp("started_at") == moment("12:00:00"))
    }

    // MARK: Claude Code, unmarked

    private func record(
        _ session: String, _ uuid: String, _ type: String, _ members: String, at clock: String,
        to log: inout MemoryLog
    ) {
        log.append(
            stream: session, type: "transcript.\(type)", source: "claude-code/transcript",
            time: moment(clock),
            data: #"{"isSidechain":false,\#(members),"uuid":"\#(uuid)"}"#)
    }

    /// A prompt, a message with a call, and the call's failure; 30 seconds.
    private func turn(_ number: Int, of session: String, at minute: String, to log: inout MemoryLog)
    {
        record(
            session, "u\(number)", "user", #""message":{"role":"user","content":"do"}"#,
            at: "\(minute):00", to: &log)
        record(
            session, "a\(number)", "assistant",
            #""message":{"id":"m\#(number)","model":"m","content":[{"type":"tool_use","id":"t\#(number)","name":"Bash","input":{}}],"usage":{"input_tokens":1,"output_tokens":\#(number)}}"#,
            at: "\(minute):10", to: &log)
        record(
            session, "r\(number)", "user",
            #""message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t\#(number)","is_error":true,"content":"no"}]}"#,
            at: "\(minute):30", to: &log)
    }

    private func compaction(_ number: Int, of session: String, to log: inout MemoryLog) {
        record(
            session, "b\(number)", "system", #""subtype":"compact_boundary""#, at: "11:30:00",
            to: &log)
    }

    private func expect(_ row: RowReader, turns: Int64, output: Int64, from: String?, to: String?) {
        #expect(row.integer("prompt_count") == turns && row.integer("message_count") == turns)
        #expect(row.integer("tool_call_count") == turns && row.integer("error_count") == turns)
        #expect(row.integer("input_tokens") == turns && row.integer("output_tokens") == output)
        #expect(row.timestamp("started_at") == from.map { moment($0) })
        #expect(row.timestamp("ended_at") == to.map { moment($0) })
    }

    @Test func `a resumed session has nothing of what it copied without a mark`() throws {
        var log = MemoryLog()
        turn(1, of: "p", at: "11:00", to: &log)
        turn(2, of: "p", at: "11:01", to: &log)
        for (number, minute) in [(1, "11:00"), (2, "11:01"), (40, "12:00")] {
            turn(number, of: "s", at: minute, to: &log)
        }
        // Resumed again, from the one that was resumed.
        for (number, minute) in [(1, "11:00"), (2, "11:01"), (40, "12:00"), (500, "13:00")] {
            turn(number, of: "t", at: minute, to: &log)
        }

        let table = try fold(log)
        expect(try table.row("p"), turns: 2, output: 3, from: "11:00:00", to: "11:01:30")
        expect(try table.row("s"), turns: 1, output: 40, from: "12:00:00", to: "12:00:30")
        expect(try table.row("t"), turns: 1, output: 500, from: "13:00:00", to: "13:00:30")
        #expect(try table.row("t").integer("event_count") == 12)
    }

    @Test func `what is not read of a copy has no time of the session's, before and within it`()
        throws
    {
        var log = MemoryLog()
        turn(1, of: "p", at: "11:00", to: &log)
        record("s", "x1", "progress", #""data":{}"#, at: "10:59:59", to: &log)
        turn(1, of: "s", at: "11:00", to: &log)
        record("s", "x2", "progress", #""data":{}"#, at: "11:00:40", to: &log)
        turn(2, of: "s", at: "12:00", to: &log)
        record("s", "x3", "progress", #""data":{}"#, at: "12:00:40", to: &log)

        let table = try fold(log)
        expect(try table.row("s"), turns: 1, output: 2, from: "12:00:00", to: "12:00:40")
    }

    @Test func `a history that is imported after the session that copied it counts once`() throws {
        var log = MemoryLog()
        turn(1, of: "s", at: "11:00", to: &log)
        turn(2, of: "s", at: "12:00", to: &log)
        turn(1, of: "p", at: "11:00", to: &log)
        turn(30, of: "p", at: "11:05", to: &log)

        let table = try fold(log)
        expect(try table.row("s"), turns: 2, output: 3, from: "11:00:00", to: "12:00:30")
        expect(try table.row("p"), turns: 1, output: 30, from: "11:05:00", to: "11:05:30")
    }

    @Test func `a session that is resumed after a compaction has nothing of what it copied`() throws
    {
        var log = MemoryLog()
        turn(1, of: "p", at: "11:00", to: &log)
        compaction(1, of: "p", to: &log)
        turn(2, of: "p", at: "11:31", to: &log)
        compaction(1, of: "s", to: &log)
        turn(2, of: "s", at: "11:31", to: &log)
        turn(30, of: "s", at: "12:00", to: &log)

        let table = try fold(log)
        expect(try table.row("s"), turns: 1, output: 30, from: "12:00:00", to: "12:00:30")
        #expect(try table.row("p").integer("compaction_count") == 1)
        #expect(try table.row("s").integer("compaction_count") == 0)
    }

    @Test func `sessions that are alike but begin with records of their own count whole`() throws {
        var log = MemoryLog()
        turn(1, of: "p", at: "11:00", to: &log)
        record("s", "x", "user", #""message":{"content":"hi"}"#, at: "10:59:00", to: &log)
        turn(1, of: "s", at: "11:00", to: &log)

        #expect(try fold(log).row("s").integer("prompt_count") == 2)
    }

    @Test(arguments: [1, 2, 100])
    func `the time of what was copied is not the copying session's`(batch: Int) throws {
        var log = MemoryLog()
        turn(1, of: "p", at: "11:00", to: &log)
        turn(1, of: "s", at: "11:00", to: &log)
        turn(2, of: "s", at: "12:00", to: &log)
        conversation(100, copied: true, at: "11:00:00", to: &log)
        conversation(3, copied: false, at: "12:00:00", to: &log)

        let table = try TableReader(folding: SessionTimesProjector.self, log)

        for session in ["p", "s"] {
            #expect(try table.row(session).integer("wall_ms") == 30_000)
            #expect(try table.row(session).integer("tool_ms") == 20_000)
        }
        #expect(try table.row("f").integer("wall_ms") == 0)
    }
}
