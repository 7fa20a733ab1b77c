/// Something about a workflow that is out of the ordinary.
///
/// Source: semantics §4.10, golden `insights`.
package struct Anomaly: Sendable {
    package enum Kind: String, Sendable {
        case cost = "cost_anomaly"
        case duration = "duration_anomaly"
        case retry = "retry_anomaly"
        case cache = "cache_anomaly"
        case errorCategory = "error_category_anomaly"
    }

    package enum Severity: String, Sendable {
        case high
        case medium
        case low
    }

    package enum Measure: Sendable {
        case number(Double)
        case text(String)
    }

    /// `nil` for a kind that we do not know, which gives no advice.
    package let kind: Kind?
    package let severity: Severity
    package let actual: Measure?
    /// Mean of the workflows compared with.
    package let expected: Double?
    package let threshold: Measure

    package init(
        kind: Kind?, severity: Severity, actual: Measure?, expected: Double? = nil,
        threshold: Measure
    ) {
        self.kind = kind
        self.severity = severity
        self.actual = actual
        self.expected = expected
        self.threshold = threshold
    }

    var actualNumber: Double? {
        if case .number(let number) = actual { number } else { nil }
    }

    /// More than this many times the mean is out of the ordinary, more than one time more is high.
    private static let ratioLimit = 2.0
    private static let peerMinimum = 3

    /// The anomalies of a workflow against those it is compared with.
    ///
    /// - Parameters:
    ///   - workflow: The workflow.
    ///   - others: Those to compare with; only others of its template and classification count.
    ///   - isReference: Whether a workflow without classification has no peers but those whose
    ///     classification is the empty text (B25); otherwise missing and empty are the same.
    /// - Returns: In the order of the kinds.
    package static func detect(
        in workflow: WorkflowFacts, among others: [WorkflowFacts], asReference isReference: Bool
    ) -> [Anomaly] {
        let peers = others.indices.filter { index in
            let classification = others[index].classification
            let template = others[index].template
            let known = isReference ? classification : classification ?? ""
            return known == workflow.classification ?? ""
                && (isReference ? template : template ?? "") == workflow.template ?? ""
                && others[index].id != workflow.id
        }
        let found = [
            excess(.cost, workflow.cost, peers.map { others[$0].cost }),
            excess(.duration, workflow.durationSeconds, peers.map { others[$0].durationSeconds }),
            retries(of: workflow), cache(of: workflow), errorCategory(of: workflow),
        ]
        return found.compactMap(\.self)
    }

    /// Above twice the mean of at least three peers, those without a value left out.
    private static func excess(_ kind: Kind, _ value: Double?, _ peers: [Double?]) -> Anomaly? {
        guard peers.count >= peerMinimum else { return nil }
        let known = peers.compactMap(\.self).filter { $0 != 0 }
        let mean = known.isEmpty ? 0 : known.reduce(0, +) / Double(known.count)
        guard let value, mean > 0, value > mean * ratioLimit else { return nil }
        return Anomaly(
            kind: kind, severity: value > mean * (ratioLimit + 1) ? .high : .medium,
            actual: .number(value), expected: mean, threshold: .number(ratioLimit))
    }

    private static func retries(of workflow: WorkflowFacts) -> Anomaly? {
        guard let count = workflow.retryCount, count >= 3 else { return nil }
        return Anomaly(
            kind: .retry, severity: count >= 5 ? .high : .medium, actual: .number(Double(count)),
            threshold: .number(3))
    }

    private static func cache(of workflow: WorkflowFacts) -> Anomaly? {
        guard let total = workflow.totalInputTokens, total > 0 else { return nil }
        let share = (workflow.cacheReadTokens ?? 0) / total
        guard share < 0.2 else { return nil }
        return Anomaly(
            kind: .cache, severity: .low, actual: .number(share), threshold: .number(0.2))
    }

    private static func errorCategory(of workflow: WorkflowFacts) -> Anomaly? {
        guard let category = workflow.errorCategory, grave.contains(category) else { return nil }
        return Anomaly(
            kind: .errorCategory, severity: .high, actual: .text(category),
            threshold: .text("expected_categories"))
    }

    private static let grave = ["syntax_error", "runtime_error", "system_error", "fatal_error"]
}
