import TachoLog
import TachoProjections
import Testing

struct CostSavingsLogProjectorTests {
    private func table(_ lines: String...) throws -> TableReader {
        var log = MemoryLog()
        for line in lines { log.append(stream: "default", type: "savings.recorded", data: line) }
        return try TableReader(folding: CostSavingsLogProjector.self, log)
    }

    @Test func `an event is a row, its money whole pico-dollars`() throws {
        let row = try table(
            #"{"optimization_type":"pattern_offload","workflow_id":"wf-a1","tool_call_id":"tc-1","pattern_id":7,"baseline_tokens":1000,"actual_tokens":"200","tokens_saved":750,"cost_saved_usd":0.1,"saved_at":"2026-01-02T10:00:00Z","notes":"n"}"#
        ).row("e1")

        #expect(row.text("optimization_type") == "pattern_offload")
        #expect(row.boolean("is_known_type") == true)
        #expect(row.text("workflow_id") == "a1")
        #expect(row.text("tool_call_id") == "tc-1")
        #expect(row.text("pattern_id") == "7")
        #expect(row.integer("actual_tokens") == 200)
        // What is said goes before what follows.
        #expect(row.integer("tokens_saved") == 750)
        #expect(row.money("cost_saved_usd") == 100_000_000_000)
        #expect(row.timestamp("saved_at") == moment("10:00:00"))
        #expect(row.text("notes") == "n")
    }

    @Test func `a loss keeps its sign, and an unknown type its name`() throws {
        let row = try table(
            #"{"optimization_type":"guess","baseline_tokens":10,"actual_tokens":25,"cost_saved_usd":"-0.5"}"#
        ).row("e1")

        #expect(row.text("optimization_type") == "guess")
        #expect(row.boolean("is_known_type") == false)
        #expect(row.integer("tokens_saved") == -15)
        #expect(row.money("cost_saved_usd") == -500_000_000_000)
    }

    @Test func `what is not said, of another kind, or too large is unknown`() throws {
        let table = try table(
            "{}",
            #"{"optimization_type":5,"baseline_tokens":[],"actual_tokens":1,"cost_saved_usd":1e300}"#,
            #"{"baseline_tokens":9223372036854775807,"actual_tokens":-1}"#,
            #"{"baseline_tokens":99999999999999999999,"actual_tokens":1,"saved_at":"soon"}"#)

        #expect(table.count == 4)
        for row in table.rows {
            #expect(row.text("optimization_type") == nil)
            #expect(row.boolean("is_known_type") == nil)
            #expect(row.integer("tokens_saved") == nil)
            #expect(row.money("cost_saved_usd") == nil)
            #expect(row.timestamp("saved_at") != nil)
        }
    }
}
