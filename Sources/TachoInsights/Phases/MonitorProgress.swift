import TachoProjections

/// How far a workflow has come, as the original monitor shows it.
///
/// Nine phases are counted, whose list says `doc` where logs say `document`; a started phase counts
/// half.
///
/// Source: semantics §6.6, golden `monitor_progress`.
package struct MonitorProgress: Sendable {
    package struct Log: Sendable {
        package let phase: String
        package let status: String
        package let cost: Double?

        package init(phase: String, status: String, cost: Double?) {
            self.phase = phase
            self.status = status
            self.cost = cost
        }
    }

    package static let phases = [
        "plan", "validate", "build", "lint", "test", "review", "doc", "ship", "cleanup",
    ]

    package let currentPhase: String?
    /// 0 to 100, to one decimal.
    package let percent: Double
    /// In lower case, in the order of the logs.
    package let completedPhases: [String]
    /// Dollars of ended phases; `nil` if they cost nothing.
    package let cost: Double?

    /// - Parameters:
    ///   - logs: In the order of their phases.
    ///   - statePhase: The phase that the state file says.
    ///   - isUnfinished: Whether the workflow is running or paused.
    package init(logs: [Log], statePhase: String?, isUnfinished: Bool) {
        var completed: [String] = []
        for log in logs where log.status == "completed" {
            let phase = log.phase.lowercased()
            if !completed.contains(phase) { completed.append(phase) }
        }
        completedPhases = completed
        var current = logs.first { $0.status == "started" }?.phase.lowercased()
        if current == nil, let statePhase, !statePhase.isEmpty { current = statePhase.lowercased() }
        if current == nil, isUnfinished {
            current = Self.phases.first { !completed.contains($0) }
        }
        currentPhase = current
        let share = 100.0 / Double(Self.phases.count)
        var percent = Double(completed.count) / Double(Self.phases.count) * 100
        if let current, !completed.contains(current) { percent += share / 2 }
        self.percent = min(100, percent).rounded(places: 1)
        let ended = logs.filter { $0.status == "completed" || $0.status == "failed" }
        let cost = ended.compactMap(\.cost).reduce(0, +)
        self.cost = cost == 0 ? nil : cost
    }
}
