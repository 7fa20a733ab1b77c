package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds reviews and executions into the history of each pattern's confidence.
///
/// The reference changes a confidence when somebody asks for it; here each execution does, by the
/// same formula over all executions so far. A review that tells a confidence sets it.
///
/// Source: semantics §1.8, §5.12, golden `confidence_adjustment`.
package struct PatternConfidenceHistoryProjector: Projector {
    package static let version = 1
    package static let inputs: [TypePattern] = ["pattern.reviewed", "pattern.executed"]

    package enum Column: Int, ColumnHandle, CaseIterable {
        case eventID
        case patternID
        case oldConfidence
        case newConfidence
        case adjustmentReason
        case totalExecutions
        case successRate
        case roiPercentage
        case totalCostSavedUsd
        case changedBy
        case changedAt
        case successCount
        case estimatedCost
    }

    package static let schema = TableSchema(
        name: "pattern_confidence_history", key: "event_id",
        summary: "How sure a pattern was after each review and execution.",
        columns: [
            ColumnDefinition("event_id", .text, summary: "The event's id in the log."),
            ColumnDefinition("pattern_id", .text, isIndexed: true, summary: "The pattern."),
            ColumnDefinition(
                "old_confidence", .real, summary: "Before, 0 to 1; unknown at first."),
            ColumnDefinition("new_confidence", .real, summary: "After, 0 to 1."),
            ColumnDefinition(
                "adjustment_reason", .text, summary: "reviewed, or executed."),
            ColumnDefinition("total_executions", .integer, summary: "Executions so far."),
            ColumnDefinition("success_rate", .real, summary: "Of those, 0 to 1."),
            ColumnDefinition("roi_percentage", .real, summary: "Percent, of those that went well."),
            ColumnDefinition(
                "total_cost_saved_usd", .money, summary: "Dollars, by those that went well."),
            ColumnDefinition("changed_by", .text, summary: "The reviewer, else system."),
            ColumnDefinition("changed_at", .timestamp, summary: "When the event happened."),
            ColumnDefinition("success_count", .integer, isHidden: true),
            ColumnDefinition("estimated_cost", .money, isHidden: true),
        ])

    /// The last row of a pattern; a copy of what the index says.
    private var lastRows: [ByteString: Int] = [:]
    private static let lastRowLimit = 4096

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        if event.type.equals("pattern.executed") {
            let execution = try PatternExecution(event.data)
            let last = last(execution.pattern, table)
            guard let row = row(execution.pattern, after: last, event, &table) else { return }
            add(execution, row, &table)
            table.set(Column.adjustmentReason, of: row, text: "executed")
            table.set(Column.changedBy, of: row, text: "system")
        } else {
            let data = event.data
            let name = data["pattern_id"] ?? data["pattern_signature"] ?? data["pattern_name"]
            guard let name, !name.isNull else { throw .missing("pattern_id") }
            guard let pattern = name.patternName else { throw .unexpected("pattern_id") }
            guard let said = data["confidence_score"]?.double(), said >= 0, said <= 1 else {
                return
            }
            let last = last(pattern, table)
            guard let row = row(pattern, after: last, event, &table) else { return }
            table.set(Column.newConfidence, of: row, real: said)
            table.set(Column.adjustmentReason, of: row, text: "reviewed")
            table.set(Column.changedBy, of: row, text: PatternAliases.reviewer(event))
        }
    }

    private mutating func last(_ pattern: ByteString, _ table: Table) -> Int? {
        if let row = lastRows[pattern] { return row }
        if lastRows.count == Self.lastRowLimit { lastRows.removeAll() }
        let row = table.rows(where: Column.patternID, equals: pattern).last
        lastRows[pattern] = row
        return row
    }

    /// A row that goes on where the last one ended; `nil` if the event has one already.
    private mutating func row(
        _ pattern: ByteString, after last: Int?, _ event: Event, _ table: inout Table
    ) -> Int? {
        let (row, isNew) = table.rowOrInsert(key: event.id, at: event)
        guard isNew else { return nil }
        lastRows[pattern] = row
        table.set(Column.patternID, of: row, text: pattern)
        table.set(Column.changedAt, of: row, timestamp: event.occurred)
        table.set(
            Column.oldConfidence, of: row,
            real: last.flatMap { table.real(Column.newConfidence, $0) })
        for column in [Column.totalExecutions, .successCount] {
            table.set(
                column, of: row, integer: last.flatMap { table.integer(column, $0) } ?? 0)
        }
        for column in [Column.totalCostSavedUsd, .estimatedCost] {
            table.set(column, of: row, money: last.flatMap { table.money(column, $0) } ?? 0)
        }
        refresh(row, &table)
        return row
    }

    private func add(_ execution: PatternExecution, _ row: Int, _ table: inout Table) {
        table.add(1, to: Column.totalExecutions, of: row)
        if execution.isSuccess == true {
            table.add(1, to: Column.successCount, of: row)
            if let saved = execution.savedCost {
                table.add(money: saved, to: Column.totalCostSavedUsd, of: row)
                table.add(money: execution.estimatedCost ?? 0, to: Column.estimatedCost, of: row)
            }
        }
        refresh(row, &table)
        let count = table.integer(Column.totalExecutions, row) ?? 0
        table.set(
            Column.newConfidence, of: row,
            real: PatternReview.confidence(
                successRate: table.real(Column.successRate, row) ?? 0,
                returnPercent: table.real(Column.roiPercentage, row) ?? 0,
                executionCount: Int(count)))
    }

    private func refresh(_ row: Int, _ table: inout Table) {
        let count = table.integer(Column.totalExecutions, row) ?? 0
        let successes = table.integer(Column.successCount, row) ?? 0
        let saved = table.money(Column.totalCostSavedUsd, row) ?? 0
        let estimated = table.money(Column.estimatedCost, row) ?? 0
        table.set(
            Column.successRate, of: row,
            real: count == 0 ? nil : Double(successes) / Double(count))
        table.set(
            Column.roiPercentage, of: row,
            real: estimated > 0 ? Double(saved) / Double(estimated) * 100 : 0)
    }
}
