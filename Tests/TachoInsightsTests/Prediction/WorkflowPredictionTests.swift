import TachoInsights
import TachoLog
import Testing

struct WorkflowPredictionTests {
    private func row(
        _ id: String, cost: Double? = nil, seconds: Double? = nil, status: String = "completed",
        template: String = "t", hour: Double = 0
    ) -> HistoryRow {
        var row = HistoryRow(id: id)
        row.cost = cost
        row.durationSeconds = seconds
        row.status = status
        row.template = template
        row.createdAt = Timestamp(microseconds: 0).adding(hours: hour)
        return row
    }

    private let any = CostPrediction.Kind(template: "", model: "", complexity: "")

    @Test func `a range holds the middle four fifths of those alike`() throws {
        let rows = (0...10).map { row("w\($0)", cost: Double($0 + 1), seconds: Double($0 * 10)) }

        let found = WorkflowPrediction(of: any, among: rows)

        let costs = try #require(found.costs)
        #expect(costs.low == 2 && costs.median == 6 && costs.high == 10)
        #expect(found.cost?.cost == 6 && found.cost?.confidence == 100)
        // No time at all is none.
        #expect(found.seconds?.count == 10)
        #expect(found.successRate == 100)
    }

    @Test func `what has not ended tells its cost, but no duration and no success`() {
        let rows = [
            row("a", cost: 1, seconds: 60, status: "running", hour: 1),
            row("b", cost: 3, seconds: 90, status: "failed", hour: 2),
            row("c", cost: 9, seconds: 30, template: "u", hour: 3),
        ]

        let found = WorkflowPrediction(
            of: CostPrediction.Kind(template: "t", model: "", complexity: ""), among: rows)

        #expect(found.basis.map(\.id) == ["b", "a"])
        #expect(found.cost?.cost == 2)
        #expect(found.seconds == nil)
        #expect(found.successRate == 0)
    }

    @Test func `nothing alike predicts nothing`() {
        let found = WorkflowPrediction(of: any, among: [row("a")])

        #expect(found.cost == nil && found.costs == nil && found.seconds == nil)
    }

    @Test func `a review leaves each workflow out of those like it`() {
        // Of 1, 1, 4 with one left out: 2.5, 2.5, 1; of all others, with a 6 of another kind beside
        // it, 11/3, 11/3, 8/3.
        let rows = [
            row("a", cost: 1), row("b", cost: 1), row("c", cost: 4),
            row("d", cost: 6, template: "u"),
        ]

        let review = PredictionReview(of: rows)

        #expect(review.count == 3)
        #expect(review.error == 150)
        #expect(abs(review.blindError - 800.0 / 3) < 1e-9)
        #expect(PredictionReview(of: []).count == 0)
    }
}
