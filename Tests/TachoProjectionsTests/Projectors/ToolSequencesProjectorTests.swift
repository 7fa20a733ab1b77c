import Foundation
import TachoLog
import TachoProjections
import Testing

struct ToolSequencesProjectorTests {
    /// Adds hooks of one session, a word a call.
    ///
    /// `Read` begins and ends, `Read(` only begins, `Read)` only
    /// ends, `Read!` fails, `?` is a prompt. A second passes between two events.
    private func hooks(_ script: String, session: String = "s", _ log: inout MemoryLog) {
        var number = 0
        func add(_ name: String, _ tool: String, _ id: String) {
            number += 1
            log.append(
                stream: session, type: "hook.\(name)", source: "claude-code/hook",
                data:
                    #"{"session_id":"\#(session)","tool_name":"\#(tool)","tool_use_id":"\#(id)","tool_input":{"file_path":"/a/b.swift"}}"#
            )
        }
        for (index, word) in script.split(separator: " ").enumerated() {
            let tool = String(word.filter { !"()!?".contains($0) })
            // What begins and ends apart is told by its name.
            let id =
                word.contains("(") || word.contains(")")
                ? "\(session)-\(tool)" : "\(session)-\(index)"
            if word == "?" {
                add("UserPromptSubmit", "", "")
                continue
            }
            if !word.hasSuffix(")") { add("PreToolUse", tool, id) }
            if word.hasSuffix("!") {
                add("PostToolUseFailure", tool, id)
            } else if !word.hasSuffix("(") {
                add("PostToolUse", tool, id)
            }
        }
    }

    private func table(_ script: String) throws -> TableReader {
        var log = MemoryLog()
        hooks(script, &log)
        return try TableReader(folding: ToolSequencesProjector.self, log)
    }

    @Test func `calls in a row are a sequence, with its times`() throws {
        let row = try table("Read Edit Write").row("s:1")

        #expect(row.text("sequence_signature") == "Read→Edit→Write")
        #expect(row.json("tool_sequence") == #"["Read","Edit","Write"]"#)
        #expect(row.json("step_durations") == "[1000,1000,1000]")
        #expect(row.integer("total_duration_ms") == 5000)
        #expect(row.boolean("success") == true)
        #expect(row.integer("retry_count") == 0)
        #expect(
            row.json("context")
                == #"{"file_types":[".swift"],"operation_types":["read","edit"]}"#)
    }

    @Test func `a prompt ends a sequence`() throws {
        let table = try table("Read Edit ? Bash")

        #expect(table.count == 2)
        #expect(try table.row("s:2").text("sequence_signature") == "Bash")
        #expect(try table.row("s:2").boolean("continues") == false)
    }

    /// A transcript of two calls, and what is said in a person's name between them.
    private func said(_ content: String, _ marks: String = "") throws -> TableReader {
        var log = MemoryLog()
        func call(_ tool: String) {
            log.append(
                stream: "s", type: "transcript.assistant",
                data:
                    #"{"message":{"content":[{"type":"tool_use","id":"t\#(tool)","name":"\#(tool)","input":{}}]}}"#
            )
        }
        call("Read")
        log.append(
            stream: "s", type: "transcript.user",
            data: #"{"message":{"role":"user","content":\#(content)}\#(marks)}"#)
        call("Edit")
        return try TableReader(folding: ToolSequencesProjector.self, log)
    }

    @Test(arguments: [#""go on""#, #"[{"type":"text","text":"go on"}]"#])
    func `a transcript's prompt ends a sequence, in one piece or in parts`(content: String) throws {
        #expect(try said(content).count == 2)
    }

    /// Real records say that they are the agent's own behind the message.
    @Test(arguments: ["isMeta", "isCompactSummary", "isSidechain"])
    func `what the agent says in a person's name ends no sequence`(mark: String) throws {
        let table = try said(#""go on""#, #","\#(mark)":true"#)

        #expect(try table.row("s:1").text("sequence_signature") == "Read→Edit")
    }

    @Test func `a failure that is made good is a retry, one that is not is none`() throws {
        let good = try table("Bash! Edit Bash").row("s:1")
        #expect(good.boolean("success") == true)
        #expect(good.integer("retry_count") == 1)
        #expect(good.integer("failure_count") == 1)

        let bad = try table("Bash! Edit").row("s:1")
        #expect(bad.boolean("success") == false)
        #expect(bad.integer("retry_count") == 0)
    }

    @Test func `calls side by side end at their own times`() throws {
        let row = try table("Read( Grep( Grep) Read)").row("s:1")

        #expect(row.text("sequence_signature") == "Read→Grep")
        #expect(row.json("step_durations") == "[3000,1000]")
        #expect(row.integer("open_count") == 0)
    }

    @Test func `a result that never comes leaves its call open`() throws {
        let row = try table("Read( Bash").row("s:1")

        #expect(row.integer("open_count") == 1)
        #expect(row.json("step_durations") == "[null,1000]")
    }

    @Test func `a result after the next prompt still finds its call`() throws {
        let table = try table("Read( ? Bash Read)")

        #expect(try table.row("s:1").integer("open_count") == 0)
        #expect(try table.row("s:1").json("step_durations") == "[4000]")
    }

    @Test func `a result without a call is left out`() throws {
        #expect(try table("Read)").count == 0)
        #expect(try table("Bash Read)").row("s:1").text("sequence_signature") == "Bash")
    }

    @Test func `a long sequence goes on in the next row`() throws {
        let table = try table(Array(repeating: "Bash", count: 70).joined(separator: " "))

        #expect(table.rows.map { $0.integer("call_count") } == [32, 32, 6])
        #expect(table.rows.map { $0.boolean("continues") } == [false, true, true])
    }

    @Test func `a name of 10 KB is cut, and no name is unknown`() throws {
        var log = MemoryLog()
        let name = String(repeating: "é", count: 5000)
        for tool in [#""tool_name":"\#(name)""#, #""tool_name":"\#(name)x""#, #""tool_name":7"#] {
            log.append(
                stream: "s", type: "hook.PreToolUse", data: #"{"session_id":"s",\#(tool)}"#)
        }

        let row = try TableReader(folding: ToolSequencesProjector.self, log).row("s:1")
        let names = try #require(row.text("sequence_signature")).components(separatedBy: "→")

        #expect(names.count == 3)
        #expect(names[0] != names[1])
        #expect(names.allSatisfy { $0.utf8.count <= 64 })
        #expect(names[2] == "unknown")
    }

    @Test func `subagents have sequences of their own`() throws {
        var log = MemoryLog()
        for (index, agent) in ["", #","agentId":"x""#, "", #","agentId":"x""#].enumerated() {
            log.append(
                stream: "s", type: "transcript.assistant",
                data:
                    #"{"sessionId":"s"\#(agent),"message":{"content":[{"type":"tool_use","id":"t\#(index)","name":"T\#(index)","input":{}}]}}"#
            )
        }

        let table = try TableReader(folding: ToolSequencesProjector.self, log)

        #expect(try table.row("s:1").text("sequence_signature") == "T0→T2")
        #expect(try table.row("s/x:1").text("sequence_signature") == "T1→T3")
        #expect(try table.row("s/x:1").text("agent_id") == "x")
    }

    @Test func `of two who tell of a session the first counts`() throws {
        var log = MemoryLog()
        hooks("Read Edit", &log)
        log.append(
            stream: "s", type: "transcript.assistant",
            data:
                #"{"message":{"content":[{"type":"tool_use","id":"s-0","name":"Read","input":{}}]}}"#
        )

        let table = try TableReader(folding: ToolSequencesProjector.self, log)

        #expect(table.count == 1)
        #expect(try table.row("s:1").text("sequence_signature") == "Read→Edit")
        #expect(try table.row("s:1").text("source") == "hook")
    }

    @Test func `a document that is written again tells its calls once`() throws {
        var log = MemoryLog()
        func add(_ id: String, _ calls: [String]) {
            let list = calls.map {
                #"{"id":"\#($0)","name":"\#($0)","args":{},"status":"success"}"#
            }
            log.append(
                stream: "g", type: "gemini.gemini",
                data: #"{"id":"\#(id)","toolCalls":[\#(list.joined(separator: ","))]}"#)
        }
        add("m1", ["a"])
        add("m1", ["a", "b"])
        log.append(stream: "g", type: "gemini.user", data: #"{"id":"u","content":"on"}"#)
        add("m1", ["a", "b"])
        add("m2", ["c"])

        let table = try TableReader(folding: ToolSequencesProjector.self, log)

        #expect(table.rows.map { $0.text("sequence_signature") } == ["a→b", "c"])
        #expect(table.rows.map { $0.boolean("success") } == [true, true])
        #expect(table.rows.map { $0.integer("open_count") } == [0, 0])
    }

    @Test func `many sessions, folded anew at any point, are the same`() throws {
        var log = MemoryLog()
        for number in 0..<40 {
            hooks("Read( Bash! ? Bash Read) Edit", session: "s\(number % 7)", &log)
        }

        try ProjectorLaws(
            of: ToolSequencesProjector.self, on: log, checkpointLimit: 12
        ).check()
    }
}
