extension ModelUsageProjector {
    package enum Column: Int, ColumnHandle, CaseIterable {
        case usageID
        case provider
        case model
        case sessionID
        case workflowID
        case phase
        case agentName
        case messageID
        case requestID
        case occurredAt
        case recordedAt
        case inputTokens
        case outputTokens
        case cacheCreation5mTokens
        case cacheCreation1hTokens
        case cacheCreationTokens
        case cacheReadTokens
        case webSearchRequests
        case inputSource
        case outputSource
        case outputIsLowerBound
        case isCounted
        case serviceTier
        case speed
        case isSidechain
        case agentID
        case agentVersion
        case reportedCost
        case durationMs
        case timeToFirstTokenMs
        case lineCount
        case inheritedCount
        case telemetryCount
        case finalFields
        case forkedFrom
        case isReplaying
        case isOfRun
    }

    package static let schema = TableSchema(
        name: "model_usage", key: "usage_id",
        summary: "Tokens that models used, one row a message, or a model of a run's result.",
        columns: [
            ColumnDefinition(
                "usage_id", .text,
                summary: "provider/message/request, the message empty if telemetry came first; of "
                    + "a result provider/result/workflow/source/session/model, of Copilot's with "
                    + "the event; of a session's own total agent/session/session."),
            ColumnDefinition(
                "provider", .text,
                summary: "anthropic for Claude Code; as recorded, else the producer."),
            ColumnDefinition("model", .text, summary: "The model, as the record names it."),
            ColumnDefinition(
                "session_id", .text, isIndexed: true,
                summary: "The session in which the log has it first; of a subagent its parent's."),
            ColumnDefinition(
                "workflow_id", .text,
                summary: "The workflow (adw_id) whose run's output says it."),
            ColumnDefinition(
                "phase", .text, summary: "The phase that the run's agent directory stands for."),
            ColumnDefinition("agent_name", .text, summary: "The run's agent directory."),
            ColumnDefinition(
                "message_id", .text, isIndexed: true, summary: "The provider's id of the message."),
            ColumnDefinition(
                "request_id", .text, isIndexed: true,
                summary: "The provider's id of the request."),
            ColumnDefinition(
                "occurred_at", .timestamp, summary: "When its first record with a time was made."),
            ColumnDefinition(
                "recorded_at", .timestamp, summary: "When the store took its first record in."),
            ColumnDefinition(
                "input_tokens", .integer,
                summary: "Tokens neither read from a cache nor written to one."),
            ColumnDefinition("output_tokens", .integer, summary: "Tokens the model wrote."),
            ColumnDefinition(
                "cache_creation_5m_tokens", .integer,
                summary: "Tokens written to a cache for 5 minutes."),
            ColumnDefinition(
                "cache_creation_1h_tokens", .integer,
                summary: "Tokens written to a cache for an hour."),
            ColumnDefinition(
                "cache_creation_tokens", .integer,
                summary: "Tokens written to a cache, for however long."),
            ColumnDefinition(
                "cache_read_tokens", .integer, summary: "Tokens read from a cache."),
            ColumnDefinition(
                "web_search_requests", .integer, summary: "Searches the provider made."),
            ColumnDefinition(
                "input_source", .text,
                summary: "Where input and cache tokens are from: final, telemetry, result of a "
                    + "run, or an agent's own total of a session."),
            ColumnDefinition(
                "output_source", .text,
                summary: "Where the output is from: final record, last line of agents before "
                    + "2.1.12, placeholder of a stream, telemetry, result of a run, or session."),
            ColumnDefinition(
                "output_is_lower_bound", .boolean,
                summary: "Whether the output is a placeholder or unknown: it was at least that."),
            ColumnDefinition(
                "is_counted", .boolean,
                summary:
                    "Whether sums take it: not where a result of its session has it already, nor "
                    + "a session's own total."),
            ColumnDefinition(
                "service_tier", .text, summary: "standard, batch, priority, or as recorded."),
            ColumnDefinition("speed", .text, summary: "standard or fast."),
            ColumnDefinition("is_sidechain", .boolean, summary: "Whether a subagent asked."),
            ColumnDefinition(
                "agent_id", .text,
                summary: "The subagent; in a run's output the call that started it."),
            ColumnDefinition(
                "agent_version", .text, summary: "Version of the agent's program."),
            ColumnDefinition(
                "reported_cost", .money, summary: "Dollars, as the agent itself reckoned."),
            ColumnDefinition(
                "duration_ms", .integer,
                summary: "Milliseconds the request took, as telemetry says."),
            ColumnDefinition(
                "time_to_first_token_ms", .integer,
                summary: "Milliseconds until the response began, as telemetry says."),
            ColumnDefinition(
                "line_count", .integer, summary: "Records of its session that say it."),
            ColumnDefinition(
                "inherited_count", .integer,
                summary: "Records of other sessions (resumed, forked) that repeat it."),
            ColumnDefinition(
                "telemetry_count", .integer,
                summary: "Events of telemetry that say it; unknown for none."),
            ColumnDefinition("final_fields", .integer, isHidden: true),
            ColumnDefinition("forked_from", .text, isHidden: true),
            ColumnDefinition("is_replaying", .boolean, isHidden: true),
            ColumnDefinition("is_of_run", .boolean, isHidden: true),
        ])
}
