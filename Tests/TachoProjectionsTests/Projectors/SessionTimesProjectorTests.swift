import TachoLog
import TachoProjections
import TestSupport
import Testing

struct SessionTimesProjectorTests {
    private func fold(_ log: MemoryLog) throws -> RowReader {
        try TableReader(folding: SessionTimesProjector.self, log).row("s1")
    }

    private func hook(
        _ name: String, _ members: String = "", at clock: String, to log: inout MemoryLog
    ) {
        log.append(
            stream: "s1", type: "hook.\(name)", source: "claude-code/hook", time: moment(clock),
            data: #"{"session_id":"s1"\#(members.isEmpty ? "" : "," + members)}"#)
    }

    private func telemetry(
        _ name: String, _ attributes: String, at clock: String, to log: inout MemoryLog
    ) {
        log.append(
            stream: "s1", type: "otel.\(name)", source: "claude-code/otel", time: moment(clock),
            data: #"{"signal":"log","attributes":{"session.id":"s1",\#(attributes)}}"#)
    }

    @Test func `a session's time is that of people, tools, models, and hooks`() throws {
        var log = MemoryLog()
        let call = #""tool_name":"Bash","tool_input":{"command":"ls"}"#
        hook("SessionStart", at: "12:00:00", to: &log)
        telemetry("api_request", #""duration_ms":"2000""#, at: "12:00:03", to: &log)
        hook("PreToolUse", call + #","tool_use_id":"t""#, at: "12:00:03", to: &log)
        hook("PermissionRequest", call, at: "12:00:04", to: &log)
        hook(
            "PostToolUse", call + #","tool_use_id":"t","duration_ms":3000"#, at: "12:00:17",
            to: &log)
        telemetry("hook_execution_complete", #""total_duration_ms":500"#, at: "12:00:18", to: &log)
        hook("Notification", #""notification_type":"idle_prompt""#, at: "12:01:00", to: &log)
        hook("UserPromptSubmit", at: "12:01:40", to: &log)

        let row = try fold(log)

        #expect(row.integer("wall_ms") == 100_000)
        #expect(row.integer("model_ms") == 2000)
        #expect(row.integer("permission_wait_ms") == 10_000)
        #expect(row.integer("tool_ms") == 3000)
        #expect(row.integer("hook_ms") == 500)
        #expect(row.integer("idle_ms") == 40_000)
        #expect(row.integer("human_wait_ms") == 50_000)
        #expect(row.integer("other_ms") == 44_500)
    }

    @Test func `calls in parallel, and two views of one call, count once`() throws {
        var log = MemoryLog()
        telemetry("tool_result", #""tool_use_id":"a","duration_ms":4000"#, at: "12:00:05", to: &log)
        telemetry("tool_result", #""tool_use_id":"b","duration_ms":4000"#, at: "12:00:07", to: &log)
        hook("PreToolUse", #""tool_use_id":"a""#, at: "12:00:01", to: &log)
        hook("PostToolUse", #""tool_use_id":"a""#, at: "12:00:05", to: &log)

        let row = try fold(log)

        #expect(row.integer("tool_ms") == 6000)
        #expect(row.integer("wall_ms") == 6000)
        #expect(row.integer("other_ms") == 0)
        #expect(row.integer("model_ms") == nil)
        #expect(row.integer("human_wait_ms") == nil)
    }

    @Test func `a question whose answer has no moment is not guessed`() throws {
        var log = MemoryLog()
        let call = #""tool_name":"Bash","tool_input":{}"#
        hook("PermissionRequest", call, at: "12:00:00", to: &log)
        hook("PostToolUse", call, at: "12:10:00", to: &log)

        let row = try fold(log)

        #expect(row.integer("permission_wait_ms") == nil)
        #expect(row.integer("tool_ms") == nil)
        #expect(row.integer("other_ms") == 600_000)
    }

    @Test func `a transcript's calls count where nothing better is known`() throws {
        var log = MemoryLog()
        for (type, kind, clock) in [
            ("assistant", #""tool_use","id""#, "12:00:00"),
            ("user", #""tool_result","tool_use_id""#, "12:00:10"),
        ] {
            log.append(
                stream: "s1", type: "transcript.\(type)", source: "claude-code/transcript",
                time: moment(clock),
                data: #"{"message":{"content":[{"type":\#(kind):"t"}]}}"#)
        }
        telemetry("api_request", #""duration_ms":4000"#, at: "12:00:04", to: &log)

        let row = try fold(log)

        #expect(row.integer("tool_ms") == 6000)
        #expect(row.integer("model_ms") == 4000)
    }

    /// In whatever order, with clocks that go back, and with ends that never come.
    @Test func `the parts never exceed the time by the clock`() throws {
        let log = RandomLog.mixed(3000, seed: testSeed())

        let sessions = try TableReader(folding: SessionTimesProjector.self, log)

        var known = 0
        for row in sessions.rows {
            let wall = try #require(row.integer("wall_ms"))
            let parts = ["human_wait_ms", "tool_ms", "model_ms", "hook_ms", "other_ms"]
            let numbers = parts.compactMap { row.integer($0) }
            known += numbers.count
            #expect(numbers.allSatisfy { $0 >= 0 })
            #expect(numbers.reduce(0, +) <= wall)
            #expect(
                row.integer("human_wait_ms") ?? 0
                    >= (row.integer("permission_wait_ms") ?? 0) + (row.integer("idle_ms") ?? 0))
        }
        #expect(known > sessions.count)
    }

    @Test func `the order of intervals changes no part`() throws {
        var random = SeededRandom(testSeed())
        let intervals = (0..<40).map { _ in
            (
                Int.random(in: 0..<50, using: &random), Int.random(in: 0...9000, using: &random),
                ["api_request", "tool_result", "hook_execution_complete"].randomElement(
                    using: &random) ?? ""
            )
        }
        func parts(_ intervals: [(Int, Int, String)]) throws -> [Int64?] {
            var log = MemoryLog()
            for (second, duration, name) in intervals {
                telemetry(
                    name, #""duration_ms":\#(duration),"total_duration_ms":\#(duration)"#,
                    at: "12:00:\(second < 10 ? "0" : "")\(second)", to: &log)
            }
            let row = try fold(log)
            return ["wall_ms", "tool_ms", "model_ms", "hook_ms", "other_ms"].map(row.integer)
        }

        #expect(try parts(intervals) == parts(intervals.shuffled(using: &random)))
    }

    /// Each millisecond by itself belongs to the first kind that claims it.
    @Test func `the parts are those of counting the milliseconds one by one`() throws {
        var random = SeededRandom(testSeed())
        let kinds = ["tool_result", "api_request", "hook_execution_complete"]
        let origin = try #require(moment("12:00:00")).microseconds
        for _ in 0..<20 {
            var log = MemoryLog()
            var owners = [Int?](repeating: nil, count: 10_000)
            var first = Int.max
            var last = 0
            for _ in 0..<Int.random(in: 1...60, using: &random) {
                let kind = Int.random(in: 0..<3, using: &random)
                let end = Int.random(in: 1...10_000, using: &random)
                let duration = Int.random(in: 0...min(end, 900), using: &random)
                log.append(
                    stream: "s1", type: "otel.\(kinds[kind])", source: "claude-code/otel",
                    time: Timestamp(microseconds: origin + Int64(end) * 1000),
                    data:
                        #"{"signal":"log","attributes":{"session.id":"s1","duration_ms":\#(duration),"total_duration_ms":\#(duration)}}"#
                )
                for index in (end - duration)..<end {
                    owners[index] = min(owners[index] ?? kind, kind)
                }
                first = min(first, end - duration)
                last = max(last, end)
            }

            let row = try fold(log)

            for (kind, column) in ["tool_ms", "model_ms", "hook_ms"].enumerated() {
                let count = owners.count { $0 == kind }
                #expect(row.integer(column) ?? 0 == Int64(count), "\(column)")
            }
            #expect(row.integer("wall_ms") == Int64(last - first))
            #expect(row.integer("other_ms") == Int64(owners[first..<last].count { $0 == nil }))
        }
    }
}
