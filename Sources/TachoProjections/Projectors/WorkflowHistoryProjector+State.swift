import TachoEvents
import TachoJSON
import TachoLog

// What a run directory holds: the state file, the directory itself, the finished phases.
//
// A scan sees what is there when it looks (semantics §3.1). Files that are recorded late, from a copy
// or another machine, were there before: what is known to be older than what was seen takes nothing
// back, whenever it comes.

extension WorkflowHistoryProjector {
    mutating func applySnapshot(_ event: Event, _ table: inout Table) {
        var state = WorkflowState(event.members)
        let row = row(event, &table)
        if isOld(event.time, .stateModified, row, table) {
            state.forget(knownOf: row, table)
        } else {
            setWord(state, row, &table)
            setPresent(state, event, row, &table)
        }
        setIdentity(state, event, row, &table)
        setResources(state, row, &table)
        setError(state.errorMessage, row, &table)
        if let start = state.startTime?.moment {
            table.set(Column.statedStart, of: row, timestamp: start)
        }
        refreshStatus(row, &table)
        setLocalTime(state.startTime, row, &table)
        markPhases(of: row)
        touch(row, event, &table)
    }

    /// Whether a file was written before the one of its kind that the row tells of.
    private func isOld(
        _ written: Timestamp?, _ newest: Column, _ row: Int, _ table: Table
    ) -> Bool {
        guard let written, let newest = table.timestamp(newest, row) else { return false }
        return written < newest
    }

    /// What only the newest state file says, also by not saying it: one that begins again has no end.
    private func setPresent(
        _ state: WorkflowState, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        if let time = event.time {
            table.set(Column.stateModified, of: row, timestamp: time)
        }
        let planIsFilled = state.planFile?.isFalsy == false
        table.set(Column.planIsMissing, of: row, boolean: state.planFile == nil)
        table.set(
            Column.planAndBranch, of: row,
            boolean: planIsFilled && state.branchName?.isFalsy == false)
        table.set(Column.statedEnd, of: row, timestamp: state.endTime?.moment)
    }

    private func setIdentity(
        _ state: WorkflowState, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        if let number = IssueNumber(state.issueNumber).value {
            setIssueNumber(number, row, &table)
        }
        if let input = state.nlInput, input.isFilledText {
            // The state is told again and again with the same request.
            let isKnown = input.withText {
                table.text(
                    Column.nlInput, row, equals: $0.prefix(characterBytes: Self.inputByteLimit))
            }
            if isKnown != true {
                table.set(Column.nlInput, of: row, text: input, limit: Self.inputByteLimit)
                refreshClarity(row, &table)
            }
        }
        table.renew(Column.githubUrl, of: row, text: state.githubURL)
        if state.template?.isFilledText == true {
            table.renew(Column.workflowTemplate, of: row, text: state.template)
        }
        if state.model?.isFilledText == true {
            table.renew(Column.modelUsed, of: row, text: state.model)
        }
        if state.currentPhase?.isFilledText == true {
            table.renew(Column.currentPhase, of: row, text: state.currentPhase)
        }
        table.renew(Column.branchName, of: row, text: state.branchName)
        table.renew(Column.planFile, of: row, text: state.planFile)
        table.renew(Column.issueClass, of: row, text: state.issueClass)
        setParent(state.parent, event, row, &table)
    }

    private mutating func setResources(_ state: WorkflowState, _ row: Int, _ table: inout Table) {
        if state.stepsTotal?.integerLenient() != nil,
            table.boolean(Column.hasStatedSteps, row) != true
        {
            // Steps that phases stand for stay as they are from here on.
            _ = settle(row, &table)
            table.set(Column.hasStatedSteps, of: row, boolean: true)
        }
        for (column, value) in [
            (Column.backendPort, state.backendPort), (.frontendPort, state.frontendPort),
            (.stepsCompleted, state.stepsCompleted), (.stepsTotal, state.stepsTotal),
        ] {
            if let number = value?.integerLenient() {
                table.set(column, of: row, integer: number)
            }
        }
        if let rate = state.testPassRate {
            table.set(Column.testPassRate, of: row, real: rate)
            refreshPassRate(row, &table)
        }
        if let cost = state.estimatedCost.flatMap({ PicoDollars.parse($0) }) {
            table.set(Column.estimatedCostTotal, of: row, money: cost)
        }
        if let breakdown = state.estimatedBreakdown, breakdown.kind == .object {
            table.set(Column.estimatedByPhase, of: row, json: breakdown)
        }
        if let path = state.worktreePath, path.isFilledText {
            if table.isUnknown(Column.worktreePath, row) {
                let earlier = path.withText { table.rows(where: Column.worktreePath, equals: $0) }
                table.set(Column.worktreeReused, of: row, boolean: earlier?.isEmpty == false)
            }
            table.set(Column.worktreePath, of: row, text: path)
        }
        if let reused = state.worktreeReused?.boolean() {
            table.set(Column.worktreeReused, of: row, boolean: reused)
        }
    }

    /// The state's own word counts only if it is an end; taken back, the directory speaks again.
    private func setWord(_ state: WorkflowState, _ row: Int, _ table: inout Table) {
        let word: StatusInference.Status? =
            state.status?.equals("completed") == true
            ? .completed : state.status?.equals("failed") == true ? .failed : nil
        if let word {
            table.set(Column.saidStatus, of: row, text: word.name)
            table.set(Column.isSaidByState, of: row, boolean: true)
            table.setUnknown(Column.saidEnd, of: row)
        } else if table.boolean(Column.isSaidByState, row) == true {
            table.setUnknown(Column.saidStatus, of: row)
            table.setUnknown(Column.isSaidByState, of: row)
        }
    }

    /// Hour and weekday of a start as it is written, before any zone.
    private func setLocalTime(_ start: JSONView?, _ row: Int, _ table: inout Table) {
        guard let start, start.isFilledText else { return }
        let local = start.withText { LocalTime(iso8601: $0) } ?? nil
        table.set(Column.hourOfDay, of: row, integer: local?.hour ?? -1)
        table.set(Column.dayOfWeek, of: row, integer: local?.weekday ?? -1)
    }

    mutating func applyDirectory(_ event: Event, _ table: inout Table) {
        let data = event.data
        let row = row(event, &table)
        let modified = data["state_modified"]?.moment
        if isOld(modified, .stateModified, row, table),
            !table.isUnknown(Column.directoryCount, row)
        {
            return touch(row, event, &table)
        }
        var count: Int64 = 0
        data["directories"]?.forEachElement { name in
            if name.withText({ $0.hasPrefix("adw_") }) == true { count += 1 }
            return true
        }
        table.set(Column.directoryCount, of: row, integer: count)
        let errorLog = data["error_log_modified"].flatMap { $0.isNull ? nil : $0 }
        table.set(Column.hasErrorLog, of: row, boolean: errorLog != nil)
        table.set(Column.errorLogModified, of: row, timestamp: errorLog?.moment)
        if let modified { _ = table.raise(Column.stateModified, of: row, to: modified) }
        refreshStatus(row, &table)
        touch(row, event, &table)
    }

    mutating func applyFinishedPhases(_ event: Event, _ table: inout Table) {
        let data = event.data
        let row = row(event, &table)
        if !isOld(event.time, .phasesModified, row, table) {
            if let completed = data["completed"], completed.kind == .array {
                table.set(Column.finishedPhases, of: row, json: completed)
            }
            if let current = data["current"], current.isFilledText {
                table.set(Column.currentPhase, of: row, text: current)
            }
        }
        if let time = event.time {
            _ = table.raise(Column.phasesModified, of: row, to: time)
            _ = table.lower(Column.firstTime, of: row, to: time)
            _ = table.raise(Column.lastTime, of: row, to: time)
        }
        refreshStatus(row, &table)
        markPhases(of: row)
        touch(row, event, &table)
    }
}

/// An `adw_state.json`: its own keys, and the older names for them.
///
/// Source: semantics §2.1, §3.1.
struct WorkflowState {
    private(set) var issueNumber: JSONView?
    private(set) var status: JSONView?
    private(set) var nlInput: JSONView?
    private(set) var githubURL: JSONView?
    private(set) var startTime: JSONView?
    private(set) var endTime: JSONView?
    private(set) var currentPhase: JSONView?
    private(set) var branchName: JSONView?
    private(set) var planFile: JSONView?
    private(set) var issueClass: JSONView?
    private(set) var worktreePath: JSONView?
    private(set) var worktreeReused: JSONView?
    private(set) var backendPort: JSONView?
    private(set) var frontendPort: JSONView?
    private(set) var stepsCompleted: JSONView?
    private(set) var stepsTotal: JSONView?
    private(set) var estimatedCost: JSONView?
    private(set) var estimatedBreakdown: JSONView?
    private(set) var errorMessage: JSONView?
    private(set) var parent: JSONView?
    private(set) var testResults: JSONView?
    private var templates: (new: JSONView?, old: JSONView?)
    private var models: (new: JSONView?, old: JSONView?)
    private var completedAt: JSONView?

    init(_ data: JSONMembers) {
        data.forEach { key, value in
            take(key, value)
            return true
        }
        endTime = endTime ?? completedAt
    }

    /// Leaves only what a row does not know: that is all that an older state may add to it.
    mutating func forget(knownOf row: Int, _ table: Table) {
        typealias Column = WorkflowHistoryProjector.Column
        func isKnown(_ column: Column) -> Bool { !table.isUnknown(column, row) }
        if isKnown(.issueNumber) { issueNumber = nil }
        if isKnown(.nlInput) { nlInput = nil }
        if isKnown(.githubUrl) { githubURL = nil }
        if isKnown(.statedStart) { startTime = nil }
        if isKnown(.currentPhase) { currentPhase = nil }
        if isKnown(.branchName) { branchName = nil }
        if isKnown(.planFile) { planFile = nil }
        if isKnown(.issueClass) { issueClass = nil }
        if isKnown(.worktreePath) { worktreePath = nil }
        if isKnown(.worktreeReused) { worktreeReused = nil }
        if isKnown(.backendPort) { backendPort = nil }
        if isKnown(.frontendPort) { frontendPort = nil }
        if isKnown(.hasStatedSteps) { (stepsCompleted, stepsTotal) = (nil, nil) }
        if isKnown(.estimatedCostTotal) { estimatedCost = nil }
        if isKnown(.estimatedByPhase) { estimatedBreakdown = nil }
        if isKnown(.errorMessage) { errorMessage = nil }
        if isKnown(.parentAdwID) { parent = nil }
        if isKnown(.testPassRate) { testResults = nil }
        if isKnown(.modelUsed) { models = (nil, nil) }
        // That is the name of one that nobody has named.
        if !table.text(Column.workflowTemplate, row, equals: "sdlc") { templates = (nil, nil) }
    }

    /// Tests that passed, of those that ran; `nil` where none is counted.
    var testPassRate: Double? {
        guard let summary = testResults?["summary"],
            let passed = summary.known("passed", "passed_tests")?.integerLenient(), passed >= 0
        else { return nil }
        let failed = summary.known("failed", "failed_tests")?.integerLenient() ?? 0
        let sum = passed.addingReportingOverflow(max(0, failed))
        let total =
            summary.known("total", "total_tests")?.integerLenient() ?? sum.partialValue
        guard total > 0, passed <= total, !sum.overflow else { return nil }
        return Double(passed) / Double(total)
    }

    /// The old key counts where the new one is absent, not where it is `null`.
    var template: JSONView? { templates.new ?? templates.old }
    var model: JSONView? { models.new ?? models.old }

    private mutating func take(_ key: UnsafeRawBufferPointer, _ value: JSONView) {
        // Absent and null differ for these two.
        if key.equals("workflow_template"), templates.new == nil { templates.new = value }
        if key.equals("model_used"), models.new == nil { models.new = value }
        guard !value.isNull else { return }
        if key.equals("workflow") { templates.old = value }
        if key.equals("model") { models.old = value }
        if key.equals("issue_number") { issueNumber = value }
        if key.equals("status") { status = value }
        if key.equals("nl_input") { nlInput = value }
        if key.equals("github_url") { githubURL = value }
        if key.equals("start_time") { startTime = value }
        if key.equals("end_time") { endTime = value }
        if key.equals("completed_at") { completedAt = value }
        if key.equals("current_phase") { currentPhase = value }
        if key.equals("branch_name") { branchName = value }
        if key.equals("plan_file") { planFile = value }
        if key.equals("issue_class") { issueClass = value }
        if key.equals("worktree_path") { worktreePath = value }
        if key.equals("worktree_reused") { worktreeReused = value }
        if key.equals("backend_port") { backendPort = value }
        if key.equals("frontend_port") { frontendPort = value }
        if key.equals("steps_completed") { stepsCompleted = value }
        if key.equals("steps_total") { stepsTotal = value }
        if key.equals("estimated_cost_total") { estimatedCost = value }
        if key.equals("estimated_cost_breakdown") { estimatedBreakdown = value }
        if key.equals("external_test_results") { testResults = value }
        if key.equals("error_message") || key.equals("last_error") { errorMessage = value }
        if key.equals("parent_adw_id") || key.equals("parent_workflow_id") { parent = value }
    }
}

extension JSONView {
    /// What Python takes for false: nothing, zero, and what is empty.
    var isFalsy: Bool {
        switch kind {
        case .null: true
        case .boolean: boolean() == false
        case .number: double() == 0
        case .string: !isFilledText
        case .array, .object: isEmpty
        }
    }

    private var isEmpty: Bool {
        var isEmpty = true
        forEachElement { _ in
            isEmpty = false
            return false
        }
        forEachMember { _, _ in
            isEmpty = false
            return false
        }
        return isEmpty
    }
}
