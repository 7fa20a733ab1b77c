/// Which columns of a known workflow a new scan of its directory changes.
///
/// Source: semantics §3.2, goldens `sync_update_dict`, `sync_cost_decision`.
package struct SyncRule: Sendable {
    package enum Column: String, CaseIterable, Sendable {
        case status
        case currentPhase = "current_phase"
        case durationSeconds = "duration_seconds"
        case costBreakdown = "cost_breakdown"
        case actualCostTotal = "actual_cost_total"
        case inputTokens = "input_tokens"
        case cachedTokens = "cached_tokens"
        case cacheHitTokens = "cache_hit_tokens"
        case cacheMissTokens = "cache_miss_tokens"
        case outputTokens = "output_tokens"
        case totalTokens = "total_tokens"
        case cacheEfficiencyPercent = "cache_efficiency_percent"
        case phaseDurations = "phase_durations"
        case bottleneckPhase = "bottleneck_phase"
        case idleTimeSeconds = "idle_time_seconds"
        case errorCategory = "error_category"
        case complexityActual = "complexity_actual"

        /// What changes together with the cost.
        package static let costGroup: [Column] = [
            .costBreakdown, .actualCostTotal, .inputTokens, .cachedTokens, .cacheHitTokens,
            .cacheMissTokens, .outputTokens, .totalTokens, .cacheEfficiencyPercent,
        ]
    }

    /// One side: the row as it is, or what the scan found.
    package struct Record: Sendable {
        package var status: String?
        package var currentPhase: String?
        /// Dollars; unknown is 0, where the reference fails.
        package var cost: Double?
        package var hasCostBreakdown = false
        package var hasPhaseDurations = false
        package var hasErrorCategory = false
        package var hasActualComplexity = false
        /// Neither unknown nor 0.
        package var hasDuration = false

        package init() {}
    }

    /// - Parameters:
    ///   - row: The row as it is.
    ///   - scan: What the scan found; its duration is the one computed now.
    /// - Returns: In the order of the columns; nothing is written for none.
    package static func changes(from row: Record, to scan: Record) -> [Column] {
        var columns: [Column] = []
        if row.status != scan.status { columns.append(.status) }
        if let phase = scan.currentPhase, !phase.isEmpty, phase != row.currentPhase {
            columns.append(.currentPhase)
        }
        // The first duration stays.
        if scan.hasDuration, !row.hasDuration { columns.append(.durationSeconds) }
        if costChanges(from: row, to: scan) { columns += Column.costGroup }
        if scan.hasPhaseDurations, !row.hasPhaseDurations {
            columns += [.phaseDurations, .bottleneckPhase, .idleTimeSeconds]
        }
        if scan.hasErrorCategory, !row.hasErrorCategory { columns.append(.errorCategory) }
        if scan.hasActualComplexity, !row.hasActualComplexity { columns.append(.complexityActual) }
        return columns
    }

    /// An ended workflow's cost may change either way, a running one's only grows.
    package static func costChanges(from row: Record, to scan: Record) -> Bool {
        guard scan.hasCostBreakdown else { return false }
        let (old, new) = (row.cost ?? 0, scan.cost ?? 0)
        switch scan.status {
        case "completed", "failed": return new != old
        case "running": return new > old
        default: return false
        }
    }
}
