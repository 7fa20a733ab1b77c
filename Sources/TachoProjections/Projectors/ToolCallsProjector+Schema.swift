extension ToolCallsProjector {
    package enum Column: Int, ColumnHandle, CaseIterable {
        case toolCallID
        case sessionID
        case adwID
        case toolName
        case toolParams
        case command
        case filePath
        case calledAt
        case completedAt
        case durationMs
        case status
        case success
        case errorMessage
        case exitCode
        case resultByteCount
        case permissionMode
        case parentToolUseID
        case agentID
        case phaseName
        case sources
        case hookCount
        case transcriptCount
        case outputCount
        case recordCount
        case telemetryCount
        case promptID
        case decision
        case decisionSource
        case resultData
        case tokensSaved
        case costSavedUsd
        case preToolSnapshot
        case postToolSnapshot
        // Hidden.
        case pairingKey
        case isCalledByHook
        case isCompletedByHook
        case isDurationReported
        case inputHash
        case calledAs
    }

    package static let schema = TableSchema(
        name: "tool_calls", key: "tool_call_id",
        summary: "Calls of tools by agents and by workflows, one row a call.",
        columns: callColumns + outcomeColumns + originColumns + registryColumns + hiddenColumns)

    private static let callColumns = [
        ColumnDefinition(
            "tool_call_id", .text,
            summary:
                "The agent's own id; where the first event about the call has none, made from that."
        ),
        ColumnDefinition("session_id", .text, summary: "The agent's session."),
        ColumnDefinition("adw_id", .text, summary: "The workflow, if known."),
        ColumnDefinition("tool_name", .text, summary: "Bash, Read, Edit, …"),
        ColumnDefinition(
            "tool_params", .json,
            summary: "The call's input; above 512 bytes only {\"truncated\":true,\"byte_count\":N}."
        ),
        ColumnDefinition(
            "command", .text, isInterned: false,
            summary: "First 300 bytes of the command, pattern, query, URL, or description."),
        ColumnDefinition(
            "file_path", .text, summary: "First 300 bytes of the path the tool works on."),
    ]

    private static let outcomeColumns = [
        ColumnDefinition(
            "called_at", .timestamp,
            summary: "By the producer's clock, a hook's before a transcript's; else unknown."),
        ColumnDefinition("completed_at", .timestamp, summary: "As called_at."),
        ColumnDefinition(
            "duration_ms", .integer,
            summary: "As reported, else completed_at − called_at; unknown without both."),
        ColumnDefinition(
            "status", .text,
            summary: "pending, completed, failed, interrupted, denied."),
        ColumnDefinition("success", .boolean, summary: "Unknown while pending."),
        ColumnDefinition(
            "error_message", .text, isInterned: false, summary: "First 500 bytes of the error."),
        ColumnDefinition("exit_code", .integer, summary: "Of a command, where it is told."),
        ColumnDefinition(
            "result_byte_count", .integer,
            summary: "Bytes of the result as JSON, by the first source that has it."),
    ]

    private static let originColumns = [
        ColumnDefinition("permission_mode", .text, summary: "Permission mode at the time."),
        ColumnDefinition(
            "parent_tool_use_id", .text, summary: "The call whose subagent made this one."),
        ColumnDefinition("agent_id", .text, summary: "The subagent that made the call."),
        ColumnDefinition("phase_name", .text, summary: "The phase whose log lists the call."),
        ColumnDefinition(
            "sources", .text, summary: "Who saw it: hook, transcript, output, record, telemetry."),
        ColumnDefinition("hook_count", .integer, summary: "Hook events about it."),
        ColumnDefinition("transcript_count", .integer, summary: "Transcript blocks about it."),
        ColumnDefinition("output_count", .integer, summary: "Blocks of a run's output about it."),
        ColumnDefinition("record_count", .integer, summary: "Logged records about it."),
        ColumnDefinition("telemetry_count", .integer, summary: "Telemetry events about it."),
        ColumnDefinition(
            "prompt_id", .text, summary: "The prompt that the call serves."),
        ColumnDefinition(
            "decision", .text,
            summary: "accept or reject, as telemetry says; approved, denied, … of Codex."),
        ColumnDefinition(
            "decision_source", .text,
            summary: "Who decided: config, hook, user_permanent, user_temporary, user_reject, …"),
    ]

    private static let registryColumns = [
        ColumnDefinition("result_data", .json, summary: "Result, as the registry recorded it."),
        ColumnDefinition("tokens_saved", .integer, summary: "Tokens saved, as recorded."),
        ColumnDefinition("cost_saved_usd", .money, summary: "Cost saved, as recorded."),
        ColumnDefinition("pre_tool_snapshot", .json, summary: "State before, as recorded."),
        ColumnDefinition("post_tool_snapshot", .json, summary: "State after, as recorded."),
    ]

    private static let hiddenColumns = [
        ColumnDefinition(
            "pairing_key", .integer, isIndexed: true, isHidden: true,
            summary: "Hash of session, tool, and input of a call without id that is still open."),
        ColumnDefinition("is_called_by_hook", .boolean, isHidden: true),
        ColumnDefinition("is_completed_by_hook", .boolean, isHidden: true),
        ColumnDefinition("is_duration_reported", .boolean, isHidden: true),
        ColumnDefinition(
            "input_hash", .integer, isHidden: true,
            summary: "Hash of the input of a call that waits for telemetry, or for its session."),
        ColumnDefinition(
            "called_as", .text, isIndexed: true, isHidden: true,
            summary: "The session's own id of a call that telemetry told of first."),
    ]
}
