extension AdwToolsProjector {
    package enum Column: Int, ColumnHandle, CaseIterable {
        case toolName
        case description
        case toolSchema
        case scriptPath
        case inputPatterns
        case outputFormat
        case status
        case totalInvocations
        case successCount
        case failureCount
        case successRate
        case avgDurationSeconds
        case avgTokensConsumed
        case avgCostUsd
        case lastInvoked
        case registeredAt
        case updatedAt
        // Hidden.
        case olderCalls
        case middleCalls
        case recentCalls
    }

    package static let schema = TableSchema(
        name: "adw_tools", key: "tool_name",
        summary: "Tools that workflows can call, and how their calls went, one row a tool.",
        columns: registryColumns + callColumns + momentColumns + hiddenColumns)

    private static let registryColumns = [
        ColumnDefinition("tool_name", .text, summary: "The tool."),
        ColumnDefinition(
            "description", .text, isInterned: false,
            summary: "What it does; unknown if it was never registered."),
        ColumnDefinition("tool_schema", .json, summary: "Its parameters, as registered."),
        ColumnDefinition("script_path", .text, isInterned: false, summary: "What it runs."),
        ColumnDefinition(
            "input_patterns", .json, summary: "A list of what it is for, as registered."),
        ColumnDefinition("output_format", .json, summary: "What it gives, as registered."),
        ColumnDefinition(
            "status", .text, isIndexed: true, summary: "active, deprecated, experimental."),
    ]

    private static let callColumns = [
        ColumnDefinition("total_invocations", .integer, summary: "Calls, each counted once."),
        ColumnDefinition("success_count", .integer, summary: "Calls that succeeded."),
        ColumnDefinition("failure_count", .integer, summary: "Calls that failed."),
        ColumnDefinition(
            "success_rate", .real,
            summary: "success_count ÷ (success_count + failure_count), 0 to 1."),
        ColumnDefinition(
            "avg_duration_seconds", .real,
            summary: "Seconds, running average over all calls up to the last that gave it."),
        ColumnDefinition(
            "avg_tokens_consumed", .real, summary: "Tokens, as avg_duration_seconds."),
        ColumnDefinition("avg_cost_usd", .money, summary: "Dollars, as avg_duration_seconds."),
    ]

    private static let momentColumns = [
        ColumnDefinition(
            "last_invoked", .timestamp, summary: "When the latest of its calls was made."),
        ColumnDefinition("registered_at", .timestamp, summary: "When it was registered first."),
        ColumnDefinition(
            "updated_at", .timestamp, summary: "When its registration was changed last."),
    ]

    private static let hiddenColumns = [
        ColumnDefinition("older_calls", .text, isHidden: true, isInterned: false),
        ColumnDefinition("middle_calls", .text, isHidden: true, isInterned: false),
        ColumnDefinition("recent_calls", .text, isHidden: true, isInterned: false),
    ]
}
