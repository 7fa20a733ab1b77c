import TachoInsights
import TachoProjections

/// Errors over many workflows.
let errorChecks: GoldenChecks = [
    "error_classify": { example in
        let message = example.input["error_message"].text ?? ""
        return example.agrees(.text(ErrorClass(message: message).rawValue))
    },
    "error_summary": { example in
        let analysis = ErrorAnalysis(example)
        let counts = analysis.classCounts
        return example.agrees([
            "total_workflows": GoldenValue(analysis.rows.count),
            "failed_workflows": GoldenValue(analysis.failures.count),
            "failure_rate": .real(analysis.failureRate),
            "top_errors": .list(
                counts.prefix(5).map { [.text($0.error.rawValue), GoldenValue($0.count)] }),
            "most_problematic_phase": GoldenValue(analysis.mostProblematicPhase),
            "error_categories": .object(
                counts.filter { $0.error != .unknown }
                    .map { ($0.error.label, GoldenValue($0.count)) }),
        ])
    },
    "error_by_phase": { example in
        let analysis = ErrorAnalysis(example)
        func byPhase(_ value: (ErrorAnalysis.Phase) -> GoldenValue) -> GoldenValue {
            .object(analysis.phases.map { ($0.name, value($0)) })
        }
        return example.agrees([
            "phase_error_counts": byPhase { GoldenValue($0.failedCount) },
            "phase_failure_rates": byPhase { .real($0.failureRate) },
            "total_errors": GoldenValue(analysis.failures.count),
            "most_error_prone_phase": GoldenValue(analysis.mostErrorPronePhase),
        ])
    },
    "error_patterns": { example in
        let patterns = ErrorPattern.find(in: ErrorAnalysis(example))
        return example.agrees(
            .list(
                patterns.map {
                    [
                        "pattern_name": .text($0.error.title),
                        "pattern_category": .text($0.error.label),
                        "occurrences": GoldenValue($0.count),
                        "example_message": .text($0.exampleMessage),
                        "affected_workflows": GoldenValue($0.affectedWorkflows),
                        "severity": .text($0.error.severity.rawValue),
                    ]
                }))
    },
    "error_trends": { example in
        let analysis = ErrorAnalysis(example)
        let trend = analysis.trend
        return example.agrees([
            "daily_errors": .list(
                analysis.days.map {
                    [
                        "date": .text($0.day), "error_count": GoldenValue($0.failedCount),
                        "failure_rate": .real($0.failureRate),
                        "workflow_count": GoldenValue($0.workflowCount),
                    ]
                }),
            "trend_direction": .text(trend.direction.rawValue),
            "percentage_change": .real(trend.percentChange.rounded(places: 2)),
            "average_daily_failures": .real(analysis.averageDailyFailures),
        ])
    },
    "error_recommendations": { example in
        let patterns = ErrorPattern.find(in: ErrorAnalysis(example))
        return example.agrees(
            .list(
                ErrorPattern.recommendations(for: patterns).map {
                    [
                        "severity": .text($0.error.severity.rawValue),
                        "root_cause": .text($0.error.label),
                        "estimated_fix_time": .text($0.fixTime),
                        "affected_count": GoldenValue($0.count),
                    ]
                }))
    },
]

extension ErrorAnalysis {
    fileprivate init(_ example: GoldenSet.Case) {
        self.init(of: example.rows, days: example.days, now: example.now)
    }
}
