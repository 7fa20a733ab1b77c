import TachoLog
package import TachoProjections

/// Which predictions and checks the log lacks: from what was asked for, and from how it ended.
///
/// A request is predicted once, from its words, and checked once, when its work has ended: a workflow
/// that is completed or failed, a session that its hooks or its result ended. What its work showed
/// are its rows of `pattern_occurrences`. Asking again finds nothing, so that it may run as often as
/// one likes.
///
/// Source: semantics §5.5, goldens `pattern_prediction`, `prediction_validation`.
package struct PatternForecast: Sendable {
    package struct Request: Sendable {
        package let id: String
        package let text: String
        package let hasEnded: Bool

        package init(id: String, text: String, hasEnded: Bool) {
            self.id = id
            self.text = text
            self.hasEnded = hasEnded
        }
    }

    package struct Expected: Sendable {
        package let request: String
        package let prediction: PatternPrediction
    }

    package struct Checked: Sendable {
        package let request: String
        package let signature: String
        package let wasCorrect: Bool
    }

    package private(set) var predictions: [Expected] = []
    package private(set) var checks: [Checked] = []

    /// - Parameters:
    ///   - requests: What was asked for, each once.
    ///   - known: The table `pattern_predictions`.
    ///   - occurrences: The table `pattern_occurrences`.
    package init(_ requests: [Request], known: Table, occurrences: Table) {
        typealias Column = PatternPredictionsProjector.Column
        var openByRequest: [ByteString: [ByteString]] = [:]
        var predicted = Set<ByteString>()
        for row in 0..<known.rowCount {
            guard let request = known.text(Column.requestID, row),
                let pattern = known.text(Column.patternID, row)
            else { continue }
            if known.timestamp(Column.predictedAt, row) != nil { predicted.insert(request) }
            if known.boolean(Column.wasCorrect, row) == nil {
                openByRequest[request, default: []].append(pattern)
            }
        }
        let shown = Self.shown(occurrences)
        for request in requests {
            let id = ByteString(request.id)
            var open = openByRequest[id] ?? []
            if !predicted.contains(id) {
                for prediction in PatternPrediction.predictions(for: request.text) {
                    predictions.append(Expected(request: request.id, prediction: prediction))
                    open.append(ByteString(prediction.signature))
                }
            }
            guard request.hasEnded else { continue }
            for pattern in open {
                checks.append(
                    Checked(
                        request: request.id, signature: pattern.description,
                        wasCorrect: shown[id]?.contains(pattern) ?? false))
            }
        }
    }

    private static func shown(_ occurrences: Table) -> [ByteString: Set<ByteString>] {
        typealias Column = PatternOccurrencesProjector.Column
        var shown: [ByteString: Set<ByteString>] = [:]
        for row in 0..<occurrences.rowCount {
            guard let workflow = occurrences.text(Column.workflowID, row),
                let pattern = occurrences.text(Column.patternID, row)
            else { continue }
            shown[workflow, default: []].insert(pattern)
        }
        return shown
    }
}

/// How often predictions came true, by pattern and over all.
package struct PredictionScore: Sendable {
    package struct Pattern: Sendable {
        package let signature: String
        package fileprivate(set) var predictedCount = 0
        package fileprivate(set) var checkedCount = 0
        package fileprivate(set) var correctCount = 0
        /// Checked requests that showed the pattern, and were not expected to.
        package fileprivate(set) var missedCount = 0

        /// 0 to 1; `nil` before the first check.
        package var accuracy: Double? {
            checkedCount == 0 ? nil : Double(correctCount) / Double(checkedCount)
        }
    }

    /// The most predicted first, of equals in the order of their names.
    package private(set) var patterns: [Pattern] = []
    /// Requests that have a check.
    package private(set) var requestCount = 0
    /// Over the checked requests, as one set each.
    package private(set) var correctCount = 0
    package private(set) var falsePositiveCount = 0
    package private(set) var falseNegativeCount = 0

    /// - Parameters:
    ///   - predictions: The table `pattern_predictions`.
    ///   - occurrences: The table `pattern_occurrences`.
    package init(predictions: Table, occurrences: Table) {
        typealias Column = PatternPredictionsProjector.Column
        var byPattern: [String: Pattern] = [:]
        var checked: [String: (predicted: Set<String>, actual: Set<String>)] = [:]
        for row in 0..<predictions.rowCount {
            guard let request = predictions.text(Column.requestID, row)?.description,
                let signature = predictions.text(Column.patternID, row)?.description
            else { continue }
            var pattern = byPattern[signature] ?? Pattern(signature: signature)
            pattern.predictedCount += 1
            if let wasCorrect = predictions.boolean(Column.wasCorrect, row) {
                pattern.checkedCount += 1
                pattern.correctCount += wasCorrect ? 1 : 0
                checked[request, default: ([], [])].predicted.insert(signature)
                if wasCorrect { checked[request]?.actual.insert(signature) }
            }
            byPattern[signature] = pattern
        }
        typealias Occurrence = PatternOccurrencesProjector.Column
        for row in 0..<occurrences.rowCount {
            guard let request = occurrences.text(Occurrence.workflowID, row)?.description,
                let signature = occurrences.text(Occurrence.patternID, row)?.description,
                let sets = checked[request], !sets.predicted.contains(signature)
            else { continue }
            checked[request]?.actual.insert(signature)
            byPattern[signature, default: Pattern(signature: signature)].missedCount += 1
        }
        for (predicted, actual) in checked.values {
            let validation = PredictionValidation(predicted: predicted, actual: actual)
            requestCount += 1
            correctCount += validation.correctCount
            falsePositiveCount += validation.falsePositiveCount
            falseNegativeCount += validation.falseNegativeCount
        }
        patterns = byPattern.values.sorted { left, right in
            left.predictedCount == right.predictedCount
                ? left.signature < right.signature : left.predictedCount > right.predictedCount
        }
    }

    /// 0 to 1; `nil` before the first check.
    package var accuracy: Double? {
        let count = correctCount + falsePositiveCount
        return count == 0 ? nil : Double(correctCount) / Double(count)
    }
}
