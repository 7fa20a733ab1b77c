import TachoLog
import TachoProjections
import Testing

struct PhaseDependenciesProjectorTests {
    private func fold(_ log: MemoryLog) throws -> TableReader {
        try TableReader(folding: PhaseDependenciesProjector.self, log)
    }

    private func phase(
        _ name: String, _ status: String = "completed", from start: String? = nil,
        to end: String? = nil, needs: String? = nil, in log: inout MemoryLog
    ) {
        var members = [#""phase_name":"\#(name)""#]
        if let start { members.append(#""started_at":"2026-01-02T\#(start)""#) }
        if let end { members.append(#""completed_at":"2026-01-02T\#(end)""#) }
        if let needs { members.append(#""depends_on":\#(needs)"#) }
        log.append(
            stream: "w1", type: "phase.\(status)",
            data: "{" + members.joined(separator: ",") + "}")
    }

    @Test func `phases one after the other wait for the one before, and are all critical`() throws {
        var log = MemoryLog()
        phase("Plan", from: "10:00:00", to: "10:01:00", in: &log)
        phase("Build", "started", from: "10:01:05", in: &log)
        phase("Build", from: "10:01:05", to: "10:05:05", in: &log)
        phase("Test", from: "10:05:05", to: "10:05:35", in: &log)

        let table = try fold(log)

        #expect(table.count == 3)
        let plan = try table.row("w1/plan/")
        #expect(plan.text("depends_on") == nil)
        #expect(plan.text("basis") == "none")
        #expect(plan.boolean("on_critical_path") == true)
        #expect(plan.integer("start_gap_ms") == nil)
        let build = try table.row("w1/build/plan")
        #expect(build.text("basis") == "sequence")
        #expect(build.text("status") == "completed")
        #expect(build.integer("duration_ms") == 240_000)
        #expect(build.integer("start_gap_ms") == 5000)
        #expect(build.integer("predecessor_impact_ms") == 60_000)
        #expect(build.integer("slack_ms") == 0)
        #expect(try table.row("w1/test/build").boolean("on_critical_path") == true)
    }

    @Test func `an attempt that its tracker and its completion log takes its own time once`() throws
    {
        var log = MemoryLog()
        phase("Plan", from: "10:00:05", to: "10:01:00", in: &log)
        phase("Plan", from: "10:00:00", to: "10:01:01", in: &log)
        phase("Test", "failed", from: "10:01:10", to: "10:02:10", in: &log)
        phase("Test", "failed", from: "10:00:00", to: "10:02:11", in: &log)
        phase("Test", from: "10:02:20", to: "10:03:20", in: &log)
        phase("Test", from: "10:00:00", to: "10:03:21", in: &log)
        // Without a start, each failure is an attempt.
        for end in ["10:04:21", "10:05:21"] { phase("Ship", "failed", to: end, in: &log) }

        let table = try fold(log)

        #expect(try table.row("w1/plan/").integer("duration_ms") == 55_000)
        #expect(try table.row("w1/plan/").timestamp("started_at") == moment("10:00:05"))
        #expect(try table.row("w1/test/plan").integer("duration_ms") == 120_000)
        #expect(try table.row("w1/ship/test").integer("duration_ms") == 120_000)
    }

    @Test func `phases beside each other have slack, and the later one holds up what follows`()
        throws
    {
        var log = MemoryLog()
        phase("Plan", from: "10:00:00", to: "10:00:10", needs: "[]", in: &log)
        phase("Build", from: "10:00:10", to: "10:01:00", needs: #"["Plan"]"#, in: &log)
        phase("Docs", from: "10:00:10", to: "10:00:30", needs: "[1]", in: &log)
        phase("Ship", from: "10:01:00", to: "10:01:05", needs: #"["build","DOCS"]"#, in: &log)

        let table = try fold(log)

        #expect(try table.row("w1/plan/").text("basis") == "declared")
        #expect(try table.row("w1/docs/plan").integer("slack_ms") == 30_000)
        #expect(try table.row("w1/docs/plan").boolean("on_critical_path") == false)
        let byBuild = try table.row("w1/ship/build")
        #expect(byBuild.boolean("on_critical_path") == true)
        #expect(byBuild.integer("start_gap_ms") == 0)
        #expect(byBuild.integer("predecessor_impact_ms") == 30_000)
        let byDocs = try table.row("w1/ship/docs")
        #expect(byDocs.boolean("on_critical_path") == false)
        #expect(byDocs.integer("start_gap_ms") == 30_000)
        #expect(byDocs.integer("predecessor_impact_ms") == 0)
    }

    @Test func `what is declared later replaces what was guessed`() throws {
        var log = MemoryLog()
        phase("Plan", from: "10:00:00", to: "10:00:10", in: &log)
        phase("Lint", from: "10:00:10", to: "10:00:20", in: &log)
        phase("Build", "started", from: "10:00:20", in: &log)
        phase("Build", from: "10:00:20", to: "10:00:40", needs: #"["Plan"]"#, in: &log)

        let table = try fold(log)

        let guess = try table.row("w1/build/lint")
        #expect(guess.text("basis") == "replaced")
        #expect(guess.boolean("on_critical_path") == nil)
        #expect(guess.integer("slack_ms") == nil)
        #expect(try table.row("w1/build/plan").text("basis") == "declared")
        #expect(try table.row("w1/lint/plan").integer("slack_ms") == 10_000)
    }

    @Test func `a cycle is cut at the declaration that closes it`() throws {
        var log = MemoryLog()
        phase("A", from: "10:00:00", to: "10:00:10", needs: #"["C","A"]"#, in: &log)
        phase("B", from: "10:00:10", to: "10:00:20", needs: #"["A"]"#, in: &log)
        phase("C", from: "10:00:20", to: "10:00:30", needs: #"["B"]"#, in: &log)

        let table = try fold(log)

        #expect(try table.row("w1/a/a").text("basis") == "cycle")
        #expect(try table.row("w1/a/c").text("basis") == "declared")
        #expect(try table.row("w1/c/b").text("basis") == "cycle")
        #expect(try table.row("w1/c/b").boolean("on_critical_path") == nil)
        #expect(try table.row("w1/b/a").boolean("on_critical_path") == true)
        #expect(try table.row("w1/a/c").boolean("on_critical_path") == true)
    }

    @Test func `a completion with the workflow's start begins where the one before ended`() throws {
        var log = MemoryLog()
        phase("Plan", from: "10:00:00", to: "10:01:00", in: &log)
        phase("Build", from: "10:00:00", to: "10:03:00", in: &log)
        phase("Build", from: "10:00:00", to: "10:03:01", in: &log)

        let build = try fold(log).row("w1/build/plan")

        #expect(build.timestamp("started_at") == moment("10:01:00"))
        #expect(build.timestamp("ended_at") == moment("10:03:01"))
        #expect(build.integer("duration_ms") == 120_000)
        #expect(build.integer("start_gap_ms") == 0)
    }

    @Test func `attempts add up, and the second log of one attempt does not`() throws {
        var log = MemoryLog()
        phase("Test", "started", from: "10:00:00", in: &log)
        phase("Test", "failed", from: "10:00:00", to: "10:01:00", in: &log)
        phase("Test", "started", from: "10:02:00", in: &log)
        phase("Test", from: "10:02:00", to: "10:02:30", in: &log)
        phase("Test", from: "10:02:00", to: "10:02:31", in: &log)

        let test = try fold(log).row("w1/test/")

        #expect(test.timestamp("started_at") == moment("10:00:00"))
        #expect(test.integer("duration_ms") == 90_000)
        #expect(test.text("status") == "completed")
    }

    @Test func `names with slashes make keys of their own`() throws {
        var log = MemoryLog()
        phase("a/b", from: "10:00:00", to: "10:00:01", needs: "[]", in: &log)
        phase("a", from: "10:00:01", to: "10:00:02", needs: #"["b/"]"#, in: &log)
        phase("%2F", from: "10:00:01", to: "10:00:02", needs: "[]", in: &log)

        let table = try fold(log)

        #expect(try table.row("w1/a%2Fb/").text("phase") == "a/b")
        #expect(try table.row("w1/a/b%2F").text("depends_on") == "b/")
        #expect(try table.row("w1/%252f/").text("phase") == "%2f")
    }

    @Test func `what is no phase, and what has no name, makes no row`() throws {
        var log = MemoryLog()
        phase("webhook_received", from: "10:00:00", to: "10:00:01", in: &log)
        phase("Plan", "odd", in: &log)
        log.append(stream: "w1", type: "phase.completed", data: "{}")
        log.append(stream: "general", type: "phase.completed", data: #"{"phase_name":"Plan"}"#)

        let table = try fold(log)

        #expect(table.count == 0)
        #expect(table.quarantinedCount == 1)
    }

    @Test func `a workflow with more phases than the graph holds still links them`() throws {
        var log = MemoryLog()
        let count = PhaseDependenciesProjector.graphRowLimit + 10
        for index in 0..<count {
            let start = 1_767_312_000_000_000 + Int64(index) * 1_000_000
            log.append(
                stream: "w1", type: "phase.completed",
                data:
                    #"{"phase_name":"p\#(index)","started_at":"\#(Timestamp(microseconds: start))","completed_at":"\#(Timestamp(microseconds: start + 900_000))"}"#
            )
        }

        let table = try fold(log)

        let inside = try table.row("w1/p100/p99")
        #expect(inside.boolean("on_critical_path") == true)
        let beyond = try table.row("w1/p\(count - 1)/p\(count - 2)")
        #expect(beyond.boolean("on_critical_path") == nil)
        #expect(beyond.integer("start_gap_ms") == 100)
        #expect(beyond.integer("predecessor_impact_ms") == 900)
    }
}
