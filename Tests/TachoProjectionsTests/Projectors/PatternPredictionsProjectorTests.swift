import TachoProjections
import Testing

struct PatternPredictionsProjectorTests {
    private func table(_ events: (String, String)...) throws -> TableReader {
        var log = MemoryLog()
        for (name, data) in events {
            log.append(stream: "patterns", type: "pattern.\(name)", data: data)
        }
        return try TableReader(folding: PatternPredictionsProjector.self, log)
    }

    @Test func `a prediction is a row, and its check goes into it`() throws {
        let table = try table(
            (
                "predicted",
                #"{"pattern_id":"fix:bug","request_id":"wf-w1","confidence_score":0.6,"reasoning":"says fix"}"#
            ),
            ("validated", #"{"pattern_id":"fix:bug","request_id":"w1","was_correct":false}"#))

        let row = try table.row("fix:bug|w1")
        #expect(table.count == 1)
        #expect(row.text("request_id") == "w1")
        #expect(row.real("confidence_score") == 0.6)
        #expect(row.text("reasoning") == "says fix")
        #expect(row.boolean("was_correct") == false)
        #expect(row.integer("created_position") == 1)
        #expect(row.integer("updated_position") == 2)
    }

    @Test func `what is predicted and checked again has the newest word`() throws {
        let table = try table(
            ("validated", #"{"pattern_id":"p","request_id":7,"was_correct":false}"#),
            ("predicted", #"{"pattern_id":"p","workflow_id":"7","confidence_score":0.6}"#),
            ("predicted", #"{"pattern_name":"p","adw_id":"7","confidence_score":0.7}"#),
            ("validated", #"{"pattern_id":"p","request_id":"7","was_correct":true}"#))

        let row = try table.row("p|7")
        #expect(table.count == 1)
        #expect(row.real("confidence_score") == 0.7)
        #expect(row.boolean("was_correct") == true)
    }

    @Test func `without a pattern, a request, or a verdict it is kept aside`() throws {
        let table = try table(
            ("predicted", #"{"request_id":"w1"}"#), ("predicted", #"{"pattern_id":"p"}"#),
            ("predicted", #"{"pattern_id":"p","request_id":[]}"#),
            ("validated", #"{"pattern_id":"p","request_id":"w1","was_correct":"yes"}"#))

        #expect(table.count == 0)
        #expect(table.quarantinedCount == 4)
    }
}
