import TachoLog
import TachoProjections
import Testing

/// What several records of a phase say together: semantics §2.6, §4.13.
struct WorkflowAttemptTests {
    /// Minutes and seconds of one hour.
    private func moment(_ time: String) -> Timestamp {
        Timestamp(iso8601: "2026-01-05T10:\(time)Z") ?? Timestamp(microseconds: 0)
    }

    private func phase(
        _ name: String, _ status: String, from start: String? = nil, to end: String? = nil,
        seconds: Double? = nil, error: String? = nil, in log: inout MemoryLog
    ) {
        var members = [#""adw_id":"w1","phase_name":"\#(name)""#]
        if let start, status != "started" {
            members.append(#""started_at":"2026-01-05T10:\#(start)Z""#)
        }
        if let end { members.append(#""completed_at":"2026-01-05T10:\#(end)Z""#) }
        if let seconds { members.append(#""duration_seconds":\#(seconds)"#) }
        if let error { members.append(#""error_message":"\#(error)""#) }
        log.append(
            stream: "w1", type: "phase.\(status)", time: (end ?? start).map { moment($0) },
            data: "{\(members.joined(separator: ","))}")
    }

    private func begin(_ log: inout MemoryLog) {
        log.append(
            stream: "w1", type: "state.snapshot", data: #"{"start_time":"2026-01-05T10:00:00"}"#)
    }

    private func fold(_ log: MemoryLog) throws -> RowReader {
        try TableReader(folding: WorkflowHistoryProjector.self, log).row("w1")
    }

    @Test func `a failure that its tracker and its completion log is one failure`() throws {
        var log = MemoryLog()
        begin(&log)
        phase("Test", "failed", from: "01:10", to: "02:10", error: "timed out", in: &log)
        phase("Test", "failed", from: "00:00", to: "02:11", in: &log)
        phase("Test", "completed", from: "02:20", to: "03:20", in: &log)
        phase("Test", "completed", from: "00:00", to: "03:21", in: &log)

        let row = try fold(log)

        #expect(row.integer("retry_count") == 1)
        #expect(row.json("retry_reasons") == #"["timeout"]"#)
        #expect(row.json("error_phase_distribution") == #"{"test":1}"#)
        #expect(row.integer("recovery_time_seconds") == 70)
        #expect(row.json("phase_durations") == #"{"test":120}"#)
        #expect(row.integer("steps_completed") == 1)
    }

    @Test func `an attempt whose completion failed has failed, whatever its tracker says`() throws {
        var log = MemoryLog()
        begin(&log)
        phase("Lint", "completed", from: "01:00", to: "02:00", in: &log)
        phase("Lint", "failed", from: "00:00", to: "02:01", error: "invalid input", in: &log)

        let row = try fold(log)

        #expect(row.integer("retry_count") == 0)
        #expect(row.json("retry_reasons") == "[]")
        #expect(row.json("error_phase_distribution") == #"{"lint":1}"#)
        #expect(row.json("phase_durations") == #"{"lint":60}"#)
        #expect(row.integer("steps_completed") == 0)
    }

    @Test func `attempts are counted without a state file and without starts`() throws {
        var log = MemoryLog()
        phase("Test", "failed", to: "01:00", error: "429", in: &log)
        phase("Test", "failed", to: "02:00", error: "timeout", in: &log)
        phase("Test", "completed", to: "03:00", in: &log)

        let row = try fold(log)

        #expect(row.integer("retry_count") == 2)
        #expect(row.json("retry_reasons") == #"["api_quota","timeout"]"#)
        #expect(row.integer("recovery_time_seconds") == 180)
        // What began the first is not known.
        #expect(row.json("phase_durations") == #"{"test":120}"#)
    }

    @Test func `the first phase is tried again as any other`() throws {
        var log = MemoryLog()
        phase("Plan", "failed", from: "00:00", to: "01:00", error: "timeout", in: &log)
        phase("Plan", "completed", from: "02:00", to: "03:00", in: &log)

        let row = try fold(log)

        #expect(row.integer("retry_count") == 1)
        #expect(row.json("phase_durations") == #"{"plan":120}"#)
        #expect(row.integer("idle_time_seconds") == 60)
    }

    @Test func `it stands idle from an end to the next start that is known`() throws {
        var log = MemoryLog()
        phase("Plan", "completed", from: "00:00", to: "01:00", in: &log)
        phase("Build", "completed", to: "02:00", in: &log)
        phase("Test", "completed", from: "02:30", to: "03:00", in: &log)

        let row = try fold(log)

        #expect(row.integer("idle_time_seconds") == 30)
        #expect(row.json("phase_durations") == #"{"plan":60,"build":60,"test":30}"#)
    }

    @Test func `a phase that is skipped after its failure was not tried again`() throws {
        var log = MemoryLog()
        begin(&log)
        phase("Lint", "failed", from: "00:10", to: "01:00", error: "timeout", in: &log)
        phase("Lint", "skipped", to: "01:30", in: &log)
        phase("Test", "completed", to: "02:00", in: &log)

        let row = try fold(log)

        #expect(row.integer("retry_count") == 0)
        #expect(row.json("retry_reasons") == "[]")
        // From the end before it, which a skip is none of.
        #expect(row.json("phase_durations") == #"{"lint":50,"test":60}"#)
    }

    @Test func `a record that came two ways is one attempt`() throws {
        var log = MemoryLog()
        begin(&log)
        for _ in 1...2 {
            phase("Test", "failed", from: "01:00", to: "02:00", error: "timeout", in: &log)
            phase("Test", "completed", from: "02:10", to: "03:00", in: &log)
        }

        let row = try fold(log)

        #expect(row.integer("retry_count") == 1)
        #expect(row.json("error_phase_distribution") == #"{"test":1}"#)
        #expect(row.json("phase_durations") == #"{"test":110}"#)
        #expect(row.integer("steps_completed") == 1)
    }

    @Test func `starts count attempts, also one that is told late`() throws {
        var log = MemoryLog()
        begin(&log)
        phase("Build", "started", from: "00:10", in: &log)
        phase("Build", "completed", from: "00:12", to: "01:00", in: &log)
        phase("Build", "completed", from: "00:00", to: "01:01", in: &log)
        phase("Test", "completed", to: "02:00", in: &log)
        phase("Test", "started", from: "01:30", in: &log)
        phase("Ship", "started", from: "02:00", in: &log)
        phase("Ship", "started", from: "02:30", in: &log)
        phase("Ship", "completed", to: "03:00", in: &log)

        let row = try fold(log)

        #expect(row.integer("retry_count") == 1)
        #expect(row.json("phase_durations") == #"{"build":48,"test":30,"ship":30}"#)
    }

    @Test(arguments: [(2, 2), (-4, 0), (1_000_000_000_000, 0)])
    func `a record may count its retries itself, if it is a count`(said: Int64, known: Int64)
        throws
    {
        var log = MemoryLog()
        log.append(
            stream: "w1", type: "phase.completed",
            data: #"{"phase_name":"Build","retry_count":\#(said)}"#)

        #expect(try fold(log).integer("retry_count") == known)
    }

    @Test func `a duration below zero is unknown`() throws {
        var log = MemoryLog()
        phase("Plan", "completed", seconds: -5, in: &log)
        phase("Build", "completed", seconds: 12.9, in: &log)

        #expect(try fold(log).json("phase_durations") == #"{"build":12}"#)
    }
}
