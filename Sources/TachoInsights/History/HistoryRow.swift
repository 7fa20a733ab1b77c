package import TachoLog

/// One workflow of the history, as far as lists and sums of workflows need it.
///
/// `nil` is unknown.
package struct HistoryRow: Sendable {
    package struct PhaseAmount: Hashable, Sendable {
        /// As it is written: `Plan` and `plan` are two.
        package let phase: String
        package let amount: Double

        package init(phase: String, amount: Double) {
            self.phase = phase
            self.amount = amount
        }
    }

    package let id: String
    package var status: String?
    package var model: String?
    package var template: String?
    /// The older name of a template.
    package var type: String?
    package var input: String?
    package var githubURL: String?
    package var issueNumber: Int?
    package var createdAt: Timestamp?
    package var updatedAt: Timestamp?
    package var startedAt: Timestamp?
    package var endedAt: Timestamp?
    package var durationSeconds: Double?
    /// Dollars.
    package var cost: Double?
    package var totalTokens: Double?
    package var cacheEfficiencyPercent: Double?
    package var actualComplexity: String?
    package var estimatedComplexity: String?
    package var errorMessage: String?
    package var currentPhase: String?
    /// Dollars by phase, in the order in which they are recorded; `nil` is no breakdown.
    package var phaseCosts: [PhaseAmount]?
    /// Seconds by phase, in the order in which they are recorded.
    package var phaseSeconds: [PhaseAmount]?

    package init(id: String) {
        self.id = id
    }

    package var isCompleted: Bool { status == "completed" }
    package var isFailed: Bool { status == "failed" }

    /// Dollars, if there are any.
    var positiveCost: Double? { cost.flatMap { $0 > 0 ? $0 : nil } }

    /// Seconds, if there are any.
    var positiveDuration: Double? { durationSeconds.flatMap { $0 > 0 ? $0 : nil } }
}

extension [HistoryRow] {
    /// As the reference reads rows.
    var newestFirst: Self {
        stablySorted {
            ($0.createdAt?.microseconds ?? .min) > ($1.createdAt?.microseconds ?? .min)
        }
    }
}

extension [HistoryRow.PhaseAmount] {
    /// As the reference reads them out of a JSONB column, which keeps the members of an object by
    /// the lengths of their names, then by the bytes.
    var inReferenceOrder: Self {
        stablySorted { amount, other in
            let (name, otherName) = (amount.phase.utf8, other.phase.utf8)
            return name.count == otherName.count
                ? name.lexicographicallyPrecedes(otherName) : name.count < otherName.count
        }
    }
}

extension Timestamp {
    package func adding(days: Int) -> Timestamp {
        adding(hours: Double(days) * 24)
    }

    package func adding(hours: Double) -> Timestamp {
        Timestamp(microseconds: microseconds + Int64(hours * 3_600_000_000))
    }

    /// `2026-01-31`, in UTC.
    package var day: String { String("\(self)".prefix(10)) }
}

/// A time from one moment to another, both within it.
package struct TimeSpan: Sendable {
    package let start: Timestamp
    package let end: Timestamp

    /// What is not given is the last `days` until now.
    package init(start: Timestamp? = nil, end: Timestamp? = nil, days: Int, now: Timestamp) {
        self.end = end ?? now
        self.start = start ?? self.end.adding(days: -days)
    }

    package func contains(_ moment: Timestamp?) -> Bool {
        moment.map { start <= $0 && $0 <= end } ?? false
    }
}
