import TachoLog
import TachoProjections
import Testing

struct TaskLogsProjectorTests {
    @Test func `both shapes of line become rows`() throws {
        var log = MemoryLog()
        log.append(
            stream: "w1", type: "phase.completed", source: "adw/structured-log",
            time: moment("10:00:00"),
            data:
                #"{"event_type":"phase","message":"done","adw_id":"w1","issue_number":"42","workflow_template":"adw_plan_iso","phase_name":"Plan","phase_number":1,"phase_status":"completed","started_at":"2026-01-02T09:00:00Z","completed_at":"2026-01-02T10:00:00Z","duration_seconds":3600.5,"tokens_used":7,"cost_usd":0.1,"context":{}}"#
        )
        log.append(
            stream: "w1", type: "phase.failed",
            data:
                #"{"adw_id":"w1","phase_name":"review","phase_status":"failed","log_message":"no","error_message":"timeout","tool_calls":[{"tool_name":"x"}]}"#
        )

        let table = try TableReader(folding: TaskLogsProjector.self, log)

        let first = try table.row("e1")
        #expect(first.integer("issue_number") == 42)
        #expect(first.text("workflow_template") == "adw_plan_iso")
        #expect(first.text("log_message") == "done")
        #expect(first.real("duration_seconds") == 3600.5)
        #expect(first.money("cost_usd") == 100_000_000_000)
        #expect(first.timestamp("started_at") == moment("09:00:00"))
        #expect(first.timestamp("created_at") == moment("10:00:00"))
        let second = try table.row("e2")
        #expect(second.integer("issue_number") == nil)
        #expect(second.integer("phase_number") == 6)
        #expect(second.text("phase_status") == "failed")
        #expect(second.json("tool_calls") == #"[{"tool_name":"x"}]"#)
        #expect(second.integer("tool_call_count") == 1)
    }

    @Test func `a record that a file and the server tell of is one row, whoever is first`() throws {
        let file =
            #"{"event_id":"evt_1","adw_id":"w1","phase_name":"Test","message":"m","completed_at":"2026-01-02T10:00:00.5Z"}"#
        let body =
            #"{"adw_id":"wf-w1","phase_name":"test","phase_status":"completed","log_message":"other","completed_at":"2026-01-02T10:00:00.5","tokens_used":7,"tool_calls":[{}]}"#
        func rows(_ records: [String]) throws -> TableReader {
            var log = MemoryLog()
            for record in records {
                log.append(stream: "w1", type: "phase.completed", data: record)
            }
            return try TableReader(folding: TaskLogsProjector.self, log)
        }

        for records in [[file, body], [body, file], [body, body], [body, file, body, body]] {
            let table = try rows(records)
            #expect(table.count == 1)
            let row = try table.row("e1")
            #expect(row.text("adw_id") == "w1")
            #expect(row.integer("tokens_used") == 7)
            #expect(row.integer("tool_call_count") == 1)
            #expect(row.text("log_message") == (records[0] == file ? "m" : "other"))
            #expect(row.integer("updated_position") == Int64(records.count))
        }
        // Two ids are two records, and so are two starts: the tracker's, and the completion.
        let another = file.replacing("evt_1", with: "evt_2")
        #expect(try rows([file, another]).count == 2)
        #expect(try rows([body, file, another, body]).count == 2)
        let begun = body.replacing("\"tokens", with: #""started_at":"2026-01-02T09:00:00","tokens"#)
        #expect(try rows([body, begun]).count == 2)
        // Nothing tells two beginnings apart.
        let start = #"{"adw_id":"w1","phase_name":"Test","phase_status":"started"}"#
        #expect(try rows([start, start]).count == 2)
    }

    @Test func `a phase event without a phase is quarantined, another record passed over`() throws {
        var log = MemoryLog()
        log.append(stream: "w1", type: "phase.completed", data: #"{"adw_id":"w1"}"#)
        log.append(stream: "general", type: "log.record", data: #"{"operation":"x"}"#)
        log.append(
            stream: "general", type: "log.record",
            data: #"{"phase_name":"webhook_received","phase_status":"completed"}"#)

        let table = try TableReader(folding: TaskLogsProjector.self, log)

        #expect(table.count == 1)
        #expect(table.quarantinedCount == 1)
        #expect(try table.row("e3").text("adw_id") == nil)
        #expect(try table.row("e3").integer("phase_number") == 0)
    }
}
