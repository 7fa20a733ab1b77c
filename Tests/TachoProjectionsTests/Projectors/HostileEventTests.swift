import Foundation
import TachoJSON
import TachoLog
import TachoProjections
import TestSupport
import Testing

/// Events that contradict each other or nature: what comes of them is defined, and the same again.
struct HostileEventTests {
    // MARK: Order

    @Test func `a phase that starts again after it was completed is a second attempt`() throws {
        let row = try workflow([
            phase("completed", #""completed_at":"2026-01-02T03:05:00Z""#),
            phase("started", #""started_at":"2026-01-02T03:06:00Z""#),
        ])

        #expect(row["current_phase"] == "Build")
        #expect(row["status"] == "running")
        #expect(row["retry_count"] == "1")
    }

    @Test func `a workflow that starts after it has ended runs again`() throws {
        let row = try workflow([
            ("workflow.completed", #"{"adw_id":"w","completed_at":"2026-01-02T03:05:00Z"}"#),
            ("workflow.started", #"{"adw_id":"w"}"#),
        ])

        #expect(row["status"] == "running")
    }

    @Test func `an end before the start is no duration`() throws {
        let row = try workflow([
            (
                "state.snapshot",
                #"{"start_time":"2026-01-02T03:04:05Z","end_time":"2026-01-02T03:00:00Z","status":"completed"}"#
            )
        ])

        #expect(row["status"] == "completed")
        #expect(row["duration_seconds"].map { Int($0) ?? 0 } ?? 0 >= 0)
    }

    @Test func `a phase that ends before it began has no negative duration`() throws {
        let row = try workflow([
            phase(
                "completed",
                #""started_at":"2026-01-02T03:09:00Z","completed_at":"2026-01-02T03:05:00Z""#)
        ])

        #expect(row["phase_durations"]?.contains("-") != true)
        #expect(row["idle_time_seconds"].map { !$0.hasPrefix("-") } ?? true)
    }

    @Test(arguments: ["hook_events", "task_logs"])
    func `an event that comes twice makes one row`(name: String) throws {
        let line =
            #"{"position":P,"recorded":"2026-01-02T03:04:05.000Z","id":"same","stream":"s","type":"T","source":"test","version":1,"data":{"phase_name":"Build"}}"#
            .replacingOccurrences(
                of: "T\"", with: name == "task_logs" ? "phase.started\"" : "hook.Stop\"")
        let log = MemoryLog(
            lines: (1...2).map {
                Array((line.replacingOccurrences(of: "P", with: "\($0)") + "\n").utf8)
            })

        let table = try folded(name, log)

        #expect(table.rowCount == 1)
        #expect(table.value(table.schema.updatedPositionColumn, 0) == .integer(1))
    }

    @Test func `the two ends of a call make one row in either order`() throws {
        let begin = ("hook.PreToolUse", #"{"session_id":"s","tool_use_id":"c","tool_name":"Bash"}"#)
        let end = ("hook.PostToolUse", #"{"session_id":"s","tool_use_id":"c","tool_name":"Bash"}"#)
        for events in [[begin, end], [end, begin], [end, begin, end, begin]] {
            let table = try folded("tool_calls", log(events))
            #expect(table.rowCount == 1)
            #expect(table.row(0)["status"] == "completed")
        }
    }

    @Test func `a phase that says how often it was tried is believed also later`() throws {
        let row = try workflow([
            phase("completed", #""completed_at":"2026-01-02T03:05:00Z","retry_count":2"#),
            ("phase.started", #"{"adw_id":"w","phase_name":"Test"}"#),
        ])

        #expect(row["retry_count"] == "2")
    }

    // MARK: Numbers

    static let numbers = [
        "-1", "1e308", "-1e308", "9223372036854775807", "9223372036854775808",
        "-9223372036854775809", "1e999", "-0", "0.1e-320", "123456789012345678901234567890",
        "\"7\"", "\"seven\"", "null", "true", "[]", "{}",
    ]

    /// Every member that any projector reads as a number gets every one of them.
    @Test(arguments: numbers)
    func `an absurd number stops no fold and breaks no law`(number: String) throws {
        let members = [
            "issue_number", "phase_number", "duration_seconds", "duration_ms", "tokens_used",
            "cost_usd", "retry_count", "steps_total", "steps_completed", "backend_port",
            "estimated_cost_total", "exit_code", "tokens_saved", "cost_saved_usd",
            "total_cost_usd", "num_turns",
        ].map { "\"\($0)\":\(number)" }.joined(separator: ",")
        let usage =
            "{\"input_tokens\":\(number),\"output_tokens\":\(number),"
            + "\"cache_read_input_tokens\":\(number),\"cache_creation_input_tokens\":\(number)}"
        let data =
            "{\(members),\"adw_id\":\"w\",\"phase_name\":\"Build\",\"session_id\":\"s\","
            + "\"tool_name\":\"Bash\",\"usage\":\(usage),\"message\":{\"id\":\"m\",\"usage\":\(usage)},"
            + "\"started_at\":\(number),\"completed_at\":\(number),"
            + "\"tool_calls\":[{\"tool_name\":\"t\",\"duration_ms\":\(number)}]}"
        var events = [(String, String)]()
        for type in [
            "state.snapshot", "phase.started", "phase.completed", "phase.failed",
            "workflow.completed", "output.result", "output.assistant", "transcript.assistant",
            "hook.PostToolUse", "tool.call", "state.directory", "state.phases", "log.record",
        ] {
            events += Array(repeating: (type, data), count: 3)
        }

        for projector in allProjectors {
            try ProjectorLaws(of: projector, on: log(events), checkpointLimit: 5).check()
        }
    }

    @Test func `sums that 64 bits do not hold are unknown and never wrap`() throws {
        let usage = #"{"input_tokens":9223372036854775807,"output_tokens":1}"#
        let row = try workflow(
            (0..<3).map {
                (
                    "output.result",
                    #"{"session_id":"s\#($0)","usage":\#(usage),"total_cost_usd":9000000}"#
                )
            })

        for column in ["input_tokens", "total_tokens", "reported_cost_total", "actual_cost_total"] {
            #expect(row[column]?.hasPrefix("-") != true, "\(column) = \(row[column] ?? "unknown")")
        }
    }

    // MARK: Names

    @Test func `ids that differ only in their Unicode form are two rows`() throws {
        var log = MemoryLog()
        for id in ["caf\u{e9}", "cafe\u{301}"] {
            log.append(stream: id, type: "state.snapshot", data: #"{"status":"completed"}"#)
            log.append(stream: id, type: "hook.Stop", data: "{}")
        }

        #expect(try folded("workflow_history", log).rowCount == 2)
        #expect(try folded("sessions", log).rowCount == 2)
    }

    @Test(arguments: ["workflow_history", "task_logs", "tool_calls"])
    func `an id of ten kilobytes is an id like any other`(name: String) throws {
        let id = String(repeating: "é", count: 5_000)
        let data =
            #"{"adw_id":"\#(id)","phase_name":"Build","tool_calls":[{"tool_name":"t","tool_call_id":"\#(id)"}]}"#
        let table = try folded(name, log([("phase.completed", data), ("phase.failed", data)]))

        #expect(table.rowCount == (name == "task_logs" ? 2 : 1))
        #expect(table.row(0)["adw_id"] == id)
        try ProjectorLaws(
            of: try #require(allProjectors.first { $0.name == name }),
            on: log([("phase.completed", data)])
        ).check()
    }

    // MARK: Amounts

    /// A release build measures a million; here it is enough that nothing grows with the square.
    @Test func `a workflow of many phases keeps what it keeps of few`() throws {
        func memory(_ count: Int) throws -> Int {
            let events = (0..<count).map { number in
                (
                    "phase.\(["started", "completed", "failed"][number % 3])",
                    #"{"adw_id":"w","phase_name":"P\#(number)"}"#
                )
            }
            return try folded("workflow_history", log(events)).memoryByteCount
        }

        let few = try memory(520)
        #expect(try memory(700) < few + few / 10)
    }

    @Test func `a workflow of many agent runs counts them all`() throws {
        let events = (0..<150).map { number in
            (
                "output.result",
                #"{"session_id":"s\#(number)","usage":{"input_tokens":2,"output_tokens":1},"total_cost_usd":0.5}"#
            )
        }
        let row = try workflow(events)

        #expect(row["agent_run_count"] == "150")
        #expect(row["input_tokens"] == "300")
        #expect(row["reported_cost_total"] == "75")
    }

    // MARK: Logs

    private func phase(_ status: String, _ members: String) -> (String, String) {
        ("phase.\(status)", #"{"adw_id":"w","phase_name":"Build",\#(members)}"#)
    }

    private func log(_ events: [(String, String)]) -> MemoryLog {
        var log = MemoryLog()
        for (type, data) in events { log.append(stream: "w", type: type, data: data) }
        return log
    }

    private func folded(_ name: String, _ log: MemoryLog) throws -> Table {
        let projector = try #require(allProjectors.first { $0.name == name })
        var projections = Projections([projector])
        try projections.fold(log.batch(0..<log.lines.count))
        let table = try #require(projections.table(named: name))
        table.checkInvariants()
        return table
    }

    /// The one row of `workflow_history` that these make.
    private func workflow(_ events: [(String, String)]) throws -> [String: String] {
        let table = try folded("workflow_history", log(events))
        #expect(table.rowCount == 1)
        return table.row(0)
    }
}

extension Table {
    /// What is known of a row, by the name of its column, as people read it.
    fileprivate func row(_ row: Int) -> [String: String] {
        var known = [String: String]()
        for column in schema.visibleColumns where !isUnknown(column, row) {
            known[schema.columns[column].name] = value(column, row).description
        }
        return known
    }
}
