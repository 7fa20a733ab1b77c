import Foundation
import TestSupport
import Testing

/// One line, whatever comes in, and nothing written.
@Suite struct StatusLineTests {
    private let program: Program

    init() throws { program = try Program() }

    private let input = Data(
        #"""
        {"session_id":"s1","model":{"id":"claude-opus-4-6","display_name":"Opus"},\#
        "cwd":"/w/trees/a1b2c3d4/x","cost":{"total_cost_usd":0.416},\#
        "context_window":{"used_percentage":23.4,"context_window_size":200000}}
        """#.utf8)

    private func hook(_ event: String, session: String = "s1", more: String = "") throws {
        let payload = #"{"session_id":"\#(session)","hook_event_name":"\#(event)"\#(more)}"#
        #expect(try program.run("hook", input: Data(payload.utf8)).status == 0)
    }

    @Test func `what the agent says and what failed is on the line`() throws {
        try hook("SessionStart", more: #","source":"startup""#)
        try hook("PostToolUseFailure")
        try hook("PostToolUse")
        try hook("PostToolUseFailure", session: "s2")

        let result = try program.run("statusline", input: input)

        #expect(result.status == 0)
        #expect(result.text == "Opus · a1b2c3d4 · session $0.42 · context 23% · 1 error\n")
        #expect(result.errors == "")
        #expect(try program.run("cat").lines.count == 4, "it records nothing")
    }

    @Test func `without a store it says what the agent says, and makes none`() throws {
        let result = try program.run("statusline", input: input)

        #expect(result.text == "Opus · a1b2c3d4 · session $0.42 · context 23%\n")
        #expect(!FileManager.default.fileExists(atPath: program.store))
    }

    @Test(arguments: [
        ("cat > /dev/null; printf 'a\\n\\033[1mb\\n\\n'", "a\n\u{1b}[1mb\n"),
        ("head -c 1; exit 3", "{\n"),
        ("exit 1", ""), ("/no/such/program", ""), ("sleep 60 & echo x; exec >&-", "x\n"),
    ])
    func `another status line stands above ours, and its failure is its own`(
        command: String, above: String
    ) throws {
        // Larger than a pipe: it need not be read.
        let large =
            Data(input.dropLast())
            + Data((",\"x\":\"" + String(repeating: "y", count: 200_000) + "\"}").utf8)

        let result = try program.run("statusline", "--with", command, input: large)

        #expect(result.status == 0)
        #expect(result.text == above + "Opus · a1b2c3d4 · session $0.42 · context 23%\n")
    }

    @Test func `how full the context is follows from its tokens, and is marked`() throws {
        let usage = """
            {"context_window":{"used_percentage":null,"context_window_size":1000,"current_usage":\
            {"input_tokens":50,"cache_creation_input_tokens":100,"cache_read_input_tokens":700}}}
            """
        #expect(
            try program.run("statusline", input: Data(usage.utf8)).text == "context 85%!\n")
    }

    @Test(arguments: [
        "", "nonsense", "[]", "{\"model\":7,\"cost\":{\"total_cost_usd\":\"x\"},\"cwd\":[]}",
        "{\"context_window\":{\"used_percentage\":1e99}}", "{\"cost\":{\"total_cost_usd\":-1}}",
    ])
    func `a strange input is an empty line and no failure`(input: String) throws {
        let result = try program.run("statusline", input: Data(input.utf8))

        #expect(result.status == 0)
        #expect(result.text == "\n")
        #expect(result.errors == "")
    }

    @Test func `a strange store is no failure, and a name cannot act on the terminal`() throws {
        try Data("x".utf8).write(to: URL(fileURLWithPath: program.store))
        let input = Data(#"{"session_id":"s1","model":{"id":"a\u001b[2Jb"}}"#.utf8)

        let result = try program.run("statusline", input: input)

        #expect(result.status == 0)
        #expect(result.text == "a\u{241B}[2Jb\n")
        #expect(try program.run("statusline", "--no-such-option", input: input).status == 0)
    }

    @Test func `of a long log only the end is looked at, and it says so`() throws {
        try hook("SessionStart", more: #","source":"startup""#)
        let filler = String(repeating: "x", count: 1000)
        try program.append((0..<400).map { #"{"n":\#($0),"x":"\#(filler)"}"# })
        try hook("PostToolUseFailure")

        let text = try program.run("statusline", input: input).text
        #expect(text.hasSuffix(" · 1+ errors\n"))
    }
}
