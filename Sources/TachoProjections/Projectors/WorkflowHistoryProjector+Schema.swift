extension WorkflowHistoryProjector {
    package enum Column: Int, ColumnHandle, CaseIterable {
        case adwID
        case issueNumber
        case nlInput
        case githubUrl
        case ghIssueState
        case workflowTemplate
        case modelUsed
        case status
        case startTime
        case endTime
        case durationSeconds
        case currentPhase
        case phaseCount
        case estimatedCostTotal
        case actualCostTotal
        case reportedCostTotal
        case costPerToken
        case costBreakdown
        case estimatedCostPerStep
        case actualCostPerStep
        case inputTokens
        case outputTokens
        case cachedTokens
        case cacheHitTokens
        case cacheMissTokens
        case totalTokens
        case cacheEfficiencyPercent
        case tokenBreakdown
        case agentRunCount
        case phaseDurations
        case idleTimeSeconds
        case bottleneckPhase
        case errorMessage
        case errorCategory
        case retryCount
        case retryReasons
        case errorPhaseDistribution
        case recoveryTimeSeconds
        case complexityEstimated
        case complexityActual
        case nlInputClarityScore
        case costEfficiencyScore
        case performanceScore
        case qualityScore
        case scoringVersion
        case anomalyFlags
        case optimizationRecommendations
        case hourOfDay
        case dayOfWeek
        case prMerged
        case timeToMergeHours
        case reviewCycles
        case ciTestPassRate
        case similarWorkflowIds
        case worktreePath
        case backendPort
        case frontendPort
        case concurrentWorkflows
        case worktreeReused
        case stepsCompleted
        case stepsTotal
        case branchName
        case planFile
        case issueClass
        case parentAdwID
        case childCount
        case childAdwIds
        case createdAt
        case updatedAt
        // Hidden.
        case saidStatus
        case isSaidByState
        case saidEnd
        case phaseStatus
        case statedStart
        case statedEnd
        case stateModified
        case errorLogModified
        case hasErrorLog
        case directoryCount
        case planIsMissing
        case planAndBranch
        case firstTime
        case lastTime
        case agentResults
        case phaseHistory
        case finishedPhases
        case estimatedByPhase
        case loggedCost
        case issueUpdatedAt
        case reviews
        case checks
        case testPassRate
        case hasStatedSteps
        case concurrentAt
        case peerHead
        case peerPrevious
        case comparisonBasis
        case inputWords
        case mergedAt
        case phasesModified
    }

    package static let schema = TableSchema(
        name: "workflow_history", key: "adw_id",
        summary: "Runs of workflows: state, times, money, tokens, phases, and errors.",
        columns: identityColumns + costColumns + tokenColumns + phaseColumns + errorColumns
            + judgementColumns + outcomeColumns + resourceColumns + hiddenColumns)

    private static let identityColumns = [
        ColumnDefinition("adw_id", .text, summary: "The workflow's id."),
        ColumnDefinition(
            "issue_number", .integer, isIndexed: true, summary: "The issue it works on."),
        ColumnDefinition(
            "nl_input", .text, isInterned: false, summary: "What was asked, up to 4 KiB."),
        ColumnDefinition("github_url", .text, summary: "URL of the issue."),
        ColumnDefinition(
            "gh_issue_state", .text, isIndexed: true,
            summary: "open, closed: of the issue, by GitHub's events since the workflow began."),
        ColumnDefinition(
            "workflow_template", .text, isIndexed: true, summary: "Template; sdlc if not said."),
        ColumnDefinition(
            "model_used", .text, isIndexed: true,
            summary: "By the state file, else the model of the first agent run."),
        ColumnDefinition(
            "status", .text, isIndexed: true,
            summary: "pending, running, completed, failed: as said by state file or workflow "
                + "event, else from the last phase and the run directory."),
        ColumnDefinition(
            "start_time", .timestamp,
            summary: "By the state file, else the earliest time in its events."),
        ColumnDefinition(
            "end_time", .timestamp,
            summary: "By the state file; of an ended workflow else by what says that it ended."),
        ColumnDefinition(
            "duration_seconds", .integer,
            summary: "Whole seconds from start to end; without a start time the sum of the agent "
                + "runs' own durations."),
        ColumnDefinition("current_phase", .text, summary: "Phase last named."),
        ColumnDefinition(
            "phase_count", .integer,
            summary: "Different phases seen; without phase events, those that agents ran in."),
    ]

    private static let costColumns = [
        ColumnDefinition(
            "estimated_cost_total", .money, summary: "Estimate in the state file."),
        ColumnDefinition(
            "actual_cost_total", .money,
            summary: "Tokens of the agent runs at the reference's two prices (Opus, all others)."),
        ColumnDefinition(
            "reported_cost_total", .money,
            summary: "Sum of total_cost_usd over the agent runs; else what a workflow event says."),
        ColumnDefinition(
            "cost_per_token", .money, summary: "actual_cost_total ÷ total_tokens, rounded."),
        ColumnDefinition(
            "cost_breakdown", .json, summary: "Cost in dollars by phase, totals, estimates."),
        ColumnDefinition(
            "estimated_cost_per_step", .money,
            summary: "estimated_cost_total ÷ steps_total, rounded."),
        ColumnDefinition(
            "actual_cost_per_step", .money, summary: "actual_cost_total ÷ steps_total, rounded."),
    ]

    private static let tokenColumns = [
        ColumnDefinition(
            "input_tokens", .integer,
            summary: "Input of all agent runs, without what the cache gave."),
        ColumnDefinition("output_tokens", .integer, summary: "Output of all agent runs."),
        ColumnDefinition("cached_tokens", .integer, summary: "Written to the cache."),
        ColumnDefinition("cache_hit_tokens", .integer, summary: "Read from the cache."),
        ColumnDefinition(
            "cache_miss_tokens", .integer,
            summary: "Equal to input_tokens, as the reference has it."),
        ColumnDefinition(
            "total_tokens", .integer, summary: "Input, cache write, cache read, and output."),
        ColumnDefinition(
            "cache_efficiency_percent", .real,
            summary: "100 · cache read ÷ (input + cache write + cache read); 0 for nothing."),
        ColumnDefinition("token_breakdown", .json, summary: "The six counts as an object."),
        ColumnDefinition(
            "agent_run_count", .integer, summary: "Agent runs with a result: directory × session."),
    ]

    private static let phaseColumns = [
        ColumnDefinition(
            "phase_durations", .json, summary: "Whole seconds by phase, reruns added up."),
        ColumnDefinition(
            "idle_time_seconds", .integer, summary: "Gaps between phases whose start is known."),
        ColumnDefinition(
            "bottleneck_phase", .text, summary: "The longest phase, above 30 % of all."),
    ]

    private static let errorColumns = [
        ColumnDefinition(
            "error_message", .text, isInterned: false,
            summary: "First 500 bytes of the last error."),
        ColumnDefinition(
            "error_category", .text, isIndexed: true, summary: "Category of that error."),
        ColumnDefinition(
            "retry_count", .integer, summary: "Attempts of phases beyond each one's first."),
        ColumnDefinition(
            "retry_reasons", .json, summary: "Category of each failure that was tried again."),
        ColumnDefinition(
            "error_phase_distribution", .json, summary: "Failed attempts by phase."),
        ColumnDefinition(
            "recovery_time_seconds", .integer,
            summary: "From failed attempts to the next success of their phase."),
    ]

    private static let judgementColumns = [
        ColumnDefinition(
            "complexity_estimated", .text,
            summary: "simple, medium, complex: by words asked, seconds, and errors."),
        ColumnDefinition(
            "complexity_actual", .text,
            summary: "low, medium, high: by steps_total and duration_seconds."),
        ColumnDefinition(
            "nl_input_clarity_score", .real,
            summary: "0 to 100: length of nl_input, as far as it is kept, and structuring words."),
        ColumnDefinition(
            "cost_efficiency_score", .real,
            summary: "0 to 100: actual against estimated cost, cache, retries, model's fit."),
        ColumnDefinition(
            "performance_score", .real,
            summary: "0 to 100: duration against 180 s, a long phase, idle time."),
        ColumnDefinition(
            "quality_score", .real, summary: "0 to 100: failed attempts, retries, kind of error."),
        ColumnDefinition("scoring_version", .text, summary: "Of the scores' formulas: 1.0."),
        ColumnDefinition(
            "anomaly_flags", .json,
            summary: "What is out of the ordinary, in words, against the 50 workflows of its "
                + "template and class that ended before it; unknown until it ends."),
        ColumnDefinition(
            "optimization_recommendations", .json,
            summary: "Up to five codes, each with words, most useful first; unknown until it "
                + "ends."),
        ColumnDefinition(
            "hour_of_day", .integer,
            summary: "Hour of the start as written, 0 to 23; −1 if it cannot be read."),
        ColumnDefinition(
            "day_of_week", .integer, summary: "Weekday of the start as written, Monday = 0."),
    ]

    private static let outcomeColumns = [
        ColumnDefinition(
            "pr_merged", .boolean,
            summary: "Whether a pull request of its branch is merged; unknown without one."),
        ColumnDefinition(
            "time_to_merge_hours", .real,
            summary: "Hours from the pull request's opening to its merge."),
        ColumnDefinition(
            "review_cycles", .integer,
            summary: "Reviews that asked for changes, and 1 if one approved."),
        ColumnDefinition(
            "ci_test_pass_rate", .real,
            summary: "0 to 1: tests passed ÷ tests run, by the state file; else checks that "
                + "succeeded ÷ checks that succeeded or failed."),
        ColumnDefinition(
            "similar_workflow_ids", .json,
            summary: "Up to five of the 50 workflows of its template and class that ended before "
                + "it: those at least 70 of 100 alike, best first."),
    ]

    private static let resourceColumns = [
        ColumnDefinition(
            "worktree_path", .text, isIndexed: true, summary: "The worktree, by the state file."),
        ColumnDefinition("backend_port", .integer, summary: "By the state file."),
        ColumnDefinition("frontend_port", .integer, summary: "By the state file."),
        ColumnDefinition(
            "concurrent_workflows", .integer,
            summary: "Of the 256 workflows before it in the log, those that ran when it started."),
        ColumnDefinition(
            "worktree_reused", .boolean,
            summary: "By the state file, else whether an earlier workflow had the worktree."),
        ColumnDefinition(
            "steps_completed", .integer,
            summary: "By the state file, else phases that were completed."),
        ColumnDefinition(
            "steps_total", .integer, summary: "By the state file, else phases that were logged."),
        ColumnDefinition(
            "branch_name", .text, isIndexed: true, summary: "By the state file."),
        ColumnDefinition("plan_file", .text, summary: "By the state file."),
        ColumnDefinition("issue_class", .text, summary: "/chore, /bug, /feature, /patch."),
        ColumnDefinition("parent_adw_id", .text, isIndexed: true, summary: "The parent workflow."),
        ColumnDefinition(
            "child_count", .integer, summary: "Workflows that name this one as their parent."),
        ColumnDefinition(
            "child_adw_ids", .json, summary: "The first 100 of them, as they became known."),
        ColumnDefinition(
            "created_at", .timestamp, summary: "start_time, else when it was first recorded."),
        ColumnDefinition("updated_at", .timestamp, summary: "When it last changed."),
    ]

    private static let hiddenColumns = [
        ColumnDefinition("said_status", .text, isHidden: true),
        ColumnDefinition("is_said_by_state", .boolean, isHidden: true),
        ColumnDefinition("said_end", .timestamp, isHidden: true),
        ColumnDefinition("phase_status", .text, isHidden: true),
        ColumnDefinition("stated_start", .timestamp, isHidden: true),
        ColumnDefinition("stated_end", .timestamp, isHidden: true),
        ColumnDefinition("state_modified", .timestamp, isHidden: true),
        ColumnDefinition("error_log_modified", .timestamp, isHidden: true),
        ColumnDefinition("has_error_log", .boolean, isHidden: true),
        ColumnDefinition("directory_count", .integer, isHidden: true),
        ColumnDefinition("plan_is_missing", .boolean, isHidden: true),
        ColumnDefinition("plan_and_branch", .boolean, isHidden: true),
        ColumnDefinition("first_time", .timestamp, isHidden: true),
        ColumnDefinition("last_time", .timestamp, isHidden: true),
        ColumnDefinition("agent_results", .json, isHidden: true),
        ColumnDefinition("phase_history", .json, isHidden: true),
        ColumnDefinition("finished_phases", .json, isHidden: true),
        ColumnDefinition("estimated_by_phase", .json, isHidden: true),
        ColumnDefinition("logged_cost", .money, isHidden: true),
        ColumnDefinition("issue_updated_at", .timestamp, isHidden: true),
        ColumnDefinition("reviews", .json, isHidden: true),
        ColumnDefinition("checks", .json, isHidden: true),
        ColumnDefinition("test_pass_rate", .real, isHidden: true),
        ColumnDefinition("has_stated_steps", .boolean, isHidden: true),
        ColumnDefinition("concurrent_at", .timestamp, isHidden: true),
        ColumnDefinition("peer_head", .text, isIndexed: true, isHidden: true),
        ColumnDefinition("peer_previous", .integer, isHidden: true),
        ColumnDefinition("comparison_basis", .integer, isHidden: true),
        ColumnDefinition("input_words", .text, isHidden: true, isInterned: false),
        ColumnDefinition("merged_at", .timestamp, isHidden: true),
        ColumnDefinition("phases_modified", .timestamp, isHidden: true),
    ]
}
