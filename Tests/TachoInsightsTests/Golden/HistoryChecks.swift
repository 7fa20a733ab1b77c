import TachoCapture
import TachoInsights
import TachoLog
import TachoProjections

/// Scans, lists, and logs.
let historyChecks: GoldenChecks = [
    "structured_log_line": { example in
        let line = StructuredLogLine(example.input)
        return example.agrees([
            "file": .text(line.fileName), "line": GoldenValue(json: line.json) ?? nil,
        ])
    },
    "sync_update_dict": { example in
        let (row, scan) = (example.input["existing"], example.input["scanned"])
        var record = SyncRule.Record(scan)
        record.hasDuration = example.input["duration_seconds"].isTruthy
        let columns = SyncRule.changes(from: SyncRule.Record(row), to: record)
        let computed = GoldenValue.object(
            scan.members + [("duration_seconds", example.input["duration_seconds"])])
        return example.agrees(["updates": updates(columns, of: computed)])
    },
    "sync_cost_decision": { example in
        let (row, scan) = (example.input["existing"], example.input["scanned"])
        let isUpdate = SyncRule.costChanges(
            from: SyncRule.Record(row), to: SyncRule.Record(scan))
        // The reference fails where the old cost is null; to us that is 0.
        if example.expected.has("error") {
            return isUpdate == ((scan["actual_cost_total"].double ?? 0) != 0)
        }
        return example.agrees([
            "update": .bool(isUpdate),
            "updates": updates(isUpdate ? SyncRule.Column.costGroup : [], of: scan),
        ])
    },
    "history_query": { example in
        let rows = GoldenSet.value(ofFile: "history_query.dataset.json")?["rows"].list ?? []
        let filters = example.input["filters"]
        let query = HistoryQuery(filters)
        let page = query.page(of: rows.map { HistoryRow($0) })
        let expected = example.expected["adw_ids"].texts
        guard page.totalCount == example.expected["total_count"].integer else { return false }
        // Rows that are unknown in the order's column have no order among each other.
        func keys(_ ids: [String]) -> [String] {
            ids.map { id in
                let row = rows.first { $0["adw_id"].text == id } ?? nil
                return row[query.field.rawValue].isNull ? "null" : id
            }
        }
        return keys(page.rows.map(\.id)) == keys(expected)
            && (expected.count < query.limit || keys(expected).contains("null")
                || Set(page.rows.map(\.id)) == Set(expected))
    },
    "history_analytics": { example in
        let now = Timestamp(milliseconds: 1_766_052_000_000)
        let rows = example.input["workflows"].list.map { value in
            var row = HistoryRow(value)
            row.createdAt = value["age_hours"].double.map { now.adding(hours: -$0) }
            return row
        }
        return example.agrees(HistoryAnalytics(of: rows, now: now).golden)
    },
    "task_log_queries": { example in
        let logs = example.input["task_logs"].list
        let issue = example.input["issue_number"].integer ?? 0
        let rows = logs.map { TaskLogQuery.Row($0) }
        func messages(_ indices: [Int]) -> GoldenValue {
            .list(indices.map { logs[$0]["log_message"] })
        }
        let progress = TaskLogQuery.progress(ofIssue: issue, in: rows)
        let latest = TaskLogQuery.latest(ofIssue: issue, in: rows)
        // The set does not say how long its page is; it begins at the second row.
        let pageLimit = max(3, example.expected["completed_only"].list.count)
        return example.agrees([
            "progress": progress?.golden(issue: issue) ?? nil,
            "by_issue": messages(TaskLogQuery.ofIssue(issue, in: rows)),
            "latest": latest.map { logs[$0]["log_message"] } ?? nil,
            "all_newest_first": messages(TaskLogQuery.newestFirst(in: rows)),
            "completed_only": messages(
                TaskLogQuery.newestFirst(
                    in: rows, issue: issue, status: "completed", limit: pageLimit, offset: 1)),
        ])
    },
]

/// The columns with their values; a number that is missing is 0.
private func updates(_ columns: [SyncRule.Column], of scan: GoldenValue) -> GoldenValue {
    .object(
        columns.map { column in
            let isCount = SyncRule.Column.costGroup.dropFirst().contains(column)
            let value = scan[column.rawValue]
            return (column.rawValue, isCount && value.isNull ? 0 : value)
        })
}

extension SyncRule.Record {
    fileprivate init(_ record: GoldenValue) {
        self.init()
        status = record["status"].text
        currentPhase = record["current_phase"].text
        cost = record["actual_cost_total"].double
        hasCostBreakdown = record["cost_breakdown"].isTruthy
        hasPhaseDurations = record["phase_durations"].isTruthy
        hasErrorCategory = record["error_category"].isTruthy
        hasActualComplexity = record["complexity_actual"].isTruthy
        hasDuration = record["duration_seconds"].isTruthy
    }
}

extension StructuredLogLine {
    fileprivate init(_ input: GoldenValue) {
        let arguments = input["args"]
        let subject: Subject =
            input["kind"].text == "phase"
            ? .phase(
                name: arguments["phase_name"].text ?? "",
                number: arguments["phase_number"].integer ?? 0,
                status: arguments["phase_status"].text ?? "")
            : .workflow(status: arguments["workflow_status"].text ?? "")
        self.init(
            subject, workflowID: arguments["adw_id"].text ?? "",
            message: arguments["message"].text ?? "")
        issueNumber = arguments["issue_number"].integer
        template = arguments["workflow_template"].text
        startedAt = arguments["started_at"].text
        completedAt = arguments["completed_at"].text
        durationSeconds = arguments["duration_seconds"].double
        tokens = arguments["tokens_used"].integer ?? arguments["total_tokens"].integer
        cost = arguments["cost_usd"].double ?? arguments["total_cost_usd"].double
        errorMessage = arguments["error_message"].text
        if arguments["context"].isTruthy { context = Array(arguments["context"].json.utf8) }
    }
}

extension HistoryRow {
    init(_ record: GoldenValue) {
        self.init(id: record["adw_id"].text ?? "")
        func moment(_ key: String) -> Timestamp? {
            record[key].text.flatMap { Timestamp(iso8601: $0) }
        }
        func amounts(_ value: GoldenValue) -> [PhaseAmount]? {
            if value.isNull { return nil }
            return value.members.compactMap { phase, amount in
                amount.double.map { PhaseAmount(phase: phase, amount: $0) }
            }
        }
        status = record["status"].text
        model = record["model_used"].text
        template = record["workflow_template"].text
        // The table's default, where a record does not have the member at all.
        type = record.has("workflow_type") ? record["workflow_type"].text : "planning"
        input = record["nl_input"].text
        githubURL = record["github_url"].text
        issueNumber = record["issue_number"].integer
        createdAt = moment("created_at")
        updatedAt = moment("updated_at")
        startedAt = moment("start_time") ?? moment("started_at")
        endedAt = moment("end_time")
        durationSeconds = record["duration_seconds"].double
        cost = record["actual_cost_total"].double
        totalTokens = record["total_tokens"].double
        cacheEfficiencyPercent = record["cache_efficiency_percent"].double
        actualComplexity = record["complexity_actual"].text
        estimatedComplexity = record["complexity_estimated"].text
        errorMessage = record["error_message"].text
        currentPhase = record["current_phase"].text
        let breakdown = record["cost_breakdown"]
        phaseCosts = breakdown.isNull ? nil : amounts(breakdown["by_phase"]) ?? []
        phaseSeconds = amounts(record["phase_durations"])
    }
}

extension HistoryQuery {
    fileprivate init(_ filters: GoldenValue) {
        self.init()
        func text(_ key: String) -> String? { filters[key].isTruthy ? filters[key].text : nil }
        status = text("status")
        model = text("model")
        template = text("template")
        start = text("start_date").flatMap { Timestamp(iso8601: $0) }
        end = text("end_date").flatMap { Timestamp(iso8601: $0) }
        search = text("search").map { .likeReference($0) }
        field = Field(rawValue: text("sort_by") ?? "") ?? .createdAt
        isAscending = text("sort_order")?.lowercased() == "asc"
        limit = filters["limit"].integer ?? 20
        offset = filters["offset"].integer ?? 0
    }
}

extension HistoryAnalytics {
    fileprivate var golden: GoldenValue {
        func counts(_ counts: [String: Int]) -> GoldenValue {
            .object(counts.map { ($0.key, GoldenValue($0.value)) })
        }
        return [
            "total_workflows": GoldenValue(workflowCount),
            "completed_workflows": GoldenValue(completedCount),
            "failed_workflows": GoldenValue(failedCount),
            "avg_duration_seconds": .real(averageDuration),
            "success_rate_percent": .real(successRatePercent),
            "workflows_by_model": counts(countByModel),
            "workflows_by_template": counts(countByTemplate),
            "workflows_by_status": counts(countByStatus), "avg_cost": .real(averageCost),
            "total_cost": .real(totalCost),
            "avg_cost_per_completion": .real(averageCostPerCompletion),
            "cost_trend_7day": .real(costTrend7Days), "cost_trend_30day": .real(costTrend30Days),
            "avg_tokens": .real(averageTokens),
            "avg_cache_efficiency": .real(averageCacheEfficiency),
        ]
    }
}

extension TaskLogQuery.Row {
    fileprivate init(_ log: GoldenValue) {
        self.init(
            workflowID: log["adw_id"].text ?? "", issueNumber: log["issue_number"].integer,
            template: log["workflow_template"].text, phaseNumber: log["phase_number"].integer,
            status: log["phase_status"].text ?? "",
            completedAt: log["completed_at"].text.flatMap { Timestamp(iso8601: $0) })
    }
}

extension TaskLogQuery.Progress {
    fileprivate func golden(issue: Int) -> GoldenValue {
        [
            "issue_number": GoldenValue(issue), "adw_id": .text(workflowID),
            "workflow_template": GoldenValue(template), "total_phases": GoldenValue(phaseCount),
            "completed_phases": GoldenValue(completedCount),
            "failed_phases": GoldenValue(failedCount), "latest_phase": GoldenValue(latestPhase),
            "last_activity": GoldenValue(lastActivity.map { "\($0)".prefix(19).description }),
        ]
    }
}
