package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds phase events into the append-only log of tasks, one row a record.
///
/// A record that was told by two ways is one row (``PhaseFact``), unless both name it by another id.
/// Rows say what the record says. Where several records are about one phase (a start, the tool
/// tracker's, the completion) each is a row; what they mean together is `workflow_history`'s
/// matter. Durations are often cumulative (B20), templates often a phase script's name (B21);
/// a list of tool calls is kept as it was given, which the reference failed at (B23).
///
/// Source: semantics §1.2, §2.3, §2.6.
package struct TaskLogsProjector: Projector {
    package static let version = 2
    /// Version 1 lacks only what a record is known by, and read no stamps without seconds.
    ///
    /// It is unknown as for one without an end: one from before the cut that is told again behind it
    /// is a row of its own, as before.
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
        case fact
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
            ColumnDefinition(
                "fact", .integer, isIndexed: true, isHidden: true,
                summary: "What the record is known by; odd if it has an id."),
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
        guard table.row(forKey: event.id) == nil else { return }
        let fact = PhaseFact(record, event)
        let hasID = record.eventID?.isFilledText == true
        let told = fact.flatMap { knownRow(of: $0, hasID: hasID, table) }
        let row = told ?? table.rowOrInsert(key: event.id, at: event).row
        if told != nil { table.touch(row, at: event) }
        if let fact, told == nil || hasID {
            table.set(Column.fact, of: row, integer: fact.hash & ~1 | (hasID ? 1 : 0))
        }
        fillSubject(record, event, row, &table)
        table.fill(Column.phaseName, of: row, text: name)
        let number = record.phaseNumber?.integerLenient()
        table.fill(
            Column.phaseNumber, of: row,
            integer: number ?? name.withText { PhaseName.number(of: $0) })
        table.fill(Column.phaseStatus, of: row, text: record.phaseStatus)
        table.fill(Column.phaseStatus, of: row, text: typeStatus)
        table.fill(Column.logMessage, of: row, text: record.message)
        table.fill(Column.errorMessage, of: row, text: record.errorMessage)
        fillMeasures(record, row, &table)
        table.fill(Column.capturedAt, of: row, timestamp: event.recorded)
        table.fill(Column.createdAt, of: row, timestamp: event.time)
    }

    /// The row of a record that was told before: by somebody who had no id for it, or to whom this
    /// one has none.
    private func knownRow(of fact: PhaseFact, hasID: Bool, _ table: Table) -> Int? {
        let kinds = hasID ? [fact.hash & ~1] : [fact.hash & ~1, fact.hash | 1]
        return kinds.flatMap { table.rows(where: Column.fact, equals: $0) }.min()
    }

    private func fillSubject(
        _ record: PhaseRecord, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        if table.isUnknown(Column.adwID, row) {
            if let workflow = record.workflow, workflow.isFilledText {
                workflow.withText {
                    table.set(Column.adwID, of: row, text: $0.dropping(prefix: "wf-"))
                }
            } else if !event.stream.equals("general") {
                table.set(Column.adwID, of: row, text: event.stream)
            }
        }
        table.fill(Column.issueNumber, of: row, integer: IssueNumber(record.issueNumber).value)
        table.fill(Column.workflowTemplate, of: row, text: record.template)
    }

    private func fillMeasures(_ record: PhaseRecord, _ row: Int, _ table: inout Table) {
        table.fill(Column.startedAt, of: row, timestamp: record.startedAt?.moment)
        table.fill(Column.completedAt, of: row, timestamp: record.completedAt?.moment)
        if table.isUnknown(Column.durationSeconds, row) {
            table.set(Column.durationSeconds, of: row, real: record.durationSeconds?.double())
        }
        table.fill(Column.tokensUsed, of: row, integer: record.tokensUsed?.integer())
        if table.isUnknown(Column.costUsd, row) {
            table.set(
                Column.costUsd, of: row, money: record.costUSD.flatMap { PicoDollars.parse($0) })
        }
        guard let calls = record.toolCalls, calls.kind == .array,
            table.isUnknown(Column.toolCalls, row)
        else { return }
        table.set(Column.toolCalls, of: row, json: calls)
        var count: Int64 = 0
        calls.forEachElement { _ in
            count += 1
            return true
        }
        table.set(Column.toolCallCount, of: row, integer: count)
    }
}
