/// How alike two workflows are, from 0 to 100.
///
/// Source: semantics §4.12, goldens `text_similarity`, `similar_workflows`.
package enum Similarity {
    /// Below this two workflows are not alike.
    private static let minimum = 70.0
    private static let countLimit = 10

    /// Jaccard's index of the sets of lower-cased words; 0 if a text has none.
    ///
    /// Bytes are compared, so that no two spellings of a letter are one.
    package static func ofTexts(_ left: String?, _ right: String?) -> Double {
        let left = Set((left ?? "").lowercased().words.map { Array($0.utf8) })
        let right = Set((right ?? "").lowercased().words.map { Array($0.utf8) })
        guard !left.isEmpty, !right.isEmpty else { return 0 }
        let shared = left.intersection(right).count
        return Double(shared) / Double(left.count + right.count - shared)
    }

    /// 30 for the classification, 30 for the template, 20 for the complexity, 20 for the text.
    package static func score(_ left: WorkflowFacts, _ right: WorkflowFacts) -> Double {
        score(left, Complexity(of: left), right, texts: ofTexts(left.input, right.input))
    }

    private static func score(
        _ left: WorkflowFacts, _ complexity: Complexity, _ right: WorkflowFacts, texts: Double
    ) -> Double {
        var score = 0.0
        if left.classification == right.classification { score += 30 }
        if left.template == right.template { score += 30 }
        if complexity == Complexity(of: right) { score += 20 }
        return score + texts * 20
    }

    /// The workflows most like this one, best first, those before others of the same score.
    package static func mostSimilar(
        to workflow: WorkflowFacts, among others: [WorkflowFacts]
    ) -> [String] {
        mostSimilar(to: workflow, among: others) { ofTexts(workflow.input, others[$0].input) }
    }

    /// As ``mostSimilar(to:among:)``, for a caller who compares texts in a faster way.
    ///
    /// - Parameters:
    ///   - workflow: The workflow.
    ///   - others: Those to compare with.
    ///   - texts: The likeness of the workflow's input and that of an index of `others`, 0 to 1.
    /// - Returns: Ids, best first.
    package static func mostSimilar(
        to workflow: WorkflowFacts, among others: [WorkflowFacts], texts: (Int) -> Double
    ) -> [String] {
        guard let id = workflow.id else { return [] }
        let complexity = Complexity(of: workflow)
        var found: [(id: String, score: Double, offset: Int)] = []
        for offset in others.indices {
            guard let otherID = others[offset].id, otherID != id else { continue }
            let score = score(workflow, complexity, others[offset], texts: texts(offset))
            if score >= minimum { found.append((otherID, score, offset)) }
        }
        found.sort { ($1.score, $0.offset) < ($0.score, $1.offset) }
        return found.prefix(countLimit).map(\.id)
    }

    /// The older rule: workflows of the same template and model, the nearest in duration first.
    ///
    /// - Returns: Indices of `others`.
    package static func byDuration(
        near workflow: WorkflowFacts, among others: [WorkflowFacts]
    ) -> [Int] {
        let seconds = workflow.durationSeconds ?? 0
        let found = others.indices.filter {
            others[$0].template == workflow.template
                && others[$0].model.name == workflow.model.name
        }
        return found.sorted { left, right in
            let distances = (
                abs((others[left].durationSeconds ?? 0) - seconds),
                abs((others[right].durationSeconds ?? 0) - seconds)
            )
            return (distances.0, left) < (distances.1, right)
        }
    }
}
