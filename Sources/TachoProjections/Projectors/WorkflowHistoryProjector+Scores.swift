import TachoJSON
import TachoLog

// Scores and complexities, from what the row says by now.
//
// The reference computes them once, when it first sees a workflow, and says 0 where it has nothing
// to go by. Here they follow the row, and are unknown without a basis.

extension WorkflowHistoryProjector {
    /// Formulas: semantics §4.7, §4.8, §4.9; version 1.0 of the scores.
    ///
    /// - Returns: What they rest on.
    func refreshScores(_ row: Int, _ table: inout Table) -> WorkflowFacts {
        let facts = facts(row, table)
        let hasInput = !table.isUnknown(Column.nlInput, row)
        let hasDuration = facts.durationSeconds.map { $0 > 0 } ?? false
        let hasEstimate = facts.estimatedCost.map { $0 > 0 } ?? false
        table.set(
            Column.costEfficiencyScore, of: row,
            real: hasEstimate && facts.cost != nil ? Scores.costEfficiency(of: facts) : nil)
        table.set(
            Column.performanceScore, of: row,
            real: hasDuration ? Scores.performance(of: facts) : nil)
        let hasRun = hasDuration || facts.errorCategory != nil || !facts.phaseSeconds.isEmpty
        table.set(
            Column.qualityScore, of: row, real: hasRun ? Scores.quality(of: facts) : nil)
        table.set(Column.scoringVersion, of: row, text: "1.0")
        if hasInput || hasDuration {
            table.set(Column.complexityEstimated, of: row, text: Complexity(of: facts).name)
        } else {
            table.setUnknown(Column.complexityEstimated, of: row)
        }
        let steps = table.integer(Column.stepsTotal, row) ?? 0
        let seconds = table.integer(Column.durationSeconds, row) ?? 0
        if steps > 0, seconds > 0 {
            let actual = ActualComplexity(stepCount: steps, durationSeconds: seconds)
            table.set(Column.complexityActual, of: row, text: actual.name)
        } else {
            table.setUnknown(Column.complexityActual, of: row)
        }
        return facts
    }

    /// The clarity of what was asked, as far as it is kept.
    func refreshClarity(_ row: Int, _ table: inout Table) {
        let score = table.withText(Column.nlInput, row) {
            Scores.clarity(input: String(decoding: $0, as: UTF8.self))
        }
        table.set(Column.nlInputClarityScore, of: row, real: score)
        let words = table.withText(Column.nlInput, row) {
            InputWords(String(decoding: $0, as: UTF8.self)).text
        }
        if let words { table.set(Column.inputWords, of: row, text: words) }
    }

    func facts(_ row: Int, _ table: Table) -> WorkflowFacts {
        var facts = WorkflowFacts()
        func text(_ column: Column) -> String? {
            table.withText(column, row) { String(decoding: $0, as: UTF8.self) }
        }
        facts.id = text(.adwID)
        facts.template = text(.workflowTemplate)
        facts.classification = text(.issueClass)
        facts.isMerged = table.boolean(Column.prMerged, row) ?? false
        facts.hasPassedChecks = table.real(Column.ciTestPassRate, row) == 1
        if let model = text(.modelUsed) { facts.model = .named(model) }
        facts.input = text(.nlInput)
        facts.durationSeconds = table.integer(Column.durationSeconds, row).map { Double($0) }
        facts.errorCategory = text(.errorCategory)
        facts.errorTypes = facts.errorCategory.map { [$0] } ?? []
        facts.retryCount = table.integer(Column.retryCount, row).flatMap { Int(exactly: $0) }
        facts.cost = Self.dollars(table.money(Column.actualCostTotal, row))
        facts.estimatedCost = Self.dollars(table.money(Column.estimatedCostTotal, row))
        let prompt: [Column] = [.inputTokens, .cachedTokens, .cacheHitTokens]
        facts.totalInputTokens = prompt.reduce(0) {
            $0 + Double(table.integer($1, row) ?? 0)
        }
        facts.cacheReadTokens = table.integer(Column.cacheHitTokens, row).map { Double($0) }
        facts.idleSeconds = table.integer(Column.idleTimeSeconds, row).map { Double($0) }
        facts.phaseSeconds = numbers(Column.phaseDurations, row, table).map {
            WorkflowFacts.PhaseSeconds(phase: $0.name, seconds: Double($0.number))
        }
        facts.errorCount = errorCount(row, table)
        return facts
    }

    /// Failed attempts of all phases.
    func errorCount(_ row: Int, _ table: Table) -> Int {
        let failures = numbers(Column.errorPhaseDistribution, row, table)
        return Int(
            clamping: failures.reduce(Int64(0)) { $0.addingReportingOverflow($1.number).0 })
    }

    /// The members of an object of whole numbers.
    private func numbers(
        _ column: Column, _ row: Int, _ table: Table
    ) -> [(name: String, number: Int64)] {
        var numbers = [(name: String, number: Int64)]()
        table.withJSON(column, row) { bytes in
            JSONView(validated: bytes).forEachMember { name, value in
                if let number = value.integer() {
                    numbers.append((name.string() ?? "", number))
                }
                return true
            }
        }
        return numbers
    }

    private static func dollars(_ picoDollars: Int64?) -> Double? {
        picoDollars.map { Double($0) / 1e12 }
    }
}

extension Complexity {
    fileprivate var name: StaticString {
        switch self {
        case .simple: "simple"
        case .medium: "medium"
        case .complex: "complex"
        }
    }
}

extension ActualComplexity {
    fileprivate var name: StaticString {
        switch self {
        case .low: "low"
        case .medium: "medium"
        case .high: "high"
        }
    }
}
