import TachoProjections

/// Whether a tool call touches secrets or deletes a tree.
///
/// For judging what happened: nothing is blocked here.
///
/// Source: semantics §2.5, goldens `hook_dangerous_rm`, `hook_env_access`.
package enum CommandGuard {
    // MARK: Deleting

    /// Whether a command removes recursively and by force, or recursively at a wide place.
    package static func isDangerousRemoval(_ command: String) -> Bool {
        let text = command.lowercased().words.joined(separator: " ")
        let patterns = [
            /\brm\s+.*-[a-z]*r[a-z]*f/, /\brm\s+.*-[a-z]*f[a-z]*r/,
            /\brm\s+--recursive\s+--force/, /\brm\s+--force\s+--recursive/,
            /\brm\s+-r\s+.*-f/, /\brm\s+-f\s+.*-r/,
        ]
        if patterns.contains(where: { text.contains($0.wordBoundaryKind(.simple)) }) { return true }
        return text.contains(/\brm\s+.*-[a-z]*r/.wordBoundaryKind(.simple))
            && text.contains { $0 == "/" || $0 == "~" || $0 == "*" || $0 == "." }
    }

    // MARK: Secrets

    /// Whether a call reads or writes an `.env` file that is no sample.
    ///
    /// - Parameters:
    ///   - tool: The tool's name.
    ///   - path: The file, for tools that take one.
    ///   - command: The command, for Bash.
    /// - Returns: Whether it does.
    package static func touchesSecrets(tool: String, path: String, command: String) -> Bool {
        switch tool {
        case "Read", "Edit", "MultiEdit", "Write":
            path.contains(".env") && !path.hasSuffix(".env.sample")
        case "Bash":
            secretPatterns().contains { command.contains($0.wordBoundaryKind(.simple)) }
        default:
            false
        }
    }

    private static func secretPatterns() -> [Regex<Substring>] {
        [
            /\b\.env\b(?!\.sample)/, /cat\s+.*\.env\b(?!\.sample)/,
            /echo\s+.*>\s*\.env\b(?!\.sample)/, /touch\s+.*\.env\b(?!\.sample)/,
            /cp\s+.*\.env\b(?!\.sample)/, /mv\s+.*\.env\b(?!\.sample)/,
        ]
    }
}
