import TachoJSON
import TachoLog
package import TachoProjections

extension HistoryRow {
    /// What has to be opened of `workflow_history` for reading its rows.
    package static let columns = [
        "adw_id", "status", "model_used", "workflow_template", "created_at", "start_time",
        "end_time", "duration_seconds", "actual_cost_total", "reported_cost_total", "total_tokens",
        "cache_efficiency_percent", "error_message", "current_phase", "phase_durations",
        "complexity_actual", "complexity_estimated",
    ]

    /// All workflows of the table `workflow_history`, in its order.
    ///
    /// A cost is what the agents reported, else what their tokens come to at the reference's prices.
    /// A workflow counts at its start: what is imported was begun before the store knew of it. Where
    /// nobody told of a start, it counts when the store did.
    package static func all(in history: Table) -> [HistoryRow] {
        (0..<history.rowCount).map { HistoryRow(history, $0) }
    }

    private init(_ history: Table, _ row: Int) {
        typealias Column = WorkflowHistoryProjector.Column
        func text(_ column: Column) -> String? { history.text(column, row)?.description }
        self.init(id: text(.adwID) ?? "")
        status = text(.status)
        model = text(.modelUsed)
        template = text(.workflowTemplate)
        let start =
            history.timestamp(Column.startTime, row) ?? history.timestamp(Column.createdAt, row)
        createdAt = start
        startedAt = start
        endedAt = history.timestamp(Column.endTime, row)
        durationSeconds = history.integer(Column.durationSeconds, row).map { Double($0) }
        let cost =
            history.money(Column.reportedCostTotal, row)
            ?? history.money(Column.actualCostTotal, row)
        self.cost = cost.map { Double($0) / 1e12 }
        totalTokens = history.integer(Column.totalTokens, row).map { Double($0) }
        cacheEfficiencyPercent = history.real(Column.cacheEfficiencyPercent, row)
        actualComplexity = text(.complexityActual)
        estimatedComplexity = text(.complexityEstimated)
        errorMessage = text(.errorMessage)
        currentPhase = text(.currentPhase)
        phaseSeconds = history.withJSON(Column.phaseDurations, row) { json in
            var amounts: [PhaseAmount] = []
            JSONMembers(JSONView(validated: json)).forEach { phase, seconds in
                if let seconds = seconds.double() {
                    amounts.append(
                        PhaseAmount(phase: String(decoding: phase, as: UTF8.self), amount: seconds))
                }
                return true
            }
            return amounts
        }
    }
}
