import TachoInsights
import TachoLog
import TachoProjections
import Testing

struct RedundancyTests {
    /// `R a 100` reads a, `E a` edits it (`E a x y` from x to y), `B make -` is a command that fails.
    private func findings(
        _ script: String, agents: [Int: String] = [:], withIDs: Bool = true
    ) throws -> [Found] {
        var log = UsageLog()
        for (index, line) in script.split(separator: "|").enumerated() {
            let words = line.split(separator: " ").map(String.init)
            let path = #""file_path":"\#(words[1])""#
            let (tool, input) =
                switch words[0] {
                case "R": ("Read", "{\(path)}")
                case "E" where words.count > 2:
                    ("Edit", #"{\#(path),"old_string":"\#(words[2])","new_string":"\#(words[3])"}"#)
                case "E": ("Edit", "{\(path)}")
                default: ("Bash", #"{"command":"\#(words[1])"}"#)
                }
            let size = words[0] == "R" ? (Int(words[2]) ?? 2) : 42
            let agent = agents[index].map { #","agent_id":"\#($0)""# } ?? ""
            let id = withIDs ? #""tool_use_id":"c\#(index)","# : ""
            let call =
                #""session_id":"s","tool_name":"\#(tool)",\#(id)"tool_input":\#(input)\#(agent)"#
            if withIDs { log.append("hook.PreToolUse", stream: "s", "{\(call)}") }
            let result = String(repeating: "x", count: size - 2)
            let hasFailed = words[0] == "B" && words.count > 2
            log.append(
                hasFailed ? "hook.PostToolUseFailure" : "hook.PostToolUse", stream: "s",
                #"{\#(call),"tool_response":"\#(result)"}"#)
        }
        var projections = Projections([ToolCallsProjector.self])
        try projections.fold(log.batch)
        let table = try #require(projections.table(named: "tool_calls"))
        return Redundancy(table).findings.map { Found(finding: $0, calls: $0.rows.map { $0 + 1 }) }
    }

    /// A finding, and which calls of the script it is about, from 1.
    @dynamicMemberLookup
    private struct Found {
        let finding: Redundancy.Finding
        let calls: [Int]

        subscript<Value>(dynamicMember path: KeyPath<Redundancy.Finding, Value>) -> Value {
            finding[keyPath: path]
        }
    }

    @Test func `a file read again unchanged is a finding, with both positions`() throws {
        let found = try findings("R a 400|B ls|R a 400")

        #expect(found.map(\.kind) == [.reread])
        #expect(found[0].calls == [1, 3])
        #expect(found[0].tokens == 100)
        #expect(found[0].subject == "a")
    }

    @Test func `a call without an id that is said twice side by side is one call`() throws {
        let script = "R a 400|R a 400|R a 400|B ls|R a 400"

        #expect(try findings(script, withIDs: false).map(\.calls) == [[3, 5]])
        #expect(try findings(script).map(\.calls) == [[1, 2, 3, 5]])
    }

    @Test func `the first of many reads and edits counts as the others do`() throws {
        // Read whole, another range of it, whole again, and again; other files between.
        let reads = try findings("R a 400|R b 400|R a 300|R a 300|R b 400|R c 9")
        #expect(reads.map(\.calls) == [[3, 4], [2, 5]])

        let edits = try findings("E a x y|E b x y|E a p q|E a y x|E b y z|E a q p")
        #expect(edits.map(\.kind) == [.revertedEdit])
        #expect(edits[0].calls == [1, 4, 3, 6])
    }

    @Test(arguments: ["R a 400|E a|R a 400", "R a 400|R a 500", "R a 400|R b 400"])
    func `a file that was edited, grew, or is another one is none`(script: String) throws {
        #expect(try findings(script).isEmpty)
    }

    @Test func `a subagent does not see what the agent has read`() throws {
        #expect(try findings("R a 400|R a 400", agents: [1: "x"]).isEmpty)
    }

    @Test func `a command that fails again without a change is a finding`() throws {
        let found = try findings("B make -|R a 4|B make -|B make -")

        #expect(found.map(\.kind) == [.repeatedFailure])
        #expect(found[0].count == 2)
        #expect(found[0].calls == [1, 3, 4])
    }

    @Test func `a command that only looks is no change`() throws {
        #expect(try findings("B make -|B ls|B make -").map(\.kind) == [.repeatedFailure])
    }

    @Test(arguments: ["B make -|E a|B make -", "B make -|B fix|B make -", "B make -|B make"])
    func `after an edit, another command, or when it goes well it is none`(script: String) throws {
        #expect(try findings(script).isEmpty)
    }

    @Test func `an edit that is taken back is a finding`() throws {
        let found = try findings("E a x y|B make|E a y x")

        #expect(found.map(\.kind) == [.revertedEdit])
        #expect(found[0].calls == [1, 3])
        #expect(try findings("E a x y|E a x y|E b y x").isEmpty)
    }

    @Test func `a large result that nothing names later is carried for nothing`() throws {
        let found = try findings("R dir/big 80000|B ls|B make")

        #expect(found.map(\.kind) == [.carried])
        #expect(found[0].tokens == 20_000)
        #expect(found[0].requests == 2)
        #expect(try findings("R dir/big 80000|E dir/big").isEmpty)
        #expect(try findings("R dir/big 80000").isEmpty)
        #expect(try findings("R dir/big 30000|B ls").isEmpty)
    }
}
