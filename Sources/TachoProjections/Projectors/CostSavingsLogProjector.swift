package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds `savings.recorded` into a log of what optimisations saved, one row an event.
///
/// What an event does not say stays unknown, where the reference writes 0.
///
/// Source: semantics §1.9.
package struct CostSavingsLogProjector: Projector {
    package static let version = 2
    /// Version 1, of the same columns, read no stamps without seconds and no bare days.
    package static let continuedVersions = [1]
    package static let inputs: [TypePattern] = ["savings.recorded"]

    package enum Column: Int, ColumnHandle, CaseIterable {
        case eventID
        case optimizationType
        case isKnownType
        case workflowID
        case toolCallID
        case patternID
        case baselineTokens
        case actualTokens
        case tokensSaved
        case costSavedUsd
        case savedAt
        case notes
    }

    package static let schema = TableSchema(
        name: "cost_savings_log", key: "event_id",
        summary: "What optimisations saved, one row an event.",
        columns: [
            ColumnDefinition("event_id", .text, summary: "The event's id in the log."),
            ColumnDefinition(
                "optimization_type", .text, isIndexed: true,
                summary: "tool_call, input_split, pattern_offload, inverted_flow, or as recorded."),
            ColumnDefinition(
                "is_known_type", .boolean, summary: "Whether the type is one of those four."),
            ColumnDefinition(
                "workflow_id", .text, isIndexed: true,
                summary: "The workflow (adw_id, without wf-)."),
            ColumnDefinition(
                "tool_call_id", .text, isInterned: false, summary: "The call that saved it."),
            ColumnDefinition(
                "pattern_id", .text, isIndexed: true, summary: "The pattern that saved it."),
            ColumnDefinition(
                "baseline_tokens", .integer, summary: "Tokens it would have taken without."),
            ColumnDefinition("actual_tokens", .integer, summary: "Tokens it took."),
            ColumnDefinition(
                "tokens_saved", .integer,
                summary: "Tokens, as recorded, else baseline_tokens − actual_tokens; below zero "
                    + "for a loss."),
            ColumnDefinition(
                "cost_saved_usd", .money, summary: "Dollars saved; below zero for a loss."),
            ColumnDefinition(
                "saved_at", .timestamp, summary: "As recorded, else when the event happened."),
            ColumnDefinition("notes", .text, isInterned: false, summary: "As recorded."),
        ])

    private static let names = MemberNames<Column>(schema, aliases: ["adw_id": .workflowID])
    private static let knownTypes: [StaticString] = [
        "tool_call", "input_split", "pattern_offload", "inverted_flow",
    ]

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        let members = RecordedMembers(event.data, named: Self.names)
        let (row, isNew) = table.rowOrInsert(key: event.id, at: event)
        guard isNew else { return }

        table.renew(
            [
                .optimizationType, .toolCallID, .patternID, .baselineTokens, .actualTokens,
                .tokensSaved, .costSavedUsd, .savedAt, .notes,
            ], of: row, from: members)
        if let type = members[.optimizationType]?.text() {
            table.set(
                Column.isKnownType, of: row,
                boolean: Self.knownTypes.contains { "\($0)".utf8.elementsEqual(type) })
        }
        // The reference numbers its patterns.
        if let number = members[.patternID]?.integer() {
            table.set(Column.patternID, of: row, text: Array("\(number)".utf8))
        }
        table.renew(Column.workflowID, of: row, workflow: members[.workflowID])
        table.fill(Column.savedAt, of: row, timestamp: event.occurred)
        setDifference(row, &table)
    }

    /// The sign stays: an optimisation may cost more than it saves.
    private func setDifference(_ row: Int, _ table: inout Table) {
        guard table.isUnknown(Column.tokensSaved, row),
            let baseline = table.integer(Column.baselineTokens, row),
            let actual = table.integer(Column.actualTokens, row)
        else { return }
        let (difference, overflow) = baseline.subtractingReportingOverflow(actual)
        table.set(Column.tokensSaved, of: row, integer: overflow ? nil : difference)
    }
}
