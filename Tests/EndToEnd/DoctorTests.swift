import Foundation
import TestSupport
import Testing

/// What `tacho doctor` finds, and that it touches nothing.
@Suite struct DoctorTests {
    private let program: Program

    init() throws { program = try Program() }

    private var transcripts: String { program.home.file(".claude/projects/p") }

    private func transcript(_ session: String, daysOld: Double) throws -> String {
        try FileManager.default.createDirectory(
            atPath: transcripts, withIntermediateDirectories: true)
        let path = transcripts + "/\(session).jsonl"
        let line =
            #"{"type":"user","sessionId":"\#(session)","uuid":"u-\#(session)","timestamp":"2026-01-02T10:00:00Z","message":{"role":"user","content":"x"}}"#
        try Data((line + "\n").utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -86_400 * daysOld)], ofItemAtPath: path)
        return path
    }

    private func checks(_ result: Program.Result, attention: Bool) throws -> Set<String> {
        let findings = try result.data()["findings"] as? [[String: Any]] ?? []
        #expect(findings.allSatisfy { ($0["next_step"] as? String)?.isEmpty == false })
        return Set(
            findings.filter { $0["needs_attention"] as? Bool == attention }
                .compactMap { $0["check"] as? String })
    }

    @Test func `without anything it says how to begin, and nothing is wrong`() throws {
        let result = try program.run("doctor", "--json")

        #expect(result.status == 0)
        #expect(try checks(result, attention: false) == ["store", "hooks"])
        #expect(!FileManager.default.fileExists(atPath: program.store))
    }

    @Test func `a recorded and set up agent needs no attention`() throws {
        #expect(try program.run("setup", "claude", "--write").status == 0)
        #expect(
            try program.run(
                "hook", input: Data(#"{"session_id":"s","hook_event_name":"Stop"}"#.utf8)
            ).status == 0)

        let result = try program.run("doctor", "--json")

        #expect(result.status == 0)
        #expect(try checks(result, attention: false) == [])
        let sources = try result.data()["sources"] as? [[String: Any]]
        #expect(sources?.count == 1)
        #expect(sources?.first?["source"] as? String == "claude-code/hook")
        #expect(sources?.first?["events"] as? Int == 1)
        let text = try program.run("doctor")
        #expect(text.status == 0 && text.text.contains("nothing needs attention"))
    }

    @Test func `transcripts that will be gone soon are told until they are imported`() throws {
        let old = try transcript("old", daysOld: 26)
        let new = try transcript("new", daysOld: 1)
        let before = try FileManager.default.contentsOfDirectory(atPath: transcripts)

        let result = try program.run("doctor", "--json")
        #expect(result.status == 4)
        #expect(try checks(result, attention: true) == ["retention"])
        #expect(try checks(result, attention: false).contains("transcripts"))
        #expect(result.text.contains(old))
        #expect(try FileManager.default.contentsOfDirectory(atPath: transcripts) == before)

        #expect(try program.run("import", old, new).status == 0)
        let imported = try program.run("doctor", "--json")
        #expect(imported.status == 0)
        #expect(try !checks(imported, attention: false).contains("transcripts"))
    }

    @Test func `an agent that keeps transcripts for longer is believed`() throws {
        _ = try transcript("old", daysOld: 26)
        try Data(#"{"cleanupPeriodDays": 365}"#.utf8).write(
            to: URL(fileURLWithPath: program.home.file(".claude/settings.json")))

        #expect(try program.run("doctor").status == 0)
    }

    @Test func `what waits in the spool and what was rejected is told`() throws {
        try program.append(["{\"a\":1}"])
        _ = try program.run(["append", "--type", "t"], input: Data("nonsense\n".utf8))
        let spool = program.store + "/spool"
        try FileManager.default.createDirectory(
            atPath: spool, withIntermediateDirectories: true)
        try Data("{}".utf8).write(to: URL(fileURLWithPath: spool + "/x.json"))

        let result = try program.run("doctor", "--json")

        #expect(result.status == 4)
        #expect(try checks(result, attention: true) == ["spool", "quarantine"])
    }

    @Test func `hooks that were there and are not any more are told, and so is a lost program`()
        throws
    {
        _ = try program.run(
            "hook", input: Data(#"{"session_id":"s","hook_event_name":"Stop"}"#.utf8))
        #expect(try checks(program.run("doctor", "--json"), attention: true) == ["hooks"])

        let file = program.home.file(".claude/settings.json")
        try FileManager.default.createDirectory(
            atPath: program.home.file(".claude"), withIntermediateDirectories: true)
        try Data(
            #"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"/no/tacho-hook"}]}]}}"#.utf8
        ).write(to: URL(fileURLWithPath: file))
        let result = try program.run("doctor", "--json")
        #expect(try checks(result, attention: true) == ["hook-program"])
        #expect(try checks(result, attention: false) == ["hooks"])
    }
}
