import Foundation
import TestSupport
import Testing

/// `tacho prompts`: what was asked for, and what each request took.
struct PromptsCommandTests {
    private let tacho: Program

    init() throws { tacho = try Program() }

    private func append(_ lines: [String]) throws {
        let input = Data(lines.map { $0 + "\n" }.joined().utf8)
        #expect(try tacho.run(["append", "--envelope", "--quiet"], input: input).status == 0)
    }

    private func user(
        _ session: String, _ text: String, at second: Int, extra: String = ""
    ) -> String {
        #"{"stream":"\#(session)","type":"transcript.user","source":"claude-code/transcript","time":"2026-01-05T10:00:\#(second)Z","data":{"cwd":"/home/u/\#(session)-app","message":{"content":"\#(text)"}\#(extra)}}"#
    }

    private func hook(_ session: String, _ text: String, at second: Int) -> String {
        #"{"stream":"\#(session)","type":"hook.UserPromptSubmit","source":"claude-code/hook","time":"2026-01-05T10:00:\#(second)Z","data":{"session_id":"\#(session)","prompt":"\#(text)"}}"#
    }

    private func answer(_ session: String, _ id: String, at second: Int, output: Int) -> String {
        #"{"stream":"\#(session)","type":"transcript.assistant","source":"claude-code/transcript","time":"2026-01-05T10:00:\#(second)Z","data":{"message":{"id":"\#(id)","model":"claude-opus-5","stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":\#(output)}}}}"#
    }

    private func call(_ session: String, _ id: String, at second: Int, failed: Bool = false)
        -> String
    {
        let name = failed ? "PostToolUseFailure" : "PostToolUse"
        return
            #"{"stream":"\#(session)","type":"hook.\#(name)","source":"claude-code/hook","time":"2026-01-05T10:00:\#(second)Z","data":{"session_id":"\#(session)","tool_name":"Bash","tool_use_id":"\#(id)","duration_ms":5}}"#
    }

    private func texts(_ arguments: String...) throws -> [String?] {
        try tacho.run(["prompts", "--json"] + arguments).rows().map { $0["prompt"] as? String }
    }

    @Test func `what is done until the next prompt of a session is its own`() throws {
        try append([
            user("s1", "find the bug", at: 10), answer("s1", "m1", at: 12, output: 4),
            user("s2", "write a test", at: 13), call("s1", "t1", at: 14, failed: true),
            answer("s1", "m2", at: 15, output: 6), user("s1", "fix it", at: 20),
            call("s1", "t2", at: 25),
        ])

        let rows = try tacho.run("prompts", "--json").rows()

        #expect(
            rows.map { $0["prompt"] as? String } == ["fix it", "write a test", "find the bug"])
        #expect(rows[2]["message_count"] as? Int == 2)
        #expect(rows[2]["output_tokens"] as? Int == 10)
        #expect(rows[2]["tool_call_count"] as? Int == 1)
        #expect(rows[2]["error_count"] as? Int == 1)
        #expect(rows[2]["duration_seconds"] as? Double == 5)
        // 2 × 10 × 5 + 10 × 25 millionths.
        #expect(rows[2]["cost_usd"] as? String == "0.00035")
        #expect(rows[1]["tool_call_count"] as? Int == 0)
        #expect(rows[1]["cost_usd"] is NSNull)
        #expect(rows[0]["tool_call_count"] as? Int == 1)
    }

    @Test func `a prompt that a hook and a transcript tell is one, said twice it is two`() throws {
        try append([
            hook("s1", "go on", at: 10), user("s1", "go on", at: 11),
            user("s1", "go on", at: 30), hook("s1", "go on", at: 31),
        ])

        #expect(try texts() == ["go on", "go on"])
    }

    @Test func `a session that begins with another one's history does not ask again`() throws {
        try append([
            user("s1", "find the bug", at: 10), user("s2", "find the bug", at: 10),
            user("s2", "find the bug", at: 40),
        ])

        let sessions = try tacho.run("prompts", "--json").rows()
            .map { $0["session_id"] as? String }

        #expect(sessions == ["s2", "s1"])
    }

    @Test func `commands stand as they were typed, and the agent's own words are no prompts`()
        throws
    {
        try append([
            user(
                "s1",
                #"<command-message>fix…</command-message>\n<command-name>/fix</command-name>\n<command-args>the parser</command-args>"#,
                at: 10),
            user("s1", "<command-name>/clear</command-name><command-args></command-args>", at: 11),
            user("s1", "<system-reminder>be brief</system-reminder>", at: 12),
            user("s1", "a subagent's task", at: 13, extra: #","isSidechain":true"#),
            user(
                "s1", "This session is being continued from a previous conversation that ran out",
                at: 14, extra: #","isCompactSummary":true"#),
            user("s1", "Base directory for this skill: /x", at: 14, extra: #","isMeta":true"#),
            hook("s1", "<task-notification>done</task-notification>", at: 15),
        ])

        #expect(try texts("--sort", "time") == ["/fix the parser", "/clear"])
    }

    @Test func `where nothing has a moment the order of the log decides`() throws {
        func step(_ number: Int) -> String {
            #"{"id":"r/step/\#(number):x","stream":"r","type":"swe-agent.step","source":"swe-agent/session","data":{"action":"ls","observation":""}}"#
        }
        try append([
            #"{"id":"r/message/0:x","stream":"r","type":"swe-agent.message","source":"swe-agent/session","data":{"role":"user","content":"solve the riddle"}}"#,
            step(1), step(2),
        ])

        let row = try #require(tacho.run("prompts", "--json").rows().first)

        #expect(row["prompt"] as? String == "solve the riddle")
        #expect(row["tool_call_count"] as? Int == 2)
        #expect(row["duration_seconds"] is NSNull)
    }

    @Test func `prompts are chosen and sorted`() throws {
        try append([
            user("s1", "find the bug", at: 10), answer("s1", "m1", at: 12, output: 4),
            user("s2", "write a Test", at: 13), answer("s2", "m2", at: 33, output: 900),
            user("s3", "show the log", at: 14),
        ])

        #expect(try texts("--sort", "-cost", "--limit", "1") == ["write a Test"])
        #expect(try texts("--sort", "duration").first == "show the log")
        #expect(try texts("--search", "TEST") == ["write a Test"])
        #expect(try texts("--session", "s3") == ["show the log"])
        #expect(try texts("--project", "s1-app") == ["find the bug"])
        #expect(try texts("--until", "2026-01-05T10:00:12Z") == ["find the bug"])
        #expect(try texts("--as-of", "2") == ["find the bug"])
        #expect(try texts("--agent", "codex") == [])
        #expect(try tacho.run("prompts", "--sort", "size").status == 2)
    }

    @Test func `a long prompt is cut for programs and says how long it was`() throws {
        let long = String(repeating: "wörter ", count: 2000)
        try append([user("s1", long, at: 10)])

        let row = try #require(tacho.run("prompts", "--json").rows().first)

        #expect(row["prompt_bytes"] as? Int == long.utf8.count)
        let text = try #require(row["prompt"] as? String)
        #expect(text.utf8.count <= 4096 && long.hasPrefix(text))
    }
}
