import TachoLog
package import TachoProjections

/// What a person should do about patterns, the most pressing first.
///
/// - A pattern that a tool does is judged by what was measured, if that proves a saving or a loss.
/// - Else, if its tool was carried out three times or more, by what the executions say of themselves:
///   semantics §5.12, golden `status_change_recommendations`.
/// - What neither decides is to be looked at again, with what the measurement lacks.
/// - One that was approved and has no tool yet is to be implemented.
/// - One that nobody has looked at is to be reviewed: operations by semantics §5.9 (confidence 60, two
///   occurrences), and sequences that are candidates.
/// - What was done for nothing and cost a cent or more is to be avoided, the dearest first.
package struct PatternRecommendations: Sendable {
    package enum Severity: String, CaseIterable, Sendable {
        case high, medium, low
    }

    package struct Recommendation: Sendable {
        package let severity: Severity
        /// `reject`, `deprecate`, `approve`, `activate`, `look again`, `wait`, `implement`, `review`,
        /// or `avoid`.
        package let action: String
        package let id: String
        /// Signature, sequence, file, or command.
        package let text: String
        /// What it is, in words.
        package let finding: String
        package let status: String
        package let reason: String
        /// Pico-dollars, as the board has it; `nil` is unknown.
        package let savings: Int64?
        /// What carries it out, or shows more.
        package let command: String
    }

    package private(set) var all: [Recommendation] = []

    /// - Parameters:
    ///   - board: What repeats.
    ///   - operations: The table `operation_patterns`.
    ///   - approvals: The table `pattern_approvals`.
    ///   - returns: The table `pattern_roi_summary`.
    ///   - effects: What was measured.
    package init(
        _ board: PatternBoard, operations: Table, approvals: Table, returns: Table,
        effects: PatternEffects
    ) {
        let entries = Dictionary(board.entries.map { ($0.id, $0) }) { first, _ in first }
        let statuses = Self.approvals(approvals)
        let measured = Dictionary(
            effects.patterns.compactMap { id in effects.effect(of: id).map { (id, $0) } }
        ) { first, _ in first }
        judge(entries, statuses, returns, measured)
        for id in effects.patterns {
            if let effect = measured[id] { judge(id, entries[id], effect.measured) }
        }
        let judged = Set(all.map(\.id))
        let submitted = Self.worthReview(operations, reviewed: Set(statuses.keys))
        for entry in board.entries where !judged.contains(entry.id) {
            if entry.status == "approved" {
                add(
                    .medium, "implement", entry, "approved, and no tool does it yet",
                    "tacho patterns implement \(entry.id) --tool NAME")
            } else if submitted.contains(entry.id)
                || entry.kind == "sequence" && entry.status == "candidate"
            {
                add(
                    .low, "review", entry, "\(entry.count) times, in \(entry.subjectCount)",
                    "tacho patterns show \(entry.id)")
            } else if Redundancy.Kind(rawValue: entry.kind) != nil, entry.status == "detected",
                let savings = entry.savings, savings >= PatternBoard.cent
            {
                add(.low, "avoid", entry, entry.advice, "tacho patterns show \(entry.id)")
            }
        }
        let order = Severity.allCases
        all = all.stablySorted { left, right in
            let (a, b) = (order.firstIndex(of: left.severity), order.firstIndex(of: right.severity))
            return a == b ? (left.savings ?? -1) > (right.savings ?? -1) : a ?? 0 < b ?? 0
        }
    }

    private mutating func add(
        _ severity: Severity, _ action: String, _ entry: PatternBoard.Entry, _ reason: String,
        _ command: String
    ) {
        all.append(
            Recommendation(
                severity: severity, action: action, id: entry.id, text: entry.text,
                finding: entry.finding, status: entry.status, reason: reason,
                savings: entry.savings, command: command))
    }

    private static func approvals(_ table: Table) -> [String: String] {
        typealias Column = PatternApprovalsProjector.Column
        var statuses: [String: String] = [:]
        for row in 0..<table.rowCount {
            let id = table.text(Column.patternID, row)?.description ?? ""
            statuses[id] = table.text(Column.status, row)?.description
        }
        return statuses
    }

    // MARK: What came of it

    private mutating func judge(
        _ entries: [String: PatternBoard.Entry], _ statuses: [String: String], _ returns: Table,
        _ measured: [String: PatternEffects.Effect]
    ) {
        typealias Column = PatternRoiSummaryProjector.Column
        for row in 0..<returns.rowCount {
            let id = returns.text(Column.patternID, row)?.description ?? ""
            let rate = returns.real(Column.successRate, row) ?? 0
            let percent = returns.real(Column.roiPercentage, row) ?? 0
            let count = Int(returns.integer(Column.totalExecutions, row) ?? 0)
            let verdict = measured[id]?.measured.cost.verdict
            // What is proven goes before what executions say of themselves.
            guard let status = statuses[id], verdict != .proven, verdict != .loss,
                let change = PatternReview.statusChange(
                    from: status, successRate: rate, returnPercent: percent, executionCount: count),
                let severity = Severity(rawValue: change.severity)
            else { continue }
            let (action, command) = Self.action(of: change.status, id)
            let share = (rate * 1000).rounded() / 10
            all.append(
                Recommendation(
                    severity: severity, action: action, id: id, text: entries[id]?.text ?? id,
                    finding: entries[id]?.finding ?? id, status: status,
                    reason: "\(count) executions, \(share) % went well, "
                        + "return \(percent.rounded(places: 1)) %, as they say; "
                        + "measured: \(verdict?.rawValue ?? "nothing, no tool yet")",
                    savings: returns.money(Column.totalCostSavedUsd, row), command: command))
        }
    }

    /// What was measured, where nothing has been said about the pattern yet.
    private mutating func judge(
        _ id: String, _ entry: PatternBoard.Entry?, _ measured: PatternMeasurement
    ) {
        let status = entry?.status ?? "implemented"
        guard !["rejected", "deprecated"].contains(status), !all.contains(where: { $0.id == id })
        else { return }
        let count = "\(measured.beforeCount) before, \(measured.afterCount) after"
        let (severity, action, reason, command): (Severity, String, String, String)
        switch measured.cost.verdict {
        case .loss:
            (severity, action) = (.high, "deprecate")
            reason = "each costs more: saves \(Self.interval(measured.cost)), proven; \(count)"
            command = "tacho patterns deprecate \(id) --reason TEXT"
        case .proven:
            // Nothing is left to do for what is in use everywhere.
            guard status != "active" else { return }
            (severity, action) = (.medium, "activate")
            reason = "each saves \(Self.interval(measured.cost)), proven; \(count)"
            command = "tacho patterns activate \(id)"
        case .notProven:
            (severity, action) = (.low, "look again")
            reason = "not proven: each saves \(Self.interval(measured.cost)); \(count)"
            command = "tacho patterns roi \(id)"
        case .tooFew:
            (severity, action) = (.low, "wait")
            reason = "too few to measure: \(count), of \(SavingsMeasurement.minimumCount) each"
            command = "tacho patterns roi \(id)"
        }
        let saving = measured.cost.saving.map { ($0 * 1e12).rounded() }
        all.append(
            Recommendation(
                severity: severity, action: action, id: id, text: entry?.text ?? id,
                finding: entry?.finding ?? id, status: status, reason: reason,
                savings: saving.flatMap { Int64(exactly: $0) }, command: command))
    }

    /// `$0.8, from 0.43 to 1.17`.
    private static func interval(_ measured: SavingsMeasurement) -> String {
        func text(_ dollars: Double?) -> String {
            let rounded = Int64(exactly: ((dollars ?? 0) * 1e4).rounded()) ?? 0
            return String(
                decoding: PicoDollars.text(rounded.multipliedReportingOverflow(by: 100_000_000).0),
                as: UTF8.self)
        }
        return "$\(text(measured.saving)), from \(text(measured.lower)) to \(text(measured.upper))"
    }

    private static func action(of status: String, _ id: String) -> (String, String) {
        switch status {
        case "rejected": ("reject", "tacho patterns reject \(id) --reason TEXT")
        case "auto-approved": ("approve", "tacho patterns approve \(id)")
        default: ("look again", "tacho patterns roi \(id)")
        }
    }

    // MARK: What nobody has looked at

    private static func worthReview(_ table: Table, reviewed: Set<String>) -> Set<String> {
        typealias Column = OperationPatternsProjector.Column
        let patterns = (0..<table.rowCount).compactMap { row -> PatternSync.Pattern? in
            guard let signature = table.text(Column.patternSignature, row)?.description else {
                return nil
            }
            return PatternSync.Pattern(
                signature: signature, type: table.text(Column.patternType, row)?.description ?? "",
                confidence: table.real(Column.confidenceScore, row) ?? 0,
                count: Int(table.integer(Column.occurrenceCount, row) ?? 0),
                savings: Double(table.money(Column.potentialMonthlySavings, row) ?? 0) / 1e12,
                status: table.text(Column.automationStatus, row)?.description ?? "")
        }
        return Set(
            PatternSync(patterns, reviewed: reviewed, filter: .standard).synced.map(\.signature))
    }
}
