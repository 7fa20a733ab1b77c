import TachoLog
import TachoProjections
import Testing

struct UserPromptsProjectorTests {
    private func table(_ events: [(type: String, data: String)]) throws -> TableReader {
        var log = MemoryLog()
        for event in events {
            log.append(
                stream: "default", type: event.type, time: moment("09:00:00"), data: event.data)
        }
        return try TableReader(folding: UserPromptsProjector.self, log)
    }

    private let submitted = (
        "prompt.submitted",
        #"{"request_id":"r1","session_id":"s1","nl_input":"Add a login","project_path":"/p","auto_post":true,"issue_title":"Login","issue_body":"…","issue_type":"feature","complexity":"low","is_multi_phase":true,"phase_count":3,"parent_issue_number":41,"estimated_cost_usd":0.35,"estimated_tokens":12000,"model_name":"sonnet"}"#
    )
    private let posted = (
        "prompt.posted",
        #"{"request_id":"r1","github_issue_number":42,"github_issue_url":"https://g/42","posted_at":"2026-01-02T10:00:00Z"}"#
    )

    @Test func `a request and its issue meet in one row, whichever comes first`() throws {
        for events in [[submitted, posted], [posted, submitted]] {
            let table = try table(events)
            #expect(table.count == 1)
            let row = try table.row("r1")
            #expect(row.text("session_id") == "s1")
            #expect(row.text("nl_input") == "Add a login")
            #expect(row.text("project_path") == "/p")
            #expect(row.boolean("auto_post") == true)
            #expect(row.boolean("is_multi_phase") == true)
            #expect(row.integer("phase_count") == 3)
            #expect(row.integer("parent_issue_number") == 41)
            #expect(row.money("estimated_cost_usd") == 350_000_000_000)
            #expect(row.integer("estimated_tokens") == 12000)
            #expect(row.text("model_name") == "sonnet")
            #expect(row.integer("github_issue_number") == 42)
            #expect(row.text("github_issue_url") == "https://g/42")
            #expect(row.timestamp("posted_at") == moment("10:00:00"))
            #expect(row.timestamp("created_at") == moment("09:00:00"))
        }
    }

    @Test func `a later submission replaces what it says and keeps what it does not say`() throws {
        let again = (
            "prompt.submitted",
            #"{"request_id":"r1","complexity":"high","issue_type":null,"estimated_tokens":"many","phase_count":4}"#
        )

        let row = try table([submitted, posted, again]).row("r1")

        #expect(row.text("complexity") == "high")
        #expect(row.integer("phase_count") == 4)
        #expect(row.text("issue_type") == "feature")
        #expect(row.integer("estimated_tokens") == 12000)
        #expect(row.integer("github_issue_number") == 42)
    }

    @Test func `the reference's defaults are a submission's, not a posting's`() throws {
        let table = try table([
            ("prompt.submitted", #"{"request_id":"a"}"#), ("prompt.posted", #"{"request_id":"b"}"#),
        ])

        #expect(try table.row("a").boolean("is_multi_phase") == false)
        #expect(try table.row("a").boolean("auto_post") == false)
        #expect(try table.row("a").integer("phase_count") == 1)
        #expect(try table.row("a").timestamp("posted_at") == nil)
        #expect(try table.row("b").integer("phase_count") == nil)
        #expect(try table.row("b").timestamp("posted_at") == moment("09:00:00"))
    }

    @Test func `a posting changes no more than the issue`() throws {
        let hostile = ("prompt.posted", #"{"request_id":"r1","nl_input":"other","phase_count":9}"#)

        let row = try table([submitted, hostile]).row("r1")

        #expect(row.text("nl_input") == "Add a login")
        #expect(row.integer("phase_count") == 3)
    }

    @Test func `a prompt that a hook reports is no request`() throws {
        let table = try table([
            ("hook.UserPromptSubmit", #"{"request_id":"r1","prompt":"Hello","session_id":"s"}"#)
        ])

        #expect(table.count == 0)
        #expect(table.quarantinedCount == 0)
    }

    @Test func `a request without a name is quarantined, and names are bytes`() throws {
        let long = String(repeating: "r", count: 10_000)
        let table = try table([
            ("prompt.submitted", #"{"nl_input":"x"}"#),
            ("prompt.posted", #"{"request_id":7}"#),
            ("prompt.submitted", #"{"request_id":""}"#),
            ("prompt.submitted", #"{"request_id":"é"}"#),
            ("prompt.submitted", #"{"request_id":"e\u0301"}"#),
            ("prompt.submitted", #"{"request_id":"\#(long)","github_issue_number":-1}"#),
            ("prompt.submitted", #"{"request_id":"\#(long)x","estimated_cost_usd":1e99}"#),
        ])

        #expect(table.quarantinedCount == 3)
        #expect(table.count == 4)
        #expect(try table.row(long).integer("github_issue_number") == nil)
        #expect(try table.row(long + "x").money("estimated_cost_usd") == nil)
    }
}
