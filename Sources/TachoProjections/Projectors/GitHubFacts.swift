import TachoEvents
import TachoJSON
import TachoLog

/// What an object of GitHub's says, in one spelling: lower case, `open` or `closed`, moments.
struct GitHubFacts {
    let number: Int64?
    let title: ByteString?
    let state: ByteString?
    let author: ByteString?
    let url: ByteString?
    let branch: ByteString?
    let workflow: ByteString?
    let issueNumber: Int64?
    let openedAt: Timestamp?
    let updatedAt: Timestamp?
    let closedAt: Timestamp?
    let mergedAt: Timestamp?
    let isMerged: Bool?
    let reviewState: ByteString?
    let conclusion: ByteString?
    let additions: Int64?
    let deletions: Int64?
    let changedFiles: Int64?
    let headSHA: ByteString?
    let mergeCommitSHA: ByteString?

    init(_ artifact: GitHubArtifact) {
        let object = artifact.object
        let isPull = artifact.kind == .pullRequest
        let isCheck = artifact.kind == .checkRun || artifact.kind == .checkSuite
        let inner = object.known("pull_request")
        number = artifact.number
        author =
            (object.known("user", "author") ?? object.field("app", "slug").map { _ in object })
            .flatMap { $0.known("login", "username", "name")?.filledText }
        url = object.known("html_url", "url", "detailsUrl", "targetUrl")?.filledText
        branch = artifact.branch
        headSHA = artifact.headSHA

        let said = object.known("state")?.filledText?.lowercased
        let merged = object.known("merged_at", "mergedAt") ?? inner?.known("merged_at")
        mergedAt = merged?.moment
        isMerged =
            isPull
            ? object["merged"]?.boolean() ?? (mergedAt != nil || said == "merged") : nil
        if isCheck {
            let status = object.known("status")?.filledText?.lowercased
            state = status ?? (said == nil ? nil : said == "pending" ? "in_progress" : "completed")
            let end = object.known("conclusion")?.filledText?.lowercased
            conclusion = end ?? (said == "pending" ? nil : said)
        } else {
            let isState = artifact.kind == .issue || isPull
            state = isState ? (said == "merged" ? "closed" : said) : nil
            conclusion = nil
        }
        switch artifact.kind {
        case .review: reviewState = said
        case .pullRequest: reviewState = object.known("reviewDecision")?.filledText?.lowercased
        default: reviewState = nil
        }

        openedAt =
            object.known(
                "created_at", "createdAt", "submitted_at", "submittedAt", "started_at",
                "startedAt", "timestamp")?.moment
        closedAt = object.known("closed_at", "closedAt", "completed_at", "completedAt")?.moment
        updatedAt =
            object.known("updated_at", "updatedAt")?.moment
            ?? (isCheck ? closedAt ?? openedAt : nil)
        additions = object.known("additions")?.integer()
        deletions = object.known("deletions")?.integer()
        changedFiles = object.known("changed_files", "changedFiles")?.integer()
        mergeCommitSHA =
            object.known("merge_commit_sha")?.filledText
            ?? object.field("mergeCommit", "oid")?.filledText

        let text = object.known("title", "name", "context", "message", "body")
        title = text?.withText { bytes in
            let line = bytes.prefix { $0 != 0x0A && $0 != 0x0D }
            return ByteString(
                UnsafeRawBufferPointer(rebasing: line).prefix(
                    characterBytes: GitHubArtifactsProjector.titleByteLimit))
        }

        let mentions = [
            artifact.branch?.bytes, object.known("title", "message")?.text(),
            object.known("body")?.text(),
        ].compactMap(\.self).map { WorkflowMention($0) }
        workflow = mentions.compactMap(\.workflow).first
        var closing: Int64?
        object["closingIssuesReferences"]?.forEachElement {
            closing = $0["number"]?.integer()
            return false
        }
        issueNumber =
            artifact.kind == .issue
            ? artifact.number : closing ?? mentions.compactMap(\.issueNumber).first
    }
}

extension ByteString {
    fileprivate var lowercased: ByteString {
        ByteString(bytes.map(\.smallLetter))
    }
}
