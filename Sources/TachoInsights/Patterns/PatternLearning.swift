package import TachoProjections

/// The patterns that workflows show, learned one workflow after the other.
///
/// A workflow that comes again counts again, but is one occurrence, as in the reference; who folds
/// events shows each workflow once.
///
/// Source: semantics §5.3, golden `pattern_persistence`.
package struct PatternLearning: Sendable {
    package struct Pattern: Sendable {
        package let id: Int
        package let signature: String
        package fileprivate(set) var count = 1
        package fileprivate(set) var averageTokens = 0.0
        /// Dollars.
        package fileprivate(set) var averageCost = 0.0
        package fileprivate(set) var confidence = 10.0
        fileprivate var workflows: [String] = []

        package var type: String { String(signature.prefix { $0 != ":" }) }
        /// What a tool would use in place of a model: a twentieth.
        package var tokensWithTool: Double { (averageTokens * 0.05).rounded(.towardZero) }
        package var costWithTool: Double { averageCost * 0.05 }
        /// Dollars.
        package var monthlySavings: Double { (averageCost - costWithTool) * Double(count) }
    }

    package struct Workflow: Sendable {
        /// A workflow without one is looked at, and nothing is learned from it.
        package let id: String?
        package let detection: PatternDetection
        package let tokens: Double
        package let cost: Double
        package let occurrence: PatternConfidence.Occurrence

        package init(
            id: String?, detection: PatternDetection, tokens: Double, cost: Double,
            occurrence: PatternConfidence.Occurrence
        ) {
            self.id = id
            self.detection = detection
            self.tokens = tokens
            self.cost = cost
            self.occurrence = occurrence
        }
    }

    package struct Result: Sendable {
        package let detectedCount: Int
        package let newCount: Int
        /// Ids, in the order in which the patterns were detected.
        package let patterns: [Int]
    }

    package private(set) var patterns: [Pattern] = []
    /// Pattern and workflow, each pair once, in the order of their coming.
    package private(set) var occurrences: [(pattern: Int, workflow: String)] = []
    /// The first record of a workflow stays.
    private var known: [String: PatternConfidence.Occurrence] = [:]

    package init() {}

    @discardableResult
    package mutating func learn(_ workflow: Workflow) -> Result {
        let signatures = workflow.detection.signatures
        guard let id = workflow.id else {
            return Result(detectedCount: signatures.count, newCount: 0, patterns: [])
        }
        if known[id] == nil { known[id] = workflow.occurrence }
        var (ids, newCount) = ([Int](), 0)
        for signature in signatures {
            let index: Int
            if let found = patterns.firstIndex(where: { $0.signature == signature }) {
                index = found
                patterns[index].count += 1
            } else {
                index = patterns.count
                patterns.append(Pattern(id: index + 1, signature: signature))
                newCount += 1
            }
            if !patterns[index].workflows.contains(id) {
                patterns[index].workflows.append(id)
                occurrences.append((index + 1, id))
            }
            patterns[index].update(with: workflow)
            patterns[index].confidence = PatternConfidence.score(
                count: patterns[index].count,
                occurrences: patterns[index].workflows.compactMap { known[$0] })
            ids.append(index + 1)
        }
        return Result(detectedCount: signatures.count, newCount: newCount, patterns: ids)
    }
}

extension PatternLearning.Pattern {
    /// Running means; tokens are cut to whole ones at each step.
    fileprivate mutating func update(with workflow: PatternLearning.Workflow) {
        guard count > 1 else {
            averageTokens = workflow.tokens
            averageCost = workflow.cost
            return
        }
        let (before, all) = (Double(count - 1), Double(count))
        averageTokens = ((averageTokens * before + workflow.tokens) / all).rounded(.towardZero)
        averageCost = (averageCost * before + workflow.cost) / all
    }
}
