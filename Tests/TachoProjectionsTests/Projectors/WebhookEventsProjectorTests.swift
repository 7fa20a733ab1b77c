import TachoLog
import TachoProjections
import Testing

struct WebhookEventsProjectorTests {
    private func table(_ events: [(clock: String, data: String)]) throws -> TableReader {
        var log = MemoryLog()
        for event in events {
            log.append(
                stream: "default", type: "webhook.received", time: moment(event.clock),
                data: event.data)
        }
        return try TableReader(folding: WebhookEventsProjector.self, log)
    }

    private func counts(_ clocks: [String]) throws -> (delivered: Int64?, duplicates: Int64?) {
        let table = try table(clocks.map { ($0, #"{"webhook_id":"h1"}"#) })
        #expect(table.count == 1)
        let row = try table.row("h1")
        return (row.integer("delivery_count"), row.integer("duplicate_count"))
    }

    @Test func `a duplicate comes in less than 30 seconds`() throws {
        #expect(try counts(["10:00:00"]) == (1, 0))
        #expect(try counts(["10:00:00", "10:00:29.999999"]) == (1, 1))
        #expect(try counts(["10:00:00", "10:00:30"]) == (2, 0))
        #expect(try counts(["10:00:00", "10:00:00", "10:00:00"]) == (1, 2))
    }

    @Test func `the window is the last delivery's, not the first's and not a duplicate's`() throws {
        #expect(try counts(["10:00:00", "10:01:00", "10:01:29"]) == (2, 1))
        #expect(try counts(["10:00:00", "10:00:20", "10:00:40"]) == (2, 1))
    }

    @Test func `a delivery that is told late is near to either end`() throws {
        #expect(try counts(["10:00:00", "10:10:00", "10:00:01"]) == (2, 1))
        let table = try table([
            ("10:10:00", #"{"webhook_id":"h1"}"#), ("10:00:00", #"{"webhook_id":"h1"}"#),
        ])
        #expect(try table.row("h1").integer("delivery_count") == 2)
        #expect(try table.row("h1").timestamp("received_at") == moment("10:00:00"))
        #expect(try table.row("h1").timestamp("last_received_at") == moment("10:10:00"))
    }

    /// Golden `workflow_complete_webhook_id`.
    @Test func `a completion is named by workflow, status, and queue`() throws {
        let table = try table([
            ("10:00:00", #"{"adw_id":"a1b2c3d4","status":"completed","metadata":{"cost":1}}"#),
            ("10:00:05", #"{"adw_id":"a1b2c3d4","status":"completed"}"#),
            ("10:00:05", #"{"adw_id":"a1b2c3d4","status":"failed"}"#),
            ("10:00:05", #"{"adw_id":"a1b2c3d4","status":"completed","queue_id":"q1"}"#),
        ])

        #expect(table.count == 3)
        let id = WebhookID.ofCompletion(workflow: "a1b2c3d4", status: "completed", queue: nil)
        let row = try table.row(id)
        #expect(id.utf8.count == 16)
        #expect(row.integer("duplicate_count") == 1)
        #expect(row.text("webhook_type") == "workflow_complete")
        #expect(row.text("workflow_status") == "completed")
        #expect(row.json("event_data") == #"{"cost":1}"#)
        let queued = WebhookID.ofCompletion(
            workflow: "a1b2c3d4", status: "completed", queue: "q1")
        #expect(try table.row(queued).text("queue_id") == "q1")
    }

    @Test func `a webhook is processed once that is recorded, which is no delivery`() throws {
        let received =
            #"{"webhook_id":"h1","webhook_type":"github_issue","issue_number":42,"phase_status":"received","message":"opened"}"#
        let processed = #"{"webhook_id":"h1","phase_status":"processed","duration_seconds":0.5}"#

        let first = try table([("10:00:00", received)]).row("h1")
        let last = try table([
            ("10:00:00", received), ("10:01:00", processed), ("10:02:00", received),
        ]).row("h1")

        #expect(first.boolean("processed") == false)
        #expect(first.text("webhook_type") == "github_issue")
        #expect(first.integer("issue_number") == 42)
        #expect(last.boolean("processed") == true)
        #expect(last.integer("delivery_count") == 2)
        #expect(last.real("duration_seconds") == 0.5)
    }

    @Test func `a webhook without an id is named by its event`() throws {
        let table = try table([
            ("10:00:00", "{}"), ("10:00:00", #"{"webhook_id":null,"status":"completed"}"#),
            ("10:00:00", #"{"webhook_id":7,"adw_id":3,"status":"completed"}"#),
            ("10:00:00", #"{"delivery_id":"g1"}"#), ("10:00:00", #"{"webhook_id":"g1"}"#),
            ("10:00:00", #"{"webhook_id":"\u00e9"}"#),
            ("10:00:00", #"{"webhook_id":"e\u0301"}"#),
        ])

        #expect(table.count == 6)
        #expect(table.quarantinedCount == 0)
        #expect(try table.row("e3").text("adw_id") == nil)
        #expect(try table.row("g1").integer("duplicate_count") == 1)
    }
}
