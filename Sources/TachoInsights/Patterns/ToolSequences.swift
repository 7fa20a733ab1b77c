import TachoProjections

/// Whole sessions that call the same tools in the same order.
///
/// Source: semantics §5.6, goldens `daily_tool_sequences`, `daily_confidence`,
/// `daily_classify_and_savings`.
package enum ToolSequences {
    /// A call that a hook saw before it ran.
    package struct Call: Sendable {
        package let session: String
        package let tool: String
        /// Orders the calls of a session.
        package let time: String

        package init(session: String, tool: String, time: String) {
            self.session = session
            self.tool = tool
            self.time = time
        }
    }

    package struct Session: Sendable {
        package let id: String
        package let tools: [String]

        /// The tools with arrows between them.
        package var sequence: String { tools.joined(separator: "→") }
    }

    package struct Pattern: Sendable {
        package let sequence: String
        package let sessions: [String]
        package let confidence: Double

        /// The first 16 hexadecimal digits of the sequence's SHA-256.
        package var id: String { WebhookID.shortHash(sequence) }
        package var count: Int { sessions.count }
        package var savings: Double { ToolSequences.savings(sequence: sequence, count: count) }
        package var exampleSessions: [String] { Array(sessions.prefix(10)) }

        package var status: String {
            ToolSequences.status(
                sequence: sequence, confidence: confidence, count: count, savings: savings)
        }
    }

    /// Sessions of at least two calls, in the order of their ids.
    package static func sessions(of calls: [Call]) -> [Session] {
        let groups = OrderedGroups.grouping(calls) { $0.session }.groups
        return groups.sorted { $0.key.utf8.precedes($1.key.utf8) }.compactMap { id, calls in
            guard calls.count >= 2 else { return nil }
            let ordered = calls.stablySorted { $0.time.utf8.precedes($1.time.utf8) }
            return Session(id: id, tools: ordered.map(\.tool))
        }
    }

    /// Sequences that enough sessions share, in the order of their bytes.
    package static func patterns(in sessions: [Session], minimumCount: Int) -> [Pattern] {
        let groups = OrderedGroups.grouping(sessions) { $0.sequence }.groups
        let shared = groups.filter { $0.values.count >= minimumCount }.map { sequence, alike in
            Pattern(
                sequence: sequence, sessions: alike.map(\.id),
                confidence: confidence(count: alike.count, total: sessions.count))
        }
        return shared.sorted { $0.sequence.utf8.precedes($1.sequence.utf8) }
    }

    /// The share of all sequences, raised for frequent ones; 0 to 1, to four decimals.
    package static func confidence(count: Int, total: Int) -> Double {
        guard total > 0 else { return 0 }
        let share = Double(count) / Double(total)
        let confidence =
            switch count {
            case 100...: min(0.99, share * 1.2)
            case 50...: min(0.97, share * 1.15)
            case 10...: min(0.95, share * 1.1)
            default: share
            }
        return confidence.rounded(places: 4)
    }

    /// Dollars, to two decimals: 30 seconds a call, at 100 dollars an hour.
    package static func savings(sequence: String, count: Int) -> Double {
        let toolCount = sequence.split(separator: "→", omittingEmptySubsequences: false).count
        let seconds = Double(toolCount * 30)
        return (seconds * (100.0 / 3600) * Double(count)).rounded(places: 2)
    }

    /// What becomes of a pattern without a person: what deletes is rejected whatever else it is.
    package static func status(
        sequence: String, confidence: Double, count: Int, savings: Double
    ) -> String {
        if destructive.contains(where: { sequence.contains($0) }) { return "auto-rejected" }
        if confidence > 0.99, count > 200, savings > 5000 { return "auto-approved" }
        return confidence < 0.95 ? "auto-rejected" : "pending"
    }

    private static let destructive = [
        "Delete", "Remove", "Drop", "Truncate", "ForceDelete", "DeleteFile", "RemoveFile",
        "DropTable", "TruncateTable",
    ]
}
