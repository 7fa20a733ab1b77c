/// Whether a sequence of tools is an agent's ordinary work, or worth a tool of its own.
///
/// Source: semantics §5.8, golden `tool_sequence_exclusions`.
package struct ToolSequenceReview: Sendable {
    /// Why the sequence is ordinary; `nil` if it is not.
    package let ordinaryReason: String?
    /// What the tools together are for.
    package let kind: String
    private let tools: [String]
    private let count: Int

    private static let minimumCount = 50

    package init(tools: [String], count: Int) {
        self.tools = tools
        self.count = count
        ordinaryReason = Self.ordinaryReason(tools)
        kind = Self.kind(tools)
    }

    package var isCandidate: Bool { verdict == "candidate" }

    package var verdict: String {
        if let ordinaryReason { return "normal:\(ordinaryReason)" }
        if count < Self.minimumCount { return "low_frequency" }
        if Set(tools).count < 2 { return "single_tool" }
        return tools.contains("Bash") ? "candidate" : "no_bash"
    }

    private static func ordinaryReason(_ tools: [String]) -> String? {
        let distinct = Set(tools)
        func has(_ names: String...) -> Bool { distinct.isSuperset(of: names) }
        func count(_ name: String) -> Int { tools.count { $0 == name } }
        if has("TodoWrite", "Bash") { return "todo_bash" }
        if has("TodoWrite", "Read") { return "todo_read" }
        if has("TodoWrite", "Edit") { return "todo_edit" }
        if has("Bash", "Read"), count("Bash") <= 2, count("Read") <= 2 {
            return "bash_read_verify"
        }
        if count("Read") >= 2, distinct == ["Read"] { return "multi_read" }
        if count("Edit") >= 2, distinct.count <= 2 { return "multi_edit" }
        if has("Grep", "Read", "Edit") { return "search_read_edit" }
        return has("Read", "Edit", "Bash") ? "read_edit_bash" : nil
    }

    private static func kind(_ tools: [String]) -> String {
        let distinct = Set(tools)
        func count(_ name: String) -> Int { tools.count { $0 == name } }
        if distinct.contains("TodoWrite") { return "task_tracking" }
        if distinct.isSuperset(of: ["Grep", "Edit"]) { return "search_modify" }
        if count("Read") >= 2 { return "context_gathering" }
        if count("Edit") >= 2 { return "batch_edits" }
        return distinct.isSuperset(of: ["Bash", "Read"]) ? "command_inspect" : "uncategorized"
    }
}
