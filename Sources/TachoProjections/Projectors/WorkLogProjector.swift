package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds entries of the work log, and their deletions, into one row an entry.
///
/// Nothing is removed: a deletion marks the row, and an older as-of shows it unmarked. Where the
/// deletion comes first, the row is made by it and filled by the entry.
///
/// Source: semantics §1.12, §7.3, §10.
package struct WorkLogProjector: Projector {
    package static let version = 2
    /// Version 1, of the same columns, read no stamps without seconds and no bare days.
    package static let continuedVersions = [1]
    package static let inputs: [TypePattern] = ["work_log.entry", "work_log.deleted"]

    /// Code points of a summary.
    ///
    /// The reference refuses a longer one; here the log has taken it already.
    package static let summaryLimit = 280

    package enum Column: Int, ColumnHandle, CaseIterable {
        case entryID
        case sessionID
        case summary
        case isTruncated
        case chatFileLink
        case issueNumber
        case workflowID
        case tags
        case timestamp
        case createdAt
        case deletedAt
    }

    package static let schema = TableSchema(
        name: "work_log", key: "entry_id",
        summary: "What sessions worked on in their own words, one row an entry.",
        columns: [
            ColumnDefinition(
                "entry_id", .text, summary: "As recorded, else the id of the entry's event."),
            ColumnDefinition("session_id", .text, isIndexed: true, summary: "The session."),
            ColumnDefinition(
                "summary", .text, isInterned: false,
                summary: "First 280 code points of the summary."),
            ColumnDefinition(
                "is_truncated", .boolean, summary: "Whether the recorded summary is longer."),
            ColumnDefinition(
                "chat_file_link", .text, isInterned: false, summary: "Where the chat is kept."),
            ColumnDefinition(
                "issue_number", .integer, isIndexed: true, summary: "The issue it is about."),
            ColumnDefinition(
                "workflow_id", .text, isIndexed: true,
                summary: "The workflow (adw_id, without wf-)."),
            ColumnDefinition("tags", .json, summary: "A list, as recorded; empty if none is."),
            ColumnDefinition(
                "timestamp", .timestamp, summary: "As recorded, else when the event happened."),
            ColumnDefinition(
                "created_at", .timestamp, summary: "When the store took the entry in."),
            ColumnDefinition(
                "deleted_at", .timestamp, summary: "When it was deleted; unknown if it was not."),
        ])

    private static let names = MemberNames<Column>(
        schema, aliases: ["id": .entryID, "adw_id": .workflowID])

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        let members = RecordedMembers(event.data, named: Self.names)
        if event.type.equals("work_log.deleted") {
            guard let key = Self.key(members) else {
                throw members[.entryID] == nil ? .missing("entry_id") : .unexpected("entry_id")
            }
            let (row, _) = table.rowToChange(key, at: event)
            table.fill(Column.deletedAt, of: row, timestamp: members[.deletedAt]?.moment)
            table.fill(Column.deletedAt, of: row, timestamp: event.occurred)
        } else {
            _ = try members.key(.sessionID, Self.schema)
            let key = Self.key(members) ?? ByteString(event.id)
            let (row, _) = table.rowToChange(key, at: event)
            setEntry(members, event, row, &table)
        }
    }

    /// The reference's entries have numbers.
    private static func key(_ members: RecordedMembers<Column>) -> ByteString? {
        guard let value = members[.entryID] else { return nil }
        if let number = value.integer() { return ByteString("\(number)") }
        return value.text().flatMap { $0.isEmpty ? nil : ByteString($0) }
    }

    private func setEntry(
        _ members: RecordedMembers<Column>, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        table.renew([.sessionID, .chatFileLink, .timestamp], of: row, from: members)
        members[.summary]?.withText { summary in
            let cut = summary.prefix(codePoints: Self.summaryLimit)
            table.set(Column.summary, of: row, text: cut)
            table.set(Column.isTruncated, of: row, boolean: cut.count < summary.count)
        }
        table.renew(Column.issueNumber, of: row, issue: members[.issueNumber])
        table.renew(Column.workflowID, of: row, workflow: members[.workflowID])
        table.renew(Column.tags, of: row, list: members[.tags])
        if table.isUnknown(Column.tags, row) {
            table.set(Column.tags, of: row, json: [0x5B, 0x5D])
        }
        table.fill(Column.timestamp, of: row, timestamp: event.occurred)
        table.fill(Column.createdAt, of: row, timestamp: event.recorded)
    }
}

extension UnsafeRawBufferPointer {
    /// At most `limit` code points from the front.
    fileprivate func prefix(codePoints limit: Int) -> UnsafeRawBufferPointer {
        // A code point has at least one byte.
        guard count > limit else { return self }
        var begun = 0
        for (offset, byte) in enumerated() where byte & 0xC0 != 0x80 {
            if begun == limit { return UnsafeRawBufferPointer(rebasing: self[..<offset]) }
            begun += 1
        }
        return self
    }
}
