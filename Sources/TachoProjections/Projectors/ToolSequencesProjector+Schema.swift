extension ToolSequencesProjector {
    package enum Column: Int, ColumnHandle, CaseIterable {
        case sequenceID
        case workflowID
        case sessionID
        case agentID
        case toolSequence
        case sequenceSignature
        case startedAt
        case completedAt
        case totalDurationMs
        case stepDurations
        case success
        case retryCount
        case callCount
        case failureCount
        case openCount
        case context
        case continues
        case source
        case agentKey
        case number
        case isClosed
        case state
        case toldCalls
    }

    package static let schema = TableSchema(
        name: "tool_sequences", key: "sequence_id",
        summary: "Which tools an agent called one after the other, one row a stretch of work.",
        columns: [
            ColumnDefinition(
                "sequence_id", .text,
                summary: "Session, agent if it is a subagent, and number of the stretch."),
            ColumnDefinition(
                "workflow_id", .text, isIndexed: true,
                summary: "The workflow (adw_id, without wf-), where a source tells it."),
            ColumnDefinition("session_id", .text, isIndexed: true, summary: "The session."),
            ColumnDefinition(
                "agent_id", .text, summary: "The subagent; unknown for the session's."),
            ColumnDefinition(
                "tool_sequence", .json, summary: "Names of the tools, in the order of the calls."),
            ColumnDefinition(
                "sequence_signature", .text, isInterned: false,
                summary: "The same with arrows between: Read→Edit→Write."),
            ColumnDefinition("started_at", .timestamp, summary: "When the first call began."),
            ColumnDefinition("completed_at", .timestamp, summary: "When the last result came."),
            ColumnDefinition(
                "total_duration_ms", .integer, summary: "completed_at − started_at."),
            ColumnDefinition(
                "step_durations", .json,
                summary: "Milliseconds a call, in their order; null where it is unknown. As the "
                    + "result says, else from begin to end."),
            ColumnDefinition(
                "success", .boolean,
                summary: "Whether no tool's last result is a failure; unknown without results."),
            ColumnDefinition(
                "retry_count", .integer, summary: "Calls of a tool whose last result failed."),
            ColumnDefinition("call_count", .integer, summary: "Calls."),
            ColumnDefinition("failure_count", .integer, summary: "Calls that failed."),
            ColumnDefinition("open_count", .integer, summary: "Calls without a result."),
            ColumnDefinition(
                "context", .json,
                summary: "file_types (endings of the calls' paths) and operation_types."),
            ColumnDefinition(
                "continues", .boolean, summary: "Whether it goes on from the stretch before."),
            ColumnDefinition(
                "source", .text, summary: "Who told it: hook, transcript, output."),
            ColumnDefinition("agent_key", .text, isIndexed: true, isHidden: true),
            ColumnDefinition("number", .integer, isHidden: true),
            ColumnDefinition("is_closed", .boolean, isHidden: true),
            ColumnDefinition("state", .text, isHidden: true, isInterned: false),
            ColumnDefinition("told_calls", .text, isHidden: true, isInterned: false),
        ])
}
