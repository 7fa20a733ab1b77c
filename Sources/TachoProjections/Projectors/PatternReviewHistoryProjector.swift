package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds what people did with patterns into a history, one row an action.
///
/// Source: semantics §1.8, §5.10.
package struct PatternReviewHistoryProjector: Projector {
    package static let version = 1
    package static let inputs: [TypePattern] = [
        "pattern.reviewed", "pattern.commented", "pattern.implemented",
    ]

    package enum Column: Int, ColumnHandle, CaseIterable {
        case eventID
        case patternID
        case action
        case status
        case reviewer
        case notes
        case createdAt
    }

    package static let schema = TableSchema(
        name: "pattern_review_history", key: "event_id",
        summary: "What was done with patterns, by whom, and why, one row an action.",
        columns: [
            ColumnDefinition("event_id", .text, summary: "The event's id in the log."),
            ColumnDefinition("pattern_id", .text, isIndexed: true, summary: "The pattern."),
            ColumnDefinition(
                "action", .text, isIndexed: true,
                summary: "submitted, flagged, approved, rejected, commented, implemented, "
                    + "activated, deprecated, or as recorded."),
            ColumnDefinition(
                "status", .text, summary: "The status that the action led to; unknown for none."),
            ColumnDefinition("reviewer", .text, summary: "Who; system where nobody is named."),
            ColumnDefinition(
                "notes", .text, isInterned: false, summary: "Notes, reason, or comment."),
            ColumnDefinition("created_at", .timestamp, summary: "When the event happened."),
        ])

    private static let names = MemberNames<Column>(
        schema, aliases: ["pattern_signature": .patternID, "pattern_name": .patternID])

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        let members = RecordedMembers(event.data, named: Self.names)
        let pattern = try members.patternKey(.patternID)
        let (row, isNew) = table.rowOrInsert(key: event.id, at: event)
        guard isNew else { return }

        table.set(Column.patternID, of: row, text: pattern)
        let status = PatternStatus(event, status: members[.status], action: members[.action])
        if event.type.equals("pattern.commented") {
            table.set(Column.action, of: row, text: "commented")
        } else {
            if event.type.equals("pattern.implemented") {
                table.set(Column.action, of: row, text: "implemented")
            } else {
                table.renew(Column.action, of: row, text: members[.action])
            }
            if let status {
                table.set(Column.status, of: row, text: Array(status.rawValue.utf8))
            }
        }
        table.set(Column.reviewer, of: row, text: PatternAliases.reviewer(event))
        table.renew(Column.notes, of: row, text: PatternAliases.notes(event))
        table.set(Column.createdAt, of: row, timestamp: event.occurred)
    }
}
