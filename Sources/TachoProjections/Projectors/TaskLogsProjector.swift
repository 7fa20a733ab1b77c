package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds phase events into the append-only log of tasks, one row an event.
///
/// Rows say what the record says. Where several records are about one phase (a start, the tool
/// tracker's, the completion) each is a row; what they mean together is `workflow_history`'s
/// matter. Durations are often cumulative (B20), templates often a phase script's name (B21);
/// a list of tool calls is kept as it was given, which the reference failed at (B23).
///
/// Source: semantics §1.2, §2.3, §2.6.
package struct TaskLogsProjector: Projector {
    package static let version = 2
    /// Version 1, of the same columns, read no stamps without seconds and no bare days.
    package static let continuedVersions = [1]
    package static let inputs: [TypePattern] = ["phase.*", "log.record"]

    package enum Column: Int, ColumnHandle, CaseIterable {
        case eventID
        case adwID
        case issueNumber
        case workflowTemplate
        case phaseName
        case phaseNumber
        case phaseStatus
        case logMessage
        case errorMessage
        case startedAt
        case completedAt
        case durationSeconds
        case tokensUsed
        case costUsd
        case toolCalls
        case toolCallCount
        case capturedAt
        case createdAt
    }

    package static let schema = TableSchema(
        name: "task_logs", key: "event_id",
        summary: "What the phases of workflows logged, one row a record.",
        columns: [
            ColumnDefinition("event_id", .text, summary: "The event's id in the log."),
            ColumnDefinition("adw_id", .text, isIndexed: true, summary: "The workflow."),
            ColumnDefinition(
                "issue_number", .integer, isIndexed: true, summary: "The issue it works on."),
            ColumnDefinition(
                "workflow_template", .text,
                summary: "As logged: real writers put the name of the phase's script here."),
            ColumnDefinition(
                "phase_name", .text, isIndexed: true,
                summary: "Plan, Build, …, or a pseudo phase such as webhook_received."),
            ColumnDefinition(
                "phase_number", .integer,
                summary: "As logged, else the phase's number; 0 for none of the ten."),
            ColumnDefinition(
                "phase_status", .text, isIndexed: true,
                summary: "started, completed, failed, skipped."),
            ColumnDefinition("log_message", .text, isInterned: false, summary: "The message."),
            ColumnDefinition(
                "error_message", .text, isInterned: false, summary: "The error, if one is said."),
            ColumnDefinition(
                "started_at", .timestamp,
                summary: "As logged: of a completion often the workflow's start."),
            ColumnDefinition("completed_at", .timestamp, summary: "As logged."),
            ColumnDefinition(
                "duration_seconds", .real,
                summary: "As logged: of a completion often cumulative since the workflow's start."),
            ColumnDefinition("tokens_used", .integer, summary: "Tokens, if the record says them."),
            ColumnDefinition("cost_usd", .money, summary: "Cost, if the record says it."),
            ColumnDefinition("tool_calls", .json, summary: "The list of calls, as given."),
            ColumnDefinition("tool_call_count", .integer, summary: "Length of that list."),
            ColumnDefinition("captured_at", .timestamp, summary: "When the store took it in."),
            ColumnDefinition(
                "created_at", .timestamp,
                summary: "When it was logged by the writer's clock; unknown if it did not say."),
        ])

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        let record = event.phaseRecord
        let typeStatus = event.name(after: EventType.phasePrefix)
        guard let name = record.phaseName, name.isFilledText else {
            // Any other log record is none of ours; a phase event has to name its phase.
            guard typeStatus != nil else { return }
            throw .missing("phase_name")
        }
        let (row, isNew) = table.rowOrInsert(key: event.id, at: event)
        guard isNew else { return }

        setSubject(record, event, row, &table)
        table.set(Column.phaseName, of: row, text: name)
        let number = record.phaseNumber?.integerLenient()
        table.set(
            Column.phaseNumber, of: row,
            integer: number ?? name.withText { PhaseName.number(of: $0) })
        if let status = record.phaseStatus {
            table.set(Column.phaseStatus, of: row, text: status)
        } else {
            table.set(Column.phaseStatus, of: row, text: typeStatus)
        }
        table.fill(Column.logMessage, of: row, text: record.message)
        table.fill(Column.errorMessage, of: row, text: record.errorMessage)
        setMeasures(record, row, &table)
        table.set(Column.capturedAt, of: row, timestamp: event.recorded)
        table.set(Column.createdAt, of: row, timestamp: event.time)
    }

    private func setSubject(
        _ record: PhaseRecord, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        if let workflow = record.workflow, workflow.isFilledText {
            workflow.withText {
                table.set(Column.adwID, of: row, text: $0.dropping(prefix: "wf-"))
            }
        } else if !event.stream.equals("general") {
            table.set(Column.adwID, of: row, text: event.stream)
        }
        table.set(
            Column.issueNumber, of: row, integer: IssueNumber(record.issueNumber).value)
        table.fill(Column.workflowTemplate, of: row, text: record.template)
    }

    private func setMeasures(_ record: PhaseRecord, _ row: Int, _ table: inout Table) {
        table.set(Column.startedAt, of: row, timestamp: record.startedAt?.moment)
        table.set(Column.completedAt, of: row, timestamp: record.completedAt?.moment)
        table.set(Column.durationSeconds, of: row, real: record.durationSeconds?.double())
        table.set(Column.tokensUsed, of: row, integer: record.tokensUsed?.integer())
        table.set(
            Column.costUsd, of: row, money: record.costUSD.flatMap { PicoDollars.parse($0) })
        guard let calls = record.toolCalls, calls.kind == .array else { return }
        table.set(Column.toolCalls, of: row, json: calls)
        var count: Int64 = 0
        calls.forEachElement { _ in
            count += 1
            return true
        }
        table.set(Column.toolCallCount, of: row, integer: count)
    }
}
