/// How much of a task a workflow is, by its words, its time, and its errors.
///
/// simple: below 50 words, 300 seconds, and 3 errors. complex: above 200 words, 1,800 seconds, or
/// 5 errors. medium: all others.
///
/// Source: semantics §4.9, golden `complexity_detect`.
package enum Complexity: String, Sendable {
    case simple
    case medium
    case complex

    package init(of workflow: WorkflowFacts) {
        let words = workflow.wordCount
        var seconds = workflow.totalDurationSeconds ?? 0
        if seconds == 0 { seconds = workflow.durationSeconds ?? 0 }
        let errors = workflow.listedErrorCount ?? workflow.errorCount ?? 0
        if words < 50 && seconds < 300 && errors < 3 {
            self = .simple
        } else if words > 200 || seconds > 1800 || errors > 5 {
            self = .complex
        } else {
            self = .medium
        }
    }
}

/// How much of a task a workflow has been, by its steps and its time.
///
/// low: at most 5 steps or below 60 seconds; then high: above 15 steps or 300 seconds.
///
/// Source: semantics §4.7, golden `complexity_actual`.
package enum ActualComplexity: String, Sendable {
    case low
    case medium
    case high

    package init(stepCount: Int64, durationSeconds: Int64) {
        if stepCount <= 5 || durationSeconds < 60 {
            self = .low
        } else if stepCount > 15 || durationSeconds > 300 {
            self = .high
        } else {
            self = .medium
        }
    }
}
