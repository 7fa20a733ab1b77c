package import TachoEvents
import TachoJSON
package import TachoLog

/// Adds the executions of each pattern up to what they brought.
///
/// Source: semantics §1.8, §5.11, golden `roi_summary`; ``PatternReturn`` is the same over a list.
package struct PatternRoiSummaryProjector: Projector {
    package static let version = 1
    package static let inputs: [TypePattern] = ["pattern.executed"]

    package enum Column: Int, ColumnHandle, CaseIterable {
        case patternID
        case totalExecutions
        case successfulExecutions
        case successRate
        case totalTimeSavedSeconds
        case totalCostSavedUsd
        case averageTimeSavedSeconds
        case averageCostSavedUsd
        case roiPercentage
        case effectiveness
        case lastUpdated
        case estimatedCostTotal
    }

    package static let schema = TableSchema(
        name: "pattern_roi_summary", key: "pattern_id",
        summary: "What the executions of a pattern brought, one row a pattern.",
        columns: [
            ColumnDefinition("pattern_id", .text, summary: "The pattern."),
            ColumnDefinition("total_executions", .integer, summary: "Executions."),
            ColumnDefinition(
                "successful_executions", .integer, summary: "Executions that went well."),
            ColumnDefinition(
                "success_rate", .real, summary: "successful_executions ÷ total_executions, 0 to 1."),
            ColumnDefinition(
                "total_time_saved_seconds", .real,
                summary: "Seconds: estimated − actual, over the successes; below zero for a loss."),
            ColumnDefinition(
                "total_cost_saved_usd", .money,
                summary: "Dollars: estimated − actual, over the successes; below zero for a loss."),
            ColumnDefinition(
                "average_time_saved_seconds", .real, summary: "Seconds a success."),
            ColumnDefinition("average_cost_saved_usd", .money, summary: "Dollars a success."),
            ColumnDefinition(
                "roi_percentage", .real,
                summary: "Percent: total_cost_saved_usd ÷ what the successes would have cost."),
            ColumnDefinition(
                "effectiveness", .text,
                summary: "excellent, good, acceptable, poor, failed, by the reference's rule."),
            ColumnDefinition(
                "last_updated", .timestamp, summary: "When the newest execution was recorded."),
            ColumnDefinition(
                "estimated_cost_total", .money, isHidden: true,
                summary: "What the successes would have cost."),
        ])

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        let execution = try PatternExecution(event.data)
        let (row, isNew) = table.rowToChange(execution.pattern, at: event)
        if isNew { Self.setZero(row, &table) }
        table.add(1, to: Column.totalExecutions, of: row)
        if execution.isSuccess == true {
            table.add(1, to: Column.successfulExecutions, of: row)
            let seconds = table.real(Column.totalTimeSavedSeconds, row) ?? 0
            table.set(
                Column.totalTimeSavedSeconds, of: row,
                real: seconds + (execution.savedSeconds ?? 0))
            if let saved = execution.savedCost {
                table.add(money: saved, to: Column.totalCostSavedUsd, of: row)
                table.add(
                    money: execution.estimatedCost ?? 0, to: Column.estimatedCostTotal, of: row)
            }
        }
        Self.refresh(row, &table)
        table.set(Column.lastUpdated, of: row, timestamp: event.recorded)
    }

    private static func setZero(_ row: Int, _ table: inout Table) {
        table.set(Column.totalExecutions, of: row, integer: 0)
        table.set(Column.successfulExecutions, of: row, integer: 0)
        table.set(Column.totalTimeSavedSeconds, of: row, real: 0)
        table.set(Column.totalCostSavedUsd, of: row, money: 0)
        table.set(Column.estimatedCostTotal, of: row, money: 0)
    }

    private static func refresh(_ row: Int, _ table: inout Table) {
        let total = table.integer(Column.totalExecutions, row) ?? 0
        let successes = table.integer(Column.successfulExecutions, row) ?? 0
        let seconds = table.real(Column.totalTimeSavedSeconds, row) ?? 0
        let saved = table.money(Column.totalCostSavedUsd, row) ?? 0
        let estimated = table.money(Column.estimatedCostTotal, row) ?? 0
        let rate = total == 0 ? 0 : Double(successes) / Double(total)
        let percent = estimated > 0 ? Double(saved) / Double(estimated) * 100 : 0
        table.set(Column.successRate, of: row, real: rate)
        table.set(
            Column.averageTimeSavedSeconds, of: row,
            real: successes == 0 ? 0 : seconds / Double(successes))
        table.set(
            Column.averageCostSavedUsd, of: row, money: successes == 0 ? 0 : saved / successes)
        table.set(Column.roiPercentage, of: row, real: percent)
        let word = PatternReturn.effectiveness(successRate: rate, percent: percent)
        table.set(Column.effectiveness, of: row, text: Array(word.utf8))
    }
}

extension Table {
    /// Adds pico-dollars, and stops at the largest amount.
    mutating func add(money amount: Int64, to column: some ColumnHandle, of row: Int) {
        let (sum, overflow) = (money(column, row) ?? 0).addingReportingOverflow(amount)
        set(column, of: row, money: overflow ? (amount < 0 ? .min : .max) : sum)
    }
}
