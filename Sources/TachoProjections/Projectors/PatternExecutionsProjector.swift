package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds `pattern.executed` into one row an execution.
///
/// Source: semantics §1.8, §5.11; the seed's `track_pattern_execution`.
package struct PatternExecutionsProjector: Projector {
    package static let version = 2
    /// Version 1, of the same columns, read no stamps without seconds and no bare days.
    package static let continuedVersions = [1]
    package static let inputs: [TypePattern] = ["pattern.executed"]

    package enum Column: Int, ColumnHandle, CaseIterable {
        case eventID
        case patternID
        case workflowID
        case executionTimeSeconds
        case estimatedTimeSeconds
        case actualCost
        case estimatedCost
        case tokensUsed
        case success
        case errorMessage
        case executedAt
    }

    package static let schema = TableSchema(
        name: "pattern_executions", key: "event_id",
        summary: "What executions of patterns took, one row an execution.",
        columns: [
            ColumnDefinition("event_id", .text, summary: "The event's id in the log."),
            ColumnDefinition(
                "pattern_id", .text, isIndexed: true,
                summary: "The pattern: pattern_id, pattern_signature, or pattern_name."),
            ColumnDefinition(
                "workflow_id", .text, isIndexed: true,
                summary: "The workflow (adw_id, without wf-)."),
            ColumnDefinition("execution_time_seconds", .real, summary: "Seconds it took."),
            ColumnDefinition(
                "estimated_time_seconds", .real, summary: "Seconds it would have taken without."),
            ColumnDefinition("actual_cost", .money, summary: "Dollars it cost."),
            ColumnDefinition(
                "estimated_cost", .money, summary: "Dollars it would have cost without."),
            ColumnDefinition("tokens_used", .integer, summary: "Tokens it took."),
            ColumnDefinition("success", .boolean, summary: "Whether it went well."),
            ColumnDefinition("error_message", .text, isInterned: false, summary: "As recorded."),
            ColumnDefinition(
                "executed_at", .timestamp, summary: "As recorded, else when the event happened."),
        ])

    private static let names = MemberNames<Column>(
        schema,
        aliases: [
            "pattern_signature": .patternID, "pattern_name": .patternID, "adw_id": .workflowID,
            "cost_usd": .actualCost,
        ])

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        let members = RecordedMembers(event.data, named: Self.names)
        let pattern = try members.patternKey(.patternID)
        let (row, isNew) = table.rowOrInsert(key: event.id, at: event)
        guard isNew else { return }

        table.set(Column.patternID, of: row, text: pattern)
        table.renew(Column.workflowID, of: row, workflow: members[.workflowID])
        table.renew(
            [
                .executionTimeSeconds, .estimatedTimeSeconds, .actualCost, .estimatedCost,
                .tokensUsed, .success, .errorMessage, .executedAt,
            ], of: row, from: members)
        table.fill(Column.executedAt, of: row, timestamp: event.occurred)
    }
}

/// What one execution says of its return.
///
/// A saving is known only where both what it took and what it would have taken are.
struct PatternExecution {
    let pattern: ByteString
    /// `nil` where it is not said: such an execution is neither.
    let isSuccess: Bool?
    let seconds: Double?
    let estimatedSeconds: Double?
    /// Pico-dollars.
    let cost: Int64?
    /// Pico-dollars.
    let estimatedCost: Int64?

    init(_ data: JSONView) throws(ProjectionError) {
        let name = data["pattern_id"] ?? data["pattern_signature"] ?? data["pattern_name"]
        guard let name, !name.isNull else { throw .missing("pattern_id") }
        guard let pattern = name.patternName else { throw .unexpected("pattern_id") }
        self.pattern = pattern
        isSuccess = data["success"]?.boolean()
        seconds = Self.seconds(data["execution_time_seconds"])
        estimatedSeconds = Self.seconds(data["estimated_time_seconds"])
        cost = (data["actual_cost"] ?? data["cost_usd"]).flatMap { PicoDollars.parse($0) }
        estimatedCost = data["estimated_cost"].flatMap { PicoDollars.parse($0) }
    }

    /// Beyond three thousand years a time is a mistake, and a sum of such is no number.
    private static func seconds(_ value: JSONView?) -> Double? {
        value?.double().flatMap { abs($0) < 1e11 ? $0 : nil }
    }

    var savedSeconds: Double? {
        guard isSuccess == true, let seconds, let estimatedSeconds else { return nil }
        return estimatedSeconds - seconds
    }

    /// Pico-dollars.
    var savedCost: Int64? {
        guard isSuccess == true, let cost, let estimatedCost else { return nil }
        let (saved, overflow) = estimatedCost.subtractingReportingOverflow(cost)
        return overflow ? nil : saved
    }
}
