package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds requests and their issues into one row a request.
///
/// A request is what the reference's form takes in: text that is analysed, estimated, and posted
/// as an issue. A prompt that an agent's hook reports (`hook.UserPromptSubmit`) is none: it has
/// neither request nor estimate, a session has many of them, and `hook_events` has a row for each
/// while `sessions` counts them. Taken in here too, they would be counted twice.
///
/// The last event in the log that says something wins, for each column by itself.
///
/// Source: semantics §1.3, §2.6; the seed's `user_prompts`.
package struct UserPromptsProjector: Projector {
    package static let version = 2
    /// Version 1, of the same columns, read no stamps without seconds and no bare days.
    package static let continuedVersions = [1]
    package static let inputs: [TypePattern] = ["prompt.submitted", "prompt.posted"]

    package enum Column: Int, ColumnHandle, CaseIterable {
        case requestID
        case sessionID
        case nlInput
        case projectPath
        case autoPost
        case issueTitle
        case issueBody
        case issueType
        case complexity
        case isMultiPhase
        case phaseCount
        case parentIssueNumber
        case estimatedCostUsd
        case estimatedTokens
        case modelName
        case githubIssueNumber
        case githubIssueUrl
        case postedAt
        case createdAt
        case capturedAt
    }

    private static let names = MemberNames<Column>(schema)

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        let members = RecordedMembers(event.data, named: Self.names)
        let key = try members.key(.requestID, Self.schema)
        let (row, _) = table.rowToChange(key, at: event)

        table.renew([.githubIssueUrl, .postedAt], of: row, from: members)
        table.renew(Column.githubIssueNumber, of: row, issue: members[.githubIssueNumber])
        if event.type.equals("prompt.posted") {
            table.fill(Column.postedAt, of: row, timestamp: event.occurred)
        } else {
            setRequest(members, event, row, &table)
        }
    }

    private func setRequest(
        _ members: RecordedMembers<Column>, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        table.renew(
            [
                .sessionID, .nlInput, .projectPath, .autoPost, .issueTitle, .issueBody, .issueType,
                .complexity, .isMultiPhase, .phaseCount, .estimatedCostUsd, .estimatedTokens,
                .modelName,
            ], of: row, from: members)
        table.renew(Column.parentIssueNumber, of: row, issue: members[.parentIssueNumber])
        // The reference's defaults: a request that says nothing else is one phase, for review.
        for column in [Column.autoPost, .isMultiPhase] where table.isUnknown(column, row) {
            table.set(column, of: row, boolean: false)
        }
        if table.isUnknown(Column.phaseCount, row) {
            table.set(Column.phaseCount, of: row, integer: 1)
        }
        table.fill([.createdAt], of: row, from: members)
        table.fill(Column.createdAt, of: row, timestamp: event.time)
        table.fill(Column.capturedAt, of: row, timestamp: event.recorded)
    }
}

extension UserPromptsProjector {
    package static let schema = TableSchema(
        name: "user_prompts", key: "request_id",
        summary: "What was requested, estimated, and posted as an issue, one row a request.",
        columns: requestColumns + estimateColumns + issueColumns)

    private static let requestColumns = [
        ColumnDefinition("request_id", .text, summary: "The request."),
        ColumnDefinition(
            "session_id", .text, isIndexed: true, summary: "The session it was submitted in."),
        ColumnDefinition(
            "nl_input", .text, isInterned: false, summary: "The request in natural language."),
        ColumnDefinition("project_path", .text, summary: "The project it is about."),
        ColumnDefinition(
            "auto_post", .boolean,
            summary: "Whether it is posted without review; false if not said."),
        ColumnDefinition(
            "issue_title", .text, isInterned: false, summary: "Title of the issue to post."),
        ColumnDefinition(
            "issue_body", .text, isInterned: false, summary: "Body of the issue to post."),
        ColumnDefinition(
            "issue_type", .text, isIndexed: true,
            summary: "bug, feature, refactor, docs, test, or as recorded."),
        ColumnDefinition(
            "complexity", .text, isIndexed: true, summary: "low, medium, high, or as recorded."),
        ColumnDefinition(
            "is_multi_phase", .boolean,
            summary: "Whether it is divided into phases; false if not said."),
        ColumnDefinition(
            "phase_count", .integer, summary: "Phases it is divided into; 1 if not said."),
        ColumnDefinition(
            "parent_issue_number", .integer, isIndexed: true,
            summary: "The issue it is a phase of."),
    ]

    private static let estimateColumns = [
        ColumnDefinition(
            "estimated_cost_usd", .money, summary: "Dollars it is estimated to cost."),
        ColumnDefinition(
            "estimated_tokens", .integer, summary: "Tokens it is estimated to take."),
        ColumnDefinition("model_name", .text, summary: "The model the estimate is for."),
    ]

    private static let issueColumns = [
        ColumnDefinition(
            "github_issue_number", .integer, isIndexed: true, summary: "The issue it became."),
        ColumnDefinition(
            "github_issue_url", .text, isInterned: false, summary: "Where that issue is."),
        ColumnDefinition(
            "posted_at", .timestamp,
            summary: "As recorded, else when the posting happened; unknown while it is not posted."),
        ColumnDefinition(
            "created_at", .timestamp,
            summary: "When it was submitted by the writer's clock; unknown if it did not say."),
        ColumnDefinition(
            "captured_at", .timestamp, summary: "When the store took the request in."),
    ]
}
