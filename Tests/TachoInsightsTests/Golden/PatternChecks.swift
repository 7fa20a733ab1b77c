import TachoInsights
import TachoProjections

/// Patterns of workflows, and of the tools they call.
let patternChecks: GoldenChecks = [
    "pattern_signature": { example in
        let signature = PatternSignature.of(
            input: example.input["nl_input"].text ?? "",
            template: example.input["workflow_template"].text)
        return example.agrees(GoldenValue(signature))
    },
    "pattern_signature_validation": { example in
        let signature = example.input["signature"].text ?? ""
        return example.agrees([
            "valid": .bool(PatternSignature.isValid(signature)),
            "normalized": GoldenValue(PatternSignature.normalized(signature)),
        ])
    },
    "pattern_detection": { example in
        let detection = PatternDetection(example.input)
        return example.agrees([
            "patterns": GoldenValue(detection.signatures),
            "characteristics": [
                "input_length": GoldenValue(detection.inputLength),
                "keywords": GoldenValue(detection.keywords),
                "files_mentioned": GoldenValue(detection.files),
                "duration_range": .text(detection.length.rawValue),
                "complexity": .text(detection.complexity.rawValue),
                "error_count": GoldenValue(detection.errorCount),
            ],
        ])
    },
    "pattern_confidence": { example in
        let occurrences = example.input["workflows"].list.map {
            PatternConfidence.Occurrence($0, errorCount: $0["error_count"].double)
        }
        let count = example.input["pattern"]["occurrence_count"].integer ?? 0
        return example.agrees(
            .real(PatternConfidence.score(count: count, occurrences: occurrences)))
    },
    "pattern_prediction": { example in
        let predictions = PatternPrediction.predictions(
            for: example.input["nl_input"].text ?? "")
        return example.agrees(
            .list(
                predictions.map {
                    ["pattern": .text($0.signature), "confidence": .real($0.confidence)]
                }))
    },
    "prediction_validation": { example in
        let result = PredictionValidation(
            predicted: Set(example.input["predicted"].texts),
            actual: Set(example.input["actual"].texts))
        return example.agrees([
            "total_predicted": GoldenValue(result.predictedCount),
            "total_actual": GoldenValue(result.actualCount),
            "correct": GoldenValue(result.correctCount),
            "false_positives": GoldenValue(result.falsePositiveCount),
            "false_negatives": GoldenValue(result.falseNegativeCount),
            "accuracy": .real(result.accuracy),
            "details": .object(result.details.map { ($0.key, .bool($0.value)) }),
        ])
    },
    "pattern_persistence": { example in
        var learning = PatternLearning()
        let results = example.input["workflows"].list.map {
            learning.learn(PatternLearning.Workflow($0))
        }
        return example.agrees(learning.golden(results))
    },
    "pattern_sync": { example in syncAgrees(example) },
    "roi_effectiveness": { example in
        let rating = PatternReturn.effectiveness(
            successRate: example.input["success_rate"].double ?? 0,
            percent: example.input["roi_percentage"].double ?? 0)
        return example.agrees(.text(rating))
    },
    "roi_summary": { example in
        let executions = example.input["executions"].list.map { PatternReturn.Execution($0) }
        let summary = PatternReturn(of: executions)
        guard !executions.isEmpty else {
            return example.expected["summary"].isNull
                && example.expected["effectiveness"].text == "unknown"
        }
        return example.agrees([
            "summary": [
                "pattern_id": example.input["executions"].list[0]["pattern_id"],
                "total_executions": GoldenValue(summary.count),
                "successful_executions": GoldenValue(summary.successCount),
                "success_rate": .real(summary.successRate),
                "total_time_saved_seconds": .real(summary.savedSeconds),
                "total_cost_saved_usd": .real(summary.savedCost),
                "average_time_saved_seconds": .real(summary.averageSavedSeconds),
                "average_cost_saved_usd": .real(summary.averageSavedCost),
                "roi_percentage": .real(summary.percent),
            ],
            "effectiveness": .text(summary.effectiveness),
        ])
    },
    "confidence_adjustment": { example in
        let summary = example.input["summary"]
        let confidence = PatternReview.confidence(
            successRate: summary["success_rate"].double ?? 0,
            returnPercent: summary["roi_percentage"].double ?? 0,
            executionCount: summary["total_executions"].integer ?? 0)
        return example.agrees(["new_confidence": .real(confidence)])
    },
    "status_change_recommendations": { example in
        let found = example.input["patterns"].list.compactMap { pattern -> GoldenValue? in
            let change = PatternReview.statusChange(
                from: pattern["status"].text ?? "",
                successRate: pattern["success_rate"].double ?? 0,
                returnPercent: pattern["roi_percentage"].double ?? 0,
                executionCount: pattern["total_executions"].integer ?? 0)
            guard let change else { return nil }
            return [
                "pattern_id": pattern["pattern_id"], "current_status": pattern["status"],
                "recommended_status": .text(change.status), "severity": .text(change.severity),
                "confidence_score": pattern["confidence_score"],
                "roi_percentage": pattern["roi_percentage"],
            ]
        }
        return example.agrees(
            .list(found.sorted { $0["pattern_id"].text ?? "" < $1["pattern_id"].text ?? "" }))
    },
]

/// Equal impacts have no order: what is put in review is compared by impact, and as a set.
private func syncAgrees(_ example: GoldenSet.Case) -> Bool {
    let values = example.input["operation_patterns"].list
    let reviewed = example.input["already_in_review"].texts
    let filter = PatternSync.Filter(example.input["filter"])
    let patterns = values.map { PatternSync.Pattern($0) }
    let sync = PatternSync(patterns, reviewed: Set(reviewed), filter: filter)
    func impact(_ id: String) -> Double { patterns.first { $0.signature == id }?.impact ?? 0 }

    let result = example.expected["result"]
    let ids = result["synced_pattern_ids"].texts
    let hasTies = Set(sync.candidates.map(\.impact)).count < sync.candidates.count
    guard result["total_candidates"].integer == sync.candidates.count,
        result["synced_count"].integer == sync.synced.count,
        result["skipped_count"].integer == sync.skippedCount,
        result["error_count"].integer == 0, ids.map(impact) == sync.synced.map(\.impact),
        hasTies || ids == sync.synced.map(\.signature)
    else { return false }

    var approvals = reviewed.enumerated().map { offset, id -> GoldenValue in
        [
            "pattern_id": .text(id), "status": "pending", "tool_sequence": "x",
            "confidence_score": 0.5, "occurrence_count": 1,
            "estimated_savings_usd": .real(Double(offset + 1)), "context_len": nil,
        ]
    }
    let moved = Set(hasTies ? ids : sync.synced.map(\.signature))
    for (pattern, value) in zip(patterns, values) where moved.contains(pattern.signature) {
        let context = value["typical_input_pattern"].text ?? ""
        approvals.append([
            "pattern_id": .text(pattern.signature), "status": "pending",
            "tool_sequence": .text(pattern.type),
            "confidence_score": .real(pattern.confidence / 100),
            "occurrence_count": GoldenValue(pattern.count),
            "estimated_savings_usd": .real(pattern.savings),
            "context_len": GoldenValue(min(500, context.unicodeScalars.count)),
        ])
    }
    let statuses = patterns.map { pattern -> GoldenValue in
        [
            "pattern_signature": .text(pattern.signature),
            "automation_status": .text(
                moved.contains(pattern.signature) ? "in_review" : pattern.status),
        ]
    }
    let detected = patterns.filter {
        $0.status == "detected" && !moved.contains($0.signature)
    }
    let known = Set(reviewed).union(moved)
    let statistics: GoldenValue = [
        "patterns_in_source": GoldenValue(detected.count),
        "patterns_in_review": GoldenValue(approvals.count),
        "pending_sync": GoldenValue(detected.count { !known.contains($0.signature) }),
        "sync_percentage": .real(
            PatternSync.percent(inReview: approvals.count, detected: detected.count)),
    ]
    func sorted(_ values: [GoldenValue]) -> GoldenValue {
        .list(values.sorted { ($0["pattern_id"].text ?? "") < ($1["pattern_id"].text ?? "") })
    }
    func weight(_ approval: GoldenValue) -> Double {
        (approval["confidence_score"].double ?? 0) * (approval["occurrence_count"].double ?? 0)
            * (approval["estimated_savings_usd"].double ?? 0)
    }
    let top = approvals.map(weight).sorted(by: >).prefix(5).map { GoldenValue.real($0) }
    let expectedTop = example.expected["pending_top5"].texts.map { id in
        GoldenValue.real(approvals.first { $0["pattern_id"].text == id }.map(weight) ?? -1)
    }
    return example.same(sorted(approvals), sorted(example.expected["approvals"].list))
        && example.same(.list(statuses), example.expected["statuses"])
        && example.same(statistics, example.expected["statistics"])
        && example.same(.list(top), .list(expectedTop))
}

extension PatternSync.Pattern {
    fileprivate init(_ value: GoldenValue) {
        self.init(
            signature: value["pattern_signature"].text ?? "",
            type: value["pattern_type"].text ?? "",
            confidence: value["confidence_score"].double ?? 0,
            count: value["occurrence_count"].integer ?? 0,
            savings: value["potential_monthly_savings"].double ?? 0,
            status: value["automation_status"].text ?? "")
    }
}

extension PatternSync.Filter {
    fileprivate init(_ value: GoldenValue) {
        guard !value.isNull else {
            self = .standard
            return
        }
        self.init()
        minimumConfidence = value["min_confidence"].double ?? minimumConfidence
        minimumCount = value["min_occurrences"].integer ?? minimumCount
        minimumSavings = value["min_savings"].double ?? minimumSavings
        limit = value["max_patterns"].integer ?? limit
        onlyTypes = value["only_types"].isTruthy ? Set(value["only_types"].texts) : nil
        excludedTypes = Set(value["exclude_types"].texts)
    }
}

extension PatternDetection {
    fileprivate init(_ record: GoldenValue) {
        let words = record["nl_input_word_count"].integer
        self.init(
            input: record["nl_input"].text ?? "",
            errorMessage: record["error_message"].text ?? "",
            template: record["workflow_template"].text ?? "",
            length: Length(seconds: record["duration_seconds"].double ?? 0),
            wordCount: words == 0 ? nil : words, errorCount: record["error_count"].integer ?? 0)
    }
}

extension PatternConfidence.Occurrence {
    fileprivate init(_ record: GoldenValue, errorCount: Double?) {
        self.init(
            durationSeconds: record["duration_seconds"].double ?? 0, errorCount: errorCount,
            retryCount: record["retry_count"].double ?? 0)
    }
}

extension PatternLearning.Workflow {
    fileprivate init(_ record: GoldenValue) {
        self.init(
            id: record["workflow_id"].text, detection: PatternDetection(record),
            tokens: record["total_tokens"].double ?? 0,
            cost: record["actual_cost_total"].double ?? 0,
            occurrence: PatternConfidence.Occurrence(
                record, errorCount: record["error_message"].isTruthy ? 1 : 0))
    }
}

extension PatternLearning {
    fileprivate func golden(_ results: [Result]) -> GoldenValue {
        [
            "results": .list(
                results.map {
                    [
                        "patterns_detected": GoldenValue($0.detectedCount),
                        "new_patterns": GoldenValue($0.newCount),
                        "pattern_ids": .list($0.patterns.map { GoldenValue($0) }),
                    ]
                }),
            "operation_patterns": .list(
                patterns.map {
                    [
                        "id": GoldenValue($0.id), "pattern_signature": .text($0.signature),
                        "pattern_type": .text($0.type),
                        "occurrence_count": GoldenValue($0.count),
                        "avg_tokens_with_llm": .real($0.averageTokens),
                        "avg_cost_with_llm": .real($0.averageCost),
                        "avg_tokens_with_tool": .real($0.tokensWithTool),
                        "avg_cost_with_tool": .real($0.costWithTool),
                        "potential_monthly_savings": .real($0.monthlySavings),
                        "automation_status": "detected",
                        "confidence_score": .real($0.confidence),
                    ]
                }),
            "pattern_occurrences": .list(
                occurrences.map {
                    [
                        "pattern_id": GoldenValue($0.pattern), "workflow_id": .text($0.workflow),
                        "similarity_score": 100,
                    ]
                }),
        ]
    }
}

extension PatternReturn.Execution {
    fileprivate init(_ record: GoldenValue) {
        self.init(
            seconds: record["execution_time_seconds"].double ?? 0,
            estimatedSeconds: record["estimated_time_seconds"].double ?? 0,
            cost: record["actual_cost"].double ?? 0,
            estimatedCost: record["estimated_cost"].double ?? 0,
            isSuccess: record["success"].isTruthy)
    }
}
