import TachoLog
import TachoProjections
import TestSupport
import Testing

struct PatternLifeCycleTests {
    private func log(_ events: (type: String, data: String)...) -> MemoryLog {
        var log = MemoryLog()
        for event in events {
            log.append(
                stream: "default", type: "pattern.\(event.type)", source: "x", data: event.data)
        }
        return log
    }

    @Test func `a review keeps what the reviewer saw, a rejection its reason`() throws {
        let log = log(
            (
                "reviewed",
                #"{"pattern_id":"p","action":"submitted","confidence_score":0.8,"occurrence_count":12,"estimated_savings_usd":1.5,"tool_sequence":"Read→Edit","example_sessions":["s"]}"#
            ), ("reviewed", #"{"pattern_id":"p","action":"rejected","reason":"risky"}"#))

        let row = try TableReader(folding: PatternApprovalsProjector.self, log).row("p")
        let history = try TableReader(folding: PatternReviewHistoryProjector.self, log)

        #expect(row.text("status") == "rejected")
        #expect(row.text("approval_notes") == "REJECTED: risky")
        #expect(row.text("reviewed_by") == "system")
        #expect(row.real("confidence_score") == 0.8)
        #expect(row.money("estimated_savings_usd") == 1_500_000_000_000)
        #expect(row.text("tool_sequence") == "Read→Edit")
        #expect(history.count == 2)
        #expect(try history.row("e2").text("notes") == "risky")
        #expect(try history.row("e2").text("action") == "rejected")
    }

    @Test func `what decided by itself is who decided last`() throws {
        let log = log(
            ("reviewed", #"{"pattern_id":"p","action":"approved","reviewer":"ada","notes":"yes"}"#),
            ("reviewed", #"{"pattern_id":"p","action":"auto-rejected","notes":"fell below 0.7"}"#))

        let row = try TableReader(folding: PatternApprovalsProjector.self, log).row("p")

        #expect(row.text("status") == "auto-rejected")
        #expect(row.text("reviewed_by") == "system")
        #expect(row.text("approval_notes") == "REJECTED: fell below 0.7")
    }

    @Test func `a comment is history and decides nothing`() throws {
        let log = log(
            ("reviewed", #"{"pattern_id":"p","action":"approved","reviewer":"ada"}"#),
            ("commented", #"{"pattern_id":"p","reviewer":"bob","comment":"hm"}"#))

        let history = try TableReader(folding: PatternReviewHistoryProjector.self, log)

        #expect(try history.row("e2").text("action") == "commented")
        #expect(try history.row("e2").text("notes") == "hm")
        #expect(
            try TableReader(folding: PatternApprovalsProjector.self, log).row("p")
                .text("reviewed_by") == "ada")
    }

    @Test func `the fold's return is that of the list`() throws {
        let log = log(
            (
                "executed",
                #"{"pattern_id":"p","success":true,"execution_time_seconds":10,"estimated_time_seconds":40,"actual_cost":0.25,"estimated_cost":1}"#
            ),
            (
                "executed",
                #"{"pattern_name":"p","success":false,"execution_time_seconds":10,"estimated_time_seconds":40,"actual_cost":0.25,"estimated_cost":1}"#
            ),
            (
                "executed",
                #"{"pattern_id":"p","success":true,"execution_time_seconds":50,"estimated_time_seconds":40,"cost_usd":1.25,"estimated_cost":1}"#
            ))
        let expected = PatternReturn(of: [
            .init(seconds: 10, estimatedSeconds: 40, cost: 0.25, estimatedCost: 1, isSuccess: true),
            .init(
                seconds: 10, estimatedSeconds: 40, cost: 0.25, estimatedCost: 1, isSuccess: false),
            .init(seconds: 50, estimatedSeconds: 40, cost: 1.25, estimatedCost: 1, isSuccess: true),
        ])

        let row = try TableReader(folding: PatternRoiSummaryProjector.self, log).row("p")
        let history = try TableReader(folding: PatternConfidenceHistoryProjector.self, log)

        #expect(row.integer("total_executions") == 3)
        #expect(row.real("success_rate") == expected.successRate)
        #expect(row.real("total_time_saved_seconds") == expected.savedSeconds)
        #expect(row.money("total_cost_saved_usd") == 500_000_000_000)
        #expect(row.real("roi_percentage") == expected.percent)
        #expect(row.text("effectiveness") == expected.effectiveness)
        #expect(
            try history.row("e3").real("new_confidence")
                == PatternReview.confidence(
                    successRate: expected.successRate, returnPercent: expected.percent,
                    executionCount: 3))
        #expect(
            try history.row("e3").real("old_confidence")
                == history.row("e2").real("new_confidence"))
    }

    @Test func `what an execution does not say is unknown and saves nothing`() throws {
        let log = log(
            ("executed", #"{"pattern_id":5}"#),
            ("executed", #"{"pattern_id":"5","success":true,"actual_cost":[],"estimated_cost":1}"#),
            ("executed", #"{"pattern_id":"5","success":true,"execution_time_seconds":1e300}"#))

        let row = try TableReader(folding: PatternRoiSummaryProjector.self, log).row("5")
        let executions = try TableReader(folding: PatternExecutionsProjector.self, log)

        #expect(row.integer("total_executions") == 3)
        #expect(row.integer("successful_executions") == 2)
        #expect(row.money("total_cost_saved_usd") == 0)
        #expect(row.real("total_time_saved_seconds") == 0)
        #expect(try executions.row("e1").boolean("success") == nil)
        #expect(try executions.row("e2").money("actual_cost") == nil)
    }

    @Test func `confidence by sums is confidence by list`() {
        var random = SeededRandom(testSeed())
        for _ in 0..<200 {
            let count = Int.random(in: 1...12, using: &random)
            let occurrences = (0..<count).map { _ in
                PatternConfidence.Occurrence(
                    durationSeconds: Double(Int.random(in: 0...90, using: &random)),
                    errorCount: Double(Int.random(in: 0...1, using: &random)),
                    retryCount: Double(Int.random(in: 0...3, using: &random)))
            }
            let durations = occurrences.map(\.durationSeconds).filter { $0 != 0 }
            let size = Double(durations.count)
            let mean = durations.reduce(0, +) / max(1, size)
            let squares = durations.reduce(0) { $0 + $1 * $1 } / max(1, size)
            let evidence = PatternConfidence.Evidence(
                durationVariance: size > 1 ? squares - mean * mean : nil,
                meanErrors: occurrences.compactMap(\.errorCount).reduce(0, +) / Double(count),
                meanRetries: occurrences.map(\.retryCount).reduce(0, +) / Double(count))

            #expect(
                PatternConfidence.score(count: count, evidence)
                    == PatternConfidence.score(count: count, occurrences: occurrences))
        }
    }
}
