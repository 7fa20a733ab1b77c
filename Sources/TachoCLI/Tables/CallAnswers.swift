import TachoLog
import TachoProjections
import TachoQuery

/// The three questions that `tacho bench` asks the table `tool_calls`.
struct CallAnswers {
    enum Question: String, CaseIterable {
        case byWorkflow = "by_workflow"
        case byTool = "by_tool"
        case completed

        var title: String {
            switch self {
            case .byWorkflow: "calls, failures, and time of each workflow"
            case .byTool: "p95 of the duration of each tool"
            case .completed: "how many calls completed"
            }
        }
    }

    /// Sums of the answers, by which another program's are known to be the same.
    private(set) var checks: [(name: String, value: Int64)] = []

    private typealias Column = ToolCallsProjector.Column

    mutating func answer(_ question: Question, _ calls: Table) {
        checks.removeAll { $0.name.hasPrefix(question.rawValue) }
        switch question {
        case .byWorkflow: answerByWorkflow(calls)
        case .byTool: answerByTool(calls)
        case .completed:
            note("completed_count", calls.rows(where: Column.status, equals: "completed").count)
        }
    }

    private mutating func note(_ name: String, _ value: some BinaryInteger) {
        checks.append((name, Int64(clamping: value)))
    }

    private mutating func answerByWorkflow(_ calls: Table) {
        struct Group {
            var count = 0
            var failureCount = 0
            var milliseconds: Int64 = 0
        }
        let workflows = calls.textNumbers(of: Column.adwID)
        let statuses = calls.textNumbers(of: Column.status)
        let failed = statuses.number(of: "failed") ?? -1
        var groups = [Group](repeating: Group(), count: workflows.largest + 1)
        for row in 0..<calls.rowCount {
            let workflow = workflows[row]
            groups[workflow].count += 1
            if statuses[row] == failed { groups[workflow].failureCount += 1 }
            groups[workflow].milliseconds += calls.integer(Column.durationMs, row) ?? 0
        }
        let known = groups.dropFirst().filter { $0.count > 0 }
        note("by_workflow_groups", known.count)
        note("by_workflow_count", known.reduce(0) { $0 + $1.count })
        note("by_workflow_failures", known.reduce(0) { $0 + $1.failureCount })
        note("by_workflow_milliseconds", known.reduce(0) { $0 + $1.milliseconds })
    }

    private mutating func answerByTool(_ calls: Table) {
        let tools = calls.textNumbers(of: Column.toolName)
        var durations = [[Int64]](repeating: [], count: tools.largest + 1)
        for row in 0..<calls.rowCount {
            guard let duration = calls.integer(Column.durationMs, row) else { continue }
            durations[tools[row]].append(duration)
        }
        var sum: Int64 = 0
        for index in durations.indices.dropFirst() where !durations[index].isEmpty {
            // Nearest rank.
            let rank = (durations[index].count * 95 + 99) / 100 - 1
            sum += durations[index].element(ofRank: rank)
        }
        note("by_tool_groups", durations.dropFirst().count { !$0.isEmpty })
        note("by_tool_p95_sum", sum)
    }
}
