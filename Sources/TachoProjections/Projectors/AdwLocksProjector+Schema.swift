extension AdwLocksProjector {
    package enum Column: Int, ColumnHandle, CaseIterable {
        case issueKey
        case issueNumber
        case isHeld
        case adwID
        case status
        case githubUrl
        case acquiredAt
        case updatedAt
        case releasedAt
        case releaseReason
        case lastAdwID
        case acquireCount
        case refusedCount
        case lastRefusedAdwID
        case lastRefusedAt
    }

    package static let schema = TableSchema(
        name: "adw_locks", key: "issue_key",
        summary: "Which workflow works on which issue, one row an issue.",
        columns: holderColumns + historyColumns)

    private static let holderColumns = [
        // Keys are text; people look for a number.
        ColumnDefinition(
            "issue_key", .text, isHidden: true, summary: "The issue's number as text."),
        ColumnDefinition(
            "issue_number", .integer, isIndexed: true, summary: "The issue that is locked."),
        ColumnDefinition("is_held", .boolean, summary: "Whether a workflow holds the lock."),
        ColumnDefinition(
            "adw_id", .text, isIndexed: true,
            summary: "The workflow that holds it, without wf-; unknown while it is free."),
        ColumnDefinition(
            "status", .text, isIndexed: true,
            summary: "planning, building, testing, reviewing, documenting, or as recorded; "
                + "unknown while it is free."),
        ColumnDefinition(
            "github_url", .text, isInterned: false, summary: "Where the issue is, as recorded."),
        ColumnDefinition(
            "acquired_at", .timestamp, summary: "Since when it is held; unknown while it is free."),
        ColumnDefinition(
            "updated_at", .timestamp, summary: "When it was taken, changed, or freed last."),
    ]

    private static let historyColumns = [
        ColumnDefinition("released_at", .timestamp, summary: "When it was freed last."),
        ColumnDefinition(
            "release_reason", .text,
            summary: "How it was freed last: released, force_released, expired, stale (taken over "
                + "after 24 hours), workflow_ended."),
        ColumnDefinition(
            "last_adw_id", .text, summary: "The workflow that held it when it was freed last."),
        ColumnDefinition("acquire_count", .integer, summary: "Times it was taken."),
        ColumnDefinition(
            "refused_count", .integer,
            summary: "Times another workflow wanted it while it was held."),
        ColumnDefinition(
            "last_refused_adw_id", .text, summary: "The workflow that was refused last."),
        ColumnDefinition("last_refused_at", .timestamp, summary: "When that was."),
    ]
}
