import Foundation
import TestSupport
import Testing

/// `tacho latency`, `tacho errors`, `tacho trends`: how long it takes, what fails, and where it goes.
struct AnalyticsCommandTests {
    private func state(
        _ id: String, day: Int, minutes: Int, status: String, error: String? = nil
    ) -> String {
        let error = error.map { #","error_message":"\#($0)""# } ?? ""
        return
            #"{"stream":"\#(id)","type":"state.snapshot","source":"adw/state","data":{"adw_id":"\#(id)","start_time":"2026-01-0\#(day)T09:00:00Z","end_time":"2026-01-0\#(day)T09:\#(minutes):00Z","status":"\#(status)"\#(error)}}"#
    }

    private func phase(_ id: String, day: Int, _ name: String, minutes: Int) -> String {
        #"{"stream":"\#(id)","type":"phase.completed","source":"adw/structured-log","time":"2026-01-0\#(day)T09:\#(minutes):00Z","data":{"adw_id":"\#(id)","phase_name":"\#(name)","phase_status":"completed","started_at":"2026-01-0\#(day)T09:00:00Z","completed_at":"2026-01-0\#(day)T09:\#(minutes):00Z","duration_seconds":\#(minutes * 60)}}"#
    }

    private func call(_ number: Int, _ tool: String, milliseconds: Int, failed: Bool = false)
        -> String
    {
        let name = failed ? "PostToolUseFailure" : "PostToolUse"
        let error = failed ? #","error":"Exit code 1\nno \#(number)""# : ""
        return
            #"{"stream":"s1","type":"hook.\#(name)","source":"claude-code/hook","time":"2026-01-05T10:00:\#(10 + number)Z","data":{"session_id":"s1","tool_name":"\#(tool)","tool_use_id":"t\#(number)","duration_ms":\#(milliseconds)\#(error)}}"#
    }

    private func filled() throws -> Program {
        let tacho = try Program()
        let lines = [
            phase("w1", day: 5, "Build", minutes: 10), phase("w2", day: 6, "Build", minutes: 20),
            state("w1", day: 5, minutes: 10, status: "completed"),
            state("w2", day: 6, minutes: 20, status: "completed"),
            state("w3", day: 6, minutes: 30, status: "failed", error: "connect ECONNREFUSED"),
            call(1, "Bash", milliseconds: 1000), call(2, "Bash", milliseconds: 3000),
            call(3, "Bash", milliseconds: 2000, failed: true),
            call(4, "Read", milliseconds: 20), call(5, "Bash", milliseconds: 9, failed: true),
        ]
        let input = Data(lines.map { $0 + "\n" }.joined().utf8)
        #expect(try tacho.run(["append", "--envelope", "--quiet"], input: input).status == 0)
        return tacho
    }

    @Test func `tools come in the order of the time they took together`() throws {
        let tacho = try filled()

        let rows = try tacho.run("latency", "--json").rows()

        #expect(rows.map { $0["tool"] as? String } == ["Bash", "Read"])
        #expect(rows[0]["calls"] as? Int == 4)
        // 9, 1000, 2000, 3000 ms: between the second and the third.
        #expect(rows[0]["p50_seconds"] as? Double == 1.5)
        #expect(rows[0]["max_seconds"] as? Double == 3)
        #expect(rows[0]["total_seconds"] as? Double == 6.009)
    }

    @Test func `tools come in the order of their calls, an MCP server's as one`() throws {
        let tacho = try filled()
        let more = [
            call(6, "mcp__db__query", milliseconds: 7), call(7, "mcp__db__list", milliseconds: 8),
        ]
        let input = Data(more.map { $0 + "\n" }.joined().utf8)
        #expect(try tacho.run(["append", "--envelope", "--quiet"], input: input).status == 0)

        let tools = try tacho.run("tools", "--json").rows()
        let servers = try tacho.run("tools", "--by", "server", "--json").rows()
        let ones = try tacho.run("tools", "--session", "s", "--json").rows()
        let nobodys = try tacho.run("tools", "--session", "s2")

        #expect(
            tools.map { $0["tool"] as? String } == [
                "Bash", "Read", "mcp__db__query", "mcp__db__list",
            ])
        #expect(tools[0]["failure_rate"] as? Double == 50)
        #expect(tools[0]["share"] as? Double == 57.14)
        #expect(tools[0]["sessions"] as? Int == 1)
        #expect(tools[0]["last_used_at"] as? String == "2026-01-05T10:00:15.000Z")
        #expect(servers.map { $0["server"] as? String } == ["built-in", "db"])
        #expect(servers[1]["calls"] as? Int == 2)
        #expect(servers[1]["total_seconds"] as? Double == 0.015)
        #expect(ones.count == tools.count)
        #expect(nobodys.status == 0 && nobodys.errors.contains("No call matches."))
    }

    @Test func `a workflow is predicted by those like it, and a name nobody has is a mistake`()
        throws
    {
        let tacho = try Program()
        func run(_ id: String, _ template: String, minutes: Int, cost: String) -> [String] {
            [
                #"{"stream":"\#(id)","type":"state.snapshot","source":"adw/state","data":{"adw_id":"\#(id)","workflow_template":"\#(template)","start_time":"2026-01-05T09:00:00Z","end_time":"2026-01-05T09:\#(minutes):00Z","status":"completed"}}"#,
                #"{"stream":"\#(id)","type":"output.result","source":"adw/output/planner","data":{"session_id":"\#(id)","total_cost_usd":\#(cost),"usage":{"input_tokens":900,"output_tokens":100}}}"#,
            ]
        }
        let lines =
            run("a", "fix", minutes: 10, cost: "0.5") + run("b", "fix", minutes: 20, cost: "1.5")
            + run("c", "sdlc", minutes: 59, cost: "9")
        let input = Data(lines.map { $0 + "\n" }.joined().utf8)
        #expect(try tacho.run(["append", "--envelope", "--quiet"], input: input).status == 0)

        let data = try tacho.run("predict", "--template", "fix", "--json").data()
        let review = try tacho.run("predict", "--evaluate", "--json").data()
        let unknown = try tacho.run("predict", "--template", "fxi")

        #expect(data["predicted_cost_usd"] as? String == "1")
        #expect(data["low_cost_usd"] as? String == "0.6")
        #expect(data["high_cost_usd"] as? String == "1.4")
        #expect(data["confidence"] as? Double == 20)
        #expect(data["predicted_seconds"] as? Double == 900)
        #expect(data["success_rate"] as? Double == 100)
        #expect(review["workflow_count"] as? Int == 2)
        #expect(unknown.status == 2 && unknown.errors.contains("Did you mean fix?"))
    }

    @Test func `a phase above five minutes is a bottleneck with a target`() throws {
        let tacho = try filled()

        let row = try #require(tacho.run("latency", "--by", "phase", "--json").rows().first)
        let later = try tacho.run(
            "latency", "--by", "phase", "--since", "2026-01-06", "--json")

        #expect(row["phase"] as? String == "build")
        #expect(row["runs"] as? Int == 2)
        #expect(row["p50_seconds"] as? Double == 900)
        #expect(row["is_bottleneck"] as? Bool == true)
        #expect(row["target_seconds"] as? Double == 540)
        #expect(try later.rows().first?["runs"] as? Int == 1)
    }

    @Test func `errors are told by tool, kind, phase, and day`() throws {
        let tacho = try filled()

        let tools = try tacho.run("errors", "--json").rows()
        let kinds = try tacho.run("errors", "--by", "kind", "--json").rows()
        let phases = try tacho.run("errors", "--by", "phase", "--json").rows()
        let days = try tacho.run("errors", "--by", "day", "--csv").lines

        #expect(tools.map { $0["tool"] as? String } == ["Bash"])
        #expect(tools[0]["failed"] as? Int == 2)
        #expect(tools[0]["failure_rate"] as? Double == 50)
        #expect(tools[0]["last_error"] as? String == "Exit code 1\nno 5")
        #expect(kinds.map { $0["kind"] as? String } == ["connection_error"])
        #expect(kinds[0]["last_workflow"] as? String == "w3")
        #expect(phases.map { $0["workflows"] as? Int }.compactMap(\.self).reduce(0, +) == 3)
        #expect(
            days == [
                "day,workflows,failed,failure_rate", "2026-01-05,1,0,0.0", "2026-01-06,2,1,50.0",
            ])
    }

    @Test func `trends go by the day on which workflows started`() throws {
        let tacho = try filled()

        let data = try tacho.run("trends", "--json").data()
        let periods = try #require(data["periods"] as? [[String: Any]])
        let trend = try #require((data["trend"] as? [String: Any])?["duration"] as? [String: Any])
        let text = try tacho.run("trends").text

        #expect(periods.map { $0["day"] as? String } == ["2026-01-05", "2026-01-06"])
        #expect(periods.map { $0["success_rate"] as? Double } == [100, 50])
        // Of 600 s and 1,200 s, the failed one's not counted.
        #expect(trend["direction"] as? String == "increasing")
        #expect(trend["percent_change"] as? Double == 100)
        #expect(text.contains("duration  increasing, +100.0 %"))
    }

    @Test func `a question that the store has nothing to answer with says so`() throws {
        let tacho = try Program()
        #expect(try tacho.run(["append", "--type", "a"], input: Data("{}\n".utf8)).status == 0)

        for (arguments, words) in [
            (["latency"], "No call has a known duration"),
            (["latency", "--by", "phase"], "No completed workflow"),
            (["errors"], "No call has failed"),
            (["errors", "--by", "kind", "--since", "1h"], "No workflow is known of that time"),
            (["trends"], "No workflow is known"), (["tools"], "No tool was called"),
            (["prompts"], "No prompt matches"),
        ] {
            let result = try tacho.run(arguments)
            #expect(result.status == 0 && result.text.isEmpty)
            #expect(result.errors.contains(words))
            #expect(try tacho.run(arguments + ["--json"]).status == 0)
        }
    }
}
