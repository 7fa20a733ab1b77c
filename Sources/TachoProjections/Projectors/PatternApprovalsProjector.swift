package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds reviews into one row a pattern that was put before a person.
///
/// Source: semantics §1.8, §5.9, §5.10.
package struct PatternApprovalsProjector: Projector {
    package static let version = 2
    /// Version 1, of the same columns, did not name who decided where that was done by itself.
    package static let continuedVersions = [1]
    package static let inputs: [TypePattern] = ["pattern.reviewed", "pattern.implemented"]

    package enum Column: Int, ColumnHandle, CaseIterable {
        case patternID
        case status
        case reviewedBy
        case reviewedAt
        case approvalNotes
        case confidenceScore
        case occurrenceCount
        case estimatedSavingsUsd
        case toolSequence
        case patternContext
        case exampleSessions
        case createdAt
        case updatedAt
    }

    package static let schema = TableSchema(
        name: "pattern_approvals", key: "pattern_id",
        summary: "Patterns that were put before a person, and what became of them.",
        columns: [
            ColumnDefinition("pattern_id", .text, summary: "The pattern."),
            ColumnDefinition(
                "status", .text, isIndexed: true,
                summary: "pending, approved, rejected, auto-approved, auto-rejected."),
            ColumnDefinition("reviewed_by", .text, summary: "Who decided last."),
            ColumnDefinition("reviewed_at", .timestamp, summary: "When that was."),
            ColumnDefinition(
                "approval_notes", .text, isInterned: false,
                summary: "Notes of that decision; those of a rejection begin with REJECTED:."),
            ColumnDefinition(
                "confidence_score", .real, summary: "At the time of the review, 0 to 1."),
            ColumnDefinition(
                "occurrence_count", .integer, summary: "Occurrences at the time of the review."),
            ColumnDefinition(
                "estimated_savings_usd", .money,
                summary: "Dollars a month it would save, at the time of the review."),
            ColumnDefinition(
                "tool_sequence", .text, summary: "Tools with arrows between, or the type."),
            ColumnDefinition(
                "pattern_context", .text, isInterned: false,
                summary: "First 500 bytes of what it is about."),
            ColumnDefinition("example_sessions", .json, summary: "Sessions that show it, a list."),
            ColumnDefinition("created_at", .timestamp, summary: "When it was first reviewed."),
            ColumnDefinition("updated_at", .timestamp, summary: "When it was last reviewed."),
        ])

    private static let names = MemberNames<Column>(
        schema, aliases: ["pattern_signature": .patternID, "pattern_name": .patternID])

    private static let contextByteLimit = 500
    private static let automatic: [StaticString] = ["auto-approved", "auto-rejected"]

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        let members = RecordedMembers(event.data, named: Self.names)
        let (row, isNew) = table.rowToChange(try members.patternKey(.patternID), at: event)
        if isNew {
            table.set(Column.status, of: row, text: "pending")
            table.set(Column.createdAt, of: row, timestamp: event.occurred)
        }
        table.set(Column.updatedAt, of: row, timestamp: event.occurred)
        table.renew(
            [.confidenceScore, .occurrenceCount, .estimatedSavingsUsd, .toolSequence], of: row,
            from: members)
        if let context = members[.patternContext], context.isFilledText {
            table.set(
                Column.patternContext, of: row, text: context, limit: Self.contextByteLimit)
        }
        table.renew(Column.exampleSessions, of: row, list: members[.exampleSessions])
        decide(event, members, row, &table)
    }

    private func decide(
        _ event: Event, _ members: RecordedMembers<Column>, _ row: Int, _ table: inout Table
    ) {
        let action = event.data["action"]
        let said = members[.status]
        if let word = Self.automatic.first(where: {
            said?.equals($0) == true || action?.equals($0) == true
        }) {
            table.set(Column.status, of: row, text: word)
            setDecision(
                event, row, isRejection: word.isEqual(to: "auto-rejected"), &table)
            return
        }
        guard let status = PatternStatus(event, status: said, action: action),
            let word = status.approval
        else { return }
        table.set(Column.status, of: row, text: word)
        guard status != .candidate, status != .inReview else { return }
        setDecision(event, row, isRejection: status == .rejected, &table)
    }

    private func setDecision(
        _ event: Event, _ row: Int, isRejection: Bool, _ table: inout Table
    ) {
        table.set(Column.reviewedBy, of: row, text: PatternAliases.reviewer(event))
        table.set(Column.reviewedAt, of: row, timestamp: event.occurred)
        table.renew(
            Column.approvalNotes, of: row, notes: PatternAliases.notes(event),
            isRejection: isRejection)
    }
}
