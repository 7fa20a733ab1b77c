import Foundation
import Testing

/// Calls as no agent should make them, through the program: defined, and in bounds.
struct PatternBadInputTests {
    private static func call(
        _ name: String, _ tool: String, _ id: String, agent: String? = nil,
        input: String = "{}"
    ) -> String {
        let agent = agent.map { #""agent_id":"\#($0)","# } ?? ""
        return #"{"stream":"s1","type":"hook.\#(name)","source":"claude-code/hook","data":{"#
            + #""session_id":"s1",\#(agent)"tool_name":"\#(tool)","tool_use_id":"\#(id)","#
            + #""tool_input":\#(input),"tool_response":{"ok":true}}}"#
    }

    private static func append(_ lines: [String], to tacho: Program) throws {
        let result = try tacho.run(
            ["append", "--envelope", "--quiet", "--durability", "interval"],
            input: Data(lines.map { $0 + "\n" }.joined().utf8))
        #expect(result.status == 0, "\(result.errors)")
    }

    /// All questions about patterns, none of which may fail.
    private static func ask(_ tacho: Program) throws -> [[String: Any]] {
        for arguments in [
            ["list", "--gap", "2"], ["recommend"], ["predict", "--dry-run"], ["predictions"],
        ] {
            let result = try tacho.run(["patterns"] + arguments + ["--json"])
            #expect(result.status == 0, "\(arguments): \(result.errors)")
        }
        return try tacho.run("patterns", "list", "--limit", "0", "--json").rows()
    }

    @Test func `one tool only, without a result, is no pattern`() throws {
        let tacho = try Program()
        try Self.append((0..<3_200).map { Self.call("PreToolUse", "Bash", "t\($0)") }, to: tacho)

        let rows = try Self.ask(tacho)
        let sequences = try tacho.run("table", "tool_sequences", "--limit", "1000", "--json").rows()

        #expect(rows.isEmpty)
        #expect(sequences.count == 100)
        #expect(sequences.allSatisfy { $0["open_count"] as? Int == 32 })
        #expect(sequences.allSatisfy { $0["success"] is NSNull })
    }

    @Test func `names of 10 KB and tools that nobody knows are sequences like others`() throws {
        let tacho = try Program()
        let long = String(repeating: "x", count: 10_240)
        var lines: [String] = []
        for round in 0..<60 {
            for (number, tool) in ["a-\(long)", "?", "🛠", "other-\(round)"].enumerated() {
                lines.append(Self.call("PreToolUse", tool, "t\(round)-\(number)"))
                lines.append(Self.call("PostToolUse", tool, "t\(round)-\(number)"))
            }
        }
        try Self.append(lines, to: tacho)

        let rows = try Self.ask(tacho)

        let pattern = try #require(rows.first?["pattern"] as? String)
        #expect(rows.count == 1)
        #expect(pattern.hasSuffix("→?→🛠"))
        #expect(pattern.utf8.count < 100)
    }

    @Test func `calls of subagents side by side are not taken for one after the other`() throws {
        let tacho = try Program()
        // Each of 20 agents does the same three; results come 50 calls later.
        let tools = ["Read", "Edit", "Bash"]
        var lines: [String] = []
        for number in 0..<1_200 {
            let tool = tools[number / 20 % 3]
            lines.append(
                Self.call("PreToolUse", tool, "t\(number)", agent: "a\(number % 20)"))
            guard number >= 50 else { continue }
            let before = number - 50
            lines.append(
                Self.call(
                    "PostToolUse", tools[before / 20 % 3], "t\(before)", agent: "a\(before % 20)"))
        }
        try Self.append(lines, to: tacho)

        _ = try Self.ask(tacho)
        let sequences = try tacho.run("table", "tool_sequences", "--limit", "1000", "--json").rows()

        // Two rows of each agent: 60 calls, 32 in the first.
        #expect(sequences.count == 40)
        for row in sequences {
            let signature = try #require(row["sequence_signature"] as? String)
            #expect(!signature.contains("Read→Read") && !signature.contains("Bash→Bash"))
        }
    }

    @Test func `the same failure thousands of times is one finding`() throws {
        let tacho = try Program()
        let input = #"{"command":"cd /x && make test"}"#
        try Self.append(
            (0..<2_000).flatMap { number in
                [
                    Self.call("PreToolUse", "Bash", "t\(number)", input: input),
                    Self.call("PostToolUseFailure", "Bash", "t\(number)", input: input),
                ]
            }, to: tacho)

        let rows = try Self.ask(tacho)

        #expect(rows.count == 1)
        #expect(
            rows.first?["finding"] as? String
                == "make test: failed again, nothing changed, 1,999 times")
        let evidence = try #require(rows.first?["evidence"] as? String).split(separator: " ")
        let why = try tacho.run(["why"] + evidence.map(String.init) + ["--json"])
        #expect(why.status == 0, "\(why.errors)")
    }
}
