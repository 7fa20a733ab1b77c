import TachoCapture

/// Why GitHub could not be asked; nothing has been recorded then.
package enum GitHubError: Error, Hashable, Sendable {
    /// There is no `gh` on `PATH`.
    case notInstalled
    /// `gh` could not be started.
    case notStarted(errno: CInt)
    /// `gh` has ended with this code; what it had to say stands on standard error. Trying again may
    /// help, if it was the network.
    case failed(exitCode: CInt, arguments: String)
    /// `gh` printed something else than was asked for.
    case unexpectedOutput(arguments: String)
}

extension GitHubError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notInstalled:
            "there is no gh on PATH. Install GitHub's command line from https://cli.github.com and "
                + "run `gh auth login`; or append webhooks as they come, with "
                + "`tacho append --type github.pull_request`"
        case .notStarted(let errno):
            "gh could not be started: \(systemMessage(errno))"
        case .failed(let exitCode, let arguments):
            "`gh \(arguments)` ended with \(exitCode). Is `gh auth status` fine, and may you read "
                + "the repository? Name it with --repo OWNER/NAME"
        case .unexpectedOutput(let arguments):
            "`gh \(arguments)` did not print the JSON that was asked for. Is it gh 2 or newer?"
        }
    }
}
