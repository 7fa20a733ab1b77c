/// What could be done better, as a code with its numbers; whoever shows it finds the words.
///
/// Source: semantics §4.11, goldens `recommendations`, `insights`.
package enum Recommendation: Hashable, Sendable {
    case modelDownHaiku
    case modelDownSonnet
    case modelUpSonnet
    case costRatio(String)
    case retryStability(retries: Int)
    case retryWithErrors(retries: Int, errors: Int)
    case errorCategory(String)
    case cacheLow(percent: String)
    case inputBrief
    case bottleneck(phase: String, seconds: String, percent: String)
    case durationGeneric
    case allGood
    /// A model that is `null`, at which the reference gives up.
    case unavailable

    package var code: String {
        switch self {
        case .modelDownHaiku: "MODEL_DOWN_HAIKU"
        case .modelDownSonnet: "MODEL_DOWN_SONNET"
        case .modelUpSonnet: "MODEL_UP_SONNET"
        case .costRatio: "COST_RATIO"
        case .retryStability: "RETRY_STABILITY"
        case .retryWithErrors: "RETRY_WITH_ERRORS"
        case .errorCategory: "ERROR_CATEGORY"
        case .cacheLow: "CACHE_LOW"
        case .inputBrief: "INPUT_BRIEF"
        case .bottleneck: "BOTTLENECK"
        case .durationGeneric: "DURATION_GENERIC"
        case .allGood: "ALL_GOOD"
        case .unavailable: "UNAVAILABLE"
        }
    }

    /// Lower is said first.
    private var rank: Int {
        switch self {
        case .modelDownHaiku, .modelDownSonnet, .modelUpSonnet: 0
        case .costRatio, .retryStability: 1
        case .retryWithErrors, .errorCategory: 2
        case .cacheLow: 3
        case .inputBrief: 4
        case .bottleneck: 5
        case .durationGeneric: 6
        case .allGood, .unavailable: 7
        }
    }

    private static let countLimit = 5
    private static let briefWordLimit = 20

    /// Advice for a workflow's anomalies: at most five, the most useful first.
    package static func advice(
        on anomalies: [Anomaly], of workflow: WorkflowFacts
    ) -> [Recommendation] {
        guard !anomalies.isEmpty else { return [.allGood] }
        guard let model = workflow.model.search else { return [.unavailable] }
        let complexity = Complexity(of: workflow)
        var advice = anomalies.flatMap { anomaly in
            advise(on: anomaly, of: workflow, model, complexity)
        }
        if let input = workflow.input, !input.isEmpty, input.wordCount < briefWordLimit {
            advice.append(.inputBrief)
        }
        if model.holds("haiku"), complexity == .complex, workflow.errorCount ?? 0 > 2 {
            advice.append(.modelUpSonnet)
        }
        var seen = Set<Recommendation>()
        let distinct = advice.filter { seen.insert($0).inserted }
        let ordered = distinct.enumerated().sorted {
            ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset)
        }
        return ordered.prefix(countLimit).map(\.element)
    }

    private static func advise(
        on anomaly: Anomaly, of workflow: WorkflowFacts, _ model: SearchText,
        _ complexity: Complexity
    ) -> [Recommendation] {
        switch anomaly.kind {
        case .cost:
            let ratio = (anomaly.actualNumber ?? 0) / (anomaly.expected ?? 1)
            let costRatio = costRatio(DecimalRounding(ratio, places: 1).text)
            if model.holds("sonnet"), complexity == .simple { return [.modelDownHaiku, costRatio] }
            return model.holds("opus") ? [.modelDownSonnet, costRatio] : [costRatio]
        case .duration:
            return slowestPhase(of: workflow)
        case .retry:
            let retries = Int(anomaly.actualNumber ?? 0)
            let errors = workflow.errorCount ?? 0
            return errors > 0
                ? [.retryWithErrors(retries: retries, errors: errors)]
                : [.retryStability(retries: retries)]
        case .cache:
            let percent = (anomaly.actualNumber ?? 0) * 100
            return [.cacheLow(percent: DecimalRounding(percent, places: 1).text)]
        case .errorCategory:
            guard case .text(let category) = anomaly.actual else { return [] }
            return [.errorCategory(category)]
        case nil:
            return []
        }
    }

    /// The longest phase, if it takes more than 30 %; the first of equally long ones.
    private static func slowestPhase(of workflow: WorkflowFacts) -> [Recommendation] {
        let phases = workflow.phaseSeconds
        guard var longest = phases.first else { return [.durationGeneric] }
        for phase in phases where phase.seconds > longest.seconds { longest = phase }
        let total = phases.reduce(0) { $0 + $1.seconds }
        guard longest.seconds > total * 0.3 else { return [] }
        return [
            .bottleneck(
                phase: longest.phase, seconds: DecimalRounding(longest.seconds, places: 0).text,
                percent: DecimalRounding(longest.seconds / total * 100, places: 0).text)
        ]
    }
}
