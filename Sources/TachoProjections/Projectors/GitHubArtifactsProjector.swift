package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds `github.*` events into one row an issue, pull request, review, comment, check, or commit.
///
/// What a later state of an object says takes the place of what was known; what an earlier one
/// says, by GitHub's own `updated_at`, only fills what is unknown: webhooks come in any order, and
/// are sent again.
///
/// Source: semantics §1.1, §4.3, §7.7; the seed's "GitHub Artifact Tracking".
package struct GitHubArtifactsProjector: Projector {
    package static let version = 2
    /// Version 1, of the same columns, read no stamps without seconds and no bare days.
    package static let continuedVersions = [1]
    package static let inputs: [TypePattern] = ["github.*"]

    package static let titleByteLimit = 200

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        for artifact in GitHubArtifact.all(in: event.data) { apply(artifact, event, &table) }
    }

    private func apply(_ artifact: GitHubArtifact, _ event: Event, _ table: inout Table) {
        let (row, isNew) = table.rowOrInsert(key: artifact.key, at: event)
        if isNew {
            table.set(Column.kind, of: row, text: Array(artifact.kind.rawValue.utf8))
            table.set(Column.repository, of: row, text: artifact.repository)
        } else {
            table.touch(row, at: event)
        }
        let facts = GitHubFacts(artifact)
        let known = table.timestamp(Column.updatedAt, row)
        var cells = Cells(row: row, renews: true)
        if let known, let updated = facts.updatedAt, updated < known { cells.renews = false }
        if cells.renews, let updated = facts.updatedAt {
            table.set(Column.updatedAt, of: row, timestamp: updated)
        }
        cells.set(Column.number, facts.number, &table)
        cells.set(Column.title, facts.title, &table)
        cells.set(Column.state, facts.state, &table)
        cells.set(Column.author, facts.author, &table)
        cells.set(Column.url, facts.url, &table)
        cells.set(Column.branch, facts.branch, &table)
        cells.set(Column.adwID, facts.workflow, &table)
        cells.set(Column.issueNumber, facts.issueNumber, &table)
        cells.set(Column.openedAt, facts.openedAt, &table)
        if cells.renews, facts.state == "open" {
            // Reopened: it is not closed any more.
            table.setUnknown(Column.closedAt, of: row)
        }
        cells.set(Column.closedAt, facts.closedAt, &table)
        cells.set(Column.mergedAt, facts.mergedAt, &table)
        if let merged = facts.isMerged, cells.renews || table.isUnknown(Column.isMerged, row) {
            table.set(Column.isMerged, of: row, boolean: merged)
        }
        cells.set(Column.reviewState, facts.reviewState, &table)
        cells.set(Column.conclusion, facts.conclusion, &table)
        cells.set(Column.additions, facts.additions, &table)
        cells.set(Column.deletions, facts.deletions, &table)
        cells.set(Column.changedFiles, facts.changedFiles, &table)
        cells.set(Column.headSha, facts.headSHA, &table)
        cells.set(Column.mergeCommitSha, facts.mergeCommitSHA, &table)
        cells.set(Column.lastAction, artifact.action, &table)
    }

    /// A row's cells, which are renewed or only filled.
    private struct Cells {
        let row: Int
        var renews: Bool

        private func takes(_ column: Column, _ table: Table) -> Bool {
            renews || table.isUnknown(column, row)
        }

        func set(_ column: Column, _ text: ByteString?, _ table: inout Table) {
            guard let text, takes(column, table) else { return }
            table.set(column, of: row, text: text)
        }

        func set(_ column: Column, _ number: Int64?, _ table: inout Table) {
            guard let number, takes(column, table) else { return }
            table.set(column, of: row, integer: number)
        }

        func set(_ column: Column, _ moment: Timestamp?, _ table: inout Table) {
            guard let moment, takes(column, table) else { return }
            table.set(column, of: row, timestamp: moment)
        }
    }
}

// MARK: - The table

extension GitHubArtifactsProjector {
    package enum Column: Int, ColumnHandle, CaseIterable {
        case artifactID
        case kind
        case repository
        case number
        case title
        case state
        case author
        case url
        case branch
        case adwID
        case issueNumber
        case openedAt
        case updatedAt
        case closedAt
        case mergedAt
        case isMerged
        case reviewState
        case conclusion
        case additions
        case deletions
        case changedFiles
        case headSha
        case mergeCommitSha
        case lastAction
    }

    package static let schema = TableSchema(
        name: "github_artifacts", key: "artifact_id",
        summary: "Issues, pull requests, reviews, comments, checks, and commits, one row each.",
        columns: identityColumns + measureColumns)

    private static let identityColumns = [
        ColumnDefinition(
            "artifact_id", .text,
            summary: "owner/name#kind/number; of a review or comment its node id, of a commit its "
                + "hash."),
        ColumnDefinition(
            "kind", .text, isIndexed: true,
            summary: "issue, pull_request, review, comment, check_run, check_suite, commit."),
        ColumnDefinition("repository", .text, isIndexed: true, summary: "owner/name."),
        ColumnDefinition(
            "number", .integer, isIndexed: true,
            summary: "Of the issue or pull request that it is or belongs to."),
        ColumnDefinition(
            "title", .text, isInterned: false,
            summary: "Title; name of a check; first line of a message or text, up to 200 bytes."),
        ColumnDefinition(
            "state", .text, isIndexed: true,
            summary: "open, closed; of a check queued, in_progress, completed."),
        ColumnDefinition("author", .text, isIndexed: true, summary: "Login of who made it."),
        ColumnDefinition("url", .text, isInterned: false, summary: "Address for people."),
        ColumnDefinition("branch", .text, isIndexed: true, summary: "Branch it is from or on."),
        ColumnDefinition(
            "adw_id", .text, isIndexed: true,
            summary: "The workflow that branch, title, or text name."),
        ColumnDefinition(
            "issue_number", .integer, isIndexed: true,
            summary: "The issue it is, closes, or is named after."),
    ]

    private static let measureColumns = [
        ColumnDefinition("opened_at", .timestamp, summary: "When it was made."),
        ColumnDefinition("updated_at", .timestamp, summary: "Its last change, by GitHub's clock."),
        ColumnDefinition("closed_at", .timestamp, summary: "When it was closed, or completed."),
        ColumnDefinition("merged_at", .timestamp, summary: "When a pull request was merged."),
        ColumnDefinition("is_merged", .boolean, summary: "Whether a pull request is merged."),
        ColumnDefinition(
            "review_state", .text,
            summary: "approved, changes_requested, commented, dismissed; of a pull request the "
                + "decision, if told."),
        ColumnDefinition(
            "conclusion", .text,
            summary: "Of a check: success, failure, neutral, cancelled, skipped, timed_out, …"),
        ColumnDefinition("additions", .integer, summary: "Lines added."),
        ColumnDefinition("deletions", .integer, summary: "Lines deleted."),
        ColumnDefinition("changed_files", .integer, summary: "Files changed."),
        ColumnDefinition(
            "head_sha", .text, summary: "Hash of the last commit; of a commit its own."),
        ColumnDefinition("merge_commit_sha", .text, summary: "Hash of the merge."),
        ColumnDefinition(
            "last_action", .text,
            summary: "What the last webhook about it said: opened, closed, submitted, pushed, …"),
    ]
}
