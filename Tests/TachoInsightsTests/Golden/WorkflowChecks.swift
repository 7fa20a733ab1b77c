import TachoLog
import TachoProjections

/// A scanned workflow, with all that is computed about it.
let workflowChecks: GoldenChecks = [
    "enrich_workflow": { example in
        guard let now = example.input["now"].text.flatMap({ Timestamp(iso8601: $0) }) else {
            return false
        }
        let result = WorkflowEnrichment(
            reference: WorkflowEnrichment.Scan(example.input), now: now)
        return example.agrees([
            "workflow": result.golden(over: example.input),
            "duration_seconds": GoldenValue(result.durationSeconds),
        ])
    }
]

extension WorkflowEnrichment.Scan {
    fileprivate init(_ input: GoldenValue) {
        self.init()
        let workflow = input["workflow"]
        facts = WorkflowFacts(workflow)
        issueNumber = workflow["issue_number"].integer.map { Int64($0) }
        status = workflow["status"].text
        startTime = workflow["start_time"].text
        stepCount = workflow["steps_total"].integer.map { Int64($0) }
        errorMessage = workflow["error_message"].text
        isNew = input["is_new"].isTruthy
        let costs = input["cost_data"]
        if !costs.isNull {
            phaseCosts = costs["phases"].list.map { WorkflowEnrichment.PhaseCost($0) }
            totalCost = costs["total_cost"].double ?? 0
        }
        let estimate = input["cost_estimate"]
        if !estimate.isNull { self.estimate = estimate["estimated_cost_total"].double ?? 0 }
        githubState = input["github_issue_state"].text
        others =
            input["all_workflows"].isNull
            ? nil : input["all_workflows"].list.map { WorkflowFacts($0) }
    }
}

extension WorkflowEnrichment.PhaseCost {
    fileprivate init(_ phase: GoldenValue) {
        func tokens(_ key: String) -> Int64 { Int64(phase["tokens"][key].integer ?? 0) }
        self.init(
            phase: phase["phase"].text ?? "", cost: phase["cost"].double ?? 0,
            inputTokens: tokens("input_tokens"),
            cacheWriteTokens: tokens("cache_creation_tokens"),
            cacheReadTokens: tokens("cache_read_tokens"), outputTokens: tokens("output_tokens"))
    }
}

extension WorkflowEnrichment {
    /// The record with the members that the enrichment sets.
    fileprivate func golden(over input: GoldenValue) -> GoldenValue {
        var members = input["workflow"].without("workflow_template").members
        func set(_ key: String, _ value: GoldenValue) {
            if !value.isNull { members.append((key, value)) }
        }
        set("workflow_template", .text(template))
        set("actual_cost_total", GoldenValue(cost))
        if let tokens {
            set("input_tokens", GoldenValue(tokens.input))
            set("cached_tokens", GoldenValue(tokens.cacheWrite))
            set("cache_hit_tokens", GoldenValue(tokens.cacheRead))
            set("cache_miss_tokens", GoldenValue(tokens.input))
            set("output_tokens", GoldenValue(tokens.output))
            set("total_tokens", GoldenValue(tokens.total))
            set("cache_efficiency_percent", input["cost_data"]["cache_efficiency_percent"])
        }
        set("cost_breakdown", breakdown(input["cost_estimate"]["estimated_cost_breakdown"]))
        set("estimated_cost_total", GoldenValue(estimatedCost))
        set("gh_issue_state", GoldenValue(githubState))
        set("error_category", GoldenValue(errorCategory.map { "\($0.name)" }))
        set("complexity_actual", GoldenValue(actualComplexity?.rawValue))
        set("hour_of_day", GoldenValue(hour))
        set("day_of_week", GoldenValue(weekday))
        set("scoring_version", .text(Scores.version))
        set("nl_input_clarity_score", .real(clarityScore))
        set("cost_efficiency_score", .real(costEfficiencyScore))
        set("performance_score", .real(performanceScore))
        set("quality_score", .real(qualityScore))
        set(
            "anomaly_flags",
            anomalies.map { .list($0.map { GoldenValue($0.kind?.rawValue) }) } ?? nil)
        set(
            "optimization_recommendations",
            recommendations.map { .list($0.map(\.golden)) } ?? nil)
        return GoldenValue(members)
    }

    private func breakdown(_ estimates: GoldenValue) -> GoldenValue {
        guard cost != nil || estimatedCost != nil else { return nil }
        var members: [(key: String, value: GoldenValue)] = [
            ("estimated_total", .real(estimatedCost ?? 0)), ("actual_total", .real(cost ?? 0)),
            ("by_phase", .object((phaseCosts ?? []).map { ($0.phase, .real($0.cost)) })),
        ]
        if cost != nil {
            for key in ["estimated_per_step", "actual_per_step", "cost_per_token"] {
                members.append((key, 0))
            }
        }
        if estimatedCost != nil {
            members.append(("estimated_by_phase", estimates.isNull ? [:] : estimates))
        }
        return GoldenValue(members)
    }
}
