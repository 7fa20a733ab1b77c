import TachoLog

/// What rows of `workflow_history` come to together.
struct WorkflowTally {
    private var count = 0
    private var completedCount = 0
    private var failedCount = 0
    private var tokens: Int64 = 0
    /// Pico-dollars, of the rows that have a cost.
    private var cost: Int128 = 0
    private var costCount = 0
    private var seconds: Int128 = 0
    private var durationCount = 0
    private var firstPosition: Int64?
    private var lastPosition: Int64?

    /// What ``add(_:_:)`` reads, without the columns of positions.
    static let columns = ["status", "duration_seconds", "actual_cost_total", "total_tokens"]

    // Columns of views, which ``insert(_:into:)`` sets where a view has them.
    static let counts = [
        ColumnDefinition("total_workflows", .integer, summary: "How many there are."),
        ColumnDefinition("completed_workflows", .integer, summary: "Those of status completed."),
        ColumnDefinition("failed_workflows", .integer, summary: "Those of status failed."),
    ]
    static let meanDuration = ColumnDefinition(
        "avg_duration", .real, summary: "Mean of duration_seconds, of those that have one.")
    static let totalCost = ColumnDefinition(
        "total_cost", .money, summary: "Sum of actual_cost_total; unknown if none has one.")
    static let meanCost = ColumnDefinition(
        "avg_cost", .money, summary: "Mean of actual_cost_total, of those that have one, rounded.")
    static let tokens = ColumnDefinition(
        "total_tokens", .integer, summary: "Sum of total_tokens.")
    static let successRate = ColumnDefinition(
        "success_rate", .real, summary: "completed_workflows ÷ total_workflows.")

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
    private var meanCost: Int64? {
        guard costCount > 0 else { return nil }
        let count = Int128(costCount)
        let (quotient, rest) = cost.quotientAndRemainder(dividingBy: count)
        return Int64(clamping: quotient + (2 * rest >= count ? 1 : 2 * rest <= -count ? -1 : 0))
    }

    /// Adds a row for it.
    func insert(_ key: ByteString, into view: inout Table) -> Int {
        let row = view.insert(key: key, created: firstPosition, updated: lastPosition)
        func place(_ column: ColumnDefinition) -> Int? { view.schema.column(named: column.name) }
        let numbers = [count, completedCount, failedCount].map { Int64($0) }
        for (column, number) in zip(Self.counts, numbers) {
            if let place = place(column) { view.set(place, of: row, integer: number) }
        }
        if let place = place(Self.meanDuration), durationCount > 0 {
            view.set(place, of: row, real: Double(seconds) / Double(durationCount))
        }
        if let place = place(Self.totalCost), costCount > 0 {
            view.set(place, of: row, money: Int64(clamping: cost))
        }
        if let place = place(Self.meanCost) { view.set(place, of: row, money: meanCost) }
        if let place = place(Self.tokens) { view.set(place, of: row, integer: tokens) }
        if let place = place(Self.successRate) {
            view.set(place, of: row, real: Double(completedCount) / Double(count))
        }
        return row
    }
}

extension Int64 {
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? (other < 0 ? .min : .max) : sum
    }
}
