extension SessionsProjector {
    package enum Column: Int, ColumnHandle, CaseIterable {
        case sessionID
        case agent
        case adwID
        case cwd
        case gitBranch
        case version
        case model
        case models
        case startedAt
        case endedAt
        case status
        case endReason
        case eventCount
        case promptCount
        case messageCount
        case toolCallCount
        case errorCount
        case inputTokens
        case outputTokens
        case cacheReadTokens
        case cacheWriteTokens
        case outputTokensIsLowerBound
        case reportedCostTotal
        case compactionCount
        case subagentCount
        case apiErrorCount
        // Hidden.
        case hookPrompts
        case transcriptPrompts
        case outputPrompts
        case hookCalls
        case hookResults
        case transcriptCalls
        case outputCalls
        case hookErrors
        case transcriptErrors
        case outputErrors
        case hookCompactions
        case transcriptCompactions
        case outputCompactions
        case startedSubagents
        case stoppedSubagents
        case transcriptSubagents
        case outputSubagents
        case messageInput
        case messageOutput
        case messageCacheRead
        case messageCacheWrite
        case openMessages
        case ledgerMessages
        case telemetryPrompts
        case telemetryCalls
        case telemetryErrors
        case telemetryCompactions
        case telemetrySubagents
        case telemetryRequests
        case telemetryInput
        case telemetryOutput
        case telemetryCacheRead
        case telemetryCacheWrite
        case totalInput
        case totalOutput
        case totalCacheRead
        case totalCacheWrite
        case outputAtTotal
        case hasResult
        case forkedAt
        case replay
        case firstRoot
        case lastRoot
        case ledgerRow
        case olderMessages
        case recentMessages
    }

    package static let schema = TableSchema(
        name: "sessions", key: "session_id",
        summary:
            "Sessions of agents, by what their hooks, transcripts, outputs, and telemetry say.",
        columns: identityColumns + countColumns + tokenColumns + hiddenColumns)

    private static let identityColumns = [
        ColumnDefinition("session_id", .text, summary: "The agent's id of the session."),
        ColumnDefinition(
            "agent", .text, isIndexed: true, summary: "The agent: claude-code, codex, gemini, …"),
        ColumnDefinition(
            "adw_id", .text, isIndexed: true, summary: "The workflow it runs in, if known."),
        ColumnDefinition("cwd", .text, isIndexed: true, summary: "First working directory."),
        ColumnDefinition("git_branch", .text, summary: "Last branch."),
        ColumnDefinition("version", .text, summary: "Last version of the agent."),
        ColumnDefinition(
            "model", .text, isIndexed: true,
            summary: "Last model; until one is used, the one that was selected."),
        ColumnDefinition("models", .json, summary: "All models, in the order of their first use."),
        ColumnDefinition(
            "started_at", .timestamp,
            summary: "Earliest time of an event by its producer's clock, of a span its beginning; "
                + "unknown without any."),
        ColumnDefinition("ended_at", .timestamp, summary: "Latest time of an event, likewise."),
        ColumnDefinition(
            "status", .text, isIndexed: true,
            summary: "ended after a SessionEnd or a run's result, else active."),
        ColumnDefinition("end_reason", .text, summary: "What the end said: clear, success, …"),
    ]

    private static let countColumns = [
        ColumnDefinition("event_count", .integer, summary: "Events of the session, of any kind."),
        ColumnDefinition(
            "prompt_count", .integer,
            summary: "Prompts by a person; where hooks and transcript differ, the larger count."),
        ColumnDefinition(
            "message_count", .integer,
            summary: "Different messages of the model, or requests, as prompt_count."),
        ColumnDefinition(
            "tool_call_count", .integer, summary: "Calls of tools, as prompt_count."),
        ColumnDefinition(
            "error_count", .integer, summary: "Calls that failed, as prompt_count."),
    ]

    private static let tokenColumns = [
        ColumnDefinition(
            "input_tokens", .integer,
            summary: "Input without what the cache gave: once a message, the largest it was told."),
        ColumnDefinition("output_tokens", .integer, summary: "Output, likewise."),
        ColumnDefinition("cache_read_tokens", .integer, summary: "Read from the cache, likewise."),
        ColumnDefinition(
            "cache_write_tokens", .integer, summary: "Written to the cache, likewise."),
        ColumnDefinition(
            "output_tokens_is_lower_bound", .boolean,
            summary: "Some message has only the guess at its start (no stop_reason), and neither a "
                + "result record nor telemetry gives the final numbers."),
        ColumnDefinition(
            "reported_cost_total", .money,
            summary: "total_cost_usd of the last result record; without one the largest that a "
                + "status line showed."),
        ColumnDefinition("compaction_count", .integer, summary: "Compactions of the context."),
        ColumnDefinition("subagent_count", .integer, summary: "Subagents that were started."),
        ColumnDefinition(
            "api_error_count", .integer,
            summary: "Requests to the model that failed, as telemetry says."),
    ]

    /// Counts by source, of which the visible count is the largest; then the ledger of messages.
    private static let hiddenColumns =
        [
            "hook_prompts", "transcript_prompts", "output_prompts", "hook_calls",
            "hook_results", "transcript_calls", "output_calls", "hook_errors", "transcript_errors",
            "output_errors", "hook_compactions", "transcript_compactions", "output_compactions",
            "started_subagents", "stopped_subagents", "transcript_subagents", "output_subagents",
            "message_input", "message_output", "message_cache_read", "message_cache_write",
            "open_messages", "ledger_messages", "telemetry_prompts", "telemetry_calls",
            "telemetry_errors", "telemetry_compactions", "telemetry_subagents",
            "telemetry_requests", "telemetry_input", "telemetry_output", "telemetry_cache_read",
            "telemetry_cache_write", "total_input", "total_output", "total_cache_read",
            "total_cache_write", "output_at_total",
        ].map { ColumnDefinition($0, .integer, isHidden: true) }
        + [
            ColumnDefinition("has_result", .boolean, isHidden: true),
            ColumnDefinition("forked_at", .timestamp, isHidden: true),
            ColumnDefinition("replay", .integer, isHidden: true),
            ColumnDefinition("first_root", .integer, isIndexed: true, isHidden: true),
            ColumnDefinition("last_root", .integer, isIndexed: true, isHidden: true),
            ColumnDefinition("ledger_row", .integer, isHidden: true),
            ColumnDefinition("older_messages", .text, isHidden: true, isInterned: false),
            ColumnDefinition("recent_messages", .text, isHidden: true, isInterned: false),
        ]
}
