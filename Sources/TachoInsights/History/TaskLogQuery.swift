package import TachoLog

/// Orders of an issue's phase logs, and its progress.
///
/// A phase without number stands after all others, and so the latest is rather one of those.
///
/// Source: semantics §1.2 and §7.2, golden `task_log_queries`.
package enum TaskLogQuery {
    /// One phase log; the position in a list is the order in which they were recorded.
    package struct Row: Sendable {
        package let workflowID: String
        package let issueNumber: Int?
        package let template: String?
        package let phaseNumber: Int?
        package let status: String
        package let completedAt: Timestamp?

        package init(
            workflowID: String, issueNumber: Int?, template: String?, phaseNumber: Int?,
            status: String, completedAt: Timestamp?
        ) {
            self.workflowID = workflowID
            self.issueNumber = issueNumber
            self.template = template
            self.phaseNumber = phaseNumber
            self.status = status
            self.completedAt = completedAt
        }
    }

    package struct Progress: Sendable {
        package let workflowID: String
        package let template: String?
        package let phaseCount: Int
        package let completedCount: Int
        package let failedCount: Int
        package let latestPhase: Int?
        package let lastActivity: Timestamp?
    }

    /// The rows of an issue by phase, and of one phase as recorded.
    ///
    /// - Returns: Indices of `rows`.
    package static func ofIssue(_ issue: Int, in rows: [Row]) -> [Int] {
        rows.indices.filter { rows[$0].issueNumber == issue }.sorted {
            (rows[$0].phaseNumber ?? .max, $0) < (rows[$1].phaseNumber ?? .max, $1)
        }
    }

    /// The row of the highest phase of an issue, of several the newest.
    ///
    /// - Returns: An index of `rows`.
    package static func latest(ofIssue issue: Int, in rows: [Row]) -> Int? {
        ofIssue(issue, in: rows).last
    }

    /// The newest rows first.
    ///
    /// - Parameters:
    ///   - rows: All rows.
    ///   - issue: Only this issue's; 0 is no filter.
    ///   - status: Only rows of this status.
    ///   - limit: Rows of a page.
    ///   - offset: Rows before the page.
    /// - Returns: Indices of `rows`.
    package static func newestFirst(
        in rows: [Row], issue: Int? = nil, status: String? = nil, limit: Int = 50, offset: Int = 0
    ) -> [Int] {
        let found = rows.indices.reversed().filter { index in
            if let issue, issue != 0, rows[index].issueNumber != issue { return false }
            return status.map { $0 == rows[index].status } ?? true
        }
        return Array(found.dropFirst(offset).prefix(limit))
    }

    /// How far the first workflow of an issue has come.
    ///
    /// All templates of a workflow together: its phases are scripts of their own, and each would
    /// be a group by itself (B21).
    package static func progress(ofIssue issue: Int, in rows: [Row]) -> Progress? {
        guard let first = rows.first(where: { $0.issueNumber == issue }) else { return nil }
        let group = rows.filter {
            $0.issueNumber == issue && $0.workflowID == first.workflowID
        }
        return Progress(
            workflowID: first.workflowID, template: first.template, phaseCount: group.count,
            completedCount: group.count { $0.status == "completed" },
            failedCount: group.count { $0.status == "failed" },
            latestPhase: group.compactMap(\.phaseNumber).max(),
            lastActivity: group.compactMap(\.completedAt).max())
    }
}
