import Foundation
import TestSupport
import Testing

/// `tacho sessions`: what was done outside of workflows, too.
struct SessionsCommandTests {
    private func message(_ session: String, day: Int, _ model: String, output: Int) -> String {
        #"{"stream":"\#(session)","type":"transcript.assistant","source":"claude-code/transcript","time":"2026-01-0\#(day)T10:00:00Z","data":{"cwd":"/home/u/\#(session)-app","message":{"id":"m-\#(session)","model":"\#(model)","stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":\#(output)}}}}"#
    }

    private func filled() throws -> Program {
        let tacho = try Program()
        let lines = [
            message("s1", day: 5, "claude-opus-5", output: 4),
            message("s2", day: 6, "mystery", output: 900),
            message("s3", day: 7, "claude-haiku-4-5-20251001", output: 2),
            #"{"stream":"s3","type":"hook.Stop","source":"claude-code/hook","time":"2026-01-07T10:05:00Z","data":{"session_id":"s3"}}"#,
        ]
        let input = Data(lines.map { $0 + "\n" }.joined().utf8)
        #expect(try tacho.run(["append", "--envelope", "--quiet"], input: input).status == 0)
        return tacho
    }

    private func ids(_ tacho: Program, _ arguments: String...) throws -> [String?] {
        try tacho.run(["sessions", "--json"] + arguments).rows()
            .map { $0["session_id"] as? String }
    }

    @Test func `the newest session comes first, with what it cost`() throws {
        let tacho = try filled()

        let rows = try tacho.run("sessions", "--json").rows()
        let text = try tacho.run("sessions").lines

        #expect(rows.map { $0["session_id"] as? String } == ["s3", "s2", "s1"])
        // 10×5 + 4×25 millionths; a model without a price costs nobody knows what.
        #expect(rows[2]["cost_usd"] as? String == "0.00015")
        #expect(rows[1]["cost_usd"] is NSNull)
        #expect(text.count == 4)
        #expect(text[1].contains("5m 00s") && text[1].contains("s3-app"))
    }

    @Test func `sessions are chosen and sorted`() throws {
        let tacho = try filled()

        #expect(try ids(tacho, "--sort", "-cost") == ["s1", "s3", "s2"])
        #expect(try ids(tacho, "--sort", "-duration", "--limit", "1") == ["s3"])
        #expect(try ids(tacho, "--sort", "-tokens") == ["s2", "s1", "s3"])
        #expect(try ids(tacho, "--model", "opus") == ["s1"])
        #expect(try ids(tacho, "--project", "s2-app") == ["s2"])
        #expect(try ids(tacho, "--since", "2026-01-06", "--until", "2026-01-06") == ["s2"])
        #expect(try ids(tacho, "--agent", "codex") == [])
        let unknown = try tacho.run("sessions", "--sort", "nope")
        #expect(unknown.status == 2 && unknown.errors.contains("no column nope"))
    }
}
