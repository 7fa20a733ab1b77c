import Foundation
import Testing

/// A store with two workflows, made from lines that are the same each time.
enum SampleStore {
    static func fill(_ tacho: Program) throws {
        let input = Data(lines.map { $0 + "\n" }.joined().utf8)
        let result = try tacho.run(["append", "--envelope", "--quiet"], input: input)
        #expect(result.status == 0, "\(result.errors)")
    }

    static let lines = workflow("a1b2c3d4", failsIn: nil) + workflow("feedbeef", failsIn: "Test")

    private static func workflow(_ id: String, failsIn failing: String?) -> [String] {
        var lines = [state(id, failing == nil ? "completed" : "failed")]
        var time = 0
        for (phase, seconds) in [("Plan", 65), ("Build", 300), ("Test", 120)] {
            let start = moment(time)
            time += seconds
            let status = phase == failing ? "failed" : "completed"
            lines.append(record(id, phase, "started", start, start, ""))
            let error =
                phase == failing ? ",\"error_message\":\"AssertionError in test_login\"" : ""
            lines.append(record(id, phase, status, start, moment(time), error))
        }
        for call in 0..<6 {
            let tool = ["Bash", "Read", "Edit"][call % 3]
            lines.append(hook(id, "PreToolUse", tool, call, moment(120 + 5 * call)))
            lines.append(hook(id, "PostToolUse", tool, call, moment(123 + 5 * call)))
        }
        return lines
    }

    private static func state(_ id: String, _ status: String) -> String {
        event(
            id, "state.snapshot", "adw/state", moment(0),
            "{\"adw_id\":\"\(id)\",\"issue_number\":\"42\",\"nl_input\":\"Add a login form\","
                + "\"workflow_template\":\"sdlc\",\"model_used\":\"sonnet\",\"status\":\"\(status)\","
                + "\"start_time\":\"2025-12-18T10:00:00\",\"branch_name\":\"feat-42\"}")
    }

    private static func record(
        _ id: String, _ phase: String, _ status: String, _ start: String, _ time: String,
        _ error: String
    ) -> String {
        let end = status == "started" ? "" : ",\"completed_at\":\"\(time)\""
        return event(
            id, "phase.\(status)", "adw/structured-log", time,
            "{\"adw_id\":\"\(id)\",\"issue_number\":42,\"phase_name\":\"\(phase)\","
                + "\"phase_status\":\"\(status)\",\"log_message\":\"\(phase) \(status)\","
                + "\"started_at\":\"\(start)\"\(end)\(error)}")
    }

    private static func hook(
        _ id: String, _ name: String, _ tool: String, _ call: Int, _ time: String
    ) -> String {
        event(
            id, "hook.\(name)", "claude-code/hook", time,
            "{\"hook_event_name\":\"\(name)\",\"session_id\":\"session-\(id)\","
                + "\"tool_name\":\"\(tool)\",\"tool_use_id\":\"toolu_\(id)_\(call)\","
                + "\"tool_input\":{\"command\":\"swift test\"},\"cwd\":\"/project\"}")
    }

    private static func event(
        _ stream: String, _ type: String, _ source: String, _ time: String, _ data: String
    ) -> String {
        "{\"stream\":\"\(stream)\",\"type\":\"\(type)\",\"source\":\"\(source)\","
            + "\"time\":\"\(time)\",\"data\":\(data)}"
    }

    /// Seconds after 2025-12-18T10:00:00Z.
    private static func moment(_ seconds: Int) -> String {
        String(format: "2025-12-18T10:%02d:%02dZ", seconds / 60, seconds % 60)
    }
}
