import TachoEvents
import TachoLog
import TachoProjections
import Testing

struct GitHubArtifactsProjectorTests {
    private func fold(_ payloads: String...) throws -> TableReader {
        var log = MemoryLog()
        for payload in payloads { log.append(stream: "o/n", type: "github.x", data: payload) }
        return try TableReader(folding: GitHubArtifactsProjector.self, log)
    }

    private func pull(_ members: String, action: String = "opened", rest: String = "") -> String {
        #"{"action":"\#(action)","pull_request":{"number":12,"title":"Add x","html_url":"https://github.com/o/n/pull/12","user":{"login":"ann"},"created_at":"2026-01-02T10:00:00Z","head":{"ref":"feature-issue-7-adw-A1B2C3D4-add-x","sha":"abc"},"body":null,\#(members)}\#(rest),"repository":{"full_name":"o/n"}}"#
    }

    @Test func `a pull request's webhooks make one row, up to its merge`() throws {
        let table = try fold(
            pull(#""state":"open","merged":false,"updated_at":"2026-01-02T10:00:00Z""#),
            pull(
                #""state":"closed","merged":true,"merged_at":"2026-01-02T11:30:00Z","closed_at":"2026-01-02T11:30:00Z","updated_at":"2026-01-02T11:30:01Z","merge_commit_sha":"def","additions":5,"deletions":2,"changed_files":1"#,
                action: "closed"),
            // Sent again, later than it was true.
            pull(
                #""state":"open","merged":false,"updated_at":"2026-01-02T10:30:00Z""#,
                action: "synchronize"))

        #expect(table.count == 1)
        let row = try table.row("o/n#pull_request/12")
        #expect(row.text("kind") == "pull_request")
        #expect(row.integer("number") == 12)
        #expect(row.text("title") == "Add x")
        #expect(row.text("author") == "ann")
        #expect(row.text("state") == "closed")
        #expect(row.boolean("is_merged") == true)
        #expect(row.timestamp("opened_at") == moment("10:00:00"))
        #expect(row.timestamp("merged_at") == moment("11:30:00"))
        #expect(row.text("adw_id") == "a1b2c3d4")
        #expect(row.integer("issue_number") == 7)
        #expect(row.text("head_sha") == "abc")
        #expect(row.text("merge_commit_sha") == "def")
        #expect(["additions", "deletions", "changed_files"].map(row.integer) == [5, 2, 1])
        #expect(row.text("last_action") == "closed")
    }

    @Test func `a review, a comment, a check, and a push are rows of their own`() throws {
        let table = try fold(
            pull(
                #""state":"open""#, action: "submitted",
                rest:
                    #","review":{"id":5,"node_id":"PRR_5","state":"CHANGES_REQUESTED","user":{"login":"bob"},"submitted_at":"2026-01-02T10:10:00Z","body":"no\nway"}"#
            ),
            #"{"action":"created","issue":{"number":7,"title":"I","state":"open"},"comment":{"id":9,"body":"adw_id: `a1b2c3d4` ok","user":{"login":"bot"},"created_at":"2026-01-02T10:00:01Z"},"repository":{"full_name":"o/n"}}"#,
            #"{"action":"completed","check_run":{"id":77,"name":"tests","status":"completed","conclusion":"failure","head_sha":"abc","started_at":"2026-01-02T10:00:00Z","completed_at":"2026-01-02T10:04:00Z","pull_requests":[{"number":12,"head":{"ref":"x-adw-a1b2c3d4"}}]},"repository":{"full_name":"o/n"}}"#,
            #"{"ref":"refs/heads/fix-issue-7","commits":[{"id":"c1","message":"Fix\n\nmore","timestamp":"2026-01-02T10:00:00+00:00","url":"u","author":{"name":"Ann","username":"ann"}},{"id":"c2","message":"x"}],"repository":{"full_name":"o/n"}}"#
        )

        #expect(table.count == 7)
        let review = try table.row("o/n#review/PRR_5")
        #expect(review.text("review_state") == "changes_requested")
        #expect(review.text("state") == nil)
        #expect(review.text("title") == "no")
        #expect(review.integer("number") == 12)
        #expect(review.text("adw_id") == "a1b2c3d4")
        #expect(try table.row("o/n#issue/7").text("state") == "open")
        let comment = try table.row("o/n#comment/9")
        #expect(comment.text("adw_id") == "a1b2c3d4")
        #expect(comment.text("last_action") == "created")
        let check = try table.row("o/n#check_run/77")
        #expect(check.text("title") == "tests")
        #expect(check.text("state") == "completed")
        #expect(check.text("conclusion") == "failure")
        #expect(check.text("adw_id") == "a1b2c3d4")
        #expect(check.timestamp("closed_at") == moment("10:04:00"))
        let commit = try table.row("o/n#commit/c1")
        #expect(commit.text("title") == "Fix")
        #expect(commit.text("branch") == "fix-issue-7")
        #expect(commit.integer("issue_number") == 7)
        #expect(commit.text("author") == "ann")
    }

    @Test func `what gh prints is read like a webhook`() throws {
        let table = try fold(
            #"{"repository":{"full_name":"o/n"},"pull_request":{"number":12,"title":"Add","state":"MERGED","author":{"login":"ann"},"url":"https://github.com/o/n/pull/12","headRefName":"b","headRefOid":"abc","body":"Fixes #8, ADW ID: a1b2c3d4","createdAt":"2026-01-02T10:00:00Z","mergedAt":"2026-01-02T11:00:00Z","changedFiles":3,"mergeCommit":{"oid":"def"},"reviewDecision":"APPROVED","reviews":[{"id":"PRR_1","state":"APPROVED","author":{"login":"bob"},"submittedAt":"2026-01-02T10:30:00Z"}],"statusCheckRollup":[{"__typename":"CheckRun","name":"t","status":"COMPLETED","conclusion":"SUCCESS","detailsUrl":"https://github.com/o/n/actions/runs/1/job/55","completedAt":"2026-01-02T10:20:00Z"},{"__typename":"StatusContext","context":"ci/x","state":"PENDING"}]}}"#,
            #"{"issue":{"number":8,"state":"CLOSED","url":"https://github.com/o/n/issues/8","closedAt":"2026-01-02T11:00:00Z"}}"#
        )

        let pull = try table.row("o/n#pull_request/12")
        #expect(pull.text("state") == "closed")
        #expect(pull.boolean("is_merged") == true)
        #expect(pull.text("review_state") == "approved")
        #expect(pull.text("adw_id") == "a1b2c3d4")
        #expect(pull.integer("issue_number") == 8)
        #expect(try table.row("o/n#review/PRR_1").text("review_state") == "approved")
        #expect(try table.row("o/n#check_run/55").text("conclusion") == "success")
        let status = try table.row("o/n#check_run/abc/ci/x")
        #expect(status.text("state") == "in_progress")
        #expect(status.text("conclusion") == nil)
        #expect(try table.row("o/n#issue/8").text("state") == "closed")
    }

    @Test func `an issue that is reopened is not closed any more`() throws {
        func issue(_ state: String, _ rest: String, _ clock: String) -> String {
            #"{"repository":{"full_name":"o/n"},"issue":{"number":1,"state":"\#(state)","updated_at":"2026-01-02T\#(clock)Z"\#(rest)}}"#
        }
        let table = try fold(
            issue("closed", #","closed_at":"2026-01-02T10:00:00Z""#, "10:00:00"),
            issue("open", #","closed_at":null"#, "11:00:00"))

        #expect(try table.row("o/n#issue/1").timestamp("closed_at") == nil)
        #expect(try table.row("o/n#issue/1").text("state") == "open")
    }

    @Test func `a payload of another structure makes no row`() throws {
        let table = try fold(
            "{}", #"{"repository":{"full_name":"o/n"}}"#, #"{"issue":{"number":1}}"#,
            #"{"repository":{"full_name":"o/n"},"issue":{"title":"no number"},"check_run":7}"#,
            #"{"repository":{"full_name":"o/n"},"ref":"x","commits":{}}"#)

        #expect(table.count == 0)
        #expect(table.quarantinedCount == 0)
    }

    @Test(
        arguments: [
            ("feature-issue-7-adw-a1b2c3d4-add", "a1b2c3d4", 7), ("adw-a1b2c3d4", "a1b2c3d4", nil),
            ("ADW ID: `A1B2C3D4`", "a1b2c3d4", nil), ("adw_id=a1b2c3d4.", "a1b2c3d4", nil),
            ("in /r/trees/my_run-1/x", "my_run-1", nil), ("adw-a1b2c3d4e", nil, nil),
            ("badadw-a1b2c3d4", nil, nil), ("adw-12", nil, nil), ("Closes: #31", nil, 31),
            ("prefix #31", nil, nil), ("fix the bug", nil, nil), ("issue-0", nil, nil),
            ("", nil, nil),
        ] as [(String, String?, Int64?)])
    func `a text names a workflow and an issue`(
        text: String, workflow: String?, issue: Int64?
    ) {
        let mention = WorkflowMention(Array(text.utf8))

        #expect(mention.workflow?.description == workflow)
        #expect(mention.issueNumber == issue)
    }
}
