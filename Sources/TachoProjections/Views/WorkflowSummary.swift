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
            ] + WorkflowTally.counts + [
                WorkflowTally.meanDuration, WorkflowTally.meanCost, WorkflowTally.successRate,
            ]),
        of: "workflow_history",
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
            let row = tallies[place].insert(ByteString("\(place)"), into: &view)
            if let name = pair.template { view.set(SummaryColumn.template, of: row, text: name) }
            if let name = pair.model { view.set(SummaryColumn.model, of: row, text: name) }
        }
    }

    private struct Pair: Hashable {
        let template: ByteString?
        let model: ByteString?
    }

    private enum SummaryColumn: Int, ColumnHandle {
        case key, template, model
    }
}
