import TachoInsights
import TachoLog
import Testing

struct LatencyAnalysisTests {
    private static let now = Timestamp(milliseconds: 1_769_860_800_000)

    private func row(daysAgo: Int, _ phases: KeyValuePairs<String, Double>) -> HistoryRow {
        var row = HistoryRow(id: "w\(daysAgo)")
        row.status = "completed"
        row.createdAt = Self.now.adding(days: -daysAgo)
        row.durationSeconds = 1000
        row.phaseSeconds = phases.map { HistoryRow.PhaseAmount(phase: $0.key, amount: $0.value) }
        return row
    }

    private func analysis(_ rows: [HistoryRow]) -> LatencyAnalysis {
        LatencyAnalysis(of: rows, in: TimeSpan(days: 30, now: Self.now))
    }

    @Test func `of equally slow phases, one of the newest workflow comes first`() {
        let rows = [
            row(daysAgo: 3, ["plan": 400]), row(daysAgo: 1, ["document": 400]),
            row(daysAgo: 2, ["ship": 400]),
        ]
        let analysis = analysis(rows)
        #expect(analysis.summary.slowestPhase == "document")
        #expect(analysis.bottlenecks().map(\.phase) == ["document", "ship", "plan"])
        #expect(analysis.recommendations.map(\.phase) == ["document", "ship", "plan"])
    }

    @Test func `of equally slow phases of one workflow, the shortest name comes first`() {
        let analysis = analysis([
            row(daysAgo: 1, ["validate": 400, "test": 400, "Plan": 400, "build": 400])
        ])
        #expect(analysis.summary.slowestPhase == "Plan")
        #expect(analysis.bottlenecks().map(\.phase) == ["Plan", "test", "build", "validate"])
        #expect(analysis.recommendations.map(\.phase) == ["Plan", "test", "build"])
    }
}
