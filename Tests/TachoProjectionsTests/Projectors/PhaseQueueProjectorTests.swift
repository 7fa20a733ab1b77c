import TachoLog
import TachoProjections
import Testing

struct PhaseQueueProjectorTests {
    private typealias Change = (change: String, clock: String?, data: String)

    private func table(_ changes: [Change]) throws -> TableReader {
        var log = MemoryLog()
        for (change, clock, data) in changes {
            log.append(
                stream: "default", type: "queue.\(change)", time: clock.flatMap { moment($0) },
                data: data)
        }
        return try TableReader(folding: PhaseQueueProjector.self, log)
    }

    private let life: [Change] = [
        (
            "enqueued", "10:00:00",
            #"{"queue_id":"q1","feature_id":41,"phase_number":2,"issue_number":42,"priority":15,"depends_on_phases":[1],"phase_data":{"workflow_type":"sdlc","adw_id":"wf-a1"}}"#
        ),
        ("ready", "10:01:00", #"{"queue_id":"q1"}"#),
        ("started", "10:01:30", #"{"queue_id":"q1"}"#),
        ("completed", "10:11:30.5", #"{"queue_id":"q1","pr_number":77}"#),
    ]

    private func expectLife(_ row: RowReader) {
        #expect(row.integer("feature_id") == 41)
        #expect(row.integer("phase_number") == 2)
        #expect(row.integer("issue_number") == 42)
        #expect(row.text("status") == "completed")
        #expect(row.text("current_phase") == "init")
        #expect(row.json("depends_on_phases") == "[1]")
        #expect(row.text("adw_id") == "a1")
        #expect(row.integer("pr_number") == 77)
        #expect(row.integer("priority") == 15)
        #expect(row.text("priority_name") == "high")
        #expect(row.integer("queue_position") == 1)
        #expect(row.timestamp("created_at") == moment("10:00:00"))
        #expect(row.timestamp("ready_timestamp") == moment("10:01:00"))
        #expect(row.timestamp("started_timestamp") == moment("10:01:30"))
        #expect(row.timestamp("updated_at") == moment("10:11:30.5"))
        #expect(row.real("wait_seconds") == 30)
        #expect(row.real("run_seconds") == 600.5)
        #expect(row.integer("attempt_count") == 1)
    }

    @Test func `a phase waits and runs, in whatever order that is told`() throws {
        for first in 0..<4 {
            for second in 0..<4 where second != first {
                for third in 0..<4 where third != first && third != second {
                    let order = [first, second, third, 6 - first - second - third]
                    let table = try table(order.map { life[$0] })
                    #expect(table.count == 1)
                    expectLife(try table.row("q1"))
                }
            }
        }
    }

    @Test func `everything twice is as once`() throws {
        expectLife(try table(life + life).row("q1"))
        expectLife(try table(life.flatMap { [$0, $0] }).row("q1"))
    }

    @Test func `what it does is what it did last, in whatever order that is told`() throws {
        let changes: [Change] = [
            ("enqueued", "10:00:00", #"{"queue_id":"q1","phase_number":1}"#),
            ("phase_changed", "10:01:00", #"{"queue_id":"q1","current_phase":"plan"}"#),
            ("phase_changed", "10:02:00", #"{"queue_id":"q1","current_phase":"build"}"#),
            ("phase_changed", "10:03:00", #"{"queue_id":"q1","current_phase":7}"#),
        ]

        for changes in [changes, changes.reversed(), changes.reversed() + changes] {
            #expect(try table(changes).row("q1").text("current_phase") == "build")
        }
        let atOnce = ["plan", "build"].map { phase -> Change in
            ("phase_changed", "10:01:00", #"{"queue_id":"q1","current_phase":"\#(phase)"}"#)
        }
        #expect(try table(atOnce).row("q1").text("current_phase") == "build")
        #expect(try table(atOnce.reversed()).row("q1").text("current_phase") == "plan")
    }

    @Test func `a phase that is queued again is so once, however often that is told`() throws {
        let again: [Change] =
            life.dropLast() + [
                ("failed", "10:02:00", #"{"queue_id":"q1","error_message":"no tests"}"#),
                ("requeued", "10:03:00", #"{"queue_id":"q1"}"#),
                ("ready", "10:04:00", #"{"queue_id":"q1"}"#),
            ]

        for changes in [again, again + again, again.flatMap { [$0, $0] }] {
            let row = try table(changes).row("q1")
            #expect(row.integer("requeue_count") == 1)
            #expect(row.text("status") == "ready")
        }
    }

    /// Events of one batch are recorded at one moment.
    @Test func `changes at the same moment take the log's order`() throws {
        let changes = ["enqueued", "ready", "started", "failed", "requeued", "ready", "started"]

        let table = try table(changes.map { ($0, "10:00:00", #"{"queue_id":"q"}"#) })

        #expect(try table.row("q").text("status") == "running")
        #expect(try table.row("q").integer("attempt_count") == 2)
        #expect(try table.row("q").real("wait_seconds") == 0)
    }

    @Test func `queueing has the reference's defaults`() throws {
        let table = try table([
            ("enqueued", "10:00:00", #"{"queue_id":"a","parent_issue":5,"phase_number":1}"#),
            ("enqueued", "10:00:01", #"{"queue_id":"b","phase_number":2,"depends_on_phase":1}"#),
            ("enqueued", nil, #"{"queue_id":"c","queue_position":40,"priority":"71"}"#),
            ("enqueued", nil, #"{"phase_number":3,"priority":null,"depends_on_phases":"1"}"#),
            ("enqueued", nil, #"{"queue_id":"z","queue_position":9223372036854775807}"#),
            ("enqueued", nil, #"{"queue_id":"y","priority":1e400}"#),
        ])

        let first = try table.row("a")
        #expect(first.text("status") == "ready")
        #expect(first.timestamp("ready_timestamp") == moment("10:00:00"))
        #expect(first.integer("feature_id") == 5)
        #expect(first.text("priority_name") == "normal")
        #expect(first.json("depends_on_phases") == "[]")
        #expect(try table.row("b").text("status") == "queued")
        #expect(try table.row("b").json("depends_on_phases") == "[1]")
        #expect(try table.row("b").integer("queue_position") == 2)
        #expect(try table.row("c").text("priority_name") == "background")
        // A body has no id: the event's is the phase's.
        #expect(try table.row("e4").integer("queue_position") == 41)
        #expect(try table.row("e4").integer("priority") == 50)
        #expect(try table.row("y").integer("queue_position") == nil)
        #expect(try table.row("y").integer("priority") == 50)
    }

    @Test func `a failed phase says why, and starts afresh when it is queued again`() throws {
        let failure: [Change] = [
            ("enqueued", "10:00:00", #"{"queue_id":"q1","phase_number":1}"#),
            ("started", "10:01:00", #"{"queue_id":"q1"}"#),
            ("phase_changed", "10:01:30", #"{"queue_id":"q1","current_phase":"build"}"#),
            ("failed", "10:02:00", #"{"queue_id":"q1","error_message":"no tests"}"#),
        ]
        let failed = try table(failure).row("q1")
        let again = try table(failure + [("requeued", "11:00:00", #"{"queue_id":"q1"}"#)])
        let restarted = try table(
            failure + [
                ("started", "11:00:00", #"{"queue_id":"q1"}"#),
                ("started", "10:01:00", #"{"queue_id":"q1","error_message":"late"}"#),
            ])

        #expect(failed.text("status") == "failed")
        #expect(failed.text("error_message") == "no tests")
        #expect(failed.text("current_phase") == "build")
        #expect(failed.real("run_seconds") == 60)
        #expect(try again.row("q1").text("status") == "queued")
        #expect(try again.row("q1").text("error_message") == nil)
        #expect(try again.row("q1").real("run_seconds") == nil)
        #expect(try again.row("q1").integer("requeue_count") == 1)
        #expect(try restarted.row("q1").text("status") == "running")
        #expect(try restarted.row("q1").integer("attempt_count") == 2)
        #expect(try restarted.row("q1").text("error_message") == nil)
        #expect(try restarted.row("q1").real("run_seconds") == nil)
    }

    @Test func `a blocked phase says what blocks it`() throws {
        let row = try table([
            ("enqueued", nil, #"{"queue_id":"q2","phase_number":2}"#),
            ("blocked", nil, #"{"queue_id":"q2","reason":"Phase 1 failed: no tests"}"#),
        ]).row("q2")

        #expect(row.text("status") == "blocked")
        #expect(row.text("error_message") == "Phase 1 failed: no tests")
    }

    @Test func `a phase that starts before it is ready did not wait a time`() throws {
        let row = try table([
            ("ready", "10:01:00", #"{"queue_id":"q"}"#),
            ("started", "10:00:00", #"{"queue_id":"q"}"#),
        ]).row("q")

        #expect(row.real("wait_seconds") == nil)
        #expect(row.text("status") == "ready")
    }

    @Test func `what has to name a phase and does not is quarantined`() throws {
        let table = try table([
            ("ready", nil, "{}"), ("started", nil, #"{"queue_id":5}"#),
            ("completed", nil, #"{"queue_id":""}"#), ("enqueued", nil, #"{"queue_id":[]}"#),
            ("ready", nil, #"{"queue_id":"\u00e9"}"#), ("ready", nil, #"{"queue_id":"e\u0301"}"#),
        ])

        #expect(table.count == 2)
        #expect(table.quarantinedCount == 4)
    }
}

struct QueueConfigProjectorTests {
    @Test func `pausing is a setting like any other`() throws {
        var log = MemoryLog()
        for data in [
            #"{"paused":false}"#, #"{"paused":true}"#,
            #"{"config_key":"limit","config_value":3}"#,
            #"{"config_key":"note","config_value":"slow"}"#,
            "{}", #"{"paused":"yes"}"#, #"{"config_key":"x"}"#, #"{"config_key":7}"#,
        ] {
            log.append(stream: "default", type: "queue.configured", data: data)
        }

        let table = try TableReader(folding: QueueConfigProjector.self, log)

        #expect(table.count == 3)
        #expect(table.quarantinedCount == 4)
        #expect(try table.row("queue_paused").text("config_value") == "true")
        #expect(try table.row("limit").text("config_value") == "3")
        #expect(try table.row("note").text("config_value") == "slow")
    }
}
