/// What scores, insights, and similarity are computed from: one workflow, as far as it is known.
///
/// `nil` is unknown. Counts that are unknown count as zero wherever a formula adds or compares.
package struct WorkflowFacts: Sendable {
    /// A model's name; the reference tells a name that is missing from one that is `null`.
    package enum Model: Hashable, Sendable {
        case missing
        case null
        case named(String)

        var name: String? {
            if case .named(let name) = self { name } else { nil }
        }

        /// The name in lower case; the text of a missing one is empty.
        ///
        /// - Returns: `nil` for `null`, on which the reference's formulas give up.
        var search: SearchText? {
            switch self {
            case .missing: SearchText("")
            case .null: nil
            case .named(let name): SearchText(name)
            }
        }
    }

    package struct PhaseSeconds: Hashable, Sendable {
        package let phase: String
        package let seconds: Double

        package init(phase: String, seconds: Double) {
            self.phase = phase
            self.seconds = seconds
        }
    }

    package var id: String?
    package var template: String?
    package var classification: String?
    package var model = Model.missing
    /// What the user asked for.
    package var input: String?
    /// Words of the input, where the record says so itself.
    package var inputWordCount: Int?
    package var durationSeconds: Double?
    /// Takes the place of `durationSeconds` in the complexity, unless it is 0.
    package var totalDurationSeconds: Double?
    package var errorCount: Int?
    /// Length of a list of errors; takes the place of `errorCount` in the complexity.
    package var listedErrorCount: Int?
    package var errorCategory: String?
    /// The texts among the types of errors.
    package var errorTypes: [String] = []
    package var retryCount: Int?
    /// Dollars.
    package var cost: Double?
    /// Dollars.
    package var estimatedCost: Double?
    package var cacheReadTokens: Double?
    package var totalInputTokens: Double?
    /// In the order in which the phases were recorded.
    package var phaseSeconds: [PhaseSeconds] = []
    package var idleSeconds: Double?
    package var similarAverageSeconds: Double?
    package var isMerged = false
    package var hasPassedChecks = false

    package init() {}

    /// Words of the input, counted unless the record says a number other than 0.
    package var wordCount: Int {
        if let inputWordCount, inputWordCount != 0 { return inputWordCount }
        return input?.wordCount ?? 0
    }
}
