extension OperationPatternsProjector {
    package enum Column: Int, ColumnHandle, CaseIterable {
        case patternSignature
        case patternType
        case firstDetected
        case lastSeen
        case occurrenceCount
        case typicalInputPattern
        case typicalOperations
        case typicalFilesAccessed
        case avgTokensWithLlm
        case avgCostWithLlm
        case avgTokensWithTool
        case avgCostWithTool
        case potentialMonthlySavings
        case automationStatus
        case confidenceScore
        case toolName
        case toolScriptPath
        case reviewedBy
        case reviewedAt
        case reviewNotes
        case createdAt
        case updatedAt
        case avgDurationMinutes
        case detectionCount
        case lastDetected
        case predictionCount
        case predictionAccuracy
        case lastPredicted
        case executionCount
        case implementationCostUsd
        case recentWorkflows
        case middleWorkflows
        case olderWorkflows
        case tokenSum
        case tokenCount
        case costSum
        case costCount
        case durationCount
        case durationSum
        case durationSquareSum
        case failureSum
        case retrySum
        case correctCount
        case validatedCount
    }

    package static let schema = TableSchema(
        name: "operation_patterns", key: "pattern_signature",
        summary: "What workflows do again and again, and what a tool in its place would save.",
        columns: detectionColumns + savingsColumns + reviewColumns + hiddenColumns)

    private static let detectionColumns = [
        ColumnDefinition(
            "pattern_signature", .text, summary: "category:what:target, or as recorded."),
        ColumnDefinition(
            "pattern_type", .text, isIndexed: true, summary: "The signature's first part."),
        ColumnDefinition("first_detected", .timestamp, summary: "When it was first seen."),
        ColumnDefinition(
            "last_seen", .timestamp, summary: "When a workflow last showed it for the first time."),
        ColumnDefinition(
            "occurrence_count", .integer, summary: "Workflows that showed it, each once."),
        ColumnDefinition(
            "typical_input_pattern", .json, summary: "Characteristics of the first occurrence."),
        ColumnDefinition(
            "typical_operations", .json, summary: "Tools, where a detection names them."),
        ColumnDefinition(
            "typical_files_accessed", .json,
            summary: "Files that the first occurrence's input names, at most 50."),
    ]

    private static let savingsColumns = [
        ColumnDefinition(
            "avg_tokens_with_llm", .integer,
            summary: "Tokens a workflow, of those that told tokens, rounded down."),
        ColumnDefinition(
            "avg_cost_with_llm", .money,
            summary: "Dollars a workflow, of those that told a cost."),
        ColumnDefinition(
            "avg_tokens_with_tool", .integer,
            summary: "A twentieth of avg_tokens_with_llm, rounded down."),
        ColumnDefinition(
            "avg_cost_with_tool", .money, summary: "A twentieth of avg_cost_with_llm, in dollars."),
        ColumnDefinition(
            "potential_monthly_savings", .money,
            summary: "Dollars: (avg_cost_with_llm − avg_cost_with_tool) × occurrence_count."),
        ColumnDefinition(
            "automation_status", .text, isIndexed: true,
            summary: "detected, predicted, candidate, in_review, approved, implemented, active, "
                + "rejected, deprecated."),
        ColumnDefinition("confidence_score", .real, summary: "0 to 100."),
    ]

    private static let reviewColumns = [
        ColumnDefinition("tool_name", .text, summary: "The tool that does it now."),
        ColumnDefinition("tool_script_path", .text, summary: "Where that tool is."),
        ColumnDefinition("reviewed_by", .text, summary: "Who decided last."),
        ColumnDefinition("reviewed_at", .timestamp, summary: "When that was."),
        ColumnDefinition(
            "review_notes", .text, isInterned: false,
            summary: "Notes of that decision; those of a rejection begin with REJECTED:."),
        ColumnDefinition("created_at", .timestamp, summary: "When the row was made."),
        ColumnDefinition("updated_at", .timestamp, summary: "When the row last changed."),
        ColumnDefinition(
            "avg_duration_minutes", .integer,
            summary: "Whole minutes a workflow, of those with a duration."),
        ColumnDefinition(
            "detection_count", .integer, summary: "Detections, also of a workflow seen before."),
        ColumnDefinition("last_detected", .timestamp, summary: "When the newest of those was."),
        ColumnDefinition("prediction_count", .integer, summary: "Predictions of it."),
        ColumnDefinition(
            "prediction_accuracy", .real,
            summary: "Predictions that proved right ÷ those that were checked, 0 to 1."),
        ColumnDefinition("last_predicted", .timestamp, summary: "When the newest of those was."),
        ColumnDefinition("execution_count", .integer, summary: "Executions of its tool."),
        ColumnDefinition(
            "implementation_cost_usd", .money, summary: "Dollars that the tool cost to make."),
    ]

    private static let hiddenColumns =
        [
            "recent_workflows", "middle_workflows", "older_workflows",
        ].map { ColumnDefinition($0, .text, isHidden: true, isInterned: false) } + [
            ColumnDefinition("token_sum", .integer, isHidden: true),
            ColumnDefinition("token_count", .integer, isHidden: true),
            ColumnDefinition("cost_sum", .money, isHidden: true),
            ColumnDefinition("cost_count", .integer, isHidden: true),
            ColumnDefinition("duration_count", .integer, isHidden: true),
            ColumnDefinition("duration_sum", .real, isHidden: true),
            ColumnDefinition("duration_square_sum", .real, isHidden: true),
            ColumnDefinition("failure_sum", .integer, isHidden: true),
            ColumnDefinition("retry_sum", .integer, isHidden: true),
            ColumnDefinition("correct_count", .integer, isHidden: true),
            ColumnDefinition("validated_count", .integer, isHidden: true),
        ]
}
