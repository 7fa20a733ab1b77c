import TachoCapture
internal import TachoJSON
package import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Asks GitHub through its own program `gh`, which knows how to log in.
package struct GitHubClient: Sendable {
    /// `owner/name`.
    package let repository: String

    package static let source: ByteString = "github/sync"
    private static let outputByteLimit = 1 << 30

    /// - Parameter repository: `nil` is the one of the working directory.
    /// - Throws: ``GitHubError`` if that is asked for and cannot be told.
    package init(repository: String?) throws(GitHubError) {
        if let repository {
            self.repository = repository
            return
        }
        let arguments = ["repo", "view", "--json", "nameWithOwner"]
        let output = try Self.run(arguments)
        let name = output.withUnsafeBytes { bytes in
            (try? JSON.validate(bytes)) == nil  // What is no JSON has no name.
                ? nil : JSONView(validated: bytes)["nameWithOwner"]?.string()
        }
        guard let name, !name.isEmpty else {
            throw .unexpectedOutput(arguments: arguments.joined(separator: " "))
        }
        self.repository = name
    }

    private static let issueFields =
        "number,title,state,stateReason,author,url,body,labels,createdAt,updatedAt,closedAt"
    private static let pullFields =
        "number,title,state,author,url,body,isDraft,createdAt,updatedAt,closedAt,mergedAt,"
        + "mergeCommit,headRefName,headRefOid,baseRefName,additions,deletions,changedFiles,"
        + "reviewDecision,reviews,statusCheckRollup"

    /// The newest issues, open and closed, as events.
    package func issues(limit: Int) throws(GitHubError) -> [NewEvent] {
        try events("issue", "github.issue", "issue", Self.issueFields, limit)
    }

    /// The newest pull requests, in any state, with their reviews and checks, as events.
    package func pullRequests(limit: Int) throws(GitHubError) -> [NewEvent] {
        try events("pr", "github.pull_request", "pull_request", Self.pullFields, limit)
    }

    /// The objects of a list, oldest first.
    ///
    /// An object that has not changed since it was last fetched has the same id.
    private func events(
        _ command: String, _ type: ByteString, _ member: StaticString, _ fields: String,
        _ limit: Int
    ) throws(GitHubError) -> [NewEvent] {
        let arguments = [
            command, "list", "--repo", repository, "--state", "all", "--limit", "\(limit)",
            "--json", fields,
        ]
        let output = try Self.run(arguments)
        let events = output.withUnsafeBytes { bytes -> [NewEvent]? in
            guard (try? JSON.validate(bytes)) == .array else { return nil }
            var events: [NewEvent] = []
            var isExpected = true
            JSONView(validated: bytes).forEachElement { object in
                guard let number = object["number"]?.integer() else {
                    isExpected = false
                    return false
                }
                events.append(event(type, member, number, object))
                return true
            }
            return isExpected ? events.reversed() : nil
        }
        guard let events else {
            throw .unexpectedOutput(arguments: arguments.prefix(2).joined(separator: " "))
        }
        return events
    }

    private func event(
        _ type: ByteString, _ member: StaticString, _ number: Int64, _ object: JSONView
    ) -> NewEvent {
        let line = JSON.singleLine(object.bytes)
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("repository")
        writer.beginObject()
        writer.key("full_name")
        writer.value(repository)
        writer.endObject()
        writer.key(member)
        writer.rawValue(line)
        writer.endObject()
        let stream = EnvelopeText.encoded(Array(repository.utf8))
        let digits = SHA256.hash(line).bytes.prefix(16).hexadecimal
        let id = "github:\(stream):\(member)/\(number):" + String(decoding: digits, as: UTF8.self)
        return NewEvent(
            id: EnvelopeText.encoded(Array(id.utf8)), stream: stream, type: type,
            source: Self.source,
            time: object["updatedAt"]?.withText { Timestamp(iso8601: $0) } ?? nil,
            data: writer.bytes)
    }

    // MARK: The program

    /// Runs `gh` to its end, with its messages on our standard error.
    ///
    /// - Returns: What it printed.
    private static func run(_ arguments: [String]) throws(GitHubError) -> [UInt8] {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .notStarted(errno: errno) }
        let input = OwnedDescriptor(ends[0])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        var values: [UnsafeMutablePointer<CChar>?] = (["gh"] + arguments).map { strdup($0) }
        defer { for value in values { free(value) } }
        values.append(nil)
        setenv("GH_PROMPT_DISABLED", "1", 1)
        var child = pid_t()
        let result = posix_spawnp(&child, "gh", &actions, nil, values, environ)
        close(ends[1])
        guard result == 0 else {
            throw result == ENOENT ? .notInstalled : .notStarted(errno: result)
        }

        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while output.count < outputByteLimit {
            let count = chunk.withUnsafeMutableBytes { input.readSome(into: $0) } ?? 0
            guard count > 0 else { break }
            output.append(contentsOf: chunk[..<count])
        }
        var status: CInt = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        let exitCode = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
        guard exitCode == 0 else {
            throw .failed(
                exitCode: exitCode, arguments: arguments.prefix(2).joined(separator: " "))
        }
        return output
    }
}
