import TachoProjections

/// What a request will turn out to be about, before it runs.
///
/// Source: semantics §5.5, golden `pattern_prediction`.
package struct PatternPrediction: Sendable {
    package let signature: String
    /// 0 to 1.
    package let confidence: Double
    /// The word that says so.
    package let word: String

    package static func predictions(for input: String) -> [PatternPrediction] {
        let text = SearchText(input)
        var found: [PatternPrediction] = []
        func add(_ signature: String, _ confidence: Double, anyOf needles: [String]) {
            guard let word = needles.first(where: text.holds) else { return }
            found.append(
                PatternPrediction(signature: signature, confidence: confidence, word: word))
        }
        if text.holds(anyOf: ["test", "pytest", "vitest"]) {
            add(
                "test:pytest:backend", text.holds("pytest") ? 0.85 : 0.65,
                anyOf: ["pytest", "backend", "api"])
            add(
                "test:vitest:frontend", text.holds("vitest") ? 0.85 : 0.65,
                anyOf: ["vitest", "frontend", "ui", "component"])
        }
        add("build:typecheck:backend", 0.75, anyOf: ["build", "compile", "typecheck", "tsc"])
        // These two are no signatures of three parts; the reference predicts them all the same.
        add("deploy:production", 0.7, anyOf: ["deploy", "ship", "release", "publish"])
        add("fix:bug", 0.6, anyOf: ["fix", "bug", "patch", "hotfix"])
        return found
    }
}

/// What was predicted against what came.
///
/// Source: semantics §5.5, golden `prediction_validation`.
package struct PredictionValidation: Sendable {
    package let predictedCount: Int
    package let actualCount: Int
    package let correctCount: Int
    /// Whether each predicted signature came.
    package let details: [String: Bool]

    package init(predicted: Set<String>, actual: Set<String>) {
        predictedCount = predicted.count
        actualCount = actual.count
        correctCount = predicted.intersection(actual).count
        details = predicted.reduce(into: [:]) { $0[$1] = actual.contains($1) }
    }

    package var falsePositiveCount: Int { predictedCount - correctCount }
    package var falseNegativeCount: Int { actualCount - correctCount }

    /// 0 to 1; 0 if nothing was predicted.
    package var accuracy: Double {
        predictedCount == 0 ? 0 : Double(correctCount) / Double(predictedCount)
    }
}
