package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds `webhook.received` into one row a webhook, however often it was delivered.
///
/// Within less than 30 s of a delivery that counted, the same webhook is a duplicate; later, it is
/// delivered once more. (In the reference the window is the first receipt's for ever, and what
/// comes behind it is processed again unseen: B43.) A record of the processing of a webhook that
/// is known already is neither.
///
/// A webhook without an id has the reference's key of a workflow's completion, if it is one, else
/// the id of the event.
///
/// Source: semantics §1.13, §2.6, §7.7.
package struct WebhookEventsProjector: Projector {
    package static let version = 2
    /// Version 1, of the same columns, read no stamps without seconds and no bare days.
    package static let continuedVersions = [1]
    package static let inputs: [TypePattern] = ["webhook.received"]

    /// From here on the same webhook is no duplicate, microseconds.
    package static let duplicateWindow: Int64 = 30_000_000

    package enum Column: Int, ColumnHandle, CaseIterable {
        case webhookID
        case webhookType
        case adwID
        case issueNumber
        case queueID
        case receivedAt
        case lastReceivedAt
        case deliveryCount
        case duplicateCount
        case processed
        case phaseStatus
        case workflowStatus
        case message
        case durationSeconds
        case eventData
    }

    package static let schema = TableSchema(
        name: "webhook_events", key: "webhook_id",
        summary: "Webhooks received, and how often, one row a webhook.",
        columns: [
            ColumnDefinition(
                "webhook_id", .text,
                summary: "As recorded, else of a completion the hash of workflow, status, and "
                    + "queue, else the id of the first event."),
            ColumnDefinition(
                "webhook_type", .text, isIndexed: true,
                summary: "github_issue, workflow_complete, or as recorded."),
            ColumnDefinition(
                "adw_id", .text, isIndexed: true, summary: "The workflow, without wf-."),
            ColumnDefinition(
                "issue_number", .integer, isIndexed: true, summary: "The issue it is about."),
            ColumnDefinition(
                "queue_id", .text, isIndexed: true, summary: "The queued phase it is about."),
            ColumnDefinition("received_at", .timestamp, summary: "When it first came."),
            ColumnDefinition(
                "last_received_at", .timestamp, summary: "When it last came as no duplicate."),
            ColumnDefinition(
                "delivery_count", .integer, summary: "Deliveries without the duplicates."),
            ColumnDefinition(
                "duplicate_count", .integer,
                summary: "Deliveries less than 30 seconds from one that counted."),
            ColumnDefinition(
                "processed", .boolean, summary: "Whether it was recorded as processed."),
            ColumnDefinition(
                "phase_status", .text, isIndexed: true,
                summary: "received, processed, failed, or as recorded."),
            ColumnDefinition(
                "workflow_status", .text, summary: "Of a completion: completed or failed."),
            ColumnDefinition("message", .text, isInterned: false, summary: "As recorded."),
            ColumnDefinition(
                "duration_seconds", .real, summary: "Seconds its processing took, as recorded."),
            ColumnDefinition("event_data", .json, summary: "Its content, as recorded."),
        ])

    private static let names = MemberNames<Column>(
        schema,
        aliases: [
            "status": .workflowStatus, "delivery_id": .webhookID, "workflow_id": .adwID,
            "metadata": .eventData,
        ])

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        let members = RecordedMembers(event.data, named: Self.names)
        let key = Self.key(members, event)
        let (row, isNew) = table.rowToChange(key, at: event)

        let status = members[.phaseStatus]
        let isProcessing = status?.equals("processed") == true || status?.equals("failed") == true
        if isNew || !isProcessing {
            let moment = members[.receivedAt]?.moment ?? event.occurred
            count(moment, row, &table)
        }
        table.renew(
            [
                .webhookType, .queueID, .processed, .phaseStatus, .workflowStatus, .message,
                .durationSeconds, .eventData,
            ], of: row, from: members)
        table.renew(Column.adwID, of: row, workflow: members[.adwID])
        table.renew(Column.issueNumber, of: row, issue: members[.issueNumber])
        if members[.processed]?.boolean() == nil, status?.equals("processed") == true {
            table.set(Column.processed, of: row, boolean: true)
        }
        if isNew { setDefaults(members, row, &table) }
    }

    private func setDefaults(
        _ members: RecordedMembers<Column>, _ row: Int, _ table: inout Table
    ) {
        if table.isUnknown(Column.processed, row) {
            table.set(Column.processed, of: row, boolean: false)
        }
        if Self.isCompletion(members), table.isUnknown(Column.webhookType, row) {
            table.set(Column.webhookType, of: row, text: "workflow_complete")
        }
    }

    // MARK: Which one it is

    private static func key(_ members: RecordedMembers<Column>, _ event: Event) -> ByteString {
        if let text = members[.webhookID]?.text(), !text.isEmpty { return ByteString(text) }
        if isCompletion(members), let workflow = members[.adwID]?.string(),
            let status = members[.workflowStatus]?.string()
        {
            let queue = members[.queueID]
            return ByteString(
                WebhookID.ofCompletion(
                    workflow: workflow, status: status,
                    queue: queue?.string() ?? queue?.decimalText().map(String.init)))
        }
        return ByteString(event.id)
    }

    /// The body of `POST …/workflow-complete` names no type.
    private static func isCompletion(_ members: RecordedMembers<Column>) -> Bool {
        if let type = members[.webhookType], type.kind == .string {
            return type.equals("workflow_complete")
        }
        guard let status = members[.workflowStatus] else { return false }
        return members[.adwID] != nil && (status.equals("completed") || status.equals("failed"))
    }

    // MARK: How often it came

    private func count(_ moment: Timestamp, _ row: Int, _ table: inout Table) {
        let counted = [Column.receivedAt, .lastReceivedAt].compactMap { table.timestamp($0, row) }
        // Clocks differ: what comes later in the log may have been received before.
        let isDuplicate = counted.contains { isNear($0, moment) }
        table.add(isDuplicate ? 0 : 1, to: Column.deliveryCount, of: row)
        table.add(isDuplicate ? 1 : 0, to: Column.duplicateCount, of: row)
        guard !isDuplicate else { return }
        _ = table.lower(Column.receivedAt, of: row, to: moment)
        _ = table.raise(Column.lastReceivedAt, of: row, to: moment)
    }

    private func isNear(_ one: Timestamp, _ other: Timestamp) -> Bool {
        let (distance, overflow) = one.microseconds.subtractingReportingOverflow(
            other.microseconds)
        return !overflow && distance.magnitude < UInt64(Self.duplicateWindow)
    }
}
