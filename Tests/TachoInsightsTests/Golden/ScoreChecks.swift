import TachoProjections

typealias GoldenChecks = [String: @Sendable (GoldenSet.Case) throws -> Bool]

/// Scores, complexity, insights, and similarity.
let scoreChecks: GoldenChecks = [
    "complexity_detect": { example in
        if example.input.hasOddComplexity { return example.agrees("medium") }
        return example.agrees(.text(Complexity(of: WorkflowFacts(example.input)).rawValue))
    },
    "complexity_actual": { example in
        let complexity = ActualComplexity(
            stepCount: Int64(example.input["steps_total"].integer ?? 0),
            durationSeconds: Int64(example.input["duration_seconds"].integer ?? 0))
        return example.agrees(.text(complexity.rawValue))
    },
    // A number in place of the text has no clarity.
    "scoring_clarity": { example in
        example.agrees(.real(Scores.clarity(input: example.input["nl_input"].text ?? "")))
    },
    "scoring_cost_efficiency": { example in
        let keys = [
            "estimated_cost_total", "actual_cost_total", "cache_read_tokens", "total_input_tokens",
            "retry_count",
        ]
        if example.input.isOdd(in: keys) { return example.agrees(0) }
        var facts = WorkflowFacts(example.input)
        // The score goes on with the complexity to which the reference degrades.
        if example.input.hasOddComplexity {
            facts.inputWordCount = 100
            (facts.durationSeconds, facts.totalDurationSeconds) = (nil, nil)
            (facts.errorCount, facts.listedErrorCount) = (nil, nil)
        }
        return example.agrees(.real(Scores.costEfficiency(of: facts)))
    },
    "scoring_performance": { example in
        let keys = ["duration_seconds", "similar_avg_duration", "idle_time_seconds"]
        let phases = example.input["phase_durations"]
        if example.input.isOdd(in: keys) || phases.isOdd(in: phases.keys)
            || phases.isTruthy && phases.members.isEmpty
        {
            return example.agrees(0)
        }
        return example.agrees(.real(Scores.performance(of: WorkflowFacts(example.input))))
    },
    "scoring_quality": { example in
        let types = example.input["error_types"]
        if example.input.isOdd(in: ["error_count", "retry_count"])
            || types.isTruthy && types.list.isEmpty && types.text == nil && types.members.isEmpty
        {
            return example.agrees(0)
        }
        return example.agrees(.real(Scores.quality(of: WorkflowFacts(example.input))))
    },
    "text_similarity": { example in
        let (left, right) = (example.input["text1"].text, example.input["text2"].text)
        return example.agrees(.real(Similarity.ofTexts(left, right)))
    },
    "similar_workflows": { example in
        let others = example.input["all_workflows"].list
        let workflow = example.input["workflow"]
        // The older form, without an id of its own, gives the objects back.
        if workflow["adw_id"].isNull, !workflow["id"].isNull {
            let others = others.filter { !example.same($0["id"], workflow["id"]) }
            let facts = others.map { WorkflowFacts($0) }
            let order = Similarity.byDuration(near: WorkflowFacts(workflow), among: facts)
            return example.agrees(.list(order.map { others[$0] }))
        }
        let similar = Similarity.mostSimilar(
            to: WorkflowFacts(workflow), among: others.map { WorkflowFacts($0) })
        return example.agrees(GoldenValue(similar))
    },
    "recommendations": { example in
        let anomalies = example.input["anomalies"].list.map { Anomaly($0) }
        let advice = Recommendation.advice(
            on: anomalies, of: WorkflowFacts(example.input["workflow"]))
        return example.agrees(.list(advice.map(\.golden)))
    },
    "insights": { example in
        let workflow = WorkflowFacts(example.input["workflow"])
        let others = example.input["historical"].list.map { WorkflowFacts($0) }
        let anomalies = Anomaly.detect(in: workflow, among: others, asReference: true)
        let advice = Recommendation.advice(on: anomalies, of: workflow)
        return example.agrees([
            "anomalies": .list(anomalies.map(\.golden)),
            "recommendations": .list(advice.map(\.golden)),
            "anomaly_flag_types": .list(anomalies.map { GoldenValue($0.kind?.rawValue) }),
        ])
    },
]

extension GoldenValue {
    /// Whether a member is something else where a number belongs.
    ///
    /// Such a record does not become ``WorkflowFacts``; the reference degrades to its default.
    fileprivate func isOdd(in keys: [String]) -> Bool {
        keys.contains { self[$0].isTruthy && self[$0].double == nil && self[$0].bool == nil }
    }

    /// Whether the reference cannot tell the complexity, and takes it for a medium one.
    fileprivate var hasOddComplexity: Bool {
        isOdd(in: ["nl_input_word_count", "duration_seconds", "total_duration_seconds"])
            || !has("errors") && isOdd(in: ["error_count"])
            || !self["nl_input_word_count"].isTruthy && self["nl_input"].isTruthy
                && self["nl_input"].text == nil
    }
}

extension WorkflowFacts {
    init(_ record: GoldenValue) {
        self.init()
        id = record["adw_id"].text
        template = record["workflow_template"].text
        classification = record["classification_type"].text
        if let name = record["model_used"].text {
            model = .named(name)
        } else if record.has("model_used") {
            model = .null
        }
        input = record["nl_input"].text
        inputWordCount = record["nl_input_word_count"].integer
        durationSeconds = record["duration_seconds"].double
        totalDurationSeconds = record["total_duration_seconds"].double
        errorCount = record["error_count"].integer
        if record.has("errors") { listedErrorCount = record["errors"].list.count }
        errorCategory = record["error_category"].text
        errorTypes = record["error_types"].texts + record["error_types"].keys
        retryCount = record["retry_count"].integer
        cost = record["actual_cost_total"].double
        estimatedCost = record["estimated_cost_total"].double
        cacheReadTokens = record["cache_read_tokens"].double
        totalInputTokens = record["total_input_tokens"].double
        phaseSeconds = record["phase_durations"].members.compactMap { phase, seconds in
            seconds.double.map { PhaseSeconds(phase: phase, seconds: $0) }
        }
        idleSeconds = record["idle_time_seconds"].double
        similarAverageSeconds = record["similar_avg_duration"].double
        isMerged = record["pr_merged"].isTruthy
        hasPassedChecks = record["ci_passed"].isTruthy
    }
}

extension Anomaly {
    init(_ record: GoldenValue) {
        let actual = record["actual"]
        self.init(
            kind: record["type"].text.flatMap(Kind.init(rawValue:)), severity: .medium,
            actual: actual.double.map { .number($0) } ?? actual.text.map { .text($0) },
            expected: record["expected"].double, threshold: .number(0))
    }

    var golden: GoldenValue {
        var members: [(key: String, value: GoldenValue)] = [
            ("type", GoldenValue(kind?.rawValue)), ("severity", .text(severity.rawValue)),
            ("actual", actual?.golden ?? nil), ("threshold", threshold.golden),
        ]
        if let expected { members.append(("expected", .real(expected))) }
        return GoldenValue(members)
    }
}

extension Anomaly.Measure {
    fileprivate var golden: GoldenValue {
        switch self {
        case .number(let number): .real(number)
        case .text(let text): .text(text)
        }
    }
}

extension Recommendation {
    var golden: GoldenValue {
        var members: [(key: String, value: GoldenValue)] = [("code", .text(code))]
        switch self {
        case .costRatio(let ratio): members.append(("ratio", .text(ratio)))
        case .retryStability(let retries): members.append(("retries", GoldenValue(retries)))
        case .retryWithErrors(let retries, let errors):
            members.append(("retries", GoldenValue(retries)))
            members.append(("errors", GoldenValue(errors)))
        case .errorCategory(let category): members.append(("category", .text(category)))
        case .cacheLow(let percent): members.append(("percent", .text(percent)))
        case .bottleneck(let phase, let seconds, let percent):
            members.append(("phase", .text(phase)))
            members.append(("seconds", .text(seconds)))
            members.append(("percent", .text(percent)))
        case .modelDownHaiku, .modelDownSonnet, .modelUpSonnet, .inputBrief, .durationGeneric,
            .allGood, .unavailable:
            break
        }
        return GoldenValue(members)
    }
}
