import TachoInsights
import Testing

struct RedundancyTests {
    /// `R a 100` reads a, `E a` edits it (`E a x y` from x to y), `B make -` is a command that fails.
    private func findings(_ script: String, agents: [Int: String] = [:]) -> [Redundancy.Finding] {
        var calls: [RecordedCall] = []
        for (index, line) in script.split(separator: "|").enumerated() {
            let words = line.split(separator: " ").map(String.init)
            let number = Int64(index + 1)
            let position = number
            switch words[0] {
            case "R":
                calls.append(
                    RecordedCall(
                        id: "c\(number)", session: "s", agent: agents[index], tool: "Read",
                        input: Array(#"{"file_path":"\#(words[1])"}"#.utf8), path: words[1],
                        resultByteCount: Int64(words[2]), position: position))
            case "E":
                let input =
                    words.count > 2
                    ? #"{"old_string":"\#(words[2])","new_string":"\#(words[3])"}"# : "{}"
                calls.append(
                    RecordedCall(
                        id: "c\(number)", session: "s", tool: "Edit", input: Array(input.utf8),
                        path: words[1], position: position))
            default:
                calls.append(
                    RecordedCall(
                        id: "c\(number)", session: "s", tool: "Bash",
                        input: Array(#"{"command":"\#(words[1])"}"#.utf8), command: words[1],
                        isSuccess: words.count == 2, resultByteCount: 40, position: position))
            }
        }
        return Redundancy(calls).findings
    }

    @Test func `a file read again unchanged is a finding, with both positions`() {
        let found = findings("R a 400|B ls|R a 400")

        #expect(found.map(\.kind) == [.reread])
        #expect(found[0].positions == [1, 3])
        #expect(found[0].tokens == 100)
        #expect(found[0].subject == "a")
    }

    @Test(arguments: ["R a 400|E a|R a 400", "R a 400|R a 500", "R a 400|R b 400"])
    func `a file that was edited, grew, or is another one is none`(script: String) {
        #expect(findings(script).isEmpty)
    }

    @Test func `a subagent does not see what the agent has read`() {
        #expect(findings("R a 400|R a 400", agents: [1: "x"]).isEmpty)
    }

    @Test func `a command that fails again without a change is a finding`() {
        let found = findings("B make -|R a 4|B make -|B make -")

        #expect(found.map(\.kind) == [.repeatedFailure])
        #expect(found[0].count == 2)
        #expect(found[0].positions == [1, 3, 4])
    }

    @Test func `a command that only looks is no change`() {
        #expect(findings("B make -|B ls|B make -").map(\.kind) == [.repeatedFailure])
    }

    @Test(arguments: ["B make -|E a|B make -", "B make -|B fix|B make -", "B make -|B make"])
    func `after an edit, another command, or when it goes well it is none`(script: String) {
        #expect(findings(script).isEmpty)
    }

    @Test func `an edit that is taken back is a finding`() {
        let found = findings("E a x y|B make|E a y x")

        #expect(found.map(\.kind) == [.revertedEdit])
        #expect(found[0].positions == [1, 3])
        #expect(findings("E a x y|E a x y|E b y x").isEmpty)
    }

    @Test func `a large result that nothing names later is carried for nothing`() {
        let found = findings("R dir/big 80000|B ls|B make")

        #expect(found.map(\.kind) == [.carried])
        #expect(found[0].tokens == 20_000)
        #expect(found[0].requests == 2)
        #expect(findings("R dir/big 80000|E dir/big").isEmpty)
        #expect(findings("R dir/big 80000").isEmpty)
        #expect(findings("R dir/big 30000|B ls").isEmpty)
    }
}
