import TachoJSON
package import TachoLog
package import TachoProjections

/// What came of patterns since a tool does them, measured.
///
/// Work is touched by a pattern if it shows it (`pattern_occurrences`), if it carried its tool out
/// (`pattern_executions`), or, of a sequence, if its calls hold it.
package struct PatternEffects: Sendable {
    package struct Effect: Sendable {
        /// When somebody first said that a tool does it.
        package let implemented: Timestamp
        package let measured: PatternMeasurement
        /// Of the executions that say so, else of the work behind the tool; 0 to 1, `nil` unknown.
        package let successRate: Double?

        /// How sure the pattern is by what was measured, 0 to 1; `nil` with too few to measure.
        ///
        /// The formula of semantics §5.12, over the work behind the tool, with a return of 0 unless
        /// a saving or a loss is proven.
        package var confidence: Double? {
            guard let percent = measured.returnPercent, let successRate else { return nil }
            return PatternReview.confidence(
                successRate: successRate, returnPercent: percent,
                executionCount: measured.afterCount)
        }
    }

    /// Tables that it is made of.
    package static let tables = [
        "operation_patterns", "pattern_occurrences", "tool_sequences", "model_usage", "sessions",
        "prices", "workflow_history", "pattern_review_history", "pattern_executions",
    ]

    /// In the order in which they were implemented.
    package private(set) var patterns: [String] = []
    private var implemented: [String: Timestamp] = [:]
    private let work: [PatternMeasurement.Work]
    private let operations: Table
    private let occurrences: Table
    private let sequences: Table
    private let executions: Table

    /// - Parameter table: Gives a table by its name, all of ``tables``.
    /// - Throws: What `table` throws.
    /// - Complexity: One pass over the work and what it used, if any pattern is implemented.
    package init<E: Error>(table: (String) throws(E) -> Table) throws(E) {
        operations = try table("operation_patterns")
        occurrences = try table("pattern_occurrences")
        sequences = try table("tool_sequences")
        executions = try table("pattern_executions")
        typealias Review = PatternReviewHistoryProjector.Column
        let history = try table("pattern_review_history")
        for row in 0..<history.rowCount
        where history.text(Review.status, row, equals: "implemented") {
            guard let id = history.text(Review.patternID, row)?.description,
                let moment = history.timestamp(Review.createdAt, row), implemented[id] == nil
            else { continue }
            implemented[id] = moment
            patterns.append(id)
        }
        guard !patterns.isEmpty else {
            work = []
            return
        }
        let sessions = try table("sessions")
        work = PatternMeasurement.work(
            history: try table("workflow_history"),
            usages: ModelUsage.read(try table("model_usage"), sessions: sessions),
            prices: PriceBook(try table("prices")), sessions: sessions)
    }

    /// What came of a pattern; `nil` if no tool does it.
    package func effect(of id: String) -> Effect? {
        guard let moment = implemented[id] else { return nil }
        let type = id.prefix { $0 != ":" }
        var (touched, similar) = (Set<String>(), Set<String>())
        for row in 0..<occurrences.rowCount {
            typealias Column = PatternOccurrencesProjector.Column
            guard let pattern = occurrences.text(Column.patternID, row)?.description,
                let workflow = occurrences.text(Column.workflowID, row)?.description
            else { continue }
            if pattern == id { touched.insert(workflow) }
            if pattern.prefix(while: { $0 != ":" }) == type { similar.insert(workflow) }
        }
        touched.formUnion(holders(of: id))
        var outcomes: [Bool] = []
        for row in executions.rows(
            where: PatternExecutionsProjector.Column.patternID, equals: ByteString(id))
        {
            typealias Column = PatternExecutionsProjector.Column
            if let workflow = executions.text(Column.workflowID, row)?.description {
                touched.insert(workflow)
            }
            if let outcome = executions.boolean(Column.success, row) { outcomes.append(outcome) }
        }
        if outcomes.isEmpty {
            outcomes = work.filter { $0.started >= moment && touched.contains($0.id) }
                .compactMap(\.hasSucceeded)
        }
        return Effect(
            implemented: moment,
            measured: PatternMeasurement(
                touched: touched, similar: similar, work: work, implemented: moment),
            successRate: outcomes.isEmpty
                ? nil : Double(outcomes.count { $0 }) / Double(outcomes.count))
    }

    /// Workflows and sessions in whose calls a sequence is.
    private func holders(of id: String) -> Set<String> {
        guard let row = operations.row(forKey: ByteString(id)),
            let tools = operations.json(OperationPatternsProjector.Column.typicalOperations, row)
        else { return [] }
        var names: [String] = []
        tools.withUnsafeBytes { bytes in
            JSONView(validated: bytes).forEachElement { name in
                if let name = name.string() { names.append(name) }
                return true
            }
        }
        guard !names.isEmpty else { return [] }
        let wanted = "→\(names.joined(separator: "→"))→"
        typealias Sequence = ToolSequencesProjector.Column
        var found = Set<String>()
        for row in 0..<sequences.rowCount {
            let signature = sequences.text(Sequence.sequenceSignature, row)?.description ?? ""
            guard "→\(signature)→".contains(wanted) else { continue }
            for column in [Sequence.workflowID, .sessionID] {
                if let id = sequences.text(column, row)?.description { found.insert(id) }
            }
        }
        return found
    }
}
