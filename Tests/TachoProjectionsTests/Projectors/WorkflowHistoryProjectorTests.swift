import TachoLog
import TachoProjections
import Testing

struct WorkflowHistoryProjectorTests {
    private func fold(_ log: MemoryLog) throws -> TableReader {
        try TableReader(folding: WorkflowHistoryProjector.self, log)
    }

    private func result(
        agent: String, session: String, input: Int, cost: String, model: String = "",
        to log: inout MemoryLog
    ) {
        log.append(
            stream: "w1", type: "output.result", source: "adw/output/\(agent)",
            data:
                #"{"type":"result","is_error":false,"duration_ms":1500,"session_id":"\#(session)","total_cost_usd":\#(cost),"usage":{"input_tokens":\#(input),"cache_creation_input_tokens":10,"cache_read_input_tokens":30,"output_tokens":20}\#(model)}"#
        )
    }

    private func phase(
        _ name: String, _ status: String, from start: String, to end: String,
        error: String? = nil, in log: inout MemoryLog
    ) {
        let message = error.map { #","error_message":"\#($0)""# } ?? ""
        log.append(
            stream: "w1", type: "phase.\(status)", source: "adw/structured-log",
            time: moment(end),
            data:
                #"{"adw_id":"w1","phase_name":"\#(name)","phase_status":"\#(status)","started_at":"2026-01-02T\#(start)","completed_at":"2026-01-02T\#(end)"\#(message)}"#
        )
    }

    @Test func `scores follow the row, and are unknown without a basis`() throws {
        var log = MemoryLog()
        log.append(
            stream: "w1", type: "state.snapshot", source: "adw/state", time: moment("12:00:00"),
            data: #"{"nl_input":"Fix it, then test","steps_total":3}"#)
        let before = try fold(log).row("w1")
        phase("Plan", "completed", from: "09:00:00", to: "09:00:40", in: &log)
        phase("Build", "failed", from: "09:00:40", to: "09:01:30", error: "boom", in: &log)
        log.append(
            stream: "w1", type: "workflow.failed", source: "adw/structured-log",
            time: moment("09:01:30"), data: #"{"adw_id":"w1","workflow_status":"failed"}"#)

        let after = try fold(log).row("w1")

        // Four words: 10, and 2 for "test".
        #expect(before.real("nl_input_clarity_score") == 12)
        #expect(before.real("performance_score") == nil)
        #expect(before.real("quality_score") == nil)
        #expect(after.real("cost_efficiency_score") == nil)
        // 90 of 180 seconds: 95; a phase above 30 %: 85.
        #expect(after.real("performance_score") == 85)
        #expect(after.text("complexity_actual") == "low")
        #expect(try #require(after.real("quality_score")) < 95)
        #expect(after.text("scoring_version") == "1.0")
    }

    @Test func `a state file gives what is known from the start`() throws {
        var log = MemoryLog()
        log.append(
            stream: "w1", type: "state.snapshot", source: "adw/state", time: moment("12:00:00"),
            data:
                #"{"adw_id":"other","issue_number":" 42 ","nl_input":"do","start_time":"2026-01-02T09:30:00","backend_port":9100,"worktree_path":"/t/w1","branch_name":"b","plan_file":"p","issue_class":"/bug","estimated_cost_total":0.5,"estimated_cost_breakdown":{"plan":0.5}}"#
        )

        let row = try fold(log).row("w1")

        #expect(row.integer("issue_number") == 42)
        #expect(row.text("workflow_template") == "sdlc")
        #expect(row.text("status") == "running")
        #expect(row.timestamp("start_time") == moment("09:30:00"))
        #expect(row.timestamp("created_at") == moment("09:30:00"))
        #expect(row.integer("hour_of_day") == 9)
        #expect(row.integer("day_of_week") == 4)
        #expect(row.integer("backend_port") == 9100)
        #expect(row.text("worktree_path") == "/t/w1")
        #expect(row.boolean("worktree_reused") == false)
        #expect(row.money("estimated_cost_total") == 500_000_000_000)
        #expect(row.money("actual_cost_total") == nil)
        #expect(row.integer("total_tokens") == nil)
        #expect(
            row.json("cost_breakdown")
                == #"{"estimated_total":0.5,"actual_total":null,"estimated_per_step":null,"actual_per_step":null,"cost_per_token":null,"by_phase":{},"estimated_by_phase":{"plan":0.5}}"#
        )
    }

    @Test func `an issue number of the reference's tests is a number like any other`() throws {
        var log = MemoryLog()
        log.append(stream: "w1", type: "state.snapshot", data: #"{"issue_number":"999"}"#)
        log.append(stream: "w2", type: "state.snapshot", data: #"{"issue_number":"none"}"#)

        let table = try fold(log)

        #expect(try table.row("w1").integer("issue_number") == 999)
        #expect(try table.row("w2").integer("issue_number") == nil)
    }

    @Test func `a retried agent adds up, the same result twice does not`() throws {
        var log = MemoryLog()
        result(
            agent: "sdlc_planner", session: "a", input: 100, cost: "0.06936674999999999", to: &log)
        result(
            agent: "sdlc_planner", session: "a", input: 100, cost: "0.06936674999999999", to: &log)
        result(agent: "sdlc_planner", session: "b", input: 1, cost: "0.1", to: &log)
        result(
            agent: "pr_creator", session: "c", input: 0, cost: "0.2",
            model: #","model":"claude-opus-4""#, to: &log)

        let row = try fold(log).row("w1")

        #expect(row.integer("agent_run_count") == 3)
        #expect(row.integer("input_tokens") == 101)
        #expect(row.integer("cached_tokens") == 30)
        #expect(row.integer("cache_hit_tokens") == 90)
        #expect(row.integer("cache_miss_tokens") == 101)
        #expect(row.integer("output_tokens") == 60)
        #expect(row.integer("total_tokens") == 281)
        #expect(row.money("reported_cost_total") == 369_366_750_000)
        // 101 × 3 + 20 × 3.75 + 60 × 0.3 + 40 × 15, and 10 × 18.75 + 30 × 1.5 + 20 × 75.
        #expect(row.money("actual_cost_total") == 2_728_500_000)
        #expect(row.real("cache_efficiency_percent") == 100 * (90.0 / 221.0))
        #expect(row.integer("duration_seconds") == 4)
        #expect(
            row.json("cost_breakdown")?.contains(
                #""by_phase":{"plan":0.000996,"pr_creator":0.0017325}"#) == true)
    }

    @Test func `phases give durations, a bottleneck, and idle time`() throws {
        var log = MemoryLog()
        log.append(
            stream: "w1", type: "state.snapshot",
            data: #"{"start_time":"2026-01-02T10:00:00"}"#)
        phase("Plan", "completed", from: "10:00:00", to: "10:01:00", in: &log)
        // The tracker's record with the phase's own start, then the cumulative completion.
        phase("Build", "completed", from: "10:01:10", to: "10:05:10", in: &log)
        phase("Build", "completed", from: "10:00:00", to: "10:05:11", in: &log)
        phase("Test", "completed", from: "10:05:30", to: "10:05:40", in: &log)

        let row = try fold(log).row("w1")

        #expect(row.json("phase_durations") == #"{"plan":60,"build":240,"test":10}"#)
        #expect(row.text("bottleneck_phase") == "build")
        #expect(row.integer("idle_time_seconds") == 30)
        #expect(row.integer("retry_count") == 0)
        #expect(row.integer("phase_count") == 3)
        #expect(row.text("current_phase") == "Test")
    }

    @Test func `a phase that is tried again is a retry, and recovers`() throws {
        var log = MemoryLog()
        phase("Plan", "completed", from: "10:00:00", to: "10:01:00", in: &log)
        phase("Test", "failed", from: "10:01:00", to: "10:02:00", error: "Timed out", in: &log)
        let failed = try fold(log).row("w1")
        phase("Test", "completed", from: "10:02:10", to: "10:03:00", in: &log)
        let recovered = try fold(log).row("w1")

        #expect(failed.text("status") == "failed")
        #expect(failed.timestamp("end_time") == moment("10:02:00"))
        #expect(failed.text("error_category") == "timeout")
        #expect(failed.integer("duration_seconds") == 120)
        #expect(recovered.text("status") == "running")
        #expect(recovered.timestamp("end_time") == nil)
        #expect(recovered.integer("retry_count") == 1)
        #expect(recovered.json("retry_reasons") == #"["timeout"]"#)
        #expect(recovered.json("error_phase_distribution") == #"{"test":1}"#)
        #expect(recovered.integer("recovery_time_seconds") == 60)
        #expect(recovered.text("error_message") == "Timed out")
    }

    @Test func `a workflow's own word ends it`() throws {
        var log = MemoryLog()
        log.append(
            stream: "w1", type: "workflow.started", time: moment("10:00:00"),
            data: #"{"adw_id":"w1","workflow_template":"adw_sdlc_iso"}"#)
        phase("Test", "failed", from: "10:01:00", to: "10:02:00", in: &log)
        log.append(
            stream: "w1", type: "workflow.completed", time: moment("10:04:00"),
            data: #"{"adw_id":"w1","total_cost_usd":1.25}"#)

        let row = try fold(log).row("w1")

        #expect(row.text("status") == "completed")
        #expect(row.text("workflow_template") == "adw_sdlc_iso")
        #expect(row.timestamp("end_time") == moment("10:04:00"))
        #expect(row.integer("duration_seconds") == 240)
        #expect(row.money("reported_cost_total") == 1_250_000_000_000)
        #expect(row.integer("hour_of_day") == 10)
    }

    @Test func `a beginning that is told after the end begins nothing again`() throws {
        func fold(started clock: String) throws -> RowReader {
            var log = MemoryLog()
            for (status, clock) in [("completed", "10:10:00"), ("started", clock)] {
                log.append(
                    stream: "w1", type: "workflow.\(status)", time: moment(clock), data: "{}")
            }
            return try self.fold(log).row("w1")
        }

        let late = try fold(started: "10:00:00")
        let again = try fold(started: "10:20:00")

        #expect(late.text("status") == "completed")
        #expect(late.integer("duration_seconds") == 600)
        #expect(again.text("status") == "running")
    }

    @Test func `a start without seconds, and a day, are when they begin`() throws {
        for (start, seconds) in [("2026-01-02T10:06", 180), ("2026-01-02", 36_540)] {
            var log = MemoryLog()
            log.append(
                stream: "w1", type: "state.snapshot",
                data:
                    #"{"start_time":"\#(start)","end_time":"2026-01-02T10:09","status":"completed"}"#
            )

            let row = try fold(log).row("w1")

            #expect(row.integer("duration_seconds") == Int64(seconds))
            #expect(row.integer("hour_of_day") == (seconds == 180 ? 10 : 0))
        }
    }

    private func snapshot(_ members: String, at clock: String, in log: inout MemoryLog) {
        log.append(
            stream: "w1", type: "state.snapshot", source: "adw/state", time: moment(clock),
            data: "{\(members)}")
    }

    @Test func `an older state file adds what is unknown and takes nothing back`() throws {
        let old =
            #""status":"failed","last_error":"timeout","current_phase":"Plan","plan_file":null,"nl_input":"do","backend_port":9100,"end_time":"2026-01-02T10:05:00""#
        let new =
            #""status":"completed","current_phase":"Ship","plan_file":"p","branch_name":"b","issue_number":7,"backend_port":9101"#
        var inOrder = MemoryLog()
        snapshot(old, at: "10:05:00", in: &inOrder)
        snapshot(new, at: "11:00:00", in: &inOrder)
        var late = MemoryLog()
        snapshot(new, at: "11:00:00", in: &late)
        snapshot(old, at: "10:05:00", in: &late)

        for log in [inOrder, late] {
            let row = try fold(log).row("w1")
            #expect(row.text("status") == "completed")
            #expect(row.text("current_phase") == "Ship")
            #expect(row.text("plan_file") == "p")
            #expect(row.text("nl_input") == "do")
            #expect(row.text("error_message") == "timeout")
            #expect(row.integer("issue_number") == 7)
            #expect(row.integer("backend_port") == 9101)
            #expect(row.timestamp("end_time") == moment("11:00:00"))
        }
        // Written at the same moment, or nobody knows when: what is told last was seen last.
        var again = inOrder
        snapshot(old, at: "11:00:00", in: &again)
        #expect(try fold(again).row("w1").text("status") == "failed")
        again.append(stream: "w1", type: "state.snapshot", data: #"{"status":"completed"}"#)
        #expect(try fold(again).row("w1").text("status") == "completed")
    }

    @Test func `an older look at the directory or the finished phases takes nothing back`() throws {
        func fold(_ order: [Int]) throws -> RowReader {
            var log = MemoryLog()
            for place in order {
                let clock = ["10:05:00", "11:00:00"][place]
                let directories = ["", #""adw_a","adw_b","adw_c""#][place]
                let finished = ["\"Plan\"", "\"Plan\",\"Build\""][place]
                snapshot(#""plan_file":"p","branch_name":"b""#, at: clock, in: &log)
                log.append(
                    stream: "w1", type: "state.directory", time: moment(clock),
                    data:
                        #"{"directories":[\#(directories)],"state_modified":"2026-01-02T\#(clock)Z"}"#
                )
                log.append(
                    stream: "w1", type: "state.phases", time: moment(clock),
                    data: #"{"completed":[\#(finished)],"current":"\#(clock)"}"#)
            }
            return try self.fold(log).row("w1")
        }

        for order in [[0, 1], [1, 0], [1, 0, 1, 0]] {
            let row = try fold(order)
            #expect(row.text("status") == "completed")
            #expect(row.timestamp("end_time") == moment("11:00:00"))
            #expect(row.text("current_phase") == "11:00:00")
            #expect(row.integer("phase_count") == 2)
        }
        #expect(try fold([0]).text("status") == "running")
    }

    @Test func `one that begins again has no end until its state file says another`() throws {
        var log = MemoryLog()
        snapshot(
            #""status":"completed","start_time":"2026-01-02T10:00:00","end_time":"2026-01-02T10:05:00""#,
            at: "10:05:00", in: &log)
        snapshot(#""start_time":"2026-01-02T10:00:00""#, at: "11:00:00", in: &log)

        let again = try fold(log).row("w1")
        snapshot(#""end_time":"2026-01-02T11:05:00""#, at: "11:05:00", in: &log)

        #expect(again.text("status") == "running")
        #expect(again.timestamp("end_time") == nil)
        #expect(again.integer("duration_seconds") == nil)
        #expect(try fold(log).row("w1").integer("duration_seconds") == 3900)
    }

    @Test func `what is more than can be counted costs what is unknown`() throws {
        var log = MemoryLog()
        result(
            agent: "a", session: "s", input: 1_000_000_000_000, cost: "1",
            model: #","model":"claude-opus-4""#, to: &log)

        let row = try fold(log).row("w1")

        #expect(row.money("actual_cost_total") == nil)
        #expect(row.integer("phase_count") == nil)
        #expect(row.integer("agent_run_count") == 1)
        #expect(row.text("model_used") == "claude-opus-4")
    }

    @Test func `log lines move the start but touch nothing else`() throws {
        var log = MemoryLog()
        for clock in ["10:00:01", "10:00:00", "10:00:09"] {
            log.append(
                stream: "w1", type: "log.line", source: "adw/log/adw_plan_iso",
                time: moment(clock), data: #"{"level":"INFO","message":"x"}"#)
        }

        let row = try fold(log).row("w1")

        #expect(row.timestamp("start_time") == moment("10:00:00"))
        #expect(row.timestamp("end_time") == nil)
        #expect(row.integer("updated_position") == 2)
    }

    @Test func `finished phases are counted`() throws {
        var log = MemoryLog()
        log.append(
            stream: "w1", type: "state.phases",
            data: #"{"completed":["plan","Build"],"current":"Test"}"#)

        let row = try fold(log).row("w1")

        #expect(row.integer("phase_count") == 2)
        #expect(row.text("current_phase") == "Test")
    }
}
