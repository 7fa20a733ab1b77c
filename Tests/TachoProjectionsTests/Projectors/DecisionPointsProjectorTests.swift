import TachoLog
import TachoProjections
import Testing

struct DecisionPointsProjectorTests {
    private func fold(_ log: MemoryLog) throws -> TableReader {
        try TableReader(folding: DecisionPointsProjector.self, log)
    }

    private let decision =
        #"{"decision_id":"d1","adw_id":"wf-w1","phase":"Test","session_id":"s1","decision_type":"retry_or_modify","available_options":["retry",{"modify":1}],"chosen_option":"retry","decision_factors":{"previous_attempts":2},"time_to_decide_ms":840.9}"#

    @Test func `a decision is a row, and its outcome is told later`() throws {
        var log = MemoryLog()
        log.append(
            stream: "w1", type: "decision.recorded", time: moment("10:00:00"), data: decision)
        log.append(
            stream: "w1", type: "decision.outcome", time: moment("10:05:00"),
            data: #"{"decision_id":"d1","outcome":"tests passed"}"#)

        let table = try fold(log)

        #expect(table.count == 1)
        let row = try table.row("d1")
        #expect(row.text("adw_id") == "w1")
        #expect(row.text("session_id") == "s1")
        #expect(row.text("phase") == "Test")
        #expect(row.text("decision_type") == "retry_or_modify")
        #expect(row.json("available_options") == #"["retry",{"modify":1}]"#)
        #expect(row.integer("option_count") == 2)
        #expect(row.text("chosen_option") == "retry")
        #expect(row.json("decision_factors") == #"{"previous_attempts":2}"#)
        #expect(row.integer("time_to_decide_ms") == 840)
        #expect(row.timestamp("decided_at") == moment("10:00:00"))
        #expect(row.text("outcome") == "tests passed")
        #expect(row.timestamp("outcome_at") == moment("10:05:00"))
        #expect(row.integer("updated_position") == 2)
    }

    @Test func `an outcome that comes first waits for its decision`() throws {
        var log = MemoryLog()
        log.append(
            stream: "w1", type: "decision.outcome", time: moment("10:05:00"),
            data: #"{"decision_id":"d1","outcome":"tests passed"}"#)
        log.append(
            stream: "w1", type: "decision.recorded", time: moment("10:00:00"),
            data: decision.replacing("}}", with: "}").replacing(
                #""chosen_option":"retry""#, with: #""chosen_option":"retry","outcome":"guess""#
            )
            .replacing(#","time_to_decide_ms":840.9"#, with: ""))

        let row = try fold(log).row("d1")

        #expect(row.text("chosen_option") == "retry")
        #expect(row.timestamp("decided_at") == moment("10:00:00"))
        #expect(row.text("outcome") == "tests passed")
        #expect(row.timestamp("outcome_at") == moment("10:05:00"))
    }

    @Test func `a decision without an id is kept under the event's, and by its session`() throws {
        var log = MemoryLog()
        log.append(
            stream: "s7", type: "decision.recorded",
            data: #"{"session_id":"s7","available_options":"all","time_to_decide_ms":-1}"#)

        let row = try fold(log).row("e1")

        #expect(row.text("adw_id") == nil, "the stream is the session")
        #expect(row.json("available_options") == nil)
        #expect(row.integer("option_count") == nil)
        #expect(row.integer("time_to_decide_ms") == nil)
    }

    @Test func `an outcome of nothing is quarantined`() throws {
        var log = MemoryLog()
        for data in [#"{"outcome":"x"}"#, #"{"decision_id":""}"#, #"{"decision_id":"d1"}"#] {
            log.append(stream: "w1", type: "decision.outcome", data: data)
        }

        let table = try fold(log)

        #expect(table.count == 0)
        #expect(table.quarantinedCount == 3)
    }
}
