import TachoLog

extension TableView {
    /// How workflows of a template with a model went, one row a pair.
    ///
    /// Source: the seed's `mv_workflow_summary`; semantics §1.14.
    static let workflowSummary = TableView(
        TableSchema(
            name: "workflow_summary", key: "summary_key",
            summary: "How workflows of a template with a model went, one row a pair.",
            columns: [
                ColumnDefinition("summary_key", .text, isHidden: true),
                ColumnDefinition("workflow_template", .text, summary: "The template."),
                ColumnDefinition("model_used", .text, summary: "The model; unknown is a row, too."),
                ColumnDefinition("total_workflows", .integer, summary: "How many there are."),
                ColumnDefinition(
                    "completed_workflows", .integer, summary: "Those of status completed."),
                ColumnDefinition("failed_workflows", .integer, summary: "Those of status failed."),
                ColumnDefinition(
                    "avg_duration", .real,
                    summary: "Mean of duration_seconds, of those that have one."),
                ColumnDefinition(
                    "avg_cost", .money,
                    summary: "Mean of actual_cost_total, of those that have one, rounded."),
                ColumnDefinition(
                    "success_rate", .real, summary: "completed_workflows ÷ total_workflows."),
            ]), of: "workflow_history",
        columns: ["workflow_template", "model_used"] + WorkflowTally.columns
    ) { history, view in
        typealias Column = WorkflowHistoryProjector.Column
        var tallies: [WorkflowTally] = []
        var names: [Pair] = []
        var places: [Pair: Int] = [:]
        for row in 0..<history.rowCount {
            let pair = Pair(
                template: history.text(Column.workflowTemplate, row),
                model: history.text(Column.modelUsed, row))
            let place = places[pair] ?? tallies.count
            if place == tallies.count {
                places[pair] = place
                names.append(pair)
                tallies.append(WorkflowTally())
            }
            tallies[place].add(row, history)
        }
        for (place, pair) in names.enumerated() {
            let tally = tallies[place]
            let row = tally.insert(ByteString("\(place)"), into: &view)
            if let name = pair.template { view.set(SummaryColumn.template, of: row, text: name) }
            if let name = pair.model { view.set(SummaryColumn.model, of: row, text: name) }
            view.set(SummaryColumn.total, of: row, integer: Int64(tally.count))
            view.set(SummaryColumn.completed, of: row, integer: Int64(tally.completedCount))
            view.set(SummaryColumn.failed, of: row, integer: Int64(tally.failedCount))
            view.set(SummaryColumn.meanDuration, of: row, real: tally.meanDuration)
            view.set(SummaryColumn.meanCost, of: row, money: tally.meanCost)
            view.set(SummaryColumn.successRate, of: row, real: tally.successRate)
        }
    }

    private struct Pair: Hashable {
        let template: ByteString?
        let model: ByteString?
    }

    private enum SummaryColumn: Int, ColumnHandle {
        case key, template, model, total, completed, failed, meanDuration, meanCost, successRate
    }
}
