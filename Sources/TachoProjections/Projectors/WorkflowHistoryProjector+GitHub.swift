import TachoEvents
import TachoJSON
import TachoLog

// What GitHub's events say about a workflow: its issue, pull request, reviews, and checks.

extension WorkflowHistoryProjector {
    /// Different reviews, and checks of different names, that are kept of a workflow.
    package static let verdictLimit = 64

    /// A row is never made here: GitHub knows more workflows than ran with this store.
    mutating func applyGitHub(_ event: Event, _ table: inout Table) {
        for artifact in GitHubArtifact.all(in: event.data) {
            switch artifact.kind {
            case .issue: applyIssue(artifact, event, &table)
            case .pullRequest, .review, .checkRun:
                let facts = GitHubFacts(artifact)
                for row in rows(of: artifact, facts, table)
                where apply(artifact, facts, row, &table) {
                    touch(row, event, &table)
                }
            case .comment, .checkSuite, .commit: break
            }
        }
    }

    /// The workflow that is named, else those of the branch.
    private func rows(of artifact: GitHubArtifact, _ facts: GitHubFacts, _ table: Table) -> [Int] {
        if let name = facts.workflow {
            let prefixed = ByteString(Array("adw-".utf8) + name.bytes)
            if let row = table.row(forKey: name) ?? table.row(forKey: prefixed) { return [row] }
        }
        guard let branch = artifact.branch else { return [] }
        return table.rows(where: Column.branchName, equals: branch).filter {
            isOf(artifact.repository, $0, table)
        }
    }

    /// Whether the row's issue may be one of that repository.
    private func isOf(_ repository: ByteString, _ row: Int, _ table: Table) -> Bool {
        guard let url = table.text(Column.githubUrl, row) else { return true }
        let needle = [UInt8(ascii: "/")] + repository.bytes + [UInt8(ascii: "/")]
        return url.description.contains(String(decoding: needle, as: UTF8.self))
    }

    /// - Complexity: O(workflows of the issue).
    private func applyIssue(_ artifact: GitHubArtifact, _ event: Event, _ table: inout Table) {
        let facts = GitHubFacts(artifact)
        guard let number = facts.number, let state = facts.state,
            state == "open" || state == "closed"
        else { return }
        for row in table.rows(where: Column.issueNumber, equals: number)
        where isOf(artifact.repository, row, table) {
            if let known = table.timestamp(Column.issueUpdatedAt, row),
                let updated = facts.updatedAt, updated < known
            {
                continue
            }
            if let updated = facts.updatedAt {
                table.set(Column.issueUpdatedAt, of: row, timestamp: updated)
            }
            guard table.text(Column.ghIssueState, row) != state else { continue }
            table.set(Column.ghIssueState, of: row, text: state)
            table.touch(row, at: event)
            table.set(Column.updatedAt, of: row, timestamp: event.recorded)
        }
    }

    /// - Returns: Whether the row says something else now.
    private func apply(
        _ artifact: GitHubArtifact, _ facts: GitHubFacts, _ row: Int, _ table: inout Table
    ) -> Bool {
        switch artifact.kind {
        case .pullRequest:
            return applyPull(facts, row, &table)
        case .review:
            guard let state = facts.reviewState else { return false }
            return note(artifact.id, state, facts.openedAt, in: .reviews, row, &table)
        case .checkRun:
            guard let name = facts.title, let conclusion = facts.conclusion else { return false }
            return note(name, conclusion, facts.updatedAt, in: .checks, row, &table)
        default:
            return false
        }
    }

    /// A merge is for good; a pull request that is not merged only says so if none is.
    private func applyPull(_ facts: GitHubFacts, _ row: Int, _ table: inout Table) -> Bool {
        guard facts.isMerged == true else {
            guard table.isUnknown(Column.prMerged, row) else { return false }
            table.set(Column.prMerged, of: row, boolean: false)
            return true
        }
        let isNew = table.boolean(Column.prMerged, row) != true
        table.set(Column.prMerged, of: row, boolean: true)
        guard let opened = facts.openedAt, let merged = facts.mergedAt, merged >= opened else {
            return isNew
        }
        // An earlier one may be told again, for another reason.
        if let last = table.timestamp(Column.mergedAt, row), merged < last { return isNew }
        table.set(Column.mergedAt, of: row, timestamp: merged)
        let hours = Double(merged.microseconds - opened.microseconds) / 3_600_000_000
        guard table.real(Column.timeToMergeHours, row) != hours else { return isNew }
        table.set(Column.timeToMergeHours, of: row, real: hours)
        return true
    }

    // MARK: Verdicts

    /// A review's or a check's last word.
    private struct Verdict {
        let name: ByteString
        let word: ByteString
        let time: Timestamp?
    }

    private func note(
        _ name: ByteString, _ word: ByteString, _ time: Timestamp?, in column: Column, _ row: Int,
        _ table: inout Table
    ) -> Bool {
        var verdicts = verdicts(column, row, table)
        let verdict = Verdict(name: name, word: word, time: time)
        if let index = verdicts.firstIndex(where: { $0.name == name }) {
            let known = verdicts[index]
            if let before = known.time, let time, time < before { return false }
            guard known.word != word || known.time != time else { return false }
            verdicts[index] = verdict
        } else {
            guard verdicts.count < Self.verdictLimit else { return false }
            verdicts.append(verdict)
        }
        var writer = JSONWriter()
        writer.beginArray()
        for verdict in verdicts {
            writer.beginArray()
            writer.value(verdict.name.bytes)
            writer.value(verdict.word.bytes)
            writer.valueOrNull(verdict.time?.microseconds)
            writer.endArray()
        }
        writer.endArray()
        table.set(column, of: row, json: writer.bytes)
        if column == .reviews {
            let changes = verdicts.count { $0.word == "changes_requested" }
            let hasApproval = verdicts.contains { $0.word == "approved" }
            table.set(
                Column.reviewCycles, of: row, integer: Int64(changes) + (hasApproval ? 1 : 0))
        } else {
            refreshPassRate(row, &table)
        }
        return true
    }

    private func verdicts(_ column: Column, _ row: Int, _ table: Table) -> [Verdict] {
        var verdicts: [Verdict] = []
        table.withJSON(column, row) { json in
            JSONView(validated: json).forEachElement { element in
                var texts: [ByteString] = []
                var time: Timestamp?
                element.forEachElement { cell in
                    if let text = cell.text() { texts.append(ByteString(text)) }
                    if let number = cell.integer() { time = Timestamp(microseconds: number) }
                    return true
                }
                if texts.count == 2 {
                    verdicts.append(Verdict(name: texts[0], word: texts[1], time: time))
                }
                return true
            }
        }
        return verdicts
    }

    /// Tests, if somebody counted them; else checks, each with its last conclusion.
    func refreshPassRate(_ row: Int, _ table: inout Table) {
        if let rate = table.real(Column.testPassRate, row) {
            table.set(Column.ciTestPassRate, of: row, real: rate)
            return
        }
        let failures: [ByteString] = [
            "failure", "timed_out", "startup_failure", "action_required", "error",
        ]
        let words = verdicts(.checks, row, table).map(\.word)
        let passed = words.count { $0 == "success" }
        let failed = words.count { failures.contains($0) }
        table.set(
            Column.ciTestPassRate, of: row,
            real: passed + failed == 0 ? nil : Double(passed) / Double(passed + failed))
    }
}
