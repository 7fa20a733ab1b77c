import Foundation
import TestSupport
import Testing

/// `tacho patterns` and `tacho similar`, from calls to a measured return.
struct PatternsCommandTests {
    /// A session in which `Grep→Read→Edit→Bash` stands twelve times between other calls, and a file
    /// is read twice.
    private static func fill(_ tacho: Program) throws {
        var tools: [String] = []
        for round in 0..<12 {
            tools += ["Grep", "Read", "Edit", "Bash"]
            tools += [["Glob", "Task", "Write"], ["Task", "Glob"], ["Write"]][round % 3]
        }
        var lines: [String] = []
        func add(_ name: String, _ tool: String, _ number: Int, _ path: String) {
            let data =
                #"{"session_id":"s1","tool_name":"\#(tool)","tool_use_id":"t\#(number)","tool_input":{"\#(tool == "Bash" ? "command" : "file_path")":"\#(tool == "Bash" ? "pytest" : path)"},"tool_response":{"text":"xxxxxxxxxxxxxxxxxxxx"}}"#
            lines.append(
                #"{"stream":"s1","type":"hook.\#(name)","source":"claude-code/hook","data":\#(data)}"#
            )
        }
        for (number, tool) in tools.enumerated() {
            let path = number == 1 || number == 8 ? "/p/same.swift" : "/p/\(number).swift"
            add("PreToolUse", tool, number, path)
            add("PostToolUse", tool, number, path)
        }
        lines.append(
            #"{"stream":"s1","type":"hook.UserPromptSubmit","source":"claude-code/hook","data":{"session_id":"s1","prompt":"please run pytest for the server"}}"#
        )
        let input = Data(lines.map { $0 + "\n" }.joined().utf8)
        let result = try tacho.run(["append", "--envelope", "--quiet"], input: input)
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test func `sequences, operations, and work for nothing are listed with their events`() throws {
        let tacho = try Program()
        try Self.fill(tacho)

        let rows = try tacho.run("patterns", "list", "--min-count", "10", "--json").rows()

        let kinds = rows.compactMap { $0["kind"] as? String }
        #expect(Set(kinds) == ["sequence", "operation", "reread"])
        let sequence = try #require(rows.first { $0["kind"] as? String == "sequence" })
        #expect(sequence["pattern"] as? String == "Grep→Read→Edit→Bash")
        #expect(sequence["count"] as? Int == 12)
        let operation = try #require(rows.first { $0["kind"] as? String == "operation" })
        #expect(operation["id"] as? String == "test:pytest:backend")
        let reread = try #require(rows.first { $0["kind"] as? String == "reread" })
        #expect(reread["pattern"] as? String == "/p/same.swift")
        let evidence = try #require(reread["evidence"] as? String).split(separator: " ")
        let why = try tacho.run(["why"] + evidence.map(String.init) + ["--json"])
        #expect(why.status == 0, "\(why.errors)")
    }

    @Test func `a sequence is approved, commented, implemented, rejected, and none of it is lost`()
        throws
    {
        let tacho = try Program()
        try Self.fill(tacho)
        let rows = try tacho.run("patterns", "list", "--min-count", "10", "--json").rows()
        let id = try #require(
            rows.first { $0["kind"] as? String == "sequence" }?["id"] as? String)
        let mining = ["--min-count", "10", "--reviewer", "ada", "--json"]

        for arguments in [
            ["approve", id, "--notes", "yes"], ["comment", id, "--text", "hm"],
            ["implement", id, "--tool", "t", "--cost", "1.50"], ["reject", id, "--reason", "no"],
        ] {
            let result = try tacho.run(["patterns"] + arguments + mining)
            #expect(result.status == 0, "\(result.errors)")
        }

        let history = try tacho.run("table", "pattern_review_history", "--json").rows()
        #expect(
            history.compactMap { $0["action"] as? String }
                == ["approved", "commented", "implemented", "rejected"])
        let pattern = try tacho.run("table", "operation_patterns", "--json").rows()
            .first { $0["pattern_signature"] as? String == id }
        #expect(pattern?["automation_status"] as? String == "rejected")
        #expect(pattern?["tool_name"] as? String == "t")
        // Also with a threshold that finds it no longer.
        let rejected = try tacho.run("patterns", "list", "--status", "rejected", "--json").rows()
        #expect(rejected.map { $0["id"] as? String } == [id])
        let why = try tacho.run("why", "operation_patterns", id, "automation_status", "--json")
        #expect(try why.rows().count == 4)
        let roi = try tacho.run("patterns", "roi", id, "--json").data()
        #expect(roi["measured"] as? String == "too few to measure")
    }

    @Test func `requests are predicted and checked once, and each says why`() throws {
        let tacho = try Program()
        try Self.fill(tacho)
        let end =
            #"{"stream":"s1","type":"hook.SessionEnd","source":"claude-code/hook","data":{"session_id":"s1"}}"#
        let ended = try tacho.run(
            ["append", "--envelope", "--quiet"], input: Data((end + "\n").utf8))
        #expect(ended.status == 0, "\(ended.errors)")

        let said = try tacho.run("patterns", "predict", "fix the pytest", "--json").rows()
        let tried = try tacho.run("patterns", "predict", "--dry-run", "--json").data()
        let first = try tacho.run("patterns", "predict", "--json").data()
        let second = try tacho.run("patterns", "predict", "--json").data()

        #expect(said.compactMap { $0["pattern"] as? String } == ["test:pytest:backend", "fix:bug"])
        for counts in [tried, first] {
            #expect(counts["predicted"] as? Int == 1)
            #expect(counts["checked"] as? Int == 1)
            #expect(counts["correct"] as? Int == 1)
        }
        #expect(second["predicted"] as? Int == 0)
        #expect(second["checked"] as? Int == 0)
        let score = try tacho.run("patterns", "predictions", "--json").rows()
        #expect(score.map { $0["accuracy"] as? Double } == [1])
        let why = try tacho.run(
            "why", "pattern_predictions", "test:pytest:backend|s1", "was_correct", "--json")
        #expect(try why.rows().map { $0["new"] as? Bool } == [true])
        let pattern = try tacho.run("table", "operation_patterns", "--json").rows().first
        #expect(pattern?["prediction_accuracy"] as? Double == 1)
    }

    @Test func `a prediction is right if the work did it, and by name if a pattern is called so`()
        throws
    {
        let tacho = try Program()
        // Asked for tests: one session runs them, another one only reads their file.
        for (session, command) in [("s1", "cd app && go test ./..."), ("s2", "cat app_test.go")] {
            let prompt =
                #"{"session_id":"\#(session)","prompt":"make the pytest of the server pass"}"#
            let call =
                #"{"session_id":"\#(session)","tool_name":"Bash","tool_use_id":"\#(session)c","tool_input":{"command":"\#(command)"}}"#
            for (type, data) in [
                ("hook.UserPromptSubmit", prompt), ("hook.PreToolUse", call),
                ("hook.SessionEnd", #"{"session_id":"\#(session)"}"#),
            ] {
                let result = try tacho.run(
                    ["append", "--type", type, "--stream", session, "--quiet"],
                    input: Data((data + "\n").utf8))
                #expect(result.status == 0, "\(result.errors)")
            }
        }

        let byName = try tacho.run("patterns", "predict", "--dry-run", "--by", "name", "--json")
        let byWork = try tacho.run("patterns", "predict", "--json").data()
        let rows = try tacho.run("patterns", "predictions", "--json").rows()

        #expect(try byName.data()["correct"] as? Int == 2)
        #expect(byWork["checked"] as? Int == 2)
        #expect(byWork["correct"] as? Int == 1)
        #expect(rows.map { $0["accuracy"] as? Double } == [0.5])
        #expect(rows.map { $0["anyway"] as? Double } == [0.5])
    }

    @Test func `a step that skips another is recorded, and said to`() throws {
        let tacho = try Program()
        try Self.fill(tacho)
        let id = "test:pytest:backend"

        let early = try tacho.run("patterns", "activate", id)
        let told = try tacho.run("patterns", "approve", id, "--json").data()
        let usual = try tacho.run("patterns", "implement", id, "--tool", "t")
        let wrong = try tacho.run("patterns", "implement", id, "--tool", "t", "--cost", "much")

        #expect(early.status == 0)
        #expect(early.errors.contains("recorded, though it was detected"))
        #expect(told["status"] as? String == "approved")
        #expect(told["status_before"] as? String == "active")
        #expect(usual.errors.isEmpty)
        #expect(usual.text.contains("(was approved)"))
        #expect(wrong.status == 2)
        #expect(wrong.errors.contains("much is none"))
        #expect(try tacho.run("patterns", "roi", "test:py", "--json").status == 0)
    }

    @Test func `a kind or a status that there is not is told from one that nothing has`() throws {
        let tacho = try Program()
        try Self.fill(tacho)

        let noKind = try tacho.run("patterns", "list", "--kind", "rereads")
        let noStatus = try tacho.run("patterns", "list", "--status", "done")
        let none = try tacho.run("patterns", "list", "--status", "rejected")

        #expect(noKind.status == 2)
        #expect(noKind.errors.contains("there is no kind rereads; there are operation, sequence"))
        #expect(noStatus.status == 2)
        #expect(none.status == 0)
        #expect(none.errors.contains("is of that kind and status"))
    }

    @Test func `work without an end is over when the log tells of others a day later`() throws {
        let tacho = try Program()
        func event(_ session: String, _ day: Int, _ prompt: String) -> String {
            #"{"stream":"\#(session)","type":"hook.UserPromptSubmit","source":"claude-code/hook","time":"2026-03-0\#(day)T10:00:00Z","data":{"session_id":"\#(session)","prompt":"\#(prompt)"}}"#
                + "\n"
        }
        let lines =
            event("s1", 1, "please run pytest for the server")
            + event("s2", 2, "please run pytest for the api")
        let result = try tacho.run(
            ["append", "--envelope", "--quiet"], input: Data(lines.utf8))
        #expect(result.status == 0, "\(result.errors)")

        let first = try tacho.run("patterns", "predict", "--json").data()
        let later = try tacho.run(
            ["append", "--envelope", "--quiet"], input: Data(event("s2", 4, "go on with it").utf8))
        #expect(later.status == 0, "\(later.errors)")
        let second = try tacho.run("patterns", "predict", "--json").data()

        // A day to the second is not yet over.
        #expect(first["predicted"] as? Int == 2)
        #expect(first["checked"] as? Int == 0)
        #expect(second["checked"] as? Int == 1)
    }

    @Test func `what to do comes with its reason and a command that does it`() throws {
        let tacho = try Program()
        try Self.fill(tacho)
        let mining = ["--min-count", "10", "--json"]
        let rows = try tacho.run(["patterns", "list"] + mining).rows()
        let id = try #require(
            rows.first { $0["kind"] as? String == "sequence" }?["id"] as? String)
        func recommended() throws -> [String: String] {
            let rows = try tacho.run(["patterns", "recommend"] + mining).rows()
            let pairs = rows.map { ($0["id"] as? String ?? "", $0["action"] as? String ?? "") }
            return Dictionary(pairs) { first, _ in first }
        }

        #expect(try recommended()[id] == "review")
        let approved = try tacho.run(["patterns", "approve", id] + mining)
        #expect(approved.status == 0, "\(approved.errors)")
        #expect(try recommended()[id] == "implement")
        for success in [true, false, false] {
            let data =
                #"{"pattern_id":"\#(id)","success":\#(success),"actual_cost":1,"estimated_cost":2}"#
            let result = try tacho.run(
                ["append", "--type", "pattern.executed", "--quiet"], input: Data((data + "\n").utf8)
            )
            #expect(result.status == 0, "\(result.errors)")
        }

        let first = try #require(
            try tacho.run(["patterns", "recommend", "--severity", "high"] + mining).rows().first)
        #expect(first["action"] as? String == "reject")
        #expect((first["reason"] as? String)?.contains("3 executions, 33.3 % went well") == true)
        let command = try #require(first["command"] as? String)
            .replacingOccurrences(of: "TEXT", with: "no")
        let words = command.split(separator: " ").dropFirst().map(String.init)
        let rejected = try tacho.run(words + ["--min-count", "10"])
        #expect(rejected.status == 0, "\(rejected.errors)")
        #expect(
            try tacho.run(["patterns", "recommend", "--severity", "high"] + mining).rows().isEmpty)
    }

    @Test func `a pattern that is not there is told, and nothing is appended`() throws {
        let tacho = try Program()
        try Self.fill(tacho)

        for arguments in [["show", "nope"], ["approve", "nope"], ["roi", "nope"]] {
            let result = try tacho.run(["patterns"] + arguments)
            #expect(result.status == 1)
            #expect(result.errors.contains("there is no pattern nope"))
        }
        #expect(try tacho.run("table", "pattern_review_history", "--json").rows().isEmpty)
    }

    @Test func `similar work is found by its words`() throws {
        let tacho = try Program()
        try Self.fill(tacho)
        try SampleStore.fill(tacho)

        let rows = try tacho.run("similar", "a login form for the server", "--json").rows()

        #expect(Set(rows.compactMap { $0["id"] as? String }) == ["a1b2c3d4", "feedbeef", "s1"])
        let failed = try tacho.run("similar", "login", "--outcome", "failed", "--json").rows()
        #expect(failed.map { $0["id"] as? String } == ["feedbeef"])
    }
}
