/// The four scores of a workflow, each from 0 to 100.
///
/// Source: semantics §4.9, goldens `scoring_*`.
package enum Scores {
    /// Raised when one of the formulas gives other numbers.
    package static let version = "1.0"

    private static func clamp(_ score: Double) -> Double { min(100, max(0, score)) }
}

// MARK: Clarity

extension Scores {
    /// How clearly a task was put: by its length, and the words that give it structure.
    ///
    /// The base grows to 90 at 200 words and falls from 70 above; each distinct indicator adds 2,
    /// up to 10. No text is 0.
    ///
    /// Source: semantics §4.9, golden `scoring_clarity`.
    package static func clarity(input: String) -> Double {
        guard !input.isEmpty else { return 0 }
        let search = SearchText(input)
        let bonus = indicators.count { search.holds($0) } * 2
        return clamp(clarityBase(words: Double(input.wordCount)) + Double(min(10, bonus)))
    }

    private static func clarityBase(words: Double) -> Double {
        switch words {
        case ..<10: 10
        case ..<50: 20 + (words - 10) * 0.75
        case ..<100: 50 + (words - 50) * 0.6
        case ...200: 80 + (words - 100) * 0.1
        case ...500: 70 - (words - 200) / 15
        default: max(30, 50 - (words - 500) * 0.02)
        }
    }

    private static let indicators = [
        "-", "•", "*", "1.", "2.", "3.", "must", "should", "require", "need", "step", "phase",
        "stage", "test", "validate", "verify",
    ]
}

// MARK: Cost efficiency

extension Scores {
    /// How well the cost kept to the estimate, with the cache, the retries, and the model's fit.
    ///
    /// Not monotone: at the estimate 50, just above it 40; at 1.2 of it 30, just above that 40
    /// again (B38). No estimate, or a model that is `null`, is 0.
    ///
    /// Source: semantics §4.9, golden `scoring_cost_efficiency`.
    package static func costEfficiency(of workflow: WorkflowFacts) -> Double {
        guard let estimate = workflow.estimatedCost, estimate != 0,
            let model = workflow.model.search
        else { return 0 }
        let budget = budgetScore(cost: workflow.cost ?? 0, estimate: estimate)
        let penalty = Double(workflow.retryCount ?? 0) * 10
        let fit = modelFit(model, Complexity(of: workflow))
        return clamp((budget + cacheScore(of: workflow) - penalty) * 0.9 + fit)
    }

    private static func budgetScore(cost: Double, estimate: Double) -> Double {
        let ratio = cost / estimate
        if cost <= estimate * 0.8 { return 60 }
        if cost <= estimate { return 50 + (1 - ratio) * 50 }
        if cost <= estimate * 1.2 { return 40 - (ratio - 1) * 50 }
        return max(10, 40 - (ratio - 1.2) * 30)
    }

    private static func cacheScore(of workflow: WorkflowFacts) -> Double {
        guard let total = workflow.totalInputTokens, total > 0 else { return 0 }
        let share = (workflow.cacheReadTokens ?? 0) / total
        return share > 0.5 ? 10 : share > 0.3 ? 6 : share > 0.1 ? 3 : 0
    }

    private static func modelFit(_ model: SearchText, _ complexity: Complexity) -> Double {
        let (isHaiku, isSonnet) = (model.holds("haiku"), model.holds("sonnet"))
        switch complexity {
        case .simple: return isHaiku ? 10 : 5
        case .complex: return isSonnet ? 10 : isHaiku ? 3 : 5
        case .medium: return 8
        }
    }
}

// MARK: Performance

extension Scores {
    /// How fast a workflow was against those like it, or against 180 seconds.
    ///
    /// A phase above 30 % of the duration takes 10; idle time above 20 % takes up to 15.
    ///
    /// Source: semantics §4.9, golden `scoring_performance`.
    package static func performance(of workflow: WorkflowFacts) -> Double {
        guard let duration = workflow.durationSeconds, duration > 0 else { return 0 }
        let similar = workflow.similarAverageSeconds ?? 0
        var score = speedScore(duration / (similar > 0 ? similar : 180))
        if workflow.phaseSeconds.contains(where: { $0.seconds > duration * 0.3 }) { score -= 10 }
        let idleShare = (workflow.idleSeconds ?? 0) / duration
        if idleShare > 0.2 { score -= min(15, idleShare * 30) }
        return clamp(score)
    }

    private static func speedScore(_ ratio: Double) -> Double {
        switch ratio {
        case ...0.5: 95
        case ...0.75: 85 + (0.75 - ratio) * 40
        case ...1: 70 + (1 - ratio) * 60
        case ...1.5: 50 + (1.5 - ratio) * 40
        case ...2: 30 + (2 - ratio) * 40
        default: max(10, 30 - (ratio - 2) * 10)
        }
    }
}

// MARK: Quality

extension Scores {
    /// How few errors and retries a workflow had, and whether it was merged and its checks passed.
    ///
    /// Without errors a retry is charged twice, as in the reference.
    ///
    /// Source: semantics §4.9, golden `scoring_quality`.
    package static func quality(of workflow: WorkflowFacts) -> Double {
        let errors = Double(workflow.errorCount ?? 0)
        let retries = Double(workflow.retryCount ?? 0)
        var score: Double
        if errors > 0 {
            score = max(40, 80 - errors * 10)
        } else {
            score = retries > 0 ? 90 - retries * 5 : 95
        }
        score -= retries * 5
        for type in workflow.errorTypes {
            let type = SearchText(type)
            score -= errorCharges.first { type.holds($0.needle) }?.charge ?? 0
        }
        if workflow.isMerged { score += 5 }
        if workflow.hasPassedChecks { score += 5 }
        return clamp(score)
    }

    private static let errorCharges: [(needle: String, charge: Double)] = [
        ("syntax_error", 10), ("type_error", 10), ("timeout", 8), ("rate_limit", 8),
        ("api_quota", 5), ("network", 5), ("validation", 7),
    ]
}
