import ArgumentParser
import TachoLog
import TachoSources

struct GitHubCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "github",
        abstract: "Record what GitHub knows about workflows.",
        subcommands: [GitHubSyncCommand.self])
}

struct GitHubSyncCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Fetch issues, pull requests, reviews, and checks with gh, and append them.",
        discussion: """
            Appends what is new or has changed since the last time; a second sync adds nothing. \
            Needs GitHub's program gh (https://cli.github.com), logged in.

            EXAMPLES
              tacho github sync
              tacho github sync --repo octo/site --limit 200
              tacho table github_artifacts --where kind=pull_request
            """)

    @Option(
        name: .customLong("repo"),
        help: ArgumentHelp(
            "The repository. (default: the working directory's)", valueName: "owner/name"))
    var repository: String?

    @Option(help: "Issues, and pull requests, to fetch at most; the newest ones.")
    var limit = 1000

    @Flag(name: .customLong("dry-run"), help: "Fetch and count, and append nothing.")
    var isDryRun = false

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    private static let batchEventCount = 100

    func validate() throws {
        guard limit > 0, limit <= 100_000 else {
            throw ValidationError("--limit takes 1 to 100000.")
        }
        guard let repository else { return }
        let parts = repository.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix("-") }) else {
            throw ValidationError("--repo takes OWNER/NAME, as in octo/site.")
        }
    }

    func run() throws {
        let fetched: [(kind: String, events: [NewEvent])]
        do throws(GitHubError) {
            let client = try GitHubClient(repository: repository)
            fetched = [
                ("issue", try client.issues(limit: limit)),
                ("pull_request", try client.pullRequests(limit: limit)),
            ]
        } catch {
            throw Failure(error.status, error.description)
        }

        var listing = Listing(
            schema: "tacho.github-sync/1",
            fields: [
                .init("kind"), .init("fetched", right: true), .init("new", right: true),
                .init("duplicates", "there already", right: true),
            ])
        if isDryRun {
            listing.rows = fetched.map { kind, events in
                [.text(kind), .count(events.count), .unknown, .unknown]
            }
            if !output.isQuiet { Output.note("nothing was appended: --dry-run") }
            return try listing.print(output)
        }
        var writer = try location.openWriter(creates: true, output.messages)
        for (kind, events) in fetched {
            var newCount = 0
            for start in stride(from: 0, to: events.count, by: Self.batchEventCount) {
                let batch = Array(events[start..<min(events.count, start + Self.batchEventCount)])
                for case .appended in try writer.append(batch).outcomes { newCount += 1 }
            }
            listing.rows.append([
                .text(kind), .count(events.count), .count(newCount),
                .count(events.count - newCount),
            ])
        }
        try listing.print(output)
    }
}

extension GitHubError {
    fileprivate var status: ExitStatus {
        switch self {
        case .notInstalled, .notStarted, .unexpectedOutput: .failure
        case .failed: .unreachable
        }
    }
}
