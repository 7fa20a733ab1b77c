import TachoLog

/// What rows of `workflow_history` come to together.
struct WorkflowTally {
    private(set) var count = 0
    private(set) var completedCount = 0
    private(set) var failedCount = 0
    private(set) var tokens: Int64 = 0
    /// Pico-dollars, of the rows that have a cost.
    private(set) var cost: Int128 = 0
    private var costCount = 0
    private var seconds: Int128 = 0
    private var durationCount = 0
    private var firstPosition: Int64?
    private var lastPosition: Int64?

    /// What ``add(_:_:)`` reads, without the columns of positions.
    static let columns = ["status", "duration_seconds", "actual_cost_total", "total_tokens"]

    private typealias Column = WorkflowHistoryProjector.Column

    mutating func add(_ row: Int, _ table: Table) {
        count += 1
        if table.text(Column.status, row, equals: "completed") { completedCount += 1 }
        if table.text(Column.status, row, equals: "failed") { failedCount += 1 }
        if let duration = table.integer(Column.durationSeconds, row) {
            seconds += Int128(duration)
            durationCount += 1
        }
        if let amount = table.money(Column.actualCostTotal, row) {
            cost += Int128(amount)
            costCount += 1
        }
        tokens = tokens.addingClamped(table.integer(Column.totalTokens, row) ?? 0)
        if let first = table.integer(table.schema.createdPositionColumn, row) {
            firstPosition = min(firstPosition ?? first, first)
        }
        if let last = table.integer(table.schema.updatedPositionColumn, row) {
            lastPosition = max(lastPosition ?? last, last)
        }
    }

    /// Pico-dollars of a row that has a cost, rounded to the nearest; `nil` if none has.
    var meanCost: Int64? {
        guard costCount > 0 else { return nil }
        let count = Int128(costCount)
        let (quotient, rest) = cost.quotientAndRemainder(dividingBy: count)
        return Int64(clamping: quotient + (2 * rest >= count ? 1 : 2 * rest <= -count ? -1 : 0))
    }

    var totalCost: Int64? { costCount > 0 ? Int64(clamping: cost) : nil }

    /// Seconds of a row that has a duration; `nil` if none has.
    var meanDuration: Double? {
        durationCount > 0 ? Double(seconds) / Double(durationCount) : nil
    }

    /// Completed of all, 0 to 1.
    var successRate: Double { Double(completedCount) / Double(count) }

    /// Adds a row for it.
    func insert(_ key: ByteString, into view: inout Table) -> Int {
        view.insert(key: key, created: firstPosition, updated: lastPosition)
    }
}

extension Int64 {
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? (other < 0 ? .min : .max) : sum
    }
}
