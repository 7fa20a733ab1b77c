import TachoLog

extension TableView {
    /// How the workflows of a day went, one row a day.
    ///
    /// Days are those of `created_at` in UTC, as in the reference's trends (semantics §6.1).
    static let workflowDays = TableView(
        TableSchema(
            name: "workflow_days", key: "day",
            summary: "How the workflows of a day went, one row a day.",
            columns: [
                ColumnDefinition("day", .text, summary: "Day of created_at, UTC: 2025-12-18."),
                ColumnDefinition("total_workflows", .integer, summary: "How many there are."),
                ColumnDefinition(
                    "completed_workflows", .integer, summary: "Those of status completed."),
                ColumnDefinition("failed_workflows", .integer, summary: "Those of status failed."),
                ColumnDefinition(
                    "avg_duration", .real,
                    summary: "Mean of duration_seconds, of those that have one."),
                ColumnDefinition(
                    "total_cost", .money,
                    summary: "Sum of actual_cost_total; unknown if none has one."),
                ColumnDefinition(
                    "avg_cost", .money,
                    summary: "Mean of actual_cost_total, of those that have one, rounded."),
                ColumnDefinition("total_tokens", .integer, summary: "Sum of total_tokens."),
                ColumnDefinition(
                    "success_rate", .real, summary: "completed_workflows ÷ total_workflows."),
            ]), of: "workflow_history", columns: ["created_at"] + WorkflowTally.columns
    ) { history, view in
        var tallies: [ByteString: WorkflowTally] = [:]
        for row in 0..<history.rowCount {
            let moment = history.timestamp(WorkflowHistoryProjector.Column.createdAt, row)
            guard let day = moment.map({ ByteString(Array($0.iso8601.prefix(10))) }) else {
                continue
            }
            tallies[day, default: WorkflowTally()].add(row, history)
        }
        for (day, tally) in tallies.sorted(by: { $0.key < $1.key }) {
            let row = tally.insert(day, into: &view)
            view.set(DayColumn.total, of: row, integer: Int64(tally.count))
            view.set(DayColumn.completed, of: row, integer: Int64(tally.completedCount))
            view.set(DayColumn.failed, of: row, integer: Int64(tally.failedCount))
            view.set(DayColumn.meanDuration, of: row, real: tally.meanDuration)
            view.set(DayColumn.cost, of: row, money: tally.totalCost)
            view.set(DayColumn.meanCost, of: row, money: tally.meanCost)
            view.set(DayColumn.tokens, of: row, integer: tally.tokens)
            view.set(DayColumn.successRate, of: row, real: tally.successRate)
        }
    }

    private enum DayColumn: Int, ColumnHandle {
        case day, total, completed, failed, meanDuration, cost, meanCost, tokens, successRate
    }
}
