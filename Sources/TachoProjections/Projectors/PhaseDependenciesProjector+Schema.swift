extension PhaseDependenciesProjector {
    package enum Column: Int, ColumnHandle, CaseIterable {
        case dependencyID
        case adwID
        case phase
        case dependsOn
        case basis
        case status
        case startedAt
        case endedAt
        case durationMs
        case startGapMs
        case predecessorImpactMs
        case slackMs
        case onCriticalPath
        // Hidden.
        case phaseKey
        case phaseNumber
        case openStart
        case graphOf
        case graphRowCount
        case firstOf
        case origin
        case recentEnds
        case awaitsCompletion
    }

    package static let schema = TableSchema(
        name: "phase_dependencies", key: "dependency_id",
        summary: "Which phase waited for which, one row a dependency.",
        columns: [
            ColumnDefinition(
                "dependency_id", .text,
                summary: "adw_id/phase/depends_on; a slash or percent sign inside is %2F or %25."),
            ColumnDefinition("adw_id", .text, isIndexed: true, summary: "The workflow."),
            ColumnDefinition(
                "phase", .text, isIndexed: true, summary: "The phase that waits, in lower case."),
            ColumnDefinition(
                "depends_on", .text,
                summary: "The phase it waits for; unknown if it waits for none."),
            ColumnDefinition(
                "basis", .text, isIndexed: true,
                summary: "declared; sequence: it ended last before this one started; none: nothing "
                    + "ended before; replaced: by what was declared later; cycle: it closed one, "
                    + "and does not count."),
            ColumnDefinition(
                "status", .text, summary: "Of the phase: started, completed, failed, skipped."),
            ColumnDefinition("started_at", .timestamp, summary: "The phase's first start."),
            ColumnDefinition("ended_at", .timestamp, summary: "The phase's last end."),
            ColumnDefinition(
                "duration_ms", .integer,
                summary: "Milliseconds the phase ran, all attempts together."),
            ColumnDefinition(
                "start_gap_ms", .integer,
                summary: "Milliseconds from depends_on's end to the phase's start; negative if it "
                    + "started before."),
            ColumnDefinition(
                "predecessor_impact_ms", .integer,
                summary: "Milliseconds the phase would have started earlier, had depends_on taken "
                    + "no time."),
            ColumnDefinition(
                "slack_ms", .integer,
                summary: "Milliseconds the phase could take longer without making the workflow "
                    + "longer."),
            ColumnDefinition(
                "on_critical_path", .boolean,
                summary: "Whether it is a link of the longest chain by duration."),
            ColumnDefinition("phase_key", .text, isIndexed: true, isHidden: true),
            ColumnDefinition("phase_number", .integer, isHidden: true),
            ColumnDefinition("open_start", .timestamp, isHidden: true),
            ColumnDefinition("graph_of", .text, isIndexed: true, isHidden: true),
            ColumnDefinition("graph_row_count", .integer, isHidden: true),
            ColumnDefinition("first_of", .text, isIndexed: true, isHidden: true),
            ColumnDefinition("origin", .timestamp, isHidden: true),
            ColumnDefinition("recent_ends", .json, isHidden: true),
            ColumnDefinition("awaits_completion", .boolean, isHidden: true),
        ])
}
