/// An error that workflows fail with again and again.
///
/// Source: semantics §6.4, goldens `error_patterns`, `error_recommendations`.
package struct ErrorPattern: Sendable {
    package let error: ErrorClass
    package let count: Int
    /// The first one's, cut.
    package let exampleMessage: String
    /// The first ones.
    package let affectedWorkflows: [String]

    private static let messageLimit = 200
    private static let workflowLimit = 10

    /// The most frequent first.
    package static func find(in analysis: ErrorAnalysis) -> [ErrorPattern] {
        let groups = OrderedGroups.grouping(analysis.failures) { $0.error }.groups
        let patterns = groups.map { error, failures in
            let message = failures.first.map { ErrorAnalysis.message(of: $0.row) } ?? ""
            return ErrorPattern(
                error: error, count: failures.count,
                exampleMessage: String(
                    String.UnicodeScalarView(message.unicodeScalars.prefix(messageLimit))),
                affectedWorkflows: failures.prefix(workflowLimit).map(\.row.id))
        }
        return patterns.stablySorted { $0.count > $1.count }
    }

    /// What is worth mending: patterns of two and more, the gravest first, then the most frequent.
    package static func recommendations(for patterns: [ErrorPattern]) -> [ErrorPattern] {
        patterns.filter { $0.count >= 2 }.stablySorted {
            ($0.error.severity.rank, -$0.count) < ($1.error.severity.rank, -$1.count)
        }
    }

    /// How long mending will take: `15-30m`, from 5 on `30-60m`, from 10 on `1-2h`.
    package var fixTime: String {
        count >= 10 ? "1-2h" : count >= 5 ? "30-60m" : "15-30m"
    }
}
