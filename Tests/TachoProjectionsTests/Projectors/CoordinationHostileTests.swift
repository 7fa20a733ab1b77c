import TachoLog
import TachoProjections
import TestSupport
import Testing

/// What every one of these tables takes without falling, whatever is sent.
struct CoordinationHostileTests {
    private static let names = [
        "user_prompts", "work_log", "webhook_events", "adw_locks", "phase_queue", "queue_config",
        "adw_tools", "cost_savings_log",
    ]

    private static let values = [
        "null", "true", "0", "-1", "1e400", "-9223372036854775808", "9223372036854775807",
        "18446744073709551616", "0.1", "-0.0", "\"\"", "\"x\"", "\"\\u0000\"", "\"\\u00e9\"",
        "\"e\\u0301\"", "\"9999-12-31T23:59:59.999999Z\"", "\"0000-01-01T00:00:00Z\"",
        "\"wf-\"", "[]", "{}", "[[[]]]", "{\"adw_id\":{\"adw_id\":[]}}",
    ]

    /// Each member alone with each value, beside ids that are good.
    @Test(arguments: names)
    func `any value in any member folds alike however it comes`(name: String) throws {
        let projector = try #require(allProjectors.first { $0.name == name })
        let members = projector.schema.columns.map(\.name) + ["id", "paused", "cost_usd"]
        let good =
            #""request_id":"r","session_id":"s","entry_id":"e","queue_id":"q","tool_name":"t","issue_number":1,"adw_id":"a","tool_call_id":"c","webhook_id":"h""#
        var log = MemoryLog()
        for type in projector.inputs {
            for member in members {
                for value in Self.values {
                    // The first member of a name counts.
                    log.append(
                        stream: "s", type: "\(type)", data: #"{"\#(member)":\#(value),\#(good)}"#)
                }
            }
        }

        try ProjectorLaws(of: projector, on: log, checkpointLimit: 2).check()
    }

    @Test(arguments: names)
    func `times at both ends of the calendar have no impossible distance`(name: String) throws {
        let projector = try #require(allProjectors.first { $0.name == name })
        var log = MemoryLog()
        for year in ["0001", "9999", "0001"] {
            for type in projector.inputs {
                log.append(
                    stream: "s", type: "\(type)",
                    time: Timestamp(iso8601: "\(year)-01-01T00:00:00Z"),
                    data:
                        #"{"request_id":"r","session_id":"s","entry_id":"e","queue_id":"q","tool_name":"t","issue_number":1,"adw_id":"a","webhook_id":"h","paused":true}"#
                )
            }
        }

        try ProjectorLaws(of: projector, on: log).check()
        #expect(try TableReader(folding: projector, log).quarantinedCount == 0)
    }
}
