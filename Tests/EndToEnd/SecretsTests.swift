import Foundation
import TestSupport
import Testing

/// Secrets on their ways into a store; all of them are made up.
@Suite struct SecretsTests {
    private let program: Program
    private let secret = "AKIA" + "QWERTYUIOP123456"

    init() throws { program = try Program() }

    private var line: Data { Data("{\"command\":\"export KEY=\(secret)\"}\n".utf8) }

    @Test func `append redacts, marks, or leaves alone, and says so`() throws {
        let off = try program.run(["append", "--type", "t"], input: line)
        #expect(!off.errors.contains("aws-key"))
        let marked = try program.run(["append", "--type", "t", "--secrets", "mark"], input: line)
        #expect(marked.status == 0 && marked.errors.contains("line 1, byte 23: aws-key"))
        let redacted = try program.run(
            ["append", "--type", "t", "--secrets", "redact", "--json"], input: line)
        let secrets = try redacted.data()["secrets"] as? [String: Any]
        #expect(secrets?["count"] as? Int == 1)

        let lines = try program.run("cat").lines
        #expect(lines.map { $0.contains(secret) } == [true, true, false])
        #expect(lines.last?.contains("export KEY=[redacted:aws-key]") == true)
    }

    @Test func `append redacts what it refuses, too`() throws {
        let broken = Data("{\"command\":\"export KEY=\(secret)\",}\n".utf8)

        let result = try program.run(
            ["append", "--type", "t", "--secrets", "redact", "--json"], input: broken)

        let secrets = try result.data()["secrets"] as? [String: Any]
        #expect(secrets?["count"] as? Int == 1)
        let file = try #require(try result.data()["quarantine"] as? String)
        let kept = try String(
            contentsOfFile: "\(program.store)/quarantine/\(file)", encoding: .utf8)
        #expect(kept.contains("export KEY=[redacted:aws-key]") && !kept.contains(secret))
    }

    @Test(arguments: ["tacho", "tacho-hook"])
    func `a hook redacts when its environment says so`(name: String) throws {
        var program = try Program()
        let payload = Data(
            #"{"session_id":"s","hook_event_name":"Stop","x":"\#(secret)"}"#.utf8)
        for mode in ["", "mark", "redact"] {
            program.environment["TACHO_SECRETS"] = mode
            let result = try program.run(
                name == "tacho" ? ["hook"] : [], input: payload, name: name)
            #expect(result.status == 0 && result.output.isEmpty && result.errors.isEmpty)
        }
        #expect(
            try program.run("cat").lines.map { $0.contains(secret) } == [true, true, false])
    }

    @Test func `an import redacts, and importing again adds nothing`() throws {
        let file = program.home.file("hooks.jsonl")
        let record = #"{"session_id":"s","hook_event_name":"Stop","x":"\#(secret)"}"# + "\n"
        try Data((record + record).utf8).write(to: URL(fileURLWithPath: file))

        let first = try program.run("import", file, "--secrets", "redact", "--json")
        let again = try program.run("import", file, "--secrets", "redact", "--json")

        #expect(first.status == 0)
        #expect(try first.data()["new"] as? Int == 2)
        let secrets = try first.data()["secrets"] as? [String: Any]
        #expect((secrets?["by_kind"] as? [String: Int]) == ["aws-key": 2])
        #expect(try again.data()["new"] as? Int == 0)
        #expect(try !program.run("cat").text.contains(secret))
    }
}
