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
                ColumnDefinition("day", .text, summary: "Day of created_at, UTC: 2025-12-18.")
            ] + WorkflowTally.counts + [
                WorkflowTally.meanDuration, WorkflowTally.totalCost, WorkflowTally.meanCost,
                WorkflowTally.tokens, WorkflowTally.successRate,
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
            _ = tally.insert(day, into: &view)
        }
    }
}
