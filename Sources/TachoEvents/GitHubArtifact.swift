package import TachoJSON
package import TachoLog

/// One object of GitHub's that a `github.*` event tells about.
///
/// An event is a webhook's payload as GitHub sends it, or what `tacho github sync` has fetched;
/// which one is told by its structure, not by its type. Keys are read in both of GitHub's spellings:
/// `created_at` (REST, webhooks) and `createdAt` (GraphQL, `gh`).
///
/// Views borrow the event's bytes.
///
/// Source: GitHub Docs, "Webhook events and payloads" (2022-11-28); `gh pr list --help`.
package struct GitHubArtifact {
    package enum Kind: String, Sendable, CaseIterable {
        case issue
        case pullRequest = "pull_request"
        case review
        case comment
        case checkRun = "check_run"
        case checkSuite = "check_suite"
        case commit
    }

    package let kind: Kind
    /// `owner/name`.
    package let repository: ByteString
    /// Number, node id, id, or hash: unique among those of its kind and repository.
    package let id: ByteString
    /// The object as GitHub gives it.
    package let object: JSONView
    /// Of the issue or pull request that it is, or belongs to.
    package private(set) var number: Int64?
    package private(set) var branch: ByteString?
    package private(set) var headSHA: ByteString?
    /// Closed by it, by a review of it, …: what the payload's `action` says.
    package private(set) var action: ByteString?

    /// `owner/name#kind/id`.
    package var key: ByteString {
        ByteString(
            repository.bytes + [UInt8(ascii: "#")] + Array(kind.rawValue.utf8)
                + [UInt8(ascii: "/")] + id.bytes)
    }

    /// What the payload tells about; nothing for one of another structure.
    package static func all(in data: JSONView) -> [GitHubArtifact] {
        guard let repository = repository(of: data) else { return [] }
        var reader = Reader(repository: repository, action: data.known("action")?.filledText)
        reader.read(data)
        return reader.artifacts
    }

    /// By the payload's own word, else by the address of what it is about.
    private static func repository(of data: JSONView) -> ByteString? {
        if let name = data["repository"]?.known("full_name", "nameWithOwner")?.filledText {
            return name
        }
        for key: StaticString in ["pull_request", "issue", "check_run", "comment", "review"] {
            guard let url = data[key]?.known("html_url", "url")?.filledText else { continue }
            let parts = url.bytes.split(
                separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            guard parts.count > 4, parts[2].elementsEqual("github.com".utf8) else { continue }
            return ByteString(Array(parts[3] + [UInt8(ascii: "/")] + parts[4]))
        }
        return nil
    }
}

extension GitHubArtifact {
    private struct Reader {
        let repository: ByteString
        let action: ByteString?
        var artifacts: [GitHubArtifact] = []

        /// Lists inside one event are cut off here; GitHub sends fewer.
        private static let listLimit = 2000

        mutating func read(_ data: JSONView) {
            if let pull = data.known("pull_request"), pull.kind == .object {
                readPull(pull, data)
            } else if let issue = data.known("issue"), issue.kind == .object {
                readIssue(issue, data)
            }
            if let run = data.known("check_run"), run.kind == .object {
                readCheck(run, .checkRun, run["check_suite"])
            } else if let suite = data.known("check_suite"), suite.kind == .object {
                readCheck(suite, .checkSuite, suite)
            }
            if data["ref"] != nil { readPush(data) }
        }

        private mutating func add(
            _ kind: Kind, _ id: ByteString?, _ object: JSONView, number: Int64? = nil,
            branch: ByteString? = nil, head: ByteString? = nil, action: ByteString? = nil
        ) {
            guard let id, !id.isEmpty, artifacts.count < Self.listLimit else { return }
            var artifact = GitHubArtifact(
                kind: kind, repository: repository, id: id, object: object)
            artifact.number = number
            artifact.branch = branch
            artifact.headSHA = head
            artifact.action = action
            artifacts.append(artifact)
        }

        private mutating func readPull(_ pull: JSONView, _ data: JSONView) {
            let number = pull["number"]?.integer()
            let branch =
                pull.known("headRefName")?.filledText ?? pull.field("head", "ref")?.filledText
            let head = pull.known("headRefOid")?.filledText ?? pull.field("head", "sha")?.filledText
            let part = data.known("review") ?? data.known("comment")
            add(
                .pullRequest, number.map { ByteString("\($0)") }, pull, number: number,
                branch: branch, head: head, action: part == nil ? action : nil)
            if let review = data.known("review"), review.kind == .object {
                add(
                    .review, review.nodeID, review, number: number, branch: branch, head: head,
                    action: action)
            } else if let comment = data.known("comment"), comment.kind == .object {
                add(.comment, comment.nodeID, comment, number: number, action: action)
            }
            pull["reviews"]?.forEachElement {
                add(.review, $0.nodeID, $0, number: number, branch: branch, head: head)
                return true
            }
            pull["comments"]?.forEachElement {
                add(.comment, $0.nodeID, $0, number: number)
                return true
            }
            pull["statusCheckRollup"]?.forEachElement { check in
                let name = check.known("name", "context")?.filledText
                let fallback = head.flatMap { head in
                    name.map { ByteString(head.bytes + [UInt8(ascii: "/")] + $0.bytes) }
                }
                add(
                    .checkRun, check.jobNumber ?? fallback, check, number: number, branch: branch,
                    head: head)
                return true
            }
        }

        /// GitHub tells comments on pull requests as comments on issues.
        private mutating func readIssue(_ issue: JSONView, _ data: JSONView) {
            let number = issue["number"]?.integer()
            let kind: Kind = issue.known("pull_request") == nil ? .issue : .pullRequest
            let comment = data.known("comment")
            add(
                kind, number.map { ByteString("\($0)") }, issue, number: number,
                action: comment == nil ? action : nil)
            if let comment, comment.kind == .object {
                add(.comment, comment.nodeID, comment, number: number, action: action)
            }
            issue["comments"]?.forEachElement {
                add(.comment, $0.nodeID, $0, number: number)
                return true
            }
        }

        private mutating func readCheck(_ check: JSONView, _ kind: Kind, _ suite: JSONView?) {
            var number: Int64?
            var branch = suite?.known("head_branch")?.filledText
            check["pull_requests"]?.forEachElement { pull in
                number = pull["number"]?.integer()
                branch = pull.field("head", "ref")?.filledText ?? branch
                return false
            }
            add(
                kind, check["id"]?.integer().map { ByteString("\($0)") }, check, number: number,
                branch: branch, head: check.known("head_sha")?.filledText, action: action)
        }

        private mutating func readPush(_ data: JSONView) {
            let reference = data["ref"]?.filledText
            let branch = reference.flatMap { name -> ByteString? in
                let prefix = Array("refs/heads/".utf8)
                guard name.bytes.starts(with: prefix) else { return nil }
                return ByteString(Array(name.bytes.dropFirst(prefix.count)))
            }
            data["commits"]?.forEachElement { commit in
                let id = commit.known("id", "sha")?.filledText
                add(.commit, id, commit, branch: branch, head: id, action: "pushed")
                return true
            }
        }
    }
}

extension JSONView {
    /// The first of the members that is there and not `null`.
    package func known(_ keys: StaticString...) -> JSONView? {
        for key in keys {
            if let value = self[key], !value.isNull { return value }
        }
        return nil
    }

    /// Text that is not empty.
    package var filledText: ByteString? {
        guard let text = text(), !text.isEmpty else { return nil }
        return ByteString(text)
    }

    /// The id that REST (`node_id`) and GraphQL (`id`) have in common; else the number.
    fileprivate var nodeID: ByteString? {
        known("node_id")?.filledText ?? known("id")?.filledText
            ?? self["id"]?.integer().map { ByteString("\($0)") }
    }

    /// Of a check that Actions ran: the end of its address is the id of the check.
    fileprivate var jobNumber: ByteString? {
        guard let url = known("detailsUrl")?.filledText,
            let start = url.bytes.lastIndex(of: UInt8(ascii: "/")),
            url.bytes[..<start].suffix(4).elementsEqual("/job".utf8)
        else { return nil }
        let digits = url.bytes[(start + 1)...].prefix { $0 &- 0x30 < 10 }
        return digits.isEmpty ? nil : ByteString(Array(digits))
    }
}
