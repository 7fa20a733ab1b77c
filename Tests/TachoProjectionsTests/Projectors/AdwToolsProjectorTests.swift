import TachoLog
import TachoProjections
import Testing

struct AdwToolsProjectorTests {
    private func log(_ events: [(type: String, data: String)]) -> MemoryLog {
        var log = MemoryLog()
        for event in events {
            log.append(
                stream: "default", type: "tool.\(event.type)", time: moment("10:00:00"),
                data: event.data)
        }
        return log
    }

    private func table(_ events: [(type: String, data: String)]) throws -> TableReader {
        try TableReader(folding: AdwToolsProjector.self, log(events))
    }

    private func calls(_ data: [String]) throws -> RowReader {
        try table(data.map { ("call", #"{"tool_name":"t",\#($0)}"#) }).row("t")
    }

    @Test func `the registry says what a tool is`() throws {
        let registered = (
            "registered",
            #"{"tool_name":"run_tests","description":"Runs them","tool_schema":{"type":"object"},"script_path":"t.py","input_patterns":["run tests"],"output_format":{"passed":"int"}}"#
        )
        let updated = (
            "updated", #"{"tool_name":"run_tests","description":"All","status":"experimental"}"#
        )
        let deprecated = ("deprecated", #"{"tool_name":"run_tests"}"#)

        let first = try table([registered]).row("run_tests")
        let second = try table([registered, updated]).row("run_tests")
        let third = try table([registered, updated, deprecated]).row("run_tests")
        let fourth = try table([registered, deprecated, registered]).row("run_tests")

        #expect(first.text("description") == "Runs them")
        #expect(first.json("tool_schema") == #"{"type":"object"}"#)
        #expect(first.text("script_path") == "t.py")
        #expect(first.json("input_patterns") == #"["run tests"]"#)
        #expect(first.json("output_format") == #"{"passed":"int"}"#)
        #expect(first.text("status") == "active")
        #expect(first.integer("total_invocations") == 0)
        #expect(first.real("success_rate") == nil)
        #expect(first.timestamp("registered_at") == moment("10:00:00"))
        #expect(second.text("description") == "All")
        #expect(second.text("script_path") == "t.py")
        #expect(second.text("status") == "experimental")
        #expect(third.text("status") == "deprecated")
        #expect(fourth.text("status") == "active")
    }

    @Test func `a tool that was never registered is known by its calls`() throws {
        let row = try calls([
            #""success":true"#, #""success":false,"called_at":"2026-01-02T11:00:00Z""#,
        ])

        #expect(row.text("description") == nil)
        #expect(row.text("status") == nil)
        #expect(row.integer("total_invocations") == 2)
        #expect(row.real("success_rate") == 0.5)
        #expect(row.timestamp("last_invoked") == moment("11:00:00"))
        #expect(row.timestamp("registered_at") == nil)
    }

    /// Semantics §1.4: (average × invocations before + new) ÷ (invocations before + 1).
    @Test func `averages run over all calls, each where it is given`() throws {
        let row = try calls([
            #""duration_seconds":4,"tokens_consumed":100,"cost_usd":0.3"#,
            #""duration_seconds":8,"cost_usd":0.1"#,
            #""success":true"#,
            #""duration_ms":2000,"tokens_used":300"#,
        ])

        #expect(row.integer("total_invocations") == 4)
        #expect(row.real("avg_duration_seconds") == 5)
        #expect(row.real("avg_tokens_consumed") == 150)
        #expect(row.money("avg_cost_usd") == 200_000_000_000)
    }

    @Test func `a call is counted once, and may end later or otherwise`() throws {
        let begun = #""tool_call_id":"tc-1""#
        let other = #""tool_call_id":"tc-2","success":true,"duration_seconds":2"#
        let failed = #""tool_call_id":"tc-1","success":false,"duration_seconds":4"#
        let succeeded = #""tool_call_id":"tc-1","success":true,"duration_seconds":9"#

        let one = try calls([begun, other])
        #expect(one.integer("total_invocations") == 2)
        #expect(one.real("success_rate") == 1)
        let two = try calls([begun, other, failed])
        #expect(two.integer("total_invocations") == 2)
        #expect(two.real("success_rate") == 0.5)
        #expect(two.real("avg_duration_seconds") == 2.5)
        let three = try calls([begun, other, failed, succeeded, succeeded])
        #expect(three.integer("total_invocations") == 2)
        #expect(three.integer("success_count") == 2)
        #expect(three.integer("failure_count") == 0)
        #expect(three.real("success_rate") == 1)
        #expect(three.real("avg_duration_seconds") == 2.5)
    }

    @Test func `ids are bytes, of any length, and of one tool`() throws {
        let long = String(repeating: "x", count: 10_000)
        let table = try table([
            ("call", #"{"tool_name":"a","tool_call_id":"\u00e9"}"#),
            ("call", #"{"tool_name":"a","tool_call_id":"e\u0301"}"#),
            ("call", #"{"tool_name":"a","tool_call_id":"\#(long)1"}"#),
            ("call", #"{"tool_name":"a","tool_call_id":"\#(long)2"}"#),
            ("call", #"{"tool_name":"a","tool_call_id":"\#(long)2"}"#),
            ("call", #"{"tool_name":"a","tool_call_id":7}"#),
            ("call", #"{"tool_name":"a","tool_call_id":7}"#),
            ("call", #"{"tool_name":"\#(long)","tool_call_id":"\#(long)2"}"#),
            ("call", #"{"tool_name":"\u00e9"}"#), ("call", #"{"tool_name":"e\u0301"}"#),
        ])

        #expect(table.count == 4)
        // A number is no id: these two are their events.
        #expect(try table.row("a").integer("total_invocations") == 6)
        #expect(try table.row(long).integer("total_invocations") == 1)
    }

    @Test func `what a call cannot have taken is not averaged`() throws {
        let row = try calls([
            #""duration_seconds":-1,"tokens_used":-5,"cost_usd":-0.1"#,
            #""duration_seconds":"4","tokens_used":1.5,"cost_usd":1e300"#,
            #""duration_seconds":1e999,"tokens_used":99999999999999999999"#,
        ])

        #expect(row.integer("total_invocations") == 3)
        #expect(row.real("avg_duration_seconds") == nil)
        #expect(row.real("avg_tokens_consumed") == nil)
        #expect(row.money("avg_cost_usd") == nil)
        let huge = try calls(
            Array(repeating: #""duration_seconds":1.7e308,"cost_usd":9000000"#, count: 3))
        #expect(huge.real("avg_duration_seconds") == 1.7e308)
        #expect(huge.money("avg_cost_usd") == 9_000_000_000_000_000_000)
    }

    @Test func `a call or a registration without a tool is quarantined`() throws {
        let table = try table([
            ("call", #"{"tool_call_id":"x","success":true}"#), ("call", #"{"tool_name":7}"#),
            ("registered", #"{"tool_name":""}"#), ("deprecated", "{}"),
        ])

        #expect(table.count == 0)
        #expect(table.quarantinedCount == 4)
    }

    /// More calls than the newer cells that remember them hold; some are told of once more, after
    /// as many others as there are cells for.
    @Test func `calls are known again through all cells, and after a snapshot`() throws {
        let count = 4200
        func event(_ call: Int, _ success: Bool) -> (String, String) {
            ("call", #"{"tool_name":"t","tool_call_id":"tc-\#(call)","success":\#(success)}"#)
        }
        let again = stride(from: 0, to: count, by: 10)
        let log = log((0..<count).map { event($0, false) } + again.map { event($0, true) })

        let row = try TableReader(folding: AdwToolsProjector.self, log).row("t")

        #expect(row.integer("total_invocations") == Int64(count))
        #expect(row.integer("success_count") == Int64(count / 10))
        try ProjectorLaws(of: AdwToolsProjector.self, on: log, checkpointLimit: 4).check()
    }
}
