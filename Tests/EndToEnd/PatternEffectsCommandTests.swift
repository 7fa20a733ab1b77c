import Foundation
import TestSupport
import Testing

/// What `tacho patterns` says of a tool after it came: proven, a loss, or not proven.
struct PatternEffectsCommandTests {
    private static let pattern = "test:pytest:backend"

    private static func event(
        _ stream: String, _ type: String, _ day: Int, _ number: Int, _ data: String
    ) -> String {
        let time = "2026-03-\(day < 10 ? "0" : "")\(day)T10:\(10 + number):00Z"
        return #"{"stream":"\#(stream)","type":"\#(type)","source":"adw/state","time":"\#(time)","#
            + #""data":\#(data)}"#
    }

    /// Runs of the tests and as many builds on each side of the day on which the tool came.
    ///
    /// A run of the tests costs 2 dollars before it and `after` behind it.
    private static func fill(_ tacho: Program, after: Double, runs: Int = 12) throws {
        var random = SeededRandom(testSeed())
        var lines: [String] = []
        for day in [1, 9] {
            for number in 0..<runs {
                for (name, input, mean) in [
                    ("t", "run pytest for the server", day == 1 ? 2 : after),
                    ("b", "compile the frontend", 3),
                ] {
                    let id = "\(name)-\(day)-\(number)"
                    let start = "2026-03-0\(day)T10:\(10 + number):00Z"
                    lines.append(
                        event(
                            id, "state.snapshot", day, number,
                            #"{"adw_id":"\#(id)","nl_input":"\#(input)","status":"running","start_time":"\#(start)"}"#
                        ))
                    let cost = mean + Double.random(in: -0.2...0.2, using: &random)
                    lines.append(
                        event(
                            id, "workflow.completed", day, number,
                            #"{"adw_id":"\#(id)","cost_usd":\#(cost)}"#))
                }
            }
            if day == 1 {
                lines.append(
                    event(
                        "patterns", "pattern.reviewed", 5, 0,
                        #"{"pattern_id":"\#(pattern)","action":"approved","confidence_score":0.5}"#
                    ))
                lines.append(
                    event(
                        "patterns", "pattern.implemented", 5, 1,
                        #"{"pattern_id":"\#(pattern)","tool_name":"run_tests","implementation_cost_usd":"9"}"#
                    ))
            }
        }
        let result = try tacho.run(
            ["append", "--envelope", "--quiet"],
            input: Data(lines.map { $0 + "\n" }.joined().utf8))
        #expect(result.status == 0, "\(result.errors)")
    }

    /// Executions that say of themselves how good they are.
    private static func execute(_ tacho: Program, success: Bool, saved: Double) throws {
        let data =
            #"{"pattern_id":"\#(pattern)","success":\#(success),"actual_cost":\#(1 - saved),"estimated_cost":1}"#
        let result = try tacho.run(
            ["append", "--type", "pattern.executed", "--quiet"],
            input: Data(String(repeating: data + "\n", count: 4).utf8))
        #expect(result.status == 0, "\(result.errors)")
    }

    private static func recommended(_ tacho: Program) throws -> [String: Any] {
        let rows = try tacho.run("patterns", "recommend", "--json").rows()
        return try #require(rows.first { $0["id"] as? String == pattern })
    }

    @Test func `a proven saving is to be used everywhere, and raises the confidence`() throws {
        let tacho = try Program()
        try Self.fill(tacho, after: 1)

        let found = try Self.recommended(tacho)
        let roi = try tacho.run("patterns", "roi", Self.pattern, "--record", "--json").data()
        let history = try tacho.run("table", "pattern_confidence_history", "--json").rows()

        #expect(found["action"] as? String == "activate")
        #expect(found["severity"] as? String == "medium")
        #expect((found["reason"] as? String)?.contains("proven; 12 before, 12 after") == true)
        #expect(roi["measured"] as? String == "proven")
        // All went well: 1 + a return of half, ÷ 1000, and never above 1.
        #expect(roi["measured_confidence"] as? Double == 1)
        #expect(history.compactMap { $0["new_confidence"] as? Double } == [0.5, 1])
        let command = try #require(found["command"] as? String).split(separator: " ").dropFirst()
        let activated = try tacho.run(command.map(String.init))
        #expect(activated.status == 0, "\(activated.errors)")
        let rows = try tacho.run("patterns", "recommend", "--json").rows()
        #expect(!rows.contains { $0["id"] as? String == Self.pattern })
    }

    @Test func `a proven loss is told, however good executions find themselves`() throws {
        let tacho = try Program()
        try Self.fill(tacho, after: 3)
        try Self.execute(tacho, success: true, saved: 0.9)

        let found = try Self.recommended(tacho)
        let roi = try tacho.run("patterns", "roi", Self.pattern, "--json").data()

        #expect(found["action"] as? String == "deprecate")
        #expect(found["severity"] as? String == "high")
        #expect(roi["measured"] as? String == "loss")
        // 1 − 50 ÷ 1000 − 50 ÷ 100, and 12 ÷ 1000 for the work that shows it.
        let confidence = try #require(roi["measured_confidence"] as? Double)
        #expect(abs(confidence - 0.46) < 0.1)
    }

    @Test func `a proven saving keeps a tool whose executions call themselves poor`() throws {
        let tacho = try Program()
        try Self.fill(tacho, after: 1)
        try Self.execute(tacho, success: true, saved: -0.5)

        #expect(try Self.recommended(tacho)["action"] as? String == "activate")
    }

    @Test func `what is not proven is told with its interval, and gives no return`() throws {
        let tacho = try Program()
        try Self.fill(tacho, after: 2)

        let found = try Self.recommended(tacho)
        let roi = try tacho.run("patterns", "roi", Self.pattern, "--json").data()

        #expect(found["action"] as? String == "look again")
        #expect((found["reason"] as? String)?.hasPrefix("not proven: each saves $") == true)
        #expect(roi["measured_return"] as? Double == 0)
    }

    @Test func `too little work is to be waited for, and records nothing`() throws {
        let tacho = try Program()
        try Self.fill(tacho, after: 1, runs: 3)

        let found = try Self.recommended(tacho)
        let recorded = try tacho.run("patterns", "roi", Self.pattern, "--record")

        #expect(found["action"] as? String == "wait")
        #expect(
            found["reason"] as? String
                == "too few to measure: 3 before, 3 after, of 8 each")
        #expect(recorded.status == 1)
        #expect(recorded.errors.contains("nothing to record"))
        let history = try tacho.run("table", "pattern_confidence_history", "--json").rows()
        #expect(history.count == 1)
    }
}
