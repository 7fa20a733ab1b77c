import TachoLog
package import TachoProjections

/// Which predictions and checks the log lacks: from what was asked for, and from how it ended.
///
/// A request is predicted once, from its words, and checked once, when its work has ended: a workflow
/// that is completed or failed, a session that its hooks or its result ended. Asking again finds
/// nothing, so that it may run as often as one likes.
///
/// A prediction came true if the work did that operation, as its calls tell (``WorkOperations``). The
/// reference asks for a row of `pattern_occurrences` of the same name; that is asked here, too, if the
/// log has no call of the work, or if calls cannot tell.
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
    ///   - work: What the work did; `nil` goes by names only, as the reference.
    package init(
        _ requests: [Request], known: Table, occurrences: Table, work: WorkOperations? = nil
    ) {
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
            let done = work?.operations(of: id)
            for pattern in open {
                let signature = pattern.description
                let isDone = done.flatMap { done in
                    WorkOperations.Operation(signature: signature).map(done.contains)
                }
                checks.append(
                    Checked(
                        request: request.id, signature: signature,
                        wasCorrect: isDone ?? shown[id]?.contains(pattern) ?? false))
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
        /// Checked requests that showed the pattern, and of which nothing like it was expected.
        package fileprivate(set) var missedCount = 0

        /// The share of all work that did this operation, whatever was expected; 0 to 1, `nil` if calls
        /// cannot tell.
        package fileprivate(set) var baseRate: Double?

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
    ///   - work: What all work did; `nil` tells patterns apart by their names only, as the reference.
    package init(predictions: Table, occurrences: Table, work: WorkOperations? = nil) {
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
            // `test:generic:all` is what `test:pytest:backend` announced.
            let category = signature.prefix { $0 != ":" }
            if work != nil, sets.predicted.contains(where: { $0.prefix { $0 != ":" } == category })
            {
                continue
            }
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
        for signature in byPattern.keys {
            byPattern[signature]?.baseRate = WorkOperations.Operation(signature: signature)
                .flatMap { work?.share(of: $0) }
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
