extension PhaseQueueProjector {
    package enum Column: Int, ColumnHandle, CaseIterable {
        case queueID
        case featureID
        case phaseNumber
        case issueNumber
        case status
        case currentPhase
        case dependsOnPhases
        case phaseData
        case errorMessage
        case adwID
        case prNumber
        case priority
        case priorityName
        case queuePosition
        case createdAt
        case readyTimestamp
        case startedTimestamp
        case endedAt
        case updatedAt
        case waitSeconds
        case runSeconds
        case attemptCount
        case requeueCount
        // Hidden.
        case highestPosition
        case requeuedAt
        case phaseToldAt
    }

    package static let schema = TableSchema(
        name: "phase_queue", key: "queue_id",
        summary: "Phases that wait, run, or have run, one row a phase in the queue.",
        columns: phaseColumns + orderColumns + timeColumns)

    private static let phaseColumns = [
        ColumnDefinition(
            "queue_id", .text, summary: "As recorded, else the id of the event that queued it."),
        ColumnDefinition(
            "feature_id", .integer, isIndexed: true,
            summary: "The feature (parent issue) it is a phase of."),
        ColumnDefinition("phase_number", .integer, summary: "Which phase of it; 1 is the first."),
        ColumnDefinition(
            "issue_number", .integer, isIndexed: true, summary: "The phase's own issue."),
        ColumnDefinition(
            "status", .text, isIndexed: true,
            summary: "queued, ready, running, completed, blocked, failed."),
        ColumnDefinition(
            "current_phase", .text, summary: "What it does by its own word; init at first."),
        ColumnDefinition(
            "depends_on_phases", .json, summary: "Numbers of the phases it waits for."),
        ColumnDefinition("phase_data", .json, summary: "What is to be done, as recorded."),
        ColumnDefinition(
            "error_message", .text, isInterned: false, summary: "Why it failed or is blocked."),
        ColumnDefinition(
            "adw_id", .text, isIndexed: true,
            summary: "The workflow that works on it, without wf-."),
        ColumnDefinition(
            "pr_number", .integer, isIndexed: true, summary: "The pull request it made."),
    ]

    private static let orderColumns = [
        ColumnDefinition(
            "priority", .integer, isIndexed: true,
            summary: "The smaller, the sooner; 50 if not "
                + "said."),
        ColumnDefinition(
            "priority_name", .text,
            summary: "Up to 10 urgent, 20 high, 50 normal, 70 low, else background."),
        ColumnDefinition(
            "queue_position", .integer,
            summary: "Its place among equals; one above the highest if not said."),
    ]

    private static let timeColumns = [
        ColumnDefinition(
            "created_at", .timestamp, summary: "When it was queued; unknown before that is told."),
        ColumnDefinition("ready_timestamp", .timestamp, summary: "When it became ready."),
        ColumnDefinition("started_timestamp", .timestamp, summary: "When it was started."),
        ColumnDefinition("ended_at", .timestamp, summary: "When it completed or failed."),
        ColumnDefinition("updated_at", .timestamp, summary: "When its status changed last."),
        ColumnDefinition(
            "wait_seconds", .real,
            summary: "Seconds from ready to started; unknown without both."),
        ColumnDefinition(
            "run_seconds", .real, summary: "Seconds from started to ended; unknown without both."),
        ColumnDefinition("attempt_count", .integer, summary: "Times it was started."),
        ColumnDefinition("requeue_count", .integer, summary: "Times it was queued again."),
        ColumnDefinition(
            "highest_position", .integer, isHidden: true,
            summary: "In the table's first row: the highest position of all."),
        ColumnDefinition("requeued_at", .timestamp, isHidden: true),
        ColumnDefinition("phase_told_at", .timestamp, isHidden: true),
    ]
}
