import Foundation
import TestSupport
import Testing

/// `tacho top`: what is going on.
struct TopCommandTests {
    /// So many seconds ago.
    private func time(_ seconds: Double) -> String {
        Date(timeIntervalSinceNow: -seconds).ISO8601Format()
    }

    private func filled() throws -> Program {
        let tacho = try Program()
        func hook(_ name: String, _ session: String, _ call: String, _ ago: Double) -> String {
            #"{"stream":"\#(session)","type":"hook.\#(name)","source":"claude-code/hook","time":"\#(time(ago))","data":{"session_id":"\#(session)","cwd":"/home/u/app","tool_name":"Bash","tool_use_id":"\#(call)"}}"#
        }
        let lines = [
            hook("PostToolUse", "s-old", "t0", 90_000), hook("PreToolUse", "s-busy", "t1", 60),
            hook("PostToolUse", "s-done", "t2", 120), hook("SessionEnd", "s-done", "", 90),
            #"{"stream":"w1","type":"phase.started","source":"x","time":"\#(time(300))","data":{"adw_id":"w1","phase_name":"Build","phase_status":"started","started_at":"\#(time(300))"}}"#,
            #"{"stream":"w2","type":"state.snapshot","source":"adw/state","data":{"adw_id":"w2","status":"completed"}}"#,
        ]
        let input = Data(lines.map { $0 + "\n" }.joined().utf8)
        #expect(try tacho.run(["append", "--envelope", "--quiet"], input: input).status == 0)
        return tacho
    }

    @Test func `what did something lately is shown, with what it does`() throws {
        let tacho = try filled()

        let data = try tacho.run("top", "--json").data()
        let sessions = try #require(data["sessions"] as? [[String: Any]])
        let workflows = try #require(data["workflows"] as? [[String: Any]])
        let text = try tacho.run("top").lines

        #expect(sessions.map { $0["session_id"] as? String } == ["s-busy", "s-done"])
        #expect(sessions[0]["last_tool_status"] as? String == "pending")
        #expect(sessions[1]["status"] as? String == "ended")
        #expect(workflows.map { $0["adw_id"] as? String } == ["w1"])
        #expect(workflows[0]["current_phase"] as? String == "Build")
        #expect(text.contains { $0.hasPrefix("s-busy") && $0.contains("Bash …") })
        #expect(text.contains { $0.hasPrefix("s-done") && $0.contains("(ended)") })
    }

    @Test func `a longer time shows more, an earlier position less`() throws {
        let tacho = try filled()
        func sessions(_ arguments: String...) throws -> Int? {
            let data = try tacho.run(["top", "--json"] + arguments).data()
            return (data["sessions"] as? [[String: Any]])?.count
        }

        #expect(try sessions("--within", "2d") == 3)
        #expect(try sessions("--as-of", "2") == 1)
        #expect(try tacho.run("top", "--within", "90").status == 2)
        #expect(try tacho.run("top", "--csv").status == 2)
    }

    @Test func `where nothing goes on it says so`() throws {
        let tacho = try Program()
        #expect(try tacho.run(["append", "--type", "a"], input: Data("{}\n".utf8)).status == 0)

        let result = try tacho.run("top")

        #expect(result.status == 0)
        #expect(result.text.contains("No workflow is running."))
        #expect(result.text.contains("No session is active."))
    }
}
