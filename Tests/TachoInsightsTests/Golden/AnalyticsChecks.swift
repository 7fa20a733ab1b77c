import TachoInsights
import TachoLog
import TachoProjections

/// Cost, latency, and trends over many workflows.
let analyticsChecks: GoldenChecks = [
    "trend": { example in
        example.agrees(Trend(of: example.input["values"].list.compactMap(\.double)).golden)
    },
    "moving_average": { example in
        let values = example.input["values"].list.compactMap(\.double)
        let window = example.input["window"].integer ?? Trend.window
        return example.agrees(GoldenValue(Trend.movingAverage(of: values, window: window)))
    },
    "percentiles": { example in
        let values = example.input["durations"].list.compactMap(\.double)
        return example.agrees(Percentiles(of: values).golden)
    },
    "outlier_indices": { example in
        let outliers = Percentiles.outliers(
            in: example.input["durations"].list.compactMap(\.double),
            deviations: example.input["threshold_std"].double ?? 2)
        return example.agrees(.list(outliers.map { GoldenValue($0) }))
    },
    "cost_by_phase": { example in
        let costs = CostByPhase(of: example.rows, in: example.span)
        func byPhase(_ value: (CostByPhase.Phase) -> GoldenValue) -> GoldenValue {
            .object(costs.phases.map { ($0.name, value($0)) })
        }
        return example.agrees([
            "phase_costs": byPhase { .real($0.cost) },
            "phase_percentages": byPhase { .real($0.percent) },
            "phase_counts": byPhase { GoldenValue($0.count) }, "total": .real(costs.total),
            "average_per_workflow": .real(costs.averagePerWorkflow),
            "workflow_count": GoldenValue(costs.workflowCount),
        ])
    },
    "cost_by_workflow_type": { example in
        let costs = CostByTemplate(of: example.rows, in: example.span)
        func byType(_ value: (CostByTemplate.Template) -> GoldenValue) -> GoldenValue {
            .object(costs.templates.map { ($0.name, value($0)) })
        }
        return example.agrees([
            "by_type": byType { .real($0.cost) },
            "count_by_type": byType { GoldenValue($0.count) },
            "average_by_type": byType { .real($0.average) },
        ])
    },
    "cost_trends": { example in
        let series = DailySeries.costs(of: example.rows, in: example.recent)
        return example.agrees([
            "daily_costs": series.golden("cost"),
            "moving_average": GoldenValue(series.movingAverage),
            "trend_direction": .text(series.trend.direction.rawValue),
            "percentage_change": .real(series.trend.percentChange),
            "total_cost": .real(series.total), "average_daily_cost": .real(series.average),
        ])
    },
    "cost_optimizations": { example in
        let found = CostOptimization.opportunities(in: example.rows, example.span)
        return example.agrees(
            .list(
                found.map {
                    [
                        "category": .text($0.category.rawValue), "current_cost": .real($0.current),
                        "target_cost": .real($0.target), "estimated_savings": .real($0.savings),
                        "priority": .text($0.priority.rawValue),
                    ]
                }))
    },
    "predict_cost": { example in
        let kind = CostPrediction.Kind(
            template: example.input["classification"].text ?? "",
            model: example.input["model"].text ?? "",
            complexity: example.input["complexity"].text ?? "")
        let prediction = CostPrediction(of: kind, among: example.rows)
        return example.agrees([
            "predicted_cost": .real(prediction.cost), "confidence": .real(prediction.confidence),
            "sample_size": GoldenValue(prediction.sampleCount),
            "min_cost": .real(prediction.minimum), "max_cost": .real(prediction.maximum),
            "avg_cost": .real(prediction.average),
        ])
    },
    "latency_summary": { example in
        let summary = LatencyAnalysis(of: example.rows, in: example.span).summary
        return example.agrees([
            "total_workflows": GoldenValue(summary.durations.count),
            "average_duration_seconds": .real(summary.durations.average),
            "p50_duration": .real(summary.durations.p50),
            "p95_duration": .real(summary.durations.p95),
            "p99_duration": .real(summary.durations.p99),
            "slowest_phase": .text(summary.slowestPhase),
            "slowest_phase_avg": .real(summary.slowestPhaseAverage),
        ])
    },
    "latency_by_phase": { example in
        let analysis = LatencyAnalysis(of: example.rows, in: example.span)
        return example.agrees([
            "phase_latencies": .object(
                analysis.phases.map { phase in
                    let count = GoldenValue(phase.latency.count)
                    let members = phase.latency.golden.members
                    return (phase.name, .object(members + [("sample_count", count)]))
                }),
            "total_duration_avg": .real(analysis.averageDuration),
        ])
    },
    "latency_bottlenecks": { example in
        let found = LatencyAnalysis(of: example.rows, in: example.span)
            .bottlenecks(thresholdSeconds: example.input["threshold"].double ?? 300)
        return example.agrees(
            .list(
                found.map {
                    [
                        "phase": .text($0.phase), "p95_latency": .real($0.p95),
                        "threshold": .real($0.threshold),
                        "percentage_over_threshold": .real($0.percentOverThreshold),
                        "affected_workflows": GoldenValue($0.affectedCount),
                        "estimated_speedup": .text($0.speedUp),
                    ]
                }))
    },
    "latency_trends": { example in
        let series = DailySeries.latencies(of: example.rows, in: example.recent)
        return example.agrees([
            "daily_latencies": series.golden("duration"),
            "moving_average": GoldenValue(series.movingAverage),
            "trend_direction": .text(series.trend.direction.rawValue),
            "percentage_change": .real(series.trend.percentChange),
            "average_daily_duration": .real(series.average),
        ])
    },
    "latency_recommendations": { example in
        let found = LatencyAnalysis(of: example.rows, in: example.span).recommendations
        return example.agrees(
            .list(
                found.map {
                    [
                        "target": .text("\($0.phase) Phase"), "current_latency": .real($0.current),
                        "target_latency": .real($0.target),
                        "improvement_percentage": .real($0.improvementPercent),
                        "action_count": GoldenValue($0.actionCount),
                    ]
                }))
    },
    "workflow_trends": { example in
        let period = WorkflowTrends.Period(rawValue: example.input["group_by"].text ?? "")
        let trends = WorkflowTrends(
            of: example.rows, by: period ?? .day, in: example.recent)
        func series(_ points: [WorkflowTrends.Point]) -> GoldenValue {
            .list(
                points.map {
                    [
                        "timestamp": .text($0.period), "value": .real($0.value),
                        "count": GoldenValue($0.count),
                    ]
                })
        }
        return example.agrees([
            "cost_trend": series(trends.cost), "duration_trend": series(trends.duration),
            "success_rate_trend": series(trends.successRate),
            "cache_efficiency_trend": series(trends.cacheEfficiency),
        ])
    },
]

extension GoldenSet.Case {
    var rows: [HistoryRow] { input["workflows"].list.map { HistoryRow($0) } }

    var days: Int { input["days"].integer ?? 30 }

    var now: Timestamp { moment("now") ?? Timestamp(milliseconds: 0) }

    /// The span that the case asks for.
    var span: TimeSpan {
        TimeSpan(start: moment("start_date"), end: moment("end_date"), days: days, now: now)
    }

    /// The last days until now.
    var recent: TimeSpan { TimeSpan(days: days, now: now) }

    private func moment(_ key: String) -> Timestamp? {
        input[key].text.flatMap { Timestamp(iso8601: $0) }
    }
}

extension Trend {
    var golden: GoldenValue {
        ["trend_direction": .text(direction.rawValue), "percentage_change": .real(percentChange)]
    }
}

extension DailySeries {
    fileprivate func golden(_ name: String) -> GoldenValue {
        .list(
            points.map {
                [
                    "date": .text($0.day), name: .real($0.value),
                    "workflow_count": GoldenValue($0.workflowCount),
                ]
            })
    }
}

extension Percentiles {
    fileprivate var golden: GoldenValue {
        [
            "p50": .real(p50), "p95": .real(p95), "p99": .real(p99), "average": .real(average),
            "min": .real(minimum), "max": .real(maximum), "std_dev": .real(standardDeviation),
        ]
    }
}
