package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds `hook.*` events into a table of what the agent's hooks reported, one row an event.
///
/// A payload is not copied: the row has its size, `created_position` says where it is in the log,
/// and `tacho cat --from P --to P` prints it.
///
/// Source: semantics §1.5; ecosystem §3.1.
package struct HookEventsProjector: Projector {
    package static let version = 1
    package static let inputs: [TypePattern] = ["hook.*"]

    package enum Column: Int, ColumnHandle, CaseIterable {
        case eventID
        case eventType
        case sourceApp
        case sessionID
        case workflowID
        case timestamp
        case recordedAt
        case toolName
        case toolUseID
        case cwd
        case promptID
        case permissionMode
        case agentID
        case agentType
        case message
        case durationMs
        case payloadByteCount
    }

    package static let schema = TableSchema(
        name: "hook_events", key: "event_id",
        summary: "What the agent's hooks reported, one row an event.",
        columns: [
            ColumnDefinition("event_id", .text, summary: "The event's id in the log."),
            ColumnDefinition(
                "event_type", .text,
                summary: "Name of the hook event: PreToolUse, Stop, …"),
            ColumnDefinition(
                "source_app", .text,
                summary: "Who reported it; the producer of the event where the record is silent."),
            ColumnDefinition("session_id", .text, summary: "The agent's session."),
            ColumnDefinition(
                "workflow_id", .text,
                summary: "The workflow (adw_id, without wf-); unknown for a session outside one."),
            ColumnDefinition(
                "timestamp", .timestamp,
                summary: "When it happened by the reporter's clock; unknown if it did not say."),
            ColumnDefinition("recorded_at", .timestamp, summary: "When the store took it in."),
            ColumnDefinition("tool_name", .text, summary: "The tool it is about."),
            ColumnDefinition(
                "tool_use_id", .text, isInterned: false, summary: "The call it is about."),
            ColumnDefinition("cwd", .text, summary: "Working directory of the agent."),
            ColumnDefinition("prompt_id", .text, summary: "The prompt it was done for."),
            ColumnDefinition("permission_mode", .text, summary: "Permission mode at the time."),
            ColumnDefinition("agent_id", .text, summary: "The subagent it happened in."),
            ColumnDefinition("agent_type", .text, summary: "The kind of that subagent."),
            ColumnDefinition(
                "message", .text, isInterned: false,
                summary: "First 200 bytes of the prompt or the notification."),
            ColumnDefinition(
                "duration_ms", .integer, summary: "Running time of the tool, if reported."),
            ColumnDefinition(
                "payload_byte_count", .integer, summary: "Bytes of the event's data in the log."),
        ])

    package static let messageByteLimit = 200

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        guard let name = event.name(after: EventType.hookPrefix), !name.isEmpty else {
            throw .unexpected("type")
        }
        let payload = event.hookPayload
        let (row, isNew) = table.rowOrInsert(key: event.id, at: event)
        guard isNew else { return }

        table.set(Column.eventType, of: row, text: name)
        table.set(Column.timestamp, of: row, timestamp: event.time)
        table.set(Column.recordedAt, of: row, timestamp: event.recorded)
        table.set(Column.payloadByteCount, of: row, integer: Int64(event.record.data.count))
        setOrigin(payload, event, row, &table)
        table.renew(Column.toolName, of: row, text: payload.toolName)
        table.renew(Column.toolUseID, of: row, text: payload.toolUseID)
        table.renew(Column.cwd, of: row, text: payload.workingDirectory)
        table.renew(Column.promptID, of: row, text: payload.promptID)
        table.renew(Column.permissionMode, of: row, text: payload.permissionMode)
        table.renew(Column.agentID, of: row, text: payload.agentID)
        table.renew(Column.agentType, of: row, text: payload.agentType)
        if let message = payload.prompt ?? payload.message {
            table.set(Column.message, of: row, text: message, limit: Self.messageByteLimit)
        }
        if let duration = payload.reportedDuration {
            table.set(Column.durationMs, of: row, integer: duration)
        }
    }

    private func setOrigin(
        _ payload: HookPayload, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        if let session = payload.sessionID {
            table.set(Column.sessionID, of: row, text: session)
        } else {
            table.set(Column.sessionID, of: row, text: event.stream)
        }
        let named: Void? = payload.workflowID?.withText {
            table.set(Column.workflowID, of: row, text: $0.dropping(prefix: "wf-"))
        }
        if named == nil {
            table.set(
                Column.workflowID, of: row, text: event.hookWorkflow(session: payload.sessionID))
        }
        if let app = payload.sourceApp {
            table.set(Column.sourceApp, of: row, text: app)
        } else {
            table.set(Column.sourceApp, of: row, text: event.producer)
        }
    }
}

extension HookPayload {
    /// Milliseconds; `nil` from a logger that had no duration and wrote 0 (B46).
    var reportedDuration: Int64? {
        guard !isLoggerRecord, let duration = durationMilliseconds?.integer(), duration >= 0 else {
            return nil
        }
        return duration
    }
}
