package import TachoLog

/// What is computed about a workflow from its own record, its agents' costs, and its peers.
///
/// In the order cost, estimate, issue, template, error, duration, complexity, time, scores,
/// insights; what cannot be computed is `nil` and stops nothing else.
///
/// Source: semantics §4, golden `enrich_workflow`.
package struct WorkflowEnrichment: Sendable {
    /// What the agents of a phase cost.
    package struct PhaseCost: Sendable {
        package let phase: String
        /// Dollars.
        package let cost: Double
        package let inputTokens: Int64
        package let cacheWriteTokens: Int64
        package let cacheReadTokens: Int64
        package let outputTokens: Int64

        package init(
            phase: String, cost: Double, inputTokens: Int64, cacheWriteTokens: Int64,
            cacheReadTokens: Int64, outputTokens: Int64
        ) {
            self.phase = phase
            self.cost = cost
            self.inputTokens = inputTokens
            self.cacheWriteTokens = cacheWriteTokens
            self.cacheReadTokens = cacheReadTokens
            self.outputTokens = outputTokens
        }
    }

    package struct Tokens: Sendable {
        package let input: Int64
        package let cacheWrite: Int64
        package let cacheRead: Int64
        package let output: Int64

        package var total: Int64 { input + cacheWrite + cacheRead + output }

        init(_ phases: [PhaseCost]) {
            input = phases.reduce(0) { $0 + $1.inputTokens }
            cacheWrite = phases.reduce(0) { $0 + $1.cacheWriteTokens }
            cacheRead = phases.reduce(0) { $0 + $1.cacheReadTokens }
            output = phases.reduce(0) { $0 + $1.outputTokens }
        }
    }

    /// What the scan of a run directory found.
    package struct Scan: Sendable {
        package var facts = WorkflowFacts()
        package var issueNumber: Int64?
        package var status: String?
        /// As it is written.
        package var startTime: String?
        package var stepCount: Int64?
        package var errorMessage: String?
        /// A workflow that has no row yet; only such a one gets an estimate and insights.
        package var isNew = false
        /// `nil` if the costs could not be read.
        package var phaseCosts: [PhaseCost]?
        /// Dollars; what all agents together cost.
        package var totalCost = 0.0
        /// Dollars, from the estimates by issue.
        package var estimate: Double?
        package var githubState: String?
        /// `nil` is no comparison, and no insights.
        package var others: [WorkflowFacts]?

        package init() {}
    }

    package let tokens: Tokens?
    package let phaseCosts: [PhaseCost]?
    /// Dollars.
    package let cost: Double?
    package let estimatedCost: Double?
    package let githubState: String?
    package let template: String
    package let errorCategory: ErrorCategory?
    /// Whole seconds from the start until now, of a completed workflow.
    package let durationSeconds: Int64?
    package let actualComplexity: ActualComplexity?
    /// Unset without a start.
    package let hour: Int64?
    /// Monday is 0; unset without a start.
    package let weekday: Int64?
    package let clarityScore: Double
    package let costEfficiencyScore: Double
    package let performanceScore: Double
    package let qualityScore: Double
    package let anomalies: [Anomaly]?
    package let recommendations: [Recommendation]?

    /// As the reference enriches a scanned workflow.
    ///
    /// It takes a completed workflow's duration until now, whatever its end, and none for a start
    /// with a zone (B08); scores do not see that duration.
    package init(reference scan: Scan, now: Timestamp) {
        var facts = scan.facts
        tokens = scan.phaseCosts.map { Tokens($0) }
        phaseCosts = scan.phaseCosts
        cost = scan.phaseCosts == nil ? nil : scan.totalCost
        if let cost { facts.cost = cost }
        let hasIssue = scan.issueNumber ?? 0 != 0
        estimatedCost = scan.isNew && hasIssue ? scan.estimate : nil
        if let estimatedCost { facts.estimatedCost = estimatedCost }
        githubState = hasIssue ? scan.githubState : nil
        template = facts.template.flatMap { $0.isEmpty ? nil : $0 } ?? "sdlc"
        facts.template = template
        errorCategory = scan.errorMessage.flatMap { message in
            guard !message.isEmpty else { return nil }
            return Array(message.utf8).withUnsafeBytes { ErrorCategory(message: $0) }
        }
        facts.errorCategory = errorCategory.map { "\($0.name)" }
        let duration = Self.durationReference(of: scan, now: now)
        durationSeconds = duration
        let steps = scan.stepCount ?? 0
        actualComplexity =
            steps > 0 && duration ?? 0 != 0
            ? ActualComplexity(stepCount: steps, durationSeconds: duration ?? 0) : nil
        // An empty start is none.
        let start = scan.startTime.flatMap { $0.isEmpty ? nil : $0 }
        let local = start.map { text in
            Array(text.utf8).withUnsafeBytes { LocalTime(iso8601: $0) }
        }
        hour = local.map { $0?.hour ?? -1 }
        weekday = local.map { $0?.weekday ?? -1 }
        clarityScore = Scores.clarity(input: facts.input ?? "")
        costEfficiencyScore = Scores.costEfficiency(of: facts)
        performanceScore = Scores.performance(of: facts)
        qualityScore = Scores.quality(of: facts)
        let anomalies = scan.others.flatMap { others in
            scan.isNew ? Anomaly.detect(in: facts, among: others, asReference: true) : nil
        }
        self.anomalies = anomalies
        recommendations = anomalies.map { Recommendation.advice(on: $0, of: facts) }
    }

    private static func durationReference(of scan: Scan, now: Timestamp) -> Int64? {
        guard scan.status == "completed", let start = scan.startTime, !hasZone(start),
            let moment = Array(start.utf8).withUnsafeBytes({ Timestamp(shortISO8601: $0) })
        else { return nil }
        return (now.microseconds - moment.microseconds) / 1_000_000
    }

    private static func hasZone(_ stamp: String) -> Bool {
        stamp.dropFirst(10).contains { $0 == "Z" || $0 == "+" || $0 == "-" }
    }
}
