/// Runs of tools that come again within and across sessions.
///
/// Source: semantics §5.7, golden `tool_windows`.
package enum ToolWindows {
    package struct Window: Sendable {
        package let tools: [String]
        package let count: Int

        /// What the tools together are for.
        package var category: String {
            let distinct = Set(tools)
            func has(_ names: String...) -> Bool { distinct.isSuperset(of: names) }
            if has("Read", "Edit", "Grep") { return "search_modify" }
            if has("Read", "Edit", "Bash") { return "inspect_modify_verify" }
            if has("Read", "Edit") { return "read_modify" }
            if has("Bash", "Read") { return "command_inspect" }
            if tools.count(where: { $0 == "Read" }) >= 2, distinct.count >= 2 {
                return "multi_read"
            }
            return has("TodoWrite") ? "planning" : "other"
        }
    }

    /// All runs of 3 to 9 calls that come often enough, in the order of their tools.
    package static func all(in sessions: [[String]], minimumCount: Int) -> [Window] {
        count(sessions, lengths: 3...9, minimumCount) { _ in true }
    }

    /// Runs of 3 to 5 calls of at least two tools, without three equal calls in a row.
    package static func mixed(in sessions: [[String]], minimumCount: Int) -> [Window] {
        count(sessions, lengths: 3...5, minimumCount) { window in
            Set(window).count >= 2 && longestRun(in: window) < 3
        }
    }

    private static func count(
        _ sessions: [[String]], lengths: ClosedRange<Int>, _ minimumCount: Int,
        where isWanted: ([String]) -> Bool
    ) -> [Window] {
        var counts: [[String]: Int] = [:]
        for tools in sessions {
            for window in windows(of: tools, lengths: lengths) where isWanted(window) {
                counts[window, default: 0] += 1
            }
        }
        return counts.filter { $0.value >= minimumCount }.map { Window(tools: $0, count: $1) }
            .sorted { $0.tools.lexicographicallyPrecedes($1.tools) { $0.utf8.precedes($1.utf8) } }
    }

    /// All stretches of some lengths, the shortest first.
    static func windows<Element>(
        of elements: [Element], lengths: ClosedRange<Int>
    ) -> [[Element]] {
        lengths.filter { $0 <= elements.count }.flatMap { length in
            (0...(elements.count - length)).map { Array(elements[$0..<($0 + length)]) }
        }
    }

    static func longestRun(in tools: [String]) -> Int {
        var (longest, run) = (0, 0)
        for index in tools.indices {
            run = index > 0 && tools[index] == tools[index - 1] ? run + 1 : 1
            longest = max(longest, run)
        }
        return longest
    }
}
