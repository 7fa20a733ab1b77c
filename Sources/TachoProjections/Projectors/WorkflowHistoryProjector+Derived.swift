import TachoEvents
import TachoJSON
import TachoLog

// Visible columns from hidden ones. Each function can be called at any time, and gives the same
// for the same hidden cells, whatever stood in the visible ones.

extension WorkflowHistoryProjector {
    // MARK: Status and times

    /// An end that was said; else a failed last phase; else an end that the directory shows.
    mutating func refreshStatus(_ row: Int, _ table: inout Table) {
        let inference = inference(row, table)
        if isEnd(Column.saidStatus, row, table) {
            table.withText(Column.saidStatus, row) { ByteString($0) }.map {
                table.set(Column.status, of: row, text: $0)
            }
        } else if table.text(Column.phaseStatus, row, equals: "failed") {
            table.set(Column.status, of: row, text: "failed")
        } else if inference.status != .running {
            table.set(Column.status, of: row, text: inference.status.name)
        } else if table.text(Column.saidStatus, row, equals: "pending"),
            table.isUnknown(Column.phaseStatus, row)
        {
            table.set(Column.status, of: row, text: "pending")
        } else {
            table.set(Column.status, of: row, text: "running")
        }
        refreshTimes(row, &table)
    }

    private func isEnd(_ column: Column, _ row: Int, _ table: Table) -> Bool {
        table.text(column, row, equals: "completed") || table.text(column, row, equals: "failed")
    }

    private func inference(_ row: Int, _ table: Table) -> StatusInference {
        StatusInference(
            hasErrorLog: table.boolean(Column.hasErrorLog, row) ?? false,
            directoryCount: table.integer(Column.directoryCount, row) ?? 0,
            // Nothing is known to be missing before a state file was seen.
            planIsMissing: table.boolean(Column.planIsMissing, row) ?? false,
            planAndBranch: table.boolean(Column.planAndBranch, row) ?? false)
    }

    mutating func refreshTimes(_ row: Int, _ table: inout Table) {
        let start =
            table.timestamp(Column.statedStart, row) ?? table.timestamp(Column.firstTime, row)
        let end = end(row, table)
        table.set(Column.startTime, of: row, timestamp: start)
        table.set(Column.endTime, of: row, timestamp: end)
        refreshConcurrency(row, &table)
        if let start {
            table.set(Column.createdAt, of: row, timestamp: start)
            if table.isUnknown(Column.statedStart, row) {
                let local = LocalTime(start)
                table.set(Column.hourOfDay, of: row, integer: local.hour)
                table.set(Column.dayOfWeek, of: row, integer: local.weekday)
            }
        }
        table.set(
            Column.durationSeconds, of: row, integer: duration(start, end, row, table))
    }

    /// Of a workflow that has not ended only the state file may know an end.
    private func end(_ row: Int, _ table: Table) -> Timestamp? {
        if let stated = table.timestamp(Column.statedEnd, row) { return stated }
        guard isEnd(Column.status, row, table) else { return nil }
        if let said = table.timestamp(Column.saidEnd, row) { return said }
        if !isEnd(Column.saidStatus, row, table),
            !table.text(Column.phaseStatus, row, equals: "failed")
        {
            switch inference(row, table).end {
            case .errorLog: return table.timestamp(Column.errorLogModified, row)
            case .stateFile: return table.timestamp(Column.stateModified, row)
            case nil: break
            }
        }
        return table.timestamp(Column.lastTime, row) ?? table.timestamp(Column.stateModified, row)
    }

    private mutating func duration(
        _ start: Timestamp?, _ end: Timestamp?, _ row: Int, _ table: Table
    ) -> Int64? {
        guard let start else {
            return results(of: row, table).durationMilliseconds.map { $0 / 1000 }
        }
        guard let end else { return nil }
        let (elapsed, overflow) = end.microseconds.subtractingReportingOverflow(
            start.microseconds)
        return overflow || elapsed < 0 ? nil : elapsed / 1_000_000
    }

    // MARK: Phases

    func refreshPhases(_ history: PhaseHistory, _ row: Int, _ table: inout Table) {
        var phases = history.phases
        table.withJSON(Column.finishedPhases, row) { finished in
            JSONView(validated: finished).forEachElement { name in
                if let text = name.text() {
                    let phase = ByteString(text.map(\.smallLetter))
                    if !phases.contains(phase) { phases.append(phase) }
                }
                return phases.count < 1000
            }
        }
        table.set(
            Column.phaseCount, of: row, integer: phases.isEmpty ? nil : Int64(phases.count))
        guard !history.entries.isEmpty else { return }
        let summary = PhaseSummary(
            history, workflowStart: table.timestamp(Column.statedStart, row))
        setSteps(Int64(history.phases.count), completed: summary.completedCount, row, &table)
        table.set(Column.retryCount, of: row, integer: summary.retryCount)
        table.set(Column.recoveryTimeSeconds, of: row, integer: summary.recoverySeconds)
        setFailures(summary, row, &table)
        guard let metrics = summary.metrics else { return }
        var writer = JSONWriter()
        writer.beginObject()
        for duration in metrics.durations {
            writer.key(duration.phase.bytes)
            writer.value(duration.seconds)
        }
        writer.endObject()
        table.set(Column.phaseDurations, of: row, json: writer.bytes)
        table.set(Column.idleTimeSeconds, of: row, integer: metrics.idleSeconds)
        if let bottleneck = metrics.bottleneck {
            table.set(Column.bottleneckPhase, of: row, text: bottleneck)
        } else {
            table.setUnknown(Column.bottleneckPhase, of: row)
        }
    }

    private func setFailures(_ summary: PhaseSummary, _ row: Int, _ table: inout Table) {
        guard !summary.failures.isEmpty else { return }
        var writer = JSONWriter()
        writer.beginObject()
        for failure in summary.failures {
            writer.key(failure.phase.bytes)
            writer.value(failure.count)
        }
        writer.endObject()
        table.set(Column.errorPhaseDistribution, of: row, json: writer.bytes)

        writer.reset()
        writer.beginArray()
        for reason in summary.retryReasons { writer.value(reason.name) }
        writer.endArray()
        table.set(Column.retryReasons, of: row, json: writer.bytes)
    }

    // MARK: Costs

    func refreshCosts(_ results: AgentResults, _ row: Int, _ table: inout Table) {
        table.set(
            Column.reportedCostTotal, of: row,
            money: results.reportedCost ?? table.money(Column.loggedCost, row))
        // Unknown without a run, and where the sum is more than 64 bits hold.
        let known = results.entries.isEmpty ? nil : results.costByPhase
        let byPhase = known ?? []
        let actual = known.flatMap { PicoDollars.sum($0.map(\.cost)) }
        table.set(Column.actualCostTotal, of: row, money: actual)
        if !results.entries.isEmpty {
            table.set(
                Column.agentRunCount, of: row, integer: Int64(results.entries.count))
            setTokens(results.usage, row, &table)
            // Runs that log no phases are known by their agents' alone.
            if known != nil, table.isUnknown(Column.phaseHistory, row) {
                table.set(Column.phaseCount, of: row, integer: Int64(byPhase.count))
            }
        }

        let estimated = table.money(Column.estimatedCostTotal, row)
        let steps = table.integer(Column.stepsTotal, row)
        let total = table.integer(Column.totalTokens, row)
        let costs: [(Column, Int64?)] = [
            (.estimatedCostPerStep, Self.share(estimated, of: steps)),
            (.actualCostPerStep, Self.share(actual, of: steps)),
            (.costPerToken, Self.share(actual, of: total)),
        ]
        for (column, cost) in costs { table.set(column, of: row, money: cost) }
        guard actual != nil || estimated != nil else {
            table.setUnknown(Column.costBreakdown, of: row)
            return
        }
        setBreakdown(byPhase, row, &table)
    }

    /// Rounded half up; costs are not negative.
    private static func share(_ cost: Int64?, of count: Int64?) -> Int64? {
        guard let cost, let count, cost >= 0, count > 0 else { return nil }
        let (quotient, remainder) = cost.quotientAndRemainder(dividingBy: count)
        return remainder >= count - remainder ? quotient + 1 : quotient
    }

    private func setTokens(_ usage: TokenUsage?, _ row: Int, _ table: inout Table) {
        guard let usage,
            let prompt = PicoDollars.sum([usage.input, usage.cacheWrite, usage.cacheRead]),
            let total = PicoDollars.sum(prompt, usage.output)
        else {
            // More than 64 bits hold.
            let columns: [Column] = [
                .inputTokens, .outputTokens, .cachedTokens, .cacheHitTokens, .cacheMissTokens,
                .totalTokens, .tokenBreakdown, .cacheEfficiencyPercent,
            ]
            for column in columns { table.setUnknown(column, of: row) }
            return
        }
        let counts: [(Column, StaticString, Int64)] = [
            (.inputTokens, "input_tokens", usage.input),
            (.outputTokens, "output_tokens", usage.output),
            (.cachedTokens, "cached_tokens", usage.cacheWrite),
            (.cacheHitTokens, "cache_hit_tokens", usage.cacheRead),
            (.cacheMissTokens, "cache_miss_tokens", usage.input),
            (.totalTokens, "total_tokens", total),
        ]
        var writer = JSONWriter()
        writer.beginObject()
        for (column, name, count) in counts {
            table.set(column, of: row, integer: count)
            writer.key(name)
            writer.value(count)
        }
        writer.endObject()
        table.set(Column.tokenBreakdown, of: row, json: writer.bytes)
        let share = prompt == 0 ? 0 : 100 * (Double(usage.cacheRead) / Double(prompt))
        table.set(Column.cacheEfficiencyPercent, of: row, real: share)
    }

    private func setBreakdown(
        _ byPhase: [(phase: ByteString, cost: Int64)], _ row: Int, _ table: inout Table
    ) {
        var writer = JSONWriter()
        writer.beginObject()
        let totals: [(StaticString, Column)] = [
            ("estimated_total", .estimatedCostTotal), ("actual_total", .actualCostTotal),
            ("estimated_per_step", .estimatedCostPerStep),
            ("actual_per_step", .actualCostPerStep), ("cost_per_token", .costPerToken),
        ]
        for (name, column) in totals {
            writer.key(name)
            if let amount = table.money(column, row) {
                writer.rawValue(PicoDollars.text(amount))
            } else {
                writer.value(nil)
            }
        }
        writer.key("by_phase")
        writer.beginObject()
        for (phase, cost) in byPhase {
            writer.key(phase.bytes)
            writer.rawValue(PicoDollars.text(cost))
        }
        writer.endObject()
        table.withJSON(Column.estimatedByPhase, row) { estimates in
            writer.key("estimated_by_phase")
            writer.rawValue(estimates)
        }
        writer.endObject()
        table.set(Column.costBreakdown, of: row, json: writer.bytes)
    }
}
