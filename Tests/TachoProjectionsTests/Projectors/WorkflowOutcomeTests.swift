import TachoLog
import TachoProjections
import Testing

/// What `workflow_history` learns from GitHub, and from its other rows.
struct WorkflowOutcomeTests {
    private func fold(_ log: MemoryLog) throws -> TableReader {
        try TableReader(folding: WorkflowHistoryProjector.self, log)
    }

    private func state(_ workflow: String, _ members: String, in log: inout MemoryLog) {
        log.append(
            stream: workflow, type: "state.snapshot", source: "adw/state", data: "{\(members)}")
    }

    private func github(_ members: String, in log: inout MemoryLog) {
        log.append(
            stream: "o/n", type: "github.x",
            data: #"{"repository":{"full_name":"o/n"},\#(members)}"#)
    }

    /// A workflow that ran for so many seconds and is over.
    private func run(
        _ workflow: String, seconds: Int, input: String = "add a page", _ more: String = "",
        in log: inout MemoryLog
    ) {
        let end = Timestamp(microseconds: 1_767_344_400_000_000 + Int64(seconds) * 1_000_000)
        state(
            workflow,
            #""status":"completed","nl_input":"\#(input)","model_used":"sonnet","start_time":"2026-01-02T09:00:00Z","end_time":"\#(end)"\#(more)"#,
            in: &log)
    }

    private let pull = #""pull_request":{"number":12,"created_at":"2026-01-02T10:00:00Z","#
    private let head = #""head":{"ref":"feature-adw-a1b2c3d4-x","sha":"abc"}"#

    @Test func `a pull request's fate is the workflow's that its branch names`() throws {
        var log = MemoryLog()
        state("a1b2c3d4", #""issue_number":7"#, in: &log)
        github(pull + #""state":"open","merged":false,\#(head)}"#, in: &log)
        let open = try fold(log).row("a1b2c3d4")
        github(
            pull + #""state":"closed","merged_at":"2026-01-02T11:30:00Z",\#(head)}"#, in: &log)
        github(pull + #""state":"open","merged":false,\#(head)}"#, in: &log)
        let merged = try fold(log).row("a1b2c3d4")

        #expect(open.boolean("pr_merged") == false)
        #expect(open.real("time_to_merge_hours") == nil)
        #expect(merged.boolean("pr_merged") == true)
        #expect(merged.real("time_to_merge_hours") == 1.5)
    }

    @Test func `of two merges the later one counts, whichever is told last`() throws {
        var log = MemoryLog()
        state("a1b2c3d4", #""issue_number":7"#, in: &log)
        let first = pull + #""state":"closed","merged_at":"2026-01-02T11:30:00Z",\#(head)}"#
        github(first, in: &log)
        github(
            #""pull_request":{"number":13,"created_at":"2026-01-02T12:00:00Z","state":"closed","merged_at":"2026-01-02T12:15:00Z",\#(head)}"#,
            in: &log)
        github(#""action":"labeled","# + first, in: &log)

        #expect(try fold(log).row("a1b2c3d4").real("time_to_merge_hours") == 0.25)
    }

    @Test func `a branch finds its workflow, but not in another repository`() throws {
        var log = MemoryLog()
        state("w1", #""branch_name":"b","github_url":"https://github.com/o/n/issues/7""#, in: &log)
        state("w2", #""branch_name":"b","github_url":"https://github.com/o/x/issues/7""#, in: &log)
        github(pull + #""state":"open","head":{"ref":"b"}}"#, in: &log)

        let table = try fold(log)

        #expect(try table.row("w1").boolean("pr_merged") == false)
        #expect(try table.row("w2").boolean("pr_merged") == nil)
        #expect(table.count == 2)
    }

    @Test func `rounds of review and checks are counted once, by their last word`() throws {
        var log = MemoryLog()
        state("a1b2c3d4", "", in: &log)
        func review(_ id: Int, _ word: String) {
            github(pull + #"\#(head)},"review":{"id":\#(id),"state":"\#(word)"}"#, in: &log)
        }
        review(1, "changes_requested")
        review(1, "changes_requested")
        review(2, "changes_requested")
        review(3, "commented")
        review(4, "APPROVED")
        review(5, "approved")
        func check(_ id: Int, _ name: String, _ word: String, _ clock: String) {
            github(
                #""check_run":{"id":\#(id),"name":"\#(name)","status":"completed","conclusion":"\#(word)","completed_at":"2026-01-02T\#(clock)Z","check_suite":{"head_branch":"x-adw-a1b2c3d4"}}"#,
                in: &log)
        }
        check(1, "tests", "failure", "10:00:00")
        check(2, "lint", "success", "10:00:00")
        check(3, "tests", "success", "11:00:00")
        check(1, "tests", "failure", "10:00:00")
        check(4, "docs", "skipped", "10:00:00")
        check(5, "build", "timed_out", "10:00:00")

        let row = try fold(log).row("a1b2c3d4")

        #expect(row.integer("review_cycles") == 3)
        #expect(row.real("ci_test_pass_rate") == 2.0 / 3)
    }

    @Test func `tests that were counted stand above checks`() throws {
        var log = MemoryLog()
        state(
            "w1", #""external_test_results":{"success":false,"summary":{"total":8,"passed":6}}"#,
            in: &log)
        state("w2", #""external_test_results":{"summary":{"passed":3,"failed":1}}"#, in: &log)
        state("w3", #""external_test_results":{"summary":{"passed":3,"total":1}}"#, in: &log)

        let table = try fold(log)

        #expect(try table.row("w1").real("ci_test_pass_rate") == 0.75)
        #expect(try table.row("w2").real("ci_test_pass_rate") == 0.75)
        #expect(try table.row("w3").real("ci_test_pass_rate") == nil)
    }

    @Test func `an issue's state is that of all its workflows, also of later ones`() throws {
        var log = MemoryLog()
        state("w1", #""issue_number":7"#, in: &log)
        state("w2", #""issue_number":8"#, in: &log)
        let closed = #""issue":{"number":7,"state":"closed","updated_at":"2026-01-02T11:00:00Z"}"#
        github(closed, in: &log)
        github(
            #""issue":{"number":7,"state":"open","updated_at":"2026-01-02T10:00:00Z"}"#, in: &log)
        state("w3", #""issue_number":7"#, in: &log)

        let table = try fold(log)

        #expect(try table.row("w1").text("gh_issue_state") == "closed")
        #expect(try table.row("w2").text("gh_issue_state") == nil)
        #expect(try table.row("w3").text("gh_issue_state") == "closed")
    }

    @Test func `parents know their children, whoever is known first`() throws {
        var log = MemoryLog()
        state("c1", #""parent_adw_id":"p""#, in: &log)
        state("p", "", in: &log)
        state("c2", #""parent_workflow_id":"wf-p""#, in: &log)
        state("c2", #""parent_workflow_id":"wf-p""#, in: &log)
        state("c3", #""parent_adw_id":"p""#, in: &log)
        state("c1", #""parent_adw_id":"c2""#, in: &log)
        state("c3", #""parent_adw_id":"c3""#, in: &log)

        let table = try fold(log)

        #expect(try table.row("p").json("child_adw_ids") == #"["c2"]"#)
        #expect(try table.row("p").integer("child_count") == 1)
        #expect(try table.row("c2").json("child_adw_ids") == #"["c1"]"#)
        #expect(try table.row("c3").integer("child_count") == nil)
    }

    @Test func `workflows that ran when one started are counted`() throws {
        var log = MemoryLog()
        run("w1", seconds: 60, in: &log)
        run("w2", seconds: 600, in: &log)
        state("w3", #""start_time":"2026-01-02T08:00:00Z""#, in: &log)
        state("w4", #""start_time":"2026-01-02T09:05:00Z""#, in: &log)

        let table = try fold(log)

        #expect(try table.row("w1").integer("concurrent_workflows") == 0)
        #expect(try table.row("w2").integer("concurrent_workflows") == 1)
        #expect(try table.row("w3").integer("concurrent_workflows") == 0)
        #expect(try table.row("w4").integer("concurrent_workflows") == 2)
    }

    @Test func `phases are steps where nobody counts steps`() throws {
        var log = MemoryLog()
        for (name, status) in [("Plan", "completed"), ("Build", "failed"), ("Build", "completed")] {
            log.append(
                stream: "w1", type: "phase.\(status)", data: #"{"phase_name":"\#(name)"}"#)
        }
        log.append(stream: "w1", type: "phase.failed", data: #"{"phase_name":"Test"}"#)
        let counted = try fold(log).row("w1")
        state("w1", #""steps_total":9,"steps_completed":4"#, in: &log)
        log.append(stream: "w1", type: "phase.completed", data: #"{"phase_name":"Test"}"#)
        let stated = try fold(log).row("w1")

        #expect(counted.integer("steps_total") == 3)
        #expect(counted.integer("steps_completed") == 2)
        #expect(stated.integer("steps_total") == 9)
        #expect(stated.integer("steps_completed") == 4)
    }

    @Test func `a workflow that ends is compared with its like that ended before`() throws {
        var log = MemoryLog()
        for index in 1...3 { run("w\(index)", seconds: 100, in: &log) }
        run("other", seconds: 100, #","issue_class":"/bug""#, in: &log)
        run("slow", seconds: 1000, in: &log)
        state("running", #""nl_input":"add a page""#, in: &log)

        let table = try fold(log)

        #expect(try table.row("w1").json("anomaly_flags") == "[]")
        #expect(
            try table.row("w1").json("optimization_recommendations")
                == #"["ALL_GOOD: nothing out of the ordinary"]"#)
        #expect(try table.row("w1").json("similar_workflow_ids") == "[]")
        #expect(try table.row("w3").json("similar_workflow_ids") == #"["w2","w1"]"#)
        #expect(try table.row("other").json("similar_workflow_ids") == "[]")
        let slow = try table.row("slow")
        #expect(
            slow.json("anomaly_flags")
                == #"["duration 1000 s is 10.0 times the average of 100 s"]"#)
        #expect(
            slow.json("optimization_recommendations")
                == #"["INPUT_BRIEF: fewer than 20 words were asked; say more","DURATION_GENERIC: it took long, and no phases say where"]"#
        )
        #expect(try table.row("running").json("anomaly_flags") == nil)
    }

    @Test func `at most five are similar, the nearest words first`() throws {
        var log = MemoryLog()
        for index in 1...7 {
            run("w\(index)", seconds: 100, input: "word\(index) and more", in: &log)
        }
        run("last", seconds: 100, input: "word2 and more", in: &log)

        let similar = try fold(log).row("last").json("similar_workflow_ids")

        #expect(similar == #"["w2","w7","w6","w5","w4"]"#)
    }

    @Test func `what is told after the end is compared again`() throws {
        var log = MemoryLog()
        for name in ["w1", "w2", "w3", "w4"] {
            run(name, seconds: 100, in: &log)
            log.append(
                stream: name, type: "output.result", source: "adw/output/planner",
                data:
                    #"{"type":"result","session_id":"s","usage":{"input_tokens":\#(name == "w4" ? 9_000_000 : 1_000_000),"output_tokens":0}}"#
            )
        }

        let flags = try fold(log).row("w4").json("anomaly_flags")

        #expect(
            flags
                == #"["cost $27.0000 is 9.0 times the average of $3.0000","only 0.0 % of the input came from the cache"]"#
        )
    }
}
