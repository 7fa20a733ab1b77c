import TachoProjections

/// A command that fails, what was done about it, and the command that then succeeds.
///
/// Source: semantics §5.7, golden `error_fix_retry`.
package struct ErrorFixRetry: Sendable {
    package struct Event: Sendable {
        package let session: String
        package let tool: String
        /// Whether it was seen after the tool ran.
        package let isPost: Bool
        package let exitCode: Int?
        package let command: String
        package let output: String
        package let file: String?

        package init(
            session: String, tool: String, isPost: Bool, exitCode: Int?, command: String,
            output: String, file: String?
        ) {
            self.session = session
            self.tool = tool
            self.isPost = isPost
            self.exitCode = exitCode
            self.command = command
            self.output = output
            self.file = file
        }
    }

    /// A command whose failures are mended the same way, mostly.
    package struct Fix: Sendable {
        package let command: String
        package let count: Int
        package let tools: [String]
        /// The share of the most common way, 0 to 1.
        package let consistency: Double
        /// Of each stretch, in their order.
        package let sessions: [String]
        package let files: [String]
    }

    /// Stretches of 3 to 8 events of at least two tools, at most three equal in a row.
    package let mixedCount: Int
    /// Stretches that are an error, its fix, and a retry, by category.
    package let stretches: [(category: String, events: [[Event]])]

    /// - Parameter events: In the order of their time.
    package init(_ events: [Event]) {
        let sessions = OrderedGroups.grouping(events) { $0.session }.groups
        let mixed = sessions.flatMap { ToolWindows.windows(of: $0.values, lengths: 3...8) }
            .filter { window in
                let tools = window.map(\.tool)
                return Set(tools).count >= 2 && ToolWindows.longestRun(in: tools) <= 3
            }
        mixedCount = mixed.count
        let found = mixed.filter(Self.isErrorFixRetry)
        let groups = OrderedGroups.grouping(found) { Self.category(of: $0[0]) }.groups
        stretches = groups.map { ($0.key, $0.values) }
    }

    private static func isErrorFixRetry(_ window: [Event]) -> Bool {
        guard let first = window.first, let last = window.last else { return false }
        return first.tool == "Bash" && first.isPost && first.exitCode ?? 0 != 0
            && last.tool == "Bash" && last.isPost && last.exitCode == 0
            && window.dropFirst().dropLast().allSatisfy {
                ["Read", "Grep", "Edit", "Write"].contains($0.tool)
            }
    }

    /// By what the failed command wrote, else by the command.
    private static func category(of event: Event) -> String {
        let text = SearchText(
            String(String.UnicodeScalarView(event.output.unicodeScalars.prefix(300))))
        if text.holds(anyOf: ["modulenotfounderror", "import"]) { return "import_error" }
        if text.holds(anyOf: ["type error", "property"]) { return "type_error" }
        if text.holds(anyOf: ["test failed", "assertion"]) { return "test_failure" }
        if text.holds(anyOf: ["lint", "e501", "ruff"]) { return "lint_error" }
        if text.holds("syntax") { return "syntax_error" }
        let command = SearchText(event.command)
        if command.holds("pytest") { return "test_related" }
        if command.holds(anyOf: ["tsc", "typescript"]) { return "typescript_related" }
        return command.holds("ruff") ? "lint_related" : "other"
    }

    private static let minimumCount = 3
    /// Below this share there is no one way.
    private static let minimumConsistency = 0.7

    /// Commands of a category that are mended the same way.
    ///
    /// - Returns: `nil` if the category has fewer than three stretches.
    package static func fixes(for stretches: [[Event]]) -> [Fix]? {
        guard stretches.count >= minimumCount else { return nil }
        let commands = OrderedGroups.grouping(stretches) {
            $0[0].command.words.isEmpty ? "" : trimmed($0[0].command)
        }
        return commands.groups.compactMap { command, alike in
            guard alike.count >= minimumCount else { return nil }
            let ways = OrderedGroups.grouping(alike) { $0.dropFirst().dropLast().map(\.tool) }
            let common = ways.groups.stablySorted { $0.values.count > $1.values.count }[0]
            let consistency = Double(common.values.count) / Double(alike.count)
            guard consistency >= minimumConsistency else { return nil }
            let files = Set(alike.flatMap { $0.compactMap(\.file) })
            return Fix(
                command: command, count: alike.count, tools: common.key, consistency: consistency,
                sessions: alike.map { $0[0].session },
                files: files.sorted { $0.utf8.precedes($1.utf8) })
        }
    }

    private static func trimmed(_ text: String) -> String {
        String(
            text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
